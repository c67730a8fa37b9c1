"""Reference case zaozhuang: what the briefing says, and its units and coal.

What it shares with the other cases is in `test_reference_cases.py`.
"""

from datetime import datetime, timedelta

import pytest
from reference_case import ZAOZHUANG, heat_mw, sent_by_a_mw

SEASON_DAYS, SEASON_MEAN_C = ZAOZHUANG.season


@pytest.fixture(scope="module")
def case():
    return ZAOZHUANG.case()


def test_heat_is_shared_six_to_four(case):
    """Handbook §1, row S0."""
    assert case.settings.share["main"].shares == {"A": 0.6, "B": 0.4}


def test_some_third_parties_buy_too_little_heat(case):
    assert min(station.compliance for station in case.stations) == 0.85


def test_worked_day(case):
    """At −3 °C relative load is 21/22.5, and the users take 468.9 MW."""
    assert heat_mw(case, -3.0)[0] == pytest.approx(468.9, rel=2e-3)


# ---- sources and coal (handbook §8, §9) -------------------------------------------------------


def test_extraction_fuel_follows_its_formula(case):
    """F = (P + 0.17 Q)/0.375 at every vertex, so fuel is the same plane inside the polygon."""
    for point in case.curve_of("A1"):
        assert point.fuel_mw == pytest.approx(
            (point.power_mw + 0.17 * point.heat_mw) / 0.375, abs=0.005
        )
    burn_mw = (230 + 0.17 * 293.1) / 0.375  # worked day: about 3 081 t
    assert burn_mw * 24 / case.fuels[0].mwh_per_unit == pytest.approx(3081, abs=3)


def test_back_pressure_fuel_follows_its_formula(case):
    for point in case.curve_of("B1"):
        assert point.power_mw == pytest.approx(0.45 * point.heat_mw)
        assert point.fuel_mw == pytest.approx(1.45 * point.heat_mw / 0.86, abs=0.005)


def test_stock_is_30_days_of_physical_burn(case):
    """At 72.4 % of 523.3 MW and 6:4: about 88.7 kt at A, 31.6 kt at B, heat and power."""
    mean_mw = 523.333 * (18 - SEASON_MEAN_C) / 22.5
    fuel_a = (230 + 0.17 * 0.6 * mean_mw) / 0.375
    fuel_b = 1.45 / 0.86 * 0.4 * mean_mw
    per_t = case.fuels[0].mwh_per_unit
    stock = {yard.yard_id: yard.stock_t for yard in case.yards}
    assert stock["yard_A"] == pytest.approx(30 * 24 * fuel_a / per_t, abs=10)
    assert stock["yard_B"] == pytest.approx(30 * 24 * fuel_b / per_t, abs=10)
    assert stock["yard_A"] == pytest.approx(88_700, rel=2e-3)


@pytest.mark.parametrize("first", ["2025-11-15", "2026-11-15"])
def test_trains_take_yard_a_from_30_days_to_10(case, first):
    """A burns 2 942 t/d with the sun (89 % of 379.2 MW) and at 65 %: 101 days of 121 are on file.

    B burns 821 t/d then, and has three quarters of its 101 days: the rest is to be ordered.
    """
    arrived = season_tonnes(case, first)
    assert arrived["yard_A"] == pytest.approx(101 * 2_942, rel=2e-3)
    assert arrived["yard_B"] == pytest.approx(0.75 * 101 * 821, rel=2e-3)


def test_autumn_trains_bring_yard_a_above_60_pct(case):
    """10 days left in March and 8 trains make 19 days of 30 in November; for B 3 are too few."""
    autumn = season_tonnes(case, "2026-09-01", days=75)
    target = {yard.yard_id: yard.storage_target_t for yard in case.yards}
    assert autumn["yard_A"] + 10 * 2_942 > 0.6 * target["yard_A"]
    assert autumn["yard_B"] + 10 * 821 < 0.6 * target["yard_B"]


def season_tonnes(case, first, days=SEASON_DAYS):
    """Tonnes on file by yard that arrive from local midnight of a date on."""
    start = datetime.fromisoformat(f"{first}T00:00:00+08:00")
    tonnes: dict[str, float] = {}
    for one in case.deliveries:
        if start <= one.arrival_time < start + timedelta(days=days):
            tonnes[one.yard_id] = tonnes.get(one.yard_id, 0.0) + one.tonnes
    return tonnes


# ---- the network can carry it -----------------------------------------------------------------


@pytest.mark.parametrize("sent_mw", [110, 180, 300, 420, 523.3])
def test_six_to_four_leaves_room_both_ways(case, sent_mw):
    """From the mildest plan day to design, A can send 55 to 65 % through mains and units."""
    least, most = sent_by_a_mw(case, sent_mw)
    assert least <= 0.55 * sent_mw
    assert most >= 0.65 * sent_mw
    minimum = {source.source_id: source.min_output_mw for source in case.sources}
    assert minimum["A1"] <= 0.60 * sent_mw
    assert minimum["B1"] <= 0.40 * sent_mw


def test_loss_of_a_plant_leaves_40_pct(case):
    """CJJ 34 asks for 40 % of design heat with the largest source out, in every zone."""
    assert sent_by_a_mw(case, 0.45 * 523.3, without="A") is not None
    assert sent_by_a_mw(case, 0.75 * 523.3, without="B") is not None


def test_average_radiator_station_matches_the_worked_day():
    """φ 1.2, Ḡ 2.5, rooms at 20 °C, relative load 0.933: 61.3/52.0 °C (checks the formula)."""
    mean = 20 + (62.5 - 18) * (21 / 22.5 / 1.2) ** (1 / 1.3)
    half = 12.5 * 21 / 22.5 / 2.5
    assert (mean + half, mean - half) == pytest.approx((61.3, 52.0), abs=0.05)
