"""Gates: regular hours, and enough of them."""

from datetime import datetime, timedelta

import numpy as np

from forecasts.weather.provider import Asked, Cause
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import HOUR, Times
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, passed, refused

MIN_LEAD_H = 24  # a run must reach this far past `known_by` (or past `start`, if that is later)


def judge_step(times: Times) -> GateVerdict:
    """Refuse times that are not one whole UTC hour after the other."""
    if times.size < 2:
        return refused(Gate.STEP, Cause.WRONG_TIMES, f"{times.size} hours, at least 2 are needed")
    odd = np.flatnonzero(np.diff(times) != HOUR)
    if odd.size:
        k = int(odd[0])
        detail = f"{iso64(times[k])} is followed by {iso64(times[k + 1])}, not one hour later"
        return refused(Gate.STEP, Cause.WRONG_TIMES, detail)
    if times[0] != times[0].astype("datetime64[h]"):
        return refused(Gate.STEP, Cause.WRONG_TIMES, f"{iso64(times[0])} is no whole hour")
    return passed(Gate.STEP, "1 h")


def judge_cover(first: np.datetime64, end: np.datetime64, asked: Asked) -> GateVerdict:
    """Refuse a run that ends early or begins after now; doubt one that lacks some of the past.

    [first, end) is what the run covers. Services without a past begin at the next full hour; what
    went before is then to be had elsewhere.
    """
    start = utc64(asked.start)
    needed_to = needed_end(asked)
    if first > latest_begin(asked):
        detail = f"begins {iso64(first)}, asked from {iso64(start)}"
        return refused(Gate.COVER, Cause.WRONG_TIMES, detail)
    if end < needed_to:
        detail = f"ends {iso64(end)}, needed to {iso64(needed_to)}"
        return refused(Gate.COVER, Cause.WRONG_TIMES, detail)
    if first > start:
        late_h = int((first - start) / HOUR)
        return doubtful(Gate.COVER, f"begins {iso64(first)}, {late_h} h after the first hour asked")
    return passed(Gate.COVER, f"to {iso64(end)}")


def needed_end(asked: Asked) -> np.datetime64:
    """Return the moment up to which a run must reach."""
    lead = np.timedelta64(MIN_LEAD_H, "h")
    asked_end = utc64(asked.start) + asked.hours * HOUR
    return np.datetime64(min(asked_end, max(utc64(asked.known_by), utc64(asked.start)) + lead))


def latest_begin(asked: Asked) -> np.datetime64:
    """Return when a run must begin at the latest: at `start`, or at the next full hour from now."""
    return np.datetime64(max(utc64(asked.start), utc64(_next_hour(asked.known_by))))


def _next_hour(moment: datetime) -> datetime:
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(hours=1)
