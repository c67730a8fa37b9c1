"""Linear candidate: load on lagged loads and weather, one regression an hour and group of leads.

Direct by lead, since a recursion over its own forecasts adds up their errors (S. Ben Taieb et al.,
doi:10.1016/j.eswa.2012.01.039). It forgets in operating time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.cell_ridge import CellRidge, RidgeSettings, fit_cells
from forecasts.demand.load.features import Features, features
from forecasts.demand.load.reach import Reach, learned_from, reached_by, within
from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.training import (
    Memory,
    blocks,
    first_row,
    group_of_lead,
    operating_days,
)

HOURS = 24


def hour_slots(found: Features) -> Ints:
    """Local hour of the target steps, (issue, lead)."""
    return found.columns["hour"].astype(np.int64)


@dataclass(frozen=True)
class Shape:
    """What a direct regression looks at, and which of its rows share coefficients."""

    table: Callable[[Features], Floats]  # columns, (issue, lead, column)
    anchor: Callable[[Features], Floats]  # load that it learns the difference to, (issue, lead)
    slots: Callable[[Features], Ints]  # kind of hour, (issue, lead)
    slot_count: int

    def cells(self, found: Features, group: Ints) -> Ints:
        """Cell of each (issue, lead): the group of its lead (lead,), and its slot."""
        return np.asarray(group[None, :] * self.slot_count + self.slots(found), dtype=np.int64)


@dataclass(frozen=True)
class DirectRegression:
    """A regression by group of leads and slot on features known at the issue."""

    name: str
    shape: Shape
    memory: Memory
    settings: RidgeSettings

    def fit(
        self, record: LoadRecord, weather: KnownWeather, until: int, leads: int
    ) -> "FittedRegression | None":
        """Learn from the rows before `until`; None below LEAST_DAYS operating days."""
        known = learned_from(record, weather, until, self.memory.window_days, leads)
        if known is None:
            return None
        rows = self._rows(known, leads)
        if rows.target.size == 0:
            return None
        groups = int(group_of_lead(leads, record.step_h).max()) + 1
        group_of_cell = np.repeat(np.arange(groups), self.shape.slot_count)
        days = self.memory.days(operating_days(known.load_mw, record.step_h)[0])
        ridge = fit_cells(
            rows.table, rows.target, rows.weight, rows.cell, group_of_cell, days, self.settings
        )
        return FittedRegression(self.shape, ridge, float(np.nanmax(known.load_mw)))

    def _rows(self, known: Reach, leads: int) -> "_Rows":
        step_h = known.past.record.step_h
        from_row = first_row(known.load_mw, step_h, self.memory.window_days)
        day = round(24.0 / step_h)
        parts: list[_Rows] = []
        for block in blocks(known.load_mw, step_h, max(from_row, day), leads, self.memory):
            found = features(known.past, known.weather, block.issues, block.leads)
            keep = slice(block.first, block.leads)
            group = group_of_lead(block.leads, step_h)
            anchor = self.shape.anchor(found)[:, keep]
            there = np.isfinite(block.load_mw - anchor)
            parts.append(
                _Rows(
                    self.shape.table(found)[:, keep][there],
                    self.shape.cells(found, group)[:, keep][there],
                    (block.load_mw - anchor)[there],
                    block.weight[there],
                )
            )
        return _Rows(
            np.concatenate([part.table for part in parts]),
            np.concatenate([part.cell for part in parts]),
            np.concatenate([part.target for part in parts]),
            np.concatenate([part.weight for part in parts]),
        )


@dataclass(frozen=True)
class _Rows:
    """What is regressed, by row."""

    table: Floats
    cell: Ints
    target: Floats
    weight: Floats


@dataclass(frozen=True)
class FittedRegression:
    """A direct regression with its coefficients."""

    shape: Shape
    ridge: CellRidge
    highest_mw: float

    def predict(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats:
        """Load of leads 1 … `leads` of each issue, MW."""
        near = reached_by(record, weather, issues, leads)
        found = features(near.past, near.weather, issues - near.start, leads)
        cell = self.shape.cells(found, group_of_lead(leads, record.step_h))
        difference = self.ridge.predict(self.shape.table(found), cell)
        return within(self.shape.anchor(found) + difference, self.highest_mw)


# ---- lagged loads and weather ---------------------------------------------------------------

WEATHER_NAMES = (
    "temperature", "temperature_3h", "temperature_12h", "temperature_24h", "temperature_48h",
    "radiation", "radiation_3h", "radiation_24h", "gust_lift", "humidity",
)  # fmt: skip
DAY_NAMES = ("off", "off_before", "off_after")
LIKE_NAMES = (
    "load_same_1", "load_same_2", "load_same_3", "load_same_7", "load_same_mean",
    "load_alike_1", "load_alike_2", "load_alike_5", "load_168h",
)  # fmt: skip
WARMER_THAN = (
    ("temperature", "temperature_same_1"), ("temperature_24h", "temperature_24h_same_1"),
    ("temperature", "temperature_same_2"), ("temperature_24h", "temperature_24h_same_2"),
    ("temperature", "temperature_same_7"), ("temperature_24h", "temperature_24h_same_7"),
    ("temperature", "temperature_alike_1"), ("temperature_24h", "temperature_24h_alike_1"),
)  # fmt: skip


def chosen(found: Features, names: tuple[str, ...]) -> list[Floats]:
    """Those of the named features that there are, each (issue, lead)."""
    shape = found.columns["hour"].shape
    there = [name for name in names if name in found.columns]
    return [np.broadcast_to(found.columns[name], shape) for name in there]


def like_days(found: Features) -> Floats:
    """Load of the same time on the last day and on the last like day, their mean, MW.

    What is regressed is the difference to it, and so are the loads it is regressed on: a level
    never seen before moves the forecast along with it, and the pull of the ridge is to this.
    """
    same, alike = found.columns["load_same_1"], found.columns["load_alike_1"]
    return np.where(np.isfinite(alike), 0.5 * (same + alike), same)


def load_differences(found: Features, names: tuple[str, ...]) -> list[Floats]:
    """How other known loads differ from the like days, apart for the jump over a weekend.

    The same time yesterday says less across the border of a weekend.
    """
    known = found.columns
    anchor = like_days(found)
    last = [known[f"load_last_{number}"] - known["load_24h"] for number in (1, 2, 3)]
    jump = known["load_alike_1"] - known["load_same_1"]
    jumps = [known["off"] * jump, (1.0 - known["off"]) * jump]
    level = [known["load_24h"] - known["load_168h"]]
    return last + level + jumps + [known[name] - anchor for name in names]


def lag_table(found: Features) -> Floats:
    """Columns of the lag regression, (issue, lead, column)."""
    known = found.columns
    columns = chosen(found, WEATHER_NAMES + DAY_NAMES) + load_differences(found, LIKE_NAMES)
    columns += [known[now] - known[then] for now, then in WARMER_THAN if now in known]
    return np.stack(columns, axis=-1)


# Near leads lean on the last hours, far ones on like days: the farther, the less is learned beyond.
NEAR_AND_FAR_DAYS = (0.05, 0.15, 0.5, 1.5)


def lag_regression(name: str = "lags") -> DirectRegression:
    """Load on the loads of the last hours and days, and how the weather differs from theirs.

    Memory and pull were found on recorded loads (30 to 120 days and 10 to 100 rows were tried).
    """
    return DirectRegression(
        name,
        Shape(lag_table, like_days, hour_slots, HOURS),
        Memory(window_days=400.0, half_life_days=90.0),
        RidgeSettings(pull_rows=40.0, group_days=NEAR_AND_FAR_DAYS, rounds=1),
    )
