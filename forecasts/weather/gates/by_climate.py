"""Gates: what the month and city do not have, and units that only the climate gives away."""

import numpy as np
import xarray as xr

from forecasts.weather.gates.course import longest
from forecasts.weather.gates.usual import Usual
from forecasts.weather.provider import Cause
from forecasts.weather.run import iso64
from forecasts.weather.solar import Floats
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    doubtful,
    not_judged,
    passed,
    refused,
)

# Beyond the range that the climate holds for possible (`climate.limits`). Records fall, by some
# kelvin and for hours; 8 K for a quarter of a day is another city or another season.
DOUBT_BEYOND_K = 2.0
REFUSE_BEYOND_K = 8.0
BEYOND_H = 6
# Position in the usual range: 0 in its middle, 1 at its edge. °F read as °C lies above the edge
# nearly always, and read as °F near the middle.
FAHRENHEIT_ABOVE = 0.9
FAHRENHEIT_WITHIN = 0.6
FAHRENHEIT_DOUBT_ABOVE = 0.6
FAHRENHEIT_DOUBT_WITHIN = 0.25
# Mean wind of three days and more over the usual: no week of eight typical winters reached 3; what
# is told in km/h and taken for m/s has 3.6 on average, so about half of such runs are seen.
WINDY = 3.0
WINDY_MIN_H = 72


def judge_climate(run: xr.Dataset, usual: Usual | None) -> GateVerdict:
    """Refuse temperatures that the place cannot have in the month; doubt those beyond its records.

    Judged on the mean of members.
    """
    if usual is None:
        return not_judged(Gate.CLIMATE, "no climate station near")
    temperature = mean_of_members(run, "air_temperature")
    low, high = usual.range_c(run["time"].values)
    beyond = np.maximum(low - temperature, temperature - high)
    k = int(np.argmax(beyond))
    detail = (
        f"{temperature[k]:.1f} °C at {iso64(run['time'].values[k])}, "
        f"usual are {low[k]:.0f} to {high[k]:.0f} °C"
    )
    for limit_k, outcome in ((REFUSE_BEYOND_K, True), (DOUBT_BEYOND_K, False)):
        hours, _ = longest(beyond > limit_k)
        if hours >= min(BEYOND_H, beyond.size):
            said = f"{detail}, {hours} h in a row beyond by more than {limit_k:g} K"
            if outcome:
                return refused(Gate.CLIMATE, Cause.NOT_PLAUSIBLE, said)
            return doubtful(Gate.CLIMATE, said)
    return passed(Gate.CLIMATE)


def judge_units_by_climate(run: xr.Dataset, usual: Usual | None) -> GateVerdict:
    """Refuse a temperature that fits the climate only as °F; doubt wind that looks like km/h."""
    if usual is None:
        return not_judged(Gate.UNITS, "no climate station near")
    temperature = mean_of_members(run, "air_temperature")
    low, high = usual.range_c(run["time"].values)
    as_told, as_fahrenheit = (
        float(np.mean(_position(values, low, high)))
        for values in (temperature, (temperature - 32) / 1.8)
    )
    told = f"{temperature.mean():.1f} °C in the mean"
    looks = f"{told} looks like °F: {temperature.mean():.0f} °F = {_celsius(temperature):.1f} °C"
    if as_told > FAHRENHEIT_ABOVE and abs(as_fahrenheit) < FAHRENHEIT_WITHIN:
        return refused(Gate.UNITS, Cause.WRONG_UNITS, looks)
    if as_told > FAHRENHEIT_DOUBT_ABOVE and abs(as_fahrenheit) < FAHRENHEIT_DOUBT_WITHIN:
        return doubtful(Gate.UNITS, looks)
    wind = mean_of_members(run, "wind_speed")
    if wind.size >= WINDY_MIN_H:
        ratio = float(wind.mean() / usual.wind_m_per_s(run["time"].values).mean())
        if ratio > WINDY:
            detail = f"wind {wind.mean():.1f} m/s in the mean, {ratio:.1f} times the usual: km/h?"
            return doubtful(Gate.UNITS, detail)
    return passed(Gate.UNITS, told)


def mean_of_members(run: xr.Dataset, name: str) -> Floats:
    """Return a variable as (hours,): the mean of members where there are any."""
    values = np.asarray(run[name].values, dtype=np.float64)
    return values if values.ndim == 1 else values.mean(axis=0)


def _position(values: Floats, low: Floats, high: Floats) -> Floats:
    return (values - (low + high) / 2) / ((high - low) / 2)


def _celsius(fahrenheit: Floats) -> float:
    return float((fahrenheit.mean() - 32) / 1.8)
