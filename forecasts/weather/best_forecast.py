"""The weather a plan rests on: the best run to be had, made whole, with its provenance.

Providers are asked in the case's order. A fresh forecast ends the search; an older one waits while
the others are asked. Before anything that is no forecast is taken, the newest of the waiting runs
and of the store is. With nothing at all the climate normals serve: a plan is always possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.climate.normals import NormalWeather, climate_notes, normal_values
from forecasts.weather.gates.checks import check_age
from forecasts.weather.provenance import (
    FRESH_MAX_AGE_H,
    Attempt,
    Note,
    NoteCode,
    attempts_to_json,
    notes_of,
    notes_to_json,
)
from forecasts.weather.provider import (
    Asked,
    Cause,
    Nature,
    Place,
    WeatherProvider,
    WeatherUnavailable,
)
from forecasts.weather.run import hour_starts, iso_utc, utc_datetime
from forecasts.weather.run_store import MAX_AGE_H, StoredRuns
from forecasts.weather.solar import HOUR, Floats, Times, clear_sky_w_per_m2

ANOMALY_MEMORY_H = 24.0  # e-folding time of what the run's end still says about later hours


@dataclass(frozen=True)
class _Found:
    """A usable run, and whether it was read back from the store."""

    run: xr.Dataset
    from_store: bool = False

    @property
    def issue_time(self) -> datetime:
        return datetime.fromisoformat(str(self.run.attrs["issue_time"]))

    @property
    def nature(self) -> Nature:
        return Nature(str(self.run.attrs["nature"]))

    def age_h(self, known_by: datetime) -> float:
        return (known_by - self.issue_time) / timedelta(hours=1)


@dataclass(frozen=True)
class _Search:
    """The usable runs found, best candidates for each role, and what happened on the way."""

    forecasts: tuple[_Found, ...]
    other: _Found | None  # the first typical year or climate in the order
    attempts: tuple[Attempt, ...]
    notes: tuple[Note, ...]


def best_forecast(
    providers: Sequence[WeatherProvider],
    place: Place,
    known_by: datetime,
    start: datetime,
    hours: int,
    *,
    store: StoredRuns | None = None,
    max_age_h: float = MAX_AGE_H,
) -> xr.Dataset:
    """Return hourly weather over exactly [start, start + hours), `start` on a whole UTC hour.

    Uses only what was known by `known_by`; forecasts older than `max_age_h` are refused. Hours
    beyond the run's end come from climate normals. Attributes: see `provenance.provenance_of`.
    Never raises WeatherUnavailable; ValueError if `start` has no zone or is not on an hour.
    """
    starts = hour_starts(start, hours)
    asked = Asked(place, known_by, start, hours)
    search = _ask_providers(providers, asked, store, max_age_h)
    best, attempts, notes = _chosen(search, asked, store)
    whole, filled_hours = _made_whole(best.run, place, starts)
    interpolated_hours = int(best.run.attrs.get("interpolated_hours", 0))
    remarks = [*notes_of(best.run), *notes, *_notes_on(best, known_by)]
    if interpolated_hours:
        remarks.append(Note(NoteCode.INTERPOLATED, str(interpolated_hours)))
    if filled_hours:
        remarks.append(Note(NoteCode.FILLED_BY_CLIMATE, str(filled_hours)))
        remarks.extend(note for note in climate_notes(place) if note not in remarks)
    kept = ("provider", "nature", "issue_time", "issue_time_estimated", "latitude", "longitude")
    whole.attrs = {key: best.run.attrs[key] for key in kept} | {
        "known_by": iso_utc(known_by),
        "age_h": best.age_h(known_by),
        "run_end": iso_utc(utc_datetime(best.run["time"].values[-1] + HOUR)),
        "filled_hours": filled_hours,
        "interpolated_hours": interpolated_hours,
        "from_store": int(best.from_store),
        "attempts": attempts_to_json(attempts),
        "notes": notes_to_json(tuple(remarks)),
    }
    return check_weather(whole)


def _ask_providers(
    providers: Sequence[WeatherProvider], asked: Asked, store: StoredRuns | None, max_age_h: float
) -> _Search:
    """Ask in order until there is a fresh forecast or something that is no forecast at all."""
    forecasts: list[_Found] = []
    attempts: list[Attempt] = []
    notes: list[Note] = []
    for provider in providers:
        try:
            found = _Found(asked.of(provider))
            if found.nature is not Nature.FORECAST:
                return _Search(tuple(forecasts), found, tuple(attempts), tuple(notes))
            if store is not None:
                notes.extend(_kept(store, found.run))
            check_age(provider.name, found.issue_time, asked.known_by, max_age_h)
        except WeatherUnavailable as why:
            attempts.append(Attempt(provider.name, why.cause, why.detail))
            continue
        forecasts.append(found)
        if found.age_h(asked.known_by) <= FRESH_MAX_AGE_H:
            break
    return _Search(tuple(forecasts), None, tuple(attempts), tuple(notes))


def _chosen(
    search: _Search, asked: Asked, store: StoredRuns | None
) -> tuple[_Found, tuple[Attempt, ...], tuple[Note, ...]]:
    """Return the run to use: the newest forecast, of the store too unless one is fresh."""
    forecasts, attempts = list(search.forecasts), list(search.attempts)
    fresh = any(found.age_h(asked.known_by) <= FRESH_MAX_AGE_H for found in forecasts)
    if store is not None and not fresh:
        try:
            forecasts.append(_Found(asked.of(store), from_store=True))
        except WeatherUnavailable as why:
            attempts.append(Attempt(store.name, why.cause, why.detail))
    best = max(forecasts, key=lambda found: found.issue_time, default=search.other)
    for passed in search.forecasts:
        if passed is not best:
            detail = f"issued {passed.age_h(asked.known_by):.0f} h ago, a newer run was found"
            attempts.append(Attempt(str(passed.run.attrs["provider"]), Cause.STALE, detail))
    if best is not None:
        return best, tuple(attempts), search.notes
    normal = _Found(asked.of(NormalWeather()))
    return normal, tuple(attempts), (*search.notes, Note(NoteCode.LAST_RESORT))


def _kept(store: StoredRuns, run: xr.Dataset) -> tuple[Note, ...]:
    """Keep a run in the store; a disk that does not take it costs a note, not the plan."""
    try:
        store.save(run)
    except OSError as error:
        return (Note(NoteCode.NOT_STORED, error.strerror or type(error).__name__),)
    return ()


def _notes_on(best: _Found, known_by: datetime) -> tuple[Note, ...]:
    provider = str(best.run.attrs["provider"])
    if best.nature is Nature.TYPICAL_YEAR:
        return (Note(NoteCode.TYPICAL_YEAR_USED, provider),)
    if best.nature is Nature.CLIMATE:
        return (Note(NoteCode.CLIMATE_USED, provider),)
    notes = [Note(NoteCode.FROM_STORE, provider)] if best.from_store else []
    if best.age_h(known_by) > FRESH_MAX_AGE_H:
        notes.append(Note(NoteCode.OLDER_RUN_USED, f"{best.age_h(known_by):.0f}"))
    return tuple(notes)


def _made_whole(run: xr.Dataset, place: Place, starts: Times) -> tuple[xr.Dataset, int]:
    """Return `run` on exactly `starts`, and how many hours beyond its end were filled."""
    known = run.sel(time=slice(starts[0], starts[-1]))
    late = int(np.searchsorted(starts, known["time"].values[0]))  # services without a past
    earlier, later = starts[:late], starts[late + known.sizes["time"] :]
    if earlier.size == later.size == 0:
        return known.copy(), 0
    past, fill = normal_values(place, earlier), _handed_over(known, place, later)
    variables = {
        name: (
            "time",
            np.concatenate([past[str(name)], array.values, fill[str(name)]]),
            dict(array.attrs),
        )
        for name, array in known.data_vars.items()
    }
    return xr.Dataset(variables, coords={"time": starts}), int(later.size)


def _handed_over(known: xr.Dataset, place: Place, later: Times) -> dict[str, Floats]:
    """Return normals for the hours `later`, begun at what the run ends with.

    The last anomaly fades with exp(-lead / 24 h). For radiation it is the share of the last day's
    normal that fades to 1: at night there would be nothing to start from.
    """
    times = known["time"].values
    normal, usual = normal_values(place, later), normal_values(place, times[-24:])
    fading = np.exp(-np.arange(1, later.size + 1) / ANOMALY_MEMORY_H)
    filled = {}
    for name in known.data_vars:
        array = known[name].values[-24:]
        if name == "global_radiation":
            clear = clear_sky_w_per_m2(later, place.latitude, place.longitude)
            share = array.sum() / usual["global_radiation"].sum() if times.size >= 24 else 1.0
            share = share if np.isfinite(share) else 1.0  # polar night
            filled[str(name)] = np.minimum(normal[name] * (1 + (share - 1) * fading), clear)
        else:
            filled[str(name)] = normal[str(name)] + (array[-1] - usual[str(name)][-1]) * fading
    filled["wind_speed"] = np.maximum(filled["wind_speed"], 0.0)
    if "relative_humidity" in filled:
        filled["relative_humidity"] = np.clip(filled["relative_humidity"], 0, 100)
    return filled
