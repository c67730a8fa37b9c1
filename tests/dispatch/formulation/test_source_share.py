"""6:4 between two plants: kept within its band by choice, left only where it must be."""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    inputs_for,
    main,
    serving,
    tiny_case,
    tiny_settings,
    values,
)

from dispatch.settings import ShareGroup

SIX_TO_FOUR = {"two": ShareGroup(shares={"A": 0.6, "B": 0.4}, band=0.05)}


def two_plants(shares=SIX_TO_FOUR, good="A", **of_a):
    """A and B with 20 MW each; `good` burns a tenth less."""
    efficiency = {"A": 0.8, "B": 0.8} | {good: 0.88}
    sources = (
        boiler("a", "A", efficiency=efficiency["A"], **of_a),
        boiler("b", "B", efficiency=efficiency["B"]),
    )
    settings = tiny_settings(share=shares)
    case = tiny_case(*sources, mains=(main("A"), main("B")), settings=settings)
    return inputs_for(case, constant(4.0))


def heats(model):
    return values(model.source[0].heat_to_network), values(model.source[1].heat_to_network)


@pytest.mark.parametrize(("good", "of_a"), [("A", 0.65), ("B", 0.55)])
def test_the_better_plant_goes_to_the_end_of_its_band(good, of_a):
    """10 MW: A at most 6.5 and at least 5.5 MW. Without the rule the better plant takes all."""
    model = serving(two_plants(good=good), 10.0)
    assert heats(model)[0] == pytest.approx(np.full(24, 10 * of_a))
    assert pyo.value(model.cost_terms["share"]) == pytest.approx(0.0, abs=1e-6)


def test_without_shares_merit_decides():
    model = serving(two_plants(shares={}), 10.0)
    assert heats(model)[0] == pytest.approx(np.full(24, 10.0))


def test_a_band_of_zero_is_met_exactly():
    exact = {"two": ShareGroup(shares={"A": 0.6, "B": 0.4}, band=0)}
    in_a, in_b = heats(serving(two_plants(exact), [4.0] * 12 + [18.0] * 12))
    assert in_a == pytest.approx(1.5 * in_b)


def test_outside_the_band_only_as_far_as_forced_and_at_its_price():
    """A has 4 of 10 MW: 1.5 MW below its 5.5, and B as much above its 4.5. 300 yuan for each MWh
    that a plant lies outside, so 2·1.5·24·300 = 21 600 yuan; unpriced, A might make nothing.
    """
    model = serving(two_plants(max_output_mw=4), 10.0)
    assert heats(model)[0] == pytest.approx(np.full(24, 4.0))
    assert pyo.value(model.cost_terms["share"]) == pytest.approx(21_600)


def test_a_slow_plant_leaves_its_band_by_no_more_than_its_ramp_asks():
    """A moves by 1 MW/h, the load jumps from 8 to 12 MW: from 5.2 MW A would reach 6.2 of the 6.6
    it needs, so it goes ahead by 0.4 MW for an hour: 0.4 MWh outside for each plant, 240 yuan.
    """
    model = serving(two_plants(ramp_mw_per_h=1), [8.0] * 12 + [12.0] * 12)
    in_a, in_b = heats(model)
    assert in_a[9:17] == pytest.approx([5.2, 5.2, 5.6, 6.6, 7.6, 7.8, 7.8, 7.8])
    assert in_a + in_b == pytest.approx(np.array([8.0] * 12 + [12.0] * 12))
    assert pyo.value(model.cost_terms["share"]) == pytest.approx(240)


def test_plants_outside_the_group_are_free():
    """C is in no group: the better boiler there takes all, and A:B hold 6:4 of nothing."""
    sources = boiler("a", "A"), boiler("b", "B"), boiler("c", "C", efficiency=0.95)
    case = tiny_case(
        *sources,
        mains=(main("A"), main("B"), main("C")),
        settings=tiny_settings(share=SIX_TO_FOUR),
    )
    model = serving(inputs_for(case, constant(4.0)), 8.0)
    assert values(model.source[2].heat_to_network) == pytest.approx(np.full(24, 8.0))
    assert pyo.value(model.cost_terms["share"]) == pytest.approx(0.0, abs=1e-6)


def test_three_plants_each_pay_for_their_own_distance():
    """4:3:3 ± 0.05 of 10 MW, A at 1 MW: 2.5 below its 3.5, B and C share 9 and lie 2 MW above
    their 3.5 together: 4.5·24·300 = 32 400 yuan.
    """
    shares = {"three": ShareGroup(shares={"A": 0.4, "B": 0.3, "C": 0.3}, band=0.05)}
    sources = boiler("a", "A", max_output_mw=1), boiler("b", "B"), boiler("c", "C")
    mains = main("A"), main("B"), main("C")
    case = tiny_case(*sources, mains=mains, settings=tiny_settings(share=shares))
    model = serving(inputs_for(case, constant(4.0)), 10.0)
    assert pyo.value(model.cost_terms["share"]) == pytest.approx(32_400)
