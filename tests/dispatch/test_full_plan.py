"""The full plan by the way that suits its size, and evenly spread where heat is short."""

from dataclasses import replace

import numpy as np
import pytest
from plan_inputs_maker import (
    boiler,
    constant,
    faults_of,
    inputs_for,
    main,
    published,
    ramp,
    small_case,
    station,
    tiny_case,
    wave,
    with_settings,
)

from dispatch.case_kinds import Manager, SolveStrategy
from dispatch.full_plan import LOOPS_BY_PRICES, below_law, law_missed_k, optimum, strategy_of
from dispatch.plan import SolveStatus


def many_loops(count):
    """A town with so many loops of our own."""
    stations = tuple(station(f"S{i}", heated_area_m2=5_000) for i in range(count))
    return inputs_for(tiny_case(stations=stations), constant(4.0))


@pytest.mark.parametrize(
    ("count", "strategy"),
    [(LOOPS_BY_PRICES, SolveStrategy.WHOLE), (LOOPS_BY_PRICES + 1, SolveStrategy.PRICES)],
)
def test_large_networks_are_planned_by_prices(count, strategy):
    assert strategy_of(many_loops(count)) is strategy


@pytest.mark.parametrize("strategy", [SolveStrategy.WHOLE, SolveStrategy.PRICES])
def test_what_the_case_asks_for_is_done(strategy):
    """Both ways find the same plan, within the gap that the second one certifies."""
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=24)
    whole = optimum(inputs_for(with_settings(case, "solve", strategy="whole"), wave(0.0, 4.0)))
    asked = with_settings(case, "solve", strategy=strategy)
    found = optimum(inputs_for(asked, wave(0.0, 4.0)))
    assert found.outcome.status is SolveStatus.OPTIMAL
    assert found.outcome.gap <= 0.001
    best = whole.outcome.objective_yuan
    assert found.outcome.bound_yuan <= best + 1e-6 * abs(best)
    assert found.outcome.objective_yuan >= best - 1e-6 * abs(best)
    assert found.outcome.objective_yuan <= best + 0.001 * abs(best)


def short_town(**changes):
    """Two equal stations that need 26 MW in all at −6 °C, on 18 MW."""
    stations = (station("one", **changes), station("two", **changes))
    case = tiny_case(boiler(max_output_mw=18), mains=(main(),), stations=stations)
    return inputs_for(case, constant(-6.0))


def test_a_shortage_is_shared_by_equals():
    """Each gets about 9 MW on average, to within 0.5 MW. At one price for all cold the solver may
    as well heat one station fully and leave 5 MW for the other.
    """
    inputs = short_town()
    found = optimum(inputs)
    assert below_law(inputs, found.heat_kw)
    one, two = found.heat_kw.mean(axis=1) / 1000.0
    assert one + two == pytest.approx(18.0, rel=0.02)
    assert one == pytest.approx(two, abs=0.5)


def test_others_cut_below_the_law_are_a_shortage_too():
    """8 MW for two houses of 8, one run by others: at the price of a cut ours would stay at 18 °C
    and theirs freeze. Both are a little below the law instead.
    """
    stations = (station("ours"), station("theirs", managed_by=Manager.THIRD_PARTY))
    case = tiny_case(boiler(max_output_mw=8), stations=stations)
    inputs = inputs_for(with_settings(case, "time", horizon_h=72, look_ahead_h=0), constant(4.0))
    found = optimum(inputs)
    assert below_law(inputs, found.heat_kw)
    indoor_c, _ = inputs.stations.response.indoor_c(inputs.stations.indoor_before_c, found.heat_kw)
    two_days = indoor_c[:, :48]
    assert two_days[:, -1] == pytest.approx([16.7, 16.7], abs=0.7)


@pytest.mark.parametrize("clearly_k", [0.3, np.inf])
def test_a_plan_given_up_half_way_is_the_one_that_would_have_come(monkeypatch, clearly_k):
    """Two units of 9 MW for 26 MW: too cold already with fractions of units. Finished and then
    dropped, or dropped at once, the same plan comes out.
    """
    units = {"unit_count": 2, "commitment": True, "min_output_mw": 4.0, "max_output_mw": 9.0}
    stations = (station("one"), station("two"))
    case = tiny_case(boiler(**units), mains=(main(),), stations=stations)
    inputs = inputs_for(with_settings(case, "solve", strategy="prices"), constant(-6.0))
    monkeypatch.setattr("dispatch.full_plan.CLEARLY_BELOW_LAW_K", clearly_k)
    even = optimum(replace(inputs, even_reduction=True))
    found = optimum(inputs)
    assert np.array_equal(found.heat_kw, even.heat_kw)
    assert (found.units_on == 2.0).all()


def test_the_law_comes_before_gentle_setpoints():
    """Plenty of heat, but setpoints that may move by 1 K an hour and 2 K a day, and 7.5 K colder
    within six hours, which is no cold wave: kept to their limits rooms miss the law. They are
    legal where setpoints may rise as in a cold wave, and the cold is not shared out.
    """
    slow = with_settings(tiny_case(boiler(max_output_mw=40)), "time", setpoint_hold_h=1)
    slow = with_settings(slow, "network", secondary_step_k=1.0, secondary_day_k=2.0)
    slow = with_settings(slow, "time", horizon_h=72, look_ahead_h=24)
    inputs = inputs_for(slow, ramp(6.0, -1.5, 0.0, 6.0))
    assert not inputs.cold_wave
    found = optimum(inputs)
    assert found.hurried
    assert law_missed_k(inputs, found.heat_kw).max() < 0.01
    day = published(inputs)
    assert float(day.attrs["secondary_day_k"]) == 10.0
    assert faults_of(day) == []


def test_enough_heat_is_no_shortage():
    inputs = inputs_for(tiny_case(boiler(max_output_mw=18)), constant(-6.0))
    assert not below_law(inputs, optimum(inputs).heat_kw)


def test_a_yard_of_units_is_proven_within_the_gap():
    """Three boilers of 3 to 6 MW and dear starts for some 8 MW: two run, and the outcome says how
    far from the best that may be. Were the gap that of the small search, it would not hold here.
    """
    unit = boiler(
        unit_count=3,
        min_output_mw=3,
        max_output_mw=6,
        commitment=True,
        no_load_fuel_mw=1.0,
        min_up_h=12,
        min_down_h=12,
        start_cost_yuan=2_000,
    )
    inputs = inputs_for(tiny_case(unit), wave(4.0, 3.0))
    found = optimum(inputs)
    assert np.isfinite(found.units_on).all()
    assert (found.units_on == np.round(found.units_on)).all()
    assert found.outcome.bound_yuan <= found.outcome.objective_yuan
    gap = 1.0 - found.outcome.bound_yuan / found.outcome.objective_yuan
    assert found.outcome.gap == pytest.approx(gap, abs=1e-9)
    within = found.outcome.gap <= inputs.case.settings.solve.gap
    assert (found.outcome.status is SolveStatus.OPTIMAL) is within
