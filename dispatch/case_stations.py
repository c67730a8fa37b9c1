"""Are the figures of stations and mains of the size they must be: wrong units show here."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.case import Station
from dispatch.case_faults import Fault, file_fault
from dispatch.case_kinds import Use
from dispatch.case_mains import main_faults
from dispatch.case_references import SETTINGS_FILE
from dispatch.case_table import RowT, Table
from dispatch.case_tables import CaseTables
from dispatch.messages import words
from dispatch.settings import Comfort, Settings
from forecasts.demand.building import BASE_TEMP_C

WATER_KJ_PER_KGK = 4.187
COLD_QUANTILE = 1.28  # the 10 % cold tail of a normal forecast error (design §5)
COAST_H = 24.0  # how long a missed cold day acts before the next plan
LISTED = 5  # rows named in a fault that many rows share


@dataclass(frozen=True)
class Range:
    """What a figure may be; outside, its unit is almost surely wrong (handbook §3, §6)."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """True inside the range."""
        return self.low <= value <= self.high


AREA_PER_HOME_M2 = Range(15, 400)
HEAT_INDEX_W_PER_M2 = Range(8, 150)  # handbook §3: 18 (new) to 100 (old hospital)
TIME_CONSTANT_H = Range(8, 300)  # handbook §4: 15 to 130
MAX_HEAT_OF_DESIGN = Range(0.5, 20)
FLOW_OF_DESIGN = Range(0.5, 20)
UA_PER_DESIGN_1_PER_K = Range(0.008, 1.5)  # handbook §6: 0.055 kW/K per kW
FARTHEST_DEG = 1.5  # of a station from the case's own place
SOIL_C = Range(-20, 35)
FLOOR_BELOW_UPPER_K = 1.0  # at least, or the plan has no room between them (design §5)


def heat_need_kw(station: Station, settings: Settings) -> float:
    """Heat the buildings need at the design outdoor temperature, kW (handbook §3 F1)."""
    lift_k = BASE_TEMP_C - settings.design_outdoor_temp_c
    return station.specific_loss_w_per_m2k * station.heated_area_m2 * lift_k / 1000


def design_heat_kw(station: Station, settings: Settings) -> float:
    """Heat that emitter and exchanger were laid out for, kW."""
    lift_k = BASE_TEMP_C - settings.design_outdoor_temp_c
    return station.design_loss_w_per_m2k * station.heated_area_m2 * lift_k / 1000


def time_constant_h(station: Station) -> float:
    """τ = C/K of the building, h (handbook §4 F6)."""
    joule = station.heat_capacity_kj_per_m2k * 1000
    return joule / station.specific_loss_w_per_m2k / 3600


def floor_c(station: Station, settings: Settings) -> float:
    """Lowest mean indoor temperature that keeps the coldest flats legal, °C (design §5)."""
    kept = math.exp(-COAST_H / time_constant_h(station))
    forecast_k = COLD_QUANTILE * 0.5 * settings.uncertainty.sigma_24h_k * (1 - kept)
    return settings.comfort.legal_min_c + station.cold_flat_margin_k + forecast_k


def station_faults(tables: CaseTables, settings: Settings) -> Iterator[Fault]:
    """Yield the faults of stations and mains that show against the settings."""
    stations = tables.stations
    for row, station in stations.placed():
        yield from _building(stations, row, station, settings)
        yield from _equipment(stations, row, station, settings)
        yield from _temperatures(stations, row, station, settings.comfort)
        yield from _place(stations, row, station, settings)
    yield from _floors(stations, settings)
    yield from main_faults(tables.links)
    for month, soil_c in enumerate(settings.network.soil_temp_c, start=1):
        if not SOIL_C.holds(soil_c):
            place = f"network.soil_temp_c[{month}]"
            yield file_fault(SETTINGS_FILE, "soil_size", column=place, value=soil_c)


def _building(
    table: Table[Station], row: int, station: Station, settings: Settings
) -> Iterator[Fault]:
    if station.use is Use.HOUSING and station.homes > 0:
        per_home = station.heated_area_m2 / station.homes
        if not AREA_PER_HOME_M2.holds(per_home):
            area, homes = station.heated_area_m2, station.homes
            yield table.fault(
                row, "heated_area_m2", "area_per_home", per_home=per_home, area=area, homes=homes
            )
    yield from building_faults(table, row, station, settings)


def building_faults(
    table: Table[RowT], row: int, station: Station, settings: Settings
) -> Iterator[Fault]:
    """Yield what cannot be true of the buildings of `station`, at the `row` that says so."""
    index = heat_need_kw(station, settings) * 1000 / station.heated_area_m2
    if not HEAT_INDEX_W_PER_M2.holds(index):
        loss = station.specific_loss_w_per_m2k
        yield table.fault(row, "specific_loss_w_per_m2k", "heat_index", loss=loss, index=index)
    hours = time_constant_h(station)
    if not TIME_CONSTANT_H.holds(hours):
        value = station.heat_capacity_kj_per_m2k
        yield table.fault(
            row, "heat_capacity_kj_per_m2k", "time_constant", value=value, hours=hours
        )


def _equipment(
    table: Table[Station], row: int, station: Station, settings: Settings
) -> Iterator[Fault]:
    design = design_heat_kw(station, settings)
    spread_k = station.primary_design_supply_c - station.primary_design_return_c
    flow = design * 3.6 / (WATER_KJ_PER_KGK * spread_k)
    heat_max, flow_max = station.max_heat_kw, station.primary_flow_max_tph
    if not MAX_HEAT_OF_DESIGN.holds(heat_max / design):
        yield table.fault(row, "max_heat_kw", "max_heat", value=heat_max, design=design)
    if not FLOW_OF_DESIGN.holds(flow_max / flow):
        yield table.fault(row, "primary_flow_max_tph", "flow_max", value=flow_max, needed=flow)
    conductance = station.exchanger_ua_kw_per_k
    if not UA_PER_DESIGN_1_PER_K.holds(conductance / design):
        usual = 0.055 * design
        yield table.fault(row, "exchanger_ua_kw_per_k", "exchanger", value=conductance, usual=usual)


def _temperatures(
    table: Table[Station], row: int, station: Station, comfort: Comfort
) -> Iterator[Fault]:
    mean_c = 0.5 * (station.design_supply_c + station.design_return_c)
    target_c = station.indoor_target_c
    if mean_c < target_c + 3:
        yield table.fault(row, "design_supply_c", "water_too_cool", mean=mean_c, target=target_c)
    if station.primary_design_supply_c <= mean_c:
        primary = station.primary_design_supply_c
        yield table.fault(
            row, "primary_design_supply_c", "primary_too_cool", primary=primary, mean=mean_c
        )
    if station.secondary_supply_max_c <= target_c:
        highest = station.secondary_supply_max_c
        yield table.fault(
            row, "secondary_supply_max_c", "supply_max_too_cool", value=highest, target=target_c
        )
    if target_c > comfort.upper_c:
        upper = comfort.upper_c
        yield table.fault(row, "indoor_target_c", "target_above_upper", value=target_c, upper=upper)


def _place(
    table: Table[Station], row: int, station: Station, settings: Settings
) -> Iterator[Fault]:
    latitude, longitude = station.latitude, station.longitude
    if latitude is None and longitude is None:
        return
    if latitude is None or longitude is None:
        missing = "latitude" if latitude is None else "longitude"
        yield table.fault(row, missing, "half_a_place")
        return
    for name, value, centre in (
        ("latitude", latitude, settings.latitude),
        ("longitude", longitude, settings.longitude),
    ):
        if abs(value - centre) > FARTHEST_DEG:
            yield table.fault(row, name, "far_away", value=value, centre=centre)


def _floors(table: Table[Station], settings: Settings) -> Iterator[Fault]:
    """Say once for all stations that comfort leaves no room between floor and upper limit."""
    highest_c = settings.comfort.upper_c - FLOOR_BELOW_UPPER_K
    tight = [
        (row, station, floor_c(station, settings))
        for row, station in table.placed()
        if floor_c(station, settings) > highest_c
    ]
    if not tight:
        return
    listed = words(*(station.loop_id for _, station, _ in tight[:LISTED]))
    yield file_fault(
        table.file,
        "floor_too_high",
        row=tight[0][0],
        column="cold_flat_margin_k",
        count=len(tight),
        stations=listed,
        floor=max(floor for _, _, floor in tight),
        upper=settings.comfort.upper_c,
    )
