"""What fuel per heat and per area is typical (handbook §11), and how far a season has gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.case import Case, Source
from dispatch.case_weather import place_of
from forecasts.demand.building import BASE_TEMP_C
from forecasts.demand.calendar import Season
from forecasts.weather.climate.normals import normal_temperature

LIAONING_FROM_LATITUDE = 38.5  # Shandong ends at 38.4° N, Liaoning begins at 38.7° N


@dataclass(frozen=True)
class Range:
    """What is typical (handbook §11), for context only."""

    low: float
    high: float


CHP_KGCE_PER_GJ = Range(38.5, 42.0)
BOILER_KGCE_PER_GJ = Range(41.0, 47.0)
SHANDONG_KGCE_PER_M2 = Range(11.0, 14.0)
LIAONING_KGCE_PER_M2 = Range(16.0, 21.0)


def typical_per_m2(case: Case) -> Range:
    """Coal of a season per heated area, kgce/m², of the province a case lies in."""
    is_north = case.settings.latitude >= LIAONING_FROM_LATITUDE
    return LIAONING_KGCE_PER_M2 if is_north else SHANDONG_KGCE_PER_M2


def typical_per_gj(units: Sequence[Source]) -> Range | None:
    """Coal per heat of the kinds of units a yard has, kgce/GJ."""
    kinds = {source.kind.is_chp for source in units}
    found = [CHP_KGCE_PER_GJ if is_chp else BOILER_KGCE_PER_GJ for is_chp in kinds]
    if not found:
        return None
    return Range(min(one.low for one in found), max(one.high for one in found))


def degree_day_parts(case: Case, first: date) -> dict[date, float]:
    """Part of a normal season's degree days (base 18 °C) that falls on each day of the season."""
    season = Season.parse(case.settings.season_start, case.settings.season_end)
    days = [first + timedelta(days=i) for i in range((season.last_day(first) - first).days + 1)]
    zone = ZoneInfo(case.settings.timezone)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    start = np.datetime64(midnight.replace(tzinfo=None), "ns")
    hours = start + np.arange(24 * len(days)) * np.timedelta64(1, "h")
    normal_c = normal_temperature(place_of(case.settings), hours, case.climate)
    need_k = np.maximum(0.0, BASE_TEMP_C - normal_c.reshape(-1, 24).mean(axis=1))
    return dict(zip(days, (need_k / need_k.sum()).tolist(), strict=True))
