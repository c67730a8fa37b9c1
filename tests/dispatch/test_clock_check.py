"""A machine's clock that services do not share: told in the plan and by `health`, never in the way.

The service is real, on the loopback interface; its `Date` is minutes off.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch.case_files import read_settings
from dispatch.clock_check import service_reasons
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.health.check import Patient, State
from dispatch.health.machine_checks import machine_checks
from dispatch.morning import Morning
from dispatch.plan_making import _clock_reasons
from dispatch.situation import Situation, look
from forecasts.weather.service_clocks import ServiceClock
from tests.daily_runs import open_meteo, weather_from
from tests.small_case import write_small_case
from tests.weather_server import Fault, WeatherServer, weather_server

WINTER = datetime(2026, 1, 14, 21, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[WeatherServer]:
    with weather_server(now=WINTER) as running:
        yield running


def looked(
    folder: Path, server: WeatherServer, ahead_s: float, fault: Fault | None = None
) -> tuple[Situation, DailyRequest]:
    server.date_ahead_s, server.fault = ahead_s, fault
    case = write_small_case(folder / "case", weather_from(open_meteo(server.base_url)))
    asked = DailyRequest(case, WINTER, folder / "runs", folder / "store", by_clock=True)
    return look(asked, Stopwatch(lambda _: None)), asked


def reasons(situation: Situation, asked: DailyRequest) -> list[tuple[str, object]]:
    known = Morning(situation, situation.grid, situation.weather, None, None)  # type: ignore[arg-type]
    return [(one.key, one.values["by"]) for one in _clock_reasons(known, asked)]


@pytest.mark.parametrize(
    ("ahead_s", "told"),
    [
        (0.0, []),
        (200.0, []),
        (721.0, [("daily.clock_behind_service", "12 minutes")]),
        (-1801.0, [("daily.clock_ahead_of_service", "30 minutes")]),
        (3 * 86_400.0, [("daily.clock_behind_service", "72 hours")]),
    ],
)
def test_a_clock_that_services_do_not_share_is_told(tmp_path, server, ahead_s, told):
    situation, asked = looked(tmp_path, server, ahead_s)
    assert reasons(situation, asked) == told
    assert reasons(situation, replace(asked, by_clock=False)) == []  # a moment that was named


def test_a_service_whose_forecast_is_refused_has_told_the_time(tmp_path, server):
    """A clock behind makes forecasts look as if they came from the future: here is why."""
    situation, asked = looked(tmp_path, server, 721.0, Fault.FUTURE_META)
    assert situation.weather.attrs["provider"] == "climate_normals"
    assert [key for key, _ in reasons(situation, asked)] == ["daily.clock_behind_service"]


def test_health_tells_what_services_said_last(tmp_path, server):
    looked(tmp_path, server, -1801.0)
    settings, _ = read_settings(tmp_path / "case")
    assert settings is not None
    now = datetime.now(UTC)
    patient = Patient(settings, tmp_path / "case", tmp_path / "runs/small", tmp_path / "store", now)
    (check,) = [one for one in machine_checks(patient) if one.code == "clock"]
    assert check.state is State.WARN
    assert "30 minutes ahead of open_meteo" in check.text
    looked(tmp_path, server, 1.0)
    (check,) = [one for one in machine_checks(patient) if one.code == "clock"]
    assert check.state is State.OK


def test_the_sentence_names_the_service_and_the_cure():
    (reason,) = service_reasons([ServiceClock("met_norway", 660.0), ServiceClock("other", 700.0)])
    assert "11 minutes behind that of met_norway (services asked: 2)" in reason.text
    assert "timedatectl" in reason.text
