"""A published schedule as plain arrays, and how a breach found in one becomes a finding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.audit_rules.rule import Rule
from dispatch.messages import say
from dispatch.plan import AuditFinding

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
StringArray = NDArray[np.str_]

BALANCE_ALLOWED = 1e-6  # relative, design §5
WATER_KJ_PER_KG_K = 4.187  # c of H F9


@dataclass(frozen=True)
class PublishedPlan:
    """The schedule Dataset, read-only, with the few derived indices that every rule needs.

    Holds only for a schedule that passes the contract rule.
    """

    schedule: xr.Dataset

    def values(self, name: str) -> FloatArray:
        """Numbers of one variable, in the units and dims of the contract."""
        return np.asarray(self.schedule.variables[name].values, dtype=np.float64)

    def names(self, name: str) -> StringArray:
        """Strings of one variable or coordinate."""
        return np.asarray(self.schedule.variables[name].values).astype(np.str_)

    def times(self, name: str) -> NDArray[np.datetime64]:
        """UTC moments of one variable or coordinate."""
        return np.asarray(self.schedule.variables[name].values).astype("datetime64[ns]")

    def attribute(self, name: str) -> float:
        """A number among the attributes of the Dataset."""
        return float(self.schedule.attrs[name])

    @cached_property
    def step_h(self) -> float:
        """Length of a step, h."""
        return self.attribute("step_h")

    @cached_property
    def block_of_step(self) -> IntArray:
        """(time,) index of the block that holds each step."""
        starts = self.times("block_start")
        return np.searchsorted(starts, self.times("time"), side="right").astype(np.int64) - 1

    @cached_property
    def first_step_of_block(self) -> IntArray:
        """(block,) index of the first step inside each block."""
        return np.flatnonzero(np.diff(self.block_of_step, prepend=-1)).astype(np.int64)

    @cached_property
    def controllable(self) -> BoolArray:
        """(station,) true where the plan sets the heat."""
        return self.values("station_controllable") > 0.5

    @cached_property
    def mean_load_mw(self) -> float:
        """Mean heat sent by all plants, MW: what balance residuals are relative to."""
        total = self.values("plant_heat").sum(axis=0)
        return max(float(np.abs(total).mean()), 1e-6)

    @cached_property
    def demand_factor(self) -> FloatArray:
        """(time,) needs of buildings over those by their parameters; 1 where the plan has none."""
        if "demand_factor" not in self.schedule:
            return np.ones(self.times("time").size)
        return self.values("demand_factor")

    def block_mean(self, per_step: FloatArray) -> FloatArray:
        """(..., block) mean over the steps inside each block, from (..., time)."""
        counts = np.bincount(self.block_of_step)
        sums = np.add.reduceat(per_step, self.first_step_of_block, axis=-1)
        return np.asarray(sums / counts, dtype=np.float64)

    def index_of(self, names: StringArray, dim: str) -> IntArray:
        """Position of each name along dim; -1 for an empty name."""
        position = {str(label): i for i, label in enumerate(self.names(dim))}
        return np.array([position.get(str(name), -1) for name in names], dtype=np.int64)

    def sum_by(self, per_row: FloatArray, owner: IntArray, count: int) -> FloatArray:
        """Add up rows (row, ...) that have the same owner into (count, ...); -1 has none."""
        total = np.zeros((count, *per_row.shape[1:]))
        owned = owner >= 0
        np.add.at(total, owner[owned], per_row[owned])
        return total

    def local(self, moment: np.datetime64) -> datetime:
        """A UTC moment in the utility's time zone."""
        seconds = moment.astype("datetime64[s]").astype(np.int64)
        zone = ZoneInfo(str(self.schedule.attrs["timezone"]))
        return datetime.fromtimestamp(int(seconds), tz=UTC).astimezone(zone)

    def label(self, dim: str, position: int) -> str:
        """Name of one entry along dim; a link is `plant>zone`."""
        if dim == "link":
            return f"{self.names('link_from')[position]}>{self.names('link_to')[position]}"
        return str(self.names(dim)[position])

    def place(self, dims: Sequence[str], position: Sequence[int]) -> str:
        """An array position in words: which thing, and when, in local time."""
        where: dict[str, str] = {}
        key = "network"
        for dim, i in zip(dims, position, strict=True):
            if dim in ("time", "arrival_time", "departure"):
                where["time"] = f"{self.local(self.times(dim)[i]):%Y-%m-%d %H:%M}"
            elif dim == "block":
                where["time"] = f"{self.local(self.times('block_start')[i]):%Y-%m-%d %H:%M}"
            else:
                key, where["id"] = dim, self.label(dim, i)
        return say(f"audit.place_{key}{'_at' if 'time' in where else ''}", **where)


def finding(  # what was found, where it can be, and what is allowed
    plan: PublishedPlan,
    rule: Rule,
    breach: FloatArray,
    dims: Sequence[str],
    allowed: float,
    *,
    soft: bool = False,
) -> AuditFinding:
    """Finding of the largest breach of an array on `dims`; a NaN counts as infinite."""
    if breach.size == 0:
        return AuditFinding(rule, 0.0, allowed, say("audit.place_none"), soft=soft)
    known = np.where(np.isnan(breach), np.inf, breach)
    position = [int(i) for i in np.unravel_index(int(known.argmax()), known.shape)]
    worst = max(float(known[tuple(position)]), 0.0)
    return AuditFinding(rule, worst, allowed, plan.place(dims, position), soft=soft)


def worst_of(*findings: AuditFinding) -> AuditFinding:
    """The one with the largest breach, of findings under the same rule."""
    return max(findings, key=lambda one: one.worst)
