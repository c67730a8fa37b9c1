"""The curve of a sweep: figures of plans against the parameter that was swept."""

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.whatif.outcome import Result, Unplanned
from scenarios.whatif.plan_figures import PlanFigures


@dataclass(frozen=True)
class SweepPoint:
    """One value of the parameter, and what came of it."""

    value: float | str
    plan: PlanFigures | Unplanned


@dataclass(frozen=True)
class Sweep:
    """Points in order of the parameter where that is a number, else as given."""

    parameter: str
    points: tuple[SweepPoint, ...]


def sweep_of(results: Sequence[Result], parameter: str) -> Sweep:
    """Return the curve over `parameter`, from results whose `values` hold it."""
    raise NotImplementedError
