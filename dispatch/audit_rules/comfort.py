"""Soft: how warm the rooms are, hour by hour, against the law, the floor and the upper limit.

Temperatures are those at step ends. The legal minimum binds where the plan's floor is at least
as high: an office in its nightly setback is not under-heated.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from dispatch.audit_rules.published import BoolArray, FloatArray, PublishedPlan, finding
from dispatch.audit_rules.rule import Rule
from dispatch.messages import say
from dispatch.plan import AuditFinding

LEGAL_MIN_C = 18.0  # H §2; a Dataset attribute `legal_min_c` overrides it
UPPER_C = 23.0  # design §5; a Dataset attribute `upper_c` overrides it
DIP_ALLOWED_K = 0.05  # inside a block, design §5


@dataclass(frozen=True)
class Coldest:
    """The coldest station-hour of a group of stations, where comfort is due."""

    station: str
    time: datetime  # local, end of the step
    indoor_c: float
    homes: int


@dataclass(frozen=True)
class Discomfort:
    """How far and how long the rooms of a group of stations are beyond one limit."""

    station_hours: float
    degree_hours: float  # K·h, summed over stations
    stations: int
    homes: int
    worst_k: float


@dataclass(frozen=True)
class ComfortFigures:
    """Comfort of a plan; the first three and `coldest` are of stations that we command."""

    below_legal: Discomfort
    below_floor: Discomfort
    above_upper: Discomfort
    third_party_below_legal: Discomfort
    coldest: Coldest | None
    coldest_third_party: Coldest | None


def comfort_figures(schedule: xr.Dataset) -> ComfortFigures:
    """Figures of comfort for people and `summary.json`, from the numbers of the plan."""
    plan = PublishedPlan(schedule)
    breaches = _breaches_k(plan)
    return ComfortFigures(
        below_legal=_discomfort(plan, breaches[Rule.BELOW_LEGAL]),
        below_floor=_discomfort(plan, breaches[Rule.BELOW_FLOOR]),
        above_upper=_discomfort(plan, breaches[Rule.ABOVE_UPPER]),
        third_party_below_legal=_discomfort(plan, breaches[Rule.THIRD_PARTY_BELOW_LEGAL]),
        coldest=_coldest(plan, plan.controllable),
        coldest_third_party=_coldest(plan, ~plan.controllable),
    )


def check_comfort(plan: PublishedPlan) -> tuple[AuditFinding, ...]:
    """One soft finding per limit, K; `where` gives station-hours and degree-hours too."""
    found = []
    for rule, breach in _breaches_k(plan).items():
        one = finding(plan, rule, breach, ("station", "time"), DIP_ALLOWED_K, soft=True)
        sums = _discomfort(plan, breach)
        where = say(
            "audit.comfort_where",
            place=one.where,
            station_hours=sums.station_hours,
            degree_hours=sums.degree_hours,
            stations=sums.stations,
            homes=sums.homes,
        )
        found.append(AuditFinding(rule, one.worst, one.allowed, where, soft=True))
    return tuple(found)


def _due(plan: PublishedPlan) -> tuple[FloatArray, BoolArray]:
    """(station, time) floor of each step, and where the legal minimum is due."""
    floor = plan.values("station_floor")
    legal = float(plan.schedule.attrs.get("legal_min_c", LEGAL_MIN_C))
    return floor, np.asarray(floor >= legal, dtype=np.bool_)


def _breaches_k(plan: PublishedPlan) -> dict[Rule, FloatArray]:
    """(station, time) degrees beyond each limit; 0 at stations that the limit is not about."""
    indoor = plan.values("station_indoor")
    floor, due = _due(plan)
    legal = float(plan.schedule.attrs.get("legal_min_c", LEGAL_MIN_C))
    upper = float(plan.schedule.attrs.get("upper_c", UPPER_C))
    ours = plan.controllable[:, np.newaxis]
    too_cold = np.where(due, np.maximum(legal - indoor, 0.0), 0.0)
    return {
        Rule.BELOW_LEGAL: np.where(ours, too_cold, 0.0),
        Rule.BELOW_FLOOR: np.where(ours, np.maximum(floor - indoor, 0.0), 0.0),
        Rule.ABOVE_UPPER: np.where(ours, np.maximum(indoor - upper, 0.0), 0.0),
        Rule.THIRD_PARTY_BELOW_LEGAL: np.where(ours, 0.0, too_cold),
    }


def _discomfort(plan: PublishedPlan, breach_k: FloatArray) -> Discomfort:
    """Sums over the station-hours beyond the small dip that is allowed inside a block."""
    counted = np.where(breach_k > DIP_ALLOWED_K, breach_k, 0.0)
    hit = (counted > 0).any(axis=1)
    return Discomfort(
        station_hours=float((counted > 0).sum() * plan.step_h),
        degree_hours=float(counted.sum() * plan.step_h),
        stations=int(hit.sum()),
        homes=round(float(plan.values("station_homes")[hit].sum())),
        worst_k=float(counted.max(initial=0.0)),
    )


def _coldest(plan: PublishedPlan, group: BoolArray) -> Coldest | None:
    """Coldest station-hour of a group where comfort is due; None without such an hour."""
    _, due = _due(plan)
    indoor = np.where(due & group[:, np.newaxis], plan.values("station_indoor"), np.inf)
    if not np.isfinite(indoor).any():
        return None
    station, step = np.unravel_index(int(indoor.argmin()), indoor.shape)
    end = plan.times("time")[step] + np.timedelta64(round(plan.step_h * 3600), "s")
    return Coldest(
        station=plan.label("station", int(station)),
        time=plan.local(end),
        indoor_c=float(indoor[station, step]),
        homes=round(float(plan.values("station_homes")[station])),
    )
