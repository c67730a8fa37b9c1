"""Open-Meteo (https://open-meteo.com, data CC BY 4.0): its forecast service."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.series import REQUIRED
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.open_meteo_answer import SPELLINGS, Answer, parse_answer
from forecasts.weather.open_meteo_models import BEST_MATCH, folders
from forecasts.weather.open_meteo_service import (
    Service,
    check_clock,
    days_around,
    labels,
    place_query,
)
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts
from forecasts.weather.web import WebClient

BASE_URL = "https://api.open-meteo.com"


@dataclass(frozen=True)
class OpenMeteo:
    """Forecasts of one Open-Meteo service: the public one, a mirror or a self-hosted one."""

    base_url: str = BASE_URL
    model: str = BEST_MATCH
    meta_model: str = ""  # whose meta.json tells the issue time; empty: follows `model`
    name: str = "open_meteo"
    web: WebClient = field(default_factory=WebClient)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Fetch the newest run, hourly from `start` to two days past what is asked for.

        Issued at the model's initialisation time where its meta.json tells it, else at `known_by`,
        marked estimated. Raises WeatherUnavailable naming the cause.
        """
        days = days_around(self.name, known_by, hour_starts(start, hours))
        query = place_query(place, labels(tuple(SPELLINGS))) | days.query
        if self.model != BEST_MATCH:
            query["models"] = self.model
        service = Service(self.name, self.base_url, self.web)
        answer = parse_answer(self.name, service.get("/v1/forecast", query))
        check_clock(self.name, answer.times[0], known_by, days)
        dated_by = (self.meta_model,) if self.meta_model else folders(self.model)
        issue_time, notes = service.issue_time(dated_by, known_by)
        ended = ended_together(self.name, _first(answer, days.used(answer.times)))
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=known_by,
            issue_time=issue_time,
            issue_time_estimated=bool(notes),
            latitude=answer.latitude,
            longitude=answer.longitude,
            notes=notes,
        )
        return accept(
            Raw(ended.times, ended.values, info, instants=True),
            Asked(place, known_by, start, hours),
        )


def _first(answer: Answer, count: int) -> Answer:
    """Return the first instants of an answer."""
    cut = {name: array[:count] for name, array in answer.values.items()}
    return replace(answer, times=answer.times[:count], values=cut)


def ended_together(provider: str, answer: Answer) -> Answer:
    """Cut the end where any needed variable stops: models of a mix reach differently far.

    Raises GAPS if a variable has no values at all.
    """
    ends = []
    for name in REQUIRED:
        present = np.flatnonzero(~np.isnan(answer.values[name]))
        if present.size < 3:  # two steps need three instants
            raise WeatherUnavailable(provider, Cause.GAPS, f"{name}: no values")
        ends.append(int(present[-1]) + 1)
    return _first(answer, min(ends))
