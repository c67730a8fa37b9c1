"""The weather of a case: its sources as its settings name them, and the one forecast of them."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import xarray as xr

from dispatch.case import Case
from dispatch.settings import Settings
from forecasts.weather.best_forecast import find_forecast
from forecasts.weather.climate.climate import Climate
from forecasts.weather.expectation import UsualError
from forecasts.weather.found_forecast import FoundForecast
from forecasts.weather.observed import OutdoorSensor
from forecasts.weather.provider import Place, WeatherProvider
from forecasts.weather.providers import provider_from_settings
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.service_clock_file import keep_clocks
from forecasts.weather.web import WebClient
from forecasts.weather.web_memory import remembering

CACHE_FOLDER = "web_cache"
OUTLOOK_DAYS = 16  # as far as any service reaches: Open-Meteo 16 days, QWeather 15, MET Norway 9


def place_of(settings: Settings) -> Place:
    """Return where the case is."""
    return Place(settings.latitude, settings.longitude, settings.timezone)


def providers_of(
    settings: Settings,
    case_folder: Path,
    store_folder: Path,
    web: WebClient,
    climate: Climate | None = None,
) -> list[WeatherProvider]:
    """Return the case's sources in order; all share `web`, and so its time budget.

    Beside the runs in `store_folder` lie the answers that a service wants to be used for a while.
    """
    return [
        provider_from_settings(
            source.kind.value,
            name=source.name,
            base_url=source.base_url,
            path=None if source.path is None else case_folder / source.path,
            models=source.models,
            contact=source.contact or "",
            cache_folder=store_folder / CACHE_FOLDER,
            web=web,
            climate=climate,
        )
        for source in settings.weather
    ]


def sensor_of(settings: Settings, case_folder: Path) -> OutdoorSensor | None:
    """Return the utility's own outdoor sensor, if the case names one."""
    named = settings.outdoor_sensor
    if named is None:
        return None
    return OutdoorSensor(
        case_folder / named.path, settings.timezone, named.time_column, named.temp_column
    )


def case_forecast(
    case: Case,
    case_folder: Path,
    store_folder: Path,
    known_by: datetime,
    start: datetime,
    hours: int,
) -> xr.Dataset:
    """Return the weather that a plan of the case rests on, hourly from `start` (a whole UTC hour).

    The one way from a case to its weather, for the daily run and the weather commands alike; see
    `best_forecast`.
    """
    return found_forecast(case, case_folder, store_folder, known_by, start, hours).weather


def found_forecast(
    case: Case,
    case_folder: Path,
    store_folder: Path,
    known_by: datetime,
    start: datetime,
    hours: int,
) -> FoundForecast:
    """Return what `case_forecast` lays out, and of which the outlook's longer weather is made.

    What the services tell of this machine's clock is kept in `store_folder` too.
    """
    settings = case.settings
    web = remembering(WebClient())  # one for all, so that they share its time budget
    found = find_forecast(
        providers_of(settings, case_folder, store_folder, web, case.climate),
        place_of(settings),
        known_by=known_by,
        start=start,
        hours=hours,
        store=StoredRuns(store_folder),
        usual=UsualError(settings.uncertainty.sigma_24h_k, settings.uncertainty.sigma_72h_k),
        climate=case.climate,
        sensor=sensor_of(settings, case_folder),
    )
    heard = web.clocks
    if heard is None:
        return found
    keep_clocks(store_folder, heard)
    return replace(found, clocks=heard.clocks)


def outlook_weather(found: FoundForecast) -> xr.Dataset:
    """Return the weather of the fuel outlook: the plan's, and all that is forecast after it.

    Hourly from the same start; the hours that no service reaches are those of `Origin.CLIMATE`.
    From the answers that the plan rests on: see `FoundForecast.further`.
    """
    before_h = math.ceil((found.asked.known_by - found.asked.start) / timedelta(hours=1))
    return found.further(max(found.asked.hours, before_h + 24 * OUTLOOK_DAYS))
