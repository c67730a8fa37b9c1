"""A very large network by prices of heat: seconds, memory of all processes, certified gap.

The bundled case with its stations cut into many small ones that all differ; heat in all, sources
and mains stay as they are. To run alone: `python -m bench.large 10000`.
"""

import os
import resource
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.cases import bundled, inputs_of
from bench.report import Row, rows_table
from dispatch.case import Case, Station
from dispatch.case_kinds import Manager
from dispatch.decomposition.optimum import PricedOptimum, decomposed_optimum
from dispatch.decomposition.rounds import Round
from dispatch.inputs import PlanInputs

SEED = 20260115
SECONDS, GIGABYTES, GAP = 180.0, 12.0, 0.002  # performance.md §6
SAMPLE_S = 0.25


def many_stations(case: Case, count: int) -> Case:
    """The case with `count` stations of ours, made of its own by cutting and varying them.

    Stations run by others stay. Losses vary by 15 %, mass by 30 %, areas by 30 %.
    """
    draw = np.random.default_rng(SEED)
    ours = [s for s in case.stations if s.managed_by is Manager.UTILITY]
    pieces = [_piece(ours[i % len(ours)], i // len(ours), draw) for i in range(count)]
    wanted = sum(s.heated_area_m2 for s in ours)
    scale = wanted / sum(s.heated_area_m2 for s in pieces)
    others = [s for s in case.stations if s.managed_by is not Manager.UTILITY]
    stations = (*(_scaled(piece, scale) for piece in pieces), *others)
    return case.model_copy(update={"stations": stations})


def _piece(station: Station, copy: int, draw: np.random.Generator) -> Station:
    loss, mass, area = draw.uniform([0.85, 0.7, 0.7], [1.15, 1.3, 1.3])
    changed = {
        "station_id": f"{station.station_id}-{copy}",
        "specific_loss_w_per_m2k": station.specific_loss_w_per_m2k * loss,
        "heat_capacity_kj_per_m2k": station.heat_capacity_kj_per_m2k * mass,
    }
    return _scaled(station.model_copy(update=changed), area, loss)


def _scaled(station: Station, area: float, loss: float = 1.0) -> Station:
    """A station of `area` times the area; what carries heat grows with its loss too."""
    return station.model_copy(
        update={
            "heated_area_m2": station.heated_area_m2 * area,
            "exchanger_ua_kw_per_k": station.exchanger_ua_kw_per_k * area * loss,
            "max_heat_kw": station.max_heat_kw * area * loss,
            "primary_flow_max_tph": station.primary_flow_max_tph * area * loss,
        }
    )


def _resident_bytes() -> int:
    """Resident memory of this process and its children; shared pages count in each."""
    page = os.sysconf("SC_PAGE_SIZE")
    found = 0
    children = Path("/proc/self/task").glob("*/children")
    try:
        ids = [child for path in children for child in path.read_text().split()]
        for process in ["self", *ids]:
            found += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * page
    except OSError:  # a process that has just ended
        return 0
    return found


@dataclass
class Peak:
    """Watches the memory of all processes while a context lasts."""

    resident_bytes: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_S):
            self.resident_bytes = max(self.resident_bytes, _resident_bytes())

    def __enter__(self) -> "Peak":
        """Start watching."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._done.set()
        self._thread.join()


@dataclass(frozen=True)
class Measured:
    """One solve by prices of heat."""

    stations: int
    view_h: float
    seconds: float
    cpu_seconds: float  # of all processes
    gigabytes: float
    round_ends_s: tuple[float, ...]
    found: PricedOptimum

    @property
    def met(self) -> bool:
        """Whether the targets of performance.md are met."""
        in_time = self.seconds <= SECONDS and self.gigabytes <= GIGABYTES
        return in_time and self.found.outcome.gap <= GAP

    @property
    def what(self) -> str:
        """The row's name."""
        return f"{self.stations} stations × {self.view_h:.0f} h by prices of heat"

    @property
    def figure(self) -> str:
        """The row's figures."""
        ends = self.round_ends_s
        later = ""
        if len(ends) > 1:
            later = f", a later one takes {(ends[-1] - ends[0]) / (len(ends) - 1):.1f} s"
        return (
            f"{self.seconds:.0f} s ({self.cpu_seconds:.0f} s of processor), "
            f"{self.gigabytes:.1f} GB, gap {100 * self.found.outcome.gap:.4f} % after "
            f"{len(ends)} round(s); first round done at {ends[0]:.0f} s{later}"
        )


def _cpu_s() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def measured(inputs: PlanInputs, workers: int, tolerance: float = GAP / 2) -> Measured:
    """Solve by prices of heat and measure it."""
    ends: list[float] = []
    start, cpu = time.perf_counter(), _cpu_s()

    def watch(_: Round) -> None:
        ends.append(time.perf_counter() - start)

    with Peak() as peak:
        found = decomposed_optimum(inputs, workers=workers, tolerance=tolerance, watch=watch)
    return Measured(
        stations=int(inputs.stations.controllable.sum()),
        view_h=float(inputs.grid.edges_h[-1]),
        seconds=time.perf_counter() - start,
        cpu_seconds=_cpu_s() - cpu,
        gigabytes=peak.resident_bytes / 1e9,
        round_ends_s=tuple(ends),
        found=found,
    )


def large_rows(case: Case, count: int = 10_000) -> list[Row]:
    """The row of a very large network, with as many processes as its settings say."""
    inputs = inputs_of(many_stations(case, count))
    found = measured(inputs, case.settings.solve.workers)
    target = f"≤ {SECONDS:.0f} s, ≤ {GIGABYTES:.0f} GB, gap ≤ {GAP:.1%}"
    return [Row(found.what, found.figure, target, "yes" if found.met else "no")]


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(rows_table(large_rows(bundled("zaozhuang"), size)))
