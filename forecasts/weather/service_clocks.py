"""How far the clocks of weather services are from this machine's, by the `Date` of their answers.

No service is believed: a header may be missing, absurd or that of a copy kept on the way. Copies
make a service look slow, never fast, and of several services the middle one speaks. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

YEARS = (2025, 2200)  # of a `Date` that can be one
LONGEST_AGE_S = 366 * 86_400.0


@dataclass(frozen=True)
class ServiceClock:
    """How much later it is by a service than by this machine, s; negative: earlier."""

    provider: str
    ahead_s: float


@dataclass(frozen=True)
class HeardClocks:
    """What services told of the clock, and when (aware, by this machine)."""

    at: datetime
    clocks: tuple[ServiceClock, ...]


def ahead_s(headers: Mapping[str, str], received_at: datetime) -> float | None:
    """Return how much later it is by an answer than by this machine, s; None if it cannot tell.

    `Date` is when the answer was made, `Age` how long copies were kept since (RFC 9111, 5.1).
    """
    try:
        made = parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    first, last = YEARS
    age = headers.get("Age", "0").strip()
    if not first <= made.year <= last or not (age.isascii() and age.isdecimal()):
        return None
    age_s = float(age)
    if age_s > LONGEST_AGE_S:
        return None
    made = made if made.tzinfo else made.replace(tzinfo=UTC)
    return (made - received_at).total_seconds() + age_s


def by_provider(heard: Iterable[ServiceClock]) -> tuple[ServiceClock, ...]:
    """Return one clock a service: its latest, since a copy that was kept tells too early a time."""
    latest: dict[str, float] = {}
    for one in heard:
        latest[one.provider] = max(one.ahead_s, latest.get(one.provider, -float("inf")))
    return tuple(ServiceClock(name, latest[name]) for name in sorted(latest))


def middle(clocks: Iterable[ServiceClock]) -> ServiceClock | None:
    """Return the median clock; of two in the middle the one nearer to ours. None if there is none.

    So two services that do not agree cast no more doubt than the better of them.
    """
    ordered = sorted(clocks, key=lambda one: one.ahead_s)
    if not ordered:
        return None
    pair = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    if pair[0].ahead_s < 0.0 < pair[1].ahead_s:
        return ServiceClock(pair[0].provider, 0.0)  # ours lies between them
    return min(pair, key=lambda one: abs(one.ahead_s))
