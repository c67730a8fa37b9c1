"""What earlier runs and the utility's own sensor say of today's forecast.

Stored runs are paired with what was observed in the hours they were for; an ensemble's runs also
with what the deterministic service said of the same hours, which is its guide.
"""

from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.weather.calibration.past_ensemble import EnsemblePast, ensemble_past
from forecasts.weather.calibration.past_errors import PastErrors
from forecasts.weather.expectation import Past
from forecasts.weather.observed import Observed, present_anomaly
from forecasts.weather.past_runs import PastRuns, past_runs
from forecasts.weather.provider import Place
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.sensor_doubts import SensorDoubts, sensor_doubts
from forecasts.weather.solar import Floats

DAYS = 400.0
MOST_RUNS = 200  # of a service: enough to learn from, and read in a second
RUNS_A_DAY = 2
FIRST_H = 24  # of a run: hours whose weather it knows well
GUIDE_MAX_AGE_H = 24  # of the deterministic run beside an ensemble's


def what_the_past_says(
    run: xr.Dataset,
    ensemble: xr.Dataset | None,
    store: StoredRuns | None,
    observed: Observed | None,
    place: Place,
    known_by: datetime,
) -> Past:
    """Return the past of `run` (on `time`) and of `ensemble`, as known at `known_by`."""
    if observed is None or observed.times.size == 0:
        return Past()
    now = present_anomaly(observed, run["air_temperature"])
    error_k = None if now is None else -now.anomaly_k
    if store is None:
        return Past(error_now_k=error_k)

    name = str(run.attrs["provider"])
    own = earlier_runs(store, name, place, observed, known_by)
    doubts = _doubts(own, observed, place)
    if doubts is not None and doubts.clock_shift_h:
        return Past(sensor=doubts)  # errors of shifted hours teach nothing
    if ensemble is None:
        return Past(errors_of(own), None, error_k, doubts)
    called = str(ensemble.attrs["provider"])
    if called == name:
        return Past(errors_of(own), ensemble_of(own), error_k, doubts)
    members = earlier_runs(store, called, place, observed, known_by)
    return Past(errors_of(own), ensemble_of(members, own, name), error_k, doubts)


def earlier_runs(
    store: StoredRuns, provider: str, place: Place, observed: Observed, known_by: datetime
) -> PastRuns:
    """Return the runs of a provider that are learned from, paired with what the sensor saw."""
    return past_runs(
        store,
        provider,
        place,
        observed.hourly,
        known_by,
        DAYS,
        max_runs=MOST_RUNS,
        max_runs_a_day=RUNS_A_DAY,
    )


def _doubts(runs: PastRuns, observed: Observed, place: Place) -> SensorDoubts | None:
    """Return what the first days of the runs make doubtful in the sensor; None without runs."""
    if runs.issue_times.size == 0:
        return None
    first_days = _mean_of_members(runs)[:, :FIRST_H]
    valid = runs.valid_times[:, :FIRST_H]
    there = np.isfinite(first_days)
    latest = dict(zip(valid[there].tolist(), first_days[there].tolist(), strict=True))
    times = np.array(sorted(latest), dtype="datetime64[ns]")
    said = xr.DataArray(
        np.array([latest[time] for time in sorted(latest)]), {"time": times}, ("time",)
    )
    return sensor_doubts(observed.hourly, said, place.latitude, place.longitude)


def errors_of(runs: PastRuns) -> PastErrors | None:
    """Return forecasts beside observations; of an ensemble its mean. None without runs."""
    if runs.issue_times.size == 0:
        return None
    return PastErrors(
        runs.issue_times,
        runs.lead_h,
        _mean_of_members(runs),
        runs.observed.astype(np.float64),
    )


def ensemble_of(
    runs: PastRuns, guide: PastRuns | None = None, name: str = ""
) -> EnsemblePast | None:
    """Return an ensemble's past with the runs of the service `name` as its guide; None: no runs."""
    if runs.issue_times.size == 0:
        return None
    guides = {} if guide is None else {name: _guide_on(runs, guide)}
    return ensemble_past(
        runs.issue_times,
        runs.lead_h,
        runs.members.astype(np.float64),
        runs.observed.astype(np.float64),
        guides_c=guides,
    )


def _mean_of_members(runs: PastRuns) -> Floats:
    members = runs.members.astype(np.float64)
    there = np.isfinite(members)
    count = there.sum(axis=1)
    total = np.where(there, members, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _guide_on(runs: PastRuns, guide: PastRuns) -> Floats:
    """Return what the newest guide run of the time said of each hour, (run, lead); nan for none."""
    said = np.full((runs.issue_times.size, runs.lead_h.size), np.nan)
    if guide.issue_times.size == 0:
        return said
    values = _mean_of_members(guide)
    newest = np.searchsorted(guide.issue_times, runs.issue_times, side="right") - 1
    for r in np.flatnonzero(newest >= 0):
        g = int(newest[r])
        apart = runs.issue_times[r] - guide.issue_times[g]
        apart_h = int(apart / np.timedelta64(1, "h"))
        if apart_h > GUIDE_MAX_AGE_H:
            continue
        known = min(values.shape[1] - apart_h, runs.lead_h.size)
        if known > 0:
            said[r, :known] = values[g, apart_h : apart_h + known]
    return said
