"""A demand model of weather and calendar, corrected by what it left over lately.

The skeleton of the candidates that know what a change of the weather does: the model is learned on
the weather that came, its residuals carry what no weather explains.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from forecasts.demand.load.features import Features, features
from forecasts.demand.load.reach import Reach, learned_from, reached_by, within
from forecasts.demand.load.record import TEMPERATURE, Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.residual import (
    Correction,
    CorrectionSettings,
    ResidualPast,
    fit_correction,
    residual_past,
)
from forecasts.demand.load.training import first_row

Mask = NDArray[np.bool_]


class DemandModel(Protocol):
    """Load on weather and calendar alone."""

    def demand(self, found: Features) -> Floats:
        """Load at the target steps, MW, (issue, lead); NaN where no temperature is known."""

    def silent(self, found: Features) -> Mask:
        """Where heating is off by the hour, and a correction would be wrong, (issue, lead)."""


def learned(
    record: LoadRecord,
    weather: KnownWeather,
    until: int,
    leads: int,
    settings: CorrectionSettings,
    model_of: Callable[[Reach, int], DemandModel | None],
) -> "FittedCorrected | None":
    """Learn from the rows before `until`; None below LEAST_DAYS or without a temperature.

    `model_of` learns the demand model from what is known and the first row to learn from.
    """
    if TEMPERATURE not in weather.names:
        return None
    window_days = settings.memory.window_days
    known = learned_from(record, weather, until, window_days, leads)
    if known is None:
        return None
    load = known.load_mw
    from_row = first_row(load, record.step_h, window_days)
    model = model_of(known, from_row)
    if model is None:
        return None
    day = round(24.0 / record.step_h)
    correction = fit_correction(
        _left_over(model, known),
        lambda issues, count: model.demand(features(known.past, known.weather, issues, count)),
        load,
        max(from_row, day),
        leads,
        settings,
    )
    highest = float(np.nanmax(load[from_row:]))
    return None if correction is None else FittedCorrected(model, correction, highest)


def rows_to_learn(known: Reach, from_row: int) -> Ints:
    """Rows from `from_row` on with load and temperature."""
    rows = np.arange(from_row, known.load_mw.size, dtype=np.int64)
    temperature = known.past.record.weather[TEMPERATURE]
    return rows[np.isfinite(known.load_mw[rows]) & np.isfinite(temperature[rows])]


def measured(known: Reach) -> KnownWeather:
    """The weather that came, of the variables that can be known ahead."""
    record = known.past.record
    kept = {name: record.weather[name] for name in known.weather.names}
    return KnownWeather(record.beside(kept), None)


def _left_over(model: DemandModel, known: Reach) -> ResidualPast:
    """What the model, with the weather that came, left of the measured load."""
    record = known.past.record
    rows = np.arange(record.times.size, dtype=np.int64)
    found = features(known.past, measured(known), rows, 1)
    return residual_past(known.past, record.load_mw - model.demand(found)[:, 0])


@dataclass(frozen=True)
class FittedCorrected:
    """A demand model and its correction with their coefficients."""

    model: DemandModel
    correction: Correction
    highest_mw: float

    def predict(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats:
        """Load of leads 1 … `leads` of each issue, MW; NaN where no temperature is known."""
        near = reached_by(record, weather, issues, leads)
        rows = issues - near.start
        found = features(near.past, near.weather, rows, leads)
        demand = self.model.demand(found)
        correction = self.correction.ahead(_left_over(self.model, near), rows, leads)
        corrected = within(demand + correction, self.highest_mw)
        return np.where(self.model.silent(found), demand, corrected)
