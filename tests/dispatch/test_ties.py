"""Ties between zones by hand: they stand in for a main, late by their delay, for what they lose.

Two plants, each with a main to its own zone, and a tie from west to east unless a test says
otherwise. Zones of 8 MW each at 4 °C.
"""

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    faults_of,
    hours_after,
    inputs_for,
    main,
    published,
    serving,
    station,
    tiny_case,
    values,
    wave,
    with_settings,
)

from dispatch.audit import audit
from dispatch.audit_rules.rule import Rule
from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.formulation.build import build_model
from dispatch.pipe import nothing_known, pipe
from dispatch.primary_ways import LinkFlow, ways
from dispatch.settled_start import settled_start

STATIONS = station("W", zone_id="west"), station("E", zone_id="east")
PLANTS = boiler("a", "A", max_output_mw=40), boiler("b", "B", max_output_mw=40)
MAINS = main("A", "west"), main("B", "east")
WEST, EAST, TIE = 0, 1, 2


def out(link_id, from_h, to_h):
    window = {"from": hours_after(START, from_h), "to": hours_after(START, to_h)}
    rest = {"kind": OutageKind.LINK, "id": link_id, "available_fraction": 0.0}
    return Outage.model_validate(window | rest)


def towns(*ties, mains=MAINS, sources=PLANTS, outages=()):
    return tiny_case(*sources, mains=(*mains, *ties), stations=STATIONS, outages=outages)


def served(case, *load_mw):
    model = serving(inputs_for(case, constant(4.0)), *(load_mw or (8.0, 8.0)))
    return model, [values(link.sent) for link in model.link.values()]


def test_a_tie_serves_a_zone_whose_main_is_out():
    """B's main is out from 12 to 15: the tie brings 5 of the 8 MW and plant A sends 13. Without the
    tie all 8 would lack; with its heat not taken off the west A would send only 8.
    """
    case = towns(main("west", "east", capacity_mw=5), outages=(out("B>east", 12, 15),))
    model, sent = served(case)
    expected = np.where((np.arange(24) >= 12) & (np.arange(24) < 15), 5.0, 0.0)
    assert sent[TIE] == pytest.approx(expected, abs=1e-6)
    assert sent[WEST] == pytest.approx(8.0 + expected)
    lacking = values(model.balance.unsent).reshape(2, 24)
    assert lacking[1] == pytest.approx(np.where(expected > 0, 3.0, 0.0), abs=1e-6)
    assert lacking[0] == pytest.approx(0.0, abs=1e-6)


def test_a_tie_is_late_by_its_delay():
    """1.5 h: for the heat of 12:00 to 15:00 the west gives from 10:30 to 13:30."""
    case = towns(main("west", "east", delay_h=1.5), outages=(out("B>east", 12, 15),))
    _, sent = served(case)
    assert sent[TIE][9:16] == pytest.approx([0, 4, 8, 8, 4, 0, 0], abs=1e-6)


def test_a_tie_out_at_that_time_does_not_help():
    """Both out from 3 to 6: 24 MWh lack."""
    outages = out("B>east", 3, 6), out("west>east", 3, 6)
    model, sent = served(towns(main("west", "east"), outages=outages))
    assert sent[TIE] == pytest.approx(0.0, abs=1e-6)
    assert values(model.balance.unsent).sum() == pytest.approx(24.0)


def test_a_zone_fed_by_a_tie_alone():
    """The east has no main: A sends 16 MW and the loss of the tie, 0.646 of 1 MW at half load."""
    case = towns(main("west", "east", loss_mw=1), mains=MAINS[:1], sources=PLANTS[:1])
    _, sent = served(case)
    assert sent[1] == pytest.approx(np.full(24, 8.646), abs=2e-3)
    assert sent[0] == pytest.approx(np.full(24, 16.646), abs=2e-3)


def test_a_tie_that_stands_ready_carries_what_it_loses():
    """0.646 MW go into the tie and keep it warm; it brings the east nothing."""
    _, sent = served(towns(main("west", "east", loss_mw=1)))
    assert sent[TIE] == pytest.approx(np.full(24, 0.646), abs=2e-3)
    assert sent[EAST] == pytest.approx(np.full(24, 8.0))


def test_heat_does_not_go_round_between_two_zones():
    """Cheap heat of A goes east, and never both ways at once: pumping costs."""
    sources = PLANTS[0], boiler("b", "B", max_output_mw=40, efficiency=0.5)
    both = main("west", "east", capacity_mw=6), main("east", "west", capacity_mw=6)
    _, sent = served(towns(*both, sources=sources))
    assert sent[TIE] == pytest.approx(np.full(24, 6.0))
    assert sent[3] == pytest.approx(np.zeros(24), abs=1e-6)
    assert sent[EAST] == pytest.approx(np.full(24, 2.0))


def test_what_a_tie_costs_is_its_pump():
    """6 MW for 24 h at 5 yuan/MWh; the mains of plants cost nothing for what they carry."""
    inputs = inputs_for(towns(main("west", "east")), constant(4.0))
    model = build_model(inputs, np.full((2, 24), 8.0))
    for link in model.link.values():
        link.sent[:].value = 6.0
        for name in ("change_up", "change_down", "below_loss"):
            link.component(name)[:].value = 0.0
    assert model.link[TIE].cost() == pytest.approx(6 * 24 * 5.0)
    assert model.link[WEST].cost() == pytest.approx(0.0)


# ---- the start -----------------------------------------------------------------------------


def settled(case):
    inputs = inputs_for(case, constant(4.0))
    return settled_start(case, inputs.grid, inputs.stations, inputs.relative_load)


def test_the_settled_start_leads_the_heat_of_a_far_zone_through_the_near_one():
    """8 MW and 0.646 of loss through the tie, 16.646 from the plant."""
    found = settled(towns(main("west", "east", loss_mw=1), mains=MAINS[:1], sources=PLANTS[:1]))
    assert found.link_mw == pytest.approx(
        {("west", "east"): 8.646, ("A", "west"): 16.646}, abs=1e-3
    )


def test_the_settled_start_keeps_a_spare_tie_warm():
    """It carries its loss out of the west, and the east's own main all of the east's heat."""
    found = settled(towns(main("west", "east", loss_mw=1)))
    expected = {("west", "east"): 0.646, ("A", "west"): 8.646, ("B", "east"): 8.0}
    assert found.link_mw == pytest.approx(expected, abs=1e-3)


# ---- the primary side ----------------------------------------------------------------------


def flow(link, sent, heat, loss):
    one = np.ones(1)
    edges = np.array([0.0, 4.0])
    late = pipe(edges, edges + link.delay_h_at_70pct_flow, nothing_known(0.0, 0.0))
    return LinkFlow(link, late, sent * one, heat * one, loss * one)


def test_a_way_over_a_tie_takes_its_part_of_the_main_with_it():
    """10 MW less 1 arrive in the west and 3 of the 9 go on: a third of the main's heat and loss.
    The way to the east has 3 + ⅓ MW at its plant end, loses 0.5 + ⅓, and takes 1 + 2 h.
    """
    case = towns(main("west", "east"), mains=MAINS[:1], sources=PLANTS[:1])
    flows = [
        flow(main("A", "west", delay_h=1.0), 10, 10, 1),
        flow(main("west", "east", delay_h=2.0), 3, 3, 0.5),
    ]
    near, far = ways(case, flows, np.array([0.0, 4.0]))
    assert (near.heat_mw[0], near.loss_mw[0]) == pytest.approx((20 / 3, 2 / 3))
    assert (far.heat_mw[0], far.loss_mw[0]) == pytest.approx((3 + 1 / 3, 0.5 + 1 / 3))
    assert (near.heat_mw + far.heat_mw)[0] == pytest.approx(10.0)
    assert far.arrives_h == pytest.approx([3.0, 7.0])
    assert (far.plant_id, far.zones) == ("A", ("west", "east"))


def test_without_ties_ways_are_the_mains():
    case = towns()
    flows = [flow(MAINS[0], 10, 10, 1), flow(MAINS[1], 5, 5, 0.2)]
    assert [w.heat_mw[0] for w in ways(case, flows, np.array([0.0, 4.0]))] == [10, 5]


# ---- a whole plan --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan():
    """Two days, B's main out for ten hours of the first; ties both ways, with delay and loss."""
    ties = (
        main("west", "east", delay_h=0.75, capacity_mw=12, loss_mw=0.2),
        main("east", "west", delay_h=0.75, capacity_mw=12, loss_mw=0.2),
    )
    mains = main("A", "west", delay_h=1.5, loss_mw=0.3), main("B", "east", delay_h=1, loss_mw=0.3)
    case = towns(*ties, mains=mains, outages=(out("B>east", 6, 16),))
    case = with_settings(case, "time", horizon_h=48, setpoint_hold_h=4, look_ahead_h=24)
    return published(inputs_for(case, wave(0.0, 3.0)))


def test_the_audit_of_a_plan_with_ties_finds_nothing(plan):
    assert faults_of(plan) == []
    assert plan["link_sent"].values[TIE, 6:15].min() > 5.0


def test_the_audit_sees_heat_that_a_tie_takes_from_nowhere(plan):
    """The west keeps what it gave: its balance is off, and no other rule of balance but the
    pipe's and the network's, where the tie's heat now appears twice. Its cost is not told either.
    """
    wrong = plan.copy(deep=True)
    wrong["zone_surplus"].values[0, 8] += wrong["link_sent"].values[TIE, 8]
    failed = {one.rule for one in audit(wrong).findings if not (one.passed or one.soft)}
    assert failed == {Rule.ZONE_BALANCE, Rule.NETWORK_BALANCE, Rule.OBJECTIVE}


def test_the_far_zone_has_cooler_water_and_plants_pump_it_once(plan):
    """While B's main is out the east gets A's water, cooled by the tie; A's flow carries all."""
    doors = plan["station_primary_supply"].values  # stations W, E
    assert doors[1, 3] < doors[0, 3]
    hours = plan["plant_heat"].values[:, 12:16].mean(axis=1)
    spread = (plan["plant_supply_temp"] - plan["plant_return_temp"]).values[:, 3]
    assert plan["plant_flow"].values[0, 3] == pytest.approx(
        hours[0] * 3600 / 4.187 / spread[0], rel=1e-6
    )
