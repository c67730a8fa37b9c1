"""Runs killed by SIGKILL at random moments: what stands then, and whether the next run succeeds.

Written to `bench/RESULTS.md` (`make soak`; half an hour). On a small town, half of it planned by
prices in processes of their own. A first run and runs beside an older one, each killed at a moment
drawn evenly over the seconds a run takes. After each kill: `latest` leads to a whole run that
verifies, or to none where there was none; what can be seen beside it are whole runs only; no
process is left. Then a run is let finish, and must.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import text_table, write_section
from dispatch.latest_run import latest_run
from dispatch.run_retention import run_name
from dispatch.verify import verify_run

TITLE = "Killed at any moment"
KILLS, SEED = 200, 20_260_115
START = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
ORPHANS_END_S = 10.0
TOWN = Path(__file__).parents[1] / "tests"


@dataclass(frozen=True)
class Desk:
    """A town, its runs, and how long a run takes."""

    folder: Path
    strategy: str

    @classmethod
    def made(cls, folder: Path, strategy: str) -> "Desk":
        """Write the town."""
        sys.path[:0] = [str(TOWN)]
        from small_case import write_small_case

        write_small_case(folder / "town")
        settings = folder / "town" / "case.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(f'{text}\n[solve]\nstrategy = "{strategy}"\n', encoding="utf-8")
        return cls(folder, strategy)

    @property
    def runs(self) -> Path:
        """Folder of all runs."""
        return self.folder / "runs"

    def started(self, now: datetime) -> subprocess.Popen[bytes]:
        """Start a run."""
        words = ["daily", "town", "--now", now.isoformat()]
        return subprocess.Popen(
            [sys.executable, "-m", "scenarios.cli", *words],
            cwd=self.folder,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TOWN.parent)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def finished_s(self, now: datetime) -> float:
        """Seconds of a run that is let finish. Raises RuntimeError where it gives no plan."""
        began = time.perf_counter()
        process = self.started(now)
        _, said = process.communicate(timeout=600)
        if process.returncode not in (0, 10, 20):
            raise RuntimeError(f"exit {process.returncode}: {said.decode()[-400:]}")
        return time.perf_counter() - began

    def orphans(self) -> list[int]:
        """Processes that still work in this folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").resolve() == self.folder.resolve():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


def faults_after_kill(desk: Desk, before: Path | None) -> list[str]:
    """What must not be after a kill; `before` is what `latest` led to."""
    found = []
    now = latest_run(desk.runs, "small")
    if now is None and before is not None:
        found.append("latest leads nowhere")
    if now is not None and not verify_run(now).passed:
        found.append("latest does not verify")
    case_runs = desk.runs / "small"
    seen = [path for path in case_runs.glob("*") if not path.name.startswith(".")]
    for path in seen:
        if path.is_symlink() or path.name == "latest.txt":
            continue
        if run_name(path.name) is None or not verify_run(path).passed:
            found.append(f"{path.name} is no whole run")
    until = time.monotonic() + ORPHANS_END_S
    while desk.orphans() and time.monotonic() < until:
        time.sleep(0.1)
    if desk.orphans():
        found.append("processes are left")
    return found


def killed(desk: Desk, now: datetime, after_s: float) -> tuple[bool, list[str]]:
    """Whether a run was still at work when it was killed, and what is wrong then."""
    before = latest_run(desk.runs, "small")
    process = desk.started(now)
    try:
        process.communicate(timeout=after_s)
        return False, faults_after_kill(desk, before)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True, faults_after_kill(desk, before)


def study(kills: int, strategy: str, seed: int) -> tuple[Counter[str], list[str]]:
    """Kill runs, half of them first runs; count what came, and say what is wrong."""
    draw, counts, faults = random.Random(seed), Counter[str](), []  # noqa: S311 (no secret)
    with TemporaryDirectory() as name:
        desk = Desk.made(Path(name), strategy)
        run_s = desk.finished_s(START)
        for number in range(kills):
            first = number % 2 == 0
            if first:
                shutil.rmtree(desk.runs)
            now = START + timedelta(minutes=number)
            was_at_work, wrong = killed(desk, now, draw.uniform(0.0, 1.05 * run_s))
            counts["killed" if was_at_work else "finished before"] += 1
            where = f"{strategy}, kill {number} ({'first run' if first else 're-run'})"
            faults += [f"{where}: {one}" for one in wrong]
            try:
                desk.finished_s(now)
            except RuntimeError as error:
                faults.append(f"{where}: the next run fails: {error}")
            left = list((desk.runs / "small").glob(".writing-*"))
            counts["left aside, for a day"] += bool(left)
    return counts, faults


def main(asked: Sequence[str]) -> int:
    """Run the study, of as many kills as asked for, and write its section."""
    kills = int(asked[0]) if asked else KILLS
    rows, faults = [], []
    for number, strategy in enumerate(("whole", "prices")):
        counts, wrong = study(kills // 2, strategy, SEED + number)
        faults += wrong
        columns = ("killed", "finished before", "left aside, for a day")
        rows.append([strategy, *(str(counts[name]) for name in columns), str(len(wrong))])
    head = ["planned", "killed", "finished before", "files left aside, for a day", "faults"]
    told = [
        f"{kills} runs of a small town, half of them first runs, killed by SIGKILL at a moment "
        "drawn evenly over a run; then a run that is let finish.",
        text_table(head, rows),
        *(f"FAULT {fault}" for fault in faults),
    ]
    write_section(TITLE, "\n\n".join(told))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
