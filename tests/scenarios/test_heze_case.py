"""Reference case heze: three utilities on one network, gas for the coldest days, ties between.

What it shares with the other cases is in `test_reference_cases.py`.
"""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from reference_case import HEZE, column, load_duration_c, sent_by_a_mw

from dispatch.case_kinds import FuelUnit, Manager, SourceKind

SEASON_DAYS, SEASON_MEAN_C = HEZE.season
CHP_MW, BOILER_MW, BOILERS, POWER_MW = 400, 29, 2, 230


@pytest.fixture(scope="module")
def case():
    return HEZE.case()


def season_sent_mw():
    """Heat sent on each day of the mean season, coldest first, MW."""
    outdoor_c = load_duration_c(HEZE.season, HEZE.design_c)
    return HEZE.sent_mw * (18 - outdoor_c) / HEZE.lift_k


# ---- what the page says (handbook §1, row S2) -------------------------------------------------


def test_three_utilities_have_a_zone_each(case):
    """The largest is the one whose dispatch centre the page describes."""
    area = column(case, "heated_area_m2")
    zones = np.array([station.zone_id for station in case.stations])
    firms = ("yongheng", "minsheng", "jiyuan")
    assert case.zone_ids == firms
    assert all(name in case.settings.name_zh for name in ("永恒", "民生", "吉源"))
    shares = np.array([area[zones == firm].sum() for firm in firms]) / HEZE.area_m2
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.05)


def test_the_centre_commands_every_station(case):
    """It distributes the heat to every estate by itself; 500 estates are two or three a station."""
    assert {station.managed_by for station in case.stations} == {Manager.UTILITY}
    assert 2 <= 500 / HEZE.stations <= 3


def test_what_rooms_showed_is_no_fault(case):
    """18.7 °C with a window open and 21 and 22 °C: lawful, and not too warm."""
    comfort = case.settings.comfort
    assert comfort.legal_min_c < 18.7
    assert comfort.upper_c > 22


def test_season(case):
    """15 November to 15 March."""
    season = case.settings
    assert (season.season_start, season.season_end) == ("11-15", "03-15")
    assert (date(2026, 3, 15) - date(2025, 11, 15)).days + 1 == SEASON_DAYS


# ---- sources (handbook §8, §14) ---------------------------------------------------------------


def test_sources(case):
    """One extraction unit of 400 MW heat and two gas boilers of 29: 1.09 times design."""
    chp, gas = case.sources
    assert (chp.kind, chp.unit_count, chp.max_output_mw) == (SourceKind.CHP_EXTRACTION, 1, CHP_MW)
    assert (gas.kind, gas.unit_count, gas.max_output_mw) == (
        SourceKind.GAS_BOILER,
        BOILERS,
        BOILER_MW,
    )
    assert gas.commitment
    over_design = sum(source.installed_mw for source in case.sources) / HEZE.sent_mw
    assert over_design == pytest.approx(1.09, abs=0.003)


def test_full_heat_is_possible_at_the_scheduled_power(case):
    """At 230 MW the polygon gives all heat from 0 to 400 MW, at (P + 0.17 Q)/0.375 of fuel."""
    (schedule,) = case.schedules
    assert schedule.power_mw == POWER_MW
    corners = {(p.heat_mw, p.power_mw): p.fuel_mw for p in case.curve_of("A1")}
    burn_mw = (POWER_MW + 0.17 * CHP_MW) / 0.375
    assert corners[(CHP_MW, POWER_MW)] == pytest.approx(burn_mw, abs=0.01)
    at_no_heat = [power for heat, power in corners if heat == 0]
    assert min(at_no_heat) < POWER_MW < max(at_no_heat)


def test_gas(case):
    """93 % is 36.7 kgce/GJ; 31 to 33 Nm³/GJ; least load 15–20 %; all of it in half an hour."""
    gas, fuel = case.sources[1], case.fuel_of("natural_gas")
    assert gas.yard_id is None
    assert fuel.unit is FuelUnit.NORMAL_CUBIC_METRE
    assert 34.12 / gas.efficiency == pytest.approx(36.7, abs=0.05)
    assert 31 <= 1 / 3.6 / (fuel.mwh_per_unit * gas.efficiency) <= 33
    assert 0.15 <= gas.min_output_mw / BOILER_MW <= 0.20
    assert gas.ramp_mw_per_h == 2 * BOILER_MW
    assert fuel.co2_t_per_tce == pytest.approx(15.3 * 44 / 12 * 0.99 * 29.3076e-3, abs=0.005)


def test_heat_goes_in_merit_order(case):
    """No shares. At fixed power a GJ of the CHP takes 15.5 kgce of coal, one of gas 36.7."""
    assert case.settings.share == {}
    marginal = 34.12 * 0.17 / 0.375
    assert marginal == pytest.approx(15.5, abs=0.05)
    _, most = sent_by_a_mw(case, 0.95 * HEZE.sent_mw)
    assert most == pytest.approx(CHP_MW, rel=1e-4)


def test_season_of_heat_and_coal():
    """Mean over design 0.712; 125 ktce for heat, 12.5 kgce/m² inside 11–14.

    Gas burns below 18 − 0.95·22.9 = −3.75 °C: 5 days and 116·(1.15/14.9)^(1/1.164) = 12.9 more.
    """
    sent_mw = season_sent_mw()
    assert sent_mw.mean() / HEZE.sent_mw == pytest.approx(0.712, abs=0.001)
    ktce = sent_mw.sum() * 86.4 * 40 / 1e6
    assert ktce == pytest.approx(125, abs=0.5)
    assert ktce * 1e6 / HEZE.area_m2 == pytest.approx(12.5, abs=0.05)
    assert ktce * 1000 / SEASON_DAYS == pytest.approx(1_040, rel=0.01)  # tce on a mean day
    assert HEZE.sent_mw * 86.4 * 40 / 1000 == pytest.approx(1_450, rel=0.01)  # on the coldest
    above_mw = np.maximum(0.0, sent_mw - CHP_MW)
    assert (above_mw > 0).sum() == pytest.approx(17.9, abs=0.6)
    assert above_mw.sum() / sent_mw.sum() < 0.01


# ---- coal (handbook §9, §14) ------------------------------------------------------------------


def test_stock_is_30_days_of_physical_burn(case):
    """230 MW power and 298.8 MW heat burn 3 088 t/d, 92.6 kt in 30 days; 44 kt of it for heat."""
    (yard,) = case.yards
    heat_mw = np.minimum(season_sent_mw(), CHP_MW).mean()
    per_t = case.fuel_of(yard.fuel_id).mwh_per_unit
    burn_t = (POWER_MW + 0.17 * heat_mw) / 0.375 * 24 / per_t
    assert yard.stock_t == pytest.approx(30 * burn_t, abs=10)
    assert yard.stock_t == pytest.approx(92_650, abs=10)
    for_heat_t = 30 * heat_mw * 86.4 * 40 / 1000 * 7 / 5
    assert for_heat_t == pytest.approx(44_000, rel=0.02)


@pytest.mark.parametrize("first", ["2025-11-15", "2026-11-15"])
def test_trains_take_the_yard_from_30_days_to_10(case, first):
    """With the sun a day burns less, 89 % of the heat: about 3 020 t; 101 days are on file."""
    start = datetime.fromisoformat(f"{first}T00:00:00+08:00")
    end = start + timedelta(days=SEASON_DAYS)
    arrived_t = sum(d.tonnes for d in case.deliveries if start <= d.arrival_time < end)
    heat_mw = np.minimum(0.89 * season_sent_mw(), CHP_MW).mean()
    burn_t = (POWER_MW + 0.17 * heat_mw) / 0.375 * 24 / case.fuels[0].mwh_per_unit
    assert burn_t == pytest.approx(3_020, rel=5e-3)
    assert arrived_t == pytest.approx(101 * burn_t, abs=10)


# ---- the network (handbook §7) ----------------------------------------------------------------


def test_loss_of_the_chp_leaves_14_pct(case):
    """58 of 421 MW: far below the 40 % that CJJ 34 asks for, and every zone gets its part."""
    assert sent_by_a_mw(case, 58 / 421.1 * HEZE.sent_mw, without="A") is not None
    assert sent_by_a_mw(case, 0.14 * HEZE.sent_mw, without="A") is None


def test_loss_of_the_gas_boilers_leaves_95_pct(case):
    assert sent_by_a_mw(case, 0.949 * HEZE.sent_mw, without="B") is not None


@pytest.mark.parametrize("main", ["A>yongheng", "A>minsheng", "A>jiyuan"])
def test_with_a_main_out_every_zone_gets_40_pct(case, main):
    """Over the ties; without them the main's zone would be cold, or left with the gas boilers."""
    assert sent_by_a_mw(case, 0.44 * HEZE.sent_mw, shut=main) is not None
    alone = case.model_copy(
        update={"links": tuple(link for link in case.links if not case.is_tie(link))}
    )
    assert sent_by_a_mw(alone, 0.30 * HEZE.sent_mw, shut=main) is None


def test_a_tie_leads_both_ways_and_loses_once(case):
    """Two rows for one pipe: the same size, length and delay; its loss stands on the first."""
    ties = [link for link in case.links if case.is_tie(link)]
    there, back = ties[:2], ties[2:]
    for one, other in zip(there, back, strict=True):
        assert (one.from_id, one.to_id) == (other.to_id, other.from_id)
        assert one.capacity_mw == other.capacity_mw
        assert one.delay_h_at_40pct_flow == other.delay_h_at_40pct_flow
        assert one.loss_mw_design > 0 == other.loss_mw_design
