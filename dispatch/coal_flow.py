"""What came to and went from a yard between two moments, by the best record of each day.

Burn: the belt scale of the day (`coal_daily.csv`); else what published plans meant to burn; else
the mean burn of the last days with either; where nothing at all is known, half of what all units
burn at full load. Receipts: the weighbridge of the day; else `deliveries.csv` by confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from math import hypot
from zoneinfo import ZoneInfo

from dispatch.case import Case, Yard
from dispatch.case_coal import CoalDay
from dispatch.case_coal_checks import full_fuel_mw
from dispatch.case_kinds import OutageKind
from dispatch.outages import back_at
from dispatch.published_burn import PublishedBurn
from forecasts.demand.calendar import Season

HOURS_PER_MONTH = 720.0  # of a yard's monthly loss
MEAN_DAYS = 7  # the backward days of cover look this far (handbook §9)
USUAL_LOAD = 0.5  # of full load over a season (assumption; only where nothing else is known)
WEIGHBRIDGE_SD = 0.0025  # of what was received (±0.5 % at 95 %)


class BurnBy(StrEnum):
    """What the burn of an hour is known from, best first."""

    SCALE = "scale"
    PLAN = "plan"
    MEAN = "mean"
    GUESS = "guess"

    @property
    def sd(self) -> float:
        """Standard deviation of the sum, as a part of it; one cause, so hours add up linearly.

        Belt scales err by 1 to 2 % (95 %: 1.5 %, handbook §9); the others are assumptions.
        """
        return {"scale": 0.0075, "plan": 0.05, "mean": 0.15, "guess": 0.6}[self.value]


@dataclass(frozen=True)
class Flow:
    """What happened to a pile: stock after = kept · stock before + net_t."""

    kept: float  # of a tonne that lay there at the beginning
    net_t: float  # received less burnt, less the yard's loss on both
    burnt_t: Mapping[BurnBy, float]
    received_t: float
    hours: Mapping[BurnBy, float]
    sd_t: float  # of `net_t`

    def after(self, stock_t: float) -> float:
        """Stock at the end."""
        return self.kept * stock_t + self.net_t


@dataclass(frozen=True)
class YardRecords:
    """All that is known of one yard's burn and receipts at `now`."""

    case: Case
    yard: Yard
    now: datetime  # aware
    published: PublishedBurn

    @cached_property
    def zone(self) -> ZoneInfo:
        """Local time, in which days are counted."""
        return ZoneInfo(self.case.settings.timezone)

    @cached_property
    def today(self) -> date:
        """The local day of `now`: its scales are not read yet."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def days(self) -> Mapping[date, CoalDay]:
        """What the scales said of whole days before today."""
        rows = {
            date.fromisoformat(row.date): row
            for row in self.case.coal_daily
            if row.yard_id == self.yard.yard_id
        }
        return {day: row for day, row in rows.items() if day < self.today}

    def midnight(self, day: date) -> datetime:
        """Begin of a local day, UTC."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def day_h(self, day: date) -> float:
        """Length of a local day."""
        return _hours(self.midnight(day), self.midnight(day + timedelta(days=1)))

    def burn_of_day_t(self, day: date) -> tuple[float, BurnBy] | None:
        """Burn of a whole local day by scale, else by plans; None where neither covers it."""
        row = self.days.get(day)
        if row is not None and row.burnt_t is not None:
            return row.burnt_t, BurnBy.SCALE
        span = (self.midnight(day), self.midnight(day + timedelta(days=1)))
        planned = self.published.planned(self.case, self.yard, *span)
        if planned.hours < self.day_h(day) - 1e-6:
            return None
        return planned.burnt_t, BurnBy.PLAN

    @cached_property
    def usual(self) -> tuple[float, BurnBy]:
        """Burn where no record says any, t/h: the mean of the last days known, else a guess."""
        known = self.burns_before()
        if known:
            return sum(known) / len(known) / 24.0, BurnBy.MEAN
        fuel_mw = full_fuel_mw(self.case.sources, self.case.curves, self.yard.yard_id)
        mwh_per_t = self.case.fuel_of(self.yard.fuel_id).mwh_per_unit
        return USUAL_LOAD * fuel_mw / mwh_per_t, BurnBy.GUESS

    def burns_before(self) -> list[float]:
        """Burns of those of the last `MEAN_DAYS` whole days that are known, t."""
        before = [self.today - timedelta(days=back) for back in range(1, MEAN_DAYS + 1)]
        return [found[0] for day in before if (found := self.burn_of_day_t(day)) is not None]

    @cached_property
    def season(self) -> Season:
        """The heating season: outside it nothing is taken to be burnt."""
        settings = self.case.settings
        return Season.parse(settings.season_start, settings.season_end)


def flow(records: YardRecords, start: datetime, end: datetime) -> Flow:
    """Follow a yard from `start` to `end`, local day by local day; both aware."""
    whole = Flow(1.0, 0.0, {}, 0.0, {}, 0.0)
    variance = 0.0
    begin, end = start.astimezone(UTC), end.astimezone(UTC)
    while begin < end:
        day = begin.astimezone(records.zone).date()
        stop = min(end, records.midnight(day + timedelta(days=1)))
        hours, burnt = _burnt(records, day, begin, stop)
        received_t, received_sd = _received(records, day, begin, stop)
        kept = 1.0 - records.yard.yard_loss_per_month / HOURS_PER_MONTH * _hours(begin, stop)
        whole = replace(
            whole,
            kept=whole.kept * kept,
            net_t=whole.net_t * kept + received_t - sum(burnt.values()),
            burnt_t=_added(whole.burnt_t, burnt),
            received_t=whole.received_t + received_t,
            hours=_added(whole.hours, hours),
        )
        variance += received_sd**2
        begin = stop
    burn_sd = sum(by.sd * tonnes for by, tonnes in whole.burnt_t.items())
    return replace(whole, sd_t=hypot(burn_sd, variance**0.5))


def _added(one: Mapping[BurnBy, float], more: Mapping[BurnBy, float]) -> dict[BurnBy, float]:
    return {by: one.get(by, 0.0) + more.get(by, 0.0) for by in {**one, **more}}


def _burnt(
    records: YardRecords, day: date, start: datetime, end: datetime
) -> tuple[dict[BurnBy, float], dict[BurnBy, float]]:
    """Hours and tonnes by what they are known from, within one local day."""
    hours = _hours(start, end)
    row = records.days.get(day)
    if row is not None and row.burnt_t is not None:
        return {BurnBy.SCALE: hours}, {BurnBy.SCALE: row.burnt_t * hours / records.day_h(day)}
    planned = records.published.planned(records.case, records.yard, start, end)
    found_h, found_t = {BurnBy.PLAN: planned.hours}, {BurnBy.PLAN: planned.burnt_t}
    left_h = hours - planned.hours
    if left_h > 1e-6 and records.season.holds(day):
        per_h, by = records.usual
        found_h[by], found_t[by] = left_h, per_h * left_h
    return found_h, found_t


def _received(
    records: YardRecords, day: date, start: datetime, end: datetime
) -> tuple[float, float]:
    """Tonnes and their standard deviation, within one local day."""
    row = records.days.get(day)
    if row is not None and row.received_t is not None:
        tonnes = row.received_t * _hours(start, end) / records.day_h(day)
        return tonnes, WEIGHBRIDGE_SD * tonnes
    fuel = records.case.fuel_of(records.yard.fuel_id)
    total, variance = 0.0, 0.0
    for delivery in records.case.deliveries:
        if delivery.yard_id != records.yard.yard_id:
            continue
        yard_id, due = delivery.yard_id, delivery.arrival_time
        if start <= back_at(records.case, OutageKind.YARD, yard_id, due) < end:
            # As in `yard_inputs`: tonnes of the pile's fuel that hold the same energy.
            tonnes = delivery.tonnes * delivery.net_calorific_kcal_per_kg / fuel.net_calorific_value
            total += tonnes * delivery.confidence
            variance += tonnes**2 * delivery.confidence * (1.0 - delivery.confidence)
    return total, variance**0.5


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 3600.0
