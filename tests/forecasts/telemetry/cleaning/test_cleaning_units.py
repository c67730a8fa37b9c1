"""Unit slips: put right where the evidence is clear, told where it is not."""

import numpy as np
import pytest

from forecasts.telemetry.readings import Action
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, of, planted, rows, true_heat_kw

ONE = "S001.1"
SPAN = (60.0, 110.0)
WHOLE = (0.0, 1e6)


@pytest.mark.parametrize("hours", [SPAN, WHOLE])
@pytest.mark.parametrize(
    ("point", "factor"),
    [
        *(("sec_sup_t", 10.0), ("pri_ret_t", 10.0), ("sec_ret_t", 100.0), ("room_t", 10.0)),
        *(("pri_sup_p", 10.0), ("pri_ret_p", 10.0), ("sec_sup_p", 1000.0), ("sec_ret_p", 10.0)),
        *(("valve_pct", 0.01), ("pump_hz", 10.0)),
    ],
)
def test_a_slip_that_the_range_betrays_is_put_right(pair, point, factor, hours):
    """A transmitter of ×10, bar for MPa, a share for %: the record is as without it."""
    where = rows(pair.readings, ONE, point, hours=hours)
    result = cleaned(planted(pair.readings, where, lambda value: value * factor), DAYS)
    done = [one for one in result.done if one.id == ONE and one.action is Action.UNIT_SLIP]
    assert sum(one.readings for one in done) == where.sum()
    assert {one.detail for one in done} == {f"factor {1 / factor:g}"}
    right = cleaned(pair.readings, DAYS).record[point].sel(id=ONE).values
    assert result.record[point].sel(id=ONE).values == pytest.approx(right, rel=1e-6)


@pytest.mark.parametrize("hours", [SPAN, WHOLE])
@pytest.mark.parametrize(
    ("point", "factor", "cure"),
    [
        ("pri_heat", 1 / 3.6, 3.6),  # MW
        ("pri_heat", 277.78, 0.0036),  # kW
        ("pri_heat", 0.1, 10.0),
        ("sec_flow", 1000.0, 0.001),  # kg/h
        ("sec_flow", 1 / 3.6, 3.6),  # kg/s
        ("pri_flow", 10.0, 0.1),
    ],
)
def test_a_slip_that_the_balance_betrays_is_put_right(pair, point, factor, cure, hours):
    where = rows(pair.readings, ONE, point, hours=hours)
    wrong = planted(pair.readings, where, lambda value: value * factor)
    wrong = wrong[~rows(wrong, ONE, "heat_total") | (point == "sec_flow")]
    result = cleaned(wrong, DAYS)
    done = of(result, ONE, Action.UNIT_SLIP)
    assert {(one.point, one.detail) for one in done} == {(point, f"factor {cure:g}")}
    assert sum(one.readings for one in done) == pytest.approx(where.sum(), abs=3)
    heat = result.record["heat"].sel(id=ONE).values
    assert heat.mean() == pytest.approx(true_heat_kw(pair, ONE).mean(), rel=0.02)


def test_a_counter_in_mwh_counts_gj_again(pair):
    """A counter in MWh for all ten days: as it is, the station would take 28 % of its heat."""
    where = rows(pair.readings, ONE, "heat_total")
    result = cleaned(planted(pair.readings, where, lambda value: value / 3.6), DAYS)
    (done,) = of(result, ONE, Action.UNIT_SLIP)
    assert (done.point, done.detail) == ("heat_total", "factor 3.6")
    heat = result.record["heat"].sel(id=ONE).values
    assert heat.sum() == pytest.approx(true_heat_kw(pair, ONE).sum(), rel=0.003)


def test_a_counter_that_turns_to_mwh_is_a_fall_and_a_slip(pair):
    """From hour 100 on in MWh: the display falls to 28 %, and every later rise is 3.6 times it."""
    where = rows(pair.readings, ONE, "heat_total", hours=(100.0, 1e6))
    result = cleaned(planted(pair.readings, where, lambda value: value / 3.6), DAYS)
    (changed,) = of(result, ONE, Action.METER_CHANGED)
    assert changed.last == at(100)
    (done,) = of(result, ONE, Action.UNIT_SLIP)
    assert abs((done.first - at(100)).total_seconds()) <= 3600
    heat = result.record["heat"].sel(id=ONE).values
    assert heat.sum() == pytest.approx(true_heat_kw(pair, ONE).sum(), rel=0.005)


def test_both_displays_of_a_heat_meter_in_mwh_do_not_outvote_the_flows(pair):
    """Counter and rate share a setting: they are one witness, not two."""
    where = rows(pair.readings, ONE, "heat_total", "pri_heat")
    result = cleaned(planted(pair.readings, where, lambda value: value / 3.6), DAYS)
    slips = {(one.point, one.detail) for one in of(result, ONE, Action.UNIT_SLIP)}
    assert slips == {("heat_total", "factor 3.6"), ("pri_heat", "factor 3.6")}


def without(readings, *points):
    return readings[~rows(readings, ONE, *points)]


def test_of_two_meters_the_one_that_jumped_is_put_right(pair):
    """Counter and secondary flow alone; the flow is ten times too high for two days."""
    two = without(pair.readings, "pri_heat", "pri_flow")
    where = rows(two, ONE, "sec_flow", hours=SPAN)
    result = cleaned(planted(two, where, lambda value: value * 10), DAYS)
    (done,) = of(result, ONE, Action.UNIT_SLIP)
    assert (done.point, done.detail) == ("sec_flow", "factor 0.1")
    assert abs(done.readings - where.sum()) <= 3


def test_of_two_meters_that_never_agreed_none_is_put_right(pair):
    """Nobody can say which: told, left, and named as disagreeing."""
    two = without(pair.readings, "pri_heat", "pri_flow")
    result = cleaned(planted(two, rows(two, ONE, "sec_flow"), lambda value: value * 10), DAYS)
    (done,) = of(result, ONE, Action.UNIT_SLIP)
    assert done.detail.startswith("left: factor")
    flow = result.record["sec_flow"].sel(id=ONE).values
    assert np.nanmedian(flow) == pytest.approx(
        10 * float(pair.truth["sec_flow"].sel(id=ONE).median()), rel=0.03
    )
    assert of(result, ONE, Action.METERS_DISAGREE)


def test_cubic_metres_for_tonnes_are_let_be(pair):
    """1.5 % more: within any meter."""
    where = rows(pair.readings, ONE, "sec_flow")
    result = cleaned(planted(pair.readings, where, lambda value: value * 1.015), DAYS)
    assert not [one for one in result.done if one.id == ONE]


def test_a_flow_meter_a_fifth_too_high_is_told(pair):
    where = rows(pair.readings, ONE, "sec_flow")
    result = cleaned(planted(pair.readings, where, lambda value: value * 1.25), DAYS)
    (done,) = of(result, ONE, Action.METERS_DISAGREE)
    assert done.point == "sec_flow"
    assert done.detail.startswith("left: 1.2")


def test_a_valve_that_leaks_at_its_stop_is_no_share(pair):
    """0.4 % day after day is not 40 %."""
    where = rows(pair.readings, "S006.1", "valve_pct")
    result = cleaned(planted(pair.readings, where, lambda value: value + 0.4), DAYS)
    assert not of(result, "S006.1", Action.UNIT_SLIP)
