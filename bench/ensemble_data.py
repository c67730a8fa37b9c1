"""Twelve years of ECMWF ensemble forecasts for Magdeburg, a day ahead, with what was measured.

The data stand beside the project (`../shared/data/weather/ensemble`, see its README; collected by
J. Groß, package ensAR) and are no part of it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecasts.weather.calibration.past_ensemble import (
    EnsembleForecast,
    EnsemblePast,
    ensemble_past,
)
from forecasts.weather.run import utc_datetime
from forecasts.weather.solar import HOUR, Floats, Times

FILE = (
    Path(__file__).resolve().parents[2]
    / "shared/data/weather/ensemble/ecmwf_ens_magdeburg_24h.csv.gz"
)
LEAD_H = np.array([24.0])
MEMBERS = 50


@dataclass(frozen=True)
class DailyForecasts:
    """One forecast a day, (day,) and (day, member), °C; nan where missing."""

    date: Times  # of the value forecast; noon stands for its hour, which only has to be the same
    observed_c: Floats
    members_c: Floats
    hres_c: Floats
    control_c: Floats

    @property
    def issue_times(self) -> Times:
        """A day before the value: what is measured up to that moment is known."""
        return np.asarray(self.date - 24 * HOUR)

    @property
    def mean_c(self) -> Floats:
        """Mean of the members; nan on the few days where they are missing (all or none are)."""
        return np.asarray(self.members_c.mean(axis=1))

    @property
    def sd_k(self) -> Floats:
        """Sd of the members."""
        return np.asarray(self.members_c.std(axis=1, ddof=1))

    @property
    def change_k(self) -> Floats:
        """How much warmer the ensemble is than the one of the day before."""
        return np.diff(self.mean_c, prepend=np.nan)

    def past(self, days: slice = slice(None)) -> EnsemblePast:
        """Return these days as a past to learn from; momentary values, known at once."""
        return ensemble_past(
            self.issue_times[days],
            LEAD_H,
            self.members_c[days, :, None],
            self.observed_c[days, None],
            guides_c={"hres": self.hres_c[days, None], "control": self.control_c[days, None]},
            signals_k={"change": self.change_k[days, None]},
            step_h=0.0,
        )

    def forecast(self, day: int) -> EnsembleForecast:
        """Return the run that forecasts the value of a day."""
        return EnsembleForecast(
            utc_datetime(self.issue_times[day]),
            LEAD_H,
            self.members_c[day][:, None],
            {"hres": self.hres_c[[day]], "control": self.control_c[[day]]},
            {"change": self.change_k[[day]]},
        )


def read_forecasts(file: Path = FILE) -> DailyForecasts:
    """Return the whole record; FileNotFoundError where it does not stand."""
    table = pd.read_csv(file, parse_dates=["date"])
    members = [f"m{k:02d}_c" for k in range(1, MEMBERS + 1)]
    dates = table["date"].to_numpy().astype("datetime64[ns]") + 12 * HOUR
    return DailyForecasts(
        dates,
        table["obs_c"].to_numpy(dtype=np.float64),
        table[members].to_numpy(dtype=np.float64),
        table["hres"].to_numpy(dtype=np.float64),
        table["ctrl"].to_numpy(dtype=np.float64),
    )
