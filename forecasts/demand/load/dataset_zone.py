"""Which clock a dataset is written in, from the offsets of its times."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from forecasts.demand.load.record import Ints, Times

# Of zones with the same clock, the one people know; other zones follow in order of their names.
WELL_KNOWN = (
    "Europe/Berlin",
    "Europe/Helsinki",
    "Europe/London",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
FIXED = re.compile(r"UTC(?:[+-]\d\d:\d\d)?")
MAX_CHANGES = 200  # more offsets than any clock has
EDGE = np.timedelta64(3, "h")  # end stamps next to a change may be written by either clock


def zone_known(timezone: str) -> bool:
    """Whether it is an IANA zone or a fixed offset as `UTC+01:00`."""
    return FIXED.fullmatch(timezone) is not None or timezone in available_timezones()


def zone_of(moments: Times, offsets_min: Ints) -> str | None:
    """Return the zone of moments in order, by their offsets; None where no clock fits.

    One offset alone is taken as it is. Several are those of summer and winter time: the zone is
    one whose clock shows them at these moments.
    """
    changes = np.flatnonzero(np.diff(offsets_min)) + 1
    if changes.size == 0:
        return fixed_zone(int(offsets_min[0]))
    if changes.size > MAX_CHANGES:
        return None
    begins, ends = np.append(0, changes), np.append(changes, moments.size) - 1
    points = []
    for begin, end in zip(begins, ends, strict=True):
        offset = timedelta(minutes=int(offsets_min[begin]))
        inside = [moments[begin] + EDGE, moments[end] - EDGE]
        kept = [at for at in inside if moments[begin] <= at <= moments[end]]
        points += [(_aware(at), offset) for at in kept]
    named = [*WELL_KNOWN, *sorted(available_timezones())]
    fits = (
        name
        for name in named
        if all(at.astimezone(ZoneInfo(name)).utcoffset() == offset for at, offset in points)
    )
    return next(fits, None)


def fixed_zone(offset_min: int) -> str:
    """Return the name of a fixed offset: `UTC`, `UTC+01:00`."""
    if offset_min == 0:
        return "UTC"
    hours, minutes = divmod(abs(offset_min), 60)
    return f"UTC{'-' if offset_min < 0 else '+'}{hours:02d}:{minutes:02d}"


def _aware(moment: np.datetime64) -> datetime:
    seconds = int(moment.astype("datetime64[s]").astype(np.int64))
    return datetime.fromtimestamp(seconds, tz=UTC)
