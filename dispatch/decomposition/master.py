"""The supply carrying a mix of what groups of stations answered so far: a plan, and new prices."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dispatch.decomposition.coupling import Supply, with_demand_rows, with_mix_rows
from dispatch.decomposition.responses import Response
from dispatch.decomposition.warm import WarmProgram
from dispatch.solve import Answer

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Groups:
    """Stations that are mixed alike."""

    of_station: Index  # (station,)
    of_part: Index  # (part,)
    zone: Index  # (station,)
    count: int


@dataclass(frozen=True)
class Mixed:
    """The best plan that is a mix of answers."""

    cost_yuan: float
    price: Array  # (zone, block), yuan per MW held over the block
    heat_mw: Array  # (station, block)
    terms_yuan: Array  # (term,) of the stations
    supply: Answer  # columns of the supply


class Master:
    """Weights of answers, one convex mix a group, and the supply that carries their heat."""

    def __init__(self, supply: Supply, groups: Groups) -> None:
        self._supply, self._groups = supply, groups
        self._first = supply.matrices.row_lower.size
        self._program = WarmProgram(with_mix_rows(with_demand_rows(supply), groups.count))
        self._found: list[Response] = []

    def add(self, response: Response) -> None:
        """Add what every group answered, as a column each: its cost and its heat."""
        groups, demand = self._groups, self._supply.demand
        cost = np.zeros(groups.count)
        np.add.at(cost, groups.of_part, response.terms_yuan.sum(axis=1))
        heat = np.zeros((groups.count, *demand.shape))
        np.add.at(heat, (groups.of_station, groups.zone), response.heat_mw)
        above = np.zeros((self._first, groups.count))
        columns = np.vstack([above, -heat.reshape(groups.count, -1).T, np.eye(groups.count)])
        self._program.add_columns(cost, sparse.csc_array(columns))
        self._found.append(response)

    @property
    def found(self) -> tuple[Response, ...]:
        """All that was added."""
        return tuple(self._found)

    def solved(self, *, believed: bool = False) -> Mixed:
        """The cheapest mix. Raises NotSolved; see `WarmProgram.solved`."""
        answer = self._program.solved(believed=believed)
        own, demand = self._supply.matrices.cost.size, self._supply.demand
        prices = answer.row_duals[self._first : self._first + demand.size]
        weights = answer.values[own:].reshape(len(self._found), self._groups.count)
        heat = np.zeros_like(self._found[0].heat_mw)
        terms = np.zeros_like(self._found[0].terms_yuan)
        for weight, found in zip(weights, self._found, strict=True):
            heat += weight[self._groups.of_station, None] * found.heat_mw
            terms += weight[self._groups.of_part, None] * found.terms_yuan
        return Mixed(
            cost_yuan=answer.objective,
            price=prices.reshape(demand.shape),
            heat_mw=heat,
            terms_yuan=terms.sum(axis=0),
            supply=self._supply_part(answer),
        )

    def _supply_part(self, answer: Answer) -> Answer:
        """The answer's columns and rows of the supply."""
        own = self._supply.matrices.cost.size
        return replace(
            answer,
            values=answer.values[:own],
            row_duals=answer.row_duals[: self._first],
            column_duals=answer.column_duals[:own],
        )
