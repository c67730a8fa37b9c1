"""Single runs, previous runs and the archive of Open-Meteo: what was known when, and what came.

The loopback service forecasts 0.5 K too warm for each day of lead, so every value tells its run.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from open_meteo_service import DRIFT_K_PER_DAY, open_meteo_service, truth

from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.open_meteo_answer import LastRun, column, parse_columns
from forecasts.weather.open_meteo_archive import OpenMeteoArchive
from forecasts.weather.open_meteo_previous import OpenMeteoPreviousRuns
from forecasts.weather.open_meteo_runs import OpenMeteoSingleRun, run_times
from forecasts.weather.provenance import provenance_of
from forecasts.weather.provider import Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.web import WebClient

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)
START = datetime(2026, 1, 13, 16, tzinfo=UTC)
HOURS = 120
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[3] / "../shared/data/api_samples/open_meteo"


@pytest.fixture
def service():
    with open_meteo_service(now=NOW) as running:
        running.last_run = MIDNIGHT - 6 * HOUR  # 18 UTC, to be had since midnight
        yield running


def single(service) -> OpenMeteoSingleRun:
    return OpenMeteoSingleRun(service.base_url, web=WebClient(retries=0, backoff_s=0))


def warmer_k(run, when: datetime) -> float:
    """Return by how much the step at `when` was forecast above the truth."""
    step = run.air_temperature.sel(time=np.datetime64(when.replace(tzinfo=None)))
    return float(step) - (truth(when) + truth(when + HOUR)) / 2


def test_the_newest_run_is_asked_for_by_its_beginning(service):
    run = single(service).latest_run(ZAOZHUANG, NOW, START, HOURS)
    asked = service.queries("/v1/forecast")[0]
    assert (asked["run"], asked["models"]) == ("2026-01-14T18:00", "ecmwf_ifs")
    assert "past_days" not in asked
    assert run.attrs["issue_time"] == "2026-01-14T18:00:00+00:00"
    assert run.attrs["issue_time_estimated"] == 0
    assert run.attrs["nature"] == Nature.FORECAST
    assert run.time.values[0] == np.datetime64("2026-01-13T16:00")
    assert run.sizes["time"] >= HOURS


def test_every_hour_comes_from_the_newest_run_before_it(service):
    """At 18 UTC the run of that hour takes over from that of the day before.

    48 h ahead the forecast is 1 K too warm; were the past taken from the run itself, there would
    be nothing, and were it the truth, a backtest would know what no dispatcher knew.
    """
    run = single(service).latest_run(ZAOZHUANG, NOW, START, HOURS)
    began = MIDNIGHT - 6 * HOUR
    for lead in (24 * HOUR, 48 * HOUR, 72 * HOUR):
        expected = DRIFT_K_PER_DAY * (lead + HOUR / 2) / DAY
        assert warmer_k(run, began + lead) == pytest.approx(expected, abs=0.011)
    before = began - 2 * HOUR  # of the run 24 h earlier, 22.5 h ahead
    assert warmer_k(run, before) == pytest.approx(DRIFT_K_PER_DAY * 22.5 / 24, abs=0.011)


def test_a_run_of_last_winter_is_the_one_that_could_be_had_then(service):
    """At 05:12 the run of 18 UTC was out for more than 8 h; that of 00 UTC was not."""
    then = NOW - 300 * DAY
    run = single(service).latest_run(ZAOZHUANG, then, START - 300 * DAY, HOURS)
    assert datetime.fromisoformat(run.attrs["issue_time"]) == MIDNIGHT - 300 * DAY - 6 * HOUR


@pytest.mark.parametrize(
    ("known_by", "last", "expected"),
    [
        # Told, and to be had since 04:30: at 05:12 it is the one, at 04:12 the one before is not
        # known to be out for 8 h either, so it is that of 18 UTC.
        ("05:12", (0, 4.5), "15T00"),
        ("04:12", (0, 4.5), "14T18"),
        # Nothing told: 8 h are assumed.
        ("07:59", None, "14T18"),
        ("08:00", None, "15T00"),
        # The newest took 9.5 h: so did those before, as far as we know.
        ("09:00", (0, 9.5), "14T18"),
        ("03:00", (0, 9.5), "14T12"),
        # A service that stands still since yesterday.
        ("12:00", (-24, -18), "14T00"),
    ],
)
def test_only_runs_that_were_out_are_asked_for(known_by, last, expected):
    told = last and LastRun(MIDNIGHT + last[0] * HOUR, MIDNIGHT + last[1] * HOUR)
    hour, minute = map(int, known_by.split(":"))
    times = run_times(told, MIDNIGHT + timedelta(hours=hour, minutes=minute), 3)
    assert f"{times[0]:%dT%H}" == expected
    assert np.diff(times).tolist() == [-6 * HOUR] * 2


def test_a_zone_does_not_change_which_run_it_is():
    there = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    assert run_times(None, there, 4) == run_times(None, NOW, 4)


def test_a_run_that_is_not_there_is_passed_over(service):
    service.unavailable = {MIDNIGHT - 6 * HOUR, MIDNIGHT - 12 * HOUR}
    run = single(service).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert run.attrs["issue_time"] == "2026-01-14T06:00:00+00:00"


def test_four_runs_in_a_row_that_are_not_there_end_it(service):
    service.unavailable = {MIDNIGHT - k * 6 * HOUR for k in range(20)}
    with pytest.raises(WeatherUnavailable) as raised:
        single(service).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.REFUSED
    assert len(service.queries("/v1/forecast")) == 4


def test_a_service_that_does_not_know_runs_is_not_believed(service):
    """A mirror of the forecast service answers with the mix of today, from midnight on."""

    def from_midnight(answer):
        hourly = answer["hourly"]
        answer["hourly"] = {name: column[6:] for name, column in hourly.items()}

    service.spoil = from_midnight
    with pytest.raises(WeatherUnavailable) as raised:
        single(service).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.WRONG_TIMES
    assert "asked for the run of 2026-01-14T18:00" in raised.value.detail


def test_two_fetches_of_a_run_are_identical(service):
    first = single(service).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert single(service).latest_run(ZAOZHUANG, NOW, START, HOURS).identical(first)


def previous(service, start, end, known_by=NOW):
    provider = OpenMeteoPreviousRuns(service.base_url, web=WebClient(retries=0))
    return provider.previous_forecasts(ZAOZHUANG, start, end, known_by)


def test_previous_runs_by_lead(service):
    """Forecast 3 days before, a step is 1.5 K above what came; day 7 says 3.5 K."""
    past = previous(service, MIDNIGHT - 10 * DAY, MIDNIGHT - 2 * DAY)
    assert past.air_temperature.dims == ("lead_day", "time")
    assert past.lead_day.values.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert past.sizes["time"] == 8 * 24
    assert past.time.values[0] == np.datetime64("2026-01-05T00:00")
    assert past.lead_time_min.sel(lead_day=3) == 72
    assert past.lead_time_max.sel(lead_day=3) == 78
    for lead_day in (1, 3, 7):
        run = past.sel(lead_day=lead_day)
        expected = DRIFT_K_PER_DAY * lead_day
        assert warmer_k(run, MIDNIGHT - 5 * DAY) == pytest.approx(expected, abs=0.011)
    (query,) = service.queries("/v1/forecast")
    assert (query["start_date"], query["end_date"]) == ("2026-01-05", "2026-01-13")
    assert "shortwave_radiation_previous_day7" in query["hourly"].split(",")


def test_hours_to_come_are_not_told_as_past(service):
    past = previous(service, MIDNIGHT - 2 * DAY, MIDNIGHT + 2 * DAY)
    assert past.time.values[-1] == np.datetime64("2026-01-15T04:00")  # ends at 05:00, now is 05:12
    with pytest.raises(WeatherUnavailable) as raised:
        previous(service, NOW.replace(minute=0) + HOUR, MIDNIGHT + 2 * DAY)
    assert raised.value.cause is Cause.WRONG_TIMES


def test_a_gap_of_one_lead_leaves_the_others_alone(service):
    """A day without runs leaves a hole, not a straight line, and does not cost the rest."""

    def gap(answer):
        answer["hourly"]["temperature_2m_previous_day2"][60:90] = [None] * 30
        answer["hourly"]["wind_speed_10m_previous_day7"] = None

    service.spoil = gap
    past = previous(service, MIDNIGHT - 10 * DAY, MIDNIGHT - 2 * DAY)
    missing = np.isnan(past.air_temperature)
    assert missing.sum("time").values.tolist() == [0, 31, 0, 0, 0, 0, 192]
    assert missing.sel(lead_day=2).values[59:90].all()


def test_past_forecasts_of_another_place_are_refused(service):
    service.spoil = lambda answer: answer.update(latitude=answer["longitude"], longitude=34.0)
    with pytest.raises(WeatherUnavailable) as raised:
        previous(service, MIDNIGHT - 10 * DAY, MIDNIGHT - 2 * DAY)
    assert raised.value.cause is Cause.WRONG_PLACE


def test_a_recorded_answer_of_previous_runs_is_read():
    recorded = SAMPLES / "previous_runs.json"
    if not recorded.exists():
        pytest.skip("recorded answers are not beside this checkout")
    columns = parse_columns("previous", recorded.read_bytes())
    day_two = column("previous", columns, "air_temperature", "_previous_day2")
    assert day_two.tolist() == [14.4, 14.2, 13.4]
    assert column("previous", columns, "air_temperature", "_previous_day3") is None


def archive(service) -> OpenMeteoArchive:
    return OpenMeteoArchive(service.base_url, web=WebClient(retries=0))


def test_the_archive_tells_what_came_up_to_five_days_ago(service):
    """At 05:12 on the 15th the 10th is known until 05:00."""
    seen = archive(service).observed(ZAOZHUANG, MIDNIGHT - 10 * DAY, MIDNIGHT, NOW)
    assert seen.time.values[0] == np.datetime64("2026-01-05T00:00")
    assert seen.attrs["observed_until"] == "2026-01-10T05:00:00+00:00"
    assert seen.sizes["time"] == 5 * 24 + 5
    assert warmer_k(seen, MIDNIGHT - 8 * DAY) == pytest.approx(0, abs=0.011)
    (query,) = service.queries("/v1/archive")
    assert (query["models"], query["end_date"]) == ("era5", "2026-01-10")


def test_an_archive_that_lags_more_ends_earlier_and_says_so(service):
    def lagging(answer):
        for label, values in answer["hourly"].items():
            if label != "time":
                values[-48:] = [None] * 48

    service.spoil = lagging
    seen = archive(service).observed(ZAOZHUANG, MIDNIGHT - 10 * DAY, MIDNIGHT, NOW)
    assert seen.attrs["observed_until"] == "2026-01-08T23:00:00+00:00"


def test_what_happened_is_never_taken_for_a_forecast(service, tmp_path):
    """It has no issue time, so no run of it can be stored and none be dated."""
    seen = archive(service).observed(ZAOZHUANG, MIDNIGHT - 10 * DAY, MIDNIGHT, NOW)
    assert seen.attrs["nature"] == Nature.OBSERVED
    assert "issue_time" not in seen.attrs
    with pytest.raises((KeyError, ValueError)):
        StoredRuns(tmp_path).save(seen)
    assert not hasattr(archive(service), "latest_run")


def test_a_source_that_gives_observations_is_passed_over(service):
    """A backtest fed with what happened would have no errors at all."""
    seen = archive(service).observed(ZAOZHUANG, MIDNIGHT - 10 * DAY, MIDNIGHT, NOW)

    class Hindsight:
        name = "hindsight"

        def latest_run(self, _place, known_by, _start, _hours):
            return seen.assign_attrs(issue_time=known_by.isoformat(), issue_time_estimated=0)

    providers = [Hindsight(), single(service)]
    weather = best_forecast(providers, ZAOZHUANG, NOW, START, HOURS)
    assert weather.attrs["provider"] == "open_meteo_single_run"
    (passed,) = provenance_of(weather).attempts
    assert (passed.provider, passed.cause) == ("hindsight", Cause.NOT_PLAUSIBLE)


def test_yesterday_is_not_observed_yet(service):
    with pytest.raises(WeatherUnavailable) as raised:
        archive(service).observed(ZAOZHUANG, MIDNIGHT - 2 * DAY, MIDNIGHT, NOW)
    assert raised.value.cause is Cause.WRONG_TIMES
    assert service.requests == []


def test_half_hours_are_a_mistake_of_the_caller(service):
    with pytest.raises(ValueError, match="whole UTC hour"):
        archive(service).observed(ZAOZHUANG, MIDNIGHT - 9 * DAY, MIDNIGHT + HOUR / 2, NOW)
    with pytest.raises(ValueError, match="whole UTC hour"):
        previous(service, MIDNIGHT - 9 * DAY + HOUR / 2, MIDNIGHT)
