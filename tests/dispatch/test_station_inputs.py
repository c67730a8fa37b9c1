"""Stations on the blocks: floor, target, limits, third-party curves, outages."""

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    constant,
    hours_after,
    inputs_for,
    ramp,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    with_settings,
)

from dispatch.case import Outage
from dispatch.case_kinds import Manager, OutageKind
from dispatch.emitter import secondary_temperatures_c
from dispatch.settings import Time, Uncertainty
from dispatch.station_inputs import buildings_of, floor_c, target_c

BY_FOUR = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=0)


def of(*stations, temperature=None, **tables):
    tables.setdefault("settings", tiny_settings(time=BY_FOUR))
    case = tiny_case(stations=stations, **tables)
    return inputs_for(case, temperature or constant(4.0)).stations


def test_the_floor_is_the_law_the_coldest_flat_and_the_forecast():
    """18 + 2 + 1.28·½·1.75·(1 − e^(−24/100)): 20.24 °C at τ 100 h. Light buildings follow a missed
    forecast further, so their floor is higher.
    """
    settings = tiny_settings(uncertainty=Uncertainty(sigma_24h_k=1.75))
    light = station("L", heat_capacity_kj_per_m2k=90)  # τ 25 h
    case = tiny_case(stations=(station(), light), settings=settings)
    floor = floor_c(case, buildings_of(case))
    assert floor[0] == pytest.approx(20 + 1.12 * (1 - np.exp(-0.24)))
    assert floor[1] == pytest.approx(20 + 1.12 * (1 - np.exp(-0.96)))


def test_the_target_is_never_below_the_floor():
    case = tiny_case(stations=(station("a", indoor_target_c=19), station("b", indoor_target_c=21)))
    assert target_c(case, floor_c(case, buildings_of(case))).tolist() == [20, 21]


def test_a_third_party_takes_its_curve_times_its_compliance():
    """8 MW by F2 at 4 °C; 0.9 of it where it does not comply, nothing behind a shut valve."""
    theirs = {"managed_by": Manager.THIRD_PARTY}
    found = of(
        station("full", **theirs),
        station("less", compliance=0.9, **theirs),
        station("shut", valve_open=False, **theirs),
        station("ours"),
    )
    assert found.heat_due_mw[:, 2] == pytest.approx([8.0, 7.2, 0.0, 0.0])
    assert found.controllable.tolist() == [False, False, False, True]


def test_a_third_party_follows_the_filtered_temperature():
    """8 K drop at hour 0: after 4 h of F3 with 24 h, −8·(1 − e^(−4/24)) = −1.2 K, not −8. It knows
    neither wind nor sun.
    """
    theirs = station(managed_by=Manager.THIRD_PARTY, wind_loss_w_per_m2k_per_m_s=0.1)
    case = tiny_case(
        stations=(theirs,), settings=tiny_settings(time=Time(horizon_h=24, setpoint_hold_h=1))
    )
    front = ramp(4.0, -4.0, -1.0, 0.0)
    windy = inputs_for(case, front, constant(12.0)).stations
    filtered = 4 - 8 * (1 - np.exp(-np.arange(1, 25) / 24))
    assert windy.heat_due_mw[0, :24] == pytest.approx(0.5 * (20 - filtered), abs=1e-6)


def test_most_heat_is_what_the_hottest_supply_carries():
    """Heat at the highest supply gives that supply back by F8; and never more than max_heat_kw."""
    found = of(station(secondary_supply_max_c=60), station("small", max_heat_kw=5_000))
    most_kw = found.heat_max_mw[:, 0] * 1000
    supply, _ = secondary_temperatures_c(found.loops, most_kw, np.full(2, 20.0))
    assert supply[0] == pytest.approx(60.0, abs=1e-6)
    assert most_kw[1] == pytest.approx(5_000)


def test_least_heat_is_that_of_the_lowest_supply():
    found = of(station(secondary_supply_min_c=30))
    supply, _ = secondary_temperatures_c(
        found.loops, found.heat_min_mw[:, 0] * 1000, np.full(1, 20.0)
    )
    assert supply[0] == pytest.approx(30.0, abs=1e-6)


def test_an_outage_closes_a_station_in_every_block_it_touches():
    """Hours 5–6 lie in the block of 4–8: no heat in that block; a third party too."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.STATION,
            "id": "S",
            "from": hours_after(START, 5),
            "to": hours_after(START, 6),
        }
    )
    ours = of(station(), outages=(out,))
    assert (ours.heat_max_mw[0] > 0).tolist() == [True, False, True, True, True, True]
    theirs = of(station(managed_by=Manager.THIRD_PARTY), outages=(out,))
    assert theirs.heat_due_mw[0] == pytest.approx([8, 0, 8, 8, 8, 8])


def test_slope_is_that_of_the_curve_at_the_mean_load():
    """dq/dt_g by a difference of F8 at the mean static heat, to a thousandth."""
    found = of(station())
    load_kw = np.array([8000.0])
    rooms = np.array([20.0])
    low, _ = secondary_temperatures_c(found.loops, load_kw - 1, rooms)
    high, _ = secondary_temperatures_c(found.loops, load_kw + 1, rooms)
    by_difference = 2e-3 / float((high - low)[0])
    assert found.slope_mw_per_k[0] == pytest.approx(by_difference, rel=1e-3)


def test_weights_are_area_times_priority():
    found = of(station(priority=3), station("b", heated_area_m2=20_000))
    assert found.weight.tolist() == [150, 2]


def test_without_a_last_plan_setpoints_are_those_of_settled_heat():
    """8 MW before the start, and the supply that carries it into the rooms, to 0.5 K; of single
    blocks nothing is known.
    """
    found = of(station())
    assert not found.running
    assert found.settled_mw == pytest.approx([8.0])
    supply, _ = secondary_temperatures_c(found.loops, np.array([8000.0]), found.target_c[:, 0])
    assert found.setpoint_before_c == pytest.approx(supply, abs=1.0)
    assert found.setpoint_before_c[0] % 0.5 == 0.0
    for known in (found.setpoint_day_before_c, found.heat_last_mw):
        assert np.isnan(known).all()


def test_settled_heat_is_that_of_a_colder_first_block():
    """4 °C until the start, −2 °C from then on: 11 MW, not 8, are on their way."""
    found = of(station(), temperature=ramp(4.0, -2.0, -1.0, 0.0))
    assert found.settled_mw == pytest.approx([11.0])


def test_stations_stand_in_the_order_of_the_file():
    found = inputs_for(with_settings(small_case(), "time", horizon_h=24), constant(0.0)).stations
    assert found.ids == ("N1.low", "N2.floor", "N3.low", "S1.low", "S2.low", "S3.low")
    assert found.zone.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.controllable.tolist() == [True] * 5 + [False]
