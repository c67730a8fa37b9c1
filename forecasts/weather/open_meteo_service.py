"""What all Open-Meteo services share: how a place is asked for, which days, how old a run is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from forecasts.weather.open_meteo_answer import SPELLINGS, LastRun, parse_last_run
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run import hour_starts, iso64, iso_utc, utc64
from forecasts.weather.solar import HOUR, Times
from forecasts.weather.web import WebClient

CLOCK_TOLERANCE = timedelta(minutes=15)
MAX_PAST_DAYS = 92
MAX_FORECAST_DAYS = 16
_STORE_MARGIN_DAYS = 2  # fetch further than asked, so that the stored run still serves two days on


@dataclass(frozen=True)
class Service:
    """One host of Open-Meteo, asked in the name of one of our providers."""

    name: str
    base_url: str
    web: WebClient

    def get(self, path: str, query: dict[str, str]) -> bytes:
        """Return the body of an answer; raises WeatherUnavailable."""
        return self.web.get(self.name, self.base_url.rstrip("/") + path, query).body

    def last_run(self, folder: str) -> LastRun:
        """Return what the service tells of a model's newest run; raises WeatherUnavailable."""
        return parse_last_run(self.name, self.get(meta_path(folder), {}))

    def issue_time(
        self, folders: Sequence[str], known_by: datetime
    ) -> tuple[datetime, tuple[Note, ...]]:
        """Return the initialisation time of the oldest newest run, with a note where it is guessed.

        With no run time at all `known_by` is taken. Raises WRONG_TIMES if a run was started, or
        could first be had, after `known_by`: using it would be cheating.
        """
        issued, missing = [], []
        for folder in folders:
            try:
                run = self.last_run(folder)
            except WeatherUnavailable as why:
                missing.append(f"{meta_path(folder)}: {why.cause}")
                continue
            if max(run.issued, run.available or run.issued) > known_by + CLOCK_TOLERANCE:
                had = iso_utc(run.available or run.issued)
                detail = (
                    f"newest run is of {iso_utc(run.issued)}, to be had from {had}, "
                    f"after {iso_utc(known_by)}"
                )
                raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
            issued.append(min(run.issued, known_by))
        notes = (Note(NoteCode.ISSUE_TIME_ESTIMATED, ", ".join(missing)),) if missing else ()
        return min(issued, default=known_by), notes


def meta_path(folder: str) -> str:
    """Return the path of a model's run times."""
    return f"/data/{folder}/static/meta.json"


def place_query(place: Place, hourly: Sequence[str]) -> dict[str, str]:
    """Return the part of a query that all services have: SI units, UTC."""
    return {
        "latitude": f"{place.latitude:.5f}",
        "longitude": f"{place.longitude:.5f}",
        "hourly": ",".join(hourly),
        "wind_speed_unit": "ms",
        "timeformat": "iso8601",
        "timezone": "GMT",
    }


def labels(names: Sequence[str], suffix: str = "") -> list[str]:
    """Return what the service calls our variables."""
    return [SPELLINGS[name][0] + suffix for name in names]


def hours_between(start: datetime, end: datetime) -> Times:
    """Return the starts of the UTC hours of [start, end); ValueError unless on whole hours."""
    hours = (end - start) / timedelta(hours=1)
    if hours != int(hours):
        raise ValueError(f"{end} is not on a whole UTC hour.")
    return hour_starts(start, int(hours))


@dataclass(frozen=True)
class Days:
    """UTC days to ask for around that of `known_by`, and where what is used of them ends.

    The service is asked for all it has, whatever is needed: so the fuel planner's outlook is made
    of the answer that the plan rests on, unasked. The plan takes its own days of it as if no more
    had been sent: what is wrong with later days, or with members that end before them, does not
    touch it.
    """

    past: int
    end: np.datetime64  # of what is used

    @property
    def query(self) -> dict[str, str]:
        """The part of a query that names the days."""
        return {"past_days": str(self.past), "forecast_days": str(MAX_FORECAST_DAYS)}

    def used(self, times: Times) -> int:
        """Return how many of the first of `times` are used."""
        return int(np.searchsorted(times, self.end))


def days_around(name: str, known_by: datetime, asked: Times) -> Days:
    """Return the days of a query; WRONG_TIMES, unasked, if no forecast reaches there.

    One more instant than steps is needed.
    """
    today = utc64(known_by).astype("datetime64[D]")
    first_day, last_day = asked[0].astype("datetime64[D]"), asked[-1].astype("datetime64[D]")
    past_days = int((today - first_day) / np.timedelta64(1, "D"))
    ahead = int((last_day - today) / np.timedelta64(1, "D")) + 1 + _STORE_MARGIN_DAYS
    if past_days > MAX_PAST_DAYS or -past_days >= MAX_FORECAST_DAYS:
        detail = (
            f"asked from {iso64(asked[0])}; the service reaches from {MAX_PAST_DAYS} days "
            f"before to {MAX_FORECAST_DAYS} days after {iso_utc(known_by)}"
        )
        raise WeatherUnavailable(name, Cause.WRONG_TIMES, detail)
    end = today + np.timedelta64(int(np.clip(ahead, 3, MAX_FORECAST_DAYS)), "D")
    return Days(max(2, past_days), np.datetime64(end, "ns"))


def check_clock(name: str, first: np.datetime64, known_by: datetime, days: Days) -> None:
    """Raise WRONG_TIMES unless the service's today is ours.

    One whose today is later would tell of the future. One whose today is earlier has kept an old
    answer somewhere on the way, which of sixteen days may still reach past the plan's.
    """
    promised = utc64(known_by).astype("datetime64[D]") - np.timedelta64(days.past, "D")
    if abs(first - promised) > 36 * HOUR:  # a day begins up to 14 h apart between zones
        detail = f"begins {iso64(first)}, asked with {days.past} days before {iso_utc(known_by)}"
        raise WeatherUnavailable(name, Cause.WRONG_TIMES, detail)
