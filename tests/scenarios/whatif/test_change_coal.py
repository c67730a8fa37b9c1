"""Changes of coal and yards: in tonnes, by hand."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from cut_case import base, base_plan, planned_with
from pydantic import ValidationError
from whatif_inputs import base_inputs, coal_of, inputs_of

from dispatch.case_coal import Survey
from dispatch.case_kinds import OutageKind
from dispatch.case_recheck import recheck
from dispatch.initial_state import state_from, state_of
from dispatch.start_stock import StockAnchor
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.coal import CoalLate, CoalPoor, CoalShort, CoalWet
from scenarios.whatif.changes.yards import ExtraOrder, YardClosed, YardStock


def coming(situation, yard="yard_A"):
    """Deliveries to a yard after the start, in time order."""
    start = situation.grid.start
    rows = [r for r in situation.case.deliveries if r.yard_id == yard and r.arrival_time >= start]
    return sorted(rows, key=lambda row: row.arrival_time)


def with_tables(**tables):
    return replace(base(), case=base().case.model_copy(update=tables))


def test_late_coal_comes_so_many_days_later():
    """The cut awaits a train at 11:00 of the plan's first day: three days later it is not there."""
    late = CoalLate(days=3, yard="yard_A").applied(base())
    for before, after in zip(coming(base()), coming(late), strict=True):
        wanted = before.arrival_time + timedelta(days=3)
        assert after == before.model_copy(update={"arrival_time": wanted})
    assert coming(late, "yard_B") == coming(base(), "yard_B")
    assert base_inputs().yards[0].delivery_t.sum() > 400
    assert inputs_of(late).yards[0].delivery_t.sum() == 0


def test_only_the_next_trains_or_those_of_a_time_are_late():
    first = coming(CoalLate(days=7, first=1, yard="yard_A").applied(base()))
    assert sorted(first, key=lambda r: r.arrival_time) == first
    assert len(set(first) - set(coming(base()))) == 1
    within = CoalLate(days=7, from_h=24, to_h=96).applied(base())
    moved = set(within.case.deliveries) - set(base().case.deliveries)
    start = base().grid.start
    for row in moved:
        was_h = (row.arrival_time - timedelta(days=7) - start) / timedelta(hours=1)
        assert 24 <= was_h < 96
    assert len(moved) == 2  # 17 January 13:00 and 18 January 15:00


def test_late_coal_lowers_the_pile_of_the_days_between():
    """Seven days of nothing: the outlook has the same burn and less in the yard until it comes."""
    before, after = coal_of(base()), coal_of(CoalLate(days=7, yard="yard_A").applied(base()))
    assert after.burn.yards[0].expected_mwh == pytest.approx(before.burn.yards[0].expected_mwh)
    in_a_week = [one.coming["yard_A"].tonnes[:, :7].sum(axis=1).mean() for one in (before, after)]
    assert in_a_week[0] > 1_000
    assert in_a_week[1] == 0


def test_short_coal_is_less_and_none_at_one():
    less = CoalShort(share=0.3, yard="yard_B").applied(base())
    for before, after in zip(coming(base(), "yard_B"), coming(less, "yard_B"), strict=True):
        assert after.tonnes == pytest.approx(0.7 * before.tonnes)
    assert coming(CoalShort(share=1).applied(base())) == []


def test_a_tenth_less_heat_in_coal_takes_a_ninth_more_of_it():
    """5 000 to 4 500 kcal/kg: the same MWh are 1/0.9 times the tonnes; as 5 500 to 5 000: +10 %."""
    before, after = base_plan().schedule, planned_with(CoalPoor()).schedule
    fuel = [float(s["source_fuel"].sum()) for s in (before, after)]
    burn = [float(s["yard_burn"].sum()) for s in (before, after)]
    assert fuel[1] == pytest.approx(fuel[0], rel=2e-3)  # heat and power are what they were
    assert burn[1] / burn[0] == pytest.approx(5_000 / 4_500, rel=2e-3)
    # A train of 5 000 kcal that brings 4 500 is worth itself in a pile of 4 500.
    delivered = after["yard_delivery"].sum() / before["yard_delivery"].sum()
    kcal = coming(base())[0].net_calorific_kcal_per_kg
    assert float(delivered) == pytest.approx((kcal - 500) / 4_500 / (kcal / 5_000))


def test_the_pile_of_one_yard_gets_a_coal_of_its_own():
    poor = CoalPoor(which="pile", yard="yard_A").applied(base())
    case = poor.case
    assert recheck(case) == ()
    a, b = case.yards
    assert case.fuel_of(a.fuel_id).net_calorific_value == 4_500
    assert case.fuel_of(b.fuel_id).net_calorific_value == 5_000
    assert {s.fuel_id for s in case.sources if s.yard_id == "yard_A"} == {a.fuel_id}
    assert case.deliveries == base().case.deliveries
    again = CoalPoor(which="pile", yard="yard_A").applied(poor).case
    assert again.fuel_of(again.yards[0].fuel_id).net_calorific_value == 4_000
    assert len(again.fuels) == len(case.fuels)


def test_wet_coal_by_the_conversion_between_moisture_bases():
    """5 000 kcal = 20 934 kJ at 10 %; at 18 %: (20 934 + 230)·82/90 − 414 = 18 869 kJ = 4 507."""
    pile = CoalWet(which="pile", yard="all").applied(base()).case
    assert pile.fuels[0].net_calorific_value == pytest.approx(4_507, abs=0.5)
    on_its_way = CoalWet().applied(base())
    assert on_its_way.case.fuels == base().case.fuels
    assert (coming(on_its_way)[0].net_calorific_kcal_per_kg) < coming(base())[
        0
    ].net_calorific_kcal_per_kg - 450


def test_coal_that_is_none_is_told():
    with pytest.raises(ChangeFault, match="coal has 1500 to 8500") as told:
        CoalPoor(change_kcal_per_kg=-3_000, which="deliveries").applied(
            CoalPoor(change_kcal_per_kg=-1_000).applied(base())
        )
    assert told.value.column == "change_kcal_per_kg"
    with pytest.raises(ValidationError, match="are about deliveries"):
        CoalPoor(which="pile", first=3)


def test_behind_a_shut_road_coal_waits():
    """Shut from the plan's start for 72 h: the train of 11:00 comes in its hour of opening."""
    shut = YardClosed(yard="yard_A").applied(base())
    (cut,) = set(shut.case.outages) - set(base().case.outages)
    start = base().grid.start
    assert (cut.kind, cut.id) == (OutageKind.YARD, "yard_A")
    assert (cut.from_time, cut.to_time) == (start, start + timedelta(hours=72))
    assert inputs_of(shut).yards[0].delivery_t.sum() == 0
    assert inputs_of(shut).yards[1].delivery_t == pytest.approx(base_inputs().yards[1].delivery_t)
    noon = YardClosed(to_h=12).applied(base())
    assert inputs_of(noon).yards[0].delivery_t.argmax() == 12


def test_a_stock_is_what_it_is_said_to_be():
    third = YardStock(factor=1 / 3, yard="yard_A").applied(base())
    yard_a, yard_b = (one.stock_before_t for one in inputs_of(third).yards)
    assert yard_a == pytest.approx(base().case.yards[0].stock_t / 3)
    assert yard_b == base().case.yards[1].stock_t
    written = YardStock(stock_t=500, yard="yard_B").applied(base()).case.yards[1]
    assert written == base().case.yards[1].model_copy(update={"stock_t": 500})
    with pytest.raises(ChangeFault, match="which holds") as told:
        YardStock(factor=2).applied(base())
    assert told.value.column == "factor"


def test_surveys_of_the_old_stock_do_not_bring_it_back():
    """Without dropping them a survey of yesterday would pull the stock back to what it was."""
    yard = base().case.yards[0]
    survey = Survey(yard_id=yard.yard_id, time=base().now - timedelta(days=1), stock_t=yard.stock_t)
    surveyed = with_tables(surveys=(survey,))
    assert coal_of(surveyed, 2).stocks["yard_A"].stock_t > 0.9 * yard.stock_t
    emptied = YardStock(stock_t=100, yard="yard_A").applied(surveyed)
    assert coal_of(emptied, 2).stocks["yard_A"].stock_t == 100


def test_a_stock_written_like_the_files_counts_against_the_last_plan():
    """The last plan expects half the file's stock. A figure that the file has already held would
    count as nothing new, and the plan would go on with that half; a factor acts on the half.
    """
    case, at = base().case, base().grid.start
    anchor = StockAnchor(at, 1.0, 1.0, case.yards[0].stock_t, at)
    state = state_from(state_of(base_plan().schedule, case, {"yard_A": anchor}), at)
    half = replace(state.last.stock_t, values=0.5 * state.last.stock_t.values)
    known = replace(base(), state=replace(state, last=replace(state.last, stock_t=half)))
    in_file = [yard.stock_t for yard in case.yards]

    def stocks(situation):
        return [one.stock_before_t for one in inputs_of(situation).yards]

    assert stocks(known) == pytest.approx([0.5 * t for t in in_file], rel=1e-3)
    written = YardStock(stock_t=in_file[0], yard="yard_A").applied(known)
    assert stocks(written) == pytest.approx([in_file[0], 0.5 * in_file[1]], rel=1e-3)
    assert not written.state.anchors
    fewer = YardStock(factor=0.5).applied(known)
    assert stocks(fewer) == pytest.approx([0.25 * t for t in in_file], rel=1e-3)


def test_an_order_more_arrives_after_its_lead_time():
    more = ExtraOrder(yard="yard_A", units=2).applied(base())
    yard = base().case.yards[0]
    (train,) = set(more.case.deliveries) - set(base().case.deliveries)
    assert train.tonnes == 2 * yard.order_unit_t
    assert train.arrival_time == base().grid.start + timedelta(days=yard.lead_time_days)
    assert train.net_calorific_kcal_per_kg == 5_000
    soon = ExtraOrder(yard="yard_B", unit_t=100, after_days=0.25, kcal_per_kg=4_500).applied(base())
    added = inputs_of(soon).yards[1].delivery_t - base_inputs().yards[1].delivery_t
    assert np.flatnonzero(added).tolist() == [6]
    assert added[6] == pytest.approx(90)  # of the pile's 5 000 kcal
    with pytest.raises(ChangeFault, match="Order fewer"):
        ExtraOrder(units=500).applied(base())


@pytest.mark.parametrize("change", [CoalLate(), CoalPoor(), YardClosed(), YardStock(factor=1)])
def test_without_yards_there_is_no_question(change):
    bare = with_tables(yards=(), deliveries=())
    with pytest.raises(NotApplicable):
        change.applied(bare)
    with pytest.raises(ChangeFault, match="no yard of this case"):
        change.model_copy(update={"yard": "yard_Z"}).applied(base())


def test_without_deliveries_nothing_is_late_but_the_pile_may_be_poor():
    still = with_tables(deliveries=())
    for change in (CoalLate(), CoalShort(), CoalPoor(which="deliveries"), CoalWet()):
        with pytest.raises(NotApplicable):
            change.applied(still)
    assert CoalPoor().applied(still).case.fuels[0].net_calorific_value == 4_500
