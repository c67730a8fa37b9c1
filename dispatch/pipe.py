"""Heat on its way through a main: plug flow with a whole or fractional delay (handbook §7 F11).

What is sent over a step arrives over the same span `delay` later. The plan decides arrivals, and
what was sent follows as the mean over each step's arrival window. Turned the other way round
(arrivals as weighted means of what was sent) a fractional delay would have to be undone step by
step, and that inverse oscillates: with weights 0.75/0.25 an error grows threefold every step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _overlap_h(start_a: Array, end_a: Array, start_b: Array, end_b: Array) -> Array:
    """Common hours of intervals a (rows) and b (columns)."""
    start = np.maximum(start_a[:, None], start_b[None, :])
    end = np.minimum(end_a[:, None], end_b[None, :])
    return np.asarray(np.maximum(0.0, end - start))


@dataclass(frozen=True)
class Pipe:
    """One main on a grid of steps: `sent = weights @ arrival + offset`, all MW.

    `stored_mwh` (step,) arrives from what was in the pipe at the start; steps that end before
    the delay has passed receive nothing else, and have no weight.
    """

    delay_h: float
    weights: Array  # (sent step, arrival step)
    offset_mw: Array  # (sent step,)
    stored_mwh: Array  # (arrival step,)


def pipe(edges_h: Array, delay_h: float, sent_before_mw: Array, before_h: float) -> Pipe:
    """Describe a main on steps with `edges_h`.

    `sent_before_mw` are the mean heats sent in the steps of `before_h` hours before the start,
    latest last, covering at least the delay. After the last step the last arrival goes on, so
    that the pipe is left full.
    """
    start, end = edges_h[:-1], edges_h[1:]
    length = end - start
    history = sent_before_mw.size
    sent_end = -before_h * np.arange(history - 1, -1, -1.0)
    arrives_from, arrives_to = sent_end - before_h + delay_h, sent_end + delay_h
    stored_mwh = sent_before_mw @ _overlap_h(arrives_from, arrives_to, start, end)

    free_from = np.clip(delay_h, start, end)  # part of each arrival step open to new heat
    free_h = end - free_from
    share = _overlap_h(start + delay_h, end + delay_h, free_from, end)
    share = np.divide(share, free_h[None, :], out=np.zeros_like(share), where=free_h > 1e-9)
    weights = share * length[None, :] / length[:, None]
    offset_mw = -(share @ stored_mwh) / length
    beyond_h = np.clip(end + delay_h - edges_h[-1], 0.0, length)
    weights[:, -1] += beyond_h / length
    return Pipe(delay_h, weights, offset_mw, stored_mwh)
