"""Return above supply, swapped sensors, flow that reads zero."""

import numpy as np
import pytest

from forecasts.telemetry.readings import Action, HeatBasis
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, of, planted, rows, true_heat_kw

ONE, SETBACK, NIGHT_STOP, SHUT = "S001.1", "S004.1", "S005.1", "S006.1"
PAIRS = {"secondary": ("sec_sup_t", "sec_ret_t"), "primary": ("pri_sup_t", "pri_ret_t")}


def swapped(readings, name, pair, hours=(0.0, 1e6)):
    first, second = (rows(readings, name, point, hours=hours) for point in PAIRS[pair])
    out = readings.copy()
    out.loc[first, "value"] = readings.loc[second, "value"].to_numpy()
    out.loc[second, "value"] = readings.loc[first, "value"].to_numpy()
    return out


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("hours", [(0.0, 1e6), (50.0, 130.0)])
@pytest.mark.parametrize("name", [ONE, SETBACK, NIGHT_STOP])
def test_a_swapped_pair_is_put_right(town, name, pair, hours):
    """For all ten days, or from a repair to the next: the record is as without it."""
    readings = town.readings[town.readings["id"] == name]
    result = cleaned(swapped(readings, name, pair, hours), DAYS)
    untouched = cleaned(readings, DAYS).record.sel(id=name)
    for point in PAIRS[pair]:
        assert of(result, name, Action.SWAPPED, point)
        right = untouched[point].values
        mended = result.record[point].sel(id=name).values
        wrong = ~(np.abs(mended - right) < 0.3)
        assert wrong.sum() <= 10  # at the ends of a stretch, in hours that stand
    turned = {one.point for one in result.done if one.action is Action.SWAPPED}
    assert turned == set(PAIRS[pair])


@pytest.mark.parametrize("pair", PAIRS)
def test_a_swapped_pair_is_known_without_any_meter_of_heat(town, pair):
    """Temperatures alone: the return on top for days, in order with the other side."""
    meters = ("heat_total", "pri_heat", "pri_flow", "sec_flow", "pump_hz", "valve_pct")
    few = town.readings[(town.readings["id"] == ONE) & ~rows(town.readings, ONE, *meters)]
    result = cleaned(swapped(few, ONE, pair), DAYS)
    assert of(result, ONE, Action.SWAPPED)


def test_heat_by_flow_has_its_sign_again(town):
    """Without a heat meter: F9 with a swapped pair gives less than nothing."""
    few = town.readings[town.readings["id"] == ONE]
    few = few[~rows(few, ONE, "heat_total", "pri_heat")]
    record = cleaned(swapped(few, ONE, "secondary"), DAYS).record.sel(id=ONE)
    assert (record["heat_basis"].values == HeatBasis.SECONDARY_FLOW).all()
    assert record["heat"].values.mean() == pytest.approx(true_heat_kw(town, ONE).mean(), rel=0.02)


def test_a_shut_station_is_not_put_right(pair):
    """Both sensors drifted together, the return half a kelvin on top: it is only shut."""
    where = rows(pair.readings, SHUT, "sec_ret_t", "pri_ret_t")
    result = cleaned(planted(pair.readings, where, lambda value: value + 0.6), DAYS)
    assert not [
        one for one in result.done if one.id == SHUT and one.action is not Action.ROOM_UNHEATED
    ]


def test_a_shut_station_is_not_put_right_whatever_its_sensors_say(pair):
    """Three kelvin apart in a cold cellar, and no heat: still no evidence of a swap."""
    where = rows(pair.readings, SHUT, "sec_ret_t", "pri_ret_t")
    result = cleaned(planted(pair.readings, where, lambda value: value + 3.0), DAYS)
    assert not of(result, SHUT, Action.SWAPPED)


def test_single_readings_of_a_return_above_supply_are_left_out(pair):
    """Half an hour in the middle of the day, while heat flows: one of both is wrong."""
    where = rows(pair.readings, ONE, "sec_ret_t", hours=(100.0, 100.5))
    supply = rows(pair.readings, ONE, "sec_sup_t", hours=(100.0, 100.5))
    above = pair.readings.loc[supply, "value"].to_numpy() + 2.5
    result = cleaned(planted(pair.readings, where, lambda _: above), DAYS)
    found = of(result, ONE, Action.RETURN_ABOVE_SUPPLY) + of(result, ONE, Action.SPIKE)
    assert {one.point for one in found} >= {"sec_ret_t"}
    assert {one.first for one in found} == {at(100)}
    assert not of(result, ONE, Action.SWAPPED)


def test_a_return_that_reads_too_high_is_no_swap(pair):
    """Return 9 K up: above the supply, but turned it gives twice the metered heat: left out."""
    lift = 2.6 * float((pair.truth["sec_sup_t"] - pair.truth["sec_ret_t"]).sel(id=ONE).mean())
    where = rows(pair.readings, ONE, "sec_ret_t", hours=(50.0, 90.0))
    result = cleaned(planted(pair.readings, where, lambda value: value + lift * 1.3), DAYS)
    assert not of(result, ONE, Action.SWAPPED)
    assert of(result, ONE, Action.RETURN_ABOVE_SUPPLY)


@pytest.mark.parametrize("point", ["sec_flow", "pri_flow"])
def test_a_flow_of_zero_while_heat_flows_is_left_out(pair, point):
    """A flow meter without power for eight hours."""
    where = rows(pair.readings, ONE, point, hours=(60.0, 68.0))
    result = cleaned(planted(pair.readings, where, lambda _: 0.0), DAYS)
    (done,) = of(result, ONE, Action.FLOW_ZERO, point)
    assert done.readings >= 30
    assert np.isnan(result.record[point].sel(id=ONE).values[61:67]).all()


def test_a_flow_of_zero_in_a_station_that_stands_is_true(pair):
    """A live main beside a shut valve: 40 K of drop, and no flow."""
    where = rows(pair.readings, SHUT, "pri_sup_t")
    result = cleaned(planted(pair.readings, where, lambda value: value + 40.0), DAYS)
    assert not of(result, SHUT, Action.FLOW_ZERO)
    assert float(result.record["pri_flow"].sel(id=SHUT).max()) == 0.0
