"""What sources and mains can still bring, zone by zone, and the minimum supply rule.

Handbook §7 (CJJ 34): with the largest source out a network must still bring 40 % of its design
heat where the design outdoor temperature is above −10 °C, 55 % down to −20 °C, 65 % below.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_stations import heat_need_kw
from forecasts.demand.building import BASE_TEMP_C
from scenarios.drills.loss import Loss

Array = NDArray[np.float64]

MILD_C, SEVERE_C = -10.0, -20.0  # design outdoor temperatures between which the rule steps
RULE_MILD, RULE_COLD, RULE_SEVERE = 0.40, 0.55, 0.65
EQUAL = 1e-6  # of a share
BETTER = 1e-4  # a zone that cannot get so much more gets no more
WARM_FROM_NOWHERE = 10.0  # per MW, against a share of one


@dataclass(frozen=True)
class Reach:
    """Heat that users can get: shares of what they need, fairest first; MW at users."""

    needed_mw: float
    reached_mw: float
    zones: Mapping[str, float]  # share of each zone's need
    zone_needed_mw: Mapping[str, float]

    @property
    def share(self) -> float:
        """Share of the whole need."""
        return self.reached_mw / self.needed_mw if self.needed_mw > 0 else 1.0


@dataclass(frozen=True)
class MinimumSupply:
    """The rule held against one loss."""

    loss: Loss
    rule: float  # share of design heat that must be left
    capacity_left_mw: float  # of all sources
    reach: Reach  # at design
    missing_mw: float  # to the rule, over all zones

    @property
    def holds(self) -> bool:
        """Whether every zone keeps what the rule asks for."""
        return self.missing_mw <= EQUAL * max(self.reach.needed_mw, 1.0)


def rule_share(design_outdoor_c: float) -> float:
    """Return the share of design heat that must be left by the rule; see the module's text."""
    if design_outdoor_c > MILD_C:
        return RULE_MILD
    return RULE_COLD if design_outdoor_c >= SEVERE_C else RULE_SEVERE


def minimum_supply(case: Case, loss: Loss) -> MinimumSupply:
    """Return how a loss stands against the rule, by what plants and mains can do at most.

    Installed heat counts: power by the grid's schedule may leave a CHP less.
    """
    left_mw = loss.plant_mw_left(case)
    found = reach(case, left_mw, loss.links_out())
    rule = rule_share(case.settings.design_outdoor_temp_c)
    missing = sum(
        max(0.0, rule - share) * found.zone_needed_mw[zone] for zone, share in found.zones.items()
    )
    return MinimumSupply(loss, rule, sum(left_mw.values()), found, missing)


def relative_load(case: Case, outdoor_c: float) -> float:
    """Return heat needed at an outdoor temperature over that at design (F1); more if colder."""
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    return max(0.0, BASE_TEMP_C - outdoor_c) / lift_k


def reach(
    case: Case, plant_mw: Mapping[str, float], links_out: frozenset[str], load: float = 1.0
) -> Reach:
    """Return what users get at most of `load` times their design heat, as evenly as mains allow.

    The zone that is worst off gets all it can, then the next one (lexicographic maximum). Mains in
    use lose what they lose at design; a tie loses in proportion to what it carries.
    """
    need_mw = dict.fromkeys(case.zone_ids, 0.0)
    for station in case.stations:
        need_mw[station.zone_id] += load * heat_need_kw(station, case.settings) / 1000.0
    zones = list(need_mw)
    network = _Network.of(case, plant_mw, links_out, need_mw)
    held: dict[str, float] = {}
    while len(held) < len(zones):
        free = [zone for zone in zones if zone not in held]
        least = network.most(free, held)
        stuck = [
            zone
            for zone in free
            if network.most([zone], {**held, **dict.fromkeys(free, least)}) <= least + BETTER
        ]
        held |= dict.fromkeys(stuck or free, least)
    reached = sum(held[zone] * need_mw[zone] for zone in zones)
    return Reach(sum(need_mw.values()), reached, {zone: held[zone] for zone in zones}, need_mw)


@dataclass(frozen=True)
class _Network:
    """The flow problem. Columns: what links send (MW), shares of zones, MW that keep a main warm
    although nothing brings them (only where there is no other way), the least share.
    """

    zones: tuple[str, ...]
    balance: Array  # (zone, column): brought in less needed
    losses_mw: Array  # (zone,) of mains in use
    plants: Array  # (plant, column): sent
    plant_mw: Array
    high: Array  # (column,)

    @classmethod
    def of(
        cls,
        case: Case,
        plant_mw: Mapping[str, float],
        links_out: frozenset[str],
        need_mw: Mapping[str, float],
    ) -> "_Network":
        """Lay the network out; a main without a plant behind it is not in use."""
        zones, flows = tuple(need_mw), len(case.links)
        count = len(zones)
        made = cls(
            zones,
            np.zeros((count, flows + 2 * count + 1)),
            np.zeros(count),
            np.zeros((len(plant_mw), flows + 2 * count + 1)),
            np.array(list(plant_mw.values())),
            np.zeros(flows + 2 * count + 1),
        )
        for j, link in enumerate(case.links):
            if link.link_id in links_out or not (case.is_tie(link) or plant_mw[link.from_id] > 0):
                continue
            made._put(case, j, list(plant_mw))
        for row, zone in enumerate(zones):
            made.balance[row, flows + row] = -need_mw[zone]
            made.balance[row, flows + count + row] = 1.0
        made.high[flows : flows + count] = 1.0
        made.high[flows + count : -1] = made.losses_mw
        made.high[-1] = 1.0
        return made

    def _put(self, case: Case, j: int, plants: list[str]) -> None:
        link = case.links[j]
        self.high[j] = link.capacity_mw
        to = self.zones.index(link.to_id)
        if case.is_tie(link):
            self.balance[self.zones.index(link.from_id), j] = -1.0
            self.balance[to, j] = 1.0 - link.loss_mw_design / link.capacity_mw
        else:
            self.balance[to, j] = 1.0
            self.plants[plants.index(link.from_id), j] = 1.0
            self.losses_mw[to] += link.loss_mw_design

    def most(self, wanted: Sequence[str], held: Mapping[str, float]) -> float:
        """Return the largest share that all of `wanted` can have while others keep `held`."""
        from scipy.optimize import linprog  # half a second of import, for this alone

        columns, count = self.high.size, len(self.zones)
        flows = columns - 2 * count - 1
        rows = np.zeros((len(wanted), columns))
        for row, zone in enumerate(wanted):
            rows[row, flows + self.zones.index(zone)] = -1.0
            rows[row, -1] = 1.0  # least share − share ≤ 0
        low = np.zeros(columns)
        for zone, share in held.items():
            low[flows + self.zones.index(zone)] = max(0.0, share - EQUAL)
        price = np.zeros(columns)
        price[-1], price[flows + count : -1] = -1.0, WARM_FROM_NOWHERE
        found = linprog(
            price,
            A_ub=np.vstack([rows, self.plants]),
            b_ub=np.concatenate([np.zeros(len(wanted)), self.plant_mw]),
            A_eq=self.balance,
            b_eq=self.losses_mw,
            bounds=list(zip(low, self.high, strict=True)),
        )
        return 0.0 if found.x is None else float(found.x[-1])
