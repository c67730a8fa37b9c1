"""One plan in the figures that plans are compared by; every name ends in its unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dispatch.plan import Quality
from dispatch.run_summary import Coldest, YardFuel


class Figure(StrEnum):
    """A figure of a plan's published hours, in the order in which tables show them."""

    OUTDOOR_MEAN = "outdoor_mean_c"
    OUTDOOR_MIN = "outdoor_min_c"
    HEAT = "heat_mwh"  # sent by all sources
    PEAK = "peak_mw"  # of that, most in a step
    COLDEST_OURS = "coldest_ours_c"  # mean room of the coldest loop we command
    COLDEST_THIRD_PARTY = "coldest_third_party_c"
    BELOW_LAW_STATIONS = "below_law_stations"  # commanded
    BELOW_LAW_HOMES = "below_law_homes"
    BELOW_LAW = "below_law_k_h"  # kelvin hours, mean over all commanded homes
    BELOW_FLOOR_STATIONS = "below_floor_stations"
    BELOW_FLOOR_HOMES = "below_floor_homes"
    THIRD_PARTY_COLD_HOMES = "third_party_cold_homes"
    UNSERVED = "unserved_mwh"  # asked for by third parties and not given
    FUEL = "fuel_tce"  # burnt, for heat and power; of bought heat what its seller burns
    FUEL_FOR_HEAT = "fuel_for_heat_tce"
    COAL = "coal_t"
    GAS = "gas_nm3"
    POWER = "power_mwh"
    BILL = "bill_yuan"  # fuel, starts and bought heat, less power: what is paid
    COST = "cost_yuan"  # with what the plan counts for cold rooms, changes and limits
    CO2 = "co2_t"
    CO2_FOR_HEAT = "co2_for_heat_t"
    STORED = "stored_mwh"  # rooms and tanks, at the end over the start
    ROOMS_END = "rooms_end_c"  # mean of commanded rooms by area, at the end
    STARTS = "starts"  # of units


@dataclass(frozen=True)
class UnitEvent:
    """Units started or stopped at the begin of a step."""

    at: datetime  # aware, local
    started: int  # below zero: stopped


@dataclass(frozen=True)
class SourceFigures:
    """What a source does; `hours` are those with heat."""

    source_id: str
    heat_mwh: float
    peak_mw: float
    hours: float
    power_mwh: float
    fuel_tce: float
    full_hours: float  # at all it can give
    events: tuple[UnitEvent, ...]


class Level(StrEnum):
    """What a room is held against."""

    LAW = "law"  # what keeps the coldest flats legal
    FLOOR = "floor"  # the planning floor, above the law by the forecast's margin


@dataclass(frozen=True)
class ColdStation:
    """A loop whose mean room falls below a level. Times are aware and local."""

    station: str
    zone_id: str
    homes: int
    ours: bool  # commanded
    level: Level
    since: datetime  # first cold step's end
    until: datetime | None  # None: still cold at the end
    hours: float
    coldest_c: float
    coldest_at: datetime
    below_k: float


@dataclass(frozen=True)
class LinkLimit:
    """A main that is full, or takes nothing because it is out."""

    link: str
    full_hours: float
    out_hours: float
    since: datetime  # of the first hour at its limit


@dataclass(frozen=True)
class YardFigures:
    """Coal of a yard: over the plan, and to the season's end where an outlook tells it."""

    fuel: YardFuel
    burn_t: float
    end_stock_t: float
    reserve_t: float  # wanted above the bottom layer, with it


@dataclass(frozen=True)
class PlanFigures:
    """All of one plan."""

    start: datetime  # aware, local
    end: datetime
    step_h: float
    quality: Quality
    figures: Mapping[Figure, float]  # NaN where the plan has none
    sources: Mapping[str, SourceFigures]
    yards: Mapping[str, YardFigures]
    links: Mapping[str, LinkLimit]  # those at a limit
    cold: tuple[ColdStation, ...]  # ours below law, then floor, then others; coldest first
    coldest_ours: Coldest | None
    coldest_third_party: Coldest | None
