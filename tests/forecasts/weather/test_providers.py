"""Providers from settings, and a text for everything that can be told of weather."""

from pathlib import Path

import pytest

from dispatch.case_kinds import WeatherKind
from dispatch.case_weather import providers_of
from dispatch.messages import say
from dispatch.settings import Settings, WeatherSource
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.met_norway import MetNorway
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.open_meteo_ensemble import OpenMeteoEnsemble
from forecasts.weather.open_meteo_runs import OpenMeteoSingleRun
from forecasts.weather.provenance import NoteCode
from forecasts.weather.provider import Cause
from forecasts.weather.providers import ProviderKind, provider_from_settings
from forecasts.weather.qweather import QWeather
from forecasts.weather.web import WebClient


def test_each_kind_gives_its_provider():
    path = Path("weather.csv")
    live = provider_from_settings("open_meteo", name="mirror", base_url="http://localhost:1/")
    assert live == OpenMeteo(base_url="http://localhost:1/", name="mirror")
    assert provider_from_settings("open_meteo") == OpenMeteo()
    assert provider_from_settings("open_meteo", models=["gfs05"]) == OpenMeteo(model="gfs05")
    two = ("ecmwf_ifs025_ensemble", "gfs05")
    assert provider_from_settings("open_meteo_ensemble", models=two) == OpenMeteoEnsemble(
        models=two
    )
    assert provider_from_settings("open_meteo_ensemble") == OpenMeteoEnsemble()
    assert provider_from_settings("open_meteo_single_run", name="as issued") == (
        OpenMeteoSingleRun(name="as issued")
    )
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
    assert provider_from_settings("netcdf", path=path) == NetcdfWeather(path)
    assert provider_from_settings("climate", seed=4) == ClimateWeather(4)


def test_unknown_kinds_and_missing_paths_are_refused():
    with pytest.raises(ValueError, match="crystal_ball"):
        provider_from_settings("crystal_ball")
    with pytest.raises(ValueError, match="needs a path"):
        provider_from_settings("epw")
    with pytest.raises(ValueError, match="takes one model"):
        provider_from_settings("open_meteo", models=["gfs05", "gfs025"])


def test_services_share_the_client_and_with_it_the_time():
    web = WebClient()
    kinds = ("open_meteo", "open_meteo_ensemble", "open_meteo_single_run")
    assert all(provider_from_settings(kind, web=web).web is web for kind in kinds)


def test_the_models_of_a_case_reach_the_service(tmp_path):
    """A key that is read and not handed on would be asked for and never heeded."""
    source = WeatherSource(kind=WeatherKind.OPEN_METEO_ENSEMBLE, models=("gfs05", "gem_global"))
    settings = Settings.model_construct(weather=(source,))
    (ensemble,) = providers_of(settings, tmp_path, tmp_path, WebClient())
    assert ensemble.models == ("gfs05", "gem_global")


def test_every_kind_of_a_case_has_its_provider():
    """A kind that only the case knows would be taken, and end the program when it is asked."""
    assert {kind.value for kind in WeatherKind} <= {kind.value for kind in ProviderKind}


@pytest.mark.parametrize("key", [*Cause, *(f"note_{code}" for code in NoteCode)])
def test_every_cause_and_note_has_its_text(key):
    text = say(f"weather.{key}", provider="the source", detail="42 figures")
    assert "{" not in text
    assert text.endswith(".")
