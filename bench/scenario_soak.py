"""Every scenario of the library on every bundled case, and what each comes to.

Written to `bench/RESULTS.md` (`make soak`; an hour or two). Each case is planned as it is on
22 January in the climate's weather, then with every scenario; a cell says how the plan is judged,
how its fuel for heat differs from the plan as it is, and how many homes of our own are at
stations whose coldest flats fall below the law.
A crash, a plan that fails its audit, or no plan ends the study with exit code 1.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.report import text_table, write_section
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.plan import Quality
from dispatch.situation import Situation, look
from scenarios.command import bundled_cases
from scenarios.whatif.build import base_of, variant_of
from scenarios.whatif.change import NotApplicable
from scenarios.whatif.comparison import Compared, compare
from scenarios.whatif.edit import with_settings
from scenarios.whatif.figure import Figure
from scenarios.whatif.library import library
from scenarios.whatif.outcome import Outcome, Result, Unplanned, Variant
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.scenario import Scenario, moment_of
from scenarios.whatif.scenario_file import ScenarioFaults, read_scenario
from scenarios.whatif.side_by_side import planned_all

TITLE = "Every scenario on every case"
# A usual day of January in all six cities of the drawn winter, not one of its cold spells.
NOW = datetime.fromisoformat("2026-01-22T06:00:00+08:00")
LETTER = {Quality.GREEN: "green", Quality.AMBER: "amber", Quality.RED: "red"}
FOLDER = Path("scenario_runs") / "soak"
HORIZON_H, LOOK_AHEAD_H = 48, 24  # of the plans: shorter than those of a day, to try all of them
MOST_KEPT_BYTES = 20 * 1024**3  # a study that was stopped goes on where it was
NOT_APPLICABLE = "–"


@dataclass(frozen=True)
class Cell:
    """What one scenario came to on one case."""

    text: str
    fault: str = ""  # what must not be


def situation_of(folder: Path, moment: datetime) -> Situation:
    """The case at a moment in the climate's weather, from settled rooms."""
    request = request_of(folder, moment)
    found = look(request, Stopwatch(lambda _: None))
    lengths = {"horizon_h": HORIZON_H, "look_ahead_h": LOOK_AHEAD_H}
    return with_settings(found, "time", **lengths)


def request_of(folder: Path, moment: datetime) -> DailyRequest:
    """A run of a day of its own."""
    nowhere = FOLDER / "nowhere"
    return DailyRequest(folder, moment, nowhere, nowhere, paths=200, offline=True)


def soaked(case_id: str, folder: Path, scenarios: Sequence[Scenario]) -> Iterator[Cell]:
    """Plan all scenarios of one case, those with the same start side by side."""
    cells: dict[str, Cell] = {}
    starts = dict.fromkeys(scenario.header.start for scenario in scenarios)
    for start in starts:
        mine = [scenario for scenario in scenarios if scenario.header.start == start]
        plain = situation_of(folder, NOW)
        moment = NOW if start is None else moment_of(start, plain.case.settings, NOW)
        situation = plain if start is None else situation_of(folder, moment)
        variants: list[Variant] = []
        for scenario in mine:
            try:
                base, variant = base_of(scenario, situation), variant_of(scenario, situation)
            except NotApplicable:
                cells[scenario.name] = Cell(NOT_APPLICABLE)
            except ScenarioFaults as faults:
                first = str(faults).splitlines()[0]
                cells[scenario.name] = Cell("refused", f"{case_id} {scenario.name}: {first}")
            else:
                name = f"{scenario.name}/base"
                variants += [Variant(name, name, base.situation), variant]
        cache = ResultCache(FOLDER / "cache", MOST_KEPT_BYTES)
        results = planned_all(variants, request_of(folder, moment), cache=cache)
        for base_result, result in zip(results[::2], results[1::2], strict=True):
            cells[result.name] = cell_of(case_id, base_result, result)
    yield from (cells[scenario.name] for scenario in scenarios)


def cell_of(case_id: str, base: Result, result: Result) -> Cell:
    """Quality, difference of fuel, and homes below their floor."""
    for one in (base, result):
        if isinstance(one, Unplanned):
            return Cell("no plan", f"{case_id} {one.name}: {one.why[0]}")
        if not one.audit.passed:
            return Cell("audit", f"{case_id} {one.name}: fails its audit")
    assert isinstance(base, Outcome)  # noqa: S101 (the loop has seen to it)
    (compared,) = compare(base, [result]).variants
    if not isinstance(compared, Compared):
        return Cell("no plan", f"{case_id} {result.name}")
    fuel = compared.differences.get(Figure.FUEL_FOR_HEAT)
    part = "" if fuel is None else f" {100 * fuel.part:+.1f} %"
    homes = compared.plan.figures[Figure.BELOW_LAW_HOMES]
    return Cell(f"{LETTER[compared.outcome.quality]}{part}, {homes:,.0f}")


def main(asked: Sequence[str]) -> int:
    """Run the cases asked for, all without any, and write the table."""
    cases = {name: folder for name, folder in bundled_cases().items() if name in asked or not asked}
    scenarios = [read_scenario(path) for path in library().values()]
    rows = {scenario.name: [scenario.name] for scenario in scenarios}
    faults, seconds = [], []
    for case_id, folder in cases.items():
        began = time.perf_counter()
        for scenario, cell in zip(scenarios, soaked(case_id, folder, scenarios), strict=True):
            rows[scenario.name].append(cell.text)
            faults += [cell.fault] if cell.fault else []
        seconds.append(f"{case_id} {time.perf_counter() - began:.0f} s")
        print(seconds[-1], flush=True)
    body = [
        f"{len(scenarios)} scenarios from {NOW:%d %B}, climate's weather, settled rooms, plans of "
        f"{HORIZON_H} h and {LOOK_AHEAD_H} h look-ahead; quality, "
        "fuel for heat against the plan as it is, homes of ours below the law; "
        f"{NOT_APPLICABLE} where the case lacks what it is about. "
        f"{os.cpu_count()} processors; {', '.join(seconds)}.",
        text_table(["scenario", *cases], list(rows.values())),
        *(f"FAULT {fault}" for fault in faults),
    ]
    write_section(TITLE, "\n\n".join(body))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
