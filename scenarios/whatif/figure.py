"""The figures that plans are compared by: what they are, their units, how they are rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from dispatch.messages import say


class Figure(StrEnum):
    """A figure of a plan's published hours, in the order in which tables show them."""

    OUTDOOR_MEAN = "outdoor_mean_c"
    OUTDOOR_MIN = "outdoor_min_c"
    HEAT = "heat_mwh"  # sent by all plants
    PEAK = "peak_mw"  # of that, most in a step
    COLDEST_OURS = "coldest_ours_c"  # mean room of the coldest loop we command
    COLDEST_THIRD_PARTY = "coldest_third_party_c"
    BELOW_LAW_STATIONS = "below_law_stations"  # commanded
    BELOW_LAW_HOMES = "below_law_homes"
    BELOW_LAW = "below_law_k_h"  # kelvin hours, mean over all commanded homes
    BELOW_FLOOR_STATIONS = "below_floor_stations"  # those below the law among them
    BELOW_FLOOR_HOMES = "below_floor_homes"
    THIRD_PARTY_COLD_HOMES = "third_party_cold_homes"
    UNSERVED = "unserved_mwh"  # asked for by third parties and not given
    FUEL = "fuel_tce"  # burnt, for heat and power; of bought heat what its seller burns
    FUEL_FOR_HEAT = "fuel_for_heat_tce"
    FUEL_LEVELLED = "fuel_levelled_tce"  # for heat, less what STORED took at the plan's mean rate
    COAL = "coal_t"
    GAS = "gas_nm3"
    POWER = "power_mwh"
    FUEL_COST = "fuel_yuan"  # at the case's prices, carbon included, whatever is made least
    BILL = "bill_yuan"  # fuel and starts, less power: at the case's prices too
    COST = "cost_yuan"  # with what the plan counts for cold rooms, changes and limits
    CO2 = "co2_t"
    CO2_FOR_HEAT = "co2_for_heat_t"
    STORED = "stored_mwh"  # in rooms and tanks, at the end over the start
    ROOMS_END = "rooms_end_c"  # mean of commanded rooms by area, at the end
    STARTS = "starts"  # of units


@dataclass(frozen=True)
class Form:
    """How a figure is told."""

    unit: str
    decimals: int
    has_part: bool = True  # a change in percent means something


FORMS: Mapping[Figure, Form] = {
    Figure.OUTDOOR_MEAN: Form("°C", 1, has_part=False),
    Figure.OUTDOOR_MIN: Form("°C", 1, has_part=False),
    Figure.HEAT: Form("MWh", 0),
    Figure.PEAK: Form("MW", 1),
    Figure.COLDEST_OURS: Form("°C", 1, has_part=False),
    Figure.COLDEST_THIRD_PARTY: Form("°C", 1, has_part=False),
    Figure.BELOW_LAW_STATIONS: Form("", 0, has_part=False),
    Figure.BELOW_LAW_HOMES: Form("", 0, has_part=False),
    Figure.BELOW_LAW: Form("K·h", 2, has_part=False),
    Figure.BELOW_FLOOR_STATIONS: Form("", 0, has_part=False),
    Figure.BELOW_FLOOR_HOMES: Form("", 0, has_part=False),
    Figure.THIRD_PARTY_COLD_HOMES: Form("", 0, has_part=False),
    Figure.UNSERVED: Form("MWh", 1, has_part=False),
    Figure.FUEL: Form("tce", 1),
    Figure.FUEL_FOR_HEAT: Form("tce", 1),
    Figure.FUEL_LEVELLED: Form("tce", 1),
    Figure.COAL: Form("t", 0),
    Figure.GAS: Form("Nm³", 0),
    Figure.POWER: Form("MWh", 0),
    Figure.FUEL_COST: Form("yuan", 0),
    Figure.BILL: Form("yuan", 0),
    Figure.COST: Form("yuan", 0),
    Figure.CO2: Form("t", 1),
    Figure.CO2_FOR_HEAT: Form("t", 1),
    Figure.STORED: Form("MWh", 1, has_part=False),
    Figure.ROOMS_END: Form("°C", 2, has_part=False),
    Figure.STARTS: Form("", 0, has_part=False),
}


def number(value: float, decimals: int, *, signed: bool = False) -> str:
    """Return a number with blanks between thousands, never `-0`; empty for no number."""
    if not isfinite(value):
        return ""
    rounded = round(value, decimals) + 0.0
    if rounded == 0:
        return f"{0:.{decimals}f}"
    return f"{rounded:{'+' if signed else ''},.{decimals}f}".replace(",", " ")


def stations(count: int) -> str:
    """Return a count of stations with its word."""
    if count == 1:
        return say("compare.one_station")
    return say("compare.many_stations", count=number(count, 0))


def homes(count: int) -> str:
    """Return a count of homes with its word."""
    return (
        say("compare.one_home") if count == 1 else say("compare.many_homes", count=number(count, 0))
    )


def units(count: int) -> str:
    """Return a count of units with its word."""
    return say("compare.one_unit") if count == 1 else say("compare.many_units", units=count)
