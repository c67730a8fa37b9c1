"""Measure the daily run against its own floor and write `bench/RESULTS.md` (`make bench`).

The floor is HiGHS on the bare matrices of the same plan, solved in the same process, so figures
are ratios that outlive the machine; seconds are there for scale. Network is not needed: the
bundled cases are planned on the embedded climate. Parts to measure may be named:
`python -m bench.run plan command commitment coal large load scenario`.
"""

import sys
from collections.abc import Callable

from bench.cases import bundled
from bench.coal_speed import coal_rows
from bench.command_speed import command_rows
from bench.commitment_speed import commitment_rows
from bench.large import large_rows
from bench.load_speed import load_rows
from bench.plan_speed import plan_rows
from bench.report import Row, rows_table, write_section
from bench.scenario_speed import scenario_rows

PARTS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "plan": ("Plan of zaozhuang, 72 h and look-ahead", lambda: plan_rows(bundled("zaozhuang"))),
    "command": ("Commands, zaozhuang", command_rows),
    "commitment": (
        "Commitment of nine boilers, shenyang, 72 h and look-ahead",
        lambda: commitment_rows(bundled("shenyang")),
    ),
    "load": ("Load model, a year of hours", load_rows),
    "coal": ("Coal outlook of a season", coal_rows),
    "scenario": ("What-ifs, zaozhuang", scenario_rows),
    "large": ("Very large networks by prices of heat", lambda: large_rows(bundled("zaozhuang"))),
}


def main(names: list[str]) -> None:
    """Measure the named parts, or all of them."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"{', '.join(unknown)}: choose from {', '.join(PARTS)}.")
    for name in names or PARTS:
        title, measure = PARTS[name]
        write_section(title, rows_table(measure()))


if __name__ == "__main__":
    main(sys.argv[1:])
