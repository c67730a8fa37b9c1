"""The primary side: supply setpoints of plants, and the flows and returns that follow.

1. Need: for each commanded station the least door temperature at which its heat passes with the
   valve nearly open (F10), and no less than its setpoint; of a zone the neediest station's.
   Third-party stations do not raise it: they take what they get, and one of them with a fouled
   exchanger would heat the whole town.
2. Way back to the plant: plus the drop in the supply main, and earlier by the transport delay:
   a plant block must meet every zone block that its water flows into. At least the network's
   lowest supply, and hot enough that the plant's heat fits its largest flow.
3. Setpoints: the least curve that moves no faster than allowed and is above the need of the
   blocks `STEADY_BLOCKS` around each: the plant is asked for few changes a day (handbook §10).
4. Forward again: mix of arriving waters at the zone, station flows and returns, plant returns
   and flows. Returns are not delayed: the return at a block is that of the stations' block.

Losses are known before the solve (design §5). Of a link with heat H, loss fraction f = loss/H
and D = t_s − t_r at the plant: H = c·G·D, so the supply main drops by f·w·D and the return main
by f·(1−w)·D, with w = (t_s − soil)/((t_s − soil) + (t_r − soil)).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.change_limits import Mask
from dispatch.exchanger import (
    VALVE_RESERVE,
    WATER_KJ_PER_KG_K,
    Exchangers,
    PrimaryFlow,
    capacity_kw_per_k,
    lowest_primary_supply_c,
    primary_flow,
)
from dispatch.supply_curve import CurveRules, least_curve
from forecasts.demand.building import Array

Index = NDArray[np.intp]

MINOR_SHARE = 0.2  # a main that brings a zone less than this hardly moves its mixed temperature
LOSS_FRACTION_MAX = 0.3  # a nearly idle link must not ask for boiling water
_FLOW_ROUNDS = 4  # most repeats while a plant's flow is too large; one is the rule
STEADY_BLOCKS = 2  # before and after: of 4-h blocks, the worst of a day's half
# Water so much warmer than needed is left so: a little more than the largest step of a setpoint. In
# warmer mains it costs at most 0.2 % of the heat sent.
STAND_K = 4.0
MISSED_K = 0.25
SPREAD_MIN_K = 1.0  # least supply over return at a plant: keeps flows finite


@dataclass(frozen=True)
class PrimaryNetwork:
    """What hangs together, and the limits of plants."""

    zone_count: int
    station_zone: Index  # (station,)
    commanded: Mask  # (station,)
    link_plant: Index  # (link,)
    link_zone: Index  # (link,)
    plant_flow_max_tph: Array  # (plant,)
    plant_supply_max_c: Array  # (plant,)
    supply_min_c: float


@dataclass(frozen=True)
class PrimaryTask:
    """Heat to be moved, block means, and the setpoints so far."""

    station_heat_kw: Array  # (station, block)
    station_supply_c: Array  # (station, block) secondary
    secondary_return_c: Array  # (station, block)
    link_heat_mw: Array  # (link, block) out of the link, before loss
    link_loss_mw: Array  # (link, block)
    plant_heat_mw: Array  # (plant, block)
    soil_c: Array  # (block,)
    block_edges_h: Array  # (block + 1,)
    link_arrives_h: Array  # (link, block + 1) when what leaves at each of them arrives
    supply_before_c: Array  # (plant,) NaN where unknown
    supply_day_before_c: Array  # (plant, ≥ blocks of a day) 24 h earlier, NaN where unknown
    supply_last_c: Array  # (plant, block) by the last plan, NaN where it says nothing
    supply_pinned_c: Array  # (plant, block) held by the dispatcher, NaN where not


@dataclass(frozen=True)
class PrimarySide:
    """Setpoints and expected values of the primary network, (…, block)."""

    plant_supply_c: Array
    plant_return_c: Array
    plant_flow_tph: Array
    plant_need_c: Array
    plant_short_k: Array  # supply below the need: it lags, or the plant is at its highest
    plant_flow_over_tph: Array  # flow above what the plant can pump
    zone_need_c: Array  # at the door
    zone_neediest: Index  # station that sets the need, −1 for none
    zone_door_c: Array
    station_door_c: Array
    station: PrimaryFlow


def _zone_need(
    network: PrimaryNetwork, exchangers: Exchangers, task: PrimaryTask
) -> tuple[Array, Index]:
    """Door temperature each zone needs, °C, and the station that sets it, (zone, block)."""
    need = lowest_primary_supply_c(
        exchangers, task.station_heat_kw, task.secondary_return_c, VALVE_RESERVE
    )
    # Where heat was taken off a setpoint that stays, the setpoint asks for more than the heat.
    need = np.maximum(need, task.station_supply_c)
    need = np.where(network.commanded[:, None] & (task.station_heat_kw > 0.0), need, -np.inf)
    shape = (network.zone_count, need.shape[1])
    zone_need, neediest = np.full(shape, -np.inf), np.full(shape, -1, dtype=np.intp)
    for zone in range(network.zone_count):
        rows = np.flatnonzero(network.station_zone == zone)
        if rows.size:
            zone_need[zone] = need[rows].max(axis=0)
            neediest[zone] = rows[need[rows].argmax(axis=0)]
    idle = ~np.isfinite(zone_need)
    return np.where(idle, network.supply_min_c, zone_need), np.where(idle, -1, neediest)


def _mean_by(values: Array, weights: Array, owner: Index, count: int) -> Array:
    """Weighted mean of rows by owner, (count, block); plain mean where all weights are zero."""
    total, weight, plain, rows = (np.zeros((count, values.shape[1])) for _ in range(4))
    np.add.at(total, owner, values * weights)
    np.add.at(weight, owner, weights)
    np.add.at(plain, owner, values)
    np.add.at(rows, owner, np.ones_like(values))
    weighted = total / np.where(weight > 0.0, weight, 1.0)
    return np.where(weight > 0.0, weighted, plain / np.maximum(rows, 1.0))


@dataclass(frozen=True)
class _Mains:
    """Heat loss of links as shares of their heat, (link, block)."""

    loss_fraction: Array
    soil_c: Array  # (block,)

    def _supply_share(self, supply_c: Array, return_c: Array) -> Array:
        above_k = np.maximum(supply_c - self.soil_c, SPREAD_MIN_K)
        share: Array = above_k / (above_k + np.maximum(return_c - self.soil_c, 0.0))
        return share

    def plant_ends_c(self, door_c: Array, zone_return_c: Array) -> tuple[Array, Array]:
        """Supply and return at the plant that belong to those at the zone, (link, block)."""
        share = self._supply_share(door_c, zone_return_c)
        spread_k = np.maximum(door_c - zone_return_c, 0.0) / (1.0 - self.loss_fraction)
        drop_k = self.loss_fraction * spread_k
        return door_c + share * drop_k, zone_return_c - (1.0 - share) * drop_k

    def door_c(self, supply_c: Array, zone_return_c: Array) -> Array:
        """Temperature at the zone of water that left the plant at `supply_c`, (link, block)."""
        share = self._supply_share(supply_c, zone_return_c)
        lossy = self.loss_fraction
        spread_k = (supply_c - zone_return_c) / (1.0 - lossy * (1.0 - share))
        return supply_c - lossy * share * np.maximum(spread_k, 0.0)


def _mains(task: PrimaryTask) -> _Mains:
    flows = task.link_heat_mw > 0.0
    fraction = task.link_loss_mw / np.where(flows, task.link_heat_mw, 1.0)
    bounded = np.clip(np.where(flows, fraction, 0.0), 0.0, LOSS_FRACTION_MAX)
    return _Mains(bounded, task.soil_c)


def departure_share(edges_h: Array, arrives_h: Array) -> Array:
    """Share of the water reaching a zone in block b that left the plant in block p.

    (link, b, p), from the arrival of what leaves at block edges (link, edge). What is missing to
    1 left before the first block.
    """
    begins, ends = arrives_h[:, None, :-1], arrives_h[:, None, 1:]
    overlap_h = np.minimum(ends, edges_h[1:, None]) - np.maximum(begins, edges_h[:-1, None])
    share: Array = np.maximum(overlap_h, 0.0) / np.diff(edges_h)[:, None]
    return share


def _plant_need_c(
    network: PrimaryNetwork, task: PrimaryTask, zone_need: Array, zone_return: Array
) -> Array:
    """Supply each plant needs in each block of departure, °C, (plant, block)."""
    supply, back = _mains(task).plant_ends_c(
        zone_need[network.link_zone], zone_return[network.link_zone]
    )
    zone_heat = np.zeros_like(zone_need)
    np.add.at(zone_heat, network.link_zone, np.maximum(task.link_heat_mw, 0.0))
    carries = task.link_heat_mw > MINOR_SHARE * zone_heat[network.link_zone]
    at_arrival = np.where(carries, supply, -np.inf)
    meets = departure_share(task.block_edges_h, task.link_arrives_h) > 0.0
    # Water that arrives after the last block is held to the need of the last one.
    late = task.link_arrives_h[:, 1:] > task.block_edges_h[-1]
    meets[:, -1, :] |= late
    need = np.where(meets, at_arrival[:, :, None], -np.inf).max(axis=1)
    plants = network.plant_supply_max_c.size
    plant_need = np.full((plants, need.shape[1]), network.supply_min_c)
    np.maximum.at(plant_need, network.link_plant, need)
    plant_back = _mean_by(back, np.maximum(task.link_heat_mw, 0.0), network.link_plant, plants)
    most_kw_per_k = capacity_kw_per_k(network.plant_flow_max_tph)[:, None]
    return np.maximum(plant_need, plant_back + 1000.0 * task.plant_heat_mw / most_kw_per_k)


def _shares(network: PrimaryNetwork, task: PrimaryTask) -> Mask:
    """True for two plants that feed one zone at any time of the plan, (plant, plant)."""
    feeds = np.zeros((network.plant_supply_max_c.size, network.zone_count), dtype=np.intp)
    used = (task.link_heat_mw > 0.0).any(axis=1)
    feeds[network.link_plant[used], network.link_zone[used]] = 1
    shares: Mask = feeds @ feeds.T > 0
    return shares


def _zone_door_c(
    network: PrimaryNetwork, task: PrimaryTask, supply_c: Array, zone_return: Array
) -> Array:
    """Temperature at the doors of each zone: waters mixed by flow, °C, (zone, block)."""
    share = departure_share(task.block_edges_h, task.link_arrives_h)
    before = np.where(np.isnan(task.supply_before_c), supply_c[:, 0], task.supply_before_c)
    arriving = np.einsum("lbp,lp->lb", share, supply_c[network.link_plant])
    arriving += (1.0 - share.sum(axis=2)) * before[network.link_plant, None]
    back = zone_return[network.link_zone]
    door = _mains(task).door_c(arriving, back)
    flow = np.maximum(task.link_heat_mw, 0.0) / np.maximum(arriving - back, SPREAD_MIN_K)
    return _mean_by(door, flow, network.link_zone, network.zone_count)


def _plant_return_c(
    network: PrimaryNetwork, task: PrimaryTask, door: Array, zone_return: Array
) -> Array:
    """Return temperature at each plant: links mixed by flow, °C, (plant, block)."""
    supply, back = _mains(task).plant_ends_c(
        door[network.link_zone], zone_return[network.link_zone]
    )
    flow = np.maximum(task.link_heat_mw, 0.0) / np.maximum(supply - back, SPREAD_MIN_K)
    return _mean_by(back, flow, network.link_plant, network.plant_supply_max_c.size)


def _at_supply(
    network: PrimaryNetwork,
    exchangers: Exchangers,
    task: PrimaryTask,
    supply_c: Array,
    zone_return: Array,
) -> tuple[Array, PrimaryFlow, Array]:
    """Doors, station flows and zone returns under given plant supplies.

    `zone_return` is an estimate, needed only for the drop along the mains.
    """
    zone_of = network.station_zone
    door = _zone_door_c(network, task, supply_c, zone_return)
    flow = primary_flow(exchangers, task.station_heat_kw, door[zone_of], task.secondary_return_c)
    return door, flow, _mean_by(flow.return_c, flow.flow_tph, zone_of, network.zone_count)


def _steady(need: Array) -> Array:
    """Largest need of the blocks around each one, (plant, block)."""
    padded = np.pad(need, ((0, 0), (STEADY_BLOCKS, STEADY_BLOCKS)), mode="edge")
    window = np.lib.stride_tricks.sliding_window_view(padded, 2 * STEADY_BLOCKS + 1, axis=1)
    return np.asarray(window.max(axis=2))


def _standing(need_c: Array, last_c: Array) -> Array:
    """Need, or the last plan's setpoint where that meets it and is not much warmer, (plant, block).

    A re-plan in the same weather then moves no plant (design §5: stops flip-flop). Half a step of
    a setpoint may miss: the need leaves the valves of the neediest station some flow to spare.
    """
    over_k = last_c - need_c  # NaN where the last plan says nothing
    return np.where((over_k >= -MISSED_K) & (over_k <= STAND_K), last_c, need_c)


def primary_side(
    network: PrimaryNetwork, exchangers: Exchangers, task: PrimaryTask, rules: CurveRules
) -> PrimarySide:
    """Set the plants' supply temperatures and work out what the network then looks like.

    Plant flow, supply and return satisfy heat = c·flow·(supply − return) exactly; returns come
    from all stations, third-party ones too. Where a plant's flow is too large after all, because
    hotter water raised the return of stations at their limit, the need is worked out again.
    """
    zone_of, zones = network.station_zone, network.zone_count
    zone_need, neediest = _zone_need(network, exchangers, task)
    first = primary_flow(
        exchangers, task.station_heat_kw, zone_need[zone_of], task.secondary_return_c
    )
    zone_return = _mean_by(first.return_c, first.flow_tph, zone_of, zones)
    most_tph, shares = network.plant_flow_max_tph[:, None], _shares(network, task)
    for _ in range(_FLOW_ROUNDS):
        need = _plant_need_c(network, task, zone_need, zone_return)
        curve = least_curve(
            _standing(_steady(need), task.supply_last_c),
            shares=shares,
            before_c=task.supply_before_c,
            day_before_c=task.supply_day_before_c,
            highest_c=network.plant_supply_max_c,
            rules=rules,
        )
        pinned = np.isfinite(task.supply_pinned_c)
        supply = np.where(pinned, task.supply_pinned_c, curve.supply_c)
        short_k = np.maximum(0.0, need - supply)
        door, station, zone_return = _at_supply(network, exchangers, task, supply, zone_return)
        back = _plant_return_c(network, task, door, zone_return)
        back = np.minimum(back, supply - SPREAD_MIN_K)
        kw_per_k = 1000.0 * np.maximum(task.plant_heat_mw, 0.0) / (supply - back)
        flow = kw_per_k * (3.6 / WATER_KJ_PER_KG_K)
        if bool(((flow <= most_tph) | (short_k > 0.0)).all()):
            break
    return PrimarySide(
        plant_supply_c=supply,
        plant_return_c=back,
        plant_flow_tph=flow,
        plant_need_c=need,
        plant_short_k=short_k,
        plant_flow_over_tph=np.maximum(0.0, flow - most_tph),
        zone_need_c=zone_need,
        zone_neediest=neediest,
        zone_door_c=door,
        station_door_c=door[zone_of],
        station=station,
    )
