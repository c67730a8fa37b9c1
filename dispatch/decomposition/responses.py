"""What stations do at prices of heat: each its own optimum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.decomposition.programs import station_programs
from dispatch.decomposition.subset import stations_only
from dispatch.decomposition.warm import WarmProgram
from dispatch.inputs import PlanInputs
from dispatch.solve import Answer

Array = NDArray[np.float64]
Index = NDArray[np.intp]

CHUNK = 64  # stations built at once; by number, so that results do not depend on the workers


@dataclass(frozen=True)
class Response:
    """Optima of all stations at one price; stations that hang together are one `part`."""

    heat_mw: Array  # (station, block)
    terms_yuan: Array  # (part, term): what they cost by name, heat itself not counted
    least_yuan: Array  # (part,): that cost and the heat at its price


@dataclass(frozen=True)
class Layout:
    """How the rows of a response are made up."""

    part: Index  # (station,)
    term_names: tuple[str, ...]
    rows: int  # of all programs together
    columns: int


@dataclass(frozen=True)
class Question:
    """A price of heat for all stations, and a plan to look around."""

    price: Array  # (zone, block), yuan per MW held over the block
    near_mw: Array  # (station, block)
    reach: float  # how far from `near_mw`, of the station's mean heat


@dataclass(frozen=True)
class Answers:
    """At one price: the best of each station, and its best near a plan."""

    best: Response
    near: Response


class Chunk:
    """Some stations' programs, kept warm from one price to the next."""

    def __init__(self, inputs: PlanInputs) -> None:
        """Build the programs of all stations of `inputs`, as `stations_only` gives them."""
        programs = station_programs(inputs)
        self._zone = inputs.stations.zone
        self._shape = (self._zone.size, inputs.grid.blocks)
        self._items = programs.items
        self._constant = programs.constant_yuan
        self._warm = [WarmProgram(item.matrices) for item in programs.items]
        part = np.zeros(self._zone.size, dtype=np.intp)
        for i, item in enumerate(self._items):
            part[item.station] = i
        sizes = [item.matrices.rows.shape for item in self._items]
        rows, columns = (sum(size[axis] for size in sizes) for axis in (0, 1))
        self.layout = Layout(part, programs.term_names, rows, columns)

    def answer(self, question: Question) -> Answers:
        """Solve every program twice: free, and near the plan.

        The first is what the bound rests on; the second, a small step from where the plan as a
        whole is, is what good plans are mixed from where free stations all jump one way. Raises
        NotSolved.
        """
        best, near = [], []
        for item, warm in zip(self._items, self._warm, strict=True):
            at, own = item.heat_columns, item.matrices
            price = question.price[self._zone[item.station], item.block]
            warm.with_costs(at, own.cost[at] + price)
            best.append(warm.solved())
            lower, upper = own.column_lower[at], own.column_upper[at]
            plan = np.clip(question.near_mw[item.station, item.block], lower, upper)
            reach = question.reach * float(plan.mean())
            warm.with_bounds(at, np.maximum(lower, plan - reach), np.minimum(upper, plan + reach))
            near.append(warm.solved())
            warm.with_bounds(at, lower, upper)
        return Answers(self._response(best), self._response(near))

    def _response(self, answers: list[Answer]) -> Response:
        heat = np.zeros(self._shape)
        terms = np.zeros((len(self._items), self._constant.size))
        for i, (item, answer) in enumerate(zip(self._items, answers, strict=True)):
            heat[item.station, item.block] = answer.values[item.heat_columns]
            terms[i] = item.terms @ answer.values
        terms[0] += self._constant
        least = np.array([answer.objective for answer in answers])
        least[0] += self._constant.sum()
        return Response(heat, terms, least)


def chunks_of(inputs: PlanInputs) -> list[PlanInputs]:
    """Inputs of our stations in chunks, in their order."""
    ours = np.flatnonzero(inputs.stations.controllable)
    pieces = np.split(ours, np.arange(CHUNK, ours.size, CHUNK))
    return [stations_only(inputs, members) for members in pieces]


def joined_layout(layouts: list[Layout]) -> Layout:
    """Layout of several chunks' responses, one after the other."""
    offsets = np.cumsum([0, *(int(layout.part.max()) + 1 for layout in layouts[:-1])])
    parts = [layout.part + at for layout, at in zip(layouts, offsets, strict=True)]
    return Layout(
        np.concatenate(parts),
        layouts[0].term_names,
        sum(layout.rows for layout in layouts),
        sum(layout.columns for layout in layouts),
    )


def joined(responses: list[Response]) -> Response:
    """Responses of several chunks, one after the other."""
    return Response(
        np.concatenate([response.heat_mw for response in responses]),
        np.concatenate([response.terms_yuan for response in responses]),
        np.concatenate([response.least_yuan for response in responses]),
    )
