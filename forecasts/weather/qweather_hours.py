"""QWeather's hours and days joined to one hourly series. Pure: answers in, steps out."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.weather.cloud import DEFAULT_CLOUD, radiation_w_per_m2
from forecasts.weather.daily_min_max import DailyTable, shaped_hours
from forecasts.weather.gates.intake import steps_from_instants
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Place
from forecasts.weather.qweather_answer import Days, Hours
from forecasts.weather.run import utc64, utc_datetime
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.verdict import Gate, GateVerdict, Outcome

# The difference between hours and days fades from the seam on: long enough to be no jump, short
# enough to leave the next day its low and high.
SEAM_MEMORY_H = 6.0
MOST_HOURS_BEFORE = 3  # the hours may begin up to two hours after now; older ones are not made up
DAY_FROM, DAY_TO = 8, 20  # the service's day, and the national weather service's, by the clock
_CLOUD = "cloud"


@dataclass(frozen=True)
class Steps:
    """Start-labelled hourly steps, units of `forecasts.series`, and what is to be said of them."""

    starts: Times
    values: dict[str, Floats]
    verdict: GateVerdict
    notes: tuple[Note, ...]


def hourly_steps(hours: Hours, days: Days | None, place: Place, known_by: datetime) -> Steps:
    """Return the hours as steps, before and after them the days shaped to hours, with radiation.

    The hours are instants: a step is the mean of its two ends. The service's first hour may lie
    after now; the steps between are taken from the shape of today.
    """
    starts, values = steps_from_instants(hours.times, {**hours.values, _CLOUD: hours.cloud})
    given_h = starts.size
    if days is not None:
        starts, values = _joined(starts, values, days, place, known_by)
    cloud = values.pop(_CLOUD)
    assumed = np.isnan(cloud)
    values["global_radiation"] = radiation_w_per_m2(
        starts, place.latitude, place.longitude, np.where(assumed, DEFAULT_CLOUD, cloud)
    )
    notes = [Note(NoteCode.RADIATION_FROM_CLOUD, "cloud cover or weather icons")]
    if assumed.any():
        notes.append(Note(NoteCode.CLOUD_ASSUMED, str(int(assumed.sum()))))
    return Steps(starts, values, _verdict(given_h, starts.size - given_h), tuple(notes))


def _joined(
    starts: Times, hourly: dict[str, Floats], days: Days, place: Place, known_by: datetime
) -> tuple[Times, dict[str, Floats]]:
    """Return the hourly steps with those of the days put before and after them.

    Days that do not meet the hours (of another month, by some fault) are left aside.
    """
    of_days, daily = _shaped(days, place)
    if of_days[0] > starts[-1] + HOUR or of_days[-1] < starts[0]:
        return starts, hourly
    this_hour = np.datetime64(utc64(known_by).astype("datetime64[h]"), "ns")
    earliest = max(this_hour, starts[0] - MOST_HOURS_BEFORE * HOUR, of_days[0])
    before = of_days[(of_days >= earliest) & (of_days < starts[0])]
    after = of_days[of_days > starts[-1]]
    all_starts = np.concatenate([before, starts, after])
    values = {}
    for name, array in hourly.items():
        head, tail = (daily[name][np.isin(of_days, part)] for part in (before, after))
        if name == "air_temperature":
            at = {hour: k for k, hour in enumerate(of_days)}
            head = (
                head + _seam_k(array[0], daily[name], at.get(starts[0])) * _fading(head.size)[::-1]
            )
            tail = tail + _seam_k(array[-1], daily[name], at.get(starts[-1])) * _fading(tail.size)
        values[name] = np.concatenate([head, array, tail])
    return all_starts, values


def _seam_k(given: float, daily: Floats, at: int | None) -> float:
    """Return how much warmer the hours are than the days at the seam; 0 where one is silent."""
    difference = 0.0 if at is None else given - float(daily[at])
    return difference if np.isfinite(difference) else 0.0


def _fading(hours: int) -> Floats:
    return np.asarray(np.exp(-np.arange(1, hours + 1) / SEAM_MEMORY_H))


def _shaped(days: Days, place: Place) -> tuple[Times, dict[str, Floats]]:
    """Return the days as hourly steps: temperature from low to high, all else as the day says.

    The wind of a night blows to the next morning.
    """
    known_cloud = np.where(np.isnan(days.cloud), DEFAULT_CLOUD, days.cloud)
    table = DailyTable(days.days, days.min_c, days.max_c, known_cloud, ())
    starts, shaped = shaped_hours(table, place)
    zone = ZoneInfo(place.timezone)
    local = [utc_datetime(start).astimezone(zone) for start in starts]
    day = np.array([(moment.date() - days.days[0]).days for moment in local])
    day = np.clip(day, 0, len(days.days) - 1)
    clock_h = np.array([moment.hour for moment in local])
    night = np.maximum(np.where(clock_h < DAY_FROM, day - 1, day), 0)
    by_day = (clock_h >= DAY_FROM) & (clock_h < DAY_TO)
    return starts, {
        "air_temperature": shaped["air_temperature"],
        "wind_speed": np.where(by_day, days.wind_by_day[day], days.wind_by_night[night]),
        "relative_humidity": days.humidity[day],
        _CLOUD: days.cloud[day],
    }


def _verdict(given_h: int, shaped_h: int) -> GateVerdict:
    if not shaped_h:
        return GateVerdict(Gate.STEP, Outcome.PASSED, "1 h")
    detail = f"{given_h} h as given, {shaped_h} h shaped from daily lows and highs"
    return GateVerdict(Gate.STEP, Outcome.MENDED, detail)
