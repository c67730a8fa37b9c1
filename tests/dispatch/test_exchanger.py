"""The plate exchanger against handbook §6, its heat balance and the second law."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dispatch.exchanger import (
    PINCH_K,
    WATER_KJ_PER_KG_K,
    Exchangers,
    lowest_primary_supply_c,
    most_heat_kw,
    primary_flow,
)


def exchanger(*, ua=55.0, primary=1000 / 65, design=40.0, running=40.0, flow_max_tph=40.0):
    """One exchanger; the defaults are those of handbook §6 for 1 MW, 120/55 to 50/75."""
    one = np.ones(1)
    return Exchangers(
        ua_kw_per_k=ua * one,
        primary_design_kw_per_k=primary * one,
        secondary_design_kw_per_k=design * one,
        secondary_kw_per_k=running * one,
        primary_flow_max_tph=flow_max_tph * one,
    )


def flow_for(exchangers, heat_kw, supply_c, secondary_return_c):
    values = (heat_kw, supply_c, secondary_return_c)
    return primary_flow(exchangers, *(np.array([value]) for value in values))


def test_design_point_of_the_handbook():
    """Ends 45 and 5 K apart: ΔT_lm 18.2 K, so 1 000/18.2 = 55 kW/K and NTU 65/18.2 = 3.6."""
    log_mean_k = (45 - 5) / math.log(45 / 5)
    assert log_mean_k == pytest.approx(18.2, abs=0.01)
    assert 65 / log_mean_k == pytest.approx(3.6, abs=0.05)
    found = flow_for(exchanger(ua=1000 / log_mean_k), 1000.0, 120.0, 50.0)
    assert found.return_c == pytest.approx(55.0, abs=1e-6)
    assert found.flow_tph == pytest.approx(3600 / (WATER_KJ_PER_KG_K * 65))


def test_reading_at_the_start_of_the_season():
    """Handbook §6: t₁ 78.3, station 45.5/41.2 at 48 % load: return 41.5 °C (plant read 41.7).

    With UA taken at the running flow instead of the design flow it would be 42.2 °C.
    """
    found = flow_for(exchanger(running=480 / 4.3), 480.0, 78.3, 41.2)
    assert found.return_c == pytest.approx(41.5, abs=0.05)


def test_effectiveness_written_the_usual_way():
    """F10 with C_min on the secondary side, at design flows so that UA is as given."""
    c1, c2, ua = 50.0, 40.0, 55.0
    ntu, ratio = ua / c2, c2 / c1
    e = math.exp(-ntu * (1 - ratio))
    heat_kw = (1 - e) / (1 - ratio * e) * c2 * (90 - 45)
    flow_tph = c1 * 3.6 / WATER_KJ_PER_KG_K
    device = exchanger(ua=ua, primary=c1, flow_max_tph=flow_tph * 1.5)
    assert flow_for(device, heat_kw, 90.0, 45.0).flow_tph == pytest.approx(flow_tph)
    at_open = exchanger(ua=ua, primary=c1, flow_max_tph=flow_tph)
    assert most_heat_kw(at_open, np.array([90.0]), np.array([45.0])) == pytest.approx(heat_kw)


def test_equal_flows_are_no_special_case():
    """C₁ = C₂: ε = NTU/(1 + NTU); 55/40 gives 0.579."""
    flow_tph = 40.0 * 3.6 / WATER_KJ_PER_KG_K
    device = exchanger(primary=40.0, flow_max_tph=flow_tph)
    most = most_heat_kw(device, np.array([90.0]), np.array([45.0]))
    assert most == pytest.approx(55 / 95 * 40 * 45)


def test_no_heat_takes_no_flow():
    found = flow_for(exchanger(), 0.0, 80.0, 40.0)
    assert found.flow_tph == 0.0
    assert found.return_c == pytest.approx(40.0 + PINCH_K)
    assert found.reachable


def test_out_of_reach_is_said_with_what_does_pass():
    found = flow_for(exchanger(), 1500.0, 70.0, 50.0)
    assert not found.reachable
    assert found.flow_tph == pytest.approx(40.0)
    assert found.heat_kw + found.shortfall_kw == pytest.approx(1500.0)
    passes = 40.0 * WATER_KJ_PER_KG_K / 3.6 * (70.0 - found.return_c)
    assert found.heat_kw == pytest.approx(passes)
    too_cold = flow_for(exchanger(), 100.0, 40.0, 45.0)
    assert too_cold.heat_kw == 0.0
    assert too_cold.shortfall_kw == 100.0


devices = st.builds(
    exchanger,
    ua=st.floats(5.0, 500.0),
    primary=st.floats(5.0, 50.0),
    design=st.floats(20.0, 100.0),
    running=st.floats(20.0, 300.0),
    flow_max_tph=st.floats(5.0, 100.0),
)


@given(devices, st.floats(0.1, 3000.0), st.floats(40.0, 130.0), st.floats(20.0, 60.0))
def test_heat_balance_and_second_law(device, heat_kw, supply_c, secondary_return_c):
    found = flow_for(device, heat_kw, supply_c, secondary_return_c)
    given_up = found.flow_tph * WATER_KJ_PER_KG_K / 3.6 * (supply_c - found.return_c)
    if found.flow_tph > 0:
        assert given_up == pytest.approx(found.heat_kw, rel=1e-9, abs=1e-9)
    assert found.return_c >= secondary_return_c + PINCH_K - 1e-9
    assert found.flow_tph <= device.primary_flow_max_tph * (1 + 1e-9)
    secondary_supply_c = secondary_return_c + found.heat_kw / device.secondary_kw_per_k
    assert found.heat_kw == 0.0 or supply_c >= secondary_supply_c - 1e-9
    assert found.heat_kw + found.shortfall_kw == pytest.approx(heat_kw)


@given(devices, st.floats(1.0, 3000.0), st.floats(20.0, 60.0), st.floats(0.5, 1.0))
def test_lowest_supply_needs_just_that_flow(device, heat_kw, secondary_return_c, fraction):
    heat, back = np.array([heat_kw]), np.array([secondary_return_c])
    lowest = lowest_primary_supply_c(device, heat, back, fraction)
    assume(lowest[0] < 1000.0)
    found = primary_flow(device, heat, lowest + 1e-9, back)
    assert found.reachable
    assert found.flow_tph == pytest.approx(fraction * device.primary_flow_max_tph, rel=5e-3)


@given(devices, st.floats(1.0, 1000.0), st.floats(70.0, 120.0), st.floats(0.1, 20.0))
def test_hotter_water_needs_less_flow(device, heat_kw, supply_c, more_k):
    """The return may rise a little, though: with the flow falls the heat transfer (UA)."""
    cool = flow_for(device, heat_kw, supply_c, 40.0)
    hot = flow_for(device, heat_kw, supply_c + more_k, 40.0)
    assume(bool(cool.reachable))
    assert hot.flow_tph < cool.flow_tph


@given(devices, st.floats(1.0, 1000.0), st.floats(1.001, 2.0))
def test_more_heat_needs_more_flow(device, heat_kw, factor):
    less, more = (flow_for(device, q, 110.0, 40.0) for q in (heat_kw, heat_kw * factor))
    assert more.flow_tph >= less.flow_tph


def test_a_plan_of_many_stations_is_one_call():
    device = exchanger(running=100.0)
    heat = np.array([[0.0, 300.0, 600.0, 1e6]])
    found = primary_flow(device, heat, np.full((1, 4), 100.0), np.full((1, 4), 45.0))
    assert found.flow_tph.shape == (1, 4)
    assert found.reachable.tolist() == [[True, True, True, False]]
    alone = flow_for(device, 600.0, 100.0, 45.0)
    assert found.return_c[0, 2] == pytest.approx(alone.return_c[0], abs=1e-9)
