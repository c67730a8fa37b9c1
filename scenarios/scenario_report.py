"""The page of a what-if: the report of its plan, the comparison before everything else."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dispatch.history.past_run import PastRun
from dispatch.messages import say
from dispatch.plan import Plan, Rung, RungName, Verdict
from dispatch.report.charts import Chart, Series, hours_axis
from dispatch.report.markup import chart, section
from dispatch.report.page import FirstSection, report_page
from dispatch.report.run_facts import Array, RunFacts
from dispatch.run_archive import to_json, versions
from dispatch.run_prices import price_table
from dispatch.run_sources import source_setpoints
from dispatch.run_stations import station_setpoints
from dispatch.run_summary import run_summary
from dispatch.run_tables import frame_file
from dispatch.sheets.tables import rows_of
from dispatch.situation import Situation
from forecasts.weather.provenance import provenance_of
from scenarios.scenario_page import to_read
from scenarios.scenario_screen import variant_facts, variant_tables
from scenarios.weather_page import facts_html, table_html
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.outcome import Outcome

COMPARED = "compared"
SAME_K = 0.05  # weather of both plans is drawn once within that
HERE_COLOUR, LAW_COLOUR, BASE_COLOUR = 0, 1, 7  # places in the page's colours


def plan_report(
    comparison: Comparison, variant: Compared, situations: Mapping[str, Situation]
) -> bytes:
    """Return the page of a variant's plan; `situations` are those planned from, by name.

    The plan as it is stands where the page of a day has the plan before.
    """
    base, outcome = comparison.base, variant.outcome
    before = _facts(base, situations[base.name])
    after = _facts(outcome, situations[outcome.name], before.run, outcome.title)
    return report_page(after, _comparison(comparison, variant, before, after)).encode()


def _facts(
    outcome: Outcome,
    situation: Situation,
    before: PastRun | None = None,
    question: str | None = None,
) -> RunFacts:
    plan = _plan(outcome, situation)
    timezone = plan.case.settings.timezone
    summary = json.loads(to_json(run_summary(plan)))
    return RunFacts(
        run=PastRun(Path(plan.plan_id), summary, {}, "", {}, plan.schedule),
        sources=rows_of(source_setpoints(plan)),
        stations=rows_of(station_setpoints(plan)),
        outlook=rows_of(frame_file(plan.outlook, timezone)),
        prices=rows_of(price_table(plan)),
        versions=versions(),
        before=before,
        day_before=None,
        what_if=question,
    )


def _plan(outcome: Outcome, situation: Situation) -> Plan:
    """The outcome as a plan, without what only a published run has: state, curves, pins."""
    attrs = outcome.schedule.attrs
    return Plan(
        plan_id=str(attrs["plan_id"]),
        version=1,
        issued_at=situation.now,
        case=outcome.case,
        schedule=outcome.schedule,
        verdict=Verdict(outcome.quality, outcome.reasons, outcome.notes),
        weather=provenance_of(situation.weather),
        outcome=outcome.solve,
        audit=outcome.audit,
        outlook=outcome.outlook,
        fallback_curves=pd.DataFrame(),
        state={},
        shortage=outcome.shortage,
        rung=Rung(RungName(attrs.get("rung", RungName.FRESH))),
    )


def _comparison(
    comparison: Comparison, variant: Compared, before: RunFacts, after: RunFacts
) -> FirstSection:
    """The answer, what to do, pictures of both plans, tables, how to read them."""
    title = say("report.title_compared")
    charts = [] if variant.nothing_changes else _charts(before, after)
    html = section(
        COMPARED,
        title,
        facts_html(variant_facts(comparison, variant)),
        *(chart(one.name) for one in charts),
        *map(table_html, variant_tables(variant)),
        facts_html([to_read()]),
    )
    return FirstSection(COMPARED, title, html, charts)


def _charts(before: RunFacts, after: RunFacts) -> list[Chart]:
    """Outdoors where the weather differs, heat, and the coldest room that we command.

    Plans of other hours are drawn without the base.
    """
    plans = [after]
    if before.step_starts == after.step_starts:
        plans = [before, after]
    starts, ends = hours_axis(after.step_starts), hours_axis(after.step_ends)

    def drawn(title: str, unit: str, kind: str, values: list[Array], *more: Series) -> Chart:
        axis = starts if kind == "step" else ends
        lines = [_line(kind, one, is_base=one is not values[-1]) for one in values]
        return Chart(title.removeprefix("report.chart_"), say(title), unit, *axis, [*lines, *more])

    outdoors = [one.values("air_temperature") for one in plans]
    charts = []
    if np.max(np.abs(outdoors[0] - outdoors[-1])) > SAME_K:
        charts.append(drawn("report.chart_compared_weather", "°C", "step", outdoors))
    heat = [one.values("plant_heat").sum(axis=0) for one in plans]
    charts.append(drawn("report.chart_compared_heat", "MW", "step", heat))
    rooms = [one for plan in plans for one in _coldest_room(plan)]
    if rooms:
        law = np.full(len(after.step_ends), after.legal_c)
        legal = Series(say("report.series_legal"), law, dashed=True, colour=LAW_COLOUR)
        charts.append(drawn("report.chart_compared_rooms", "°C", "line", rooms, legal))
    return charts


def _coldest_room(facts: RunFacts) -> list[Array]:
    """The coldest of the loops that we command at the end of each step, °C; none without one."""
    ours = facts.values("station_controllable") > 0
    return [facts.values("station_indoor")[ours].min(axis=0)] if ours.any() else []


def _line(kind: str, values: Array, *, is_base: bool) -> Series:
    key = "compare.legend_base" if is_base else "compare.legend_here"
    return Series(
        say(key), values, kind, dashed=is_base, colour=BASE_COLOUR if is_base else HERE_COLOUR
    )
