"""Changes of comfort and balance: what a kelvin costs, worked out from the buildings."""

from dataclasses import replace

import numpy as np
import pytest
from cut_case import base, base_plan, planned_with
from pydantic import ValidationError
from whatif_inputs import (
    base_inputs,
    inputs_of,
    lost_and_stored_mwh,
    served_mwh,
    steady_kw,
)

from dispatch.case_kinds import ComfortPolicy, Emitter, Era, Manager
from dispatch.case_recheck import recheck
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.changes.comfort import (
    ColdFlatMargin,
    ComfortLimits,
    ComfortRule,
    ComfortTarget,
    HydraulicBalance,
    PipeRenewal,
    SecondaryLimit,
)
from scenarios.whatif.selection import StationGroup


def kelvin_mw(case) -> float:
    """Heat that one kelvin more in all rooms of the utility's own stations takes, ΣK·A, MW."""
    own = [row for row in case.stations if row.managed_by is Manager.UTILITY]
    return sum(row.specific_loss_w_per_m2k * row.heated_area_m2 for row in own) / 1e6


def test_a_kelvin_more_takes_the_loss_of_a_kelvin():
    """Rooms held at 22 instead of 21 °C: ΣK·A·1 K more, some 5 % of a lift of 20 K."""
    cooler, warmer = (planned_with(ComfortTarget(target_c=c)).schedule for c in (21, 22))
    ours = cooler["station_controllable"].values.astype(bool)
    more_mw = (warmer["station_heat"] - cooler["station_heat"]).mean("block").values / 1e3
    room_k = (warmer["station_indoor"] - cooler["station_indoor"]).values
    occupied = np.array([row.timetable_id is None for row in base().case.stations])
    assert room_k[ours & occupied].mean() == pytest.approx(1, abs=0.05)
    assert room_k[~ours] == pytest.approx(0, abs=1e-6)
    assert more_mw[~ours] == pytest.approx(0, abs=1e-9)
    assert more_mw[ours].sum() == pytest.approx(kelvin_mw(base().case), rel=0.1)


def test_a_target_below_the_floor_changes_nothing_that_is_planned():
    """The floor keeps the coldest flats at 18 °C: an operator's 18 °C cannot undo it."""
    low = inputs_of(ComfortTarget(target_c=18).applied(base())).stations
    assert low.floor_c == pytest.approx(base_inputs().stations.floor_c)
    own = low.controllable
    assert low.target_c[own] == pytest.approx(low.floor_c[own])


def test_a_target_sets_the_policy_unless_told_not_to():
    held, left = (ComfortTarget(hold=hold).applied(base()).case.settings for hold in (True, False))
    assert held.comfort.policy is ComfortPolicy.HOLD_TARGET
    assert left == base().case.settings


def test_a_target_is_of_the_stations_asked_for():
    group = StationGroup(zone="north")
    changed = ComfortTarget(target_c=22, stations=group).applied(base()).case.stations
    for before, after in zip(base().case.stations, changed, strict=True):
        meant = before.zone_id == "north" and before.managed_by is Manager.UTILITY
        wanted = before.model_copy(update={"indoor_target_c": 22}) if meant else before
        assert after == wanted


def test_a_target_that_is_too_warm_is_one_fault_with_its_cure():
    with pytest.raises(ChangeFault, match="above the 23 °C") as told:
        ComfortTarget(target_c=24).applied(base())
    assert told.value.column == "target_c"
    raised = ComfortLimits(upper_c=25).applied(base())
    assert recheck(ComfortTarget(target_c=24).applied(raised).case) == ()


def test_stations_run_by_others_have_no_target_of_ours():
    with pytest.raises(ChangeFault, match="Leave it out"):
        ComfortTarget(stations=StationGroup(managed_by=Manager.THIRD_PARTY)).applied(base())
    theirs = [
        row.model_copy(update={"managed_by": Manager.THIRD_PARTY}) for row in base().case.stations
    ]
    case = base().case.model_copy(update={"stations": tuple(theirs)})
    with pytest.raises(NotApplicable):
        ComfortTarget().applied(replace(base(), case=case))


def test_a_policy_has_a_price_only_where_it_counts():
    rule = ComfortRule(below_target_price=5).applied(base()).case.settings.comfort
    assert (rule.policy, rule.below_target_price) == (ComfortPolicy.HOLD_TARGET, 5)
    with pytest.raises(ValidationError, match="counts under hold_target only"):
        ComfortRule(policy="least_fuel", below_target_price=5)


def test_limits_move_the_floor_of_every_room():
    lower = inputs_of(ComfortLimits(legal_min_c=16).applied(base())).stations
    fell_k = base_inputs().stations.floor_c - lower.floor_c
    timed = lower.timetabled
    assert fell_k[~timed] == pytest.approx(2)
    assert inputs_of(ComfortLimits(upper_c=24).applied(base())).stations.upper_c == 24


@pytest.mark.parametrize("keys", [{}, {"legal_min_c": 20, "upper_c": 19}])
def test_limits_that_say_nothing_or_cross_are_refused(keys):
    with pytest.raises(ValidationError):
        ComfortLimits(**keys)


def test_a_margin_moves_by_what_is_asked_and_never_below_none():
    for added_k in (0.5, -1.2):
        changed = ColdFlatMargin(added_k=added_k).applied(base()).case.stations
        for before, after in zip(base().case.stations, changed, strict=True):
            assert after.cold_flat_margin_k == max(0, before.cold_flat_margin_k + added_k)


def test_balance_lets_the_mean_fall_and_the_coldest_flats_stay():
    """0.5 K of margin less: floors 0.5 K lower, and the heat less that cooler rooms neither lose
    (K·A·ΣΔθ) nor store (C·A·Δθ); a settled start is cooler too where its room above the floor was.
    """
    before = base_plan().schedule
    after = planned_with(HydraulicBalance(coldest_k=0.5)).schedule
    own = before["station_controllable"].values.astype(bool)
    floor_k = before["station_floor"].values - after["station_floor"].values
    assert floor_k[own & (before["station_cold_flat_margin"].values > 0.8)] == pytest.approx(0.5)
    less_mwh = served_mwh(before) - served_mwh(after)
    spared_mwh = lost_and_stored_mwh(before, base().case) - lost_and_stored_mwh(after, base().case)
    assert less_mwh[~own] == pytest.approx(0)
    assert less_mwh[own].sum() == pytest.approx(spared_mwh[own].sum(), rel=0.1)
    assert less_mwh[own].sum() > 0


def test_renewed_pipes_warm_old_buildings_and_lose_less():
    """By hand: 2.0 K of margin less 2.5 K leaves the 0.3 K that flats always differ by."""
    changed = PipeRenewal().applied(base()).case.stations
    for before, after in zip(base().case.stations, changed, strict=True):
        if before.era not in (Era.BEFORE_1986, Era.Y1986_1995):
            assert after == before
            continue
        assert after.cold_flat_margin_k == pytest.approx(0.3)
        assert after.specific_loss_w_per_m2k == 0.98 * before.specific_loss_w_per_m2k
        assert after.design_loss_w_per_m2k == before.specific_loss_w_per_m2k
    saved = 1 - steady_kw(inputs_of(PipeRenewal(stations=StationGroup()).applied(base()))).sum() / (
        steady_kw(base_inputs()).sum()
    )
    assert 0.02 < saved < 0.04  # of the loss; gains stay, and some targets stood on their floor


def test_a_secondary_cap_spares_those_below_it():
    changed = SecondaryLimit(most_c=60).applied(base()).case.stations
    for before, after in zip(base().case.stations, changed, strict=True):
        assert after.secondary_supply_max_c == min(before.secondary_supply_max_c, 60)
    warmer = SecondaryLimit(change_k=20).applied(base()).case.stations
    floors = [row.secondary_supply_max_c for row in warmer if row.emitter is Emitter.FLOOR]
    assert max(floors) == 60
    assert max(row.secondary_supply_max_c for row in warmer) == 95


def test_a_cap_no_loop_can_heat_with_names_the_loop():
    with pytest.raises(ChangeFault, match="would leave loop") as told:
        SecondaryLimit(change_k=-30).applied(base())
    assert told.value.column == "change_k"
    with pytest.raises(ValidationError, match="exactly one of most_c, change_k"):
        SecondaryLimit(most_c=60, change_k=5)
