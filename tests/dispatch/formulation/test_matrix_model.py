"""The formulation against the same program put together without Pyomo (`matrix_model.py`).

Two ways of writing one model: both must cost the same, on cases that together use every part.
Without any one of its rows or prices a case costs less than the other way says, and its test fails.
"""

from dataclasses import replace

import numpy as np
import pytest
from matrix_model import matrix_program
from plan_inputs_maker import (
    START,
    boiler,
    chp,
    daylight,
    hours_after,
    inputs_for,
    last_plan,
    main,
    published,
    purchase,
    ramp,
    small_case,
    station,
    tank,
    tiny_case,
    tiny_settings,
    vertices,
    wave,
    with_every,
    with_settings,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import ComfortPolicy, Manager, Minimise, OutageKind, PowerMode, StockCovers
from dispatch.formulation.build import build_model
from dispatch.inputs import with_coal_needs
from dispatch.plan import SolveStatus
from dispatch.settings import Comfort, FuelSettings, NetworkSettings, ShareGroup, Time
from dispatch.solve import Limits, solve
from dispatch.timetable import TimetableRow
from dispatch.tonne_value import CoalNeed

LIMITED = NetworkSettings(
    soil_temp_c=(8.0,) * 12, primary_design_supply_c=105, primary_design_return_c=50
)
SHORT = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=24)


def terms_of(inputs, fixed_heat_mw=None):
    """Cost terms of the formulation at its optimum, yuan, after the matrices agreed with it."""
    outcome = solve(build_model(inputs, fixed_heat_mw), limits=Limits(gap=0.0))
    assert outcome.status is SolveStatus.OPTIMAL
    found = matrix_program(inputs, fixed_heat_mw).least_cost()
    assert found == pytest.approx(outcome.objective_yuan, rel=1e-6)
    return outcome.terms_yuan


def out(kind, name, from_h, to_h, left=0.0):
    window = {"from": hours_after(START, from_h), "to": hours_after(START, to_h)}
    return Outage.model_validate(window | {"kind": kind, "id": name, "available_fraction": left})


def scheduled(source_id, **changes):
    return ScheduleRow(time=hours_after(START, -100), source_id=source_id, **changes)


def shortened(case, **time):
    return with_settings(case, "time", **({"horizon_h": 24, "look_ahead_h": 24} | time))


# ---- one town --------------------------------------------------------------------------------


def test_the_tiny_town():
    assert terms_of(inputs_for(tiny_case(), wave(-2.0, 6.0)))["fuel"] > 0


def test_a_town_short_of_heat():
    """14 MW for a need of up to 20: rooms fall below the law."""
    settings = tiny_settings(time=SHORT, network=LIMITED)
    stations = station("S"), station("T", heat_capacity_kj_per_m2k=200, priority=3)
    case = tiny_case(boiler(max_output_mw=14), stations=stations, settings=settings)
    inputs = inputs_for(case, ramp(4.0, -20.0, 2.0, 12.0))
    assert terms_of(inputs)["rooms_below_legal"] > 0
    assert terms_of(replace(inputs, even_reduction=True))["rooms_below_legal"] > 0


def test_a_town_that_is_warm_without_heat():
    """14 °C outside and sun: rooms above the upper limit, and the least supply temperature."""
    sunny = station("S", solar_aperture=0.15, secondary_supply_min_c=28, gain_w_per_m2=5)
    settings = tiny_settings(time=SHORT)
    inputs = inputs_for(
        tiny_case(stations=(sunny,), settings=settings),
        wave(12.0, 4.0),
        sun=daylight(700.0),
        above_target_k=2.0,
    )
    terms = terms_of(inputs)
    assert terms["rooms_above_upper"] > 0
    assert terms["supply_below_least"] > 0


def test_rooms_held_at_their_target():
    settings = tiny_settings(time=SHORT, comfort=Comfort(policy=ComfortPolicy.HOLD_TARGET))
    stations = (station("S", indoor_target_c=21.5),)
    inputs = inputs_for(tiny_case(stations=stations, settings=settings), wave(-2.0, 6.0))
    terms = terms_of(inputs)
    assert terms["end_value"] < 0
    assert terms["rooms_below_target"] >= 0


@pytest.mark.parametrize("hold_h", [1, 4])
def test_offices_by_the_hour(hold_h):
    hours = {"occupied_from": "08:00", "occupied_to": "18:00", "setback_c": 14}
    table = TimetableRow.model_validate({"timetable_id": "office", "days": "mon-fri"} | hours)
    office = station("O", timetable_id="office", heat_capacity_kj_per_m2k=150)
    settings = tiny_settings(time=Time(horizon_h=24, setpoint_hold_h=hold_h, look_ahead_h=12))
    case = tiny_case(
        boiler(max_output_mw=40),
        stations=(office, station("S")),
        settings=settings,
        timetables=(table,),
    )
    assert terms_of(inputs_for(case, wave(-4.0, 6.0)))["rooms_below_floor"] > 0


def test_coal_that_runs_out():
    """64 t a day burnt of 100 in the pile, 30 of them below the reach of the shovel."""
    yard = {"stock_t": 100, "unusable_t": 30, "reserve_days_min": 2, "yard_loss_per_month": 0.05}
    settings = tiny_settings(time=Time(horizon_h=48, setpoint_hold_h=4, look_ahead_h=24))
    case = tiny_case(yard=yard, settings=settings)
    assert terms_of(inputs_for(case, wave(-2.0, 6.0)))["yard_reserve"] > 5_000


@pytest.mark.parametrize(
    ("stock_t", "yuan_per_t", "later_t"),
    [(900, 800.0, None), (900, 800.0, 150.0), (150, 3_000.0, None)],
)
def test_coal_that_may_be_missing(stock_t, yuan_per_t, later_t):
    """A need of four likely stocks, two of them alike: written as pieces here, as four there."""
    time = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=72)
    case = tiny_case(yard={"stock_t": stock_t}, settings=tiny_settings(time=time))
    need = CoalNeed("pile", (850.0, 870.0, 870.0, 900.0), yuan_per_t, later_t)
    terms = terms_of(with_coal_needs(inputs_for(case, wave(-2.0, 6.0)), [need]))
    assert terms["coal_need"] > 1_000
    assert (terms["yard_reserve"] > 0) == (stock_t == 150)  # the look-ahead buys


# ---- the small case --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    """Two plants with a share, a CHP on schedule, boilers, yards, third party, late mains."""
    return shortened(small_case(), horizon_h=48)


@pytest.fixture(scope="module")
def first(small):
    return published(inputs_for(small, wave(-2.0, 5.0), wave(4.0, 3.0), daylight(300.0)))


def test_the_small_case(small):
    terms = terms_of(inputs_for(small, wave(-2.0, 6.0), wave(4.0, 3.0), daylight(400.0)))
    assert terms["power_credit"] < 0
    assert terms["end_value_mains"] < 0


@pytest.mark.parametrize("after_h", [24, 6], ids=["new block", "running block"])
def test_the_small_case_after_a_last_plan(small, first, tmp_path, after_h):
    start = hours_after(START, after_h)
    last = last_plan(first, small, start, tmp_path)
    inputs = inputs_for(small, ramp(-2.0, -8.0, 3.0, 12.0), start=start, last=last)
    assert inputs.stations.running == (after_h == 6)
    assert terms_of(inputs)["plan_change"] > 0


@pytest.mark.parametrize("step_min", [15, 30, 60])
def test_the_small_case_at_any_step(step_min):
    case = shortened(small_case(), step_min=step_min)
    terms_of(inputs_for(case, wave(-1.0, 6.0), wave(4.0, 3.0), daylight(400.0)))


def test_the_small_case_short_of_heat(small):
    """Too cold for 54 MW, a main out for four hours, half the boilers for ten, a station away:
    third parties are cut, supply temperatures and shares break their limits.
    """
    outages = (
        out(OutageKind.LINK, "A>north", 6, 10),
        out(OutageKind.SOURCE, "boiler_1", 12, 22, 0.5),
        out(OutageKind.STATION, "N2", 8, 20),
    )
    case = small.model_copy(update={"outages": outages})
    inputs = inputs_for(case, ramp(-4.0, -24.0, 4.0, 16.0))
    terms = terms_of(inputs)
    for name in ("rooms_below_legal", "unserved_third_party", "plant_supply_change", "share"):
        assert terms[name] > 1.0, name
    assert terms_of(replace(inputs, even_reduction=True))["rooms_below_legal"] > 0


def test_the_small_case_by_cost(small):
    """Prices of coal, carbon and power; the CHP free above a contract, its yard for heat alone."""
    case = with_settings(small, "fuel", minimise=Minimise.COST, carbon_price_yuan_per_t=10.0)
    sources = tuple(
        s.model_copy(update={"power_mode": PowerMode.PRICE} if s.kind.is_chp else {})
        for s in case.sources
    )
    case = with_every(case, "yards", stock_covers=StockCovers.HEAT_SHARE, stock_t=600.0)
    terms = terms_of(inputs_for(case.model_copy(update={"sources": sources}), wave(-6.0, 6.0)))
    assert terms["power_sold"] < 0
    assert terms["yard_reserve"] > 0


def test_the_sources_for_given_stations(small):
    inputs = inputs_for(small, wave(-3.0, 6.0))
    given = 1.3 * np.maximum(inputs.stations.settled_mw[:, None], np.zeros(inputs.grid.blocks))
    assert terms_of(inputs, given)["unsent"] > 0


# ---- tanks, contracts, ties, whole units -----------------------------------------------------


def test_band_power_of_several_units():
    unit = chp(unit_count=2, power_mode=PowerMode.BAND, min_output_mw=50, ramp_mw_per_h=60)
    case = tiny_case(
        unit,
        stations=(station(heated_area_m2=2_000_000, specific_loss_w_per_m2k=5.0),),
        settings=tiny_settings(time=SHORT),
        curves=vertices(),
        schedules=(scheduled("chp", power_mw=400, power_min_mw=250),),
    )
    assert terms_of(inputs_for(case, wave(-6.0, 8.0)))["power_credit"] < 0


def two_towns(*sources, minimise=Minimise.FUEL, outages=()):
    """West and east, a plant each, a tie between them; delays of 0.5 to 1.5 h, losses, a share."""
    settings = tiny_settings(
        time=Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=12),
        network=LIMITED,
        share={"two": ShareGroup(shares={"P": 0.6, "Q": 0.4}, band=0.1)},
        fuel=FuelSettings(minimise=minimise),
    )
    mains = (
        main("P", "west", delay_h=1.5, loss_mw=0.3, capacity_mw=30),
        main("Q", "east", delay_h=0.5, loss_mw=0.2, capacity_mw=30),
        main("west", "east", delay_h=0.75, loss_mw=0.1, capacity_mw=6),
    )
    stations = (
        station("W", zone_id="west"),
        station("E", zone_id="east", heated_area_m2=300_000),
        station("X", zone_id="east", heated_area_m2=200_000, managed_by=Manager.THIRD_PARTY),
    )
    return tiny_case(
        *sources, mains=mains, stations=stations, settings=settings, outages=tuple(outages)
    )


def lit(source_id, plant_id, **changes):
    """Three boilers of 5 to 8 MW that are decided one by one."""
    values = {
        "unit_count": 3,
        "min_output_mw": 5,
        "max_output_mw": 8,
        "ramp_mw_per_h": 4,
        "no_load_fuel_mw": 0.6,
        "min_up_h": 6,
        "min_down_h": 5,
        "max_starts": 1,
        "start_cost_yuan": 900,
        "start_fuel_tce": 0.5,
        "commitment": True,
    }
    return boiler(source_id, plant_id, **(values | changes))


BOUGHT = {"max_output_mw": 8, "min_output_mw": 2, "order_tolerance": 0.05, "notice_h": 4}


def test_a_tank_a_contract_a_tie_and_whole_units():
    """Whole numbers on both sides, solved to a gap of nothing."""
    sources = (
        lit("boilers", "P"),
        tank("tank", "P", energy_mwh=30, charge_mw=5, discharge_mw=6, loss_per_h=0.002),
        purchase("mill", "Q", **BOUGHT),
        boiler("spare", "Q", max_output_mw=12, efficiency=0.7, ramp_mw_per_h=3),
    )
    terms = terms_of(inputs_for(two_towns(*sources), ramp(10.0, -8.0, 2.0, 12.0)))
    assert terms["starts"] > 0
    assert terms["end_value_tanks"] < 0


def test_whole_units_and_outages():
    """A unit out for eight hours, the west's main down to a third for four, the tie for five."""
    outages = (
        out(OutageKind.SOURCE, "boilers", 5, 13, 2 / 3),
        out(OutageKind.LINK, "P>west", 15, 19, 0.3),
        out(OutageKind.LINK, "west>east", 3, 8),
    )
    sources = lit("boilers", "P"), boiler("spare", "Q", max_output_mw=9, ramp_mw_per_h=3)
    inputs = inputs_for(two_towns(*sources, outages=outages), ramp(0.0, -8.0, 4.0, 12.0))
    assert inputs.sources[0].units.lost.max() >= 1
    terms_of(inputs)


def test_what_stands_from_a_last_plan_with_whole_units(tmp_path):
    """Orders of the next hours, the tank's content, starts and stops before: a milder night."""
    sources = (
        lit("boilers", "P", min_up_h=12, min_down_h=10),
        tank("tank", "P", energy_mwh=30, charge_mw=5, discharge_mw=6, loss_per_h=0.002),
        purchase("mill", "Q", price_yuan_per_gj=30, **BOUGHT),
        boiler("spare", "Q", max_output_mw=12, efficiency=0.7, ramp_mw_per_h=3),
    )
    case = two_towns(*sources, minimise=Minimise.COST)
    before = published(inputs_for(case, ramp(12.0, -12.0, 2.0, 10.0)))
    start = hours_after(START, 16)
    last = last_plan(before, case, start, tmp_path)
    inputs = inputs_for(case, ramp(-10.0, 8.0, 0.0, 6.0), start=start, last=last)
    assert np.isfinite(inputs.sources[2].order.ordered_mw).sum() == 4
    assert len(inputs.sources[0].units.starts_before) + len(inputs.sources[0].units.stops_before)
    assert not inputs.sources[1].tank.is_assumed
    terms_of(inputs)


def test_a_chp_that_may_stand_still():
    """Two free units with a least heat of their polygon, paid by the market, beside boilers."""
    unit = chp(
        unit_count=2,
        max_output_mw=12,
        power_mode=PowerMode.PRICE,
        commitment=True,
        ramp_mw_per_h=6,
        min_up_h=8,
        min_down_h=6,
        start_fuel_tce=1.0,
    )
    points = [
        (h * 0.03, p * 0.03, f * 0.03)
        for h, p, f in ((400, 262, 880), (400, 230, 794.667), (194, 117, 399.947))
    ]
    case = two_towns(unit, boiler("spare", "Q", max_output_mw=12), minimise=Minimise.COST)
    night, noon = (hours_after(START, h) for h in (-100, 8))
    prices = (
        ScheduleRow(time=night, source_id="chp", price=150.0),
        ScheduleRow(time=noon, source_id="chp", price=520.0),
    )
    case = case.model_copy(update={"curves": vertices(points), "schedules": prices})
    assert terms_of(inputs_for(case, wave(0.0, 6.0)))["power_sold"] < 0
