"""The curve of a sweep: figures of plans against the parameter that was swept."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scenarios.whatif.figure import Figure
from scenarios.whatif.outcome import Result, Unplanned
from scenarios.whatif.plan_figures import PlanFigures, figures_of

NAN = float("nan")


@dataclass(frozen=True)
class SweepPoint:
    """One value of the parameter, and what came of it."""

    value: float | str
    plan: PlanFigures | Unplanned

    def figure(self, figure: Figure) -> float:
        """Return a figure of the plan; NaN where there is none."""
        return NAN if isinstance(self.plan, Unplanned) else self.plan.figures[figure]


@dataclass(frozen=True)
class Sweep:
    """Points in order of the parameter where that is a number, else as given."""

    parameter: str
    points: tuple[SweepPoint, ...]

    @property
    def is_number(self) -> bool:
        """Whether the parameter can be drawn to scale."""
        return all(isinstance(point.value, float) for point in self.points)

    @property
    def at(self) -> tuple[float, ...]:
        """Where the points stand on the axis: their value, else 0, 1, 2 and so on."""
        if self.is_number:
            return tuple(float(point.value) for point in self.points)
        return tuple(float(i) for i in range(len(self.points)))

    def series(self, figure: Figure) -> tuple[float, ...]:
        """Return a figure at every point, NaN where there is no plan."""
        return tuple(point.figure(figure) for point in self.points)


@dataclass(frozen=True)
class Turn:
    """Where on the way our rooms begin to fall below the law, or cease to."""

    before: float | str  # the last value without cold homes, or with
    after: float | str
    begins: bool  # cold begins with rising values


def sweep_of(results: Sequence[Result], parameter: str) -> Sweep:
    """Return the curve over `parameter`, from results whose `values` hold it.

    Results without it, like the base, are left out.
    """
    points = [
        SweepPoint(_value(one.values[parameter]), _plan(one))
        for one in results
        if parameter in one.values
    ]
    if all(isinstance(point.value, float) for point in points):
        points.sort(key=lambda point: point.value)
    return Sweep(parameter, tuple(points))


def _value(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(value)


def _plan(result: Result) -> PlanFigures | Unplanned:
    return result if isinstance(result, Unplanned) else figures_of(result)


def turns(sweep: Sweep) -> tuple[Turn, ...]:
    """Return where homes begin to be cold along the sweep, or cease to be."""
    told = [
        (point.value, point.figure(Figure.BELOW_LAW_HOMES) > 0)
        for point in sweep.points
        if np.isfinite(point.figure(Figure.BELOW_LAW_HOMES))
    ]
    return tuple(
        Turn(first[0], second[0], begins=second[1])
        for first, second in pairwise(told)
        if first[1] != second[1]
    )
