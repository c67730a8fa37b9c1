"""Gate: whether a run says about what other services say, and what it said itself before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from forecasts.weather.gates.by_climate import mean_of_members
from forecasts.weather.provider import Asked, Cause
from forecasts.weather.run import iso64, utc64
from forecasts.weather.solar import HOUR
from forecasts.weather.verdict import (
    Gate,
    GateVerdict,
    Outcome,
    doubtful,
    not_judged,
    passed,
    refused,
)

# Lead, h -> sd of the error of the mean temperature, K: middle of the figures of H§2. Two services
# share half of their error's variance (observations, physics), so that the sd of their difference
# is about that of one of them: sqrt(2 (1 - 0.5)) = 1.
ERROR_SD_K = {24: 1.75, 48: 2.25, 72: 3.0}
MAX_SD = 3.0
MIN_COMMON_H = 12  # of a day's 24 hours, for the mean difference to mean anything


@dataclass(frozen=True)
class _Difference:
    """How a run differs from another in the day where it differs most, in standard deviations."""

    other: str
    own_service: bool
    mean_k: float
    lead_h: int
    deviations: float

    @property
    def too_much(self) -> bool:
        return abs(self.deviations) > MAX_SD

    @property
    def told(self) -> str:
        return f"{self.mean_k:+.1f} K against {self.other} up to {self.lead_h} h ahead"


def judge_agreement(
    run: xr.Dataset, asked: Asked, others: Sequence[xr.Dataset], climate: GateVerdict
) -> GateVerdict:
    """Judge a run by `others`: runs of other services, and earlier ones of the same.

    One against one is doubtful, and so is one that differs from its own run before. With two or
    more other services the one that stands alone is named; a run that stands alone, and in a
    climate that does not know its values either, is refused.
    """
    name = str(run.attrs["provider"])
    pairs = [(other, _difference(run, other, asked)) for other in others]
    found = [difference for _, difference in pairs if difference is not None]
    if not found:
        return not_judged(Gate.AGREEMENT, "nothing to compare with")
    services = [d for d in found if not d.own_service]
    against = [d for d in services if d.too_much]
    told = "; ".join(d.told for d in found)
    if not against:
        changed = "; ".join(d.told for d in found if d.too_much)
        if changed:
            return doubtful(Gate.AGREEMENT, f"{name}: {changed}")
        return passed(Gate.AGREEMENT, told)
    figures = f"{name}: {told}"
    if len(against) < len(services):
        # Someone else says the same: those who differ from both are on their own.
        alone = ", ".join(d.other for d in against)
        if len(against) == 1:
            return passed(Gate.AGREEMENT, f"{alone} stands alone; {figures}")
        return doubtful(Gate.AGREEMENT, f"no majority; {figures}")
    comparable = [other for other, d in pairs if d is not None and not d.own_service]
    return _against_all(name, figures, comparable, asked, climate)


def _against_all(
    name: str, figures: str, services: Sequence[xr.Dataset], asked: Asked, climate: GateVerdict
) -> GateVerdict:
    """Judge a run that differs from every one of the other services."""
    if len(services) == 1 or not _agree_among_themselves(services, asked):
        return doubtful(Gate.AGREEMENT, f"all differ; {figures}")
    alone = f"{name} stands alone; {figures}"
    if climate.outcome in (Outcome.DOUBTFUL, Outcome.REFUSED):
        return refused(Gate.AGREEMENT, Cause.NOT_PLAUSIBLE, f"{alone}; {climate.detail}")
    return doubtful(Gate.AGREEMENT, alone)


def _agree_among_themselves(services: Sequence[xr.Dataset], asked: Asked) -> bool:
    pairs = [
        _difference(one, two, asked) for k, one in enumerate(services) for two in services[k + 1 :]
    ]
    return all(pair is None or not pair.too_much for pair in pairs)


def _difference(run: xr.Dataset, other: xr.Dataset, asked: Asked) -> _Difference | None:
    """Return the difference of mean temperature, run minus other, at its worst; None if unknown."""
    times, common, theirs = np.intersect1d(
        run["time"].values, other["time"].values, assume_unique=True, return_indices=True
    )
    by_hour = (
        mean_of_members(run, "air_temperature")[common]
        - mean_of_members(other, "air_temperature")[theirs]
    )
    now = utc64(max(asked.known_by, asked.start))
    own = str(run.attrs["provider"]) == str(other.attrs["provider"])
    label = str(other.attrs["provider"])
    if own:
        label = f"its run of {iso64(utc64(_issued(other)))}"
    # Leads count from the issue of the older of the two: its error is the larger one.
    issued = min(utc64(_issued(run)), utc64(_issued(other)), now)
    worst: _Difference | None = None
    for end_h in ERROR_SD_K:
        inside = (times >= now + (end_h - 24) * HOUR) & (times < now + end_h * HOUR)
        if inside.sum() < MIN_COMMON_H:
            continue
        mean_k = float(by_hour[inside].mean())
        lead_h = float((now + end_h * HOUR - issued) / HOUR)
        found = _Difference(label, own, mean_k, end_h, mean_k / error_sd_k(lead_h))
        if worst is None or abs(found.deviations) > abs(worst.deviations):
            worst = found
    return worst


def error_sd_k(lead_h: float) -> float:
    """Return the sd of the error of a day's mean temperature that ends `lead_h` ahead, K (H§2)."""
    leads = list(ERROR_SD_K)
    slope = (ERROR_SD_K[leads[-1]] - ERROR_SD_K[leads[-2]]) / (leads[-1] - leads[-2])
    beyond = max(0.0, lead_h - leads[-1]) * slope
    return float(np.interp(lead_h, leads, list(ERROR_SD_K.values()))) + beyond


def _issued(run: xr.Dataset) -> datetime:
    return datetime.fromisoformat(str(run.attrs["issue_time"]))
