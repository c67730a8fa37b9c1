"""What a climate holds for possible, and how far and how long weather strays from the normal.

For gates (is this temperature possible here, in this month?) and for the hand-over from a
forecast to the climate (how fast is the last anomaly forgotten, how wide is what follows?).
"""

import numpy as np

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import climate_at, expected_temperature
from forecasts.weather.climate.spread import level_correlation, mix_of, spread_of
from forecasts.weather.climate.weather_of_level import CALM_SHARE_OF_RANGE, CLEAR_SHARE_OF_RANGE
from forecasts.weather.provider import Place
from forecasts.weather.solar import Floats, Times, mid_hours

# A level beyond 3.7 standard deviations comes in one hour of ten thousand. With the margin six
# observed years of Shenyang stay inside by 1 K, and so do the records of 30 years (GB 50736).
LIMIT_LEVEL = 3.7
LIMIT_SWINGS = 2.0  # standard deviations of what clouds and wind do to the daily course
MARGIN_K = 1.5  # of the normals themselves
RECORD_MARGIN_K = 2.0  # below the coldest hour known
_USUAL_CLEARNESS_SD = 0.27  # of daily clearness over its mean, typical years in winter
_SKY_MEMORY_H = 12.0


def usual_range(
    place_or_climate: Place | Climate, times: Times, place: Place | None = None
) -> tuple[Floats, Floats]:
    """Return the lowest and the highest air temperature, °C, that the hours from `times` can have.

    As far from the normal as the climate's own shape goes in that month (in winter nearly bounded,
    in summer far to the cool side) and a margin; in the coldest months down to the coldest hour
    known at least. Given a Climate, `place` may give the sun of another point.
    """
    if isinstance(place_or_climate, Climate):
        climate = place_or_climate
        where = place or Place(climate.latitude, climate.longitude, "UTC")
    else:
        climate, where = climate_at(place_or_climate), place_or_climate
    normal = expected_temperature(climate, where, times)
    middles = mid_hours(times)
    spread = spread_of(climate, middles)
    swing = np.sqrt(_swing_variance(annual_course(climate.course_range_k, middles)))
    reach = LIMIT_SWINGS * swing + MARGIN_K
    low = normal + spread.anomaly_k(np.full(times.shape, -LIMIT_LEVEL)) - reach
    high = normal + spread.anomaly_k(np.full(times.shape, LIMIT_LEVEL)) + reach
    if climate.record_low_c is not None:
        mean = annual_course(climate.mean_c, middles)
        coldest = mean <= min(climate.mean_c) + 4.0  # the months in which records fall
        low = np.where(coldest, np.minimum(low, climate.record_low_c - RECORD_MARGIN_K), low)
    return np.asarray(low), np.asarray(high)


def spread_k(climate: Climate, times: Times) -> Floats:
    """Return the standard deviation of hourly temperature about the normal, K, at `times`.

    Over many winters; the part of weather systems and seasons, and that of the daily course,
    which clouds and wind make wide or flat.
    """
    middles = mid_hours(times)
    level = annual_course(climate.day_to_day_sd_k, middles) * mix_of(climate).hourly_over_daily
    return np.sqrt(level**2 + _swing_variance(annual_course(climate.course_range_k, middles)))


def memory(climate: Climate, lag_h: Floats) -> Floats:
    """Return the autocorrelation of hourly anomalies at lags of `lag_h` whole hours, winter mean.

    What is left of an anomaly after so long, on average: hand-overs fade with it.
    """
    lag = np.abs(np.asarray(lag_h, dtype=np.float64))
    winter = (0, 1, 2, 10, 11)
    level = (
        np.mean([climate.day_to_day_sd_k[k] for k in winter]) * mix_of(climate).hourly_over_daily
    )
    swing = _swing_variance(np.array([np.mean([climate.course_range_k[k] for k in winter])]))[0]
    share = swing / (swing + level**2)
    daily = np.cos(2 * np.pi * lag / 24) * np.exp(-lag / _SKY_MEMORY_H)
    return np.asarray((1 - share) * level_correlation(climate, lag) + share * daily)


def _swing_variance(course_range_k: Floats) -> Floats:
    """Return the variance that a daily course of varying width adds, mean of the hours, K².

    The unit wave has a variance of 1/8 as a sine of range 1 has.
    """
    clear, calm = CLEAR_SHARE_OF_RANGE * _USUAL_CLEARNESS_SD, CALM_SHARE_OF_RANGE
    return np.asarray(course_range_k**2 / 8 * (clear**2 + calm**2))
