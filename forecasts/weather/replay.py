"""Past forecasts as a plan of that hour would have used them: corrected and spread, no look-ahead.

For each stored run everything is learned anew from what was known when it was fetched. So the
skill of what plans rest on is measured, not that of what the services sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.expectation import LEVELS, Past, UsualError, expected
from forecasts.weather.hand_over import central
from forecasts.weather.learning import earlier_runs, ensemble_of, errors_of
from forecasts.weather.observed import Observed, present_anomaly
from forecasts.weather.provider import Nature, Place
from forecasts.weather.run import utc64
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import mid_hours
from forecasts.weather.stored_run import StoredRun

ENSEMBLE_MAX_AGE = timedelta(hours=24)  # before a run, to be used beside it


@dataclass(frozen=True)
class Replay:
    """Where past forecasts are taken from, and what they were judged by."""

    store: StoredRuns
    place: Place
    observed: Observed
    known_by: datetime
    usual: UsualError
    climate: Climate | None = None

    def as_used(self, provider: str, ensemble: str | None, since: datetime) -> Iterator[xr.Dataset]:
        """Yield the runs of `provider` issued `since`, each on the hours after it was fetched.

        Holds `air_temperature` and `air_temperature_quantile` (quantile, time), °C, and the
        attributes of the run. `ensemble` is the provider whose members are used beside it.
        """
        own = earlier_runs(self.store, provider, self.place, self.observed, self.known_by)
        errors = errors_of(own)
        beside: Sequence[StoredRun] = ()
        members_past = ensemble_of(own)
        if ensemble is not None and ensemble != provider:
            members = earlier_runs(self.store, ensemble, self.place, self.observed, self.known_by)
            members_past = ensemble_of(members, own, provider)
            beside = tuple(self.store.runs(ensemble, self.place, self.known_by))
        for stored in self.store.runs(provider, self.place, self.known_by, since):
            run = self.store.load(stored)
            if not isinstance(run, xr.Dataset) or run.attrs.get("nature") != Nature.FORECAST.value:
                continue
            many = run if "member" in run.dims else self._beside(stored, beside)
            middle = central(run)
            past = Past(errors, members_past, self._error_at(stored.fetched_at, middle))
            yield self._used(middle, many, past, stored.fetched_at)

    def _used(
        self, run: xr.Dataset, ensemble: xr.Dataset | None, past: Past, now: datetime
    ) -> xr.Dataset:
        """Return what was to be expected of `run` at `now`, from then on."""
        times = run["time"].values
        spread_k = annual_course(
            climate_at(self.place, self.climate).day_to_day_sd_k, mid_hours(times)
        )
        offset = now.astimezone(ZoneInfo(self.place.timezone)).utcoffset() or timedelta(0)
        found = expected(
            run,
            ensemble,
            past,
            now,
            usual=self.usual,
            climate_sd_k=float(spread_k.mean()),
            utc_offset=offset,
        )
        used = xr.Dataset(
            {
                "air_temperature": ("time", found.temperature_c),
                "air_temperature_quantile": (("quantile", "time"), found.quantiles_c),
            },
            coords={"time": times, "quantile": list(LEVELS)},
            attrs=run.attrs,
        )
        return used.isel(time=np.flatnonzero(times >= utc64(now)))

    def _beside(self, stored: StoredRun, ensembles: Sequence[StoredRun]) -> xr.Dataset | None:
        """Return the newest ensemble that was known when a run was fetched."""
        known = [
            one
            for one in ensembles
            if one.fetched_at <= stored.fetched_at
            and stored.fetched_at - one.issue_time <= ENSEMBLE_MAX_AGE
        ]
        loaded = self.store.load(known[-1]) if known else None
        return loaded if isinstance(loaded, xr.Dataset) else None

    def _error_at(self, now: datetime, run: xr.Dataset) -> float | None:
        """Return forecast less sensor over the hours before `now`."""
        seen = self.observed.times <= utc64(now)
        then = replace(
            self.observed,
            times=self.observed.times[seen],
            temps_c=self.observed.temps_c[seen],
            known_by=now,
        )
        anomaly = present_anomaly(then, run["air_temperature"])
        return None if anomaly is None else -anomaly.anomaly_k
