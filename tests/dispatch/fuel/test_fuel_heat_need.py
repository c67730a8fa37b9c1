"""Heat of the network by day and path of weather, worked out by hand for the tiny town.

Its station of 500 000 m² loses 1 W/(m²K) and gains nothing, so 0.5 MW a kelvin. The floor is
18 + 2 K for the coldest flats; rooms are planned 0.08 K above it, and swing 0.4 K more over a day
where setpoints move at the usual rate.
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_inputs_maker import (
    inputs_for,
    main,
    small_case,
    station,
    tiny_case,
    tiny_settings,
    wave,
    with_settings,
)

from dispatch.case import Case, Outage
from dispatch.case_kinds import ComfortPolicy, Manager, OutageKind
from dispatch.fuel.heat_need import heat_need
from dispatch.fuel.need_fit import fitted_to
from dispatch.fuel.need_table import gust_m_per_s
from dispatch.fuel.planned_heat import USUAL_ROOM_K
from dispatch.schedule import put
from dispatch.settings import Comfort, NetworkSettings, Time
from dispatch.timetable import TimetableRow
from forecasts.weather.weather_ahead import WeatherAhead

MONDAY = date(2026, 1, 12)
AIM_C = 18 + 2 + 0.08 + USUAL_ROOM_K
SOIL = (8.0,) * 12
NEXT_WEEK = datetime(2026, 1, 20, 16, tzinfo=UTC)


def ahead(*outdoor_c, before=(), wind=0.0, sun=0.0, first_h=24.0):
    """Weather of days from Monday 12 January on, the same on the one path as expected."""
    days = len(outdoor_c)
    values = np.array(outdoor_c, dtype=float)
    return WeatherAhead(
        dates=tuple(MONDAY + timedelta(days=n) for n in range(days)),
        hours=np.array([first_h, *[24.0] * (days - 1)]),
        path_c=values[None],
        expected_c=values,
        wind_m_per_s=np.full(days, wind),
        radiation_w_per_m2=np.full(days, sun),
        before_c=np.array(before, dtype=float),
        from_forecast=np.zeros(days, dtype=bool),
    )


def town(*stations, mains=(), limits=True, comfort=None, **tables) -> Case:
    """The tiny town, with setpoints that move at the usual rate."""
    network = NetworkSettings(
        soil_temp_c=SOIL, primary_design_supply_c=105, primary_design_return_c=50
    )
    changes = {"time": Time(horizon_h=72, setpoint_hold_h=4), "comfort": comfort or Comfort()}
    changes |= {"network": network} if limits else {}
    return tiny_case(stations=stations, mains=mains, settings=tiny_settings(**changes), **tables)


def needed(case, weather):
    """Heat at the sources along the expected course, MW (day,)."""
    return heat_need(case, weather).expected_mw()


def test_one_station_takes_what_its_rooms_lose():
    """0.5 MW/K · (20.48 + 2) K = 11.24 MW; at the target of 20 °C, or without swing, it is less."""
    assert needed(town(), ahead(-2, -2, -2)) == pytest.approx(0.5 * (AIM_C + 2))


def test_sun_and_gains_are_taken_off():
    """3 W/m² of gains and 3 % of 100 W/m² of sun save 6 W/m² · 500 000 m² = 3 MW."""
    case = town(station(gain_w_per_m2=3, solar_aperture=0.03))
    assert needed(case, ahead(-2, -2, sun=100)) == pytest.approx(0.5 * (AIM_C + 2) - 3)


def test_wind_acts_by_its_gusts():
    """A day of 3 m/s on average has hours above 3 m/s: the mean of max(0, u − 3) is not zero.

    Of Rayleigh's distribution with that mean it is 2·3·Q(√(π/2)) = 6 · 0.10505 = 0.630 m/s.
    """
    assert gust_m_per_s(np.array([3.0]), 3.0) == pytest.approx([0.630], abs=1e-3)
    case = town(station(wind_loss_w_per_m2k_per_m_s=0.1))
    more = 1.0630
    assert needed(case, ahead(-2, -2, wind=3)) == pytest.approx(0.5 * more * (AIM_C + 2), rel=1e-4)


def test_rooms_are_held_at_their_target_where_it_has_a_price():
    """Target 21 °C, swing 0.4 K, −2 °C outside: 11.7 MW, with the floor at 20.08 °C 11.24 MW."""
    held = town(station(indoor_target_c=21), comfort=Comfort(policy=ComfortPolicy.HOLD_TARGET))
    assert needed(held, ahead(-2, -2)) == pytest.approx(0.5 * (21 + USUAL_ROOM_K + 2))


def test_least_supply_temperature_keeps_heat_up_on_a_mild_day():
    """At 20 °C outside rooms need next to nothing; a loop held at 35 °C gives more than that."""
    case = town(station(secondary_supply_min_c=35))
    mild, free = needed(case, ahead(20, 20)), needed(town(), ahead(20, 20))
    assert (mild > 4 * free).all()
    assert needed(case, ahead(-2, -2)) == pytest.approx(needed(town(), ahead(-2, -2)))


def test_one_loop_at_its_least_heat_does_not_save_another_any():
    """At 12 °C outside one loop gives too much for its rooms; the other needs all the same."""
    hot = station("H", secondary_supply_min_c=40)
    both = needed(town(hot, station()), ahead(12, 12))
    alone = [needed(town(one), ahead(12, 12)) for one in (hot, station())]
    assert alone[0][0] > 1.2 * alone[1][0]
    assert both == pytest.approx(alone[0] + alone[1])


def test_others_take_their_curve_by_the_filtered_temperature():
    """Theirs: 20 °C rooms, 80 % compliance, no wind and sun: 0.8 · 0.5 · (20 − filtered).

    Filter of 24 h, days of 24 h: after a day at 0 °C a day at −10 °C counts −10 · e⁻¹ = −3.68 °C.
    """
    other = station(managed_by=Manager.THIRD_PARTY, compliance=0.8, solar_aperture=0.03)
    weather = ahead(-10, -10, before=(0, 0), sun=200)
    first = needed(town(other), weather)[0]
    assert first == pytest.approx(0.8 * 0.5 * (20 + 10 * np.exp(-1)))
    shut = town(other.model_copy(update={"valve_open": False}))
    assert needed(shut, weather) == pytest.approx(0)


def test_mains_lose_their_design_loss_on_a_design_day():
    """At −10 °C for long, with soil as cold as ever: 1.5 MW on top of what the station takes."""
    bare = town(mains=(main(),))
    lossy = town(mains=(main(loss_mw=1.5),))
    weather = ahead(*[-10] * 8)
    assert needed(lossy, weather) - needed(bare, weather) == pytest.approx(1.5)


def test_a_station_out_for_half_a_day_takes_half():
    """Out from 06:00 to 18:00 on Tuesday."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.STATION,
            "id": "S",
            "from": "2026-01-13T06:00:00+08:00",
            "to": "2026-01-13T18:00:00+08:00",
            "available_fraction": 0,
            "reason": "pump",
        }
    )
    table = heat_need(town(outages=(out,)), ahead(-2, -2, -2)).ours_mw
    assert table[1] == pytest.approx(0.5 * table[0])
    assert table[2] == pytest.approx(table[0])


def test_a_leak_of_half_a_day_is_half_a_day_of_more_heat():
    """4 MW of lost water from 06:00 to 18:00 on Tuesday: 2 MW on the mean of the day."""
    leak = Outage.model_validate(
        {
            "kind": OutageKind.LINK,
            "id": "P>town",
            "from": "2026-01-13T06:00:00+08:00",
            "to": "2026-01-13T18:00:00+08:00",
            "available_fraction": 1,
            "added_loss_mw": 4,
        }
    )
    weather = ahead(-2, -2, -2)
    more = needed(town(outages=(leak,)), weather) - needed(town(), weather)
    assert more.tolist() == pytest.approx([0.0, 2.0, 0.0])


def test_heat_goes_up_on_the_eve_of_a_cold_day_and_all_in_all_it_is_the_need():
    """One day 10 K colder among many asks for 5 MW·day more in all, spread over its neighbours.

    A plan that followed each day's temperature would give it all on that day.
    """
    flat, cold = np.zeros(11), np.zeros(11)
    cold[5] = -10
    more = needed(town(), ahead(*cold)) - needed(town(), ahead(*flat))
    assert more.sum() == pytest.approx(5.0)
    assert more[4] > 0.3
    assert more[6] > 1.0
    assert more[5] < 4.0


def test_heat_follows_sooner_where_setpoints_may_move_at_will():
    """Setpoints free to move by the hour: less of a cold day's heat falls on other days."""
    cold = ahead(0, 0, 0, -10, 0, 0, 0)
    assert needed(town(limits=False), cold)[3] > needed(town(), cold)[3] + 0.5


def test_days_before_are_remembered():
    """After a cold yesterday heat comes down late; without the day before it would be as flat."""
    assert (
        needed(town(), ahead(0, 0, 0, before=(0, -10)))[0] > needed(town(), ahead(0, 0, 0))[0] + 1
    )


def offices(*rows):
    """The town with its station closed from Saturday to Sunday, set back to 12 °C."""
    week = TimetableRow(
        timetable_id="office",
        days="mon-fri",
        occupied_from="7:00",
        occupied_to="19:00",
        setback_c=12,
    )
    return town(station(timetable_id="office"), timetables=(week, *rows))


def test_a_day_of_setback_is_cheaper():
    """Rooms of τ = 100 h coast from 20.08 to about 13 °C over a weekend: no heat on Saturday.

    On Monday they are warmed up again. The week takes less than at a steady 20.08 °C, yet more
    than at 12 °C.
    """
    week = needed(offices(), ahead(*[0] * 14))
    steady = 0.5 * 20.08
    assert week[5] == pytest.approx(0, abs=0.1)  # Saturday 17 January
    assert week[6] > steady  # on Sunday night they are warmed for Monday
    assert 0.5 * 12 < week[:7].mean() < 0.98 * steady


def test_a_holiday_on_a_working_day_is_a_day_of_setback():
    """Closed on Wednesday and Thursday by date: these days need less, Monday as ever."""
    closed = TimetableRow(
        timetable_id="office", from_date="2026-01-14", to_date="2026-01-15", setback_c=12
    )
    weather = ahead(*[0] * 7)
    usual, holiday = needed(offices(), weather), needed(offices(closed), weather)
    assert holiday[2] < 0.5 * usual[2]
    assert holiday[0] == pytest.approx(usual[0])


@given(
    st.lists(st.floats(-25, 12), min_size=3, max_size=8),
    st.integers(0, 7),
    st.floats(0.1, 10),
)
@settings(max_examples=25, deadline=None)
def test_a_colder_path_never_takes_less_in_all(outdoor_c, day, colder_k):
    """One day colder by any amount: the sum over days never falls, whatever limits bind."""
    need = heat_need(small_case(), ahead(*outdoor_c))
    mild = np.array([outdoor_c])
    cold = mild.copy()
    cold[0, day % mild.size] -= colder_k
    asked = [need.at_sources_mw(path, np.empty(0)).sum() for path in (mild, cold)]
    assert asked[1] >= asked[0] - 1e-9


def test_paths_are_reckoned_each_by_itself():
    """Many paths at once are what each is alone, and the expected course is a path."""
    weather = ahead(-3, 2, -8, 0)
    need = heat_need(small_case(), weather)
    paths = np.random.default_rng(3).normal(-2, 6, size=(5, 4))
    alone = [need.at_sources_mw(row[None])[0] for row in paths]
    assert need.at_sources_mw(paths) == pytest.approx(np.array(alone))
    assert need.expected_mw() == pytest.approx(need.at_sources_mw(weather.path_c)[0])


@pytest.mark.parametrize("step_min", [15, 30])
def test_need_does_not_depend_on_the_step(step_min):
    """Days are days, whatever steps the plan of sources has."""
    case = with_settings(small_case(), "time", step_min=step_min)
    weather = ahead(-3, 2, -8, 0)
    assert needed(case, weather) == pytest.approx(needed(small_case(), weather))


def test_a_day_that_began_is_a_mean_over_its_rest():
    """From 17:00 on at a steady −2 °C: the mean is as of a whole day, not 7/24 of it."""
    assert needed(town(), ahead(-2, -2, first_h=7.0)) == pytest.approx(0.5 * (AIM_C + 2))


# ---- fitted to a plan ----------------------------------------------------------------------


def plan_of(case, need, *, times=1.0, start=datetime(2026, 1, 11, 16, tzinfo=UTC)):
    """Inputs of a plan from local midnight of 12 January, and a schedule of its heat by hour.

    Each day has the need's heat of users times `times`, and the need's losses.
    """
    inputs = inputs_for(case, wave(-2, 3), start=start)
    hours = inputs.grid.horizon_steps
    day = (np.arange(hours) // 24).astype(int)
    users, lost = need.users_and_losses_mw(need.expected_c[None])
    data = {}
    put(data, "source_heat", (times * users + lost)[0, day][None])
    put(data, "air_temperature", need.expected_c[day])
    steps = inputs.grid.naive_utc(inputs.grid.edges_h[:hours])
    return inputs, xr.Dataset(data, coords={"time": steps}, attrs={"step_h": inputs.grid.step_h})


def fitted(times, factor=None):
    """A need of twelve days fitted to a plan of three whose users take `times` as much."""
    case = town(mains=(main(loss_mw=1.0),))
    need = heat_need(case, ahead(-2, 1, -6, *[-2] * 9))
    inputs, schedule = plan_of(case, need, times=times)
    if factor is not None:
        schedule["demand_factor"] = "time", np.full(schedule.sizes["time"], factor)
    return fitted_to(need, schedule, inputs.case)


def test_a_known_level_is_found_again():
    """The plan's users take 6 % more: level 1.06 on its three days, nothing left over."""
    after, fit = fitted(1.06)
    assert fit.level == pytest.approx(1.06)
    assert fit.dates == tuple(MONDAY + timedelta(days=n) for n in range(3))
    assert fit.residual == pytest.approx(0, abs=1e-12)
    assert not fit.bounded
    assert after.level[:3] == pytest.approx(1.06)


def test_what_measured_load_says_lasts_and_the_rest_fades():
    """4 % by measured load, 6 % in all: 4 days after the plan 1.04 + 0.02/e."""
    after, fit = fitted(1.06, factor=1.04)
    assert fit.lasting == pytest.approx(1.04)
    assert after.level[6] == pytest.approx(1.04 + 0.02 / np.e)
    unmeasured, _ = fitted(1.06)
    assert unmeasured.level[6] == pytest.approx(1 + 0.06 / np.e)


def test_a_plan_far_off_is_followed_only_so_far():
    """30 % more is no level: parameters are wrong. It is cut at 15 %, and said."""
    after, fit = fitted(1.3)
    assert fit.level == pytest.approx(1.15)
    assert fit.bounded
    assert fit.residual.min() > 0.1
    assert after.level.max() == pytest.approx(1.15)


def test_a_plan_of_other_days_says_nothing():
    """A plan of next week: no day in common, and the level stays 1."""
    case = town()
    need, three = heat_need(case, ahead(-2, -2)), heat_need(case, ahead(-2, -2, -2))
    inputs, schedule = plan_of(case, three, start=NEXT_WEEK)
    same, fit = fitted_to(need, schedule, inputs.case)
    assert fit.dates == ()
    assert same.level == pytest.approx(1)
