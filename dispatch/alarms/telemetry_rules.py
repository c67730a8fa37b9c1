"""Alarms on telemetry (handbook §10): water, rooms, pumps, pressures, silence.

Every rule looks at what lasts up to the newest reading; readings that cannot be true at all raise
nothing. Moments are those of the first reading from which on a rule is broken without a break.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dispatch.alarms.alarm import AlarmCode, Severity
from dispatch.alarms.series import Array, Series, series_of
from dispatch.alarms.watched import Found, Hit, Watched
from dispatch.case import Station
from dispatch.messages import say
from forecasts.telemetry.points import TRAITS, Point
from forecasts.telemetry.readings import NETWORK

GJ_H_PER_MW = 3.6
SUPPLY_SLACK_K = 0.5  # of a sensor, over a limit of the secondary side
MANY_ROOMS = 3.0  # times the usual limit: nobody doubts it any more
BEATS, LONE_MIN = 3.0, 60.0  # usual readings missed; between readings where there is but one
BAD_FOR, LEAST_BAD = timedelta(hours=3), 3
STUCK_H, LEAST_STUCK = 20.0, 20  # of a temperature that is read to a tenth
MOVING = (
    *(Point.PRIMARY_SUPPLY_TEMP, Point.PRIMARY_RETURN_TEMP, Point.PRIMARY_FLOW),
    *(Point.SECONDARY_SUPPLY_TEMP, Point.SECONDARY_RETURN_TEMP, Point.OUTDOOR_TEMP),
)
MANY_SILENT_SHARE = 0.5  # of all places: the line or the server, not the stations
STANDING = 0.1  # of what it usually runs at
LOW_TANK = 0.5  # of its usual level
RUN_DOWN_C = 16.0  # rooms: when people ring up; H §2 refunds begin
FREEZE_H, FREEZE_AT_C = 4.0, -10.0  # a station without flow: from here on pipes may freeze


def telemetry_alarms(watched: Watched) -> Found:
    """Return all alarms of the readings, in no order, and which points nobody measures."""
    found = Found()
    if watched.readings.empty:
        found.unmeasured = set(Point)
        hours = (watched.now - watched.planned_from) / timedelta(hours=1)
        lost = Hit("telemetry", watched.planned_from, hours, 0.0)
        found.group(AlarmCode.ALL_SILENT, Severity.CRITICAL, [lost])
        return found
    there = {str(point) for point in watched.readings["point"].unique()}
    for rule, points in RULES:
        if not there & set(points):
            found.unmeasured |= set(points)
            continue
        try:
            rule(watched, found)
        except Exception as error:  # noqa: BLE001 (one rule that fails must not silence the others)
            why = f"{type(error).__name__}: {error}"
            found.problems.append(say("alarms.rule_failed", rule=rule.__name__.strip("_"), why=why))
    return found


# ---- silence -------------------------------------------------------------------------------


def _silence(watched: Watched, found: Found) -> None:
    """Points that were heard within the window and now miss three of their usual readings."""
    silent: dict[str, list[tuple[Point, Hit]]] = {}
    heard: dict[str, int] = {}
    for point in Point:
        newest: dict[str, tuple[datetime, float]] = {}
        for one in series_of(watched.readings, point):  # of several sensors the liveliest
            last, beat = newest.get(one.id, (one.at(-1), one.usual_min))
            newest[one.id] = max(last, one.at(-1)), min(beat, one.usual_min)
        for name, (last, beat) in newest.items():
            heard[name] = heard.get(name, 0) + 1
            quiet_min = (watched.now - last) / timedelta(minutes=1)
            usual_min = beat if np.isfinite(beat) else LONE_MIN
            limit_min = max(watched.limits.lost_after_min, BEATS * usual_min)
            if quiet_min > limit_min:
                silent.setdefault(name, []).append((point, Hit(name, last, quiet_min, limit_min)))
    hits, whole = [], 0
    for name, lost in silent.items():
        if len(lost) == heard[name]:  # nothing comes from there any more
            whole += 1
            hits.append(max((hit for _, hit in lost), key=lambda hit: hit.since))
        else:
            hits += [replace(hit, thing=f"{name} {point.value}") for point, hit in lost]
    many = whole > MANY_SILENT_SHARE * len(heard)
    severity = Severity.CRITICAL if many else Severity.WARNING
    found.group(AlarmCode.SILENT, severity, hits, all=len(heard))


# ---- readings that cannot be ----------------------------------------------------------------


def _impossible(watched: Watched, found: Found) -> None:
    """Points that for hours have read nothing that can be: a sensor, a cable, a wrong unit."""
    recent = watched.readings[watched.readings["time"] >= pd.Timestamp(watched.now - BAD_FOR)]
    hits = []
    for point in Point:
        trait = TRAITS[point]
        rows = recent[recent["point"] == point]
        for name, mine in rows.groupby("id", observed=True, sort=True):
            values = mine["value"].to_numpy(dtype=np.float64)
            limit = trait.high if values[-1] > trait.high else trait.low
            if (
                values.size >= LEAST_BAD
                and not ((values >= trait.low) & (values <= trait.high)).any()
            ):
                since = mine["time"].min().to_pydatetime()
                hits.append(Hit(f"{name} {point.value}", since, float(values[-1]), limit))
    found.group(AlarmCode.IMPOSSIBLE, Severity.WARNING, hits)


def _stuck(watched: Watched, found: Found) -> None:
    """Temperatures, pressures and flows that have not moved for most of a day."""
    hits = []
    for one in watched.series(*MOVING):
        start = one.lasting(one.values == one.last)
        if start is None or one.last == 0.0:  # what stands is told as such
            continue
        hours = float((one.times[-1] - one.times[start]) / np.timedelta64(1, "m")) / 60.0
        if hours >= STUCK_H and one.values.size - start >= LEAST_STUCK:
            hits.append(Hit(f"{one.id} {one.point.value}", one.at(start), hours, STUCK_H))
    found.group(AlarmCode.STUCK, Severity.WARNING, hits)


# ---- rooms ---------------------------------------------------------------------------------


def _rooms(watched: Watched, found: Found) -> None:
    """Share of room sensors under the law, by their newest readings (H §10: more than 3 %)."""
    rooms = watched.series(Point.ROOM_TEMP)
    if not rooms:
        return
    law_c = watched.case.settings.comfort.legal_min_c
    cold = [one for one in rooms if one.last < law_c]
    limit = watched.limits.cold_rooms_pct
    share = 100.0 * len(cold) / len(rooms)
    if share <= limit:
        return
    starts = [one.at(one.lasting(one.values < law_c) or 0) for one in cold]
    since = sorted(starts)[min(len(starts) - 1, int(limit / 100.0 * len(rooms)))]
    severity = Severity.CRITICAL if share > MANY_ROOMS * limit else Severity.WARNING
    loops = [one.id for one in sorted(cold, key=lambda one: one.last)]
    hits = [Hit(loop, since, share, limit) for loop in loops]
    coldest = min(one.last for one in cold)
    found.group(AlarmCode.COLD_ROOMS, severity, hits, rooms=len(rooms), law=law_c, coldest=coldest)


# ---- water ---------------------------------------------------------------------------------


def _secondary_supply(watched: Watched, found: Found) -> None:
    """Over the loop's own limit; floor heating at once, since pipes and screed suffer."""
    loops = {station.loop_id: station for station in watched.case.stations}
    floor: list[Hit] = []
    radiator: list[Hit] = []
    for one in watched.series(Point.SECONDARY_SUPPLY_TEMP):
        station = loops.get(one.id)
        if station is None or station.secondary_supply_max_c is None:
            continue
        limit = station.secondary_supply_max_c
        hit = _lasting(one, one.values > limit + SUPPLY_SLACK_K, limit)
        if hit is not None:
            (floor if station.emitter.value == "floor" else radiator).append(hit)
    found.group(AlarmCode.FLOOR_TOO_HOT, Severity.CRITICAL, floor)
    found.group(AlarmCode.SECONDARY_TOO_HOT, Severity.WARNING, radiator)


def _primary_return(watched: Watched, found: Found) -> None:
    """Above 60 °C: heat goes back to the plant, and its flow is missed elsewhere."""
    limit = watched.limits.primary_return_max_c
    series = watched.series(Point.PRIMARY_RETURN_TEMP)
    hits = [_lasting(one, one.values > limit, limit) for one in series]
    found.group(
        AlarmCode.RETURN_TOO_HOT, Severity.WARNING, [hit for hit in hits if hit is not None]
    )


def _primary_supply(watched: Watched, found: Found) -> None:
    """A plant's supply off its setpoint by 3 K for half an hour."""
    if watched.planned is None:
        return
    plants = {source.source_id: source.plant_id for source in watched.case.sources}
    low: list[Hit] = []
    high: list[Hit] = []
    for one in watched.series(Point.PRIMARY_SUPPLY_TEMP):
        plant = plants.get(one.id, one.id)
        if plant not in watched.planned.plants:
            continue
        row = watched.planned.primary_supply_c[watched.planned.plants.index(plant)]
        apart = one.values - _planned_at(watched, one, row)
        limit = watched.limits.supply_off_k
        for hits, mask in ((low, apart < -limit), (high, apart > limit)):
            start = one.lasting(mask)
            if start is not None and _long_enough(watched, one, start):
                hits.append(Hit(plant, one.at(start), float(apart[-1]), limit))
    found.group(AlarmCode.SUPPLY_TOO_LOW, Severity.CRITICAL, low)
    found.group(AlarmCode.SUPPLY_TOO_HIGH, Severity.WARNING, high)


def _source_heat(watched: Watched, found: Found) -> None:
    """A source that gives less than its plan for half an hour: critical below half of it."""
    if watched.planned is None:
        return
    part = 1.0 - watched.limits.source_off_pct / 100.0
    little: list[Hit] = []
    none: list[Hit] = []
    for one in watched.series(Point.HEAT_RATE):
        if one.id not in watched.planned.sources:
            continue
        planned_mw = _planned_at(
            watched, one, watched.planned.heat_mw[watched.planned.sources.index(one.id)]
        )
        given_mw = one.values / GJ_H_PER_MW
        start = one.lasting((given_mw < part * planned_mw) & (planned_mw > 1.0))
        if start is not None and _long_enough(watched, one, start):
            hit = Hit(one.id, one.at(start), float(given_mw[-1]), float(planned_mw[-1]))
            (none if hit.value < 0.5 * hit.limit else little).append(hit)
    found.group(AlarmCode.SOURCE_DOWN, Severity.CRITICAL, none)
    found.group(AlarmCode.SOURCE_LOW, Severity.WARNING, little)


def _pressure(watched: Watched, found: Found) -> None:
    """Return pressure that fell by 0.05 MPa under its median: a leak, or a pump that stands."""
    drop = watched.limits.pressure_drop_mpa
    primary: list[Hit] = []
    secondary: list[Hit] = []
    for one in watched.series(Point.PRIMARY_RETURN_PRESSURE, Point.SECONDARY_RETURN_PRESSURE):
        limit = one.usual - drop
        hit = _lasting(one, one.values < limit, limit)
        if hit is not None:
            is_primary = one.point is Point.PRIMARY_RETURN_PRESSURE
            (primary if is_primary else secondary).append(hit)
    found.group(AlarmCode.PRIMARY_PRESSURE_LOW, Severity.CRITICAL, primary)
    found.group(AlarmCode.SECONDARY_PRESSURE_LOW, Severity.WARNING, secondary)


def _make_up(watched: Watched, found: Found) -> None:
    """Make-up of more than 2 % of the flow of its place, over the last hour."""
    flows: dict[str, float] = {}
    for flow in watched.series(Point.PRIMARY_FLOW, Point.SECONDARY_FLOW):
        flows[flow.id] = max(flows.get(flow.id, 0.0), float(np.median(flow.values)))
    hits = []
    for one in watched.series(Point.MAKE_UP_FLOW):
        flow_tph = flows.get(one.id, 0.0)
        recent = one.values[one.times >= one.times[-1] - np.timedelta64(1, "h")]
        if flow_tph <= 0.0:
            continue
        limit = watched.limits.make_up_max_pct
        pct = 100.0 * float(recent.mean()) / flow_tph
        start = one.lasting(100.0 * one.values / flow_tph > limit)
        if pct > limit and start is not None:
            hits.append(Hit(one.id, one.at(start), pct, limit))
    found.group(AlarmCode.MAKE_UP_HIGH, Severity.WARNING, hits)


def _tank(watched: Watched, found: Found) -> None:
    """A make-up tank at less than half of its usual level."""
    hits = []
    for one in watched.series(Point.TANK_LEVEL):
        limit = LOW_TANK * one.usual
        hit = _lasting(one, one.values < limit, limit)
        if hit is not None:
            hits.append(hit)
    found.group(AlarmCode.TANK_LOW, Severity.WARNING, hits)


# ---- stations that stand -------------------------------------------------------------------


def _standing(watched: Watched, found: Found) -> None:
    """Pumps and flows that ran and stand now: rooms cool from here on, pipes may freeze."""
    loops = {station.loop_id: station for station in watched.case.stations}
    hits: dict[str, Hit] = {}
    for one in watched.series(Point.PUMP, Point.SECONDARY_FLOW):
        usual = one.usual
        if usual <= 0.0:  # it has not run
            continue
        hit = _lasting(one, one.values < STANDING * usual, usual)
        if hit is not None:
            hits[one.id] = hit
    if not hits:
        return
    outdoor_c = _outdoor_now(watched)
    hours = [_hours_until(RUN_DOWN_C, loops[name], outdoor_c) for name in hits if name in loops]
    soonest = min((one for one in hours if one is not None), default=None)
    rooms = "" if soonest is None else say("alarms.run_down", law=RUN_DOWN_C, hours=soonest)
    frost = ""
    if outdoor_c is not None and outdoor_c < 0.0:
        frost = say("alarms.freeze", hours=freeze_hours(outdoor_c), outdoor=outdoor_c)
    found.group(
        AlarmCode.STANDING, Severity.CRITICAL, list(hits.values()), rooms=rooms, frost=frost
    )


def freeze_hours(outdoor_c: float) -> float:
    """Hours without flow until pipes of a station may freeze, from H §10's 4 h at −10 °C.

    Water at 45 °C falls to 0 °C the sooner the colder it is outdoors; the time goes as
    ln((45 − t)/(0 − t)), which is infinite at 0 °C.
    """

    def course(celsius: float) -> float:
        return float(np.log((45.0 - celsius) / (0.0 - celsius)))

    return FREEZE_H * course(outdoor_c) / course(FREEZE_AT_C)


def _hours_until(room_c: float, station: Station, outdoor_c: float | None) -> float | None:
    """Hours until rooms at their target fall to `room_c` without heat: τ ln (H F6); None: never."""
    if outdoor_c is None:
        return None
    loss, capacity = station.specific_loss_w_per_m2k, station.heat_capacity_kj_per_m2k
    tau_h = capacity / loss / 3.6
    rest_c = outdoor_c + station.gain_w_per_m2 / loss
    start_c = station.indoor_target_c if station.indoor_target_c is not None else 20.0
    if rest_c >= room_c or start_c <= room_c:
        return None
    return float(tau_h * np.log((start_c - rest_c) / (room_c - rest_c)))


def _outdoor_now(watched: Watched) -> float | None:
    """The newest outdoor reading of the network, else what was planned for this hour."""
    sensors = watched.series(Point.OUTDOOR_TEMP)
    own = [one for one in sensors if one.id == NETWORK] or sensors
    if own:
        return max(own, key=lambda one: one.times[-1]).last
    if watched.planned is None:
        return None
    known = watched.planned.outdoor_c[np.isfinite(watched.planned.outdoor_c)]
    return float(known[-1]) if known.size else None


# ---- helpers -------------------------------------------------------------------------------


def _lasting(one: Series, mask: np.ndarray, limit: float) -> Hit | None:
    start = one.lasting(mask)
    return None if start is None else Hit(one.id, one.at(start), one.last, limit)


def _long_enough(watched: Watched, one: Series, start: int) -> bool:
    """Whether a deviation has lasted the time of `[alarms]`, or all but one reading of it."""
    lasted = (one.times[-1] - one.times[start]) / np.timedelta64(1, "m")
    return bool(lasted + min(one.usual_min, 60.0) >= watched.limits.off_after_min)


def _planned_at(watched: Watched, one: Series, row: Array) -> Array:
    """What was planned at the moments of readings; NaN outside the hours that are known."""
    first = np.datetime64(
        watched.planned_from.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "ns"
    )
    hour = np.floor((one.times - first) / np.timedelta64(1, "h")).astype(int)
    inside = (hour >= 0) & (hour < row.size)
    return np.where(inside, row[np.clip(hour, 0, row.size - 1)], np.nan)


RULES: tuple[tuple[Callable[[Watched, Found], None], tuple[Point, ...]], ...] = (
    (_silence, tuple(Point)),
    (_impossible, tuple(Point)),
    (_stuck, MOVING),
    (_rooms, (Point.ROOM_TEMP,)),
    (_secondary_supply, (Point.SECONDARY_SUPPLY_TEMP,)),
    (_primary_return, (Point.PRIMARY_RETURN_TEMP,)),
    (_primary_supply, (Point.PRIMARY_SUPPLY_TEMP,)),
    (_source_heat, (Point.HEAT_RATE,)),
    (_pressure, (Point.PRIMARY_RETURN_PRESSURE, Point.SECONDARY_RETURN_PRESSURE)),
    (_make_up, (Point.MAKE_UP_FLOW,)),
    (_tank, (Point.TANK_LEVEL,)),
    (_standing, (Point.PUMP, Point.SECONDARY_FLOW)),
)
