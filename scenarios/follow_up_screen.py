"""The screen of `heat-dispatch followup`, and what the daily screen says of the day before."""

import math
from pathlib import Path

from dispatch.case_tables import TELEMETRY_FOLDER
from dispatch.history.follow_up import TRACKED_K, TRACKED_SHARE, FollowUp, FuelFollowed
from dispatch.history.keep import LookedBack
from dispatch.messages import say, words
from scenarios.history_screen import figure, listed
from scenarios.screen import Fact, Figures, Screen

MOST_LOOPS = 15


def looked_back_facts(looked: LookedBack) -> list[Fact]:
    """Return yesterday in one line, where it was measured, and what the history could not take."""
    facts = []
    if looked.yesterday is not None:
        line = follow_up_line(looked.yesterday)
        facts += [Fact(say("followup.label_yesterday"), (line,))] if line else []
    if looked.problems:
        facts.append(Fact(say("history.label_problem"), looked.problems))
    return facts


def webhook_facts(problem: str) -> list[Fact]:
    """Return why the webhook was not told; nothing where it was, or where there is none."""
    return [Fact(say("alarms.label_webhook"), (problem,))] if problem else []


def follow_up_line(looked: FollowUp) -> str:
    """Return a day in one line: stations where they were measured, else sources; "" for neither."""
    drifted = listed(looked.drifted)
    if looked.tracked:
        return say(
            "followup.line_loops",
            loops=len(looked.tracked),
            error=figure(looked.error_k, 1),
            within=figure(100.0 * looked.within_share, 0),
            drifted=drifted,
        )
    if not looked.sources:
        return ""
    sources = [
        say(
            "followup.source_short",
            source=one.source_id,
            measured=figure(one.measured_mw, 1),
            planned=figure(one.planned_mw, 1),
        )
        for one in looked.sources
    ]
    return say("followup.line_sources", sources=listed(sources), drifted=drifted)


def follow_up_screen(name: str, looked: FollowUp, runs: Path, case_folder: Path) -> Screen:
    """Return the screen of a day; `runs` is the folder of the case's runs."""
    facts = [Fact(say("followup.label_plans"), _plans(looked, runs))]
    if looked.is_measured:
        facts += [
            Fact(say("followup.label_outdoors"), (_outdoors(looked),)),
            Fact(say("followup.label_setpoints"), (_setpoints(looked),)),
            Fact(say("followup.label_drifted"), _drifted(looked)),
        ]
    else:
        facts.append(Fact(say("followup.label_measured"), (_unmeasured(case_folder),)))
    facts.append(Fact(say("followup.label_fuel"), _fuel(looked.fuel)))
    title = say("followup.title", name=name, day=looked.day.isoformat())
    tables = [table for table in (_sources(looked), _loops(looked)) if table.rows]
    more = sum(one.drifted for one in looked.loops) - MOST_LOOPS
    if more > 0:
        facts.append(Fact(say("followup.label_more"), (say("followup.more_loops", more=more),)))
    return Screen(title, (*facts, *tables))


def _plans(looked: FollowUp, runs: Path) -> tuple[str, ...]:
    names = listed(looked.runs)
    if looked.planned_h == looked.hours:
        told = say("followup.plans_all", hours=looked.hours, runs=names)
    elif looked.planned_h:
        values = {"planned": looked.planned_h, "hours": looked.hours, "runs": names}
        told = say("followup.plans_some", **values)
    else:
        told = say("followup.plans_none", folder=runs)
    if not looked.unreadable:
        return (told,)
    return told, say("followup.plans_unreadable", runs=listed(looked.unreadable))


def _unmeasured(case_folder: Path) -> str:
    if (case_folder / TELEMETRY_FOLDER).is_dir():
        return say("followup.nothing_read")
    return say("followup.no_telemetry", folder=case_folder)


def _outdoors(looked: FollowUp) -> str:
    if not math.isfinite(looked.outdoor_bias_k):
        return say("followup.outdoors_none")
    return say(
        "followup.outdoors",
        measured=figure(looked.outdoor_measured_c, 1),
        bias=f"{looked.outdoor_bias_k:+.1f}",
        error=figure(looked.outdoor_error_k, 1),
    )


def _setpoints(looked: FollowUp) -> str:
    if not looked.tracked:
        return say("followup.setpoints_none")
    good = looked.error_k <= TRACKED_K and looked.within_share >= TRACKED_SHARE
    return say(
        "followup.setpoints_good" if good else "followup.setpoints_poor",
        loops=len(looked.tracked),
        error=figure(looked.error_k, 1),
        within=figure(100.0 * looked.within_share, 0),
    )


def _drifted(looked: FollowUp) -> tuple[str, ...]:
    sources = [one.source_id for one in looked.sources if one.drifted]
    loops = sum(one.drifted for one in looked.loops)
    lines = []
    if sources:
        lines.append(say("followup.drifted_sources", names=words(*sources)))
    if loops:
        lines.append(say("followup.drifted_loops", count=loops))
    return tuple(lines) or (say("followup.drifted_nobody"),)


def _fuel(fuel: FuelFollowed) -> tuple[str, ...]:
    if not math.isfinite(fuel.planned_tce):
        return (say("followup.fuel_unknown"),)
    planned, actual = figure(fuel.planned_tce, 1), figure(fuel.actual_tce, 1)
    if not math.isfinite(fuel.actual_tce):
        return (say("followup.fuel_planned", planned=planned),)
    key = "followup.fuel_by_scales" if fuel.by_scales else "followup.fuel_by_heat"
    told = say(key, planned=planned, actual=actual)
    if not math.isfinite(fuel.normalised_tce):
        return (told,)
    normalised = say(
        "followup.fuel_normalised",
        normalised=figure(fuel.normalised_tce, 1),
        forecast=figure(fuel.forecast_degree_h, 0),
        measured=figure(fuel.measured_degree_h, 0),
        share=f"{100.0 * (fuel.normalised_tce / fuel.planned_tce - 1.0):+.1f}",
    )
    return told, normalised


def _sources(looked: FollowUp) -> Figures:
    columns = (
        say("followup.column_source"),
        say("followup.column_hours"),
        say("followup.column_planned"),
        say("followup.column_measured"),
        say("followup.column_error"),
        say("followup.column_planned_supply"),
        say("followup.column_measured_supply"),
    )
    rows = tuple(
        (
            one.source_id,
            str(one.hours),
            figure(one.planned_mw, 1),
            figure(one.measured_mw, 1),
            figure(one.error_mw, 1),
            figure(one.planned_supply_c, 1),
            figure(one.measured_supply_c, 1),
        )
        for one in looked.sources
    )
    return Figures(columns, rows, title=say("followup.table_sources"))


def _loops(looked: FollowUp) -> Figures:
    columns = (
        say("followup.column_loop"),
        say("followup.column_hours"),
        say("followup.column_off"),
        say("followup.column_bias"),
        say("followup.column_within"),
        say("followup.column_heat"),
        say("followup.column_room_planned"),
        say("followup.column_room"),
    )
    by_id = {one.loop_id: one for one in looked.loops if one.drifted}
    worst = [by_id[name] for name in looked.drifted if name in by_id][:MOST_LOOPS]
    rows = tuple(
        (
            one.loop_id,
            str(one.hours),
            figure(one.error_k, 1),
            figure(one.bias_k, 1),
            figure(100.0 * one.within_share, 0),
            figure(100.0 * one.measured_kw / one.planned_kw if one.planned_kw else None, 0),
            figure(one.planned_room_c, 1),
            figure(one.measured_room_c, 1),
        )
        for one in worst
    )
    return Figures(columns, rows, title=say("followup.table_loops"))
