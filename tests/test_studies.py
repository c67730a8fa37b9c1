"""The studies of `bench/` on the small case: rows of plans joined, and what they cost."""

import numpy as np
import pytest
from plan_inputs_maker import START, daylight, small_case, wave, weather_of, with_settings

from bench.executed import realised_yuan
from bench.report import with_section
from bench.rolled import at_once, inputs_from, last_plan, published, rolled, unrounded
from bench.seams import cut_short, seams, setpoint_moves_k
from dispatch.time_grid import time_grid

DAYS = 2


@pytest.fixture(scope="module")
def case():
    return with_settings(small_case(), "time", horizon_h=48, look_ahead_h=24)


@pytest.fixture(scope="module")
def weather(case):
    long = with_settings(case, "time", horizon_h=168, look_ahead_h=48)
    grid = time_grid(START, long.settings.time, long.settings.timezone)
    return weather_of(grid, wave(-2.0, 3.0), sun=daylight(300.0))


@pytest.fixture(scope="module")
def runs(case, weather):
    """Two days at once, and day by day without and with rounding."""
    return (
        at_once(case, weather, START, DAYS, unrounded),
        rolled(case, weather, START, DAYS, unrounded),
        rolled(case, weather, START, DAYS, published),
    )


def test_rooms_worked_out_anew_are_those_of_the_plans(runs):
    """Each plan starts from the state file of the one before: nothing may jump at midnight."""
    for done in runs:
        assert done.rooms_c() == pytest.approx(done.steps("station_indoor"), abs=1e-4)


def test_nothing_jumps_at_the_seams(runs):
    """Ramps, rooms and stocks go on from plan to plan, and setpoints by 2 K at most."""
    for seam in [*seams(runs[1]), *seams(runs[2])]:
        assert seam.ramp_used <= 1 + 1e-6
        assert seam.rooms_k < 1e-4
        assert seam.stock_t < 1e-4
    assert all(seam.setpoint_k <= 2 + 1e-6 for seam in seams(runs[2]))


def test_costs_are_those_of_the_schedule(runs, case):
    """Fuel by hand: every MWh at the reference price, 132.9 yuan."""
    done = runs[1]
    burnt_mwh = sum(float(span.schedule["source_fuel"].values[:, :24].sum()) for span in done.spans)
    assert case.settings.fuel.minimise == "fuel"
    assert realised_yuan(done)["fuel"] == pytest.approx(burnt_mwh * 3.6 / 29.3076 * 1082)


def test_heat_in_the_mains_is_what_the_next_plan_finds_there(runs):
    """A day's heat lies in the mains for an hour or so; none appears or vanishes at midnight."""
    for done in runs[1:]:
        made = float(done.steps("source_heat").sum())
        assert done.in_mains_mwh() > 0.01 * made
        assert all(abs(seam.mains_mwh) < 1e-6 * made for seam in seams(done))


def test_moves_are_counted_in_blocks_both_plans_have(runs, case, weather):
    first = runs[2].spans[0].schedule
    later = runs[2].spans[0].inputs.grid.at(1.0)
    last = last_plan(first, case, later)
    second = published(inputs_from(case, weather, later, last), last)
    moves = setpoint_moves_k(first, second, 24)
    assert moves.shape[0] == 7  # the running block and six more begin within a day
    assert np.all(moves[0] == 0)  # the running block keeps its setpoint


@pytest.mark.parametrize(
    ("on", "short"),
    [
        ([0, 1, 1, 1, 0, 0, 0], 0.0),  # three hours up, as asked
        ([0, 1, 1, 0, 0, 0, 0], 1.0),  # stops an hour early
        ([1, 0, 1, 1, 1, 1, 1], 1.0),  # back after one of two hours down
    ],
)
def test_a_run_cut_short_is_found(on, short):
    """One boiler with 3 h up and 2 h down."""
    assert cut_short(np.array(on, dtype=float), 1, 3, 2) == short


def test_of_two_boilers_each_keeps_its_time():
    """One starts at 1 and stops at 4, the other at 2 and 5: both ran three hours."""
    on = np.array([0.0, 1, 2, 2, 1, 0, 0])
    assert cut_short(on, 2, 3, 2) == 0
    assert cut_short(on, 2, 4, 2) == 1


def test_a_section_is_replaced_and_the_others_stay():
    page = with_section(with_section(with_section("", "a", "old"), "b", "kept"), "a", "new")
    assert page.count("## a") == page.count("## b") == 1
    assert "old" not in page
    assert page.index("new") < page.index("kept")
