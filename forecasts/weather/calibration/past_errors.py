"""Past runs of one deterministic forecast beside what the sensor measured."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from forecasts.weather.calibration.known import Flags, known_pairs
from forecasts.weather.solar import Floats, Times


@dataclass(frozen=True)
class PastErrors:
    """Forecasts and observations of past runs, (run, lead); nan where missing."""

    issue_times: Times  # (run,), UTC
    lead_h: Floats  # (lead,), from the issue time to the start of the step
    forecast_c: Floats
    observed_c: Floats
    step_h: float = 1.0  # an observation is known so long after its time

    def __post_init__(self) -> None:
        """Raise ValueError for an array of another shape than (run, lead)."""
        shape = (self.issue_times.size, self.lead_h.size)
        for name, array in (("forecast_c", self.forecast_c), ("observed_c", self.observed_c)):
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}, expected (run, lead) {shape}.")

    @property
    def error_k(self) -> Floats:
        """Forecast less observation: positive where the forecast is too warm."""
        return np.asarray(self.forecast_c - self.observed_c)

    def known(self, now: datetime) -> Flags:
        """Return which pairs are complete and known at `now`, (run, lead)."""
        there = np.isfinite(self.forecast_c) & np.isfinite(self.observed_c)
        return np.asarray(there & known_pairs(self.issue_times, self.lead_h, self.step_h, now))
