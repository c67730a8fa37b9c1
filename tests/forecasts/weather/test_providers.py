"""Providers from settings, and a text for everything that can be told of weather."""

from pathlib import Path

import pytest

from dispatch.messages import say
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.met_norway import MetNorway
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.provenance import NoteCode
from forecasts.weather.provider import Cause
from forecasts.weather.providers import ProviderKind, provider_from_settings
from forecasts.weather.qweather import QWeather


def test_each_kind_gives_its_provider():
    path = Path("weather.csv")
    live = provider_from_settings("open_meteo", name="mirror", base_url="http://localhost:1/")
    assert live == OpenMeteo(base_url="http://localhost:1/", name="mirror")
    assert provider_from_settings("open_meteo") == OpenMeteo()
    norway = provider_from_settings("met_norway", contact="ops@heat.example", cache_folder=path)
    assert norway == MetNorway("ops@heat.example", cache_folder=path)
    china = provider_from_settings(
        "qweather", base_url="https://abc.qweatherapi.com", name="hefeng"
    )
    assert china == QWeather("https://abc.qweatherapi.com", "hefeng")
    assert provider_from_settings("csv", path=path) == CsvWeather(path)
    assert provider_from_settings("epw", path=path) == EpwWeather(path)
    assert provider_from_settings(ProviderKind.DAILY_MIN_MAX, path=path) == (
        DailyMinMaxWeather(path)
    )
    assert provider_from_settings("climate", seed=4) == ClimateWeather(4)


def test_unknown_kinds_and_missing_paths_are_refused():
    with pytest.raises(ValueError, match="crystal_ball"):
        provider_from_settings("crystal_ball")
    with pytest.raises(ValueError, match="needs a path"):
        provider_from_settings("epw")


@pytest.mark.parametrize("key", [*Cause, *(f"note_{code}" for code in NoteCode)])
def test_every_cause_and_note_has_its_text(key):
    text = say(f"weather.{key}", provider="the source", detail="42 figures")
    assert "{" not in text
    assert text.endswith(".")
