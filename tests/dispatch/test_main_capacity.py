"""What a main can carry by hand: the largest flow times the spread of the day."""

import numpy as np
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

from dispatch.case_mains import flow_max_tph
from dispatch.main_capacity import capacity_mw, spread_k
from dispatch.settings import NetworkSettings


def network(**changes):
    """105/50 °C at design; supply may go 3 K above the curve, between 65 and 115 °C."""
    values = {
        "soil_temp_c": (8.0,) * 12,
        "primary_design_supply_c": 105,
        "primary_design_return_c": 50,
        "supply_day_k": 1000,
        "secondary_step_k": 1000,
        "secondary_day_k": 1000,
    }
    return NetworkSettings.model_validate(values | changes)


def with_flow(tph, plant="P"):
    """A main of DN500 rated 30 MW, and a largest flow or none."""
    return main(plant, capacity_mw=30).model_copy(update={"flow_max_tph": tph})


def town(*mains, sources=(), **changes):
    settings = tiny_settings(network=network(**changes))
    return tiny_case(*sources, mains=mains, settings=settings)


def test_flow_at_the_highest_speed():
    """DN500 at 3.5 m/s: 0.19635 m² · 3.5 m/s · 958 kg/m³ = 658.4 kg/s = 2 370 t/h."""
    assert flow_max_tph(with_flow(None)) == pytest.approx(2370, rel=1e-3)
    assert flow_max_tph(with_flow(900.0)) == 900.0


def test_spread_over_load():
    """At design 55 + 3 K. At half load the mean is 52.9 °C and half the spread 13.75: supply
    66.7 + 3, return 39.2: 30.5 K. At a fifth of load the mean is 18 + 59.5·0.2^(1/1.3) = 35.25 °C
    and the return 29.75, but supply is kept at 65: 35.25 K. Held to 115 °C: 65 at most.
    """
    case = town(main())
    assert spread_k(case, np.array([1.0, 0.5, 0.2])) == pytest.approx([58, 30.5, 35.25], abs=0.01)
    assert spread_k(town(main(), supply_step_k=40), np.ones(1)) == pytest.approx([65.0])


def test_the_smaller_of_rating_and_flow_counts():
    """600 t/h at 58 K: 600/3.6 kg/s · 4.187 · 58 = 40.5 MW on the design day; 21.3 at half load."""
    thin = with_flow(600.0)
    found = capacity_mw(town(thin), thin, np.array([1.0, 0.5]))
    assert found == pytest.approx([30.0, 600 / 3.6 * 4.187 * 30.5 / 1000], rel=1e-3)


def test_a_mild_day_narrows_a_main():
    """Two mains of 30 MW and 150 t/h. At 4 °C, half load, each carries 150/3.6·4.187·30.5 = 5.32
    MW, so the cheaper plant sends that and the other 2.68 of 8 MW. By the rating alone the
    cheaper one would send all.
    """
    sources = boiler("good", "P", efficiency=0.9), boiler("poor", "R", efficiency=0.7)
    mains = [with_flow(150.0, plant) for plant in "PR"]
    model = serving(inputs_for(town(*mains, sources=sources), constant(4.0)), 8.0)
    assert values(model.link[0].sent) == pytest.approx(np.full(24, 5.32), abs=0.01)
    assert values(model.link[1].sent) == pytest.approx(np.full(24, 2.68), abs=0.01)


def test_a_plan_is_possible_where_less_can_be_sent_than_before():
    """8 MW were sent, the main takes 5.3 from now on, and the boiler moves by 0.1 MW an hour: it
    falls at once. Were the ramp held, there would be no plan.
    """
    slow = boiler(ramp_mw_per_h=0.1)
    thin = with_flow(150.0)
    inputs = inputs_for(town(thin, sources=(slow,)), constant(4.0))
    assert inputs.sources[0].heat_before_mw == pytest.approx(8.0)
    model = serving(inputs, 8.0)
    assert values(model.link[0].sent) == pytest.approx(np.full(24, 5.32), abs=0.01)
