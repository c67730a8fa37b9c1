"""When coal on its way reaches the gate: the day written, or later by a drawn delay.

A delivery comes on its day with the probability `confidence`; else it is late by whole days, one
at least, with the mean `late_days` of its yard (a geometric law: the next day is always as likely
to bring it). Snow holds all trains of a week: chance and length of the delays of one yard and ISO
week have `COMMON_PART` of their variance in common (a Gaussian copula: each train by itself is
late as often and as long as without it).

Each consignment has a stream of draws of its own, keyed by yard and planned moment: whatever else
is added, dropped or changed in size, its draws stay, and two outlooks differ only by what differs.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from dispatch.case import Case, Yard
from dispatch.case_kinds import OutageKind
from dispatch.fuel.pile_paths import Arrivals
from dispatch.outages import back_at

Array = NDArray[np.float64]
Days = NDArray[np.intp]

COMMON_PART = 0.5  # of the variance of delays, shared by a yard's week: a judgement, no record
MWH_PER_T_PER_KCAL_PER_KG = 4.1868e-3 / 3.6
_SURE = 1.0 - 1e-9  # a delay of some twenty times the mean; keeps the logarithm finite


@dataclass(frozen=True)
class Consignment:
    """Coal on its way to one yard."""

    arrives: date  # local day on which it is to be at the gate
    tonnes: float
    mwh_per_t: float  # lower heating value
    confidence: float  # that it comes on that day
    key: str  # what its draws hang on, unique in the yard


def deliveries_ahead(case: Case, yard_id: str, now: datetime) -> tuple[Consignment, ...]:
    """What `deliveries.csv` still brings to a yard after `now`.

    Deliveries before `now` are taken to be in the stock, but for those that stand at a gate whose
    road has been shut ever since: they come today, for sure. A confidence of 0 says that nobody
    has promised it: it is left out, as the plan counts it for nothing.
    """
    zone = ZoneInfo(case.settings.timezone)
    ahead: list[Consignment] = []
    seen: dict[str, int] = {}
    for row in case.deliveries:
        if row.yard_id != yard_id:
            continue
        moment = row.arrival_time.astimezone(UTC).isoformat()
        seen[moment] = seen.get(moment, 0) + 1  # two trains of one moment are two
        stands_outside = row.arrival_time < now
        if stands_outside and back_at(case, OutageKind.YARD, yard_id, row.arrival_time) <= now:
            continue
        if row.confidence > 0.0:
            day = max(row.arrival_time, now).astimezone(zone).date()
            confidence = 1.0 if stands_outside else row.confidence
            mwh_per_t = row.net_calorific_kcal_per_kg * MWH_PER_T_PER_KCAL_PER_KG
            key = f"{moment} {seen[moment]}"
            ahead.append(Consignment(day, row.tonnes, mwh_per_t, confidence, key))
    return tuple(ahead)


def arrivals(
    yard: Yard, coming: Iterable[Consignment], dates: Sequence[date], paths: int, seed: int
) -> Arrivals:
    """Lay consignments on (path, day); what comes after the last of the successive `dates` is out.

    Path k has the same delays however many paths are asked for.
    """
    tonnes, energy_mwh = np.zeros((2, paths, len(dates)))
    rows = np.arange(paths)
    for item in coming:
        day = (item.arrives - dates[0]).days + delay_days(yard, item, paths, seed)
        inside = (day >= 0) & (day < len(dates))
        tonnes[rows[inside], day[inside]] += item.tonnes
        energy_mwh[rows[inside], day[inside]] += item.tonnes * item.mwh_per_t
    return Arrivals(tonnes, energy_mwh)


def delay_days(yard: Yard, item: Consignment, paths: int, seed: int) -> Days:
    """Whole days by which a consignment is late on each path, (path,).

    A yard whose `late_days` is 0 has no late trains, and a mean below one day is one day.
    """
    if yard.late_days <= 0.0 or item.confidence >= 1.0:
        return np.zeros(paths, dtype=np.intp)
    year, week, _ = item.arrives.isocalendar()
    common = stream(seed, "week", yard.yard_id, f"{year}-{week}").standard_normal(paths)
    own = stream(seed, "late", yard.yard_id, item.key).standard_normal(paths)
    luck = ndtr(np.sqrt(COMMON_PART) * common + np.sqrt(1.0 - COMMON_PART) * own)
    bad_luck = np.clip((luck - item.confidence) / (1.0 - item.confidence), 0.0, _SURE)
    more = np.zeros(paths)
    if yard.late_days > 1.0:
        more = np.floor(np.log1p(-bad_luck) / np.log1p(-1.0 / yard.late_days))
    return np.where(luck > item.confidence, 1.0 + more, 0.0).astype(np.intp)


def stream(seed: int, *words: str) -> np.random.Generator:
    """Return the stream of draws that hangs on a seed and some names."""
    return np.random.default_rng([seed, *(zlib.crc32(word.encode()) for word in words)])
