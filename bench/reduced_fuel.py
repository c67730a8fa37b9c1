"""Fuel of the reduced dispatch against full plans, by yard.

At the plans' own daily heat, which tries the dispatch alone; and from the weather, as the outlook
has it, with the errors of the reduced heat need on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.plan_days import PlanDays
from bench.report import text_table
from dispatch.fuel.heat_need import heat_need
from dispatch.fuel.reduced_dispatch import burn_ahead

Array = NDArray[np.float64]

FIRST_D = 1  # day of a plan that is compared: the one before it begins from a settled state


@dataclass(frozen=True)
class YardFuel:
    """Fuel drawn from one yard on the compared days of one plan, (day,) MW."""

    case: str
    yard: str
    plan_mw: Array
    reduced_mw: Array  # at the plan's heat
    outlook_mw: Array  # from the weather


def fuel_of(name: str, plan: PlanDays) -> list[YardFuel]:
    """Fuel of a plan's days beside the reduced dispatch at the same heat, by yard.

    Plants begin where the plan has them on the day before; what lies beyond the horizon, which
    tells a cold wave ahead, is the reduced need.
    """
    case, ahead = plan.case, plan.ahead
    need = heat_need(case, ahead).expected_mw()
    from_weather = burn_ahead(case, ahead.dates, ahead.hours, need[None], need)
    days = plan.heat_mw.size
    need = np.concatenate([plan.heat_mw, need[days:]])
    before = dict.fromkeys(case.plant_ids, 0.0)
    for source, mw in zip(case.sources, plan.source_mw[:, FIRST_D - 1], strict=True):
        before[source.plant_id] += float(mw)
    rest = need[FIRST_D:]
    burn = burn_ahead(case, ahead.dates[FIRST_D:], ahead.hours[FIRST_D:], rest[None], rest, before)
    rows = []
    for yard, told in zip(burn.yards, from_weather.yards, strict=True):
        ours = [source.yard_id == yard.yard_id for source in case.sources]
        drawn = plan.fuel_mw[ours].sum(axis=0)[FIRST_D:]
        reduced = yard.expected_mwh[: drawn.size] / 24.0
        outlook = told.expected_mwh[FIRST_D:days] / 24.0
        rows.append(YardFuel(name, yard.yard_id, drawn, reduced, outlook))
    return rows


def fuel_summary(rows: Sequence[YardFuel]) -> str:
    """Mean, rms and worst error of a day by yard, in parts of the yard's mean fuel."""
    lines = []
    for key in dict.fromkeys((row.case, row.yard) for row in rows):
        mine = [row for row in rows if (row.case, row.yard) == key]
        drawn = np.concatenate([row.plan_mw for row in mine])
        for what, found in (
            ("the plan's heat", [row.reduced_mw for row in mine]),
            ("the weather", [row.outlook_mw for row in mine]),
        ):
            off = (np.concatenate(found) - drawn) / drawn.mean()
            cells = (off.mean(), np.sqrt((off**2).mean()), np.abs(off).max())
            told = (f"{100.0 * value:.2f} %" for value in cells)
            lines.append([*key, what, str(off.size), *told])
    return text_table(["case", "yard", "from", "days", "mean", "rms of a day", "worst"], lines)
