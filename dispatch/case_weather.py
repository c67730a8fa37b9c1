"""The weather sources of a case, as its settings name them."""

from pathlib import Path

from dispatch.settings import Settings, WeatherSource
from forecasts.weather.provider import Place, WeatherProvider
from forecasts.weather.providers import provider_from_settings
from forecasts.weather.web import WebClient


def place_of(settings: Settings) -> Place:
    """Return where the case is."""
    return Place(settings.latitude, settings.longitude, settings.timezone)


def providers_of(
    settings: Settings, case_folder: Path, store_folder: Path, web: WebClient
) -> list[WeatherProvider]:
    """Return the case's sources in order; all share `web`, and so its time budget.

    Beside the runs in `store_folder` lie the answers that a service wants to be used for a while.
    """
    cache_folder = store_folder / "web_cache"
    return [_provider(source, case_folder, cache_folder, web) for source in settings.weather]


def _provider(
    source: WeatherSource, case_folder: Path, cache_folder: Path, web: WebClient
) -> WeatherProvider:
    return provider_from_settings(
        source.kind.value,
        name=source.name,
        base_url=source.base_url,
        path=None if source.path is None else case_folder / source.path,
        contact=source.contact or "",
        cache_folder=cache_folder,
        web=web,
    )
