"""What a short yard does to the plan, in the planner's words: what may be missing, who gives way.

Nothing is solved a second time. That a plant gives way to another is told from what a MWh of heat
costs in each, with and without the worth of the last tonne of their yards: where the order turns
round and the plant is at the lower end of its share band, the need has moved it there.
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.fuel_shares import drawn_per_heat
from dispatch.inputs import PlanInputs
from dispatch.plan import Remark
from dispatch.tonne_value import CoalNeed

Array = NDArray[np.float64]

WORTH_SAYING_YUAN_PER_T = 20.0  # beside some 800 yuan for the coal itself: less moves nothing
ROOM_T = 0.5
AT_END_SHARE = 0.01  # of the group's heat: as near to the end of the band as rounding leaves


def coal_need_notes(inputs: PlanInputs, schedule: xr.Dataset) -> list[Remark]:
    """A note for each yard whose coal may be missing before an order can arrive."""
    worth = _worths_yuan_per_t(inputs, schedule)
    return [
        _note(inputs, schedule, y, item.need, worth)
        for y, item in enumerate(inputs.yards)
        if item.need is not None and _counts(item.need, _there_t(schedule, y))
    ]


def _there_t(schedule: xr.Dataset, y: int) -> float:
    """Coal of a yard at the end of the horizon, with what the look-ahead adds to it."""
    return float(schedule["yard_stock"].values[y, -1] + schedule["yard_added_later"].values[y])


def _counts(need: CoalNeed, there_t: float) -> bool:
    """Whether the last tonne is worth a word; a plan may well end on a level to the tonne."""
    return need.worth_yuan_per_t(there_t - ROOM_T) >= WORTH_SAYING_YUAN_PER_T


def _worths_yuan_per_t(inputs: PlanInputs, schedule: xr.Dataset) -> Array:
    """(yard,) worth of a tonne more, as the plan has it, else by the need alone."""
    by_plan = schedule["yard_coal_price"].values
    by_need = [
        0.0 if item.need is None else item.need.worth_yuan_per_t(_there_t(schedule, y) - ROOM_T)
        for y, item in enumerate(inputs.yards)
    ]
    return np.where(np.isfinite(by_plan), by_plan, by_need)


def _note(inputs: PlanInputs, schedule: xr.Dataset, y: int, need: CoalNeed, worth: Array) -> Remark:
    missing_t = np.array(need.levels_t) - _there_t(schedule, y)
    values: dict[str, object] = {
        "yard": need.yard_id,
        "missing_t": round(max(0.0, float(missing_t[-1]))),
        "probability_pct": round(100.0 * float((missing_t > ROOM_T).mean())),
        "worth_yuan": round(float(worth[y])),
    }
    for plant, share_pct, most_pct in _giving_way(inputs, schedule, y, worth):
        shares = {"plant": plant, "share_pct": share_pct, "most_pct": most_pct}
        return Remark("daily.coal_need_shares", values | shares)
    return Remark("daily.coal_need", values)


def _giving_way(
    inputs: PlanInputs, schedule: xr.Dataset, y: int, worth: Array
) -> Iterator[tuple[str, float, float]]:
    """Plants that the yard feeds and that its worth has brought to the end of their band.

    With their share of the group's heat and the most the band leaves them, %.
    """
    yard_id, plants = inputs.yards[y].yard.yard_id, inputs.case.plant_ids
    group = schedule["plant_share_group"].values
    heat_mwh = schedule["plant_heat"].values.sum(axis=1)
    others = np.where(np.arange(worth.size) == y, 0.0, worth)
    without, with_worth = (
        [_cost(inputs, schedule, name, yuan) for name in plants] for yuan in (others, worth)
    )
    fed = {s.plant_id for s in inputs.case.sources if s.yard_id == yard_id}
    for p, name in enumerate(plants):
        peers = [q for q in range(len(plants)) if group[q] == group[p] and q != p]
        if name not in fed or not group[p] or not peers:
            continue
        share = float(heat_mwh[p] / max(1e-9, heat_mwh[[p, *peers]].sum()))
        at_end = share <= float(schedule["plant_share_min"].values[p]) + AT_END_SHARE
        turned = any(
            without[p] < without[q] and with_worth[p] >= with_worth[q] - 1e-9 for q in peers
        )
        if at_end and turned:
            most = float(schedule["plant_share_max"].values[p])
            yield name, round(100.0 * share, 1), round(100.0 * most, 1)


def _cost(inputs: PlanInputs, schedule: xr.Dataset, plant: str, worth: Array) -> float:
    """Yuan of one more MWh of heat of a plant at its mean load, its coal at price and `worth`."""
    makers = [
        i
        for i, unit in enumerate(inputs.sources)
        if unit.source.plant_id == plant and unit.source.kind.makes_heat
    ]
    heat_mw = [max(1e-6, float(schedule["source_heat"].values[i].mean())) for i in makers]
    yuan = [_source_cost(inputs, schedule, i, worth) for i in makers]
    return float(np.average(yuan, weights=heat_mw)) if makers else float("inf")


def _source_cost(inputs: PlanInputs, schedule: xr.Dataset, i: int, worth: Array) -> float:
    """The same of one source."""
    unit = inputs.sources[i]
    heat_mw, fuel_mw = (float(schedule[f"source_{n}"].values[i].mean()) for n in ("heat", "fuel"))
    marginal = unit.marginal_fuel(heat_mw / unit.source.unit_count)
    yuan = marginal * unit.fuel_price_yuan_per_mwh
    if unit.vertices is not None and unit.power_mw is None:  # heat carries the power
        marginal = fuel_mw / max(1e-6, heat_mw)
    for item, yuan_per_t in zip(inputs.yards, worth.tolist(), strict=True):
        if item.yard.yard_id == unit.source.yard_id:
            per_heat = drawn_per_heat(unit.source, item.yard)
            drawn = marginal if per_heat is None else per_heat
            yuan += drawn * yuan_per_t / item.mwh_per_t
    return float(yuan)
