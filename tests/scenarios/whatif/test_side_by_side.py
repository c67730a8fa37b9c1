"""Variants planned side by side: the same as alone, in order, and nobody's death is another's."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from cut_case import base, request

from dispatch.own_process import Lost, OwnProcess, Said
from dispatch.plan_netcdf import to_netcdf
from scenarios.whatif.changes.weather import TemperatureShift
from scenarios.whatif.edit import with_case
from scenarios.whatif.outcome import BASE, Outcome, Unplanned, Variant
from scenarios.whatif.plan_variant import outcome_of
from scenarios.whatif.result_cache import ResultCache
from scenarios.whatif.side_by_side import PlanningStopped, planned_all


def shifted(by_k: float) -> Variant:
    name = f"shift_k={by_k:g}"
    changed = TemperatureShift(shift_k=by_k).applied(base())
    return Variant(name, f"{by_k:g} K", changed, {"shift_k": by_k})


BASE_VARIANT = Variant(BASE, "As it is", base())


def impossible() -> Variant:
    """A case without the plant that mains begin at."""
    plant = base().case.sources[0].plant_id
    left = tuple(row for row in base().case.sources if row.plant_id != plant)
    return Variant("no plant", "Without a plant", with_case(base(), sources=left))


class Heard:
    """Progress that is written down; `act` is what happens while processes are at work."""

    def __init__(self, act=lambda _: None):
        self.all, self._act = [], act

    def done(self, done):
        self.all.append(done)

    def waiting(self):
        self._act(self)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return ResultCache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def planned(cache):
    """Four variants by two processes, and what was heard of them."""
    heard = Heard()
    again = replace(shifted(-3), name="again", title="The same once more")
    asked = [BASE_VARIANT, shifted(-3), impossible(), again]
    return planned_all(asked, request(), workers=2, cache=cache, progress=heard), heard


@pytest.fixture
def no_process_left():
    yield
    assert multiprocessing.active_children() == []


def test_results_come_in_the_order_asked_under_their_names(planned):
    results, heard = planned
    assert [one.name for one in results] == [BASE, "shift_k=-3", "no plant", "again"]
    assert results[1].values == {"shift_k": -3.0}
    assert results[3].schedule is results[1].schedule  # planned once
    assert heard.all[-1].count == heard.all[-1].total == 4
    assert not any(done.remembered for done in heard.all)


def test_side_by_side_is_the_same_as_alone(planned):
    """To the last byte: else a comparison would show what the machine was busy with."""
    alone = outcome_of(BASE_VARIANT, request())
    beside = planned[0][0]
    assert to_netcdf(beside.schedule) == to_netcdf(alone.schedule)
    assert beside.case == base().case
    for name in ("quality", "reasons", "notes", "shortage", "solve", "audit"):
        assert getattr(beside, name) == getattr(alone, name), name
    assert beside.outlook.equals(alone.outlook)


def test_a_case_that_cannot_be_is_told_and_costs_the_others_nothing(planned):
    results, _ = planned
    assert isinstance(results[2], Unplanned)
    assert results[2].why[0].startswith("The case as changed does not fit together")
    assert any("links.csv" in line for line in results[2].why)
    assert isinstance(results[0], Outcome)


def test_a_repeated_question_is_answered_without_planning(planned, cache, no_process_left):
    """With one process at work at any time it would not be."""

    def nobody_works(_):
        pytest.fail("a process is planning")

    first, _ = planned
    heard = Heard(nobody_works)
    asked = [BASE_VARIANT, replace(shifted(-3), title="Other words")]
    found = planned_all(asked, request(), cache=cache, progress=heard)
    assert [done.remembered for done in heard.all] == [True, True]
    assert found[0].schedule.identical(first[0].schedule)
    assert found[1].title == "Other words"


def test_a_killed_process_loses_its_variant_alone(planned, cache, no_process_left):
    """As the kernel kills for want of memory; else all would wait for it for ever."""

    def kill_the_second(heard):
        if len(heard.all) == 1:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)

    asked, heard = [BASE_VARIANT, shifted(-1), shifted(-2)], Heard(kill_the_second)
    known, lost, got = planned_all(asked, request(), workers=1, cache=cache, progress=heard)
    assert isinstance(known, Outcome)
    assert isinstance(lost, Unplanned)
    assert "ended before its time (code -9)" in lost.why[0]
    assert isinstance(got, Outcome)


@pytest.fixture
def set_back():
    """What is to be set back when a test ends."""
    with ExitStack() as later:
        yield later


def test_ctrl_c_ends_all_processes_and_keeps_what_is_ready(
    planned, cache, no_process_left, set_back
):
    def interrupt(_):
        os.kill(os.getpid(), signal.SIGINT)

    # A shell that starts the tests in the background has them ignore this signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    set_back.callback(signal.signal, signal.SIGINT, before)
    asked = [BASE_VARIANT, shifted(-4), shifted(-5)]
    with pytest.raises(PlanningStopped, match="1 of 3 plans were ready and are kept"):
        planned_all(asked, request(), workers=2, cache=cache, progress=Heard(interrupt))
    with pytest.raises(PlanningStopped, match="none is kept"):
        planned_all(asked[1:], request(), workers=2, progress=Heard(interrupt))


def test_nothing_asked_nothing_planned():
    assert planned_all([], request()) == ()


# ---- processes -----------------------------------------------------------------------------


def answer_of(work):
    process = OwnProcess.started(work)
    try:
        while (answer := process.answer()) is None:
            time.sleep(0.01)
        return answer
    finally:
        process.end()


def failing():
    raise RuntimeError("of ours\nsecond line")


def test_an_answer_larger_than_a_pipe_comes_whole():
    assert answer_of(lambda: b"x" * 5_000_000) == Said(b"x" * 5_000_000)


def test_a_fault_of_ours_is_a_sentence_with_its_place(capfd):
    answer = answer_of(failing)
    assert isinstance(answer, Lost)
    assert "RuntimeError: of ours; " in answer.why
    assert "test_side_by_side.py:" in answer.why
    assert capfd.readouterr().err == ""


ORPHAN = """
import os
import time
from dispatch.own_process import OwnProcess

os.register_at_fork(after_in_child=lambda: time.sleep({late_s}))
process = OwnProcess.started(lambda: time.sleep(300))
print(process.process.pid, flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("late_s", [0.0, 0.5])  # it may begin when its parent is gone already
def test_processes_do_not_outlive_a_killed_parent(late_s):
    """Each would go on for minutes at full load, and nobody would know whose it is."""
    program = ORPHAN.format(late_s=late_s)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + 10.0
    while _is_alive(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        with Path(f"/proc/{pid}/stat").open(encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
