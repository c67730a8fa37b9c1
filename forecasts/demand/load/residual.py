"""What a model of weather and calendar left over, carried ahead: near now much of it, later less.

The residuals of past hours (with the weather that came) are themselves a record; how much of the
last hour's, of the last days' and of the same hour's residual is still there after so many hours
is fitted by group of leads.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from forecasts.demand.load.cell_ridge import CellRidge, RidgeSettings, fit_cells
from forecasts.demand.load.features import Past
from forecasts.demand.load.lags import Bridged, Filtered, bridged, filtered, filtered_at
from forecasts.demand.load.record import Floats, Ints
from forecasts.demand.load.training import Memory, blocks, group_of_lead, operating_days

MEANS_H = (6.0, 24.0, 72.0, 168.0)
SAME_DAYS = 7
FADING = 0.8  # weight of a day against the day after it in the mean of the same hours


@dataclass(frozen=True)
class ResidualPast:
    """Residuals of a record made ready: `past` gives the calendar and the known rows."""

    past: Past
    step_h: float
    residual: Bridged
    means: tuple[Filtered, ...]

    def table(self, issues: Ints, leads: int) -> Floats:
        """Columns (issue, lead, column) of what is left over at each issue."""
        at = issues[:, None]
        targets = at + np.arange(leads, dtype=np.int64)[None, :]
        hour = max(1, round(1.0 / self.step_h))
        rows = at - 1 - np.arange(hour)[None, :]
        columns = [
            self.residual.at(rows - back * hour, at).mean(axis=1)[:, None] for back in (0, 1, 2)
        ]
        columns += [filtered_at(mean, issues)[:, None] for mean in self.means]
        columns += self._same_hours(targets, at)
        return np.stack([np.broadcast_to(column, targets.shape) for column in columns], axis=-1)

    def _same_hours(self, targets: Ints, at: Ints) -> list[Floats]:
        """Residuals at the local time of the targets: of yesterday, before, and a like day."""
        total, weight = np.zeros(targets.shape), np.zeros(targets.shape)
        chosen: list[Floats] = []
        for number in range(1, SAME_DAYS + 1):
            value = self.residual.at(self.past.same.rows_before(targets, at, number), at)
            there = np.isfinite(value)
            total += np.where(there, FADING**number * value, 0.0)
            weight += np.where(there, FADING**number, 0.0)
            if number in {1, 2, SAME_DAYS}:
                chosen.append(value)
        chosen.append(np.where(weight > 0.0, total / np.maximum(weight, 1e-12), np.nan))
        chosen.append(self.residual.at(self.past.alike.rows_before(targets, at, 1), at))
        return chosen


def residual_past(past: Past, residual: Floats) -> ResidualPast:
    """Make residuals (row,) of a record ready; NaN where load or weather is not known."""
    step_h = past.record.step_h
    means = tuple(filtered(residual, step_h, hours) for hours in MEANS_H)
    return ResidualPast(past, step_h, bridged(residual, step_h), means)


@dataclass(frozen=True)
class Correction:
    """How much of the residuals is still there by group of leads, and by hour if so fitted."""

    ridge: CellRidge
    hours: int  # cells a group: 24, or 1 where all hours are alike

    def ahead(self, residuals: ResidualPast, issues: Ints, leads: int) -> Floats:
        """What to add to the model, (issue, lead)."""
        hour = residuals.past.days.hour[issues[:, None] + np.arange(leads)[None, :]]
        group = group_of_lead(leads, residuals.step_h)
        return self.ridge.predict(residuals.table(issues, leads), _cells(group, hour, self.hours))


def _cells(group: Ints, hour: Floats, hours: int) -> Ints:
    slot = np.floor(hour * hours / 24.0).astype(np.int64)
    return np.asarray(group[None, :] * hours + slot, dtype=np.int64)


@dataclass(frozen=True)
class CorrectionSettings:
    """How a correction is fitted."""

    memory: Memory
    ridge: RidgeSettings
    hours: int


def fit_correction(
    residuals: ResidualPast,
    modelled: Callable[[Ints, int], Floats],
    load: Floats,
    from_row: int,
    leads: int,
    settings: CorrectionSettings,
) -> Correction | None:
    """Fit what the model, asked ahead (`modelled(issues, leads)`), missed to its past residuals.

    `load` holds the rows that may be known. None without a single pair.
    """
    tables, cells, targets, weights = [], [], [], []
    for block in blocks(load, residuals.step_h, from_row, leads, settings.memory):
        keep = slice(block.first, block.leads)
        missed = block.load_mw - modelled(block.issues, block.leads)[:, keep]
        rows = block.issues[:, None] + np.arange(block.first, block.leads)[None, :]
        there = np.isfinite(missed)
        cell = _cells(block.group, residuals.past.days.hour[rows], settings.hours)
        tables.append(residuals.table(block.issues, block.leads)[:, keep][there])
        cells.append(cell[there])
        targets.append(missed[there])
        weights.append(block.weight[there])
    target = np.concatenate(targets)
    if target.size == 0:
        return None
    groups = int(group_of_lead(leads, residuals.step_h).max()) + 1
    ridge = fit_cells(
        np.concatenate(tables),
        target,
        np.concatenate(weights),
        np.concatenate(cells),
        np.repeat(np.arange(groups), settings.hours),
        settings.memory.days(operating_days(load, residuals.step_h)[0]),
        settings.ridge,
    )
    # A residual that cannot be known is none, not the mean one.
    return Correction(
        replace(ridge, middle=np.zeros_like(ridge.middle), intercept=_at_zero(ridge)),
        settings.hours,
    )


def _at_zero(ridge: CellRidge) -> Floats:
    """Intercepts for columns that are not centred."""
    return np.asarray(
        ridge.intercept - ridge.slope @ (ridge.middle / ridge.spread), dtype=np.float64
    )
