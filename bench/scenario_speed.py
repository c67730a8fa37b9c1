"""What-ifs as people ask them: one beside the base, the same again, ten beside the base."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import Row, at_most

SCENARIO = """title_en = "Colder"
title_zh = "更冷"
case = "zaozhuang"
start = "01-15T05:30"

[[change]]
kind = "temperature_shift"
shift_k = -5
"""
TEN = "shift_k=-5:-0.5:0.5"  # within what sources reach: a shortage is planned twice


def scenario_rows() -> list[Row]:
    """Seconds of `heat-dispatch scenario run`, everything from start to files; and a ratio."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "colder.toml").write_text(SCENARIO, encoding="utf-8")
        one_s = _run(folder)
        again_s = _run(folder)
        ten_s = _run(folder, "--fresh", "--sweep", TEN)
    within = f"{os.cpu_count()} processors, load {os.getloadavg()[1]:.1f}"
    return [
        at_most("`heat-dispatch scenario run`, base and one variant", one_s, 30, "s", within),
        Row("the same question again", f"{again_s:.1f} s"),
        at_most(
            "base and ten variants, over base and one", ten_s / one_s, 6, "×", f"{ten_s:.1f} s"
        ),
    ]


def _run(folder: Path, *options: str) -> float:
    """Seconds of one command."""
    command = [sys.executable, "-m", "scenarios.cli", "scenario", "run", "colder.toml", *options]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, cwd=folder, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - start
