"""The audit by hand: figures worked out on paper, and what it must let pass."""

import numpy as np
import pytest

from dispatch.audit import audit
from dispatch.audit_rules.buildings import rooms
from dispatch.audit_rules.comfort import comfort_figures
from dispatch.audit_rules.pipes import sent_by_arrivals_mw
from dispatch.audit_rules.published import PublishedPlan
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditReport
from tests.schedule_maker import SmallPlan, small_schedule


def hard_failures(report: AuditReport) -> set[str]:
    return {one.rule for one in report.findings if not one.passed and not one.soft}


# ---- numbers worked by hand ----------------------------------------------------------------


def test_what_was_sent_by_hand():
    """Delay 1.5 h, steps of 1 h, 4 MW arriving, 6 MW from step 2: sent 5, then 6, ...

    The pipe holds 4 MWh for step 0 and 2 for the first half of step 1. Its second half brings
    2 MWh of what step 0 sends, and the first half of step 2 brings 3 MWh: 5 MW sent in step 0.
    """
    schedule = small_schedule()
    schedule["link_arrival"].values[0] = 6.0
    schedule["link_arrival"].values[0, :2] = 4.0
    schedule["link_arrival_stored"].values[0] = 0.0
    schedule["link_arrival_stored"].values[0, :2] = [4.0, 2.0]
    sent = sent_by_arrivals_mw(PublishedPlan(schedule))[0]
    assert sent[:3] == pytest.approx([5.0, 6.0, 6.0])


def test_rooms_without_heat_by_hand():
    """Handbook §14: K 1.78, C 310 kJ/m²K at −3 °C, gains 2K: a total cut costs 0.43 K an hour.

    t∞ = −3 + 2 = −1 °C, factor e^(−1/48.4) = 0.9796: 20 − 21·0.0204 = 19.57 °C.
    """
    schedule = small_schedule(SmallPlan(outdoor_swing_k=0.0))
    schedule["station_heat"].values[0] = 0.0
    schedule["station_gain"].values[0] = 2 * 1.78
    schedule["wind_speed"].values[:] = 2.0  # below the reference: no added loss
    schedule["global_radiation"].values[:] = 0.0
    room = rooms(PublishedPlan(schedule))
    assert room.kept[0, 0] == pytest.approx(0.9796, abs=1e-4)
    after = room.rest_temp_c[0, 0] + (20 - room.rest_temp_c[0, 0]) * room.kept[0, 0]
    assert after - 20 == pytest.approx(-0.43, abs=0.005)


@pytest.mark.parametrize(
    ("relative_flow", "supply", "back", "load"),
    [(1.0, 69.8, 47.6, 21 / 23.6), (1.0, 53.0, 39.2, 13 / 23.6)],
)
def test_regulation_curve_by_the_handbook_table(relative_flow, supply, back, load):
    """Handbook §5, Liaocheng, radiators 75/50, φ 1: 69.8/47.6 at −3 °C, 53.0/39.2 at 5 °C."""
    schedule = small_schedule()
    design = schedule["station_design_heat"].values[0]
    for name, value in {"station_relative_flow": relative_flow, "station_oversize": 1.0}.items():
        schedule[name].values[0] = value
    for name, value in {"station_supply": supply, "station_return": back}.items():
        schedule[name].values[0, :] = value
    schedule["station_heat"].values[0] = load * design
    schedule["station_heat_max"].values[0] = 2 * design
    schedule["station_indoor_before"].values[0] = 18.0
    schedule["station_indoor"].values[0] = 18.0
    finding = next(f for f in audit(schedule).findings if f.rule == Rule.REGULATION_CURVE)
    assert finding.worst < 0.05  # the table has one decimal


def test_a_loop_with_little_flow_follows_the_log_mean():
    """Ḡ 0.4 at full load, 75/50, base 18: spread 62.5 K, log mean (57−32)/ln(57/32) = 43.30 K.

    Supply 18 + 62.5/(1 − e^(−62.5/43.30)) = 18 + 62.5/0.7639 = 99.82 °C, return 37.32 °C; check:
    ln(81.82/19.32) = 1.4434 = 62.5/43.30. The arithmetic form would say 93.75/31.25, 6 K less.
    """
    schedule = small_schedule()
    schedule["station_relative_flow"].values[0] = 0.4
    schedule["station_oversize"].values[0] = 1.0
    schedule["station_heat"].values[0] = schedule["station_design_heat"].values[0]
    schedule["station_heat_max"].values[0] = 2 * schedule["station_design_heat"].values[0]
    schedule["station_supply"].values[0], schedule["station_return"].values[0] = 99.82, 37.32
    schedule["station_indoor_before"].values[0] = schedule["station_indoor"].values[0] = 18.0
    finding = next(f for f in audit(schedule).findings if f.rule == Rule.REGULATION_CURVE)
    assert finding.worst < 0.02


# ---- what is allowed -----------------------------------------------------------------------


def test_a_starting_unit_may_step_to_its_minimum():
    """A unit off for six steps comes up at its minimum, faster than its ramp."""
    schedule = small_schedule()
    schedule["source_commitment"].values[:] = 0.0
    schedule["source_ramp"].values[:] = 50.0
    heat, units = schedule["source_heat"].values, schedule["source_units_on"].values
    heat[0, :6] += heat[1, :6]
    heat[1, :6] = 0.0
    units[1, :6] = 0.0
    schedule["source_max_heat"].values[0] = 10.0
    schedule["source_min_heat"].values[1] = np.where(units[1] > 0, heat[1, 6:].min(), 0.0)
    schedule["source_heat_before"].values[:2] = [heat[0, 0], 0.0]
    schedule["source_ramp"].values[1] = 0.3
    assert Rule.SOURCE_RAMP not in hard_failures(audit(schedule))
    units[1, :6] = 1.0  # had it been running, this would be a breach
    assert Rule.SOURCE_RAMP in hard_failures(audit(schedule))


def test_an_outage_may_take_a_source_down_faster_than_its_ramp():
    schedule = small_schedule()
    schedule["source_ramp"].values[2] = 0.3
    schedule["source_heat"].values[2, 9:] = 0.2
    failed = hard_failures(audit(schedule))
    schedule["source_max_heat"].values[2, 9:] = 0.2
    schedule["source_min_heat"].values[2, 9:] = 0.0
    assert Rule.SOURCE_RAMP in failed
    assert Rule.SOURCE_RAMP not in hard_failures(audit(schedule))


def test_a_yard_may_cover_heat_only():
    """Where a yard is drawn for heat only, a CHP draws its accounting fuel, a boiler all of it."""
    schedule = small_schedule()
    schedule["yard_covers_heat_share"] = ("yard", np.array([1.0]))
    assert hard_failures(audit(schedule)) == {Rule.YARD_BALANCE}
    accounting, fuel = (schedule[f"source_fuel{name}"].values for name in ("_accounting", ""))
    burn = (accounting[0] + fuel[1]) / 5.815
    schedule["yard_burn"].values[0] = burn
    schedule["yard_stock"].values[0] = 300 + np.cumsum(schedule["yard_delivery"].values[0] - burn)
    assert audit(schedule).passed


def test_a_shut_loop_needs_no_water_figures():
    """A station without heat in a block may have no return or flow; a commanded setpoint stays."""
    schedule = small_schedule()
    schedule["station_heat"].values[0, 3] = 0.0
    for name in ("station_return", "station_primary_return", "station_primary_flow"):
        schedule[name].values[0, 3] = np.nan
    assert Rule.FINITE not in hard_failures(audit(schedule))
    schedule["station_supply"].values[0, 3] = np.nan
    assert hard_failures(audit(schedule)) == {Rule.FINITE}


def test_a_plan_without_yards_links_of_one_plant_or_third_party_is_fine():
    schedule = small_schedule().isel(yard=[])
    schedule["source_yard"].values[:] = ""
    assert audit(schedule).passed


def test_comfort_figures_by_hand():
    """One commanded station 1 K below 18 °C for two hours, the third party 2 K for one."""
    schedule = small_schedule()
    schedule["station_indoor"].values[:] = 20.0
    schedule["station_indoor"].values[1, 4:6] = 17.0
    schedule["station_indoor"].values[3, 7] = 16.0
    figures = comfort_figures(schedule)
    assert figures.below_legal.station_hours == 2
    assert figures.below_legal.degree_hours == pytest.approx(2.0)
    assert figures.below_legal.homes == 350
    assert figures.below_floor.degree_hours == pytest.approx(2 * 1.8)
    assert figures.third_party_below_legal.degree_hours == pytest.approx(2.0)
    assert figures.above_upper.station_hours == 0
    assert figures.coldest is not None
    assert figures.coldest.station == "S2.L1"
    assert f"{figures.coldest.time:%H:%M %z}" == "05:00 +0800"  # end of step 4
    assert figures.coldest_third_party is not None
    assert figures.coldest_third_party.indoor_c == 16.0


def test_an_office_at_night_is_not_under_heated():
    schedule = small_schedule()
    schedule["station_floor"].values[0, :] = 12.0
    schedule["station_indoor"].values[:] = 20.0
    schedule["station_indoor"].values[0, 4] = 14.0
    assert comfort_figures(schedule).below_legal.station_hours == 0
