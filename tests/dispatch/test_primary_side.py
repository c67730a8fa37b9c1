"""Door temperatures, plant setpoints, flows and returns of a small network worked by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dispatch.exchanger import WATER_KJ_PER_KG_K, Exchangers, lowest_primary_supply_c
from dispatch.primary_side import PrimaryNetwork, PrimaryTask, departure_share, primary_side
from dispatch.supply_curve import CurveRules

RULES = CurveRules(step_k=3.0, day_k=10.0, blocks_per_day=6)
BLOCKS = 4
EDGES_H = np.arange(BLOCKS + 1) * 4.0
HOT, COOL, THEIRS = 0, 1, 2  # stations: neediest of ours, another of ours, third party


def network(**changes):
    """Two plants feed one zone of three stations; plant 1 by a longer main."""
    base = PrimaryNetwork(
        zone_count=1,
        station_zone=np.zeros(3, dtype=np.intp),
        commanded=np.array([True, True, False]),
        link_plant=np.array([0, 1], dtype=np.intp),
        link_zone=np.zeros(2, dtype=np.intp),
        plant_flow_max_tph=np.array([500.0, 500.0]),
        plant_supply_max_c=np.array([120.0, 120.0]),
        supply_min_c=65.0,
    )
    return replace(base, **changes)


def exchangers():
    """1 MW each: the neediest has half the plates, the third party's a tenth."""
    one = np.ones(3)
    return Exchangers(
        ua_kw_per_k=np.array([40.0, 80.0, 8.0]),
        primary_design_kw_per_k=1000 / 60 * one,
        secondary_design_kw_per_k=40.0 * one,
        secondary_kw_per_k=100.0 * one,
        primary_flow_max_tph=18.0 * one,
    )


def task(**changes):
    heat = np.full((3, BLOCKS), 900.0)
    base = PrimaryTask(
        station_heat_kw=heat,
        station_supply_c=np.full((3, BLOCKS), 50.0),
        secondary_return_c=np.full((3, BLOCKS), 48.0),
        link_heat_mw=np.array([[1.7] * BLOCKS, [1.1] * BLOCKS]),
        link_loss_mw=np.array([[0.04] * BLOCKS, [0.06] * BLOCKS]),
        plant_heat_mw=np.array([[1.7] * BLOCKS, [1.1] * BLOCKS]),
        soil_c=np.full(BLOCKS, 4.0),
        block_edges_h=EDGES_H,
        link_arrives_h=np.array([EDGES_H, EDGES_H]),
        supply_before_c=np.full(2, np.nan),
        supply_day_before_c=np.full((2, 6), np.nan),
        supply_last_c=np.full((2, BLOCKS), np.nan),
        supply_pinned_c=np.full((2, BLOCKS), np.nan),
    )
    return replace(base, **changes)


def test_neediest_commanded_station_sets_the_door_temperature():
    found = primary_side(network(), exchangers(), task(), RULES)
    need = lowest_primary_supply_c(exchangers(), np.full(3, 900.0), np.full(3, 48.0), 0.95)
    assert need[THEIRS] > need[HOT] > need[COOL]
    assert found.zone_neediest.tolist() == [[HOT] * BLOCKS]
    assert found.zone_need_c[0] == pytest.approx(need[HOT])
    assert (found.zone_door_c >= found.zone_need_c).all()
    assert found.station.reachable[HOT].all()
    assert not found.station.reachable[THEIRS].any()  # it takes what it gets


def test_water_is_no_colder_than_a_setpoint_that_stays():
    """Little heat at a setpoint of 92 °C, as where heat is short: the door keeps 92."""
    heat, setpoint = np.full((3, BLOCKS), 100.0), np.full((3, BLOCKS), 50.0)
    setpoint[COOL] = 92.0
    found = primary_side(
        network(), exchangers(), task(station_heat_kw=heat, station_supply_c=setpoint), RULES
    )
    assert found.zone_neediest.tolist() == [[COOL] * BLOCKS]
    assert (found.zone_door_c >= 92.0).all()


def test_supply_main_drops_by_its_share_of_the_loss():
    """Plant 0: f = 0.04/1.7, D about 50 K: 1.2 K, of it (100 − 4)/((100 − 4) + (49 − 4)) = 68 %."""
    found = primary_side(network(), exchangers(), task(), RULES)
    only = primary_side(
        network(link_plant=np.array([0]), link_zone=np.array([0])),
        exchangers(),
        task(
            link_heat_mw=np.full((1, BLOCKS), 2.8),
            link_loss_mw=np.full((1, BLOCKS), 0.07),
            link_arrives_h=EDGES_H[None, :],
        ),
        RULES,
    )
    supply, back = only.plant_supply_c[0, 0], only.plant_return_c[0, 0]
    spread = supply - back
    share = (supply - 4) / ((supply - 4) + (back - 4))
    assert supply - only.zone_door_c[0, 0] == pytest.approx(0.025 * share * spread, rel=0.02)
    assert found.plant_supply_c[0, 0] >= found.zone_need_c[0, 0]


def test_plant_heat_flow_and_temperatures_agree():
    found = primary_side(network(), exchangers(), task(), RULES)
    spread = found.plant_supply_c - found.plant_return_c
    heat_mw = WATER_KJ_PER_KG_K * found.plant_flow_tph * spread / 3600
    assert heat_mw == pytest.approx(task().plant_heat_mw, rel=1e-12)
    assert (found.plant_supply_c * 2 == np.round(found.plant_supply_c * 2)).all()


def test_heat_of_the_zone_is_what_its_stations_draw():
    """Without loss, plants' and stations' water carry the same heat between the same ends."""
    served = 2.7
    idle_loss = task(
        link_loss_mw=np.zeros((2, BLOCKS)),
        link_heat_mw=np.array([[1.6] * BLOCKS, [1.1] * BLOCKS]),
        station_heat_kw=np.array([[900.0] * BLOCKS] * 3),
        plant_heat_mw=np.array([[1.6] * BLOCKS, [1.1] * BLOCKS]),
    )
    wide = replace(exchangers(), primary_flow_max_tph=np.full(3, 60.0))
    found = primary_side(network(commanded=np.ones(3, dtype=bool)), wide, idle_loss, RULES)
    drawn = found.station.heat_kw.sum(axis=0) / 1000
    assert drawn == pytest.approx(served)
    assert found.plant_flow_tph.sum(axis=0) == pytest.approx(found.station.flow_tph.sum(axis=0))


def test_need_reaches_back_by_the_delay():
    """A need in block 2 asks for hot water in block 1 when it is 2 h on its way."""
    heat = np.full((3, BLOCKS), 500.0)
    heat[:, 2] = 900.0
    steep = replace(RULES, step_k=60.0, day_k=60.0)
    late = task(station_heat_kw=heat, link_arrives_h=np.array([EDGES_H + 2.0, EDGES_H]))
    found = primary_side(network(), exchangers(), late, steep)
    assert found.plant_need_c[0, 1] == pytest.approx(found.plant_need_c[0, 2])
    assert found.plant_need_c[1, 1] < found.plant_need_c[1, 2] - 5
    assert found.zone_door_c[0, 2] >= found.zone_need_c[0, 2]


def test_water_that_arrives_after_the_plan_keeps_the_last_need():
    """Sent in the last block and 9 h on its way: without a need it would drop to 65 °C."""
    steep = replace(RULES, step_k=60.0, day_k=60.0)
    far = task(link_arrives_h=np.array([EDGES_H + 9.0, EDGES_H]))
    found = primary_side(network(), exchangers(), far, steep)
    assert found.plant_need_c[0] == pytest.approx(found.plant_need_c[0, 0])
    assert found.plant_need_c[0, 0] > 90.0


def test_departure_blocks():
    edges_h = np.array([0.0, 4.0, 8.0, 12.0])
    share = departure_share(edges_h, edges_h + np.array([[0.0], [1.0], [5.0]]))
    assert share[0].tolist() == np.eye(3).tolist()
    assert share[1, 1].tolist() == [0.25, 0.75, 0.0]
    assert share[2, 1].tolist() == [0.75, 0.0, 0.0]  # a quarter left before the first block
    assert share[2, 2].tolist() == [0.25, 0.75, 0.0]


def test_departure_blocks_of_water_that_gets_faster():
    """Leaving at 0, 4 and 8 h it arrives at 3, 6 and 9: of block 1 (4 to 8 h) two hours left in
    block 0 and two in block 1; with the first delay kept it would be three and one.
    """
    share = departure_share(np.array([0.0, 4.0, 8.0]), np.array([[3.0, 6.0, 9.0]]))
    assert share[0].tolist() == [[0.25, 0.0], [0.5, 0.5]]


def test_plant_flow_limit_asks_for_hotter_water():
    """1.7 MW within 25 t/h needs 58.5 K between supply and return."""
    tight = network(plant_flow_max_tph=np.array([25.0, 500.0]))
    clean = replace(exchangers(), ua_kw_per_k=np.array([40.0, 80.0, 30.0]))
    found = primary_side(tight, clean, task(), RULES)
    spread = found.plant_supply_c - found.plant_return_c
    assert spread[0].min() >= 3600 * 1.7 / (WATER_KJ_PER_KG_K * 25) - 1e-9
    assert not found.plant_flow_over_tph.any()
    loose = primary_side(network(), clean, task(), RULES)
    assert (found.plant_supply_c[0] > loose.plant_supply_c[0] + 5).all()


def test_flow_beyond_the_pumps_is_said():
    """With the fouled third-party exchanger even the highest supply leaves 1.7 MW too much."""
    tight = network(plant_flow_max_tph=np.array([25.0, 500.0]))
    found = primary_side(tight, exchangers(), task(), RULES)
    assert (found.plant_supply_c[0] == 120.0).all()
    assert (found.plant_flow_over_tph[0] > 1.0).all()
    assert (found.plant_short_k[0] > 1.0).all()


def test_lag_is_said_by_plant_and_block():
    cold = task(supply_before_c=np.array([80.0, 80.0]))
    found = primary_side(network(), exchangers(), cold, RULES)
    assert found.plant_supply_c[:, 0].tolist() == [83.0, 83.0]
    assert (found.plant_short_k[:, 0] > 5).all()
    assert (np.diff(found.plant_short_k, axis=1) <= 0).all()


def test_idle_plant_and_zone_give_numbers():
    idle = task(
        station_heat_kw=np.zeros((3, BLOCKS)),
        link_heat_mw=np.zeros((2, BLOCKS)),
        plant_heat_mw=np.zeros((2, BLOCKS)),
    )
    found = primary_side(network(), exchangers(), idle, RULES)
    assert (found.plant_supply_c == 65.0).all()
    assert (found.plant_flow_tph == 0.0).all()
    assert (found.zone_neediest == -1).all()
    for values in (found.plant_return_c, found.zone_door_c, found.station.return_c):
        assert np.isfinite(values).all()


@pytest.mark.parametrize(
    ("over_k", "stands"), [(1.0, True), (2.5, True), (5.0, False), (-1.0, False)]
)
def test_the_last_setpoint_stands_while_it_meets_the_need_and_is_not_much_warmer(over_k, stands):
    """Without the rule a re-plan lowers a plant to its own least curve every hour."""
    fresh = primary_side(network(), exchangers(), task(), RULES).plant_supply_c
    last = fresh + over_k
    again = primary_side(network(), exchangers(), task(supply_last_c=last), RULES).plant_supply_c
    assert (again == pytest.approx(last)) is stands
    if not stands:
        assert again == pytest.approx(fresh)
