"""What a published horizon costs, by hand, in the town of `plan_inputs_maker.py`."""

from collections.abc import Mapping

import numpy as np
import pytest
import xarray as xr
from plan_inputs_maker import (
    START,
    TCE_YUAN_PER_MWH,
    boiler,
    chp,
    constant,
    daylight,
    faults_of,
    hours_after,
    inputs_for,
    main,
    published,
    purchase,
    ramp,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    vertices,
    wave,
    with_settings,
)

from dispatch.case import ScheduleRow
from dispatch.case_kinds import ComfortPolicy, Manager, Minimise, SourceKind
from dispatch.formulation import prices
from dispatch.settings import Comfort, FuelSettings, ShareGroup


def costs_of(schedule: xr.Dataset) -> Mapping[str, float]:
    """Costs by name, of a plan that the audit passes and whose total is their sum."""
    assert faults_of(schedule) == []
    assert schedule.attrs["cost_yuan"] == pytest.approx(float(schedule["cost"].sum()))
    names = schedule["cost_term"].values.tolist()
    return dict(zip(names, schedule["cost"].values.tolist(), strict=True))


def mwh(schedule: xr.Dataset, name: str) -> float:
    return float(schedule[name].sum()) * float(schedule.attrs["step_h"])


def test_a_day_of_one_boiler():
    """Heat/0.8 at 132.9 yuan/MWh: 8 MW (and rounding) for 24 h are about 31 900 yuan.

    The objective would count it alike, but with a look-ahead it would count that too.
    """
    schedule = published(inputs_for(tiny_case(), constant(4.0)))
    costs = costs_of(schedule)
    assert costs["fuel"] == pytest.approx(mwh(schedule, "zone_served") / 0.8 * TCE_YUAN_PER_MWH)
    assert costs["fuel"] == pytest.approx(31_900, rel=0.05)
    rest = {"fuel", "source_change", "mains", "setpoint_turns"}
    assert {name for name, yuan in costs.items() if abs(yuan) > 1e-6} == rest


def test_only_published_hours_count():
    """The same day with two more days in view: the objective triples, the cost does not."""
    time = tiny_settings().time.model_copy(update={"look_ahead_h": 48})
    inputs = inputs_for(tiny_case(settings=tiny_settings(time=time)), constant(4.0))
    schedule = published(inputs)
    fuel_yuan = mwh(schedule, "zone_served") / 0.8 * TCE_YUAN_PER_MWH
    assert costs_of(schedule)["fuel"] == pytest.approx(fuel_yuan)
    assert schedule.attrs["objective_yuan"] > 2.5 * fuel_yuan


def test_a_share_that_cannot_be_held():
    """Half and half within 0.1, but Q has 2 MW: it lacks 0.4·heat − Q, and P has as much too much.

    Both are paid for, at 300 yuan/MWh: at 8 MW 1.2 MW each.
    """
    settings = tiny_settings(share={"town": ShareGroup(shares={"P": 0.5, "Q": 0.5}, band=0.1)})
    sources = (boiler(), boiler("small", "Q", max_output_mw=2))
    schedule = published(inputs_for(tiny_case(*sources, settings=settings), constant(4.0)))
    _, small_mw = schedule["plant_heat"].values
    lacking_mw = 0.4 * schedule["plant_heat"].values.sum(axis=0) - small_mw
    assert lacking_mw[0] > 1.0
    cost = costs_of(schedule)["share"]
    assert cost == pytest.approx(2 * 300 * np.maximum(lacking_mw, 0.0).sum())


def test_a_cold_room():
    """6 MW where 8 are needed: after t hours rooms are 4·(1 − e^(−t/100)) K below 20 °C.

    The floor is 20 (law 18, coldest flats 2 K below), so each K·h costs 60 yuan at weight
    500 000 m²/10⁴ = 50: over 24 hours 11.1 K·h, 33 200 yuan, and a little more for setpoints that
    are rounded down. No hour is under the law.
    """
    case = tiny_case(boiler(max_output_mw=6))
    schedule = published(inputs_for(case, constant(4.0)))
    below_k = 4 * (1 - np.exp(-np.arange(1, 25) / 100))
    costs = costs_of(schedule)
    assert costs["rooms_below_floor"] == pytest.approx(60 * 50 * below_k.sum(), rel=0.05)
    lacking_k = 20 - schedule["station_indoor"].values[0]
    assert costs["rooms_below_floor"] == pytest.approx(60 * 50 * lacking_k.sum())
    assert costs["rooms_below_legal"] == 0.0
    assert costs["rooms_above_upper"] == 0.0


def test_rooms_under_the_law_cost_both_prices():
    """With nothing but 1 MW rooms come under 18 °C: what is under it costs 500, the 2 K above 60.

    In a shortage the plan is steered by prices that rise with depth; the cost has the plain ones.
    """
    schedule = published(inputs_for(tiny_case(boiler(max_output_mw=1)), constant(4.0)))
    indoor = schedule["station_indoor"].values[0]
    assert indoor[-1] < 17.5
    costs = costs_of(schedule)
    assert costs["rooms_below_legal"] == pytest.approx(500 * 50 * np.maximum(18 - indoor, 0).sum())
    above_law = np.minimum(20 - indoor, 2.0)
    assert costs["rooms_below_floor"] == pytest.approx(60 * 50 * above_law.sum())


def test_a_target_costs_only_where_it_is_to_be_held():
    """Floor 19, target 20, 6 MW: what lacks to 20 costs 3.5 yuan a K·h under `hold_target`."""
    town = station(cold_flat_margin_k=1)
    for policy, price in ((ComfortPolicy.HOLD_TARGET, 3.5), (ComfortPolicy.LEAST_FUEL, 0.0)):
        settings = tiny_settings(comfort=Comfort(policy=policy))
        case = tiny_case(boiler(max_output_mw=6), stations=(town,), settings=settings)
        schedule = published(inputs_for(case, constant(4.0)))
        below_k = np.clip(20 - schedule["station_indoor"].values[0], 0.0, 1.0)
        assert below_k.sum() > 5.0
        cost = costs_of(schedule)["rooms_below_target"]
        assert cost == pytest.approx(price * 50 * below_k.sum())


def test_a_start_costs_wear_and_fuel():
    """Two units of 5 MW; 4 MW, then 8: one start, 500 yuan and 1 t of standard coal at 1 082."""
    units = boiler(
        unit_count=2,
        max_output_mw=5,
        min_output_mw=1,
        commitment=True,
        start_cost_yuan=500,
        start_fuel_tce=1,
    )
    schedule = published(inputs_for(tiny_case(units), ramp(12.0, 3.0, 6.0, 8.0)))
    assert float(schedule["source_started"].sum()) == 1.0
    assert costs_of(schedule)["starts"] == pytest.approx(1_582.0)


POLYGON = vertices([(20, 10, 37.5), (2, 1, 3.75)])  # a back-pressure line: power is half the heat


def heat_and_power(minimise: Minimise) -> xr.Dataset:
    unit = chp(SourceKind.CHP_BACKPRESSURE, power_mode="price", max_output_mw=20)
    settings = tiny_settings(fuel=FuelSettings(minimise=minimise))
    case = tiny_case(unit, settings=settings, curves=POLYGON)
    return published(inputs_for(case, constant(4.0)))


def test_power_is_credited_with_the_coal_it_stands_for():
    """0.3 kgce/kWh at 1 082 yuan/tce: 324.6 yuan for each MWh of power, half the heat."""
    schedule = heat_and_power(Minimise.FUEL)
    costs, heat_mwh = costs_of(schedule), mwh(schedule, "source_heat")
    assert costs["power_credit"] == pytest.approx(-324.6 * heat_mwh / 2)
    assert costs["fuel"] == pytest.approx(1.875 * heat_mwh * TCE_YUAN_PER_MWH)
    assert (costs["power_sold"], costs["power_bought"]) == (0.0, 0.0)


def test_under_cost_power_is_sold_and_coal_has_its_price():
    """0.38 yuan/kWh, and coal of 5.815 MWh/t at 773 yuan/t; no credit besides."""
    schedule = heat_and_power(Minimise.COST)
    costs, heat_mwh = costs_of(schedule), mwh(schedule, "source_heat")
    assert costs["power_sold"] == pytest.approx(-380 * heat_mwh / 2)
    assert costs["fuel"] == pytest.approx(1.875 * heat_mwh * 773 / 5.815)
    assert costs["power_credit"] == 0.0


def test_third_parties_that_get_less_than_they_ask_for():
    """One station run by others asks for 8 MW and 6 can be sent: 2 MW at 8 000 yuan for 24 h."""
    town = station(managed_by=Manager.THIRD_PARTY)
    case = tiny_case(boiler(max_output_mw=6), stations=(town,))
    costs = costs_of(published(inputs_for(case, constant(4.0))))
    assert costs["unserved_third_party"] == pytest.approx(8_000 * 2 * 24, rel=1e-6)
    assert costs["rooms_below_floor"] == 0.0


def test_heat_paid_for_and_not_taken():
    """Take or pay of 20 MW, of which rooms take what heats them up: the rest costs 500 + 20·3.6.

    Under `fuel` heat that is not taken is coal that is not burnt: 500 alone.
    """
    for minimise, each in ((Minimise.FUEL, 500.0), (Minimise.COST, 572.0)):
        settings = tiny_settings(fuel=FuelSettings(minimise=minimise))
        bought = purchase(min_output_mw=20, price_yuan_per_gj=20)
        schedule = published(inputs_for(tiny_case(bought, settings=settings), constant(4.0)))
        left_mw = np.maximum(20 - schedule["source_heat"].values[0], 0.0)
        assert left_mw.sum() > 1.0
        assert costs_of(schedule)["heat_order"] == pytest.approx(each * left_mw.sum())


def test_a_yard_that_is_drawn_too_far():
    """240 MWh are 41 t of coal: of 100 t some 58 are left, under a bottom layer of 80.

    Rooms are dear here; at the usual 60 yuan a K·h they would rather get colder.
    What is taken from that layer costs 5 000 yuan/t, and none of ten days of reserve is there:
    410 t at 50. A reserve counted from the bottom of the yard would lack less.
    """
    yard = {"stock_t": 100, "unusable_t": 80, "reserve_days_min": 10}
    settings = tiny_settings(comfort=Comfort(below_floor_price=1_000, below_legal_price=1_000))
    schedule = published(inputs_for(tiny_case(yard=yard, settings=settings), constant(4.0)))
    reserve_t, left_t = (float(schedule[n].values.flat[-1]) for n in ("yard_reserve", "yard_stock"))
    assert reserve_t == pytest.approx(410, rel=0.02)
    assert left_t == pytest.approx(58, abs=3)
    wanted = 5_000 * (80 - left_t) + 50 * reserve_t
    assert costs_of(schedule)["yard_reserve"] == pytest.approx(wanted)


def test_power_that_the_grid_asks_for_and_cannot_have():
    """12 MW of power are asked of a unit that makes 10 beside 20 MW of heat: 2 MW are off, at a
    million yuan/MWh. Of the heat what rooms of 23 °C do not take is surplus, at 1 000.
    """
    unit = chp(SourceKind.CHP_BACKPRESSURE, max_output_mw=20)
    row = ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=12)
    case = tiny_case(unit, curves=POLYGON, schedules=(row,))
    schedule = published(inputs_for(case, constant(4.0)))
    costs, surplus_mwh = costs_of(schedule), mwh(schedule, "zone_surplus")
    assert costs["power_off_schedule"] == pytest.approx(1e6 * 2 * 24)
    assert surplus_mwh > 1.0
    assert costs["surplus_heat"] == pytest.approx(1_000 * surplus_mwh)


def test_least_heat_that_units_decided_here_cannot_hold():
    """A unit of 3 MW is to send at least 5 by schedule: 2 MW lack for 24 h, at the price of
    what no plan does by choice.
    """
    unit = boiler("small", max_output_mw=10, commitment=True)
    row = ScheduleRow(time=hours_after(START, -1), source_id="small", min_output_mw=5)
    mains = (main("P", capacity_mw=3), main("Q"))
    case = tiny_case(unit, boiler("large", "Q"), mains=mains, schedules=(row,))
    costs = costs_of(published(inputs_for(case, constant(4.0))))
    assert costs["least_load"] == pytest.approx(prices.BELOW_LEAST_YUAN_PER_MWH * 2 * 24)


@pytest.mark.parametrize("outdoor_c", [-2.0, -14.0])
@pytest.mark.parametrize("minimise", list(Minimise))
def test_plans_of_the_small_case_cost_what_the_audit_says(outdoor_c, minimise):
    """Mild and in a hard shortage, with mains gone cold, shares broken and rooms under the law."""
    case = with_settings(small_case(), "fuel", minimise=minimise)
    costs = costs_of(published(inputs_for(case, wave(outdoor_c, 4), constant(3), daylight(400))))
    assert costs["fuel"] > 0.0
    assert (costs["rooms_below_legal"] > 0.0) == (outdoor_c == -14.0)
