"""Open-Meteo's single runs: a model's run as it was issued, chosen by when it could be had.

So a backtest months later sees what a dispatcher could have seen. The forecast service itself mixes
the newest runs and forgets them. Source: https://open-meteo.com/en/docs/single-runs-api (`run=` is
the initialisation time; a run can be had 4 to 6 h later; ECMWF IFS since March 2024).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.open_meteo import BASE_URL as FORECAST_URL
from forecasts.weather.open_meteo import ended_together
from forecasts.weather.open_meteo_answer import SPELLINGS, Answer, LastRun, parse_answer
from forecasts.weather.open_meteo_models import folders
from forecasts.weather.open_meteo_service import (
    MAX_FORECAST_DAYS,
    Service,
    labels,
    place_query,
)
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts, iso64, iso_utc, utc64
from forecasts.weather.solar import HOUR
from forecasts.weather.web import WebClient

BASE_URL = "https://single-runs-api.open-meteo.com"
DEFAULT_MODEL = "ecmwf_ifs"
# Of runs whose own time is not told any more; the documentation says 4 to 6 h, open data are later.
ASSUMED_DELAY = timedelta(hours=8)
EVERY = timedelta(hours=6)  # global models; of some only every other run exists
_TRIES = 4  # a day back: beyond that the newest run is not missing, the service is
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # runs begin at 00, 06, 12 and 18 UTC
_PASSED_OVER = frozenset({Cause.REFUSED, Cause.GAPS, Cause.WRONG_LENGTH, Cause.MISSING_FIELD})


@dataclass(frozen=True)
class OpenMeteoSingleRun:
    """The newest run of one model that could be had by a given moment, today or long ago."""

    base_url: str = BASE_URL
    model: str = DEFAULT_MODEL
    name: str = "open_meteo_single_run"
    web: WebClient = field(default_factory=WebClient)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return the newest run to be had by `known_by`, hourly from `start` on.

        A run knows nothing of the time before it: those hours come from the runs of the days
        before, as far as there are any. A run that the service does not have yet, or not any more,
        is passed over for the one before, four times at most.
        Raises WeatherUnavailable naming the cause.
        """
        asked = hour_starts(start, hours)
        service = Service(self.name, self.base_url, self.web)
        issued, newest = self._newest_of(
            service, place, run_times(self._last_run(), known_by, _TRIES), asked[-1] + HOUR
        )
        answer = self._with_past(service, place, issued, newest, asked[0])
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=known_by,
            issue_time=issued,
            issue_time_estimated=False,
            latitude=answer.latitude,
            longitude=answer.longitude,
        )
        return accept(
            Raw(answer.times, answer.values, info, instants=True),
            Asked(place, known_by, start, hours),
        )

    def _last_run(self) -> LastRun | None:
        """Return what is told of the newest run, of a mix its oldest part; None if nothing is."""
        told_at = FORECAST_URL if self.base_url == BASE_URL else self.base_url
        service = Service(self.name, told_at, self.web)
        try:
            runs = [service.last_run(folder) for folder in folders(self.model)]
        except WeatherUnavailable:
            return None
        available = [run.available for run in runs if run.available is not None]
        latest = max(available) if len(available) == len(runs) else None
        return LastRun(min(run.issued for run in runs), latest)

    def _newest_of(
        self,
        service: Service,
        place: Place,
        candidates: tuple[datetime, ...],
        needed_end: np.datetime64,
    ) -> tuple[datetime, Answer]:
        """Return the first of the candidates that the service has, whole."""
        why: WeatherUnavailable | None = None
        for issued in candidates:
            days = int(np.ceil((needed_end + HOUR - utc64(issued)) / np.timedelta64(1, "D"))) + 2
            try:
                answer = self._run(service, place, issued, int(np.clip(days, 3, MAX_FORECAST_DAYS)))
                return issued, ended_together(self.name, answer)
            except WeatherUnavailable as failed:
                if failed.cause not in _PASSED_OVER:
                    raise
                why = why or failed
        detail = "no run" if why is None else why.detail
        cause = Cause.WRONG_TIMES if why is None else why.cause
        raise WeatherUnavailable(self.name, cause, f"{iso_utc(candidates[0])}: {detail}")

    def _with_past(
        self,
        service: Service,
        place: Place,
        issued: datetime,
        newest: Answer,
        first: np.datetime64,
    ) -> Answer:
        """Return the newest run with the hours from `first` on put before it.

        The first value of a run is left to the run before: its radiation is that of an hour before
        the run began.
        """
        pieces = [(issued, newest)]
        while utc64(pieces[-1][0]) + HOUR > first:
            earlier = pieces[-1][0] - _DAY
            try:
                pieces.append((earlier, self._run(service, place, earlier, 2)))
            except WeatherUnavailable as failed:
                if failed.cause not in _PASSED_OVER:
                    raise
                break  # it begins late, which the gates judge
        oldest = utc64(pieces[-1][0]) + HOUR
        times = np.arange(oldest, newest.times[-1] + HOUR, HOUR)
        values = {name: np.full(times.size, np.nan) for name in newest.values}
        for began, piece in reversed(pieces):
            here = (piece.times > utc64(began)) & (piece.times <= times[-1])
            where = np.searchsorted(times, piece.times[here])
            for name, array in piece.values.items():
                if name in values:
                    given = array[here]
                    values[name][where] = np.where(np.isnan(given), values[name][where], given)
        return Answer(newest.latitude, newest.longitude, times, values)

    def _run(self, service: Service, place: Place, issued: datetime, days: int) -> Answer:
        """Fetch one run; WRONG_TIMES if what comes begins at another time than the run."""
        query = place_query(place, labels(tuple(SPELLINGS)))
        query |= {
            "models": self.model,
            "run": f"{issued.astimezone(UTC):%Y-%m-%dT%H:%M}",
            "forecast_days": str(days),
        }
        answer = parse_answer(self.name, service.get("/v1/forecast", query))
        if answer.times[0] != utc64(issued):
            detail = f"asked for the run of {iso_utc(issued)}, begins {iso64(answer.times[0])}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        return answer


def run_times(last: LastRun | None, known_by: datetime, count: int) -> tuple[datetime, ...]:
    """Return the initialisation times of the runs to be had by `known_by`, newest first.

    Of the newest run the service tells when it could first be had. Of earlier ones it does not:
    they are taken as to be had after 8 h, or later if the newest took longer.
    """
    delay = ASSUMED_DELAY
    if last is not None and last.available is not None:
        if last.issued <= last.available <= known_by:
            return tuple(last.issued - k * EVERY for k in range(count))
        delay = max(delay, last.available - last.issued)
    newest = _EPOCH + (known_by - delay - _EPOCH) // EVERY * EVERY
    if last is not None:
        newest = min(newest, last.issued)
    return tuple(newest - k * EVERY for k in range(count))
