"""Why the telemetry of a loop is not taken at its word."""

from collections.abc import Iterator

import numpy as np

from forecasts.demand.identification.blocks import Blocks
from forecasts.demand.identification.daily import Errors
from forecasts.demand.identification.estimates import Estimates
from forecasts.demand.identification.exchanger import fouled
from forecasts.demand.identification.shortage import (
    LEAST_DAYS,
    LEAST_SPREAD_K,
    shut_days,
    throttled,
    valve_shut,
)
from forecasts.demand.identification.swapped import sensors_swapped
from forecasts.demand.identified import Doubt, Estimate, Floats, LoopPrior, Prior

R2_MIN = 0.5  # of daily heat; 0.85–0.95 is usual (handbook §4)
ERROR_SHARE = 0.1  # of mean heat: a smaller error is good whatever R² says
FAR = 4.0  # standard deviations from the prior
LOSS_RANGE = (0.3, 4.5)  # W/(m²K); buildings have 0.7–2.8 (handbook §4)
TIME_RANGE_H = (6.0, 400.0)
FLOW_RANGE = (0.2, 6.0)
OVERSIZE_RANGE = (0.4, 3.5)


def of_measurement(as_read: Blocks, used: Blocks, prior: LoopPrior) -> Iterator[Doubt]:
    """What the series show: all of them `as_read`, and the heating days `used` after mending."""
    if sensors_swapped(as_read):
        yield Doubt.SENSORS_SWAPPED
    if valve_shut(*shut_days(as_read, prior)):
        yield Doubt.VALVE_SHUT
    elif throttled(used, prior):
        yield Doubt.THROTTLED
    if fouled(used, prior):
        yield Doubt.EXCHANGER_FOULED


def of_extent(outdoor_c: Floats) -> Iterator[Doubt]:
    """Too few days, or days too alike (handbook §4: 14 days and 8 K)."""
    if outdoor_c.size < LEAST_DAYS:
        yield Doubt.TOO_FEW_DAYS
    if not outdoor_c.size or np.ptp(outdoor_c) < LEAST_SPREAD_K:
        yield Doubt.TOO_LITTLE_SPREAD


def of_fit_quality(used: Blocks, met: Errors) -> Iterator[Doubt]:
    """Heat of days that the building does not explain."""
    outdoor = used.means_by_day(used.outdoor_c)
    if outdoor.size < LEAST_DAYS or np.ptp(outdoor) < LEAST_SPREAD_K:
        return
    if met.r2 < R2_MIN and met.after > ERROR_SHARE * float(np.nanmean(used.heat)):
        yield Doubt.POOR_FIT


def of_estimates(estimates: Estimates, prior: LoopPrior) -> Iterator[Doubt]:
    """Values far from what buildings are, or from what this one was taken for."""
    loss = estimates.specific_loss_w_per_m2k
    ranges = (
        (loss, LOSS_RANGE),
        (estimates.time_constant_h, TIME_RANGE_H),
        (estimates.relative_flow, FLOW_RANGE),
        (estimates.emitter_oversize, OVERSIZE_RANGE),
    )
    outside = any(not low <= one.value <= high for one, (low, high) in ranges)
    if outside or _far(loss, prior.specific_loss_w_per_m2k):
        yield Doubt.IMPLAUSIBLE


def _far(found: Estimate, prior: Prior) -> bool:
    """Whether data moved a value by far more than the spread of its era."""
    return bool(abs(np.log(found.value / prior.value)) > FAR * prior.sd / prior.value)
