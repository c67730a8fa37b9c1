"""One drill: a loss on a day, and what the best plan makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.run_tables import labels, local_time, utc_datetime
from scenarios.drills.cooling import LEVELS_C, HoursLeft, StationClass, left, members
from scenarios.drills.day import Day
from scenarios.drills.loss import Loss
from scenarios.whatif.actions import Action
from scenarios.whatif.cold_stations import ColdStation, Level
from scenarios.whatif.comparison import Comparison
from scenarios.whatif.outcome import Outcome, Unplanned
from scenarios.whatif.plan_figures import PlanFigures

Array = NDArray[np.float64]

MORE_MW = 1.0  # a source that makes up for less is not named
NEAR_PEAK = 0.98


@dataclass(frozen=True)
class MakesUp:
    """A source that gives more than without the loss."""

    source_id: str
    plant_id: str
    more_mwh: float
    usual_mw: float  # peak without the loss
    peak_mw: float
    by: datetime  # when it is nearly there; aware, local


@dataclass(frozen=True)
class Cost:
    """What a drill costs people: the order in which drills are ranked."""

    home_hours: float  # homes with flats below the law × hours, third parties' included
    floor_home_hours: float  # homes below the planning floor × hours
    missing_mw: float  # less than users get without the loss, in the worst block
    homes: int  # below the law, of stations we command
    other_homes: int  # of stations run by others
    floor_homes: int  # below the planning floor only
    unserved_mwh: float  # of third parties


@dataclass(frozen=True)
class Drill:
    """A loss and its best plan, against the plan of the same day without it."""

    day: Day
    loss: Loss
    hours: int
    why_not: tuple[str, ...] = ()  # sentences, where no plan was found
    cost: Cost | None = None
    base_cost: Cost | None = None
    start: datetime | None = None
    coldest_flat_c: float = np.nan  # of stations we command
    coldest_station: str = ""
    cold: tuple[ColdStation, ...] = ()  # first cold first
    makes_up: tuple[MakesUp, ...] = ()  # the most first
    actions: tuple[Action, ...] = ()  # beyond those of a usual day, in order of time
    shortage: tuple[str, ...] = ()  # sentences
    reaches: Mapping[StationClass, Mapping[float, HoursLeft]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[float, ...]:
        """Worst first: no plan at all, cold homes × hours, MW missing; beyond a usual day's."""
        if self.cost is None:
            return (-np.inf,)
        usual = self.base_cost
        return (
            -round(self.cost.home_hours - (usual.home_hours if usual else 0.0)),
            -round(self.cost.floor_home_hours - (usual.floor_home_hours if usual else 0.0)),
            -round(self.cost.missing_mw, 1),
            -round(self.cost.unserved_mwh),
            -self.loss.lost_mw,
        )

    @property
    def until(self) -> datetime | None:
        """When what was lost is back."""
        return None if self.start is None else self.start + timedelta(hours=self.hours)


def drill_of(day: Day, loss: Loss, hours: int, comparison: Comparison) -> Drill:
    """Return a drill from its plan beside that of the day without a loss (one variant)."""
    (compared,) = comparison.variants
    if isinstance(compared, Unplanned):
        return Drill(day, loss, hours, why_not=compared.why)
    outcome, schedule = compared.outcome, compared.outcome.schedule
    flat_c = _coldest_flats_c(schedule)
    worst = int(flat_c.min(axis=1).argmin())
    return Drill(
        day=day,
        loss=loss,
        hours=hours,
        cost=cost_of(compared.plan, schedule, _less_mw(comparison.base.schedule, schedule)),
        base_cost=cost_of(comparison.base_plan, comparison.base.schedule, 0.0),
        start=compared.plan.start,
        coldest_flat_c=float(flat_c.min()),
        coldest_station=labels(schedule, "station")[worst],
        cold=tuple(sorted(compared.plan.cold, key=lambda one: (one.since, one.coldest_c))),
        makes_up=_makes_up(comparison.base_plan, compared.plan, outcome),
        actions=tuple(action for action in compared.actions if not action.in_base),
        shortage=tuple(remark.text for remark in compared.new_reasons),
        reaches=reaches(outcome.case, schedule),
    )


def _less_mw(base: xr.Dataset, schedule: xr.Dataset) -> float:
    less_kw = (base["station_heat"].values - schedule["station_heat"].values).sum(axis=0)
    return max(0.0, float(less_kw.max()) / 1000.0)


def cost_of(plan: PlanFigures, schedule: xr.Dataset, missing_mw: float) -> Cost:
    """Return what a plan costs people."""
    law = [one for one in plan.cold if one.level is Level.LAW]
    floor = [one for one in plan.cold if one.level is Level.FLOOR]
    return Cost(
        home_hours=sum(one.homes * one.hours for one in law),
        floor_home_hours=sum(one.homes * one.hours for one in floor),
        missing_mw=missing_mw,
        homes=sum(one.homes for one in law if one.ours),
        other_homes=sum(one.homes for one in law if not one.ours),
        floor_homes=sum(one.homes for one in floor),
        unserved_mwh=_unserved_mwh(schedule),
    )


def _unserved_mwh(schedule: xr.Dataset) -> float:
    """What third parties ask for and do not get."""
    others = schedule["station_controllable"].values == 0
    lacking = schedule["station_heat_due"].values - schedule["station_heat"].values
    lacking_mw = np.maximum(0.0, lacking[others]).sum(axis=0) / 1000.0
    seconds = schedule["block_end"].values - schedule["block_start"].values
    hours = seconds / np.timedelta64(1, "h")
    return float(lacking_mw @ hours)


def _makes_up(base: PlanFigures, plan: PlanFigures, outcome: Outcome) -> tuple[MakesUp, ...]:
    schedule = outcome.schedule
    plants = {source.source_id: source.plant_id for source in outcome.case.sources}
    found = []
    for i, source_id in enumerate(labels(schedule, "source")):
        usual, now = base.sources[source_id], plan.sources[source_id]
        more = now.heat_mwh - usual.heat_mwh
        hours = (plan.end - plan.start) / timedelta(hours=1)
        if more < MORE_MW * hours / 24.0 and now.peak_mw - usual.peak_mw < MORE_MW:
            continue
        heat = schedule["source_heat"].values[i]
        first = int(np.flatnonzero(heat >= NEAR_PEAK * heat.max())[0])
        at = local_time(
            utc_datetime(schedule["time"].values[first]), outcome.case.settings.timezone
        )
        peaks = usual.peak_mw, now.peak_mw
        found.append(MakesUp(source_id, plants[source_id], round(more, 1), *peaks, at))
    return tuple(sorted(found, key=lambda one: -one.more_mwh))


def _coldest_flats_c(schedule: xr.Dataset) -> Array:
    """Coldest flats of stations we command, while people are in; else infinite (station, step)."""
    legal_c = float(schedule.attrs["legal_min_c"])
    margin = schedule["station_cold_flat_margin"].values[:, np.newaxis]
    ours = (schedule["station_controllable"].values > 0)[:, np.newaxis]
    due = schedule["station_floor"].values >= legal_c
    return np.where(ours & due, schedule["station_indoor"].values - margin, np.inf)


def reaches(case: Case, schedule: xr.Dataset) -> dict[StationClass, dict[float, HoursLeft]]:
    """Return after how many hours of the plan the coldest flats of each class are at a level.

    Infinite within the plan's hours: not reached. Stations that others run count with their rooms'
    margin alike. A room that nobody is in counts at its frost guard's time only.
    """
    legal_c, step_h = float(schedule.attrs["legal_min_c"]), float(schedule.attrs["step_h"])
    flats = schedule["station_indoor"].values
    flats = flats - schedule["station_cold_flat_margin"].values[:, np.newaxis]
    due = schedule["station_floor"].values >= legal_c
    area = schedule["station_area"].values
    found: dict[StationClass, dict[float, HoursLeft]] = {}
    for kind, rows in members(case).items():
        found[kind] = {
            level: left(_first_h(flats[rows] < level - 0.05, due[rows], level, step_h), area[rows])
            for level in LEVELS_C
        }
    return found


def _first_h(
    below: NDArray[np.bool_], due: NDArray[np.bool_], level_c: float, step_h: float
) -> Array:
    """End of the first step below a level, h (loop,); the law holds only while people are in."""
    hit = below & due if level_c > LEVELS_C[-1] else below
    first = (hit.argmax(axis=1) + 1.0) * step_h
    return np.where(hit.any(axis=1), first, np.inf)
