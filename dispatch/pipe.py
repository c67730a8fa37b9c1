"""Heat on its way through a main: plug flow under a flow that changes (handbook §7 F11).

Water moves through a main at a speed that follows the load, so the delay of what leaves at hour t
is not fixed: it arrives when the speed has added up to the length of the main,
∫ dt/delay(load) = 1 from departure to arrival. A delay read off the load at departure alone would
let heat that leaves into a rising load overtake what left before; this clock cannot, whatever
the load does, and needs no smoothing. Under a steady load it is the delay at that load.

Heat sent over [t, t+Δ) arrives over [a(t), a(t+Δ)), a window stretched or squeezed as the speed
falls or rises. The plan decides arrivals, and what was sent follows as the energy of each step's
arrival window. Turned the other way round (arrivals as weighted means of what was sent) a
fractional delay would have to be undone step by step, and that inverse oscillates: with weights
0.75/0.25 an error grows threefold every step.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Arrivals are told to 3.6 s, so that a window and a step share nothing or at least this much. A
# weight of 1e-14 in a row whose other side is zero would forbid the arrival it stands for.
CLOCK_H = 1e-3
TOUCH_H = 1e-6  # intervals that share less only touch: rounding of the sums


@dataclass(frozen=True)
class OnTheWay:
    """Heat in a main at the start: `energy_mwh` arrives evenly over each interval of `edges_h`."""

    edges_h: Array  # (interval + 1,) hours after the start, rising
    energy_mwh: Array  # (interval,)

    def arriving_mwh(self, edges_h: Array) -> Array:
        """Energy that arrives in each step, MWh; all of it within steps that reach far enough."""
        arrived = np.concatenate([[0.0], np.cumsum(self.energy_mwh)])
        return np.diff(np.interp(edges_h, self.edges_h, arrived))


def nothing_known(heat_mw: float, delay_h: float) -> OnTheWay:
    """A main through which the same heat has gone for long."""
    return OnTheWay(np.array([0.0, delay_h]), np.array([heat_mw * delay_h]))


def as_sent(sent_mw: Array, step_h: float, delay_h: float) -> OnTheWay:
    """A main of fixed delay into which `sent_mw` went, step by step, the latest last."""
    edges_h = delay_h - step_h * np.arange(sent_mw.size, -1, -1.0)
    inside_h = np.maximum(edges_h, 0.0)
    return OnTheWay(inside_h, sent_mw * np.diff(inside_h))


def arrival_clock(edges_h: Array, delay_h: Array, first_arrival_h: float | None = None) -> Array:
    """Hours at which what leaves at `edges_h` (edge,) arrives, for delays by step (step,).

    `delay_h` is the delay under the load of each step, were that load to last; the last one goes
    on. Where `first_arrival_h` is given, what leaves at the first edge arrives then, as the last
    plan said: until that hour the speed is scaled to it, so nothing overtakes what is on its way.
    """
    if delay_h.max() <= 0.0 and not first_arrival_h:
        return edges_h.copy()
    first_h = edges_h[0] if first_arrival_h is None else edges_h[0] + first_arrival_h
    far_h = max(edges_h[-1], first_h) + delay_h[-1] + 1.0
    knots = np.unique(np.concatenate([edges_h, [first_h, far_h]]))
    step = np.searchsorted(edges_h, knots[:-1], side="right") - 1
    speed = 1.0 / np.maximum(delay_h, CLOCK_H)[np.minimum(step, delay_h.size - 1)]
    ways = speed * np.diff(knots)  # lengths of the main that water goes between two knots
    early = knots[:-1] < first_h
    if early.any():
        ways[early] /= ways[early].sum()
    gone = np.concatenate([[0.0], np.cumsum(ways)])
    arrives_h = np.interp(np.interp(edges_h, knots, gone) + 1.0, gone, knots)
    ticks = np.round(arrives_h / CLOCK_H)
    order = np.arange(edges_h.size)
    rising = np.maximum.accumulate(ticks - order) + order
    return np.asarray(rising * CLOCK_H)


def _overlap_h(start_a: Array, end_a: Array, start_b: Array, end_b: Array) -> Array:
    """Common hours of intervals a (rows) and b (columns)."""
    start = np.maximum(start_a[:, None], start_b[None, :])
    end = np.minimum(end_a[:, None], end_b[None, :])
    common = end - start
    return np.asarray(np.where(common > TOUCH_H, common, 0.0))


@dataclass(frozen=True)
class Pipe:
    """One main on a grid of steps: `sent = weights @ arrival + offset`, all MW.

    `stored_mwh` arrives from what was in the pipe at the start; `open_h` are the hours of each
    arrival step in which newly sent heat can come: none before what left first has arrived, nor
    for departures while the main is shut; `fed_h` are the hours of departure these stand for.
    """

    edges_h: Array  # (edge,) of the steps
    arrives_h: Array  # (edge,) when what leaves then arrives
    is_open: NDArray[np.bool_]  # (step,)
    weights: Array  # (sent step, arrival step)
    offset_mw: Array  # (sent step,)
    stored_mwh: Array  # (arrival step,)
    open_h: Array  # (arrival step,)
    fed_h: Array  # (arrival step,)
    left_h: float  # hours of the last arrival that are in the main at the end

    @property
    def delay_h(self) -> Array:
        """Delay of what leaves at each edge, (edge,)."""
        return self.arrives_h - self.edges_h

    def sent_mw(self, arrival_mw: Array) -> Array:
        """What has to be sent in each step for arrivals by step, MW."""
        return np.asarray(self.weights @ arrival_mw + self.offset_mw)

    def new_mwh(self, arrival_mw: Array, edges_h: Array) -> Array:
        """Newly sent energy that arrives in other steps, MWh, for arrivals by step (step,).

        After the last step the last arrival goes on.
        """
        rest = arrival_mw * np.diff(self.edges_h) - self.stored_mwh
        rate = np.divide(rest, self.open_h, out=np.zeros_like(rest), where=self.open_h > TOUCH_H)
        knots = np.unique(np.concatenate([self.edges_h, self.arrives_h, edges_h]))
        middle = 0.5 * (knots[:-1] + knots[1:])
        step = np.searchsorted(self.edges_h, middle, side="right") - 1
        left_in = np.searchsorted(self.arrives_h, middle, side="right") - 1
        mw = np.append(rate, arrival_mw[-1])[step]
        mw = mw * np.concatenate([self.is_open, [True, False]])[left_in]
        arrived = np.concatenate([[0.0], np.cumsum(mw * np.diff(knots))])
        return np.diff(np.interp(edges_h, knots, arrived))


def pipe(
    edges_h: Array,
    arrives_h: Array,
    on_the_way: OnTheWay,
    is_open: NDArray[np.bool_] | None = None,
) -> Pipe:
    """Describe a main on steps with `edges_h` (edge,) and an arrival clock (edge,).

    Nothing is sent in steps that are not `is_open` (step,): new heat of an arrival step then
    comes in the part of it that left in open ones. After the last step the last arrival goes on,
    so that the pipe is left full.
    """
    length = np.diff(edges_h)
    open_ = np.ones(length.size, dtype=bool) if is_open is None else is_open
    stored_mwh = on_the_way.arriving_mwh(edges_h)
    begins, ends = arrives_h[:-1], arrives_h[1:]
    common_h = _overlap_h(begins, ends, edges_h[:-1], edges_h[1:]) * open_[:, None]
    open_h = common_h.sum(axis=0)
    share = np.divide(common_h, open_h, out=np.zeros_like(common_h), where=open_h > TOUCH_H)
    weights = share * length[None, :] / length[:, None]
    beyond_h = np.maximum(ends - np.maximum(begins, edges_h[-1]), 0.0) * open_
    weights[:, -1] += beyond_h / length
    return Pipe(
        edges_h=edges_h,
        arrives_h=arrives_h,
        is_open=open_,
        weights=weights,
        offset_mw=-(share @ stored_mwh) / length,
        stored_mwh=stored_mwh,
        open_h=open_h,
        fed_h=(length / (ends - begins)) @ common_h,
        left_h=float(beyond_h.sum()),
    )
