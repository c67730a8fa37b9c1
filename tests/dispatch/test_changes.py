"""What changed since the last plan, in hand-worked figures.

The example plan starts at 06:00: its blocks begin at hours 0, 2, 6, 10, … after it. The last
plan's blocks began at −2, 2, 6 and 10, so both speak of the blocks at 0, 2, 6 and 10.
"""

import numpy as np
import pytest
from example_plan import example_schedule

from dispatch.changes import changes_since, hours_after_start
from dispatch.initial_state import Known, LastPlan

BLOCKS_H = np.array([-2.0, 2.0, 6.0, 10.0])
NOTHING = Known((), np.array([0.0]), np.empty((0, 1)))


def last_plan(supply_c=None, heat_mw=None, steps_h=(0.0, 1.0, 2.0, 3.0), blocks_h=BLOCKS_H):
    """A last plan that knows these setpoints by block and heats by step; same as now if None."""
    supply = supply_c or {"S1.L1": [50.0] * 4, "S2.L1": [70.0] * 4}
    heat = heat_mw or {"A1": [60, 62, 60, 60], "B1": [40] * 4, "B2": [0] * 4}

    def known(rows, hours):
        return Known(tuple(rows), np.array(hours), np.array(list(rows.values()), dtype=float))

    return LastPlan(
        plan_id="yesterday",
        step_h=1.0,
        block_h=4.0,
        indoor_c=NOTHING,
        stock_t=NOTHING,
        stock_in_file_t={},
        source_heat_mw=known(heat, steps_h),
        source_units_on=NOTHING,
        link_sent_mw=NOTHING,
        station_heat_kw=NOTHING,
        station_supply_c=known(supply, blocks_h),
        plant_supply_c=NOTHING,
    )


def said(last, schedule=None):
    """Remarks as (key, figures)."""
    found = changes_since(last, example_schedule() if schedule is None else schedule)
    return [(remark.key, dict(remark.values)) for remark in found]


def test_without_a_last_plan_nothing_is_said():
    assert changes_since(None, example_schedule()) == ()


def test_the_same_plan_says_that_nothing_moves():
    assert said(last_plan()) == [("daily.setpoints_same", {"plan_id": "yesterday"})]


def test_figures_of_moved_setpoints():
    """2 of 8 setpoints rise by 2 K: 25 %, 0.5 K on average over all, 2 K at most. The last plan's
    fourth block ends at hour 14; were it taken to go on, more than eight would be compared.
    """
    (found,) = said(last_plan({"S1.L1": [50.0, 50.0, 48.0, 48.0], "S2.L1": [70.0] * 4}))
    figures = {"plan_id": "yesterday", "changed_pct": 25, "mean_k": 0.5, "most_k": 2.0}
    assert found == ("daily.setpoints_changed", figures)


def test_a_fall_has_its_sign_and_the_most_has_none():
    """One of 8 from 58 to 50 °C: −1 K on average, 8 K at most."""
    (found,) = said(last_plan({"S1.L1": [58.0, 50.0, 50.0, 50.0], "S2.L1": [70.0] * 4}))
    assert found[1] == {"plan_id": "yesterday", "changed_pct": 12, "mean_k": -1.0, "most_k": 8.0}


def test_the_running_block_is_held_against_itself():
    """At 06:00 the last plan's block of 04:00 still runs: its 48 °C are what changed, not 50."""
    (found,) = said(last_plan({"S1.L1": [48.0, 50.0, 50.0, 50.0], "S2.L1": [70.0] * 4}))
    assert found[1]["most_k"] == 2.0


@pytest.mark.parametrize(("before_c", "changed"), [(49.5, True), (49.6, False), (50.4, False)])
def test_half_a_kelvin_is_the_least_worth_saying(before_c, changed):
    """A published setpoint's step; less is rounding."""
    key = said(last_plan({"S1.L1": [before_c] * 4, "S2.L1": [70.0] * 4}))[0][0]
    assert (key == "daily.setpoints_changed") is changed


def test_stations_run_by_others_are_not_set_by_us():
    """S3 goes from 60 to 46.3 °C by its own curve: no change of ours."""
    last = last_plan({"S1.L1": [50.0] * 4, "S2.L1": [70.0] * 4, "S3.L1": [60.0] * 4})
    assert said(last) == [("daily.setpoints_same", {"plan_id": "yesterday"})]


def test_a_station_the_last_plan_did_not_know_is_no_change():
    """S2 is new: half of S1's four setpoints, not of eight, moved."""
    (found,) = said(last_plan({"S1.L1": [50.0, 50.0, 48.0, 48.0]}))
    assert found[1]["changed_pct"] == 50


def test_a_plan_of_other_days_has_nothing_to_compare():
    """It ended before this one begins: neither the same nor changed."""
    assert said(last_plan(steps_h=(-9, -8, -7, -6), blocks_h=BLOCKS_H - 20)) == []


# ---- sources -----------------------------------------------------------------------------


def sources_said(heat_mw, **more):
    return [figures for key, figures in said(last_plan(None, heat_mw, **more)) if "source" in key]


def test_mean_heat_over_the_hours_of_both_plans():
    """A1 60, 62, 60, 60 MW against 55: 60.5. Over all its hours it would be 60.05."""
    (found,) = sources_said({"A1": [55] * 4, "B1": [40] * 4, "B2": [0] * 4})
    assert found == {"source": "A1", "before_mw": 55.0, "mw": 60.5}


def test_hours_before_the_start_are_over():
    """It made 90 MW until the start, 60 since: no change ahead but the 0.7 MW of hour 1."""
    assert sources_said({"A1": [90, 60, 60, 60]}, steps_h=(-1.0, 0.0, 1.0, 2.0)) == []


@pytest.mark.parametrize(("before_mw", "count"), [(39.0, 1), (41.0, 1), (39.1, 0), (40.9, 0)])
def test_less_than_a_megawatt_is_not_worth_saying(before_mw, count):
    assert len(sources_said({"B1": [before_mw] * 4})) == count


def test_a_boiler_that_stops_is_said():
    """B2 was to give 20 MW and is off now."""
    (found,) = sources_said({"A1": [60, 62, 60, 60], "B2": [20] * 4})
    assert found == {"source": "B2", "before_mw": 20.0, "mw": 0.0}


def test_hours_are_counted_from_the_first_step():
    schedule = example_schedule()
    hours = hours_after_start(schedule, schedule["block_start"].values)
    assert hours[:4].tolist() == [0, 2, 6, 10]
