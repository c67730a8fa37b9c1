"""The chain of providers: order, fallback, the store, the end filled, and what is told of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from weather_server import Fault, weather_server

from forecasts.series import check_weather
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.files import EpwWeather
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.provenance import Attempt, NoteCode, provenance_of
from forecasts.weather.provider import Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts, weather_run
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.verdict import Gate, Outcome
from forecasts.weather.web import WebClient

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)
START = datetime(2026, 1, 13, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Fixed:
    """A provider with one run of one temperature, `age_h` old, that reaches `lead_h` ahead."""

    def __init__(self, name: str, temperature_c: float, age_h: float = 6, lead_h: int = 72) -> None:
        self.name = name
        self.temperature_c = temperature_c
        self.age_h = age_h
        self.lead_h = lead_h
        self.asked = 0

    def latest_run(self, place, known_by, start, _hours):
        self.asked += 1
        last = known_by.replace(minute=0) + self.lead_h * HOUR
        starts = hour_starts(start, int((last - start) / HOUR))
        values = {
            "air_temperature": np.full(starts.size, self.temperature_c),
            "wind_speed": np.full(starts.size, 4.0),
            "global_radiation": np.zeros(starts.size),
        }
        issued = known_by - self.age_h * HOUR
        info = RunInfo(self.name, Nature.FORECAST, place, known_by, issued, False, 34.9, 117.5)
        return weather_run(starts, values, info)


class Broken:
    def __init__(self, name: str, cause: Cause) -> None:
        self.name = name
        self.cause = cause

    def latest_run(self, *_asked):
        raise WeatherUnavailable(self.name, self.cause, "figures")


def found(providers, hours: int = 96, **settings):
    weather = best_forecast(providers, ZAOZHUANG, NOW, START, hours, **settings)
    check_weather(weather)
    assert weather.sizes["time"] == hours
    assert weather.time.values[0] == np.datetime64("2026-01-13T16:00")
    return weather, provenance_of(weather)


def codes(provenance) -> list[NoteCode]:
    return [note.code for note in provenance.notes]


def test_the_first_fresh_forecast_is_used():
    second = Fixed("second", -5)
    weather, told = found([Fixed("first", -3), second])
    assert (told.provider, told.nature, told.fresh, told.age_h) == (
        "first",
        Nature.FORECAST,
        True,
        6,
    )
    assert (told.attempts, told.notes, told.filled_hours) == ((), (), 0)
    assert second.asked == 1  # as a second opinion
    assert set(weather.air_temperature.values) == {-3}


def test_a_service_that_stands_alone_is_passed_over():
    """The first says -13 °C, two others -3: without a majority its word would make the plan."""
    _, told = found([Fixed("alone", -13), Fixed("one", -3), Fixed("two", -3.5)])
    assert told.provider == "one"
    assert [(a.provider, a.cause) for a in told.attempts] == [("alone", Cause.DOUBTED)]
    assert "stands alone" in told.attempts[0].detail


def test_of_two_that_differ_the_first_is_used_and_doubted():
    _, told = found([Fixed("first", -13), Fixed("second", -3)])
    assert (told.provider, told.attempts) == ("first", ())
    doubts = [v.gate for v in told.gates if v.outcome is Outcome.DOUBTFUL]
    assert Gate.AGREEMENT in doubts
    assert [(o.provider, o.colder_k) for o in told.opinions] == [("second", -10.0)]


def test_providers_are_tried_in_order_and_each_failure_is_told():
    _, told = found([Broken("a", Cause.TIMEOUT), Broken("b", Cause.GAPS), Fixed("c", -3)])
    assert told.provider == "c"
    assert told.attempts == (
        Attempt("a", Cause.TIMEOUT, "figures"),
        Attempt("b", Cause.GAPS, "figures"),
    )


def test_of_older_forecasts_the_newest_is_used_and_not_called_fresh():
    _, told = found([Fixed("old", -3, age_h=40), Fixed("newer", -4, age_h=20), ClimateWeather()])
    assert told.provider == "newer"
    assert not told.fresh
    assert [(a.provider, a.cause) for a in told.attempts] == [("old", Cause.STALE)]
    assert codes(told) == [NoteCode.OLDER_RUN_USED]


def test_a_forecast_beyond_the_accepted_age_is_refused():
    _, told = found([Fixed("old", -3, age_h=100), ClimateWeather()])
    assert (told.provider, told.nature) == ("climate", Nature.CLIMATE)
    assert [(a.provider, a.cause) for a in told.attempts] == [("old", Cause.STALE)]
    assert codes(told) == [NoteCode.CLIMATE_USED]


def test_the_store_stands_between_live_services_and_the_climate(tmp_path):
    """Six hours after a good fetch all services are down: the stored forecast beats the climate."""
    store = StoredRuns(tmp_path)
    before = NOW - 6 * HOUR
    best_forecast([Fixed("live", -7)], ZAOZHUANG, before, START, 96, store=store)
    weather, told = found([Broken("live", Cause.NETWORK), ClimateWeather()], store=store)
    assert (told.provider, told.from_store, told.age_h) == ("live", True, 12)
    assert told.fresh
    assert float(weather.air_temperature[0]) == -7
    assert codes(told)[0] is NoteCode.FROM_STORE
    assert [(a.provider, a.cause) for a in told.attempts] == [("live", Cause.NETWORK)]


def test_a_newer_stored_run_beats_an_old_live_one(tmp_path):
    store = StoredRuns(tmp_path)
    best_forecast([Fixed("live", -7, age_h=2)], ZAOZHUANG, NOW - 10 * HOUR, START, 96, store=store)
    _, told = found([Fixed("mirror", -3, age_h=30)], store=store)
    assert (told.provider, told.from_store, told.age_h) == ("live", True, 12)
    assert [(a.provider, a.cause) for a in told.attempts] == [("mirror", Cause.STALE)]


def test_an_empty_store_is_told_too(tmp_path):
    _, told = found([Broken("live", Cause.NETWORK), ClimateWeather()], store=StoredRuns(tmp_path))
    assert told.provider == "climate"
    assert [a.cause for a in told.attempts] == [Cause.NETWORK, Cause.NOTHING_STORED]


def test_climate_is_never_stored(tmp_path):
    found([ClimateWeather()], store=StoredRuns(tmp_path))
    assert list(tmp_path.rglob("*.nc")) == []


def test_a_store_that_cannot_be_written_costs_a_note_not_the_plan(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    _, told = found([Fixed("live", -3)], store=StoredRuns(blocked))
    assert told.provider == "live"
    assert codes(told) == [NoteCode.NOT_STORED]


def test_with_nothing_at_all_the_normals_serve():
    weather, told = found([Broken("live", Cause.NETWORK)])
    assert (told.provider, told.nature) == ("climate_normals", Nature.CLIMATE)
    assert codes(told) == [NoteCode.LAST_RESORT, NoteCode.CLIMATE_USED]
    expected = normal_temperature(ZAOZHUANG, weather.time.values)
    np.testing.assert_allclose(weather.air_temperature.values, expected)
    assert found([])[1].provider == "climate_normals"


def test_hours_beyond_the_run_come_from_normals_with_a_smooth_hand_over():
    """The run ends 10 K below normal: one hour later still 9.6 K, a day later 3.7 K, then none."""
    probe = hour_starts(START, 300)
    normal = normal_temperature(ZAOZHUANG, probe)
    ends = int((NOW.replace(minute=0) + 72 * HOUR - START) / HOUR)
    cold = Fixed("live", float(normal[ends - 1]) - 10)
    weather, told = found([cold], hours=300)
    assert told.filled_hours == 300 - ends
    assert told.run_end == NOW.replace(minute=0) + 72 * HOUR
    assert codes(told) == [NoteCode.FILLED_BY_CLIMATE]
    below = normal - weather.air_temperature.values
    assert below[ends] == pytest.approx(10 * np.exp(-1 / 24))
    assert below[ends + 23] == pytest.approx(10 * np.exp(-1))
    assert below[299] < 0.1
    assert float(weather.global_radiation.max()) > 200  # the sun comes back by and by
    assert float(weather.wind_speed.min()) > 0


def test_the_provenance_survives_netcdf(tmp_path):
    weather, told = found([Broken("a", Cause.NOT_JSON), Fixed("b", -3)], hours=200)
    path = tmp_path / "weather.nc"
    weather.to_netcdf(path, engine="h5netcdf")
    assert provenance_of(xr.load_dataset(path, engine="h5netcdf")) == told


def test_a_broken_file_is_an_attempt_like_any_other(tmp_path):
    _, told = found([EpwWeather(tmp_path / "none.epw"), ClimateWeather()])
    assert told.attempts == (Attempt("epw", Cause.FILE_MISSING, "none.epw"),)


def test_start_must_be_a_whole_hour_with_a_zone():
    for bad in (START.replace(minute=30), START.replace(tzinfo=None)):
        with pytest.raises(ValueError, match=r"whole UTC hour|time zone"):
            best_forecast([], ZAOZHUANG, NOW, bad, 48)


def test_a_winter_plan_made_in_summer_rests_on_the_climate():
    """Outside the season 15 January is planned: no service is asked, and the climate says so."""
    summer = datetime(2025, 7, 1, tzinfo=UTC)
    weather = best_forecast(
        [OpenMeteo(base_url="http://127.0.0.1:9"), ClimateWeather()], ZAOZHUANG, summer, START, 96
    )
    told = provenance_of(weather)
    assert told.nature is Nature.CLIMATE
    assert [a.cause for a in told.attempts] == [Cause.WRONG_TIMES]


def test_a_day_of_operation_against_a_service(tmp_path):
    """Fresh at first; the service turns stale, then dies: the store serves, then the climate."""
    store = StoredRuns(tmp_path)
    with weather_server(now=NOW) as server:
        live = OpenMeteo(base_url=server.base_url, web=WebClient(retries=0))

        def told_at(later_h: int, fault: Fault | None):
            server.fault, server.now = fault, NOW + later_h * HOUR
            known_by = server.now
            start = (known_by - 24 * HOUR).replace(minute=0)
            weather = best_forecast(
                [live, ClimateWeather()], ZAOZHUANG, known_by, start, 96, store=store
            )
            return provenance_of(weather)

        first = told_at(0, None)
        assert (first.provider, first.fresh, first.from_store) == ("open_meteo", True, False)
        assert first.age_h == pytest.approx(7)
        stale = told_at(6, Fault.STALE_META)  # 120 h old: refused, the store is 13 h old
        assert (stale.from_store, stale.age_h) == (True, pytest.approx(13))
        assert stale.attempts[0].cause is Cause.STALE
        down = told_at(20, Fault.SERVER_ERROR)
        assert (down.from_store, down.fresh) == (True, False)
        assert down.attempts[0].cause is Cause.SERVER_ERROR
        gone = told_at(110, Fault.TRUNCATED)
        assert gone.nature is Nature.CLIMATE
        assert [a.cause for a in gone.attempts] == [Cause.NOT_JSON, Cause.STALE]


def test_two_fetches_of_one_run_leave_one_file_of_the_same_bytes(tmp_path):
    """The model run of 22:12 is fetched at 05:12 and again at 05:32, and by another store too."""
    with weather_server(now=NOW) as server:
        issued = NOW - 7 * HOUR
        server.last_run = lambda: issued
        live = OpenMeteo(base_url=server.base_url, web=WebClient(retries=0))
        later = NOW + timedelta(minutes=20)
        for folder, moments in (("one", (NOW, later)), ("other", (later,))):
            for known_by in moments:
                store = StoredRuns(tmp_path / folder)
                best_forecast([live], ZAOZHUANG, known_by, START, 96, store=store)
    one, other = (sorted((tmp_path / folder).rglob("*.nc")) for folder in ("one", "other"))
    assert (len(one), len(other)) == (1, 1)
    assert one[0].read_bytes() == other[0].read_bytes()
    assert "20260115T051200Z" in one[0].name  # when it became known


class FromNow(Fixed):
    """A service without a past: its runs begin at the present hour."""

    def latest_run(self, place, known_by, start, hours):
        run = super().latest_run(place, known_by, start, hours)
        return run.sel(time=slice(np.datetime64(known_by.replace(minute=0, tzinfo=None)), None))


def test_a_service_without_past_takes_it_from_its_run_of_yesterday(tmp_path):
    """-7 °C was said yesterday of the hours that are past by now; without a store the normals."""
    store = StoredRuns(tmp_path)
    best_forecast([FromNow("live", -7)], ZAOZHUANG, NOW - 24 * HOUR, START, 96, store=store)
    weather, told = found([FromNow("live", -3)], store=store)
    past = weather.isel(time=slice(14, 37)).air_temperature.values
    assert set(past) == {-7}
    assert float(weather.air_temperature[38]) == -3
    assert told.joined_hours == 37
