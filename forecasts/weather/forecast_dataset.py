"""The one Dataset that a plan, a chart and the fuel planner take their weather from.

| variable | dims | units | meaning |
|---|---|---|---|
| air_temperature, wind_speed, global_radiation[, relative_humidity] | time | | expected value |
| air_temperature_uncorrected | time | degC | as the service gave it |
| air_temperature_sd | time | K | of the hourly mean; 0 where the own sensor was there |
| air_temperature_quantile | quantile, time | degC | |
| air_temperature_member | member, time | degC | calibrated members, if there is an ensemble |
| daily_mean_sd | lead_day | K | of the mean of the 24 h that end so many days after `known_by` |
| origin | time | | `hand_over.Origin`: where the hour comes from |
| lead_time (coordinate) | time | h | from the issue of the run to the start of the step |

After the end of the run the spread grows from the run's last to the climate's.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import xarray as xr
from scipy.special import ndtri

from forecasts.recursion import fading_sums
from forecasts.series import LONG_NAMES, UNITS
from forecasts.weather.calibration.default_error import daily_share
from forecasts.weather.expectation import CLIMATE_MEMORY_H, LEVELS, Expectation, daily_mean_sd
from forecasts.weather.hand_over import ANOMALY_MEMORY_H, Origin, Whole
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Floats, Times

Positions = np.ndarray[tuple[int, ...], np.dtype[np.intp]]
DAY_H = 24
_MEMBER_SEED = 4  # of the courses that members take after the ensemble's end: the same every run


def forecast_dataset(
    whole: Whole,
    expectation: Expectation,
    uncorrected_c: Floats,
    climate_daily_sd_k: Floats,
    issue_time: datetime,
    known_by: datetime,
) -> xr.Dataset:
    """Return the Dataset above, without attributes of its own.

    `whole` holds the corrected temperature; `climate_daily_sd_k` (time,) is the climate's sd of
    the daily mean about its normal.
    """
    starts = whole.starts
    weather = xr.Dataset(
        {name: ("time", array, _attrs(name)) for name, array in whole.values.items()},
        coords={"time": starts},
    )
    temperature_c = whole.values["air_temperature"]
    sd_k = _spread(whole, expectation, climate_daily_sd_k / daily_share(CLIMATE_MEMORY_H))
    quantiles_c = _quantiles(whole, expectation, temperature_c, sd_k)
    issued = utc64(issue_time)
    celsius = {"units": "degC", "cell_methods": "time: mean"}
    variables: dict[str, tuple[object, object, Mapping[str, object]]] = {
        "air_temperature_uncorrected": (
            "time",
            uncorrected_c,
            celsius | {"long_name": "air temperature as the service gave it"},
        ),
        "air_temperature_sd": (
            "time",
            sd_k,
            {"units": "K", "long_name": "standard deviation of the error of air temperature"},
        ),
        "air_temperature_quantile": (
            ("quantile", "time"),
            quantiles_c,
            celsius | {"long_name": "quantiles of air temperature"},
        ),
        "daily_mean_sd": (
            "lead_day",
            _daily_sd(starts, sd_k, expectation.memory_h, known_by),
            {"units": "K", "long_name": "standard deviation of the error of daily means"},
        ),
        "origin": (
            "time",
            whole.origin,
            {
                "flag_values": [int(o) for o in Origin],
                "flag_meanings": " ".join(o.name.lower() for o in Origin),
            },
        ),
    }
    if expectation.members_c is not None:
        variables["air_temperature_member"] = (
            ("member", "time"),
            _members(whole, expectation, expectation.members_c, temperature_c, sd_k),
            celsius | {"long_name": "calibrated members of the ensemble"},
        )
    lead_h = np.asarray((starts - issued) / HOUR, dtype=np.float64)
    lead = {"units": "h", "long_name": "from the issue of the run to the start of the step"}
    named = weather.assign(variables).assign_coords(
        lead_time=("time", lead_h, lead), quantile=("quantile", list(LEVELS))
    )
    return named.assign_coords(lead_day=np.arange(1, named.sizes["lead_day"] + 1))


def _attrs(name: str) -> dict[str, str]:
    return {"units": UNITS[name], "long_name": LONG_NAMES[name], "cell_methods": "time: mean"}


def _own_hours(whole: Whole, expectation: Expectation) -> tuple[Positions, slice]:
    """Return which hours of `whole` are the run's, and where they lie in the expectation."""
    own = np.flatnonzero(whole.origin == Origin.RUN)
    if own.size == 0:
        return own, slice(0, 0)
    first = int(np.searchsorted(expectation.times, whole.starts[own[0]]))
    return own, slice(first, first + own.size)


def _since_end(whole: Whole) -> Floats:
    """Return hours since the end of the run for the hours that come from the climate."""
    return np.arange(1.0, whole.hours_of(Origin.CLIMATE) + 1)


def _spread(whole: Whole, expectation: Expectation, climate_sd_k: Floats) -> Floats:
    """Return the sd of each hour: of the run, none where observed, growing to the climate's."""
    sd_k = np.zeros(whole.starts.size)
    own, there = _own_hours(whole, expectation)
    sd_k[own] = expectation.sd_k[there]
    joined = whole.origin == Origin.JOINED
    sd_k[joined] = expectation.sd_k[0]
    later = whole.origin == Origin.CLIMATE
    last_k = float(sd_k[own[-1]]) if own.size else 0.0
    kept = np.exp(-2 * _since_end(whole) / ANOMALY_MEMORY_H)
    grown = climate_sd_k[later] ** 2 * (1 - kept) + last_k**2 * kept
    sd_k[later] = np.maximum(np.sqrt(grown), last_k)  # no day is surer than the one before
    return sd_k


def _quantiles(
    whole: Whole, expectation: Expectation, temperature_c: Floats, sd_k: Floats
) -> Floats:
    """Return quantiles of each hour: those of the run, normal ones elsewhere."""
    quantiles_c = temperature_c + np.asarray(ndtri(LEVELS))[:, None] * sd_k
    own, there = _own_hours(whole, expectation)
    quantiles_c[:, own] = expectation.quantiles_c[:, there]
    return np.asarray(quantiles_c)


def _members(
    whole: Whole, expectation: Expectation, own_c: Floats, temperature_c: Floats, sd_k: Floats
) -> Floats:
    """Return members on all hours: past their own end each goes on from where it stood.

    A member that ends z standard deviations from the expected value forgets z with exp(-1/memory)
    an hour, and gets new deviations in its place (AR(1)), so that the spread stays as told.
    """
    members_c = np.tile(temperature_c, (own_c.shape[0], 1))
    own, there = _own_hours(whole, expectation)
    given = own_c[:, there]
    has = np.isfinite(given).all(axis=0)
    if not has.any():
        return members_c
    members_c[:, own[has]] = given[:, has]
    last = int(own[np.flatnonzero(has)[-1]])
    going_on = np.arange(last + 1, whole.starts.size)
    if going_on.size == 0:
        return members_c
    at_end = (members_c[:, last] - temperature_c[last]) / max(sd_k[last], 1e-9)
    kept = float(np.exp(-1 / ANOMALY_MEMORY_H))
    fresh = np.random.default_rng(_MEMBER_SEED).standard_normal((at_end.size, going_on.size))
    course = fading_sums(np.sqrt(1 - kept**2) * fresh, kept)
    course += at_end[:, None] * kept ** np.arange(1, going_on.size + 1)
    members_c[:, going_on] = temperature_c[going_on] + sd_k[going_on] * course
    return members_c


def _daily_sd(starts: Times, sd_k: Floats, memory_h: float, known_by: datetime) -> Floats:
    """Return the sd of the mean of each whole day after `known_by`, K."""
    first = int(np.searchsorted(starts, utc64(known_by)))
    days = max(0, (sd_k.size - first) // DAY_H)
    per_day = sd_k[first : first + days * DAY_H].reshape(days, DAY_H)
    return np.array([daily_mean_sd(day, memory_h) for day in per_day])
