"""The climates that come with the package: recent (1991-2020) and design (1971-2000)."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from forecasts.weather.climate.climate import Climate, ClimateVersion
from forecasts.weather.climate.schema import climates_of

_FILES = {
    ClimateVersion.RECENT: ("climate_normals.toml",),
    ClimateVersion.DESIGN: ("climate_normals.toml", "climate_design.toml"),
}


@cache
def packaged_climates(version: ClimateVersion = ClimateVersion.RECENT) -> tuple[Climate, ...]:
    """Return the packaged climates of all cities.

    The design file holds what was different in 1971-2000, and lies over the recent one.
    """
    tables: dict[str, Any] = {}
    for name in _FILES[version]:
        file = resources.files("forecasts.weather.climate") / name
        tables = _laid_over(tables, tomllib.loads(file.read_text(encoding="utf-8")))
    return climates_of(tables, _FILES[version][-1])


def packaged_climate(city: str, version: ClimateVersion = ClimateVersion.RECENT) -> Climate:
    """Return the climate of a packaged city; ValueError naming those there are."""
    for climate in packaged_climates(version):
        if climate.city == city:
            return climate
    known = ", ".join(climate.city for climate in packaged_climates(version))
    raise ValueError(f"{city!r} is no packaged city. There are: {known}.")


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return `below` with the values of `above` in their places, table by table."""
    joined = dict(below)
    for key, value in above.items():
        old = joined.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            joined[key] = _laid_over(old, value)
        else:
            joined[key] = value
    return joined
