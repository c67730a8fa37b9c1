"""Rooms of stations run by others in a shortage: how far a cut brings them under the law.

Outside a shortage they get what their curve asks for. A cut has a price a MWh (design §5), and a
plan that may cut them without end empties them before any room of ours falls under the law, down
to frost. So where reduction is to be even, what a cut does to their rooms is followed block by
block, zone by zone, and costs below the law what it costs in rooms of ours.
"""

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.formulation.substation import comfort_weight
from dispatch.inputs import PlanInputs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OthersRooms:
    """Rooms of the stations run by others, as one a zone; (zone, block) unless said otherwise."""

    weight: Array  # (zone,) on which comfort prices act; zero where there are none
    decay: Array  # of a block before, what is left of how far rooms were down
    cooling_k_per_mw: Array  # how far a cut over the block brings them down by its end
    to_law_k: Array  # from where they are without a cut down to the law at block ends


def others_rooms(inputs: PlanInputs) -> OthersRooms:
    """Mean the stations of each zone by area; a cut is shared by what each asks for."""
    stations, zones = inputs.stations, len(inputs.case.zone_ids)
    decay, lift_k_per_kw, _ = stations.response.block_end()
    due_kw = stations.heat_due_mw * 1000.0
    uncut_c, _ = stations.response.indoor_c(stations.indoor_before_c, due_kw)
    above_k = uncut_c[:, stations.response.last] - inputs.case.settings.comfort.legal_min_c
    shape = (zones, inputs.grid.blocks)
    found = OthersRooms(np.zeros(zones), np.zeros(shape), np.zeros(shape), np.zeros(shape))
    weight, area = comfort_weight(inputs), stations.buildings.area_m2
    for z in range(zones):
        here = ~stations.controllable & (stations.zone == z)
        due_mw = stations.heat_due_mw[here].sum(axis=0)
        if not here.any():
            continue
        part = area[here] / area[here].sum()
        share = stations.heat_due_mw[here] / np.maximum(due_mw, 1e-9)
        found.weight[z] = weight[here].sum()
        found.decay[z] = part @ decay[here]
        found.cooling_k_per_mw[z] = part @ (lift_k_per_kw[here] * share) * 1000.0
        found.to_law_k[z] = np.maximum(0.0, part @ above_k[here])
    return found


def add_others_rooms(block: pyo.Block, inputs: PlanInputs) -> None:
    """How far cuts bring rooms of others down, and what that costs below the law.

    Needs unserved[z, k] [MW]. Adds: down[z, k] [K] at block ends; down_cold[z, k, piece] [K] of it
    below the law; down_cost.
    """
    rooms, grid = others_rooms(inputs), inputs.grid
    keys = [(int(z), k) for z in np.flatnonzero(rooms.weight) for k in range(grid.blocks)]
    factors = prices.EVEN_COLD
    last = len(factors) - 1
    block.down = pyo.Var(keys, domain=pyo.NonNegativeReals, doc="[K] rooms of others")
    block.down_cold = pyo.Var(
        keys,
        range(len(factors)),
        bounds=lambda *key: (0.0, None if key[-1] == last else prices.EVEN_PIECE_K),
        doc="[K] of it, below the law",
    )

    @block.Constraint(keys, doc="a cut cools rooms, and they warm up again")
    def down_balance(b: pyo.Block, z: int, k: int) -> pyo.Constraint:
        before = float(rooms.decay[z, k]) * b.down[z, k - 1] if k > 0 else 0.0
        return b.down[z, k] == before + float(rooms.cooling_k_per_mw[z, k]) * b.unserved[z, k]

    @block.Constraint(keys, doc="how far that is below the law")
    def down_below_law(b: pyo.Block, z: int, k: int) -> pyo.Constraint:
        cold = sum(b.down_cold[z, k, i] for i in range(len(factors)))
        return b.down[z, k] - cold <= float(rooms.to_law_k[z, k])

    price, hours = inputs.case.settings.comfort.below_legal_price, grid.block_lengths_h
    pieces = [(*key, i) for key in keys for i in range(len(factors))]
    rates = [price * factors[i] * float(rooms.weight[z] * hours[k]) for z, k, i in pieces]
    block.down_cost = pyo.Expression(expr=linear(rates, [block.down_cold[p] for p in pieces]))
