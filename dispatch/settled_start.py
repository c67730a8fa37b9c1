"""The start without a last plan: mains and sources carry what the stations take when settled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.network_inputs import loss_mw, soil_c
from dispatch.station_inputs import StationInputs
from dispatch.time_grid import TimeGrid

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
    case: Case, grid: TimeGrid, stations: StationInputs, relative_load: Array
) -> SettledStart:
    """Settled heat of the stations with losses, split over mains and sources as usual."""
    zone_mw = _zone_heat_mw(case, grid, stations, relative_load)
    link_mw = _by_link(case, zone_mw)
    plant_mw = {
        plant: sum(mw for (origin, _), mw in link_mw.items() if origin == plant)
        for plant in case.plant_ids
    }
    return SettledStart(link_mw, plant_mw, _by_source(case, plant_mw))


def _zone_heat_mw(
    case: Case, grid: TimeGrid, stations: StationInputs, relative_load: Array
) -> Array:
    """Heat each zone's mains carry, losses included, MW (zone,)."""
    zone_mw = np.zeros(len(case.zone_ids))
    np.add.at(zone_mw, stations.zone, stations.settled_mw)
    soil = soil_c(case, grid)
    for link in case.links:
        zone_mw[case.zone_ids.index(link.to_id)] += loss_mw(case, link, relative_load, soil)[0]
    return zone_mw


def _by_link(case: Case, zone_mw: Array) -> dict[tuple[str, str], float]:
    """Split each zone's heat over its mains in proportion to the plants' usual shares."""
    usual = {
        plant: sum(
            s.installed_mw for s in case.sources if s.plant_id == plant and s.kind.makes_heat
        )
        for plant in case.plant_ids
    }
    for group in case.settings.share.values():
        size = sum(usual[plant] for plant in group.shares)
        usual |= {plant: share * size for plant, share in group.shares.items()}
    split: dict[tuple[str, str], float] = {}
    for zone, heat_mw in zip(case.zone_ids, zone_mw, strict=True):
        feeding = [link for link in case.links if link.to_id == zone]
        total = sum(usual[link.from_id] for link in feeding)
        for link in feeding:  # evenly where no feeding plant has a usual share
            part = usual[link.from_id] / total if total > 0.0 else 1.0 / len(feeding)
            split[link.from_id, zone] = float(heat_mw) * part
    return split


def _by_source(case: Case, plant_mw: dict[str, float]) -> dict[str, float]:
    """Fill each plant's sources in the order of the file; a settled tank rests."""
    left, taken = dict(plant_mw), {}
    for source in case.sources:
        most_mw = source.installed_mw if source.kind.makes_heat else 0.0
        heat_mw = min(left[source.plant_id], most_mw)
        taken[source.source_id] = heat_mw
        left[source.plant_id] -= heat_mw
    return taken
