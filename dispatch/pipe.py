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

# Intervals that share less only touch. A weight of 1e-14 in a row whose other side is zero would
# forbid the arrival it stands for.
TOUCH_H = 1e-6


def _overlap_h(start_a: Array, end_a: Array, start_b: Array, end_b: Array) -> Array:
    """Common hours of intervals a (rows) and b (columns)."""
    start = np.maximum(start_a[:, None], start_b[None, :])
    end = np.minimum(end_a[:, None], end_b[None, :])
    common = end - start
    return np.asarray(np.where(common > TOUCH_H, common, 0.0))


@dataclass(frozen=True)
class Pipe:
    """One main on a grid of steps: `sent = weights @ arrival + offset`, all MW.

    `stored_mwh` (step,) arrives from what was in the pipe at the start; `open_h` (step,) are the
    hours of each arrival step in which newly sent heat can come: none before the delay has
    passed, nor for departures while the main is shut.
    """

    delay_h: float
    weights: Array  # (sent step, arrival step)
    offset_mw: Array  # (sent step,)
    stored_mwh: Array  # (arrival step,)
    open_h: Array  # (arrival step,)


def pipe(
    edges_h: Array,
    delay_h: float,
    sent_before_mw: Array,
    before_h: float,
    is_open: NDArray[np.bool_] | None = None,
) -> Pipe:
    """Describe a main on steps with `edges_h`.

    `sent_before_mw` are the mean heats sent in the steps of `before_h` hours before the start,
    latest last, covering at least the delay. Nothing is sent in steps that are not `is_open`
    (step,): new heat of an arrival step then comes in the part of it that left in open ones. After
    the last step the last arrival goes on, so that the pipe is left full.
    """
    start, end = edges_h[:-1], edges_h[1:]
    length = end - start
    history = sent_before_mw.size
    sent_end = -before_h * np.arange(history - 1, -1, -1.0)
    arrives_from, arrives_to = sent_end - before_h + delay_h, sent_end + delay_h
    stored_mwh = sent_before_mw @ _overlap_h(arrives_from, arrives_to, start, end)

    free_from = np.clip(delay_h, start, end)
    common_h = _overlap_h(start + delay_h, end + delay_h, free_from, end)
    if is_open is not None:
        common_h = common_h * is_open[:, None]
    open_h = common_h.sum(axis=0)
    share = np.divide(common_h, open_h, out=np.zeros_like(common_h), where=open_h > TOUCH_H)
    weights = share * length[None, :] / length[:, None]
    offset_mw = -(share @ stored_mwh) / length
    beyond_h = np.clip(end + delay_h - edges_h[-1], 0.0, length)
    if is_open is not None:
        beyond_h = beyond_h * is_open
    weights[:, -1] += beyond_h / length
    return Pipe(delay_h, weights, offset_mw, stored_mwh, open_h)
