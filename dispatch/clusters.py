"""A few representative stations in place of many: the same plan, solved in a fraction of the time.

Stations of one zone that respond alike are merged into one with their summed area, limits and
slopes and their area-weighted building. The ordinary formulation then solves the small case: for
whole units before the full plan, for variants of a shortage, and for first prices of heat.
Stations run by others are no decision and become one a zone, which changes nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch.emitter import Loops
from dispatch.inputs import PlanInputs
from dispatch.station_inputs import StationInputs
from forecasts.demand.building import Buildings, block_response

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Clusters:
    """A small plan in place of a large one, and who is in which of its stations."""

    inputs: PlanInputs  # `stations` are the clusters; `case` is the full one
    member_of: Index  # (station of the full plan,) -> station of the small one
    share: Array  # (station of the full plan,) of its cluster's steady heat; adds up to 1 in each

    def spread(self, of_clusters: Array) -> Array:
        """Share out (cluster, …) figures that add up, heat say, over stations (station, …)."""
        parts = of_clusters[self.member_of]
        return np.asarray(parts * self.share.reshape((-1,) + (1,) * (parts.ndim - 1)))


def clustered(inputs: PlanInputs, per_zone: int) -> Clusters:
    """Merge our stations into at most about `per_zone` clusters a zone.

    More where kinds that may not be mixed (out of service at other times, known and unknown past)
    outnumber it. Exact where all members of every cluster are identical. Deterministic.
    """
    stations = inputs.stations
    member_of = np.full(stations.zone.size, -1, dtype=np.intp)
    found = 0
    for zone in range(len(inputs.case.zone_ids)):
        here = stations.zone == zone
        groups = _split(inputs, np.flatnonzero(here & stations.controllable), per_zone)
        others = np.flatnonzero(here & ~stations.controllable)
        for group in [*groups, *([others] if others.size else [])]:
            member_of[group] = found
            found += 1
    merged = _merged_stations(inputs, member_of, found)
    heat = stations.buildings.area_m2 * stations.buildings.specific_loss_w_per_m2k
    total = np.bincount(member_of, heat, minlength=found)
    return Clusters(replace(inputs, stations=merged), member_of, heat / total[member_of])


def _split(inputs: PlanInputs, members: Index, most: int) -> list[Index]:
    """Cut stations into groups that respond alike, the most mixed group in two each time.

    A group is cut at its heat-weighted mean along the trait in which it is most spread out.
    """
    if not members.size:
        return []
    stations = inputs.stations
    weight = stations.buildings.area_m2 * stations.buildings.specific_loss_w_per_m2k
    traits = _traits(inputs)
    _, kind = np.unique(_kinds(stations)[members], axis=0, return_inverse=True)
    groups = [members[kind.ravel() == i] for i in range(int(kind.max()) + 1)]
    spreads = [_spread(traits, weight, group) for group in groups]
    while len(groups) < most:
        worst = int(np.argmax([spread.max() for spread in spreads]))
        if spreads[worst].max() <= 1e-12 * weight[members].sum():
            break
        group, trait = groups[worst], traits[groups[worst], int(np.argmax(spreads[worst]))]
        high = trait > np.average(trait, weights=weight[group])
        groups[worst : worst + 1] = [group[~high], group[high]]
        spreads[worst : worst + 1] = [_spread(traits, weight, part) for part in groups[worst:][:2]]
    return groups


def _spread(traits: Array, weight: Array, group: Index) -> Array:
    """Weighted sum of squares around the group's mean, (trait,)."""
    values, weights = traits[group], weight[group][:, None]
    mean = (values * weights).sum(axis=0) / weights.sum()
    return np.asarray((weights * (values - mean) ** 2).sum(axis=0))


def _kinds(stations: StationInputs) -> Array:
    """What members of one cluster must have in common, (station, mark)."""
    # Where the law is due by the hour: of one timetable, or heated all day.
    _, hours = np.unique(stations.law_step_c, axis=0, return_inverse=True)
    return np.column_stack(
        [
            hours.ravel(),
            stations.timetabled,
            stations.heat_max_mw > 0.0,
            np.isfinite(stations.heat_last_mw),
            np.isfinite(stations.setpoint_before_c),
            np.isfinite(stations.setpoint_day_before_c),
            np.isfinite(stations.setpoint_last_c),
            np.isfinite(stations.pinned_mw),
        ]
    ).astype(float)


def _traits(inputs: PlanInputs) -> Array:
    """What makes stations respond differently, in about equal kelvins, (station, trait)."""
    stations, buildings = inputs.stations, inputs.stations.buildings
    decay, _, drift = stations.response.block_end()
    loss_kw_per_k = buildings.area_m2 * buildings.specific_loss_w_per_m2k / 1000.0
    rest_c = (drift / (1.0 - decay)).mean(axis=1)  # where rooms would end up without heat
    rise_k = 1000.0 * stations.heat_max_mw.max(axis=1) / loss_kw_per_k
    least_k = 1000.0 * stations.heat_min_mw.max(axis=1) / loss_kw_per_k
    time_constant_h = buildings.heat_capacity_j_per_m2k / buildings.specific_loss_w_per_m2k / 3600.0
    shortfall_k = stations.floor_c - stations.floor_c.mean(axis=1, keepdims=True)
    return np.column_stack(
        [
            stations.floor_c.mean(axis=1),
            shortfall_k.max(axis=1),
            stations.target_c.mean(axis=1),
            stations.indoor_before_c - stations.floor_c[:, 0],
            rest_c,
            5.0 * np.log(time_constant_h),
            0.3 * np.minimum(rise_k, 60.0),
            0.1 * np.minimum(least_k, 60.0),
            2.0 * stations.slope_mw_per_k * 1000.0 / loss_kw_per_k,
            np.nan_to_num(1000.0 * stations.heat_before_mw / loss_kw_per_k) * 0.1,
            2.0 * np.log(stations.weight / buildings.area_m2 * 1e4),
            stations.loops.exponent,
        ]
    )


@dataclass(frozen=True)
class _Merge:
    """Sums and weighted means of station figures (station, …) over clusters (cluster, …)."""

    member_of: Index
    count: int

    def total(self, values: Array) -> Array:
        """Sum over the members."""
        sums = np.zeros((self.count, *values.shape[1:]))
        np.add.at(sums, self.member_of, values)
        return sums

    def mean(self, values: Array, weight: Array) -> Array:
        """Mean over the members, by `weight` (station,)."""
        trailing = (-1,) + (1,) * (values.ndim - 1)
        parts = self.total(values * weight.reshape(trailing))
        return np.asarray(parts / self.total(weight).reshape(trailing))


def _merged_buildings(buildings: Buildings, merge: _Merge) -> Buildings:
    """One building a cluster, by area."""
    area = buildings.area_m2
    return Buildings(
        area_m2=merge.total(area),
        specific_loss_w_per_m2k=merge.mean(buildings.specific_loss_w_per_m2k, area),
        heat_capacity_j_per_m2k=merge.mean(buildings.heat_capacity_j_per_m2k, area),
        gain_w_per_m2=merge.mean(buildings.gain_w_per_m2, area),
        solar_aperture=merge.mean(buildings.solar_aperture, area),
        wind_loss_w_per_m2k_per_m_s=merge.mean(buildings.wind_loss_w_per_m2k_per_m_s, area),
        wind_reference_m_per_s=buildings.wind_reference_m_per_s,
    )


def _merged_loops(loops: Loops, merge: _Merge) -> Loops:
    """One loop a cluster, by design heat."""
    design = loops.design_heat_kw
    return Loops(
        design_heat_kw=merge.total(design),
        design_supply_c=merge.mean(loops.design_supply_c, design),
        design_return_c=merge.mean(loops.design_return_c, design),
        relative_flow=merge.mean(loops.relative_flow, design),
        oversize=merge.mean(loops.oversize, design),
        exponent=merge.mean(loops.exponent, design),
        supply_min_c=merge.mean(loops.supply_min_c, design),
        supply_max_c=merge.mean(loops.supply_max_c, design),
        max_heat_kw=merge.total(loops.max_heat_kw),
    )


def _merged_stations(inputs: PlanInputs, member_of: Index, count: int) -> StationInputs:
    """One station a cluster, field by field: what adds up is summed, the rest by area."""
    stations, merge = inputs.stations, _Merge(member_of, count)
    area = stations.buildings.area_m2
    storage = area * stations.buildings.heat_capacity_j_per_m2k
    first = np.array([int(np.argmax(member_of == c)) for c in range(count)], dtype=np.intp)
    buildings = _merged_buildings(stations.buildings, merge)
    extra = merge.mean(stations.extra_need_w_per_m2, area)
    blocks = inputs.grid.block_of_weather_step
    return StationInputs(
        ids=tuple(f"cluster {c}" for c in range(count)),
        zone=stations.zone[first],
        controllable=stations.controllable[first],
        loops=_merged_loops(stations.loops, merge),
        buildings=buildings,
        response=block_response(buildings, inputs.weather, blocks, extra),
        floor_c=merge.mean(stations.floor_c, area),
        target_c=merge.mean(stations.target_c, area),
        floor_step_c=merge.mean(stations.floor_step_c, area),
        target_step_c=merge.mean(stations.target_step_c, area),
        law_step_c=stations.law_step_c[first],
        timetabled=stations.timetabled[first],
        upper_c=stations.upper_c,
        indoor_before_c=merge.mean(stations.indoor_before_c, storage),
        heat_min_mw=merge.total(stations.heat_min_mw),
        heat_max_mw=merge.total(stations.heat_max_mw),
        heat_fade_mw_per_k=merge.total(stations.heat_fade_mw_per_k),
        fade_from_c=merge.mean(stations.fade_from_c, area),
        heat_due_mw=merge.total(stations.heat_due_mw),
        settled_mw=merge.total(stations.settled_mw),
        heat_before_mw=merge.total(stations.heat_before_mw),
        slope_mw_per_k=merge.total(stations.slope_mw_per_k),
        setpoint_before_c=merge.mean(stations.setpoint_before_c, area),
        setpoint_day_before_c=merge.mean(stations.setpoint_day_before_c, area),
        setpoint_last_c=merge.mean(stations.setpoint_last_c, area),
        heat_last_mw=merge.total(stations.heat_last_mw),
        running=stations.running,
        weight=merge.total(stations.weight),
        extra_need_w_per_m2=extra,
        pinned_mw=merge.total(stations.pinned_mw),
    )
