"""What cures a shortage, cheapest first: every way out is tried on a small plan and measured.

Some measures the plan takes by itself because they pay: it lights cold boilers, leaves the share
band, cuts stations run by others, spreads the cold evenly. What such a measure is worth shows when
the plan is made without it. Others somebody has to order: another power schedule, a repair
finished sooner. What they would bring shows when the plan is made with them. All are solved on
representative stations (`clusters.py`), and compared with the small plan as it is: what the
measure costs, how much warmer the coldest rooms get, how many homes it keeps legal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Outage, Source
from dispatch.case_kinds import Manager, OutageKind, PowerMode
from dispatch.clusters import Clusters, clustered
from dispatch.formulation.build import build_model
from dispatch.formulation.substation import indoor_pieces
from dispatch.inputs import PlanInputs
from dispatch.plan import Remark, SolveStatus
from dispatch.solve import solve

Array = NDArray[np.float64]
Remake = Callable[[Case], PlanInputs]

PER_ZONE = 4  # representative stations a zone: a variant takes about a second
NEVER_YUAN_PER_MWH = 60_000.0  # a policy nobody breaks: twice a room below the law
REPAIR_SOONER = timedelta(hours=6)
EFFECT_SHARE = 0.02  # of the cold removed, below which a measure is not worth saying
COLD_K = 0.05
OFF_MW = 0.05
BILLS = ("fuel", "power_credit", "power_sold", "power_bought", "starts")  # what a measure costs


class Measure(StrEnum):
    """Ways out of a shortage."""

    START = "start"
    SHARE = "share"
    THIRD_PARTY = "third_party"
    POWER = "power"
    REPAIR = "repair"
    EVEN = "even"

    @property
    def in_plan(self) -> bool:
        """Whether the plan takes it by itself where it pays."""
        return self not in (Measure.POWER, Measure.REPAIR)


@dataclass(frozen=True)
class Way:
    """One measure: what it is called, and the case with it, or without it where the plan has it."""

    measure: Measure
    values: dict[str, object]
    case: Case


@dataclass(frozen=True)
class Effect:
    """How a small plan comes out."""

    bill_yuan: float
    cold_k_h: float  # kelvin hours under the law, per home of the town
    depth_k: float  # of the coldest
    homes: float  # in stations that fall under the law


def cures(case: Case, remake: Remake, heat_before_mw: dict[str, float]) -> tuple[Remark, ...]:
    """Try every measure this town has; those that help, in order of cost.

    `remake` lays a changed case on the grid of the plan; `heat_before_mw` is what each source
    gave before the start.
    """
    base = _effect(remake(case), even=True)
    if base is None:
        return ()
    found = []
    for way in _ways(case, heat_before_mw):
        other = _effect(remake(way.case), even=way.measure is not Measure.EVEN)
        if other is None:
            continue
        with_it, without = (base, other) if way.measure.in_plan else (other, base)
        if not _helps(with_it, without, way.measure):
            continue
        cost = with_it.bill_yuan - without.bill_yuan
        values = way.values | {
            "cost_yuan": f"{round(cost, -2):+.0f}",
            "warmer_k": round(without.depth_k - with_it.depth_k, 1),
            "cold_pct": round(100.0 * (1.0 - with_it.cold_k_h / without.cold_k_h)),
            "homes": max(0, int(round(without.homes - with_it.homes, -2))),
        }
        found.append((cost, Remark(f"daily.cure_{way.measure.value}", values)))
    return tuple(remark for _, remark in sorted(found, key=lambda one: one[0]))


def _helps(with_it: Effect, without: Effect, measure: Measure) -> bool:
    """Less cold in all; even reduction shares the cold out, so the deepest counts."""
    if measure is Measure.EVEN:
        return with_it.depth_k < without.depth_k - COLD_K
    return with_it.cold_k_h < (1.0 - EFFECT_SHARE) * without.cold_k_h


def _effect(inputs: PlanInputs, *, even: bool) -> Effect | None:
    """Solve the small plan of `inputs`; None where it has no proven optimum."""
    small = clustered(replace(inputs, even_reduction=even), PER_ZONE)
    model = build_model(small.inputs)
    outcome = solve(model, relaxed=True)
    if outcome.status is not SolveStatus.OPTIMAL:
        return None
    grid = inputs.grid
    homes, need_c = _needs(inputs, small)
    below_k = np.zeros((homes.size, grid.horizon_blocks))
    floor_c, law_c = small.inputs.stations.planned_floor_c, small.inputs.stations.law_c
    legal_c = inputs.case.settings.comfort.legal_min_c
    for s, k in model.substation.keys:
        if k < grid.horizon_blocks and law_c[s, k] >= legal_c:  # not while nobody is in
            factors, pieces, constant = indoor_pieces(model.substation, float(floor_c[s, k]), s, k)
            indoor_c = constant + sum(f * v.value for f, v in zip(factors, pieces, strict=True))
            below_k[s, k] = max(0.0, need_c[s] - indoor_c)
    hours = grid.block_lengths_h
    cold_k_h = (below_k * hours[: grid.horizon_blocks] * homes[:, None]).sum()
    return Effect(
        bill_yuan=sum(outcome.terms_yuan.get(name, 0.0) for name in BILLS),
        cold_k_h=float(cold_k_h / max(1.0, homes.sum())),
        depth_k=float(below_k.max(initial=0.0)),
        homes=float(homes[(below_k > COLD_K).any(axis=1)].sum()),
    )


def _needs(full: PlanInputs, small: Clusters) -> tuple[Array, Array]:
    """Homes of each representative station, and the mean room that keeps its coldest flats legal.

    Shops and offices count one home a 100 m², so that they are not forgotten.
    """
    area = full.stations.buildings.area_m2
    homes = np.array([float(station.homes) for station in full.case.stations])
    homes = np.where(homes > 0.0, homes, area / 100.0)
    margin = np.array([station.cold_flat_margin_k for station in full.case.stations])
    count = len(small.inputs.stations.ids)
    weight = np.bincount(small.member_of, area, minlength=count)
    mean_margin = np.bincount(small.member_of, area * margin, minlength=count) / weight
    ours = small.inputs.stations.controllable
    totals = np.bincount(small.member_of, homes, minlength=count)
    return np.where(ours, totals, 0.0), full.case.settings.comfort.legal_min_c + mean_margin


# ---- each measure as a change of the case ----------------------------------------------------


def _ways(case: Case, heat_before_mw: dict[str, float]) -> Iterator[Way]:
    """All measures that this town has."""
    for source in case.sources:
        name: dict[str, object] = {"source": source.source_id}
        if heat_before_mw[source.source_id] < OFF_MW:
            off = {"min_output_mw": 0.0, "max_output_mw": OFF_MW / 10.0}
            yield Way(Measure.START, name, _with_source(case, source, **off))
        if source.kind.is_chp and source.power_mode is PowerMode.SCHEDULED:
            free = _with_source(case, source, power_mode=PowerMode.BAND)
            yield Way(Measure.POWER, name, free)
    if case.settings.share:
        yield Way(Measure.SHARE, {}, _with_share_price(case, NEVER_YUAN_PER_MWH))
    others = sum(station.managed_by is Manager.THIRD_PARTY for station in case.stations)
    if others:
        price = {"unserved_third_party_yuan_per_mwh": NEVER_YUAN_PER_MWH}
        comfort = case.settings.comfort.model_copy(update=price)
        served = _with_settings(case, comfort=comfort)
        yield Way(Measure.THIRD_PARTY, {"stations": others}, served)
    hours = round(REPAIR_SOONER.total_seconds() / 3600.0)
    for outage in case.outages:
        if outage.kind in (OutageKind.SOURCE, OutageKind.LINK):
            values: dict[str, object] = {"id": outage.id, "hours": hours}
            yield Way(Measure.REPAIR, values, _repaired(case, outage))
    yield Way(Measure.EVEN, {}, case)


def _with_source(case: Case, source: Source, **changes: object) -> Case:
    """The case with one source changed."""
    units = [
        s.model_copy(update=changes) if s.source_id == source.source_id else s for s in case.sources
    ]
    return case.model_copy(update={"sources": tuple(units)})


def _with_settings(case: Case, **changes: object) -> Case:
    return case.model_copy(update={"settings": case.settings.model_copy(update=changes)})


def _with_share_price(case: Case, price_yuan_per_mwh: float) -> Case:
    """The case with shares of plants held at a price."""
    change = {"price_yuan_per_mwh": price_yuan_per_mwh}
    groups = {name: group.model_copy(update=change) for name, group in case.settings.share.items()}
    return _with_settings(case, share=groups)


def _repaired(case: Case, outage: Outage) -> Case:
    """The case with an outage that ends sooner."""
    end = max(outage.from_time, outage.to_time - REPAIR_SOONER)
    sooner = outage.model_copy(update={"to_time": end})
    outages = [sooner if one == outage else one for one in case.outages]
    return case.model_copy(update={"outages": tuple(o for o in outages if o.to_time > o.from_time)})
