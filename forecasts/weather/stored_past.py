"""What weather it was, by stored forecasts: of each hour the word of the newest run before it.

Not observed, but close: a day ahead a mean temperature misses by 1 to 2 K, wind and sun by less
than the climate does. Honest by construction: only runs issued and fetched by `known_by` count.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.weather.provider import Place
from forecasts.weather.run import utc_datetime
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.stored_run import NotRead, StoredRun

VARIABLES = ("air_temperature", "wind_speed", "global_radiation")
MAX_RUNS = 400
LONGEST_LEAD = np.timedelta64(5, "D")  # later it knows little of a single day


def stored_past(
    store: StoredRuns, place: Place, known_by: datetime, hours: Times
) -> Mapping[str, Floats]:
    """Return `VARIABLES` on `hours` (UTC starts of full hours, rising), NaN where no run reaches.

    Members of an ensemble are averaged. Damaged files are passed over.
    """
    values = {name: np.full(hours.size, np.nan) for name in VARIABLES}
    if not hours.size:
        return values
    since = utc_datetime(hours[0] - LONGEST_LEAD)
    found: list[StoredRun] = [
        stored
        for provider in store.providers(place)
        for stored in store.runs(provider, place, known_by, since)
    ]
    newest = sorted(found, key=lambda it: (it.issue_time, it.fetched_at, it.digest), reverse=True)
    for stored in newest[:MAX_RUNS]:
        missing = np.isnan(values[VARIABLES[0]])
        if not missing.any():
            break
        issued = np.datetime64(stored.issue_time.replace(tzinfo=None), "ns")
        if not (missing & (hours + HOUR > issued) & (hours < issued + LONGEST_LEAD)).any():
            continue
        run = store.load(stored)
        if not isinstance(run, NotRead):
            _fill(values, missing, run, hours, issued)
    return values


def _fill(
    values: Mapping[str, Floats],
    missing: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    run: xr.Dataset,
    hours: Times,
    issued: np.datetime64,
) -> None:
    """Write what a run says of the missing hours from its issue on into `values`."""
    starts: Times = run["time"].values
    at = np.clip(np.searchsorted(starts, hours), 0, starts.size - 1)
    wanted = missing & (starts[at] == hours) & (hours + HOUR > issued)
    wanted &= hours < issued + LONGEST_LEAD
    for name in VARIABLES:
        series = run[name].mean("member") if "member" in run[name].dims else run[name]
        values[name][wanted] = series.values[at[wanted]]
