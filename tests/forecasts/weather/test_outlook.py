"""A forecast by local day: figures by hand, cold waves as H§2 has them, nothing guessed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.outlook import (
    climate_hours,
    day_outlooks,
    day_window,
    normal_band,
    temperature_quantiles,
)
from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts
from tests.forecast_maker import EXTRAS, NOW, YESTERDAY, ZAOZHUANG, whole_forecast

FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def days_of(lows_c: list[float], *, place: Place = ZAOZHUANG, hours: int | None = None):
    """Days of a flat temperature each, wind 3 m/s, sun 100 W/m², from a local midnight on."""
    midnight = datetime(2026, 1, 14, tzinfo=ZoneInfo(place.timezone)).astimezone(UTC)
    starts = hour_starts(midnight, hours or 24 * len(lows_c))
    values = np.repeat(lows_c, 24)[: starts.size]
    weather = xr.Dataset(
        {
            "air_temperature": ("time", values),
            "wind_speed": ("time", np.full(starts.size, 3.0)),
            "global_radiation": ("time", np.full(starts.size, 100.0)),
        },
        coords={"time": starts},
    )
    return day_outlooks(weather, place)


def test_a_day_is_told_by_its_own_hours():
    """100 W/m² over 24 h are 2.4 kWh/m²; days begin at midnight in China, 16:00 UTC."""
    first, second = days_of([2.0, -1.0])
    assert (first.day.isoformat(), second.day.isoformat()) == ("2026-01-14", "2026-01-15")
    assert (second.min_c, second.mean_c, second.max_c) == (-1.0, -1.0, -1.0)
    assert second.sun_kwh_per_m2 == pytest.approx(2.4)
    assert second.wind_m_per_s == pytest.approx(3.0)
    hours = hour_starts(datetime(2026, 1, 14, 16, tzinfo=UTC), 24)
    assert second.anomaly_k == pytest.approx(-1.0 - normal_temperature(ZAOZHUANG, hours).mean())


def test_a_day_that_is_not_whole_is_not_told():
    """Its mean would be that of a night."""
    assert [day.day.day for day in days_of([2.0, -1.0], hours=40)] == [14]


def test_the_days_of_a_clock_change_are_whole_with_23_hours():
    """Berlin, 29 March 2026: 23 h; counted as 24, the day would be lost."""
    berlin = Place(52.5, 13.4, "Europe/Berlin")
    starts = hour_starts(datetime(2026, 3, 28, 23, tzinfo=UTC), 23)
    flat = {
        name: ("time", np.zeros(23))
        for name in ("air_temperature", "wind_speed", "global_radiation")
    }
    days = day_outlooks(xr.Dataset(flat, coords={"time": starts}), berlin)
    assert [day.day.isoformat() for day in days] == ["2026-03-29"]


@pytest.mark.parametrize(
    ("lows_c", "marked"),
    [
        ([5.0, -3.0], [False, True]),  # 8 K in a day
        ([5.0, -2.9], [False, False]),
        ([5.0, 0.0, -5.0], [False, False, True]),  # 10 K in two
        ([6.0, 2.0, -2.0, -6.0], [False, False, False, True]),  # 12 K in three, 8 K in two
        ([20.0, 5.0], [False, False]),  # 15 K, but not to 4 °C
        ([20.0, 4.0], [False, True]),
    ],
)
def test_cold_waves_are_those_of_the_handbook(lows_c: list[float], marked: list[bool]):
    assert [day.cold_wave for day in days_of(lows_c)] == marked


def test_the_band_of_a_day_is_that_of_the_members_means():
    """Nine members, each -4 to 4 K off all day: one of ten draws lies below the first of them."""
    weather = whole_forecast(without=(*EXTRAS, "member"))
    centre = weather["air_temperature"]
    offsets = xr.DataArray(np.arange(-4.0, 5.0), dims="member")
    weather["air_temperature_member"] = centre + offsets
    day = day_outlooks(weather, ZAOZHUANG)[3]
    assert day.mean_low_c == pytest.approx(day.mean_c - 4)
    assert day.mean_high_c == pytest.approx(day.mean_c + 4)


def test_without_members_the_band_comes_from_the_spread_of_daily_means():
    """At a known_by of midnight, the third day from now is lead day 3: 1.28 times 0.7 + 1.2 K."""
    midnight = YESTERDAY + timedelta(days=1)
    weather = whole_forecast(now=midnight, without=("air_temperature_member",))
    day = day_outlooks(weather, ZAOZHUANG)[3]
    assert day.day.isoformat() == "2026-01-17"
    assert day.mean_high_c is not None
    assert day.mean_high_c - day.mean_c == pytest.approx(1.2816 * 1.9, abs=1e-3)


def test_of_today_only_the_hours_to_come_may_miss():
    """At noon half of the day is over: half of what the spread of a whole day would be."""
    noon = YESTERDAY + timedelta(hours=36)
    weather = whole_forecast(now=noon, without=("air_temperature_member",))
    weather["daily_mean_sd"][:] = 2.0
    yesterday, today = day_outlooks(weather, ZAOZHUANG)[:2]
    assert today.mean_high_c is not None
    assert today.mean_high_c - today.mean_c == pytest.approx(1.2816, abs=1e-3)
    assert yesterday.mean_high_c is None


def test_what_is_not_known_is_left_open():
    weather = whole_forecast(without=EXTRAS)
    days = day_outlooks(weather, ZAOZHUANG)
    assert all(day.mean_low_c is None and day.mean_high_c is None for day in days)
    assert temperature_quantiles(weather) is None


def test_hours_of_the_climate_are_told_with_or_without_an_origin():
    weather = whole_forecast()
    assert [day.climate_hours for day in day_outlooks(weather, ZAOZHUANG)] == [0] * 7 + [24]
    assert climate_hours(weather.drop_vars("origin")).sum() == 24


def test_spread_alone_makes_a_normal_fan():
    """The 90 % quantile is 1.2816 sd above the centre."""
    weather = whole_forecast(without=("air_temperature_quantile", "air_temperature_member"))
    quantiles = temperature_quantiles(weather)
    assert quantiles is not None
    above = quantiles[0.9] - weather["air_temperature"].values
    assert above == pytest.approx(1.2816 * weather["air_temperature_sd"].values, abs=1e-3)


def test_four_days_in_five_lie_within_the_normal_band():
    band = normal_band(ZAOZHUANG, whole_forecast()["time"].values)
    assert np.allclose(band.high_c - band.mean_c, band.mean_c - band.low_c)
    assert (band.high_c > band.low_c).all()


@given(
    st.integers(0, 730 * 1440).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "UTC"]),
    st.integers(1, 30),
)
def test_the_window_is_whole_days_from_yesterday_on(now: datetime, zone: str, days: int):
    """Earlier than two days before now no source has to answer for."""
    window = day_window(now, ZoneInfo(zone), days)
    assert window.start.minute == 0
    assert timedelta(hours=22) < now - window.start <= timedelta(hours=50)
    end = (window.start + timedelta(hours=window.hours)).astimezone(ZoneInfo(zone))
    assert (end.date() - now.astimezone(ZoneInfo(zone)).date()).days == days


def test_the_maker_is_what_it_says():
    assert whole_forecast().attrs["known_by"] == NOW.isoformat()
