"""Burn ahead joined to a plan: the plan's own first, no jump after it, and what it was off by."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from plan_inputs_maker import START, boiler, constant, inputs_for, main, published, tiny_case

from dispatch.case import Case, Yard
from dispatch.fuel.burn_joined import FIT_FADES_D, joined_to_plan
from dispatch.fuel.burn_paths import BurnAhead, YardBurn
from dispatch.fuel.reduced_dispatch import burn_ahead
from dispatch.inputs import PlanInputs
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]

DAYS = 4
MILD, COLD = 0, 1  # paths: a tenth less heat than expected, and a tenth more
COAL = {"fuel_id": "coal", "stock_t": 90_000, "capacity_t": 99_000, "yard_loss_per_month": 0}


def two_plants() -> Case:
    """A better plant of 6 MW and a poorer one, each with its yard."""
    good = boiler("good", max_output_mw=6, efficiency=0.9)
    poor = boiler("poor", "Q", yard_id="heap", efficiency=0.75)
    yards = tuple(
        Yard.model_validate(COAL | {"yard_id": name, "reserve_days_min": 0})
        for name in ("pile", "heap")
    )
    return tiny_case(good, poor, mains=(main("P"), main("Q")), yards=yards)


@cache
def planned(hour: int = 0) -> tuple[PlanInputs, xr.Dataset]:
    """A plan of 24 h from so many hours after local midnight, in steady weather."""
    inputs = inputs_for(two_plants(), constant(4.0), start=START + timedelta(hours=hour))
    return inputs, published(inputs)


def need_mw() -> float:
    """The plan's own mean heat, about 8 MW, so that only the dispatch can differ."""
    return float(planned()[1]["source_heat"].sum("source").mean())


def outlook(hour: int = 0) -> tuple[WeatherAhead, BurnAhead]:
    """Days from then on, two paths about the expected heat, not joined yet."""
    hours = np.full(DAYS, 24.0)
    hours[0] -= hour
    dates = tuple(date(2026, 1, 15) + timedelta(days=n) for n in range(DAYS))
    nothing = np.zeros(DAYS)
    ahead = WeatherAhead(
        dates, hours, np.zeros((2, DAYS)), *(nothing,) * 4, from_forecast=nothing > 0
    )
    expected = np.full(DAYS, need_mw())
    need = np.array([0.9, 1.1])[:, None] * expected
    return ahead, burn_ahead(two_plants(), dates, hours, need, expected)


def by_day(schedule: xr.Dataset, yard: str) -> Array:
    """The plan's burn of each hour, MWh."""
    tonnes = schedule["yard_burn"].sel(yard=yard).values
    return np.asarray(tonnes * float(schedule["yard_mwh_per_t"].sel(yard=yard)))


def of(burn: BurnAhead, name: str) -> YardBurn:
    """One yard."""
    return next(yard for yard in burn.yards if yard.yard_id == name)


def test_the_first_day_is_the_plans_own():
    """And the paths differ from it by the tenth of heat, which the poorer plant makes."""
    inputs, schedule = planned()
    ahead, burn = outlook()
    joined = joined_to_plan(burn, schedule, inputs.case, ahead)
    for name in ("pile", "heap"):
        assert of(joined, name).expected_mwh[0] == pytest.approx(by_day(schedule, name).sum())
    tenth_mwh = 0.1 * need_mw() * 24 / 0.75
    heap = of(joined, "heap")
    spread = heap.fuel_mwh[:, 0] - heap.expected_mwh[0]
    assert spread == pytest.approx([-tenth_mwh, tenth_mwh], rel=0.02)
    assert of(joined, "pile").fuel_mwh[COLD, 0] == pytest.approx(of(joined, "pile").expected_mwh[0])


def test_the_reduced_dispatch_goes_on_where_the_plan_ends():
    """A plan by merit is what the reduced dispatch says: hardly an error, and no jump."""
    inputs, schedule = planned()
    ahead, burn = outlook()
    joined = joined_to_plan(burn, schedule, inputs.case, ahead)
    assert joined.check is not None
    assert joined.check.days == 1
    assert joined.check.level == pytest.approx(1.0)
    for name, error in joined.check.fuel_error.items():
        assert abs(error) < 0.02
        course = of(joined, name).expected_mwh
        assert course[1] == pytest.approx(course[0], rel=0.01)
        assert course[3] == pytest.approx(of(burn, name).expected_mwh[3], rel=0.02)


def test_a_split_that_the_plan_was_on_is_carried_on_and_fades():
    """Ten per cent more from one yard than by merit: so it goes on, less so by the day."""
    inputs, schedule = planned()
    ahead, burn = outlook()
    more = schedule.copy(deep=True)
    more["yard_burn"].loc[{"yard": "pile"}] *= 1.1
    usual, moved = (joined_to_plan(burn, plan, inputs.case, ahead) for plan in (schedule, more))
    ratio = of(moved, "pile").expected_mwh / of(usual, "pile").expected_mwh
    assert ratio[0] == pytest.approx(1.1)
    fading = 1.0 + 0.1 * np.exp(-np.arange(1, DAYS) / FIT_FADES_D)
    assert ratio[1:] == pytest.approx(fading, abs=0.002)
    assert moved.check is not None
    assert moved.check.fuel_error["pile"] == pytest.approx(1 / 1.1 - 1, abs=0.01)


def test_a_day_of_which_the_plan_has_a_part_has_both():
    """From six in the morning 24 h cover 18 h of today and 6 of tomorrow; no day is whole."""
    inputs, schedule = planned(6)
    ahead, burn = outlook(6)
    joined = joined_to_plan(burn, schedule, inputs.case, ahead)
    assert joined.check is None
    hourly = by_day(schedule, "heap")
    course, usual = of(joined, "heap").expected_mwh, of(burn, "heap").expected_mwh
    assert course[0] == pytest.approx(hourly[:18].sum())
    assert course[1] == pytest.approx(hourly[18:].sum() + 0.75 * usual[1])
    assert course[2:] == pytest.approx(usual[2:])


def test_no_path_burns_less_than_nothing():
    """A path much milder than the plan's day would else take coal back out of the plan."""
    inputs, schedule = planned()
    ahead, _ = outlook()
    need = np.zeros((1, DAYS))
    burn = burn_ahead(two_plants(), ahead.dates, ahead.hours, need, np.full(DAYS, 2 * need_mw()))
    joined = joined_to_plan(burn, schedule, inputs.case, ahead)
    assert all((yard.fuel_mwh >= 0.0).all() for yard in joined.yards)
    assert of(joined, "heap").fuel_mwh[0, 0] == 0.0


def test_the_moment_of_the_outlook_may_lie_inside_a_step_of_the_plan():
    """With 23.5 h of the day left 24 h of plan count for 23.5."""
    inputs, schedule = planned()
    ahead, burn = outlook()
    hours = ahead.hours - np.array([0.5, 0.0, 0.0, 0.0])
    late = WeatherAhead(**(vars(ahead) | {"hours": hours}))
    joined = joined_to_plan(burn, schedule, inputs.case, late)
    total = by_day(schedule, "pile").sum()
    assert of(joined, "pile").expected_mwh[0] == pytest.approx(total * 23.5 / 24.0)


def test_power_of_the_plan_comes_first():
    """Boilers make none; the key is there for every yard."""
    inputs, schedule = planned()
    ahead, burn = outlook()
    power = joined_to_plan(burn, schedule, inputs.case, ahead).power_mw
    assert set(power) == {"pile", "heap"}
    assert power["pile"] == pytest.approx(np.zeros(DAYS))


def test_a_plan_of_other_days_changes_nothing():
    """An old plan, two days before the outlook begins."""
    inputs, schedule = planned()
    ahead, burn = outlook()
    old = schedule.assign_coords(time=schedule["time"].values - np.timedelta64(48, "h"))
    joined = joined_to_plan(burn, old, inputs.case, ahead)
    assert joined.check is None
    for name in ("pile", "heap"):
        assert of(joined, name).fuel_mwh == pytest.approx(of(burn, name).fuel_mwh)
