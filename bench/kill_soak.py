"""Runs killed by SIGKILL at random moments: what stands then, and whether the next run succeeds.

Written to `bench/RESULTS.md` (`make soak`; half an hour). On a small town, planned whole, and on
one with many stations planned by prices in processes of their own. Killed in turn: the command,
also just while it publishes; the process that plans for it, as the kernel does when memory runs
out; one that solves stations; all at once, as a service manager does; a day-ahead order; a run
that waits for another. After each kill `latest` leads to a whole run that verifies, or to none
where there was none; what can be seen beside it are whole runs only; no process is left and no
lock is held. Then a run is let finish, and must. A run whose planner is killed has to end well by
itself.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, repeat
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from tempfile import TemporaryDirectory

from bench.report import text_table, write_section
from bench.small_desk import Desk, children_of, descendants_of, ended_of
from dispatch.latest_run import LATEST, LATEST_ORDER
from dispatch.messages import say

TITLE = "Killed at any moment"
SEED = 20_260_115
START = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
LAST_STEP = say("daily.done_verdict")  # before the run is published
ASK_EVERY_S = 0.002
PARTS = {"whole": 1, "prices": 20}  # of each station: 140 loops are solved by two processes


class Struck(StrEnum):
    """Who is killed."""

    RUN = "the run, at any moment"
    PUBLISHING = "the run, while it publishes"
    PLANNER = "its planner alone"
    WORKER = "one of its price processes alone"
    ALL = "the run and all its processes"
    ORDER = "a day-ahead order"
    WAITING = "a run that waits for another"


TIMES = {
    Struck.RUN: 20,
    Struck.PUBLISHING: 25,
    Struck.PLANNER: 20,
    Struck.WORKER: 10,
    Struck.ALL: 10,
    Struck.ORDER: 12,
    Struck.WAITING: 8,
}


@dataclass
class Trial:
    """Kills on one desk, and what came of them."""

    desk: Desk
    strategy: str
    draw: random.Random
    run_s: float = 0.0
    publish_s: float = 0.0
    counts: Counter[tuple[Struck, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def measure(self) -> None:
        """See how long a run takes, and its publication."""
        began = time.perf_counter()
        run = self.desk.daily(START)
        heard_until(run, LAST_STEP)
        planned = time.perf_counter()
        ended_of(run)
        self.run_s, self.publish_s = time.perf_counter() - began, time.perf_counter() - planned

    def strike(self, number: int, struck: Struck) -> None:
        """Kill once; every other time in a town that has no run yet."""
        first = number % 2 == 0 and struck is not Struck.WAITING
        if first:
            shutil.rmtree(self.desk.runs, ignore_errors=True)
        now = START + timedelta(minutes=number)
        words = ("--stage", "order") if struck is Struck.ORDER else ()
        pointer = LATEST_ORDER if struck is Struck.ORDER else LATEST
        before = self.desk.latest(pointer)
        wrong = STRIKES[struck](self, now, words)
        if before is not None and self.desk.latest(pointer) is None:
            wrong.append(f"{pointer} leads nowhere")
        wrong += self.desk.faults(pointer)
        self.counts[struck, "left aside"] += any(self.desk.runs.glob(".writing-*"))
        if struck not in (Struck.PLANNER, Struck.WORKER):
            after = ended_of(self.desk.daily(now, *words))
            wrong += [f"the next run: {one}" for one in after.faults]
        wrong += self.desk.faults(pointer) + self.desk.history_faults()
        self.counts[struck, "faults"] += len(wrong)
        where = f"{self.strategy}, kill {number} of {struck} ({'first run' if first else 're-run'})"
        self.faults += [f"{where}: {one}" for one in wrong]

    def count_rung(self, struck: Struck) -> None:
        """Count on which rung the last run ended."""
        latest = self.desk.latest()
        if latest is not None:
            told = json.loads((latest / "summary.json").read_text(encoding="utf-8"))
            self.counts[struck, told["rung"]["name"]] += 1


# ---- ways to kill; each returns what was wrong besides what is asked of every desk --------------


def strike_run(trial: Trial, now: datetime, words: Sequence[str], struck: Struck) -> list[str]:
    """Kill a command at a moment drawn evenly over its run, alone or with all it began."""
    run = trial.desk.daily(now, *words)
    try:
        ended = run.communicate(timeout=trial.draw.uniform(0.0, 1.05 * trial.run_s))
        trial.counts[struck, "finished before"] += 1
        return [f"exit {run.returncode}: {ended[1][-300:]}"] if run.returncode == 1 else []
    except TimeoutExpired:
        kill_all([run.pid] if struck is not Struck.ALL else descendants_of([run.pid]))
        gone(run)
        trial.counts[struck, "killed"] += 1
    return []


def strike_publishing(trial: Trial, now: datetime, words: Sequence[str]) -> list[str]:
    """Kill a command between the plan and its end."""
    run = trial.desk.daily(now, *words)
    heard_until(run, LAST_STEP)
    time.sleep(trial.draw.uniform(0.0, trial.publish_s))
    done = run.poll() is not None
    kill_all([run.pid])
    gone(run)
    trial.counts[Struck.PUBLISHING, "finished before" if done else "killed"] += 1
    return []


def strike_child(trial: Trial, now: datetime, words: Sequence[str], struck: Struck) -> list[str]:
    """Kill a process of a run that is at work, or the first that it begins after the moment."""
    run = trial.desk.daily(now, *words)
    within = (0.2, 0.8) if struck is Struck.PLANNER else (0.45, 0.7)  # of the run: they are there
    at = time.monotonic() + trial.draw.uniform(*within) * trial.run_s
    hit = False
    while run.poll() is None and not hit:
        found = children_of(run.pid)
        if struck is Struck.WORKER:
            found = [each for planner in found for each in children_of(planner)]
        if found and time.monotonic() >= at:
            kill_all([trial.draw.choice(found)])
            hit = True
        time.sleep(ASK_EVERY_S)
    ended = ended_of(run)
    trial.counts[struck, "killed" if hit else "finished before"] += 1
    trial.count_rung(struck)
    return ended.faults


def strike_waiting(trial: Trial, now: datetime, words: Sequence[str]) -> list[str]:
    """Kill the one of two runs that waits for its turn; the other goes on."""
    runs = [trial.desk.daily(now + timedelta(seconds=20 * k), *words) for k in range(2)]
    while all(run.poll() is None and trial.desk.lock_owner() != run.pid for run in runs):
        time.sleep(ASK_EVERY_S)
    runs.sort(key=lambda run: run.pid != trial.desk.lock_owner())
    first, second = runs
    said = second.stderr.readline() if second.stderr else ""
    time.sleep(trial.draw.uniform(0.0, 0.3 * trial.run_s))
    waits = first.poll() is None
    kill_all([second.pid])
    gone(second)
    trial.counts[Struck.WAITING, "killed" if waits else "finished before"] += 1
    ended = ended_of(first)
    told = [] if str(first.pid) in said else [f"it is not said who is waited for: {said}"]
    return ended.faults + told


def kill_all(pids: Iterable[int]) -> None:
    """Kill processes, as far as they are."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def gone(run: "Popen[str]") -> None:
    """Wait for a killed command, not for processes of its that outlive it and have its pipes."""
    run.wait()
    for pipe in (run.stdout, run.stderr):
        if pipe is not None:
            pipe.close()


def heard_until(run: "Popen[str]", line: str) -> None:
    """Read what a run says until it says a line, or ends."""
    for said in run.stderr or ():
        if said.strip() == line:
            return


STRIKES: dict[Struck, Callable[[Trial, datetime, Sequence[str]], list[str]]] = {
    Struck.RUN: lambda *asked: strike_run(*asked, Struck.RUN),
    Struck.PUBLISHING: strike_publishing,
    Struck.PLANNER: lambda *asked: strike_child(*asked, Struck.PLANNER),
    Struck.WORKER: lambda *asked: strike_child(*asked, Struck.WORKER),
    Struck.ALL: lambda *asked: strike_run(*asked, Struck.ALL),
    Struck.ORDER: lambda *asked: strike_run(*asked, Struck.ORDER),
    Struck.WAITING: strike_waiting,
}


def study(strategy: str, seed: int, share: float) -> Trial:
    """Kill runs of all kinds in turn, a share of `TIMES` each."""
    with TemporaryDirectory() as name:
        desk = Desk.made(Path(name), f'[solve]\nstrategy = "{strategy}"', PARTS[strategy])
        trial = Trial(desk, strategy, random.Random(seed))  # noqa: S311 (no secret)
        trial.measure()
        kinds = [one for one in Struck if one is not Struck.WORKER or strategy == "prices"]
        rows = [repeat(kind, max(1, round(share * TIMES[kind]))) for kind in kinds]
        for number, kind in enumerate(chain.from_iterable(rows)):
            trial.strike(number, kind)
            print(strategy, number, kind, trial.faults[-1:], flush=True)
    return trial


def main(asked: Sequence[str]) -> int:
    """Run the study, or the share of it that is asked for, and write its section."""
    share = float(asked[0]) if asked else 1.0
    with ThreadPoolExecutor(len(PARTS)) as pool:
        begun = [pool.submit(study, name, SEED + k, share) for k, name in enumerate(PARTS)]
        trials = [one.result() for one in begun]
    columns = ("killed", "finished before", "left aside", "fresh", "rolled", "curves", "faults")
    rows = [
        [
            trial.strategy,
            struck.value,
            *(str(trial.counts[struck, name] or "–") for name in columns),
        ]
        for trial in trials
        for struck in Struck
        if any(trial.counts[struck, name] for name in columns)
    ]
    faults = [fault for trial in trials for fault in trial.faults]
    kills = sum(trial.counts[struck, "killed"] for trial in trials for struck in Struck)
    head = ["planned", "SIGKILL hits", "killed", "finished before", "files left aside, for a day"]
    head += ["ended fresh", "rolled", "by curves", "faults"]
    told = [
        f"{kills} kills in runs of a small town, of 7 loops and of 140, half of them "
        "first runs, at moments drawn evenly; then a run that is let finish. Asked each time: "
        "`latest` leads to a whole run that verifies, nothing that can be seen is half a run, no "
        "process is left, no lock is held, and after the next run the history has all runs. A run "
        "whose planner alone is killed ends by itself, on the rung that is counted here.",
        text_table(head, rows),
        *(f"FAULT {fault}" for fault in faults),
    ]
    write_section(TITLE, "\n\n".join(told))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
