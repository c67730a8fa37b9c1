"""What to do before an event that a what-if plans for, in order of time.

Most of it the plan itself asks for, in remarks; here it is put in order and held against the base
plan.
"""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.messages import words
from dispatch.plan import Remark
from dispatch.run_tables import local_time, utc_datetime
from dispatch.shortage import block_of_step
from dispatch.verdict import UNSERVED_SHARE
from scenarios.whatif.cold_stations import ColdStation
from scenarios.whatif.figure import homes, number, stations, units
from scenarios.whatif.outcome import Outcome
from scenarios.whatif.plan_figures import PlanFigures, UnitEvent
from scenarios.whatif.stored_ahead import stored_ahead

SHORT_OF_COAL = (
    "daily.coal_missing",
    "daily.yard_bottom",
    "daily.yard_below_reserve",
)
TO_ASK_FOR = ("daily.cure_power", "daily.cure_repair")  # the other cures the plan takes by itself


class Deed(StrEnum):
    """Kinds of action; of one moment they stand in this order."""

    CURE = "cure"  # what somebody has to order or ask for
    ORDER_COAL = "order_coal"
    CALL_THIRD_PARTIES = "call_third_parties"
    LIGHT = "light"  # a source that is cold
    PREHEAT = "preheat"
    START = "start"  # units of a source
    STOP = "stop"


@dataclass(frozen=True)
class Action:
    """One thing to do, at the latest at `at` (aware, local)."""

    at: datetime
    deed: Deed
    remark: Remark  # its words
    in_base: bool  # the base plan asks for the same
    base_at: datetime | None = None  # when the base plan asks for it, if at another time


@dataclass(frozen=True)
class Planned:
    """A plan with its figures."""

    outcome: Outcome
    figures: PlanFigures


def actions(base: Planned, variant: Planned) -> tuple[Action, ...]:
    """Return what the variant's plan asks people to do, in order of time."""
    order = list(Deed)
    found = [
        *_cures(base, variant),
        *_coal(base, variant),
        *_third_parties(base, variant),
        *_preheat(base, variant),
        *_lights(base, variant),
        *_units(base, variant),
    ]
    return tuple(sorted(found, key=lambda one: (one.at, order.index(one.deed), one.remark.text)))


def _cures(base: Planned, variant: Planned) -> list[Action]:
    known = {remark.text for remark in base.outcome.shortage}
    return [
        Action(variant.figures.start, Deed.CURE, remark, remark.text in known)
        for remark in variant.outcome.shortage
        if remark.key in TO_ASK_FOR
    ]


# ---- coal and other people's stations --------------------------------------------------------


def _coal(base: Planned, variant: Planned) -> list[Action]:
    """Orders that the outlook asks for; without one what the plan's reasons say of yards."""
    begin, zone = variant.figures.start, ZoneInfo(variant.outcome.case.settings.timezone)
    found = []
    for yard_id, yard in variant.figures.yards.items():
        order_by = yard.fuel.ahead.order_by if yard.fuel.ahead else None
        if order_by is None:
            continue
        known = base.figures.yards.get(yard_id)
        ahead = known.fuel.ahead if known else None
        before = ahead.order_by if ahead else None
        remark = Remark("compare.do_order_coal", {"yard": yard_id})
        at = max(begin, datetime.combine(order_by, time(), tzinfo=zone))
        base_at = datetime.combine(before, time(), tzinfo=zone) if before else None
        is_same = before == order_by
        found.append(Action(at, Deed.ORDER_COAL, remark, is_same, None if is_same else base_at))
    ordered = {one.remark.values["yard"] for one in found}
    known_texts = {remark.text for remark in base.outcome.reasons}
    found += [
        Action(begin, Deed.ORDER_COAL, remark, remark.text in known_texts)
        for remark in variant.outcome.reasons
        if remark.key in SHORT_OF_COAL and remark.values["yard"] not in ordered
    ]
    return found


def _third_parties(base: Planned, variant: Planned) -> list[Action]:
    """Managers to be told of cold rooms, or of less heat than they ask for."""
    cold = [one for one in variant.figures.cold if not one.ours]
    begin = variant.figures.start
    if cold:
        since = min(one.since for one in cold)
        same = _homes(base) >= _homes(variant) and _count(base) >= _count(variant)
        remark = Remark("compare.do_call_cold", _cold_values(cold, since))
        return [Action(max(begin, since), Deed.CALL_THIRD_PARTIES, remark, same)]
    short = _unserved(variant.outcome)
    if short is None:
        return []
    known = _unserved(base.outcome)
    since, worst_pct = short
    values = {"worst_pct": worst_pct, "since": since}
    remark = Remark("compare.do_call_unserved", values)
    same = known is not None and known[1] >= worst_pct
    return [Action(since, Deed.CALL_THIRD_PARTIES, remark, same)]


def _homes(planned: Planned) -> int:
    return sum(one.homes for one in planned.figures.cold if not one.ours)


def _count(planned: Planned) -> int:
    return sum(1 for one in planned.figures.cold if not one.ours)


def _cold_values(cold: list[ColdStation], since: datetime) -> dict[str, object]:
    return {
        "stations": stations(len(cold)),
        "homes": homes(sum(one.homes for one in cold)),
        "zones": words(*sorted({one.zone_id for one in cold})),
        "below_k": round(max(one.below_k for one in cold), 1),
        "since": since,
    }


def _unserved(outcome: Outcome) -> tuple[datetime, float] | None:
    """From when third parties get less than they ask for, and how much less at worst, %."""
    schedule = outcome.schedule
    others = schedule["station_controllable"].values == 0
    due = schedule["station_heat_due"].values[others].sum(axis=0)
    got = schedule["station_heat"].values[others].sum(axis=0)
    short = np.divide(due - got, due, out=np.zeros_like(due), where=due > 1e-6)
    if not short.size or short.max() <= UNSERVED_SHARE:
        return None
    first = int(np.flatnonzero(short[block_of_step(schedule)] > UNSERVED_SHARE)[0])
    at = local_time(utc_datetime(schedule["time"].values[first]), outcome.case.settings.timezone)
    return at, round(100 * float(short.max()), 1)


# ---- heat ------------------------------------------------------------------------------------


def _preheat(base: Planned, variant: Planned) -> list[Action]:
    """Heat stored in rooms: as the plan names it ahead of a cold wave, else against the base."""
    known = {remark.text for remark in base.outcome.notes}
    named = [remark for remark in variant.outcome.notes if remark.key == "daily.preheat"]
    if named:
        return [
            Action(_moment(remark, "start"), Deed.PREHEAT, remark, remark.text in known)
            for remark in named
        ]
    timezone = variant.outcome.case.settings.timezone
    stored = stored_ahead(base.outcome.schedule, variant.outcome.schedule, timezone)
    if stored is None:
        return []
    values = {
        "mwh": number(stored.mwh, 0),
        "zones": words(*(f"{zone} {number(mwh, 0)}" for zone, mwh in stored.zones_mwh)),
        "peak": stored.peak,
        "indoor_k": round(stored.rise_k, 1),
    }
    remark = Remark("compare.do_store", values)
    return [Action(stored.start, Deed.PREHEAT, remark, in_base=False)]


def _lights(base: Planned, variant: Planned) -> list[Action]:
    known = {source: _moment(remark, "light_by") for source, remark in _cold(base).items()}
    found = []
    for source, told in _cold(variant).items():
        at, before = _moment(told, "light_by"), known.get(source)
        values = {name: told.values[name] for name in ("source", "at", "most_mw")}
        remark = Remark("compare.do_light", values)
        is_same = at == before
        found.append(Action(at, Deed.LIGHT, remark, is_same, None if is_same else before))
    return found


def _cold(planned: Planned) -> dict[str, Remark]:
    """Sources to light, by their id."""
    told = [remark for remark in planned.outcome.notes if remark.key == "daily.light_source"]
    return {str(remark.values["source"]): remark for remark in told}


def _moment(remark: Remark, name: str) -> datetime:
    at = remark.values[name]
    if not isinstance(at, datetime):
        raise TypeError(f"{remark.key}: {name} is no moment")
    return at


def _units(base: Planned, variant: Planned) -> list[Action]:
    """Units to start and to stop. The first start of a source to be lit is told with that."""
    lit = _cold(variant)
    found = []
    for source_id, source in variant.figures.sources.items():
        other = base.figures.sources.get(source_id)
        known = other.events if other else ()
        starts = [event for event in source.events if event.started > 0]
        stops = [event for event in source.events if event.started < 0 and not event.forced]
        found += [
            _unit(source_id, event, Deed.START, known)
            for event in (starts[1:] if source_id in lit else starts)
        ]
        found += [_unit(source_id, event, Deed.STOP, known) for event in stops]
    return found


def _unit(source_id: str, event: UnitEvent, deed: Deed, known: tuple[UnitEvent, ...]) -> Action:
    key = "compare.do_start" if deed is Deed.START else "compare.do_stop"
    remark = Remark(key, {"source": source_id, "units": units(abs(event.started))})
    is_same = any(one.at == event.at and one.started == event.started for one in known)
    alike = [one.at for one in known if (one.started > 0) == (event.started > 0)]
    nearest = min(alike, key=lambda at: abs(at - event.at), default=None)
    return Action(event.at, deed, remark, is_same, None if is_same else nearest)
