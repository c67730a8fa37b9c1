"""Building providers from the few plain settings a case holds."""

from enum import StrEnum
from pathlib import Path

from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.drawn import DEFAULT_SEED, ClimateWeather
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.open_meteo import BASE_URL, OpenMeteo
from forecasts.weather.provider import WeatherProvider
from forecasts.weather.web import WebClient


class ProviderKind(StrEnum):
    """The kinds of weather source that a case can name."""

    OPEN_METEO = "open_meteo"
    CSV = "csv"
    EPW = "epw"
    DAILY_MIN_MAX = "daily_min_max"
    NETCDF = "netcdf"
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
    web: WebClient | None = None,
    climate: Climate | None = None,
) -> WeatherProvider:
    """Return the provider of a `kind` (a ProviderKind or its value), called `name` or as its kind.

    `base_url`, `model`, `meta_model` concern open_meteo, `path` the files, `seed` and `climate` the climate;
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
    if found is ProviderKind.CLIMATE:
        return ClimateWeather(seed, called, climate)
    if path is None:
        raise ValueError(f"weather {called}: kind {found.value} needs a path.")
    if found is ProviderKind.CSV:
        return CsvWeather(path, called)
    if found is ProviderKind.EPW:
        return EpwWeather(path, called)
    if found is ProviderKind.NETCDF:
        return NetcdfWeather(path, called)
    return DailyMinMaxWeather(path, called)
