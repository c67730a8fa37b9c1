"""The emergency binder on a screen of 80 columns: ranking, rule, reduction, hours left."""

import textwrap
from collections.abc import Sequence

from dispatch.messages import say
from scenarios.drills.binder import Binder
from scenarios.drills.tables import gone_table, ranked_table, reduction_table, supply_table
from scenarios.drills.words import blocks_of, drill_title, outcome_text, supply_texts
from scenarios.screen import Fact, Figures, Screen

TEXT_COLUMNS = 62  # beside the longest label


def binder_screen(binder: Binder, files: Sequence[str]) -> Screen:
    """Return the screen of a binder; `files` are what was written."""
    settings = binder.case.settings
    parts: list[Fact | Figures] = []
    blocks = blocks_of(binder)
    if blocks:
        worst = blocks[0].worst
        told = (drill_title(worst) + ".", outcome_text(worst, settings.comfort.legal_min_c))
        parts.append(_fact(say("drill.label_worst"), told))
    parts += [_fact(say("drill.label_base"), (why,)) for why in binder.base_why]
    parts.append(_fact(say("drill.label_rule"), supply_texts(binder)))
    if blocks:
        parts.append(ranked_table([block.worst for block in blocks]))
    design = settings.design_outdoor_temp_c
    parts += [
        supply_table(binder),
        reduction_table(binder.spared, say("drill.table_spared", outdoor=f"{design:g}")),
        gone_table(binder, design, worst=True),
        Fact(say("drill.label_files"), tuple(files)),
    ]
    return Screen(say("drill.page_title", name=settings.name), tuple(parts))


def _fact(label: str, texts: Sequence[str]) -> Fact:
    """A fact of long sentences, broken to the screen."""
    return Fact(label, tuple(line for text in texts for line in textwrap.wrap(text, TEXT_COLUMNS)))
