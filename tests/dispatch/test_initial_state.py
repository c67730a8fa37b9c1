"""Where a plan starts: the last plan's state, matched moment by moment, or settled and said so."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dispatch.initial_state import STATE_HOURS, Known, last_steps, read_state
from tests.daily_runs import EVENING, PublishedRun, assert_usable, latest, plan_small

START = EVENING + timedelta(minutes=20)  # of the run that is read
HOUR = timedelta(hours=1)


def damaged(runs: Path, run: PublishedRun, content: bytes) -> Path:
    """Put `content` in place of the newest run's state; return that run's folder."""
    folder = latest(runs, run.case)
    (folder / "state.json").write_bytes(content)
    return folder


# ---- reading -------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0, 1, 24, 35])
def test_the_state_is_that_of_the_new_start(small_green: PublishedRun, hours: int):
    """Rooms at a moment are those at the end of the step before it."""
    last = read_state(small_green.folder, START + hours * HOUR).last
    assert last is not None
    schedule = small_green.schedule
    indoor = schedule["station_indoor_before"].values
    stock = schedule["yard_stock_before"].values
    if hours:
        indoor = schedule["station_indoor"].values[:, hours - 1]
        stock = schedule["yard_stock"].values[:, hours - 1]
    assert last.indoor_c.values[:, 0] == pytest.approx(indoor, abs=1e-6)
    assert last.stock_t.values[:, 0] == pytest.approx(stock, abs=1e-5)
    assert last.source_heat_mw.hours[0] == pytest.approx(-hours)


@pytest.mark.parametrize(
    "moment",
    [START + STATE_HOURS * HOUR, START + 90 * HOUR, START + 30 * 24 * HOUR],
)
def test_a_moment_outside_its_span_is_said(small_green: PublishedRun, moment: datetime):
    found = read_state(small_green.folder, moment)
    assert found.last is None
    assert found.remark.key == "daily.state_does_not_fit"
    assert str(small_green.summary["plan_id"]) in found.remark.text


def test_a_plan_of_later_days_is_no_last_plan(small_green: PublishedRun):
    """After a training plan for 15 January, the first plan of November starts without a word."""
    found = read_state(small_green.folder, START - HOUR)
    assert (found.last, found.remark.key) == (None, "daily.state_none")


def test_a_moment_between_its_steps_is_said(small_green: PublishedRun):
    """Hourly states say nothing of half past."""
    found = read_state(small_green.folder, START + timedelta(minutes=90))
    assert found.remark.key == "daily.state_does_not_fit"


def test_no_state_is_no_damage(tmp_path: Path):
    assert read_state(tmp_path, START).remark.key == "daily.state_none"


Change = Callable[[dict], object]
CHANGES: dict[str, Change] = {
    "another schema": lambda state: state.update(schema="heat-dispatch/summary"),
    "a later version": lambda state: state.update(version=2),
    "no times": lambda state: state.pop("time"),
    "times that are numbers": lambda state: state.update(time=[1, 2, 3]),
    "times without a zone": lambda state: state.update(time=["2026-01-15T00:00:00"]),
    "no tables": lambda state: state.pop("tables"),
    "tables that are a list": lambda state: state.update(tables=[]),
    "no rooms": lambda state: state["tables"].pop("indoor_c"),
    "a short row": lambda state: state["tables"]["indoor_c"]["rows"][0].pop(),
    "a lost row": lambda state: state["tables"]["source_heat_mw"]["rows"].pop(),
    "a word for a number": lambda state: state["tables"]["stock_t"]["rows"][0].insert(0, "x"),
    "no ids": lambda state: state.update(ids={}),
    "ids that are null": lambda state: state.update(ids=None),
    "no step": lambda state: state.update(step_h=None),
    "a time twice": lambda state: state["time"].insert(0, state["time"][0]),
    "stocks that are a number": lambda state: state.update(stock_in_file_t=3),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_state_is_damage_not_a_fault(
    small_runs: Path, small_green: PublishedRun, name: str
):
    state = json.loads((small_green.folder / "state.json").read_text("utf-8"))
    CHANGES[name](state)
    folder = damaged(small_runs, small_green, json.dumps(state).encode())
    found = read_state(folder, START)
    assert found.last is None
    assert found.remark.key == "daily.state_damaged"
    assert "state.json" in found.remark.text


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"3", b'"x"', b"\xff\xfe\x00", b"[" * 100_000]
)
def test_what_is_no_state_is_damage_not_a_fault(
    small_runs: Path, small_green: PublishedRun, content: bytes
):
    folder = damaged(small_runs, small_green, content)
    assert read_state(folder, START).remark.key == "daily.state_damaged"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_state_is_damage(small_runs: Path, small_green: PublishedRun):
    folder = latest(small_runs, small_green.case)
    (folder / "state.json").chmod(0)
    assert read_state(folder, START).remark.key == "daily.state_damaged"


# ---- planning from it ----------------------------------------------------------------------


def test_a_damaged_state_still_gives_a_plan(
    tmp_path: Path, small_runs: Path, small_green: PublishedRun
):
    damaged(small_runs, small_green, b'{"schema": "heat-dispatch/state", "ver')
    run = plan_small(tmp_path, now=EVENING + 24 * HOUR, runs=small_runs)
    assert_usable(run)
    assert run.reason_keys == ["daily.state_damaged"]
    assert run.quality == "amber"


def test_a_state_that_has_run_out_is_carried_on(tmp_path: Path, small_runs: Path):
    run = plan_small(tmp_path, now=EVENING + 96 * HOUR, runs=small_runs)
    assert_usable(run)
    assert run.reason_keys == ["daily.state_bridged_far"]
    assert run.quality == "amber"
    assert run.summary["start"]["bridged_h"] == 48.0


# ---- values by id and moment ---------------------------------------------------------------

KNOWN = Known(("a", "b"), np.array([-8.0, -4.0, 0.0]), np.array([[1.0, 2, 3], [4, 5, 6]]))


def test_rows_of_an_unknown_id_are_unknown():
    rows = KNOWN.rows(["b", "new"])
    assert rows[0].tolist() == [4, 5, 6]
    assert np.isnan(rows[1]).all()


def test_what_stands_at_a_moment_is_the_latest_before_it():
    """Blocks of 4 h from −8 h on: nothing is known before −8 h and from +4 h on."""
    found = KNOWN.running_at(["a"], np.array([-9.0, -8, -6, -4, 0, 3.9, 4]), 4.0)[0]
    assert found[1:6].tolist() == [1, 1, 2, 3, 3]
    assert np.isnan(found[[0, 6]]).all()


def test_means_are_over_what_has_been():
    assert KNOWN.means(["a", "b"], -8.0, 4.0).tolist() == [1.5, 4.5]
    assert np.isnan(KNOWN.means(["a"], -24.0, -12.0)).all()


def test_steps_before_the_first_known_are_like_it():
    """Five steps of 4 h back from now; known are −8 and −4 h."""
    found = last_steps(KNOWN, "a", 4.0, 5)
    assert found is not None
    assert found.tolist() == [1, 1, 1, 1, 2]
    assert last_steps(KNOWN, "new", 4.0, 5) is None
