"""A newcomer's session with the real commands: list, one run, one sweep, one scenario of one's own.

On a small town, so that it takes seconds. The first run and one question that cannot be asked are
processes of their own, as a newcomer's are; all else is the same command called in this process,
which spares three seconds of imports each time.
"""

import contextlib
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_case import write_small_case

from tests.daily_runs import heat_dispatch_here

ROOT = Path(__file__).parents[2]
NOW = "2026-01-15T05:30"
REMEMBERED = "known from an earlier run"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with a small town in it, horizon and look-ahead cut to a day each."""
    folder = tmp_path_factory.mktemp("desk")
    write_small_case(folder / "town")
    settings = folder / "town" / "case.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("horizon_h = 72", "horizon_h = 24\nlook_ahead_h = 24"), encoding="utf-8"
    )
    return folder


def process(desk, *words, **environment):
    """The real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "scenario", *words],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def command(desk, *words):
    """The same command in this process."""
    with contextlib.chdir(desk):
        return heat_dispatch_here("scenario", *words)


ASKED = ("run", "snow-and-boiler", "town", "--now", NOW)


@pytest.fixture(scope="module")
def first_run(desk):
    """The first run of all, by a process of its own: nothing is remembered."""
    return process(desk, *ASKED, "--json")


def test_the_list_names_every_scenario(desk):
    done = command(desk, "list")
    assert done.returncode == 0
    for name in ("cold-wave", "largest-source-out", "share-5-5", "coal-late-7", "retrofit"):
        assert name in done.stdout


def test_one_run_answers_first_and_leaves_files(desk, first_run):
    assert first_run.returncode == 0, first_run.stderr
    folder = desk / "scenario_runs" / "small" / "snow-and-boiler"
    names = {path.name for path in folder.iterdir()}
    assert {"comparison.csv", "comparison.json", "comparison.nc", "report.html"} <= names
    assert "Traceback" not in first_run.stderr


def test_the_same_again_is_remembered_and_says_the_same(desk, first_run):
    """Asked again, both plans are at hand, and the answer is that of the process that planned."""
    again = command(desk, *ASKED, "--json")
    assert REMEMBERED not in first_run.stderr
    assert again.stderr.count(REMEMBERED) == 2
    assert first_run.stdout == again.stdout
    assert json.loads(again.stdout)["schema"].startswith("heat-dispatch/")


def test_one_sweep_draws_its_curve(desk):
    """Warmer rooms take more heat: the curve climbs."""
    asked = ("run", "comfort-target", "town", "--now", NOW, "--sweep", "target_c=20:22:1")
    done = command(desk, *asked)
    assert done.returncode == 0, done.stderr
    folder = desk / "scenario_runs" / "small" / "comfort-target"
    assert (folder / "sweep.png").stat().st_size > 5_000
    for value in ("20", "21", "22"):
        assert value in done.stdout


def test_one_scenario_of_ones_own(desk):
    """Made after another, edited, run by its name; what is misspelt is told with file and key."""
    made = command(desk, "new", "our-monday", "--like", "storm-wind")
    assert made.returncode == 0
    path = desk / "my_scenarios" / "our-monday.toml"
    text = path.read_text(encoding="utf-8").replace("added_m_per_s = 8", "added_m_per_s = 99")
    path.write_text(text, encoding="utf-8")
    wrong = command(desk, "run", "our-monday", "town", "--now", NOW)
    assert wrong.returncode == 2
    assert "our-monday.toml, change[1].added_m_per_s: is 99" in wrong.stderr
    path.write_text(text.replace("added_m_per_s = 99", "added_m_per_s = 6"), encoding="utf-8")
    right = command(desk, "run", "our-monday", "town", "--now", NOW)
    assert right.returncode == 0, right.stderr
    twice = command(desk, "new", "our-monday")
    assert twice.returncode == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "cold-wave", "atlantis"), "zaozhuang"),
        (("run", "tie-out", "town"), "no main from zone to zone"),
        (("run", "cold-wave", "town", "--set", "depth=3"), "cold_wave.depth_k"),
        (("run", "cold-wave", "town", "--set", "depth_k"), "cold_wave.depth_k=12"),
        (("run", "cold-wave", "town", "--sweep", "depth_k=5"), "target_c=18:22:0.5"),
        (("run", "cold-wave", "town", "--sweep", "depth_k=5:80:25"), "depth_k=55"),
        (("compare", "cold-wave", "mass-opening", "--case", "town"), "--now"),
        (("unforeseen", "unit-trip", "town", "--now", NOW), "nothing of the weather"),
        (("unforeseen", "cold-wave", "town", "--replan", "often"), "24,12,6"),
        (("new", "über"), "snow-and-boiler"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_cure(desk, words, told):
    done = command(desk, *words)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_name_is_told_with_the_one_that_is_meant(desk):
    """As a process: the exit code and the words are what a shell or a timer sees.

    Nor does it wait for what only planning needs, a second of imports.
    """
    done = process(desk, "run", "cold-wav", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 2
    assert "cold-wave" in done.stderr
    assert "Traceback" not in done.stderr
    for library in ("pyomo", "highspy", "scipy.optimize", "matplotlib", "sklearn"):
        assert library not in done.stderr


def test_what_it_costs_when_the_forecast_did_not_see_it(desk):
    """The plan that knew keeps flats legal in a front of 10 K; setpoints held do not."""
    front = ("--set", "from_h=2", "--set", "fall_h=6", "--sure", "2", "--fades", "2")
    asked = ("unforeseen", "cold-wave", "town", "--now", NOW, *front, "--replan", "12")
    done = command(desk, *asked, "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    knew, held, anew = json.loads(done.stdout)
    assert [one["plans"] for one in (knew, held, anew)] == [1, 1, 2]
    assert knew["cold"]["homes"] == 0
    assert held["cold"]["homes"] > 0
    assert held["cold"]["coldest_flat_c"] < anew["cold"]["coldest_flat_c"] < 18
    folder = desk / "scenario_runs" / "small" / "cold-wave" / "unforeseen"
    assert (folder / "unforeseen.json").read_text(encoding="utf-8") == done.stdout
    with (folder / "hours.csv").open(encoding="utf-8") as stream:
        hours = list(csv.DictReader(stream))
    hoped, came = (
        [float(hour[name]) for hour in hours]
        for name in ("outdoor_first_forecast_c", "outdoor_came_c")
    )
    assert hoped[:2] == came[:2]  # 2 h are seen
    off_k = [one - other for one, other in zip(came, hoped, strict=True)]
    assert min(off_k) == pytest.approx(-10.0, abs=0.01)
    mean_mw = sum(float(hour["held_heat_mw"]) for hour in hours) / len(hours)
    assert mean_mw * 24 == pytest.approx(held["heat_mwh"], rel=1e-4)


def test_a_folder_that_takes_no_files_is_told_before_the_planning(desk):
    """Not after minutes of it."""
    (desk / "taken").mkdir()
    (desk / "taken" / "small").write_text("a file where a folder belongs", encoding="utf-8")
    done = command(desk, "unforeseen", "cold-wave", "town", "--now", NOW, "--out", "taken")
    assert done.returncode == 1
    assert "taken/small" in done.stderr
    assert "--out" in done.stderr
    assert "knew" not in done.stderr  # no policy was lived through


def test_a_drill_leaves_a_page_for_the_binder(desk):
    """Without its boiler somebody in a small town is cold on the coldest days; it says who."""
    done = command(desk, "drill", "town", "--only", "boiler_1", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "boiler_1" in done.stdout
    page = desk / "scenario_runs" / "small" / "drills" / "drills.html"
    assert "boiler_1" in page.read_text(encoding="utf-8")
    wrong = command(desk, "drill", "town", "--only", "boiler_9")
    assert wrong.returncode == 2
    assert "boiler_1" in wrong.stderr
