"""What shows only beside other loops: one that lags in the cold, one that is out of line."""

from collections.abc import Mapping, Sequence

import numpy as np

from forecasts.demand.identification.blocks import in_blocks
from forecasts.demand.identification.shortage import LEAST_DAYS, LEAST_SPREAD_K, shut_days
from forecasts.demand.identified import Doubt, Floats, Identified, LoopPrior, LoopRecord

LEAST_LOOPS = 8
OUT_OF_LINE = 5.0  # robust standard deviations of all loops
FACTOR = 1.6  # and at least this far from the middle
LAGS = 0.75  # growth of heat into the cold, over that of the middle loop
ALL_SHUT = 0.5  # of the loops without heat on a day: the season is over, no valve is shut


def doubts_beside(
    found: Sequence[Identified], records: Sequence[LoopRecord], priors: Sequence[LoopPrior]
) -> Mapping[str, tuple[Doubt, ...]]:
    """Doubts of each loop with what its neighbours add and take away."""
    doubts = {one.loop_id: set(one.doubts) for one in found}
    if len(found) >= LEAST_LOOPS:
        lagging = _lags([_growth(*pair) for pair in zip(records, priors, strict=True)])
        apart = _out_of_line(found, priors)
        idle = _idle_together(records, priors)
        for one, lags, odd, off in zip(found, lagging, apart, idle, strict=True):
            own = doubts[one.loop_id]
            if off:
                own.discard(Doubt.VALVE_SHUT)
            if lags and Doubt.VALVE_SHUT not in own:
                own.add(Doubt.THROTTLED)
            if odd:
                own.add(Doubt.IMPLAUSIBLE)
    return {name: tuple(one for one in Doubt if one in own) for name, own in doubts.items()}


def _growth(record: LoopRecord, prior: LoopPrior) -> float:
    """Heat of the coldest quarter of the days over that of the milder half; NaN if unknown."""
    blocks = in_blocks(record, prior)
    heat, outdoor = blocks.means_by_day(blocks.heat), blocks.means_by_day(blocks.filtered_c)
    used = np.isfinite(heat) & np.isfinite(outdoor) & (heat > 1.0)
    if used.sum() < LEAST_DAYS or np.ptp(outdoor[used]) < LEAST_SPREAD_K:
        return np.nan
    heat, outdoor = heat[used], outdoor[used]
    mild = heat[outdoor >= np.quantile(outdoor, 0.5)].mean()
    return float(heat[outdoor <= np.quantile(outdoor, 0.25)].mean() / mild)


def _lags(growth: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    values = np.array(growth)
    there = np.isfinite(values)
    if there.sum() < LEAST_LOOPS:
        return np.zeros(values.size, dtype=bool)
    middle, sd = _robust(values[there])
    low = values - 1.0 < LAGS * (middle - 1.0)
    return np.asarray(low & (values < middle - OUT_OF_LINE * max(sd, 0.02)) & there)


def _out_of_line(
    found: Sequence[Identified], priors: Sequence[LoopPrior]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Loss over that of the prior, beside what the other loops have of it."""
    ratio = np.log([
        one.specific_loss_w_per_m2k.value / prior.specific_loss_w_per_m2k.value
        for one, prior in zip(found, priors, strict=True)
    ])  # fmt: skip
    middle, sd = _robust(ratio)
    away = np.abs(ratio - middle)
    return np.asarray((away > OUT_OF_LINE * sd) & (away > np.log(FACTOR)))


def _robust(values: Floats) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def _idle_together(records: Sequence[LoopRecord], priors: Sequence[LoopPrior]) -> list[bool]:
    """Whether all the days that a loop was cold without heat were such for most others too."""
    shut_on: list[set[np.datetime64]] = []
    for record, prior in zip(records, priors, strict=True):
        blocks = in_blocks(record, prior)
        dates = np.unique(blocks.times.astype("datetime64[D]"))
        shut_on.append(set(dates[shut_days(blocks, prior)[1] == 1.0]))
    common = {
        day
        for day in set().union(*shut_on)
        if sum(day in one for one in shut_on) > ALL_SHUT * len(records)
    }
    return [bool(days) and days <= common for days in shut_on]
