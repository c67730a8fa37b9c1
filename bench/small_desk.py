"""A small town's desk for long trials: its runs as real processes, and what must hold of them."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from dispatch.atomic import pointed_to
from dispatch.history.database import FILE as HISTORY
from dispatch.latest_run import LATEST
from dispatch.run_lock import LOCK_FILE, CaseBusy, ask_lock
from dispatch.run_retention import run_name
from dispatch.verify import verify_run

TOWN = Path(__file__).parents[1] / "tests"
CASE_ID = "small"
WITH_PLAN = (0, 10, 20)  # exit codes: green, amber, red
SHARED_OUT = ("homes", "heated_area_m2", "exchanger_ua_kw_per_k", "max_heat_kw")
SHARED_OUT += ("primary_flow_max_tph",)
NO_EDITS: Mapping[str, str] = MappingProxyType({})
RUN_ENDS_S = 600.0
ORPHANS_END_S = 10.0


@dataclass(frozen=True)
class Ended:
    """A command that is over."""

    code: int
    out: str
    said: str  # on standard error
    seconds: float = 0.0

    @property
    def faults(self) -> list[str]:
        """What no command may do: end without a plan, or show a traceback."""
        found = [f"exit {self.code}: {self.said[-300:]}"] if self.code not in WITH_PLAN else []
        return found + (["a traceback"] if "Traceback" in self.out + self.said else [])


@dataclass(frozen=True)
class Desk:
    """A folder with a town and its runs."""

    folder: Path

    @classmethod
    def made(
        cls, folder: Path, settings: str = "", parts: int = 1, edits: Mapping[str, str] = NO_EDITS
    ) -> "Desk":
        """Write the town, with more settings at the end of its `case.toml`, and `edits` in it.

        Its stations are cut into so many `parts` each, which need and carry the same together.
        """
        sys.path[:0] = [str(TOWN)]
        from small_case import write_small_case

        write_small_case(folder / "town")
        with (folder / "town" / "case.toml").open("a", encoding="utf-8") as stream:
            stream.write(f"\n{settings}\n")
        if parts > 1:
            _cut_stations(folder / "town" / "stations.csv", parts)
        desk = cls(folder)
        desk.edit(edits)
        return desk

    def edit(self, edits: Mapping[str, str]) -> None:
        """Replace texts in `case.toml`. Raises ValueError where one is not in it."""
        path = self.folder / "town" / "case.toml"
        text = path.read_text(encoding="utf-8")
        for old, new in edits.items():
            if old not in text:
                raise ValueError(f"{old!r} is not in {path}")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    @property
    def runs(self) -> Path:
        """Folder of all runs of the town."""
        return self.folder / "runs" / CASE_ID

    def latest(self, pointer: str = LATEST) -> Path | None:
        """The run that a pointer leads to."""
        return pointed_to(self.runs / pointer)

    def run_folders(self) -> list[Path]:
        """All that can be seen of runs, whole or not."""
        kept = {LATEST + ".txt", HISTORY, "history_not_recorded.json"}
        seen = [path for path in self.runs.glob("*") if not path.name.startswith(".")]
        beside = [path for path in seen if path.name.startswith(f"{HISTORY}-")]  # SQLite's own
        return sorted(
            path
            for path in seen
            if not path.is_symlink() and path.name not in kept and path not in beside
        )

    def started(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command of the town."""
        return subprocess.Popen(
            [sys.executable, "-m", "scenarios.cli", *words],
            cwd=self.folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TOWN.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def daily(self, now: datetime, *words: str) -> "subprocess.Popen[str]":
        """Start a daily run."""
        return self.started("daily", "town", "--now", now.isoformat(), *words)

    def done(self, *words: str) -> Ended:
        """A command that is let finish."""
        began = time.perf_counter()
        ended = ended_of(self.started(*words))
        return Ended(ended.code, ended.out, ended.said, time.perf_counter() - began)

    def lock_owner(self) -> int | None:
        """Process that holds the lock of the runs; asking the lock itself would be in its way."""
        try:
            told = json.loads((self.runs / LOCK_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return int(told["pid"])

    def processes(self) -> list[int]:
        """Processes that work in this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").resolve() == self.folder.resolve():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def faults(self, pointer: str = LATEST) -> list[str]:
        """What must not be whenever no run is at work."""
        found = []
        latest = self.latest(pointer)
        if latest is not None and not verify_run(latest).passed:
            found.append(f"{pointer} does not verify")
        found += [
            f"{path.name} is no whole run"
            for path in self.run_folders()
            if run_name(path.name) is None or not verify_run(path).passed
        ]
        until = time.monotonic() + ORPHANS_END_S
        while self.processes() and time.monotonic() < until:
            time.sleep(0.05)
        if self.processes():
            found.append("processes are left")
        try:
            ask_lock(self.runs)
        except CaseBusy:
            found.append("the lock is held")
        return found

    def history_faults(self) -> list[str]:
        """What the history lacks; asked after a run that was let finish."""
        with closing(sqlite3.connect(self.runs / HISTORY)) as database:
            intact = database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            known = {name for (name,) in database.execute("SELECT name FROM runs")}
        lacks = sorted({path.name for path in self.run_folders()} - known)
        found = [f"the history lacks {', '.join(lacks)}"] if lacks else []
        return found if intact else [*found, "the history is damaged"]


def _cut_stations(table: Path, parts: int) -> None:
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            less = {
                name: f"{float(row[name]) / parts:g}" if row[name] else "" for name in SHARED_OUT
            }
            less["homes"] = str(round(float(less["homes"])))
            for part in range(parts):
                writer.writerow(row | less | {"station_id": f"{row['station_id']}-{part:02d}"})


def ended_of(process: "subprocess.Popen[str]") -> Ended:
    """Wait for a command."""
    out, said = process.communicate(timeout=RUN_ENDS_S)
    return Ended(process.returncode, out, said)


def children_of(pid: int) -> list[int]:
    """Processes that a process began and that still are; none where it is gone."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    except OSError:
        return []
    return [int(word) for word in listed.split()]


def descendants_of(pids: Sequence[int]) -> list[int]:
    """Processes, and all that they began."""
    return [each for pid in pids for each in (pid, *descendants_of(children_of(pid)))]
