"""The screen of `heat-dispatch history`: a line a run, and who drifted on its day."""

import math
from collections.abc import Sequence
from datetime import datetime

from dispatch.history.stored_runs import StoredRun
from dispatch.messages import say, words
from dispatch.quality_words import quality_word
from scenarios.screen import Fact, Figures, Screen

NAMED = 3  # who drifted, by name
REASON_LETTERS = 60


def history_screen(name: str, runs: Sequence[StoredRun], days: int) -> Screen:
    """Return the screen of some runs, the newest first."""
    if not runs:
        return Screen(say("history.none", days=days, name=name), ())
    columns = (
        say("history.column_run"),
        say("history.column_stage"),
        say("history.column_quality"),
        say("history.column_mean"),
        say("history.column_heat"),
        say("history.column_fuel"),
        say("history.column_error"),
        say("history.column_drifted"),
        say("history.column_reason"),
    )
    rows = tuple(_row(run) for run in runs)
    title = say("history.title", name=name, count=len(runs), days=days)
    legend = Fact(say("history.label_legend"), (say("history.legend"),))
    return Screen(title, (Figures(columns, rows, words=(0, 1, 2, 7, 8)), legend))


def _row(run: StoredRun) -> tuple[str, ...]:
    day = run.day
    stage = say("history.stage_order") if run.stage == "order" else say("history.stage_plan")
    reason = run.reasons[0] if run.reasons else ""
    return (
        f"{datetime.fromisoformat(run.issued_at):%Y-%m-%d %H:%M}",
        stage,
        quality_word(run.quality),
        figure(run.outdoor_mean_c, 1),
        figure(None if run.heat_mwh is None else run.heat_mwh / run.hours, 1),
        figure(None if run.fuel_tce is None else run.fuel_tce / run.hours, 1),
        figure(None if day is None else day.error_k, 1),
        say("history.nothing") if day is None else listed(day.drifted),
        reason if len(reason) <= REASON_LETTERS else f"{reason[: REASON_LETTERS - 1]}…",
    )


def figure(value: float | None, decimals: int) -> str:
    """Return a number as a cell, a dash where there is none."""
    if value is None or not math.isfinite(value):
        return say("history.nothing")
    return f"{value:.{decimals}f}"


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """Return some names and how many more there are; nobody for none."""
    if not names:
        return say("history.nobody")
    some = words(*names[:most])
    if len(names) <= most:
        return some
    return say("history.and_more", names=some, more=len(names) - most)
