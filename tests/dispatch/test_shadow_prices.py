"""Shadow prices: hand-worked, and against finite differences of the least cost."""

from dataclasses import replace

import numpy as np
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    inputs_for,
    main,
    station,
    tiny_case,
    tiny_settings,
    wave,
)

from dispatch.case_kinds import Manager
from dispatch.formulation.build import build_model
from dispatch.plan import SolveStatus
from dispatch.settings import ShareGroup, Time
from dispatch.shadow_prices import shadow_prices
from dispatch.solve import solve

YUAN_PER_MWH_FUEL = 1082 * 3.6 / 29.3076  # the reference price of a tce


def priced(inputs):
    """The least cost of a plan and its shadow prices."""
    model = build_model(inputs)
    outcome = solve(model)
    assert outcome.status is SolveStatus.OPTIMAL
    return outcome.objective_yuan, shadow_prices(inputs, model)


def theirs():
    """A station whose heat is given: demand by its curve."""
    return station("T", managed_by=Manager.THIRD_PARTY)


def with_due(inputs, k, extra_mw):
    due = inputs.stations.heat_due_mw.copy()
    due[0, k] += extra_mw
    return replace(inputs, stations=replace(inputs.stations, heat_due_mw=due))


def test_heat_costs_what_its_fuel_costs():
    """A boiler of 0.8: 1.25 MWh of fuel a MWh of heat, 166 yuan. In GJ that is 46 yuan."""
    inputs = inputs_for(tiny_case(boiler(efficiency=0.8), stations=(theirs(),)), constant(4.0))
    _, prices = priced(inputs)
    # within what a change of heat from hour to hour costs besides: 2 yuan/MW at the source
    # and 1 in the main, up and down
    assert prices.heat_yuan_per_mwh == pytest.approx(1.25 * YUAN_PER_MWH_FUEL, abs=6.01)
    assert prices.source_yuan_per_mwh == pytest.approx(0.0)
    assert prices.coal_yuan_per_t == pytest.approx(0.0)


def test_heat_of_a_zone_with_two_mains_has_a_price_too():
    """The same boiler behind two mains: 166 yuan. The price once came out as −166 there."""
    case = tiny_case(boiler(), boiler("second", "Q"), stations=(theirs(),))
    _, prices = priced(inputs_for(case, constant(4.0)))
    assert np.median(prices.heat_yuan_per_mwh) == pytest.approx(1.25 * YUAN_PER_MWH_FUEL, abs=6.01)


@pytest.mark.parametrize("block", [3, 9, 16])
def test_the_price_of_heat_is_the_cost_of_a_little_more(block):
    """Two boilers, the cheap one full: 10 kW more in an hour costs price × 0.01 MWh, up as down.
    The load falls or rises through the hours asked, so that the small price on change, which has
    a kink where the load is level, cancels out.
    """
    cheap = boiler("cheap", efficiency=0.9, max_output_mw=6, ramp_mw_per_h=100)
    dear = boiler("dear", efficiency=0.7, max_output_mw=30, ramp_mw_per_h=100)
    inputs = inputs_for(tiny_case(cheap, dear, stations=(theirs(),)), wave(0.0, 6.0))
    least, prices = priced(inputs)
    price = float(prices.heat_yuan_per_mwh[0, block])
    assert price == pytest.approx(YUAN_PER_MWH_FUEL / 0.7, rel=0.05)
    for little_mw in (0.01, -0.01):
        more, _ = priced(with_due(inputs, block, little_mw))
        assert (more - least) / little_mw == pytest.approx(price, rel=1e-3)


def test_a_full_source_is_worth_the_difference_to_the_next():
    """6 MW at 0.9 and the rest at 0.7: a MW more of the cheap one saves (1/0.7 − 1/0.9) MWh of
    fuel an hour, 42 yuan; the dear one has room, worth nothing. A finite difference agrees.
    """

    def inputs(cheap_mw):
        cheap = boiler("cheap", efficiency=0.9, max_output_mw=cheap_mw, ramp_mw_per_h=1000)
        dear = boiler("dear", efficiency=0.7, max_output_mw=30, ramp_mw_per_h=1000)
        return inputs_for(tiny_case(cheap, dear, stations=(theirs(),)), constant(4.0))

    least, prices = priced(inputs(6.0))
    worth = (1 / 0.7 - 1 / 0.9) * YUAN_PER_MWH_FUEL
    assert prices.source_yuan_per_mwh[0, 5:] == pytest.approx(worth, rel=0.05)
    assert prices.source_yuan_per_mwh[1] == pytest.approx(0.0)
    more, _ = priced(inputs(6.01))
    assert (least - more) / 0.01 == pytest.approx(prices.source_yuan_per_mwh[0].sum(), rel=1e-3)


def test_a_share_band_costs_what_the_cheaper_plant_would_save():
    """60:40 ± 5 with P at 0.9 and R at 0.7: P is held at 65 %, and a MW more at P instead of R
    would save 42 yuan an hour. Without the band there is nothing to save.
    """

    def inputs(band):
        cheap = boiler("cheap", efficiency=0.9, plant_id="P", ramp_mw_per_h=1000)
        dear = boiler("dear", efficiency=0.7, plant_id="R", ramp_mw_per_h=1000)
        shares = {"main": ShareGroup(shares={"P": 0.6, "R": 0.4}, band=band)}
        return inputs_for(
            tiny_case(
                cheap,
                dear,
                mains=(main("P"), main("R")),
                stations=(theirs(),),
                settings=tiny_settings(share=shares),
            ),
            constant(4.0),
        )

    _, prices = priced(inputs(0.05))
    worth = (1 / 0.7 - 1 / 0.9) * YUAN_PER_MWH_FUEL
    assert prices.share_yuan_per_mwh.sum(axis=0)[5:-1] == pytest.approx(worth, abs=10.1)
    _, free = priced(inputs(1.0))
    assert free.share_yuan_per_mwh == pytest.approx(0.0)


def test_a_main_at_its_capacity_has_a_price():
    """A main of 7 MW for 8 MW of demand: the MW it lacks goes unserved at 8 000 yuan, less fuel."""
    inputs = inputs_for(
        tiny_case(mains=(main(capacity_mw=7.0),), stations=(theirs(),)), constant(4.0)
    )
    _, prices = priced(inputs)
    assert (prices.link_yuan_per_mwh[0, 2:-1] > 7_000).all()
    assert prices.heat_yuan_per_mwh[0, 2:-1] == pytest.approx(8_000, rel=0.01)


def test_a_tonne_in_a_yard_below_its_reserve_is_worth_what_the_reserve_is():
    """50 yuan for each tonne under the reserve at the end; a full yard's tonne is worth nothing."""
    inputs = inputs_for(
        tiny_case(stations=(theirs(),), yard={"stock_t": 300, "reserve_days_min": 7}),
        constant(4.0),
    )
    least, prices = priced(inputs)
    assert prices.coal_yuan_per_t == pytest.approx(50.0)
    yard = replace(inputs.yards[0], stock_before_t=301.0)
    more, _ = priced(replace(inputs, yards=(yard,)))
    assert least - more == pytest.approx(50.0, rel=1e-6)


def test_prices_do_not_depend_on_the_step():
    """The same plan in steps of 15 and 60 min: the same yuan/MWh, to within the price of change.
    Were the length of the step forgotten, they would differ by four.
    """
    found = []
    for step_min in (60, 15):
        time = Time(horizon_h=24, setpoint_hold_h=1, look_ahead_h=0, step_min=step_min)
        case = tiny_case(
            boiler(efficiency=0.8), stations=(theirs(),), settings=tiny_settings(time=time)
        )
        found.append(priced(inputs_for(case, wave(0.0, 6.0)))[1].heat_yuan_per_mwh.mean())
    assert found[0] == pytest.approx(found[1], rel=0.01)
