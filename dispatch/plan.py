"""What a run hands from stage to stage: verdict, solver outcome, and the plan as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from dispatch.case import Case
from dispatch.demand_forecast import DemandForecast
from dispatch.messages import say

if TYPE_CHECKING:  # half a second of libraries, not needed to say a remark
    import pandas as pd
    import xarray as xr

    from forecasts.weather.provenance import WeatherProvenance


class Quality(StrEnum):
    """How far a plan may be used (design §1)."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"

    @property
    def exit_code(self) -> int:
        """Exit code of design §6."""
        return {Quality.GREEN: 0, Quality.AMBER: 10, Quality.RED: 20}[self]


@dataclass(frozen=True)
class Remark:
    """One thing worth saying, as a catalogue key and its figures; `text` is what people read."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The remark in words."""
        return say(self.key, **self.values)


@dataclass(frozen=True)
class Verdict:
    """The quality of a plan, the reasons that lowered it, and notes that did not."""

    quality: Quality
    reasons: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()


class SolveStatus(StrEnum):
    """How the solver ended; only OPTIMAL is a proof."""

    OPTIMAL = "optimal"
    TIME_LIMIT_WITH_PLAN = "time_limit_with_plan"
    TIME_LIMIT = "time_limit"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"  # anything else, "unknown" and "not set" included


@dataclass(frozen=True)
class SolveOutcome:
    """What the solver said about one model."""

    status: SolveStatus
    objective_yuan: float
    terms_yuan: dict[str, float]  # by named term; they add up to the objective
    rows: int
    columns: int
    solver: str  # name and version, and the algorithm that really ran
    gap: float = 0.0  # (objective − bound)/|objective|
    bound_yuan: float = float("nan")  # no plan is cheaper
    strategy: str = "whole"  # how the full plan was found: whole, or by prices


@dataclass(frozen=True)
class AuditFinding:
    """One rule the audit checked: the largest breach found and where, against what is allowed."""

    rule: str
    worst: float
    allowed: float
    where: str
    soft: bool = False  # a wish or a policy: worth saying, no fault of the plan

    @property
    def passed(self) -> bool:
        """True when the breach is within what is allowed."""
        return self.worst <= self.allowed


@dataclass(frozen=True)
class AuditReport:
    """All rules checked on one plan."""

    findings: tuple[AuditFinding, ...]

    @property
    def passed(self) -> bool:
        """True when every rule holds, wishes and policies aside."""
        return all(finding.passed or finding.soft for finding in self.findings)

    @property
    def worst_balance(self) -> float:
        """Largest relative residual over the balance rules (design: at most 1e-6)."""
        return max((f.worst for f in self.findings if f.rule.endswith("_balance")), default=0.0)


@dataclass(frozen=True)
class StartOrigin:
    """Where a start comes from, for `summary.json`."""

    from_plan: str
    age_h: float  # of that plan's first step
    bridged_h: float  # beyond the end of its state file or horizon that was worked out
    source: str  # the file it was read from: state.json or plan.nc
    edited: tuple[str, ...] = ()  # ids that only one of the two cases has


@dataclass(frozen=True)
class Plan:
    """Everything a published run is made of."""

    plan_id: str  # case id and issue time
    version: int
    issued_at: datetime  # aware; the run's --now
    case: Case
    schedule: "xr.Dataset"  # the contract of schedule.py
    verdict: Verdict
    weather: "WeatherProvenance"
    outcome: SolveOutcome
    audit: AuditReport
    outlook: "pd.DataFrame"  # rows of fuel_outlook.csv
    fallback_curves: "pd.DataFrame"  # rows of fallback_curves.csv
    state: dict[str, object]  # content of state.json
    shortage: tuple[Remark, ...] = ()
    changes: tuple[Remark, ...] = ()
    demand: DemandForecast | None = None  # where the network's load is measured
    start: StartOrigin | None = None  # None: settled
