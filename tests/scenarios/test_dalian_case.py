"""Reference case dalian: what the seed page says of the Huaneng plant's network, its units, the
boilers above them, wholesale takers, coal by sea, and wind.

What it shares with the other cases is in `test_reference_cases.py`.
"""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from reference_case import DALIAN, buildings_of, column, heat_mw, load_duration_c, sent_by_a_mw

from dispatch.case_kinds import Manager, SourceKind, Transport
from forecasts.demand.building import Weather, static_heat_kw

UNITS, UNIT_MW, BOILERS, BOILER_MW = 4, 420, 7, 70
POWER_MW = 1000
OWN_AREA_M2 = 24_800_000


@pytest.fixture(scope="module")
def case():
    return DALIAN.case()


def season_sent_mw():
    """Heat sent on each day of the mean season without sun, coldest first, MW."""
    outdoor_c = load_duration_c(DALIAN.season, DALIAN.design_c)
    return DALIAN.sent_mw * (18 - outdoor_c) / DALIAN.lift_k


# ---- the seed page (handbook §1, S4) and column dalian of §14 ---------------------------------


def test_season_has_152_days(case):
    """5 November to 5 April, both included."""
    first, last = case.settings.season_start, case.settings.season_end
    assert (first, last) == ("11-05", "04-05")
    assert (date(2026, 4, 5) - date(2025, 11, 5)).days + 1 == DALIAN.season[0]


def test_sources(case):
    """Four units of 420 MW and seven boilers, 2 170 MW: 1.03 times design."""
    unit, boiler = case.sources
    assert unit.kind is SourceKind.CHP_EXTRACTION
    assert (unit.unit_count, unit.max_output_mw) == (UNITS, UNIT_MW)
    assert boiler.kind is SourceKind.COAL_BOILER
    assert (boiler.unit_count, boiler.max_output_mw) == (BOILERS, BOILER_MW)
    assert boiler.commitment
    installed_mw = sum(source.installed_mw for source in case.sources)
    assert installed_mw == 2170
    assert installed_mw / DALIAN.sent_mw == pytest.approx(1.03, abs=0.005)


def test_wholesale_takers_carry_what_own_stations_can_hardly_serve(case):
    """124 own stations of 200 000 m² on average; 18 takers of at most 2 Mm² for the rest."""
    own = [s for s in case.stations if s.managed_by is Manager.UTILITY]
    takers = [s for s in case.stations if s.managed_by is Manager.THIRD_PARTY]
    own_area: dict[str, float] = {}
    for station in own:
        own_area[station.station_id] = own_area.get(station.station_id, 0) + station.heated_area_m2
    assert len(own_area) == 124
    assert sum(own_area.values()) == OWN_AREA_M2
    assert 60_000 <= min(own_area.values()) <= max(own_area.values()) <= 450_000
    assert len(takers) == len({taker.name for taker in takers}) == 18
    assert all("趸售" in taker.name and taker.heated_area_m2 >= 500_000 for taker in takers)
    assert {taker.zone_id for taker in takers} == set(case.zone_ids)


def test_each_part_of_the_stations_meets_the_index(case):
    """45 W/m² behind own stations and behind takers alike, so that either may be changed alone."""
    heat_kw = buildings_of(case).design_heat_kw(DALIAN.design_c)
    own = np.array([s.managed_by is Manager.UTILITY for s in case.stations])
    area = column(case, "heated_area_m2")
    for part in (own, ~own):
        assert heat_kw[part].sum() * 1000 / area[part].sum() == pytest.approx(45, rel=5e-4)


def test_seasonal_heat_without_sun_is_in_the_province_s_range(case):
    """0.376 GJ/m², inside 0.36–0.48."""
    outdoor_c = load_duration_c(DALIAN.season, DALIAN.design_c)
    gj_per_m2 = heat_mw(case, outdoor_c).sum() * 86.4 / DALIAN.area_m2
    assert gj_per_m2 == pytest.approx(0.376, abs=0.002)
    assert 0.36 <= gj_per_m2 <= 0.48


def test_mean_load_and_coal_for_heat(case):
    """Mean over design 0.637; 709 ktce a season, 15.7 kgce/m²; 4 640 tce a day, 7 400 at most."""
    sent_mw = season_sent_mw()
    assert sent_mw.mean() / DALIAN.sent_mw == pytest.approx(0.637, abs=0.002)
    units_mw = np.minimum(sent_mw, UNITS * UNIT_MW)
    unit, boiler = (source.coal_kgce_per_gj for source in case.sources)
    tce = (units_mw * unit + (sent_mw - units_mw) * boiler) * 86.4 / 1000
    assert tce.sum() / 1000 == pytest.approx(709, rel=0.005)
    assert tce.sum() * 1000 / DALIAN.area_m2 == pytest.approx(15.7, abs=0.1)
    assert tce.mean() == pytest.approx(4640, rel=0.01)
    assert tce.max() == pytest.approx(7400, rel=0.01)


# ---- units and boilers (handbook §8) ----------------------------------------------------------


def test_the_polygon_is_that_of_a_350_mw_unit(case):
    """Power × 1.06, heat to 420 MW, F = (P + 0.17 Q)/0.40; 250 MW leaves all heat to choose."""
    corners = [(0, 330), (400, 262), (400, 230), (194, 117), (0, 150)]
    points = case.curve_of("A1")
    for point, (heat, power) in zip(points, corners, strict=True):
        assert point.heat_mw == pytest.approx(heat * 420 / 400, abs=0.05)
        assert point.power_mw == pytest.approx(power * 1.06, abs=0.05)
        fuel = (point.power_mw + 0.17 * point.heat_mw) / 0.40
        assert point.fuel_mw == pytest.approx(fuel, abs=0.005)
    least_at_full, most_at_full = sorted(p.power_mw for p in points if p.heat_mw == UNIT_MW)
    (row,) = case.schedules
    assert row.power_mw == POWER_MW
    assert least_at_full <= POWER_MW / UNITS <= most_at_full


def test_merit_order_needs_no_shares(case):
    """At fixed power a unit's next GJ takes 0.17/0.40 · 34.12 = 14.5 kgce, a boiler's over 34."""
    assert case.settings.share == {}
    corners = [(point.heat_mw, point.power_mw, point.fuel_mw) for point in case.curve_of("A1")]
    heat, power, fuel = np.array(corners).T
    per_heat, _ = np.linalg.lstsq(np.column_stack([heat, power]), fuel, rcond=None)[0]
    assert per_heat * 34.12 == pytest.approx(14.5, abs=0.05)
    load, share = np.array([(p.load_fraction, p.efficiency) for p in case.curve_of("B1")]).T
    assert (np.diff(load / share) / np.diff(load)).min() * 34.12 == pytest.approx(34.4, abs=0.6)


@pytest.mark.parametrize("outdoor_c", [10.0, 0.0, -4.0])
def test_units_alone_carry_the_net_down_to_minus_four(case, outdoor_c):
    """1 680 MW are 79.6 % of design, 18 − 0.796 · 27.8 = −4.1 °C; A reaches every zone."""
    sent_mw = DALIAN.sent_mw * (18 - outdoor_c) / DALIAN.lift_k
    assert sent_by_a_mw(case, sent_mw, without="B") is not None
    assert sent_by_a_mw(case, DALIAN.sent_mw * (18 + 4.3) / DALIAN.lift_k, without="B") is None


def test_loss_of_one_unit_leaves_the_minimum_supply(case):
    """CJJ 34 asks for 40 % of design heat above −10 °C; 1 750 of 2 109 MW are 83 %."""
    left_mw = sum(source.installed_mw for source in case.sources) - UNIT_MW
    assert left_mw / DALIAN.sent_mw == pytest.approx(0.83, abs=0.005)


def test_mains_are_as_wide_as_their_water_asks(case):
    """At 1.5 m/s flow grows with the square of the diameter: 1000 → 1400 is 1.96 times."""
    most = {link.diameter_mm: link.capacity_mw for link in case.links}
    assert most[1400] / most[1000] == pytest.approx(1.96, abs=0.01)
    assert most[1200] / most[1000] == pytest.approx(1.44, abs=0.01)


# ---- wind -------------------------------------------------------------------------------------


def test_the_design_index_holds_the_mean_wind(case):
    """5.2 m/s adds nothing, 10.2 m/s 8 %: 1 to 2 % per m/s of the loss of rooms at 20 °C."""

    def users_mw(wind_m_per_s: float) -> float:
        weather = Weather(24.0, *(np.array([v]) for v in (DALIAN.design_c, wind_m_per_s, 0.0)))
        rooms = np.full(len(case.stations), 20.0)
        return float(static_heat_kw(buildings_of(case), weather, rooms).sum()) / 1000

    assert users_mw(5.2) == pytest.approx(DALIAN.design_users_mw, rel=1e-3)
    loss = column(case, "specific_loss_w_per_m2k") * column(case, "heated_area_m2")
    wind = column(case, "wind_loss_w_per_m2k_per_m_s") * column(case, "heated_area_m2")
    more = 5.0 * wind.sum() / loss.sum() * (20 - DALIAN.design_c) / DALIAN.lift_k
    assert users_mw(10.2) / users_mw(5.2) - 1 == pytest.approx(more, rel=0.01)
    assert 0.05 < more < 0.11


# ---- coal (handbook §9) -----------------------------------------------------------------------


def test_stock_is_20_days(case):
    """A burns heat and power, (1 000 + 0.17 · 1 281)/0.40 MW; B: 490/0.82 MW, boilers at full load.

    For heat, by accounting, 20 mean days of both take the 130 kt of handbook §14.
    """
    per_t = case.fuels[0].mwh_per_unit
    stock = {yard.yard_id: yard.stock_t for yard in case.yards}
    units_mw = np.minimum(season_sent_mw(), UNITS * UNIT_MW)
    burn_mw = (POWER_MW + 0.17 * units_mw.mean()) / 0.40
    assert stock["yard_A"] == pytest.approx(20 * 24 * burn_mw / per_t, abs=50)
    assert stock["yard_B"] == pytest.approx(20 * 24 * 490 / 0.82 / per_t, abs=50)
    heat_tce = (units_mw * 40 + (season_sent_mw() - units_mw) * 44).mean() * 86.4 / 1000
    heat_t = 20 * heat_tce * 7 / 5
    assert heat_t == pytest.approx(130_000, rel=0.02)


def test_boilers_burn_their_yard_in_a_mean_season(case):
    """About 50 kt at 44 kgce/GJ without sun: the yard is filled in autumn, and for no more."""
    above_gj = np.maximum(0.0, season_sent_mw() - UNITS * UNIT_MW).sum() * 86.4
    (yard,) = (yard for yard in case.yards if yard.yard_id == "yard_B")
    assert above_gj * 44 / 1000 * 7 / 5 == pytest.approx(yard.stock_t, rel=0.04)


def test_ships_bring_what_the_plant_burns(case):
    """20 days at the start and at the end of a season: 152 days at 90 % of the heat without sun."""
    (yard,) = (yard for yard in case.yards if yard.transport is Transport.SEA)
    assert (yard.yard_id, yard.order_unit_t) == ("yard_A", 20_000)
    units_mw = np.minimum(0.9 * season_sent_mw(), UNITS * UNIT_MW)
    burn_t = (POWER_MW + 0.17 * units_mw.mean()) / 0.40 * 24 / case.fuels[0].mwh_per_unit
    for first in ("2025-11-05", "2026-11-05"):
        start = datetime.fromisoformat(f"{first}T00:00:00+08:00")
        ships = [
            delivery.tonnes
            for delivery in case.deliveries
            if delivery.yard_id == "yard_A"
            and start <= delivery.arrival_time < start + timedelta(days=DALIAN.season[0])
        ]
        assert sum(ships) == pytest.approx(152 * burn_t, rel=1e-3)


def test_trucks_of_autumn_find_room(case):
    """What a season leaves of 49 kt and 28 days of forty trucks stay inside the fence."""
    (yard,) = (yard for yard in case.yards if yard.transport is Transport.ROAD)
    trucks_t = sum(d.tonnes for d in case.deliveries if d.yard_id == yard.yard_id)
    assert 0.7 * yard.storage_target_t < trucks_t < yard.storage_target_t
    assert trucks_t + 0.2 * yard.stock_t < yard.capacity_t
