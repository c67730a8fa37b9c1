"""What a service itself says of the spread of its temperature, carried as an attribute of the run.

It is a hint for want of better: spreads learnt from past runs at the place come first.
"""

import json

import numpy as np
import xarray as xr

from forecasts.weather.run import iso64
from forecasts.weather.solar import Floats, Times

ATTRIBUTE = "temperature_sigma_k"  # a JSON list of [time, standard deviation in K]


def with_spread(run: xr.Dataset, times: Times, sigma_k: Floats) -> xr.Dataset:
    """Return `run` with the spread at `times`; unchanged where `sigma_k` is nan throughout."""
    pairs = [
        [iso64(time).removesuffix("Z"), round(float(sigma), 2)]
        for time, sigma in zip(times, sigma_k, strict=True)
        if np.isfinite(sigma)
    ]
    return run.assign_attrs({ATTRIBUTE: json.dumps(pairs)}) if pairs else run


def spread_of(run: xr.Dataset) -> tuple[Times, Floats] | None:
    """Return the instants and standard deviations in K that a run carries; None if it has none."""
    text = run.attrs.get(ATTRIBUTE)
    if text is None:
        return None
    pairs = json.loads(str(text))
    times = np.array([time for time, _ in pairs], dtype="datetime64[ns]")
    return times, np.array([sigma for _, sigma in pairs], dtype=np.float64)
