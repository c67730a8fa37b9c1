"""The packaged climates: whole, as mild as recent winters, and the design figures of GB 50736."""

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import ClimateVersion, centred_on, warmed
from forecasts.weather.climate.normals import (
    NormalWeather,
    nearest_city,
    normal_temperature,
    normal_values,
)
from forecasts.weather.climate.packaged import packaged_climate, packaged_climates
from forecasts.weather.climate.paths import daily_paths
from forecasts.weather.climate.spells import design_temperature_c, heating_days
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts

CHINA = "Asia/Shanghai"
ZAOZHUANG = Place(34.86, 117.55, CHINA)
LOCAL_MIDNIGHT = datetime(2025, 12, 31, 16, tzinfo=UTC)
REFERENCE_CASES = ("zaozhuang", "liaocheng", "heze", "liaoyang", "shenyang", "dalian")
# place, season (local dates), season mean of 1971-2000 in °C: handbook section 14
SEASONS = {
    "zaozhuang": (34.86, 117.55, "2025-11-15", "2026-03-15", 1.7),
    "liaocheng": (36.45, 115.99, "2025-11-15", "2026-03-15", 1.2),
    "heze": (35.25, 115.43, "2025-11-15", "2026-03-15", 1.7),
    "liaoyang": (41.27, 123.17, "2025-11-01", "2026-03-31", -3.9),
    "shenyang": (41.73, 123.51, "2025-11-01", "2026-03-31", -5.1),
    "dalian": (38.90, 121.63, "2025-11-05", "2026-04-05", 0.3),
}
# GB 50736-2012 Appendix A (handbook section 2): t_w', N5, T5, N8, T8
GB50736 = {
    "jinan": (-5.3, 99, 1.4, 122, 2.1),
    "heze": (-4.9, 105, 0.9, 130, 2.2),
    "yanzhou": (-5.5, 104, 0.6, 137, 2.1),
    "linyi": (-4.7, 103, 1.0, 135, 2.3),
    "dezhou": (-6.5, 114, 0.0, 141, 1.3),
    "shenyang": (-16.9, 152, -5.1, 172, -3.6),
    "dalian": (-9.8, 132, -0.7, 152, 0.3),
    "anshan": (-15.1, 143, -3.8, 163, -2.5),
    "fushun": (-20.0, 161, -6.3, 182, -4.8),
    "benxi": (-18.1, 157, -5.1, 175, -3.8),
    "jinzhou": (-13.1, 144, -3.4, 164, -2.2),
}
# Not in the standard: distance-weighted neighbours of the handbook
DERIVED_DESIGN_C = {"zaozhuang": -4.5, "liaocheng": -5.6, "liaoyang": -15.8}


def season(name: str):
    latitude, longitude, first, last, before = SEASONS[name]
    start = datetime.fromisoformat(first + "T00:00+08:00")
    days = (datetime.fromisoformat(last + "T00:00+08:00") - start).days + 1
    return Place(latitude, longitude, CHINA), hour_starts(start, days * 24), before


def drawn_design_c(city: str, years: int = 100) -> float:
    start = datetime.fromisoformat("2001-07-01T00:00+08:00")
    end = datetime.fromisoformat("2002-07-01T00:00+08:00")
    days = daily_paths(packaged_climate(city, ClimateVersion.DESIGN), start, end, years, seed=4)
    return design_temperature_c(days["air_temperature"].values)


@pytest.mark.parametrize("version", ClimateVersion)
def test_all_cities_are_whole(version):
    cities = packaged_climates(version)
    assert {city.city for city in cities} >= set(GB50736) | set(REFERENCE_CASES)
    for city in cities:
        for months in (
            city.mean_c,
            city.day_to_day_sd_k,
            city.diurnal_range_k,
            city.wind_m_per_s,
            city.radiation_w_per_m2,
            city.humidity_pct,
        ):
            assert len(months) == 12
        assert 0.5 < min(city.clearness) < max(city.clearness) < 0.95
        assert max(city.mean_c) in city.mean_c[5:8]
        assert min(city.mean_c) == city.mean_c[0]
        assert dict(city.sources)["mean_source"].split(":")[0] in ("published", "derived")


@pytest.mark.parametrize("name", SEASONS)
def test_the_season_is_as_mild_as_recent_winters(name):
    """Recent winters run up to 2.5 K, and not below, the mean of 1971-2000."""
    place, starts, before = season(name)
    assert nearest_city(place)[0].city == name
    assert 0 <= normal_temperature(place, starts).mean() - before <= 2.5


@pytest.mark.parametrize("name", SEASONS)
def test_the_design_season_has_the_mean_of_the_handbook(name):
    """H§14 gives the season means of 1971-2000; recent means would be 0.4 to 2 K above."""
    place, starts, before = season(name)
    design = packaged_climate(name, ClimateVersion.DESIGN)
    assert normal_temperature(place, starts, design).mean() == pytest.approx(before, abs=0.3)


@pytest.mark.parametrize("city", GB50736)
def test_heating_days_of_the_standard_come_out_of_the_design_means(city):
    """N5/T5 and N8/T8 within 2 days and 0.25 K: counted on the course of long-term daily means."""
    _, days5, mean5, days8, mean8 = GB50736[city]
    noons = np.datetime64("2001-01-01T04", "ns") + np.arange(365) * np.timedelta64(24, "h")
    course = annual_course(packaged_climate(city, ClimateVersion.DESIGN).mean_c, noons)
    five, eight = heating_days(course, 5.0), heating_days(course, 8.0)
    assert (five.days, eight.days) == (pytest.approx(days5, abs=2), pytest.approx(days8, abs=2))
    assert (five.mean_c, eight.mean_c) == (
        pytest.approx(mean5, abs=0.25),
        pytest.approx(mean8, abs=0.25),
    )


@pytest.mark.parametrize("city", ["heze", "shenyang", "dalian", "zaozhuang"])
def test_five_days_a_year_are_colder_than_the_design_temperature(city):
    """t_w' is what drawn years of the design climate give; 100 years tell it to 0.3 K."""
    published = DERIVED_DESIGN_C.get(city) or GB50736[city][0]
    assert drawn_design_c(city) == pytest.approx(published, abs=0.4)


def test_winters_of_the_design_climate_are_colder():
    """Winters of 1971-2000 were colder in every reference case than those of 1991-2020."""
    for name in REFERENCE_CASES:
        recent, design = (packaged_climate(name, v) for v in ClimateVersion)
        assert (recent.first_year, design.first_year) == (1991, 1971)
        winter = [1, 2, 10, 11]
        assert np.mean([recent.mean_c[k] - design.mean_c[k] for k in winter]) > 0.2


def test_warming_moves_every_month_and_nothing_else():
    """1991-2020 is centred on 2005.5; to 2025 are 19.5 years of 0.026 K: 0.507 K."""
    before = packaged_climate("heze")
    after = centred_on(before, 2025)
    np.testing.assert_allclose(np.subtract(after.mean_c, before.mean_c), 0.507)
    assert after.day_to_day_sd_k == before.day_to_day_sd_k
    twice = warmed(after, -0.5)
    np.testing.assert_allclose(np.subtract(twice.mean_c, before.mean_c), 0.007, atol=1e-9)
    assert [key for key, _ in twice.sources].count("warming_source") == 1


def test_monthly_means_of_the_normal_are_the_table():
    city, _ = nearest_city(ZAOZHUANG)
    starts = hour_starts(LOCAL_MIDNIGHT, 8760)
    month = (starts + np.timedelta64(8, "h")).astype("datetime64[M]").astype(int) % 12
    normal = normal_temperature(ZAOZHUANG, starts)
    means = [normal[month == k].mean() for k in range(12)]
    np.testing.assert_allclose(means, city.mean_c, atol=0.3)
    sun = NormalWeather().latest_run(ZAOZHUANG, LOCAL_MIDNIGHT, LOCAL_MIDNIGHT, 8760)
    means = [sun.global_radiation.values[month == k].mean() for k in range(12)]
    np.testing.assert_allclose(means, city.radiation_w_per_m2, rtol=0.06)


def test_a_climate_of_ones_own_goes_before_the_nearest_city():
    """A case brings its own: without that, the nearest packaged city would answer for it."""
    own = warmed(packaged_climate("heze"), 5.0)
    starts = hour_starts(LOCAL_MIDNIGHT, 48)
    packaged = normal_values(ZAOZHUANG, starts, packaged_climate("heze"))["air_temperature"]
    np.testing.assert_allclose(
        normal_values(ZAOZHUANG, starts, own)["air_temperature"], packaged + 5
    )
    run = NormalWeather(climate=own).latest_run(ZAOZHUANG, LOCAL_MIDNIGHT, LOCAL_MIDNIGHT, 48)
    np.testing.assert_allclose(run.air_temperature.values, packaged + 5)
    assert [note.code for note in notes_of(run)] == [NoteCode.STATION_FAR]  # Heze is 198 km away


def test_an_unknown_city_is_told_with_those_there_are():
    with pytest.raises(ValueError, match="'xian' is no packaged city"):
        packaged_climate("xian")
