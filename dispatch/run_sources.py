"""What a run tells the plants: `setpoints_sources.csv` and the day-ahead `heat_order.csv`.

Numbers leave as the schedule has them, rounded to half a last digit that the audit allows for;
setpoints are already on their grid, so that what was audited is what goes out.
"""

import math
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.messages import say
from dispatch.pin_words import pinned_words, pins_of_sources
from dispatch.plan import Plan
from dispatch.run_tables import (
    GJ_PER_MWH,
    OPENING,
    Array,
    Blocks,
    csv_file,
    heading,
    labels,
    local_time,
    number,
    numbers,
    reason_on_rung,
    utc_datetime,
    valid_times,
)
from dispatch.source_reasons import Why
from dispatch.text_cells import word

MW_ROUNDING = 0.005  # half of the last digit that is published

SOURCE_COLUMNS = (
    *OPENING,
    "source_id",
    "heat_mw",
    "share",
    "supply_temp_c",
    "return_temp_c",
    "flow_tph",
    "units_on",
    "fuel_t",
    "fuel_for_heat_t",
    "fuel_accounting_t",
    "fuel_marginal_t",
    "power_mw",
    "reason",
)
ORDER_COLUMNS = (*OPENING, "plant_id", "source_id", "heat_mw", "heat_gj", "tolerance")


def source_setpoints(plan: Plan) -> bytes:
    """Return `setpoints_sources.csv`: source by source, block by block, means over the block."""
    schedule, timezone = plan.schedule, plan.case.settings.timezone
    blocks = Blocks(schedule, timezone)
    heat_mw = blocks.mean("source_heat")
    plant = _plant_of_source(plan)
    share_of_plant = heat_mw / _at_least(_sum_by(heat_mw, plant)[plant], MW_ROUNDING)
    units_on = np.ceil(blocks.most("source_units_on") - 1e-6)  # a unit is lit or not
    columns = [
        numbers(heat_mw, 2),
        numbers(heat_mw / _at_least(_share_totals(plan, heat_mw), MW_ROUNDING), 4),
        numbers(schedule["plant_supply_temp"].values[plant], 1),
        numbers(schedule["plant_return_temp"].values[plant], 1),
        numbers(schedule["plant_flow"].values[plant] * share_of_plant, 1),
        numbers(units_on, 0),
        _tonnes(plan, _fuel_burnt_mwh(plan, blocks)),
        *(
            _tonnes(plan, blocks.mean(f"source_fuel_{meaning}") * blocks.hours)
            for meaning in ("for_heat", "accounting", "marginal")
        ),
        numbers(blocks.mean("source_power"), 2),
        _source_reasons(plan),
    ]
    opening, times = heading(plan), valid_times(blocks)
    rows = [
        [*opening, *times[block], word(source), *(column[row][block] for column in columns)]
        for row, source in enumerate(labels(schedule, "source"))
        for block in range(blocks.hours.size)
    ]
    return csv_file(SOURCE_COLUMNS, rows)


def _plant_of_source(plan: Plan) -> NDArray[np.intp]:
    plants = labels(plan.schedule, "plant")
    names = labels(plan.schedule, "source_plant")
    return np.array([plants.index(name) for name in names], dtype=np.intp)


def _sum_by(values: Array, owner: NDArray[np.intp]) -> Array:
    total = np.zeros((owner.max() + 1, values.shape[1]))
    np.add.at(total, owner, values)
    return total


def _share_totals(plan: Plan, heat_mw: Array) -> Array:
    """Heat against which each source's share is told: of its share group, else of all sources."""
    plant_group = labels(plan.schedule, "plant_share_group")
    groups = np.array([plant_group[plant] for plant in _plant_of_source(plan)])
    totals = [
        heat_mw[groups == group].sum(axis=0) if group else heat_mw.sum(axis=0) for group in groups
    ]
    return np.array(totals)


def _fuel_burnt_mwh(plan: Plan, blocks: Blocks) -> Array:
    """Fuel of each source and block, that of starts included, MWh."""
    steps = blocks.hours / float(plan.schedule.attrs["step_h"])
    starts = blocks.mean("source_started") * steps
    running = blocks.mean("source_fuel") * blocks.hours
    each = plan.schedule["source_start_fuel"].values[:, None]
    return np.asarray(running + starts * each, dtype=float)


def _tonnes(plan: Plan, energy_mwh: Array) -> list[list[str]]:
    """Fuel of each source and block in tonnes of its yard; empty for gas and purchased heat."""
    yards = labels(plan.schedule, "yard")
    mwh_per_t = plan.schedule["yard_mwh_per_t"].values
    rates = np.array(
        [
            mwh_per_t[yards.index(yard)] if yard in yards else np.nan
            for yard in labels(plan.schedule, "source_yard")
        ]
    )
    return numbers(energy_mwh / rates[:, None], 2)


def _source_reasons(plan: Plan) -> list[list[str]]:
    """Say in a few words what holds each source where it is: first who pinned it, and why."""
    words = {why.value: reason_on_rung(plan, say(f"run.why_{why.value}")) for why in Why}
    pinned = {
        place: reason_on_rung(plan, text)
        for place, text in pinned_words(plan, pins_of_sources(plan)).items()
    }
    return [
        [pinned.get((row, block), words[str(why)]) for block, why in enumerate(whys)]
        for row, whys in enumerate(plan.schedule["source_why"].values)
    ]


def heat_order(plan: Plan) -> bytes:
    """Return `heat_order.csv`: what each source is asked for on the next local day, 00 to 24 h."""
    schedule, timezone = plan.schedule, plan.case.settings.timezone
    blocks = Blocks(schedule, timezone)
    day_start, day_end = _next_day(plan.issued_at, timezone)
    inside = [
        block
        for block in range(blocks.hours.size)
        if day_start <= utc_datetime(blocks.start[block]) < day_end
    ]
    heat_mw = blocks.mean("source_heat")
    tolerance = {  # a tank is our own: what it gives is no order that anyone holds it to
        source.source_id: source.order_tolerance if source.kind.makes_heat else math.nan
        for source in plan.case.sources
    }
    opening, times = heading(plan), valid_times(blocks)
    rows = [
        [
            *opening,
            *times[block],
            word(plant),
            word(source),
            number(heat_mw[row, block], 2),
            number(heat_mw[row, block] * blocks.hours[block] * GJ_PER_MWH, 1),
            number(tolerance[source], 3),
        ]
        for row, (source, plant) in enumerate(
            zip(labels(schedule, "source"), labels(schedule, "source_plant"), strict=True)
        )
        for block in inside
    ]
    return csv_file(ORDER_COLUMNS, rows)


def _next_day(issued_at: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the local midnights around the day after the one in which the plan is made."""
    first = local_time(issued_at, timezone)
    days = [first.date() + timedelta(days=count) for count in (1, 2)]
    start, end = (datetime.combine(day, time(), tzinfo=first.tzinfo) for day in days)
    return start, end


def _at_least(values: Array, least: float) -> Array:
    """Keep a divisor off zero."""
    return np.maximum(values, least)
