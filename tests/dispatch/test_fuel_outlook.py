"""The outlook of a whole case: one chain from the plan to the season's end, and what bad luck does.

The small town: an extraction CHP on schedule with yard_a, two boilers with yard_b. It is asked what
a planner would ask: what if the train is late, the coal wet, the road closed, a unit out.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from plan_inputs_maker import small_case

from dispatch.case import Case, Delivery, Outage
from dispatch.case_kinds import OutageKind
from dispatch.case_weather import place_of
from dispatch.fuel.coal_ahead import SEED, CoalAhead, coal_along, coal_needs
from dispatch.fuel.outlook import FuelOutlook, Level, YardOutlook
from dispatch.fuel.pile_paths import StockNow
from dispatch.fuel_outlook import fuel_outlook
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.joined_paths import climate_ahead

CHINA = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 5, tzinfo=CHINA)
LAST = date(2026, 2, 28)
PATHS = 200
STOCK_T = {"yard_a": 2_500.0, "yard_b": 1_500.0}
COAL_MWH_PER_T = 5.815


def trains(kcal=5_000, late_days=0):
    """350 t for yard_a every third day, 100 t for yard_b every fourth, all of them sure."""
    rows = []
    for yard, every, tonnes in (("yard_a", 3, 350.0), ("yard_b", 4, 100.0)):
        for n, day in enumerate(range(1, 55, every)):
            delay = late_days if n < 2 else 0
            rows.append(
                Delivery(
                    yard_id=yard,
                    arrival_time=START + timedelta(days=day + delay, hours=9),
                    tonnes=tonnes,
                    net_calorific_kcal_per_kg=kcal,
                    confidence=1,
                )
            )
    return tuple(sorted(rows, key=lambda row: row.arrival_time))


def out(kind, name, first, last, fraction=0.0):
    """Something is out from one day after the start to another."""
    begin, end = (START + timedelta(days=day) for day in (first, last))
    cells = {"kind": kind, "id": name, "from": begin, "to": end, "reason": "tried"}
    return Outage(**cells, available_fraction=fraction)


def coal(mwh_per_t=COAL_MWH_PER_T, **tables) -> CoalAhead:
    """What is known of the town's coal, by drawn winters alone."""
    usual = {"deliveries": trains(), "outages": ()}
    case: Case = small_case().model_copy(update=usual | tables)
    place = place_of(case.settings)
    climate = climate_at(place, case.climate)
    ahead = climate_ahead(climate, place, "Asia/Shanghai", START, LAST, PATHS, SEED)
    stocks = {name: StockNow(tonnes, 0.0, mwh_per_t) for name, tonnes in STOCK_T.items()}
    return coal_along(case, START, ahead, stocks, 0.02)


def outlook(**changes) -> FuelOutlook:
    """The outlook of the town."""
    return fuel_outlook(coal(**changes), None, compare=False)


def yards(found: FuelOutlook) -> tuple[YardOutlook, YardOutlook]:
    """yard_a and yard_b."""
    first, second = found.yards
    return first, second


def below(yard: YardOutlook, level: Level = Level.RESERVE) -> float:
    """How likely a level is crossed."""
    return next(one.probability for one in yard.crossings if one.level is level)


@pytest.fixture(scope="module")
def usual() -> FuelOutlook:
    return outlook()


def test_every_tonne_of_every_path_is_accounted_for(usual):
    """Stock is stock before and unloaded less burnt and lost; all that arrives is somewhere."""
    for yard in usual.yards:
        piles = yard.piles
        before = np.column_stack([piles.stock_before_t, piles.stock_t[:, :-1]])
        after = before + piles.unloaded_t - piles.burnt_t - piles.lost_t
        assert piles.stock_t == pytest.approx(after, abs=1e-9 * float(before.max()))
        assert (piles.stock_t >= 0.0).all()


def test_colder_winters_burn_more(usual):
    """Of the boilers, which feel every degree: the tenth that is coldest burns most."""
    _, boilers = yards(usual)
    mean_c = usual.ahead.path_c.mean(axis=1)
    burnt = boilers.burn.fuel_mwh.sum(axis=1)
    coldest, mildest = np.argsort(mean_c)[: PATHS // 10], np.argsort(mean_c)[-PATHS // 10 :]
    assert burnt[coldest].min() > burnt[mildest].max()
    assert np.corrcoef(mean_c, burnt)[0, 1] < -0.95


def test_wet_coal_takes_a_tenth_more_tonnes(usual):
    """500 kcal less of 5 500 in pile and trains: the same heat from 5 500/5 000 of the tonnes."""
    good = outlook(mwh_per_t=COAL_MWH_PER_T * 1.1, deliveries=trains(kcal=5_500))
    for dry, wet in zip(good.yards, usual.yards, strict=True):
        more = wet.piles.wanted_t.sum() / dry.piles.wanted_t.sum()
        assert more == pytest.approx(1.1, rel=5e-4)  # richer coal ages by more
        assert below(wet) >= below(dry)
        assert wet.cover.expected < dry.cover.expected


def test_late_trains_are_missed_until_they_come(usual):
    """The first two trains 5 days late: 700 t less on day 4, all there again from day 9 on."""
    late, _ = yards(outlook(deliveries=trains(late_days=5)))
    piles = yards(usual)[0].piles
    missing = (piles.stock_t - late.piles.stock_t).mean(axis=0)
    assert missing[4] == pytest.approx(700.0, abs=2.0)
    assert np.abs(missing[10:]).max() < 2.0
    assert below(late) >= below(yards(usual)[0])


def test_a_closed_road_lets_trains_wait(usual):
    """Shut from day 3 to day 8: the train of day 4 and that of day 7 come in on day 8 and after."""
    shut, other = yards(outlook(outages=(out(OutageKind.YARD, "yard_a", 3, 8),)))
    assert shut.piles.unloaded_t[:, 3:8].max() == 0.0
    assert shut.piles.waiting_t[:, 7].min() == 700.0
    assert shut.piles.stock_t[:, 12] == pytest.approx(yards(usual)[0].piles.stock_t[:, 12], abs=2.0)
    assert (other.piles.stock_t == yards(usual)[1].piles.stock_t).all()


def test_a_unit_that_is_out_burns_the_other_yards_coal(usual):
    """The CHP stands for a week: its yard is spared by what it burns, and the boilers' pays.

    The boilers make at most 28 MW of the town's 35: what they burn more is less than all of it.
    """
    spared, drawn = yards(outlook(outages=(out(OutageKind.SOURCE, "chp_1", 10, 17),)))
    first, second = yards(usual)
    saved = (first.piles.wanted_t - spared.piles.wanted_t).sum(axis=1)
    week = first.piles.wanted_t[:, 10:17].sum(axis=1)
    assert saved == pytest.approx(week, rel=0.02)
    assert drawn.piles.wanted_t.sum() > 1.1 * second.piles.wanted_t.sum()
    assert below(drawn) > below(second)


def test_the_plan_is_told_of_what_may_be_missing_before_an_order_comes():
    """Nothing on file and seven days' lead: the stock at the end of three days must last to day 7.

    Day 7 is that of unloading; what is asked for grows with a cold winter, so its levels differ.
    """
    poor = coal(deliveries=())
    (first, second) = coal_needs(poor, horizon_h=72.0, view_h=168.0, yuan_per_t=1_500.0)
    for need, burn in zip((first, second), poor.burn.yards, strict=True):
        yard = next(one for one in poor.case.yards if one.yard_id == need.yard_id)
        asked = burn.fuel_mwh[:, 3:8].sum(axis=1) / COAL_MWH_PER_T + yard.unusable_t
        assert np.mean(need.levels_t) == pytest.approx(asked.mean(), rel=5e-3)
        assert need.levels_t[-1] > need.levels_t[0]
    assert second.later_burn_t == pytest.approx(
        poor.burn.yards[1].expected_mwh[3:7].sum() / COAL_MWH_PER_T
    )


def test_a_yard_that_is_stocked_asks_for_nothing():
    """A train is due in time for each yard and more than enough lies there: no need at all."""
    late_horizon = coal_needs(coal(), horizon_h=24.0 * 60, view_h=24.0 * 64, yuan_per_t=1_500.0)
    assert late_horizon == ()
