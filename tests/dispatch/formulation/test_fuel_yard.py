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
    faults_of,
    hours_after,
    indoor_of,
    inputs_for,
    planned,
    ramp,
    serving,
    station,
    tiny_case,
    tiny_settings,
    values,
    vertices,
)

from dispatch.case import Delivery, ScheduleRow
from dispatch.case_kinds import FuelForHeat, StockCovers
from dispatch.day_plan import plan_day
from dispatch.formulation import prices
from dispatch.formulation.build import build_model
from dispatch.settings import FuelSettings, Time

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


def test_a_yard_loses_a_part_of_its_stock_step_by_step():
    """3 % a month are 0.03/720 of the stock an hour. Ten days without burning but for 8 MW of heat:
    dS/dt = −λS − b, so S = (S₀ + b/λ)·e^(−λt) − b/λ. Without the loss 9.9 t more on 1 000 t.
    """
    inputs = town_with(days=7, stock_t=1000, yard_loss_per_month=0.03)
    stock = values(serving(inputs, 8.0).yard[0].stock)
    rate, burn = 0.03 / 30, DAY_T  # per day
    days = np.arange(1, 8)
    assert stock == pytest.approx(
        (1000 + burn / rate) * np.exp(-rate * days) - burn / rate, rel=1e-4
    )


@pytest.mark.parametrize("step_min", [15, 60])
def test_stock_of_model_schedule_and_audit_are_the_same(step_min):
    """With loss, a delivery of better coal and a boiler that burns: the stock at the day's end is
    one figure to 1e-6 t, at any step. A loss taken once a day would differ by 0.01 t.
    """
    row = Delivery(
        yard_id="pile",
        arrival_time=hours_after(START, 9.5),
        tonnes=300,
        net_calorific_kcal_per_kg=5500,
        confidence=0.9,
    )
    time = Time(horizon_h=24, setpoint_hold_h=1, look_ahead_h=0, step_min=step_min)
    yard = {"stock_t": 2000, "yard_loss_per_month": 0.1}
    case = tiny_case(settings=tiny_settings(time=time), yard=yard, deliveries=(row,))
    inputs = inputs_for(case, constant(4.0))
    day = plan_day(inputs, None, "test")
    schedule, model = day.schedule, day.settled.model
    assert faults_of(schedule) == []
    end = schedule["yard_stock"].values[0, -1]
    assert model.yard[0].stock[0].value == pytest.approx(end, abs=1e-6)
    assert schedule["yard_delivery"].values.sum() == pytest.approx(300 * 0.9 * 1.1)
    wrong = schedule.copy(deep=True)
    wrong["yard_loss_rate"].values[:] = 0.0
    assert any("Coal book" in fault for fault in faults_of(wrong))


def test_a_delivery_counts_by_its_energy():
    """500 t of 5 500 kcal coal on a pile of 5 000: as much as 550 t; by weight 500."""
    row = Delivery(
        yard_id="pile",
        arrival_time=hours_after(START, 3),
        tonnes=500,
        net_calorific_kcal_per_kg=5500,
    )
    stock = values(serving(town_with(1, (row,), stock_t=1000), 8.0).yard[0].stock)
    assert stock == pytest.approx([1550 - DAY_T], rel=1e-4)


def test_the_reserve_lies_above_the_unusable_layer():
    """Seven days are 288.9 t, on 100 t of stones; 300 t less a day leave 258.7, so 130.2 t lack.
    Measured from the ground 30.2 would.
    """
    model = serving(town_with(stock_t=300, reserve_days_min=7, unusable_t=100), 8.0)
    short_t = 7 * DAY_T + 100 - (300 - DAY_T)
    assert model.yard[0].below_reserve.value == pytest.approx(short_t, rel=1e-4)


def test_days_of_reserve_are_those_of_the_hours_in_view():
    """4 °C for a day, then a front to -10 °C for three: the look-ahead's twelve steps of 4 to 12 h
    weigh by their length. Step by step, the 24 of the mild day would count for two thirds.
    """
    time = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=72)
    settings = tiny_settings(time=time)
    case = tiny_case(settings=settings, yard={"reserve_days_min": 7})
    inputs = inputs_for(case, ramp(4.0, -10.0, 23.0, 25.0))
    hourly = np.repeat(inputs.relative_load, inputs.grid.step_lengths_h.astype(int))
    fuel_mw = inputs.sources[0].heat_before_mw / 0.8 * hourly.mean() / hourly[0]
    reserve_t = build_model(inputs).yard[0].reserve_t
    assert reserve_t == pytest.approx(7 * fuel_mw * 24 / COAL_MWH_PER_T)
    assert hourly.mean() > 1.2 * inputs.relative_load.mean()


@pytest.mark.parametrize("way", list(FuelForHeat))
def test_a_heat_share_yard_is_drawn_by_one_rule(way):
    """40 kgce/GJ by accounting, 1 451 t for 300 MW of heat, however fuel for heat is reported:
    with `marginal` the schedule once drew 15.5 kgce/GJ, 562 t, and the model 1 451.
    """
    power = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230)
    case = tiny_case(
        chp(),
        settings=tiny_settings(fuel=FuelSettings(fuel_for_heat=way)),
        curves=vertices(),
        schedules=(power,),
        stations=(station(heated_area_m2=2_000_000),),
        yard={"stock_covers": StockCovers.HEAT_SHARE},
    )
    inputs = inputs_for(case, constant(-3.0))
    day = plan_day(inputs, None, "test")
    schedule, model = day.schedule, day.settled.model
    assert faults_of(schedule) == []
    heat_gj = float(schedule["source_heat"].sum()) * 3.6
    by_hand = heat_gj * 0.040 / 0.7143  # tce a GJ, tce a tonne of 5 000 kcal
    assert float(schedule["yard_burn"].sum()) == pytest.approx(by_hand, rel=1e-3)
    assert values(model.yard[0].burn).sum() == pytest.approx(
        float(schedule["yard_burn"].sum()), rel=1e-6
    )
