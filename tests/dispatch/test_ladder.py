"""Always a usable plan: what is published when planning hangs, dies or has no time.

Processes are real and are killed for good. The town is the small one, a day ahead, in the
climate's weather.
"""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from plan_inputs_maker import constant, inputs_for, small_case, weather_of

from dispatch.audit import audit
from dispatch.daily import DailyResult, run_daily
from dispatch.daily_request import DailyRequest, Step, Stopwatch
from dispatch.decomposition.optimum import decomposed_optimum
from dispatch.held_plan import curves_c, curves_plan
from dispatch.ladder import Made, _apart, chosen
from dispatch.messages import say
from dispatch.morning import morning_of
from dispatch.plan import AuditFinding, AuditReport, Quality, Remark, RungName, SolveStatus
from dispatch.plan_making import MadePlan, make_plan
from dispatch.plan_reader import read_plan
from dispatch.run_lock import only_run
from dispatch.situation import look
from dispatch.time_budget import Deadline, TimeBudget, clock_s
from dispatch.verify import verify_run
from tests.daily_runs import EVENING, ONE_DAY, REPOSITORY, SPARE_PLATES, TWO_DAYS
from tests.small_case import cell, text, write_small_case

MORNING = EVENING + timedelta(hours=5, minutes=50)
NO_TIME_S = 0.001


@dataclass(frozen=True)
class Town:
    """A case and a published fresh plan of the evening before."""

    case: Path
    runs: Path
    evening: DailyResult


def asked(case: Path, runs: Path, *, budget_s: float | None = None, now=MORNING) -> DailyRequest:
    return DailyRequest(
        case, now, runs, runs.parent / "store", paths=100, budget_s=budget_s, offline=True
    )


def no_child_is_left() -> bool:
    return not multiprocessing.active_children()


class Killer:
    """Kills the process that makes the plan as soon as it says that a step is done."""

    def __init__(self, step: Step, times: int = 2) -> None:
        self.word, self.times = say(f"daily.done_{step.value}"), times
        self.killed: list[int] = []

    def __call__(self, told: str) -> None:
        if told == self.word and len(self.killed) < self.times:
            for child in multiprocessing.active_children():
                self.killed.append(child.pid)
                os.kill(child.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Town:
    folder = tmp_path_factory.mktemp("ladder")
    case = write_small_case(folder / "case", *SPARE_PLATES, TWO_DAYS, ONE_DAY)
    runs = folder / "runs"
    return Town(case, runs, run_daily(asked(case, runs, now=EVENING), lambda _: None))


def next_to(town: Town, folder: Path) -> Path:
    """The runs of the evening, in a folder of one's own."""
    return Path(shutil.copytree(town.runs, folder / "runs", symlinks=True))


@pytest.fixture(scope="module")
def rolled(town: Town, tmp_path_factory) -> DailyResult:
    """The morning after, its planning killed in the middle of the solve."""
    killer = Killer(Step.INPUTS)
    runs = next_to(town, tmp_path_factory.mktemp("rolled"))
    result = run_daily(asked(town.case, runs), killer)
    assert len(killer.killed) == 2  # a process that dies is given another try
    return result


@pytest.fixture(scope="module")
def curves(town: Town, tmp_path_factory) -> DailyResult:
    """The first plan of a town, without time to make one."""
    runs = tmp_path_factory.mktemp("curves") / "runs"
    return run_daily(asked(town.case, runs, budget_s=NO_TIME_S), lambda _: None)


def summary_of(result: DailyResult) -> dict:
    return json.loads((result.folder / "summary.json").read_text(encoding="utf-8"))


# ---- the rungs -----------------------------------------------------------------------------


def test_a_usual_run_stands_on_the_first_rung(town: Town):
    assert summary_of(town.evening)["rung"] == {"name": "fresh", "reason": None, "tried": []}
    log = json.loads((town.evening.folder / "run_log.json").read_text(encoding="utf-8"))
    assert [one["rung"] for one in log["rungs"]] == ["fresh"]
    assert log["budget_s"] == 600.0
    assert no_child_is_left()


def test_killed_in_the_middle_the_last_plan_is_held_on(town: Town, rolled: DailyResult):
    told = summary_of(rolled)
    assert told["rung"]["name"] == "rolled"
    assert town.evening.plan.plan_id in told["rung"]["reason"]["text"]
    assert [one["rung"] for one in told["rung"]["tried"]] == ["fresh"]
    assert "code -9" in told["rung"]["tried"][0]["why"]["text"]
    assert told["quality"] == "red"
    assert rolled.plan.verdict.quality.exit_code == 20
    assert [one["key"] for one in told["reasons"]][:2] == ["ladder.rolled", "ladder.tried_fresh"]
    assert no_child_is_left()


def test_killed_once_it_is_planned_anew_and_said(town: Town, tmp_path):
    killer = Killer(Step.INPUTS, times=1)
    told = summary_of(run_daily(asked(town.case, next_to(town, tmp_path)), killer))
    assert len(killer.killed) == 1
    assert (told["rung"]["name"], told["rung"]["tried"]) == ("fresh", [])
    [note] = [one for one in told["notes"] if one["key"] == "ladder.second_try"]
    assert "code -9" in note["text"]


def test_setpoints_are_held_by_the_clock_and_then_by_the_last_day(town: Town, rolled: DailyResult):
    """The evening's plan ends at midnight: then what it said for the same hours of its only day
    holds, as near as 2 K a block come to it.
    """
    before, now = (read_plan(one.folder / "plan.nc") for one in (town.evening, rolled))
    ours = now["station_controllable"].values > 0
    starts, end = before["block_start"].values, before["block_end"].values[-1]
    beyond = 0
    for k, start in enumerate(now["block_start"].values):
        is_beyond = start >= end
        beyond += is_beyond
        told = start - np.timedelta64(24 * int(is_beyond), "h")
        at = int(np.searchsorted(starts, told, side="right")) - 1
        held = before["station_supply"].values[ours, at]
        set_c = now["station_supply"].values[ours]
        if is_beyond:
            held = np.clip(held, set_c[:, k - 1] - 2.0, set_c[:, k - 1] + 2.0)
        assert set_c[:, k] == pytest.approx(held)
    assert beyond > 0


def test_no_time_and_no_last_plan_leave_the_heating_curves(curves: DailyResult):
    told = summary_of(curves)
    assert told["rung"]["name"] == "curves"
    whys = {one["rung"]: one["why"]["key"] for one in told["rung"]["tried"]}
    assert whys == {"fresh": "ladder.time_up", "rolled": "ladder.time_up"}
    assert told["quality"] == "red"
    assert told["solver"]["status"] == "failed"
    assert no_child_is_left()


@pytest.mark.parametrize("name", ["rolled", "curves"])
def test_what_is_published_without_a_search_is_audited_and_labelled(name, request):
    result = request.getfixturevalue(name)
    assert result.plan.audit.passed, [f for f in result.plan.audit.findings if not f.passed]
    assert verify_run(result.folder).passed
    mark = say(f"ladder.reason_{name}", reason="")
    for table in ("setpoints_sources.csv", "setpoints_stations.csv"):
        rows = (result.folder / table).read_text(encoding="utf-8").splitlines()[1:]
        assert all(mark.strip() in row for row in rows)
    attrs = read_plan(result.folder / "plan.nc").attrs
    assert attrs["rung"] == name
    assert attrs["rung_reason"] == result.plan.rung.reason.text


def test_a_failed_rung_gives_the_same_bytes_again(town: Town, curves: DailyResult, tmp_path):
    request = asked(town.case, tmp_path / "runs", budget_s=NO_TIME_S)
    again = run_daily(request, lambda _: None)
    for path in curves.folder.iterdir():
        if path.name != "run_log.json":
            assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name


def test_the_next_run_goes_on_from_the_curves(town: Town, curves: DailyResult):
    runs = curves.folder.parent.parent
    later = run_daily(asked(town.case, runs, now=MORNING + timedelta(hours=1)), lambda _: None)
    assert later.plan.rung.name is RungName.FRESH
    assert later.plan.verdict.quality is Quality.AMBER  # for the climate's weather alone
    assert {one.key for one in later.plan.verdict.reasons} == {"weather.note_climate_used"}
    notes = [one for one in later.plan.verdict.notes if one.key == "daily.state_from_last"]
    assert notes[0].values["plan_id"] == curves.plan.plan_id


def test_a_search_out_of_time_publishes_the_best_found(tmp_path):
    """Whole boilers to within nothing: no search proves that, and this one may not even begin."""
    whole = cell("sources.csv", 3, "commitment", "1")
    exact = text("case.toml", "[network]", "[solve]\ngap = 0.0\n\n[network]")
    case = write_small_case(tmp_path / "case", *SPARE_PLATES, TWO_DAYS, ONE_DAY, whole, exact)
    request, watch = asked(case, tmp_path / "runs"), Stopwatch(lambda _: None)
    known = morning_of(look(request, watch), request, watch)
    plan = make_plan(known, request, watch, search=Deadline(0.0)).plan
    assert plan.rung.name is RungName.INCUMBENT
    assert plan.rung.reason.values["gap_pct"] > 0.0
    assert plan.audit.passed
    assert plan.verdict.quality is Quality.AMBER
    assert "daily.not_proven" in [one.key for one in plan.verdict.reasons]


def test_prices_begin_no_round_when_time_is_over():
    """A gap below nothing is never reached: thirty rounds, were it not for the time."""
    inputs = replace(inputs_for(small_case(), constant(0.0)), search=Deadline(0.0))
    found = decomposed_optimum(inputs, tolerance=-1.0, workers=1)
    assert len(found.rounds) == 1
    assert found.outcome.status is SolveStatus.TIME_LIMIT_WITH_PLAN


def test_a_plan_that_the_audit_rejects_gives_way(town: Town, rolled: DailyResult):
    broken = AuditReport((AuditFinding("zone_balance", 1.0, 1e-6, "north"),))
    rejected = Made(MadePlan(replace(town.evening.plan, audit=broken), 1), {})
    held = Made(MadePlan(rolled.plan, 0), {})
    answers = [(RungName.FRESH, rejected), (RungName.ROLLED, held)]
    plan = chosen(answers, ()).made.plan
    assert plan.rung.name is RungName.ROLLED
    assert plan.rung.tried[0].why == Remark("ladder.audit_failed", {"rules": "zone_balance"})
    # Where no rung holds, the plan of this morning is published as what it is.
    answers[1] = (RungName.ROLLED, Made(MadePlan(replace(rolled.plan, audit=broken), 0), {}))
    assert chosen(answers, ()).made.plan.rung.name is RungName.FRESH


# ---- the heating curve ---------------------------------------------------------------------


def test_a_curve_by_hand():
    """At 1 °C and rooms of 20, Q̄ is (20 − 2 − 1)/22.5 = 0.756. Radiators laid out for 75/50 in
    rooms of 18, with 1.2 times the surface and 2.5 times the flow, then take
    20 + 44.5·(0.756/1.2)^(1/1.3) + 12.5·0.756/2.5 = 54.9 °C (F8), and are set to 55.0.
    """
    inputs = inputs_for(small_case(), constant(1.0))
    found = curves_c(inputs, weather_of(inputs.grid, constant(1.0)))
    row = list(inputs.stations.ids).index("N1.low")
    assert found[row] == pytest.approx(np.full(inputs.grid.blocks, 55.0))


def test_curves_move_no_faster_than_stations_may():
    inputs = inputs_for(small_case(), constant(1.0))
    before = np.full(len(inputs.stations.ids), 45.0)
    stations = replace(inputs.stations, setpoint_before_c=before)
    found = curves_c(replace(inputs, stations=stations), weather_of(inputs.grid, constant(1.0)))
    row = list(inputs.stations.ids).index("N1.low")
    assert found[row, :7] == pytest.approx([47, 49, 51, 53, 55, 55, 55])


def test_heat_that_sources_lack_is_taken_off_all_alike():
    """With 12 MW less than the town needs rooms cool, and no balance or limit breaks."""
    case = small_case()
    sources = tuple(
        one.model_copy(update={"max_output_mw": 6.0, "min_output_mw": 2.0})
        if one.source_id == "boiler_1"
        else one
        for one in case.sources
    )
    short = case.model_copy(update={"sources": sources})
    inputs = inputs_for(short, constant(-10.0))
    schedule = curves_plan(inputs, weather_of(inputs.grid, constant(-10.0)), None, "t").schedule
    failed = [f.rule for f in audit(schedule).findings if not f.passed and not f.soft]
    assert failed == []
    assert float(schedule["station_indoor"].values.min()) < 18.0


# ---- processes -----------------------------------------------------------------------------


def _plan_and_hang(line) -> str:
    line.send(Made("without cures", {}))
    time.sleep(300)
    return "with cures"


def test_cures_that_take_too_long_are_left_out():
    budget = TimeBudget(10.0, clock_s())
    end = Deadline(clock_s() + 0.5)
    found = _apart(_plan_and_hang, end, budget, Stopwatch(lambda _: None))
    assert found == Made("without cures", {})
    assert no_child_is_left()


def _hang(_line) -> None:
    time.sleep(300)


def test_a_process_that_hangs_is_ended():
    budget = TimeBudget(4.0, clock_s())
    found = _apart(_hang, budget.until(0.1), budget, Stopwatch(lambda _: None))
    assert found == Remark("ladder.time_up", {"seconds": "0.4", "budget_s": "4"})
    assert no_child_is_left()


def _children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(word) for word in listed.split()]


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_run_that_is_told_to_end_leaves_nothing(town: Town, tmp_path):
    """SIGTERM while the plan is made: its process goes too, nothing is published, no lock held."""
    runs = tmp_path / "runs"
    words = ["daily", str(town.case), "--now", MORNING.isoformat(), "--runs", str(runs)]
    words += ["--store", str(tmp_path / "store")]
    command = [sys.executable, "-m", "scenarios.cli", *words]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if line.strip() == say("daily.done_inputs"):
                break
        children = _children_of(run.pid)
        run.terminate()
        assert run.wait(timeout=30) == 128 + signal.SIGTERM
        assert "Traceback" not in run.stderr.read()
    assert len(children) == 1
    assert not any(_is_alive(child) for child in children)
    assert not list((runs / "small").glob("2026*"))
    with only_run(runs / "small"):
        pass
