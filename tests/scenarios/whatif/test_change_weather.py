"""Changes of the weather: what they do to the sky, to the heat of a plan, to the coal to come."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from cut_case import base, base_plan, planned_with
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.case_recheck import recheck
from dispatch.case_weather import place_of
from dispatch.inputs import is_cold_wave
from dispatch.messages import say
from forecasts.weather.climate.drawn import climate_values
from forecasts.weather.climate.normals import climate_at, normal_temperature
from forecasts.weather.joined_paths import weather_ahead
from scenarios.whatif.changes.weather import (
    CHANGES,
    Cloud,
    ColdWave,
    DrawnWeather,
    Snow,
    TemperatureScale,
    TemperatureShift,
    WarmSpell,
    Wind,
    spell_course,
)

AIR = "air_temperature"
PAST_H = 48  # of weather before the plan's start


def moved(change, name=AIR):
    """What a change makes of a variable, by hours after the plan's start, (hour,)."""
    before, after = base().weather[name], change.applied(base()).weather[name]
    assert after.attrs == before.attrs
    assert np.array_equal(after.values[:PAST_H], before.values[:PAST_H])
    return (after - before).values[PAST_H:]


def outlook_weather(situation):
    """What the fuel outlook reckons with to the season's end."""
    case, place = situation.case, place_of(situation.case.settings)
    climate = climate_at(place, case.climate)
    asked = situation.grid.start, date(2026, 3, 15), 20, 3
    return weather_ahead(situation.further, climate, place, case.settings.timezone, *asked)


def station(name):
    return np.array([getattr(row, name) for row in base().case.stations])


AREA_M2 = station("heated_area_m2")
LOSS_MW_PER_K = station("specific_loss_w_per_m2k") * AREA_M2 / 1e6
WALLS_MWH_PER_K = station("heat_capacity_kj_per_m2k") * AREA_M2 / 3.6e6
OURS = np.array([row.managed_by.value == "utility" for row in base().case.stations])


def more_heat_mwh(schedule):
    """Heat of each station over that of the base plan, by steps of the plan, MWh."""
    block = np.searchsorted(schedule["block_start"], schedule["time"], side="right") - 1
    return (schedule["station_heat"] - base_plan().schedule["station_heat"]).values[:, block] / 1e3


def more_lost_mwh(schedule, more_lost_mw):
    """Heat that our stations need more for `more_lost_mw` (station, step), MWh each.

    Energy of each building: what it loses more, less what it saves while its rooms are colder
    than in the base plan, less what its walls give back.
    """
    colder_k = (schedule["station_indoor"] - base_plan().schedule["station_indoor"]).values
    means_k = 0.5 * (colder_k + np.c_[np.zeros(AREA_M2.size), colder_k[:, :-1]])
    walls = WALLS_MWH_PER_K * colder_k[:, -1]
    return (more_lost_mw.sum(axis=1) + LOSS_MW_PER_K * means_k.sum(axis=1) + walls)[OURS]


def test_the_cut_is_a_sound_case():
    assert recheck(base().case) == ()
    assert base_plan().audit.passed


# ---- the sky -------------------------------------------------------------------------------


def test_a_shift_holds_in_its_window_to_the_hour_and_moves_all_told_of_the_air():
    shifted = TemperatureShift(shift_k=-3, from_h=4, to_h=6.5)
    expected = np.zeros(moved(shifted).size)
    expected[4:7] = [-3, -3, -1.5]  # half of the seventh hour
    assert moved(shifted) == pytest.approx(expected)
    after = shifted.applied(base()).weather
    name = "air_temperature_quantile"
    quantiles = (after[name] - base().weather[name]).values[:, PAST_H:]
    assert quantiles == pytest.approx(np.broadcast_to(expected, quantiles.shape))
    spread = "air_temperature_sd", "daily_mean_sd", "origin"
    assert all(after[name].identical(base().weather[name]) for name in spread)
    assert after.attrs == base().weather.attrs


def test_a_wave_falls_holds_and_recovers():
    """10 K within 4 h, 2 h at the bottom, back within 2 h."""
    wave = moved(ColdWave(depth_k=10, fall_h=4, hold_h=2, recover_h=2, from_h=3))[:13]
    assert wave == pytest.approx([0, 0, 0, -2.5, -5, -7.5, -10, -10, -10, -5, 0, 0, 0])
    warm = moved(WarmSpell(rise_k=6, rise_h=3, hold_h=0, recover_h=0))[:5]
    assert warm == pytest.approx([2, 4, 6, 0, 0])


def test_the_usual_wave_is_one_by_the_handbook():
    """Level weather of 2 °C, then 10 K less within 48 h: by daily minima a cold wave of H§2.

    Were the middle of each hour reckoned with, it would be 9.9 K and none.
    """
    since_h = np.arange(-72.0, 120.0)
    level = ColdWave()
    course = spell_course(since_h, level.fall_h, level.hold_h, level.recover_h)
    assert is_cold_wave(2.0 - level.depth_k * course, 1.0)
    assert not is_cold_wave(2.0 - 0.9 * level.depth_k * course, 1.0)


def test_scaling_is_about_the_normal():
    """Twice as far from normal; with factor 0 the normal itself."""
    times = base().weather["time"].values
    place = place_of(base().case.settings)
    off_k = (base().weather[AIR].values - normal_temperature(place, times))[PAST_H:]
    assert moved(TemperatureScale(factor=2)) == pytest.approx(off_k)
    assert moved(TemperatureScale(factor=0)) == pytest.approx(-off_k)


def test_snow_takes_the_sun_and_brings_wind_and_cold():
    snow = Snow(colder_k=2, added_m_per_s=3, to_h=12)
    sun = "global_radiation"
    told = base().weather[sun].values[PAST_H:]
    assert moved(snow, sun)[:12] == pytest.approx(-told[:12])
    assert moved(snow, sun)[12:] == pytest.approx(0)
    assert moved(snow, "wind_speed")[:13] == pytest.approx([3.0] * 12 + [0])
    assert moved(snow)[:13] == pytest.approx([-2.0] * 12 + [0])


ANY = (
    TemperatureShift(shift_k=-4, from_h=5),
    Wind(factor=1.5, added_m_per_s=2, from_h=2, to_h=40),
    Cloud(radiation_factor=0.3),
    ColdWave(depth_k=7, fall_h=6),
)


@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(len(ANY))))
def test_what_does_not_meet_may_come_in_any_order(order):
    situation = base()
    for place in order:
        situation = ANY[place].applied(situation)
    usual = base()
    for change in ANY:
        usual = change.applied(usual)
    for name in (AIR, "wind_speed", "global_radiation"):
        assert situation.weather[name].values == pytest.approx(usual.weather[name].values)
    for name in (name for name in usual.further.data_vars if str(name).startswith("altered")):
        assert situation.further[name].values == pytest.approx(usual.further[name].values)


@settings(max_examples=8, deadline=None)
@given(shift_k=st.floats(-25, 25), from_h=st.floats(0, 100))
def test_there_and_back_is_nowhere(shift_k, from_h):
    there = TemperatureShift(shift_k=shift_k, from_h=from_h).applied(base())
    back = TemperatureShift(shift_k=-shift_k, from_h=from_h).applied(there)
    assert back.weather[AIR].values == pytest.approx(base().weather[AIR].values, abs=1e-9)
    assert back.further["altered_temperature_added"].values == pytest.approx(0, abs=1e-9)
    assert back.case is base().case


def test_another_winter_begins_where_this_one_is():
    """The first hour is near the last one known; four days on it is the drawn winter itself."""
    drawn = DrawnWeather(seed=3).applied(base())
    times, place = drawn.weather["time"].values, place_of(base().case.settings)
    values = climate_values(place, times, 3)
    air = drawn.weather[AIR].values
    assert moved(DrawnWeather(seed=3))[0] == pytest.approx(0, abs=1.0)
    assert air[-24:] == pytest.approx(values[AIR][-24:], abs=0.5)
    assert drawn.weather["wind_speed"].values[PAST_H:] == pytest.approx(
        values["wind_speed"][PAST_H:]
    )
    other = DrawnWeather(seed=4).applied(base()).weather[AIR].values
    assert np.abs(other - air)[-24:].mean() > 0.5


# ---- the fuel outlook ----------------------------------------------------------------------


def test_a_drawn_winter_is_known_to_the_seasons_end():
    """All paths are the one winter; laid on the climate alone it would reach none of them."""
    ahead = outlook_weather(DrawnWeather(seed=3).applied(base()))
    assert np.ptp(ahead.path_c, axis=0).max() == pytest.approx(0, abs=1e-4)
    last = np.datetime64("2026-03-14T16:00") + np.arange(24) * np.timedelta64(1, "h")
    values = climate_values(place_of(base().case.settings), last.astype("datetime64[ns]"), 3)
    assert ahead.expected_c[-1] == pytest.approx(values[AIR].mean(), abs=1e-3)


def test_a_change_that_stays_lasts_to_the_seasons_end_and_one_that_goes_does_not():
    usual = outlook_weather(base()).path_c
    lasting = outlook_weather(TemperatureShift(shift_k=-2).applied(base())).path_c
    assert lasting - usual == pytest.approx(np.full(usual.shape, -2.0), abs=1e-4)
    later = outlook_weather(TemperatureShift(shift_k=-2, from_h=18, to_h=66).applied(base())).path_c
    only_two_days = np.zeros(usual.shape)
    only_two_days[:, 1:3] = -2
    assert later - usual == pytest.approx(only_two_days, abs=1e-4)
    after_drawn = TemperatureShift(shift_k=-2).applied(DrawnWeather(seed=3).applied(base()))
    drawn = outlook_weather(DrawnWeather(seed=3).applied(base())).path_c
    assert outlook_weather(after_drawn).path_c - drawn == pytest.approx(-2 + 0 * drawn, abs=1e-4)


# ---- plans ---------------------------------------------------------------------------------


def test_a_cold_wave_takes_ten_times_the_load_per_kelvin_once_walls_have_cooled():
    """K·A of all loops is 1.68 MW/K; 10 K more lift on our 1.19 MW/K is 11.9 MW in the end.

    Until then rooms may sink to their floor and walls give heat back: energy adds up loop by
    loop. Third-party curves know the temperature through the filter of 24 h (F3).
    """
    plan = planned_with(ColdWave(depth_k=10, fall_h=6))
    after = plan.schedule
    fall_k = (after[AIR] - base_plan().schedule[AIR]).values
    assert fall_k[5:] == pytest.approx(-10)
    more = more_heat_mwh(after)
    lost = -LOSS_MW_PER_K[:, None] * fall_k
    assert more[OURS].sum(axis=1) == pytest.approx(more_lost_mwh(after, lost), rel=0.02)
    assert more[OURS, -1].sum() == pytest.approx(10 * LOSS_MW_PER_K[OURS].sum(), rel=0.15)
    filtered_k = [0.0]
    for hour_k in fall_k:
        filtered_k.append(filtered_k[-1] + (1 - np.exp(-1 / 24)) * (hour_k - filtered_k[-1]))
    taken = (station("compliance") * LOSS_MW_PER_K)[~OURS].sum()
    assert more[~OURS, -5:-1].sum() == pytest.approx(-taken * sum(filtered_k[-5:-1]), rel=0.03)

    burnt, usual = (one.outlook.groupby("date")["burn_t_p50"].sum() for one in (plan, base_plan()))
    assert (burnt > 1.05 * usual)[1:4].all()  # the days at the bottom
    assert burnt.to_numpy()[14:] == pytest.approx(usual.to_numpy()[14:], rel=1e-3)


def test_wind_counts_above_the_reference_and_for_our_buildings():
    """4 m/s more: each loop loses k_w·(wind − 3 m/s)·(room − outdoor) more, F2; the curves of
    third parties know no wind.
    """
    after = planned_with(Wind(added_m_per_s=4)).schedule
    gusts = np.maximum(after["wind_speed"] - 3, 0) - np.maximum(
        base_plan().schedule["wind_speed"] - 3, 0
    )
    lift_k = (after["station_indoor"] - after[AIR]).values
    per_k = station("wind_loss_w_per_m2k_per_m_s") * AREA_M2 / 1e6
    lost = per_k[:, None] * gusts.values * lift_k
    more = more_heat_mwh(after)
    assert more[OURS].sum(axis=1) == pytest.approx(more_lost_mwh(after, lost), rel=0.02, abs=0.01)
    assert more[OURS].sum() > 20
    assert more[~OURS] == pytest.approx(0, abs=1e-6)


def test_without_sun_its_heat_is_missing():
    """What fell through the windows, A_s·I per m² of floor, comes from the network."""
    after = planned_with(Cloud()).schedule
    sun_mw = base_plan().schedule["global_radiation"].values / 1e6
    missing = (station("solar_aperture") * AREA_M2)[:, None] * sun_mw
    more = more_heat_mwh(after)[OURS].sum(axis=1)
    assert more == pytest.approx(more_lost_mwh(after, missing), rel=0.03, abs=0.02)
    assert more.sum() > 3


def test_every_kind_says_what_it_does():
    for change in CHANGES:
        assert say(f"change.{change().kind}").endswith(".")
        assert change().applied(replace(base())).case is base().case
