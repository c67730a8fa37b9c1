"""The screen of `heat-dispatch scenario run`: the answer, what to do, then tables."""

from collections.abc import Sequence

from dispatch.messages import say
from dispatch.plan import Quality
from scenarios.scenario_tables import (
    coal_table,
    key_figures,
    overview,
    source_table,
    station_table,
)
from scenarios.screen import COLOUR, Fact, Figures, Screen
from scenarios.whatif.cold_stations import Level
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.comparison_words import answer, to_do
from scenarios.whatif.outcome import Unplanned


def comparison_screen(comparison: Comparison, files: Sequence[str] = ()) -> Screen:
    """Return a comparison for `screen.show`; `files` say where things were written.

    One variant is told whole. Of several, a table comes first, and tables of their own are left
    to the files.
    """
    variants = comparison.variants
    parts: list[Fact | Figures] = [overview(comparison)] if len(variants) > 1 else []
    for variant in variants:
        if len(variants) > 1:
            parts.append(Fact(_name(variant), (_title(variant),), "bold"))
        parts += variant_facts(comparison, variant)
        if len(variants) == 1 and isinstance(variant, Compared):
            parts += variant_tables(variant)
    if files:
        parts.append(Fact(say("compare.files"), tuple(files)))
    return Screen(comparison_title(comparison), tuple(parts))


def comparison_title(comparison: Comparison) -> str:
    """Return the heading of screen and page: the question, the town, the hours."""
    plan, settings = comparison.base_plan, comparison.base.case.settings
    titles = [_title(variant) for variant in comparison.variants]
    asked = titles[0] if len(titles) == 1 else say("compare.many", count=len(titles))
    return say(
        "compare.title",
        asked=asked,
        name=settings.name,
        start=f"{plan.start:%Y-%m-%d %H:%M}",
        end=f"{plan.end:%Y-%m-%d %H:%M}",
    )


def variant_facts(comparison: Comparison, variant: Compared | Unplanned) -> list[Fact]:
    """Return the answer to what a variant asks, topic by topic, and what to do about it."""
    if isinstance(variant, Unplanned):
        return [Fact(one.label, one.sentences, "bold red") for one in answer(comparison, variant)]
    ours, *rest = [Fact(one.label, one.sentences) for one in answer(comparison, variant)]
    if not variant.remarks:  # then the first is of our rooms, and carries the colour of the plan
        ours = Fact(ours.label, ours.lines, COLOUR[_grade(variant)])
    facts = [ours, *rest]
    if variant.nothing_changes:
        return facts
    return [*facts, Fact(say("compare.topic_to_do"), to_do(variant), "bold")]


def _grade(variant: Compared) -> Quality:
    """How rooms stand: what the plan is amber for otherwise is told further down."""
    law = any(one.ours and one.level is Level.LAW for one in variant.plan.cold)
    if law:
        return Quality.RED
    return Quality.AMBER if any(one.ours for one in variant.plan.cold) else Quality.GREEN


def variant_tables(variant: Compared) -> list[Figures]:
    """Return the tables of one variant; none where nothing changes."""
    if variant.nothing_changes:
        return []
    figures = [key_figures(variant)] if variant.same_hours else []
    return [*figures, *source_table(variant), *station_table(variant), *coal_table(variant)]


def _name(variant: Compared | Unplanned) -> str:
    return variant.name if isinstance(variant, Unplanned) else variant.outcome.name


def _title(variant: Compared | Unplanned) -> str:
    return variant.title if isinstance(variant, Unplanned) else variant.outcome.title
