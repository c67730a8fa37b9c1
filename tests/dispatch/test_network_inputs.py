"""Mains and yards: losses, delays, what is on its way, stocks and deliveries."""

from datetime import UTC, datetime, timedelta

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
from dispatch.link_inputs import delay_h
from dispatch.network_inputs import loss_mw, mean_water_c, network_slope_k, soil_c
from dispatch.settings import NetworkSettings
from dispatch.time_grid import time_grid


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


def soil_at(start):
    """Soil in the first hour of a plan from `start`, months of 1, 2 … 12 °C."""
    rising = network(tuple(float(month) for month in range(1, 13)))
    case = tiny_case(settings=tiny_settings(network=rising))
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    return soil_c(case, grid)[0]


@pytest.mark.parametrize(
    ("start", "expected_c"),
    [
        (datetime(2026, 1, 16, 3, 30, tzinfo=UTC), 1.0),  # 11:30 to 12:30 there: mid-January
        (datetime(2026, 1, 31, 15, 30, tzinfo=UTC), 1.5),  # midnight to February
        (datetime(2026, 2, 14, 15, 30, tzinfo=UTC), 2.0),
        (datetime(2025, 12, 31, 15, 30, tzinfo=UTC), 6.5),  # between 12 and 1 °C
    ],
)
def test_soil_temperature_runs_straight_between_mid_months(start, expected_c):
    """Monthly means hold in mid-month; at the local month's end soil is half way, and does not
    jump by a whole month's change as it would with the month's mean all through.
    """
    assert soil_at(start) == pytest.approx(expected_c, abs=1e-9)


def test_soil_moves_by_little_from_day_to_day():
    days = [soil_at(datetime(2026, 1, 20, tzinfo=UTC) + timedelta(days=d)) for d in range(25)]
    assert np.diff(days) == pytest.approx(1 / 29.5, rel=0.06)


def test_loss_goes_on_beyond_the_horizon():
    """Two days of look-ahead in which it gets warm: losses fall with the water to the end."""
    case = with_settings(tiny_case(mains=[main(loss_mw=1)]), "time", look_ahead_h=48)
    item = inputs_for(case, ramp(-10.0, 8.0, 20.0, 30.0)).links[0]
    water_c = 18 + 59.5 * inputs_for(case, ramp(-10.0, 8.0, 20.0, 30.0)).relative_load ** (1 / 1.3)
    assert item.loss_mw == pytest.approx((water_c - 8) / (77.5 - 8))
    assert item.loss_mw[-1] < 0.8 * item.loss_mw[0]


def test_delay_between_the_given_flows():
    """3 h at 40 %, 1.8 at 70 %, 1.2 at full flow: 2.4 at 55 %; outside the ends stay."""
    link = small_case().links[1]
    loads = np.array([0.2, 0.4, 0.55, 0.7, 0.85, 1.0, 1.4])
    assert delay_h(link, loads) == pytest.approx([3, 3, 2.4, 1.8, 1.5, 1.2, 1.2])


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


@pytest.mark.parametrize(
    ("arrives_h", "fraction", "counts_in"),
    [
        (3.5, 0.0, 9),  # cut off until 9 o'clock, by one window after the other
        (-1.5, 0.0, 9),  # it has stood there since before the plan
        (3.5, 0.5, 3),  # half of the road is enough for a train to come
        (9.5, 0.0, 9),
    ],
)
def test_a_delivery_waits_while_the_road_is_cut(arrives_h, fraction, counts_in):
    """Without the wait a plan burns coal that stands before a closed gate."""
    row = Delivery(
        yard_id="pile",
        arrival_time=hours_after(START, arrives_h),
        tonnes=1500,
        net_calorific_kcal_per_kg=5000,
    )
    windows = ((-2, 5), (4, 9))
    cut = tuple(
        Outage.model_validate(
            {
                "kind": OutageKind.YARD,
                "id": "pile",
                "from": hours_after(START, start),
                "to": hours_after(START, end),
                "available_fraction": fraction,
            }
        )
        for start, end in windows
    )
    inputs = inputs_for(tiny_case(deliveries=(row,), outages=cut), constant(4.0))
    assert np.flatnonzero(inputs.yards[0].delivery_t).tolist() == [counts_in]


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
