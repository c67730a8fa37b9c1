"""The emergency binder on paper: A4, black and white, a block a loss; needs no network."""

from collections.abc import Iterator
from html import escape

from dispatch.case import Case
from dispatch.messages import language, say, words
from scenarios.drills.binder import Binder, loss_words
from scenarios.drills.cooling import LEVELS_C
from scenarios.drills.drill import Drill
from scenarios.drills.tables import (
    gone_table,
    outdoor_of,
    ranked_table,
    reduction_table,
    response_table,
    setpoint_table,
    supply_table,
)
from scenarios.drills.words import (
    Block,
    after_h,
    blocks_of,
    calls_of,
    drill_title,
    hours_text,
    moment_text,
    outcome_text,
    steps_of,
    supply_texts,
    until_text,
    usual_text,
)
from scenarios.screen import Figures
from scenarios.weather_page import table_html, text_html

COLD_NAMED = 5  # who gets cold first
_STYLE = """
body { font: 10.5pt/1.35 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  color: #000; background: #fff; max-width: 186mm; margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 13pt; margin: 6mm 0 2mm; }
h3 { font-size: 10.5pt; margin: 3mm 0 1mm; } p { margin: 0 0 1.5mm; }
h1, h2, h3, caption { break-after: avoid; }
.block { border: .6mm solid #000; padding: 2mm 3mm; margin: 4mm 0; }
.block h2 { margin: 0 0 1mm; } .what { font-weight: 600; }
.block > h3, .block > p, li, tr { break-inside: avoid; }
.two { display: grid; grid-template-columns: 3fr 2fr; gap: 0 5mm; }
ol, ul { margin: 0; padding-left: 0; list-style: none; }
li { padding-left: 17mm; text-indent: -17mm; margin-bottom: .8mm; }
li b { display: inline-block; width: 16mm; text-indent: 0; white-space: nowrap; }
.calls li { padding-left: 6mm; text-indent: -6mm; }
.phone { white-space: nowrap; }
table { border-collapse: collapse; margin: 2mm 0; font-size: 9pt;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; font-size: 10.5pt; padding: 1mm 0; }
th, td { padding: .3mm 1.6mm; text-align: right; border-bottom: .2mm solid #999;
  vertical-align: bottom; }
th { border-bottom: .4mm solid #000; font-weight: 600; }
.word, .long { text-align: left; } .wide { overflow-x: auto; }
.note { font-size: 9pt; }
@page { size: A4 portrait; margin: 12mm; }
@media print { body { margin: 0; padding: 0; max-width: none; } .wide { overflow: visible; }
  .part { break-before: page; } }
"""


def binder_page(binder: Binder) -> str:
    """Return the binder as one HTML document."""
    name = binder.case.settings.name
    title = say("drill.page_title", name=name)
    body = "\n".join(_body(binder))
    return (
        f'<!DOCTYPE html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _body(binder: Binder) -> Iterator[str]:
    case = binder.case
    blocks = blocks_of(binder)
    yield _p(
        say(
            "drill.page_lead",
            start=binder.start,
            design=f"{case.settings.design_outdoor_temp_c:g}",
            law=f"{case.settings.comfort.legal_min_c:g}",
        )
    )
    for why in binder.base_why:
        yield _p(say("drill.no_base", why=why))
    yield _p(" ".join(supply_texts(binder)))
    yield table_html(ranked_table([block.worst for block in blocks]))
    yield _p(say("drill.ranked_note"), "note")
    told = [block for block in blocks if not block.is_harmless]
    yield from (_block(block, case) for block in told)
    if len(told) < len(blocks):
        yield f"<h2>{escape(say('drill.harmless_title'))}</h2>"
        yield from (_harmless(block) for block in blocks if block.is_harmless)
    yield f'<h2 class="part">{escape(say("drill.part_supply"))}</h2>'
    yield _p(say("drill.supply_note"), "note")
    yield table_html(supply_table(binder))
    yield f"<h2>{escape(say('drill.part_reduction'))}</h2>"
    yield from _reduction(binder)
    yield f'<h2 class="part">{escape(say("drill.part_hours"))}</h2>'
    yield from _hours(binder)
    yield f'<h2 class="part">{escape(say("drill.part_setpoints"))}</h2>'
    yield _p(say("drill.setpoints_note"), "note")
    for outdoor_c in outdoor_of(binder.setpoints):
        yield table_html(setpoint_table(binder.setpoints, outdoor_c))


def _block(block: Block, case: Case) -> str:
    drill, law_c = block.worst, case.settings.comfort.legal_min_c
    parts = [
        '<section class="block">',
        f"<h2>{block.place}. {escape(_heading(drill))}</h2>",
        _p(say("drill.worst_of", title=drill_title(drill)), "note"),
        _p(outcome_text(drill, law_c), "what"),
        _p(until_text(drill)),
        _p(usual_text(drill)),
        _h3(say("drill.part_do")),
        "<ol>",
        *(
            f"<li><b>{escape(say('drill.after', hours=moment_text(step.after_h)))}</b> "
            f"{text_html(step.text)}</li>"
            for step in steps_of(drill, case)
        ),
        "</ol>",
        _h3(say("drill.part_call")),
        '<ul class="calls">',
        *(
            f'<li>☐ {text_html(call)} <span class="phone">{escape(say("drill.phone"))}</span></li>'
            for call in calls_of(drill, case)
        ),
        "</ul>",
        *_cold_first(drill, case),
        table_html(ranked_table(block.drills, title=False)),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _heading(drill: Drill) -> str:
    return say("drill.heading", loss=loss_words(drill.loss), lost_mw=f"{drill.loss.lost_mw:.0f}")


def _cold_first(drill: Drill, case: Case) -> list[str]:
    if not drill.cold:
        return []
    names = {row.loop_id: row.name for row in case.stations}
    rows = tuple(
        (
            f"{one.station} {names.get(one.station, '')}",
            one.zone_id,
            str(one.homes),
            say("drill.ours") if one.ours else say("drill.theirs"),
            hours_text(after_h(drill, one.since)),
            f"{one.coldest_c:.1f}",
        )
        for one in drill.cold[:COLD_NAMED]
    )
    columns = (
        say("drill.column_station"),
        say("drill.column_zone"),
        say("drill.column_class_homes"),
        say("drill.column_run_by"),
        say("drill.column_from"),
        say("drill.column_rooms"),
    )
    title = say("drill.table_first", count=len(drill.cold))
    return [table_html(Figures(columns, rows, words=(0, 1, 3), title=title))]


def _harmless(block: Block) -> str:
    drill = block.worst
    makes = "; ".join(
        say(
            "drill.makes_up",
            source=one.source_id,
            usual=f"{one.usual_mw:.0f}",
            peak=f"{one.peak_mw:.0f}",
        )
        for one in drill.makes_up
    )
    text = say(
        "drill.harmless_line",
        place=block.place,
        heading=_heading(drill),
        coldest=f"{drill.coldest_flat_c:.1f}",
        makes=makes or say("drill.makes_nothing"),
    )
    return _p(text)


def _reduction(binder: Binder) -> Iterator[str]:
    design = f"{binder.case.settings.design_outdoor_temp_c:g}"
    yield _p(say("drill.reduction_note"), "note")
    yield table_html(reduction_table(binder.spared, say("drill.table_spared", outdoor=design)))
    yield table_html(
        reduction_table(binder.reductions, say("drill.table_reduction", outdoor=design))
    )


def _hours(binder: Binder) -> Iterator[str]:
    yield _p(say("drill.hours_note", levels=words(*(f"{one:g}" for one in LEVELS_C))), "note")
    for outdoor_c in dict.fromkeys(one.outdoor_c for one in binder.classes[0].cooling):
        yield table_html(gone_table(binder, outdoor_c, worst=True))
    drill = worst_drill(binder)
    yield table_html(response_table(binder, drill))
    if drill is not None:
        yield _p(say("drill.response_note", title=drill_title(drill)), "note")


def worst_drill(binder: Binder) -> Drill | None:
    """Return the costliest planned drill of the loss that leaves least; None: none is planned."""
    for drill in binder.drills:
        if drill.loss.name == binder.worst.loss.name and drill.cost is not None:
            return drill
    return None


def _h3(text: str) -> str:
    return f"<h3>{escape(text)}</h3>"


def _p(text: str, kind: str = "") -> str:
    if not text:
        return ""
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{text_html(text)}</p>"
