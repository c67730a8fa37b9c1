"""The embedded climate: a pure function of place, hour and seed, and believable."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forecasts.series import check_weather
from forecasts.weather.climate.drawn import ClimateWeather, climate_values
from forecasts.weather.climate.normals import (
    nearest_city,
    normal_temperature,
)
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts
from forecasts.weather.solar import clear_sky_w_per_m2

CHINA = "Asia/Shanghai"
ZAOZHUANG = Place(34.86, 117.55, CHINA)
SHENYANG = Place(41.73, 123.51, CHINA)
LOCAL_MIDNIGHT = datetime(2025, 12, 31, 16, tzinfo=UTC)
SEASONS = {
    "zaozhuang": (34.86, 117.55, "2025-11-15", "2026-03-15"),
    "shenyang": (41.73, 123.51, "2025-11-01", "2026-03-31"),
}


def season(name: str):
    latitude, longitude, first, last = SEASONS[name]
    start = datetime.fromisoformat(first + "T00:00+08:00")
    days = (datetime.fromisoformat(last + "T00:00+08:00") - start).days + 1
    return Place(latitude, longitude, CHINA), hour_starts(start, days * 24)


def daily(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, 24)


@pytest.mark.parametrize("name", ["zaozhuang", "shenyang"])
def test_drawn_seasons_scatter_about_the_normal(name):
    place, starts = season(name)
    drawn = [climate_values(place, starts, seed)["air_temperature"].mean() for seed in range(12)]
    assert np.mean(drawn) == pytest.approx(normal_temperature(place, starts).mean(), abs=0.5)
    assert 0.4 < np.std(drawn) < 2.0


def test_an_hour_has_one_value_whatever_window_it_is_in():
    """Also over the turn of the year, where the draws of two years meet."""
    whole = ClimateWeather().latest_run(
        ZAOZHUANG, LOCAL_MIDNIGHT, LOCAL_MIDNIGHT - timedelta(days=5), 400
    )
    for offset, hours in ((0, 48), (97, 30), (120, 72), (131, 200)):
        start = LOCAL_MIDNIGHT - timedelta(days=5) + timedelta(hours=offset)
        part = ClimateWeather().latest_run(ZAOZHUANG, start, start, hours)
        inside = whole.isel(time=slice(offset, offset + hours))
        assert part.drop_attrs().identical(inside.drop_attrs())


def test_another_seed_is_another_winter_and_the_same_seed_the_same():
    start, hours = LOCAL_MIDNIGHT, 240
    one, again, other = (
        ClimateWeather(seed).latest_run(ZAOZHUANG, start, start, hours).air_temperature.values
        for seed in (1, 1, 2)
    )
    assert (one == again).all()
    assert np.abs(one - other).max() > 1


def test_temperature_is_continuous_also_over_new_year():
    starts = hour_starts(datetime(2025, 11, 1, tzinfo=UTC), 200 * 24)
    for place in (ZAOZHUANG, SHENYANG):
        steps = np.abs(np.diff(climate_values(place, starts, 3)["air_temperature"]))
        # K in an hour; Shenyang 2010-2015 has 8, days joined badly would jump by 10 and more
        assert steps.max() < 9.5
        new_year = int(np.flatnonzero(starts == np.datetime64("2026-01-01T00:00"))[0])
        assert steps[new_year - 1] < 2.5


def test_a_january_day_is_coldest_about_sunrise_and_warmest_about_15_local():
    starts = hour_starts(LOCAL_MIDNIGHT, 31 * 24)
    for place in (ZAOZHUANG, SHENYANG):
        normal = daily(normal_temperature(place, starts)).mean(axis=0)
        assert int(normal.argmin()) in (6, 7)
        assert int(normal.argmax()) in (14, 15)
        drawn = daily(climate_values(place, starts, 1)["air_temperature"]).mean(axis=0)
        assert int(drawn.argmin()) in (5, 6, 7, 8)
        assert int(drawn.argmax()) in (13, 14, 15)


def test_winters_have_cold_spells_and_stay_within_what_has_been_measured():
    """Coldest hours by GB 50736: Zaozhuang's neighbours -14.7…-19.3 °C, Shenyang -29.4 °C.

    A dozen drawn winters must come near and may pass a record by a few kelvin, not by ten. A day's
    low falls by 8 K and more at least now and then (a cold wave), never by 20.
    """
    for place, coldest, warmest_low in ((ZAOZHUANG, -22, -8), (SHENYANG, -36, -20)):
        lows, drops = [], []
        starts = hour_starts(datetime(2025, 10, 31, 16, tzinfo=UTC), 151 * 24)
        for seed in range(12):
            days = daily(climate_values(place, starts, seed)["air_temperature"])
            lows.append(days.min())
            drops.append(np.diff(days.min(axis=1)).min())
        assert coldest < min(lows)
        assert np.median(lows) < warmest_low
        assert -20 < min(drops) < -8


def test_days_resemble_their_neighbours():
    """Lag-1 correlation of daily means about the normal is near 0.6: Shenyang 2010-2015 has it."""
    found = []
    for seed in range(10):
        starts = hour_starts(LOCAL_MIDNIGHT, 90 * 24)
        drawn = climate_values(SHENYANG, starts, seed)["air_temperature"]
        anomaly = daily(drawn - normal_temperature(SHENYANG, starts)).mean(axis=1)
        found.append(np.corrcoef(anomaly[:-1], anomaly[1:])[0, 1])
    assert 0.45 < np.mean(found) < 0.7


def test_other_variables_are_believable():
    starts = hour_starts(LOCAL_MIDNIGHT, 8760)
    city, _ = nearest_city(ZAOZHUANG)
    values = climate_values(ZAOZHUANG, starts, 1)
    clear = clear_sky_w_per_m2(starts, ZAOZHUANG.latitude, ZAOZHUANG.longitude)
    assert (values["global_radiation"] <= clear + 1e-9).all()
    assert (values["global_radiation"][clear == 0] == 0).all()
    assert values["global_radiation"].mean() == pytest.approx(
        np.mean(city.radiation_w_per_m2), rel=0.1
    )
    assert (values["wind_speed"] > 0).all()
    assert values["wind_speed"].max() < 15
    assert values["wind_speed"].mean() == pytest.approx(np.mean(city.wind_m_per_s), rel=0.15)
    humidity = values["relative_humidity"]
    assert (humidity.min(), humidity.max()) >= (10, 50)
    assert humidity.max() <= 100


def test_a_place_far_from_all_cities_is_served_and_told():
    urumqi = Place(43.8, 87.6, "Asia/Urumqi")
    run = ClimateWeather().latest_run(urumqi, LOCAL_MIDNIGHT, LOCAL_MIDNIGHT, 24)
    check_weather(run)
    assert [note.code for note in notes_of(run)] == [NoteCode.STATION_FAR]
    near = ClimateWeather().latest_run(ZAOZHUANG, LOCAL_MIDNIGHT, LOCAL_MIDNIGHT, 24)
    assert notes_of(near) == ()
    assert near.attrs["nature"] == "climate"
