"""Weather to come as somebody alters it: what a what-if lays over it, whoever tells it.

Hours that are told are altered where they stand (`altered`). The fuel outlook goes on to the
season's end with winters drawn for it, which no table of hours could hold; for it the alteration
is noted beside the weather (`noted`), and laid over every path in turn (`noted_alteration`), so
that two outlooks differ by the alteration alone and not by the luck of the draw.

Noted variables are on `altered_time`, whole UTC hours in a row:
`altered_anomaly_factor` [1], `altered_temperature_added` [K], `altered_wind_factor` [1],
`altered_wind_added` [m s-1], `altered_radiation_factor` [1]. What is not noted is as it is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import xarray as xr

from forecasts.weather.solar import HOUR, Floats, Times

TEMPERATURE, WIND, RADIATION = "air_temperature", "wind_speed", "global_radiation"
TEMPERATURES = (
    TEMPERATURE,
    "air_temperature_uncorrected",
    "air_temperature_quantile",
    "air_temperature_member",
)
_TIME = "altered_time"


@dataclass(frozen=True)
class Alteration:
    """What becomes of hours in a row; arrays (hour,).

    Temperature becomes normal + `anomaly_factor` · (temperature − normal) + `temperature_added`,
    wind `wind_factor` · wind + `wind_added` and never less than none, radiation its factor.
    """

    anomaly_factor: Floats
    temperature_added: Floats  # K
    wind_factor: Floats
    wind_added: Floats  # m/s
    radiation_factor: Floats

    def temperature_c(self, told_c: Floats, normal_c: Floats) -> Floats:
        """Return temperature (..., hour) altered; `normal_c` (hour,) is the climate's."""
        # Added to what is told, so that hours that nothing is laid on keep their last digit.
        further_off_k = (self.anomaly_factor - 1.0) * (told_c - normal_c)
        return np.asarray(told_c + further_off_k + self.temperature_added)

    def wind_m_per_s(self, told: Floats) -> Floats:
        """Return wind altered."""
        return np.asarray(np.maximum(0.0, self.wind_factor * told + self.wind_added))

    def radiation_w_per_m2(self, told: Floats) -> Floats:
        """Return radiation altered."""
        return np.asarray(self.radiation_factor * told)

    def after(self, earlier: "Alteration") -> "Alteration":
        """Return both in one: `earlier`, and this one laid over it."""
        return Alteration(
            anomaly_factor=self.anomaly_factor * earlier.anomaly_factor,
            temperature_added=self.anomaly_factor * earlier.temperature_added
            + self.temperature_added,
            wind_factor=self.wind_factor * earlier.wind_factor,
            wind_added=self.wind_factor * earlier.wind_added + self.wind_added,
            radiation_factor=self.radiation_factor * earlier.radiation_factor,
        )


def nothing_altered(hours: int) -> Alteration:
    """Return the alteration that leaves everything as it is told."""
    ones, zeros = np.ones(hours), np.zeros(hours)
    return Alteration(ones, zeros, ones, zeros, ones)


def altered(sky: xr.Dataset, change: Alteration, normal_c: Floats) -> xr.Dataset:
    """Return hourly weather with its hours altered, (time,), and all told of its temperature.

    Members and quantiles move with the expected value, and scale with it about the normal.
    """
    found: dict[str, xr.DataArray] = {}
    for name in TEMPERATURES:
        if name in sky:
            found[name] = _with_values(sky[name], lambda told: change.temperature_c(told, normal_c))
    found[WIND] = _with_values(sky[WIND], change.wind_m_per_s)
    found[RADIATION] = _with_values(sky[RADIATION], change.radiation_w_per_m2)
    return sky.assign(found)


def noted(sky: xr.Dataset, hours: Times, change: Alteration) -> xr.Dataset:
    """Return weather with an alteration of `hours` noted beside it, after what is noted already.

    `hours` are the same for every alteration noted of one weather. Raises ValueError else.
    """
    earlier = noted_alteration(sky, hours)
    if earlier is not None:
        if not np.array_equal(sky[_TIME].values, hours):
            raise ValueError("An alteration is noted for other hours already.")
        change = change.after(earlier)
    return sky.assign(
        {name: (_TIME, values) for name, values in _by_name(change).items()}
    ).assign_coords({_TIME: hours})


def noted_alteration(sky: xr.Dataset, hours: Times) -> Alteration | None:
    """Return what is noted of `hours`, hours in a row; None where nothing is noted at all.

    Hours outside those noted are as they are told.
    """
    if _TIME not in sky.dims:
        return None
    known = sky[_TIME].values
    place = np.asarray((hours - known[0]) // HOUR, dtype=np.intp)
    there = (place >= 0) & (place < known.size)
    usual = _by_name(nothing_altered(hours.size))
    return Alteration(
        *(
            np.where(there, sky[name].values[np.where(there, place, 0)], values)
            for name, values in usual.items()
        )
    )


def without_notes(sky: xr.Dataset) -> xr.Dataset:
    """Return weather of which nothing is noted."""
    return sky.drop_dims(_TIME) if _TIME in sky.dims else sky


def _by_name(change: Alteration) -> Mapping[str, Floats]:
    return {f"altered_{field.name}": getattr(change, field.name) for field in fields(change)}


def _with_values(array: xr.DataArray, change: Callable[[Floats], Floats]) -> xr.DataArray:
    """Return an array put through a change of values with time last."""
    last = array.transpose(..., "time")
    return last.copy(data=change(np.asarray(last.values, dtype=np.float64))).transpose(*array.dims)
