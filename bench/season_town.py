"""The town of the sixty mornings: its folder, its weather service, its telemetry, its command."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import cos, isfinite, pi
from pathlib import Path
from random import Random
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
FIRST = datetime.fromisoformat("2025-12-05T05:30:00+08:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WAVES = ((18, 5.0), (34, 7.0), (47, 6.0))  # day of a cold wave, and how deep, K
LOOPS = ("N1.low", "N2.floor", "N3.low", "S1.low", "S2.low", "S3.low")
SMALL_DISK = 40_000  # bytes that a file may have where the disk is "full"


def true_celsius(at: datetime) -> float:
    """The weather that comes: a cold winter with three waves, a daily course, some noise."""
    days = (at - FIRST) / DAY
    mean = -1.0 - 2.0 * cos(2 * pi * (days - 40) / 120)
    for day, depth in WAVES:
        mean -= depth * max(0.0, 1.0 - abs(days - day - 1.5) / 2.0)
    noise = Random(int(at.timestamp() // 3600)).gauss(0.0, 0.3)  # noqa: S311 (no secret)
    return mean - 3.5 * cos(2 * pi * (at.astimezone(FIRST.tzinfo).hour - 3) / 24) + noise


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
        self, now: datetime, *words: str, full_disk: bool = False, budget_s: float | None = None
    ) -> Ended:
        """Run the daily command as of `now`."""
        began = time.monotonic()
        process = self.started(now, *words, full_disk=full_disk, budget_s=budget_s)
        said, wrong = process.communicate(timeout=900)
        return Ended(process.returncode, said + wrong, time.monotonic() - began)

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

    def measure(self, now: datetime) -> None:
        """Add what was measured in the day before `now`: the plan in force then, with noise."""
        import numpy as np
        import xarray as xr

        latest = self.latest()
        if latest is None:
            return
        draw = Random(f"{now}")  # noqa: S311 (no secret)
        with xr.open_dataset(latest / "plan.nc") as plan:
            times = plan["time"].values
            names = [str(name) for name in plan["station"].values]
            start = np.datetime64((now - DAY).astimezone(FIRST.tzinfo).replace(tzinfo=None), "ns")
            shift = np.timedelta64(8, "h")
            blocks = np.searchsorted(plan["block_start"].values, times, side="right") - 1
            for step in np.flatnonzero(
                (times + shift >= start) & (times + shift < start + np.timedelta64(1, "D"))
            ):
                at = str((times[step] + shift).astype("datetime64[m]")).replace("T", " ")
                for row, name in enumerate(names):
                    block = blocks[step]
                    heat_kw = float(plan["station_heat"].values[row, block])
                    self.meters_gj[name] = self.meters_gj.get(name, 1000.0) + heat_kw * 0.0036
                    readings = {
                        "heat_total": self.meters_gj[name],
                        "sec_sup_t": float(plan["station_supply"].values[row, block]),
                        "sec_ret_t": float(plan["station_return"].values[row, block]),
                        "room_t": float(plan["station_indoor"].values[row, step]),
                    }
                    for point, value in readings.items():
                        if isfinite(value):
                            noise = 0.0 if point == "heat_total" else draw.gauss(0.0, 0.1)
                            self.telemetry.append(f"{at},{name},{point},{value + noise:.2f},")

    def write_telemetry(self, change: Callable[[list[str]], list[str]] = lambda rows: rows) -> None:
        """Write the readings of the last five days into the case, as `change` leaves them."""
        if not self.telemetry:
            return
        folder = self.case / "telemetry"
        folder.mkdir(exist_ok=True)
        head = 'timezone = "Asia/Shanghai"\n\n[units]\nheat_total = "GJ"\n'
        (folder / "telemetry.toml").write_text(head, encoding="utf-8")
        rows = self.telemetry[-5 * 24 * len(LOOPS) * 4 :]
        table = "\n".join(["time,id,point,value,quality", *change(rows), ""])
        (folder / "loops.csv").write_text(table, encoding="utf-8")
