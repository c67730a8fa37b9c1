"""A climate from measured hours: what was put in comes out, and what was assumed is said."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.climate_file import read_climate, write_climate
from forecasts.weather.climate.fit import fit_climate, fit_files
from forecasts.weather.climate.fit_report import FitPart, FitReason
from forecasts.weather.climate.packaged import packaged_climate
from forecasts.weather.climate.past_hours import PastFault, PastHours, read_past
from forecasts.weather.climate.paths import ALL_VARIABLES, winter_paths
from forecasts.weather.provider import Place

CHINA = ZoneInfo("Asia/Shanghai")
SHENYANG = packaged_climate("shenyang")
ANSHAN_PLACE = Place(41.08, 123.00, "Asia/Shanghai")
HEAD = "time,temp_c"


def measured(climate: Climate, years: int, names=("air_temperature",), seed: int = 8) -> PastHours:
    """A record of whole years, drawn from a climate whose figures are known."""
    start = datetime(2001, 1, 1, tzinfo=UTC)
    end = datetime(2001 + years, 1, 1, tzinfo=UTC)
    drawn = winter_paths(climate, start, end, 1, seed, variables=names)
    values = {name: drawn[name].values[0].astype(float) for name in names}
    return PastHours("drawn.csv", drawn.time.values, values, typical=False)


def far_climate() -> Climate:
    """A climate of Anshan that no packaged city has: colder, steadier, of longer memory."""
    kept = replace(SHENYANG.persistence, memory_h=45.0)
    return replace(
        SHENYANG,
        latitude=ANSHAN_PLACE.latitude,
        longitude=ANSHAN_PLACE.longitude,
        mean_c=tuple(mean - 6 for mean in SHENYANG.mean_c),
        day_to_day_sd_k=(3.5,) * 12,
        diurnal_range_k=(7.0,) * 12,
        wind_m_per_s=(4.0,) * 12,
        persistence=kept,
    )


def test_a_long_record_gives_back_the_climate_it_was_drawn_from():
    """Twelve years: a month to 2 K and the year to 0.4 K (they scatter so), spread to 12 %."""
    true = far_climate()
    found, report = fit_climate([measured(true, 12, ALL_VARIABLES)], ANSHAN_PLACE, "own")
    assert np.abs(np.subtract(found.mean_c, true.mean_c)).max() < 2.0
    assert np.mean(found.mean_c) == pytest.approx(np.mean(true.mean_c), abs=0.4)
    assert np.mean(found.day_to_day_sd_k) == pytest.approx(3.5, rel=0.12)
    assert found.persistence.memory_h == pytest.approx(45, abs=8)
    assert found.wind_m_per_s == pytest.approx(true.wind_m_per_s, rel=0.1)
    assert found.radiation_w_per_m2 == pytest.approx(true.radiation_w_per_m2, rel=0.1)
    assert found.humidity_pct == pytest.approx(true.humidity_pct, abs=5)
    assert (found.first_year, found.last_year) == (2001, 2012)
    assert report.hours_missing == 0
    assert report.years == pytest.approx(12, abs=0.01)
    assert {part.part for part in report.assumed} == {FitPart.SHAPE}
    assert FitPart.SEASON in report.fitted


def test_what_a_short_record_cannot_tell_is_assumed_and_said():
    """One year of temperature: no wind column, too short for memory, seasons and records."""
    found, report = fit_climate([measured(far_climate(), 1)], ANSHAN_PLACE, "own")
    assert (report.base_city, report.base_km) == ("anshan", pytest.approx(0, abs=1))
    told = {item.part: item.reason for item in report.assumed}
    assert told == {
        FitPart.SHAPE: FitReason.NEVER_FITTED,
        FitPart.MEMORY: FitReason.TOO_FEW_YEARS,
        FitPart.SEASON: FitReason.TOO_FEW_YEARS,
        FitPart.RECORD: FitReason.TOO_FEW_YEARS,
        FitPart.WIND: FitReason.NO_COLUMN,
        FitPart.RADIATION: FitReason.NO_COLUMN,
        FitPart.HUMIDITY: FitReason.NO_COLUMN,
    }
    anshan = packaged_climate("anshan")
    assert found.wind_m_per_s == pytest.approx(anshan.wind_m_per_s, abs=0.01)
    assert found.persistence == anshan.persistence
    # half-way between 3.5 K measured and 4 to 5 K usual there, in winter
    assert 3.3 < found.day_to_day_sd_k[0] < anshan.day_to_day_sd_k[0]


def test_a_month_without_hours_is_as_far_from_the_base_as_the_others():
    """July missing: the base's July less what the other months are colder, not zero or nan."""
    past = measured(far_climate(), 3)
    july = past.starts.astype("datetime64[M]").astype(int) % 12 == 6
    values = {"air_temperature": np.where(july, np.nan, past.values["air_temperature"])}
    found, report = fit_climate([replace(past, values=values)], ANSHAN_PLACE, "own")
    anshan = packaged_climate("anshan")
    others = [k for k in range(12) if k != 6]
    away = np.mean([found.mean_c[k] - anshan.mean_c[k] for k in others])
    assert found.mean_c[6] == pytest.approx(anshan.mean_c[6] + away, abs=0.02)
    assert report.hours_missing == pytest.approx(3 * 31 * 24, abs=24)
    gaps = [item for item in report.assumed if item.reason is FitReason.TOO_FEW_HOURS]
    assert {(item.part, item.detail) for item in gaps} >= {(FitPart.MEAN, "7")}


def test_gaps_at_night_do_not_warm_a_month():
    """A logger that sleeps every second night: the plain mean would be 1.3 K too warm."""
    past = measured(far_climate(), 3)
    day = past.starts.astype("datetime64[D]").astype(int)
    hour = (past.starts + np.timedelta64(8, "h")).astype("datetime64[h]").astype(int) % 24
    asleep = (hour < 7) & (day % 2 == 0)
    values = {"air_temperature": np.where(asleep, np.nan, past.values["air_temperature"])}
    whole, _ = fit_climate([past], ANSHAN_PLACE, "own")
    found, _ = fit_climate([replace(past, values=values)], ANSHAN_PLACE, "own")
    np.testing.assert_allclose(found.mean_c, whole.mean_c, atol=0.25)


def test_nothing_can_be_fitted_to_a_few_weeks():
    past = measured(far_climate(), 1)
    few = replace(
        past,
        starts=past.starts[:1000],
        values={"air_temperature": past.values["air_temperature"][:1000]},
    )
    with pytest.raises(PastFault, match="only 2 months have hours enough"):
        fit_climate([few], ANSHAN_PLACE, "own")


@pytest.mark.parametrize("name", ["", "Own", "my city", "枣庄", "-x", "a.b"])
def test_a_name_must_be_a_toml_key(name):
    with pytest.raises(ValueError, match="no name for a climate"):
        fit_climate([measured(far_climate(), 1)], ANSHAN_PLACE, name)


def rows(first: datetime, values, step: timedelta = timedelta(hours=1), zone: str = "") -> str:
    lines = [f"{first + k * step:%Y-%m-%dT%H:%M}{zone},{v}" for k, v in enumerate(values)]
    return "\n".join([HEAD, *lines]) + "\n"


def test_a_csv_is_read_by_local_time_or_by_offset(tmp_path):
    """08:00 in China is midnight UTC; the same hours with an offset are the same hours."""
    local, stamped = tmp_path / "a.csv", tmp_path / "b.csv"
    local.write_text(rows(datetime(2020, 1, 1, 8), [1.0, 2.0, ""]))  # noqa: DTZ001 - local
    stamped.write_text(rows(datetime(2020, 1, 1, 9), [1.0, 2.0, ""], zone="+09:00"))  # noqa: DTZ001
    one, other = read_past([local, stamped], CHINA)
    assert one.starts[0] == other.starts[0] == np.datetime64("2020-01-01T00:00")
    np.testing.assert_array_equal(one.values["air_temperature"], [1.0, 2.0, np.nan])
    assert (one.hours_known, one.hours_missing) == (2, 1)
    fixed = read_past([local], timezone(timedelta(hours=9)))[0]
    assert fixed.starts[0] == np.datetime64("2019-12-31T23:00")


def test_finer_rows_in_any_order_are_averaged_and_gaps_counted(tmp_path):
    path = tmp_path / "a.csv.gz"
    text = (
        f"{HEAD},humidity_pct,remark\n2020-01-01T10:30Z,4,50,\n2020-01-01T10:00Z,2,,x\n"
        "2020-01-01T13:00Z,7,60,\n"
    )
    path.write_bytes(gzip.compress(text.encode()))
    (past,) = read_past([path], CHINA)
    np.testing.assert_array_equal(past.values["air_temperature"], [3, np.nan, np.nan, 7])
    np.testing.assert_array_equal(past.values["relative_humidity"], [50, np.nan, np.nan, 60])
    assert (past.hours_missing, past.ignored_columns) == (2, ("remark",))


def test_faults_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEAD}\n2020-01-01,ten\n2020-13-01,1\n2020-01-02,260\n")
    (tmp_path / "b.csv").write_text(f"{HEAD}\n2020-01-01T00:00Z,1\n2020-01-01T08:00+08:00,2\n")
    (tmp_path / "c.csv").write_text("time,temperature\n2020-01-01,1\n")
    (tmp_path / "d.epw").write_text("nothing")
    names = ("a.csv", "b.csv", "c.csv", "d.epw", "none.csv")
    with pytest.raises(PastFault) as told:
        read_past([tmp_path / name for name in names], CHINA)
    assert [line.split(":")[0] for line in told.value.faults] == [
        "a.csv, row 2, temp_c",
        "a.csv, row 3, time",
        "a.csv, row 4, temp_c",
        "b.csv, time",
        "c.csv, row 1",
        "d.epw, row 1",
        "none.csv",
    ]
    assert "1 times are there twice, first 2020-01-01T00:00Z" in told.value.faults[3]


def test_many_faults_are_counted_not_listed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(rows(datetime(2020, 1, 1), ["x"] * 50))  # noqa: DTZ001 - local
    with pytest.raises(PastFault) as told:
        read_past([path], CHINA)
    assert len(told.value.faults) == 21
    assert told.value.faults[-1] == "a.csv: and 30 more."


def test_a_table_does_not_say_where_it_was_measured(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(rows(datetime(2020, 1, 1), [1, 2]))  # noqa: DTZ001 - local
    with pytest.raises(PastFault, match="Give latitude and longitude"):
        fit_files([path], None, "own", CHINA)
    with pytest.raises(PastFault, match="No file of past years"):
        fit_files([], ANSHAN_PLACE, "own", CHINA)


def epw_text(mean_c: float) -> str:
    """A year whose temperature is `mean_c` at midnight and 8 K more at noon, every day."""
    lines = ["LOCATION,Own,-,CHN,made,0,41.08,123.00,8.0,50.0", *["-"] * 7]
    for day in np.arange("2001-01-01", "2002-01-01", dtype="datetime64[D]"):
        _, month, date = str(day).split("-")
        for hour in range(1, 25):
            cells = ["2001", str(int(month)), str(int(date)), str(hour), "60", "x"] + ["0"] * 29
            cells[6] = f"{mean_c + 4 - 4 * np.cos(2 * np.pi * hour / 24):.1f}"
            cells[8], cells[13], cells[21] = "55", "400" if 8 < hour <= 16 else "0", "3.1"
            lines.append(",".join(cells))
    return "\n".join(lines)


def test_an_epw_is_fitted_by_one_call_and_kept_as_a_file(tmp_path):
    """Mean -2 + 4 = 2 °C in every month, a third of the day at 400 W/m²; place from its header."""
    path = tmp_path / "own.epw"
    path.write_text(epw_text(-2.0))
    climate, report = fit_files([path], None, "own", CHINA)
    assert climate.mean_c == pytest.approx((2.0,) * 12, abs=0.1)
    assert climate.radiation_w_per_m2 == pytest.approx((400 / 3,) * 12, rel=0.01)
    assert climate.wind_m_per_s == pytest.approx((3.1,) * 12)
    assert climate.humidity_pct == pytest.approx((55,) * 12)
    assert climate.course_range_k == pytest.approx((8.0,) * 12, abs=0.3)
    assert (climate.latitude, climate.longitude) == (41.08, 123.00)
    assert report.typical_year
    told = {item.part: item.reason for item in report.assumed}
    assert told[FitPart.SEASON] is FitReason.TYPICAL_YEAR
    write_climate(tmp_path / "climate.toml", climate)
    assert read_climate(tmp_path / "climate.toml") == climate
