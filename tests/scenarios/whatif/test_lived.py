"""Plans on a wrong forecast, lived in the weather that came."""

from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from cut_case import base, base_plan, request

from dispatch.carried_out import carried_out
from dispatch.inputs import plan_inputs
from forecasts.weather.run import utc64
from forecasts.weather.steps import resample
from scenarios.whatif.changes.weather import TemperatureShift
from scenarios.whatif.lived import Policy, Sight, live, seen_at
from scenarios.whatif.lived_figures import lived_figures

FRONT = TemperatureShift(shift_k=-8, from_h=8)
SIGHT = Sight(sure_h=4, fades_h=4)


def inputs(situation):
    grid = situation.grid
    return plan_inputs(situation.case, grid, resample(situation.weather, grid.step_h), None)


@cache
def figures():
    """Foresight, setpoints held all day, and planned anew every 8 h."""
    before, after = base(), FRONT.applied(base())
    policies = (Policy(None, foresight=True), Policy(None), Policy(8))
    lived = [live(before, after, policy, SIGHT, request()) for policy in policies]
    return lived, lived_figures(lived, before.case)


def test_a_forecast_that_was_right_changes_nothing():
    """The rooms are those of the plan, to the last digit."""
    lived = carried_out(inputs(base()), base_plan().schedule, None)
    plan = base_plan().schedule
    assert float(abs(lived["station_indoor"] - plan["station_indoor"]).max()) < 1e-9
    assert float(lived["source_heat"].sum() / plan["source_heat"].sum()) == pytest.approx(
        1, abs=0.01
    )


def test_rooms_cool_less_than_the_air_since_emitters_give_more():
    """8 K colder from hour 8 on: without heat answering, a building of τ = 48 h would lose
    8·(1 − e^(−18/48)) = 2.5 K in the 18 h left; a held supply temperature makes good a part.
    """
    cold = carried_out(inputs(FRONT.applied(base())), base_plan().schedule, None)
    fall = (base_plan().schedule["station_indoor"] - cold["station_indoor"]).values
    ours = cold["station_controllable"].values > 0
    steps = round(8 / float(cold.attrs["step_h"]))
    assert fall[ours, : steps - 1].max() < 1e-6
    assert 0.8 < fall[ours, -1].mean() < 2.5
    more = (cold["source_heat"] - base_plan().schedule["source_heat"]).sum("source").values
    assert more[-6:].min() > 0


def test_what_is_seen_of_the_weather():
    """Wholly for 4 h, nothing from 8 h on, half of it between; the past is the truth."""
    before, after = base(), FRONT.applied(base())
    moment = before.grid.start + timedelta(hours=6)
    seen = seen_at(moment, before.weather, after.weather, SIGHT)
    lead = (seen["time"].values - utc64(moment)) / np.timedelta64(1, "h")
    shift = (seen["air_temperature"] - before.weather["air_temperature"]).values
    assert shift[lead < 2] == pytest.approx(0)  # the front is yet to come
    assert shift[(lead >= 2) & (lead <= 4)] == pytest.approx(-8)
    assert shift[lead == 6] == pytest.approx(-4)
    assert shift[lead >= 8] == pytest.approx(0)


def test_planning_anew_makes_a_missed_front_milder():
    """Held setpoints leave rooms colder than planning anew, and that than foresight."""
    _, (knew, held, anew) = figures()
    assert knew.cold.below_floor_kh < 0.5
    assert held.cold.below_floor_kh > anew.cold.below_floor_kh > 0
    assert held.cold.coldest_flat_c < anew.cold.coldest_flat_c < knew.cold.coldest_flat_c + 0.1
    assert held.cold.homes >= anew.cold.homes


def test_cold_rooms_are_no_saving():
    """The held plan burns less and leaves the rooms colder; as warm as with foresight it would
    have burnt about as much.
    """
    _, (knew, held, _) = figures()
    assert knew.more_fuel_tce == knew.stored_mwh == 0
    assert held.more_fuel_tce < 0
    assert held.stored_mwh < 0
    assert abs(held.corrected_tce) < 0.6 * abs(held.more_fuel_tce)


def test_the_span_is_lived_through_once():
    """Three plans of 8 h make the day of one; their rooms meet at the seams."""
    (_, held, anew), (_, _, told) = figures()
    assert (held.plans, anew.plans, told.plans) == (1, 3, 3)
    assert anew.steps("air_temperature") == pytest.approx(held.steps("air_temperature"))
    for first, second in zip(anew.spans, anew.spans[1:], strict=False):
        end = first.steps("station_indoor")[:, -1]
        assert second.schedule["station_indoor_before"].values == pytest.approx(end, abs=1e-3)
