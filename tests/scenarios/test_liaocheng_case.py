"""Reference case liaocheng: what the pages of 2017 and 2020 say, four units at one yard.

What it shares with the other cases is in `test_reference_cases.py`.
"""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from reference_case import (
    LIAOCHENG,
    column,
    load_duration_c,
    secondary_c,
    sent_by_a_mw,
)
from scipy.optimize import brentq

from dispatch.case_kinds import Emitter, Manager, OutageKind, PowerMode, SourceKind

SEASON_DAYS, SEASON_MEAN_C = LIAOCHENG.season
MEAN_MW = LIAOCHENG.sent_mw * (18 - SEASON_MEAN_C) / LIAOCHENG.lift_k


@pytest.fixture(scope="module")
def case():
    return LIAOCHENG.case()


# ---- who is supplied (handbook §1, S1 and S3) -------------------------------------------------


def test_season(case):
    """15 November to 15 March, 121 days."""
    assert (case.settings.season_start, case.settings.season_end) == ("11-15", "03-15")
    assert (date(2026, 3, 15) - date(2025, 11, 15)).days + 1 == SEASON_DAYS


def test_85_pct_of_households_are_supplied_directly(case):
    """210 000 of about 247 000."""
    homes = column(case, "homes")
    own = np.array([s.managed_by is Manager.UTILITY for s in case.stations])
    assert homes[own].sum() / homes.sum() == pytest.approx(0.85, abs=0.001)
    assert homes.sum() == pytest.approx(247_000, abs=500)


def test_valves_of_others_open_late(case):
    """Shut until the third day is over at one in twenty; half open at a few more; in both seasons,
    and nobody's own. Days later all are open.
    """
    outside = {s.station_id for s in case.stations if s.managed_by is Manager.THIRD_PARTY}
    assert len(outside) == 91
    for year in (2025, 2026):
        mine = [out for out in case.outages if out.from_time.year == year]
        shut = [out for out in mine if out.available_fraction == 0]
        assert len({out.id for out in mine}) == len(mine)
        assert {out.id for out in mine} <= outside
        assert len(shut) / len(outside) == pytest.approx(0.05, abs=0.01)
        assert all(out.kind is OutageKind.STATION for out in mine)
        assert all(out.from_time.isoformat() == f"{year}-11-15T00:00:00+08:00" for out in mine)
        assert all(timedelta(days=3) < o.to_time - o.from_time < timedelta(days=8) for o in mine)
    assert min(station.compliance for station in case.stations) == 0.85


# ---- temperatures of the first days (handbook §1 S3, §5) --------------------------------------


def test_the_readings_of_november_2017_fit_one_outdoor_temperature(case):
    """A station at 45.48/41.18 °C: radiators of this case are as warm at 6 to 8 °C outdoors, as it
    is in mid-November. Then 78.3 °C come back from them near the 41.7 °C read at the plant, and
    73.14 °C near the 43.09 °C read at Changrun.
    """
    radiators = np.array([s.emitter is Emitter.RADIATOR for s in case.stations])
    weight = column(case, "heated_area_m2") * radiators

    def mean_c(outdoor_c: float) -> float:
        _, supply, back = secondary_c(case, outdoor_c)
        return float(np.average(0.5 * (supply + back), weights=weight))

    outdoor_c = brentq(lambda c: mean_c(c) - 0.5 * (45.48 + 41.18), -5, 15)
    assert 6 <= outdoor_c <= 8
    heat, supply, back = secondary_c(case, outdoor_c)
    assert np.average(supply - back, weights=weight) == pytest.approx(45.48 - 41.18, abs=0.8)
    for primary_c, read_c, within_k in ((78.3, 41.7, 0.5), (73.14, 43.09, 1.5)):
        flow = primary_flow_kw_per_k(case, primary_c, heat, supply, back)
        back_c = primary_c - (heat * radiators).sum() / (flow * radiators).sum()
        assert back_c == pytest.approx(read_c, abs=within_k)


def primary_flow_kw_per_k(case, primary_c, heat_kw, supply_c, return_c):
    """Primary water that passes the heat of each loop (F10, UA not corrected), kW/K (loop,)."""
    ua = column(case, "exchanger_ua_kw_per_k")
    second = heat_kw / (supply_c - return_c)

    def passed(flow, i):
        least, most = min(flow, second[i]), max(flow, second[i])
        ratio = min(least / most, 1 - 1e-9)
        fade = np.exp(-ua[i] / least * (1 - ratio))
        return (1 - fade) / (1 - ratio * fade) * least * (primary_c - return_c[i])

    least = heat_kw / (primary_c - return_c)
    return np.array(
        [
            brentq(lambda f, i=i: passed(f, i) - heat_kw[i], least[i], 9 * least[i], rtol=1e-6)
            for i in range(len(heat_kw))
        ]
    )


# ---- four units (handbook §8, §14) ------------------------------------------------------------


def test_sources(case):
    """2×400 and 2×160 MW of heat, 1.12 of design, extraction units in a band of power."""
    big, small = case.sources
    assert (big.unit_count, big.max_output_mw) == (2, 400)
    assert (small.unit_count, small.max_output_mw) == (2, 160)
    assert sum(s.installed_mw for s in case.sources) / LIAOCHENG.sent_mw == pytest.approx(1.12)
    for source in case.sources:
        assert source.kind is SourceKind.CHP_EXTRACTION
        assert source.power_mode is PowerMode.BAND
        assert source.coal_kgce_per_gj == 40


@pytest.mark.parametrize(("source_id", "efficiency"), [("A1", 0.375), ("B1", 0.35)])
def test_fuel_follows_its_formula(case, source_id, efficiency):
    """F = (P + 0.17 Q)/eta_c; the small unit is 0.43 of the big one."""
    scale = {"A1": 1, "B1": 0.43}[source_id]
    wanted = [(0, 330), (400, 262), (400, 230), (194, 117), (0, 150)]
    for point, (heat, power) in zip(case.curve_of(source_id), wanted, strict=True):
        assert point.heat_mw == pytest.approx(scale * heat, abs=0.05)
        assert point.power_mw == pytest.approx(scale * power, abs=0.05)
        fuel_mw = (point.power_mw + 0.17 * point.heat_mw) / efficiency
        assert point.fuel_mw == pytest.approx(fuel_mw, abs=0.005)


def test_the_grid_keeps_both_units_of_a_pair_running(case):
    """It asks for a little more than one unit can make."""
    for row, source in zip(case.schedules, case.sources, strict=True):
        most_mw = max(point.power_mw for point in case.curve_of(source.source_id))
        assert row.source_id == source.source_id
        assert most_mw < row.power_min_mw < 1.05 * most_mw
        assert row.power_mw == pytest.approx(2 * most_mw, rel=0.002)


def test_units_are_loaded_equally(case):
    """Shares in proportion to capacity; at the ends of the band loads differ by a tenth."""
    group = case.settings.share["main"]
    assert group.shares == pytest.approx({"A": 800 / 1120, "B": 320 / 1120}, abs=1e-6)
    for way in (-1, 1):
        load_a = (group.shares["A"] + way * group.band) / 800
        load_b = (group.shares["B"] - way * group.band) / 320
        assert 0.9 <= load_a / load_b <= 1.11


@pytest.mark.parametrize("sent_mw", [240, 500, 712, 1000])
def test_equal_loading_is_within_reach(case, sent_mw):
    """From the mildest days to design, through mains and units of both pairs."""
    least, most = sent_by_a_mw(case, sent_mw)
    assert least <= 0.695 * sent_mw
    assert most >= 0.734 * sent_mw
    assert 2 * case.sources[0].min_output_mw <= 0.734 * sent_mw
    assert 2 * case.sources[1].min_output_mw <= 0.306 * sent_mw


def test_loss_of_a_unit_leaves_more_than_40_pct(case):
    """A big unit out leaves 720 of 1 000 MW: CJJ 34 asks for 40 %. Pair B alone brings 32 %."""
    assert sent_by_a_mw(case, 800, without="B") == pytest.approx((800, 800))
    assert sent_by_a_mw(case, 320, without="A") is not None
    assert sum(s.installed_mw for s in case.sources) - 400 >= 0.72 * LIAOCHENG.sent_mw


# ---- coal (handbook §9, §14) ------------------------------------------------------------------


def burn_t_per_day(case, sent_mw):
    """Physical burn at equal loading and the least power, by hand from the corners of §8.

    The line from D (194, 117) to C (400, 230) is the least power above 194 MW of heat.
    """
    fuel_mw = 0.0
    parts = ((1.0, 0.375, 340, 800 / 1120), (0.43, 0.35, 146, 320 / 1120))
    for scale, efficiency, asked_mw, share in parts:
        heat_mw = share * sent_mw / 2
        line_mw = scale * 117 + 113 / 206 * (heat_mw - scale * 194)
        power_mw = max(asked_mw / 2, line_mw)
        fuel_mw += 2 * (power_mw + 0.17 * heat_mw) / efficiency
    return fuel_mw * 24 / case.fuels[0].mwh_per_unit


def test_the_yard_lasts_a_month_for_heat_and_power(case):
    """210 000 t, at least 30 days: at most 7 000 t a day at the season's mean load."""
    (yard,) = case.yards
    assert {source.yard_id for source in case.sources} == {yard.yard_id}
    assert yard.stock_t == 210_000
    assert burn_t_per_day(case, MEAN_MW) == pytest.approx(6_823, rel=2e-3)
    assert yard.stock_t / burn_t_per_day(case, MEAN_MW) >= 30


def test_coal_for_heat(case):
    """298 ktce in a season, 12.4 kgce/m², 2 460 tce a day on average and 3 470 at most."""
    outdoor_c = load_duration_c(LIAOCHENG.season, LIAOCHENG.design_c)
    tce = LIAOCHENG.sent_mw * (18 - outdoor_c) / LIAOCHENG.lift_k * 86.4 * 40 / 1000
    assert tce.sum() / 1000 == pytest.approx(298, rel=0.005)
    assert tce.sum() * 1000 / LIAOCHENG.area_m2 == pytest.approx(12.4, abs=0.1)
    assert tce.mean() == pytest.approx(2_460, rel=0.005)
    assert tce.max() == pytest.approx(3_470, rel=0.005)
    assert MEAN_MW / LIAOCHENG.sent_mw == pytest.approx(0.712, abs=0.001)


@pytest.mark.parametrize("first", ["2025-11-15", "2026-11-15"])
def test_trains_take_the_yard_from_30_days_to_10(case, first):
    """At 89 % of the heat without sun: a season's burn and ten days more, less the yard's."""
    start = datetime.fromisoformat(f"{first}T00:00:00+08:00")
    arrived = sum(
        one.tonnes
        for one in case.deliveries
        if start <= one.arrival_time < start + timedelta(days=SEASON_DAYS)
    )
    outdoor_c = load_duration_c(LIAOCHENG.season, LIAOCHENG.design_c)
    sent_mw = 0.89 * LIAOCHENG.sent_mw * (18 - outdoor_c) / LIAOCHENG.lift_k
    burnt = [burn_t_per_day(case, load) for load in sent_mw]
    assert arrived == pytest.approx(sum(burnt) * (1 + 10 / 121) - 210_000, rel=2e-3)


def test_autumn_trains_fill_the_yard_without_spilling(case):
    """Some 65 000 t are left in March; 35 trains make nine tenths of the target of November."""
    (yard,) = case.yards
    autumn = sum(d.tonnes for d in case.deliveries if 4 <= d.arrival_time.month <= 10)
    autumn += sum(
        d.tonnes
        for d in case.deliveries
        if (d.arrival_time.year, d.arrival_time.month) == (2026, 11) and d.arrival_time.day < 15
    )
    assert 0.85 * yard.stock_t < 65_000 + autumn < yard.capacity_t
