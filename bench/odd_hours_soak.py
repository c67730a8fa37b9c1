"""Two runs at once, and runs at the odd hours of clock and calendar, by real processes.

Written to `bench/RESULTS.md` (`make soak`; a quarter of an hour). On a small town, a day ahead.
Each command ends in its own words, each run has a folder of its own and verifies, `latest` leads
to the run that was published last, and the history has all of them.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr

from bench.report import text_table, write_section
from bench.small_desk import Desk, Ended, ended_of
from dispatch.latest_run import LATEST, LATEST_ORDER
from dispatch.plan_reader import read_plan
from dispatch.run_retention import run_name

TITLE = "Two at once, odd hours"
MORNING = "2026-01-15T05:30"
ONE_DAY = {"horizon_h = 72": "horizon_h = 24\nlook_ahead_h = 24"}
BERLIN = {"Asia/Shanghai": "Europe/Berlin", '"11-15"': '"10-01"', '"03-15"': '"04-30"'}
ORDER = ("--stage", "order")
IN_SEASON = "--only-in-season"


@dataclass
class Watch:
    """A desk, and what was wrong on it."""

    desk: Desk
    faults: list[str] = field(default_factory=list)

    def wrong(self, where: str, faults: Iterable[str]) -> None:
        """Note faults."""
        self.faults += [f"{where}: {fault}" for fault in faults]

    def names(self) -> list[str]:
        """Names of the runs."""
        return [path.name for path in self.desk.run_folders()]

    def daily(self, now: str, *words: str, runs: int = 1) -> Ended:
        """Run once, and ask what has to be after it."""
        where = " ".join([now, *words])
        before = self.names()
        ended = self.desk.done("daily", "town", "--now", now, *words)
        self.wrong(where, ended.faults)
        new = sorted(set(self.names()) - set(before))
        if len(new) != runs:
            self.wrong(where, [f"{len(new)} runs were published, not {runs}: {ended.said[-200:]}"])
        pointer = LATEST_ORDER if "order" in words else LATEST
        latest = self.desk.latest(pointer)
        if new and (latest is None or latest.name != new[-1]):
            self.wrong(where, [f"{pointer} leads to {latest}, not to {new[-1]}"])
        self.settled(where)
        return ended

    def together(self, *commands: tuple[str, ...], runs: int) -> list[Ended]:
        """Start commands at once, and ask what has to be when all have ended."""
        where = " + ".join(" ".join(words[:1] + words[2:]) for words in commands)
        before = self.names()
        ended = [ended_of(one) for one in [self.desk.started(*words) for words in commands]]
        for one in ended:
            self.wrong(where, one.faults)
        new = sorted(set(self.names()) - set(before))
        if len(new) != runs:
            said = " | ".join(one.said[-200:] for one in ended)
            self.wrong(where, [f"{len(new)} runs were published, not {runs}: {said}"])
        self.settled(where)
        return ended

    def settled(self, where: str) -> None:
        """Ask what has to be whenever no command is at work."""
        self.wrong(where, self.desk.faults())
        order = self.desk.latest(LATEST_ORDER)
        if order is not None:
            self.wrong(where, self.desk.faults(LATEST_ORDER))
        if self.names():
            self.wrong(where, self.desk.history_faults())

    def expect(self, what: str, holds: bool) -> None:
        """Note a fault where something does not hold."""
        if not holds:
            self.faults.append(what)


def plan_times(run: Path | None) -> tuple[datetime, datetime]:
    """First and last moment of a published plan."""
    if run is None:
        raise RuntimeError("there is no run")
    text = (run / "setpoints_stations.csv").read_text(encoding="utf-8-sig").splitlines()
    head = text[0].split(",")
    first, last = head.index("valid_from"), head.index("valid_to")
    rows = [row.split(",") for row in text[1:]]
    begins = min(datetime.fromisoformat(row[first]) for row in rows)
    return begins, max(datetime.fromisoformat(row[last]) for row in rows)


def summary(run: Path | None) -> dict[str, object]:
    """The summary of a run."""
    if run is None:
        raise RuntimeError("there is no run")
    told: dict[str, object] = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    return told


# ---- two at once ---------------------------------------------------------------------------


def daily(now: str, *words: str) -> tuple[str, ...]:
    """Words of a daily run."""
    return ("daily", "town", "--now", now, *words)


def same_minute(watch: Watch) -> None:
    """Two runs of one minute are two versions."""
    watch.together(daily(MORNING), daily(MORNING), runs=2)
    watch.expect("no second version", watch.names()[-1:] == ["2026-01-15T0530+0800-v2"])


def three(watch: Watch) -> None:
    """Three runs of one minute."""
    watch.together(*[daily(MORNING)] * 3, runs=3)


def different_times(watch: Watch) -> None:
    """Two runs of different times."""
    watch.together(daily(MORNING), daily("2026-01-15T06:30"), runs=2)


def by_the_clock(watch: Watch) -> None:
    """Three runs by the machine's clock: the last one published is the newest."""
    watch.together(*[("daily", "town")] * 3, runs=3)
    newest = max(filter(None, map(run_name, watch.names())))
    latest = watch.desk.latest()
    watch.expect(f"latest is {latest}", latest is not None and latest.name == newest.name)


def plan_and_order(watch: Watch) -> None:
    """The plan of the day and the order for tomorrow."""
    watch.together(daily("2026-01-15T15:00"), daily("2026-01-15T15:00", *ORDER), runs=2)
    for pointer, stage in ((LATEST, "plan"), (LATEST_ORDER, "order")):
        run = watch.desk.latest(pointer)
        found = None if run is None else read_plan(run / "plan.nc").attrs["stage"]
        watch.expect(f"{pointer} leads to stage {found}", found == stage)


def plan_and_watch(watch: Watch) -> None:
    """A plan of the day and a look of the watch that finds the last one too old: one new plan."""
    watch.daily("2026-01-14T04:00")
    plan = watch.desk.started(*daily(MORNING))
    while watch.desk.lock_owner() != plan.pid and plan.poll() is None:
        time.sleep(0.01)
    look = watch.desk.done("watch", "town", "--now", MORNING)
    for one in (look, ended_of(plan)):
        watch.wrong("watch", one.faults)
    watch.expect(f"no single new plan: {watch.names()}", len(watch.names()) == 2)
    watch.settled("watch")


def plan_and_rebuild(watch: Watch) -> None:
    """A plan while the history is made anew."""
    watch.daily("2026-01-14T05:30")
    watch.together(daily(MORNING), ("history", "rebuild", "town"), runs=1)
    watch.together(daily("2026-01-15T06:30"), ("health", "town", "--now", MORNING), runs=1)


# ---- clock and calendar --------------------------------------------------------------------


def midnight(watch: Watch) -> None:
    """Around midnight: each plan begins at its next full hour, an order at the next midnight."""
    for now in ("2026-01-14T23:59", "2026-01-15T00:00", "2026-01-15T00:01"):
        watch.daily(now)
        begins, _ = plan_times(watch.desk.latest())
        hour = datetime.fromisoformat(f"{now}:00+08:00")
        watch.expect(f"{now} begins {begins}", timedelta(0) <= begins - hour < timedelta(hours=1))
    for now, day in (("2026-01-15T23:59", 16), ("2026-01-16T00:00", 17)):
        watch.daily(now, *ORDER)
        begins, _ = plan_times(watch.desk.latest(LATEST_ORDER))
        watch.expect(f"order of {now} begins {begins}", (begins.day, begins.hour) == (day, 0))


def years_end(watch: Watch) -> None:
    """New Year's Eve, and its order for the new year."""
    for now in ("2026-12-31T05:30", "2026-12-31T23:59", "2027-01-01T00:01"):
        watch.daily(now)
    watch.daily("2026-12-31T15:00", *ORDER)
    begins, _ = plan_times(watch.desk.latest(LATEST_ORDER))
    watch.expect(f"order begins {begins}", begins.isoformat() == "2027-01-01T00:00:00+08:00")


def leap_day(watch: Watch) -> None:
    """29 February, before and after."""
    for now in ("2028-02-28T23:59", "2028-02-29T05:30", "2028-03-01T05:30"):
        watch.daily(now)
    watch.daily("2028-02-28T15:00", *ORDER)
    begins, _ = plan_times(watch.desk.latest(LATEST_ORDER))
    watch.expect(f"order begins {begins}", (begins.month, begins.day) == (2, 29))


def season_start(watch: Watch) -> None:
    """The eve of the season has an order and no plan; its first morning has no plan before it."""
    watch.daily("2026-11-14T05:30", IN_SEASON, runs=0)
    watch.daily("2026-11-14T15:00", *ORDER, IN_SEASON)
    watch.daily("2026-11-15T05:30", IN_SEASON)
    watch.expect("the first morning is red", summary(watch.desk.latest())["quality"] != "red")
    watch.daily("2026-11-16T05:30", IN_SEASON)


def season_end(watch: Watch) -> None:
    """Plans whose horizon goes over the end; the last evening has no order, the day after none."""
    for now in ("2027-03-14T05:30", "2027-03-15T05:30", "2027-03-15T23:59"):
        watch.daily(now, IN_SEASON)
    watch.daily("2027-03-15T15:00", *ORDER, IN_SEASON, runs=0)
    watch.daily("2027-03-16T05:30", IN_SEASON, runs=0)


def out_of_season(watch: Watch) -> None:
    """Asked for in July, 15 January is planned, and said so."""
    watch.daily("2026-07-01T05:30")
    begins, _ = plan_times(watch.desk.latest())
    watch.expect(f"begins {begins}", (begins.year, begins.month, begins.day) == (2027, 1, 15))
    keys = [one["key"] for one in summary(watch.desk.latest())["reasons"]]  # type: ignore[attr-defined]
    watch.expect("not said", "daily.off_season" in keys)


def summer_time(watch: Watch) -> None:
    """Clocks go forward: the day before, that night on both sides, the order for it, the day."""
    watch.desk.edit(BERLIN)
    around(watch, ["2027-03-27T05:30", "2027-03-28T01:30", "2027-03-28T03:30", "2027-03-29T05:30"])
    watch.daily("2027-03-27T15:00", *ORDER)


def winter_time(watch: Watch) -> None:
    """Clocks go back: the hour that comes twice has two runs of different names."""
    watch.desk.edit(BERLIN)
    twice = [f"2026-10-25T02:30+0{offset}:00" for offset in (2, 1)]
    around(watch, ["2026-10-24T05:30", *twice, "2026-10-26T05:30"])
    watch.daily("2026-10-24T15:00", *ORDER)


def around(watch: Watch, moments: list[str]) -> None:
    """Runs around a change of the clocks: blocks begin at full blocks of local time."""
    for now in moments:
        watch.daily(now)
        latest = watch.desk.latest()
        if latest is None:
            continue
        for row in block_starts(latest)[1:]:
            watch.expect(f"{now}: a block begins {row.isoformat()}", row.hour % 4 == 0)


def block_starts(run: Path) -> list[datetime]:
    """Local starts of a plan's blocks."""
    table = (run / "setpoints_sources.csv").read_text(encoding="utf-8-sig").splitlines()
    at = table[0].split(",").index("valid_from")
    return sorted({datetime.fromisoformat(row.split(",")[at]) for row in table[1:]})


def half_hour_zone(watch: Watch) -> None:
    """A zone half an hour off the full hours, in hourly and in half-hourly steps."""
    watch.desk.edit({"Asia/Shanghai": "Asia/Tehran"})
    watch.daily(MORNING)
    watch.desk.edit({"step_min = 60": "step_min = 30"})
    watch.daily("2026-01-15T06:10")


def quarter_hours(watch: Watch) -> None:
    """Hourly, quarter-hourly, half-hourly and hourly again: each goes on from the one before."""
    steps = {MORNING: 60, "2026-01-15T08:10": 15, "2026-01-15T10:20": 30, "2026-01-15T12:40": 60}
    before = 60
    for now, step_min in steps.items():
        watch.desk.edit({f"step_min = {before}": f"step_min = {step_min}"})
        watch.daily(now)
        before = step_min
        latest = watch.desk.latest()
        if latest is None:
            continue
        plan = read_plan(latest / "plan.nc")
        watch.expect(f"{now}: no steps of {step_min}", plan.attrs["step_h"] == step_min / 60.0)
        if now != MORNING:
            notes = {one["key"] for one in summary(latest)["notes"]}  # type: ignore[attr-defined]
            carried = bool(notes & {"daily.state_from_last", "daily.state_bridged"})
            watch.expect(f"{now}: not carried over: {notes}", carried)
    rooms = [read_plan(path / "plan.nc") for path in watch.desk.run_folders()]
    for earlier, later in pairwise(rooms):
        gap_k = seam_k(earlier, later)
        watch.expect(f"rooms jump by {gap_k:.2f} K at {later.attrs['plan_id']}", gap_k < 0.15)


def seam_k(earlier: xr.Dataset, later: xr.Dataset) -> float:
    """Largest difference of rooms at the start of a plan from what the one before expected, K.

    Between two steps of the earlier one, which says rooms at their ends, they lie on a line.
    """
    hour = np.timedelta64(3600, "s")
    begins = (later["time"].values[0] - earlier["time"].values[0]) / hour
    ends = (np.arange(earlier.sizes["time"]) + 1) * float(earlier.attrs["step_h"])
    was = [np.interp(begins, ends, rooms) for rooms in earlier["station_indoor"].values]
    return float(np.abs(later["station_indoor_before"].values - was).max())


TRIALS: tuple[Callable[[Watch], None], ...] = (
    *(same_minute, three, different_times, by_the_clock, plan_and_order, plan_and_watch),
    *(plan_and_rebuild, midnight, years_end, leap_day, season_start, season_end, out_of_season),
    *(summer_time, winter_time, half_hour_zone, quarter_hours),
)


def tried(asked: Iterable[str]) -> Iterator[tuple[str, int, float, list[str]]]:
    """Each trial in a town of its own: what it is, runs, seconds, faults."""
    names = set(asked)
    for trial in TRIALS:
        if names and trial.__name__ not in names:
            continue
        began = time.perf_counter()
        with TemporaryDirectory() as name:
            watch = Watch(Desk.made(Path(name), edits=ONE_DAY))
            try:
                trial(watch)
            except Exception as error:  # noqa: BLE001 (told, and the next trial is made)
                watch.faults.append(f"{type(error).__name__}: {error}")
            told = str(trial.__doc__).strip().rstrip(".")
            yield told, len(watch.names()), time.perf_counter() - began, watch.faults


def main(asked: list[str]) -> int:
    """Try all, or the trials that are named, and write the section."""
    rows, faults = [], []
    for what, runs, took_s, wrong in tried(asked):
        print(what, runs, f"{took_s:.0f} s", *wrong, sep="\n  ", flush=True)
        rows.append([what, str(runs), str(len(wrong))])
        faults += [f"{what}: {fault}" for fault in wrong]
    told = [text_table(["trial", "runs", "faults"], rows), *(f"FAULT {fault}" for fault in faults)]
    if not asked:
        write_section(TITLE, "\n\n".join(told))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
