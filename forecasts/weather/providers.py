"""Building providers from the few plain settings a case holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from forecasts.weather import met_norway, open_meteo, open_meteo_ensemble, open_meteo_runs
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.drawn import DEFAULT_SEED, ClimateWeather
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.met_norway import MetNorway
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.open_meteo_ensemble import OpenMeteoEnsemble
from forecasts.weather.open_meteo_models import BEST_MATCH
from forecasts.weather.open_meteo_runs import OpenMeteoSingleRun
from forecasts.weather.provider import WeatherProvider
from forecasts.weather.qweather import QWeather
from forecasts.weather.web import WebClient


class ProviderKind(StrEnum):
    """The kinds of weather source that a case can name."""

    OPEN_METEO = "open_meteo"
    OPEN_METEO_ENSEMBLE = "open_meteo_ensemble"
    OPEN_METEO_SINGLE_RUN = "open_meteo_single_run"
    MET_NORWAY = "met_norway"
    QWEATHER = "qweather"
    CSV = "csv"
    NETCDF = "netcdf"
    EPW = "epw"
    DAILY_MIN_MAX = "daily_min_max"
    CLIMATE = "climate"


@dataclass(frozen=True)
class _Source:
    """What a provider is made of; which of it concerns it, its kind decides."""

    kind: ProviderKind
    name: str
    base_url: str
    path: Path | None
    models: tuple[str, ...]
    meta_model: str
    seed: int
    contact: str
    cache_folder: Path | None
    web: WebClient
    climate: Climate | None

    @property
    def file(self) -> Path:
        """The file of a file kind; raises ValueError without one."""
        if self.path is None:
            raise ValueError(f"weather {self.name}: kind {self.kind.value} needs a path.")
        return self.path


def provider_from_settings(
    kind: str,
    *,
    name: str = "",
    base_url: str | None = None,
    path: Path | None = None,
    models: Sequence[str] = (),
    meta_model: str = "",
    seed: int = DEFAULT_SEED,
    contact: str = "",
    cache_folder: Path | None = None,
    web: WebClient | None = None,
    climate: Climate | None = None,
) -> WeatherProvider:
    """Return the provider of a `kind` (a ProviderKind or its value), called `name` or as its kind.

    `base_url` concerns the services, `models` those of Open-Meteo (several models only an ensemble;
    none: the service's own choice), `meta_model` open_meteo alone, `contact` and `cache_folder`
    met_norway, `path` the files, `seed` and `climate` the climate; `web` is how services are asked:
    share one, and they share its time budget.
    Raises ValueError for an unknown kind, a file kind without a path, several models of one run.
    """
    found = ProviderKind(kind)
    called = name or found.value
    if len(models) > 1 and found is not ProviderKind.OPEN_METEO_ENSEMBLE:
        raise ValueError(f"weather {called}: kind {found.value} takes one model.")
    source = _Source(
        kind=found,
        name=called,
        base_url=base_url or "",
        path=path,
        models=tuple(models),
        meta_model=meta_model,
        seed=seed,
        contact=contact,
        cache_folder=cache_folder,
        web=web or WebClient(),
        climate=climate,
    )
    return _MAKERS[found](source)


def _open_meteo(source: _Source) -> WeatherProvider:
    return OpenMeteo(
        base_url=source.base_url or open_meteo.BASE_URL,
        model=source.models[0] if source.models else BEST_MATCH,
        meta_model=source.meta_model,
        name=source.name,
        web=source.web,
    )


def _open_meteo_ensemble(source: _Source) -> WeatherProvider:
    return OpenMeteoEnsemble(
        base_url=source.base_url or open_meteo_ensemble.BASE_URL,
        models=source.models or open_meteo_ensemble.DEFAULT_MODELS,
        name=source.name,
        web=source.web,
    )


def _open_meteo_single_run(source: _Source) -> WeatherProvider:
    return OpenMeteoSingleRun(
        base_url=source.base_url or open_meteo_runs.BASE_URL,
        model=source.models[0] if source.models else open_meteo_runs.DEFAULT_MODEL,
        name=source.name,
        web=source.web,
    )


def _met_norway(source: _Source) -> WeatherProvider:
    return MetNorway(
        source.contact,
        base_url=source.base_url or met_norway.BASE_URL,
        cache_folder=source.cache_folder,
        name=source.name,
        web=source.web,
    )


def _qweather(source: _Source) -> WeatherProvider:
    return QWeather(base_url=source.base_url, name=source.name, web=source.web)


_MAKERS: Mapping[ProviderKind, Callable[[_Source], WeatherProvider]] = {
    ProviderKind.OPEN_METEO: _open_meteo,
    ProviderKind.OPEN_METEO_ENSEMBLE: _open_meteo_ensemble,
    ProviderKind.OPEN_METEO_SINGLE_RUN: _open_meteo_single_run,
    ProviderKind.MET_NORWAY: _met_norway,
    ProviderKind.QWEATHER: _qweather,
    ProviderKind.CSV: lambda source: CsvWeather(source.file, source.name),
    ProviderKind.NETCDF: lambda source: NetcdfWeather(source.file, source.name),
    ProviderKind.EPW: lambda source: EpwWeather(source.file, source.name),
    ProviderKind.DAILY_MIN_MAX: lambda source: DailyMinMaxWeather(source.file, source.name),
    ProviderKind.CLIMATE: lambda source: ClimateWeather(source.seed, source.name, source.climate),
}
