"""The weather a plan rests on: the best run to be had, made whole, with its provenance.

`chain` asks and chooses, `hand_over` fills what the run does not reach; `found_forecast` puts it
together with what is known of its errors.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import xarray as xr

from forecasts.weather.chain import search
from forecasts.weather.climate.climate import Climate
from forecasts.weather.expectation import UsualError
from forecasts.weather.found_forecast import FoundForecast, ensemble_of
from forecasts.weather.gates.context import judge_in_context
from forecasts.weather.gates.usual import usual_from_normals
from forecasts.weather.hand_over import central
from forecasts.weather.learning import what_the_past_says
from forecasts.weather.observed import Observed, OutdoorSensor, observe
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Asked, Place, WeatherProvider, WeatherUnavailable
from forecasts.weather.run import hour_starts, iso_utc
from forecasts.weather.run_store import MAX_AGE_H, StoredRuns
from forecasts.weather.verdict import GateVerdict

SENSOR_MAX_AGE_H = 6.0  # a sensor silent for longer has something wrong with it
USUAL_ERROR = UsualError()
RUN_BEFORE_H = 36  # an older run says little of whether this one is right


def best_forecast(
    providers: Sequence[WeatherProvider],
    place: Place,
    known_by: datetime,
    start: datetime,
    hours: int,
    *,
    store: StoredRuns | None = None,
    max_age_h: float = MAX_AGE_H,
    usual: UsualError = USUAL_ERROR,
    climate: Climate | None = None,
    sensor: OutdoorSensor | None = None,
) -> xr.Dataset:
    """Return hourly weather over exactly [start, start + hours), `start` on a whole UTC hour.

    Uses only what was known by `known_by`; forecasts older than `max_age_h` are refused. Hours
    beyond the run's end come from climate normals: of `climate`, else of the nearest packaged city.
    What it holds: `forecast_dataset`; attributes: `provenance.provenance_of`. `usual` is what a
    forecast is held to be wrong by before its past is known. Never raises WeatherUnavailable;
    ValueError if `start` has no zone or is not on an hour.
    """
    return find_forecast(
        providers,
        place,
        known_by,
        start,
        hours,
        store=store,
        max_age_h=max_age_h,
        usual=usual,
        climate=climate,
        sensor=sensor,
    ).weather


def find_forecast(
    providers: Sequence[WeatherProvider],
    place: Place,
    known_by: datetime,
    start: datetime,
    hours: int,
    *,
    store: StoredRuns | None = None,
    max_age_h: float = MAX_AGE_H,
    usual: UsualError = USUAL_ERROR,
    climate: Climate | None = None,
    sensor: OutdoorSensor | None = None,
) -> FoundForecast:
    """Return what `best_forecast` lays out: the run and what is known of its errors."""
    hour_starts(start, hours)  # refuses a start that is not on an hour
    asked = Asked(place, known_by, start, hours)

    usual_weather = usual_from_normals(place, climate)

    @cache  # asked for when a run is judged alone, beside the others, and for its past
    def run_before(provider: str, issue_time: str) -> tuple[xr.Dataset, ...]:
        return _run_before(provider, datetime.fromisoformat(issue_time), store, asked)

    def before(run: xr.Dataset) -> tuple[xr.Dataset, ...]:
        return run_before(str(run.attrs["provider"]), str(run.attrs["issue_time"]))

    def judge(run: xr.Dataset, others: Sequence[xr.Dataset]) -> tuple[GateVerdict, ...]:
        compared = [*others, *before(run)]
        return judge_in_context(
            run, asked, climate=usual_weather, max_age_h=max_age_h, others=compared
        )

    outcome = search(providers, asked, store, judge, climate)
    run = central(outcome.best.run)
    observed, sensor_notes = _observed(sensor, run, known_by)
    past = what_the_past_says(run, ensemble_of(outcome), store, observed, place, known_by)
    runs_of_others = (other.run for other in outcome.others)
    earlier = tuple(central(one) for one in (*runs_of_others, *before(outcome.best.run)))
    return FoundForecast(
        asked,
        tuple(providers),
        outcome,
        earlier,
        past,
        observed,
        sensor_notes,
        usual,
        climate,
    )


def _observed(
    sensor: OutdoorSensor | None, run: xr.Dataset, known_by: datetime
) -> tuple[Observed | None, tuple[Note, ...]]:
    """Return what the own sensor saw, and a note if it saw nothing of late."""
    if sensor is None:
        return None, ()
    try:
        observed = observe(sensor, known_by, run["air_temperature"])
    except WeatherUnavailable as why:
        return None, (Note(NoteCode.SENSOR_UNREADABLE, why.detail),)
    if observed.age_h > SENSOR_MAX_AGE_H:
        last = observed.last_good_at
        told = iso_utc(last) if last else "-"
        return observed, (Note(NoteCode.SENSOR_SILENT, f"{sensor.path.name}, {told}"),)
    return observed, ()


def _run_before(
    provider: str, issued: datetime, store: StoredRuns | None, asked: Asked
) -> tuple[xr.Dataset, ...]:
    """Return the stored run of the same service before this one: to compare, and for its past."""
    if store is None:
        return ()
    since = issued - timedelta(hours=RUN_BEFORE_H)
    known = store.runs(provider, asked.place, asked.known_by, since)
    earlier = [stored for stored in known if stored.issue_time < issued]
    loaded = store.load(earlier[-1]) if earlier else None
    return (loaded,) if isinstance(loaded, xr.Dataset) else ()
