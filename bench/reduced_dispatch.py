"""The reduced dispatch of the fuel outlook against the full optimisation, on days of winters.

Written to `bench/RESULTS.md` (`python -m bench.reduced_dispatch`; a quarter of an hour). The full
plan of a bundled case is solved on drawn weather, of all months, mild and cold; its second and
third day are compared. The reduced need knows each day's mean temperature, wind and sun alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bench.cases import bundled
from bench.plan_days import PlanDays, drawn_weather, plan_days, sampled
from bench.reduced_fuel import YardFuel, fuel_of, fuel_summary
from bench.report import text_table, write_section
from dispatch.fuel.heat_need import heat_need

Array = NDArray[np.float64]

TITLE = "Reduced dispatch against the full optimisation"
CASES = ("zaozhuang", "shenyang")
PLANS = 10  # of each case; two days of each are compared
COMPARED = slice(1, 3)  # days of the plan


@dataclass(frozen=True)
class Compared:
    """Heat of all sources on the compared days of one plan, (day,) MW."""

    name: str
    dates: tuple[date, ...]
    outdoor_c: Array
    plan_mw: Array
    reduced_mw: Array


def plans(name: str, count: int = PLANS) -> Iterator[PlanDays]:
    """The plans of a bundled case that are compared, one after the other."""
    case = bundled(name)
    for start, path in sampled(case, count):
        yield plan_days(case, drawn_weather(case, start, path), start)


def compared(name: str, plan: PlanDays) -> Compared:
    """Heat of a plan beside the reduced need for its weather."""
    ahead = plan.ahead
    return Compared(
        name=name,
        dates=plan.dates[COMPARED],
        outdoor_c=ahead.expected_c[COMPARED],
        plan_mw=plan.heat_mw[COMPARED],
        reduced_mw=heat_need(plan.case, ahead).expected_mw()[COMPARED],
    )


def level_of(rows: Sequence[Compared]) -> float:
    """Heat of all plans over that of the reduced need."""
    return float(sum(r.plan_mw.sum() for r in rows) / sum(r.reduced_mw.sum() for r in rows))


def errors(rows: Sequence[Compared], level: float, by_plan: bool) -> Array:
    """Reduced heat over the plan's less one: of each day, or of each plan's days together."""
    if by_plan:
        return np.array([level * r.reduced_mw.sum() / r.plan_mw.sum() - 1.0 for r in rows])
    return np.concatenate([level * r.reduced_mw / r.plan_mw - 1.0 for r in rows])


def summary(rows: Sequence[Compared]) -> str:
    """Mean, rms and worst error, unfitted and at one level for all, by case."""
    lines = []
    for name in (*dict.fromkeys(row.name for row in rows), "all"):
        mine = [row for row in rows if name in (row.name, "all")]
        for level, fitted in (
            (1.0, "nothing"),
            (level_of(mine), f"one level, {level_of(mine):.3f}"),
        ):
            days, both = (errors(mine, level, by_plan) for by_plan in (False, True))
            mean = level / level_of(mine) - 1.0
            cells = (mean, _rms(both), np.abs(both).max(), _rms(days), np.abs(days).max())
            lines.append([name, fitted, *(f"{100.0 * value:.1f} %" for value in cells)])
    head = ["case", "fitted to", "mean", "rms of two days", "worst", "rms of a day", "worst"]
    return text_table(head, lines)


def _rms(values: Array) -> float:
    return float(np.sqrt((values**2).mean()))


def listing(rows: Sequence[Compared]) -> str:
    """Each plan's days: outdoor temperature, heat of the plan and of the reduced need."""
    lines = [
        [
            row.name,
            row.dates[0].strftime("%d %b"),
            ", ".join(f"{value:.1f}" for value in row.outdoor_c),
            ", ".join(f"{value:.0f}" for value in row.plan_mw),
            ", ".join(f"{value:.0f}" for value in row.reduced_mw),
        ]
        for row in rows
    ]
    return text_table(["case", "from", "°C", "plan MW", "reduced MW"], lines)


def main() -> None:
    """Solve, compare, write."""
    rows: list[Compared] = []
    fuel: list[YardFuel] = []
    for name in CASES:
        for plan in plans(name):
            rows.append(compared(name, plan))
            fuel += fuel_of(name, plan)
    burnt = f"Fuel by yard, from the plan's own heat and from the weather:\n\n{fuel_summary(fuel)}"
    write_section(TITLE, f"{summary(rows)}\n\n{burnt}\n\n{listing(rows)}")


if __name__ == "__main__":
    main()
