"""Who gets cold in a shortage: homes together, hospitals last.

Stations of 0.5 MW/K and 100 h at 4 °C, floor 20 °C (18 and 2 K to the coldest flats): each takes
8.04 MW to stay. Figures are the reduction that a missing MWh makes: 0.02 K at one station.
"""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    indoor_of,
    inputs_for,
    planned,
    station,
    tiny_case,
    tiny_settings,
)

from dispatch.case_kinds import Manager
from dispatch.formulation import prices
from dispatch.formulation.build import build_model
from dispatch.optimum import third_party_kw
from dispatch.settings import Time

FLOOR_C = 20.0


def inputs_of(available_mw, *stations, even, hours=24):
    time = Time(horizon_h=hours, setpoint_hold_h=4, look_ahead_h=0)
    case = tiny_case(
        boiler(max_output_mw=available_mw), settings=tiny_settings(time=time), stations=stations
    )
    return replace(inputs_for(case, constant(4.0)), even_reduction=even)


def rooms(*args, **kwargs):
    inputs = inputs_of(*args, **kwargs)
    return indoor_of(inputs, planned(inputs))


HOMES = (station("A"), station("B"))
HOSPITAL = station("H", priority=5)


def test_equal_homes_fall_together_and_the_hospital_holds():
    """18 MW for three stations of 8: with the hospital at its 8 the homes get 5 each and tend to
    14 °C: 14 + 6·e^(−0.24) = 18.7 °C after a day, both of them. Cut in pieces of 0.5 K they are
    within 0.25 K of that. In one piece each, nothing in the prices keeps one home from taking all:
    2 MW and 8 °C to tend to, 17.4 °C but for the law at 18, while the other stays warm.
    """
    a, b, hospital = rooms(18.0, *HOMES, HOSPITAL, even=True)
    wanted = 14.0 + 6.0 * np.exp(-0.24)
    assert a[-1] == pytest.approx(wanted, abs=0.3)
    assert b[-1] == pytest.approx(wanted, abs=0.3)
    assert abs(a - b).max() < prices.EVEN_PIECE_K + 0.05
    assert hospital.min() >= FLOOR_C - 0.01
    a, b, _ = rooms(18.0, *HOMES, HOSPITAL, even=False)
    assert abs(a[-1] - b[-1]) > 1.0


def test_equal_homes_fall_together_below_the_law_too():
    """Two homes with 5 MW of 16 for two days: 9 + 11·e^(−0.48) = 15.8 °C each. With one piece below
    the law one falls to 4 + … °C and the other stays at 18.
    """
    a, b = rooms(5.0, *HOMES, even=True, hours=48)
    wanted = 9.0 + 11.0 * np.exp(-0.48)
    assert a[-1] == pytest.approx(wanted, abs=0.4)
    assert b[-1] == pytest.approx(wanted, abs=0.4)


def test_a_leaky_home_does_not_pay_for_a_tight_one():
    """Two homes of one time constant, one with twice the loss per m², half of their heat missing:
    weighed by area a MWh costs half as much comfort at the leaky one, which would be cut alone
    down to the law; weighed by loss both fall together.
    """
    leaky = station("A", specific_loss_w_per_m2k=2.0, heat_capacity_kj_per_m2k=720)
    tight = station("B", specific_loss_w_per_m2k=1.0, heat_capacity_kj_per_m2k=360)
    a, b = rooms(18.0, leaky, tight, even=True)
    assert a[-1] == pytest.approx(b[-1], abs=0.5)
    a, b = rooms(18.0, leaky, tight, even=False)
    assert b[-1] - a[-1] > 1.0


@pytest.mark.parametrize("even", [False, True])
def test_hospitals_are_last(even):
    """Priority 5: 300 yuan below its floor, dearer than all of a home above the law (60 to 132).
    15 MW for the three: the homes get 7 and tend to 11 °C, 11 + 9·e^(−0.24) = 18.1 °C after a day,
    all but the law, before the hospital gives anything. Without the priority it would be 18.7 °C
    and less at all three.
    """
    a, b, hospital = rooms(15.0, *HOMES, HOSPITAL, even=even)
    assert hospital.min() >= FLOOR_C - 0.01
    assert max(a[-1], b[-1]) < 18.6
    assert prices.EVEN_COOL[-1] * 60 < 5 * 60


def test_the_usual_plan_has_no_further_columns():
    """Pieces are there only when asked for: 3 + 5 more a station and block."""
    sizes = {}
    for even in (False, True):
        model = build_model(inputs_of(18.0, *HOMES, even=even))
        part = model.substation
        sizes[even] = len(part.cool_more) + len(part.cold_more)
    assert sizes[False] == 0
    assert sizes[True] == 2 * 6 * (len(prices.EVEN_COOL) + len(prices.EVEN_COLD) - 2)


def test_pieces_cost_the_same_where_no_room_is_cold():
    """Enough heat: the same objective with pieces and without, to the yuan."""
    costs = []
    for even in (False, True):
        inputs = inputs_of(40.0, *HOMES, even=even)
        costs.append(float(pyo.value(planned(inputs).total_cost)))
    assert costs[0] == pytest.approx(costs[1], abs=1.0)


def test_prices_rise_from_piece_to_piece_and_keep_their_order():
    """Convex, below the floor cheaper than a cut of third parties (8 000 yuan/MWh: at 1.7 W/(m²K)
    a K·h and 10⁴ m² is 0.017 MWh), and below the law dearer.
    """
    for factors in (prices.EVEN_COOL, prices.EVEN_COLD):
        assert factors[0] == 1.0
        assert list(factors) == sorted(set(factors))
    mwh = prices.EVEN_REFERENCE_LOSS_W_PER_M2K * 1e4 / 1e6
    assert prices.EVEN_COOL[-1] * 60 / mwh < 8_000 < 500 / mwh


def ours_and_theirs(available_mw, *, even):
    """Rooms of two equal houses of 8 MW at 4 °C, one run by others, at block ends of two days."""
    theirs = station("theirs", managed_by=Manager.THIRD_PARTY)
    inputs = inputs_of(available_mw, station("ours"), theirs, even=even, hours=72)
    model = planned(inputs)
    heat_kw = third_party_kw(inputs, model)
    last, before_c = inputs.stations.response.last, inputs.stations.indoor_before_c
    indoor, _ = inputs.stations.response.indoor_c(before_c, heat_kw)
    if even:
        down = [model.balance.down[0, k].value for k in range(last.size)]
        assert 20.0 - indoor[1, last] == pytest.approx(np.array(down), abs=1e-6)
    return indoor_of(inputs, model)[0][:12], indoor[1, last][:12]


@pytest.mark.parametrize("available_mw", [12.0, 8.0, 5.0])
def test_rooms_of_others_and_ours_fall_below_the_law_together(available_mw):
    """Evenly reduced neither is emptied for the other. At the price of a cut alone 8 MW leave
    theirs 1 MW once ours are at 18 °C, and 6 °C to tend to.
    """
    ours, theirs = ours_and_theirs(available_mw, even=True)
    assert (abs(ours - theirs)[ours < 18.0 - 0.01] < 1.1).all()
    ours, theirs = ours_and_theirs(8.0, even=False)
    assert ours.min() == pytest.approx(18.0, abs=0.1)
    assert theirs[-1] < 16.0
