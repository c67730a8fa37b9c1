"""The plan by prices of heat against the whole plan in one program.

The whole plan's optimum must lie between the decomposition's two bounds, whatever the case.
"""

import multiprocessing

import numpy as np
import pyomo.environ as pyo
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    hours_after,
    inputs_for,
    main,
    planned,
    ramp,
    solved,
    station,
    tiny_case,
    tiny_settings,
    wave,
    with_every,
    with_settings,
)
from scipy import sparse

from dispatch.case import Outage, Station
from dispatch.case_kinds import ComfortPolicy, Manager, OutageKind
from dispatch.decomposition import warm
from dispatch.decomposition.coupling import supply_of
from dispatch.decomposition.optimum import PricedOptimum, decomposed_optimum, optimum_of
from dispatch.decomposition.programs import station_programs
from dispatch.decomposition.responses import Answers, Question, chunks_of
from dispatch.decomposition.rounds import stations_at_work
from dispatch.decomposition.subset import stations_only
from dispatch.decomposition.warm import NotSolved, WarmProgram
from dispatch.decomposition.workers import Here, Workers
from dispatch.formulation.build import build_model
from dispatch.full_plan import optimum
from dispatch.inputs import PlanInputs, with_coal_needs
from dispatch.plan import SolveStatus
from dispatch.settings import NetworkSettings, ShareGroup, Time
from dispatch.settle import settle
from dispatch.solve import Matrices, compile_model, run_highs
from dispatch.tonne_value import CoalNeed

START_C, FRONT_C = 2.0, -8.0
LIMITED = NetworkSettings(
    soil_temp_c=(8.0,) * 12, primary_design_supply_c=105, primary_design_return_c=50
)
SETTINGS = tiny_settings(
    time=Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=24),
    network=LIMITED,
    share={"two": ShareGroup(shares={"P": 0.6, "Q": 0.4}, band=0.1)},
)


def varied(count: int, seed: int = 3) -> list[Station]:
    """Stations of two zones, different in size, insulation, mass, margin and limits."""
    draw = np.random.default_rng(seed)
    return [
        station(
            f"S{i}",
            zone_id="town" if i % 3 else "east",
            heated_area_m2=float(draw.uniform(20_000, 90_000)),
            specific_loss_w_per_m2k=float(draw.uniform(0.8, 1.8)),
            heat_capacity_kj_per_m2k=float(draw.uniform(150, 500)),
            gain_w_per_m2=float(draw.uniform(0, 5)),
            cold_flat_margin_k=float(draw.uniform(1, 2)),
            secondary_supply_max_c=float(draw.uniform(65, 90)),
            managed_by=Manager.THIRD_PARTY if i % 7 == 0 else Manager.UTILITY,
        )
        for i in range(count)
    ]


def two_plants(
    count: int, *, share_of_need: float = 1.5, east_mw: float = 500.0, **tables: object
) -> PlanInputs:
    """Two plants, two zones, four mains with delay, `count` varied stations under a front.

    `share_of_need`: what both plants can give over what all stations want at 20 °C in the cold;
    `east_mw`: what each of the two mains to the zone east can take.
    """
    stations = varied(count)
    need_mw = sum(s.heated_area_m2 * s.specific_loss_w_per_m2k for s in stations) * 28.0 / 1e6
    sources = [
        boiler("P1", "P", max_output_mw=0.6 * share_of_need * need_mw, ramp_mw_per_h=0.2 * need_mw),
        boiler("Q1", "Q", max_output_mw=0.4 * share_of_need * need_mw, efficiency=0.7),
    ]
    loss_mw = 0.02 * need_mw
    mains = [
        main("P", "town", delay_h=1.5, loss_mw=loss_mw),
        main("P", "east", delay_h=2.0, loss_mw=loss_mw, capacity_mw=east_mw),
        main("Q", "town", delay_h=0.5, loss_mw=loss_mw),
        main("Q", "east", delay_h=1.0, loss_mw=0.5 * loss_mw, capacity_mw=east_mw),
    ]
    case = tiny_case(*sources, mains=mains, stations=stations, settings=SETTINGS, **tables)
    return inputs_for(case, ramp(START_C, FRONT_C, 8.0, 24.0))


def whole(inputs: PlanInputs) -> float:
    """Least cost of the whole plan in one program."""
    return solved(build_model(inputs)).objective_yuan


def bracket(found: PricedOptimum, best_yuan: float) -> None:
    """The best plan's cost lies between the bounds, to rounding."""
    room = 1e-7 * abs(best_yuan)
    outcome = found.outcome
    assert outcome.bound_yuan <= best_yuan + room
    assert outcome.objective_yuan >= best_yuan - room
    assert outcome.gap == pytest.approx(
        max(0.0, outcome.objective_yuan - outcome.bound_yuan) / abs(outcome.objective_yuan)
    )
    assert sum(outcome.terms_yuan.values()) == pytest.approx(outcome.objective_yuan, rel=1e-9)


def cost_of(inputs: PlanInputs, found: PricedOptimum) -> float:
    """Cost of the whole plan with our stations' heat as the decomposition has it."""
    model = build_model(inputs)
    for (s, k), heat in model.substation.heat.items():
        mw = float(found.heat_kw[s, k]) / 1000.0
        assert -1e-9 <= mw <= heat.ub + 1e-9
        heat.fix(min(mw, heat.ub))
    return solved(model).objective_yuan


def test_forty_stations_cost_as_much_as_in_one_program():
    """Within 0.01 %, and the heat it names really costs no more than it says: mixing answers is
    feasible, and dearer than the plan it stands for.
    """
    inputs = two_plants(40)
    found = decomposed_optimum(inputs, tolerance=1e-4, workers=1)
    assert found.outcome.status is SolveStatus.OPTIMAL
    assert found.outcome.gap <= 1e-4
    bracket(found, whole(inputs))
    assert cost_of(inputs, found) <= found.outcome.objective_yuan * (1.0 + 1e-7)


def test_a_shortage_is_shared_out_as_in_one_program():
    """Plants that give 75 % of the need: every price is a room's. Rooms are short where the
    whole plan has them short, and third parties get as much.
    """
    inputs = two_plants(30, share_of_need=0.75)
    found = decomposed_optimum(inputs, tolerance=4e-3, workers=1)
    assert found.outcome.gap <= 4e-3
    wanted = optimum(inputs)
    bracket(found, wanted.outcome.objective_yuan)
    assert cost_of(inputs, found) <= found.outcome.objective_yuan * (1.0 + 1e-7)
    assert found.short.any()
    others = ~inputs.stations.controllable
    assert found.heat_kw[others].sum() == pytest.approx(wanted.heat_kw[others].sum(), rel=0.02)
    hours = inputs.grid.block_lengths_h
    assert (found.heat_kw @ hours).sum() == pytest.approx((wanted.heat_kw @ hours).sum(), rel=0.01)


def test_a_zone_short_behind_its_mains_has_a_price_of_its_own():
    """Plants with plenty, and mains to the east that take two thirds of what it wants: heat in
    the east is worth a room's comfort (60 yuan/K·h: thousands a MWh), in town its fuel.
    """
    inputs = two_plants(24, east_mw=5.0)
    found = decomposed_optimum(inputs, tolerance=2e-3, workers=1)
    bracket(found, whole(inputs))
    town, east = (inputs.case.zone_ids.index(zone) for zone in ("town", "east"))
    cold = slice(6, 10)  # from 24 to 40 h
    assert found.price_yuan_per_mwh[east, cold].min() > 1000.0
    assert found.price_yuan_per_mwh[town, cold].max() < 300.0
    assert found.short[east].any()
    assert not found.short[town].any()


def test_coal_that_may_be_missing_is_paid_for_as_in_one_program():
    """A tonne is worth half of 640 yuan, since one of two needs is not met: both ways find the
    same cost, and heat is dearer in the horizon.
    """
    inputs = two_plants(24)
    left_t = float(planned(inputs).yard[0].stock[0].value)
    need = CoalNeed("pile", (left_t - 9.0, left_t + 50.0), 640.0)
    needed = with_coal_needs(inputs, [need])
    found = decomposed_optimum(needed, tolerance=1e-3, workers=1)
    bracket(found, whole(needed))
    assert found.outcome.terms_yuan["coal_need"] > 320 * 20
    assert found.prices.coal_yuan_per_t == pytest.approx(320.0)
    plain = decomposed_optimum(inputs, tolerance=1e-3, workers=1)
    dearer_by = (found.prices.heat_yuan_per_mwh - plain.prices.heat_yuan_per_mwh).mean()
    assert dearer_by == pytest.approx(320 / 5.815 / 0.8, rel=0.1)


def test_setpoints_follow_from_it_as_from_the_whole_plan():
    """Rounded to 0.5 K and served by the sources: within 1.5 % of the cost from the whole
    plan: rounding twelve stations costs either some.
    """
    inputs = two_plants(12)
    by_prices = settle(inputs, decomposed_optimum(inputs, workers=1))
    at_once = settle(inputs)
    assert by_prices.outcome.strategy == "prices"
    assert by_prices.resolve.objective_yuan == pytest.approx(
        at_once.resolve.objective_yuan, rel=0.015
    )
    mean = at_once.prices.heat_yuan_per_mwh.mean()
    assert by_prices.prices.heat_yuan_per_mwh.mean() == pytest.approx(mean, rel=0.1)


def test_one_zone_one_source_one_station():
    """8 MW at 4 °C, burnt at 80 % and 132.9 yuan/MWh of fuel: heat costs 166 yuan/MWh."""
    inputs = inputs_for(tiny_case(), constant(4.0))
    found = decomposed_optimum(inputs, tolerance=1e-6, workers=2)
    bracket(found, whole(inputs))
    assert found.price_yuan_per_mwh.shape == (1, 24)
    assert float(np.median(found.price_yuan_per_mwh)) == pytest.approx(132.9 / 0.8, rel=0.01)


def test_the_number_of_workers_changes_nothing():
    """Seventy-two stations in two chunks: to the last bit, in this process or in two others."""
    inputs = two_plants(84)
    here, there = (decomposed_optimum(inputs, tolerance=1e-2, workers=w) for w in (1, 2))
    assert np.array_equal(here.heat_kw, there.heat_kw)
    assert here.outcome == there.outcome


def test_a_new_process_answers_as_this_one():
    """A process that imports everything anew, as other systems start it, gives the same."""
    inputs = two_plants(12)
    chunks = chunks_of(inputs)
    price = np.full((2, inputs.grid.blocks), 100.0) * inputs.grid.block_lengths_h
    near_mw = np.full((int(inputs.stations.controllable.sum()), inputs.grid.blocks), 2.0)
    question = Question(price, near_mw, 0.1)
    here = Here(chunks).answer(question)
    with Workers(chunks, 1, "spawn") as workers:
        there = workers.answer(question)
    assert np.array_equal(here.best.heat_mw, there.best.heat_mw)
    assert np.array_equal(here.near.terms_yuan, there.near.terms_yuan)


@pytest.mark.parametrize("asked_before", [0, 1])
def test_a_process_that_dies_costs_no_answer(asked_before: int):
    """Killed before the first question or before the second: its stations are solved here."""
    inputs = two_plants(84)
    chunks = chunks_of(inputs)
    price = np.full((2, inputs.grid.blocks), 100.0) * inputs.grid.block_lengths_h
    near_mw = np.full((int(inputs.stations.controllable.sum()), inputs.grid.blocks), 2.0)
    question = Question(price, near_mw, 0.1)
    here = Here(chunks)
    with Workers(chunks, 2) as workers:
        for _ in range(asked_before):
            assert_same(workers.answer(question), here.answer(question))
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        assert_same(workers.answer(question), Here(chunks).answer(question))


def assert_same(one: Answers, other: Answers) -> None:
    """Whether two answers are the same to the accuracy of a solver that starts warm."""
    np.testing.assert_allclose(one.best.least_yuan, other.best.least_yuan, rtol=1e-6)
    np.testing.assert_allclose(one.best.heat_mw, other.best.heat_mw, atol=1e-5)


def test_units_that_are_given_run_so():
    """Boiler Q1 held off altogether: both ways the other one must do it all, at the same cost."""
    inputs = two_plants(12, share_of_need=4.0)
    units_on = np.full((2, inputs.grid.steps), np.nan)
    units_on[1] = 0.0
    found = decomposed_optimum(inputs, units_on=units_on, tolerance=1e-4, workers=1)
    model = build_model(inputs)
    for t in range(inputs.grid.steps):
        model.source[1].units_on[t].fix(0.0)
    best = solved(model).objective_yuan
    bracket(found, best)
    assert pyo.value(found.supply.source[1].heat_to_network[5]) == pytest.approx(0.0, abs=1e-9)
    assert best > 1.01 * whole(inputs)
    with stations_at_work(inputs, workers=1) as stations:
        open_units = optimum_of(inputs, stations, tolerance=1e-4)
        after = optimum_of(
            inputs, stations, units_on=units_on, tolerance=1e-4, known=open_units.known
        )
    bracket(after, best)  # what was learned with both boilers on holds of the stations still
    # Prices are others here: one round to see that, 24 in all were they kept as a start.
    assert len(after.rounds) <= len(found.rounds) + 1


def test_stations_and_supply_apart_are_the_whole_matrix():
    """Rows, columns and entries of the parts, and the demand rows between them, are the whole's.

    A rule left out on either side would be missing here, whatever the optimum.
    """
    window = {"from": hours_after(START, 8), "to": hours_after(START, 16)}
    out = Outage.model_validate({"kind": OutageKind.STATION, "id": "S4"} | window)
    inputs = two_plants(20, outages=(out,))
    full = compile_model(build_model(inputs))
    supply = supply_of(inputs)
    ours = np.flatnonzero(inputs.stations.controllable)
    parts = [
        item.matrices
        for members in (ours[:5], ours[5:])
        for item in station_programs(stations_only(inputs, members)).items
    ]
    assert len(parts) == ours.size
    between = supply.demand.size
    rows = supply.matrices.row_lower.size + between + sum(p.row_lower.size for p in parts)
    columns = supply.matrices.cost.size + sum(p.cost.size for p in parts)
    entries = supply.matrices.rows.nnz + sum(p.rows.nnz for p in parts)
    assert full.rows.shape == (rows, columns)
    assert full.rows.nnz == entries + between + ours.size * inputs.grid.blocks
    values = np.concatenate([supply.matrices.rows.data, *(p.rows.data for p in parts)])
    assert np.abs(full.rows.data).sum() == pytest.approx(
        np.abs(values).sum() + between + ours.size * inputs.grid.blocks, rel=1e-12
    )
    costs = np.abs(supply.matrices.cost).sum() + sum(np.abs(p.cost).sum() for p in parts)
    assert np.abs(full.cost).sum() == pytest.approx(costs, rel=1e-12)


@pytest.mark.parametrize(("believed", "asked_again"), [(False, 1), (True, 0)])
def test_a_part_without_optimum_is_told(monkeypatch, believed, asked_again):
    """X >= 1 and x <= 0: no answer of such a part may count. Where a plan without one is no
    surprise, the other solvers are not asked: on a mix that cannot be sent they took minutes.
    """
    cold = []
    monkeypatch.setattr(warm, "run_highs", lambda it: cold.append(it) or run_highs(it))
    none = Matrices(
        cost=np.ones(1),
        offset=0.0,
        rows=sparse.csr_array(np.ones((1, 1))),
        row_lower=np.ones(1),
        row_upper=np.full(1, np.inf),
        column_lower=np.zeros(1),
        column_upper=np.zeros(1),
        whole=np.zeros(1, dtype=bool),
        variables=[],
        constraints=[],
    )
    with pytest.raises(NotSolved):
        WarmProgram(none).solved(believed=believed)
    assert len(cold) == asked_again


def test_warm_programs_follow_their_changes():
    """Least 2x + 3y with x + y >= 4: x = 4. At 5x: y = 4. With y at most 1: x = 3, y = 1."""
    program = WarmProgram(
        Matrices(
            cost=np.array([2.0, 3.0]),
            offset=0.0,
            rows=sparse.csr_array(np.ones((1, 2))),
            row_lower=np.array([4.0]),
            row_upper=np.array([np.inf]),
            column_lower=np.zeros(2),
            column_upper=np.full(2, np.inf),
            whole=np.zeros(2, dtype=bool),
            variables=[],
            constraints=[],
        )
    )
    assert program.solved().values == pytest.approx([4.0, 0.0])
    program.with_costs(np.array([0]), np.array([5.0]))
    assert program.solved().values == pytest.approx([0.0, 4.0])
    program.with_bounds(np.array([1]), np.zeros(1), np.ones(1))
    assert program.solved().values == pytest.approx([3.0, 1.0])
    program.add_columns(np.array([1.0]), sparse.csc_array(np.array([[2.0]])))
    assert program.solved().values == pytest.approx([0.0, 0.0, 2.0])


def test_rooms_held_at_a_target_above_the_floor():
    """Under `hold_target` a station pays for the way up to its target, less what it gets there:
    a cost with a constant part, which must not get lost between the parts.
    """
    inputs = two_plants(30)
    case = with_settings(inputs.case, "comfort", policy=ComfortPolicy.HOLD_TARGET)
    case = with_every(case, "stations", indoor_target_c=22.0)
    inputs = inputs_for(case, wave(2.0, 8.0))
    found = decomposed_optimum(inputs, tolerance=1e-3, workers=1)
    assert found.outcome.terms_yuan["rooms_below_target"] > 0.0
    bracket(found, whole(inputs))
