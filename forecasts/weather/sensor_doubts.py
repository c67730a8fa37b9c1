"""What a sensor's own numbers cannot tell: a clock in another zone, a sensor in the sun.

Both show against a forecast only, and both could be the forecast's fault: they are told, and
nothing is left out for them. Pure.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecasts.weather.solar import HOUR, Floats, clear_sky_w_per_m2

LEAST_HOURS = 96  # four days, so that one front does not decide
LARGEST_SHIFT_H = 12
LEAST_SHIFT_H = 2
CLEARLY_BETTER = 0.7  # spread of the difference with the shift, over that without
SUNNY_W_PER_M2 = 250.0
LEAST_SUNNY_H = 12
SUN_EXCESS_K = 2.5  # a forecast's own error over the day is seldom half of it


@dataclass(frozen=True)
class SensorDoubts:
    """Figures for a report; 0 and nan mean nothing to doubt and nothing to judge by."""

    clock_shift_h: int  # the sensor's times less the true ones, as far as the forecast knows
    sun_excess_k: float  # sensor less forecast in full sun, over that at night

    @property
    def in_the_sun(self) -> bool:
        """The sensor is probably heated by the sun: put it in the shade, on the north side."""
        return self.sun_excess_k > SUN_EXCESS_K


def sensor_doubts(
    observed_c: xr.DataArray,
    forecast_c: xr.DataArray,
    latitude: float,
    longitude: float,
    radiation_w_per_m2: xr.DataArray | None = None,
) -> SensorDoubts:
    """Return what a forecast of the same hours makes doubtful; all hourly means on (time).

    Without `radiation_w_per_m2` a clear sky is taken, which tells less.
    """
    ours, theirs = xr.align(observed_c, forecast_c, join="inner")
    shift_h = _clock_shift_h(observed_c, forecast_c)
    if shift_h != 0:
        return SensorDoubts(shift_h, float("nan"))  # its days and nights are mixed up
    times = ours["time"].values
    sun = clear_sky_w_per_m2(times, latitude, longitude)
    if radiation_w_per_m2 is not None:
        sun = radiation_w_per_m2.reindex(time=times).values
    return SensorDoubts(shift_h, _sun_excess_k(ours.values - theirs.values, sun))


def _clock_shift_h(observed_c: xr.DataArray, forecast_c: xr.DataArray) -> int:
    """Return the shift in whole hours that makes the sensor follow the forecast far better."""
    spread: dict[int, float] = {}
    for shift_h in range(-LARGEST_SHIFT_H, LARGEST_SHIFT_H + 1):
        moved = observed_c.assign_coords(time=observed_c["time"].values - shift_h * HOUR)
        ours, theirs = xr.align(moved, forecast_c, join="inner")
        away = ours.values - theirs.values
        away = away[np.isfinite(away)]
        spread[shift_h] = float(away.std()) if away.size >= LEAST_HOURS else float("inf")
    best = min(spread, key=lambda shift_h: (spread[shift_h], abs(shift_h)))
    clear = spread[best] < CLEARLY_BETTER * spread[0] and np.isfinite(spread[0])
    return best if clear and abs(best) >= LEAST_SHIFT_H else 0


def _sun_excess_k(away_k: Floats, sun_w_per_m2: Floats) -> float:
    there = np.isfinite(away_k) & np.isfinite(sun_w_per_m2)
    sunny = there & (sun_w_per_m2 > SUNNY_W_PER_M2)
    dark = there & (sun_w_per_m2 < 1)
    if min(sunny.sum(), dark.sum()) < LEAST_SUNNY_H:
        return float("nan")
    return float(away_k[sunny].mean() - away_k[dark].mean())
