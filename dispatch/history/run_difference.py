"""What changed from one plan to another, and why: causes first, then what came of them.

Only hours that both plans hold are compared. Works from the run folders alone. What an edited file
said before is not kept; of prices, limits and shares `plan.nc` tells both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.history.past_run import PastRun
from dispatch.history.run_rows import block_places, local_days
from dispatch.plan import Quality
from dispatch.run_tables import local_text, utc_datetime
from dispatch.source_inputs import TCE_PER_MWH

Array = NDArray[np.float64]
Times = NDArray[np.datetime64]

WORTH_MW = 0.5  # of what a source or main can give: smaller is no news
WORTH_K = 0.25  # half a step of a published setpoint
MOST_STRETCHES = 3  # of one source or main: more are told as one
WEATHER = "weather"  # of the manifest's inputs: the forecast itself

VARIABLES = frozenset(
    {
        *("air_temperature", "demand_estimate", "source_heat", "source_fuel", "source_max_heat"),
        *("source_fuel_price", "source_power_min"),
        *("plant_share_min", "plant_share_max", "link_capacity"),
        *("station_controllable", "station_supply", "station_indoor"),
    }
)
# Attributes of a plan that say nothing of how it was asked for.
RESULTS = frozenset({"plan_id", "objective_yuan", "cost_yuan", "solver", "title", "Conventions"})


@dataclass(frozen=True)
class Outdoors:
    """The later forecast less the earlier one, over the common hours, K."""

    mean_k: float
    most_k: float  # the hour that moved most
    most_at: str
    days: Mapping[date, float]
    hours: Mapping[str, float]
    before: str  # provider
    after: str


@dataclass(frozen=True)
class Moved:
    """One quantity before and after."""

    name: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True)
class Reach:
    """What a source or main can give in hours in which that changed, mean MW."""

    kind: str  # source or link
    name: str
    start: str
    end: str  # to the end of the common hours, where `open_end`
    open_end: bool
    before_mw: float
    after_mw: float


@dataclass(frozen=True)
class Setting:
    """A price, limit or rule as two plans had it, as text; `thing` is a source, plant or ""."""

    name: str
    thing: str
    before: str
    after: str


@dataclass(frozen=True)
class PinMoved:
    """A pin that only one of the plans had, or that both had otherwise."""

    change: str  # new, gone, changed
    pin: Mapping[str, Any]


@dataclass(frozen=True)
class Files:
    """Input files by what happened to them; the weather is not among them."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Stations:
    """Supply setpoints of loops of ours over the common hours."""

    loops: int
    moved_share: float  # of loops and hours, by at least `WORTH_K`
    mean_k: float
    most: tuple[Moved, ...]  # loops by mean change, the most first


@dataclass(frozen=True)
class RunDifference:
    """Two plans; figures are of the common hours where nothing else is said."""

    before: str
    after: str
    issued: tuple[str, str]
    quality: tuple[Quality, Quality]
    common_h: float
    start: str
    end: str
    outdoors: Outdoors | None  # None without common hours
    demand: Moved | None  # MW
    rooms: Moved | None  # rooms of ours at the first common hour, mean °C
    reach: tuple[Reach, ...]
    pins: tuple[PinMoved, ...]
    files: Files
    settings: tuple[Setting, ...]
    power: tuple[Moved, ...]  # least power that is asked of a source, mean MW, where it moved
    sources: tuple[Moved, ...]  # mean MW, the most changed first
    stations: Stations | None
    fuel: Moved | None  # tce
    cost: Moved  # yuan a day, each over its own horizon
    coldest: Moved | None  # °C, of loops we command, each over its own horizon


def run_difference(before: PastRun, after: PastRun) -> RunDifference:
    """Compare two plans, the earlier one first; both read with `VARIABLES`."""
    both: Times = np.intersect1d(before.schedule["time"].values, after.schedule["time"].values)
    at = tuple(np.searchsorted(run.schedule["time"].values, both) for run in (before, after))
    pair = _Pair(before, after, both, *at)
    some = bool(both.size)
    return RunDifference(
        before=before.name,
        after=after.name,
        issued=(str(before.summary["issued_at"]), str(after.summary["issued_at"])),
        quality=(Quality(before.summary["quality"]), Quality(after.summary["quality"])),
        common_h=both.size * after.step_h,
        start=pair.text(0) if some else "",
        end=pair.text(both.size) if some else "",
        outdoors=_outdoors(pair) if some else None,
        demand=pair.moved("demand", "demand_estimate") if some else None,
        rooms=_rooms(pair) if some else None,
        reach=_reach(pair) if some else (),
        pins=_pins(before.summary, after.summary),
        files=_files(before.inputs, after.inputs),
        settings=_settings(before, after),
        power=_moved_rows(pair, "source_power_min", WORTH_MW) if some else (),
        sources=_moved_rows(pair, "source_heat", 0.0) if some else (),
        stations=_stations(pair) if some else None,
        fuel=_fuel(pair) if some else None,
        cost=Moved("cost", _cost_a_day(before), _cost_a_day(after)),
        coldest=_coldest(before.summary, after.summary),
    )


@dataclass(frozen=True)
class _Pair:
    """Two plans on their common steps."""

    before: PastRun
    after: PastRun
    times: Times
    at_before: NDArray[np.intp]
    at_after: NDArray[np.intp]

    def text(self, step: int) -> str:
        """Local time at which a common step begins; of one past the last, when that ends."""
        last = min(step, self.times.size - 1)
        step_s = np.timedelta64(round(self.after.step_h * 3600), "s")
        moment = self.times[last] + (step - last) * step_s
        return local_text(utc_datetime(moment), str(self.after.schedule.attrs["timezone"]))

    def series(self, name: str) -> tuple[Array, Array]:
        """A variable on common steps, before and after; steps are the last dimension."""
        return (
            self.before.values(name)[..., self.at_before],
            self.after.values(name)[..., self.at_after],
        )

    def rows(self, kind: str) -> list[tuple[str, int, int]]:
        """Things that both plans have: name, row before, row after."""
        places = {name: row for row, name in enumerate(self.before.ids(kind))}
        names = enumerate(self.after.ids(kind))
        return [(name, places[name], row) for row, name in names if name in places]

    def moved(self, name: str, variable: str) -> Moved:
        """Means of a variable over the common steps."""
        one, other = self.series(variable)
        return Moved(name, float(np.nanmean(one)), float(np.nanmean(other)))


def _outdoors(pair: _Pair) -> Outdoors:
    one, other = pair.series("air_temperature")
    apart = other - one
    most = int(np.argmax(np.abs(apart)))
    days = np.array(local_days(pair.after))[pair.at_after]
    providers = [str(run.summary["forecast"]["provider"]) for run in (pair.before, pair.after)]
    return Outdoors(
        mean_k=float(apart.mean()),
        most_k=float(apart[most]),
        most_at=pair.text(most),
        days={
            date.fromisoformat(str(day)): float(apart[days == day].mean())
            for day in np.unique(days)
        },
        hours={pair.text(step): round(float(k), 2) for step, k in enumerate(apart)},
        before=providers[0],
        after=providers[1],
    )


def _rooms(pair: _Pair) -> Moved | None:
    one, other = (series[..., 0] for series in pair.series("station_indoor"))
    ours = pair.after.values("station_controllable") > 0
    rows = [(i, j) for _, i, j in pair.rows("station") if ours[j]]
    if not rows:
        return None
    means = (
        float(np.mean(side)) for side in zip(*((one[i], other[j]) for i, j in rows), strict=True)
    )
    return Moved("rooms", *means)


def _reach(pair: _Pair) -> tuple[Reach, ...]:
    """Stretches in which a source or main can give more or less than before."""
    found: list[Reach] = []
    for kind, variable in (("source", "source_max_heat"), ("link", "link_capacity")):
        one, other = pair.series(variable)
        for name, i, j in pair.rows(kind):
            differs = np.abs(other[j] - one[i]) >= WORTH_MW
            edges = np.flatnonzero(np.diff(np.concatenate(([0], differs.astype(int), [0]))))
            stretches = edges.reshape(-1, 2).tolist()
            if len(stretches) > MOST_STRETCHES:
                stretches = [[stretches[0][0], stretches[-1][1]]]
            for first, last in stretches:
                inside = first + np.flatnonzero(differs[first:last])
                found.append(
                    Reach(
                        kind=kind,
                        name=name,
                        start=pair.text(first),
                        end=pair.text(last),
                        open_end=last == pair.times.size,
                        before_mw=float(one[i, inside].mean()),
                        after_mw=float(other[j, inside].mean()),
                    )
                )
    return tuple(found)


def _pins(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[PinMoved, ...]:
    """Pins by thing and kind; plans of before there were pins have none."""
    old, new = (
        {f"{p.get('thing')} {p.get('what')}": p for p in one.get("pins") or []}
        for one in (before, after)
    )
    told = ("thing", "what", "from", "to", "value")
    changed = [
        PinMoved("changed", pin)
        for name, pin in new.items()
        if name in old and any(pin.get(key) != old[name].get(key) for key in told)
    ]
    added = [PinMoved("new", pin) for name, pin in new.items() if name not in old]
    gone = [PinMoved("gone", pin) for name, pin in old.items() if name not in new]
    return (*added, *changed, *gone)


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> Files:
    old, new = ({name for name in one if name != WEATHER} for one in (before, after))
    changed = (name for name in old & new if before[name] != after[name])
    return Files(tuple(sorted(changed)), tuple(sorted(new - old)), tuple(sorted(old - new)))


def _settings(before: PastRun, after: PastRun) -> tuple[Setting, ...]:
    """Rules and prices that differ, of the whole network, then by source and plant."""
    one, other = before.schedule.attrs, after.schedule.attrs
    names = [name for name in other if name in one and name not in RESULTS]
    found = [
        Setting(str(name), "", _text(one[name]), _text(other[name]))
        for name in names
        if _text(one[name]) != _text(other[name])
    ]
    by_thing = (
        ("source", "source_fuel_price"),
        *(("plant", f"plant_share_{end}") for end in ("min", "max")),
    )
    for kind, variable in by_thing:
        old = dict(zip(before.ids(kind), before.values(variable).tolist(), strict=True))
        new = dict(zip(after.ids(kind), after.values(variable).tolist(), strict=True))
        found += [
            Setting(variable, name, _text(old[name]), _text(value))
            for name, value in new.items()
            if name in old and _text(old[name]) != _text(value)
        ]
    return tuple(found)


def _text(value: object) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _moved_rows(pair: _Pair, variable: str, least: float) -> tuple[Moved, ...]:
    """Means of a variable by source, those that moved by `least`, the most changed first."""
    one, other = pair.series(variable)
    moved = [
        Moved(name, float(one[i].mean()), float(other[j].mean()))
        for name, i, j in pair.rows("source")
    ]
    told = [move for move in moved if abs(move.change) >= least]
    return tuple(sorted(told, key=lambda move: -abs(move.change)))


def _stations(pair: _Pair) -> Stations | None:
    blocks = [block_places(run)[1] for run in (pair.before, pair.after)]
    one = pair.before.values("station_supply")[:, blocks[0][pair.at_before]]
    other = pair.after.values("station_supply")[:, blocks[1][pair.at_after]]
    ours = pair.after.values("station_controllable") > 0
    rows = [(name, i, j) for name, i, j in pair.rows("station") if ours[j]]
    if not rows:
        return None
    apart = np.array([other[j] - one[i] for _, i, j in rows])
    moved = [Moved(name, float(one[i].mean()), float(other[j].mean())) for name, i, j in rows]
    return Stations(
        loops=len(rows),
        moved_share=float((np.abs(apart) >= WORTH_K).mean()),
        mean_k=float(apart.mean()),
        most=tuple(sorted(moved, key=lambda move: -abs(move.change))),
    )


def _fuel(pair: _Pair) -> Moved:
    one, other = pair.series("source_fuel")
    tce = (float(side.sum()) * pair.after.step_h * TCE_PER_MWH for side in (one, other))
    return Moved("fuel", *tce)


def _cost_a_day(run: PastRun) -> float:
    days = run.schedule.sizes["time"] * run.step_h / 24.0
    return float(run.summary["cost_yuan"]) / days


def _coldest(before: Mapping[str, Any], after: Mapping[str, Any]) -> Moved | None:
    old, new = (one.get("coldest_commanded") for one in (before, after))
    if old is None or new is None:
        return None
    return Moved(str(new["station"]), float(old["indoor_c"]), float(new["indoor_c"]))
