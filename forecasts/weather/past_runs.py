"""Past runs beside what came: the pairs from which forecasts are judged and corrected.

Honest by construction: a run counts once it had been issued and fetched by `known_by`, as it was
first fetched; an observation once its step was over.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

import h5py
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from forecasts.weather.provider import Place
from forecasts.weather.run import utc64, utc_datetime
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.stored_run import (
    NotRead,
    NotReadReason,
    StoredRun,
    read_sealed,
    set_aside,
)

Floats32 = NDArray[np.float32]

MAX_LEAD_H = 240  # beyond ten days a run knows little more than the climate
MAX_RUNS = 400
MAX_RUNS_A_DAY = 4
_UNITS = re.compile(r"(second|minute|hour|day)s since (.+)")
_UNIT_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True)
class PastRuns:
    """Runs of one provider for one place, oldest first, on hours of lead.

    Lead counts from the full UTC hour of the issue to the start of a step: the step of run r and
    lead l begins at `issue_times[r] + lead_h[l]` hours. float32 spares memory: 400 runs of 51
    members and 240 h are 20 MB; it is exact to 1e-6 K.
    """

    issue_times: Times  # (run,), UTC, cut to the hour
    lead_h: Floats  # (lead,), 0, 1, ...
    forecast: Floats32  # (run, lead), or (run, member, lead); nan where a run has nothing
    observed: Floats32  # (run, lead); nan where not observed, or not over by known_by
    lost: tuple[NotRead, ...]  # files met that could not be read
    other_shape: int  # runs passed over: members where the newest run has none, or the reverse

    @property
    def members(self) -> Floats32:
        """The forecasts as (run, member, lead), with one member where there is but one forecast."""
        return self.forecast if self.forecast.ndim == 3 else self.forecast[:, None, :]

    @property
    def valid_times(self) -> Times:
        """Starts of the steps forecast, UTC, (run, lead)."""
        leads = np.round(self.lead_h).astype("timedelta64[h]")
        return np.asarray(self.issue_times[:, None] + leads[None, :])


@dataclass(frozen=True)
class _OnLeads:
    """One run on hours of lead: (lead,) or (member, lead)."""

    issue_hour: np.datetime64
    values: Floats32


def past_runs(
    store: StoredRuns,
    provider: str,
    place: Place,
    observed: xr.DataArray | xr.Dataset,
    known_by: datetime,
    days: float,
    *,
    variable: str = "air_temperature",
    max_lead_h: int = MAX_LEAD_H,
    max_runs: int = MAX_RUNS,
    max_runs_a_day: int = MAX_RUNS_A_DAY,
) -> PastRuns:
    """Return the runs of a provider issued in the last `days`, paired with `observed`.

    `observed` holds hourly means on `time` (UTC, starts of steps), nan or absent where there are
    none; of a Dataset its `variable` is taken. Of each issue time the run first fetched counts;
    of a day at most `max_runs_a_day`, spread over it; in all the newest `max_runs`. Files that
    cannot be read are set aside and told in `lost`. No runs give arrays of length 0.
    """
    observed_c = observed[variable] if isinstance(observed, xr.Dataset) else observed
    since = utc_datetime(utc64(known_by) - np.timedelta64(int(days * 86_400), "s"))
    known = store.runs(provider, place, known_by, since)
    lost: list[NotRead] = []
    found: list[_OnLeads] = []
    for fetches in reversed(list(_by_slot(known, max_runs_a_day))):
        if len(found) == max_runs:
            break
        run = _first_readable(fetches, variable, max_lead_h, lost)
        if run is not None:
            found.append(run)
    found.reverse()
    same = [run for run in found if run.values.ndim == found[-1].values.ndim]
    forecast = _stacked([run.values for run in same], max_lead_h)
    issue_times = np.array([run.issue_hour for run in same], dtype="datetime64[ns]")
    lead_h = np.arange(forecast.shape[-1], dtype=np.float64)
    came = _observed_on(issue_times, lead_h, observed_c, known_by)
    return PastRuns(issue_times, lead_h, forecast, came, tuple(lost), len(found) - len(same))


def _by_slot(known: Iterable[StoredRun], runs_a_day: int) -> Iterator[Sequence[StoredRun]]:
    """Yield the files to choose from for each part of a day: the first issue of it, each fetch."""
    slot = timedelta(days=1) / runs_a_day
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for _, in_slot in groupby(known, key=lambda it: (it.issue_time - epoch) // slot):
        yield list(in_slot)


def _first_readable(
    fetches: Sequence[StoredRun], variable: str, max_lead_h: int, lost: list[NotRead]
) -> _OnLeads | None:
    for stored in fetches:
        run = _on_leads(stored, variable, max_lead_h)
        if not isinstance(run, NotRead):
            return run
        lost.append(set_aside(run))
    return None


def _on_leads(stored: StoredRun, variable: str, max_lead_h: int) -> _OnLeads | NotRead:
    """Return one variable of a stored run by lead.

    Read past xarray, which takes ten times as long for all that it makes of a file.
    """
    body = read_sealed(stored)
    if isinstance(body, NotRead):
        return body
    try:
        with h5py.File(io.BytesIO(body), "r") as file:
            times = _times_of(file["time"])
            values = np.asarray(file[variable][()], dtype=np.float32)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError):
        return NotRead(stored.path, NotReadReason.NO_RUN)
    issue_hour = utc64(stored.issue_time).astype("datetime64[h]").astype("datetime64[ns]")
    lead = np.round((times - issue_hour) / HOUR).astype(int)
    wanted = (lead >= 0) & (lead < max_lead_h)
    placed = np.full((*values.shape[:-1], max_lead_h), np.nan, dtype=np.float32)
    placed[..., lead[wanted]] = values[..., wanted]
    return _OnLeads(issue_hour, placed)


def _times_of(clock: h5py.Dataset) -> Times:
    """Return CF times as UTC datetime64; ValueError for units of another kind."""
    said = clock.attrs["units"]
    match = _UNITS.fullmatch(said.decode() if isinstance(said, bytes) else str(said))
    if match is None:
        raise ValueError(f"time has units {said!r}")
    since = np.datetime64(match[2].strip().replace(" ", "T"), "ns")
    seconds = np.round(np.asarray(clock[()], dtype=np.float64) * _UNIT_S[match[1]])
    return np.asarray(since + seconds.astype("timedelta64[s]"))


def _stacked(runs: Sequence[Floats32], max_lead_h: int) -> Floats32:
    """Return runs in one array, cut to the last lead that any has; nan for members missing."""
    if not runs:
        return np.empty((0, 0), dtype=np.float32)
    members = max(run.shape[0] if run.ndim == 2 else 1 for run in runs)
    shape = (len(runs), members, max_lead_h) if runs[0].ndim == 2 else (len(runs), max_lead_h)
    whole = np.full(shape, np.nan, dtype=np.float32)
    for k, run in enumerate(runs):
        if run.ndim == 2:
            whole[k, : run.shape[0]] = run
        else:
            whole[k] = run
    told = np.flatnonzero(np.isfinite(whole).any(axis=tuple(range(whole.ndim - 1))))
    return whole[..., : int(told[-1]) + 1] if told.size else whole[..., :0]


def _observed_on(
    issue_times: Times, lead_h: Floats, observed_c: xr.DataArray, known_by: datetime
) -> Floats32:
    """Return what came in each step forecast, (run, lead); nan unless it was known."""
    came = np.full((issue_times.size, lead_h.size), np.nan, dtype=np.float32)
    times = observed_c["time"].values.astype("datetime64[ns]")
    if times.size == 0 or came.size == 0:
        return came
    order = np.argsort(times, kind="stable")
    times, values = times[order], np.asarray(observed_c.values, dtype=np.float64)[order]
    valid = issue_times[:, None] + lead_h.astype("timedelta64[h]")[None, :]
    at = np.minimum(np.searchsorted(times, valid), times.size - 1)
    there = (times[at] == valid) & (valid + HOUR <= utc64(known_by))
    came[there] = values[at][there]
    return came
