"""Heat the whole network asks of its sources, by local day and path of weather.

What the optimisation would plan, without an optimisation: for each day the need of all station
loops is tabulated over outdoor temperature once, and every path of weather reads it off there.
Loops we command follow the weather as plans let them (`planned_heat.py`), those run by others by
their own curve on the filtered temperature (F3); mains lose by load and soil (F12).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.need_table import (
    GRID_C,
    loop_needs,
    losses_mw,
    steady_mw,
)
from dispatch.fuel.planned_heat import Following, following_of, planned_heat_mw
from dispatch.fuel.timed_need import timed_mw
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NetworkNeed:
    """Heat of all loops by day and outdoor temperature, ready for any path of weather.

    Tables are (day, temperature of `GRID_C`), MW, means over the hours of the day that lie ahead.
    """

    dates: tuple[date, ...]
    hours: Array  # (day,) of each day that lie ahead
    ours_mw: Array  # loops we command, rooms at what the plan holds them at
    least_mw: Array  # (day,) of these, by their lowest supply temperatures
    timed_mw: Array  # loops we command that are set back by a timetable
    theirs_mw: Array  # loops run by others, at the filtered temperature
    loss_mw: Array  # of all mains, at the filtered temperature
    following: Following
    filter_h: float  # of F3
    expected_c: Array  # (day,)
    before_c: Array  # (day before,)
    level: Array  # (day,) on what users need, by the plan that the need was fitted to; else 1

    def at_sources_mw(self, path_c: Array, before_c: Array | None = None) -> Array:
        """Heat sent by all sources, losses included, MW (path, day): means of each day's hours.

        `path_c` (path, day) is of `WeatherAhead`, as is `before_c` (day before,), the same for
        all paths and by default the one the need was made with: days of 24 h that mains and
        buildings remember.
        """
        users, lost = self.users_and_losses_mw(path_c, before_c)
        return np.asarray(self.level * users + lost)

    def expected_mw(self) -> Array:
        """The same along the expected course, (day,)."""
        return np.asarray(self.at_sources_mw(self.expected_c[None])[0])

    def users_and_losses_mw(
        self, path_c: Array, before_c: Array | None = None
    ) -> tuple[Array, Array]:
        """What users take before the level, and what mains lose, each MW (path, day)."""
        past_c = self.before_c if before_c is None else np.asarray(before_c, dtype=np.float64)
        past_c = np.broadcast_to(past_c, (path_c.shape[0], past_c.size))
        all_c = np.concatenate([past_c, path_c], axis=1)
        before = past_c.shape[1]
        hours = np.concatenate([np.full(before, 24.0), self.hours])
        row = np.maximum(np.arange(all_c.shape[1]) - before, 0)  # days before are like the first
        smooth_c = filtered_days_c(all_c, hours, self.filter_h)
        ours = planned_heat_mw(_read(self.ours_mw[row], all_c), self.least_mw[row], self.following)
        users = ours[:, before:] + _read(self.timed_mw, path_c)
        users += _read(self.theirs_mw, smooth_c[:, before:])
        return users, _read(self.loss_mw, smooth_c[:, before:])


def heat_need(case: Case, ahead: WeatherAhead) -> NetworkNeed:
    """Tabulate the need of a case for the days of `ahead`, at their expected wind and sun.

    Rooms are held where a plan of the day itself would hold them: at their planned floor under
    `least_fuel`, at their target under `hold_target`.
    """
    needs = loop_needs(case, ahead)
    following = following_of(case)
    steady = needs.ours & ~needs.timed
    return NetworkNeed(
        dates=ahead.dates,
        hours=ahead.hours,
        ours_mw=steady_mw(needs.warmer(following.room_k), ahead, steady),
        least_mw=(needs.least_kw[steady] @ needs.available[steady]) / 1000.0,
        timed_mw=timed_mw(case, needs, ahead),
        theirs_mw=steady_mw(needs, ahead, ~needs.ours, windy=False),
        loss_mw=losses_mw(case, ahead),
        following=following,
        filter_h=case.settings.demand.filter_h,
        expected_c=ahead.expected_c,
        before_c=ahead.before_c,
        level=np.ones(ahead.days),
    )


def filtered_days_c(path_c: Array, hours: Array, filter_h: float) -> Array:
    """Means over days of the filtered temperature (F3), (path, day).

    The filter has settled on the first day; within a day temperature counts as constant.
    """
    keep = np.exp(-hours / filter_h)
    begin = filter_h / hours * (1.0 - keep)  # part of a day's mean that its begin makes
    now, smooth = path_c[:, 0], np.empty_like(path_c)
    for day in range(path_c.shape[1]):
        smooth[:, day] = begin[day] * now + (1.0 - begin[day]) * path_c[:, day]
        now = keep[day] * now + (1.0 - keep[day]) * path_c[:, day]
    return smooth


def _read(table: Array, path_c: Array) -> Array:
    """Values of a table (day, temperature) at each day's temperatures, (path, day)."""
    step_k = float(GRID_C[1] - GRID_C[0])
    place = np.clip((path_c - GRID_C[0]) / step_k, 0.0, GRID_C.size - 1.0)
    low = np.minimum(place.astype(np.intp), GRID_C.size - 2)
    day = np.arange(path_c.shape[1])
    part = place - low
    return np.asarray((1.0 - part) * table[day, low] + part * table[day, low + 1])
