"""A whole forecast as `best_forecast` hands it out, with every variable or without some.

The temperature falls from `warm_c` by `fall_k` within the third day, with a daily course of 8 K;
its error grows with lead time, and members differ by a constant and a slow wave each.
"""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr
from scipy.special import ndtri

from forecasts.series import LONG_NAMES, UNITS
from forecasts.weather.provider import Place
from forecasts.weather.solar import clear_sky_w_per_m2

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 14, 21, 30, tzinfo=UTC)  # 15 January 05:30 in China
YESTERDAY = datetime(2026, 1, 13, 16, tzinfo=UTC)  # 14 January 00:00 in China
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
EXTRAS = (
    "relative_humidity",
    "air_temperature_uncorrected",
    "air_temperature_quantile",
    "air_temperature_sd",
    "air_temperature_member",
    "daily_mean_sd",
    "origin",
)
GATES = [
    {"gate": "place", "outcome": "passed"},
    {"gate": "gaps", "outcome": "mended", "detail": "2 h interpolated"},
    {"gate": "agreement", "outcome": "doubtful", "detail": "4.1 K colder than met_norway on day 3"},
]
ATTEMPTS = [{"provider": "qweather", "cause": "refused", "detail": "HTTP 401"}]


def whole_forecast(
    hours: int = 192,
    *,
    start: datetime = YESTERDAY,
    now: datetime = NOW,
    warm_c: float = 2.0,
    fall_k: float = 12.0,
    run_hours: int = 168,
    members: int = 20,
    without: tuple[str, ...] = (),
    **attrs: object,
) -> xr.Dataset:
    """Return the forecast; `run_hours` from `start` on come from the run, the rest from climate."""
    times = np.datetime64(start.replace(tzinfo=None), "ns") + np.arange(hours) * np.timedelta64(
        1, "h"
    )
    issued = now - timedelta(hours=5, minutes=30)
    lead_h = (times - np.datetime64(issued.replace(tzinfo=None), "ns")) / np.timedelta64(1, "h")
    k = np.arange(hours)
    course = 4.0 * np.cos(2 * np.pi * (k - 14.5) / 24)
    centre = warm_c - fall_k / (1 + np.exp(-(k - 66) / 3)) + course
    sd = np.where(lead_h < 0, 0.05, 0.8 + 0.02 * lead_h)
    clear = clear_sky_w_per_m2(times, ZAOZHUANG.latitude, ZAOZHUANG.longitude)
    weather = xr.Dataset(
        {
            "air_temperature": ("time", centre - 0.4),
            "wind_speed": ("time", 3.0 + 1.5 * np.sin(k / 17)),
            "global_radiation": ("time", 0.6 * clear),
            "relative_humidity": ("time", 60.0 - course),
            "air_temperature_uncorrected": ("time", centre),
            "air_temperature_quantile": (
                ("quantile", "time"),
                (centre - 0.4) + ndtri(np.array(QUANTILES))[:, None] * sd,
            ),
            "air_temperature_sd": ("time", sd),
            "air_temperature_member": (
                ("member", "time"),
                (centre - 0.4)
                + sd * ndtri((np.arange(members) + 0.5) / members)[:, None]
                + 0.3 * np.sin(k / 9 + np.arange(members)[:, None]),
            ),
            "daily_mean_sd": ("lead_day", 0.7 + 0.4 * np.arange(1, 17)),
            "origin": ("time", np.where(k < 24, 0, np.where(k < run_hours, 1, 2)).astype(np.int8)),
        },
        coords={
            "time": times,
            "lead_time": ("time", lead_h),
            "quantile": list(QUANTILES),
            "member": np.arange(members),
            "lead_day": np.arange(1, 17),
        },
    )
    for name in weather.data_vars:
        if name in UNITS:
            weather[name].attrs = {"units": UNITS[str(name)], "long_name": LONG_NAMES[str(name)]}
    weather.attrs = {
        "provider": "open_meteo",
        "nature": "forecast",
        "issue_time": issued.isoformat(),
        "issue_time_estimated": 0,
        "latitude": 34.9,
        "longitude": 117.5,
        "known_by": now.isoformat(),
        "age_h": 5.5,
        "run_end": (start + timedelta(hours=run_hours)).isoformat(),
        "filled_hours": max(0, hours - run_hours),
        "interpolated_hours": 2,
        "from_store": 0,
        "attempts": json.dumps(ATTEMPTS),
        "notes": json.dumps([{"code": "interpolated", "detail": "2"}]),
        "gates": json.dumps(GATES),
    } | attrs
    return weather.drop_vars(without)
