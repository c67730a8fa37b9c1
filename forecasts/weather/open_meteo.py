"""Open-Meteo (https://open-meteo.com, data CC BY 4.0): the only file here that uses the network.

Proxies come from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), as `requests` reads them.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import requests
import xarray as xr
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, ReadTimeoutError
from urllib3.util.retry import Retry

from forecasts.series import REQUIRED
from forecasts.weather.gates.checks import bridge_all, check_cover, check_place, check_plausible
from forecasts.weather.open_meteo_answer import (
    SPELLINGS,
    Answer,
    parse_answer,
    parse_issue_time,
    steps_from_instants,
)
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts, iso64, iso_utc, utc64, weather_run
from forecasts.weather.solar import HOUR, Times

if TYPE_CHECKING:  # the class is new in urllib3 2, the code runs with 1.26 too
    from urllib3.response import BaseHTTPResponse

BASE_URL = "https://api.open-meteo.com"
# "best_match" mixes models by place and lead; outside Europe and North America the global ECMWF
# run is its backbone, so its age stands for the age of the mix.
BEST_MATCH_META_MODEL = "ecmwf_ifs025"
MAX_BODY_BYTES = 2_000_000  # 19 days x 4 variables are about 30 kB
MAX_FORECAST_DAYS = 16
MAX_PAST_DAYS = 92
CLOCK_TOLERANCE = timedelta(minutes=15)
_STORE_MARGIN_H = 48  # fetch further than asked, so that the stored run still serves two days later


class _PatientRetry(Retry):
    """Retry that obeys Retry-After, but never waits longer than an operator would."""

    LONGEST_WAIT_S = 20.0

    def get_retry_after(self, response: "BaseHTTPResponse") -> float | None:
        wait = super().get_retry_after(response)
        return None if wait is None else min(float(wait), self.LONGEST_WAIT_S)


@dataclass(frozen=True)
class OpenMeteo:
    """Forecasts of one Open-Meteo service: the public one, a mirror or a self-hosted one."""

    base_url: str = BASE_URL
    model: str = "best_match"
    meta_model: str = ""  # whose meta.json tells the issue time; empty: follows `model`
    name: str = "open_meteo"
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0
    total_timeout_s: float = 60.0  # for reading one body, however slowly it drips
    retries: int = 2  # on connection errors, time-outs, 429 and 5xx; never on other 4xx
    backoff_s: float = 0.5  # doubles with each retry

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Fetch the newest run, hourly from `start` to the end of what the service gives.

        Issued at the model's initialisation time where its meta.json tells it, else at `known_by`,
        marked estimated. Raises WeatherUnavailable naming the cause.
        """
        asked = hour_starts(start, hours)
        past_days, forecast_days = self._days(known_by, start, asked)
        with self._session() as session:
            body = self._get(session, "/v1/forecast", self._query(place, past_days, forecast_days))
            answer = parse_answer(self.name, body)
            check_place(self.name, place, answer.latitude, answer.longitude)
            self._check_clock(answer.times[0], known_by, past_days)
            issue_time, notes = self._issue_time(session, known_by)
        check_cover(self.name, answer.times[0], answer.times[-1], known_by, asked)
        whole, bridged = self._without_gaps(_from(answer, asked[0]))
        starts, values = steps_from_instants(whole)
        check_cover(self.name, starts[0], starts[-1] + HOUR, known_by, asked)  # without nulls
        check_plausible(self.name, starts, values, answer.latitude, answer.longitude)
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=known_by,
            issue_time=issue_time,
            issue_time_estimated=bool(notes),
            latitude=answer.latitude,
            longitude=answer.longitude,
            interpolated_hours=bridged,
            notes=notes,
        )
        return weather_run(starts, values, info)

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

    def _issue_time(
        self, session: requests.Session, known_by: datetime
    ) -> tuple[datetime, tuple[Note, ...]]:
        """Return the model's initialisation time, or `known_by` with a note saying why.

        Raises WRONG_TIMES if the run was started after `known_by`: using it would be cheating.
        """
        default = BEST_MATCH_META_MODEL if self.model == "best_match" else self.model
        path = f"/data/{self.meta_model or default}/static/meta.json"
        try:
            issued = parse_issue_time(self.name, self._get(session, path, {}))
        except WeatherUnavailable as missing:
            return known_by, (Note(NoteCode.ISSUE_TIME_ESTIMATED, f"{path}: {missing.cause}"),)
        if issued > known_by + CLOCK_TOLERANCE:
            detail = f"newest run is of {iso_utc(issued)}, after {iso_utc(known_by)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        return min(issued, known_by), ()

    def _without_gaps(self, answer: Answer) -> tuple[Answer, int]:
        """Cut the end where any needed variable stops, bridge short gaps; raises GAPS."""
        ends = []
        for name in REQUIRED:
            present = np.flatnonzero(~np.isnan(answer.values[name]))
            if present.size < 3:  # two steps need three instants
                raise WeatherUnavailable(self.name, Cause.GAPS, f"{name}: no values")
            ends.append(int(present[-1]) + 1)
        end = min(ends)
        cut = {name: array[:end] for name, array in answer.values.items()}
        values, bridged = bridge_all(self.name, cut)
        return replace(answer, times=answer.times[:end], values=values), bridged

    def _session(self) -> requests.Session:
        retry = _PatientRetry(
            total=self.retries,
            backoff_factor=self.backoff_s,
            status_forcelist=(429, 500, 502, 503, 504),
            raise_on_status=False,  # the last answer tells more than "too many errors"
        )
        session = requests.Session()
        session.max_redirects = 3
        session.headers["User-Agent"] = "heat-dispatch"
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        return session

    def _get(self, session: requests.Session, path: str, query: dict[str, str]) -> bytes:
        """Return the body of a successful answer; every failure becomes a named cause."""
        timeouts = (self.connect_timeout_s, self.read_timeout_s)
        url = self.base_url.rstrip("/") + path
        try:
            with session.get(url, params=query, timeout=timeouts, stream=True) as response:
                body = self._body(response)
                status = response.status_code
        except requests.RequestException as error:
            cause = Cause.TIMEOUT if _timed_out(error) else Cause.NETWORK
            raise WeatherUnavailable(self.name, cause, f"{type(error).__name__}, {url}") from error
        if status == 429:
            raise WeatherUnavailable(self.name, Cause.RATE_LIMITED, f"HTTP {status}")
        if status >= 500:
            raise WeatherUnavailable(self.name, Cause.SERVER_ERROR, f"HTTP {status}")
        if status != 200:
            said = body[:200].decode("utf-8", errors="replace")
            raise WeatherUnavailable(self.name, Cause.REFUSED, f"HTTP {status}: {said}")
        return body

    def _body(self, response: requests.Response) -> bytes:
        """Read a body of bounded size in bounded time.

        Small pieces, because the read time-out restarts with every byte that drips in; the
        monotonic clock measures a duration here and says nothing about what time it is.
        """
        deadline = time.monotonic() + self.total_timeout_s
        pieces, size = [], 0
        for piece in response.iter_content(chunk_size=64):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_BODY_BYTES:
                detail = f"more than {MAX_BODY_BYTES} bytes"
                raise WeatherUnavailable(self.name, Cause.TOO_LARGE, detail)
            if time.monotonic() > deadline:
                detail = f"{size} bytes in {self.total_timeout_s:g} s"
                raise WeatherUnavailable(self.name, Cause.TIMEOUT, detail)
        return b"".join(pieces)


def _from(answer: Answer, start: np.datetime64) -> Answer:
    """Return an answer without what lies before `start`."""
    kept = answer.times >= start
    values = {name: array[kept] for name, array in answer.values.items()}
    return replace(answer, times=answer.times[kept], values=values)


def _timed_out(error: requests.RequestException) -> bool:
    """Tell a time-out, also one that `requests` wraps as a connection error after retries."""
    if isinstance(error, requests.Timeout):
        return True
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, ReadTimeoutError)
