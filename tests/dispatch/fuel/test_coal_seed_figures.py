"""The published figures of stocks (handbook §1), each by the denominator it was published with."""

from dataclasses import dataclass

import numpy as np
import pytest
from coal_yard_maker import MWH_PER_T, burn_of, coal_yard, piled

from dispatch.fuel.coal_words import yard_paragraph
from dispatch.fuel.cover import cover_now
from dispatch.fuel.levels import storage_rate
from dispatch.fuel.pile_paths import StockNow
from tests.fuel_outlook_maker import fuel_outlook, yard_row

HOURS = np.full(100, 24.0)  # longer than any of them lasts


@dataclass(frozen=True)
class Published:
    """A stock as a city or plant told it, and what stands under it (handbook §1, §9, §14)."""

    stock_t: float
    target_t: float
    meaning: str
    rate: str  # as published, per cent
    sentence: str  # as the planner reads it
    burn_t_per_day: float  # of the units that burn it, mean of the season
    stock_days: float
    target_days: float


# 30 boilers of 58 MW burn 662 ktce of 4 700 kcal/kg in 151 days.
LIAOYANG_T_PER_DAY = 662_000 / (4_700 / 7_000) / 151
PUBLISHED = {
    "Liaoyang": Published(
        117_800,
        162_000,
        "25 days of the coal boilers of 11 companies, 2.7 kg/m²",
        "72.7",
        "The storage rate is 72.7 %, of a target of 162 000 t: "
        "25 days of the coal boilers of 11 companies, 2.7 kg/m².",
        LIAOYANG_T_PER_DAY,
        18.0,
        24.8,
    ),
    # About 11 Mt of 4 500 kcal/kg are needed in 151 days: the plan is of the order of a season.
    "Shenyang": Published(
        5_042_500,
        7_000_000,
        "the season plan of the whole city",
        "72.0",
        "The storage rate is 72.0 %, of a target of 7 000 000 t: "
        "the season plan of the whole city.",
        11e6 / 151,
        69.2,
        96.1,
    ),
    # The yard itself holds what must last at least 30 days: at most 7 000 t a day.
    "Liaocheng": Published(
        210_000,
        210_000,
        "30 days of heat and power",
        "100.0",
        "The storage rate is 100.0 %, of a target of 210 000 t: 30 days of heat and power.",
        7_000,
        30.0,
        30.0,
    ),
}


@pytest.mark.parametrize("city", PUBLISHED)
def test_a_published_rate_stands_over_its_own_denominator(city: str):
    """72.7 % at Liaoyang are 18 days, 72 % in Shenyang 69: without its meaning a rate says nothing,
    so the planner reads it with every rate.
    """
    known = PUBLISHED[city]
    yard = yard_row(
        stock_t=known.stock_t,
        capacity_t=9e6,
        storage_target_t=known.target_t,
        storage_target_meaning=known.meaning,
    )
    (rate,) = storage_rate(yard, np.array([known.stock_t]))
    assert f"{100 * rate:.1f}" == known.rate
    outlook = fuel_outlook()
    made = {**vars(outlook.yards[0]), "yard": yard, "storage_rate": float(rate)}
    assert known.sentence in yard_paragraph(outlook, type(outlook.yards[0])(**made))


@pytest.mark.parametrize("city", PUBLISHED)
def test_how_long_the_published_stock_lasts(city: str):
    """Stock and target over the mean burn of the units that burn it, by hand."""
    known = PUBLISHED[city]
    burn = burn_of(known.burn_t_per_day, days=len(HOURS))
    for stock_t, days in ((known.stock_t, known.stock_days), (known.target_t, known.target_days)):
        piles = piled(coal_yard(capacity_t=9e6), burn, stock_t=stock_t, hours=HOURS)
        found = cover_now(burn, piles, StockNow(stock_t, 0.0, MWH_PER_T), HOURS, None)
        assert found.expected == pytest.approx(days, abs=0.05)


def test_each_rule_in_its_own_measure():
    """60 % before the start is met by 5.0425 Mt of 7.00 Mt; Liaoyang's 162 kt are 2.7 kg/m² of
    60.93 Mm², where a season takes some 18 kgce/m²: no season plan.
    """
    shenyang, liaoyang = PUBLISHED["Shenyang"], PUBLISHED["Liaoyang"]
    assert shenyang.stock_t >= 0.6 * shenyang.target_t
    assert 1_000 * liaoyang.target_t / 60.93e6 == pytest.approx(2.7, abs=0.05)
