"""Changes of what is built: a source or a tank more, at a plant there is or at one of its own."""

from dataclasses import dataclass
from enum import StrEnum
from math import pi, sqrt
from typing import Literal

import numpy as np
from pydantic import Field

from dispatch.case import Case, CurvePoint, Fuel, Link, Source, Yard
from dispatch.case_coal_checks import full_fuel_mw
from dispatch.case_kinds import FuelUnit, PowerMode, SourceKind
from dispatch.case_mains import WATER_KG_PER_M3
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.cases.chp_units import EXTRACTION_330
from scenarios.cases.plant_tables import CHAIN_GRATE_EFFICIENCY, flow_max_tph
from scenarios.whatif.change import Change, ChangeFault
from scenarios.whatif.changes.shares import plants_by_size
from scenarios.whatif.edit import with_case
from scenarios.whatif.selection import StationGroup

LARGEST = "largest"
MWH_PER_M3 = 0.046  # of a tank at 40 K, handbook §8
MAIN_RESERVE = 1.2  # capacity of a new main over the heat of its source
MAIN_SPEED_M_PER_S, FULL_FLOW_M_PER_S = 2.2, 1.5  # at its capacity; at 100 % flow (handbook §7)
LARGEST_MAIN_MM, SMALLEST_MAIN_MM = 2_000.0, 100.0
# Loss of a pair of pre-insulated pipes, W per m of route, by diameter in mm (handbook §7 F12).
LOSS_MM, LOSS_W_PER_M = (200.0, 300, 400, 500, 600, 800, 1000), (72.0, 79, 82, 100, 107, 127, 159)
STOCK_DAYS, YARD_DAYS = 20.0, 40.0  # of a new yard's full burn: what lies in it, what fits
EXTRACTION_HEAT_MW, EXTRACTION_EFFICIENCY = 400.0, 0.375
MJ_PER_KWH, KCAL_TO_KJ = 3.6, 4.1868


class NewKind(StrEnum):
    """What can be built."""

    COAL_BOILER = "coal_boiler"
    GAS_BOILER = "gas_boiler"
    PURCHASED_HEAT = "purchased_heat"
    CHP_EXTRACTION = "chp_extraction"


# Handbook §8, per MW of heat where a size is meant; prices of heat and starts of §8 and §14.
USUAL: dict[NewKind, dict[str, float]] = {
    NewKind.COAL_BOILER: {
        "least": 0.4,
        "ramp_per_h": 0.12,
        "min_up_h": 24,
        "min_down_h": 24,
        "start_cost_yuan": 43,
        "start_fuel_tce": 0.14,
        "notice_h": 12,
        "coal_kgce_per_gj": 44,
    },
    NewKind.GAS_BOILER: {
        "least": 0.2,
        "ramp_per_h": 2,
        "min_up_h": 1,
        "min_down_h": 1,
        "notice_h": 0.5,
        "efficiency": 0.94,
        "coal_kgce_per_gj": 36.3,
    },
    NewKind.PURCHASED_HEAT: {
        "least": 0.2,
        "ramp_per_h": 0.12,
        "notice_h": 4,
        "coal_kgce_per_gj": 40,
        "price_yuan_per_gj": 38,
    },
    NewKind.CHP_EXTRACTION: {
        "least": 0,
        "ramp_per_h": 0.12,
        "min_up_h": 72,
        "min_down_h": 24,
        "start_cost_yuan": 150,
        "start_fuel_tce": 0.15,
        "notice_h": 3,
        "coal_kgce_per_gj": 40,
    },
}
PER_MW = ("start_cost_yuan", "start_fuel_tce")
COAL = Fuel(
    fuel_id="coal_new",
    kind="coal",
    unit=FuelUnit.TONNE,
    net_calorific_value=5_000,
    price=772.73,
    co2_t_per_tce=2.76,
)
GAS = Fuel(
    fuel_id="gas_new",
    kind="gas",
    unit=FuelUnit.NORMAL_CUBIC_METRE,
    net_calorific_value=8_500,
    price=3.2,
    co2_t_per_tce=1.63,
)


@dataclass(frozen=True)
class Site:
    """Where something new stands: its plant, and the main it needs if that plant is new."""

    plant_id: str
    links: tuple[Link, ...] = ()


class NewSource(Change):
    """A source more, of usual make (handbook §8), at a plant or at a new one beside a zone.

    A new plant gets a main to its zone, a coal-fired one its own yard; a plant there is keeps its
    mains. A share rule does not bind a new plant. An extraction unit follows no grid schedule:
    its power is free within its polygon.
    """

    kind: Literal["new_source"] = "new_source"
    source: NewKind = NewKind.GAS_BOILER
    heat_mw: float = Field(default=70, gt=0, le=2_000)  # of one unit
    units: int = Field(default=1, ge=1, le=20)
    plant: str = LARGEST  # plant_id, `largest`, or a new name together with `zone`
    zone: str | None = None  # zone_id or `largest`: where a new plant feeds in
    length_km: float = Field(default=3, gt=0, le=100)  # of a new plant's main
    source_id: str = Field(default="new", pattern=r"^[A-Za-z0-9_-]{1,40}$")
    price_yuan_per_gj: float | None = Field(default=None, ge=0, le=500)  # of bought heat

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the source, the last of its case."""
        case = situation.case
        if self.price_yuan_per_gj is not None and self.source is not NewKind.PURCHASED_HEAT:
            raise ChangeFault("price_yuan_per_gj", Remark("change_fault.price_of_bought"))
        site = self._site(case)
        beside = [row.yard_id for row in case.sources if row.plant_id == site.plant_id]
        yard_id = next((yard for yard in beside if yard is not None), None)
        yards = {yard.yard_id: yard for yard in case.yards}
        fuels = case.fuels
        if self.source is NewKind.PURCHASED_HEAT:
            return self._built(situation, site, self._source(case, site, None, None))
        burns_coal = self.source is not NewKind.GAS_BOILER
        fuel = self._fuel(case, yards.get(yard_id or "") if burns_coal else None)
        if fuel not in fuels:
            fuels = (*fuels, fuel)
        with_fuel = with_case(situation, fuels=fuels)
        if not burns_coal:
            return self._built(with_fuel, site, self._source(case, site, fuel, None))
        new_yard = None if yard_id is not None else f"yard_{site.plant_id}"
        source = self._source(case, site, fuel, yard_id or new_yard)
        built = self._built(with_fuel, site, source)
        if new_yard is not None:
            yard = self._yard(new_yard, fuel, source, built.case.curves)
            return with_case(built, yards=(*case.yards, yard))
        return built

    def _site(self, case: Case) -> Site:
        """Return the plant, and for a new one its main."""
        if self.plant == LARGEST and self.zone is None:
            return Site(plants_by_size(case)[0])
        if self.plant in case.plant_ids:
            if self.zone is not None:
                values = {"plant": self.plant}
                raise ChangeFault("zone", Remark("change_fault.plant_has_mains", values))
            return Site(self.plant)
        if self.zone is None:
            options = ", ".join([*case.plant_ids, LARGEST])
            values = {"value": self.plant, "options": options}
            raise ChangeFault("plant", Remark("change_fault.plant_or_zone", values))
        zone = zone_of(case, self.zone)
        plant = f"plant_{self.source_id}" if self.plant == LARGEST else self.plant
        return Site(plant, (self._main(case, plant, zone),))

    def _main(self, case: Case, plant: str, zone: str) -> Link:
        """Return a main that carries the source, sized as H F11 and F12 have it."""
        network = case.settings.network
        spread_k = network.primary_design_supply_c - network.primary_design_return_c
        capacity_mw = MAIN_RESERVE * self.heat_mw * self.units
        kg_per_s = capacity_mw * 1000 / (4.187 * spread_k)
        metres = sqrt(kg_per_s / WATER_KG_PER_M3 / MAIN_SPEED_M_PER_S * 4 / pi)
        wide_mm = min(max(1000 * metres, SMALLEST_MAIN_MM), LARGEST_MAIN_MM)
        full_h = self.length_km / (3.6 * FULL_FLOW_M_PER_S)
        loss_w_per_m = float(np.interp(wide_mm, LOSS_MM, LOSS_W_PER_M))
        return Link(
            from_id=plant,
            to_id=zone,
            capacity_mw=capacity_mw,
            length_km=self.length_km,
            diameter_mm=wide_mm,
            delay_h_at_40pct_flow=full_h / 0.4,
            delay_h_at_70pct_flow=full_h / 0.7,
            delay_h_at_100pct_flow=full_h,
            loss_mw_design=loss_w_per_m * self.length_km / 1e3,
        )

    def _fuel(self, case: Case, yard: Yard | None) -> Fuel:
        """Return the fuel of the yard, else that of the case's own kind, else the usual."""
        if yard is not None:
            return case.fuel_of(yard.fuel_id)
        unit = GAS.unit if self.source is NewKind.GAS_BOILER else COAL.unit
        usual = GAS if self.source is NewKind.GAS_BOILER else COAL
        return next((fuel for fuel in case.fuels if fuel.unit is unit), usual)

    def _source(self, case: Case, site: Site, fuel: Fuel | None, yard_id: str | None) -> Source:
        network, usual = case.settings.network, USUAL[self.source]
        spread_k = network.primary_design_supply_c - network.primary_design_return_c
        kind = SourceKind(self.source.value)
        own = {key: value for key, value in usual.items() if key not in ("least", "ramp_per_h")}
        own |= {key: own[key] * self.heat_mw for key in PER_MW if key in own}
        if self.price_yuan_per_gj is not None:
            own["price_yuan_per_gj"] = self.price_yuan_per_gj
        return Source.model_validate(
            own
            | {
                "source_id": free_id(case, self.source_id),
                "plant_id": site.plant_id,
                "yard_id": yard_id,
                "kind": kind,
                "unit_count": self.units,
                "min_output_mw": usual["least"] * self.heat_mw,
                "max_output_mw": self.heat_mw,
                "ramp_mw_per_h": usual["ramp_per_h"] * self.heat_mw,
                "fuel_id": None if fuel is None else fuel.fuel_id,
                "power_mode": PowerMode.BAND if kind.is_chp else PowerMode.SCHEDULED,
                "commitment": kind in (SourceKind.COAL_BOILER, SourceKind.GAS_BOILER),
                "supply_temp_max_c": max(row.supply_temp_max_c for row in case.sources),
                "flow_max_tph": float(flow_max_tph(self.heat_mw, spread_k)),
            }
        )

    def _curve(self, source_id: str) -> tuple[CurvePoint, ...]:
        if self.source is NewKind.COAL_BOILER:
            return tuple(
                CurvePoint(source_id=source_id, load_fraction=load, efficiency=share)
                for load, share in CHAIN_GRATE_EFFICIENCY
            )
        if self.source is not NewKind.CHP_EXTRACTION:
            return ()
        part = self.heat_mw / EXTRACTION_HEAT_MW
        return tuple(
            CurvePoint(
                source_id=source_id,
                heat_mw=heat * part,
                power_mw=power * part,
                fuel_mw=EXTRACTION_330.fuel_mw(heat, power) * part,
            )
            for heat, power in EXTRACTION_330.vertices_mw
        )

    def _built(self, situation: Situation, site: Site, source: Source) -> Situation:
        case = situation.case
        return with_case(
            situation,
            sources=(*case.sources, source),
            curves=(*case.curves, *self._curve(source.source_id)),
            links=(*case.links, *site.links),
        )

    def _yard(
        self, yard_id: str, fuel: Fuel, source: Source, curves: tuple[CurvePoint, ...]
    ) -> Yard:
        """Return a yard for a source that burns coal where there is none."""
        burn_t = 24 * full_fuel_mw((source,), curves, yard_id) / fuel.mwh_per_unit
        return Yard(
            yard_id=yard_id,
            fuel_id=fuel.fuel_id,
            stock_t=STOCK_DAYS * burn_t,
            capacity_t=YARD_DAYS * burn_t,
            unloading_t_per_day=4 * burn_t,
            order_unit_t=burn_t,
        )


class NewTank(Change):
    """A hot-water tank of so many m³ at a plant: 46 kWh/m³, filled or emptied in `hours`.

    10 000 m³ are 460 MWh (handbook §8: 5 to 10 h). It moves heat from hour to hour, it makes none.
    """

    kind: Literal["new_tank"] = "new_tank"
    volume_m3: float = Field(default=10_000, ge=100, le=500_000)
    hours: float = Field(default=6, ge=1, le=48)
    plant: str = LARGEST

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the tank."""
        case = situation.case
        plants = plants_by_size(case)
        plant = plants[0] if self.plant == LARGEST else self.plant
        if plant not in plants:
            values = {"value": plant, "options": ", ".join([*plants, LARGEST])}
            raise ChangeFault("plant", Remark("change_fault.unknown_plant", values))
        energy_mwh = MWH_PER_M3 * self.volume_m3
        tank = Source.model_validate(
            {
                "source_id": free_id(case, "tank"),
                "plant_id": plant,
                "kind": SourceKind.THERMAL_STORAGE,
                "energy_mwh": energy_mwh,
                "charge_mw": energy_mwh / self.hours,
                "discharge_mw": energy_mwh / self.hours,
            }
        )
        return with_case(situation, sources=(*case.sources, tank))


def zone_of(case: Case, named: str) -> str:
    """Return the zone of an id, or the `largest`. Raises ChangeFault for one that is none."""
    try:
        ids = StationGroup(zone=named).of(case)
    except ChangeFault as wrong:
        raise ChangeFault("zone", wrong.remark) from None
    return next(row.zone_id for row in case.stations if row.station_id in ids)


def free_id(case: Case, wanted: str) -> str:
    """Return an id that no source, plant or zone has: the one wanted, or with a number."""
    taken = {*(row.source_id for row in case.sources), *case.plant_ids, *case.zone_ids}
    numbered = (f"{wanted}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (wanted, *numbered) if name not in taken)


CHANGES = (NewSource, NewTank)
