"""A short yard in a town's plan: shares, costs, audit, and what the planner reads.

In the small town A (a CHP that makes its power anyway) heats for half of what B's boilers cost, so
it is at the top of its band of 55 to 65 %. Some 220 t a day leave its 6 000.
"""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from plan_inputs_maker import (
    START,
    constant,
    daylight,
    faults_of,
    small_case,
    wave,
    weather_of,
    with_settings,
)

from dispatch.coal_need_remarks import coal_need_notes
from dispatch.day_plan import plan_day
from dispatch.inputs import plan_inputs, with_coal_needs
from dispatch.time_grid import time_grid
from dispatch.tonne_value import CoalNeed

LEVELS_T = (5_500.0, 5_900.0, 6_500.0, 8_000.0)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Inputs and published schedule of a day, after a round trip through its file."""
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=24)
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    weather = weather_of(grid, wave(-2.0, 5.0), constant(3.0), daylight(300.0))
    need = CoalNeed("yard_a", LEVELS_T, 2_000.0, later_burn_t=220.0)
    inputs = plan_inputs(case, grid, weather, None, coal_needs=(need,))
    path = tmp_path_factory.mktemp("run") / "plan.nc"
    plan_day(inputs, None, "short").schedule.to_netcdf(path)
    return inputs, xr.load_dataset(path)


def test_a_short_yard_brings_its_plant_to_the_bottom_of_its_band(short):
    """1 500 yuan/t (three of four levels lack) are 258 yuan a MWh of fuel: A's heat, 0.53 MWh of
    fuel, becomes dearer by 137 yuan, B's not. 26 days before the yard is empty.
    """
    _, schedule = short
    assert faults_of(schedule) == []
    assert schedule["plant_share"].values[0] == pytest.approx(0.55, abs=0.005)
    left_t = float(schedule["yard_stock"].values[0, -1])
    assert left_t > 5_700
    left_t += float(schedule["yard_added_later"].values[0])
    expected_yuan = 2_000 * np.maximum(np.array(LEVELS_T) - left_t, 0.0).mean()
    assert schedule["cost"].sel(cost_term="coal_need").item() == pytest.approx(expected_yuan)
    assert schedule["yard_coal_price"].values[0] == pytest.approx(1_500, rel=1e-3)


def test_the_planner_reads_who_gives_way_and_why(short):
    inputs, schedule = short
    (note,) = coal_need_notes(inputs, schedule)
    later_t = float(schedule["yard_added_later"].values[0])
    missing_t = round(8_000 - float(schedule["yard_stock"].values[0, -1]) - later_t)
    assert f"yard_a: up to {missing_t} t may be missing" in note.text
    assert "75 % likely" in note.text
    assert "plant A gives 55" in note.text
    assert "up to 65" in note.text


def test_a_need_without_effect_on_shares_says_so_little(short):
    """The same plan, had the worth been 200 yuan/t: A would still be the cheaper one."""
    inputs, schedule = short
    cheap = schedule.copy(deep=True)
    cheap["yard_coal_price"].values[0] = 200.0
    (note,) = coal_need_notes(inputs, cheap)
    assert note.key == "daily.coal_need"
    assert note.values["worth_yuan"] == 200
    unpriced = schedule.copy(deep=True)
    unpriced["yard_coal_price"].values[:] = np.nan  # a search for whole units gives no prices
    (note,) = coal_need_notes(inputs, unpriced)
    assert note.values["worth_yuan"] == 1_500


def test_needs_that_move_nothing_are_not_worth_a_word(short):
    """Met by far, or lacking at a price that nobody would change a plan for."""
    inputs, schedule = short
    need = inputs.coal_needs[0]
    for other in (replace(need, levels_t=(10.0, 20.0)), replace(need, yuan_per_t=19.0)):
        assert coal_need_notes(with_coal_needs(inputs, [other]), schedule) == []
    (note,) = coal_need_notes(inputs, schedule)
    assert note.key == "daily.coal_need_shares"
