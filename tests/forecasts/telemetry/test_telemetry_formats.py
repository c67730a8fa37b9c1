"""The same readings from files of every kind and shape; clocks, separators, headings, databases."""

import gzip
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook
from sqlalchemy import create_engine, text

from forecasts.telemetry.faults import TelemetryFaults
from forecasts.telemetry.folder import NoteCode, TelemetryReading, read_telemetry
from tests.telemetry_files import Kind, Shape, long_frame, write_telemetry

CHINA = "Asia/Shanghai"
EIGHT = datetime.fromisoformat("2026-01-15T08:00")  # a spreadsheet knows no offsets


def read(folder: Path, **asked) -> TelemetryReading:
    return read_telemetry(folder, CHINA, **asked)


def write(folder: Path, lines: str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(lines.encode(encoding))
    return folder


def rows(reading: TelemetryReading) -> list[tuple[str, str, str, float]]:
    """Return time in UTC (day and minute), id, point, value of each reading."""
    frame = reading.readings
    times = frame["time"].dt.strftime("%d %H:%M")
    parts = (frame[name].astype(str) for name in ("id", "point"))
    return list(zip(times, *parts, frame["value"], strict=True))


def expected(long: pd.DataFrame) -> pd.DataFrame:
    """Return readings as the contract has them, made the plain way."""
    frame = long.assign(time=long["time"].dt.tz_convert("UTC"), sensor="")
    frame = frame.sort_values(["id", "point", "sensor", "time"], ignore_index=True)
    return frame[["time", "id", "point", "sensor", "value"]]


@pytest.mark.parametrize(("kind", "shape"), list(product(Kind, Shape)))
def test_every_kind_and_shape_gives_the_same_readings(tmp_path, kind, shape):
    long = long_frame()
    write_telemetry(tmp_path, long, kind, shape)
    found = read(tmp_path).readings
    assert found["time"].dtype == pd.DatetimeTZDtype("ns", "UTC")
    assert all(found[name].dtype == "category" for name in ("id", "point", "sensor"))
    plain = found.astype(dict.fromkeys(("id", "point", "sensor"), str))
    pd.testing.assert_frame_equal(plain, expected(long), check_dtype=False, rtol=1e-12)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path, encoding, separator):
    lines = ["时间,换热站,二网供温(℃),二网回温", "2026-01-15 08:00,光明小区,45.5,38"]
    write(tmp_path, "\r\n".join(lines).replace(",", separator), encoding=encoding)
    assert rows(read(tmp_path)) == [
        ("15 00:00", "光明小区", "sec_ret_t", 38.0),
        ("15 00:00", "光明小区", "sec_sup_t", 45.5),
    ]


def test_decimal_commas_stand_where_semicolons_separate(tmp_path):
    """1.234,5 is a thousand and more; in a file with commas "1,234.5" is."""
    write(tmp_path, "time;id;QQI;TE3\n2026-01-15 08:00;S1;1.234,5;45,25\n", "a.csv")
    write(tmp_path, 'time,id,QQI,TE3\n2026-01-15 09:00,S1,"1,234.5",45.25\n', "b.csv")
    assert read(tmp_path).readings["value"].tolist() == [1234.5, 1234.5, 45.25, 45.25]


def test_gzip_and_a_comma_at_the_end_of_every_row(tmp_path):
    with gzip.open(tmp_path / "a.csv.gz", "wt", encoding="gb18030") as file:
        file.write("时间,S1.二网供温\n2026-01-15 08:00,45,\n2026-01-15 08:15,46,\n")
    assert [value for *_, value in rows(read(tmp_path))] == [45.0, 46.0]


@pytest.mark.parametrize(
    "said",
    [
        "2026-01-15T08:00+08:00",
        "2026-01-15T00:00:00Z",
        "2026-01-15 08:00:00",
        "2026/1/15 8:00",
        "2026年1月15日 8时00分",
        "2026.01.15 08:00",
        "20260115080000",
        "46037.3333333333",
        "1768435200",
        "1768435200000",
    ],
)
def test_times_as_exports_write_them(tmp_path, said):
    """All are 15 January 2026, 8:00 in China; a serial number counts days from 30 December 1899."""
    write(tmp_path, f"time,id,point,value\n{said},S1,TE3,45\n")
    assert rows(read(tmp_path)) == [("15 00:00", "S1", "sec_sup_t", 45.0)]


def test_a_column_of_days_and_one_of_hours(tmp_path):
    write(tmp_path, "日期,时间,S1.TE3\n2026/1/15,8:00,45\n2026/1/15,24:00,46\n")
    assert [time for time, *_ in rows(read(tmp_path))] == ["15 00:00", "15 16:00"]


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_hour_that_a_clock_shows_twice(tmp_path, newest_first):
    """Berlin, 25 October 2026: 02:30 comes at 00:30 and again at 01:30 UTC, at each station.

    Followed over all rows and not by station, S2's first pass would be taken for the second.
    """
    clock = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    lines = [f"2026-10-25 {at},{place},TE3,{k}" for k, at in enumerate(clock) for place in "AB"]
    if newest_first:
        lines.reverse()
    write(tmp_path, "\n".join(["time,id,point,value", *lines]))
    found = read_telemetry(tmp_path, "Europe/Berlin").readings
    times = ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"]
    for place in "AB":
        one = found[found["id"] == place]
        assert one["time"].dt.strftime("%H:%M").tolist() == times
        assert one["value"].tolist() == [0, 1, 2, 3, 4, 5]


def test_only_what_is_asked_for_is_kept(tmp_path):
    write_telemetry(tmp_path, long_frame(hours=4, ids=("S1",)))
    since, until = datetime(2026, 1, 15, 1, tzinfo=UTC), datetime(2026, 1, 15, 2, tzinfo=UTC)
    found = read(tmp_path, since=since, until=until)
    assert (found.readings["time"].min(), len(found.readings)) == (since, 4 * 3)
    assert found.readings["time"].max() < until
    assert (found.counts[0].readings, found.counts[0].outside) == (12, 36)


@pytest.mark.parametrize(("stamp", "at"), [("step_start", "00:30"), ("step_end", "23:30")])
def test_means_of_a_step_are_put_in_its_middle_and_counters_are_not(tmp_path, stamp, at):
    write(tmp_path, "time,id,point,value\n2026-01-15 08:00,S1,TE3,45\n2026-01-15 08:00,S1,QQI,9\n")
    write(tmp_path, f'stamp = "{stamp}"\nstep_min = 60\n', "telemetry.toml")
    assert [time[3:] for time, *_ in rows(read(tmp_path))] == ["00:00", at]


def workbook(folder: Path, *lines: tuple) -> None:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    book.save(folder / "日报.xlsx")


def test_titles_and_merged_headings_of_a_workbook(tmp_path):
    """A title, stations merged over their points, units below; spreadsheet times and a sum."""
    workbook(
        tmp_path,
        ("枣庄市供热日报",),
        (),
        (None, "S1", None, "S2", None),
        ("时间", "二网供温", "瞬时热量", "二网供温", "瞬时热量"),
        (None, "℃", "MW", "℃", "MW"),
        (EIGHT, 45, 1, "46℃", "--"),
        (46037.375, 47, 2, None, 1.5),
        ("合计", 92, 3, 46, 1.5),
    )
    reading = read(tmp_path)
    assert rows(reading) == [
        ("15 00:00", "S1", "pri_heat", 3.6),
        ("15 01:00", "S1", "pri_heat", 7.2),
        ("15 00:00", "S1", "sec_sup_t", 45.0),
        ("15 01:00", "S1", "sec_sup_t", 47.0),
        ("15 01:00", "S2", "pri_heat", pytest.approx(5.4)),
        ("15 00:00", "S2", "sec_sup_t", 46.0),
    ]
    counts = reading.counts[0]
    assert (counts.rows, counts.empty, counts.unreadable) == (3, 2, 4)
    assert [note.code for note in reading.notes] == [NoteCode.UNREADABLE_ROWS]
    assert "row 8, 时间: '合计' is no time" in reading.notes[0].detail


def test_a_time_merged_over_two_rows_of_heading(tmp_path):
    workbook(
        tmp_path,
        ("时间", "室外温度", "S1", None),
        (None, None, "一网供温", "一网回温"),
        ("2026-01-15 08:00", -5, 95, 45),
    )
    assert rows(read(tmp_path)) == [
        ("15 00:00", "S1", "pri_ret_t", 45.0),
        ("15 00:00", "S1", "pri_sup_t", 95.0),
        ("15 00:00", "network", "out_t", -5.0),
    ]


def test_a_sheet_for_each_station(tmp_path):
    book = Workbook()
    book.active.title = "S1"
    for sheet, value in ((book.active, 45), (book.create_sheet("S2"), 46)):
        sheet.append(("时间", "二网供温"))
        sheet.append((EIGHT, value))
    book.create_sheet("说明").append(("抄表员",))
    book.save(tmp_path / "a.xlsx")
    expected_rows = [("15 00:00", "S1", "sec_sup_t", 45.0), ("15 00:00", "S2", "sec_sup_t", 46.0)]
    assert rows(read(tmp_path, known_ids={"S1", "S2"})) == expected_rows
    write(tmp_path, 'id = "{sheet}"\n', "telemetry.toml")
    assert rows(read(tmp_path)) == expected_rows


def test_a_query_is_given_the_asked_time_and_its_url_by_the_environment(tmp_path, monkeypatch):
    """The bounds are a day wider than asked; the row of 1 January is left out by the database."""
    path = tmp_path / "history.db"
    engine = create_engine(f"sqlite:///{path}")
    frame = pd.DataFrame(
        {
            "t": ["2026-01-01 08:00:00", "2026-01-15 08:00:00", "2026-01-15 09:00:00"],
            "tag": ["ZZ.A03.S1.low.sec_sup_t.PV"] * 3,
            "v": [40.0, 45.0, 46.0],
        }
    )
    frame.to_sql("history", engine, index=False)
    engine.dispose()
    write(
        tmp_path,
        '[[table]]\nurl_env = "TOWN_HISTORY"\n'
        'query = "select t as time, tag, v as value from history where t >= :since and t < :until"',
        "telemetry.toml",
    )
    with pytest.raises(TelemetryFaults, match="TOWN_HISTORY is not set"):
        read(tmp_path)
    monkeypatch.setenv("TOWN_HISTORY", f"sqlite:///{path}")
    since, until = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 15, 1, tzinfo=UTC)
    found = read(tmp_path, since=since, until=until)
    assert rows(found) == [("15 00:00", "S1.low", "sec_sup_t", 45.0)]
    assert (found.counts[0].rows, found.counts[0].outside) == (2, 1)


def test_a_table_that_a_database_lacks_is_told_without_a_traceback(tmp_path):
    with create_engine(f"sqlite:///{tmp_path / 'h.db'}").begin() as connection:
        connection.execute(text("create table other (a)"))
    settings = '[[table]]\nurl = "sqlite:///h.db"\ntable = "readings"\n'
    write(tmp_path, settings, "telemetry.toml")
    with pytest.raises(TelemetryFaults, match=r"no such table: readings"):
        read(tmp_path)


def test_a_hundred_thousand_rows_with_stamps_to_the_second(tmp_path):
    """1e5 rows, each with a time of its own; every one is found, in its place."""
    times = np.datetime64("2026-01-01T00:00:00") + np.arange(100_000).astype("timedelta64[s]")
    values = np.arange(100_000) % 997 / 10
    said = pd.DataFrame({"time": times.astype(str), "id": "S1", "point": "TE3", "value": values})
    said.to_csv(tmp_path / "a.csv", index=False)
    found = read(tmp_path).readings
    np.testing.assert_allclose(found["value"], values)
    assert found["time"].iloc[-1] == pd.Timestamp("2026-01-02 03:46:39+08:00")
