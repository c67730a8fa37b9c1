"""Policies hour by hour, as they were lived through: what the figures are the sums of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.situation import Situation
from forecasts.weather.steps import resample
from scenarios.whatif.lived import Lived, Policy, Sight, seen_at
from scenarios.whatif.lived_figures import ours, peopled_flats_c, times

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outdoors:
    """Air outdoors by step, °C: as the first forecast of all said, and as it came."""

    start: NDArray[np.datetime64]  # of steps, UTC
    step_h: float
    hoped_c: Array
    came_c: Array


@dataclass(frozen=True)
class PolicyHours:
    """One policy by step: heat is the mean of a step, rooms are those at its end."""

    policy: Policy
    heat_mw: Array  # of all sources
    mean_room_c: Array  # of our stations, mean of their homes; NaN where they have none
    coldest_flat_c: Array  # of our stations while people are in; NaN while nobody is


def outdoors(expected: Situation, truth: Situation, sight: Sight, lived: Lived) -> Outdoors:
    """Return the weather on the steps lived through; the first plan but foresight's rests on it."""
    first = seen_at(expected.grid.start, expected.weather, truth.weather, sight)
    start = times(lived)
    hoped, came = (
        resample(weather, lived.step_h)["air_temperature"].sel(time=start).values
        for weather in (first, truth.weather)
    )
    return Outdoors(start, lived.step_h, hoped, came)


def policy_hours(lived: Sequence[Lived], case: Case) -> tuple[PolicyHours, ...]:
    """Return each policy by step, in the order given."""
    return tuple(
        PolicyHours(
            policy=one.policy,
            heat_mw=one.steps("source_heat").sum(axis=0),
            mean_room_c=_mean_room_c(one),
            coldest_flat_c=np.fmin.reduce(peopled_flats_c(one, case), axis=0, initial=np.nan),
        )
        for one in lived
    )


def _mean_room_c(lived: Lived) -> Array:
    own = ours(lived)
    rooms, homes = lived.steps("station_indoor"), lived.spans[0].schedule["station_homes"].values
    if not homes[own].sum():
        return np.full(rooms.shape[1], np.nan)
    return np.asarray(np.average(rooms[own], axis=0, weights=homes[own]))
