"""QWeather (和风天气, https://dev.qweather.com): hours for a week, then days, of one account.

Key and host are of the account and come from the environment: QWEATHER_API_KEY, or a token in
QWEATHER_JWT (or a file of either, see `secret.py`), and QWEATHER_API_HOST where the case names no
base_url. They are read when asked for and kept nowhere: not in this object, not in a text, not in
a run.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import xarray as xr

from forecasts.secret import SecretUnsafe, secret_from
from forecasts.weather.gates.checks import check_age
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.qweather_answer import (
    NO_ACCESS,
    Days,
    Hours,
    code_of,
    failure,
    parse_days,
    parse_hours,
)
from forecasts.weather.qweather_hours import hourly_steps
from forecasts.weather.run import RunInfo, iso_utc
from forecasts.weather.web import WebClient

KEY = "QWEATHER_API_KEY"
TOKEN = "QWEATHER_JWT"  # noqa: S105 - the name of a variable, no token
HOST = "QWEATHER_API_HOST"
CLOCK_TOLERANCE = timedelta(minutes=15)
HOURLY = (168, 72, 24)  # h; the longest that the account may fetch is used
DAILY = (3, 7, 10, 15)  # days; 30 are offered, but after two weeks they know no more than climate
MAX_AGE_OF_DAYS_H = 36.0  # the run's age is that of its hours: older days would hide behind them
_STORE_MARGIN = timedelta(hours=48)  # so that the stored run still serves two days later
# Statuses whose body tells more than the status; 429 and 5xx are the web client's, which tries on.
_TELLING = (200, 400, 401, 402, 403, 404)
Parsed = TypeVar("Parsed")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class _Access:
    """Where to ask and with what; never shown."""

    base_url: str
    headers: dict[str, str] = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class QWeather:
    """Forecasts of one QWeather account; see above for its key and host."""

    base_url: str = ""
    name: str = "qweather"
    web: WebClient = field(default_factory=WebClient)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return hours from about now on, and after them days shaped to hours, up to 15 days.

        The issue time is `updateTime`. Radiation comes from the cloud cover, or from the weather
        icon where that is left out. The answer does not say for which place it is: that gate is
        not judged. Raises WeatherUnavailable; NOT_CONFIGURED, without asking, if key or host miss.
        """
        access = self._access()
        location = f"{place.longitude:.2f},{place.latitude:.2f}"  # longitude first, two decimals
        got = self._longest(access, [f"{size}h" for size in HOURLY], location, parse_hours)
        self._check_clock(got, known_by)
        days, missing = self._days(access, place, known_by, start + timedelta(hours=hours))
        steps = hourly_steps(got, days, place, known_by)
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=known_by,
            issue_time=min(got.updated_at, known_by),
            issue_time_estimated=False,
            latitude=place.latitude,
            longitude=place.longitude,
            notes=(*steps.notes, *missing),
        )
        raw = Raw(steps.starts, steps.values, info, earlier=(steps.verdict,), place_answered=False)
        return accept(raw, Asked(place, known_by, start, hours))

    def _days(
        self, access: _Access, place: Place, known_by: datetime, end: datetime
    ) -> tuple[Days | None, tuple[Note, ...]]:
        """Return the days up to `end` and the store's margin, or why there are none."""
        zone = ZoneInfo(place.timezone)
        last_day, today = (end + _STORE_MARGIN).astimezone(zone), known_by.astimezone(zone)
        needed = (last_day.date() - today.date()).days + 1
        enough = next((k for k, size in enumerate(DAILY) if size >= needed), len(DAILY) - 1)
        sizes = [f"{size}d" for size in reversed(DAILY[: enough + 1])]
        location = f"{place.longitude:.2f},{place.latitude:.2f}"
        try:
            days = self._longest(access, sizes, location, parse_days)
            self._check_clock(days, known_by)
            check_age(self.name, days.updated_at, known_by, MAX_AGE_OF_DAYS_H)
        except WeatherUnavailable as why:
            return None, (Note(NoteCode.DAYS_MISSING, f"{why.cause}, {why.detail}"),)
        return days, ()

    def _longest(
        self,
        access: _Access,
        sizes: Sequence[str],
        location: str,
        parse: Callable[[str, bytes], Parsed],
    ) -> Parsed:
        """Return the first of the sizes, longest first, that the account may fetch."""
        code = ""
        for size in sizes:
            answer = self.web.get(
                self.name,
                f"{access.base_url}/v7/weather/{size}",
                {"location": location, "unit": "m"},
                access.headers,
                accepted=_TELLING,
                secret=access.secret,
            )
            code = code_of(self.name, answer.status, answer.body)
            if code == "200":
                return parse(self.name, answer.body)
            if code != NO_ACCESS:
                break
        raise failure(self.name, code)

    def _check_clock(self, got: Hours | Days, known_by: datetime) -> None:
        """Raise WRONG_TIMES for an answer newer than `known_by`: using it would be cheating."""
        if got.updated_at > known_by + CLOCK_TOLERANCE:
            detail = f"updated {iso_utc(got.updated_at)}, after {iso_utc(known_by)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)

    def _access(self) -> _Access:
        """Return where to ask and with what key; raises NOT_CONFIGURED naming what to set."""
        try:
            token, key = secret_from(TOKEN), secret_from(KEY)
        except SecretUnsafe as unsafe:
            raise self._lacking(str(unsafe)) from None
        secret = token or key
        if not secret:
            raise self._lacking(f"set the environment variable {KEY} (or {TOKEN}), or {KEY}_FILE")
        # What a header cannot hold would come back, key and all, in the text of an error.
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise self._lacking(f"{TOKEN if token else KEY} holds characters that no key has")
        host = (self.base_url or os.environ.get(HOST, "")).strip().rstrip("/")
        if not host:
            raise self._lacking(f"set base_url in case.toml, or {HOST}, to the account's API host")
        url = host if "://" in host else f"https://{host}"
        try:
            parts = urlsplit(url)
        except ValueError:
            raise self._lacking("the API host is no web address") from None
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise self._lacking("the key is sent over https only. Correct the API host")
        headers = {"Authorization": f"Bearer {token}"} if token else {"X-QW-Api-Key": key}
        return _Access(url, headers, secret)

    def _lacking(self, what: str) -> WeatherUnavailable:
        return WeatherUnavailable(self.name, Cause.NOT_CONFIGURED, what)
