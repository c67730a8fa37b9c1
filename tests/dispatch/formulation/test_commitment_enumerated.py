"""Unit commitment against all ways of running named units, tried one by one.

A small system without the rest of the plan: rows of identical boilers, a given load, fuel, starts,
surplus and missing heat. The enumeration knows nothing of counts and windows: each unit has its
own on/off sequence and clock, and each outage is laid on one named unit after the other.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plan_inputs_maker import START, TCE_YUAN_PER_MWH, boiler

from dispatch.audit_rules.commitment import UnitBook, missing_hours
from dispatch.formulation.heat_source import add_heat_source
from dispatch.plan import SolveStatus
from dispatch.power_inputs import NO_POWER
from dispatch.solve import solve
from dispatch.source_inputs import SourceInputs
from dispatch.time_grid import TimeGrid
from dispatch.unit_inputs import UnitInputs

MISSING_YUAN_PER_MWH = 9_000.0
SURPLUS_YUAN_PER_MWH = 500.0
LONG_H = 1e6


@dataclass(frozen=True)
class Outage:
    """One unit of a row out over steps [first, last)."""

    row: int
    first: int
    last: int


@dataclass(frozen=True)
class Unit:
    """A row: `since` has, for each of its units, hours on (positive) or off (negative)."""

    since: tuple[float, ...]
    least_mw: float = 3.0
    most_mw: float = 8.0
    efficiency: float = 0.8
    no_load_mw: float = 1.0
    min_up_h: float = 0.0
    min_down_h: float = 0.0
    start_yuan: float = 0.0
    max_starts: int | None = None

    @property
    def count(self) -> int:
        return len(self.since)


@dataclass(frozen=True)
class System:
    edges_h: tuple[float, ...]
    load_mw: tuple[float, ...]
    rows: tuple[Unit, ...]
    outage: Outage | None = None

    @property
    def steps(self) -> int:
        return len(self.load_mw)


# ---- the formulation -----------------------------------------------------------------------


def source_of(system: System, i: int) -> SourceInputs:
    row, steps = system.rows[i], system.steps
    source = boiler(
        f"row{i}",
        unit_count=row.count,
        min_output_mw=row.least_mw,
        max_output_mw=row.most_mw,
        efficiency=row.efficiency,
        min_up_h=row.min_up_h,
        min_down_h=row.min_down_h,
        max_starts=row.max_starts,
        start_cost_yuan=row.start_yuan,
        commitment=True,
    )
    present, gone = np.full(steps, float(row.count)), np.zeros(steps)
    if system.outage is not None and system.outage.row == i:
        present[system.outage.first : system.outage.last] -= 1.0
        gone[system.outage.first] = 1.0
    on = [hours for hours in row.since if hours > 0]
    off = [-hours for hours in row.since if hours < 0]

    def events(clocks):
        return np.array([(h, 1.0) for h in sorted(clocks, reverse=True)]).reshape(-1, 2)

    units = UnitInputs(
        count=row.count,
        least_mw=row.least_mw,
        before=len(on),
        starts_before=events(on),
        stops_before=events(off),
        present=present,
        gone=gone,
        lost=gone.copy(),
    )
    return SourceInputs(
        source=source,
        vertices=None,
        pieces=((1.0 / row.efficiency, row.no_load_mw),),
        units_available=present,
        power=NO_POWER,
        min_heat_mw=np.zeros(steps),
        max_heat_mw=present * row.most_mw,
        outlet_mw=np.full(steps, 999.0),
        fuel_price_yuan_per_mwh=TCE_YUAN_PER_MWH,
        heat_before_mw=len(on) * row.least_mw,
        outlet_before_mw=999.0,
        units=units,
    )


def model_of(system: System) -> pyo.ConcreteModel:
    """Sources, one balance, and the cost without the price of changing heat."""
    edges = np.array(system.edges_h)
    steps = range(system.steps)
    grid = TimeGrid(START, float(edges[1]), edges, edges, system.steps, system.steps, "UTC")
    hours = np.diff(edges)
    model = pyo.ConcreteModel()
    inputs = [source_of(system, i) for i in range(len(system.rows))]
    model.source = pyo.Block(
        range(len(inputs)), rule=lambda b, i: add_heat_source(b, inputs[i], grid)
    )
    model.missing = pyo.Var(steps, domain=pyo.NonNegativeReals)
    model.surplus = pyo.Var(steps, domain=pyo.NonNegativeReals)

    @model.Constraint(steps)
    def balance(m, t):
        made = sum(m.source[i].heat_to_network[t] for i in range(len(inputs)))
        return made + m.missing[t] == system.load_mw[t] + m.surplus[t]

    rows = range(len(inputs))
    terms = {
        "fuel": sum(
            TCE_YUAN_PER_MWH * hours[t] * model.source[i].fuel_use[t] for i in rows for t in steps
        ),
        "starts": sum(model.source[i].start_cost for i in rows),
        "least_load": sum(model.source[i].below_least_cost for i in rows),
        "missing": sum(MISSING_YUAN_PER_MWH * hours[t] * model.missing[t] for t in steps),
        "surplus": sum(SURPLUS_YUAN_PER_MWH * hours[t] * model.surplus[t] for t in steps),
    }
    model.cost_terms = pyo.Expression(list(terms), rule=lambda _, name: terms[name])
    model.total_cost = pyo.Objective(expr=sum(terms.values()))
    return model


# ---- the enumeration -----------------------------------------------------------------------


def sequences(row: Unit, since: float, edges: tuple[float, ...], out: range) -> list[np.ndarray]:
    """All on/off sequences of one named unit that keep its own rules; `out` are steps it is out."""
    found = []
    for states in product((0, 1), repeat=len(edges) - 1):
        on, moved, fits = since > 0, -abs(since), True
        for t, state in enumerate(states):
            now = edges[t]
            if state and t in out:
                fits = False
            if bool(state) != on:
                forced = on and len(out) > 0 and t == out[0]
                wait = row.min_up_h if on else row.min_down_h
                fits &= forced or now - moved >= wait - 1e-9
                on, moved = bool(state), now
        if fits:
            found.append(np.array(states))
    return found


def starts_in(states: np.ndarray, since: float) -> int:
    return int((np.diff(states, prepend=int(since > 0)) > 0).sum())


def heat_cost(system: System, on: np.ndarray) -> float:
    """Cheapest heat for units on (row, step): least loads, then the cheapest upwards."""
    hours, total = np.diff(system.edges_h), 0.0
    order = sorted(range(len(system.rows)), key=lambda i: 1 / system.rows[i].efficiency)
    for t, load in enumerate(system.load_mw):
        heat = [on[i, t] * row.least_mw for i, row in enumerate(system.rows)]
        left = load - sum(heat)
        for i in order:
            row = system.rows[i]
            more = min(max(left, 0.0), on[i, t] * (row.most_mw - row.least_mw))
            heat[i], left = heat[i] + more, left - more
        fuel = sum(
            h / row.efficiency + on[i, t] * row.no_load_mw
            for i, (h, row) in enumerate(zip(heat, system.rows, strict=True))
        )
        price = MISSING_YUAN_PER_MWH if left > 0 else -SURPLUS_YUAN_PER_MWH
        total += hours[t] * (TCE_YUAN_PER_MWH * fuel + price * left)
    return total


def row_ways(system: System, i: int) -> dict[tuple[int, ...], float]:
    """Cheapest starts for each sequence of units on that a row can have."""
    row, out = system.rows[i], system.outage
    mine = out is not None and out.row == i
    ways: dict[tuple[int, ...], float] = {}
    for hit in range(row.count) if mine else [None]:
        each = []
        for j, since in enumerate(row.since):
            gone = range(out.first, out.last) if j == hit else range(0)
            each.append(
                [(s, starts_in(s, since)) for s in sequences(row, since, system.edges_h, gone)]
            )
        for choice in product(*each):
            starts = sum(count for _, count in choice)
            if row.max_starts is not None and starts > row.max_starts * row.count:
                continue
            on = tuple(int(n) for n in sum(states for states, _ in choice))
            ways[on] = min(ways.get(on, np.inf), starts * row.start_yuan)
    return ways


def cheapest(system: System) -> float:
    """Least cost over all ways of running all named units."""
    tables = [row_ways(system, i).items() for i in range(len(system.rows))]
    return min(
        heat_cost(system, np.array([on for on, _ in choice])) + sum(yuan for _, yuan in choice)
        for choice in product(*tables)
    )


# ---- the tests -----------------------------------------------------------------------------

HOURS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)


def agree(system: System) -> None:
    model = model_of(system)
    outcome = solve(model)
    assert outcome.status is SolveStatus.OPTIMAL
    assert outcome.objective_yuan == pytest.approx(cheapest(system), rel=1e-7, abs=1e-3)


def test_minimum_times_of_two_unlike_units():
    """Peaks at hours 0 and 4: without minimum times both would cycle."""
    rows = (
        Unit(since=(LONG_H,), most_mw=10, min_up_h=2),
        Unit(since=(-LONG_H,), efficiency=0.7, min_up_h=3, min_down_h=2, start_yuan=200),
    )
    agree(System(HOURS, (15.0, 8.0, 3.0, 8.0, 15.0), rows))


def test_identical_units_as_one_row_and_as_rows_of_their_own_cost_the_same():
    """Three boilers of 8 MW: only the names of the units that move differ."""
    shape = {"min_up_h": 2.0, "min_down_h": 3.0, "start_yuan": 150.0}
    since = (2.0, -1.0, -LONG_H)
    load = (8.0, 14.0, 22.0, 9.0, 5.0)
    together = System(HOURS, load, (Unit(since=since, **shape),))
    apart = System(HOURS, load, tuple(Unit(since=(one,), **shape) for one in since))
    costs = [solve(model_of(system)).objective_yuan for system in (together, apart)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-9)
    agree(together)


@st.composite
def systems(draw: st.DrawFn, step_h: tuple[float, ...]) -> System:
    """One or two rows, at most three units, 4 or 5 steps of these lengths, perhaps an outage."""
    lengths = draw(st.lists(st.sampled_from(step_h), min_size=4, max_size=5))
    edges = (0.0, *np.cumsum(lengths).tolist())
    counts = draw(st.sampled_from([(1,), (2,), (1, 1), (1, 2), (3,)]))
    clock = st.sampled_from([LONG_H, -LONG_H, 1.0, -1.0, 3.0, -3.0])
    rows = tuple(
        Unit(
            since=tuple(draw(st.lists(clock, min_size=count, max_size=count))),
            efficiency=draw(st.sampled_from([0.7, 0.8, 0.9])),
            no_load_mw=draw(st.sampled_from([0.0, 1.0, 2.0])),
            min_up_h=draw(st.sampled_from([0.0, 2.0, 3.0, 5.0])),
            min_down_h=draw(st.sampled_from([0.0, 2.0, 3.0, 5.0])),
            start_yuan=draw(st.sampled_from([0.0, 300.0, 2000.0])),
        )
        for count in counts
    )
    most = 8 * sum(counts) + 4
    load = draw(st.lists(st.integers(0, most), min_size=len(lengths), max_size=len(lengths)))
    outage = None
    if draw(st.booleans()):
        first = draw(st.integers(0, len(lengths) - 1))
        last = draw(st.integers(first + 1, len(lengths)))
        outage = Outage(draw(st.integers(0, len(rows) - 1)), first, last)
    return System(edges, tuple(float(mw) for mw in load), rows, outage)


OUT_WHILE_AT_REST = System(
    HOURS,
    (12.0, 4.0, 12.0, 12.0, 12.0),
    (Unit(since=(LONG_H, LONG_H), min_down_h=3.0, no_load_mw=2.0),),
    Outage(0, 1, 3),
)


@settings(max_examples=30, deadline=None, derandomize=True)
@example(OUT_WHILE_AT_REST)
@given(systems((1.0, 1.0, 2.0, 4.0)))
def test_the_cheapest_plan_is_the_best_of_all_ways(system: System):
    agree(system)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(systems((1.0,)))
def test_the_relaxation_is_never_dearer_and_the_audit_agrees(system: System):
    """A relaxation that cost more would cut off plans; the audit names every unit again."""
    model = model_of(system)
    relaxed = solve(model, relaxed=True).objective_yuan
    whole = solve(model).objective_yuan
    assert relaxed <= whole + 1e-6 * max(1.0, abs(whole))
    for i in range(len(system.rows)):
        short_up, short_down = missing_hours(book_of(system, model, i))
        assert short_up.max() < 1e-6
        assert short_down.max() < 1e-6


def book_of(system: System, model: pyo.ConcreteModel, i: int) -> UnitBook:
    unit = source_of(system, i)
    units, row = unit.units, system.rows[i]
    on = np.array([round(v.value) for v in model.source[i].units_on.values()], dtype=float)
    change = np.diff(on, prepend=float(units.before))
    return UnitBook(
        count=row.count,
        before=units.before,
        step_h=float(system.edges_h[1]),
        started=np.maximum(change, 0.0),
        stopped=np.maximum(-change, 0.0),
        present=units.present,
        gone=units.gone,
        lost=units.lost,
        past_started=[(h, n) for h, n in units.starts_before.tolist()],
        past_stopped=[(h, n) for h, n in units.stops_before.tolist()],
        min_up_h=row.min_up_h,
        min_down_h=row.min_down_h,
    )
