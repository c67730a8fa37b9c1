"""Counters: no energy is lost or made by gaps, new meters, wrong digits and coarse displays."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from forecasts.telemetry.cleaning.counters import counted
from forecasts.telemetry.cleaning.grid import grid_of, power_of_steps
from forecasts.telemetry.cleaning.series import Series, stations_of
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import Action, HeatBasis
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, of, planted, rows, true_heat_kw
from tests.telemetry_maker import Kind, made

ONE = "S001.1"
FIRST = datetime(2026, 1, 5, tzinfo=UTC)


def counter(values, every_min=15, point=Point.HEAT_TOTAL) -> Series:
    times = np.datetime64("2026-01-05", "ns") + np.arange(len(values)) * np.timedelta64(
        every_min, "m"
    )
    return Series("A.1", point, "", times, np.array(values, dtype=float))


def steady(readings=97, gj=1.0, begin=500.0) -> np.ndarray:
    """One GJ a quarter hour: 4 GJ/h."""
    return begin + gj * np.arange(readings)


def gj_per_h(series, step_h=1.0, hours=24):
    found, did = counted(series)
    end = pd.Timestamp(FIRST) + pd.Timedelta(hours=hours)
    return power_of_steps(found, grid_of(FIRST, end.to_pydatetime(), step_h)), did


@pytest.mark.parametrize("step_h", [0.25, 0.5, 1.0])
def test_a_counter_is_differenced(step_h):
    """4 GJ/h whatever the step; the mean of the readings would be some 548."""
    power, did = gj_per_h(counter(steady()), step_h)
    assert power == pytest.approx(4.0)
    assert did == []


def test_energy_is_exact_over_irregular_readings():
    """Readings at odd minutes: 0 to 10 GJ in 50 min, 10 to 16 in 70 min.

    The first hour holds 10 GJ and a seventh of 6, the second the rest; a mean of the two rates,
    or of readings, would not add up to 16.
    """
    times = np.datetime64("2026-01-05", "ns") + np.array([0, 50, 120]) * np.timedelta64(1, "m")
    series = Series("A.1", Point.HEAT_TOTAL, "", times, np.array([0.0, 10.0, 16.0]))
    power, _ = gj_per_h(series, hours=2)
    assert power == pytest.approx([10 + 6 / 7, 6 * 6 / 7])


def test_a_new_meter_costs_one_interval():
    """From 548 to 3: taken as it is, −545 GJ in a quarter hour."""
    values = steady()
    values[49:] = 3.0 + np.arange(values.size - 49)
    power, (done,) = gj_per_h(counter(values), 0.25)
    assert done.action is Action.METER_CHANGED
    assert done.detail == "548 to 3"
    assert np.isnan(power[48])
    assert np.delete(power, 48) == pytest.approx(4.0)


def test_a_counter_that_rolls_over_loses_nothing():
    """99 999 is followed by 0 and 1: one GJ each."""
    power, (done,) = gj_per_h(counter(steady(begin=99_960.0) % 100_000))
    assert (done.action, done.detail) == (Action.METER_CHANGED, "rolled over at 100000")
    assert power == pytest.approx(4.0)


@pytest.mark.parametrize("off", [900.0, -300.0])
def test_a_wrong_digit_is_left_out(off):
    """Up (or down) and back: energy on both sides is known, nothing is lost."""
    values = steady()
    values[40:42] += off
    power, (done, bridged) = gj_per_h(counter(values))
    assert (done.action, done.readings) == (Action.COUNTER_LEAPT, 2)
    assert (bridged.action, bridged.detail) == (Action.COUNTER_BRIDGED, "3 in 0.8 h")
    assert power == pytest.approx(4.0)


def test_a_leap_that_stays_is_no_heat():
    """A meter put in with a higher reading: 5 000 GJ in a quarter hour is no heat."""
    values = steady()
    values[40:] += 5000.0
    power, (done,) = gj_per_h(counter(values), 0.25)
    assert (done.action, done.detail) == (Action.COUNTER_LEAPT, "+5001, not back")
    assert np.isnan(power[39])
    assert np.nansum(power) * 0.25 == pytest.approx(95.0)


def test_a_gap_of_some_hours_is_bridged_and_a_long_one_is_told():
    """4 h without readings hold 16 GJ, spread; 10 h hold 40 GJ, told and left open."""
    whole = counter(steady())
    out = np.ones(97, dtype=bool)
    out[17:32] = False  # 4:00 to 8:00
    power, (done,) = gj_per_h(whole.keep(out))
    assert (done.action, done.detail) == (Action.COUNTER_BRIDGED, "16 in 4.0 h")
    assert power.sum() == pytest.approx(96.0)
    out[17:56] = False  # 4:00 to 14:00
    power, (done,) = gj_per_h(whole.keep(out))
    assert done.detail == "40 in 10.0 h, not spread"
    assert np.isnan(power).sum() == 10
    assert np.nansum(power) == pytest.approx(56.0)


def test_a_display_that_caught_up_is_spread_over_its_stand():
    """Five hours of one reading, then 20 GJ and one at once: no peak of 84 GJ/h."""
    values = steady()
    values[20:40] = values[20]
    values[40:] = steady()[40:]
    power, (done,) = gj_per_h(counter(values))
    assert done.action is Action.COUNTER_BRIDGED
    assert power == pytest.approx(4.0)


def test_a_coarse_digit_makes_no_stairs():
    """10 GJ digits at 4 GJ/h turn every 2.5 h: not 0 and 40 by turns; all energy stays."""
    values = np.floor(np.arange(0.0, 97.0) / 10.0) * 10.0
    power, did = gj_per_h(counter(values))
    assert did == []
    assert power[3:22].min() > 3.0
    assert power[3:22].max() < 5.0
    assert np.nansum(power) == pytest.approx(90.0)


def test_a_counter_that_stands_while_water_cools_is_frozen(pair):
    """Twelve hours of one reading, then on from there: the heat is taken from the rate."""
    where = rows(pair.readings, ONE, "heat_total", hours=(60.0, 72.0))
    lost = np.ptp(pair.readings.loc[where, "value"])
    readings = planted(pair.readings, where, lambda value: value[0])
    later = rows(pair.readings, ONE, "heat_total", hours=(72.0, 1e5))
    result = cleaned(planted(readings, later, lambda value: value - lost), DAYS)
    (done,) = of(result, ONE, Action.FROZEN, "heat_total")
    assert (done.first, done.last) == (at(60.25), at(71.75))
    basis = result.record["heat_basis"].sel(id=ONE).values
    assert (basis[61:71] == HeatBasis.RATE).all()
    heat = result.record["heat"].sel(id=ONE).values
    assert heat.sum() == pytest.approx(true_heat_kw(pair, ONE).sum(), rel=0.003)


def test_a_shut_station_has_a_counter_that_rightly_stands(pair):
    result = cleaned(pair.readings, DAYS)
    assert not of(result, "S006.1", Action.FROZEN)
    heat = result.record["heat"].sel(id="S006.1").values
    assert heat == pytest.approx(np.zeros(heat.size), abs=1e-9)


@pytest.mark.parametrize("every_min", [5, 15, 60])
@pytest.mark.parametrize("digit", [0.01, 1.0])
def test_the_season_adds_up(every_min, digit):
    """Energy of the record is that of the meter, whatever the interval and the last digit."""
    telemetry = made([Kind.STEADY, Kind.NIGHT_STOP], days=4, every_min=every_min, counter_gj=digit)
    record = cleaned(telemetry.readings, 4, 0.25).record
    for name in ("S001.1", "S002.1"):
        kwh = float(record["heat"].sel(id=name).sum()) * 0.25
        assert kwh == pytest.approx(
            true_heat_kw(telemetry, name).sum(), abs=digit * 278 + 600 * every_min / 60
        )


def test_stations_are_found_in_any_order(pair):
    """Readings that are not sorted give the same series."""
    few = pair.readings[pair.readings["id"] == ONE]
    mixed = few.sample(frac=1.0, random_state=1)
    for own, other in zip(stations_of(few), stations_of(mixed), strict=True):
        assert own.points.keys() == other.points.keys()
        assert all(
            np.array_equal(series.values, other.points[point].values)
            for point, series in own.points.items()
        )
