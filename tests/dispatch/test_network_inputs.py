"""Mains and yards: losses, delays, what is on its way, stocks and deliveries."""

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    constant,
    hours_after,
    inputs_for,
    last_plan,
    main,
    published,
    ramp,
    small_case,
    tiny_case,
    tiny_settings,
    with_settings,
)

from dispatch.case import Delivery, Outage
from dispatch.case_kinds import OutageKind
from dispatch.network_inputs import delay_h, loss_mw, mean_water_c, network_slope_k
from dispatch.settings import NetworkSettings


def network(soil):
    return NetworkSettings(
        soil_temp_c=soil, primary_design_supply_c=105, primary_design_return_c=50
    )


def test_water_temperature_over_load():
    """77.5 °C at design, base 18: 18 + 59.5·Q̄^(1/1.3); at half load 52.9 °C, bounded at 1.5."""
    case = tiny_case()
    water = mean_water_c(case, np.array([0.0, 0.5, 1.0, 9.0]))
    assert water[:3] == pytest.approx([18.0, 52.9, 77.5], abs=0.05)
    assert water[3] == pytest.approx(18 + 59.5 * 1.5 ** (1 / 1.3))


def test_loss_is_the_design_loss_on_the_design_day():
    """1 MW at full load over the coldest soil; less over warmer soil and with cooler water."""
    soil = (4.0, 6, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)
    case = tiny_case(settings=tiny_settings(network=network(soil)))
    found = loss_mw(case, main(loss_mw=1), np.array([1.0, 1.0, 0.5]), np.array([4.0, 14.0, 4.0]))
    assert found == pytest.approx([1.0, 63.5 / 73.5, 48.9 / 73.5], abs=1e-3)


def test_soil_temperature_is_that_of_the_local_month():
    """A plan from 31 January 20:00 UTC is in February in Zaozhuang."""
    soil = tuple(range(1, 13))
    case = tiny_case(
        mains=[main(loss_mw=1)], settings=tiny_settings(network=network(tuple(map(float, soil))))
    )
    january = inputs_for(case, constant(4.0)).links[0].loss_mw[0]
    start = hours_after(START, 17 * 24 + 4)
    february = inputs_for(case, constant(4.0), start=start).links[0].loss_mw[0]
    water = 18 + 59.5 * 0.5 ** (1 / 1.3)
    assert february / january == pytest.approx((water - 2) / (water - 1), rel=1e-6)


def test_delay_between_the_given_flows():
    """3 h at 40 %, 1.8 at 70 %, 1.2 at full flow: 2.4 at 55 %; outside the ends stay."""
    link = small_case().links[1]
    assert [delay_h(link, load) for load in (0.2, 0.4, 0.55, 0.7, 0.85, 1.0, 1.4)] == pytest.approx(
        [3, 3, 2.4, 1.8, 1.5, 1.2, 1.2]
    )


def test_slope_of_the_network_curve_against_a_difference():
    case = tiny_case()
    supply = [
        18 + 59.5 * q ** (1 / 1.3) + 27.5 * q for q in (0.7 - 1e-4, 0.7 + 1e-4)
    ]  # mean and half the spread
    assert network_slope_k(case, 0.7) == pytest.approx((supply[1] - supply[0]) / 2e-4, rel=1e-6)


def test_a_settled_start_fills_the_pipe_with_the_mean_heat():
    """8 MW for 1.5 h: 12 MWh on their way."""
    inputs = inputs_for(tiny_case(mains=[main(delay_h=1.5)]), constant(4.0))
    assert inputs.links[0].pipe.stored_mwh.sum() == pytest.approx(12.0)


def test_the_pipe_of_a_replan_holds_what_the_last_plan_sent(tmp_path):
    """Two hours on, what the first plan sent in its first two hours is on its way."""
    case = tiny_case(mains=[main(delay_h=2.0)])
    front = ramp(8.0, 0.0, -2.0, 8.0)
    first = published(inputs_for(case, front))
    start = hours_after(START, 2)
    last = last_plan(first, case, start, tmp_path)
    again = inputs_for(case, ramp(8.0, 0.0, -4.0, 6.0), start=start, last=last)
    sent = first["link_sent"].values[0, :2]
    assert again.links[0].pipe.stored_mwh[:2] == pytest.approx(sent, abs=1e-5)
    assert again.links[0].pipe.stored_mwh[2:].max() == pytest.approx(0.0, abs=1e-9)


def test_an_outage_of_a_main_cuts_its_capacity():
    out = Outage.model_validate(
        {
            "kind": OutageKind.LINK,
            "id": "P>town",
            "from": hours_after(START, 3),
            "to": hours_after(START, 5),
            "available_fraction": 0.25,
        }
    )
    inputs = inputs_for(tiny_case(mains=[main(capacity_mw=20)], outages=(out,)), constant(4.0))
    assert inputs.links[0].capacity_mw[2:6].tolist() == [20, 5, 5, 20]


def test_a_delivery_counts_in_its_step_with_its_confidence():
    """1 500 t at 90 % on the hour of 3:30 count in the step of 3; earlier and later ones do not."""
    rows = tuple(
        Delivery(
            yard_id="pile",
            arrival_time=hours_after(START, hour),
            tonnes=1500,
            net_calorific_kcal_per_kg=5000,
            confidence=0.9,
        )
        for hour in (-1, 3.5, 24.0)
    )
    inputs = inputs_for(tiny_case(deliveries=rows), constant(4.0))
    assert inputs.yards[0].delivery_t[3] == pytest.approx(1350)
    assert inputs.yards[0].delivery_t.sum() == pytest.approx(1350)


def test_the_stock_goes_on_from_the_last_plan_until_the_file_says_otherwise(tmp_path):
    """A day later the last plan's expected stock counts; a new figure in the file beats it."""
    case = with_settings(tiny_case(), "time", horizon_h=48, setpoint_hold_h=4)
    first = published(inputs_for(case, constant(4.0)))
    start = hours_after(START, 24)
    last = last_plan(first, case, start, tmp_path)
    expected = float(first["yard_stock"].values[0, 23])
    again = inputs_for(case, constant(4.0), start=start, last=last)
    assert again.yards[0].stock_before_t == pytest.approx(expected, abs=1e-4)
    assert expected == pytest.approx(90_000 - 41.3, abs=3.0)
    counted = case.model_copy(
        update={"yards": (case.yards[0].model_copy(update={"stock_t": 80_000}),)}
    )
    fresh = inputs_for(counted, constant(4.0), start=start, last=last)
    assert fresh.yards[0].stock_before_t == pytest.approx(80_000)
