"""What is to be expected of the temperature: the corrected forecast, and how far it may be off.

A forecast alone is corrected by what it was lately wrong by at the utility's own sensor, and spread
by its past errors. An ensemble is calibrated on its earlier runs, with the forecast used as a
guide. Where no past is known both fall back on what such forecasts usually are wrong by (H§2).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from scipy.special import ndtri

from forecasts.weather.calibration.default_error import daily_share, default_daily_k
from forecasts.weather.calibration.ensemble import fit
from forecasts.weather.calibration.local_bias import LocalBias, learn
from forecasts.weather.calibration.past_ensemble import EnsembleForecast, EnsemblePast
from forecasts.weather.calibration.past_errors import PastErrors
from forecasts.weather.calibration.sensor import SensorFault
from forecasts.weather.calibration.spread import ErrorSpread, learn_spread, spread_of_members
from forecasts.weather.calibration.stretch import FitSettings
from forecasts.weather.provenance import SpreadSource
from forecasts.weather.run import utc64
from forecasts.weather.sensor_doubts import SensorDoubts
from forecasts.weather.solar import HOUR, Floats, Times, days_since_2000
from forecasts.weather.spread_hint import spread_of

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LEAST_DAYS = 3.0  # of observations before past errors are said to be what the spread rests on
LEAST_MEMBERS = 5  # of an ensemble that tells a spread at all
LAST_LEAD_H = 384
CLIMATE_MEMORY_H = 60.0  # anomalies of daily means correlate at 0.6 to 0.7 from day to day
USUAL_MEMORY_H = 24.0  # as the default error of handbook §2 is taken to have
LEAST_OF_USUAL = 0.5
_UNBOUNDED_K = 100.0  # a climate so wild that it bounds no forecast
ERROR_NOW_SHARE = 0.7  # of the error of now that is believed: part of it is the sensor's


@dataclass(frozen=True)
class UsualError:
    """What the case holds a forecast to be wrong by, K: sd of the daily mean (H§2)."""

    sigma_24h_k: float = 1.75
    sigma_72h_k: float = 3.0


@dataclass(frozen=True)
class Past:
    """Earlier runs beside what came; None where nothing is stored or observed."""

    errors: PastErrors | None = None  # of the service whose run is used
    ensemble: EnsemblePast | None = None  # of the ensemble, with that service as a guide
    error_now_k: float | None = None  # forecast less sensor over the last hours
    sensor: SensorDoubts | None = None


@dataclass(frozen=True)
class Expectation:
    """The temperature of a run's own hours: expected value and spread; arrays on its times."""

    times: Times
    temperature_c: Floats
    sd_k: Floats
    quantiles_c: Floats  # (level, time), LEVELS
    memory_h: float  # errors dt apart correlate with exp(-dt/memory)
    source: SpreadSource
    pairs: int = 0
    at_bound: bool = False  # the correction wanted to be larger than is believed
    sensor_fault: SensorFault | None = None  # why nothing was learned from the own sensor
    members_c: Floats | None = field(default=None)  # (member, time), nan past the ensemble's end


def expected(
    run: xr.Dataset,
    ensemble: xr.Dataset | None,
    past: Past,
    known_by: datetime,
    *,
    usual: UsualError,
    climate_sd_k: float,
    utc_offset: timedelta,
) -> Expectation:
    """Return what to expect of `run` (on `time`), with `ensemble` (member, time) beside it.

    `climate_sd_k`: sd of the daily mean about its normal, which no forecast is worse than.
    """
    alone = _alone(run, past, known_by, usual, climate_sd_k, utc_offset)
    if ensemble is None or ensemble.sizes["member"] < LEAST_MEMBERS:
        return alone
    return _with_ensemble(alone, run, ensemble, past.ensemble, known_by, climate_sd_k)


def climate_expectation(
    times: Times, temperature_c: Floats, normal_c: Floats, daily_sd_k: Floats
) -> Expectation:
    """Return what to expect where there is no forecast: the climate's own spread, (time,).

    The weather that stands in is one of many winters; what may come lies about the normal.
    """
    sd_k = daily_sd_k / daily_share(CLIMATE_MEMORY_H)
    return Expectation(
        times,
        temperature_c,
        sd_k,
        _normal(normal_c, sd_k),
        CLIMATE_MEMORY_H,
        SpreadSource.CLIMATE,
    )


def daily_mean_sd(sd_k: Floats, memory_h: float) -> float:
    """Return the sd of the mean of hours with errors of `sd_k`, (hours,), K (see ErrorSpread)."""
    hours = np.arange(sd_k.size)
    together = np.exp(-np.abs(np.subtract.outer(hours, hours)) / memory_h)
    return float(np.sqrt((np.outer(sd_k, sd_k) * together).mean()))


def _alone(
    run: xr.Dataset,
    past: Past,
    known_by: datetime,
    usual: UsualError,
    climate_sd_k: float,
    utc_offset: timedelta,
) -> Expectation:
    """Return the forecast less its local bias and its error of now, spread by its past errors.

    The error that the bias does not explain is taken off in part, and fades as errors do: a front
    that came three hours early is still early in the evening. Without a past to learn the bias from
    nothing is taken off, since the error of one hour may be that of the sensor in the sun.
    """
    times = run["time"].values
    clock = _Clock(times, _issue_time(run), known_by, utc_offset / timedelta(hours=1))
    errors = past.errors
    bias = None if errors is None else learn(errors, known_by, utc_offset_h=clock.offset_h)
    if errors is None or bias is None or bias.days < LEAST_DAYS:
        source, now_k = SpreadSource.USUAL, None
        spread = _usual_spread(usual, climate_sd_k)
        sd_k = spread.sigma_hourly_k(clock.lead_h)
        told = spread_of(run)
        if told is not None:
            source = SpreadSource.SERVICE
            sd_k = _service_sd_k(told, times, sd_k)
    else:
        source, now_k = SpreadSource.PAST_ERRORS, past.error_now_k
        spread = learn_spread(_corrected(errors, bias, clock.offset_h), known_by, climate_sd_k)
        sd_k = spread.sigma_hourly_k(clock.lead_h)
    forecast_c = run["air_temperature"].values
    if bias is not None:
        forecast_c = forecast_c - _correction_k(bias, now_k, clock, spread.memory_h)
    return Expectation(
        times=times,
        temperature_c=forecast_c,
        sd_k=sd_k,
        quantiles_c=_normal(forecast_c, sd_k),
        memory_h=spread.memory_h,
        source=source,
        pairs=0 if bias is None else bias.pairs,
        at_bound=bias is not None and bias.at_bound,
        sensor_fault=None if bias is None else bias.fault,
    )


@dataclass(frozen=True)
class _Clock:
    """Hours as errors see them: from the issue, from now, of the local day; (time,)."""

    times: Times
    issue_time: datetime
    known_by: datetime
    offset_h: float

    @property
    def lead_h(self) -> Floats:
        """Hours from the issue, 0 for those before it."""
        lead_h = np.asarray((self.times - utc64(self.issue_time)) / HOUR, dtype=np.float64)
        return np.maximum(lead_h, 0.0)

    @property
    def from_now_h(self) -> Floats:
        """Hours from now on, negative in the past."""
        return np.asarray((self.times - utc64(self.known_by)) / HOUR, dtype=np.float64)

    @property
    def local_hour(self) -> Floats:
        """Hour of the local day."""
        return _local_hour(self.times, self.offset_h)


def _correction_k(
    bias: LocalBias, error_now_k: float | None, clock: _Clock, memory_h: float
) -> Floats:
    """Return what is taken off the forecast, K: the bias, and what is left of the error of now."""
    shift_k = bias.at(clock.lead_h, clock.local_hour)
    if error_now_k is None:
        return shift_k
    ahead_h = clock.from_now_h
    at_now_k = float(np.interp(0.0, ahead_h, shift_k))
    left_k = float(np.clip(error_now_k - at_now_k, -bias.bound_k, bias.bound_k))
    fading = np.exp(-np.maximum(ahead_h, 0.0) / memory_h)
    return np.asarray(shift_k + np.where(ahead_h >= 0, ERROR_NOW_SHARE * left_k * fading, 0.0))


def _service_sd_k(told: tuple[Times, Floats], times: Times, usual_k: Floats) -> Floats:
    """Return the spread that the service itself tells, held to half the usual one at least.

    It knows the weather of the day, but not the place: its percentiles are those of a grid cell.
    """
    at, sigma_k = told
    hours = np.asarray((times - at[0]) / HOUR, dtype=np.float64)
    own_k = np.interp(hours, np.asarray((at - at[0]) / HOUR, dtype=np.float64), sigma_k)
    own_k = np.where(times > at[-1], usual_k, own_k)
    return np.maximum(own_k, LEAST_OF_USUAL * usual_k)


def _issue_time(run: xr.Dataset) -> datetime:
    return datetime.fromisoformat(str(run.attrs["issue_time"]))


def _with_ensemble(
    alone: Expectation,
    run: xr.Dataset,
    ensemble: xr.Dataset,
    past: EnsemblePast | None,
    known_by: datetime,
    climate_sd_k: float,
) -> Expectation:
    """Return the calibrated ensemble where it reaches, the forecast alone elsewhere."""
    issue_time = _issue_time(ensemble)
    shared = np.isin(ensemble["time"].values, alone.times)
    times = ensemble["time"].values[shared]
    lead_h = np.asarray((times - utc64(issue_time)) / HOUR, dtype=np.float64)
    times, lead_h = times[lead_h >= 0], lead_h[lead_h >= 0]
    if times.size == 0:
        return alone
    forecast = EnsembleForecast(
        issue_time=issue_time,
        lead_h=lead_h,
        members_c=ensemble["air_temperature"].sel(time=times).values,
        guides_c=_guides(run, ensemble, times),
    )
    nothing = _no_past(lead_h, tuple(forecast.guides_c))
    settings = FitSettings(climate_sd_k=climate_sd_k)
    calibration = fit(nothing if past is None else past, known_by, settings)
    at = np.searchsorted(alone.times, times)
    members_c = np.full((forecast.members_c.shape[0], alone.times.size), np.nan)
    members_c[:, at] = calibration.members(forecast)
    spread = spread_of_members(members_c[:, at], lead_h, known_by)
    return Expectation(
        times=alone.times,
        temperature_c=_put(alone.temperature_c, at, calibration.mean(forecast)),
        sd_k=_put(alone.sd_k, at, calibration.sd(forecast)),
        quantiles_c=_put(alone.quantiles_c, at, calibration.quantiles(forecast, LEVELS)),
        memory_h=spread.memory_h,
        source=SpreadSource.ENSEMBLE,
        pairs=calibration.pairs,
        at_bound=alone.at_bound,
        sensor_fault=alone.sensor_fault,
        members_c=members_c,
    )


def _guides(run: xr.Dataset, ensemble: xr.Dataset, times: Times) -> dict[str, Floats]:
    """Return the forecast used on the ensemble's hours, unless it is the ensemble itself."""
    provider = str(run.attrs["provider"])
    if provider == str(ensemble.attrs["provider"]):
        return {}
    return {provider: run["air_temperature"].sel(time=times).values}


def _no_past(lead_h: Floats, guides: tuple[str, ...]) -> EnsemblePast:
    nothing = np.empty((0, lead_h.size))
    issued = np.empty(0, dtype="datetime64[ns]")
    return EnsemblePast(
        issued, lead_h, nothing, nothing, nothing, dict.fromkeys(guides, nothing), {}
    )


def _put(values: Floats, at: np.ndarray[tuple[int, ...], np.dtype[np.intp]], new: Floats) -> Floats:
    """Return `values` with `new` at the positions `at` of the last axis."""
    changed = values.copy()
    changed[..., at] = new
    return changed


def _usual_spread(usual: UsualError, climate_sd_k: float) -> ErrorSpread:
    """Return the case's own figures as a spread: H§2's curve, through σ of day 1 and day 3."""
    lead_h = np.arange(LAST_LEAD_H + 1.0)
    of_day = default_daily_k(np.array([12.0, 60.0]), _UNBOUNDED_K)
    wanted = np.array([usual.sigma_24h_k, usual.sigma_72h_k])
    factor = np.interp(lead_h, [12.0, 60.0], wanted / of_day)
    daily_k = np.minimum(default_daily_k(lead_h, max(climate_sd_k, 0.1)) * factor, climate_sd_k)
    sd_k = np.maximum.accumulate(daily_k) / daily_share(USUAL_MEMORY_H)
    return ErrorSpread(tuple(lead_h.tolist()), tuple(sd_k.tolist()), USUAL_MEMORY_H, 0, 0.0, "")


def _corrected(errors: PastErrors, bias: LocalBias, offset_h: float) -> PastErrors:
    """Return past errors less the bias: what is left is spread."""
    valid = errors.issue_times[:, None] + (errors.lead_h * 3600).astype("timedelta64[s]")[None, :]
    hour = _local_hour(valid, offset_h)
    shift = bias.at(np.broadcast_to(errors.lead_h, hour.shape), hour)
    return PastErrors(
        errors.issue_times,
        errors.lead_h,
        errors.forecast_c - shift,
        errors.observed_c,
        errors.step_h,
    )


def _local_hour(times: Times, offset_h: float) -> Floats:
    return np.asarray(np.mod(days_since_2000(times) * 24 + offset_h, 24.0))


def _normal(mean_c: Floats, sd_k: Floats) -> Floats:
    """Return normal quantiles, (level, time)."""
    return np.asarray(mean_c + np.asarray(ndtri(LEVELS))[:, None] * sd_k)
