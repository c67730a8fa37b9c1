"""MET Norway's Locationforecast 2.0 (https://api.met.no, data CC BY 4.0): the world, nine days.

Its terms of service (https://api.met.no/doc/TermsOfService) shape this file: who asks says who he
is and how he can be reached, places have four decimals at most, nothing is asked again before
`Expires`, and then only with `If-Modified-Since`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import xarray as xr

from forecasts.weather.cloud import DEFAULT_CLOUD, radiation_w_per_m2
from forecasts.weather.coarse_steps import end_of_usable, hourly_instants
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.met_norway_answer import CLOUD, NEEDED, Answer, parse_answer
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, iso64, iso_utc
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.spread_hint import with_spread
from forecasts.weather.verdict import Gate, GateVerdict, Outcome
from forecasts.weather.web import WebAnswer, WebClient
from forecasts.weather.web_cache import KeptAnswer, WebCache, fresh_until

BASE_URL = "https://api.met.no"
CLOCK_TOLERANCE = timedelta(minutes=15)


class Product(StrEnum):
    """How much the service sends; only `complete` can hold percentiles."""

    COMPACT = "compact"
    COMPLETE = "complete"


@dataclass(frozen=True)
class _Fetched:
    """An answer read, when it was fetched, and what is to be said of the fetching."""

    answer: Answer
    at: datetime
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class MetNorway:
    """Forecasts of one Locationforecast service; `contact` is an e-mail or web address of ours.

    With a `cache_folder` answers are kept there as the terms ask; without one, every run asks.
    """

    contact: str
    base_url: str = BASE_URL
    product: Product = Product.COMPLETE
    cache_folder: Path | None = None
    name: str = "met_norway"
    web: WebClient = field(default_factory=WebClient)

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return the newest forecast, hourly from the present hour to its end after nine days.

        The issue time is `updated_at`: when the service took in the newest model run, which was
        started some 6 to 9 h before. Radiation comes from the cloud cover. Where the service gives
        percentiles, their spread is kept as `spread_hint` says. Raises WeatherUnavailable.
        """
        fetched = self._fetched(place, known_by)
        answer = fetched.answer
        here = (answer.latitude, answer.longitude)
        instants, given, cloud_notes = _usable(self.name, answer)
        hourly, made = hourly_instants(instants, given, *here)
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=fetched.at,
            issue_time=min(answer.updated_at, fetched.at),
            issue_time_estimated=False,
            latitude=answer.latitude,
            longitude=answer.longitude,
            notes=(*fetched.notes, *cloud_notes),
        )
        raw = Raw(
            times=hourly,
            values=_with_radiation(hourly, made, *here),
            info=info,
            instants=True,
            earlier=(_step_verdict(instants),),
        )
        run = accept(raw, Asked(place, known_by, start, hours))
        return with_spread(run, answer.times, answer.sigma_k)

    def _fetched(self, place: Place, known_by: datetime) -> _Fetched:
        """Return the kept answer while it holds, else a new one, or the kept one confirmed."""
        agent = self._agent()
        query = {"lat": f"{place.latitude:.4f}", "lon": f"{place.longitude:.4f}"}
        path = f"/weatherapi/locationforecast/2.0/{self.product.value}"
        url = f"{self.base_url.rstrip('/')}{path}?{urlencode(query)}"
        cache = None if self.cache_folder is None else WebCache(self.cache_folder)
        kept = None if cache is None else cache.kept(url, known_by)
        if kept is not None and known_by < kept.fresh_until:
            return _Fetched(parse_answer(self.name, kept.body), kept.fetched_at)
        if kept is not None and kept.last_modified:
            agent["If-Modified-Since"] = kept.last_modified
        answer = self.web.get(self.name, url, {}, agent, accepted=(200, 203, 304, 403))
        if answer.status == 403:
            detail = f"HTTP 403, asked as {agent['User-Agent']!r}"
            raise WeatherUnavailable(self.name, Cause.REFUSED, detail)
        got = _newly_kept(self.name, url, answer, kept, known_by)
        read = parse_answer(self.name, got.body)
        if read.updated_at > known_by + CLOCK_TOLERANCE:
            detail = f"updated {iso_utc(read.updated_at)}, after {iso_utc(known_by)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        # Kept only now: a login page that answers in the service's stead must not stay.
        notes = [] if cache is None else _kept_notes(cache, got)
        if answer.status == 203:
            notes.append(Note(NoteCode.SERVICE_ENDS, "HTTP 203"))
        return _Fetched(read, got.fetched_at, tuple(notes))

    def _agent(self) -> dict[str, str]:
        """Return the header that says who asks; raises NOT_CONFIGURED where nobody would be."""
        contact = self.contact.strip()
        if not contact or not contact.isascii() or not contact.isprintable():
            detail = (
                "the service blocks who does not say how to be reached. "
                "Set contact in case.toml to an e-mail or web address"
            )
            raise WeatherUnavailable(self.name, Cause.NOT_CONFIGURED, detail)
        return {"User-Agent": f"{self.web.user_agent} {contact}"}


def _newly_kept(
    provider: str, url: str, answer: WebAnswer, kept: KeptAnswer | None, known_by: datetime
) -> KeptAnswer:
    """Return what is to be kept: the new answer, or the kept one with a new time of grace.

    A confirmed answer stays known since it was first fetched, so that two plans that rest on it
    carry the same run, to the byte.
    """
    until = fresh_until(answer.headers, known_by)
    if answer.status != 304:
        last_modified = answer.headers.get("Last-Modified", "")
        return KeptAnswer(url, known_by, until, last_modified, answer.body)
    if kept is None:
        detail = "HTTP 304 to a request without If-Modified-Since"
        raise WeatherUnavailable(provider, Cause.SERVER_ERROR, detail)
    return replace(kept, fresh_until=until)


def _kept_notes(cache: WebCache, answer: KeptAnswer) -> list[Note]:
    """Keep an answer; a disk that does not take it costs a note, not the run."""
    try:
        cache.keep(answer)
    except OSError as error:
        return [Note(NoteCode.NOT_STORED, error.strerror or type(error).__name__)]
    return []


def _usable(provider: str, answer: Answer) -> tuple[Times, dict[str, Floats], tuple[Note, ...]]:
    """Return the instants that can be made hourly, without gaps, and what was assumed of clouds.

    An instant without temperature or wind is none. What follows a break of more than six hours is
    left out: the run ends there, and the cover gate says whether that is too early.
    """
    whole = np.all([np.isfinite(answer.values[name]) for name in NEEDED], axis=0)
    times = answer.times[whole]
    end = end_of_usable(times) if times.size else 0
    if end < 3:
        raise WeatherUnavailable(provider, Cause.GAPS, f"{end} instants with temperature and wind")
    times = times[:end]
    values = {name: array[whole][:end] for name, array in answer.values.items()}
    notes = [Note(NoteCode.RADIATION_FROM_CLOUD, "cloud_area_fraction")]
    cloud = values.get(CLOUD, np.full(end, np.nan))
    if not np.isfinite(cloud).any():
        hours = int((times[-1] - times[0]) / HOUR)
        notes = [Note(NoteCode.CLOUD_ASSUMED, str(hours))]
        cloud = np.full(end, DEFAULT_CLOUD)
    values[CLOUD] = cloud
    given = {
        name: _bridged(times, array) for name, array in values.items() if np.isfinite(array).any()
    }
    return times, given, tuple(notes)


def _bridged(times: Times, array: Floats) -> Floats:
    """Return clouds or humidity with a straight line where single instants lack them."""
    there = np.isfinite(array)
    since = np.asarray((times - times[0]) / HOUR, dtype=np.float64)
    return np.interp(since, since[there], array[there])


def _with_radiation(
    hourly: Times, made: dict[str, Floats], latitude: float, longitude: float
) -> dict[str, Floats]:
    """Return instants with radiation, mean of the hour before each, in the place of clouds."""
    cloud = np.clip(made[CLOUD], 0.0, 1.0)
    before = np.concatenate([cloud[:1], (cloud[:-1] + cloud[1:]) / 2])
    radiation = radiation_w_per_m2(hourly - HOUR, latitude, longitude, before)
    others = {name: array for name, array in made.items() if name != CLOUD}
    return others | {"global_radiation": radiation}


def _step_verdict(instants: Times) -> GateVerdict:
    """Say how many of the hourly steps lie between instants more than an hour apart."""
    apart_h = np.diff(instants) / HOUR
    coarse = apart_h > 1
    if not coarse.any():
        return GateVerdict(Gate.STEP, Outcome.PASSED, "1 h")
    hours = int(apart_h[coarse].sum())
    detail = (
        f"{hours} of {apart_h.sum():.0f} h lie between instants up to {apart_h.max():.0f} h apart, "
        f"from {iso64(instants[:-1][coarse][0])} on; the course of the day was put between them"
    )
    return GateVerdict(Gate.STEP, Outcome.MENDED, detail)
