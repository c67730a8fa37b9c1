"""A forecast as people read it: day by day in local time, against the normal for the date.

Written for the Dataset of `best_forecast`; whatever it does not hold (quantiles, members, spread)
is left open, never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtri

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import climate_at, normal_temperature
from forecasts.weather.climate.spells import cold_wave_days
from forecasts.weather.hand_over import Origin
from forecasts.weather.provider import Place
from forecasts.weather.run import utc64, utc_datetime
from forecasts.weather.solar import HOUR, Floats, Times, mid_hours

FAN_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
CENTRAL_SHARE = 0.8  # of the band told with a day: from the 10 % to the 90 % quantile


@dataclass(frozen=True)
class DayOutlook:
    """The weather of one whole local day."""

    day: date
    min_c: float
    mean_c: float
    max_c: float
    mean_low_c: float | None  # 80 % band of the daily mean; None where the spread is not known
    mean_high_c: float | None
    wind_m_per_s: float
    sun_kwh_per_m2: float  # on a horizontal plane, over the day
    normal_c: float  # of the daily mean, for the date
    cold_wave: bool  # the daily minimum falls as H§2 says
    climate_hours: int  # hours that no forecast reaches

    @property
    def anomaly_k(self) -> float:
        """How much warmer than normal."""
        return self.mean_c - self.normal_c


@dataclass(frozen=True)
class NormalBand:
    """The normal temperature, °C, and between what four of five days of the date lie, per hour."""

    mean_c: Floats
    low_c: Floats
    high_c: Floats


@dataclass(frozen=True)
class Window:
    """The hours of whole local days: aware start on a UTC hour, and how many."""

    start: datetime
    hours: int


def day_window(now: datetime, zone: ZoneInfo, days: int) -> Window:
    """Return yesterday, today and the following days, `days` from today on, all whole.

    Yesterday shows what the forecast comes from, and tells a cold wave of today.
    """
    today = now.astimezone(zone).date()
    start = _whole_hour(_midnight(today - timedelta(days=1), zone))
    end = _midnight(today + timedelta(days=days), zone)
    return Window(start, int(np.ceil((end - start) / timedelta(hours=1))))


def central_values(weather: xr.Dataset, name: str) -> Floats:
    """Return a variable as the forecast to go by, (time,): the mean of members if there are any."""
    array = weather[name]
    return np.asarray(array.mean("member") if "member" in array.dims else array, dtype=np.float64)


def temperature_quantiles(weather: xr.Dataset) -> dict[float, Floats] | None:
    """Return the quantiles of temperature by level, °C (time,): as forecast, else of the members.

    Where only the spread is known errors are taken as normal; None where nothing is known of it.
    """
    if "air_temperature_quantile" in weather:
        array = weather["air_temperature_quantile"].transpose("quantile", "time")
        levels = [round(float(level), 4) for level in array["quantile"].values]
        return dict(zip(levels, np.asarray(array.values, dtype=np.float64), strict=True))
    members = temperature_members(weather)
    if members is not None:
        return dict(zip(FAN_LEVELS, member_quantiles(members, FAN_LEVELS), strict=True))
    if "air_temperature_sd" in weather:
        centre, sd = (
            central_values(weather, "air_temperature"),
            weather["air_temperature_sd"].values,
        )
        return {level: np.asarray(centre + ndtri(level) * sd) for level in FAN_LEVELS}
    return None


def member_quantiles(members: Floats, levels: Sequence[float]) -> Floats:
    """Return quantiles of members on the first axis, (level, ...), as of what they are drawn from.

    Weibull's positions k/(n+1): of n + 1 equal draws the last lies below the k-th of the others
    with that chance, so that few members do not make it look narrow (L. Makkonen, "Plotting
    positions in extreme value analysis", J. Appl. Meteorol. Climatol. 45, 2006,
    doi:10.1175/JAM2349.1).
    """
    return np.asarray(np.quantile(members, levels, axis=0, method="weibull"))


def temperature_members(weather: xr.Dataset) -> Floats | None:
    """Return the members of temperature, °C (member, time); None where there are none."""
    for name in ("air_temperature_member", "air_temperature"):
        if name in weather and "member" in weather[name].dims:
            return np.asarray(weather[name].transpose("member", "time").values, dtype=np.float64)
    return None


def climate_hours(weather: xr.Dataset) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which hours come from the climate since the run had ended."""
    if "origin" in weather:
        return np.asarray(weather["origin"].values == int(Origin.CLIMATE))
    run_end = weather.attrs.get("run_end")
    if run_end is None:
        return np.zeros(weather.sizes["time"], dtype=bool)
    return np.asarray(weather["time"].values >= utc64(datetime.fromisoformat(str(run_end))))


def day_outlooks(
    weather: xr.Dataset, place: Place, climate: Climate | None = None
) -> tuple[DayOutlook, ...]:
    """Return every whole local day in hourly `weather`; the first cannot show a cold wave.

    Normals are those of `climate`, else of the packaged city nearest to `place`; so in all below.
    """
    zone = ZoneInfo(place.timezone)
    times = weather["time"].values
    local = pd.DatetimeIndex(times, tz="UTC").tz_convert(zone)
    dates = np.asarray(local.date)
    temperature = central_values(weather, "air_temperature")
    normal = normal_temperature(place, times, climate)
    filled = climate_hours(weather)
    wind, sun = (central_values(weather, name) for name in ("wind_speed", "global_radiation"))
    lows: list[float] = []
    found = []
    for day in sorted(set(dates)):
        at = dates == day
        if int(at.sum()) < _hours_of(day, zone):
            lows.clear()  # a fall is told over days in a row
            continue
        lows.append(float(temperature[at].min()))
        low_c, high_c = _mean_band(weather, at, float(temperature[at].mean()))
        found.append(
            DayOutlook(
                day=day,
                min_c=lows[-1],
                mean_c=float(temperature[at].mean()),
                max_c=float(temperature[at].max()),
                mean_low_c=low_c,
                mean_high_c=high_c,
                wind_m_per_s=float(wind[at].mean()),
                sun_kwh_per_m2=float(sun[at].sum()) / 1000,
                normal_c=float(normal[at].mean()),
                cold_wave=bool(cold_wave_days(np.array(lows))[-1]),
                climate_hours=int(filled[at].sum()),
            )
        )
    return tuple(found)


def normal_band(place: Place, times: Times, climate: Climate | None = None) -> NormalBand:
    """Return the normal of the hours that start at `times`, with the spread of daily means."""
    mean = normal_temperature(place, times, climate)
    half = _half_width() * normal_spread_k(place, times, climate)
    return NormalBand(mean, mean - half, mean + half)


def normal_spread_k(place: Place, times: Times, climate: Climate | None = None) -> Floats:
    """Return the standard deviation of daily means about the normal, K, at each hour."""
    return annual_course(climate_at(place, climate).day_to_day_sd_k, mid_hours(times))


def _mean_band(
    weather: xr.Dataset, at: np.ndarray[tuple[int], np.dtype[np.bool_]], mean_c: float
) -> tuple[float, float] | tuple[None, None]:
    """Return the 80 % band of the mean of the hours `at`: of the members, else of the spread."""
    members = temperature_members(weather)
    if members is not None and np.isfinite(members[:, at]).all():
        low, high = member_quantiles(members[:, at].mean(axis=1), _levels())
        return float(low), float(high)
    if "daily_mean_sd" not in weather or "known_by" not in weather.attrs:
        return None, None
    known_by = utc64(datetime.fromisoformat(str(weather.attrs["known_by"])))
    times = weather["time"].values[at]
    to_come = times[times >= known_by]
    spread = weather["daily_mean_sd"].dropna("lead_day")
    if to_come.size == 0 or spread.size == 0:
        return None, None
    # it is told of 24 h that end whole days after `known_by`; of today only what is left may miss
    middle_d = float((to_come[0] - known_by) / HOUR + to_come.size / 2) / 24
    sd_k = float(np.interp(middle_d + 0.5, spread["lead_day"].values, spread.values))
    half_k = _half_width() * sd_k * to_come.size / times.size
    return mean_c - half_k, mean_c + half_k


def _levels() -> tuple[float, float]:
    return (1 - CENTRAL_SHARE) / 2, (1 + CENTRAL_SHARE) / 2


def _half_width() -> float:
    """Return half the width of the central band of a normal distribution, in its sd."""
    return float(ndtri(_levels()[1]))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _whole_hour(moment: datetime) -> datetime:
    return utc_datetime(utc64(moment).astype("datetime64[h]").astype("datetime64[ns]"))


def _hours_of(day: date, zone: ZoneInfo) -> int:
    """Return how many whole hours a local day has: 23 to 25 where clocks change."""
    span = utc64(_midnight(day + timedelta(days=1), zone)) - utc64(_midnight(day, zone))
    return int(span / HOUR)
