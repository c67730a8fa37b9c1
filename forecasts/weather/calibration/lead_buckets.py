"""Stretches of lead time that share their parameters, and the way between them."""

import numpy as np

from forecasts.weather.solar import Floats

EDGES_H = (0.0, 6.0, 12.0, 24.0, 36.0, 48.0, 72.0, 96.0, 120.0, 168.0, 240.0, 312.0)


def bucket_of(lead_h: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Return the number of the stretch that each lead lies in; the last one has no end."""
    return np.maximum(np.searchsorted(EDGES_H, lead_h, side="right") - 1, 0)


def between(centres_h: Floats, lead_h: Floats) -> Floats:
    """Return weights (bucket, lead), sum 1: straight lines between the centres, flat outside."""
    unit = np.eye(centres_h.size)
    return np.stack([np.interp(lead_h, centres_h, row) for row in unit])
