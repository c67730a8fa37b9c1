"""Whether the machine's clock can be believed, by what was published before.

A clock that is behind makes plans for hours that are over, and they look newer than none. Asked
only where the moment of a plan is the clock's own, and not one that a person named.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dispatch.plan import Remark

ALLOWED = timedelta(minutes=5)  # clocks of two machines that share a disk


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
