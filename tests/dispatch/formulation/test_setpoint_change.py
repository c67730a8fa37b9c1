"""How fast setpoints move: 2 K a block and 6 K a day, the last plan kept, plants held in theirs."""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    heat_of,
    hours_after,
    inputs_for,
    last_plan,
    planned,
    published,
    ramp,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    wave,
    with_settings,
)

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.formulation import prices
from dispatch.formulation.build import build_model
from dispatch.formulation.setpoint_change import ROUNDING_K
from dispatch.settings import NetworkSettings, Time

BLOCKS_A_DAY = 6


def network(**changes):
    values = {
        "soil_temp_c": (8.0,) * 12,
        "primary_design_supply_c": 105,
        "primary_design_return_c": 50,
        "supply_step_k": 1000,
        "supply_day_k": 1000,
        "supply_day_cold_wave_k": 1000,
    }
    return NetworkSettings.model_validate(values | changes)


def town(temperature, *, horizon_h=72, net=None, **tables):
    time = Time(horizon_h=horizon_h, setpoint_hold_h=4, look_ahead_h=24)
    settings = tiny_settings(time=time, network=net or network())
    return inputs_for(tiny_case(settings=settings, **tables), temperature)


def changes_k(inputs, model):
    """Setpoint-equivalent changes of the station, from block to block and from day to day, K."""
    slope = float(inputs.stations.slope_mw_per_k[0])
    heat = heat_of(inputs, model)[0, : inputs.grid.horizon_blocks]
    return np.diff(heat) / slope, (heat[BLOCKS_A_DAY:] - heat[:-BLOCKS_A_DAY]) / slope


def cost(model, name):
    return float(pyo.value(model.cost_terms[name]))


FRONT = ramp(4.0, -3.0, 30.0, 33.0)  # 3.5 MW more in three hours, 7 K in a day: no cold wave


def test_a_cold_front_is_met_in_steps_of_two_kelvin():
    """Limits less the quarter kelvin kept for rounding (half a kelvin over a day): 1.75 K a block
    and 5.5 K a day, in heat 1.75 and 5.5 times dq/dt_g.
    """
    inputs = town(FRONT)
    assert not inputs.cold_wave
    model = planned(inputs)
    step, day = changes_k(inputs, model)
    assert np.abs(step).max() <= 2 - ROUNDING_K + 1e-6
    assert np.abs(day).max() <= 6 - 2 * ROUNDING_K + 1e-6
    assert cost(model, "setpoint_change") == pytest.approx(0.0, abs=1e-6)


def test_without_the_limits_the_front_is_met_in_one_leap():
    """The same front, limits of 1 000 K: the plan leaps by more than 2 K, so the limits did it."""
    free = network(secondary_step_k=1000, secondary_day_k=1000)
    inputs = town(FRONT, net=free)
    step, _ = changes_k(inputs, planned(inputs))
    assert np.abs(step).max() > 3.0


def test_a_cold_wave_allows_ten_kelvin_a_day():
    """12 K in half a day is a cold wave (8 K in 24 h to 4 °C or less): up to 9.5 K a day; at 6 K
    the rooms would be too cold for longer.
    """
    wave_front = ramp(4.0, -8.0, 30.0, 42.0)
    inputs = town(wave_front)
    assert inputs.cold_wave
    step, day = changes_k(inputs, planned(inputs))
    assert np.abs(step).max() <= 2 - ROUNDING_K + 1e-6
    assert 5.5 < np.abs(day).max() <= 10 - 2 * ROUNDING_K + 1e-6


def test_limits_yield_at_their_price_where_the_cold_comes_too_fast():
    """20 K within an hour: rooms would fall below the law at 1.75 K a block. Setpoints go faster,
    at 300 yuan per K and 10⁴ m² beyond the limits, from the setpoint before the plan on. A hard
    limit would leave rooms cold or no plan.
    """
    inputs = town(ramp(4.0, -16.0, 4.0, 5.0), horizon_h=48)
    model = planned(inputs)
    stations = inputs.stations
    slope = float(stations.slope_mw_per_k[0])
    heat = np.concatenate([stations.heat_before_mw, heat_of(inputs, model)[0]])
    holds = np.maximum(1.0, inputs.grid.block_lengths_h / 4)
    limit = np.concatenate([2 * holds - ROUNDING_K])
    over = np.maximum(0.0, np.abs(np.diff(heat)) / slope - limit).sum()
    _, day = changes_k(inputs, model)
    assert inputs.cold_wave
    over += np.maximum(0.0, np.abs(day) - (10 - 2 * ROUNDING_K)).sum()
    assert over > 0.5
    assert cost(model, "setpoint_change") == pytest.approx(
        prices.SETPOINT_CHANGE_YUAN_PER_K * 50 * over, rel=1e-6
    )


def test_an_outage_is_no_change_of_setpoint():
    """Cut off for a block, and then measured against the setpoint before it: what is paid is the
    haste with which the rooms are warmed up again. Were the cut a change, 8 MW down and up would
    cost 300 yuan · 50 · 2 · 27 K = 810 000 yuan.
    """
    out = Outage.model_validate(
        {
            "kind": OutageKind.STATION,
            "id": "S",
            "from": hours_after(START, 12),
            "to": hours_after(START, 16),
        }
    )
    inputs = town(constant(4.0), outages=(out,), horizon_h=24)
    model = planned(inputs)
    heat = heat_of(inputs, model)[0]
    assert heat[3] == pytest.approx(0.0, abs=1e-9)
    in_service = np.delete(np.concatenate([inputs.stations.heat_before_mw, heat]), 4)
    changes = np.abs(np.diff(in_service)) / float(inputs.stations.slope_mw_per_k[0])
    over = np.maximum(0.0, changes - (2 - ROUNDING_K)).sum()
    assert cost(model, "setpoint_change") == pytest.approx(60 * 50 * over, rel=1e-6, abs=1e-6)
    assert cost(model, "setpoint_change") < 16_000


def test_every_turn_of_a_setpoint_is_priced():
    """Σ |Δq|/s within the limits, from what was before the plan on, at 0.3 yuan per K and 10⁴ m²:
    of equal plans the calm one.
    """
    inputs = town(wave(0.0, 5.0))
    model = planned(inputs)
    slope = float(inputs.stations.slope_mw_per_k[0])
    heat = np.concatenate([inputs.stations.heat_before_mw, heat_of(inputs, model)[0]])
    turns = np.abs(np.diff(heat)).sum() / slope
    assert cost(model, "setpoint_change") == pytest.approx(0.0, abs=1e-6)
    assert cost(model, "setpoint_turns") == pytest.approx(
        prices.SETPOINT_TURN_YUAN_PER_K * 50 * turns, rel=1e-6, abs=1e-6
    )


def one_boiler(temperature, **limits):
    time = Time(horizon_h=48, setpoint_hold_h=4, look_ahead_h=0)
    net = network(secondary_step_k=1000, secondary_day_k=1000, **limits)
    settings = tiny_settings(time=time, network=net)
    return inputs_for(tiny_case(settings=settings), temperature)


def block_means(inputs, model):
    heat = np.array([pyo.value(v) for v in model.source[0].heat_to_network.values()])
    return heat.reshape(-1, 4).mean(axis=1)


def test_plant_heat_follows_its_supply_temperature():
    """3 K a block, 0.53 MW here; 2 MW more are needed within a block. The plant starts to climb a
    day ahead; without the limit it leaps by more than 1 MW.
    """
    front = ramp(4.0, 0.0, 28.0, 32.0)
    held, free = one_boiler(front, supply_step_k=3), one_boiler(front)
    limit = 3 * float(held.plant_slope_mw_per_k[0])
    model = planned(held)
    assert np.abs(np.diff(block_means(free, planned(free)))[1:]).max() > 2 * limit
    assert np.abs(np.diff(block_means(held, model))[1:]).max() <= limit + 1e-6
    assert cost(model, "plant_supply_change") < 50  # the seam to the settled start at most


def test_plant_limits_yield_at_their_price():
    """A boiler that is out for a block: 8 MW down and up again, 100 yuan for each MW beyond."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": "boiler",
            "from": hours_after(START, 16),
            "to": hours_after(START, 20),
        }
    )
    time = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=0)
    net = network(secondary_step_k=1000, secondary_day_k=1000, supply_step_k=3)
    settings = tiny_settings(time=time, network=net)
    inputs = inputs_for(tiny_case(settings=settings, outages=(out,)), constant(4.0))
    model = planned(inputs)
    limit = 3 * float(inputs.plant_slope_mw_per_k[0])
    beyond = np.maximum(0, np.abs(np.diff(block_means(inputs, model))) - limit).sum()
    assert beyond > 5
    assert cost(model, "plant_supply_change") == pytest.approx(
        prices.SUPPLY_CHANGE_YUAN_PER_MW * beyond, rel=1e-6
    )


def test_slope_of_plant_heat_is_the_derivative_of_the_network_curve():
    """14 MW of design heat; supply = mean + spread: dT/dQ̄ = 59.5/1.3·Q̄^(1/1.3 − 1) + 27.5 K.
    At Q̄ = 0.5: 45.8·1.173 + 27.5 = 81.2 K, so 14/81.2 = 0.172 MW/K.
    """
    inputs = one_boiler(constant(4.0))
    assert inputs.plant_slope_mw_per_k[0] == pytest.approx(14 / 81.2, rel=2e-3)


# ---- the last plan -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    return with_settings(small_case(), "time", horizon_h=48, look_ahead_h=24)


@pytest.fixture(scope="module")
def first(small):
    """A plan from local midnight without a last one."""
    return published(inputs_for(small, wave(-1.0, 4.0)))


@pytest.fixture(scope="module")
def moved_by_a_replan(small, first, tmp_path_factory):
    """Changes of our setpoints, K, when the same plan is made again from its own state."""
    last = last_plan(first, small, START, tmp_path_factory.mktemp("state"))
    again = published(inputs_for(small, wave(-1.0, 4.0), last=last), last)
    ours = first["station_controllable"].values > 0
    return (again["station_supply"] - first["station_supply"]).values[ours]


def test_a_replan_with_the_same_inputs_changes_nothing(moved_by_a_replan):
    """Same start, weather and state: the last plan's setpoints hold rooms as the new plan wants
    them, so they stand. Without that rule 40 % of them move, by up to 1 K: the new optimum starts
    from rooms that rounding has left a little off the old one.
    """
    assert (moved_by_a_replan == 0).all()


@pytest.mark.parametrize("hours", [1, 2, 4])
def test_a_later_replan_moves_no_setpoint(small, first, tmp_path, hours):
    """An hour later in the same weather, within a block or as a new one begins: no setpoint of a
    station moves by more than 0.5 K in any hour both plans cover, none of a plant by more than 1 K
    (its need follows the neediest station, to a kelvin). Each rule counts:
    without the last plan's setpoints standing, a third of them move by up to 1.5 K; with the
    setpoint of a block cut short forgotten, a new block starts 2 K off.
    """
    start = hours_after(START, hours)
    last = last_plan(first, small, start, tmp_path)
    later = published(inputs_for(small, wave(-1.0, 4.0, 5.0 - hours), start=start, last=last), last)
    ours = first["station_controllable"].values > 0
    ends = first["block_end"].values.tolist()
    common = [
        (k, ends.index(end))
        for k, end in enumerate(later["block_end"].values.tolist())
        if end in ends
    ]
    for name, rows in (("station_supply", ours), ("plant_supply_temp", slice(None))):
        new, old = later[name].values[rows], first[name].values[rows]
        moved = np.abs([new[:, k] - old[:, at] for k, at in common])
        assert moved.max() <= (0.5 if name == "station_supply" else 1.0), name


def test_a_later_replan_leaves_the_running_setpoints_alone(small, first, tmp_path):
    """The first block is under way: its setpoints are what they were."""
    start = hours_after(START, 2)
    last = last_plan(first, small, start, tmp_path)
    later = published(inputs_for(small, wave(-1.0, 4.0, 3.0), start=start, last=last), last)
    ours = first["station_controllable"].values > 0
    now, before = (one["station_supply"].values[ours, 0] for one in (later, first))
    assert now == pytest.approx(before)


def test_the_running_block_keeps_its_heat(small, first, tmp_path):
    """Two hours into a block the forecast turns 4 K warmer: the running block stays as it is and
    the next ones fall. Were it free, it would fall at once.
    """
    start = hours_after(START, 2)
    last = last_plan(first, small, start, tmp_path)
    inputs = inputs_for(small, wave(3.0, 4.0, 3.0), start=start, last=last)
    ours = inputs.stations.controllable
    kept = inputs.stations.heat_last_mw[ours, 0]
    heat = heat_of(inputs, planned(inputs))
    assert heat[:, 0] == pytest.approx(kept, rel=1e-6)
    assert (heat[:, 2] < 0.95 * kept).all()


def test_the_setpoint_of_a_running_block_stays_even_in_a_colder_forecast(small, first, tmp_path):
    """6 K colder: the setpoint of the running block is what it was, the third block is higher but
    for the floor heating, whose heavy rooms let it stand.
    """
    start = hours_after(START, 2)
    last = last_plan(first, small, start, tmp_path)
    later = published(inputs_for(small, wave(-7.0, 4.0, 3.0), start=start, last=last), last)
    ours = first["station_controllable"].values > 0
    setpoint = later["station_supply"].values[ours]
    assert setpoint[:, 0] == pytest.approx(first["station_supply"].values[ours, 0])
    rise_k = setpoint[:, 3] - setpoint[:, 0]
    assert (rise_k >= 0.0).all()
    assert (rise_k >= 2.0).sum() >= rise_k.size - 1


def test_plan_change_costs_a_yuan_a_kelvin(small, first, tmp_path):
    """Σ |q − q_last|/s · area over the blocks of the last plan, 100 yuan in the running one."""
    start = hours_after(START, 2)
    last = last_plan(first, small, start, tmp_path)
    inputs = inputs_for(small, wave(-4.0, 4.0, 3.0), start=start, last=last)
    model = planned(inputs)
    ours = inputs.stations.controllable
    before = inputs.stations.heat_last_mw[ours]
    slope = inputs.stations.slope_mw_per_k[ours, None]
    moved = np.abs(heat_of(inputs, model) - before)[:, : inputs.grid.horizon_blocks]
    price = np.full(moved.shape[1], prices.PLAN_CHANGE_YUAN_PER_K)
    price[0] = prices.RUNNING_BLOCK_YUAN_PER_K
    area = inputs.stations.buildings.area_m2[ours, None] / 1e4
    expected = np.nansum(moved / slope * price * area)
    assert cost(model, "plan_change") == pytest.approx(expected, rel=1e-6)


def test_first_blocks_of_a_plant_are_held_to_the_last_plan(small, first, tmp_path):
    """With a last plan the change limits reach over the seam; without one they cannot."""
    last = last_plan(first, small, hours_after(START, 24), tmp_path)
    start = hours_after(START, 24)
    with_last = inputs_for(small, wave(-1.0, 4.0), start=start, last=last)
    without = inputs_for(small, wave(-1.0, 4.0), start=start)
    first_row = [
        len([1 for _, k in build_model(i).plant_change.day_change if k < BLOCKS_A_DAY])
        for i in (with_last, without)
    ]
    assert first_row == [2 * BLOCKS_A_DAY, 0]
    assert np.isfinite(with_last.plant_heat_last_mw).all()
    assert np.isnan(without.plant_heat_last_mw).all()


def test_two_estates_of_one_town_move_apart_freely():
    """The limits are each station's own: one that is cut off does not hold the other."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.STATION,
            "id": "cut",
            "from": hours_after(START, 4),
            "to": hours_after(START, 8),
        }
    )
    inputs = town(
        constant(4.0),
        horizon_h=24,
        outages=(out,),
        stations=(station("cut"), station("warm")),
        sources=(boiler(max_output_mw=40),),
    )
    cut, warm = heat_of(inputs, planned(inputs))
    assert cut[1] == pytest.approx(0.0, abs=1e-9)
    assert warm[2:5] == pytest.approx(np.full(3, 8.0), abs=0.3)
