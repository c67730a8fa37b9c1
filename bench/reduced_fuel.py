"""Fuel of the reduced dispatch against full plans, by yard, at the plans' own daily heat."""

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
    reduced_mw: Array


def fuel_of(name: str, plan: PlanDays) -> list[YardFuel]:
    """Fuel of a plan's days beside the reduced dispatch at the same heat, by yard.

    Plants begin where the plan has them on the day before; what lies beyond the horizon, which
    tells a cold wave ahead, is the reduced need.
    """
    case, ahead = plan.case, plan.ahead
    need = heat_need(case, ahead).expected_mw()
    days = plan.heat_mw.size
    need[:days] = plan.heat_mw
    before = dict.fromkeys(case.plant_ids, 0.0)
    for source, mw in zip(case.sources, plan.source_mw[:, FIRST_D - 1], strict=True):
        before[source.plant_id] += float(mw)
    rest = need[FIRST_D:]
    burn = burn_ahead(case, ahead.dates[FIRST_D:], ahead.hours[FIRST_D:], rest[None], rest, before)
    rows = []
    for yard in burn.yards:
        ours = [source.yard_id == yard.yard_id for source in case.sources]
        drawn = plan.fuel_mw[ours].sum(axis=0)[FIRST_D:]
        reduced = yard.expected_mwh[: drawn.size] / 24.0
        rows.append(YardFuel(name, yard.yard_id, drawn, reduced))
    return rows


def fuel_summary(rows: Sequence[YardFuel]) -> str:
    """Mean, rms and worst error of a day by yard, in parts of the yard's mean fuel."""
    lines = []
    for key in dict.fromkeys((row.case, row.yard) for row in rows):
        mine = [row for row in rows if (row.case, row.yard) == key]
        drawn = np.concatenate([row.plan_mw for row in mine])
        reduced = np.concatenate([row.reduced_mw for row in mine])
        off = (reduced - drawn) / drawn.mean()
        cells = (off.mean(), np.sqrt((off**2).mean()), np.abs(off).max())
        lines.append([*key, str(off.size), *(f"{100.0 * value:.2f} %" for value in cells)])
    return text_table(["case", "yard", "days", "mean", "rms of a day", "worst"], lines)
