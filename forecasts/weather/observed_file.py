"""What the utility's own sensor measured, from a CSV table: hourly means of the outdoor air.

Columns `time,temp_c`; others are ignored. A row stands for the step that begins at its time; rows
may be denser than an hour and hours may be missing.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR
from forecasts.weather.tables import TableFault, moment, number, read_table

LIMITS_C = (-60.0, 50.0)


def read_observed(path: Path, timezone: str) -> xr.DataArray:
    """Return hourly means, degC, on UTC step starts; nan where an hour has no row.

    Times without an offset are local time of `timezone`. Raises WeatherUnavailable with row and
    column.
    """
    zone = ZoneInfo(timezone)
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = read_table(text, ("time", "temp_c"), ()).rows
        times = np.array([utc64(moment(row, "time", zone)) for row in rows])
        cells = np.array([number(row, "temp_c", *LIMITS_C) for row in rows])
    except FileNotFoundError as error:
        raise WeatherUnavailable(path.name, Cause.FILE_MISSING, path.name) from error
    except (OSError, UnicodeDecodeError) as error:
        raise WeatherUnavailable(path.name, Cause.FILE_FAULT, f"{path.name}: {error}") from error
    except TableFault as fault:
        raise WeatherUnavailable(path.name, Cause.FILE_FAULT, f"{path.name}, {fault}") from fault
    hours = times.astype("datetime64[h]").astype("datetime64[ns]")
    starts = np.arange(hours.min(), hours.max() + HOUR, HOUR)
    slot = ((hours - starts[0]) // HOUR).astype(int)
    there = np.isfinite(cells)
    sums = np.bincount(slot[there], weights=cells[there], minlength=starts.size)
    counts = np.bincount(slot[there], minlength=starts.size)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return xr.DataArray(means, coords={"time": starts}, dims="time", attrs={"units": "degC"})
