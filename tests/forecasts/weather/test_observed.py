"""The outdoor sensor: files as loggers write them, cleaning, hourly means, the present anomaly."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.weather.observed import (
    OutdoorSensor,
    hourly_means,
    observe,
    observed_from,
    observed_summary,
    present_anomaly,
)
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.sensor_table import parse_sensor_csv
from forecasts.weather.tables import TableFault

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
SHENYANG = Path(__file__).parents[4] / "shared/data/weather/observed/shenyang_2010_2015.csv.gz"


def times_of(first: str, count: int, minutes: float) -> np.ndarray:
    step = np.timedelta64(int(minutes * 60), "s")
    return np.datetime64(first, "ns") + np.arange(count) * step


def series(first: str, values) -> xr.DataArray:
    return xr.DataArray(
        np.asarray(values, dtype=float), {"time": times_of(first, len(values), 60)}, ("time",)
    )


def seen(times, temps_c, known_by=NOON, **more):
    return observed_from(np.asarray(times), np.asarray(temps_c, dtype=float), known_by, **more)


def day_c(times) -> np.ndarray:
    """A plain day, coldest at 06:00 local (22:00 UTC), ±5 K around -2 °C."""
    hours = (times - np.datetime64("2026-01-14T22:00", "ns")) / np.timedelta64(3600, "s")
    return -2 - 5 * np.cos(2 * np.pi * hours / 24)


# ---- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "time,temp_c\n2026-01-15T08:00+08:00,-3.5\n2026-01-15T09:00+08:00,-3\n",
        "time,temp_c\n2026-01-15T00:00Z,-3.5\n2026-01-15T01:00Z,-3\n",
        "时间,室外温度\n2026-01-15 08:00:00,-3.5\n2026-01-15 09:00:00,-3.0\n",
        "采集时间;室外温度(℃)\n2026/1/15 8:00;-3.5\n2026/1/15 9:00;-3.0℃\n",
        "日期,时间,站名,室外温度（℃）\n2026-1-15,8:00,A,-3.5\n2026-1-15,9:00,A,-3\n",
        "\ufeffTime\tZZ.A03.S017.out_t.PV\n2026年1月15日 8:00\t-3.5\n2026年1月15日9时0分\t-3\n",
        "time,temp_c\n2026-01-15 09:00,-3\n2026-01-15 08:00,-3.5\n",
    ],
)
def test_files_as_loggers_write_them(text):
    rows = parse_sensor_csv(text, SHANGHAI)
    assert rows.times.tolist() == times_of("2026-01-15T00:00", 2, 60).tolist()
    assert rows.temps_c.tolist() == [-3.5, -3.0]
    assert (rows.empty, rows.unreadable) == (0, 0)


def test_a_named_column_is_taken():
    text = "t,TT-101,out_t\n2026-01-15 08:00,-3,99\n"
    rows = parse_sensor_csv(text, SHANGHAI, time_column="t", temperature_column="TT-101")
    assert rows.temps_c.tolist() == [-3]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "column time is missing"),
        ("time,temp_c\n", "no rows"),
        ("when,temp_c\n2026-01-15 08:00,1\n", "column time is missing .when, temp_c.. Name the"),
        ("time,out_t,室外温度\n2026-01-15 08:00,1,2\n", "several columns fit .out_t, 室外温度."),
        ("time,temp_c\n46037.33,1\n46037.37,2\n", "row 2: '46037.33' is not understood, nor are 1"),
        ("time,temp_c\n2026-01-15 08:00,cold\n2026-01-15 09:00,warm\n2026-01-15 10:00,1\n", "cold"),
    ],
)
def test_a_file_that_cannot_be_understood_says_why(text, told):
    with pytest.raises(TableFault, match=told):
        parse_sensor_csv(text, SHANGHAI)


def test_rows_that_say_nothing_are_counted_not_refused():
    good = "".join(f"2026-01-15 {h:02d}:00,{-h}\n" for h in range(10))
    text = (
        f"time,temp_c\n{good}2026-01-15 10:00,\n2026-01-15 11:00,---\n,5\n2026-13-01 00:00,1\n1\n\n"
    )
    rows = parse_sensor_csv(text, SHANGHAI)
    assert (rows.times.size, rows.empty, rows.unreadable) == (10, 2, 3)
    assert rows.first_unreadable == "row 14: ' '"


def test_the_hour_that_a_clock_shows_twice():
    """Berlin, 26 October 2025: 02:00 to 03:00 comes twice; read once, four hours become three."""
    text = "time,temp_c\n" + "".join(
        f"2025-10-26 {clock},{k}\n" for k, clock in enumerate(["01:30", "02:30", "02:30", "03:30"])
    )
    rows = parse_sensor_csv(text, ZoneInfo("Europe/Berlin"))
    assert rows.times.tolist() == times_of("2025-10-25T23:30", 4, 60).tolist()


def test_a_file_on_disk_in_the_windows_code_page_and_packed(tmp_path):
    text = "时间,室外温度\n" + "".join(f"2026-01-15 {h:02d}:00,{-h / 4}\n" for h in range(12))
    path = tmp_path / "室外.csv.gz"
    path.write_bytes(gzip.compress(text.encode("gb18030")))
    told = observe(OutdoorSensor(path, "Asia/Shanghai"), NOON)
    assert told.cleaning.good == told.cleaning.rows == 12
    assert told.last_good_at == datetime(2026, 1, 15, 3, tzinfo=UTC)
    assert told.age_h == 9
    assert observed_summary(told)["last_good_at"] == "2026-01-15T03:00:00+00:00"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, Cause.FILE_MISSING),
        (b"", Cause.FILE_FAULT),
        (b"\xff\xff\xff", Cause.FILE_FAULT),
        (b"a,b\n1,2\n", Cause.FILE_FAULT),
        (b"PK\x03\x04 of Excel", Cause.FILE_FAULT),
    ],
)
def test_what_is_no_sensor_file_has_a_named_cause(tmp_path, content, cause):
    path = tmp_path / "out.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeatherUnavailable) as raised:
        observe(OutdoorSensor(path, "Asia/Shanghai"), NOON)
    assert raised.value.cause is cause
    assert raised.value.detail.startswith("out.csv")


# ---- hourly means --------------------------------------------------------------------------


def test_several_readings_an_hour_are_averaged():
    """0, 1, 2, 3 within 08:00 to 09:00: 1.5; labelled by the start of the step."""
    told = hourly_means(times_of("2026-01-15T08:00", 8, 15), np.arange(8.0), NOON)
    assert told.time.values.tolist() == times_of("2026-01-15T08:00", 2, 60).tolist()
    assert told.values.tolist() == [1.5, 5.5]
    assert told.attrs["units"] == "degC"


def test_one_reading_on_every_full_hour_is_the_mean_of_both_ends():
    """The reading itself would be half an hour late: 1 K where it warms by 2 K an hour."""
    told = hourly_means(times_of("2026-01-15T08:00", 4, 60), np.array([0.0, 2, 4, 1]), NOON)
    assert told.values[:3].tolist() == [1, 3, 2.5]
    assert np.isnan(told.values[3])  # its end has not been read


def test_readings_at_odd_minutes_count_where_they_lie():
    """0 °C at 08:40 and 6 °C at 09:40: 2 °C at 09:00, 8 °C at 10:00; the mean of 09:00 is 5 °C."""
    times = times_of("2026-01-15T08:40", 3, 60)
    told = hourly_means(times, np.array([0.0, 6, 12]), NOON)
    assert told.sel(time="2026-01-15T09:00").item() == pytest.approx(5)
    assert np.isnan(told.values[[0, -1]]).all()


def test_a_gap_leaves_its_hours_empty():
    times = times_of("2026-01-15T00:00", 10, 60)
    there = np.array([True] * 4 + [False] * 2 + [True] * 4)
    told = hourly_means(times[there], np.zeros(10)[there], NOON)
    assert np.isfinite(told.values).tolist() == [True] * 3 + [False] * 3 + [True] * 3 + [False]


def test_an_hour_that_is_not_over_is_not_known():
    """A mean of its first half hour would be compared with the forecast of the whole hour."""
    times, values = times_of("2026-01-15T10:00", 12, 10), np.zeros(12)
    told = hourly_means(times, values, NOON - timedelta(minutes=5))
    assert np.isfinite(told.values).tolist() == [True, False]
    assert np.isfinite(hourly_means(times, values, NOON).values).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 80), min_size=30, max_size=200),
    st.floats(-20, 20),
    st.floats(-3, 3),
)
def test_a_straight_line_is_met_in_every_hour_that_is_told(gaps_min, level_c, k_per_h):
    """Whatever the spacing up to 80 min: within the line's change over half an hour, never more."""
    times = np.datetime64("2026-01-05", "ns") + np.cumsum(gaps_min) * np.timedelta64(60, "s")
    hours = (times - np.datetime64("2026-01-05", "ns")) / np.timedelta64(3600, "s")
    told = hourly_means(times, level_c + k_per_h * hours, NOON)
    middle = (told.time.values - np.datetime64("2026-01-05", "ns")) / np.timedelta64(
        3600, "s"
    ) + 0.5
    wrong = told.values - (level_c + k_per_h * middle)
    assert np.nanmax(np.abs(wrong), initial=0) <= abs(k_per_h) / 2 + 1e-9
    assert np.isfinite(told.values[1:-1]).all()  # no gap is longer than is bridged


# ---- cleaning ------------------------------------------------------------------------------


def test_a_good_day_is_left_as_it_is():
    for minutes in (1, 10, 60):
        times = times_of("2026-01-14T00:00", int(36 * 60 / minutes), minutes)
        told = seen(times, np.round(day_c(times), 1))
        assert told.cleaning.good == told.cleaning.rows == times.size


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_spikes_out_of_range_and_duplicates_are_left_out(minutes):
    times = times_of("2026-01-14T00:00", int(36 * 60 / minutes), minutes)
    temps = day_c(times)
    temps[times.size // 3] += 9
    temps[times.size // 2] -= 9
    temps[-1] += 14  # nothing follows that would tell
    temps[5], temps[20] = 85.0, -9999  # a sensor that has just been switched on, one cut off
    times[8], temps[8] = times[9], temps[9] + 1
    told = seen(times, temps).cleaning
    assert (told.spikes, told.out_of_range, told.duplicates, told.steps_back) == (3, 2, 1, 0)
    assert told.good == told.rows - 6


def test_a_burst_of_ten_minutes_is_a_spike_too():
    times = times_of("2026-01-14T00:00", 36 * 60, 1)
    temps = day_c(times)
    temps[600:610] += 8
    assert seen(times, temps).cleaning.spikes == 10


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_a_cold_front_is_weather(minutes):
    """10 K within the hour and no way back: each reading is near to one of its sides."""
    times = times_of("2026-01-14T00:00", int(36 * 60 / minutes), minutes)
    temps = day_c(times) - np.where(times >= times[times.size // 2], 10, 0)
    assert seen(times, temps).cleaning.spikes == 0


def test_a_frozen_sensor_is_found_by_the_forecast_that_moves():
    """Four hours at one value on a morning that warms by 4 K; on a still night they are true."""
    times = times_of("2026-01-14T00:00", 36 * 6, 10)
    temps = np.round(day_c(times), 1)
    temps[150:175] = temps[150]  # 01:00 to 05:00 UTC, the morning
    reference = series("2026-01-13T00:00", day_c(times_of("2026-01-13T00:30", 72, 60)))
    told = seen(times, temps, reference_c=reference)
    assert told.cleaning.frozen == 24  # the first may have been true
    assert seen(times, temps).cleaning.frozen == 0  # nothing to compare with: 6 h at least
    still = seen(times, temps, reference_c=reference * 0)
    assert still.cleaning.frozen == 0
    assert np.isnan(told.hourly.sel(time="2026-01-15T02:00").item())


def test_a_sensor_that_stands_at_zero_for_half_a_day_is_frozen_whatever_else():
    times = times_of("2026-01-14T00:00", 36, 60)
    temps = np.round(day_c(times), 1)
    temps[15:25] = 0.0
    assert seen(times, temps).cleaning.frozen == 9


def test_a_clock_set_back_and_one_lost(tmp_path):
    """Twenty minutes come twice, two rows are of the year 2000: a range of 26 years otherwise."""
    times = times_of("2026-01-15T00:00", 60, 10)
    times[30:] -= np.timedelta64(20, "m")
    times[45:47] = times_of("2000-01-01T00:00", 2, 10)
    told = seen(times, np.zeros(60) + np.arange(60) / 10)
    assert told.cleaning.steps_back == 1
    assert told.cleaning.too_old == 2
    assert told.cleaning.duplicates == 2
    assert told.hourly.sizes["time"] == 10


def test_only_what_was_read_by_then_is_seen():
    times = times_of("2026-01-15T00:00", 36, 60)
    early = seen(times, day_c(times), NOON)
    assert early.cleaning.after_known_by == 23
    assert early.last_good_at == NOON
    assert early.age_h == 0
    late = seen(times, day_c(times), NOON + 12 * HOUR)
    both = late.hourly.sel(time=early.hourly.time)
    known = np.isfinite(early.hourly.values)
    assert (both.values[known] == early.hourly.values[known]).all()


def test_nothing_good_is_an_empty_series_not_an_error():
    told = seen(times_of("2026-01-15T00:00", 5, 60), np.full(5, 270.0))  # kelvin
    assert (told.cleaning.out_of_range, told.cleaning.good) == (5, 0)
    assert told.hourly.sizes["time"] == 0
    assert told.last_good_at is None
    assert told.age_h == float("inf")
    assert present_anomaly(told, series("2026-01-15T00:00", np.zeros(24))) is None


def test_a_year_of_readings_a_minute_is_read_whole():
    times = times_of("2025-01-15T12:00", 365 * 1440, 1)
    told = seen(times, np.round(day_c(times), 2))
    assert told.cleaning.good == times.size
    assert np.isfinite(told.hourly.values).all()


# ---- the present anomaly -------------------------------------------------------------------


def test_the_present_anomaly_is_that_of_the_last_readings():
    """The forecast warms by 1 K an hour from -10 °C; the sensor reads 2 K more, once 8 K more."""
    forecast = series("2026-01-15T00:00", -10 + np.arange(24) + 0.5)
    times = times_of("2026-01-15T00:30", 65, 10)
    temps = -10 + (times - times[0]) / np.timedelta64(3600, "s") + 0.5 + 2
    temps[:40] += 6
    now = present_anomaly(seen(times, temps), forecast)
    assert now is not None
    assert now.anomaly_k == pytest.approx(2)
    assert now.age_h == pytest.approx(50 / 60)
    members = xr.concat([forecast - 1, forecast + 1], "member")
    assert present_anomaly(seen(times, temps), members) == now


def test_an_old_reading_or_another_day_is_no_present_anomaly():
    times = times_of("2026-01-15T00:00", 8, 60)
    told = seen(times, np.arange(8.0))
    assert present_anomaly(told, series("2026-01-15T00:00", np.zeros(24))) is None  # 5 h ago
    assert present_anomaly(told, series("2026-01-14T00:00", np.zeros(8)), hours=12) is None


# ---- six real winters ----------------------------------------------------------------------


@pytest.mark.skipif(not SHENYANG.exists(), reason="real observations are not at hand")
def test_six_years_of_a_real_station_lose_almost_nothing():
    frame = pd.read_csv(SHENYANG)
    temps = frame["ta_c"].to_numpy()
    times = pd.to_datetime(frame["time_local"]).to_numpy().astype("datetime64[ns]")
    there = np.isfinite(temps)
    told = seen(times[there], temps[there], datetime(2016, 1, 1, tzinfo=UTC), days=3000)
    assert told.cleaning.out_of_range == told.cleaning.duplicates == told.cleaning.spikes == 0
    assert told.cleaning.frozen < 0.01 * told.cleaning.rows
