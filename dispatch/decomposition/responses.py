"""What stations do at prices of heat: each its own optimum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.decomposition.programs import station_programs
from dispatch.decomposition.subset import stations_only
from dispatch.decomposition.warm import WarmProgram
from dispatch.inputs import PlanInputs

Array = NDArray[np.float64]
Index = NDArray[np.intp]

CHUNK = 64  # stations built at once; by number, so that results do not depend on the workers


@dataclass(frozen=True)
class Response:
    """Optima of all stations at one price; stations that hang together are one `part`."""

    heat_mw: Array  # (station, block)
    terms_yuan: Array  # (part, term): what they cost by name, heat itself not counted
    least_yuan: Array  # (part,): that cost and the heat at its price; no plan of theirs is cheaper


@dataclass(frozen=True)
class Layout:
    """How the rows of a response are made up."""

    stations: Index  # (station,) of the plan's inputs
    part: Index  # (station,)
    term_names: tuple[str, ...]
    rows: int  # of all programs together
    columns: int


class Chunk:
    """Some stations' programs, kept warm from one price to the next."""

    def __init__(self, inputs: PlanInputs, members: Index) -> None:
        programs = station_programs(stations_only(inputs, members))
        self._zone = inputs.stations.zone[members]
        self._shape = (members.size, inputs.grid.blocks)
        self._items = programs.items
        self._constant = programs.constant_yuan
        self._warm = [WarmProgram(item.matrices) for item in programs.items]
        part = np.zeros(members.size, dtype=np.intp)
        for i, item in enumerate(self._items):
            part[item.station] = i
        sizes = [item.matrices.rows.shape for item in self._items]
        rows, columns = (sum(size[axis] for size in sizes) for axis in (0, 1))
        self.layout = Layout(members, part, programs.term_names, rows, columns)

    def respond(self, price: Array) -> Response:
        """Solve for `price` (zone, block), yuan per MW held over the block.

        Raises NotSolved.
        """
        heat = np.zeros(self._shape)
        terms = np.zeros((len(self._items), self._constant.size))
        least = np.zeros(len(self._items))
        for i, (item, warm) in enumerate(zip(self._items, self._warm, strict=True)):
            own = item.matrices.cost[item.heat_columns]
            warm.with_costs(item.heat_columns, own + price[self._zone[item.station], item.block])
            answer = warm.solved()
            heat[item.station, item.block] = answer.values[item.heat_columns]
            terms[i] = item.terms @ answer.values
            least[i] = answer.objective
        terms[0] += self._constant
        least[0] += self._constant.sum()
        return Response(heat, terms, least)

    def near(self, plan: Array, reach: float) -> Response:
        heat = np.zeros(self._shape)
        terms = np.zeros((len(self._items), self._constant.size))
        least = np.zeros(len(self._items))
        for i, (item, warm) in enumerate(zip(self._items, self._warm, strict=True)):
            q = plan[item.station, item.block]
            h = item.heat_columns
            lo, up = item.matrices.column_lower[h], item.matrices.column_upper[h]
            d = reach * q.mean()
            q = np.clip(q, lo, up)
            warm.with_bounds(h, np.maximum(lo, q - d), np.minimum(up, q + d))
            answer = warm.solved()
            warm.with_bounds(h, lo, up)
            heat[item.station, item.block] = answer.values[item.heat_columns]
            terms[i] = item.terms @ answer.values
            least[i] = answer.objective
        terms[0] += self._constant
        return Response(heat, terms, least)


def chunks_of(inputs: PlanInputs) -> list[Index]:
    """Our stations in chunks, in their order."""
    ours = np.flatnonzero(inputs.stations.controllable)
    return np.split(ours, np.arange(CHUNK, ours.size, CHUNK))


def joined_layout(parts: list[Layout]) -> Layout:
    """Layout of several chunks' responses, one after the other."""
    offsets = np.cumsum([0, *(part.part.max() + 1 for part in parts[:-1])])
    return Layout(
        np.concatenate([part.stations for part in parts]),
        np.concatenate([part.part + at for part, at in zip(parts, offsets, strict=True)]),
        parts[0].term_names,
        sum(part.rows for part in parts),
        sum(part.columns for part in parts),
    )


def joined(responses: list[Response]) -> Response:
    """Responses of several chunks, one after the other."""
    return Response(
        np.concatenate([response.heat_mw for response in responses]),
        np.concatenate([response.terms_yuan for response in responses]),
        np.concatenate([response.least_yuan for response in responses]),
    )
