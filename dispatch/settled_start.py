"""The start without a last plan: mains and sources carry what the stations take when settled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import SourceKind
from dispatch.network_inputs import loss_mw, soil_c
from dispatch.station_inputs import StationInputs
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]

# Handbook §8: base load first; boilers are lit for what is left, and for peaks those on gas.
MERIT_ORDER = (
    frozenset({SourceKind.CHP_BACKPRESSURE, SourceKind.CHP_EXTRACTION, SourceKind.PURCHASED_HEAT}),
    frozenset({SourceKind.COAL_BOILER}),
    frozenset({SourceKind.GAS_BOILER}),
)
BALANCING_ROUNDS = 30  # of the split of zones, until plants carry what they should


@dataclass(frozen=True)
class SettledStart:
    """Heat on the way when nothing has changed for long, MW."""

    link_mw: dict[tuple[str, str], float]  # (plant or zone, zone) -> heat sent
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
    zone_mw = np.zeros(len(case.zone_ids))
    np.add.at(zone_mw, stations.zone, stations.settled_mw)
    soil = soil_c(case, grid)
    lost = {link.link_id: float(loss_mw(case, link, relative_load, soil)[0]) for link in case.links}
    link_mw = _by_link(case, dict(zip(case.zone_ids, map(float, zone_mw), strict=True)), lost)
    plant_mw = _by_plant(case, link_mw)
    return SettledStart(link_mw, plant_mw, _by_source(case, plant_mw))


def usual_mw(case: Case) -> dict[str, float]:
    """What plants carry beside each other: by share rule, else by size, MW."""
    usual = {
        plant: sum(
            s.installed_mw for s in case.sources if s.plant_id == plant and s.kind.makes_heat
        )
        for plant in case.plant_ids
    }
    for group in case.settings.share.values():
        size = sum(usual[plant] for plant in group.shares)
        usual |= {plant: share * size for plant, share in group.shares.items()}
    return usual


def in_merit_order_mw(case: Case, heat_mw: float) -> dict[str, float]:
    """What plants carry of a heat if boilers are lit last, alike within a kind, MW by plant."""
    carried, left = dict.fromkeys(case.plant_ids, 0.0), heat_mw
    for kinds in MERIT_ORDER:
        these = [source for source in case.sources if source.kind in kinds]
        size = sum(source.installed_mw for source in these)
        part = min(1.0, left / size) if size > 0.0 else 0.0
        for source in these:
            carried[source.plant_id] += part * source.installed_mw
        left -= part * size
    return carried


def ties_before(case: Case) -> dict[str, int]:
    """How many ties heat passes on the shortest way from a plant to each zone."""
    ties = {link.to_id: 0 for link in case.links if not case.is_tie(link)}
    while True:
        more = {
            link.to_id: ties[link.from_id] + 1
            for link in case.links
            if link.from_id in ties and link.to_id not in ties
        }
        if not more:
            return ties
        ties |= more


def _by_link(
    case: Case, zone_mw: dict[str, float], lost_mw: dict[str, float]
) -> dict[tuple[str, str], float]:
    """Split each zone's heat and the losses of its mains over them.

    With a share rule by it. Else in merit order: what each plant should carry is met by
    weighting the plants, round by round, by what they carry too little, as mains allow.
    """
    usual = usual_mw(case)
    split = _by_weights(case, zone_mw, lost_mw, usual)
    if case.settings.share:
        return split
    wanted = in_merit_order_mw(case, sum(zone_mw.values()) + sum(lost_mw.values()))
    for _ in range(BALANCING_ROUNDS):
        carried = _by_plant(case, split)
        usual = {
            plant: usual[plant] * wanted[plant] / carried[plant] if carried[plant] > 0.0 else 0.0
            for plant in case.plant_ids
        }
        split = _by_weights(case, zone_mw, lost_mw, usual)
    return split


def _by_plant(case: Case, link_mw: dict[tuple[str, str], float]) -> dict[str, float]:
    """Heat sent into the mains of each plant, MW."""
    return {
        plant: sum(mw for (origin, _), mw in link_mw.items() if origin == plant)
        for plant in case.plant_ids
    }


def _by_weights(
    case: Case, zone_mw: dict[str, float], lost_mw: dict[str, float], usual: dict[str, float]
) -> dict[tuple[str, str], float]:
    """Split each zone's heat and losses over its mains in proportion to their plants' weights.

    A zone without a main of a plant takes it from its ties, evenly, out of the zones before it.
    Other ties stand ready and carry what they lose.
    """
    before, need_mw = ties_before(case), dict(zone_mw)
    split: dict[tuple[str, str], float] = {}
    for link in case.links:
        if case.is_tie(link) and before[link.from_id] >= before[link.to_id]:
            split[link.from_id, link.to_id] = lost_mw[link.link_id]
            need_mw[link.from_id] += lost_mw[link.link_id]
    for zone in sorted(case.zone_ids, key=lambda zone: -before[zone]):
        into = [link for link in case.links if link.to_id == zone]
        feeding = [link for link in into if (link.from_id, zone) not in split]
        need = need_mw[zone] + sum(lost_mw[link.link_id] for link in feeding)
        total = sum(usual.get(link.from_id, 0.0) for link in feeding)
        for link in feeding:  # evenly where no feeding plant has a usual share
            part = usual.get(link.from_id, 0.0) / total if total > 0.0 else 1.0 / len(feeding)
            split[link.from_id, zone] = need * part
            if case.is_tie(link):
                need_mw[link.from_id] += need * part
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
