"""The screen of `heat-dispatch diff`: causes in words, then what follows from them."""

from collections.abc import Sequence

from dispatch.history.difference_words import WORTH_K, effect_lines, short, why_lines
from dispatch.history.run_difference import Moved, RunDifference
from dispatch.messages import say
from dispatch.quality_words import quality_word
from scenarios.screen import Fact, Figures, Screen

MOST_STATIONS = 10


def diff_screen(found: RunDifference) -> Screen:
    """Return the screen of two plans."""
    title = say(
        "diff.title",
        before=found.before,
        before_label=quality_word(found.quality[0]),
        after=found.after,
        after_label=quality_word(found.quality[1]),
    )
    if found.common_h:
        ends = {"start": short(found.start), "end": short(found.end)}
        hours = say("diff.hours", hours=f"{found.common_h:g}", **ends)
    else:
        hours = say("diff.hours_none")
    facts = (
        Fact(say("diff.label_hours"), (hours,)),
        Fact(say("diff.label_why"), why_lines(found)),
        Fact(say("diff.label_effect"), effect_lines(found)),
    )
    tables = (
        _table(say("diff.table_sources"), say("diff.column_source"), found.sources),
        _table(
            say("diff.table_stations"),
            say("diff.column_loop"),
            [one for one in _most(found) if abs(one.change) >= WORTH_K],
        ),
    )
    return Screen(title, (*facts, *(table for table in tables if table.rows)))


def _most(found: RunDifference) -> Sequence[Moved]:
    return () if found.stations is None else found.stations.most[:MOST_STATIONS]


def _table(title: str, heading: str, moved: Sequence[Moved]) -> Figures:
    columns = (
        heading,
        say("diff.column_before"),
        say("diff.column_after"),
        say("diff.column_change"),
    )
    rows = tuple(
        (one.name, f"{one.before:.1f}", f"{one.after:.1f}", f"{one.change + 0.0:+.1f}")
        for one in moved
    )
    return Figures(columns, rows, title=title)
