"""The same physics in steps of 15, 30 and 60 minutes, for weather that is constant by the hour.

Rooms respond exactly, so they do not know the step at all. What does: the filter of F3 (exact at
step ends, and a step takes its end's value, so an hour leads a quarter by 3/8 h on a time constant
of 24 h), and mains whose delay is no whole number of steps (in the step in which the delay ends an
hourly plan may deliver as a mean what a finer one can only deliver late). Delays here are whole
hours but for one test.
"""

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    constant,
    daylight,
    faults_of,
    heat_of,
    indoor_of,
    inputs_for,
    main,
    planned,
    small_case,
    wave,
    with_settings,
)

from dispatch.day_plan import plan_day

STEPS_MIN = (60, 30, 15)
FINER = pytest.mark.parametrize("step_min", [30, 15])


def town(step_min, delays_h=(1, 1, 2, 1)):
    """The small town with the given delays on its four mains."""
    case = small_case()
    links = tuple(
        main(link.from_id, link.to_id, delay_h=delay, capacity_mw=30, loss_mw=0.4)
        for link, delay in zip(case.links, delays_h, strict=True)
    )
    case = case.model_copy(update={"links": links})
    return with_settings(case, "time", step_min=step_min, horizon_h=24, look_ahead_h=24)


def cold_day(case):
    """A wave from −6 to +2 °C with wind and sun; rooms start 0.3 K above their target."""
    return inputs_for(case, wave(-2.0, 4.0), constant(4.0), daylight(300.0), above_target_k=0.3)


@pytest.fixture(scope="module")
def optima():
    """Inputs and solved model of the day by step length, before setpoints are rounded."""
    every = {step_min: cold_day(town(step_min)) for step_min in STEPS_MIN}
    return {step_min: (inputs, planned(inputs)) for step_min, inputs in every.items()}


@pytest.fixture(scope="module")
def plans():
    """Inputs and whole plan of the day by step length."""
    every = {step_min: cold_day(town(step_min)) for step_min in STEPS_MIN}
    return {
        step_min: (inputs, plan_day(inputs, None, "steps")) for step_min, inputs in every.items()
    }


def of_sources(inputs, model, name):
    """MWh of a family of each source over the whole grid."""
    hours = inputs.grid.step_lengths_h
    return np.array(
        [
            sum(pyo.value(item) * h for item, h in zip(family.values(), hours, strict=True))
            for family in (model.source[i].component(name) for i in range(2))
        ]
    )


@FINER
def test_rooms_respond_alike(optima, step_min):
    """The response of a block is exact, so its factors do not know the step: no drift at all."""
    hourly, fine = (optima[s][0].stations.response for s in (60, step_min))
    for one, other in zip(hourly.block_end(), fine.block_end(), strict=True):
        assert other == pytest.approx(one, rel=1e-9)


@FINER
def test_the_objective_is_the_same_to_a_thousandth(optima, step_min):
    """0.1 % of the fuel. Without the step length in the costs it would be twice and four times."""
    hourly, fine = (optima[s][1] for s in (60, step_min))
    fuel = float(pyo.value(hourly.cost_terms["fuel"]))
    difference = pyo.value(fine.total_cost) - pyo.value(hourly.total_cost)
    assert abs(difference) < 1e-3 * fuel


@FINER
@pytest.mark.parametrize("name", ["heat_to_network", "fuel_use", "power"])
def test_energy_by_source_is_the_same(optima, step_min, name):
    """MWh of heat, fuel and power of the CHP and of the boilers, to half a per cent."""
    hourly, fine = (of_sources(*optima[s], name) for s in (60, step_min))
    assert fine == pytest.approx(hourly, rel=5e-3)


@FINER
def test_rooms_and_heat_agree_in_every_block(optima, step_min):
    """Heat of a station in a block to 3 %, rooms at its end to 0.1 K, all rooms to 0.02 K."""
    (hourly, hourly_model), (fine, fine_model) = optima[60], optima[step_min]
    one, other = indoor_of(hourly, hourly_model), indoor_of(fine, fine_model)
    assert other == pytest.approx(one, abs=0.1)
    assert other.mean() == pytest.approx(one.mean(), abs=0.02)
    heat, finer = heat_of(hourly, hourly_model), heat_of(fine, fine_model)
    assert finer.sum() == pytest.approx(heat.sum(), rel=2e-3)


@pytest.mark.parametrize("step_min", STEPS_MIN)
def test_every_step_length_passes_the_audit(plans, step_min):
    assert faults_of(plans[step_min][1].schedule) == []


@FINER
def test_published_rooms_agree_at_the_full_hours(plans, step_min):
    """Setpoints are rounded to 0.5 K from nearly equal plans. A setpoint that is 0.5 K apart for
    two blocks moves a room by about 0.15 K: every hour within 0.3 K, the mean within 0.05 K.
    """
    hourly, fine = (plans[s][1].schedule["station_indoor"].values for s in (60, step_min))
    per_hour = 60 // step_min
    at_hours = fine[:, per_hour - 1 :: per_hour]
    assert at_hours == pytest.approx(hourly, abs=0.3)
    assert at_hours.mean() == pytest.approx(hourly.mean(), abs=0.05)


@FINER
def test_published_energy_and_burn_agree(plans, step_min):
    """After rounding: heat and coal of the day within 1 %, power exactly as scheduled."""
    hourly, fine = (plans[s][1].schedule for s in (60, step_min))
    step_h = step_min / 60
    for name in ("source_heat", "source_fuel"):
        energy = fine[name].sum("time").values * step_h
        assert energy == pytest.approx(hourly[name].sum("time").values, rel=1e-2), name
    burnt, finer = (one["yard_burn"].sum("time").values for one in (hourly, fine))
    assert finer == pytest.approx(burnt, rel=1e-2)
    power = float(fine["source_power"][0].sum()) * step_h
    assert power == pytest.approx(float(hourly["source_power"][0].sum()), rel=1e-6)


@FINER
def test_losses_do_not_depend_on_the_step(plans, step_min):
    """MWh lost in the mains; a loss per step instead of per hour would be two and four times."""
    hourly, fine = (plans[s][1].schedule for s in (60, step_min))

    def lost(schedule):
        return float(schedule["link_loss"].values[:, : schedule.sizes["time"]].sum())

    assert lost(fine) * step_min / 60 == pytest.approx(lost(hourly), rel=5e-3)


def test_indoor_temperatures_of_one_plan_do_not_depend_on_the_step(plans):
    """The hourly plan's own heat, rolled forward on quarter hours: equal to 1e-9 at full hours."""
    hourly = plans[60][1].schedule
    stations = plans[15][0].stations
    rolled, _ = stations.response.indoor_c(stations.indoor_before_c, hourly["station_heat"].values)
    assert rolled[:, 3::4] == pytest.approx(hourly["station_indoor"].values, abs=1e-9)


def test_fractional_delays_cost_an_hourly_plan_its_sharpness():
    """Delays of 0.95, 1.4, 1.2 and 0.7 h: objectives within 0.1 % of the fuel all the same."""
    costs, fuels = [], []
    for step_min in STEPS_MIN:
        model = planned(cold_day(town(step_min, (0.95, 1.4, 1.2, 0.7))))
        costs.append(float(pyo.value(model.total_cost)))
        fuels.append(float(pyo.value(model.cost_terms["fuel"])))
    assert max(costs) - min(costs) < 1e-3 * fuels[0]
