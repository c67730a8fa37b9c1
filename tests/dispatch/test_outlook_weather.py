"""The outlook's weather: all days that services know, from the answers that the plan rests on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from dispatch import case_weather
from dispatch.case_files import read_case
from dispatch.case_weather import outlook_weather
from dispatch.daily_request import DailyRequest
from dispatch.situation import find_forecast_for
from dispatch.time_grid import plan_start, time_grid
from forecasts.weather.found_forecast import FoundForecast
from forecasts.weather.hand_over import Origin
from forecasts.weather.web import WebClient
from tests.daily_runs import EVENING, NOBODY_LISTENS, open_meteo, weather_from
from tests.open_meteo_service import OpenMeteoService, open_meteo_service
from tests.small_case import Edit, write_small_case
from tests.weather_server import WeatherServer, mild_winter, weather_server

CLIMATE = 'kind = "climate"'
LAST_OF_SERVICE = datetime(2026, 1, 30, tzinfo=UTC)  # 16 UTC days from the evening's on
ECMWF, ICON = "ecmwf_ifs025_ensemble", "icon_seamless_eps"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_weather, "WebClient", partial(WebClient, retries=0))


@pytest.fixture
def server() -> Iterator[WeatherServer]:
    with weather_server(now=EVENING) as running:
        yield running


def found(folder: Path, *sources: str, now: datetime = EVENING) -> FoundForecast:
    """What a run of the small case would rest on: 72 h and a look-ahead of 96 h."""
    chosen: list[Edit] = [weather_from(*sources)] if sources else []
    case_folder = write_small_case(folder / f"{now:%H}", *chosen)
    case = read_case(case_folder).case
    request = DailyRequest(case_folder, now, folder / "runs", folder / "store")
    start = plan_start(now, case.settings.time.step_min)
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    return find_forecast_for(case, request, now, grid)


def own_end(weather: xr.Dataset) -> np.datetime64:
    """The end of the last hour that comes from the run."""
    own = np.flatnonzero(weather["origin"].values == Origin.RUN)
    return weather["time"].values[own[-1]] + np.timedelta64(1, "h")


def forecasts_asked(server: WeatherServer | OpenMeteoService) -> list[str]:
    return [one for one in server.requests if one.startswith(("/v1/forecast", "/v1/ensemble"))]


def assert_same_weather(first: xr.Dataset, second: xr.Dataset) -> None:
    """Values alike; the spread too, but for what the climate's own over more days bounds it by."""
    second = second.isel(time=slice(0, first.sizes["time"]))
    for name in ("air_temperature", "wind_speed", "global_radiation"):
        assert np.array_equal(first[name].values, second[name].values)
    assert second["air_temperature_sd"].values == pytest.approx(
        first["air_temperature_sd"].values, rel=0.02
    )


def test_the_outlook_sees_all_days_of_the_service_and_asks_it_once(
    server: WeatherServer, tmp_path: Path
):
    """The plan needs seven days; the sixteen of the service come with the same answer."""
    forecast = found(tmp_path, open_meteo(server.base_url))
    weather = forecast.weather
    asked = len(server.requests)
    longer = outlook_weather(forecast)
    assert len(server.requests) == asked
    assert ["forecast_days=16" in one for one in forecasts_asked(server)] == [True]
    # an hour less than the days asked: an hour has an instant at both ends
    assert own_end(longer) == np.datetime64(LAST_OF_SERVICE.replace(tzinfo=None)) - np.timedelta64(
        1, "h"
    )
    assert weather.sizes["time"] < 24 * 11 < 24 * 17 < longer.sizes["time"]
    assert longer.sizes["lead_day"] == 16
    assert_same_weather(weather, longer)


def test_what_is_wrong_with_later_days_costs_the_outlook_not_the_plan(
    server: WeatherServer, tmp_path: Path
):
    """From the 27th on the service says 75 °C: a fault of days that no plan asks for."""
    server.temperature = lambda at: 75.0 if at.day >= 27 else mild_winter(at)
    forecast = found(tmp_path, open_meteo(server.base_url), CLIMATE)
    assert forecast.weather.attrs["provider"] == "open_meteo"
    longer = outlook_weather(forecast)
    assert longer.attrs["provider"] == "open_meteo"
    assert np.datetime64("2026-01-23") < own_end(longer) < np.datetime64("2026-01-27")
    assert longer["air_temperature"].values.max() < 10
    assert_same_weather(forecast.weather, longer)


def test_a_model_that_ends_after_a_week_stays_in_the_plans_ensemble(tmp_path: Path):
    """ICON ends on the 26th: 20 members for the plan, for the outlook the 12 that go on."""

    def spoil(answer: dict) -> None:
        last = answer["hourly"]["time"].index("2026-01-26T00:00")
        for name, column in answer["hourly"].items():
            if name.endswith(ICON):
                column[last:] = [None] * len(column[last:])

    with open_meteo_service(now=EVENING) as service:
        service.counts, service.spoil = {ECMWF: 12, ICON: 8}, spoil
        source = (
            f'kind = "open_meteo_ensemble"\nbase_url = "{service.base_url}"\n'
            f'models = ["{ECMWF}", "{ICON}"]'
        )
        forecast = found(tmp_path, source)
        longer = outlook_weather(forecast)
        assert len(forecasts_asked(service)) == 1
    assert forecast.weather.sizes["member"] == 20
    assert longer.sizes["member"] == 12
    assert own_end(longer) > np.datetime64("2026-01-29")


def test_without_a_forecast_the_outlook_goes_on_as_the_plans_weather(tmp_path: Path):
    """A drawn year is the same whatever is asked of it."""
    forecast = found(tmp_path)
    longer = outlook_weather(forecast)
    assert longer.sizes["time"] > forecast.weather.sizes["time"]
    assert_same_weather(forecast.weather, longer)
    normals = found(tmp_path / "none", open_meteo(NOBODY_LISTENS))
    assert_same_weather(normals.weather, outlook_weather(normals))


def test_a_forecast_from_the_store_serves_the_outlook_as_far_as_it_was_kept(
    server: WeatherServer, tmp_path: Path
):
    found(tmp_path, open_meteo(server.base_url))
    closed = found(tmp_path, open_meteo(NOBODY_LISTENS), now=EVENING + timedelta(hours=6))
    longer = outlook_weather(closed)
    assert closed.weather.attrs["from_store"] == 1
    assert_same_weather(closed.weather, longer)
    assert own_end(longer) > np.datetime64("2026-01-23")
