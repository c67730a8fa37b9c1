"""The contract for labelled weather and demand series: names, units, steps, and the checks.

A weather run is an xarray Dataset on `time` (optionally `member` before it). `time` is UTC,
datetime64[ns] without a zone, strictly regular, labelled by the *start* of the step; power and
radiation are means over the step, temperature and wind are taken as the step's mean too.

| variable | units | meaning |
|---|---|---|
| air_temperature | degC | 2 m |
| wind_speed | m s-1 | 10 m |
| global_radiation | W m-2 | global horizontal short-wave, step mean |
| relative_humidity | % | 2 m; optional |

Attributes of a run: `provider` (str), `issue_time` (ISO 8601 UTC), `issue_time_estimated` (0/1),
`latitude`, `longitude` (as answered), `nature` (`forecast`, `typical_year` or `climate`;
`observed` for what happened, which is no run and has no issue time).
"""

import numpy as np
import xarray as xr

UNITS = {
    "air_temperature": "degC",
    "wind_speed": "m s-1",
    "global_radiation": "W m-2",
    "relative_humidity": "%",
}
REQUIRED = ("air_temperature", "wind_speed", "global_radiation")
LONG_NAMES = {
    "air_temperature": "air temperature at 2 m",
    "wind_speed": "wind speed at 10 m",
    "global_radiation": "global horizontal short-wave radiation, step mean",
    "relative_humidity": "relative humidity at 2 m",
}


class SeriesFault(ValueError):
    """A labelled series breaks the contract; the message says which rule and where."""


def check_weather(run: xr.Dataset) -> xr.Dataset:
    """Return `run` unchanged if it holds the contract above; raise SeriesFault otherwise."""
    for name in REQUIRED:
        if name not in run:
            raise SeriesFault(f"{name} is missing")
        if run[name].attrs.get("units") != UNITS[name]:
            raise SeriesFault(f"{name} has units {run[name].attrs.get('units')!r}")
        if not np.isfinite(run[name].values).all():
            raise SeriesFault(f"{name} has gaps")
    times = run["time"].values
    if times.size < 2:
        raise SeriesFault("fewer than two time steps")
    steps = np.diff(times)
    if (steps != steps[0]).any() or steps[0] <= np.timedelta64(0, "s"):
        raise SeriesFault("time steps are not regular")
    return run


def step_hours(series: xr.Dataset | xr.DataArray) -> float:
    """Return the step length of a regular series in hours."""
    times = series["time"].values
    return float((times[1] - times[0]) / np.timedelta64(1, "s")) / 3600.0
