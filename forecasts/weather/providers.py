"""Building providers from the few plain settings a case holds."""

from enum import StrEnum
from pathlib import Path

from forecasts.weather.climate.drawn import DEFAULT_SEED, ClimateWeather
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.met_norway import BASE_URL as MET_NORWAY_URL
from forecasts.weather.met_norway import MetNorway
from forecasts.weather.open_meteo import BASE_URL, OpenMeteo
from forecasts.weather.provider import WeatherProvider
from forecasts.weather.qweather import QWeather
from forecasts.weather.web import WebClient


class ProviderKind(StrEnum):
    """The kinds of weather source that a case can name."""

    OPEN_METEO = "open_meteo"
    MET_NORWAY = "met_norway"
    QWEATHER = "qweather"
    CSV = "csv"
    EPW = "epw"
    DAILY_MIN_MAX = "daily_min_max"
    CLIMATE = "climate"


def provider_from_settings(
    kind: str,
    *,
    name: str = "",
    base_url: str | None = None,
    path: Path | None = None,
    model: str = "best_match",
    meta_model: str = "",
    seed: int = DEFAULT_SEED,
    contact: str = "",
    cache_folder: Path | None = None,
    web: WebClient | None = None,
) -> WeatherProvider:
    """Return the provider of a `kind` (a ProviderKind or its value), called `name` or as its kind.

    `base_url` concerns the services, `model` and `meta_model` open_meteo, `contact` and
    `cache_folder` met_norway, `path` the files, `seed` the climate;
    `web` is how services are asked: share one, and they share its time budget.
    Raises ValueError for an unknown kind or a file kind without a path.
    """
    found = ProviderKind(kind)
    called = name or found.value
    if found is ProviderKind.OPEN_METEO:
        return OpenMeteo(
            base_url=base_url or BASE_URL,
            model=model,
            meta_model=meta_model,
            name=called,
            web=web or WebClient(),
        )
    if found is ProviderKind.MET_NORWAY:
        return MetNorway(
            contact,
            base_url=base_url or MET_NORWAY_URL,
            cache_folder=cache_folder,
            name=called,
            web=web or WebClient(),
        )
    if found is ProviderKind.QWEATHER:
        return QWeather(base_url=base_url or "", name=called, web=web or WebClient())
    if found is ProviderKind.CLIMATE:
        return ClimateWeather(seed, called)
    return _of_file(found, path, called)


def _of_file(kind: ProviderKind, path: Path | None, called: str) -> WeatherProvider:
    """Return the provider of a file kind; raises ValueError without a path."""
    if path is None:
        raise ValueError(f"weather {called}: kind {kind.value} needs a path.")
    if kind is ProviderKind.CSV:
        return CsvWeather(path, called)
    if kind is ProviderKind.EPW:
        return EpwWeather(path, called)
    return DailyMinMaxWeather(path, called)
