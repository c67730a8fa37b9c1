"""The plan by prices of heat: rounds of prices, answers and mixes, until the gap is small."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch.clusters import clustered
from dispatch.decomposition.coupling import Supply, supply_of, with_demand_rows, with_stations
from dispatch.decomposition.master import Groups, Master, Mixed
from dispatch.decomposition.programs import station_programs
from dispatch.decomposition.responses import Layout, Question, Response, chunks_of
from dispatch.decomposition.subset import subset
from dispatch.decomposition.warm import NotSolved, WarmProgram
from dispatch.decomposition.workers import Here, Stations, Workers
from dispatch.inputs import PlanInputs
from dispatch.plan import SolveStatus
from dispatch.solve import Answer, relative_gap, run_highs

Array = NDArray[np.float64]

FIRST_CLUSTERS = 8  # a zone, in the small plan that gives the first prices
GROUPS = 16  # a zone, each with a mix of its own
ROUNDS = 30
# Prices of a mix are those of the few answers it knows; most of the way back to the prices of the
# best bound they swing less (P. Wentges, "Weighted Dantzig–Wolfe decomposition for linear
# mixed-integer programming", 1997, doi:10.1016/S0969-6016(97)00001-4). Measured with heat a
# quarter short in a cold front: 10 rounds to 0.1 %, 11 with half the way, over 15 without the
# answers near the plan.
BACK = 0.7
CUTS = (0.9, 0.6, 0.0)  # of the first plan's heat, where supply cannot send any answer
FAR = 0.05  # gap from which prices known of another supply are no start for this one
REACH, REACH_SHRINKS = 0.1, 0.8  # of a station's mean heat, and by round


@dataclass(frozen=True)
class Round:
    """Where the bounds stood after a round, yuan."""

    number: int
    lower_yuan: float
    upper_yuan: float

    @property
    def gap(self) -> float:
        """How far the plan may be from the best one, relative to itself."""
        return relative_gap(self.upper_yuan, self.lower_yuan)


@dataclass(frozen=True)
class Bound:
    """A price of heat, and the supply that is cheapest there; its duals are shadow prices."""

    price: Array  # (zone, block), yuan per MW held over the block
    supply: Answer  # rows and columns of the supply; the objective is less the heat's worth


@dataclass(frozen=True)
class Known:
    """What rounds learned of the stations, whatever supplies them: a start for another supply."""

    price: Array  # (zone, block) of the best bound
    near_mw: Array  # (station, block): the best plan
    responses: tuple[Response, ...]


@dataclass(frozen=True)
class Priced:
    """The best plan found, the prices of the best bound, and the rounds."""

    supply: Supply
    mixed: Mixed
    bound: Bound
    layout: Layout
    rounds: tuple[Round, ...]
    proven: bool  # to within the tolerance
    known: Known


@contextmanager
def stations_at_work(inputs: PlanInputs, workers: int) -> Iterator[Stations]:
    """All our stations of a plan, in as many processes; at least one station is needed."""
    chunks = chunks_of(inputs)
    if workers == 1 or len(chunks) == 1:
        yield Here(chunks)
    else:
        with Workers(chunks, workers) as stations:
            yield stations


def solved_by_prices(
    inputs: PlanInputs,
    stations: Stations,
    *,
    tolerance: float,
    units_on: Array | None = None,
    known: Known | None = None,
    watch: Callable[[Round], None] = lambda _: None,
) -> Priced:
    """Solve the relaxed full plan to a relative gap of `tolerance`, or for `ROUNDS` rounds.

    Where the time for the search is over, no round is begun.

    `stations` are those of `inputs`; `units_on` (source, step) fixes units that run, NaN leaves
    them open; what is `known` of the same stations saves rounds where prices are alike; `watch`
    hears of each round. Raises NotSolved.
    """
    supply = supply_of(inputs, units_on)
    layout = stations.layout
    master = Master(supply, _groups(inputs, layout))
    cheapest = WarmProgram(supply.matrices)
    if known is None:
        bound, near_mw = _first(inputs, supply)
    else:
        bound, near_mw = _bound(cheapest, supply, known.price), known.near_mw
        for response in known.responses:
            master.add(response)
    if inputs.even_reduction:  # the first answers are more than can be sent as a rule
        _add_cuts(master, stations, bound.price, near_mw)
    best, lower, done = bound, -np.inf, []
    for number in range(ROUNDS):
        answers = stations.answer(Question(bound.price, near_mw, REACH * REACH_SHRINKS**number))
        least = bound.supply.objective + float(answers.best.least_yuan.sum())
        if least > lower:
            lower, best = least, bound
        master.add(answers.best)
        master.add(answers.near)
        mixed = _mixed(master, stations, bound.price, near_mw)
        done.append(Round(number + 1, lower, mixed.cost_yuan))
        watch(done[-1])
        if done[-1].gap <= tolerance or inputs.search.is_over:
            break
        if number == 0 and known is not None and done[-1].gap > FAR:
            bound, near_mw = _first(inputs, supply)
            continue
        price = (1.0 - BACK) * mixed.price + BACK * best.price
        bound, near_mw = _bound(cheapest, supply, price), mixed.heat_mw
    proven = done[-1].gap <= tolerance
    learned = Known(best.price, mixed.heat_mw, master.found)
    return Priced(supply, mixed, best, layout, tuple(done), proven, learned)


def _mixed(master: Master, stations: Stations, price: Array, near_mw: Array) -> Mixed:
    """The cheapest mix; where no mix can be sent, stations also say what less heat costs them.

    No heat at all can always be sent, so that with it there is a plan. Raises NotSolved.
    """
    try:
        return master.solved(believed=True)
    except NotSolved as error:
        if error.status is not SolveStatus.INFEASIBLE:
            raise
    _add_cuts(master, stations, price, near_mw)
    return master.solved()


def _add_cuts(master: Master, stations: Stations, price: Array, near_mw: Array) -> None:
    """Add what the stations would do with less heat, down to none. Raises NotSolved."""
    for share in CUTS:
        master.add(stations.answer(Question(price, share * near_mw, reach=0.0)).near)


def _bound(cheapest: WarmProgram, supply: Supply, price: Array) -> Bound:
    """The supply when paid `price` for the heat it sends. Raises NotSolved."""
    columns = supply.demand.ravel()
    cheapest.with_costs(columns, supply.matrices.cost[columns] - price.ravel())
    return Bound(price, cheapest.solved())


def _first(inputs: PlanInputs, supply: Supply) -> tuple[Bound, Array]:
    """Prices of the plan of a few representative stations, and its heat, MW (station, block).

    Raises NotSolved.
    """
    clusters = clustered(inputs, FIRST_CLUSTERS)
    ours = np.flatnonzero(clusters.inputs.stations.controllable)
    small = replace(clusters.inputs, stations=subset(clusters.inputs.stations, ours))
    items = station_programs(small).items
    program = with_stations(with_demand_rows(supply), supply, items, small.stations.zone)
    answer = run_highs(program)
    if answer.status is not SolveStatus.OPTIMAL:
        raise NotSolved(answer.status)
    rows, own, demand = supply.matrices.row_lower.size, supply.matrices.cost.size, supply.demand
    price = answer.row_duals[rows : rows + demand.size].reshape(demand.shape)
    # At an optimum the supply's part is also the cheapest one at the optimum's own prices.
    values = answer.values[:own]
    cost = float(supply.matrices.cost @ values) + supply.matrices.offset
    part = replace(
        answer,
        values=values,
        row_duals=answer.row_duals[:rows],
        column_duals=answer.column_duals[:own],
        objective=cost - float((price * values[demand]).sum()),
    )
    heat = np.zeros((clusters.inputs.stations.zone.size, inputs.grid.blocks))
    at = own
    for item in items:
        heat[ours[item.station], item.block] = answer.values[at + item.heat_columns]
        at += item.matrices.cost.size
    return Bound(price, part), clusters.spread(heat)[inputs.stations.controllable]


def _groups(inputs: PlanInputs, layout: Layout) -> Groups:
    """Stations that respond alike share one mix; stations that hang together always do."""
    ours = np.flatnonzero(inputs.stations.controllable)
    member_of = clustered(inputs, GROUPS).member_of[ours]
    _, first = np.unique(layout.part, return_index=True)
    _, of_part = np.unique(member_of[first], return_inverse=True)
    zone = inputs.stations.zone[ours]
    return Groups(of_part[layout.part], of_part, zone, int(of_part.max()) + 1)
