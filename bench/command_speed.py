"""The commands as people run them, each in a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Row, at_most


def command_rows() -> list[Row]:
    """`--help` and the daily run, whose second day starts from the first."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        help_s = min(_run(folder, "--help") for _ in range(3))
        _run(folder, "daily", "--now", "2026-01-15T05:30")
        daily_s = _run(folder, "daily", "--now", "2026-01-16T05:30")
        log_file = folder / "runs/zaozhuang/latest/run_log.json"
        log = json.loads(log_file.read_text(encoding="utf-8"))
    stages = ", ".join(f"{name} {value:.2f}" for name, value in log["seconds"].items())
    rest_s = daily_s - sum(log["seconds"].values())
    return [
        at_most("`heat-dispatch --help`", help_s, 0.5, "s"),
        at_most("`heat-dispatch daily`, second day", daily_s, 15, "s"),
        Row("its stages, s", stages),
        at_most("imports, publication and exit", rest_s, 3, "s"),
    ]


def _run(folder: Path, *arguments: str) -> float:
    """Seconds of one command."""
    command = [sys.executable, "-m", "scenarios.cli", *arguments]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, cwd=folder, check=False)
    if done.returncode not in (0, 10):
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - start
