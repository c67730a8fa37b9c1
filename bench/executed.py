"""What was really done: the first day of each of a row of plans, joined, and what it cost.

Rooms are worked out anew over the whole span from the heat that stations got and the weather that
came, in one go: what a plan believes of its own start does not count.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.formulation import prices
from dispatch.inputs import PlanInputs
from forecasts.demand.building import Weather, block_response

Array = NDArray[np.float64]

DAY_H = 24.0


@dataclass(frozen=True)
class PlannedSpan:
    """A plan and the part of it that was carried out, hours from its start."""

    inputs: PlanInputs
    schedule: xr.Dataset
    hours: float

    @property
    def steps(self) -> slice:
        """Steps carried out."""
        return slice(0, round(self.hours / self.inputs.grid.step_h))

    def by_step(self, name: str) -> Array:
        """A variable on steps, cut to what was carried out."""
        values: Array = self.schedule[name].values[..., self.steps]
        return values

    def by_block(self, name: str) -> Array:
        """A variable on setpoint blocks, laid on the steps carried out."""
        block = self.inputs.grid.block_of_step[self.steps]
        values: Array = self.schedule[name].values[..., block]
        return values


@dataclass(frozen=True)
class Executed:
    """A row of plans carried out one after the other; arrays are (…, step) over the whole span."""

    spans: tuple[PlannedSpan, ...]

    @property
    def step_h(self) -> float:
        """Length of a step."""
        return self.spans[0].inputs.grid.step_h

    def steps(self, name: str) -> Array:
        """A variable on steps over the whole span."""
        return np.concatenate([span.by_step(name) for span in self.spans], axis=-1)

    def blocks(self, name: str) -> Array:
        """A variable on blocks, laid on the steps of the whole span."""
        return np.concatenate([span.by_block(name) for span in self.spans], axis=-1)

    def rooms_c(self) -> Array:
        """Room temperatures at step ends, from the heat delivered (H F6), (station, step)."""
        stations = self.spans[0].inputs.stations
        names = ("air_temperature", "wind_speed", "global_radiation")
        heat_kw = self.blocks("station_heat")
        each_step = np.arange(heat_kw.shape[1])
        weather = Weather(self.step_h, *(self.steps(name) for name in names))
        response = block_response(stations.buildings, weather, each_step)
        rooms, _ = response.indoor_c(stations.indoor_before_c, heat_kw)
        return rooms

    def stored_mwh(self) -> float:
        """Heat left in buildings (above 0 °C) and in mains at the end, MWh."""
        buildings = self.spans[0].inputs.stations.buildings
        per_k = buildings.heat_capacity_j_per_m2k * buildings.area_m2 / 3.6e9
        return float(per_k @ self.rooms_c()[:, -1]) + self.in_mains_mwh()

    def in_mains_mwh(self) -> float:
        """Heat on its way at the end: what was there, and went in, and did not come out."""
        last = self.spans[-1]
        before = float(last.schedule["link_arrival_stored"].sum())
        gained_mw = last.by_step("link_sent") - last.by_step("link_arrival")
        return before + float(gained_mw.sum()) * self.step_h


def realised_yuan(done: Executed) -> dict[str, float]:
    """What was spent, by name: fuel less power, shares, comfort by the hour, heat not served."""
    first = done.spans[0].inputs
    hours, units = done.step_h, first.sources
    price = np.array([unit.fuel_price_yuan_per_mwh for unit in units])
    unserved_mw = (done.blocks("station_heat_due") - done.blocks("station_heat")).sum() / 1000.0
    comfort = first.case.settings.comfort
    return {
        "fuel": float(price @ done.steps("source_fuel").sum(axis=1)) * hours,
        "power credit": -_worth_yuan(done, "sold", "sell") + _worth_yuan(done, "bought", "buy"),
        "rooms": _comfort_yuan(done),
        "shares": _share_yuan(done),
        "third parties unserved": comfort.unserved_third_party_yuan_per_mwh * unserved_mw * hours,
        "surplus": prices.SURPLUS_YUAN_PER_MWH * float(done.steps("zone_surplus").sum()) * hours,
    }


def _worth_yuan(done: Executed, way: str, side: str) -> float:
    """Power sold or bought, at its price in the objective."""
    power, price = done.steps(f"source_power_{way}"), done.steps(f"source_power_{side}_price")
    return float(np.nansum(power * price)) * done.step_h


def _comfort_yuan(done: Executed) -> float:
    """Rooms below the law, below their floor and above the limit, hour by hour, in yuan."""
    stations, comfort = done.spans[0].inputs.stations, done.spans[0].inputs.case.settings.comfort
    rooms, floor = done.rooms_c(), done.blocks("station_floor")
    below_legal = np.maximum(0.0, comfort.legal_min_c - rooms)
    below_floor = np.maximum(0.0, floor - np.maximum(rooms, comfort.legal_min_c))
    above = np.maximum(0.0, rooms - comfort.upper_c)
    yuan = (
        comfort.below_legal_price * below_legal
        + comfort.below_floor_price * below_floor
        + comfort.above_upper_price * above
    )
    ours = np.where(stations.controllable, stations.weight, 0.0)
    return float(ours @ yuan.sum(axis=1)) * done.step_h


def _share_yuan(done: Executed) -> float:
    """Heat outside the share bands, in yuan."""
    groups = done.spans[0].inputs.case.settings.share
    heat = dict(zip(done.spans[0].inputs.case.plant_ids, done.steps("plant_heat"), strict=True))
    total = 0.0
    for group in groups.values():
        whole = sum(heat[plant] for plant in group.shares)
        for plant, share in group.shares.items():
            above = np.maximum(0.0, heat[plant] - (share + group.band) * whole)
            below = np.maximum(0.0, (share - group.band) * whole - heat[plant])
            total += group.price_yuan_per_mwh * float((above + below).sum()) * done.step_h
    return total
