"""Plans of variants against the plan of the base: what differs, what breaks, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.plan import Remark
from scenarios.whatif.actions import Action
from scenarios.whatif.outcome import Outcome, Result, Unplanned
from scenarios.whatif.plan_figures import Figure, PlanFigures, SourceFigures, YardFigures


@dataclass(frozen=True)
class Difference:
    """A figure of base and variant; `part` is of the base, NaN where that is nothing."""

    base: float
    variant: float
    difference: float
    part: float


@dataclass(frozen=True)
class SourceChange:
    """What one source does in both plans; None where the case has no such source."""

    source_id: str
    base: SourceFigures | None
    variant: SourceFigures | None
    heat_mwh: float  # variant less base
    peak_mw: float
    hours: float


@dataclass(frozen=True)
class YardChange:
    """One yard in both plans."""

    yard_id: str
    base: YardFigures | None
    variant: YardFigures | None


@dataclass(frozen=True)
class Compared:
    """A variant's plan against that of the base."""

    outcome: Outcome
    plan: PlanFigures
    same_hours: bool  # else sums are not to be compared, and `differences` is empty
    differences: Mapping[Figure, Difference]
    sources: tuple[SourceChange, ...]  # those that do something else, the largest change first
    yards: tuple[YardChange, ...]
    new_reasons: tuple[Remark, ...]  # why the variant is not green, where the base is not so
    gone_reasons: tuple[Remark, ...]
    actions: tuple[Action, ...]  # in order of time
    remarks: tuple[Remark, ...]  # how far the plans can be compared at all
    nothing_changes: bool


@dataclass(frozen=True)
class Comparison:
    """Base and variants, in the order given."""

    base: Outcome
    base_plan: PlanFigures
    variants: tuple[Compared | Unplanned, ...]


def compare(base: Outcome, others: Sequence[Result]) -> Comparison:
    """Compare plans of variants with the plan of the base; plans of other hours are told apart."""
    raise NotImplementedError
