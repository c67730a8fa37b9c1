"""Faults of one sensor: ranges, doubles, spikes, frozen values."""

import numpy as np
import pandas as pd
import pytest

from forecasts.telemetry.readings import Action
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, of, planted, rows

ONE = "S001.1"


def test_what_no_sensor_can_mean_is_left_out(pair):
    """Three readings of 6 553.5 °C; kept, the mean of their hour would be above 1 000 °C."""
    where = rows(pair.readings, ONE, "sec_sup_t", hours=(50.0, 50.75))
    result = cleaned(planted(pair.readings, where, lambda _: 6553.5), DAYS)
    (done,) = of(result, ONE, Action.OUT_OF_RANGE)
    assert (done.readings, done.first, done.last) == (3, at(50), at(50.5))
    assert float(result.record["sec_sup_t"].sel(id=ONE).max()) < 80


def test_the_last_written_of_two_readings_stays(pair):
    """A frame sent again with 40.0 in place of what was read first."""
    where = rows(pair.readings, ONE, "sec_sup_t", hours=(50.0, 51.0))
    again = pair.readings[where].assign(value=40.0)
    both = pd.concat([pair.readings, again]).sort_values(
        ["id", "point", "sensor", "time"], kind="stable", ignore_index=True
    )
    result = cleaned(both, DAYS)
    assert sum(one.readings for one in of(result, ONE, Action.DUPLICATE)) == 4
    assert float(result.record["sec_sup_t"].sel(id=ONE)[50]) == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("point", "by"), [("sec_sup_t", 18.0), ("pri_ret_t", -16.0), ("out_t", 12.0)]
)
def test_a_single_reading_far_off_is_a_spike(pair, point, by):
    """Kept, it would move the mean of its hour by a quarter of it."""
    where = rows(pair.readings, ONE, point, hours=(100.0, 100.25))
    result = cleaned(planted(pair.readings, where, lambda value: value + by), DAYS)
    (done,) = of(result, ONE, Action.SPIKE, point)
    assert (done.readings, done.first) == (1, at(100))
    untouched = cleaned(pair.readings, DAYS).record[point].sel(id=ONE)[100]
    assert float(result.record[point].sel(id=ONE)[100]) == pytest.approx(float(untouched), abs=0.5)


def test_a_frame_of_zeros_is_no_stop_of_the_station(pair):
    """All points at 0 in one frame: felt by all, and yet no water cools so."""
    points = ("pri_sup_t", "pri_ret_t", "sec_sup_t", "sec_ret_t", "pri_flow", "sec_flow")
    where = rows(pair.readings, ONE, *points, hours=(100.0, 100.25))
    result = cleaned(planted(pair.readings, where, lambda _: 0.0), DAYS)
    assert {one.point for one in of(result, ONE, Action.SPIKE)} == set(points)


@pytest.mark.parametrize("point", ["sec_sup_t", "sec_ret_t", "pri_sup_t", "pri_ret_t", "pri_flow"])
def test_a_value_that_stands_while_the_station_moves_is_frozen(pair, point):
    """Twelve hours of one value; the first reading may be true and stays."""
    where = rows(pair.readings, ONE, point, hours=(60.0, 72.0))
    result = cleaned(planted(pair.readings, where, lambda value: value[0]), DAYS)
    (done,) = of(result, ONE, Action.FROZEN, point)
    assert 46 <= done.readings <= 48
    assert at(60) < done.first <= at(60.5)
    hours = result.record[point].sel(id=ONE).values[61:72]
    assert np.isnan(hours).all()


def test_what_may_stand_still_is_no_fault(pair):
    """Valve at 100 %, pump at 50 Hz, a flow of zero where the station is shut, for ten days."""
    readings = planted(pair.readings, rows(pair.readings, ONE, "valve_pct"), lambda _: 100.0)
    readings = planted(readings, rows(readings, ONE, "pump_hz"), lambda _: 50.0)
    result = cleaned(readings, DAYS)
    assert not of(result, ONE, Action.FROZEN)
    assert not of(result, "S006.1", Action.FROZEN)


def test_a_supply_held_by_its_controller_may_stand_for_hours(pair):
    """A new order every four hours, kept to within a digit while the return moves on."""
    rng = np.random.default_rng(5)

    def held(value):
        order = np.repeat(value[::16].round(0), 16)[: value.size]
        return order + 0.1 * (rng.uniform(size=value.size) < 0.1)

    readings = planted(pair.readings, rows(pair.readings, ONE, "sec_sup_t"), held)
    assert not of(cleaned(readings, DAYS), ONE, Action.FROZEN, "sec_sup_t")
