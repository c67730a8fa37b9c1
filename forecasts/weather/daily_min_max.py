"""A hand-typed `date,min_c,max_c[,cloud]` table shaped to hours. Pure: text in, values out.

The low comes at about sunrise, the high at about 15:00 local time; between them temperature moves
as `diurnal` says. Radiation follows from the cloud cover as `cloud` says.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.weather.cloud import DEFAULT_CLOUD, radiation_w_per_m2
from forecasts.weather.diurnal import fall, rise
from forecasts.weather.provider import Place
from forecasts.weather.run import utc64
from forecasts.weather.solar import (
    HALF_HOUR,
    HOUR,
    Floats,
    Times,
    mid_hours,
    solar_hour,
    sunrise_solar_hour,
)
from forecasts.weather.tables import (
    Row,
    TableFault,
    as_floats,
    gathered,
    read_table,
    required_number,
)

MAX_ASSUMED_DAYS = 3
_WARMEST_AT = time(15)
_LIMITS_C = (-60.0, 50.0)


@dataclass(frozen=True)
class DailyTable:
    """Consecutive days with their lows and highs, °C, and cloud cover, 0 to 1."""

    days: tuple[date, ...]
    min_c: Floats
    max_c: Floats
    cloud: Floats
    ignored_columns: tuple[str, ...]


def parse_daily_table(text: str) -> DailyTable:
    """Return the days in `text`; raises TableFault naming row and column."""
    table = read_table(text, ("date", "min_c", "max_c"), ("cloud",))
    faults = list(table.faults)
    days = gathered(_day, table.rows, faults)
    for row, before, day in zip(table.rows[1:], days, days[1:], strict=False):
        if before is not None and day is not None and day != before + timedelta(days=1):
            faults.append(f"row {row.number}, date: {day} does not follow {before}")
    low, high, cloud = (
        as_floats(gathered(read, table.rows, faults)) for read in (_low, _high, _cloud)
    )
    for k in np.flatnonzero(low > high):
        number = table.rows[int(k)].number
        faults.append(f"row {number}, max_c: {high[k]:g} is below min_c {low[k]:g}")
    if faults:
        raise TableFault(*faults)
    known = tuple(day for day in days if day is not None)
    return DailyTable(known, low, high, cloud, table.ignored)


def _low(row: Row) -> float:
    return required_number(row, "min_c", *_LIMITS_C)


def _high(row: Row) -> float:
    return required_number(row, "max_c", *_LIMITS_C)


def _cloud(row: Row) -> float:
    return required_number(row, "cloud", 0, 1) if row.cells.get("cloud") else DEFAULT_CLOUD


def begun_earlier(table: DailyTable, first: date) -> tuple[DailyTable, int]:
    """Return the table begun on the day `first`, and how many days that took; at most three.

    Who types a forecast types the days to come, but a plan needs the two days before as well: they
    are taken to have been like the first. A longer lack is left for the cover check to name.
    """
    days = (table.days[0] - first).days
    if not 0 < days <= MAX_ASSUMED_DAYS:
        return table, 0
    earlier = tuple(first + timedelta(days=k) for k in range(days))
    begun = DailyTable(
        days=(*earlier, *table.days),
        min_c=np.concatenate([np.repeat(table.min_c[0], days), table.min_c]),
        max_c=np.concatenate([np.repeat(table.max_c[0], days), table.max_c]),
        cloud=np.concatenate([np.repeat(table.cloud[0], days), table.cloud]),
        ignored_columns=table.ignored_columns,
    )
    return begun, days


def shaped_hours(table: DailyTable, place: Place) -> tuple[Times, dict[str, Floats]]:
    """Return UTC hour starts of the table's whole local days, with temperature and radiation.

    Hours are given by their middle, and the turning points moved to the middle of their hour, so
    that the hours of a day reach the typed low and high.
    """
    zone = ZoneInfo(place.timezone)
    midnights = [
        datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        for day in (*table.days, table.days[-1] + timedelta(days=1))
    ]
    starts = np.arange(_next_hour(utc64(midnights[0])), utc64(midnights[-1]), HOUR)
    lows = np.array([_mid_hour(_sunrise(day, place, zone)) for day in table.days])
    highs = np.array(
        [_mid_hour(utc64(datetime.combine(day, _WARMEST_AT, tzinfo=zone))) for day in table.days]
    )
    temperature = _between_turning_points(mid_hours(starts), lows, highs, table)
    day_of = np.searchsorted([utc64(m) for m in midnights[1:]], starts, side="right")
    cloud = table.cloud[np.minimum(day_of, len(table.days) - 1)]
    radiation = radiation_w_per_m2(starts, place.latitude, place.longitude, cloud)
    return starts, {"air_temperature": temperature, "global_radiation": radiation}


def _between_turning_points(times: Times, lows: Times, highs: Times, table: DailyTable) -> Floats:
    """Return temperature at `times`: rising from each low to its high, falling to the next low.

    Before the first low the day before is taken to have had the same high, after the last high the
    day after to have the same low.
    """
    day = np.timedelta64(24, "h")
    at = np.concatenate(
        ([highs[0] - day], np.column_stack([lows, highs]).ravel(), [lows[-1] + day])
    )
    value = np.concatenate(
        (
            [table.max_c[0]],
            np.column_stack([table.min_c, table.max_c]).ravel(),
            [table.min_c[-1]],
        )
    )
    k = np.clip(np.searchsorted(at, times, side="right") - 1, 0, at.size - 2)
    part = np.clip((times - at[k]) / (at[k + 1] - at[k]), 0, 1)
    falling = k % 2 == 0  # the list begins with a high
    weight = np.where(falling, 1 - fall(part), rise(part))
    return np.asarray(value[k] + (value[k + 1] - value[k]) * weight)


def _sunrise(day: date, place: Place, zone: ZoneInfo) -> np.datetime64:
    """Return the moment of sunrise on a local day."""
    noon = utc64(datetime.combine(day, time(12), tzinfo=zone))
    at_noon = np.array([noon])
    back_h = solar_hour(at_noon, place.longitude) - sunrise_solar_hour(at_noon, place.latitude)
    return noon - np.timedelta64(round(float(back_h[0]) * 3600), "s")


def _hour_of(moment: np.datetime64) -> np.datetime64:
    return np.datetime64(moment.astype("datetime64[h]"), "ns")


def _mid_hour(moment: np.datetime64) -> np.datetime64:
    return _hour_of(moment) + HALF_HOUR


def _next_hour(moment: np.datetime64) -> np.datetime64:
    floor = _hour_of(moment)
    return floor if floor == moment else floor + HOUR


def _day(row: Row) -> date:
    text = row.cells["date"].replace("/", "-")
    try:
        parts = [int(part) for part in text.split("-")]
        return date(*parts)
    except (TypeError, ValueError) as error:
        raise TableFault(f"row {row.number}, date: {text!r} is not like 2026-01-15") from error
