"""What a comparison finds, by schedules changed by hand: every difference is worked out here."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from outcome_maker import base_outcome, changed, unchanged
from schedule_maker import SmallPlan, small_schedule

from dispatch.plan import Remark
from scenarios.whatif.actions import Deed
from scenarios.whatif.cold_stations import Level, cold_stations, kelvin_hours
from scenarios.whatif.comparison import compare
from scenarios.whatif.comparison_words import answer, to_do
from scenarios.whatif.figure import Figure
from scenarios.whatif.stored_ahead import stored_ahead

START = datetime.fromisoformat("2026-01-15T06:00:00+08:00")
TCE_PER_MWH = 0.1228  # 3.6 GJ of 29.3076 GJ a tce
TIMEZONE = "Asia/Shanghai"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def against_base(other):
    return compare(base_outcome(), [other]).variants[0]


def told(other) -> dict[str, tuple[str, ...]]:
    comparison = compare(base_outcome(), [other])
    return {topic.label: topic.sentences for topic in answer(comparison, comparison.variants[0])}


def ours(schedule) -> int:
    return int(np.flatnonzero(schedule["station_controllable"].values > 0)[0])


def with_row(schedule, name: str, row: int, steps: slice, value: float, *, add: bool = False):
    values = schedule[name].values.copy()
    values[row, steps] = (values[row, steps] if add else 0.0) + value
    schedule[name] = (schedule[name].dims, values, schedule[name].attrs)


def test_the_same_plan_changes_nothing_and_says_so_in_one_line():
    same = against_base(changed(unchanged))
    assert same.nothing_changes
    assert told(changed(unchanged)) == {"Our stations": ("Nothing changes.",)}
    assert all(one.difference == 0 or np.isnan(one.difference) for one in same.differences.values())


def test_a_cold_station_is_named_with_its_hours_and_homes():
    """0.7 K under what keeps the coldest flats legal from the 6th to the 9th hour."""

    def cool(schedule):
        row = ours(schedule)
        least_c = 18 + float(schedule["station_cold_flat_margin"].values[row])
        with_row(schedule, "station_indoor", row, slice(5, 9), least_c - 0.7)

    other = changed(cool)
    variant = against_base(other)
    (cold,) = variant.plan.cold
    schedule = other.schedule
    row = ours(schedule)
    all_homes = schedule["station_homes"].values[schedule["station_controllable"].values > 0].sum()
    homes = int(schedule["station_homes"].values[row])
    assert (cold.station, cold.ours, cold.level) == (str(schedule["station"].values[row]), 1, "law")
    assert (cold.since, cold.until, cold.hours) == (at(5), at(9), 4)
    assert cold.below_k == pytest.approx(0.7, abs=0.01)
    assert variant.plan.figures[Figure.BELOW_LAW_HOMES] == homes > 0
    assert variant.plan.figures[Figure.BELOW_LAW] == pytest.approx(4 * 0.7 * homes / all_homes)
    assert not variant.nothing_changes
    sentences = told(other)["Our stations"]
    assert cold.station in sentences[0]
    assert "15 Jan 11:00" in sentences[0]
    assert "All are warm again by 15 Jan 15:00." in sentences
    assert sentences[-1] == "In the base: none."


def test_a_station_cold_to_the_end_has_no_end():
    def cool(schedule):
        with_row(schedule, "station_indoor", ours(schedule), slice(20, None), 15.0)

    (cold,) = against_base(changed(cool)).plan.cold
    assert cold.until is None
    assert "Still cold when the plan ends: 1 station." in told(changed(cool))["Our stations"]


def test_between_floor_and_law_every_flat_stays_legal():
    """Half a tenth over the law but under the floor is the planning margin, not a broken law."""

    def cool(schedule):
        row = ours(schedule)
        law_c = 18 + float(schedule["station_cold_flat_margin"].values[row])
        floor_c = float(schedule["station_floor"].values[row, 10])
        assert floor_c - law_c > 0.2  # else there is nothing between them
        with_row(schedule, "station_indoor", row, slice(10, 11), 0.5 * (floor_c + law_c))

    (cold,) = against_base(changed(cool)).plan.cold
    assert cold.level is Level.FLOOR
    assert told(changed(cool))["Our stations"][0].startswith("Every flat stays legal")


@pytest.mark.parametrize("step_h", [1.0, 0.5, 0.25])
def test_cold_hours_do_not_depend_on_the_step(step_h):
    """400 of 1 050 commanded homes 1 K under the law for 4 h; else 4 times that at 15 min."""
    schedule = small_schedule(SmallPlan(step_h=step_h))
    schedule["station_indoor"].values[:] = 21.0
    first = round(8 / step_h)
    schedule["station_indoor"].values[0, first : first + round(4 / step_h)] = 18 + 0.5 - 1
    schedule.attrs["legal_min_c"] = 18.0
    (cold,) = cold_stations(schedule)
    assert cold.hours == 4
    assert cold.until - cold.since == timedelta(hours=4)
    assert kelvin_hours(schedule) == pytest.approx(4 * 400 / 1050)


def test_other_peoples_cold_rooms_are_told_apart_and_somebody_is_to_call():
    def cool(schedule):
        others = np.flatnonzero(schedule["station_controllable"].values == 0)
        with_row(schedule, "station_indoor", int(others[0]), slice(12, 15), 16.9)

    variant = against_base(changed(cool))
    (cold,) = variant.plan.cold
    assert not cold.ours
    assert variant.plan.figures[Figure.BELOW_LAW_STATIONS] == 0
    (call,) = [one for one in variant.actions if one.deed is Deed.CALL_THIRD_PARTIES]
    assert (call.at, call.in_base) == (at(12), False)
    assert call.remark.values["below_k"] == 1.1


def test_a_source_that_gives_more_is_told_in_energy_fuel_and_co2():
    """3 MW more for 3 h is 9 MWh; 4 MW of fuel for it 12 MWh, or 1.474 tce and its CO2."""

    def more(schedule):
        with_row(schedule, "source_heat", 2, slice(2, 5), 3.0, add=True)
        with_row(schedule, "source_fuel", 2, slice(2, 5), 4.0, add=True)

    other = changed(more)
    variant = against_base(other)
    (change,) = variant.sources
    assert (change.source_id, change.heat_mwh, change.hours) == ("B3", 9.0, 3.0)
    assert variant.differences[Figure.FUEL].difference == pytest.approx(12 * TCE_PER_MWH, rel=1e-3)
    fuel = other.case.fuel_of(other.case.sources[2].fuel_id)
    co2_t = 12 * TCE_PER_MWH * fuel.co2_t_per_tce
    assert variant.differences[Figure.CO2].difference == pytest.approx(co2_t, rel=1e-3)
    yuan = 12 / fuel.mwh_per_unit * fuel.price
    assert variant.differences[Figure.FUEL_COST].difference == pytest.approx(yuan, rel=1e-6)
    assert told(other)["Sources"][0].startswith("B3 gives 9 MWh more than in the base")


def test_rooms_left_colder_are_no_saving():
    """All rooms 1 K colder at the end: the heat is put off, and levelled fuel says so."""

    def cool(schedule):
        schedule["station_indoor"].values[:, -1] -= 0.3

    other = changed(cool)
    variant, schedule = against_base(other), other.schedule
    per_k = schedule["station_heat_capacity"].values @ schedule["station_area"].values / 3.6e9
    stored = variant.differences[Figure.STORED].difference
    assert stored == pytest.approx(-0.3 * float(per_k))
    rate = variant.plan.figures[Figure.FUEL_FOR_HEAT] / variant.plan.figures[Figure.HEAT]
    levelled = variant.differences[Figure.FUEL_LEVELLED].difference
    assert levelled == pytest.approx(-stored * rate)
    assert levelled > 0
    assert "only put off" in told(other)["Fuel and cost"][-1]


def test_what_to_do_stands_in_order_of_time_and_says_what_the_base_does():
    """Lit 2 h sooner than in the base, a unit more at noon, and a wave to store for at 08:00."""

    def light(hours: float) -> Remark:
        values = {"source": "B3", "at": at(9), "most_mw": 5, "light_by": at(hours)}
        return Remark("daily.light_source", values)

    def start(schedule):
        with_row(schedule, "source_started", 2, slice(4, 5), 1.0)
        with_row(schedule, "source_started", 2, slice(6, 7), 1.0)

    store = Remark(
        "daily.preheat",
        {
            "mwh": 12,
            "start": at(2),
            "peak": "16 Jan",
            "indoor_k": 0.4,
            "fall_k": 8.0,
            "until": "17 Jan",
        },
    )
    known = base_outcome()
    base = replace(known, notes=(*known.notes, light(3)))
    other = changed(start, notes=(*known.notes, light(1), store))
    (variant,) = compare(base, [other]).variants
    found = [one for one in variant.actions if one.deed is not Deed.ORDER_COAL]
    assert [(one.deed, one.at) for one in found] == [
        (Deed.LIGHT, at(1)),
        (Deed.PREHEAT, at(2)),
        (Deed.START, at(6)),  # the first start is that of the lighting
    ]
    assert found[0].base_at == at(3)
    lines = to_do(variant)
    assert lines[0].endswith("(in the base 15 Jan 09:00)")
    assert lines[2] == "15 Jan 12:00  Start 1 unit of B3."


def test_heat_stored_ahead_of_an_outage_is_seen_against_the_base():
    """1 K more by the 5th hour, gone by the 9th: C·A of our rooms. Warmer throughout: none."""

    def warm(schedule, steps: slice):
        rows = schedule["station_controllable"].values > 0
        schedule["station_indoor"].values[rows, steps] += 1.0

    base = base_outcome().schedule
    mine = changed(lambda schedule: warm(schedule, slice(4, 8))).schedule
    stored = stored_ahead(base, mine, TIMEZONE)
    rows = base["station_controllable"].values > 0
    per_k = base["station_heat_capacity"].values @ np.where(rows, base["station_area"], 0) / 3.6e9
    assert stored is not None
    assert stored.mwh == pytest.approx(float(per_k))
    assert stored.rise_k == pytest.approx(1)
    assert (stored.start, stored.peak) == (at(4), at(5))
    throughout = changed(lambda schedule: warm(schedule, slice(None))).schedule
    assert stored_ahead(base, throughout, TIMEZONE) is None


def test_plans_of_other_hours_are_not_summed_up():
    """A plan that begins a day later has another sky; a difference of sums would say nothing."""

    def later(schedule):
        for name in ("time", "departure", "arrival_time"):
            schedule[name] = schedule[name] + np.timedelta64(1, "D")
        for name in ("block_start", "block_end"):
            schedule[name].values[:] += np.timedelta64(1, "D")

    other = changed(later)
    variant = against_base(other)
    assert not variant.same_hours
    assert not variant.differences
    assert not variant.nothing_changes
    topics = told(other)
    assert "Fuel and cost" not in topics
    assert "2026-01-16 06:00" in topics["To bear in mind"][0]


def test_other_prices_and_warmer_rooms_at_the_start_are_said():
    known = base_outcome()
    fuel = known.case.settings.fuel.model_copy(update={"reference_price_yuan_per_tce": 900.0})
    settings = known.case.settings.model_copy(update={"fuel": fuel})
    case = known.case.model_copy(update={"settings": settings})

    def warmer(schedule):
        schedule["station_indoor_before"].values[:] += 0.5

    keys = [one.key for one in against_base(changed(warmer, case=case)).remarks]
    assert keys == ["compare.valued_differently", "compare.starts_warmer"]


def test_coal_is_told_by_the_outlook_or_by_the_plan_where_there_is_none():
    known = base_outcome()
    table = known.outlook.copy()
    yard = table["yard_id"] == "yard_A"
    table.loc[yard, "days_of_cover_p50"] = 6.4
    table.loc[yard, "days_of_cover_p10"] = 5.0
    table.loc[yard, "last_safe_order_date"] = "2026-01-18"
    other = changed(unchanged, outlook=table)
    sentences = told(other)["Coal"]
    assert "yard_A: the coal lasts 6.4 days at expected weather, 5 in a cold spell" in sentences[0]
    assert sentences[1] == "Order for yard_A by 18 Jan; the base asks for no order."
    order = next(one for one in against_base(other).actions if one.deed is Deed.ORDER_COAL)
    assert order.at == datetime.fromisoformat("2026-01-18T00:00:00+08:00")
    without = changed(unchanged, outlook=table.iloc[:0])
    assert all("no outlook" in one for one in told(without)["Coal"])


def test_power_that_is_lost_is_part_of_the_cost():
    """The same fuel with 100 MWh of power less is dearer by what the power is sold for."""

    def lose(schedule):
        with_row(schedule, "source_power", 0, slice(2, 12), -10.0, add=True)

    other = changed(lose)
    variant = against_base(other)
    yuan_per_mwh = 1000 * other.case.settings.fuel.power_sell_yuan_per_kwh
    assert variant.differences[Figure.FUEL_COST].difference == pytest.approx(0)
    assert variant.differences[Figure.BILL].difference == pytest.approx(100 * yuan_per_mwh)
