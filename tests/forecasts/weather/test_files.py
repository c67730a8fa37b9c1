"""Weather from files: what is read, and that a fault is told with its place."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.solar import clear_sky_w_per_m2
from forecasts.weather.verdict import Gate, Outcome, gates_of

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 14, 22, tzinfo=UTC)
START = datetime(2026, 1, 14, 16, tzinfo=UTC)  # 15 January 00:00 local
XUZHOU = (
    Path(__file__).resolve().parents[3]
    / "../shared/data/weather/epw/CHN_JS_Xuzhou.580270_TMYx.epw.gz"
)


def table(step_min: int = 60, hours: int = 72, zone: str = "+08:00") -> list[str]:
    """Rows of a believable table from local midnight: temperature = hour of the table."""
    rows = ["time,temp_c,wind_m_per_s,radiation_w_per_m2,humidity_pct"]
    midnight = datetime(2026, 1, 15)  # noqa: DTZ001 - the zone is what the test varies
    for k in range(hours * 60 // step_min):
        local = midnight + timedelta(minutes=k * step_min)
        sun = 200 if 9 <= local.hour < 16 else 0
        rows.append(f"{local.isoformat()}{zone},{k * step_min / 60 - 30:.3f},2.5,{sun},60")
    return rows


def written(tmp_path: Path, text: str | list[str], encoding: str = "utf-8") -> Path:
    path = tmp_path / "forecast.csv"
    body = text if isinstance(text, str) else "\n".join(text) + "\n"
    path.write_bytes(body.encode(encoding))
    return path


def cause_and_detail(provider, hours: int = 48) -> tuple[Cause, str]:
    with pytest.raises(WeatherUnavailable) as raised:
        provider.latest_run(ZAOZHUANG, NOW, START, hours)
    return raised.value.cause, raised.value.detail


@pytest.mark.parametrize("step_min", [60, 30, 15])
def test_short_steps_become_hourly_means(tmp_path, step_min):
    """A rise of 1 K/h, sampled at step starts: the mean is (1 h - step)/2 above the first."""
    run = CsvWeather(written(tmp_path, table(step_min))).latest_run(ZAOZHUANG, NOW, START, 48)
    assert run.time.values[0] == np.datetime64("2026-01-14T16:00")
    expected = -30 + (1 - step_min / 60) / 2
    assert float(run.air_temperature[0]) == pytest.approx(expected)
    assert float(run.air_temperature[10] - run.air_temperature[9]) == pytest.approx(1)


def test_times_without_offset_are_local_and_both_encodings_are_read(tmp_path):
    usual = CsvWeather(written(tmp_path, table())).latest_run(ZAOZHUANG, NOW, START, 48)
    local = table(zone="")
    with_name = [local[0] + ",备注", *(row + ",晴" for row in local[1:])]
    for encoding in ("utf-8-sig", "gb18030"):
        run = CsvWeather(written(tmp_path, with_name, encoding)).latest_run(
            ZAOZHUANG, NOW, START, 48
        )
        assert run.air_temperature.equals(usual.air_temperature)
        assert NoteCode.COLUMNS_IGNORED in [note.code for note in notes_of(run)]


def test_spreadsheet_dates_are_read(tmp_path):
    rows = [row.replace("2026-01-", "2026/1/").replace("T", " ") for row in table(zone="")]
    run = CsvWeather(written(tmp_path, rows)).latest_run(ZAOZHUANG, NOW, START, 48)
    assert run.time.values[0] == np.datetime64("2026-01-14T16:00")


@pytest.mark.parametrize(
    ("row", "cell", "content", "expected"),
    [
        (3, 1, "abc", "row 4, temp_c: 'abc' is not a number"),
        (3, 1, "-99", "row 4, temp_c: -99, limits -60 to 50"),
        (5, 3, "-1", "row 6, radiation_w_per_m2: -1"),
        (2, 0, "yesterday", "row 3, time: 'yesterday'"),
        (2, 0, "2026-01-14T20:00+08:00", "row 3, time: 2026-01-14T12:00Z does not rise"),
        (0, 1, "temp_C", "row 1, column 'temp_C': unknown, did you mean temp_c?"),
        (0, 1, "outdoors", "row 1: column temp_c is missing"),
    ],
)
def test_a_fault_is_told_with_row_and_column(tmp_path, row, cell, content, expected):
    rows = table()
    cells = rows[row].split(",")
    cells[cell] = content
    rows[row] = ",".join(cells)
    cause, detail = cause_and_detail(CsvWeather(written(tmp_path, rows)))
    assert cause is Cause.FILE_FAULT
    assert detail.startswith("forecast.csv, ")
    assert expected in detail


def test_all_faults_of_a_table_are_told_at_once(tmp_path):
    """Who mends a file wants to mend it once, not fault by fault at six in the morning."""
    rows = table()
    rows[3] = rows[3].replace(",2.5,", ",calm,")
    rows[9] = "x" + rows[9]
    rows[20] += ",7"
    rows[30] = rows[30].replace(",60", ",400")
    _, detail = cause_and_detail(CsvWeather(written(tmp_path, rows)))
    for said in (
        "row 4, wind_m_per_s: 'calm'",
        "row 10, time: 'x2026",
        "row 21: 6 cells",
        "row 31, humidity_pct: 400",
    ):
        assert said in detail
    wrong = [row.replace(",2.5,", ",calm,") for row in table()]
    _, detail = cause_and_detail(CsvWeather(written(tmp_path, wrong)))
    assert "and 52 more" in detail  # 72 rows, 20 told


def test_all_faults_of_a_typed_table_and_of_an_epw_are_told_at_once(tmp_path):
    days = [DAYS[0], "2026-01-15,-6,x,0", "2026-01-17,-8,-9,1", "2026-01-18,,2,3"]
    _, detail = cause_and_detail(DailyMinMaxWeather(written(tmp_path, days)))
    for said in ("row 2, max_c", "row 3, date", "row 3, max_c: -9", "row 4, min_c", "row 4, cloud"):
        assert said in detail
    path = tmp_path / "year.epw"
    path.write_text(epw_text({(1, 1, 5): 77.0, (3, 1, 2): -80.0}))
    _, detail = cause_and_detail(EpwWeather(path))
    assert "row 13, field 7" in detail
    assert "-80, limits -60 to 50" in detail


@pytest.mark.parametrize(("separator", "said"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_named(tmp_path, separator, said):
    rows = [row.replace(",", separator) for row in table()]
    assert said in cause_and_detail(CsvWeather(written(tmp_path, rows)))[1]


def test_a_minus_of_a_word_processor_is_a_minus(tmp_path):
    rows = [row.replace(",-", ",\u2212") for row in table()]
    run = CsvWeather(written(tmp_path, rows)).latest_run(ZAOZHUANG, NOW, START, 48)
    assert float(run.air_temperature[0]) == pytest.approx(-30)


def test_a_long_table_with_members_is_an_ensemble(tmp_path):
    """Six members a kelvin apart, rows by hour; one lacks 4 h and is dropped."""
    usual = table()
    rows = [usual[0] + ",member"]
    for hour, row in enumerate(usual[1:]):
        cells = row.split(",")
        for member in range(6):
            if member == 4 and 30 <= hour < 34:
                continue
            warmer = f"{float(cells[1]) + member:g}"
            rows.append(",".join([cells[0], warmer, *cells[2:], str(member)]))
    run = CsvWeather(written(tmp_path, rows)).latest_run(ZAOZHUANG, NOW, START, 48)
    assert run.number.values.tolist() == [0, 1, 2, 3, 5]
    np.testing.assert_allclose(run.air_temperature.values[:, 0], [-30, -29, -28, -27, -25])


def test_missing_rows_are_bridged_up_to_three_hours(tmp_path):
    rows = table()
    three = CsvWeather(written(tmp_path, rows[:30] + rows[33:]))
    assert three.latest_run(ZAOZHUANG, NOW, START, 48).attrs["interpolated_hours"] == 3
    cause, _ = cause_and_detail(CsvWeather(written(tmp_path, rows[:30] + rows[34:])))
    assert cause is Cause.GAPS


def test_a_table_must_begin_by_now_and_reach_a_day_ahead(tmp_path):
    """Known at 22:00, asked from 16:00: a table from 18:00 serves and says so, from 23:00 not."""
    late = CsvWeather(written(tmp_path, table()[:1] + table()[3:])).latest_run(
        ZAOZHUANG, NOW, START, 48
    )
    assert late.time.values[0] == np.datetime64("2026-01-14T18:00")
    cover = next(verdict for verdict in gates_of(late) if verdict.gate is Gate.COVER)
    assert cover.outcome is Outcome.DOUBTFUL
    assert "2 h after" in cover.detail
    assert cause_and_detail(CsvWeather(written(tmp_path, table()[:1] + table()[8:])))[0] is (
        Cause.WRONG_TIMES
    )
    assert cause_and_detail(CsvWeather(written(tmp_path, table(hours=24))))[0] is Cause.WRONG_TIMES


def test_a_table_in_the_wrong_zone_is_found_by_its_sun(tmp_path):
    rows = [row.replace("+08:00", "+00:00") for row in table()]
    rows[1:1] = [row.replace("2026-01-15", "2026-01-14") for row in rows[1:25]]  # so that it covers
    assert cause_and_detail(CsvWeather(written(tmp_path, rows)))[0] is Cause.WRONG_TIMES


def test_of_several_issues_the_newest_known_one_is_used(tmp_path):
    """A table of recorded forecasts is replayed honestly: the later one is not known yet."""
    rows = [table()[0] + ",issue_time"]
    for issue, shift in (
        ("2026-01-14T08:00Z", 0),
        ("2026-01-14T20:00Z", 1),
        ("2026-01-15T08:00Z", 2),
    ):
        for row in table()[1:]:
            cells = row.split(",")
            cells[1] = f"{float(cells[1]) + shift:g}"
            rows.append(",".join([*cells, issue]))
    run = CsvWeather(written(tmp_path, rows)).latest_run(ZAOZHUANG, NOW, START, 48)
    assert run.attrs["issue_time"] == "2026-01-14T20:00:00+00:00"
    assert run.attrs["issue_time_estimated"] == 0
    assert float(run.air_temperature[0]) == pytest.approx(-29)


def test_a_missing_file_and_a_damaged_archive_are_named(tmp_path):
    assert cause_and_detail(CsvWeather(tmp_path / "none.csv")) == (Cause.FILE_MISSING, "none.csv")
    damaged = tmp_path / "year.epw.gz"
    damaged.write_bytes(gzip.compress(b"LOCATION" * 1000)[:-20])
    assert cause_and_detail(EpwWeather(damaged))[0] is Cause.FILE_FAULT
    damaged.write_bytes(b"no archive")
    assert cause_and_detail(EpwWeather(damaged))[0] is Cause.FILE_FAULT
    assert cause_and_detail(CsvWeather(tmp_path))[0] is Cause.FILE_FAULT  # a folder


DAYS = ["date,min_c,max_c,cloud", "2026-01-15,-6,4,0", "2026-01-16,-8,1,1", "2026-01-17,-10,-1,"]


def test_a_shaped_day_reaches_its_low_at_sunrise_and_its_high_at_15(tmp_path):
    run = DailyMinMaxWeather(written(tmp_path, DAYS)).latest_run(ZAOZHUANG, NOW, START, 72)
    days = run.air_temperature.values.reshape(3, 24)  # START is local midnight
    np.testing.assert_allclose(days.min(axis=1), [-6, -8, -10], atol=0.3)
    np.testing.assert_allclose(days.max(axis=1), [4, 1, -1], atol=0.01)
    assert set(days[:, 12:].argmax(axis=1) + 12) == {15}
    assert int(days[0, :12].argmin()) == 7  # the sun rises at 07:21 in Zaozhuang
    assert np.abs(np.diff(days.ravel())).max() < 3.0  # smooth: never as steep as a step


def test_days_before_a_typed_table_are_like_its_first_and_told(tmp_path):
    """Typed on the 15th for the 15th to 17th: the plan also needs the 13th and 14th."""
    typed = DailyMinMaxWeather(written(tmp_path, DAYS))
    run = typed.latest_run(ZAOZHUANG, NOW, START - timedelta(days=2), 96)
    days = run.air_temperature.values.reshape(5, 24)
    np.testing.assert_allclose(days[0, 8:], days[1, 8:], atol=0.05)  # sunrise moves a little
    assert [note.detail for note in notes_of(run) if note.code is NoteCode.PAST_ASSUMED] == ["2"]
    # Four days are too many to make up: the run begins where the table does.
    short = typed.latest_run(ZAOZHUANG, NOW, START - timedelta(days=4), 120)
    assert short.time.values[0] == np.datetime64("2026-01-14T16:00")
    assert not [note for note in notes_of(short) if note.code is NoteCode.PAST_ASSUMED]


def test_cloud_dims_the_sun_and_wind_is_the_usual(tmp_path):
    run = DailyMinMaxWeather(written(tmp_path, DAYS)).latest_run(ZAOZHUANG, NOW, START, 72)
    clear = clear_sky_w_per_m2(run.time.values, 34.86, 117.55).reshape(3, 24).sum(axis=1)
    share = run.global_radiation.values.reshape(3, 24).sum(axis=1) / clear
    np.testing.assert_allclose(share[:2], [1.0, 0.25])  # Kasten and Czeplak at n = 0 and 1
    assert 1.5 < float(run.wind_speed.mean()) < 3.0
    far = Place(52.5, 13.4, "Europe/Berlin")
    berlin = DailyMinMaxWeather(written(tmp_path, DAYS)).latest_run(
        far, NOW + timedelta(hours=1), datetime(2026, 1, 14, 23, tzinfo=UTC), 48
    )
    assert set(berlin.wind_speed.values) == {2.5}


@pytest.mark.parametrize(
    ("row", "content", "expected"),
    [
        (2, "2026-01-18,-8,1,1", "row 3, date: 2026-01-18 does not follow 2026-01-15"),
        (2, "2026-01-16,5,1,1", "row 3, max_c: 1 is below min_c 5"),
        (2, "2026-01-16,,1,1", "row 3, min_c: empty"),
        (2, "2026-01-16,-8,1,7", "row 3, cloud: 7, limits 0 to 1"),
        (2, "16 Jan,-8,1,1", "row 3, date: '16 Jan'"),
        (2, "2026-01-16,-8", "row 3: 2 cells"),
    ],
)
def test_a_fault_of_the_typed_table_is_told(tmp_path, row, content, expected):
    rows = list(DAYS)
    rows[row] = content
    cause, detail = cause_and_detail(DailyMinMaxWeather(written(tmp_path, rows)))
    assert cause is Cause.FILE_FAULT
    assert expected in detail


def epw_text(change: dict[tuple[int, int, int], float] | None = None) -> str:
    """A year in EPW whose temperature is month + hour/100, whose sun shines from 9 to 16."""
    lines = ["LOCATION,Somewhere,SD,CHN,TEST,0,34.9,117.5,8.0,60", *(["HEADER"] * 7)]
    days = np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]")
    for day in days:
        year, month, date = (int(part) for part in str(day).split("-"))
        for hour in range(1, 25):
            dry = (change or {}).get((month, date, hour), month + hour / 100)
            sun = 300 if 10 <= hour <= 16 else 0
            cells = [year, month, date, hour, 60, "?", dry, 0, 50, 101000, 0, 0, 0, sun]
            lines.append(",".join(str(c) for c in [*cells, *([0] * 7), 3.0, 0]))
    return "\n".join(lines)


def test_epw_hours_end_where_they_are_labelled(tmp_path):
    """EPW hour 10 is 09:00-10:00: its radiation is that of the step starting 09:00 local."""
    path = tmp_path / "year.epw"
    path.write_text(epw_text())
    run = EpwWeather(path).latest_run(ZAOZHUANG, NOW, START, 48)
    sun = run.global_radiation.values[:24]
    assert np.flatnonzero(sun).tolist() == list(range(9, 16))
    # Step 01:00-02:00: mean of the values at 01:00 (EPW hour 1) and 02:00 (EPW hour 2).
    assert float(run.air_temperature[1]) == pytest.approx(1.015)
    assert run.attrs["nature"] == "typical_year"
    assert run.attrs["issue_time_estimated"] == 1


def test_epw_covers_29_february_and_the_turn_of_the_year(tmp_path):
    path = tmp_path / "year.epw.gz"
    path.write_bytes(gzip.compress(epw_text().encode()))
    leap = EpwWeather(path).latest_run(ZAOZHUANG, NOW, datetime(2028, 2, 27, 16, tzinfo=UTC), 72)
    assert leap.air_temperature.values[3] == pytest.approx(2.035)
    assert leap.air_temperature.values[27] == pytest.approx(2.035)  # 29 February as the 28th
    assert leap.air_temperature.values[51] == pytest.approx(3.035)  # 1 March
    turn = EpwWeather(path).latest_run(ZAOZHUANG, NOW, datetime(2026, 12, 31, 12, tzinfo=UTC), 24)
    assert turn.air_temperature.values[0] == pytest.approx(12.205)
    assert turn.air_temperature.values[10] == pytest.approx(1.065)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2001,1,1,5,", "2001,1,1,x,", "row 13, fields 2 to 4"),
        ("2001,1,1,5,", "2001,2,30,5,", "row 13, fields 2 and 3: 2/30 does not exist"),
        ("2001,1,1,5,", "2001,1,1,4,", "row 13: the hour 1/1 4 is there twice"),
        ("2001,1,1,5,60,?,1.05", "2001,1,1,5,60,?,cold", "row 13, field 7 (dry bulb temperature)"),
        ("2001,1,1,5,60,?,1.05", "2001,1,1,5,60,?,-70", "row 13, field 7"),
        ("LOCATION,", "PLACE,", "row 1"),
        ("34.9,117.5,8.0", "34.9,117.5,east", "row 1, field 9"),
    ],
)
def test_a_fault_of_an_epw_is_told(tmp_path, old, new, expected):
    path = tmp_path / "year.epw"
    path.write_text(epw_text().replace(old, new, 1))
    cause, detail = cause_and_detail(EpwWeather(path))
    assert cause is Cause.FILE_FAULT
    assert expected in detail


def test_missing_values_of_an_epw_are_bridged(tmp_path):
    path = tmp_path / "year.epw"
    path.write_text(epw_text({(1, 15, 12): 99.9}))
    run = EpwWeather(path).latest_run(ZAOZHUANG, NOW, START, 48)
    assert run.attrs["interpolated_hours"] == 2  # the two steps that touch 12:00
    assert float(run.air_temperature[12]) == pytest.approx(1.125, abs=0.01)


def test_a_real_typical_year_of_xuzhou_has_a_believable_january():
    if not XUZHOU.exists():
        pytest.skip("typical years are not beside this checkout")
    begin = datetime(2025, 12, 31, 16, tzinfo=UTC)
    run = EpwWeather(XUZHOU).latest_run(ZAOZHUANG, begin, begin, 31 * 24)
    assert float(run.air_temperature.mean()) == pytest.approx(0.6, abs=0.5)
    noon = run.global_radiation.values.reshape(31, 24).mean(axis=0)
    assert int(noon.argmax()) in (11, 12)  # local noon
