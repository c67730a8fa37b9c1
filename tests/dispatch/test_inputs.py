"""All inputs together: weather of the plan, cold waves, settled start, value of heat, meters."""

from datetime import timedelta

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    chp,
    constant,
    daylight,
    hours_after,
    inputs_for,
    last_plan,
    main,
    published,
    ramp,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    vertices,
    wave,
    weather_of,
    with_settings,
)

from dispatch.case import MeasuredDay, ScheduleRow
from dispatch.inputs import is_cold_wave, plan_inputs, weather_arrays
from dispatch.settings import ShareGroup, Time
from dispatch.time_grid import time_grid


def test_weather_is_cut_at_the_start_of_the_plan():
    """A ramp of 1 K an hour that is 0 °C at the start: 0, 1, 2, …; an hour off would show."""
    inputs = inputs_for(tiny_case(), ramp(-48.0, 72.0, -48.0, 72.0))
    assert inputs.weather.air_temperature_c[:4] == pytest.approx([0, 1, 2, 3])
    assert inputs.weather.air_temperature_c.size == 24


def test_weather_of_another_start_moves_with_it():
    case = tiny_case()
    grid = time_grid(START, Time(horizon_h=48, look_ahead_h=0), "Asia/Shanghai")
    run = weather_of(grid, ramp(-48.0, 72.0, -48.0, 72.0))
    cut = weather_arrays(run, START + timedelta(hours=6), 1.0, 3)
    assert cut.air_temperature_c == pytest.approx([6, 7, 8])
    assert case.settings.timezone == "Asia/Shanghai"


def daily(*lowest):
    """Hourly temperatures of days with these minima, 4 K warmer by day."""
    return np.concatenate([low + 2 - 2 * np.cos(np.arange(24) / 24 * 2 * np.pi) for low in lowest])


@pytest.mark.parametrize(
    ("temperature", "declared"),
    [
        (daily(2, -6), True),  # 8 K in a day, to −6 °C
        (daily(2, -5), False),  # 7 K
        (daily(13, 5), False),  # 8 K, but still above 4 °C
        (daily(12, 4), True),
        (daily(2, -2, -6), False),  # 8 K in two days
        (daily(4, -1, -6), True),  # 10 K in two days
        (daily(3, -1, -5, -9), True),  # 12 K in three
        (daily(3, -1, -5, -8), False),
        (daily(-6, 2), False),  # warmer
    ],
)
def test_a_cold_wave_is_eight_kelvin_in_a_day_to_four_degrees(temperature, declared):
    assert is_cold_wave(temperature, 1.0) is declared
    assert is_cold_wave(np.repeat(temperature, 4), 0.25) is declared


@pytest.mark.parametrize("hours", range(0, 24, 5))
def test_a_cold_wave_is_the_same_an_hour_later(hours):
    """A front of 9 K at noon of the third day: seen from any hour of the first. With days counted
    from the start it came and went with the hour, and the day's limit on setpoints with it.
    """
    before = daily(2, 2, 2)
    front = np.interp(np.arange(before.size, before.size + 72), [72, 84, 96], [2.0, -7.0, -7.0])
    assert is_cold_wave(np.concatenate([before, front])[hours:], 1.0)


def test_the_settled_start_balances():
    """8 MW of rooms and the loss of the main, all of it sent by the sources before the start."""
    inputs = inputs_for(tiny_case(mains=[main(loss_mw=1)]), constant(4.0))
    sent = sum(unit.heat_before_mw for unit in inputs.sources)
    assert sent == pytest.approx(8.0 + inputs.links[0].loss_mw[0])


def test_the_settled_start_keeps_the_shares_of_the_plants():
    """6:4 of what the town needs, on every main to each zone."""
    inputs = inputs_for(small_case(), constant(0.0))
    a, b = (unit.heat_before_mw for unit in inputs.sources)
    assert a / (a + b) == pytest.approx(0.6)
    stored = {item.link.link_id: item.pipe for item in inputs.links}
    rate = {name: float(p.stored_mwh.sum() / p.delay_h[0]) for name, p in stored.items()}
    assert rate["A>north"] / (rate["A>north"] + rate["B>north"]) == pytest.approx(0.6)


def test_without_a_last_plan_rooms_start_at_their_target_or_a_little_above_the_floor():
    """What is not known must not start a plan with cold rooms."""
    case = small_case()
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    stations = plan_inputs(case, grid, weather_of(grid, constant(0.0)), None).stations
    above_floor = stations.indoor_before_c - stations.floor_c[:, 0]
    assert (above_floor >= 0).all()
    assert (stations.indoor_before_c >= stations.target_c[:, 0] - 1e-9).all()
    assert (stations.indoor_before_c < stations.target_c[:, 0] + 0.6).all()


def test_the_relative_load_follows_the_filtered_temperature():
    """(18 − 4)/28 = 0.5 at 4 °C; a front acts on it over a day; never below 0.1 nor above 1.5."""
    assert inputs_for(tiny_case(), constant(4.0)).relative_load == pytest.approx(np.full(24, 0.5))
    front = inputs_for(tiny_case(), ramp(4.0, -10.0, -1.0, 0.0)).relative_load
    expected = (18 - (4 - 14 * (1 - np.exp(-np.arange(1, 25) / 24)))) / 28
    assert front == pytest.approx(expected, abs=1e-9)
    assert inputs_for(tiny_case(), constant(30.0)).relative_load.min() == pytest.approx(0.1)
    assert inputs_for(tiny_case(), constant(-60.0)).relative_load.max() == pytest.approx(1.5)


def test_heat_is_worth_what_the_source_that_would_make_it_burns():
    """Merit order without shares: 16 MW reach the second boiler (1/0.75), 8 only the first."""
    sources = boiler("good", max_output_mw=10, efficiency=0.9), boiler("poor", efficiency=0.75)
    small = inputs_for(tiny_case(*sources), constant(4.0))
    large = inputs_for(tiny_case(*sources, stations=(station(), station("T"))), constant(4.0))
    price = 3.6 / 29.3076 * 1082
    assert small.heat_value_yuan_per_mwh == pytest.approx(price / 0.9, rel=1e-6)
    assert large.heat_value_yuan_per_mwh == pytest.approx(price / 0.75, rel=1e-6)


def test_heat_is_worth_the_mix_of_the_plants_where_shares_bind():
    """6:4 of an extraction unit at fixed power (0.453) and a boiler (1.25): 0.772 · 132.9 yuan."""
    sources = chp(), boiler("b", "B")
    rows = (ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230),)
    shares = {"two": ShareGroup(shares={"P": 0.6, "B": 0.4})}
    inputs = inputs_for(
        tiny_case(
            *sources,
            mains=(main("P"), main("B")),
            curves=vertices(),
            schedules=rows,
            settings=tiny_settings(share=shares),
        ),
        constant(4.0),
    )
    mix = 0.6 * 0.17 / 0.375 + 0.4 * 1.25
    assert inputs.heat_value_yuan_per_mwh == pytest.approx(mix * 132.91, rel=1e-3)


# ---- meters --------------------------------------------------------------------------------


def with_meter(heat_gj=None, indoor_c=None, name="town"):
    row = MeasuredDay(date="2026-01-14", id=name, heat_gj=heat_gj, indoor_median_c=indoor_c)
    case = tiny_case(measured_daily=(row,))
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    return plan_inputs(case, grid, weather_of(grid, constant(4.0)), None)


@pytest.mark.parametrize(
    ("measured_gj", "factor"), [(691.2 * 1.04, 1.04), (691.2 * 1.5, 1.1), (691.2 * 0.5, 0.9)]
)
def test_yesterdays_meter_corrects_the_loss_within_bounds(measured_gj, factor):
    """8 MW are 691.2 GJ a day: 4 % more on the meter is 4 % more loss, never beyond ±10 %."""
    inputs = with_meter(heat_gj=measured_gj)
    assert inputs.stations.buildings.specific_loss_w_per_m2k[0] == pytest.approx(factor)
    assert len(inputs.remarks) == 1


def test_yesterdays_rooms_are_where_the_plan_starts():
    """A median of 19.4 °C in the zone; without it rooms would be taken to be at target."""
    assert with_meter(indoor_c=19.4).stations.indoor_before_c == pytest.approx([19.4])


def test_a_meter_of_another_day_says_nothing():
    row = MeasuredDay(date="2026-01-12", id="town", heat_gj=900)
    inputs = inputs_for(tiny_case(measured_daily=(row,)), constant(4.0))
    assert inputs.stations.buildings.specific_loss_w_per_m2k[0] == pytest.approx(1.0)


def test_the_meters_of_all_sources_correct_the_whole_network():
    """The one boiler's meter at 5 % above: every station's loss 5 % up."""
    inputs = with_meter(heat_gj=691.2 * 1.05, name="boiler")
    assert inputs.stations.buildings.specific_loss_w_per_m2k[0] == pytest.approx(1.05)


# ---- the last plan -------------------------------------------------------------------------


def test_a_plan_starts_where_the_last_one_will_be(tmp_path):
    """Rooms, sources and setpoints of a later start are those of the first plan at that hour."""
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=0)
    first = published(inputs_for(case, wave(0.0, 4.0), sun=daylight(200.0)))
    start = hours_after(START, 6)
    last = last_plan(first, case, start, tmp_path)
    again = inputs_for(case, wave(0.0, 4.0, -1.0), start=start, last=last)
    assert again.stations.indoor_before_c == pytest.approx(
        first["station_indoor"].values[:, 5], abs=1e-5
    )
    before = [unit.heat_before_mw for unit in again.sources]
    assert before == pytest.approx(first["source_heat"].values[:, 5], abs=1e-5)
    assert again.stations.running
    assert again.stations.setpoint_before_c == pytest.approx(
        first["station_supply"].values[:, 1], abs=1e-5
    )
    assert again.stations.heat_last_mw[:, 0] * 1000 == pytest.approx(
        first["station_heat"].values[:, 1], abs=1e-4
    )


def test_a_station_that_the_last_plan_did_not_know_starts_settled(tmp_path):
    case = with_settings(small_case(), "time", horizon_h=24, look_ahead_h=0)
    first = published(inputs_for(case, constant(0.0)))
    start = hours_after(START, 6)
    new = case.stations[0].model_copy(update={"station_id": "N9"})
    grown = case.model_copy(update={"stations": (*case.stations, new)})
    last = last_plan(first, case, start, tmp_path)
    stations = inputs_for(grown, constant(0.0), start=start, last=last).stations
    assert stations.indoor_before_c[-1] >= stations.target_c[-1, 0]
    assert np.isnan(stations.setpoint_before_c[-1])
    assert stations.indoor_before_c[0] == pytest.approx(first["station_indoor"].values[0, 5])
