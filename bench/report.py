"""Figures of a measurement, and `bench/RESULTS.md`: a page of sections, one a measurement.

Each measurement replaces its own section and leaves the others, so that a long study need not be
repeated for a quick one.
"""

import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import highspy

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = """# Measured

Written by `make bench` and `make study`. Ratios are from one run, against HiGHS on the bare
matrices in the same process; seconds depend on the machine and its load.
"""
NONE = "–"

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One line of the results: what, the figure, its target where there is one."""

    what: str
    figure: str
    target: str = NONE
    met: str = NONE


def at_most(what: str, value: float, limit: float, unit: str, extra: str = "") -> Row:
    """A row that compares a figure with its upper target; `unit` is ×, s or %."""
    figure = f"{value:.2f} {unit}" if value < 10 else f"{value:.1f} {unit}"
    told = f"{figure} ({extra})" if extra else figure
    return Row(what, told, f"≤ {limit:g} {unit}", "yes" if value <= limit else "no")


def seconds(work: Callable[[], T], repeats: int = 3) -> tuple[float, T]:
    """Best of several runs, and the last result."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def rows_table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = [f"| {row.what} | {row.figure} | {row.target} | {row.met} |" for row in rows]
    return "\n".join(["| what | measured | target | met |", "|---|---|---|---|", *lines])


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells under a head as a Markdown table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def with_section(page: str, title: str, body: str) -> str:
    """The page with the section of that title replaced, or put at its end."""
    old = {part.split("\n", 1)[0]: part for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]}
    old[title] = f"{title}\n\n{body.strip()}\n"
    return "\n".join([HEAD, *(f"## {part.strip()}\n" for part in old.values())])


def write_section(title: str, body: str) -> None:
    """Write a section into `RESULTS.md`, with what it was measured on, and show it."""
    day = datetime.now(UTC).date().isoformat()
    on = f"{day}, Python {platform.python_version()}, HiGHS {highspy.Highs().version()}."
    text = f"{body.strip()}\n\n{on}"
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    RESULTS.write_text(with_section(page, title, text), encoding="utf-8")
    print(f"## {title}\n\n{text}\n", flush=True)
