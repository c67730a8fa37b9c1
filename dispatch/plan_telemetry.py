"""What a plan takes from the telemetry of its case: rooms at the start, and the demand to come.

Whatever is wrong with telemetry, the plan comes out: without it, amber, and the reason said.
Imported only where a case has telemetry, since the forecast's libraries take a second to load.
"""

import traceback
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_telemetry import CaseTelemetry, telemetry_of_plan
from dispatch.case_weather import place_of
from dispatch.forecast_error import with_forecast_error
from dispatch.initial_state import LastPlan
from dispatch.load_past import LoadData
from dispatch.loop_priors import loop_priors
from dispatch.loop_records import loop_records
from dispatch.loop_weather import WeatherBasis, loop_weather
from dispatch.measured import Measured, RoomReadings
from dispatch.messages import clauses
from dispatch.plan import Remark
from dispatch.plan_load import demand_of
from dispatch.telemetry_remarks import silent_reasons, telemetry_notes
from dispatch.time_grid import TimeGrid
from forecasts.demand.identified import LoopRecord
from forecasts.demand.identify import room_now
from forecasts.demand.load.candidate import Candidate
from forecasts.demand.load.record import RADIATION, WIND
from forecasts.telemetry.faults import TelemetryFaults
from forecasts.weather.climate.normals import normal_values
from forecasts.weather.run import utc64

Array = NDArray[np.float64]

HISTORY_DAYS = 60  # what load forecasts learn from: the weather of two months, and its calendar
ROOMS_SERVE_H = 2.0  # from the last full hour to the plan's start; an order begins at midnight
STEP_H = 1.0  # of telemetry here, whatever the plan's step
NAMED_FAULTS = 3


@dataclass(frozen=True)
class Asked:
    """A plan that asks what was measured."""

    case: Case
    case_folder: Path
    store_folder: Path
    now: datetime
    grid: TimeGrid
    weather: xr.Dataset  # of the plan, on the grid's step
    last: LastPlan | None
    candidates: tuple[Candidate, ...] | None = None  # of the load forecast; None: the product's

    @property
    def issue(self) -> datetime:
        """The last full hour: what began before it is measured, what begins then is to come."""
        moment: datetime = pd.Timestamp(self.now).tz_convert("UTC").floor("h").to_pydatetime()
        return moment

    @property
    def hourly_weather(self) -> xr.Dataset:
        """The plan's weather by the hour, as it was before its hours were repeated."""
        return self.weather.isel(time=slice(None, None, round(1.0 / self.grid.step_h)))

    def ahead(self, sky: WeatherBasis) -> xr.Dataset:
        """The weather to come, as far as that of the past is known by `sky` too.

        Where past sun and wind are those of the climate, so are these: else the one sunny day
        ahead would set load, which knows no sun, against buildings that do.
        """
        weather = self.hourly_weather
        if sky is WeatherBasis.STORED:
            return weather
        times = weather["time"].values
        normal = normal_values(place_of(self.case.settings), times, self.case.climate)
        return weather.assign({name: ("time", normal[name]) for name in (WIND, RADIATION)})


def measured_for(asked: Asked) -> Measured:
    """Read, clean and judge the telemetry of a case for a plan; never raises.

    What cannot be used is left out alone: rooms serve where load does not, and the reverse.
    """
    try:
        telemetry = _telemetry(asked)
    except TelemetryFaults as faults:
        values = {
            "count": len(faults.faults),
            "first": clauses(*(str(fault) for fault in faults.faults[:NAMED_FAULTS])),
        }
        return Measured(reasons=(Remark("daily.telemetry_broken", values),))
    except Exception as error:  # noqa: BLE001 (a plan without telemetry is better than none)
        return Measured(reasons=(_failed(error),))
    if telemetry is None:
        return Measured(notes=(Remark("daily.telemetry_empty"),))
    found = _measured(asked, telemetry)
    return replace(
        found,
        reasons=(*silent_reasons(telemetry, asked.issue), *found.reasons),
        notes=(*telemetry_notes(telemetry, asked.issue, asked.now), *found.notes),
    )


def _measured(asked: Asked, telemetry: CaseTelemetry) -> Measured:
    try:
        data, loops = _load_data(asked, telemetry)
    except Exception as error:  # noqa: BLE001 (as above)
        return Measured(reasons=(_failed(error),))
    try:
        demand = demand_of(data)
    except Exception as error:  # noqa: BLE001 (as above)
        demand = Measured(reasons=(_failed(error),))
    try:
        return replace(demand, rooms=_rooms(asked, loops))
    except Exception as error:  # noqa: BLE001 (as above)
        return replace(demand, reasons=(*demand.reasons, _failed(error)))


def _failed(error: Exception) -> Remark:
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    why = f"{type(error).__name__}: {error}; {place}"
    return Remark("daily.telemetry_failed", {"why": why})


def load_data(asked: Asked) -> tuple[LoadData, tuple[LoopRecord, ...]] | None:
    """Read and clean the telemetry; None without any. Raises TelemetryFaults."""
    telemetry = _telemetry(asked)
    return None if telemetry is None else _load_data(asked, telemetry)


def _telemetry(asked: Asked) -> CaseTelemetry | None:
    """The last weeks; None where there is nothing in them. Raises TelemetryFaults."""
    since = asked.issue - timedelta(days=HISTORY_DAYS)
    found = telemetry_of_plan(asked.case, asked.case_folder, since, asked.issue, STEP_H)
    if found is None or not found.clean.record.sizes.get("time", 0):
        return None
    return found


def _load_data(asked: Asked, telemetry: CaseTelemetry) -> tuple[LoadData, tuple[LoopRecord, ...]]:
    clean = telemetry.clean
    weather = loop_weather(asked.case, asked.case_folder, asked.store_folder, clean)
    loops = loop_records(asked.case, clean, weather)
    data = LoadData(
        case=with_forecast_error(asked.case, asked.weather),
        grid=asked.grid,
        store_folder=asked.store_folder,
        now=asked.now,
        issue=asked.issue,
        ahead=asked.ahead(weather.sky_basis),
        last=asked.last,
        clean=clean,
        weather=weather,
        loops=loops,
        candidates=asked.candidates,
    )
    return data, loops


def _rooms(asked: Asked, loops: tuple[LoopRecord, ...]) -> RoomReadings | None:
    """Rooms at the plan's start; None where that is too far from the last reading."""
    if asked.grid.start - asked.issue > timedelta(hours=ROOMS_SERVE_H):
        return None
    at = utc64(asked.issue)
    priors = loop_priors(asked.case)
    found = [room_now(record, prior, None, at) for record, prior in zip(loops, priors, strict=True)]
    return RoomReadings(
        room_c=np.array([one.room_c for one in found], dtype=np.float64),
        sd_k=np.array([one.sd_k for one in found], dtype=np.float64),
        from_rooms=np.array([one.from_rooms for one in found], dtype=np.bool_),
    )
