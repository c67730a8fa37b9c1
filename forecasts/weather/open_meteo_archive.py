"""Open-Meteo's archive: what the weather was, for a utility without a sensor of its own.

Reanalysis (ERA5): a mean over some 25 km and no measurement at the place, but good enough to score
forecasts by. Never a forecast. Source: https://open-meteo.com/en/docs/historical-weather-api;
H. Hersbach et al., "The ERA5 global reanalysis", Q. J. R. Meteorol. Soc. 146 (2020),
DOI 10.1002/qj.3803.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.open_meteo import ended_together
from forecasts.weather.open_meteo_answer import SPELLINGS, parse_answer
from forecasts.weather.open_meteo_service import (
    Service,
    hours_between,
    labels,
    place_query,
)
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, iso64, iso_utc, utc64, utc_datetime
from forecasts.weather.solar import HOUR
from forecasts.weather.web import WebClient

BASE_URL = "https://archive-api.open-meteo.com"
DELAY = timedelta(days=5)
DEFAULT_MODEL = "era5"  # not the service's mix, which closes the last days with what was forecast
_OF_RUNS_ONLY = ("issue_time", "issue_time_estimated")


@dataclass(frozen=True)
class OpenMeteoArchive:
    """Past weather of any place since 1940. No provider: it has no runs."""

    base_url: str = BASE_URL
    model: str = DEFAULT_MODEL
    name: str = "open_meteo_archive"
    web: WebClient = field(default_factory=WebClient)

    def observed(
        self, place: Place, start: datetime, end: datetime, known_by: datetime
    ) -> xr.Dataset:
        """Return hourly steps of [start, end) as far as they were known by `known_by`.

        Times are aware, on whole UTC hours. The last five days are not known yet, so the result
        may end before `end`: `observed_until` says where. Its nature is `observed` and it has no
        issue time: nothing that expects a run can take it for one.
        Raises WeatherUnavailable naming the cause: WRONG_TIMES if nothing was known yet, GAPS for
        holes of more than 3 h; ValueError if times are no whole hours.
        """
        asked = hours_between(start, end)
        known_end = utc64(known_by - DELAY).astype("datetime64[h]").astype("datetime64[ns]")
        end64 = min(asked[-1] + HOUR, known_end)
        if end64 < asked[0] + 2 * HOUR:
            detail = f"{iso64(asked[0])} is not known before {iso_utc(start + DELAY)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        query = place_query(place, labels(tuple(SPELLINGS)))
        query |= {
            "models": self.model,
            "start_date": str(np.datetime_as_string(asked[0], unit="D")),
            "end_date": str(np.datetime_as_string(end64, unit="D")),
        }
        service = Service(self.name, self.base_url, self.web)
        given = parse_answer(self.name, service.get("/v1/archive", query))
        answer = ended_together(self.name, given)
        inside = answer.times <= end64
        info = RunInfo(
            provider=self.name,
            nature=Nature.OBSERVED,
            place=place,
            known_by=known_by,
            issue_time=known_by,
            issue_time_estimated=True,
            latitude=answer.latitude,
            longitude=answer.longitude,
        )
        values = {name: array[inside] for name, array in answer.values.items()}
        if inside.sum() < 3:
            detail = f"begins {iso64(answer.times[0])}, asked to {iso64(end64)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        hours = int((end64 - asked[0]) / HOUR)
        # Judged like a run that begins at `start`; that it is none is said by its nature.
        judged = accept(
            Raw(answer.times[inside], values, info, instants=True),
            Asked(place, start, start, hours),
        )
        until = utc_datetime(judged["time"].values[-1] + HOUR)
        attrs = {key: one for key, one in judged.attrs.items() if key not in _OF_RUNS_ONLY}
        attrs |= {"model": self.model, "observed_until": iso_utc(until)}
        observed = judged.copy()
        observed.attrs = attrs
        return observed
