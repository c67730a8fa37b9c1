"""The weather a plan rests on: the best run to be had, made whole, with its provenance.

`chain` asks and chooses, `hand_over` fills what the run does not reach; here it is put together
with what is known of its errors.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.calibration.local_bias import BOUND_K
from forecasts.weather.chain import Found, Search, search
from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import climate_at, climate_notes, normal_temperature
from forecasts.weather.expectation import (
    Expectation,
    Past,
    UsualError,
    climate_expectation,
    expected,
)
from forecasts.weather.forecast_dataset import forecast_dataset
from forecasts.weather.gates.context import judge_in_context
from forecasts.weather.gates.usual import usual_from_normals
from forecasts.weather.hand_over import Origin, Whole, central, made_whole
from forecasts.weather.learning import what_the_past_says
from forecasts.weather.observed import Observed, OutdoorSensor, observe
from forecasts.weather.provenance import (
    FRESH_MAX_AGE_H,
    Note,
    NoteCode,
    Opinion,
    Trust,
    attempts_to_json,
    notes_of,
    notes_to_json,
    opinions_to_json,
    trust_to_json,
)
from forecasts.weather.provider import (
    Asked,
    Nature,
    Place,
    WeatherProvider,
    WeatherUnavailable,
)
from forecasts.weather.run import hour_starts, iso_utc, utc64, utc_datetime
from forecasts.weather.run_store import MAX_AGE_H, StoredRuns
from forecasts.weather.solar import HOUR, Floats, Times, mid_hours
from forecasts.weather.verdict import GateVerdict, gates_to_json

DAY_H = 24
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
    starts = hour_starts(start, hours)
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
    ensemble = _ensemble(outcome)
    past = what_the_past_says(run, ensemble, store, observed, place, known_by)
    expectation = _expectation(outcome.best.nature, run, ensemble, past, asked, usual, climate)
    sensor_notes = (*sensor_notes, *_doubts(past, expectation))
    corrected = run.copy()
    corrected["air_temperature"] = run["air_temperature"].copy(data=expectation.temperature_c)
    runs_of_others = (other.run for other in outcome.others)
    earlier = [central(one) for one in (*runs_of_others, *before(outcome.best.run))]
    whole = made_whole(corrected, earlier, place, starts, climate)
    as_given = made_whole(run, earlier, place, starts, climate).values["air_temperature"]
    if observed is not None and not (past.sensor and past.sensor.clock_shift_h):
        whole = whole.observed(observed.hourly)
    climate_sd_k = _climate_daily_sd_k(place, starts, climate)
    weather = forecast_dataset(
        whole, expectation, as_given, climate_sd_k, outcome.best.issue_time, known_by
    )
    weather.attrs = _attributes(outcome, whole, asked, climate, sensor_notes)
    weather.attrs["opinions"] = opinions_to_json(_opinions(weather, outcome.others, known_by))
    weather.attrs["trust"] = trust_to_json(_trust(weather, expectation, known_by))
    return check_weather(weather)


def _ensemble(outcome: Search) -> xr.Dataset | None:
    """Return the first ensemble found, (member, time); None if there is none."""
    found = (outcome.best, *outcome.others)
    return next((one.run for one in found if "member" in one.run.dims), None)


def _expectation(
    nature: Nature,
    run: xr.Dataset,
    ensemble: xr.Dataset | None,
    past: Past,
    asked: Asked,
    usual: UsualError,
    climate: Climate | None,
) -> Expectation:
    times = run["time"].values
    climate_sd_k = _climate_daily_sd_k(asked.place, times, climate)
    if nature is not Nature.FORECAST:
        normal_c = normal_temperature(asked.place, times, climate)
        return climate_expectation(times, run["air_temperature"].values, normal_c, climate_sd_k)
    zone = ZoneInfo(asked.place.timezone)
    return expected(
        run,
        ensemble,
        past,
        asked.known_by,
        usual=usual,
        climate_sd_k=float(climate_sd_k.mean()),
        utc_offset=asked.known_by.astimezone(zone).utcoffset() or timedelta(0),
    )


def _doubts(past: Past, expectation: Expectation) -> tuple[Note, ...]:
    """Return notes on what makes the own sensor, or the forecast against it, doubtful."""
    if past.sensor is not None and past.sensor.clock_shift_h:
        return (Note(NoteCode.SENSOR_CLOCK, f"{past.sensor.clock_shift_h:+d} h"),)
    notes = []
    if past.sensor is not None and past.sensor.in_the_sun:
        notes.append(Note(NoteCode.SENSOR_IN_THE_SUN, f"{past.sensor.sun_excess_k:+.1f} K"))
    if expectation.sensor_fault is not None:
        notes.append(Note(NoteCode.SENSOR_NOT_BELIEVED, expectation.sensor_fault.value))
    if expectation.at_bound:
        notes.append(Note(NoteCode.CORRECTION_BOUNDED, f"{BOUND_K:g} K"))
    return tuple(notes)


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


def _climate_daily_sd_k(place: Place, times: Times, climate: Climate | None) -> Floats:
    """Return the spread of daily means about the normal, K."""
    return annual_course(climate_at(place, climate).day_to_day_sd_k, mid_hours(times))


def _trust(weather: xr.Dataset, expectation: Expectation, known_by: datetime) -> Trust:
    """Return the spread and correction in the figures that people are told."""
    now = utc64(known_by)
    day = weather.sel(time=slice(now, now + (DAY_H - 1) * HOUR))
    shift = day["air_temperature"] - day["air_temperature_uncorrected"]
    daily_k = weather["daily_mean_sd"].values
    members = expectation.members_c
    return Trust(
        source=expectation.source,
        sigma_24h_k=round(float(daily_k[0]), 3) if daily_k.size else 0.0,
        sigma_72h_k=round(float(daily_k[min(2, daily_k.size - 1)]), 3) if daily_k.size else 0.0,
        pairs=expectation.pairs,
        members=0 if members is None else int(members.shape[0]),
        correction_k=round(float(shift.mean()), 3) if shift.size else 0.0,
        at_bound=expectation.at_bound,
    )


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


def _attributes(
    outcome: Search,
    whole: Whole,
    asked: Asked,
    climate: Climate | None,
    more_notes: tuple[Note, ...],
) -> dict[str, object]:
    best, run = outcome.best, outcome.best.run
    filled_hours = whole.hours_of(Origin.CLIMATE)
    interpolated_hours = int(run.attrs.get("interpolated_hours", 0))
    remarks = [*notes_of(run), *outcome.notes, *_notes_on(best, asked.known_by), *more_notes]
    if interpolated_hours:
        remarks.append(Note(NoteCode.INTERPOLATED, str(interpolated_hours)))
    if filled_hours:
        remarks.append(Note(NoteCode.FILLED_BY_CLIMATE, str(filled_hours)))
        remarks.extend(note for note in climate_notes(asked.place, climate) if note not in remarks)
    kept = ("provider", "nature", "issue_time", "issue_time_estimated", "latitude", "longitude")
    return {key: run.attrs[key] for key in kept} | {
        "known_by": iso_utc(asked.known_by),
        "age_h": best.age_h(asked.known_by),
        "run_end": iso_utc(utc_datetime(run["time"].values[-1] + HOUR)),
        "filled_hours": filled_hours,
        "joined_hours": whole.hours_of(Origin.JOINED),
        "interpolated_hours": interpolated_hours,
        "from_store": int(best.from_store),
        "attempts": attempts_to_json(outcome.attempts),
        "notes": notes_to_json(tuple(remarks)),
        "gates": gates_to_json(best.gates),
    }


def _opinions(
    weather: xr.Dataset, others: Sequence[Found], known_by: datetime
) -> tuple[Opinion, ...]:
    """Return how the other forecasts differ over the next 24 h, each as its service gave it."""
    now = utc64(known_by)
    day = weather["air_temperature_uncorrected"].sel(time=slice(now, now + (DAY_H - 1) * HOUR))
    opinions = []
    for other in others:
        theirs = central(other.run)["air_temperature"]
        shared = np.intersect1d(day["time"].values, theirs["time"].values)
        if shared.size >= DAY_H // 2:
            colder = day.sel(time=shared).mean() - theirs.sel(time=shared).mean()
            opinions.append(Opinion(other.provider, other.issue_time, round(float(colder), 2)))
    return tuple(opinions)


def _notes_on(best: Found, known_by: datetime) -> tuple[Note, ...]:
    if best.nature is Nature.TYPICAL_YEAR:
        return (Note(NoteCode.TYPICAL_YEAR_USED, best.provider),)
    if best.nature is Nature.CLIMATE:
        return (Note(NoteCode.CLIMATE_USED, best.provider),)
    notes = [Note(NoteCode.FROM_STORE, best.provider)] if best.from_store else []
    if best.age_h(known_by) > FRESH_MAX_AGE_H:
        notes.append(Note(NoteCode.OLDER_RUN_USED, f"{best.age_h(known_by):.0f}"))
    return tuple(notes)
