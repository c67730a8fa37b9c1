"""Changes of prices, purpose and shares."""

import numpy as np
import pytest
from cut_case import base, base_plan, planned, planned_with
from pydantic import ValidationError
from whatif_inputs import inputs_of

from dispatch.case import ScheduleRow
from dispatch.case_kinds import Minimise, SourceKind
from dispatch.case_recheck import recheck
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.money import CarbonPrice, FuelPrice, HeatPrice, PowerPrice, Purpose
from scenarios.whatif.changes.plant import NewSource
from scenarios.whatif.changes.shares import Share, ShareFree
from scenarios.whatif.edit import with_case


def in_yuan():
    return Purpose().applied(base())


def term(schedule, name: str) -> float:
    return float(schedule["cost"].sel(cost_term=name))


def test_carbon_adds_its_price_to_every_tonne_of_co2():
    """MWh of fuel · 3.6/29.3076 tce/MWh · 2.76 t/tce · 80 yuan/t, above coal at its own price."""
    schedule = planned(CarbonPrice().applied(in_yuan())).schedule
    fuel_mwh = float(schedule["source_fuel"].sum())
    coal_mwh_per_t = 5_000 * 4.1868e-3 / 3.6
    coal_yuan = fuel_mwh / coal_mwh_per_t * 772.73
    co2_t = fuel_mwh * 3.6 / 29.3076 * 2.76
    assert term(schedule, "fuel") == pytest.approx(coal_yuan + 80 * co2_t, rel=1e-4)


def test_under_fuel_no_price_moves_the_plan():
    """Every tce counts the same: prices are for the bill."""
    plain = [unit.fuel_price_yuan_per_mwh for unit in inputs_of(base()).sources]
    for change in (CarbonPrice(), FuelPrice(factor=2)):
        dear = inputs_of(change.applied(base())).sources
        assert [unit.fuel_price_yuan_per_mwh for unit in dear] == plain


def test_fuel_is_dearer_by_its_factor_or_as_written():
    before = inputs_of(in_yuan()).sources[0].fuel_price_yuan_per_mwh
    after = inputs_of(FuelPrice(factor=1.2).applied(in_yuan())).sources[0].fuel_price_yuan_per_mwh
    assert after == pytest.approx(1.2 * before)
    assert before == pytest.approx(772.73 / (5_000 * 4.1868e-3 / 3.6))
    written = FuelPrice(fuel="coal_5000", price=900).applied(base()).case
    assert written.fuels[0] == base().case.fuels[0].model_copy(update={"price": 900})
    assert FuelPrice(fuel="all", factor=1).applied(base()).case == base().case


def test_a_fuel_the_case_lacks():
    with pytest.raises(NotApplicable, match="gas"):
        FuelPrice(fuel="gas", factor=2).applied(base())
    with pytest.raises(ChangeFault, match="coal_5000"):
        FuelPrice(fuel="coal_5500", factor=2).applied(base())
    for keys in ({}, {"factor": 2, "price": 900}):
        with pytest.raises(ValidationError, match="exactly one"):
            FuelPrice(**keys)


def test_power_prices_scale_or_are_written_with_the_schedules_own():
    row = ScheduleRow(time=base().now.replace(year=2019), source_id="B1", price=400)
    own = with_case(in_yuan(), schedules=(*base().case.schedules, row))
    for change, sell, buy, written in (
        (PowerPrice(factor=0.5), 190, 325, 200),
        (PowerPrice(sell_yuan_per_kwh=0.42), 420, 650, 420),
        (PowerPrice(buy_yuan_per_kwh=0.9), 380, 900, 400),
    ):
        a, b = inputs_of(change.applied(own)).sources[:2]
        assert np.unique(a.power.sell_yuan_per_mwh) == pytest.approx(sell)
        assert np.unique(a.power.buy_yuan_per_mwh) == pytest.approx(buy)
        assert np.unique(b.power.sell_yuan_per_mwh) == pytest.approx(written)
    with pytest.raises(ValidationError):  # selling above buying: build.py says it of the scenario
        PowerPrice(sell_yuan_per_kwh=0.7).applied(base())
    for keys in ({}, {"factor": 1, "buy_yuan_per_kwh": 0.7}):
        with pytest.raises(ValidationError):
            PowerPrice(**keys)
    boilers = tuple(s for s in base().case.sources if not s.kind.is_chp)
    with pytest.raises(NotApplicable):
        PowerPrice(factor=2).applied(with_case(base(), sources=boilers))


def test_bought_heat_by_factor_or_as_written():
    with pytest.raises(NotApplicable):
        HeatPrice(factor=2).applied(base())
    bought = NewSource(source="purchased_heat", heat_mw=10).applied(base())
    assert HeatPrice(factor=1.5).applied(bought).case.sources[-1].price_yuan_per_gj == 57
    assert HeatPrice(yuan_per_gj=50).applied(bought).case.sources[-1].price_yuan_per_gj == 50
    assert HeatPrice(yuan_per_gj=50).applied(bought).case.sources[:-1] == base().case.sources
    with pytest.raises(ChangeFault, match="no bought heat"):
        HeatPrice(source="A1", factor=2).applied(base())
    unpriced = bought.case.sources[-1].model_copy(update={"price_yuan_per_gj": None})
    bare = with_case(base(), sources=(*base().case.sources, unpriced))
    with pytest.raises(ChangeFault, match="has no price"):
        HeatPrice(factor=2).applied(bare)


def test_the_purpose_is_what_is_asked():
    assert in_yuan().case.settings.fuel.minimise is Minimise.COST
    assert Purpose(purpose="fuel").applied(in_yuan()).case == base().case


@pytest.mark.parametrize("ratio", ["5:5", "7:3"])
def test_a_ratio_holds_within_its_band(ratio):
    """5:5 of 6:4 with ±5 points: plant A at 45-55 %, where the fuel optimum takes all the band."""
    first, second = (float(part) for part in ratio.split(":"))
    changed = Share(ratio=ratio, band=0.02).applied(base())
    assert recheck(changed.case) == ()
    plan = planned(changed)
    heat = plan.schedule["plant_heat"].sum("time").values
    assert heat[0] / heat.sum() == pytest.approx(first / (first + second), abs=0.02 + 1e-3)
    assert term(plan.schedule, "share") == pytest.approx(0, abs=1)
    assert plan.audit.passed


def test_without_a_rule_fuel_is_less():
    """The rule binds at 65:35: free of it the plan burns no more fuel than with it."""
    free = planned_with(ShareFree())
    assert free.case.settings.share == {}
    assert free.outcome.objective_yuan < base_plan().outcome.objective_yuan
    with pytest.raises(NotApplicable, match="no rule"):
        ShareFree().applied(ShareFree().applied(base()))


def test_shares_by_plant_keep_the_rest_of_the_rule():
    named = Share(shares={"A": 0.55, "B": 0.45}).applied(base()).case.settings
    rule = base().case.settings.share["main"]
    assert named.share == {"main": rule.model_copy(update={"shares": {"A": 0.55, "B": 0.45}})}
    free = ShareFree().applied(base())
    assert Share(ratio="6：4").applied(free).case.settings.share["main"] == rule


@pytest.mark.parametrize(
    ("keys", "column", "told"),
    [
        ({"ratio": "5:3:2"}, "ratio", "3 parts for the plants A, B"),
        ({"shares": {"A": 0.5, "C": 0.5}}, "shares", "no plant"),
        ({"shares": {"A": 0.5, "B": 0.4}}, "shares", "add up to 0.9"),
        ({"ratio": "5:5", "group": "east"}, "group", "no share rule"),
    ],
)
def test_a_split_that_does_not_fit_the_case(keys, column, told):
    with pytest.raises(ChangeFault, match=told) as wrong:
        Share(**keys).applied(base())
    assert wrong.value.column == column


@pytest.mark.parametrize("ratio", ["5", "half", "0:0", "-1:2", "nan:1", "5-5"])
def test_what_is_no_ratio(ratio):
    with pytest.raises(ValidationError, match="no ratio"):
        Share(ratio=ratio)


def test_one_plant_has_nothing_to_split():
    alone = tuple(s for s in base().case.sources if s.plant_id == "A")
    with pytest.raises(NotApplicable):
        Share(ratio="5:5").applied(with_case(base(), sources=alone))
    assert {s.kind for s in alone} == {SourceKind.CHP_EXTRACTION}
