"""Open-Meteo's previous runs: what was forecast one to seven days before, for past hours.

So the errors of a service at a place are known from the first day on, without waiting until the
own store has filled. Source: https://open-meteo.com/en/docs/previous-runs-api (since January 2024);
what a lead means is from the service's code (github.com/open-meteo/open-meteo, OmFileSplitter:
of every run the first N * 24 h are skipped, and later runs replace earlier ones).
"""

import json
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.series import LONG_NAMES, REQUIRED, UNITS
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.open_meteo_answer import Columns, column, parse_columns
from forecasts.weather.open_meteo_models import BEST_MATCH
from forecasts.weather.open_meteo_service import (
    Service,
    hours_between,
    labels,
    place_query,
)
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, iso64, iso_utc, utc64, utc_datetime
from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.web import WebClient

BASE_URL = "https://previous-runs-api.open-meteo.com"
LEAD_DAYS = tuple(range(1, 8))
RUN_EVERY_H = 6  # a run is replaced by the next of the same model
_MIN_PIECE_H = 24  # shorter stretches between gaps cannot be judged and are left out


@dataclass(frozen=True)
class OpenMeteoPreviousRuns:
    """Past forecasts by lead. No provider: for each hour another run is told of."""

    base_url: str = BASE_URL
    model: str = BEST_MATCH
    name: str = "open_meteo_previous_runs"
    web: WebClient = field(default_factory=WebClient)

    def previous_forecasts(
        self, place: Place, start: datetime, end: datetime, known_by: datetime
    ) -> xr.Dataset:
        """Return what was forecast for the steps of [start, end), on (lead_day, time).

        `lead_day` N: of all runs begun at least N * 24 h before the hour, the value of the newest,
        so the lead is N * 24 h to N * 24 h + 6 h (coordinates `lead_time_min` and `lead_time_max`,
        hours). Hours after `known_by` are left out. Steps are as in `forecasts.series`, but values
        may be nan: where the service has none, or where the gates refused them (`refused`, a JSON
        list of texts). Raises WeatherUnavailable naming the cause, GAPS if there is nothing at
        all; ValueError if times are no whole hours.
        """
        asked = hours_between(start, end)
        starts = asked[asked + HOUR <= utc64(known_by)]
        if starts.size < 2:
            detail = f"{iso64(asked[0])} is not past at {iso_utc(known_by)}"
            raise WeatherUnavailable(self.name, Cause.WRONG_TIMES, detail)
        columns = self._fetched(place, starts)
        values = {name: np.full((len(LEAD_DAYS), starts.size), np.nan) for name in REQUIRED}
        against: list[WeatherUnavailable] = []
        for row, lead_day in enumerate(LEAD_DAYS):
            raw = self._raw(columns, lead_day)
            for first, last in _pieces(raw, columns.times, starts):
                try:
                    piece = self._judged(raw, columns, (first, last), place, known_by)
                except WeatherUnavailable as why:
                    against.append(why)
                    continue
                where = np.searchsorted(starts, piece["time"].values)
                for name, rows in values.items():
                    rows[row, where] = piece[name].values
        if np.isnan(values["air_temperature"]).all():
            if against:
                raise against[0]
            raise WeatherUnavailable(self.name, Cause.GAPS, "no past forecasts of these days")
        refused = [why.detail for why in against]
        return self._dataset(starts, values, columns, place, known_by, refused)

    def _fetched(self, place: Place, starts: Times) -> Columns:
        wanted = [label for n in LEAD_DAYS for label in labels(REQUIRED, _suffix(n))]
        query = place_query(place, wanted)
        query |= {
            "start_date": str(np.datetime_as_string(starts[0], unit="D")),
            "end_date": str(np.datetime_as_string(starts[-1] + HOUR, unit="D")),
        }
        if self.model != BEST_MATCH:
            query["models"] = self.model
        service = Service(self.name, self.base_url, self.web)
        return parse_columns(self.name, service.get("/v1/forecast", query))

    def _raw(self, columns: Columns, lead_day: int) -> dict[str, Floats]:
        """Return the variables of one lead, nan where the service has none."""
        nothing = np.full(columns.times.size, np.nan)
        found = {}
        for name in REQUIRED:
            given = column(self.name, columns, name, _suffix(lead_day))
            found[name] = nothing if given is None else given
        return found

    def _judged(
        self,
        raw: dict[str, Floats],
        columns: Columns,
        piece: tuple[int, int],
        place: Place,
        known_by: datetime,
    ) -> xr.Dataset:
        """Return one stretch without long gaps, on steps; raises WeatherUnavailable."""
        inside = slice(piece[0], piece[1])
        times = columns.times[inside]
        start = utc_datetime(times[0])
        info = RunInfo(
            provider=self.name,
            nature=Nature.FORECAST,
            place=place,
            known_by=known_by,
            issue_time=start,
            issue_time_estimated=True,
            latitude=columns.latitude,
            longitude=columns.longitude,
        )
        values = {name: array[inside] for name, array in raw.items()}
        return accept(
            Raw(times, values, info, instants=True), Asked(place, start, start, times.size - 1)
        )

    def _dataset(
        self,
        starts: Times,
        values: dict[str, Floats],
        columns: Columns,
        place: Place,
        known_by: datetime,
        refused: list[str],
    ) -> xr.Dataset:
        variables = {
            name: (
                ("lead_day", "time"),
                array,
                {"units": UNITS[name], "long_name": LONG_NAMES[name], "cell_methods": "time: mean"},
            )
            for name, array in values.items()
        }
        shortest_h = np.array(LEAD_DAYS, dtype=np.float64) * 24
        hours = {"units": "h", "long_name": "from the start of the run to the hour"}
        past = xr.Dataset(
            variables,
            coords={
                "lead_day": np.array(LEAD_DAYS, dtype=np.int64),
                "time": starts.astype("datetime64[ns]"),
                "lead_time_min": ("lead_day", shortest_h, hours),
                "lead_time_max": ("lead_day", shortest_h + RUN_EVERY_H, hours),
            },
        )
        past.attrs = {
            "provider": self.name,
            "nature": Nature.FORECAST.value,
            "model": self.model,
            "fetched_at": iso_utc(known_by),
            "latitude": columns.latitude,
            "longitude": columns.longitude,
            "asked_latitude": place.latitude,
            "asked_longitude": place.longitude,
            "refused": json.dumps(refused, ensure_ascii=False),
        }
        return past


def _suffix(lead_day: int) -> str:
    return f"_previous_day{lead_day}"


def _pieces(raw: dict[str, Floats], times: Times, starts: Times) -> list[tuple[int, int]]:
    """Return the stretches, as positions, that all variables fill without a break.

    Cut to the instants of the steps asked for.
    """
    wanted = (times >= starts[0]) & (times <= starts[-1] + HOUR)
    whole = np.all([~np.isnan(raw[name]) for name in REQUIRED], axis=0) & wanted
    edges = np.flatnonzero(np.diff(np.concatenate(([0], whole.astype(np.int8), [0]))))
    least = min(_MIN_PIECE_H, starts.size)
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > least]
