"""Plan against actual, season to date: burn, kgce/GJ and kgce/m² (handbook §11).

Actual burn is that of the belt scales (`coal_daily.csv`), planned burn that of the published
plans, heat that of the meters (`measured_daily.csv`) where all units of the yard have one, else
that of the plans. Days without data are counted and left out of both sides, never filled in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.case import Case, Source, Yard
from dispatch.coal_flow import YardRecords
from dispatch.fuel.typical_consumption import (
    Range,
    degree_day_parts,
    typical_per_gj,
    typical_per_m2,
)
from dispatch.fuel_shares import covers_heat_only
from dispatch.published_burn import Planned, PublishedBurn, published_burn
from forecasts.demand.calendar import Season

KCAL_PER_KGCE = 7_000.0
FACTOR_DAYS, FACTOR_DAYS_MIN = 14, 7  # of the burn factor: looked at, and with both figures
FACTOR_BOUNDS = (0.9, 1.1)  # beyond, somebody has to look, not the outlook to follow
BACKWARD_DAYS_MIN = 4  # of the last seven, for a mean burn


class HeatBy(StrEnum):
    """Where the heat behind a specific consumption comes from."""

    MEASURED = "measured"  # meters of all the yard's units, on every day counted
    PLANNED = "planned"  # published plans
    MIXED = "mixed"
    NONE = "none"


@dataclass(frozen=True)
class PlanAndActual:
    """Burn of one yard, tonnes by days that have the figure."""

    planned_t: float
    planned_days: int  # published plans cover the whole day
    actual_t: float
    actual_days: int  # belt scales were entered
    both_days: int
    ratio: float | None  # actual over planned tonnes, of days with both
    burn_factor: float | None  # for the outlook; None: too few days to tell
    burn_factor_days: int


@dataclass(frozen=True)
class SpecificConsumption:
    """Fuel of one yard per heat and per area, of days with actual burn and heat, `days`."""

    days: int
    metered_days: int  # of these, heat by meters alone
    heat_by: HeatBy
    heat_gj: float
    fuel_tce: float  # all that was burnt
    heat_part: float | None  # of it, by accounting in the plans; 1 where only boilers burn
    fuel_kgce_per_gj: float | None  # all fuel over heat: that for power is in it
    heat_kgce_per_gj: float | None  # heat's part over heat
    kgce_per_m2: float | None  # heat's part over the case's whole heated area: yards add up
    season_part: float  # of a normal season's degree days, what falls on `days`


@dataclass(frozen=True)
class YardConsumption:
    """One yard from the season's first day to yesterday; None where there is nothing to say."""

    yard_id: str
    burn: PlanAndActual
    kcal_per_kg: float | None  # of the coal burnt, by tonnes, where it was measured
    kcal_days: int
    specific: SpecificConsumption
    typical_kgce_per_gj: Range | None  # of heat's part


@dataclass(frozen=True)
class SeasonConsumption:
    """All yards of a case, season to date."""

    first_day: date
    last_day: date
    days: int  # of the season so far; empty season: 0
    yards: tuple[YardConsumption, ...]
    # What a normal season comes to at this rate, all yards; None where one of them cannot tell.
    season_kgce_per_m2: float | None
    typical_kgce_per_m2: Range
    unreadable_runs: tuple[str, ...]


@dataclass(frozen=True)
class _Day:
    """One whole local day of a yard, as far as it is known."""

    day: date
    planned: Planned | None
    burnt_t: float | None
    kcal_per_kg: float | None
    metered_gj: float | None  # by meters of all its units

    @property
    def heat_gj(self) -> float | None:
        """Heat by meters, else by plan."""
        if self.metered_gj is not None:
            return self.metered_gj
        return None if self.planned is None else self.planned.heat_gj


def season_consumption(case: Case, now: datetime, runs_folder: Path) -> SeasonConsumption:
    """All yards from the first day of the season to yesterday, by what is known at `now` (aware).

    Outside the season, and on its first day, it is the last one.
    """
    first, last = season_so_far(case, now)
    zone = ZoneInfo(case.settings.timezone)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
    published = published_burn(case, runs_folder, midnight, now)
    days = tuple(first + timedelta(days=i) for i in range((last - first).days + 1))
    weights = degree_day_parts(case, first)
    yards = tuple(
        _yard(YardRecords(case, yard, now, published), days, weights) for yard in case.yards
    )
    rates = [
        one.specific.kgce_per_m2 / one.specific.season_part
        for one in yards
        if one.specific.kgce_per_m2 is not None and one.specific.season_part > 0.0
    ]
    return SeasonConsumption(
        first_day=first,
        last_day=last,
        days=len(days),
        yards=yards,
        season_kgce_per_m2=sum(rates) if rates and len(rates) == len(yards) else None,
        typical_kgce_per_m2=typical_per_m2(case),
        unreadable_runs=published.unreadable,
    )


def season_so_far(case: Case, now: datetime) -> tuple[date, date]:
    """First day of the season that holds yesterday, or of the last one; and its last day so far."""
    season = Season.parse(case.settings.season_start, case.settings.season_end)
    yesterday = now.astimezone(ZoneInfo(case.settings.timezone)).date() - timedelta(days=1)
    has_begun = (yesterday.month, yesterday.day) >= season.start
    first = date(yesterday.year - (0 if has_begun else 1), *season.start)
    return first, min(yesterday, season.last_day(first))


def burn_before_t(case: Case, yard: Yard, now: datetime, published: PublishedBurn) -> float | None:
    """Mean burn of the last seven whole days, t a day, for the backward days of cover.

    Each day by the belt scale, else by the published plans; None where fewer than
    `BACKWARD_DAYS_MIN` days are known by either.
    """
    known = YardRecords(case, yard, now, published).burns_before()
    return sum(known) / len(known) if len(known) >= BACKWARD_DAYS_MIN else None


# ---- one yard ------------------------------------------------------------------------------


def _yard(
    records: YardRecords, days: Sequence[date], weights: Mapping[date, float]
) -> YardConsumption:
    readings = {(row.date, row.id): row.heat_gj for row in records.case.measured_daily}
    known = [_day(records, day, readings) for day in days]
    tested = [one for one in known if one.burnt_t and one.kcal_per_kg]
    burnt_t = sum(one.burnt_t or 0.0 for one in tested)
    energy = sum((one.burnt_t or 0.0) * (one.kcal_per_kg or 0.0) for one in tested)
    return YardConsumption(
        yard_id=records.yard.yard_id,
        burn=plan_and_actual(known, records.today),
        kcal_per_kg=energy / burnt_t if burnt_t > 0.0 else None,
        kcal_days=len(tested),
        specific=_specific(records, known, weights),
        typical_kgce_per_gj=typical_per_gj(_units(records)),
    )


def _units(records: YardRecords) -> list[Source]:
    yard_id = records.yard.yard_id
    return [s for s in records.case.sources if s.yard_id == yard_id and s.kind.makes_heat]


def _day(records: YardRecords, day: date, readings: Mapping[tuple[str, str], float | None]) -> _Day:
    span = (records.midnight(day), records.midnight(day + timedelta(days=1)))
    planned = records.published.planned(records.case, records.yard, *span)
    is_whole = planned.hours >= records.day_h(day) - 1e-6
    row = records.days.get(day)
    meters = [readings.get((day.isoformat(), unit.source_id)) for unit in _units(records)]
    read = [one for one in meters if one is not None]
    return _Day(
        day=day,
        planned=planned if is_whole else None,
        burnt_t=None if row is None else row.burnt_t,
        kcal_per_kg=None if row is None else row.net_calorific_kcal_per_kg,
        metered_gj=sum(read) if read and len(read) == len(meters) else None,
    )


def plan_and_actual(days: Sequence[_Day], today: date) -> PlanAndActual:
    """Set the burn of the plans against that of the scales, on the days that have both.

    The burn factor is their ratio over the last `FACTOR_DAYS`, within `FACTOR_BOUNDS`: what the
    outlook's tonnes are to be multiplied by. It is in tonnes at the heat value of `fuels.csv`, so
    coal poorer than that is in it already: whoever corrects the heat value too corrects twice.
    """
    since = today - timedelta(days=FACTOR_DAYS)
    ratio, both = _ratio(days)
    late_ratio, late = _ratio([one for one in days if one.day >= since])
    is_known = late_ratio is not None and late >= FACTOR_DAYS_MIN
    factor = float(np.clip(late_ratio, *FACTOR_BOUNDS)) if is_known and late_ratio else None
    planned = [one.planned.burnt_t for one in days if one.planned is not None]
    actual = [one.burnt_t for one in days if one.burnt_t is not None]
    return PlanAndActual(
        planned_t=sum(planned),
        planned_days=len(planned),
        actual_t=sum(actual),
        actual_days=len(actual),
        both_days=both,
        ratio=ratio,
        burn_factor=factor,
        burn_factor_days=late,
    )


def _ratio(days: Sequence[_Day]) -> tuple[float | None, int]:
    """Actual over planned tonnes and the days that have both."""
    both = [
        (one.burnt_t, one.planned.burnt_t)
        for one in days
        if one.burnt_t is not None and one.planned is not None
    ]
    planned_t = sum(planned for _, planned in both)
    return (sum(actual for actual, _ in both) / planned_t if planned_t > 0 else None), len(both)


def _specific(
    records: YardRecords, days: Sequence[_Day], weights: Mapping[date, float]
) -> SpecificConsumption:
    """Fuel per heat and area, on the days on which both are known."""
    counted = [one for one in days if one.burnt_t is not None and one.heat_gj is not None]
    usual = records.case.fuel_of(records.yard.fuel_id).net_calorific_value
    fuel_tce = sum(
        (one.burnt_t or 0.0) * (one.kcal_per_kg or usual) / KCAL_PER_KGCE for one in counted
    )
    heat_gj = sum(one.heat_gj or 0.0 for one in counted)
    metered = sum(one.metered_gj is not None for one in counted)
    part = _heat_part(records, counted)
    area_m2 = sum(station.heated_area_m2 for station in records.case.stations)
    heat_tce = None if part is None else part * fuel_tce
    return SpecificConsumption(
        days=len(counted),
        metered_days=metered,
        heat_by=_heat_by(len(counted), metered),
        heat_gj=heat_gj,
        fuel_tce=fuel_tce,
        heat_part=part,
        fuel_kgce_per_gj=1e3 * fuel_tce / heat_gj if heat_gj > 0.0 else None,
        heat_kgce_per_gj=_per(heat_tce, heat_gj),
        kgce_per_m2=_per(heat_tce, area_m2) if counted else None,
        season_part=sum(weights.get(one.day, 0.0) for one in counted),
    )


def _per(tce: float | None, amount: float) -> float | None:
    return None if tce is None or amount <= 0.0 else 1e3 * tce / amount


def _heat_by(days: int, metered: int) -> HeatBy:
    if days == 0:
        return HeatBy.NONE
    if metered == days:
        return HeatBy.MEASURED
    return HeatBy.MIXED if metered else HeatBy.PLANNED


def _heat_part(records: YardRecords, days: Sequence[_Day]) -> float | None:
    """Part of the fuel that is heat's: all where no power is made, or the yard covers only heat."""
    is_all = covers_heat_only(records.yard) or not any(s.kind.is_chp for s in _units(records))
    if is_all:
        return 1.0
    planned = [one.planned for one in days if one.planned is not None]
    fuel_t = sum(one.fuel_t for one in planned)
    return sum(one.heat_fuel_t for one in planned) / fuel_t if fuel_t > 0.0 else None
