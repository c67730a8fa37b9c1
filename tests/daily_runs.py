"""Daily runs for tests, and what every published run must keep.

The runs of the reference case cost some ten seconds each: they are made once a session, for all
its workers, two at a time, by the real command, and only read by the tests. All else uses the
small case.
"""

import csv
import fcntl
import gzip
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner
from numpy.typing import NDArray

from dispatch.audit import audit
from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_kinds import Manager
from dispatch.daily import DailyResult, run_daily
from dispatch.daily_request import DailyRequest, Stage
from dispatch.plan_reader import read_plan
from forecasts.demand.load.candidate import Candidate
from scenarios.cli import main
from tests.small_case import Edit, cell, new_row, text, write_small_case
from tests.weather_server import around, weather_server

Array = NDArray[np.float64]
Temperature = Callable[[datetime], float]

REPOSITORY = Path(__file__).resolve().parents[1]
ZAOZHUANG = REPOSITORY / "scenarios/cases/zaozhuang"
XUZHOU_EPW = (REPOSITORY / "../shared/data/weather/epw/CHN_JS_Xuzhou.580270_TMYx.epw.gz").resolve()
CHINA = ZoneInfo("Asia/Shanghai")
MILD = around(-2.0)
EVENING = datetime(2026, 1, 14, 23, 40, tzinfo=CHINA)  # the plan begins at local midnight
NEXT_EVENING = EVENING + timedelta(days=1)
FEW_PATHS = 100  # of winters: enough to see that the outlook is there
NOBODY_LISTENS = "http://127.0.0.1:9"  # the discard port: refused at once

RUN_FILES = {
    "setpoints_sources.csv",
    "setpoints_stations.csv",
    "fallback_curves.csv",
    "heat_order.csv",
    "shadow_prices.csv",
    "fuel_outlook.csv",
    "plan.nc",
    "state.json",
    "summary.json",
    "manifest.json",
    "run_log.json",
}
LATER_FILES = {"dispatch_sheet.xlsx", "report.html"}  # design §4, allowed but not asked for here
NO_NUMBERS = {"nan", "inf", "-inf", "none", "null", "nat"}
DIP_K = 0.05  # design §5: inside a block, and the rounding of published temperatures


# ---- published runs ------------------------------------------------------------------------


@dataclass(frozen=True)
class PublishedRun:
    """A run folder and the case it was made for; `ended` where the command made it."""

    folder: Path
    case: Case
    ended: "subprocess.CompletedProcess[str] | None" = None

    @cached_property
    def schedule(self) -> xr.Dataset:
        return read_plan(self.folder / "plan.nc")

    @cached_property
    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "summary.json").read_text("utf-8"))
        return content

    def table(self, name: str) -> pd.DataFrame:
        """A CSV file with its times as moments."""
        frame = pd.read_csv(self.folder / name, keep_default_na=False, na_values=[""])
        for column in ("issued_at", "valid_from", "valid_to"):
            if column in frame:
                frame[column] = pd.to_datetime(frame[column], utc=True)
        return frame

    @property
    def quality(self) -> str:
        return str(self.summary["quality"])

    @property
    def reason_keys(self) -> list[str]:
        return [reason["key"] for reason in self.summary["reasons"]]

    @property
    def note_keys(self) -> list[str]:
        return [note["key"] for note in self.summary["notes"]]

    def steps(self, start: str, end: str) -> NDArray[np.bool_]:
        """Steps that begin within two local moments."""
        local = pd.DatetimeIndex(self.schedule["time"].values, tz="UTC").tz_convert(CHINA)
        return np.asarray(
            (local >= pd.Timestamp(start, tz=CHINA)) & (local < pd.Timestamp(end, tz=CHINA))
        )

    def blocks(self, start: str, end: str) -> NDArray[np.bool_]:
        """Blocks that begin within two local moments."""
        starts = self.schedule["block_start"].values
        local = pd.DatetimeIndex(starts, tz="UTC").tz_convert(CHINA)
        return np.asarray(
            (local >= pd.Timestamp(start, tz=CHINA)) & (local < pd.Timestamp(end, tz=CHINA))
        )


def published(result: DailyResult) -> PublishedRun:
    """What `run_daily` published."""
    return PublishedRun(result.folder, result.plan.case)


def latest(runs: Path, case: Case) -> Path:
    """The run that `latest` leads to."""
    return (runs / case.settings.id / "latest").resolve()


# ---- making runs ---------------------------------------------------------------------------

# Third parties take what they get. Theirs is given plates to spare here, so that tests of other
# things do not hang on it; a tight one is a test of its own.
SPARE_PLATES = (
    cell("stations.csv", 7, "exchanger_ua_kw_per_k", "900"),
    cell("stations.csv", 7, "primary_flow_max_tph", "400"),
)
# Two days and a look at the third cost half of what the usual three and four do; the runs of the
# reference case have those. A day is enough where a plan is red: the search for cures takes
# several times as long as the plan.
TWO_DAYS = text("case.toml", "horizon_h = 72", "horizon_h = 48\nlook_ahead_h = 24")
ONE_DAY = text("case.toml", "horizon_h = 48", "horizon_h = 24")  # after TWO_DAYS


def weather_from(*sources: str) -> Edit:
    """Replace the weather sources of the small case by TOML tables."""
    whole = "\n".join(f"[[weather]]\n{source}\n" for source in sources)
    return text("case.toml", '[[weather]]\nkind = "climate"\n', whole)


def open_meteo(base_url: str, name: str = "open_meteo") -> str:
    """TOML of a weather service."""
    return f'kind = "open_meteo"\nname = "{name}"\nbase_url = "{base_url}"'


def outage(kind: str, name: str, start: str, end: str, available: float = 0.0) -> Edit:
    """Add an outage between two local moments."""
    cells = {
        "kind": kind,
        "id": name,
        "from": f"{start}:00+08:00",
        "to": f"{end}:00+08:00",
        "available_fraction": f"{available:g}",
        "reason": "test",
    }
    return new_row("outages.csv", cells)


def plan_small(
    folder: Path,
    *edits: Edit,
    temperature: Temperature = MILD,
    now: datetime = EVENING,
    runs: Path | None = None,
    stage: Stage = Stage.PLAN,
    candidates: tuple[Candidate, ...] | None = None,
) -> PublishedRun:
    """Plan two days of the small case with a forecast of `temperature`; `runs` continues runs."""
    with weather_server(now=now, temperature=temperature) as server:
        source = weather_from(open_meteo(server.base_url))
        name = f"case_{now:%d%H%M}"
        case = write_small_case(folder / name, *SPARE_PLATES, TWO_DAYS, source, *edits)
        where = runs or folder / "runs"
        request = DailyRequest(
            case, now, where, folder / "store", stage, paths=FEW_PATHS, candidates=candidates
        )
        return published(run_daily(request, lambda _: None))


def heat_dispatch(*words: str, seed: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run the real command; whatever happens, nobody is shown a traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONHASHSEED": str(seed)},
        timeout=300,
    )
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended


def heat_dispatch_here(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in this process, which spares three seconds of imports."""
    ended = CliRunner().invoke(main, words)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exc_info
    return subprocess.CompletedProcess(words, ended.exit_code, ended.stdout, ended.stderr)


def at_once(jobs: Iterable[Callable[[], Any]]) -> list[Any]:
    """Results of jobs that wait for other processes, two at a time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return [job.result() for job in [pool.submit(job) for job in jobs]]


# ---- runs shared by all tests --------------------------------------------------------------


@dataclass(frozen=True)
class ZaozhuangRuns:
    """The reference case by the real command: two days in a row, and two kinds of poor weather.

    In poor weather two days are planned instead of three, and one after them instead of four.
    """

    first_day: PublishedRun  # a fresh forecast
    second_day: PublishedRun  # a day later, from the first one's state
    by_epw: PublishedRun | None  # the EPW of Xuzhou; None where that file is not at hand
    no_network: PublishedRun  # nobody answers, nothing stored

    @property
    def typical_year(self) -> PublishedRun:
        """The run by a typical year; skips the test where its file is not at hand."""
        if self.by_epw is None:
            pytest.skip(f"needs shared/data: {XUZHOU_EPW.name}")
        return self.by_epw


def _zaozhuang(folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of the reference case with other weather or times."""
    case = shutil.copytree(ZAOZHUANG, folder)
    settings = case / "case.toml"
    content = settings.read_text(encoding="utf-8")
    for old, new in changes:
        assert content.count(old) == 1
        content = content.replace(old, new)
    settings.write_text(content, encoding="utf-8")
    return case


def _by_command(case: Path, folder: Path, now: datetime) -> PublishedRun:
    words = ("--runs", str(folder / "runs"), "--store", str(folder / "store"), "--json")
    ended = heat_dispatch("daily", str(case), "--now", now.isoformat(), *words)
    runs = folder / "runs" / "zaozhuang"
    assert (runs / "latest").exists(), ended.stderr
    return PublishedRun((runs / "latest").resolve(), read_case(case).case, ended)


@pytest.fixture(scope="session")
def zaozhuang_runs(tmp_path_factory: pytest.TempPathFactory) -> ZaozhuangRuns:
    """The runs of the reference case: the first worker to ask makes them, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # of this session, above the folders of its workers
    kept = shared / "zaozhuang_runs.pickle"
    with (shared / "zaozhuang_runs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(_made_zaozhuang_runs(shared / "zaozhuang_runs")))
    runs: ZaozhuangRuns = pickle.loads(kept.read_bytes())  # noqa: S301 (written above)
    return runs


def _made_zaozhuang_runs(folder: Path) -> ZaozhuangRuns:
    """Make them; about half a minute."""
    folder.mkdir(exist_ok=True)
    service = (
        'kind = "open_meteo"\n\n[[weather]]\n'
        'kind = "open_meteo_ensemble"  # tells how far the forecast can be trusted'
    )
    typical = 'kind = "epw"\npath = "xuzhou.epw"'
    shorter = ("horizon_h = 72", "horizon_h = 48"), ("look_ahead_h = 96", "look_ahead_h = 24")
    by_epw = _zaozhuang(folder / "by_epw", (service, typical), *shorter)
    has_epw = XUZHOU_EPW.exists()
    if has_epw:
        (by_epw / "xuzhou.epw").write_bytes(gzip.decompress(XUZHOU_EPW.read_bytes()))
    offline = _zaozhuang(folder / "offline", (service, open_meteo(NOBODY_LISTENS)), *shorter)
    with weather_server(now=EVENING, temperature=around(-2.0)) as server:
        fresh = _zaozhuang(folder / "fresh", (service, open_meteo(server.base_url)))

        def two_days() -> tuple[PublishedRun, PublishedRun]:
            first = _by_command(fresh, folder / "days", EVENING)
            server.now = NEXT_EVENING
            return first, _by_command(fresh, folder / "days", NEXT_EVENING)

        def poor_weather() -> tuple[PublishedRun | None, PublishedRun]:
            one = _by_command(by_epw, folder / "epw_run", EVENING) if has_epw else None
            return one, _by_command(offline, folder / "offline_run", EVENING)

        (first, second), (one, other) = at_once([two_days, poor_weather])
    return ZaozhuangRuns(first, second, one, other)


@pytest.fixture(scope="session")
def small_green(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    """A plan of the small case with a fresh forecast around -2 °C; not to be changed."""
    return plan_small(tmp_path_factory.mktemp("small"))


@pytest.fixture
def small_runs(tmp_path: Path, small_green: PublishedRun) -> Path:
    """A copy of the runs folder that holds `small_green`, to go on from or to damage."""
    return shutil.copytree(small_green.folder.parents[1], tmp_path / "runs", symlinks=True)


# ---- what every run keeps ------------------------------------------------------------------


def assert_usable(run: PublishedRun) -> None:
    """Whole, audited, and its tables say what the plan says."""
    names = {path.name for path in run.folder.iterdir()}
    assert names - LATER_FILES == RUN_FILES
    assert_audited(run)
    assert_no_missing_numbers(run.folder)
    assert_source_table(run)
    assert_station_table(run)
    assert_order(run)


def assert_audited(run: PublishedRun) -> None:
    """The audit passes, now and when it was published; every balance within 1e-6."""
    report = audit(run.schedule)
    assert [one for one in report.findings if not (one.passed or one.soft)] == []
    assert report.worst_balance <= 1e-6
    assert run.summary["audit"]["passed"] is True
    assert run.summary["audit"]["worst_balance"] <= 1e-6


def assert_no_missing_numbers(folder: Path) -> None:
    """A spreadsheet reads no word where a number should be, JSON holds no NaN."""
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            cells = {value.lower() for row in csv.reader(stream) for value in row}
        assert not cells & NO_NUMBERS, path.name
    for path in folder.glob("*.json"):
        content = path.read_text(encoding="utf-8")
        assert "NaN" not in content, path.name
        assert "Infinity" not in content, path.name


def block_spans(schedule: xr.Dataset) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Start (not before the first step) and end of each block, UTC."""
    first = schedule["time"].values[0]
    starts = np.maximum(schedule["block_start"].values, first)
    return (
        pd.DatetimeIndex(starts, tz="UTC"),
        pd.DatetimeIndex(schedule["block_end"].values, tz="UTC"),
    )


def assert_source_table(run: PublishedRun) -> None:
    """A row a source and block; its energy is that of the steps; shares add up."""
    schedule, frame = run.schedule, run.table("setpoints_sources.csv")
    starts, ends = block_spans(schedule)
    sources, blocks = schedule["source"].values.tolist(), len(starts)
    assert frame["source_id"].tolist() == [name for name in sources for _ in range(blocks)]
    assert frame["valid_from"].tolist() == [*starts] * len(sources)
    assert frame["valid_to"].tolist() == [*ends] * len(sources)
    assert frame["plan_id"].unique().tolist() == [run.summary["plan_id"]]
    assert frame["version"].unique().tolist() == [run.summary["plan_version"]]

    hours = np.asarray((ends - starts) / pd.Timedelta(hours=1))
    step_h = float(schedule.attrs["step_h"])
    times = pd.DatetimeIndex(schedule["time"].values, tz="UTC")
    of_block = np.asarray(starts.searchsorted(times, side="right")) - 1
    heat_mw = frame["heat_mw"].to_numpy().reshape(len(sources), blocks)
    for row, name in enumerate(sources):
        planned_mwh = np.bincount(of_block, schedule["source_heat"].values[row]) * step_h
        assert heat_mw[row] * hours == pytest.approx(planned_mwh, abs=0.0051 * hours.max()), name
    groups = {plant for group in run.case.settings.share.values() for plant in group.shares}
    if groups == set(run.case.plant_ids) and len(run.case.settings.share) == 1:
        share = frame["share"].to_numpy().reshape(len(sources), blocks).sum(axis=0)
        assert share[heat_mw.sum(axis=0) > 0.1] == pytest.approx(1.0, abs=2e-4)


def assert_station_table(run: PublishedRun) -> None:
    """A row a loop and block, half an hour later a stagger group; quotas are heat times hours."""
    schedule, frame = run.schedule, run.table("setpoints_stations.csv")
    starts, ends = block_spans(schedule)
    blocks, loops = len(starts), schedule["station"].values.tolist()
    assert len(frame) == blocks * len(loops)
    by_loop = {station.loop_id: station for station in run.case.stations}
    stations = [by_loop[name] for name in loops]
    wait = np.repeat([pd.Timedelta(minutes=30 * s.stagger_group) for s in stations], blocks)
    assert (frame["station_id"] == np.repeat([s.station_id for s in stations], blocks)).all()
    assert (frame["loop"] == np.repeat([s.loop for s in stations], blocks)).all()
    assert (frame["valid_from"] == np.tile(starts, len(loops)) + wait).all()
    assert (frame["valid_to"] == np.tile(ends, len(loops)) + wait).all()

    hours = np.tile(np.asarray((ends - starts) / pd.Timedelta(hours=1)), len(loops))
    heat_kw = schedule["station_heat"].values.ravel()
    assert frame["heat_kw"].to_numpy() == pytest.approx(heat_kw, abs=0.051)
    assert frame["heat_quota_gj"].to_numpy() == pytest.approx(heat_kw * hours * 3.6e-3, abs=6e-4)
    ours = np.repeat([s.managed_by is Manager.UTILITY for s in stations], blocks)
    assert (frame["controllable"].to_numpy() == ours).all()
    asked = schedule["station_supply"].values.ravel()
    assert frame["secondary_supply_c"].to_numpy()[ours] == pytest.approx(asked[ours], abs=1e-9)


def assert_order(run: PublishedRun) -> None:
    """Whole blocks of one local day, every source, and the energy of the plan's steps."""
    schedule, frame = run.schedule, run.table("heat_order.csv")
    sources, hold_h = schedule["source"].values.tolist(), run.case.settings.time.setpoint_hold_h
    assert len(frame) == len(sources) * 24 // hold_h
    zone = ZoneInfo(run.case.settings.timezone)
    first, end = frame["valid_from"].min(), frame["valid_to"].max()
    assert first.tz_convert(zone).hour == 0
    assert end - first == pd.Timedelta(days=1)
    times = pd.DatetimeIndex(schedule["time"].values, tz="UTC")
    inside = np.asarray((times >= first) & (times < end))
    assert inside.sum() * float(schedule.attrs["step_h"]) == 24
    for row, name in enumerate(sources):
        heat_mw = schedule["source_heat"].values[row][inside]
        planned_gj = heat_mw.sum() * float(schedule.attrs["step_h"]) * 3.6
        ordered_gj = frame.loc[frame["source_id"] == name, "heat_gj"].sum()
        assert ordered_gj == pytest.approx(planned_gj, abs=0.051 * 24 / hold_h), name


# ---- what good plans keep ------------------------------------------------------------------


def below_floor_k(schedule: xr.Dataset) -> Array:
    """How far commanded rooms are below their floor, step by step, (station, time)."""
    gap = schedule["station_floor"].values - schedule["station_indoor"].values
    ours = schedule["station_controllable"].values > 0
    return np.asarray(np.maximum(gap[ours], 0.0))


def assert_floors_kept(run: PublishedRun) -> None:
    """Every commanded station at or above its floor at every step."""
    gap = below_floor_k(run.schedule)
    ours = run.schedule["station"].values[run.schedule["station_controllable"].values > 0]
    cold = [(str(n), round(float(g.max()), 3)) for n, g in zip(ours, gap, strict=True)]
    assert [entry for entry in cold if entry[1] > DIP_K] == []


def assert_shares_kept(run: PublishedRun) -> None:
    """Every plant inside its band at every step; the audit allows 1e-4."""
    share = run.schedule["plant_share"].values
    low, high = (run.schedule[f"plant_share_{end}"].values[:, None] for end in ("min", "max"))
    assert (share >= low - 1e-4).all()
    assert (share <= high + 1e-4).all()


def assert_setpoints_gentle(run: PublishedRun) -> None:
    """Design §5: 2 K a block and 6 K a day (10 in a cold wave), in steps of 0.5 K, in limits.

    Where rooms would miss the law twice that a block, two hours apart, as in a cold wave.
    """
    schedule, network = run.schedule, run.case.settings.network
    ours = schedule["station_controllable"].values > 0
    supply = schedule["station_supply"].values[ours]
    assert supply * 2 == pytest.approx(np.round(supply * 2), abs=1e-9)
    assert (supply >= schedule["station_supply_min"].values[ours][:, None]).all()
    assert (supply <= schedule["station_supply_max"].values[ours][:, None]).all()
    day = 24 // run.case.settings.time.setpoint_hold_h
    step_k, day_k = (schedule[f"station_{name}_limit"].values[ours] for name in ("step", "day"))
    assert set(step_k) <= {2.0, 4.0}
    assert set(day_k) <= {6.0, 10.0}
    assert (np.abs(np.diff(supply, axis=1)).max(axis=1) <= step_k + 1e-6).all()
    assert (_most_over_a_day(schedule, supply, day) <= day_k + 1e-6).all()

    plant = schedule["plant_supply_temp"].values
    assert plant * 2 == pytest.approx(np.round(plant * 2), abs=1e-9)
    assert (plant >= network.primary_supply_min_c).all()
    assert (plant <= network.primary_supply_max_c).all()
    assert np.abs(np.diff(plant, axis=1)).max() <= 3.0 + 1e-6
    assert float(schedule.attrs["supply_day_k"]) in (10.0, 15.0)
    most_k = _most_over_a_day(schedule, plant, day)
    assert (most_k <= float(schedule.attrs["supply_day_k"]) + 1e-6).all()


def _most_over_a_day(schedule: xr.Dataset, values: Array, blocks_per_day: int) -> Array:
    """Largest change of each row against 24 h earlier; blocks begin at the same local hours."""
    assert schedule.sizes["block"] > blocks_per_day
    return np.abs(values[:, blocks_per_day:] - values[:, :-blocks_per_day]).max(axis=1)
