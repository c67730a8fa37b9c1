"""Linear candidate: the heat demand's signature by hour of day, plus what it left over lately.

The signature is the load on weather and calendar alone, one regression an hour of the day; the
load bends where heating begins, so temperatures enter with hinges too. It knows what a change of
the weather does, which lags only guess; the residuals carry what no weather explains.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.cell_ridge import CellRidge, RidgeSettings, fit_cells
from forecasts.demand.load.corrected import FittedCorrected, Mask, learned, measured, rows_to_learn
from forecasts.demand.load.features import Features, features
from forecasts.demand.load.linear import HOURS
from forecasts.demand.load.reach import Reach
from forecasts.demand.load.record import (
    Floats,
    KnownWeather,
    LoadRecord,
)
from forecasts.demand.load.residual import (
    CorrectionSettings,
)
from forecasts.demand.load.training import Memory, operating_days

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
    ) -> FittedCorrected | None:
        """Learn from the rows before `until`; None below LEAST_DAYS or without a temperature."""
        return learned(record, weather, until, leads, self.correction, self._model)

    def _model(self, known: Reach, from_row: int) -> "SignatureModel | None":
        rows, load, step_h = rows_to_learn(known, from_row), known.load_mw, known.past.record.step_h
        if rows.size * step_h < HOURS:
            return None
        found = features(known.past, measured(known), rows, 1)
        age = operating_days(load, step_h)[rows]
        cells = fit_cells(
            signature_table(found)[:, 0],
            load[rows],
            0.5 ** (age / self.memory.half_life_days),
            found.columns["hour"][:, 0].astype(np.int64),
            np.zeros(HOURS, dtype=np.int64),
            self.memory.days(rows.size * step_h / HOURS),
            self.settings,
        )
        return SignatureModel(cells)


@dataclass(frozen=True)
class SignatureModel:
    """One regression an hour of the day."""

    cells: CellRidge

    def demand(self, found: Features) -> Floats:
        """Load at the target steps, MW, (issue, lead)."""
        hour = found.columns["hour"].astype(np.int64)
        return np.maximum(0.0, self.cells.predict(signature_table(found), hour))

    def silent(self, found: Features) -> Mask:
        """Nowhere: each hour has a regression of its own."""
        return np.zeros(found.columns["hour"].shape, dtype=bool)
