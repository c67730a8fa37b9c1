"""Reference case shenyang: heat bought first, nine boilers above it, coal for the season.

What it shares with the other cases is in `test_reference_cases.py`.
"""

import numpy as np
import pytest
from reference_case import SHENYANG, load_duration_c, sent_by_a_mw

from dispatch.case_kinds import SourceKind

SEASON_DAYS, SEASON_MEAN_C = SHENYANG.season
BOUGHT_MW, BOILER_MW, BOILERS = 420, 70, 9


@pytest.fixture(scope="module")
def case():
    return SHENYANG.case()


def season_sent_mw():
    """Heat sent on each day of the mean season, coldest first, MW."""
    outdoor_c = load_duration_c(SHENYANG.season, SHENYANG.design_c)
    return SHENYANG.sent_mw * (18 - outdoor_c) / SHENYANG.lift_k


def test_sources(case):
    """420 MW bought and nine equal boilers with commitment, 1 050 MW: 1.04 times design."""
    bought, boiler = case.sources
    assert bought.kind is SourceKind.PURCHASED_HEAT
    assert bought.max_output_mw == BOUGHT_MW
    assert boiler.kind is SourceKind.COAL_BOILER
    assert (boiler.unit_count, boiler.max_output_mw) == (BOILERS, BOILER_MW)
    assert boiler.commitment
    assert not bought.commitment
    assert sum(s.installed_mw for s in case.sources) / SHENYANG.sent_mw == pytest.approx(
        1.04, abs=0.005
    )


def test_boilers_keep_to_the_handbook(case):
    """§8: least load 35–40 %, 24–48 h up and down, 8–15 tce a start, 10–15 % an hour."""
    boiler = case.sources[1]
    assert 0.35 <= boiler.min_output_mw / BOILER_MW <= 0.40
    assert 24 <= boiler.min_down_h <= boiler.min_up_h <= 48
    assert 8 <= boiler.start_fuel_tce <= 15
    assert 0.10 <= boiler.ramp_mw_per_h / BOILER_MW <= 0.15
    # the curve reaches down to the least load: below it nothing is known
    assert min(p.load_fraction for p in case.curves) * BOILER_MW <= boiler.min_output_mw


def test_heat_goes_in_merit_order(case):
    """No shares. Bought heat at 40 kgce/GJ comes before a boiler at its best, 34.12/0.82 = 41.6;
    once a boiler runs, its next MW up to 60 % costs less than either.
    """
    assert case.settings.share == {}
    best = 34.12 / max(point.efficiency for point in case.curves)
    assert case.sources[0].coal_kgce_per_gj == 40 < best == pytest.approx(41.6, abs=0.05)
    marginal = (0.6 / 0.79 - 0.5 / 0.761) / 0.1 * 34.12
    assert marginal == pytest.approx(34.9, abs=0.2)
    assert marginal < 40


def test_mean_load(case):
    """Mean over design 0.662, and 362 ktce in a season: 18.1 kgce/m², inside 15–21."""
    sent_mw = season_sent_mw()
    assert sent_mw.mean() / SHENYANG.sent_mw == pytest.approx(0.662, abs=0.002)
    bought_gj = np.minimum(sent_mw, BOUGHT_MW).sum() * 86.4
    boiler_gj = sent_mw.sum() * 86.4 - bought_gj
    bought, boiler = (source.coal_kgce_per_gj for source in case.sources)
    ktce = (bought_gj * bought + boiler_gj * boiler) / 1e6
    assert ktce == pytest.approx(362, rel=0.01)
    assert 15 <= ktce * 1e6 / SHENYANG.area_m2 <= 21


def test_stock_is_60_pct_of_the_season_plan(case):
    """The boilers burn about 154 ktce in a mean season, 215 kt of 5 000 kcal/kg."""
    (yard,) = case.yards
    boiler_gj = np.maximum(0.0, season_sent_mw() - BOUGHT_MW).sum() * 86.4
    plan_t = boiler_gj * 44 / 1000 * 7 / 5
    assert yard.storage_target_t == pytest.approx(plan_t, abs=500)
    assert yard.stock_t == pytest.approx(0.6 * yard.storage_target_t, abs=1)


def test_deliveries_bring_what_the_stock_lacks(case):
    """40 % of the plan in each season; the pile never outgrows its place."""
    (yard,) = case.yards
    months = [(d.arrival_time.year, d.arrival_time.month, d.tonnes) for d in case.deliveries]
    first = [t for year, month, t in months if (year, month) < (2026, 4)]
    autumn = [t for year, month, t in months if (2026, 4) <= (year, month) < (2026, 11)]
    assert sum(first) == pytest.approx(0.4 * yard.storage_target_t, abs=10)
    both = sum(t for _, _, t in months) - sum(autumn)
    assert both == pytest.approx(0.8 * yard.storage_target_t, abs=20)
    assert yard.stock_t + sum(autumn) < yard.capacity_t


@pytest.mark.parametrize("share", [0.25, 0.41])
def test_bought_heat_alone_carries_mild_days(case, share):
    """Up to 41 % of design no boiler need be lit: A reaches every zone."""
    _, most = sent_by_a_mw(case, share * SHENYANG.sent_mw, without="B")
    assert most == pytest.approx(share * SHENYANG.sent_mw)


def test_loss_of_the_largest_source_leaves_55_pct(case):
    """CJJ 34 for −10 to −20 °C: without the power plant nine boilers carry 62 % in every zone."""
    assert sent_by_a_mw(case, 0.62 * SHENYANG.sent_mw, without="A") is not None
    assert sent_by_a_mw(case, 0.63 * SHENYANG.sent_mw, without="A") is None
