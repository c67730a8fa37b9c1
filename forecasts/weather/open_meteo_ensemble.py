"""Open-Meteo's ensemble service: many runs of one weather, for what may come besides the likeliest.

Source: https://open-meteo.com/en/docs/ensemble-api (host, models, members, forecast_days to 35).
"""

from dataclasses import dataclass, field
from datetime import datetime

import xarray as xr

from forecasts.series import REQUIRED
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.open_meteo_answer import parse_columns
from forecasts.weather.open_meteo_members import parse_members, side_by_side
from forecasts.weather.open_meteo_models import ensemble_folders
from forecasts.weather.open_meteo_service import (
    Service,
    check_clock,
    days_around,
    labels,
    place_query,
)
from forecasts.weather.provider import Asked, Nature, Place
from forecasts.weather.run import RunInfo, hour_starts
from forecasts.weather.verdict import Outcome, WeatherRefused
from forecasts.weather.web import WebClient

BASE_URL = "https://ensemble-api.open-meteo.com"
# 15 days, 51 members: the ensemble with the lowest errors of those that are open to all.
DEFAULT_MODELS = ("ecmwf_ifs025_ensemble",)


@dataclass(frozen=True)
class OpenMeteoEnsemble:
    """Ensembles of one or several models, as members of one run."""

    base_url: str = BASE_URL
    models: tuple[str, ...] = DEFAULT_MODELS
    name: str = "open_meteo_ensemble"
    web: WebClient = field(default_factory=WebClient)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Fetch the newest runs on (member, time); coordinates `model` and `number` (0: control).

        Issued when the oldest of the models was. Models reach differently far: the gates decide
        how far to go and whom to leave out, and say so; of fewer than 5 members there is no run.
        Humidity is not asked for: nothing needs it by member.
        Raises WeatherUnavailable naming the cause; ValueError without any model.
        """
        if not self.models:
            raise ValueError(f"weather {self.name}: no models. Name at least one.")
        days = days_around(self.name, known_by, hour_starts(start, hours))
        query = place_query(place, labels(REQUIRED)) | days.query
        query["models"] = ",".join(self.models)
        service = Service(self.name, self.base_url, self.web)
        columns = parse_columns(self.name, service.get("/v1/ensemble", query))
        check_clock(self.name, columns.times[0], known_by, days)
        used = days.used(columns.times)
        times = columns.times[:used]
        members = [m.first(used) for m in parse_members(self.name, columns, self.models)]
        folders = [folder for model in self.models for folder in ensemble_folders(model)]
        issue_time, notes = service.issue_time(list(dict.fromkeys(folders)), known_by)
        ensemble = side_by_side(times, members, self.models, place)
        if ensemble.verdict.outcome is Outcome.REFUSED:
            raise WeatherRefused(self.name, (ensemble.verdict,))
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=known_by,
            issue_time=issue_time,
            issue_time_estimated=bool(notes),
            latitude=columns.latitude,
            longitude=columns.longitude,
            notes=notes,
        )
        raw = Raw(
            times,
            ensemble.values,
            info,
            instants=True,
            members=ensemble.members,
            earlier=(ensemble.verdict,),
        )
        return accept(raw, Asked(place, known_by, start, hours))
