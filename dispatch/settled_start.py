"""The start without a last plan: everything settled at the mean weather of the past day.

A day, so that the daily wave cancels; not more, or a front of yesterday would leave the mains with
too little heat for the first hours of the plan.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.network_inputs import loss_mw, soil_c
from dispatch.station_inputs import StationInputs
from dispatch.time_grid import TimeGrid
from forecasts.demand.building import Weather, static_heat_kw

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SettledStart:
    """Heat on the way when nothing has changed for long, MW."""

    link_mw: dict[tuple[str, str], float]  # (plant, zone) -> heat sent
    plant_mw: dict[str, float]
    source_mw: dict[str, float]

    @property
    def total_mw(self) -> float:
        """Heat of the whole network."""
        return sum(self.plant_mw.values())


def settled_start(
    case: Case, grid: TimeGrid, stations: StationInputs, history: Weather, relative_load: Array
) -> SettledStart:
    """Heat that holds all rooms in the mean weather of the last day of `history`, as usually split."""
    zone_mw = _zone_heat_mw(case, grid, stations, history, relative_load)
    link_mw = _by_link(case, zone_mw)
    plant_mw = {
        plant: sum(mw for (origin, _), mw in link_mw.items() if origin == plant)
        for plant in case.plant_ids
    }
    return SettledStart(link_mw, plant_mw, _by_source(case, plant_mw))


def _zone_heat_mw(
    case: Case, grid: TimeGrid, stations: StationInputs, history: Weather, relative_load: Array
) -> Array:
    """Heat each zone's mains carry, losses included, MW (zone,)."""
    day = slice(-round(24.0 / history.step_h), None)
    mean = Weather(
        24.0,
        np.array([history.air_temperature_c[day].mean()]),
        np.array([history.wind_m_per_s[day].mean()]),
        np.array([history.radiation_w_per_m2[day].mean()]),
    )
    own_kw = static_heat_kw(stations.buildings, mean, stations.target_c[:, 0])[:, 0]
    heat_kw = np.where(stations.controllable, own_kw, stations.heat_due_mw[:, 0] * 1000.0)
    zone_mw = np.bincount(stations.zone, heat_kw, minlength=len(case.zone_ids)) / 1000.0
    soil = soil_c(case, grid)
    for link in case.links:
        zone_mw[case.zone_ids.index(link.to_id)] += loss_mw(case, link, relative_load, soil)[0]
    return zone_mw


def _by_link(case: Case, zone_mw: Array) -> dict[tuple[str, str], float]:
    """Split each zone's heat over its mains in proportion to the plants' usual shares."""
    usual = {
        plant: sum(s.installed_mw for s in case.sources if s.plant_id == plant)
        for plant in case.plant_ids
    }
    for group in case.settings.share.values():
        size = sum(usual[plant] for plant in group.shares)
        usual |= {plant: share * size for plant, share in group.shares.items()}
    split: dict[tuple[str, str], float] = {}
    for zone, heat_mw in zip(case.zone_ids, zone_mw, strict=True):
        feeding = [link for link in case.links if link.to_id == zone]
        total = sum(usual[link.from_id] for link in feeding) or 1.0
        for link in feeding:
            split[link.from_id, zone] = float(heat_mw) * usual[link.from_id] / total
    return split


def _by_source(case: Case, plant_mw: dict[str, float]) -> dict[str, float]:
    """Fill each plant's sources in the order of the file."""
    left, taken = dict(plant_mw), {}
    for source in case.sources:
        heat_mw = min(left[source.plant_id], source.installed_mw)
        taken[source.source_id] = heat_mw
        left[source.plant_id] -= heat_mw
    return taken
