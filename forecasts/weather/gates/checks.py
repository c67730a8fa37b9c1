"""Age and cover as checks that raise, for runs that are already believed: those of the store."""

from datetime import datetime, timedelta

import numpy as np

from forecasts.weather.gates.cover import MIN_LEAD_H
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import HOUR, Times


def check_cover(
    provider: str, first: np.datetime64, end: np.datetime64, known_by: datetime, asked: Times
) -> None:
    """Raise WRONG_TIMES unless [first, end) holds the first asked hour and reaches far enough."""
    start, asked_end = asked[0], asked[-1] + HOUR
    if first > start:
        detail = f"begins {iso64(first)}, asked from {iso64(start)}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)
    needed = min(asked_end, max(utc64(known_by), start) + MIN_LEAD_H * HOUR)
    if end < needed:
        detail = f"ends {iso64(end)}, needed to {iso64(needed)}"
        raise WeatherUnavailable(provider, Cause.WRONG_TIMES, detail)


def check_age(provider: str, issue_time: datetime, known_by: datetime, max_age_h: float) -> None:
    """Raise STALE if a run was issued more than `max_age_h` hours before `known_by`."""
    age_h = (known_by - issue_time) / timedelta(hours=1)
    if age_h > max_age_h:
        detail = f"issued {age_h:.0f} h ago, at most {max_age_h:g} h are accepted"
        raise WeatherUnavailable(provider, Cause.STALE, detail)
