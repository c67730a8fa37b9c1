"""The coal outlook by hand: burn, stock and cover by local day, and how sure they are.

The tiny town loses 0.5 MW a kelvin; its boiler burns 1.25 MW a MW of heat of coal of 5.815 MWh/t.
So 1 K of cold costs 0.5 · 1.25 · 24 / 5.815 = 2.58 t a day. With the usual spread of forecasts
(1.75 K a day ahead, 3 K from three days on) the 10 % and 90 % quantiles lie 1.2816 times that
many kelvin from the middle.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from plan_inputs_maker import (
    COAL_MWH_PER_T,
    START,
    boiler,
    chp,
    constant,
    hours_after,
    inputs_for,
    tiny_case,
    tiny_settings,
    vertices,
)

from dispatch.case import ScheduleRow, Yard
from dispatch.case_kinds import SourceKind, StockCovers
from dispatch.fuel_outlook import COLUMNS, ExpectedDays, burn_per_k_t, fuel_outlook, sigma_k
from dispatch.schedule import put
from dispatch.settings import Uncertainty

NO_SPREAD = Uncertainty(sigma_24h_k=0, sigma_72h_k=0)
USUAL_SPREAD = Uncertainty(sigma_24h_k=1.75, sigma_72h_k=3.0)
PER_K_T = 0.5 * 1.25 * 24 / COAL_MWH_PER_T
LOCAL_MIDNIGHT = "2026-01-14T16:00"  # of 15 January
SIX_IN_THE_MORNING = "2026-01-14T22:00"


def town(*sources, spread=NO_SPREAD, yard=None, **tables):
    """Inputs of the tiny town; what the plan does is written in the schedule by hand."""
    case = tiny_case(
        *sources, settings=tiny_settings(uncertainty=spread), yard=yard or {}, **tables
    )
    return inputs_for(case, constant(4.0))


def mw(tonnes_per_day):
    """Fuel in MW that burns so many tonnes a day."""
    return tonnes_per_day * COAL_MWH_PER_T / 24


def plan(
    *tonnes_per_day,
    heat_mw=None,
    for_heat=1.0,
    hours=24,
    step_h=1.0,
    stock_t=1000.0,
    deliveries=None,
    start=LOCAL_MIDNIGHT,
    yards=("pile",),
    yard_of=None,
):
    """A schedule whose sources burn so much each, all hours; `deliveries` {hour: tonnes}."""
    steps = round(hours / step_h)
    rates = np.array(tonnes_per_day, dtype=float)
    fuel = np.repeat(mw(rates)[:, None], steps, axis=1)
    heat = fuel / 1.25 if heat_mw is None else np.repeat(np.array(heat_mw)[:, None], steps, axis=1)
    owner = np.array(yard_of or [yards[0]] * rates.size)
    arriving = np.zeros((len(yards), steps))
    for hour, tonnes in (deliveries or {}).items():
        arriving[0, round(hour / step_h)] += tonnes
    data: dict[str, xr.DataArray] = {}
    put(data, "air_temperature", np.full(steps, 4.0))
    put(data, "source_heat", heat)
    put(data, "source_fuel", fuel)
    put(data, "source_fuel_for_heat", for_heat * fuel)
    put(data, "source_yard", owner)
    burn = np.array([fuel[owner == yard].sum(axis=0) for yard in yards]) * step_h / COAL_MWH_PER_T
    put(data, "yard_burn", burn)
    put(data, "yard_delivery", arriving)
    put(data, "yard_stock", stock_t + np.cumsum(arriving - burn, axis=1))
    put(data, "yard_stock_before", np.full(len(yards), stock_t))
    put(data, "yard_mwh_per_t", np.full(len(yards), COAL_MWH_PER_T))
    step = np.timedelta64(round(step_h * 3600), "s")
    time = np.datetime64(start, "ns") + np.arange(steps) * step
    return xr.Dataset(data, coords={"time": time, "yard": list(yards)}, attrs={"step_h": step_h})


def one_day(inputs, schedule, beyond=None):
    """The only row of a plan of one day and one yard."""
    (row,) = fuel_outlook(inputs, schedule, beyond).to_dict("records")
    return row


# ---- burn, deliveries, stock ---------------------------------------------------------------


def test_a_row_for_every_yard_and_day_in_the_columns_of_the_contract():
    """Two yards and two days: four rows, yard by yard."""
    inputs = town()
    second = inputs.case.yards[0].model_copy(update={"yard_id": "port"})
    case = inputs.case.model_copy(update={"yards": (*inputs.case.yards, second)})
    schedule = plan(100, hours=48, yards=("pile", "port"))
    found = fuel_outlook(replace(inputs, case=case), schedule)
    assert tuple(found.columns) == COLUMNS
    assert list(zip(found["yard_id"], found["date"], strict=True)) == [
        ("pile", "2026-01-15"),
        ("pile", "2026-01-16"),
        ("port", "2026-01-15"),
        ("port", "2026-01-16"),
    ]


def test_stock_is_what_was_there_and_came_less_what_burnt_by_local_day():
    """From 06:00 at 100 t a day: 18 h burn 75 t, the next day 100; 500 t come at 02:00 on the
    second day: 1000, 925, 1325. By UTC days the plan would begin with two hours.
    """
    found = fuel_outlook(
        town(), plan(100, hours=42, deliveries={20: 500}, start=SIX_IN_THE_MORNING)
    )
    assert found["date"].tolist() == ["2026-01-15", "2026-01-16"]
    assert found["hours"].tolist() == [18, 24]
    assert found["burn_heat_t_p50"].tolist() == pytest.approx([75, 100])
    assert found["delivery_t"].tolist() == [0, 500]
    assert found["stock_t_p50"].tolist() == pytest.approx([925, 1325])


@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
def test_the_outlook_does_not_depend_on_the_step_length(step_h):
    """100 t a day are 100 t, and the day has 24 h; without the step length, 96 h at 0.25 h."""
    row = one_day(town(spread=USUAL_SPREAD), plan(100, step_h=step_h))
    assert row["hours"] == 24
    assert row["stock_t_p50"] == pytest.approx(900)
    assert row["stock_t_p90"] - row["stock_t_p50"] == pytest.approx(1.2816 * 1.75 * PER_K_T)


def test_burn_is_split_into_heat_and_power():
    """100 t of which 60 % are reckoned to heat; a yard of two units adds their fuel, not shares:
    60 of 100 and 30 of 50 t.
    """
    row = one_day(town(), plan(100, for_heat=0.6))
    assert row["burn_heat_t_p50"] == pytest.approx(60)
    assert row["burn_power_t_p50"] == pytest.approx(40)
    both = one_day(town(boiler("a"), boiler("b")), plan(100, 50, for_heat=0.6))
    assert both["burn_heat_t_p50"] == pytest.approx(90)
    assert both["burn_power_t_p50"] == pytest.approx(60)


def test_scheduled_power_knows_no_weather():
    """A colder day asks for more heat; the power is the grid's: its three figures are one."""
    row = one_day(town(spread=USUAL_SPREAD), plan(100, for_heat=0.6))
    assert row["burn_power_t_p10"] == row["burn_power_t_p50"] == row["burn_power_t_p90"]
    assert row["burn_heat_t_p10"] < row["burn_heat_t_p50"] < row["burn_heat_t_p90"]


def test_a_yard_that_pays_for_heat_alone_burns_all_of_it_for_heat():
    """The unit burns 100 t, 60 for heat, and only these leave the yard: 60 and 0. Taking the
    heat's share once more would give 36 t, and 24 t of power that this yard does not pay for.
    """
    inputs = town(yard={"stock_covers": StockCovers.HEAT_SHARE})
    schedule = plan(100, for_heat=0.6)
    schedule["yard_burn"] = 0.6 * schedule["yard_burn"]
    schedule["yard_stock"][:] = 1000 - np.cumsum(schedule["yard_burn"].values, axis=1)
    row = one_day(inputs, schedule)
    assert row["stock_t_p50"] == pytest.approx(940)
    assert row["burn_heat_t_p50"] == pytest.approx(60)
    assert row["burn_power_t_p50"] == pytest.approx(0)


# ---- the spread of the forecast ------------------------------------------------------------


def test_spread_of_the_forecast_by_lead():
    """None now, 1.75 K a day ahead, 3 K from three days on, straight lines between."""
    case = town(spread=USUAL_SPREAD).case
    lead = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 7.0])
    assert sigma_k(case, lead) == pytest.approx([0, 0.875, 1.75, 2.375, 3, 3])


def test_a_kelvin_costs_what_the_losses_and_the_boiler_say():
    """0.5 MW/K at 1.25 MW of fuel a MW: 15 MWh a day and kelvin, 2.58 t."""
    assert burn_per_k_t(town(), plan(100), "pile") == pytest.approx(2.5795, abs=1e-4)


def test_a_kelvin_is_shared_as_the_plan_shares_its_heat():
    """3:1 between the yards: 1.93 and 0.64 t, and a boiler that is off takes no part."""
    sources = boiler("a"), boiler("b", yard_id="port"), boiler("c")
    piles = ({"yard_id": name, "fuel_id": "coal"} for name in ("pile", "port"))
    rows = tuple(Yard.model_validate(pile | {"stock_t": 1, "capacity_t": 9}) for pile in piles)
    inputs = town(*sources)
    inputs = replace(inputs, case=inputs.case.model_copy(update={"yards": rows}))
    schedule = plan(75, 25, 0, yards=("pile", "port"), yard_of=["pile", "port", "pile"])
    assert burn_per_k_t(inputs, schedule, "pile") == pytest.approx(0.75 * PER_K_T)
    assert burn_per_k_t(inputs, schedule, "port") == pytest.approx(0.25 * PER_K_T)


def test_heat_of_an_extraction_unit_costs_little_more_fuel_at_fixed_power():
    """0.17/0.375 = 0.453 MW a MW (handbook §8), not the 2.65 MW of fuel a MW it burns in all."""
    rows = (ScheduleRow(time=hours_after(START, -1), source_id="chp", power_mw=230),)
    inputs = town(chp(), curves=vertices(), schedules=rows)
    found = burn_per_k_t(inputs, plan(3300, heat_mw=[302.0]), "pile")
    assert found == pytest.approx(0.5 * 0.17 / 0.375 * 24 / COAL_MWH_PER_T, rel=1e-3)


def test_heat_of_a_back_pressure_unit_brings_its_power_with_it():
    """The yard burns all the fuel of one more MW: 1.686, not the 0.587 left after a credit."""
    line = vertices([(44, 19.8, 74.186), (110, 49.5, 185.465)])
    unit = chp(SourceKind.CHP_BACKPRESSURE, power_mode="band", max_output_mw=110)
    burnt_t = 80 * 1.686 * 24 / COAL_MWH_PER_T
    found = burn_per_k_t(town(unit, curves=line), plan(burnt_t, heat_mw=[80.0]), "pile")
    assert found == pytest.approx(0.5 * 1.686 * 24 / COAL_MWH_PER_T)


def test_the_band_is_that_of_the_temperature_and_adds_up_in_the_stock():
    """1.2816 · 2.58 t/K · (1.75, 2.375, 3) K = 5.79, 7.85, 9.92 t a day. A missed cold spell is
    missed for days: the stock's band is their sum, 5.79, 13.64, 23.55 t, where errors that cancel
    would leave 13.9 t on the third day.
    """
    found = fuel_outlook(town(spread=USUAL_SPREAD), plan(100, hours=72))
    band = found["burn_heat_t_p90"] - found["burn_heat_t_p50"]
    assert band.tolist() == pytest.approx([5.785, 7.851, 9.917], abs=2e-3)
    low = found["burn_heat_t_p50"] - found["burn_heat_t_p10"]
    assert low.tolist() == pytest.approx(band.tolist())
    for one, other in (("p10", "p50"), ("p50", "p90")):
        stock = found[f"stock_t_{other}"] - found[f"stock_t_{one}"]
        assert stock.tolist() == pytest.approx([5.785, 13.636, 23.554], abs=4e-3)


def test_a_part_of_a_day_has_part_of_the_spread():
    """18 h: 0.75 of a day's burn, at 1.31 K of lead of three quarters of a day."""
    found = fuel_outlook(town(spread=USUAL_SPREAD), plan(100, hours=42, start=SIX_IN_THE_MORNING))
    band = found["burn_heat_t_p90"] - found["burn_heat_t_p50"]
    assert band[0] == pytest.approx(1.2816 * 1.3125 * PER_K_T * 0.75)
    assert band[1] == pytest.approx(1.2816 * (1.75 + 0.75 * 0.625) * PER_K_T)


def test_stock_stays_between_the_ground_and_the_size_of_the_yard():
    """4 t left with a band of 5.8 t; and 2 t below a full yard."""
    low = one_day(town(spread=USUAL_SPREAD), plan(100, stock_t=104))
    assert low["stock_t_p10"] == 0
    full = one_day(
        town(spread=USUAL_SPREAD, yard={"stock_t": 0, "capacity_t": 1000}), plan(100, stock_t=1098)
    )
    assert full["stock_t_p90"] == 1000


# ---- days of cover -------------------------------------------------------------------------


@pytest.mark.parametrize(("unusable_t", "days"), [(0, 10.0), (200, 8.0), (1000, 0.0), (1500, 0.0)])
def test_cover_is_the_usable_stock_over_the_burn(unusable_t, days):
    """1000 t at the day's end and 100 t a day; coal at the bottom is no cover."""
    inputs = town(yard={"unusable_t": unusable_t})
    row = one_day(inputs, plan(100, stock_t=1100))
    assert row["days_of_cover_p50"] == pytest.approx(days)


def test_without_any_doubt_the_three_covers_are_one():
    row = one_day(town(), plan(100, stock_t=1100))
    assert row["days_of_cover_p10"] == row["days_of_cover_p50"] == row["days_of_cover_p90"] == 10


def test_cover_counts_down_day_by_day():
    found = fuel_outlook(town(), plan(100, hours=72, stock_t=1100))
    assert found["days_of_cover_p50"].tolist() == pytest.approx([10, 9, 8])


def test_a_colder_season_shortens_cover_and_a_milder_one_lengthens_it():
    """The plan is at 4 °C. At −6 °C 25.8 t more burn a day: 1000/125.8 = 7.9 days; at 14 °C
    1000/74.2 = 13.5. Without the season both would be 10.
    """
    schedule = plan(100, stock_t=1100)
    cold = one_day(town(), schedule, ExpectedDays(np.full(60, -6.0)))
    mild = one_day(town(), schedule, ExpectedDays(np.full(60, 14.0)))
    assert cold["days_of_cover_p50"] == pytest.approx(7.9)
    assert mild["days_of_cover_p50"] == pytest.approx(13.5)


def test_the_season_begins_where_the_plan_ends():
    """After the first of two days one more at 100 t, then 125.8 t a day: 1 + 900/125.8 = 8.2."""
    found = fuel_outlook(town(), plan(100, hours=48, stock_t=1100), ExpectedDays(np.full(60, -6.0)))
    assert found["days_of_cover_p50"].tolist() == pytest.approx([8.2, 7.2])


def test_beyond_the_season_the_plans_burn_goes_on():
    """One cold day, then 100 t a day: 1 + (1000 − 125.8)/100 = 9.7."""
    row = one_day(town(), plan(100, stock_t=1100), ExpectedDays(np.array([-6.0])))
    assert row["days_of_cover_p50"] == pytest.approx(9.7)


def test_a_colder_forecast_shortens_cover_on_both_accounts():
    """p10: 5.8 t less in the yard and 1.2816 · 3 K · 2.58 = 9.9 t more a day: 994.2/109.9 = 9.0;
    p90: 1005.8/90.1 = 11.2.
    """
    row = one_day(town(spread=USUAL_SPREAD), plan(100, stock_t=1100))
    covers = [row[f"days_of_cover_{name}"] for name in ("p10", "p50", "p90")]
    assert covers == pytest.approx([9.0, 10.0, 11.2])


# ---- reserve and orders --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sigmas", "probability"), [(0.0, 0.5), (1.2816, 0.1), (-1.0, 0.8413), (5.0, 0.0)]
)
def test_probability_of_falling_below_the_reserve(sigmas, probability):
    """7 days of 100 t. The day's σ is 1.75 K · 2.58 t/K = 4.51 t: at 700 t it is one in two."""
    stock_t = 800 + sigmas * 1.75 * PER_K_T
    inputs = town(spread=USUAL_SPREAD, yard={"reserve_days_min": 7})
    row = one_day(inputs, plan(100, stock_t=stock_t))
    assert row["reserve_t"] == pytest.approx(700)
    assert row["probability_below_reserve"] == pytest.approx(probability, abs=1e-4)


@pytest.mark.parametrize(("stock_t", "probability"), [(801, 0.0), (799, 1.0)])
def test_without_doubt_the_reserve_is_kept_or_not(stock_t, probability):
    row = one_day(town(yard={"reserve_days_min": 7}), plan(100, stock_t=stock_t))
    assert row["probability_below_reserve"] == probability


def test_the_reserve_is_of_usable_stock():
    """Seven days of 100 t lie above 150 t that cannot be burnt: the reserve begins at 850 t, and
    with 849 it is broken. Reckoned from the ground, 150 t of stones would pass for a reserve.
    """
    inputs = town(yard={"reserve_days_min": 7, "unusable_t": 150})
    rows = [one_day(inputs, plan(100, stock_t=100 + left_t)) for left_t in (851, 849)]
    assert [row["reserve_t"] for row in rows] == pytest.approx([850, 850])
    assert [row["probability_below_reserve"] for row in rows] == [0, 1]


def test_the_reserve_is_reckoned_from_whole_days():
    """18 h that burn 75 t are 100 t a day; by the plan's total alone it would be 75."""
    inputs = town(yard={"reserve_days_min": 2})
    row = one_day(inputs, plan(100, hours=18, start=SIX_IN_THE_MORNING))
    assert row["reserve_t"] == pytest.approx(200)


@pytest.mark.parametrize(
    ("stock_t", "lead_days", "date"),
    [
        (1800, 7, "2026-01-18"),  # 1700 on the evening of the 15th: reserve on that of the 25th
        (1800, 3, "2026-01-22"),
        (1840, 7, "2026-01-18"),  # during the 26th: an order of the 19th might come too late
        (1500, 7, "2026-01-15"),  # today
        (1150, 7, "2026-01-11"),  # during the 19th: an order of the 12th came too late
        (800, 7, "2026-01-08"),  # the reserve is reached: a week ago
    ],
)
def test_the_last_safe_order_comes_before_the_reserve_is_touched(stock_t, lead_days, date):
    """Reserve 700 t at 100 t a day; the order must be out `lead_days` before the reserve is."""
    inputs = town(yard={"reserve_days_min": 7, "lead_time_days": lead_days})
    assert one_day(inputs, plan(100, stock_t=stock_t))["last_safe_order_date"] == date


def test_the_safe_order_reckons_with_the_cold_side():
    """994.2 t above the reserve at 109.9 t a day: 9 days, so a day earlier than in the middle."""
    inputs = town(spread=USUAL_SPREAD, yard={"reserve_days_min": 7})
    row = one_day(inputs, plan(100, stock_t=1800))
    assert row["last_safe_order_date"] == "2026-01-17"


def test_coal_for_more_than_a_season_needs_no_order():
    """30 000 t at 100 t a day: no date, and cover is cut at 200 days."""
    row = one_day(town(), plan(100, stock_t=30_000))
    assert row["last_safe_order_date"] is None
    assert row["days_of_cover_p50"] == 200


def test_storage_rate_is_the_stock_over_its_target():
    """1000 of 4000 t at the day's end."""
    row = one_day(town(yard={"storage_target_t": 4000}), plan(100, stock_t=1100))
    assert row["storage_rate"] == pytest.approx(0.25)


def test_without_a_target_there_is_no_storage_rate():
    assert pd.isna(one_day(town(), plan(100))["storage_rate"])


def test_a_yard_that_burns_nothing_lasts():
    """No division by its burn: no reserve, no risk, no order, and the stock as it is."""
    inputs = town(spread=USUAL_SPREAD, yard={"reserve_days_min": 7})
    row = one_day(inputs, plan(0, stock_t=500), ExpectedDays(np.full(60, -6.0)))
    assert [row[f"stock_t_{name}"] for name in ("p10", "p50", "p90")] == [500, 500, 500]
    assert [row[f"days_of_cover_{name}"] for name in ("p10", "p50", "p90")] == [200, 200, 200]
    assert row["burn_heat_t_p90"] == row["burn_power_t_p90"] == row["reserve_t"] == 0
    assert row["probability_below_reserve"] == 0
    assert row["last_safe_order_date"] is None
