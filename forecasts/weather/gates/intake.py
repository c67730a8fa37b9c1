"""What a source gave, turned into a run that may be used: every gate that needs nothing else.

Providers fetch and translate; whether the result is believed is decided here, in one place for all
of them. What needs to know more than the run (its age, the climate of the city, other services) is
judged in `context`, which `best_forecast` calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from forecasts.weather.gates.clock import judge_clock
from forecasts.weather.gates.course import Course
from forecasts.weather.gates.cover import judge_cover, judge_step
from forecasts.weather.gates.flat import judge_flat
from forecasts.weather.gates.gaps import bridged, present
from forecasts.weather.gates.jumps import without_spikes
from forecasts.weather.gates.limits import judge_limits
from forecasts.weather.gates.members import (
    common_span,
    good_members,
    judge_members,
    picked,
    told_of_all,
)
from forecasts.weather.gates.place import judge_place
from forecasts.weather.gates.sun import judge_sun
from forecasts.weather.gates.units import judge_units
from forecasts.weather.provider import Asked, Cause
from forecasts.weather.run import Members, RunInfo, utc64, weather_run
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    Outcome,
    WeatherRefused,
    merged,
    not_judged,
    refused,
)


@dataclass(frozen=True)
class Raw:
    """What a source gave, hour by hour, in the units of `forecasts.series`; nan for nothing.

    `times` are whole UTC hours without a break. Without `instants` they are the starts of steps and
    `values` the means over them. With `instants` a value holds at its time, only radiation is the
    mean of the hour that ends there, as weather services have it.
    `values` have shape (hours,), or (members, hours) where `members` says who they are. Hours that
    nobody has a value for may be there at either end: the run is what lies between.
    `earlier` holds verdicts already reached while reading (units, step). Where the service does
    not say for which place it answers, `place_answered` is False and that gate is not judged.
    """

    times: Times
    values: Mapping[str, Floats]
    info: RunInfo
    instants: bool = False
    members: Members | None = None
    earlier: tuple[GateVerdict, ...] = ()
    place_answered: bool = True


_SERIES_GATES: tuple[Callable[[Course], GateVerdict], ...] = (
    judge_units,
    judge_limits,
    judge_clock,
    judge_sun,
    judge_flat,
)


def accept(raw: Raw, asked: Asked) -> xr.Dataset:
    """Return the run with all verdicts, from the first hour asked or, if it has no past, from now.

    All gates that can still be judged are judged, so that a refusal tells everything at once.
    Single bad members of an ensemble are dropped. Raises WeatherRefused; SeriesFault only if a
    provider breaks its contract (units, shapes).
    """
    info = raw.info
    step = judge_step(raw.times)
    place = not_judged(Gate.PLACE, "the answer names no place")
    if raw.place_answered:
        place = judge_place(asked.place, info.latitude, info.longitude)
    if step.outcome is Outcome.REFUSED:
        raise WeatherRefused(info.provider, merged((*raw.earlier, place, step)))
    begin, end, candidates = _span(raw, asked)
    cover = judge_cover(*_bounds(raw, begin, end), asked)
    gates = [*raw.earlier, place, step, cover]
    if cover.outcome is Outcome.REFUSED and end - begin < 3:
        begin, end = 0, raw.times.size  # of no use any more, but what is wrong may still be told
    judged = [_judged(raw, k, begin, end) for k in range(_rows(raw))]
    verdicts = [each.verdicts for each in judged]
    if raw.members is None:
        kept = [0]
        gates.extend(verdicts[0])
    else:
        kept = good_members(verdicts, candidates)
        gates.extend(told_of_all(verdicts, kept, raw.members))
    together = {
        name: np.stack([judged[k].values[name] for k in kept or range(len(judged))])
        for name in _common_names(judged, kept)
    }
    gates.append(judge_members(raw.members, kept, together))
    told = merged(gates)
    if any(verdict.outcome is Outcome.REFUSED for verdict in told):
        raise WeatherRefused(info.provider, told)
    values = together if raw.members is not None else {n: v[0] for n, v in together.items()}
    hours = max(judged[k].bridged_h for k in kept)
    info = replace(info, interpolated_hours=hours, gates=told)
    return weather_run(judged[0].starts, values, info, picked(raw.members, kept))


def steps_from_instants(
    times: Times, values: Mapping[str, Floats]
) -> tuple[Times, dict[str, Floats]]:
    """Return start-labelled hourly steps: one fewer than there are instants.

    Temperature, wind and humidity are instantaneous: the mean of a step is taken as the mean of
    its two ends. Radiation is the mean of the preceding hour (Open-Meteo docs, hourly parameter
    definition): the value labelled 09:00 belongs to our step 08:00.
    """
    steps = {
        name: array[..., 1:]
        if name == "global_radiation"
        else (array[..., :-1] + array[..., 1:]) / 2
        for name, array in values.items()
    }
    return times[:-1], steps


@dataclass(frozen=True)
class _Judged:
    """One course, mended and on steps, with what the gates say of it."""

    starts: Times
    values: dict[str, Floats]
    bridged_h: int
    verdicts: tuple[GateVerdict, ...]


def _judged(raw: Raw, row: int, begin: int, end: int) -> _Judged:
    """Mend and judge one course (member `row` of an ensemble) between two positions."""
    place = (raw.info.latitude, raw.info.longitude)
    values = {name: array[begin:end] for name, array in _row(raw, row).items()}
    if raw.instants:
        values["global_radiation"] = _first_made_up(values["global_radiation"])
    as_given = Course(raw.times[begin:end], values, *place)
    # Values that no weather has are not bridged as spikes: a source that holds them is not trusted.
    limits = judge_limits(as_given)
    if limits.outcome is Outcome.REFUSED:
        smooth, jumps = values, not_judged(Gate.JUMPS, "impossible values")
    else:
        smooth, jumps = without_spikes(as_given)
    whole, bridged_h, gaps = bridged(replace(as_given, values=smooth))
    starts, steps = as_given.starts, whole
    if raw.instants:
        starts, steps = steps_from_instants(starts, whole)
    if starts.size < 2:
        none = refused(Gate.GAPS, Cause.GAPS, "no hours with all variables")
        return _Judged(starts, steps, bridged_h, (none,))
    course = Course(starts, steps, *place)
    verdicts = (limits, gaps, jumps, *(judge(course) for judge in _SERIES_GATES))
    return _Judged(starts, steps, bridged_h, merged(verdicts))


def _span(raw: Raw, asked: Asked) -> tuple[int, int, list[int]]:
    """Return begin and end of what is there from the first hour asked on, and whose it is."""
    from_start = int(np.searchsorted(raw.times, utc64(asked.start)))
    spans = []
    for row in range(_rows(raw)):
        values = {name: array[from_start:] for name, array in _row(raw, row).items()}
        begin, end = present(values, raw.instants) if raw.times.size > from_start else (0, 0)
        spans.append((from_start + begin, from_start + end))
    needed = utc64(asked.start) + asked.hours * HOUR
    asked_end = int((needed - raw.times[0]) / HOUR) + (1 if raw.instants else 0)
    return common_span(spans, asked_end)


def _bounds(raw: Raw, begin: int, end: int) -> tuple[np.datetime64, np.datetime64]:
    """Return the start of the first step and the end of the last, of the whole source if empty."""
    if end <= begin:
        begin, end = 0, raw.times.size
    return raw.times[begin], raw.times[end - 1] + (0 if raw.instants else 1) * HOUR


def _first_made_up(radiation: Floats) -> Floats:
    """Return radiation with its first value, which belongs to no step, never missing."""
    if radiation.size < 2 or not np.isnan(radiation[0]):
        return radiation
    return np.concatenate([radiation[1:2], radiation[1:]])


def _rows(raw: Raw) -> int:
    return 1 if raw.members is None else len(raw.members.numbers)


def _row(raw: Raw, row: int) -> dict[str, Floats]:
    if raw.members is None:
        return dict(raw.values)
    return {name: array[row] for name, array in raw.values.items()}


def _common_names(judged: list[_Judged], kept: list[int]) -> list[str]:
    """Return the variables that all kept courses still have."""
    used = [judged[k] for k in kept] or judged
    return [name for name in used[0].values if all(name in each.values for each in used)]
