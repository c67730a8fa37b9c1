"""The town of the sixty mornings: its folder, its weather service, its telemetry, its command."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from bench.season_truth import DAY, FIRST, HOUR, Water, buildings_of, true_celsius
from bench.small_desk import children_of

TESTS = Path(__file__).parents[1] / "tests"
LOOPS = ("N1.low", "N2.floor", "N3.low", "S1.low", "S2.low", "S3.low")
ASK_EVERY_S = 0.005
SMALL_DISK = 40_000  # bytes that a file may have where the disk is "full"


def with_trains(table: str) -> str:
    """Deliveries with a train for each yard every four days: no winter without coal."""
    rows = []
    for number in range(18):
        at = (FIRST + (4 * number + 1) * DAY).replace(hour=8, minute=0)
        rows += [
            f"{yard},{at.isoformat()},{t},5000,0.95,780"
            for yard, t in (("yard_a", 900), ("yard_b", 250))
        ]
    return "\n".join([table.splitlines()[0], *rows, ""])


@dataclass
class Ended:
    """What a command said and did."""

    code: int
    said: str
    seconds: float


@dataclass
class Town:
    """A folder with a case, runs and kept forecasts; `settings` are put into `case.toml`."""

    folder: Path
    base_url: str
    edits: dict[str, Callable[[str], str]] = field(default_factory=dict)  # of case.toml, by name
    tables: dict[str, Callable[[str], str]] = field(  # of a table, by name
        default_factory=lambda: {"deliveries.csv": with_trains}
    )
    telemetry: list[str] = field(default_factory=list)  # rows of all days
    meters_gj: dict[str, float] = field(default_factory=dict)
    rooms_c: dict[str, float] = field(default_factory=dict)  # as they are now

    @property
    def case(self) -> Path:
        """The case folder."""
        return self.folder / "town"

    @property
    def runs(self) -> Path:
        """The case's runs."""
        return self.folder / "runs" / "small"

    def write(self, base_url: str | None = None) -> None:
        """Write the case as it is today."""
        sys.path[:0] = [name for name in (str(TESTS),) if name not in sys.path]
        from small_case import write_small_case

        write_small_case(self.case)
        toml = self.case / "case.toml"
        service = f'kind = "open_meteo"\nbase_url = "{base_url or self.base_url}"'
        text = toml.read_text(encoding="utf-8").replace('kind = "climate"', service)
        for edit in self.edits.values():
            text = edit(text)
        toml.write_text(text, encoding="utf-8")
        for name, change in self.tables.items():
            path = self.case / name
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            path.write_text(change(before), encoding="utf-8")

    def run(
        self,
        now: datetime,
        *words: str,
        full_disk: bool = False,
        budget_s: float | None = None,
        killed_planners: int = 0,
    ) -> Ended:
        """Run the daily command as of `now`."""
        began = time.monotonic()
        process = self.started(now, *words, full_disk=full_disk, budget_s=budget_s)
        killed: set[int] = set()
        while len(killed) < killed_planners and process.poll() is None:
            for planner in set(planners_of(process.pid)) - killed:
                os.kill(planner, signal.SIGKILL)
                killed.add(planner)
            time.sleep(ASK_EVERY_S)
        said, wrong = process.communicate(timeout=900)
        return Ended(process.returncode, said + wrong, time.monotonic() - began)

    def health(self, now: datetime) -> Ended:
        """What monitoring is told."""
        words = ["health", "town", "--now", now.isoformat(), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "scenarios.entry", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(TESTS.parent)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(done.returncode, done.stdout + done.stderr, 0.0)

    def started(
        self, now: datetime, *words: str, full_disk: bool = False, budget_s: float | None = None
    ) -> "subprocess.Popen[str]":
        """Start the daily command as of `now`."""

        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_DISK, SMALL_DISK))

        asked = ["daily", "town", "--now", now.isoformat(), *words]
        asked += [] if budget_s is None else ["--budget", f"{budget_s:g}"]
        return subprocess.Popen(
            [sys.executable, "-m", "scenarios.entry", *asked],
            cwd=self.folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limited if full_disk else None,  # noqa: PLW1509 (no threads of ours)
        )

    def latest(self) -> Path | None:
        """The run that `latest` leads to."""
        from dispatch.latest_run import latest_run

        return latest_run(self.folder / "runs", "small")

    def summary(self) -> dict[str, Any]:
        """What the latest run says of itself; empty without one."""
        latest = self.latest()
        if latest is None:
            return {}
        content: dict[str, Any] = json.loads((latest / "summary.json").read_text(encoding="utf-8"))
        return content

    # ---- telemetry ----------------------------------------------------------------------------

    def live_through(self, now: datetime) -> dict[str, float]:
        """The day before `now`, with the plan in force: rooms cool and warm, meters are read.

        Returns the coldest room of the day by loop, °C.
        """
        coldest: dict[str, float] = {}
        latest = self.latest()
        if latest is None:
            return coldest
        draw = Random(f"meters {now}")  # noqa: S311 (no secret)
        buildings = buildings_of(self.case)
        water = PlannedWater(latest)
        for number in range(24):
            at = (now - DAY).replace(minute=0) + number * HOUR
            stamp = (at + HOUR).strftime("%Y-%m-%d %H:%M")  # read at the end of the hour
            for name in LOOPS:
                planned = water.at(name, at)
                room_c = self.rooms_c.get(name, planned.room_c)
                heat_kw = planned.heat_into(room_c)
                room_c = buildings[name].next_c(room_c, heat_kw, true_celsius(at), water.sun(at))
                self.rooms_c[name] = room_c
                coldest[name] = min(room_c, coldest.get(name, room_c))
                self.meters_gj[name] = self.meters_gj.get(name, 1000.0) + heat_kw * 0.0036
                readings = {
                    "sec_sup_t": planned.supply_c,
                    "sec_ret_t": planned.return_of(heat_kw),
                    "room_t": room_c,
                }
                self.telemetry.append(f"{stamp},{name},heat_total,{self.meters_gj[name]:.2f},")
                for point, value in readings.items():
                    self.telemetry.append(
                        f"{stamp},{name},{point},{value + draw.gauss(0.0, 0.1):.2f},"
                    )
        return coldest

    def write_telemetry(self, change: Callable[[list[str]], list[str]] = lambda rows: rows) -> None:
        """Write the readings of the last three weeks into the case, as `change` leaves them."""
        if not self.telemetry:
            return
        folder = self.case / "telemetry"
        folder.mkdir(exist_ok=True)
        head = 'timezone = "Asia/Shanghai"\n\n[units]\nheat_total = "GJ"\n'
        (folder / "telemetry.toml").write_text(head, encoding="utf-8")
        rows = self.telemetry[-21 * 24 * len(LOOPS) * 4 :]
        table = "\n".join(["time,id,point,value,quality", *change(rows), ""])
        (folder / "loops.csv").write_text(table, encoding="utf-8")


def planners_of(pid: int) -> list[int]:
    """Processes that plan for a command: forked off it, they bear its name."""
    ours = Path(f"/proc/{pid}/cmdline").read_bytes()
    found = []
    for child in children_of(pid):
        with suppress(OSError):
            if Path(f"/proc/{child}/cmdline").read_bytes() == ours:
                found.append(child)
    return found


class PlannedWater:
    """The water of a published plan by loop and hour; after its end its last day again."""

    def __init__(self, run: Path) -> None:
        import numpy as np
        import xarray as xr

        with xr.open_dataset(run / "plan.nc") as plan:
            plan.load()
        self._names = [str(name) for name in plan["station"].values]
        self._times = plan["time"].values
        blocks = np.searchsorted(plan["block_start"].values, self._times, side="right") - 1
        self._sun = plan["global_radiation"].values
        self._water = np.stack(
            [plan[f"station_{name}"].values[:, blocks] for name in ("heat", "supply", "return")]
            + [plan["station_indoor"].values[:, : self._times.size]]
        )

    def _step(self, at: datetime) -> int:
        import numpy as np

        moment = np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "ns")
        step = int(np.searchsorted(self._times, moment, side="right")) - 1
        size = self._times.size
        while step >= size:
            step -= 24
        return max(0, step)

    def at(self, name: str, at: datetime) -> Water:
        """What the plan has of a loop at an hour."""
        return Water(*(float(v) for v in self._water[:, self._names.index(name), self._step(at)]))

    def sun(self, at: datetime) -> float:
        """Radiation of the plan, W/m²."""
        return float(self._sun[self._step(at)])
