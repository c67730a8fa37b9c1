"""Measured load and the weather beside it: what a load forecast learns from.

All arrays are on one regular grid of UTC step starts; a gap is NaN. A forecast is issued at the
start of a step, index `i`: what is known are the rows before `i`. Lead `k` (1, 2, …) is the step
`i + k − 1`, which ends `k` steps after the issue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Times = NDArray[np.datetime64]

TEMPERATURE = "air_temperature"  # names and units of `forecasts/series.py`
WIND = "wind_speed"
RADIATION = "global_radiation"
HUMIDITY = "relative_humidity"


@dataclass(frozen=True)
class LoadRecord:
    """Load of a network or a station as measured."""

    times: Times  # (step,) UTC step starts, datetime64[ns], regular
    step_h: float
    load_mw: Floats  # (step,) mean of the step
    weather: Mapping[str, Floats]  # (step,) as measured; only what was measured at all
    timezone: str = "UTC"  # IANA zone of the calendar, or a fixed offset as `UTC+01:00`
    country: str | None = None  # ISO 3166 code for public holidays; None: no holidays known

    def rows(self, first: int, last: int) -> "LoadRecord":
        """The rows from `first` up to, not including, `last`."""
        return replace(
            self,
            times=self.times[first:last],
            load_mw=self.load_mw[first:last],
            weather={name: values[first:last] for name, values in self.weather.items()},
        )

    def known(self, issue: int) -> "LoadRecord":
        """The record as it was at an issue: the rows before it."""
        return self.rows(0, issue)

    def beside(self, weather: Mapping[str, Floats]) -> "LoadRecord":
        """The same load beside other weather."""
        return replace(self, weather=weather)


@dataclass(frozen=True)
class WeatherRuns:
    """Weather forecasts as they were issued: `values[name][run, lead]`, lead 0 at the issue.

    Rows are in order of `issued`; NaN where a run says nothing. The steps are those of the record.
    """

    issued: Times  # (run,) when it could be had
    first: Times  # (run,) step start of lead 0: not after the steps of interest
    values: Mapping[str, Floats]  # (run, lead)


@dataclass(frozen=True)
class KnownWeather:
    """The weather that a forecast may look at: runs, or what came where there are none."""

    record: LoadRecord
    runs: WeatherRuns | None  # None: perfect weather, to be said wherever results are shown

    @property
    def perfect(self) -> bool:
        """Whether what came stands in for a forecast."""
        return self.runs is None

    @property
    def names(self) -> tuple[str, ...]:
        """Variables that can be known ahead and were measured too."""
        there = self.record.weather if self.runs is None else self.runs.values
        return tuple(name for name in self.record.weather if name in there)

    def ahead(self, name: str, issues: Ints, leads: int) -> Floats:
        """Weather of the `leads` steps from each issue on, (issue, lead), as known at the issue.

        By the newest run issued at or before it; NaN where that says nothing.
        """
        if self.runs is None:
            rows = issues[:, None] + np.arange(leads)[None, :]
            series = self.record.weather[name]
            inside = rows < series.size
            return np.where(inside, series[np.minimum(rows, series.size - 1)], np.nan)
        return _from_runs(self.runs, self.record, name, issues, leads)


def _from_runs(
    runs: WeatherRuns, record: LoadRecord, name: str, issues: Ints, leads: int
) -> Floats:
    step = np.timedelta64(round(record.step_h * 3600), "s")
    # The issue after the last measured step is a moment too: the present one.
    moments = record.times[0] + issues * step
    run = np.searchsorted(runs.issued, moments, side="right") - 1
    column = np.asarray((moments - runs.first[np.maximum(run, 0)]) // step, dtype=np.int64)
    columns = column[:, None] + np.arange(leads)[None, :]
    values = runs.values[name]
    inside = (run >= 0)[:, None] & (columns >= 0) & (columns < values.shape[1])
    found = values[np.maximum(run, 0)[:, None], np.clip(columns, 0, values.shape[1] - 1)]
    return np.where(inside, found, np.nan)
