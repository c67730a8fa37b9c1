"""What is known at a moment: an observation once its step is over, a run once it is issued.

Everything learned in this package passes here, so that a fit of the past cannot see the future.
"""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from forecasts.weather.run import utc64
from forecasts.weather.solar import Floats, Times

Flags = NDArray[np.bool_]

SECONDS_PER_H = 3600.0


def hours_since(times: Times, now: np.datetime64) -> Floats:
    """Return how many hours before `now` the `times` (UTC) lie; negative: after it."""
    return np.asarray((now - times) / np.timedelta64(1, "s"), dtype=np.float64) / SECONDS_PER_H


def valid_times(issue_times: Times, lead_h: Floats) -> Times:
    """Return the starts of the steps forecast, UTC, (run, lead)."""
    leads = np.round(np.asarray(lead_h) * SECONDS_PER_H).astype("timedelta64[s]")
    return np.asarray(issue_times.astype("datetime64[ns]")[:, None] + leads[None, :])


def known_pairs(issue_times: Times, lead_h: Floats, step_h: float, now: datetime) -> Flags:
    """Return which pairs (run, lead) are known: issued, and the end of the step not after `now`."""
    moment = utc64(now)
    over = hours_since(valid_times(issue_times, lead_h), moment) >= step_h
    issued = hours_since(issue_times, moment) >= 0
    return np.asarray(over & issued[:, None])
