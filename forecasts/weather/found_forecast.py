"""A forecast found for a case, laid out over as many hours as are wanted.

The plan takes its own days; the fuel planner's outlook takes all that the services know, from the
same answers. What is told of the run, and how far it may be wrong, is reckoned here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.calibration.local_bias import BOUND_K
from forecasts.weather.chain import Found, Search
from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import (
    NormalWeather,
    climate_at,
    climate_notes,
    normal_temperature,
)
from forecasts.weather.expectation import (
    Expectation,
    Past,
    UsualError,
    climate_expectation,
    expected,
)
from forecasts.weather.forecast_dataset import forecast_dataset
from forecasts.weather.gates.by_climate import judge_climate
from forecasts.weather.gates.usual import usual_from_normals
from forecasts.weather.hand_over import Origin, Whole, central, made_whole
from forecasts.weather.observed import Observed
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
from forecasts.weather.service_clocks import ServiceClock
from forecasts.weather.solar import HOUR, Floats, Times, mid_hours
from forecasts.weather.verdict import Outcome, gates_to_json

DAY_H = 24


@dataclass(frozen=True)
class FoundForecast:
    """The run a plan rests on, and all that is known of its errors."""

    asked: Asked
    providers: tuple[WeatherProvider, ...]
    outcome: Search
    earlier: tuple[xr.Dataset, ...]  # runs that may know the hours before it begins, best first
    past: Past
    observed: Observed | None
    sensor_notes: tuple[Note, ...]
    usual: UsualError
    climate: Climate | None
    clocks: tuple[ServiceClock, ...] = ()  # of the services asked, against this machine's

    @cached_property
    def weather(self) -> xr.Dataset:
        """The weather over the hours asked for, as `best_forecast` says."""
        return self._laid_out(self.outcome, self.asked)

    def further(self, hours: int) -> xr.Dataset:
        """Return the weather over `hours` from the same start, as far as the services know it.

        The sources of the run and of its ensemble are asked for that many hours: where they share
        a client that remembers (`web_memory`), no service is asked twice. A source whose later
        days do not pass the gates, or that has a newer run by now, keeps what it gave for the
        plan. The same as `weather` where no more hours are wanted than the plan's.
        """
        if hours <= self.asked.hours:
            return self._laid_out(self.outcome, replace(self.asked, hours=hours))
        asked = replace(self.asked, hours=hours)
        best = self._longer(self.outcome.best, asked)
        others = tuple(
            self._longer(other, asked) if "member" in other.run.dims else other
            for other in self.outcome.others
        )
        return self._laid_out(replace(self.outcome, best=best, others=others), asked)

    def _longer(self, found: Found, asked: Asked) -> Found:
        """Return a run over more hours, or the one at hand where there is no more to be had."""
        source = next((one for one in self.providers if one.name == found.provider), None)
        if source is None and found.nature is Nature.CLIMATE:
            source = NormalWeather(climate=self.climate)  # the chain's last resort
        if source is None or found.from_store:
            return found
        try:
            run = asked.of(source)
        except WeatherUnavailable:
            return found
        same_run = run.attrs["issue_time"] == found.run.attrs["issue_time"]
        usual = usual_from_normals(asked.place, self.climate)
        believed = judge_climate(run, usual).outcome is not Outcome.REFUSED
        later = run["time"].values[-1] > found.run["time"].values[-1]
        return replace(found, run=run) if same_run and believed and later else found

    def _laid_out(self, outcome: Search, asked: Asked) -> xr.Dataset:
        """Return one Dataset of a run, made whole, with what is known of its errors."""
        starts = hour_starts(asked.start, asked.hours)
        place, known_by, climate = asked.place, asked.known_by, self.climate
        run = central(outcome.best.run)
        expectation = _expectation(
            outcome.best.nature, run, ensemble_of(outcome), self.past, asked, self.usual, climate
        )
        notes = (*self.sensor_notes, *_doubts(self.past, expectation))
        corrected = run.copy()
        corrected["air_temperature"] = run["air_temperature"].copy(data=expectation.temperature_c)
        whole = made_whole(corrected, self.earlier, place, starts, climate)
        as_given = made_whole(run, self.earlier, place, starts, climate).values["air_temperature"]
        if self.observed is not None and not (self.past.sensor and self.past.sensor.clock_shift_h):
            whole = whole.observed(self.observed.hourly)
        climate_sd_k = _climate_daily_sd_k(place, starts, climate)
        weather = forecast_dataset(
            whole, expectation, as_given, climate_sd_k, outcome.best.issue_time, known_by
        )
        weather.attrs = _attributes(outcome, whole, asked, climate, notes)
        weather.attrs["opinions"] = opinions_to_json(_opinions(weather, outcome.others, known_by))
        weather.attrs["trust"] = trust_to_json(_trust(weather, expectation, known_by))
        return check_weather(weather)


def ensemble_of(outcome: Search) -> xr.Dataset | None:
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
