"""The reduced dispatch by hand: who burns what for a load, with whole units, shares and outages."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray
from plan_inputs_maker import (
    EXTRACTION_UNIT,
    boiler,
    chp,
    main,
    purchase,
    small_case,
    station,
    tank,
    tiny_case,
    tiny_settings,
    vertices,
    with_every,
    with_settings,
)

from dispatch.case import Case, CurvePoint, Outage, ScheduleRow, Yard
from dispatch.case_kinds import FuelForHeat, OutageKind, PowerMode, StockCovers
from dispatch.fuel.burn_paths import BurnAhead
from dispatch.fuel.conditions import CONDITIONS_MOST, conditions_ahead
from dispatch.fuel.merit_table import network_table
from dispatch.fuel.reduced_dispatch import burn_ahead
from dispatch.settings import ShareGroup

Array = NDArray[np.float64]

DAY = date(2026, 1, 15)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 1, 15, tzinfo=SHANGHAI)
TWO_YARDS = ("pile", "heap")


def burnt(case: Case, *load_mw: float) -> BurnAhead:
    """Burn at loads of successive whole days, one path that is also the expected course."""
    course = np.array(load_mw)
    dates = [DAY + timedelta(days=n) for n in range(course.size)]
    return burn_ahead(case, dates, np.full(course.size, 24.0), course[None], course)


def by_yard(burn: BurnAhead) -> dict[str, list[float]]:
    """Fuel of each yard by day, MW: what it draws in a mean hour."""
    return {yard.yard_id: (yard.fuel_mwh[0] / 24.0).tolist() for yard in burn.yards}


def yards(*names: str, **changes: object) -> tuple[Yard, ...]:
    """Piles that are never short."""
    pile: dict[str, object] = {"fuel_id": "coal", "stock_t": 90_000, "capacity_t": 99_000}
    return tuple(Yard.model_validate(pile | {"yard_id": name} | changes) for name in names)


def power(source_id: str = "chp", **row: object) -> ScheduleRow:
    """A row of the grid's schedule, from 1 January on unless said."""
    values = {"time": datetime(2026, 1, 1, tzinfo=SHANGHAI), "source_id": source_id}
    return ScheduleRow.model_validate(values | row)


def out(name: str, from_h: float, to_h: float, left: float = 0.0) -> Outage:
    """A source that is out for some hours after midnight of the first day."""
    window = {"from": MIDNIGHT + timedelta(hours=from_h), "to": MIDNIGHT + timedelta(hours=to_h)}
    row = {"kind": OutageKind.SOURCE, "id": name, "available_fraction": left, **window}
    return Outage.model_validate(row)


def two_plants(**changes: object) -> Case:
    """A good plant P and a poor one Q of 20 MW each, each with a yard."""
    good = boiler("good", efficiency=0.9)
    poor = boiler("poor", "Q", yard_id="heap", efficiency=0.75)
    values: dict[str, object] = {"yards": yards(*TWO_YARDS)}
    return tiny_case(good, poor, mains=(main("P"), main("Q")), **(values | changes))


def test_one_boiler_burns_its_heat_over_its_efficiency():
    """10 MW at 0.8 for a day is 300 MWh; with 6 h of the day left, 75."""
    burn = burnt(tiny_case(), 10.0)
    assert burn.yards[0].fuel_mwh == pytest.approx(np.array([[300.0]]))
    assert burn.yards[0].power_mwh.sum() == 0.0
    rest = burn_ahead(tiny_case(), [DAY], np.array([6.0]), np.array([[10.0]]), np.array([12.0]))
    assert float(rest.yards[0].fuel_mwh[0, 0]) == pytest.approx(75.0)
    assert float(rest.yards[0].expected_mwh[0]) == pytest.approx(90.0)


def test_the_cheaper_plant_takes_the_upper_end_of_its_share():
    """6:4 ± 5 points: 65 % to the better plant. In merit order alone it would take all 10 MW."""
    settings = tiny_settings(share={"town": ShareGroup(shares={"P": 0.6, "Q": 0.4}, band=0.05)})
    shared = by_yard(burnt(two_plants(settings=settings), 10.0))
    assert shared["pile"] == pytest.approx([6.5 / 0.9])
    assert shared["heap"] == pytest.approx([3.5 / 0.75])
    free = by_yard(burnt(two_plants(), 10.0, 25.0))
    assert free["pile"] == pytest.approx([10.0 / 0.9, 20.0 / 0.9])
    assert free["heap"] == pytest.approx([0.0, 5.0 / 0.75])


def test_shares_give_way_before_heat_is_missing():
    """At 38 MW neither plant can leave the other less than 18: 6:4 is policy, not physics."""
    settings = tiny_settings(share={"town": ShareGroup(shares={"P": 0.8, "Q": 0.2}, band=0.05)})
    burn = burnt(two_plants(settings=settings), 38.0)
    assert burn.unserved_mwh.sum() == 0.0
    assert by_yard(burn)["pile"] == pytest.approx([20.0 / 0.9])


def test_equal_plants_are_loaded_alike():
    """Where nothing tells two plants apart the split would else be the solver's whim."""
    twin = boiler("twin", "Q", yard_id="heap", max_output_mw=40)
    case = tiny_case(boiler(), twin, mains=(main("P"), main("Q")), yards=yards(*TWO_YARDS))
    assert by_yard(burnt(case, 30.0))["heap"] == pytest.approx([25.0])  # two thirds of 30 MW


def chain_grate() -> tuple[CurvePoint, ...]:
    """Part load of a chain-grate boiler, handbook §8."""
    points = ((0.4, 0.72), (0.5, 0.76), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
    return tuple(
        CurvePoint(source_id="boiler", load_fraction=load, efficiency=efficiency)
        for load, efficiency in points
    )


def test_whole_units_run_as_few_as_do():
    """One boiler at 90 % burns 22 MW; two at 45 % would burn a tenth more (handbook §8)."""
    row = boiler(unit_count=2, min_output_mw=7, commitment=True)
    case = tiny_case(row, curves=chain_grate())
    one = 20 * (0.8 / 0.82 + 0.1 * (1.0 - 0.8) / 0.2 / 0.82)
    two = 2 * 20 * (0.4 / 0.72 + 0.05 / 0.1 * (0.5 / 0.76 - 0.4 / 0.72))
    assert by_yard(burnt(case, 18.0))["pile"] == pytest.approx([one])
    assert two == pytest.approx(1.10 * one, rel=0.02)


def test_a_unit_is_not_stopped_for_one_mild_day():
    """25, 18 and 25 MW: the second unit's idle fuel, 3 MW, against 2 tce and the wear of a start.

    At no cost of starts it stops for the day in between, and is lit again on the third.
    """
    row = boiler(unit_count=2, commitment=True, no_load_fuel_mw=3, start_fuel_tce=2)
    lit_mw = 2 * 29.3076 / 3.6 / 24.0
    stopped = by_yard(burnt(tiny_case(row), 25.0, 18.0, 25.0))["pile"]
    assert stopped == pytest.approx([37.25, 25.5, 37.25 + lit_mw])
    worn = row.model_copy(update={"start_cost_yuan": 20_000})  # 3 MW · 24 h · 132.9 = 9 600 yuan
    kept = by_yard(burnt(tiny_case(worn), 25.0, 18.0, 25.0))["pile"]
    assert kept == pytest.approx([37.25, 28.5, 37.25])


def test_a_chp_on_schedule_burns_power_and_heat():
    """(P + c_v·Q)/η_c of handbook §8: 230 MW and 300 MW of heat take 749.3 MW of fuel.

    10 MW of power more take 26.7. Of it, heat's part is 40 kgce/GJ by accounting, 351.7 MW.
    """
    case = tiny_case(chp(), curves=vertices(), schedules=(power(power_mw=230),))
    burn = burnt(case, 300.0)
    assert by_yard(burn)["pile"] == pytest.approx([(230 + 0.17 * 300) / 0.375], rel=1e-4)
    assert burn.yards[0].heat_mwh / 24.0 == pytest.approx(np.array([[300 * 40 * 0.0293076]]))
    assert burn.power_mw["pile"] == pytest.approx([230.0])
    more = case.model_copy(update={"schedules": (power(power_mw=240),)})
    grown = by_yard(burnt(more, 300.0))["pile"][0] - by_yard(burn)["pile"][0]
    assert grown == pytest.approx(10 / 0.375, rel=1e-3)


def test_a_band_that_takes_both_units_keeps_both_running():
    """340 MW are more than one unit of 330 makes. At 500 MW of heat two units make 147.7 MW each
    at least, so the band's 340 binds; at 700 MW they make 202.6 each, where 1.75 units at their
    best point would do with 402.5 MW together.
    """
    corners = vertices([*EXTRACTION_UNIT, (0, 150, 400)])
    unit = chp(power_mode=PowerMode.BAND, unit_count=2)
    case = tiny_case(
        unit, curves=corners, schedules=(power(power_min_mw=340),), mains=(main(capacity_mw=900),)
    )
    burn = burnt(case, 500.0, 700.0)
    least_mw = 2 * (117 + (350 - 194) * (230 - 117) / (400 - 194))
    wanted = [(340 + 0.17 * 500) / 0.375, (least_mw + 0.17 * 700) / 0.375]
    assert by_yard(burn)["pile"] == pytest.approx(wanted, rel=1e-3)


def test_heat_at_the_margin_takes_less_of_the_fuel():
    """At fixed power c_v/η_c = 0.453 MW a MW of heat (15.5 kgce/GJ), the rest is power's."""
    case = tiny_case(chp(), curves=vertices(), schedules=(power(power_mw=230),))
    marginal = with_settings(case, "fuel", fuel_for_heat=FuelForHeat.MARGINAL)
    burn = burnt(marginal, 300.0)
    assert burn.yards[0].heat_mwh / 24.0 == pytest.approx(
        np.array([[300 * 0.17 / 0.375]]), rel=1e-3
    )
    assert by_yard(burn)["pile"] == pytest.approx(by_yard(burnt(case, 300.0))["pile"])


def test_a_stock_of_heat_only_is_drawn_by_accounting():
    """The power plant charges the heat company 40 kgce/GJ, whatever it burns."""
    heat_only = {"stock_covers": StockCovers.HEAT_SHARE}
    schedule = (power(power_mw=230),)
    case = tiny_case(chp(), curves=vertices(), schedules=schedule, yard=heat_only)
    burn = burnt(case, 300.0)
    assert by_yard(burn)["pile"] == pytest.approx([300 * 40 * 0.0293076])
    assert burn.yards[0].power_mwh.sum() == 0.0


def test_an_outage_moves_fuel_to_the_other_yard():
    """The good plant is out for half of the second day and all of the third."""
    case = two_plants(outages=(out("good", 36.0, 72.0),))
    moved = by_yard(burnt(case, 12.0, 12.0, 12.0))
    assert moved["pile"] == pytest.approx([12 / 0.9, 6 / 0.9, 0.0])
    assert moved["heap"] == pytest.approx([0.0, 6 / 0.75, 12 / 0.75])


def test_a_main_that_is_out_moves_fuel_too():
    """Without its main the good plant has no outlet, though its boiler is there."""
    row = {"kind": OutageKind.LINK, "id": "P>town", "available_fraction": 0}
    window = {"from": MIDNIGHT, "to": MIDNIGHT + timedelta(days=1)}
    moved = by_yard(burnt(two_plants(outages=(Outage.model_validate(row | window),)), 12.0, 12.0))
    assert moved["pile"] == pytest.approx([0.0, 12 / 0.9])


def test_heat_above_what_there_is_is_unserved():
    """30 MW asked of 20: 10 MW are missing, and what is made and missed is what was asked."""
    burn = burnt(tiny_case(), 30.0, 20.0)
    assert burn.unserved_mwh == pytest.approx(np.array([[240.0, 0.0]]))
    assert burn.heat_mwh == pytest.approx(np.array([[480.0, 480.0]]))


def test_a_least_load_that_nobody_needs_is_sent_all_the_same():
    """A CHP on schedule holds 100 MW of heat; 80 are asked: it makes 100."""
    held = chp(min_output_mw=100)
    case = tiny_case(held, curves=vertices(), schedules=(power(power_mw=230),))
    assert burnt(case, 80.0).heat_mwh == pytest.approx(np.array([[2400.0]]))


def test_bought_heat_stands_before_dearer_boilers_and_a_tank_makes_none():
    """At 30 kgce/GJ bought heat (0.88 MW a MW) comes before a boiler (1.25), up to its most."""
    bought = purchase(coal_kgce_per_gj=30)
    case = tiny_case(boiler(), bought, tank(), mains=(main("P"), main("Q")))
    assert by_yard(burnt(case, 12.0, 26.0))["pile"] == pytest.approx([0.0, 6 * 1.25])


def test_selling_power_pays_where_the_price_does():
    """At 0.65 yuan/kWh and coal at 0.133 a unit in price mode makes all the power it can."""
    free = chp(power_mode=PowerMode.PRICE)
    settings = tiny_settings(fuel={"minimise": "cost", "power_sell_yuan_per_kwh": 0.65})
    case = tiny_case(free, curves=vertices(), settings=settings)
    burn = burnt(case, 200.0)
    assert burn.power_mw["pile"] == pytest.approx([330 - 0.17 * 200], rel=1e-3)
    lean = with_settings(case, "fuel", power_sell_yuan_per_kwh=0.2)
    assert burnt(lean, 200.0).power_mw["pile"][0] < 130.0


def test_many_different_days_share_tables():
    """Power of another figure every day: few conditions, and the fuel right to 0.3 % in all."""
    noise = np.random.default_rng(3).uniform(225, 235, 60)
    rows = tuple(
        power(time=MIDNIGHT + timedelta(days=n), power_mw=float(mw)) for n, mw in enumerate(noise)
    )
    case = tiny_case(chp(), curves=vertices(), schedules=rows)
    dates = [DAY + timedelta(days=n) for n in range(60)]
    assert len(conditions_ahead(case, dates, np.full(60, 24.0)).states) <= CONDITIONS_MOST
    fuel = by_yard(burnt(case, *[300.0] * 60))["pile"]
    assert sum(fuel) == pytest.approx(float(((noise + 0.17 * 300) / 0.375).sum()), rel=3e-3)
    assert np.abs(np.array(fuel) * 0.375 - 51 - noise).max() < 1.0


def test_more_heat_takes_more_fuel_and_none_is_lost():
    """On the small town (a scheduled CHP, shares, two boilers): 80 paths of one day."""
    case = with_every(small_case(), "sources", commitment=False, min_output_mw=0.0)
    asked = np.linspace(0.0, 60.0, 80)[:, None]
    burn = burn_ahead(case, [DAY], np.array([24.0]), asked, asked[0])
    fuel = np.sum([yard.fuel_mwh[:, 0] for yard in burn.yards], axis=0)
    assert (np.diff(fuel) >= -1e-6 * fuel.max()).all()
    assert burn.heat_mwh + burn.unserved_mwh == pytest.approx(asked * 24)


def test_reading_between_the_loads_of_a_table_is_exact_enough():
    """Against the optimum at each of 40 loads itself: within 0.3 % of each yard's fuel."""
    case = small_case()
    loads = np.random.default_rng(5).uniform(5.0, 50.0, 40)
    conditions = conditions_ahead(case, [DAY], np.array([24.0]))
    table = network_table(case, conditions, 0, 5.0, 50.0)
    way = table.running_yuan_per_h(loads).argmin(axis=0)
    read = table.read(loads, way)
    for n, load in enumerate(loads):
        alone = network_table(case, conditions, 0, float(load), float(load))
        exact = alone.read(loads[n : n + 1], way[n : n + 1])[:, 0]
        assert read[:, n] == pytest.approx(exact, rel=3e-3, abs=0.02)


# ---- Liaocheng, handbook §14 -----------------------------------------------------------------

STOCK_MWH = 210_000 * 5.815
MEAN_MW = 0.712 * 1000
UNIT = ((0, 330, 880), (400, 262, 880), (400, 230, 794.667), (194, 117, 399.947), (0, 150, 400))
SMALL = 0.43  # the 135 MW units: so much of the 330 MW unit, at η_c 0.35 instead of 0.375


def liaocheng(power_of_330_mw: float, covers: StockCovers) -> Case:
    """Four extraction units on schedule, 24 Mm² at 40 W/m²: 1 000 MW at the sources by design."""
    small = [(q * SMALL, p * SMALL, f * SMALL * 0.375 / 0.35) for q, p, f in UNIT]
    units = [
        chp(unit_count=2, max_output_mw=most_mw).model_copy(update={"source_id": name})
        for name, most_mw in (("big", 400), ("small", 400 * SMALL))
    ]
    homes = [
        station(f"S{n}", heated_area_m2=2_000_000, specific_loss_w_per_m2k=1.69) for n in range(12)
    ]
    return tiny_case(
        *units,
        curves=(*vertices(UNIT, "big"), *vertices(small, "small")),
        schedules=(
            power("big", power_mw=2 * power_of_330_mw),
            power("small", power_mw=2 * SMALL * power_of_330_mw),
        ),
        mains=(main(capacity_mw=2000),),
        stations=homes,
        yard={"stock_covers": covers},
    )


HEAT_OF_330_MW = MEAN_MW / (2 + 2 * SMALL)  # all loaded alike
FULL_MW = 330 - 0.17 * HEAT_OF_330_MW  # full steam
LEAST_MW = 117 + (HEAT_OF_330_MW - 194) * (230 - 117) / (400 - 194)  # least that carries the heat


@pytest.mark.parametrize(
    ("power_of_330_mw", "covers", "days"),
    [
        (FULL_MW, StockCovers.PLANT, 20),
        (LEAST_MW, StockCovers.PLANT, 34),
        (FULL_MW, StockCovers.HEAT_SHARE, 61),  # 40 kgce/GJ, whatever the power
    ],
)
def test_liaocheng_lasts_20_34_or_61_days(power_of_330_mw: float, covers: StockCovers, days: float):
    """210 000 t at the mean day's heat, 0.712 of 1 000 MW; the published 30 days lie inside."""
    burn = burnt(liaocheng(power_of_330_mw, covers), MEAN_MW)
    assert burn.unserved_mwh.sum() == 0.0
    assert round(STOCK_MWH / float(burn.yards[0].expected_mwh[0])) == days
