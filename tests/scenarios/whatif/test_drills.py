"""Drills: what is lost, how fast rooms cool, what mains still reach, who gives what."""

import json
from dataclasses import replace
from datetime import UTC
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from cut_case import base, planned, request

from dispatch.case import Link
from dispatch.case_kinds import Manager, Use
from scenarios.drills.binder import Asked, binder_of, ranked, variants_of
from scenarios.drills.capacity import minimum_supply, reach, rule_share
from scenarios.drills.cooling import Rooms, cooling_classes, hours_until, middle, rooms_after_c
from scenarios.drills.day import Day, on_day
from scenarios.drills.even_reduction import reduction
from scenarios.drills.files import binder_files
from scenarios.drills.loss import Loss, LossKind, losses_of
from scenarios.drills.screen import binder_screen
from scenarios.screen import plain_lines
from scenarios.whatif.outcome import Outcome


def rooms(tau_h=48.4, loss=1.78, start_c=20.0, gain=2 * 1.78, margin_k=1.5):
    """The mean building of zaozhuang (handbook §14)."""
    values = (start_c, margin_k, loss, gain, tau_h, 1.0)
    return Rooms(*(np.array([value]) for value in values))


def loss_of(kind, lost_id):
    return next(one for one in losses_of(base().case) if (one.kind, one.lost_id) == (kind, lost_id))


# ---- rooms --------------------------------------------------------------------------------------


def test_rooms_lose_what_the_handbook_says_in_the_first_hour():
    """H §14: at −3 °C (Q̄ 21/22.5 = 0.933, q₀ = 37.3 W/m²) a total cut costs 0.43 K in the first
    hour; without the gains, or with τ in seconds, another figure.
    """
    after = rooms_after_c(rooms(), -3.0, 0.0, 1.0)
    assert 20.0 - after[0] == pytest.approx(0.43, abs=0.005)
    half = rooms_after_c(rooms(), -3.0, 0.5, 1.0)
    assert 20.0 - half[0] == pytest.approx(0.215, abs=0.003)


def test_hours_until_the_coldest_flats_are_cold():
    """All heat gone at −3 °C: rooms end at −3 + g/K = −1, so flats at 16 (rooms at 17.5) after
    48.4·ln(21/18.5) = 6.13 h, at 5 after 48.4·ln(21/7.5) = 49.8 h.
    """
    assert hours_until(rooms(), -3.0, 0.0, 16.0)[0] == pytest.approx(6.13, abs=0.01)
    assert hours_until(rooms(), -3.0, 0.0, 5.0)[0] == pytest.approx(49.8, abs=0.1)


def test_flats_that_settle_above_a_level_never_reach_it():
    """With 90 % left rooms end 2.1 K lower, at 17.9; flats at 16.4 keep above 16 for ever."""
    assert hours_until(rooms(), -3.0, 0.9, 16.0)[0] == np.inf
    assert np.isfinite(hours_until(rooms(), -3.0, 0.9, 18.0)[0])
    assert hours_until(rooms(start_c=19.4), -3.0, 0.9, 18.0)[0] == 0.0


def test_the_median_goes_by_area_and_knows_never():
    values, area = np.array([np.inf, 2.0, 9.0]), np.array([1.0, 1.0, 3.0])
    assert middle(values, area) == 9.0
    assert middle(values, np.array([9.0, 1.0, 1.0])) == np.inf


# ---- what is left -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design_c", "share"),
    [(-4.5, 0.40), (-10.0, 0.55), (-16.9, 0.55), (-20.0, 0.55), (-20.1, 0.65)],
)
def test_the_rule_steps_with_the_design_temperature(design_c, share):
    """H §7: 40 % above −10 °C, 55 % from −10 to −20, 65 % below."""
    assert rule_share(design_c) == share


def test_losses_are_units_rows_plants_and_mains():
    """B1 has two units; A is one row, so its plant is no drill of its own; B has two rows."""
    names = [loss.name for loss in losses_of(base().case)]
    assert names[:5] == ["source A1", "unit B1", "source B1", "source B3", "plant B"]
    assert len(names) == 5 + len(base().case.links)


def test_mains_decide_which_zone_gets_what():
    """With A out north has its main from B alone: capacity less that main's loss over its need.
    The whole gets all that B makes less the losses of B's three mains.
    """
    case = base().case
    found = minimum_supply(case, loss_of(LossKind.SOURCE, "A1"))
    of_b = [link for link in case.links if link.from_id == "B"]
    north = next(link for link in of_b if link.to_id == "north")
    made = sum(one.installed_mw for one in case.sources if one.plant_id == "B")
    lost = sum(link.loss_mw_design for link in of_b)
    need = found.reach.zone_needed_mw["north"]
    by_main = (north.capacity_mw - north.loss_mw_design) / need
    assert found.reach.zones["north"] == pytest.approx(min(1, by_main), abs=1e-3)
    assert found.reach.reached_mw <= (made - lost) * 1.001
    if by_main < 1:
        assert found.reach.reached_mw == pytest.approx(made - lost, rel=1e-3)


def test_nothing_lost_reaches_everyone_and_a_cut_off_zone_nobody():
    """Without a main into a zone it gets nothing, and 40 % of its need is what is missing."""
    case = base().case
    everything = {"A": 1e4, "B": 1e4}
    assert reach(case, everything, frozenset()).share == pytest.approx(1, abs=1e-3)
    gone = frozenset(link.link_id for link in case.links if link.to_id == "south")
    found = reach(case, everything, gone)
    assert found.zones["south"] == pytest.approx(0, abs=1e-4)
    assert found.zones["north"] == pytest.approx(1, abs=1e-3)


def test_a_tie_brings_a_neighbours_heat():
    """South cut off from both plants lives by a tie of 10 MW from north, less its loss of 10 %."""
    case = base().case
    row = case.links[0].model_dump() | {
        "from_id": "north",
        "to_id": "south",
        "capacity_mw": 10.0,
        "loss_mw_design": 1.0,
    }
    kept = tuple(link for link in case.links if link.to_id != "south")
    tied = case.model_construct(**dict(case) | {"links": (*kept, Link.model_validate(row))})
    found = reach(tied, {"A": 1e4, "B": 1e4}, frozenset())
    need = found.zone_needed_mw["south"]
    assert found.zones["south"] == pytest.approx(min(1.0, 9.0 / need), abs=1e-3)


# ---- even reduction -----------------------------------------------------------------------------


def share_of(found, use):
    return next(group.share for group in found.groups if group.use is use)


@pytest.mark.parametrize("missing", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("spared", [True, False])
def test_what_is_missing_is_given_and_by_priority(missing, spared):
    """All groups together give what is missing; the higher the priority, the warmer."""
    case = base().case
    case = case.model_construct(
        **dict(case)
        | {
            "stations": tuple(
                row.model_copy(update={"use": Use.HOSPITAL, "priority": 5.0, "era": row.era})
                if at < 3
                else row
                for at, row in enumerate(case.stations)
            )
        }
    )
    found = reduction(case, -4.5, missing, spared=spared)
    ours = [group for group in found.groups if group.use is not None]
    by_rank = sorted(ours, key=lambda group: group.priority)
    assert all(low.rooms_c <= high.rooms_c + 0.3 for low, high in pairwise(by_rank))
    everyone = reduction(case, -4.5, 0.0, spared=spared)
    assert all(group.share == pytest.approx(1) for group in everyone.groups)


def test_nobody_goes_to_frost_while_others_are_warm():
    """At 45 % missing the plan's prices would let others' rooms fall to −2.5 °C, outdoors plus
    gains; spared, no group is below the frost guard of 8 °C.
    """
    case = base().case
    assert any(row.managed_by is Manager.THIRD_PARTY for row in case.stations)
    by_price = reduction(case, -4.5, 0.45)
    spared = reduction(case, -4.5, 0.45, spared=True)
    assert min(group.rooms_c for group in by_price.groups) < 0
    assert min(group.rooms_c for group in spared.groups) > 7.9
    assert share_of(spared, Use.HOSPITAL) == pytest.approx(1)
    assert share_of(reduction(case, -4.5, 0.6, spared=True), Use.HOSPITAL) == pytest.approx(1)


def test_hand_worked_order_of_housing_alone():
    """Equal houses of one priority give alike: 30 % missing, each keeps 70 %, whatever its K."""
    case = base().case
    houses = tuple(
        row.model_copy(update={"priority": 1.0, "indoor_target_c": 20, "cold_flat_margin_k": 1.5})
        for row in case.stations
        if row.use is Use.HOUSING
    )
    found = reduction(
        case.model_construct(**dict(case) | {"stations": houses}), -4.5, 0.3, spared=True
    )
    (group,) = found.groups
    assert group.share == pytest.approx(0.7, abs=1e-6)
    assert group.rooms_c == pytest.approx(20 - 0.3 * 22.5, abs=0.15)


# ---- plans --------------------------------------------------------------------------------------


@cache
def binder():
    """Drills of the cut: B3 and A1 out for a day at design."""
    losses = (loss_of(LossKind.SOURCE, "B3"), loss_of(LossKind.SOURCE, "A1"))
    asked = Asked((Day.DESIGN,), (24,), losses)
    results = []
    for variant in variants_of(base(), asked):
        plan = planned(variant.situation)
        results.append(
            Outcome(
                name=variant.name,
                title=variant.title,
                case=variant.situation.case,
                schedule=plan.schedule,
                quality=plan.verdict.quality,
                reasons=plan.verdict.reasons,
                notes=plan.verdict.notes,
                shortage=plan.shortage,
                outlook=plan.outlook,
                solve=plan.outcome,
                audit=plan.audit,
            )
        )
    drills, why = ranked(asked, results)
    assert not why
    return binder_of(base().case, base().grid.start, drills)


def test_a_design_day_is_as_cold_as_the_design_temperature():
    """The mean of the planned day is −4.5 °C, its wave and the days before kept alike."""
    usual = base().weather["air_temperature"]
    cold = on_day(base(), Day.DESIGN).weather["air_temperature"]
    shift_k = (cold - usual).values[: 48 + 24]
    assert np.ptp(shift_k) == pytest.approx(0, abs=1e-9)
    start = np.datetime64(base().grid.start.astimezone(UTC).replace(tzinfo=None))
    day = (cold["time"].values >= start) & (cold["time"].values < start + np.timedelta64(24, "h"))
    assert float(cold.values[day].mean()) == pytest.approx(-4.5, abs=0.01)
    assert on_day(base(), Day.JANUARY) is base()


def test_the_worst_drill_stands_first():
    """Losing A (three fifths of the heat) at design leaves B short; B3 is a reserve."""
    first, last = binder().drills
    assert first.loss.lost_id == "A1"
    assert last.loss.lost_id == "B3"
    assert first.cost.home_hours > last.cost.home_hours
    assert first.cost.missing_mw > 0
    assert [one.plant_id for one in first.makes_up] and all(
        one.plant_id == "B" for one in first.makes_up
    )
    assert last.coldest_flat_c > first.coldest_flat_c


def test_a_plan_does_better_than_doing_nothing():
    """The plan's coldest flats of each class are warmer than with the heat gone wholly."""
    first = binder().drills[0]
    gone = cooling_classes(base().case, [(-4.5, 0.0)])
    for figures in gone:
        planned_h = first.reaches[figures.kind][16.0].worst
        assert planned_h >= figures.cooling[0].hours[16.0].worst - 1.0


def test_the_binder_is_written_and_fits_a_screen():
    """Page, table and JSON hold every drill; no line of the screen is wider than 80 columns."""
    files = binder_files(binder())
    told = json.loads(files["drills.json"])
    assert [one["loss"]["lost_id"] for one in told["drills"]] == ["A1", "B3"]
    assert len(files["drills.csv"].decode().splitlines()) == 3
    page = files["drills.html"].decode()
    assert "A4 portrait" in page
    assert "src=" not in page
    assert "Infinity" not in files["drills.json"].decode()
    lines = plain_lines(binder_screen(binder(), ["x"]))
    assert max(map(len, lines)) <= 80


def test_drills_that_cannot_be_planned_stand_first():
    """No plan at all is worse than any cold home."""
    drills = binder().drills
    lost = replace(drills[1], cost=None, why_not=("no plan",), start=None)
    assert min((*drills, lost), key=lambda one: one.rank) is lost
    assert isinstance(lost.loss, Loss)
    assert request().offline
