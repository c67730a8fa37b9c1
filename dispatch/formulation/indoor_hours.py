"""Hours inside a block that are colder or warmer than its ends show: a row for the worst of them.

Heat is constant over a block, so with heat eliminated θ_j = α·θ_k + β·θ_{k+1} + d at the end of
each step j, with known α, β and d (F6). An hour that dips by more than `DIP_K` with both ends on
the floor (or rises as much with both at the upper limit) gets a row; design §5. Where people come
or go inside a block (timetables) the floor changes there, and those hours get rows too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.formulation.linear import linear
from dispatch.inputs import PlanInputs

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Key = tuple[int, int]
# Coefficients, variables and constant of θ at the end of a block.
Indoor = tuple[list[float], list[pyo.Var], float]

DIP_K = 0.02  # a dip inside a block beyond this gets a row of its own (design §5 says 0.05: with
# the room that rounding needs, light buildings would end up below their floor)


@dataclass(frozen=True)
class _Inside:
    """How each step's end follows from its block's ends, (station, step)."""

    blocks: Index  # (step,)
    alpha: Array
    beta: Array
    rest: Array
    start_c: Array  # (station,) at the start of the plan

    def indoor(self, s: int, j: int, at_end: Callable[[int, int], Indoor]) -> Indoor:
        """θ_j by the pieces of its block's ends."""
        k = int(self.blocks[j])
        alpha, beta = float(self.alpha[s, j]), float(self.beta[s, j])
        coefficients, variables, constant = at_end(s, k)
        coefficients = [beta * value for value in coefficients]
        constant = beta * constant + float(self.rest[s, j])
        if k == 0:
            return coefficients, variables, constant + alpha * float(self.start_c[s])
        earlier, pieces, start = at_end(s, k - 1)
        coefficients = coefficients + [alpha * value for value in earlier]
        return coefficients, variables + pieces, constant + alpha * start


def add_hours_inside(
    block: pyo.Block, inputs: PlanInputs, at_end: Callable[[int, int], Indoor]
) -> None:
    """Add rows for hours inside blocks that the blocks' ends do not show.

    `at_end` gives θ at the end of block k of station s. Adds dip_short, dip_cold and rise_over
    [K]; `dip_cold` is what is missing to the law (in a setback: the frost guard), and only where
    the floor changes inside the block, since other dips are too small for it.
    Offers: dip_hours, how long each dip row stands for [h].
    """
    stations, grid = inputs.stations, inputs.grid
    inside = _inside(inputs)
    floor_c, blocks = stations.planned_floor_step_c, inside.blocks
    both = np.column_stack([stations.planned_floor_c[:, :1], stations.planned_floor_c])
    at_floor = inside.alpha * both[:, blocks] + inside.beta * both[:, blocks + 1] + inside.rest
    upper_c = stations.upper_c
    rise_k = (inside.alpha + inside.beta) * upper_c + inside.rest - upper_c
    published = np.arange(blocks.size) < grid.horizon_steps
    all_day = (stations.controllable & ~stations.timetabled)[:, None] & published
    dip_k = floor_c - at_floor
    block.dip_hours = dict.fromkeys(
        _worst_of_block(np.where(all_day, dip_k, 0.0), blocks), grid.step_h
    )
    block.changes = _changing_floors(inputs, dip_k, blocks)
    block.dip_hours |= block.changes
    block.dips = list(block.dip_hours)
    ours = stations.controllable[:, None] & published
    block.rises = _worst_of_block(np.where(ours, rise_k, 0.0), blocks)

    law_c = stations.law_step_c

    def legal_width(_: pyo.Block, s: int, j: int) -> tuple[float, float | None]:
        if (s, j) not in block.changes:
            return 0.0, None
        return 0.0, max(0.0, float(floor_c[s, j] - law_c[s, j]))

    block.dip_short = pyo.Var(block.dips, bounds=legal_width, doc="[K]")
    block.dip_cold = pyo.Var(list(block.changes), domain=pyo.NonNegativeReals, doc="[K]")
    block.rise_over = pyo.Var(block.rises, domain=pyo.NonNegativeReals, doc="[K]")

    @block.Constraint(block.dips, doc="the coldest hour of the block holds the floor")
    def dip(b: pyo.Block, s: int, j: int) -> pyo.Constraint:
        coefficients, variables, constant = inside.indoor(s, j, at_end)
        short = [b.dip_short[s, j]] + ([b.dip_cold[s, j]] if (s, j) in b.dip_cold else [])
        row = linear([*coefficients, *[1.0] * len(short)], [*variables, *short], constant)
        return (float(floor_c[s, j]), row, None)

    @block.Constraint(block.rises, doc="the warmest hour of the block stays below the upper limit")
    def rise(b: pyo.Block, s: int, j: int) -> pyo.Constraint:
        coefficients, variables, constant = inside.indoor(s, j, at_end)
        row = linear([*coefficients, -1.0], [*variables, b.rise_over[s, j]], constant)
        return (None, row, float(upper_c))


def _inside(inputs: PlanInputs) -> _Inside:
    """Eliminate the heat of a block from the response inside it."""
    response, blocks = inputs.stations.response, inputs.stations.response.block
    decay_end, lift_end, drift_end = (part[:, blocks] for part in response.block_end())
    beta = response.lift_k_per_kw / lift_end
    alpha = response.decay - beta * decay_end
    rest = response.drift_k - beta * drift_end
    return _Inside(blocks, alpha, beta, rest, inputs.stations.indoor_before_c)


def _worst_of_block(excess_k: Array, blocks: Index) -> list[Key]:
    """(station, step) of the worst step of each block that exceeds `DIP_K`."""
    found = []
    for k in range(int(blocks[-1]) + 1):
        steps = np.flatnonzero(blocks == k)
        worst = excess_k[:, steps].argmax(axis=1)
        dipping = np.flatnonzero(excess_k[:, steps].max(axis=1) > DIP_K)
        found += [(int(s), int(steps[worst[s]])) for s in dipping]
    return found


def _changing_floors(inputs: PlanInputs, dip_k: Array, blocks: Index) -> dict[Key, float]:
    """(station, step) of timetabled loops that need a row, and the hours it stands for.

    Of each run of steps of equal floor inside a block: the first and the last that dip, and the
    worst. Between them rooms bend one way only, so no other is colder. In the look-ahead as well:
    its long blocks would else hold an office warm at one moment a day.
    """
    stations, step_h = inputs.stations, inputs.grid.step_h
    found: dict[Key, float] = {}
    edges = np.flatnonzero(np.diff(blocks)) + 1
    for s in np.flatnonzero(stations.controllable & stations.timetabled):
        changes = np.flatnonzero(np.diff(stations.floor_step_c[s])) + 1
        for run in np.split(np.arange(blocks.size), np.union1d(edges, changes)):
            dipping = run[dip_k[s, run] > DIP_K]
            if dipping.size:
                worst = run[int(dip_k[s, run].argmax())]
                rows = sorted({int(dipping[0]), int(dipping[-1]), int(worst)})
                hours = (dipping[-1] - dipping[0] + 1) * step_h
                found |= {(int(s), j): float(hours) / len(rows) for j in rows}
    return found
