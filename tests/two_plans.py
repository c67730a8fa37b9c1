"""Two plans of the small town, a day apart: then it turns cold and a boiler is out.

Made once for a module; tests that change files copy the runs folder.
"""

import csv
import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from dispatch.case_files import read_case
from dispatch.history.keep import Subject
from tests.daily_runs import (
    CHINA,
    EVENING,
    NEXT_EVENING,
    ONE_DAY,
    PublishedRun,
    outage,
    plan_small,
)
from tests.weather_server import around

SPELL_K = -4.0  # the second forecast against the first
DAY = date(2026, 1, 15)  # the first plan is in force from its midnight on
AFTER = datetime(2026, 1, 16, 6, tzinfo=CHINA)
MIDNIGHT_UTC = np.datetime64("2026-01-14T16:00", "ns")


@dataclass(frozen=True)
class TwoPlans:
    """Two published plans and the case folder of the second."""

    first: PublishedRun
    second: PublishedRun
    case_folder: Path

    def subject(self, runs: Path, case_folder: Path | None = None) -> Subject:
        """The town with its runs in a copy of the runs folder, on the morning of 16 January."""
        folder = case_folder or self.case_folder
        return Subject(read_case(folder).case, folder, runs / "small", runs / "store", AFTER)


@pytest.fixture(scope="module")
def two_plans(tmp_path_factory: pytest.TempPathFactory) -> TwoPlans:
    """A mild plan, and a colder one without a boiler from the second morning on."""
    folder = tmp_path_factory.mktemp("two_plans")
    first = plan_small(folder, now=EVENING)
    out = outage("source", "boiler_1", "2026-01-16T08:00", "2026-01-17T20:00", available=0.5)
    second = plan_small(
        folder,
        out,
        ONE_DAY,
        temperature=around(-2.0 + SPELL_K),
        now=NEXT_EVENING,
        runs=folder / "runs",
    )
    return TwoPlans(first, second, folder / "case_152340")


@pytest.fixture
def runs(tmp_path: Path, two_plans: TwoPlans) -> Path:
    """A copy of the runs folder, the history of both plans in it."""
    kept = two_plans.first.folder.parents[1]
    return shutil.copytree(kept, tmp_path / "runs", symlinks=True)


def with_measured_day(case_folder: Path, plan: PublishedRun, to: Path) -> Path:
    """Copy a case, with telemetry of `DAY` that drifts from the plan where it is said here.

    Supply temperatures are those of the plan, but 3 K more at N1; chp_1 sends what it should,
    boiler_1 a fifth less; it is 1 K colder than was forecast. Rooms are as expected, but 2 K less
    at S1.
    """
    folder = shutil.copytree(case_folder, to)
    schedule = plan.schedule
    times = schedule["time"].values
    steps = np.flatnonzero(
        (times >= MIDNIGHT_UTC) & (times < MIDNIGHT_UTC + np.timedelta64(1, "D"))
    )
    block = np.searchsorted(schedule["block_start"].values, times[steps], side="right") - 1
    rows: list[tuple[str, str, str, str]] = []

    def add(one: str, point: str, values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
        stamps = [f"{np.datetime64(at, 's')}Z" for at in times[steps]]
        rows.extend(
            (at, one, point, f"{value:.4f}") for at, value in zip(stamps, values, strict=True)
        )

    add("network", "out_t", schedule["air_temperature"].values[steps] - 1.0)
    for row, one in enumerate(schedule["source"].values.tolist()):
        part = 0.8 if one == "boiler_1" else 1.0
        add(one, "pri_heat", schedule["source_heat"].values[row, steps] * 3.6 * part)
    for row, one in enumerate(schedule["station"].values.tolist()):
        off_k = 3.0 if one == "N1.low" else 0.0
        add(one, "sec_sup_t", schedule["station_supply"].values[row, block] + off_k)
        room_k = -2.0 if one == "S1.low" else 0.0
        add(one, "room_t", schedule["station_indoor"].values[row, steps] + room_k)
    (folder / "telemetry").mkdir()
    with (folder / "telemetry" / "day.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("time", "id", "point", "value"), *rows])
    return folder
