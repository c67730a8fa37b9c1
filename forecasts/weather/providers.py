"""Building providers from the few plain settings a case holds."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from forecasts.weather import open_meteo, open_meteo_ensemble, open_meteo_runs
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.drawn import DEFAULT_SEED, ClimateWeather
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.open_meteo_ensemble import OpenMeteoEnsemble
from forecasts.weather.open_meteo_models import BEST_MATCH
from forecasts.weather.open_meteo_runs import OpenMeteoSingleRun
from forecasts.weather.provider import WeatherProvider
from forecasts.weather.web import WebClient


class ProviderKind(StrEnum):
    """The kinds of weather source that a case can name."""

    OPEN_METEO = "open_meteo"
    OPEN_METEO_ENSEMBLE = "open_meteo_ensemble"
    OPEN_METEO_SINGLE_RUN = "open_meteo_single_run"
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
    models: Sequence[str] = (),
    meta_model: str = "",
    seed: int = DEFAULT_SEED,
    web: WebClient | None = None,
    climate: Climate | None = None,
) -> WeatherProvider:
    """Return the provider of a `kind` (a ProviderKind or its value), called `name` or as its kind.

    `base_url` and `models` concern the services of Open-Meteo (several models only an ensemble;
    none: the service's own choice), `meta_model` open_meteo alone, `path` the files, `seed` and
    `climate` the climate; `web` is how services are asked: share one, and they share its time budget.
    Raises ValueError for an unknown kind, a file kind without a path, several models of one run.
    """
    found = ProviderKind(kind)
    called = name or found.value
    if len(models) > 1 and found is not ProviderKind.OPEN_METEO_ENSEMBLE:
        raise ValueError(f"weather {called}: kind {found.value} takes one model.")
    if found in _OPEN_METEO:
        return _open_meteo(found, called, base_url, models, meta_model, web or WebClient())
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


_OPEN_METEO = frozenset(
    {
        ProviderKind.OPEN_METEO,
        ProviderKind.OPEN_METEO_ENSEMBLE,
        ProviderKind.OPEN_METEO_SINGLE_RUN,
    }
)


def _open_meteo(
    kind: ProviderKind,
    name: str,
    base_url: str | None,
    models: Sequence[str],
    meta_model: str,
    web: WebClient,
) -> WeatherProvider:
    if kind is ProviderKind.OPEN_METEO_ENSEMBLE:
        return OpenMeteoEnsemble(
            base_url=base_url or open_meteo_ensemble.BASE_URL,
            models=tuple(models) or open_meteo_ensemble.DEFAULT_MODELS,
            name=name,
            web=web,
        )
    if kind is ProviderKind.OPEN_METEO_SINGLE_RUN:
        return OpenMeteoSingleRun(
            base_url=base_url or open_meteo_runs.BASE_URL,
            model=models[0] if models else open_meteo_runs.DEFAULT_MODEL,
            name=name,
            web=web,
        )
    return OpenMeteo(
        base_url=base_url or open_meteo.BASE_URL,
        model=models[0] if models else BEST_MATCH,
        meta_model=meta_model,
        name=name,
        web=web,
    )
