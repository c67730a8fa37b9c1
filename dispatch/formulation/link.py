"""A main from a plant to a zone, or a tie from a zone to another: capacity, delay, loss."""

import numpy as np
import pyomo.environ as pyo

from dispatch.formulation import prices
from dispatch.formulation.linear import linear
from dispatch.link_inputs import LinkInputs
from dispatch.time_grid import TimeGrid


def add_link(block: pyo.Block, main: LinkInputs, grid: TimeGrid) -> None:
    """Add one main. Arrivals are decided, what is sent follows: sent = W·arrival + offset.

    A tie is kept warm like any main, ready to stand in.
    Adds per step t: arrival, sent [MW]; below_loss [MW], the part of the loss that a main not kept
    warm does not lose: all of it at no arrival, none of it at the most; change_up, change_down
    [MW] of arrival.
    Offers: delivered [MW] = arrival − loss + below_loss, never negative; cost, end_value [yuan].
    See `dispatch.pipe` for why in this direction. Heat that was in the pipe at the start arrives
    whatever the plan does: arrival >= stored energy / step length.
    Source: plug flow of H F11, loss of H F12, both known before the solve (design §5).
    """
    steps = range(grid.steps)
    pipe, lengths_h = main.pipe, grid.step_lengths_h
    stored_mw = pipe.stored_mwh / lengths_h

    # What arrives in a step left in it or before.
    new_mw = np.maximum.accumulate(main.capacity_mw) * pipe.fed_h / lengths_h
    most_mw = stored_mw + new_mw
    block.arrival = pyo.Var(
        steps,
        bounds=lambda _, t: (float(stored_mw[t]), float(most_mw[t])),
        doc="[MW] at the zone, before loss",
    )
    block.sent = pyo.Var(
        steps, bounds=lambda _, t: (0.0, float(main.capacity_mw[t])), doc="[MW] at the plant"
    )

    block.below_loss = pyo.Var(
        steps, bounds=lambda _, t: (0.0, max(0.0, float(main.loss_mw[t]))), doc="[MW]"
    )
    # Of "cold and without heat, or warm" the closest that needs no whole numbers. Where the loss
    # is above all that can arrive, the main is cold whatever is done.
    block.warms = [t for t in steps if 0.0 < main.loss_mw[t] <= most_mw[t]]

    @block.Constraint(block.warms, doc="a main that carries heat is warm, and loses")
    def warm(b: pyo.Block, t: int) -> pyo.Constraint:
        share = float(main.loss_mw[t] / most_mw[t])
        return linear([1.0, share], [b.below_loss[t], b.arrival[t]]) <= float(main.loss_mw[t])

    for name in ("change_up", "change_down"):
        block.add_component(name, pyo.Var(steps, domain=pyo.NonNegativeReals, doc="[MW]"))

    @block.Constraint(steps, doc="what is sent arrives by the clock of the main")
    def transport(b: pyo.Block, t: int) -> pyo.Constraint:
        arrives = [k for k in steps if pipe.weights[t, k] != 0.0]
        coefficients = [-float(pipe.weights[t, k]) for k in arrives]
        variables = [b.arrival[k] for k in arrives]
        return (linear([1.0, *coefficients], [b.sent[t], *variables]), float(pipe.offset_mw[t]))

    block.delivered = pyo.Expression(
        steps, rule=lambda b, t: b.arrival[t] - float(main.loss_mw[t]) + b.below_loss[t]
    )

    @block.Constraint(steps, doc="no heat flows back out of a zone")
    def forward(b: pyo.Block, t: int) -> pyo.Constraint:
        return b.delivered[t] >= 0.0

    @block.Constraint(steps, doc="change of arriving heat from step to step")
    def change(b: pyo.Block, t: int) -> pyo.Constraint:
        if t == 0:
            return pyo.Constraint.Skip
        row = linear(
            [1.0, -1.0, -1.0, 1.0],
            [b.arrival[t], b.arrival[t - 1], b.change_up[t], b.change_down[t]],
        )
        return (row, 0.0)

    changes = [*block.change_up.values(), *block.change_down.values()]
    idle = [prices.COLD_MAIN_YUAN_PER_MWH * float(hours) for hours in lengths_h]
    pump = prices.TIE_YUAN_PER_MWH if main.is_tie else 0.0
    # What is left in the main at the end was paid for when it was sent, and serves the next plan.
    left = [main.value_yuan_per_mwh * pipe.left_h]
    block.end_value = pyo.Expression(expr=linear(left, [block.arrival[grid.steps - 1]]))
    block.cost = pyo.Expression(
        expr=linear([prices.MAIN_CHANGE_YUAN_PER_MW] * len(changes), changes)
        + linear(idle, list(block.below_loss.values()))
        + linear([pump * float(hours) for hours in lengths_h], list(block.sent.values()))
    )
