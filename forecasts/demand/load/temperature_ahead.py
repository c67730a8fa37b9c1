"""Outdoor temperature as a plain rule would take it: as known, and held where nothing is known."""

import numpy as np

from forecasts.demand.load.record import TEMPERATURE, Floats, Ints, KnownWeather, LoadRecord


def temperature_ahead(
    record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
) -> Floats:
    """Temperature of the `leads` steps from each issue on, °C, (issue, lead), without gaps.

    What a forecast leaves out is what it said last, and before that what was measured last; NaN
    only where nothing was known at all.
    """
    said = weather.ahead(TEMPERATURE, issues, leads)
    last = _last_measured(record.weather[TEMPERATURE])
    held = np.concatenate([last[np.minimum(issues, last.size - 1)][:, None], said], axis=1)
    known = np.where(np.isfinite(held), np.arange(leads + 1)[None, :], 0)
    newest = np.maximum.accumulate(known, axis=1)
    return np.asarray(np.take_along_axis(held, newest, axis=1)[:, 1:])


def _last_measured(values: Floats) -> Floats:
    """What was measured last before each issue, (row + 1,); NaN before the first."""
    rows = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(1, values.size + 1), 0))
    with_none = np.concatenate([[np.nan], values])
    return np.asarray(with_none[np.concatenate([[0], rows])])
