"""Whether the machine's clock can be believed, by what was published before and by services.

A clock that is behind makes plans for hours that are over, and they look newer than none. Asked
only where the moment of a plan is the clock's own, and not one that a person named.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dispatch.messages import say
from dispatch.plan import Remark
from forecasts.weather.service_clocks import ServiceClock, middle

ALLOWED = timedelta(minutes=5)  # clocks of two machines that share a disk
SAID_IN_HOURS = timedelta(hours=3)  # a larger difference


def clock_reasons(now: datetime, issued: Iterable[datetime]) -> tuple[Remark, ...]:
    """Return why the clock is doubted: runs were `issued` later than `now` (all aware)."""
    newest = max(issued, default=now)
    if newest - now <= ALLOWED:
        return ()
    values = {
        "now": now.astimezone(newest.tzinfo).strftime("%Y-%m-%d %H:%M"),
        "newest": newest.strftime("%Y-%m-%d %H:%M"),
    }
    return (Remark("daily.clock_behind", values),)


def service_reasons(clocks: Sequence[ServiceClock]) -> tuple[Remark, ...]:
    """Return why the clock is doubted: services that were just asked have another time."""
    found = off_clock(clocks)
    if found is None:
        return ()
    key = "daily.clock_behind_service" if found.ahead_s > 0.0 else "daily.clock_ahead_of_service"
    values = {"by": time_words(found.ahead_s), "provider": found.provider, "asked": len(clocks)}
    return (Remark(key, values),)


def off_clock(clocks: Sequence[ServiceClock]) -> ServiceClock | None:
    """Return the service that speaks for all where ours is not its time; None where it is."""
    found = middle(clocks)
    return None if found is None or abs(found.ahead_s) <= ALLOWED.total_seconds() else found


def time_words(seconds: float) -> str:
    """Return a difference of clocks in minutes, a large one in hours, without its sign."""
    if abs(seconds) < SAID_IN_HOURS.total_seconds():
        return say("daily.clock_minutes", minutes=abs(seconds) / 60.0)
    return say("daily.clock_hours", hours=abs(seconds) / 3600.0)
