"""Linear candidate: the heat demand's signature by hour of day, plus what it left over lately.

The signature is the load on weather and calendar alone, one regression an hour of the day; the
load bends where heating begins, so temperatures enter with hinges too. It knows what a change of
the weather does, which lags only guess; the residuals carry what no weather explains.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.cell_ridge import CellRidge, RidgeSettings, fit_cells
from forecasts.demand.load.features import Features, features
from forecasts.demand.load.linear import HOURS
from forecasts.demand.load.reach import Reach, learned_from, reached_by, within
from forecasts.demand.load.record import (
    TEMPERATURE,
    Floats,
    Ints,
    KnownWeather,
    LoadRecord,
)
from forecasts.demand.load.residual import (
    Correction,
    CorrectionSettings,
    ResidualPast,
    fit_correction,
    residual_past,
)
from forecasts.demand.load.training import Memory, first_row, operating_days

NAMES = (
    "temperature", "temperature_3h", "temperature_12h", "temperature_24h", "temperature_96h",
    "radiation", "radiation_3h", "radiation_24h", "gust_lift", "off", "off_before", "off_after",
)  # fmt: skip
HINGES_C = {"temperature_24h": (8.0, 13.0, 18.0), "temperature_3h": (5.0, 10.0, 15.0)}
OFF_LIFT_C = 17.0

# Found on recorded loads; 30 to 120 days and 10 to 40 rows were tried.
MEMORY = Memory(window_days=400.0, half_life_days=90.0)
SETTINGS = RidgeSettings(pull_rows=20.0, group_days=(0.1,), rounds=2)
CORRECTION = CorrectionSettings(
    MEMORY, RidgeSettings(pull_rows=40.0, group_days=(0.05, 0.1, 0.3, 0.5), rounds=1), HOURS
)


def signature_table(found: Features) -> Floats:
    """Columns of the signature, (issue, lead, column)."""
    known = found.columns
    shape = known["hour"].shape
    columns = [np.broadcast_to(known[name], shape) for name in NAMES if name in known]
    for name, bends in HINGES_C.items():
        columns += [np.maximum(0.0, bend - known[name]) for bend in bends]
    columns.append(known["off"] * np.maximum(0.0, OFF_LIFT_C - known["temperature_24h"]))
    return np.stack(columns, axis=-1)


@dataclass(frozen=True)
class Signature:
    """Load by hour on weather and calendar, corrected by its recent residuals."""

    name: str = "signature"
    memory: Memory = MEMORY
    settings: RidgeSettings = SETTINGS
    correction: CorrectionSettings = CORRECTION

    def fit(
        self, record: LoadRecord, weather: KnownWeather, until: int, leads: int
    ) -> "FittedSignature | None":
        """Learn from the rows before `until`; None below LEAST_DAYS or without a temperature."""
        if TEMPERATURE not in weather.names:
            return None
        known = learned_from(record, weather, until, self.memory.window_days, leads)
        if known is None:
            return None
        load = known.load_mw
        from_row = first_row(load, record.step_h, self.memory.window_days)
        model = self._model(known, from_row)
        if model is None:
            return None
        highest = float(np.nanmax(load[from_row:]))
        day = round(24.0 / record.step_h)
        correction = fit_correction(
            left_over(model, known),
            lambda issues, count: ahead(model, known, issues, count),
            load,
            max(from_row, day),
            leads,
            self.correction,
        )
        return None if correction is None else FittedSignature(model, correction, highest)

    def _model(self, known: Reach, from_row: int) -> CellRidge | None:
        load = known.load_mw
        rows = np.arange(from_row, load.size, dtype=np.int64)
        temperature = known.past.record.weather[TEMPERATURE]
        rows = rows[np.isfinite(load[rows]) & np.isfinite(temperature[rows])]
        if rows.size * known.past.record.step_h < HOURS:
            return None
        found = features(known.past, measured(known), rows, 1)
        age = operating_days(load, known.past.record.step_h)[rows]
        return fit_cells(
            signature_table(found)[:, 0],
            load[rows],
            0.5 ** (age / self.memory.half_life_days),
            found.columns["hour"][:, 0].astype(np.int64),
            np.zeros(HOURS, dtype=np.int64),
            self.memory.days(rows.size * known.past.record.step_h / HOURS),
            self.settings,
        )


def measured(known: Reach) -> KnownWeather:
    """The weather that came, of the variables that can be known ahead."""
    record = known.past.record
    names = known.weather.names
    kept = {name: record.weather[name] for name in names}
    return KnownWeather(
        LoadRecord(
            record.times, record.step_h, record.load_mw, kept, record.timezone, record.country
        ),
        None,
    )


def ahead(model: CellRidge, known: Reach, issues: Ints, leads: int) -> Floats:
    """The signature at the steps from each issue on, (issue, lead), MW."""
    found = features(known.past, known.weather, issues, leads)
    return _demand(model, found)


def _demand(model: CellRidge, found: Features) -> Floats:
    hour = found.columns["hour"].astype(np.int64)
    return np.maximum(0.0, model.predict(signature_table(found), hour))


def left_over(model: CellRidge, known: Reach) -> ResidualPast:
    """What the signature, with the weather that came, left of the measured load."""
    record = known.past.record
    rows = np.arange(record.times.size, dtype=np.int64)
    found = features(known.past, measured(known), rows, 1)
    return residual_past(known.past, record.load_mw - _demand(model, found)[:, 0])


@dataclass(frozen=True)
class FittedSignature:
    """The signature and its correction with their coefficients."""

    model: CellRidge
    correction: Correction
    highest_mw: float

    def predict(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats:
        """Load of leads 1 … `leads` of each issue, MW."""
        near = reached_by(record, weather, issues, leads)
        rows = issues - near.start
        demand = ahead(self.model, near, rows, leads)
        correction = self.correction.ahead(left_over(self.model, near), rows, leads)
        return within(demand + correction, self.highest_mw)
