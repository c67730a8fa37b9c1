"""What a source gave, turned into a run that may be used: every gate that needs nothing else.

Providers fetch and translate; whether the result is believed is decided here, in one place for all
of them. What needs to know more than the run (its age, the climate of the city, other services) is
judged later, in `best_forecast`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import xarray as xr

from forecasts.weather.gates.checks import (
    bridge_all,
    check_cover,
    check_place,
    check_plausible,
)
from forecasts.weather.provider import Asked, WeatherUnavailable
from forecasts.weather.run import Members, RunInfo, hour_starts, iso64, utc64, weather_run
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.verdict import Gate, GateVerdict, Outcome, WeatherRefused


@dataclass(frozen=True)
class Raw:
    """What a source gave, hour by hour, in the units of `forecasts.series`; nan for nothing.

    `times` are whole UTC hours without a break. Without `instants` they are the starts of steps and
    `values` the means over them. With `instants` a value holds at its time, only radiation is the
    mean of the hour that ends there, as weather services have it.
    `values` have shape (hours,), or (members, hours) where `members` says who they are.
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


def accept(raw: Raw, asked: Asked) -> xr.Dataset:
    """Return the run from the first hour asked on, with all verdicts; raises WeatherRefused.

    All gates that can still be judged are judged, so that a refusal tells everything at once.
    """
    starts = hour_starts(asked.start, asked.hours)
    name = raw.info.provider
    gates = list(raw.earlier)

    def judged(gate: Gate, check: Callable[[], object]) -> None:
        try:
            check()
        except WeatherUnavailable as why:
            gates.append(GateVerdict(gate, Outcome.REFUSED, why.detail, why.cause))
        else:
            gates.append(GateVerdict(gate, Outcome.PASSED))

    answered = (raw.info.latitude, raw.info.longitude)
    if raw.place_answered:
        judged(Gate.PLACE, lambda: check_place(name, asked.place, *answered))
    else:
        gates.append(GateVerdict(Gate.PLACE, Outcome.NOT_JUDGED, "the answer names no place"))
    first, end = raw.times[0], raw.times[-1] + (0 if raw.instants else 1) * HOUR
    late_h = int((first - starts[0]) / HOUR)
    if late_h > 0 and first < utc64(asked.known_by) + HOUR:
        starts = starts[starts >= first]
        detail = f"begins {iso64(first)}, {late_h} h after the first hour asked"
        gates.append(GateVerdict(Gate.COVER, Outcome.DOUBTFUL, detail))
    judged(Gate.COVER, lambda: check_cover(name, first, end, asked.known_by, starts))
    _stop_if_refused(name, gates)
    kept = raw.times >= starts[0]
    try:
        whole, bridged = bridge_all(name, {n: v[..., kept] for n, v in raw.values.items()})
    except WeatherUnavailable as why:
        gates.append(GateVerdict(Gate.GAPS, Outcome.REFUSED, why.detail, why.cause))
        raise WeatherRefused(name, tuple(gates)) from why
    mended = GateVerdict(Gate.GAPS, Outcome.MENDED, f"{bridged} h interpolated")
    gates.append(mended if bridged else GateVerdict(Gate.GAPS, Outcome.PASSED))
    times, values = raw.times[kept], whole
    if raw.instants:
        times, values = steps_from_instants(times, whole)
    judged(Gate.LIMITS, lambda: check_plausible(name, times, values, *answered))
    _stop_if_refused(name, gates)
    info = replace(raw.info, interpolated_hours=bridged, gates=tuple(gates))
    return weather_run(times, values, info, raw.members)


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


def _stop_if_refused(provider: str, gates: list[GateVerdict]) -> None:
    if any(verdict.outcome is Outcome.REFUSED for verdict in gates):
        raise WeatherRefused(provider, tuple(gates))
