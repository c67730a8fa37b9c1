"""Reference case liaoyang: eleven companies' boilers around two CHP units, and the city's coal.

What it shares with the other cases is in `test_reference_cases.py`.
"""

from collections import Counter

import numpy as np
import pytest
from reference_case import LIAOYANG, load_duration_c, sent_by_a_mw

from dispatch.case_kinds import SourceKind
from dispatch.settings import Minimise

CHP_MW, COAL_MW, GAS_MW = 800, 1740, 700
BURN_T_PER_DAY = 6_500  # of 4 700 kcal/kg, handbook §14


@pytest.fixture(scope="module")
def case():
    return LIAOYANG.case()


def season_mw():
    """Heat of CHP, coal and gas on each day of the mean season in merit order, MW."""
    outdoor_c = load_duration_c(LIAOYANG.season, LIAOYANG.design_c)
    sent_mw = LIAOYANG.sent_mw * (18 - outdoor_c) / LIAOYANG.lift_k
    chp = np.minimum(sent_mw, CHP_MW)
    coal = np.minimum(sent_mw - chp, COAL_MW)
    return chp, coal, sent_mw - chp - coal


def test_sources(case):
    """Seed S4: 30 coal and 100 gas boilers; with two CHP units 3 240 MW, 1.01 of design."""
    units, installed = Counter(), Counter()
    for source in case.sources:
        units[source.kind] += source.unit_count
        installed[source.kind] += source.installed_mw
    kinds = (SourceKind.CHP_EXTRACTION, SourceKind.COAL_BOILER, SourceKind.GAS_BOILER)
    assert [units[kind] for kind in kinds] == [2, 30, 100]
    assert [installed[kind] for kind in kinds] == [CHP_MW, COAL_MW, GAS_MW]
    assert sum(installed.values()) / LIAOYANG.sent_mw == pytest.approx(1.01, abs=0.001)
    assert len(case.sources) <= 20
    assert all(s.commitment == (s.kind is SourceKind.COAL_BOILER) for s in case.sources)


def test_eleven_companies_have_boilers_and_eight_have_coal(case):
    boilers = [source for source in case.sources if not source.kind.is_chp]
    with_coal = {s.plant_id for s in boilers if s.kind is SourceKind.COAL_BOILER}
    assert len({source.plant_id for source in boilers}) == 11
    assert len(with_coal) == 8
    assert {yard.yard_id for yard in case.yards} == {f"yard_{p}" for p in (*with_coal, "CHP")}


def test_gas_comes_last(case):
    """Gas takes less fuel than a coal boiler, so only its price puts it behind coal: 32 Nm³ for
    103 yuan a GJ of heat, against 37 ÷ 0.70 = 53 yuan of coal in the oldest boiler at its worst.
    """
    assert case.settings.share == {}
    assert case.settings.fuel.minimise is Minimise.COST
    gas, coal = case.fuel_of("natural_gas"), case.fuel_of("coal_4700")
    gas_yuan = gas.price / gas.mwh_per_unit / 3.6 / 0.93
    efficiencies = [point.efficiency for point in case.curves if point.efficiency is not None]
    coal_yuan = [coal.price / coal.mwh_per_unit / 3.6 / share for share in efficiencies]
    assert gas_yuan == pytest.approx(102.7, abs=0.1)
    assert max(coal_yuan) < 0.55 * gas_yuan


def test_companies_have_boilers_of_different_age(case):
    """Best efficiencies 79.5 to 84.5 %: equal ones would leave open whose coal is burnt."""
    best = {}
    for point in case.curves:
        if point.efficiency is not None:
            best[point.source_id] = max(best.get(point.source_id, 0.0), point.efficiency)
    assert min(best.values()) == pytest.approx(0.82 * 0.97)
    assert max(best.values()) == pytest.approx(0.82 * 1.03)
    counts = {source.source_id: source.unit_count for source in case.sources}
    mean = sum(counts[s] * value for s, value in best.items()) / 30
    assert mean == pytest.approx(0.82, rel=0.005)


def test_season_by_merit_order():
    """Mean over design 0.648; 1 139 ktce, of it coal boilers 662 and gas 60: 18.7 kgce/m²."""
    chp, coal, gas = (mw * 86.4 / 1e6 for mw in season_mw())  # PJ a day
    mean_mw = sum(season_mw()).mean()
    assert mean_mw / LIAOYANG.sent_mw == pytest.approx(0.648, abs=0.002)
    ktce = [chp.sum() * 40, coal.sum() * 44, gas.sum() * 36.7]
    assert sum(ktce) == pytest.approx(1139, rel=0.01)
    assert ktce[1] == pytest.approx(662, rel=0.02)
    assert ktce[2] == pytest.approx(60, rel=0.25)
    assert 1e6 * sum(ktce) / LIAOYANG.area_m2 == pytest.approx(18.7, abs=0.2)


def test_coal_of_the_city(case):
    """Seed S4: 117 800 t are 72.7 % of 162 000 t: 18 and 25 days of the boilers at 6.5 kt.

    That is 662 ktce over 151 days, 4 384 tce a day, of 4 700 kcal/kg; the CHP plant's pile is its
    own.
    """
    burn_t = season_mw()[1].mean() * 86.4 * 44 / 1000 / (4700 / 7000)
    assert burn_t == pytest.approx(BURN_T_PER_DAY, rel=0.02)
    piles = [yard for yard in case.yards if yard.fuel_id == "coal_4700"]
    stock_t = sum(yard.stock_t for yard in piles)
    target_t = sum(yard.storage_target_t for yard in piles)
    assert (stock_t, target_t) == (117_800, 162_000)
    assert stock_t / target_t == pytest.approx(0.727, abs=0.0005)
    assert stock_t / BURN_T_PER_DAY == pytest.approx(18, abs=0.2)
    assert target_t / BURN_T_PER_DAY == pytest.approx(25, abs=0.2)
    assert all("25 days" in yard.storage_target_meaning for yard in piles)
    assert all(0.6 <= yard.stock_t / yard.storage_target_t <= 0.85 for yard in piles)


@pytest.mark.parametrize("share", [0.15, 0.249])
def test_chp_alone_carries_mild_days(case, share):
    """Up to 800 MW, a quarter of design, no boiler need be lit: CHP reaches every zone."""
    _, most = sent_by_a_mw(case, share * LIAOYANG.sent_mw)
    assert most == pytest.approx(share * LIAOYANG.sent_mw)


def test_loss_of_the_largest_source_leaves_55_pct(case):
    """CJJ 34 for −10 to −20 °C: without both CHP units the companies carry 64 % in every zone."""
    assert sent_by_a_mw(case, 0.62 * LIAOYANG.sent_mw, without="CHP") is not None
    assert sent_by_a_mw(case, 0.80 * LIAOYANG.sent_mw, without="CHP") is None


@pytest.mark.parametrize("company", LIAOYANG.plants[1:])
def test_loss_of_a_company_leaves_85_pct(case, company):
    """The others and the CHP plant's mains stand in, in every zone."""
    assert sent_by_a_mw(case, 0.85 * LIAOYANG.sent_mw, without=company) is not None
