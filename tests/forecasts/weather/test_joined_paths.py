"""Paths of weather from a forecast into drawn winters: what the fuel planner's outlook rests on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import expected_temperature, normal_values
from forecasts.weather.climate.packaged import packaged_climate
from forecasts.weather.climate.spread import level_correlation
from forecasts.weather.hand_over import Origin
from forecasts.weather.joined_paths import climate_ahead, weather_ahead
from forecasts.weather.local_days import local_days, means_between
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import RunInfo, hour_starts, weather_run
from forecasts.weather.solar import Floats
from forecasts.weather.steps import resample
from forecasts.weather.weather_ahead import WeatherAhead
from tests.forecast_maker import NOW, YESTERDAY, ZAOZHUANG, whole_forecast

ZONE = "Asia/Shanghai"
CLIMATE = packaged_climate("zaozhuang")
START = datetime(2026, 1, 14, 22, tzinfo=UTC)  # 15 January 06:00 in China
HISTORY_H = 48
FIRST = START - timedelta(hours=HISTORY_H)
LAST_DAY = date(2026, 2, 8)
PATHS, MANY, SEED = 400, 1200, 11


@dataclass(frozen=True)
class _Off:
    """A service that forecasts the normal and something on top, for some days after START."""

    off_k: Callable[[Floats], Floats]  # of hours since START
    days: float = 10.0
    nature: Nature = Nature.FORECAST
    name: str = "off"

    def latest_run(self, place: Place, *_: object) -> xr.Dataset:
        starts = hour_starts(FIRST, HISTORY_H + round(24 * self.days))
        values = normal_values(place, starts, CLIMATE)
        values["air_temperature"] += self.off_k(np.arange(starts.size) - float(HISTORY_H))
        issued = START - timedelta(hours=6)
        here = (place.latitude, place.longitude)
        return weather_run(
            starts, values, RunInfo(self.name, self.nature, place, START, issued, False, *here)
        )


def steadily(off_k: float) -> Callable[[Floats], Floats]:
    return lambda hours: np.full(hours.shape, off_k)


def forecast(service: _Off, days: int = 17) -> xr.Dataset:
    hours = HISTORY_H + 24 * days
    return best_forecast([service], ZAOZHUANG, START, FIRST, hours, climate=CLIMATE)


def ahead(weather: xr.Dataset, paths: int = PATHS, start: datetime = START) -> WeatherAhead:
    return weather_ahead(weather, CLIMATE, ZAOZHUANG, ZONE, start, LAST_DAY, paths, SEED)


def normal_days(found: WeatherAhead, start: datetime = START) -> Floats:
    """Means of the normal over the days of `found`."""
    days = local_days(start, found.dates[-1], ZONE)
    hours = hour_starts(start, round(found.hours.sum()))
    return means_between(expected_temperature(CLIMATE, ZAOZHUANG, hours), hours[0], days.edges)


@pytest.fixture(scope="module")
def cold() -> WeatherAhead:
    """Ten days of forecast, 5 K too cold throughout."""
    return ahead(forecast(_Off(steadily(-5.0))))


def test_days_are_those_of_the_calendar_and_the_first_is_what_is_left_of_it():
    """The clock of Berlin goes forward on 29 March and back on 25 October."""
    spring = local_days(
        datetime(2026, 3, 28, 12, 15, tzinfo=UTC), date(2026, 3, 30), "Europe/Berlin"
    )
    assert spring.hours.tolist() == [10.75, 23, 24]
    autumn = local_days(datetime(2026, 10, 24, 22, tzinfo=UTC), date(2026, 10, 26), "Europe/Berlin")
    assert autumn.hours.tolist() == [25, 24]
    assert autumn.dates == (date(2026, 10, 25), date(2026, 10, 26))


def test_means_count_a_cut_hour_by_its_part():
    """From 00:30 to 02:00 of hours 0, 6, 9: (0.5 x 0 + 1 x 6) / 1.5; then 9 by itself."""
    first = np.datetime64("2026-01-01T00", "ns")
    edges = first + np.array([30, 120, 180]) * np.timedelta64(1, "m")
    hourly = np.array([[0.0, 6.0, 9.0], [1.0, 1.0, 1.0]])
    assert means_between(hourly, first, edges).tolist() == [[4.0, 9.0], [1.0, 1.0]]
    with pytest.raises(ValueError, match="edges reach"):
        means_between(hourly, first, edges + np.timedelta64(1, "h"))


def test_a_season_that_is_over_and_a_start_outside_the_weather_are_refused():
    weather = forecast(_Off(steadily(0.0)))
    late = datetime(2026, 2, 8, 16, tzinfo=UTC)  # midnight after LAST_DAY in China
    with pytest.raises(ValueError, match="2026-02-08, the last day"):
        ahead(weather, start=late)
    with pytest.raises(ValueError, match="outside the weather at hand"):
        ahead(weather, start=FIRST - timedelta(hours=1))
    last_minutes = climate_ahead(
        CLIMATE, ZAOZHUANG, ZONE, late - timedelta(minutes=15), LAST_DAY, 2, SEED
    )
    assert last_minutes.hours.tolist() == [0.25]


def test_near_days_spread_as_the_forecast_says():
    """Daily means by `daily_mean_sd`; without memory they would spread by a fifth of the hours'."""
    weather = forecast(_Off(lambda hours: 3 * np.sin(hours / 30)))
    found = ahead(weather, paths=MANY, start=START + timedelta(hours=18))  # a local midnight
    told = weather["daily_mean_sd"].values
    # told of 24 h from START on: 18 h into the day before
    expected = np.interp(np.arange(9) + 0.75, np.arange(told.size), told)
    assert found.path_c[:, :9].std(axis=0) == pytest.approx(expected, rel=0.06)
    assert found.path_c[:, :9].mean(axis=0) == pytest.approx(found.expected_c[:9], abs=0.3)
    assert found.from_forecast[:9].all()
    assert not found.from_forecast[10:].any()


def test_a_cold_spell_missed_is_missed_for_days(cold: WeatherAhead):
    """Errors of neighbouring days hang together, later ones as the climate's anomalies do."""
    together = [np.corrcoef(cold.path_c[:, k], cold.path_c[:, k + 1])[0, 1] for k in range(24)]
    assert min(together) > 0.5
    assert np.mean(together[5:9]) == pytest.approx(np.mean(together[15:]), abs=0.12)


def test_nothing_jumps_where_the_climate_takes_over(cold: WeatherAhead):
    """5 K too cold until 25 January 06:00, then drawn winters that go on from there."""
    seam = cold.dates.index(date(2026, 1, 25))
    off_k = cold.path_c.mean(axis=0) - normal_days(cold)
    # what the climate itself forgets of 5 K within a day, and noise of 400 paths
    forgets_k = 5.0 * (1 - float(level_correlation(CLIMATE, np.array([30.0]))[0]))
    for day in range(seam - 1, seam + 3):
        assert abs(off_k[day + 1] - off_k[day]) < forgets_k
    assert off_k[seam - 1] == pytest.approx(-5.0, abs=0.2)
    assert off_k[seam + 10] == pytest.approx(-0.5, abs=0.8)
    spread = cold.path_c.std(axis=0)
    assert spread[seam - 1 : seam + 4] / spread[seam - 2 : seam + 3] == pytest.approx(1.0, abs=0.1)
    # and path by path: the change from day to day is nowhere larger than in the climate
    change = np.diff(cold.path_c, axis=1).std(axis=0)
    assert change[seam - 2 : seam + 2].max() < 1.15 * np.median(change[seam + 5 :])


@pytest.mark.parametrize(("off_k", "days"), [(-5.0, 7.25), (5.0, 3.0), (0.0, 9.5)])
def test_the_expected_course_is_the_mean_of_the_paths(off_k: float, days: float):
    found = ahead(forecast(_Off(steadily(off_k), days)), paths=MANY)
    assert found.expected_c == pytest.approx(found.path_c.mean(axis=0), abs=0.4)
    assert float((found.expected_c - found.path_c.mean(axis=0)).mean()) == pytest.approx(
        0, abs=0.15
    )


def test_another_daily_course_is_no_anomaly_that_lasts():
    """Nights 4 K colder and noons 4 K warmer than the climate's, the run ending before dawn.

    Taken at its word the last hour, 3.9 K too cold, would make the whole next day 1.7 K colder.
    """
    swing = _Off(lambda hours: -4.0 * np.cos(2 * np.pi * hours / 24), 8.0)
    found = ahead(forecast(swing))
    after = found.dates.index(date(2026, 1, 24))
    assert (found.expected_c - normal_days(found))[after] == pytest.approx(0, abs=0.5)


def test_steps_of_15_minutes_give_the_same_days(cold: WeatherAhead):
    finer = ahead(resample(forecast(_Off(steadily(-5.0))), 0.25))
    assert np.array_equal(finer.path_c, cold.path_c)
    assert np.array_equal(finer.before_c, cold.before_c)


def test_a_path_is_the_same_however_many_are_asked_for(cold: WeatherAhead):
    few = ahead(forecast(_Off(steadily(-5.0))), paths=60)
    assert np.allclose(few.path_c, cold.path_c[:60], atol=1e-4)


def test_the_days_before_are_the_hours_before_the_start(cold: WeatherAhead):
    hours = expected_temperature(CLIMATE, ZAOZHUANG, hour_starts(FIRST, HISTORY_H)) - 5.0
    assert cold.before_c == pytest.approx(hours.reshape(2, 24).mean(axis=1))
    assert cold.hours[:2].tolist() == [18.0, 24.0]
    assert cold.dates[0] == date(2026, 1, 15)
    assert (cold.paths, cold.days) == (PATHS, 25)


def test_members_are_blended_into_paths_of_their_own():
    """400 paths of 20 members: all different, as wide as they, in the mean the forecast."""
    weather = whole_forecast(run_hours=192)
    found = weather_ahead(
        weather, CLIMATE, ZAOZHUANG, ZONE, NOW + timedelta(minutes=30), LAST_DAY, PATHS, SEED
    )
    assert np.unique(found.path_c[:, 1].round(6)).size == PATHS
    day = slice(48, 72)  # 16 January in China
    members = weather["air_temperature_member"].values[:, day].mean(axis=1)
    assert found.path_c[:, 1].std() == pytest.approx(members.std(ddof=1), rel=0.1)
    assert found.path_c[:, 1].mean() == pytest.approx(found.expected_c[1], abs=0.15)
    assert found.expected_c[1] == pytest.approx(float(weather["air_temperature"][day].mean()))
    assert YESTERDAY.hour == 16  # whole local days


def test_weather_that_is_no_forecast_is_not_taken_for_one():
    """A drawn year stands in for the plan of the day; of the coming weeks it knows nothing."""
    drawn = forecast(_Off(steadily(-9.0), 17.0, Nature.CLIMATE))
    found = ahead(drawn)
    bare = climate_ahead(CLIMATE, ZAOZHUANG, ZONE, START, LAST_DAY, PATHS, SEED)
    assert np.array_equal(found.path_c, bare.path_c)
    assert found.expected_c == pytest.approx(normal_days(found))
    assert not found.from_forecast.any()
    assert bare.before_c.size == 0


def test_without_a_forecast_the_own_sensor_says_where_to_begin():
    """The sensor saw 8 K below normal until an hour before the start."""
    drawn = forecast(_Off(steadily(0.0), 17.0, Nature.CLIMATE))
    origin, temperature_c = drawn["origin"].values.copy(), drawn["air_temperature"].values.copy()
    origin[: HISTORY_H - 1] = Origin.OBSERVED
    temperature_c[: HISTORY_H - 1] -= 8.0
    seen = drawn.assign(origin=("time", origin), air_temperature=("time", temperature_c))
    found = ahead(seen)
    off_k = found.path_c.mean(axis=0) - normal_days(found)
    assert -8.0 < off_k[0] < -5.5
    assert -4.0 < off_k[2] < -0.5
    assert found.path_c[:, 0].std() < 0.6 * found.path_c[:, 8].std()
    # drawn winters take a part of a cold night for its clear sky, which is gone by noon
    assert found.expected_c[1:5] == pytest.approx(found.path_c.mean(axis=0)[1:5], abs=0.6)


def test_a_cold_yesterday_makes_cold_days_of_the_climate():
    normal = expected_temperature(
        CLIMATE, ZAOZHUANG, hour_starts(START - timedelta(hours=24), 24)
    ).mean()
    found = climate_ahead(
        CLIMATE, ZAOZHUANG, ZONE, START, LAST_DAY, MANY, SEED, np.array([3.0, normal - 6.0])
    )
    off_k = found.path_c.mean(axis=0) - normal_days(found)
    assert -6.0 < off_k[0] < -3.5
    assert off_k[:4].tolist() == sorted(off_k[:4])
    # of the first day only sunny hours are left, which a cold day has more of
    assert found.expected_c[1:5] == pytest.approx(found.path_c.mean(axis=0)[1:5], abs=0.4)
    assert found.before_c.tolist() == [3.0, normal - 6.0]


def test_a_wilder_climate_spreads_the_later_days_only():
    """The forecast's own days keep its spread where the climate has twice its own."""
    wild: Climate = replace(
        CLIMATE, day_to_day_sd_k=tuple(1.5 * sd for sd in CLIMATE.day_to_day_sd_k)
    )
    weather = forecast(_Off(steadily(0.0)))
    usual = ahead(weather)
    wider = weather_ahead(weather, wild, ZAOZHUANG, ZONE, START, LAST_DAY, PATHS, SEED)
    assert wider.path_c[:, :4].std(axis=0) == pytest.approx(
        usual.path_c[:, :4].std(axis=0), rel=0.1
    )
    assert wider.path_c[:, 20].std() > 1.3 * usual.path_c[:, 20].std()
