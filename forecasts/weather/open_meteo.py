"""Open-Meteo (https://open-meteo.com, data CC BY 4.0): its forecast service."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from forecasts.series import REQUIRED
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.open_meteo_answer import SPELLINGS, Answer, parse_answer, parse_issue_time
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts, iso64, iso_utc, utc64
from forecasts.weather.solar import HOUR, Times
from forecasts.weather.web import WebClient

BASE_URL = "https://api.open-meteo.com"
# "best_match" mixes models by place and lead; outside Europe and North America the global ECMWF
# run is its backbone, so its age stands for the age of the mix.
BEST_MATCH_META_MODEL = "ecmwf_ifs025"
MAX_FORECAST_DAYS = 16
MAX_PAST_DAYS = 92
CLOCK_TOLERANCE = timedelta(minutes=15)
_STORE_MARGIN_H = 48  # fetch further than asked, so that the stored run still serves two days later


@dataclass(frozen=True)
class OpenMeteo:
    """Forecasts of one Open-Meteo service: the public one, a mirror or a self-hosted one."""

    base_url: str = BASE_URL
    model: str = "best_match"
    meta_model: str = ""  # whose meta.json tells the issue time; empty: follows `model`
    name: str = "open_meteo"
    web: WebClient = field(default_factory=WebClient)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Fetch the newest run, hourly from `start` to the end of what the service gives.

        Issued at the model's initialisation time where its meta.json tells it, else at `known_by`,
        marked estimated. Raises WeatherUnavailable naming the cause.
        """
        asked = hour_starts(start, hours)
        past_days, forecast_days = self._days(known_by, start, asked)
        body = self._get("/v1/forecast", self._query(place, past_days, forecast_days))
        answer = parse_answer(self.name, body)
        self._check_clock(answer.times[0], known_by, past_days)
        issue_time, notes = self._issue_time(known_by)
        ended = self._ended(answer)
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

    def _days(self, known_by: datetime, start: datetime, asked: Times) -> tuple[int, int]:
        """Return past_days and forecast_days; WRONG_TIMES, unasked, if no forecast reaches there.

        Days are UTC days around that of `known_by`; one more instant than steps is needed.
        """
        today = utc64(known_by).astype("datetime64[D]")
        first_day, last_day = (
            utc64(start).astype("datetime64[D]"),
            asked[-1].astype("datetime64[D]"),
        )
        past_days = int((today - first_day) / np.timedelta64(1, "D"))
        ahead = int((last_day - today) / np.timedelta64(1, "D")) + 1 + _STORE_MARGIN_H // 24
        if past_days > MAX_PAST_DAYS or -past_days >= MAX_FORECAST_DAYS:
            detail = (
                f"asked from {iso64(asked[0])}; the service reaches from {MAX_PAST_DAYS} days "
                f"before to {MAX_FORECAST_DAYS} days after {iso_utc(known_by)}"
            )
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        return max(2, past_days), int(np.clip(ahead, 3, MAX_FORECAST_DAYS))

    def _query(self, place: Place, past_days: int, forecast_days: int) -> dict[str, str]:
        query = {
            "latitude": f"{place.latitude:.5f}",
            "longitude": f"{place.longitude:.5f}",
            "hourly": ",".join(spellings[0] for spellings in SPELLINGS.values()),
            "wind_speed_unit": "ms",
            "timeformat": "iso8601",
            "timezone": "GMT",
            "past_days": str(past_days),
            "forecast_days": str(forecast_days),
        }
        return query if self.model == "best_match" else query | {"models": self.model}

    def _check_clock(self, first: np.datetime64, known_by: datetime, past_days: int) -> None:
        """Raise WRONG_TIMES if the service's today is after ours: it would tell of the future."""
        promised = utc64(known_by).astype("datetime64[D]") - np.timedelta64(past_days, "D")
        if first > promised + 36 * HOUR:  # a day begins up to 14 h apart between zones
            detail = (
                f"begins {iso64(first)}, asked with {past_days} days before {iso_utc(known_by)}"
            )
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)

    def _issue_time(self, known_by: datetime) -> tuple[datetime, tuple[Note, ...]]:
        """Return the model's initialisation time, or `known_by` with a note saying why.

        Raises WRONG_TIMES if the run was started after `known_by`: using it would be cheating.
        """
        default = BEST_MATCH_META_MODEL if self.model == "best_match" else self.model
        path = f"/data/{self.meta_model or default}/static/meta.json"
        try:
            issued = parse_issue_time(self.name, self._get(path, {}))
        except WeatherUnavailable as missing:
            return known_by, (Note(NoteCode.ISSUE_TIME_ESTIMATED, f"{path}: {missing.cause}"),)
        if issued > known_by + CLOCK_TOLERANCE:
            detail = f"newest run is of {iso_utc(issued)}, after {iso_utc(known_by)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        return min(issued, known_by), ()

    def _ended(self, answer: Answer) -> Answer:
        """Cut the end where any needed variable stops: models of a mix reach differently far."""
        ends = []
        for name in REQUIRED:
            present = np.flatnonzero(~np.isnan(answer.values[name]))
            if present.size < 3:  # two steps need three instants
                raise WeatherUnavailable(self.name, Cause.GAPS, f"{name}: no values")
            ends.append(int(present[-1]) + 1)
        end = min(ends)
        cut = {name: array[:end] for name, array in answer.values.items()}
        return replace(answer, times=answer.times[:end], values=cut)

    def _get(self, path: str, query: dict[str, str]) -> bytes:
        return self.web.get(self.name, self.base_url.rstrip("/") + path, query).body
