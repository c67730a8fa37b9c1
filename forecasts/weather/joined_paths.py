"""Weather from now to a season's end as many paths: the forecast first, drawn winters after it.

A path leaves the last hour of the forecast at some distance from the normal, and the winter drawn
for it begins at that distance and forgets it as the climate does: mean and spread go on without a
jump. Where nothing is forecast winters are drawn from the start on. All is reckoned in UTC hours
and summed up to local days at the end. `WeatherAhead` says what comes out.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import xarray as xr

from forecasts.weather.altered import RADIATION, TEMPERATURE, WIND, Alteration, noted_alteration
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import expected_temperature, normal_values
from forecasts.weather.climate.paths import winter_paths
from forecasts.weather.climate.spread import level_correlation, spread_of
from forecasts.weather.forecast_paths import DAY_H, forecast_hours, forecast_paths
from forecasts.weather.hand_over import Origin
from forecasts.weather.local_days import LocalDays, local_days, means_between
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import utc_datetime
from forecasts.weather.solar import HOUR, Floats, Times, mid_hours
from forecasts.weather.weather_ahead import WeatherAhead

# Days of one's own at which a forecast's usual daily course is half believed to differ from the
# climate's: a single clear day differs by as much as a grid cell does always.
_HALF_KNOWN_D = 2.0
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)


@dataclass(frozen=True)
class _Near:
    """What is known before the climate takes over at `seam`: hours in a row that end there."""

    seam: np.datetime64
    expected: dict[str, Floats]  # by variable, (hour,); the last hour ends at the seam
    path_c: Floats  # (path, hour)
    anomaly_k: Floats | None  # (path,) of the last hour; None: nothing known
    expected_anomaly_k: float
    anomaly_sd_k: float  # of the paths about it

    @property
    def hours(self) -> int:
        """Number of hours known."""
        return int(self.path_c.shape[1])


def weather_ahead(
    weather: xr.Dataset,
    climate: Climate,
    place: Place,
    timezone: str,
    start: datetime,
    last_day: date,
    paths: int,
    seed: int,
) -> WeatherAhead:
    """Return the local days from `start` to `last_day`: of `weather`, then of drawn winters.

    `weather` is what `best_forecast` gives, on whole hours or resampled, from some days before
    `start`. Weather that is no forecast (typical year, drawn year, normals) tells of no day to
    come: then all is climate, which goes on from what the utility's own sensor saw last, if there
    is one. What is noted beside it (`altered.py`) is laid over every path, whoever tells it.
    Raises ValueError if `start` lies after `last_day` or not within `weather`.
    """
    days = local_days(start, last_day, timezone)
    hourly = _on_hours(weather)
    times = hourly["time"].values
    begin = _hour_of(days.edges[0])
    if not times[0] <= begin < times[-1] + HOUR:
        raise ValueError(
            f"start is {start.isoformat()}, outside the weather at hand, "
            f"{times[0]} to {times[-1] + HOUR} UTC."
        )
    first = int(np.searchsorted(times, begin))
    near = _near(hourly, first, climate, place, paths, seed)
    before_h = int((days.edges[0] - times[0]) / HOUR) // DAY_H * DAY_H
    edges = days.edges[0] - np.arange(before_h, -1, -DAY_H) * HOUR
    before_c = means_between(hourly[TEMPERATURE].values, times[0], edges)
    return _joined(days, near, climate, place, seed, before_c, weather)


def climate_ahead(
    climate: Climate,
    place: Place,
    timezone: str,
    start: datetime,
    last_day: date,
    paths: int,
    seed: int,
    before_c: Floats | None = None,
) -> WeatherAhead:
    """Return the local days from `start` to `last_day` where there is no forecast at all.

    `before_c` (day before,): mean temperature of the 24 h spans before `start`, oldest first; the
    last of them tells how far off normal the paths begin. Raises ValueError as `weather_ahead`.
    """
    days = local_days(start, last_day, timezone)
    begin = _hour_of(days.edges[0])
    known = np.empty(0) if before_c is None else np.asarray(before_c, dtype=np.float64)
    anomaly_k, expected_k, sd_k = None, 0.0, 0.0
    if known.size:
        span = begin + np.arange(-DAY_H, 0) * HOUR
        off_k = float(known[-1] - expected_temperature(climate, place, span).mean())
        share, sd_k = _hour_given_day(climate, begin)
        expected_k = share * off_k
        drawn = np.random.default_rng([seed, 0x44415953]).standard_normal(paths)
        anomaly_k = expected_k + sd_k * drawn
    near = _Near(begin, _no_hours(), np.empty((paths, 0)), anomaly_k, expected_k, sd_k)
    return _joined(days, near, climate, place, seed, known)


def _joined(
    days: LocalDays,
    near: _Near,
    climate: Climate,
    place: Place,
    seed: int,
    before_c: Floats,
    notes: xr.Dataset | None = None,
) -> WeatherAhead:
    """Return the days of the hours known and of the climate after them, as `notes` alter them."""
    first = near.seam - near.hours * HOUR
    end = days.edges[-1]
    if near.seam < end:
        end = max(end, near.seam + 2 * HOUR)  # fewer hours are not drawn; those past the day go
    later = np.arange(near.seam, end, HOUR)
    expected = _expected(near, later, climate, place)
    path_c = near.path_c
    if later.size:
        drawn = winter_paths(
            climate,
            utc_datetime(later[0]),
            utc_datetime(later[-1] + HOUR),
            path_c.shape[0],
            seed,
            anomaly_before_k=near.anomaly_k,
        )
        path_c = np.concatenate([path_c, drawn[TEMPERATURE].values], axis=1, dtype=np.float32)
    own = np.concatenate([np.ones(near.hours), np.zeros(later.size)])
    hours = np.concatenate([first + np.arange(near.hours) * HOUR, later])
    change = None if notes is None else noted_alteration(notes, hours)
    if change is not None:
        normal_c = expected_temperature(climate, place, hours)
        path_c = change.temperature_c(path_c, normal_c)
        expected = _altered(expected, change, normal_c)
    return WeatherAhead(
        dates=days.dates,
        hours=days.hours,
        path_c=means_between(path_c, first, days.edges),
        expected_c=means_between(expected[TEMPERATURE], first, days.edges),
        wind_m_per_s=means_between(expected[WIND], first, days.edges),
        radiation_w_per_m2=means_between(expected[RADIATION], first, days.edges),
        before_c=before_c,
        from_forecast=means_between(own, first, days.edges) >= 0.5,
    )


def _altered(
    expected: dict[str, Floats], change: Alteration, normal_c: Floats
) -> dict[str, Floats]:
    """Return what is expected of all hours with an alteration laid over it."""
    return {
        TEMPERATURE: change.temperature_c(expected[TEMPERATURE], normal_c),
        WIND: change.wind_m_per_s(expected[WIND]),
        RADIATION: change.radiation_w_per_m2(expected[RADIATION]),
    }


def _expected(near: _Near, later: Times, climate: Climate, place: Place) -> dict[str, Floats]:
    """Return what is expected of all hours: as known, then the last anomaly fading to normal."""
    usual = normal_values(place, later, climate)
    if near.anomaly_k is not None:
        usual[TEMPERATURE] = usual[TEMPERATURE] + _fading_k(near, later, climate)
    return {
        name: np.concatenate([near.expected[name], usual[name]])
        for name in (TEMPERATURE, WIND, RADIATION)
    }


def _fading_k(near: _Near, later: Times, climate: Climate) -> Floats:
    """Return the anomaly expected of the hours `later`, K, which begin at the seam.

    The unit level fades with its correlation while its spread grows to 1. Since anomalies are bent
    levels, cold ones of another shape than warm ones, the mean is taken over the level's spread.
    """
    weights = _WEIGHTS / _WEIGHTS.sum()
    last = spread_of(climate, mid_hours(np.array([near.seam - HOUR])))
    level = last.level(near.expected_anomaly_k + near.anomaly_sd_k * _NODES)
    mean = weights @ level
    variance = weights @ (level - mean) ** 2
    kept = level_correlation(climate, np.arange(1.0, later.size + 1))
    spread_then = spread_of(climate, mid_hours(later))
    width = np.sqrt(1 + kept**2 * (variance - 1))
    off_k = spread_then.anomaly_k(kept * mean + width * _NODES[:, None])
    usual_k = spread_then.anomaly_k(np.broadcast_to(_NODES[:, None], off_k.shape))
    return np.asarray(weights @ (off_k - usual_k))


def _near(
    hourly: xr.Dataset, first: int, climate: Climate, place: Place, paths: int, seed: int
) -> _Near:
    """Return the hours of the forecast from position `first` on, or the last that were seen.

    Where the last hour known lies before the start, the climate goes on from there, and the hours
    between are not asked for.
    """
    end = _known_until(hourly)
    if end == 0:
        begin = hourly["time"].values[first]
        return _Near(begin, _no_hours(), np.empty((paths, 0)), None, 0.0, 0.0)
    known = hourly.isel(time=slice(0, end))
    times, mean_c = known["time"].values, known[TEMPERATURE].values
    off_k = mean_c - expected_temperature(climate, place, times)
    last_k = float(off_k[-1]) - _usual_misfit_k(off_k)
    ahead = forecast_hours(hourly, min(first, end), end)
    if ahead.starts.size:
        path_c = forecast_paths(ahead, climate, paths, seed)
        anomaly_k, sd_k = last_k + path_c[:, -1] - mean_c[-1], float(ahead.sd_k[-1])
    else:
        path_c, anomaly_k, sd_k = np.empty((paths, 0)), np.full(paths, last_k), 0.0
    kept = {name: known[name].values[first:] for name in (TEMPERATURE, WIND, RADIATION)}
    return _Near(times[-1] + HOUR, kept, path_c, anomaly_k, last_k, sd_k)


def _known_until(hourly: xr.Dataset) -> int:
    """Return after how many hours nothing is known any more: of a forecast, else of the sensor."""
    origin = hourly["origin"].values
    of_forecast = hourly.attrs.get("nature") == Nature.FORECAST.value
    real = (Origin.RUN, Origin.OBSERVED) if of_forecast else (Origin.OBSERVED,)
    there = np.flatnonzero(np.isin(origin, real))
    return int(there[-1]) + 1 if there.size else 0


def _usual_misfit_k(off_k: Floats) -> float:
    """Return how far the hour of day of the last hour usually is off its day's mean anomaly, K.

    A grid cell has another daily course than the station of the climate. What that makes of the
    last hour is no anomaly that lasts, and is taken off. Known from the same hour of the days
    before, each against the 24 h around it; with few days it is believed in part.
    """
    half = DAY_H // 2
    places = np.arange(off_k.size - 1 - DAY_H, half - 1, -DAY_H)
    if places.size == 0:
        return 0.0
    missed = [off_k[k] - off_k[k - half : k + half].mean() for k in places]
    return float(np.mean(missed)) * places.size / (places.size + _HALF_KNOWN_D)


def _hour_given_day(climate: Climate, begin: np.datetime64) -> tuple[float, float]:
    """Return what share of a day's mean anomaly its last hour has on average, and the sd, K."""
    hours = np.arange(DAY_H)
    apart = level_correlation(climate, np.abs(np.subtract.outer(hours, hours)).astype(float))
    day = float(apart.mean())
    together = float(apart[-1].mean())
    scale_k = float(spread_of(climate, np.array([begin])).scale_k[0])
    return together / day, scale_k * float(np.sqrt(max(0.0, 1 - together**2 / day)))


def _on_hours(weather: xr.Dataset) -> xr.Dataset:
    """Return the weather on whole hours: resampled weather repeats the values of the hour."""
    times = weather["time"].values
    return weather.isel(time=times == times.astype("datetime64[h]"))


def _hour_of(moment: np.datetime64) -> np.datetime64:
    """Return the start of the hour that holds a moment."""
    return np.datetime64(moment.astype("datetime64[h]"), "ns")


def _no_hours() -> dict[str, Floats]:
    return {name: np.empty(0) for name in (TEMPERATURE, WIND, RADIATION)}
