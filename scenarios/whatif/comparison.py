"""Plans of variants against the plan of the base: what differs, what breaks, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.plan import Remark
from scenarios.whatif.actions import Action, Planned, actions
from scenarios.whatif.figure import FORMS, Figure
from scenarios.whatif.outcome import Outcome, Result, Unplanned
from scenarios.whatif.plan_figures import (
    PlanFigures,
    SourceFigures,
    YardFigures,
    figures_of,
)

SAME_MWH, SAME_MW = 0.1, 0.05  # a source does the same within that, as figures are told
SAME_START_K = 0.05  # rooms, on the mean
SAME_T, SAME_DAYS = 0.5, 0.05  # of a yard


@dataclass(frozen=True)
class Difference:
    """A figure of base and variant; `part` is of the base, NaN where that says nothing."""

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
    heat_mwh: float  # variant less base, as the next two
    peak_mw: float
    hours: float


@dataclass(frozen=True)
class YardChange:
    """One yard in both plans; None where the case has no such yard."""

    yard_id: str
    base: YardFigures | None
    variant: YardFigures | None
    differs: bool


@dataclass(frozen=True)
class Compared:
    """A variant's plan against that of the base."""

    outcome: Outcome
    plan: PlanFigures
    same_hours: bool  # else `differences` is empty: sums of other hours are not to be compared
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
    """Compare plans of variants with the plan of the base.

    Plans of other hours than the base's are told apart by `same_hours`, never by an error.
    """
    known = Planned(base, figures_of(base))
    return Comparison(
        base=base,
        base_plan=known.figures,
        variants=tuple(
            other
            if isinstance(other, Unplanned)
            else _compared(known, Planned(other, figures_of(other)))
            for other in others
        ),
    )


def _compared(base: Planned, variant: Planned) -> Compared:
    same_hours = _hours(base.figures) == _hours(variant.figures)
    differences = _differences(base.figures, variant.figures) if same_hours else {}
    sources = _source_changes(base.figures, variant.figures)
    yards = _yard_changes(base.figures, variant.figures)
    new = _without(variant.outcome.reasons, base.outcome.reasons)
    gone = _without(base.outcome.reasons, variant.outcome.reasons)
    to_do = actions(base, variant)
    shown = [
        figure
        for figure, one in differences.items()
        if _seen(one.base, figure) != _seen(one.variant, figure)
    ]
    return Compared(
        outcome=variant.outcome,
        plan=variant.figures,
        same_hours=same_hours,
        differences=differences,
        sources=sources,
        yards=yards,
        new_reasons=new,
        gone_reasons=gone,
        actions=to_do,
        remarks=_remarks(base, variant, same_hours=same_hours),
        nothing_changes=same_hours
        and not (shown or sources or new or gone)
        and not any(one.differs for one in yards)
        and all(action.in_base for action in to_do)
        and base.figures.cold == variant.figures.cold,
    )


def _hours(plan: PlanFigures) -> tuple[object, object]:
    return plan.start, plan.end


def _seen(value: float, figure: Figure) -> float | None:
    """A figure as it is told; None for no number, so that two of those are alike."""
    return None if np.isnan(value) else round(value, FORMS[figure].decimals) + 0.0


def _differences(base: PlanFigures, variant: PlanFigures) -> dict[Figure, Difference]:
    found = {}
    for figure in Figure:
        before, after = base.figures[figure], variant.figures[figure]
        means_something = FORMS[figure].has_part and abs(before) > 1e-9
        part = (after - before) / abs(before) if means_something else np.nan
        found[figure] = Difference(before, after, after - before, part)
    return found


def _source_changes(base: PlanFigures, variant: PlanFigures) -> tuple[SourceChange, ...]:
    changes = []
    for source_id in dict.fromkeys([*base.sources, *variant.sources]):
        before, after = base.sources.get(source_id), variant.sources.get(source_id)
        heat = (after.heat_mwh if after else 0.0) - (before.heat_mwh if before else 0.0)
        peak = (after.peak_mw if after else 0.0) - (before.peak_mw if before else 0.0)
        hours = (after.hours if after else 0.0) - (before.hours if before else 0.0)
        differs = (
            abs(heat) > SAME_MWH
            or abs(peak) > SAME_MW
            or abs(hours) > 0
            or (before.events if before else ()) != (after.events if after else ())
        )
        if differs:
            changes.append(SourceChange(source_id, before, after, heat, peak, hours))
    return tuple(sorted(changes, key=lambda one: -abs(one.heat_mwh)))


def _yard_changes(base: PlanFigures, variant: PlanFigures) -> tuple[YardChange, ...]:
    changes = []
    for yard_id in dict.fromkeys([*base.yards, *variant.yards]):
        before, after = base.yards.get(yard_id), variant.yards.get(yard_id)
        changes.append(YardChange(yard_id, before, after, _yard_differs(before, after)))
    return tuple(changes)


def _yard_differs(base: YardFigures | None, variant: YardFigures | None) -> bool:
    if base is None or variant is None:
        return True
    if abs(base.burn_t - variant.burn_t) > SAME_T:
        return True
    if abs(base.end_stock_t - variant.end_stock_t) > SAME_T:
        return True
    before, after = base.fuel.ahead, variant.fuel.ahead
    if before is None or after is None:
        return before is not after
    return (
        before.order_by != after.order_by
        or abs(before.days_of_cover_p50 - after.days_of_cover_p50) > SAME_DAYS
        or abs(before.days_of_cover_p10 - after.days_of_cover_p10) > SAME_DAYS
    )


def _without(told: Sequence[Remark], known: Sequence[Remark]) -> tuple[Remark, ...]:
    texts = {remark.text for remark in known}
    return tuple(remark for remark in told if remark.text not in texts)


def _remarks(base: Planned, variant: Planned, *, same_hours: bool) -> tuple[Remark, ...]:
    """What makes the two plans unlike besides the question that was asked."""
    found = []
    if not same_hours:
        found.append(Remark("compare.hours_differ", _told_hours(base, variant)))
    before, after = base.outcome.case, variant.outcome.case
    if before.settings.fuel != after.settings.fuel:
        found.append(Remark("compare.valued_differently"))
    elif before.fuels != after.fuels:
        found.append(Remark("compare.fuels_differ"))
    start_k = _start_c(variant.outcome) - _start_c(base.outcome)
    if abs(start_k) > SAME_START_K:
        key = "compare.starts_warmer" if start_k > 0 else "compare.starts_colder"
        found.append(Remark(key, {"apart_k": round(abs(start_k), 1)}))
    return tuple(found)


def _told_hours(base: Planned, variant: Planned) -> dict[str, object]:
    at = "%Y-%m-%d %H:%M"
    return {
        "base_start": f"{base.figures.start:{at}}",
        "base_end": f"{base.figures.end:{at}}",
        "start": f"{variant.figures.start:{at}}",
        "end": f"{variant.figures.end:{at}}",
    }


def _start_c(outcome: Outcome) -> float:
    """Mean room of all loops at the start, by area."""
    schedule = outcome.schedule
    area_m2 = schedule["station_area"].values
    return float(schedule["station_indoor_before"].values @ area_m2 / area_m2.sum())
