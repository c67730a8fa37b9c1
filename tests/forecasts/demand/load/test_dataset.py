"""A dataset folder becomes a record: ends of steps, clocks, gaps, and all faults told at once."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from forecasts.demand.load.dataset import read_dataset
from forecasts.demand.load.dataset_cells import DatasetFaults
from forecasts.demand.load.record import HUMIDITY, RADIATION, TEMPERATURE, WIND
from tests.heat_load_data import REASON, SETS, write_dataset

HEAD = "time,heat_mw,outdoor_temp_c"


def folder_of(tmp_path: Path, *rows: str, head: str = HEAD, forecasts: str | None = None) -> Path:
    (tmp_path / "observations.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    if forecasts is not None:
        (tmp_path / "forecasts.csv").write_text(forecasts, encoding="utf-8")
    return tmp_path


def hours(count: int, first: str = "2026-01-01T00:00", offset: str = "+08:00") -> list[str]:
    start = np.datetime64(first)
    return [f"{start + np.timedelta64(k, 'h')}{offset},{10 + k},{-k}" for k in range(count)]


def faults_of(folder: Path, **named: str) -> str:
    with pytest.raises(DatasetFaults) as raised:
        read_dataset(folder, **named)
    return str(raised.value)


def test_an_end_becomes_the_start_of_its_step_in_utc(tmp_path):
    """01:00+08:00 ends the step that began at 16:00 UTC the day before; 17:00 would be its end."""
    record = read_dataset(folder_of(tmp_path, *hours(3, "2026-01-01T01:00"))).record
    assert record.times[0] == np.datetime64("2025-12-31T16:00")
    assert record.step_h == 1.0
    assert record.load_mw.tolist() == [10, 11, 12]
    assert record.weather[TEMPERATURE].tolist() == [0, -1, -2]
    assert record.timezone == "UTC+08:00"


def test_all_weather_columns_have_our_names(tmp_path):
    head = "time,heat_mw,outdoor_temp_c,wind_speed_m_s,shortwave_w_m2,relative_humidity_pct"
    rows = [f"2026-01-01T0{k}:00Z,1,2,3,-4,50" for k in range(3)]
    record = read_dataset(folder_of(tmp_path, *rows, head=head)).record
    assert {name: values[0] for name, values in record.weather.items()} == {
        TEMPERATURE: 2,
        WIND: 3,
        RADIATION: 0,  # a pyranometer's night
        HUMIDITY: 50,
    }
    assert record.timezone == "UTC"


def test_missing_rows_and_words_for_nothing_are_gaps(tmp_path):
    rows = ["2026-01-01T01:00Z,1,", "2026-01-01T02:00Z,nan,5", "2026-01-01T05:00Z,4,-"]
    rows += ["2026-01-01T06:00Z,5,1", "2026-01-01T07:00Z,6,1"]
    dataset = read_dataset(folder_of(tmp_path, *rows))
    assert np.isnan(dataset.record.load_mw).tolist() == [0, 1, 1, 1, 0, 0, 0]
    assert np.isnan(dataset.record.weather[TEMPERATURE]).tolist() == [1, 0, 1, 1, 1, 0, 0]
    assert (dataset.left_out.steps, dataset.left_out.loads) == (7, 4)


def test_rows_out_of_order_and_repeated_are_put_right_and_counted(tmp_path):
    rows = hours(5)
    dataset = read_dataset(folder_of(tmp_path, rows[2], rows[0], rows[1], rows[1], *rows[3:]))
    assert dataset.record.load_mw.tolist() == [10, 11, 12, 13, 14]
    assert dataset.left_out.repeated_rows == 1
    assert dataset.left_out.unordered_rows == 1


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_the_step_is_found(tmp_path, minutes):
    ends = np.datetime64("2026-01-01T00:00") + np.arange(9) * np.timedelta64(minutes, "m")
    rows = [f"{end}Z,1,2" for end in np.delete(ends, 3)]
    record = read_dataset(folder_of(tmp_path, *rows)).record
    assert record.step_h == minutes / 60
    assert record.times.size == 9


def test_clock_changes_keep_every_hour_and_name_the_zone(tmp_path):
    """Without offsets in the times the doubled hour would be one row, and the missing one a gap."""
    rows = []
    for first, count, before, after, change in (
        ("2025-10-25T12:00", 36, 2, 1, "2025-10-26T01:00"),
        ("2026-03-28T12:00", 36, 1, 2, "2026-03-29T01:00"),
    ):
        for k in range(count):
            utc = np.datetime64(first) + np.timedelta64(k, "h")
            offset = before if utc < np.datetime64(change) else after
            rows.append(f"{utc + np.timedelta64(offset, 'h')}+0{offset}:00,{len(rows)},1")
    record = read_dataset(folder_of(tmp_path, *rows)).record
    assert record.timezone == "Europe/Berlin"
    assert np.isfinite(record.load_mw[:36]).all()
    assert record.load_mw[:36].tolist() == list(range(36))
    assert np.isfinite(record.load_mw[-36:]).all()
    assert read_dataset(tmp_path, "Europe/Belgrade", "RS").record.timezone == "Europe/Belgrade"


def test_implausible_values_are_left_out_and_counted(tmp_path):
    """A load of 9999 among 10 to 40, a sentinel of −999 °C: gaps, not physics, and never silent."""
    rows = hours(30)
    rows[4], rows[7] = "2026-01-01T04:00+08:00,9999,1", "2026-01-01T07:00+08:00,17,-999"
    dataset = read_dataset(folder_of(tmp_path, *rows))
    assert np.flatnonzero(np.isnan(dataset.record.load_mw)).tolist() == [4]
    assert np.flatnonzero(np.isnan(dataset.record.weather[TEMPERATURE])).tolist() == [7]
    assert dataset.left_out.implausible == {
        "observations.csv heat_mw": 1,
        "observations.csv outdoor_temp_c": 1,
    }


def test_packed_tables_and_a_byte_order_mark_are_read(tmp_path):
    text = "\ufeff" + "\n".join((HEAD, *hours(3))) + "\r\n"
    (tmp_path / "observations.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert read_dataset(tmp_path).record.load_mw.tolist() == [10, 11, 12]


# ---- faults ------------------------------------------------------------------------------------

FAULTY = {
    "no offset": ("2026-01-01T03:00,1,2", "row 5, time: '2026-01-01T03:00' has no offset from UTC"),
    "no moment": ("1st of May,1,2", "row 5, time: '1st of May' is no moment"),
    "no such day": ("2026-02-30T03:00Z,1,2", "row 5, time: '2026-02-30T03:00Z' is no moment"),
    "word": ("2026-01-01T03:00+08:00,ten,2", "row 5, heat_mw: 'ten' is not a number"),
    "infinite": ("2026-01-01T03:00+08:00,inf,2", "row 5, heat_mw: 'inf' is not a number"),
    "comma": ('2026-01-01T03:00+08:00,"1,5",2', "row 5, heat_mw: '1,5' is not a number"),
    "negative": ("2026-01-01T03:00+08:00,-3,2", "row 5, heat_mw: '-3' is below 0"),
    "off grid": ("2026-01-01T03:10+08:00,1,2", "'2026-01-01T03:10+08:00' is off the grid of 60"),
    "twice": ("2026-01-01T02:00+08:00,1,2", "'2026-01-01T02:00+08:00' is there twice with other"),
    "too long": ("2026-01-01T03:00+08:00,1,2,3", "row 5: 4 cells, the header has 3"),
    "century": ("2126-01-01T03:00+08:00,1,2", "row 5, time: is decades after the first"),
}


@pytest.mark.parametrize("kind", FAULTY)
def test_a_fault_names_file_row_column_and_cure(tmp_path, kind):
    row, told = FAULTY[kind]
    rows = hours(30)
    text = faults_of(folder_of(tmp_path, *rows[:3], row, *rows[4:]))
    assert text.startswith("observations.csv, ")
    assert told in text


def test_all_faults_are_told_at_once_each_kind_in_one_line(tmp_path):
    """Else a file of a year without offsets would hide its other fault behind 8760 lines."""
    rows = [row.replace("+08:00", "") for row in hours(20)]
    rows[11] = "2026-01-01T11:00,many,-5"
    forecasts = "issue_time,time,outdoor_temp_c\n2026-01-01T00:00Z,2026-01-01T01:00Z,cold\n"
    forecasts += "2026-01-01T00:00Z,2026-01-01T02:00Z,1\n"
    lines = faults_of(folder_of(tmp_path, *rows, forecasts=forecasts)).splitlines()
    assert len(lines) == 5  # two rows of times shown, the third with how many more
    assert "(and in 17 more rows)" in lines[2]
    assert "row 13, heat_mw: 'many' is not a number" in lines[3]
    assert lines[4].startswith("forecasts.csv, row 2, outdoor_temp_c: 'cold'")


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("time,heat_kw,outdoor_temp_c", "column 'heat_kw': unknown, did you mean heat_mw?"),
        ("Time,heat_mw,outdoor_temp_c", "column 'Time': unknown, did you mean time?"),
        ("time,load,outdoor_temp_c", "column heat_mw is missing"),
        ("time;heat_mw;outdoor_temp_c", "separated by semicolons"),
        ("time,heat_mw,heat_mw", "a column is there twice: heat_mw"),
    ],
)
def test_a_wrong_header_is_told_with_the_near_name(tmp_path, head, told):
    assert told in faults_of(folder_of(tmp_path, *hours(3), head=head))


def test_unknown_columns_are_passed_over_and_named(tmp_path):
    head = "time,heat_mw,shift_leader"
    dataset = read_dataset(folder_of(tmp_path, *hours(4), head=head))
    assert dataset.left_out.ignored_columns == ("observations.csv shift_leader",)


def test_mixed_steps_are_a_fault(tmp_path):
    """Hourly rows followed by quarter hours would else be a record that is three quarters gap."""
    rows = hours(24)
    start = np.datetime64("2026-01-02T00:00")
    rows += [f"{start + np.timedelta64(15 * k, 'm')}+08:00,5,1" for k in range(60)]
    assert "steps are mixed, 59 rows of 15 minutes and 24 of 60" in faults_of(
        folder_of(tmp_path, *rows)
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no rows after the header"),
        (["2026-01-01T00:00Z,5,1"], "a single row has no step"),
        (["2026-01-01T00:00Z,,1", "2026-01-01T01:00Z,,1"], "no load in any row"),
        ([f"2026-01-0{k}T00:00Z,1,1" for k in (1, 2, 3)], "mostly 1440 minutes apart"),
    ],
)
def test_too_little_is_told(tmp_path, rows, told):
    assert told in faults_of(folder_of(tmp_path, *rows))


def test_offsets_of_no_clock_ask_for_a_zone(tmp_path):
    """Half-days of +01:00 and +09:00 are no summer time."""
    rows = [
        f"{np.datetime64('2026-01-01T00:00') + np.timedelta64(k + offset, 'h')}+0{offset}:00,1,1"
        for k in range(96)
        for offset in (1 if k % 24 < 12 else 9,)
    ]
    folder = folder_of(tmp_path, *rows)
    assert "Give --timezone" in faults_of(folder)
    assert read_dataset(folder, "Asia/Shanghai").record.timezone == "Asia/Shanghai"
    assert "timezone Asia/Shenyang is unknown" in faults_of(folder, timezone="Asia/Shenyang")


def test_a_folder_without_observations_says_what_it_must_hold(tmp_path):
    assert "observations.csv (time,heat_mw" in faults_of(tmp_path)
    assert "no such folder" in faults_of(tmp_path / "none")


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "observations.csv").write_bytes("时间,heat_mw\n".encode("gb18030"))
    assert "is not UTF-8 text" in faults_of(tmp_path)


# ---- forecasts ---------------------------------------------------------------------------------


def runs_text(*rows: str) -> str:
    return "\n".join(("issue_time,time,outdoor_temp_c", *rows)) + "\n"


def test_runs_are_laid_on_the_steps_of_the_load(tmp_path):
    """Two runs: at 00:00 of steps from 00:00, and at 01:30, rows from two hours before it."""
    text = runs_text(
        "2026-01-01T00:00Z,2026-01-01T01:00Z,1",
        "2026-01-01T00:00Z,2026-01-01T02:00Z,2",
        "2026-01-01T00:00Z,2026-01-01T04:00Z,4",
        "2026-01-01T01:30Z,2026-01-01T01:00Z,10",
        "2026-01-01T01:30Z,2026-01-01T02:00Z,20",
        "2026-01-01T01:30Z,2026-01-01T03:00Z,30",
    )
    rows = hours(6, "2026-01-01T01:00", "Z")
    dataset = read_dataset(folder_of(tmp_path, *rows, forecasts=text))
    assert not dataset.weather.perfect
    ahead = dataset.weather.ahead(TEMPERATURE, np.array([0, 1, 2, 3]), 3)
    nan = np.nan
    assert np.array_equal(
        ahead, [[1, 2, nan], [2, nan, 4], [30, nan, nan], [nan] * 3], equal_nan=True
    )


def test_hourly_runs_serve_quarter_hours_along_straight_lines(tmp_path):
    """Means of 0 and 4 °C stand for 00:30 and 01:30: at 00:52.5 it is 1.5 °C."""
    ends = [f"2026-01-01T0{k // 4}:{15 * (k % 4):02d}Z,1,1" for k in range(1, 9)]
    text = runs_text(
        "2026-01-01T00:00Z,2026-01-01T01:00Z,0", "2026-01-01T00:00Z,2026-01-01T02:00Z,4"
    )
    weather = read_dataset(folder_of(tmp_path, *ends, forecasts=text)).weather
    ahead = weather.ahead(TEMPERATURE, np.array([0]), 8)[0]
    assert ahead.tolist() == [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4]


def test_quarter_hourly_runs_are_averaged_to_hours(tmp_path):
    said = [f"2026-01-01T00:00Z,2026-01-01T0{k // 4}:{15 * (k % 4):02d}Z,{k}" for k in range(1, 9)]
    folder = folder_of(tmp_path, *hours(6, "2026-01-01T01:00", "Z"), forecasts=runs_text(*said))
    ahead = read_dataset(folder).weather.ahead(TEMPERATURE, np.array([0]), 2)[0]
    assert ahead.tolist() == [2.5, 6.5]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-01-01T00:00,2026-01-01T03:00Z,1", "row 4, issue_time: '2026-01-01T00:00' has no"),
        ("2026-01-01T00:00Z,2026-01-01T03:20Z,1", "'2026-01-01T03:20Z' is off the steps"),
        ("2026-01-01T00:00Z,2027-01-01T03:00Z,1", "is months after the run begins"),
        ("2026-01-01T00:00Z,2026-01-01T02:00Z,9", "is there twice in its run, with other values"),
    ],
)
def test_faults_of_runs_are_told(tmp_path, row, told):
    text = runs_text(
        "2026-01-01T00:00Z,2026-01-01T01:00Z,1",
        "2026-01-01T00:00Z,2026-01-01T02:00Z,2",
        row,
    )
    folder = folder_of(tmp_path, *hours(6, "2026-01-01T01:00", "Z"), forecasts=text)
    assert told in faults_of(folder)


# ---- recorded loads ----------------------------------------------------------------------------

ZONES = {"tartu": "Europe/Helsinki", "copenhagen": "Europe/Berlin", "network": "Europe/Berlin"}


@pytest.mark.parametrize("name", ZONES)
def test_recorded_loads_are_read_whole(tmp_path, name):
    """Mean loads as in the README of the data; every clock change keeps its hours."""
    chosen = SETS[name]
    if not chosen.there:
        pytest.skip(REASON)
    dataset = read_dataset(write_dataset(chosen, tmp_path / name))
    record, mean = dataset.record, {"tartu": 0.03543, "copenhagen": 1021, "network": 105.7}[name]
    assert record.timezone == ZONES[name]
    assert np.nanmean(record.load_mw) == pytest.approx(mean, rel=1e-3)
    assert not dataset.left_out.implausible
    gaps = {"tartu": 350, "copenhagen": 24, "network": 0}[name]
    assert dataset.left_out.steps - dataset.left_out.loads == gaps
