"""What telemetry says of every loop of a case: parameters, rooms now, and what looks wrong.

Pure: a case as its files have it, cleaned telemetry, the weather it was under; no clock, no disk.
Identification itself is in `forecasts/demand/identify.py` (handbook §4); here its findings meet
the case: what may be written over `stations.csv`, what not, and what people should look at.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dispatch.case import Case, Station
from dispatch.case_calibrated import Basis, is_plausible, refused_values, with_measured
from dispatch.case_kinds import Manager
from dispatch.compliance import compliance_of
from dispatch.loop_priors import loop_priors
from dispatch.loop_records import Meter, loop_records, meters_of
from dispatch.loop_weather import LoopWeather
from forecasts.demand.identified import (
    Doubt,
    Estimate,
    Identified,
    LoopPrior,
    LoopRecord,
    RoomNow,
)
from forecasts.demand.identify import UNTRUSTED, doubts_among, identify, room_now
from forecasts.telemetry.readings import Action, CleanTelemetry, Done

THIN = frozenset({Doubt.TOO_FEW_DAYS, Doubt.TOO_LITTLE_SPREAD})  # nothing is wrong, only little
MEASURED_WEIGHT, SHRUNK_WEIGHT = 0.8, 0.2  # of the data in a value: measured from, shrunk from
# A throttled loop says how much of its due it gets, and a sound one that it gets all of it.
NO_COMPLIANCE = UNTRUSTED - {Doubt.THROTTLED}
# Found together: one that tells little stands for what the others leave it to be, so that all are
# written or none. What adds to the heat may come out below nothing, by its error.
ADDED_VALUES = ("gain_w_per_m2", "solar_aperture", "wind_loss_w_per_m2k_per_m_s")
BUILDING_VALUES = ("specific_loss_w_per_m2k", "heat_capacity_kj_per_m2k", *ADDED_VALUES)
EMITTER_VALUES = ("relative_flow", "emitter_oversize")
VALUES_FOUND = (*BUILDING_VALUES, *EMITTER_VALUES)


@dataclass(frozen=True)
class LoopCalibration:
    """All that is known of one loop after its telemetry was read."""

    station: Station  # as in stations.csv
    prior: LoopPrior
    record: LoopRecord
    meter: Meter
    found: Identified
    room: RoomNow
    doubts: tuple[Doubt, ...]  # of identification, of comparison with others, and of cleaning
    basis: Basis
    values: Mapping[str, Estimate]  # to be laid over stations.csv, by column; only what is worth it
    cleaning: Mapping[Action, int] = field(default_factory=dict)  # readings, by what was done

    @property
    def loop_id(self) -> str:
        """`station.loop`."""
        return self.station.loop_id

    @property
    def is_measured(self) -> bool:
        """Whether any heat of the loop was measured."""
        return bool(np.isfinite(self.record.heat_w_per_m2).any())

    @property
    def suspicious(self) -> tuple[Doubt, ...]:
        """Return the doubts that somebody should look into: not that days are few."""
        return tuple(doubt for doubt in self.doubts if doubt not in THIN)


@dataclass(frozen=True)
class Population:
    """Figures of all loops together; medians over loops that could be identified."""

    loops: int
    with_heat: int
    by_basis: Mapping[Basis, int]
    suspicious: int
    r2_daily: float
    error_before_w_per_m2: float
    error_after_w_per_m2: float
    loss_ratio: tuple[float, float, float]  # K measured over K of the case: 10 %, median, 90 %
    rooms_measured: int  # loops with rooms of their own
    room_c: tuple[float, float, float]  # now: 10 %, median, 90 % of loops; NaN unknown


@dataclass(frozen=True)
class Calibration:
    """What telemetry says of a case."""

    loops: tuple[LoopCalibration, ...]  # in the order of stations.csv
    weather: LoopWeather
    done: tuple[Done, ...]
    population: Population

    @property
    def suspicious(self) -> tuple[LoopCalibration, ...]:
        """Return the loops somebody should look at, in the order of stations.csv."""
        return tuple(loop for loop in self.loops if loop.suspicious)


def calibrate(
    case: Case,
    clean: CleanTelemetry,
    weather: LoopWeather,
    progress: Callable[[int], None] = lambda _: None,
) -> Calibration:
    """Work out what telemetry says of every loop; rooms are those at the end of the record.

    `case` must be as its files have it, without an earlier calibration laid over it; `progress`
    hears how many loops are done.
    """
    records, priors = loop_records(case, clean, weather), loop_priors(case)
    found = []
    for record, prior in zip(records, priors, strict=True):
        found.append(identify(record, prior))
        progress(len(found))
    beside = doubts_among(found, records, priors)
    found = [replace(one, doubts=beside[one.loop_id]) for one in found]
    step = np.timedelta64(round(weather.step_h * 3600), "s")
    end = weather.times[-1] + step
    meters, cleaning = meters_of(case, clean), _cleaning(clean.done)
    loops = []
    for station, record, prior, one in zip(case.stations, records, priors, found, strict=True):
        done = _cleaning_of(cleaning, station)
        doubts = _doubts(one, done)
        room = room_now(record, prior, one, end)
        known = LoopCalibration(
            *(station, prior, record, meters[station.loop_id], one, room, doubts),
            basis=Basis.TYPICAL,
            values={},
            cleaning=done,
        )
        loops.append(with_values(known, case))
    with_due = _with_compliance(case, loops, weather)
    return Calibration(with_due, weather, clean.done, population_of(with_due))


# ---- doubts --------------------------------------------------------------------------------


def _cleaning(done: Sequence[Done]) -> Mapping[str, Mapping[Action, int]]:
    counts: dict[str, Counter[Action]] = defaultdict(Counter)
    for one in done:
        counts[one.id][one.action] += one.readings
    return counts


def _cleaning_of(
    cleaning: Mapping[str, Mapping[Action, int]], station: Station
) -> Mapping[Action, int]:
    """Return what was done to readings of a loop and of its station, by action."""
    ids = dict.fromkeys((station.loop_id, station.station_id))
    total: Counter[Action] = Counter()
    for id_ in ids:
        total.update(cleaning.get(id_, {}))
    return {action: total[action] for action in Action if total[action]}


def _doubts(found: Identified, done: Mapping[Action, int]) -> tuple[Doubt, ...]:
    """Join the doubts of identification and of cleaning, in the order of `Doubt`.

    Sensors that cleaning put right are sensors that somebody should change over all the same.
    """
    told = {*found.doubts}
    if Action.SWAPPED in done:
        told.add(Doubt.SENSORS_SWAPPED)
    return tuple(doubt for doubt in Doubt if doubt in told)


# ---- values --------------------------------------------------------------------------------


def with_values(loop: LoopCalibration, case: Case) -> LoopCalibration:
    """Decide which values take the place of those in `stations.csv`."""
    weight = loop.found.specific_loss_w_per_m2k.data_weight
    if UNTRUSTED & set(loop.doubts) or not weight >= SHRUNK_WEIGHT:
        return loop
    told = {name: getattr(loop.found, name) for name in BUILDING_VALUES}
    told |= {name: replace(told[name], value=max(0.0, told[name].value)) for name in ADDED_VALUES}
    emitter = {name: getattr(loop.found, name) for name in EMITTER_VALUES}
    told |= {name: one for name, one in emitter.items() if one.data_weight >= SHRUNK_WEIGHT}
    told = {name: one for name, one in told.items() if np.isfinite(one.value)}
    refused = refused_values(loop.station, {name: one.value for name, one in told.items()})
    told = {name: one for name, one in told.items() if name not in refused}
    if not _fits(loop.station, told, case):
        doubts = {*loop.doubts, Doubt.IMPLAUSIBLE}
        return replace(loop, doubts=tuple(doubt for doubt in Doubt if doubt in doubts))
    basis = Basis.MEASURED if weight >= MEASURED_WEIGHT else Basis.SHRUNK
    return replace(loop, basis=basis, values=told)


def _fits(station: Station, told: Mapping[str, Estimate], case: Case) -> bool:
    if not set(BUILDING_VALUES) <= told.keys():
        return False
    over = with_measured(station, {name: one.value for name, one in told.items()})
    return is_plausible(station, over, case.settings)


def _with_compliance(
    case: Case, loops: Sequence[LoopCalibration], weather: LoopWeather
) -> tuple[LoopCalibration, ...]:
    """Add to third parties how much of its due each takes, by the values it now has.

    A measured K already holds what such a station keeps back; the share in `stations.csv` on top
    would take it off twice.
    """
    stations = tuple(
        with_measured(loop.station, {name: one.value for name, one in loop.values.items()})
        for loop in loops
    )
    told = compliance_of(case, stations, [loop.record for loop in loops], weather)
    return tuple(
        replace(loop, values={**loop.values, "compliance": due})
        if due is not None
        and loop.station.managed_by is Manager.THIRD_PARTY
        and not (NO_COMPLIANCE & set(loop.doubts))
        and not refused_values(loop.station, {"compliance": due.value})
        else loop
        for loop, due in zip(loops, told, strict=True)
    )


# ---- all together --------------------------------------------------------------------------


def population_of(loops: Sequence[LoopCalibration]) -> Population:
    """Return the figures of all loops together."""
    used = [loop for loop in loops if loop.basis is not Basis.TYPICAL]
    ratio = [
        loop.found.specific_loss_w_per_m2k.value / loop.station.specific_loss_w_per_m2k
        for loop in used
    ]
    return Population(
        loops=len(loops),
        with_heat=sum(loop.is_measured for loop in loops),
        by_basis={basis: sum(loop.basis is basis for loop in loops) for basis in Basis},
        suspicious=sum(bool(loop.suspicious) for loop in loops),
        r2_daily=_spread([loop.found.r2_daily for loop in used])[1],
        error_before_w_per_m2=_spread([loop.found.error_before_w_per_m2 for loop in used])[1],
        error_after_w_per_m2=_spread([loop.found.error_after_w_per_m2 for loop in used])[1],
        loss_ratio=_spread(ratio),
        rooms_measured=sum(loop.room.from_rooms for loop in loops),
        room_c=_spread([loop.room.room_c for loop in loops]),
    )


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    """10 %, median and 90 % of what is known; NaN of nothing."""
    known = [value for value in values if np.isfinite(value)]
    if not known:
        return (np.nan, np.nan, np.nan)
    low, middle, high = np.quantile(known, (0.1, 0.5, 0.9))
    return (float(low), float(middle), float(high))
