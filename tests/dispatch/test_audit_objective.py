"""The audit prices the plan anew: a cost or a price that was changed is found, whichever it is."""

from functools import cache

import numpy as np
import pytest
import xarray as xr

from dispatch.audit import audit, describe
from dispatch.audit_rules.rule import Rule
from dispatch.cost_terms import CostTerm, Price, cost_terms
from dispatch.plan import AuditFinding
from dispatch.schedule import put
from tests.cost_maker import PRICES, TERMS, priced
from tests.schedule_maker import SmallPlan, small_schedule

BY_COST = {CostTerm.POWER_SOLD, CostTerm.POWER_BOUGHT}
PRICE_VARIABLES = (
    *(("source_fuel_price", row) for row in range(3)),
    ("source_start_cost", 1),
    ("source_start_fuel", 1),
    ("source_order_pay", 2),
    ("source_power_sell_price", (0, slice(None))),
    *(("plant_share_band_price", row) for row in range(2)),
    *(("station_weight", row) for row in range(3)),
    *(("station_turn_price", row) for row in range(2)),
    ("source_scheduled_least", (1, 8)),
    ("link_warm_loss", (0, 3)),
    ("yard_reserve", 0),
    ("yard_short_price", 0),
    ("yard_need_probability", (0, 0)),
    ("yard_need_level", (0, 1)),
    ("yard_added_later", 0),
)


def costly(minimise: str = "fuel", step_h: float = 1.0) -> xr.Dataset:
    """A plan in which everything that has a price happens, in the sizes said here."""
    made = _costly(minimise, step_h).copy(deep=True)
    made.attrs = dict(made.attrs)
    return made


@cache
def _costly(minimise: str, step_h: float) -> xr.Dataset:
    schedule = small_schedule(SmallPlan(step_h=step_h))

    def change(name: str, place: object, by: float) -> None:
        schedule[name].values[place] += by

    schedule.attrs |= {"minimise": minimise, "legal_min_c": 22.0, "upper_c": 18.0}
    schedule["station_floor"].values[:] = 22.5
    schedule["station_target"].values[:] = 23.0
    schedule["station_setpoint_before"].values[:2] = [55.0, 61.0]
    schedule["station_supply"].values[0, 8] += 8.0
    change("source_started", (1, 5), 1.0)
    heat, power = schedule["source_heat"].values, schedule["source_power"].values
    schedule["source_min_heat"].values[1, 7] = heat[1, 7] + 0.2
    schedule["source_scheduled_least"].values[1, 8] = heat[1, 8] + 0.3
    schedule["source_power_min"].values[0, 3] = power[0, 3] + 0.1
    schedule["source_power_max"].values[0, 4] = power[0, 4] - 0.1
    change("source_power_bought", (0, slice(None)), 0.4)
    schedule["source_order_tolerance"].values[2] = 0.05
    schedule["source_ordered"].values[2, :2] = [0.5 * heat[2, 0], 2.0 * heat[2, 1]]
    schedule["source_order_least"].values[2, 3] = heat[2, 3] + 0.5
    schedule["source_order_pay"].values[2] = 90.0
    schedule["plant_share_max"].values[0] = 0.6
    schedule["plant_share_min"].values[1] = 0.45
    change("station_heat_due", (3, 2), 90.0)
    change("link_warm_loss", (0, 3), 0.05)
    schedule["link_from"].values[1] = "N"  # a tie
    schedule["yard_unusable"].values[:] = 280.0
    return priced(with_need(schedule, [350.0, 500.0], [0.25, 0.5], bought_t=15.0))


def with_need(
    schedule: xr.Dataset, levels_t: list[float], probabilities: list[float], bought_t: float
) -> xr.Dataset:
    """The schedule with what may be needed of its one yard, at 900 yuan/t, and a place unused."""
    found: dict[str, xr.DataArray] = {}
    put(found, "yard_need_level", [[*levels_t, np.nan]])
    put(found, "yard_need_probability", [[*probabilities, np.nan]])
    put(found, "yard_short_price", [900.0])
    put(found, "yard_added_later", [bought_t])
    return schedule.assign(found)


def objective(schedule: xr.Dataset) -> AuditFinding:
    return next(one for one in audit(schedule).findings if one.rule == Rule.OBJECTIVE)


def test_names_are_those_of_the_contract():
    assert set(TERMS) == set(cost_terms(has_pins=False))
    assert set(PRICES) == set(Price)


@pytest.mark.parametrize("minimise", ["fuel", "cost"])
@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
def test_the_audit_comes_to_what_is_reckoned_step_by_step(minimise, step_h):
    schedule = costly(minimise, step_h)
    idle = {CostTerm.POWER_CREDIT} if minimise == "cost" else BY_COST
    costs = dict(zip(TERMS, schedule["cost"].values, strict=True))
    assert {name for name, yuan in costs.items() if yuan == 0.0} == idle
    assert objective(schedule).worst < 1e-12


@pytest.mark.parametrize("term", cost_terms(has_pins=False))
def test_a_cost_made_up_is_found_and_named(term):
    """Two yuan in a million of fuel; the total says the same, so it is the term that tells."""
    schedule = costly("cost" if term in BY_COST else "fuel")
    costs = schedule["cost"].values
    place = TERMS.index(term)
    slip = 2e-6 * costs[TERMS.index("fuel")]
    costs[place] -= slip
    schedule.attrs["cost_yuan"] -= slip
    found = objective(schedule)
    assert found.worst == pytest.approx(2e-6, rel=1e-4)
    assert not found.passed
    assert not found.soft
    assert found.where == f"cost term {term}"
    assert found.where in describe(found)


def test_a_total_that_is_not_the_sum_is_found():
    schedule = costly()
    schedule.attrs["cost_yuan"] *= 1.001
    assert not objective(schedule).passed


@pytest.mark.parametrize("price", list(Price))
def test_a_price_made_up_is_found(price):
    schedule = costly()
    schedule.attrs[price] *= 1.2
    assert not objective(schedule).passed


@pytest.mark.parametrize(("name", "place"), PRICE_VARIABLES)
def test_a_price_of_one_thing_made_up_is_found(name, place):
    schedule = costly()
    schedule[name].values[place] *= 1.2
    assert not objective(schedule).passed


@pytest.mark.parametrize("side", ["sell", "buy"])
def test_a_price_of_power_made_up_is_found(side):
    schedule = costly("cost")
    schedule[f"source_power_{side}_price"].values[0] *= 1.2
    assert not objective(schedule).passed


def test_what_is_not_commanded_costs_nothing():
    """Rooms and setpoints of the third party are its own; only what it is not served counts."""
    schedule = costly()
    schedule["station_weight"].values[3] = 9.0
    schedule["station_turn_price"].values[3] = 9.0
    assert objective(schedule).worst < 1e-12


def test_cold_rooms_by_hand():
    """A room of 17.5 °C for two hours, law 18, floor 18.8: 0.5 K at 510 and 0.8 K at 61 yuan.

    At weight 3.58 that is 2 h · 3.58 · (0.5 · 510 + 0.8 · 61) = 2 175.2 yuan. Without heat and in
    a climate of 17.5 °C rooms stay where they are. Pricing from the floor down at both prices
    would count 0.5 K twice: 2 393.6.
    """
    schedule = small_schedule()
    for name in ("station_heat", "station_gain", "global_radiation"):
        schedule[name].values[:] = 0.0
    schedule["air_temperature"].values[:] = 17.5
    schedule["station_indoor_before"].values[:] = 17.5
    schedule["station_indoor"].values[:] = 17.5
    schedule["station_controllable"].values[1:] = 0.0
    schedule["station_floor"].values[0] = 8.0  # nobody in
    schedule["station_floor"].values[0, 4:6] = 18.8
    schedule["station_target"].values[0] = schedule["station_floor"].values[0]
    priced(schedule)
    costs = dict(zip(TERMS, schedule["cost"].values, strict=True))
    assert costs["rooms_below_legal"] == pytest.approx(2 * 3.58 * 0.5 * 510)
    assert costs["rooms_below_floor"] == pytest.approx(2 * 3.58 * 0.8 * 61)
    assert objective(schedule).worst < 1e-9


def test_stock_in_the_bottom_layer_by_hand():
    """280 t cannot be burnt; at the end 260 t are left: 20 t at 5 100, and 50 t of reserve at 55.

    Counted from the bottom of the yard the reserve would lack nothing.
    """
    schedule = small_schedule()
    schedule["yard_stock"].values[0] = np.linspace(300.0, 260.0, schedule.sizes["time"])
    schedule["yard_unusable"].values[0] = 280.0
    priced(schedule)
    costs = dict(zip(TERMS, schedule["cost"].values, strict=True))
    assert costs["yard_reserve"] == pytest.approx(20 * 5_100 + 50 * 55)
    assert objective(schedule).worst < 1e-12


def test_terms_must_be_there_each_once():
    schedule = small_schedule().isel(cost_term=slice(1, None))
    report = audit(schedule)
    assert [one.rule for one in report.findings if not one.passed] == [Rule.CONTRACT]
    assert "fuel" in report.findings[0].where


@pytest.mark.parametrize(
    ("name", "value"),
    [("minimise", "joy"), ("cost_yuan", np.nan), (Price.TIE, -1.0), (Price.SURPLUS, np.inf)],
)
def test_an_attribute_that_cannot_be_breaks_the_contract(name, value):
    schedule = small_schedule()
    schedule.attrs[str(name)] = value
    report = audit(schedule)
    assert [one.rule for one in report.findings] == [Rule.CONTRACT]
    assert str(name) in report.findings[0].where


def test_coal_that_may_be_missing_by_hand():
    """260 t left and 15 bought later: of 250, 300 and 500 t, one in three each, 25 and 225 t lack.

    At 900 yuan/t (25 + 225)/3 · 900 = 75 000 yuan. Without what is bought it would be 84 000.
    """
    schedule = small_schedule()
    schedule["yard_stock"].values[0] = np.linspace(300.0, 260.0, schedule.sizes["time"])
    schedule = priced(with_need(schedule, [250.0, 300.0, 500.0], [1 / 3] * 3, bought_t=15.0))
    costs = dict(zip(TERMS, schedule["cost"].values, strict=True))
    assert costs["coal_need"] == pytest.approx(75_000)
    assert objective(schedule).worst < 1e-12
    half = schedule.drop_vars("yard_added_later")
    assert any(
        "yard_added_later" in describe(one) for one in audit(half).findings if not one.passed
    )
