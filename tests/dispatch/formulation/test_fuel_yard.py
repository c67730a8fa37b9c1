"""Coal yards by hand: 10 MW of fuel are 10·24/5.815 = 41.27 t a day."""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    COAL_MWH_PER_T,
    START,
    boiler,
    chp,
    constant,
    hours_after,
    indoor_of,
    inputs_for,
    planned,
    serving,
    station,
    tiny_case,
    tiny_settings,
    values,
    vertices,
)

from dispatch.case import Delivery, ScheduleRow
from dispatch.case_kinds import StockCovers
from dispatch.formulation import prices
from dispatch.settings import Time

DAY_T = 10 * 24 / COAL_MWH_PER_T


def town_with(days=1, deliveries=(), **yard):
    """8 MW of heat, 10 MW of fuel from a pile."""
    time = Time(horizon_h=24 * days, setpoint_hold_h=4, look_ahead_h=0)
    case = tiny_case(settings=tiny_settings(time=time), yard=yard, deliveries=deliveries)
    return inputs_for(case, constant(4.0))


def test_the_yard_is_drawn_down_by_what_is_burnt():
    """Three days: 1 000 t less 41.27 t a day; without the step length it would be a 24th."""
    inputs = town_with(days=3, stock_t=1000)
    assert inputs.yards[0].mwh_per_t == pytest.approx(COAL_MWH_PER_T, rel=1e-4)
    yard = serving(inputs, 8.0).yard[0]
    assert values(yard.burn) == pytest.approx(np.full(3, DAY_T), rel=1e-4)
    assert values(yard.stock) == pytest.approx(1000 - DAY_T * np.arange(1, 4), rel=1e-4)


def test_deliveries_count_with_their_confidence():
    """500 t expected at 80 % in hour 30: 400 t more from the second day on."""
    row = Delivery(
        yard_id="pile",
        arrival_time=hours_after(START, 30.5),
        tonnes=500,
        net_calorific_kcal_per_kg=5000,
        confidence=0.8,
    )
    stock = values(serving(town_with(3, (row,), stock_t=1000), 8.0).yard[0].stock)
    assert stock == pytest.approx([1000 - DAY_T, 1400 - 2 * DAY_T, 1400 - 3 * DAY_T], rel=1e-4)


def test_a_chp_draws_the_fuel_of_heat_and_power():
    """230 MW of power and 300 of heat burn 749.3 MW: 3 092 t a day. By accounting, 40 kgce/GJ,
    heat alone is 351.7 MW: 1 451 t, which is what the yard would wrongly lose if it paid for heat.
    """
    power = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230)

    def burnt(covers):
        inputs = inputs_for(
            tiny_case(
                chp(),
                curves=vertices(),
                schedules=(power,),
                stations=(station(heated_area_m2=2_000_000),),
                yard={"stock_covers": covers},
            ),
            constant(-3.0),
        )
        return float(values(serving(inputs, 300.0).yard[0].burn)[0])

    assert burnt(StockCovers.PLANT) == pytest.approx(749.33 * 24 / COAL_MWH_PER_T, rel=1e-4)
    assert burnt(StockCovers.HEAT_SHARE) == pytest.approx(1451, rel=1e-3)


def test_the_reserve_is_priced_by_tonne():
    """Seven days are 288.9 t; 200 t in the pile leave 158.7 after a day: 130.2 t short, at
    the price of the reserve.
    """
    model = serving(town_with(stock_t=200, reserve_days_min=7), 8.0)
    short_t = 7 * DAY_T - (200 - DAY_T)
    assert model.yard[0].below_reserve.value == pytest.approx(short_t, rel=1e-4)
    assert pyo.value(model.cost_terms["yard_reserve"]) == pytest.approx(
        prices.BELOW_RESERVE_YUAN_PER_T * short_t, rel=1e-4
    )


def test_a_reserve_that_is_kept_costs_nothing():
    model = serving(town_with(stock_t=2000, reserve_days_min=7), 8.0)
    assert pyo.value(model.cost_terms["yard_reserve"]) == pytest.approx(0.0, abs=1e-9)


def test_emergency_never_takes_more_than_the_bottom_layer():
    """30 t, of which 20 are bottom: 30 t are burnt at most, 145.4 MWh of the 192 wanted, and the
    slack is those 20 t, at 5 000 yuan/t. Without the bound 41.3 t would come from nowhere.
    """
    inputs = town_with(stock_t=30, unusable_t=20)
    model = serving(inputs, 8.0)
    yard = model.yard[0]
    assert values(yard.burn)[0] == pytest.approx(30.0)
    assert values(yard.stock)[0] == pytest.approx(0.0, abs=1e-9)
    assert yard.emergency.value == pytest.approx(20.0)
    assert values(model.source[0].heat_to_network).sum() == pytest.approx(
        30 * 5.815 * 0.8, rel=1e-4
    )
    assert pyo.value(model.cost_terms["yard_reserve"]) == pytest.approx(5000 * 20)


def test_a_pile_that_is_already_below_its_bottom_layer_can_be_burnt():
    """12 t where 20 are unusable: a plan is still possible, with 12 t."""
    model = serving(town_with(stock_t=12, unusable_t=20), 8.0)
    assert values(model.yard[0].burn)[0] == pytest.approx(12.0)


def test_rooms_cool_before_the_bottom_layer_is_burnt():
    """5 000 yuan/t is 1 075 yuan/MWh of heat. A MWh given h hours before the end is worth
    60·h yuan of rooms below the floor: 720 with 12 h left. So coal for half a day above the
    bottom layer is burnt first, and then rooms fall for 12 h: 4 + 16·e^(−0.12) = 18.2 °C.
    Were the layer free, they would stay at 20.
    """
    inputs = town_with(stock_t=20 + DAY_T / 2, unusable_t=20)
    model = planned(inputs)
    assert model.yard[0].emergency.value == pytest.approx(0.0, abs=1e-6)
    assert indoor_of(inputs, model)[0, -1] == pytest.approx(4 + 16 * np.exp(-0.12), abs=0.1)
    assert values(model.yard[0].stock)[0] == pytest.approx(20.0)


def test_a_boiler_draws_on_its_own_yard_alone():
    """6 MW from the better boiler, 2 from the other: 7.5 and 2.5 MW of fuel in two piles."""
    better = boiler("better", max_output_mw=6, efficiency=0.8, yard_id="second")
    poorer = boiler("poorer", efficiency=0.75)
    case = tiny_case(better, poorer)
    second = case.yards[0].model_copy(update={"yard_id": "second"})
    inputs = inputs_for(case.model_copy(update={"yards": (*case.yards, second)}), constant(4.0))
    model = serving(inputs, 8.0)
    assert values(model.yard[0].burn)[0] == pytest.approx(2 / 0.75 * 24 / 5.815, rel=1e-4)
    assert values(model.yard[1].burn)[0] == pytest.approx(7.5 * 24 / 5.815, rel=1e-4)


def test_coal_nobody_has_ordered_is_bought_only_after_the_horizon():
    """60 t for a day and three days of look-ahead: the day burns 41 t and keeps rooms warm, later
    burn is bought at 1 500 yuan/t. Were it hard, rooms would be cooled today to spare coal.
    """
    time = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=72)
    case = tiny_case(settings=tiny_settings(time=time), yard={"stock_t": 60})
    model = serving(inputs_for(case, constant(4.0)), 8.0)
    yard = model.yard[0]
    assert values(yard.bought)[0] == pytest.approx(0.0, abs=1e-9)
    assert values(yard.burn).sum() == pytest.approx(4 * DAY_T, rel=1e-4)
    assert values(yard.bought).sum() == pytest.approx(4 * DAY_T - 60, rel=1e-3)
    assert values(model.balance.unsent).max() == pytest.approx(0.0, abs=1e-9)
