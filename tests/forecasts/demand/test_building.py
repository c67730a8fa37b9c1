"""Buildings against hand-worked figures and a simulation in steps of a second or so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasts.demand.building import (
    Buildings,
    Weather,
    block_response,
    filtered_temperature_c,
    gains_w_per_m2,
    loss_w_per_m2k,
    static_heat_kw,
)


def building(*, loss=1.7778, capacity_kj=310.0, area=35_800.0, gain=0.0, aperture=0.0, wind=0.0):
    one = np.ones(1)
    return Buildings(
        area_m2=area * one,
        specific_loss_w_per_m2k=loss * one,
        heat_capacity_j_per_m2k=capacity_kj * 1000 * one,
        gain_w_per_m2=gain * one,
        solar_aperture=aperture * one,
        wind_loss_w_per_m2k_per_m_s=wind * one,
        wind_reference_m_per_s=3.0,
    )


def weather(temperature_c, wind=0.0, sun=0.0, step_h=1.0, steps=1):
    def laid(value):
        return np.broadcast_to(np.asarray(value, dtype=float), (steps,)).copy()

    return Weather(step_h, laid(temperature_c), laid(wind), laid(sun))


def rooms(of, conditions, heat_kw, start_c=20.0, block=None):
    steps = conditions.air_temperature_c.size
    blocks = np.zeros(steps, dtype=int) if block is None else np.asarray(block)
    response = block_response(of, conditions, blocks)
    heat = np.atleast_2d(np.asarray(heat_kw, dtype=float))
    return response.indoor_c(np.array([start_c]), heat)


# ---- static heat ---------------------------------------------------------------------------


def test_the_average_station_of_the_worked_day():
    """Handbook §14: 35 800 m², K 1.778 = 40 W/m² over 22.5 K, −3 °C, g = 2K: 1 337 kW. Without the
    gains it would be 1 464 kW.
    """
    of = building(gain=2 * 1.7778)
    assert static_heat_kw(of, weather(-3.0), np.array([20.0]))[0, 0] == pytest.approx(1337, abs=1)
    assert of.design_heat_kw(-4.5)[0] == pytest.approx(1432, abs=1)


def test_base_18_and_rooms_at_20_with_gains_are_the_same_law():
    """Handbook F2: g = 2K makes rooms at 20 °C need what F1 says with base 18, at any outdoor."""
    of = building(gain=2 * 1.7778)
    for outdoor_c in (-4.5, 0.0, 10.0):
        by_f1 = of.design_heat_kw(-4.5)[0] * (18 - outdoor_c) / 22.5
        assert static_heat_kw(of, weather(outdoor_c), np.array([20.0]))[0, 0] == pytest.approx(
            by_f1
        )


def test_wind_counts_only_above_its_reference():
    """0.05 W/(m²K) per m/s: nothing at 3 m/s, 0.2 at 7 m/s, so 11 % more heat."""
    of = building(wind=0.05)
    losses = loss_w_per_m2k(of, weather([0, 0, 0], wind=[0, 3, 7], steps=3))[0]
    assert losses == pytest.approx([1.7778, 1.7778, 1.9778])
    calm, gusty = (static_heat_kw(of, weather(0, wind=w), np.array([20.0])) for w in (3, 7))
    assert float((gusty / calm)[0, 0]) == pytest.approx(1.9778 / 1.7778)


def test_sun_is_aperture_times_radiation():
    """0.03 m² per m² of floor at 200 W/m²: 6 W/m², with 3.5 of people 9.5."""
    of = building(gain=3.5, aperture=0.03)
    assert gains_w_per_m2(of, weather(0, sun=200))[0, 0] == pytest.approx(9.5)


def test_no_heat_is_needed_where_gains_suffice():
    """At 19 °C outside 10 W/m² of gains beat 1.8 W/m² of loss: none, not a negative amount."""
    assert static_heat_kw(building(gain=10), weather(19), np.array([20.0]))[0, 0] == 0.0


# ---- rooms ---------------------------------------------------------------------------------


def test_the_step_factor_of_the_worked_day():
    """Handbook §14: τ = 48.4 h, e^(−1/48.4) = 0.9796 per hour; all heat cut at −3 °C: −0.43 K in
    the first hour (20 °C, gains of 2K: towards −1 °C).
    """
    of = building(gain=2 * 1.7778)
    response = block_response(of, weather(-3.0), np.zeros(1, dtype=int))
    assert response.decay[0, 0] == pytest.approx(0.9796, abs=1e-4)
    indoor, _ = rooms(of, weather(-3.0), [0.0])
    assert indoor[0, 0] == pytest.approx(20 - 21 * (1 - 0.97956), abs=1e-3)
    assert indoor[0, 0] - 20 == pytest.approx(-0.43, abs=0.005)


def test_eight_watts_less_for_an_hour_cost_a_tenth_of_a_kelvin():
    """Handbook §4: −8 W/m² for 1 h at C = 300 kJ/(m²K): −8·3 600/300 000 = −0.096 K."""
    of = building(capacity_kj=300)
    steady = static_heat_kw(of, weather(0.0), np.array([20.0]))[0, 0]
    indoor, _ = rooms(of, weather(0.0), [steady - 8 * 35.8])
    assert indoor[0, 0] - 20 == pytest.approx(-0.096, abs=0.002)


def test_the_static_heat_holds_the_rooms():
    of = building(gain=3.0, aperture=0.02, wind=0.05)
    conditions = weather(-2.0, wind=5.0, sun=80.0, steps=48)
    steady = static_heat_kw(of, conditions, np.array([20.0]))[0, 0]
    indoor, _ = rooms(of, conditions, [steady])
    assert indoor[0] == pytest.approx(np.full(48, 20.0))


def test_one_kelvin_of_the_whole_town_is_a_thousand_megawatt_hours():
    """Handbook §4: 12.56 Mm² at 300–310 kJ/(m²K) store 1 050–1 080 MWh per K: 1 000 MW more for an
    hour lift the rooms by about 0.92 K.
    """
    of = building(area=12.56e6)
    steady = static_heat_kw(of, weather(0.0), np.array([20.0]))[0, 0]
    indoor, _ = rooms(of, weather(0.0), [steady + 1e6])
    assert indoor[0, 0] - 20 == pytest.approx(1000 / 1081.6, rel=0.011)


@st.composite
def spells(draw):
    """A building, weather that changes by the step, blocks of unequal length and their heat."""
    of = building(
        loss=draw(st.floats(0.7, 2.6)),
        capacity_kj=draw(st.floats(110, 380)),
        gain=draw(st.floats(0, 6)),
        aperture=draw(st.floats(0, 0.05)),
        wind=draw(st.floats(0, 0.1)),
    )
    lengths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    steps = sum(lengths)

    def series(low, high):
        return np.array(draw(st.lists(st.floats(low, high), min_size=steps, max_size=steps)))

    step_h = draw(st.sampled_from([0.25, 0.5, 1.0]))
    conditions = Weather(step_h, series(-25, 15), series(0, 15), series(0, 700))
    heat = np.array(
        draw(st.lists(st.floats(0, 3000), min_size=len(lengths), max_size=len(lengths)))
    )
    return of, conditions, np.repeat(np.arange(len(lengths)), lengths), heat


@settings(max_examples=40, deadline=None)
@given(spells())
def test_the_response_of_a_block_against_a_fine_simulation(spell):
    """C·dθ/dτ = q + g − K(θ − t_w) in 2 000 explicit steps an hour, whatever the blocks."""
    of, conditions, block, heat = spell
    indoor, at_start = rooms(of, conditions, heat, 19.0, block)
    loss, gain = loss_w_per_m2k(of, conditions)[0], gains_w_per_m2(of, conditions)[0]
    theta, fine = 19.0, round(2000 * conditions.step_h)
    dt = conditions.step_h * 3600 / fine
    for step, k in enumerate(block):
        if step == 0 or k != block[step - 1]:
            assert at_start[0, k] == pytest.approx(theta, abs=2e-3)
        inflow = heat[k] * 1000 / 35_800 + gain[step]
        for _ in range(fine):
            outdoor = conditions.air_temperature_c[step]
            theta += dt * (inflow - loss[step] * (theta - outdoor)) / of.heat_capacity_j_per_m2k[0]
        assert indoor[0, step] == pytest.approx(theta, abs=2e-3)


@settings(max_examples=25, deadline=None)
@given(spells(), st.sampled_from([2, 4]))
def test_weather_constant_over_the_step_gives_the_same_rooms_on_shorter_steps(spell, split):
    """Exact steps: four quarters are one hour. With an explicit step they would drift apart."""
    of, conditions, block, heat = spell
    coarse, _ = rooms(of, conditions, heat, 20.0, block)
    fine_weather = Weather(
        conditions.step_h / split,
        *(
            np.repeat(values, split)
            for values in (
                conditions.air_temperature_c,
                conditions.wind_m_per_s,
                conditions.radiation_w_per_m2,
            )
        ),
    )
    fine, _ = rooms(of, fine_weather, heat, 20.0, np.repeat(block, split))
    assert fine[:, split - 1 :: split] == pytest.approx(coarse, abs=1e-9)


def test_blocks_are_where_they_are_said_to_be():
    response = block_response(building(), weather(0.0, steps=5), np.array([0, 0, 1, 1, 1]))
    decay, lift, drift = response.block_end()
    assert response.last.tolist() == [1, 4]
    keep = response.decay[0, 0]
    assert decay[0] == pytest.approx([keep**2, keep**3])
    assert lift.shape == drift.shape == (1, 2)


# ---- the filter ----------------------------------------------------------------------------


def test_the_filter_follows_a_step_with_its_time_constant():
    """F3, 24 h: 24 h after a drop from 5 to −5 °C the filtered value is −5 + 10/e = −1.3 °C."""
    temperature = np.array([5.0] * 24 + [-5.0] * 48)
    filtered = filtered_temperature_c(temperature, 1.0, 24.0)
    assert filtered[:24] == pytest.approx(np.full(24, 5.0))
    assert filtered[47] == pytest.approx(-5 + 10 / np.e, abs=1e-9)


@pytest.mark.parametrize("step_h", [0.5, 0.25])
def test_the_filter_does_not_depend_on_the_step(step_h):
    hourly = 3 * np.sin(np.arange(96) / 5)
    per = round(1 / step_h)
    fine = filtered_temperature_c(np.repeat(hourly, per), step_h, 24.0)
    assert fine[per - 1 :: per] == pytest.approx(
        filtered_temperature_c(hourly, 1.0, 24.0), abs=1e-9
    )


def test_the_filter_starts_settled():
    """It starts at the mean of its first 24 h, so a mild first hour is no shock."""
    temperature = np.concatenate([[12.0], np.zeros(47)])
    filtered = filtered_temperature_c(temperature, 1.0, 24.0)
    assert filtered[0] == pytest.approx(0.5 * np.exp(-1 / 24) + 12 * (1 - np.exp(-1 / 24)))
    assert filtered.max() < 1.0
