"""Ways of water from a plant to a zone: one main, or a main and the ties that lead on from there.

For temperatures and flows a zone fed by a tie hangs on the plants behind it: their water must be
hot enough at its door too, later by both delays and cooler by both losses. So heat that a tie
takes on is led back to the mains that brought it, as a way of its own, and taken off what those
mains bring to their own zone: no water is counted twice. Heat in a zone is taken to be mixed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Link
from dispatch.pipe import Pipe

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """Water of one plant on its way to one zone; arrays (block,), `arrives_h` (block edge,)."""

    plant_id: str
    zones: tuple[str, ...]  # passed, in order; it ends in the last
    heat_mw: Array  # out of its last main, before that one's loss
    loss_mw: Array  # on the whole way
    arrives_h: Array

    @property
    def delivered_mw(self) -> Array:
        """Heat that comes out in the last zone."""
        return np.maximum(self.heat_mw - self.loss_mw, 0.0)

    def part(self, share: Array) -> "Way":
        """A share of its heat and loss, by block."""
        heat_mw, loss_mw = self.heat_mw * share, self.loss_mw * share
        return Way(self.plant_id, self.zones, heat_mw, loss_mw, self.arrives_h)


@dataclass(frozen=True)
class LinkFlow:
    """Block means of one main or tie, (block,), MW."""

    link: Link
    pipe: Pipe
    sent_mw: Array
    heat_mw: Array  # out of it, before loss
    loss_mw: Array


def arrival_h(pipe: Pipe, hours: Array) -> Array:
    """When what leaves at `hours` arrives; after the last step its delay goes on."""
    inside = np.interp(hours, pipe.edges_h, pipe.arrives_h)
    return np.asarray(inside + np.maximum(hours - pipe.edges_h[-1], 0.0))


def _share(part: Array, whole: Array) -> Array:
    share = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 1e-9)
    return np.asarray(np.clip(share, 0.0, 1.0))


def ways(case: Case, flows: list[LinkFlow], block_edges_h: Array) -> list[Way]:
    """Lead all heat back to plants; without ties one way a main, in file order."""
    found = [
        Way(
            flow.link.from_id,
            (flow.link.to_id,),
            flow.heat_mw,
            flow.loss_mw,
            arrival_h(flow.pipe, block_edges_h),
        )
        for flow in flows
        if not case.is_tie(flow.link)
    ]
    ties = [flow for flow in flows if case.is_tie(flow.link)]
    reached = found if ties else []
    onward: list[Way] = []
    while reached:  # each round is one tie farther; no way passes a zone twice, so it ends
        reached = [way for tie in ties for way in _over(tie, reached)]
        onward += reached
    arriving = found + onward
    return [way.part(1.0 - _taken_on(way, arriving, ties)) for way in arriving]


def _over(tie: LinkFlow, reached: list[Way]) -> list[Way]:
    """The ways that go on over a tie, with what it carries shared among them."""
    here = [w for w in reached if w.zones[-1] == tie.link.from_id and tie.link.to_id not in w.zones]
    total = np.sum([way.delivered_mw for way in here], axis=0)
    out = []
    for way in here:
        mixed = _share(way.delivered_mw, total)
        behind = way.loss_mw * _share(mixed * tie.sent_mw, way.delivered_mw)
        heat_mw = tie.heat_mw * mixed + behind
        loss_mw = tie.loss_mw * mixed + behind
        hours = arrival_h(tie.pipe, way.arrives_h)
        out.append(Way(way.plant_id, (*way.zones, tie.link.to_id), heat_mw, loss_mw, hours))
    return out


def _taken_on(way: Way, arriving: list[Way], ties: list[LinkFlow]) -> Array:
    """Share of a way's heat that ties take on from its last zone, (block,)."""
    zone = way.zones[-1]
    sent = [tie.sent_mw for tie in ties if tie.link.from_id == zone]
    if not sent:
        return np.zeros_like(way.heat_mw)
    there = np.sum([other.delivered_mw for other in arriving if other.zones[-1] == zone], axis=0)
    return _share(np.sum(sent, axis=0), there)
