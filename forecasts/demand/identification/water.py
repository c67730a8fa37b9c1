"""What secondary water tells: relative flow from its spread, and its mean over the room (F8)."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.building import BASE_TEMP_C
from forecasts.demand.identification.blocks import Blocks
from forecasts.demand.identified import Floats, LoopPrior

LOG_MEAN_BELOW_FLOW = 0.5  # relative flow Ḡ (handbook §5, note to F8)
LEAST_LOAD = 0.1  # of design heat: below, water and rooms hardly differ
SPREAD_BIAS_K = 0.3  # sd of the difference of two sensors that should agree
METER_SD = 0.012  # relative; a heat meter of ±2 %
PUMP_CHANGE = 0.15  # a day whose flow differs more than this from the latest ran another way
LEAST_FLOW_DAYS = 3
_ROUNDS = 8
_HUBER = 1.5


@dataclass(frozen=True)
class Flow:
    """Relative flow Ḡ and its standard error, and the spread its sensors show without heat."""

    value: float
    se: float
    data_weight: float
    bias_k: float


def design_spread_k(prior: LoopPrior) -> float:
    """t_g' − t_h'."""
    return prior.design_supply_c - prior.design_return_c


def design_mean_k(prior: LoopPrior, log_mean: bool) -> float:
    """Mean of the water over a room of 18 °C at design heat: arithmetic, or for Ḡ < 0.5 log."""
    hot, cold = prior.design_supply_c - BASE_TEMP_C, prior.design_return_c - BASE_TEMP_C
    return (hot - cold) / float(np.log(hot / cold)) if log_mean else (hot + cold) / 2.0


def steady_load(blocks: Blocks, prior: LoopPrior) -> Floats:
    """Relative heat Q̄ of blocks with flowing, steadily heated water; NaN elsewhere."""
    load = blocks.heat / prior.design_heat_w_per_m2
    before = np.append(load[:1], load[:-1])
    before[blocks.seam] = load[blocks.seam]
    steady = (load > LEAST_LOAD) & (before > 0.5 * load) & (before < 2.0 * load)
    warm = np.isfinite(blocks.supply_c) & np.isfinite(blocks.return_c)
    return np.where(steady & warm & (blocks.supply_c > blocks.return_c), load, np.nan)


def effective_mean_c(blocks: Blocks, room_c: Floats, log_mean: bool) -> Floats:
    """Mean water temperature that the emitter's law holds for, °C."""
    arithmetic = (blocks.supply_c + blocks.return_c) / 2.0
    if not log_mean:
        return np.asarray(arithmetic)
    hot = np.maximum(blocks.supply_c - room_c, 0.2)
    cold = np.maximum(blocks.return_c - room_c, 0.1)
    close = np.abs(hot - cold) < 1e-3
    ratio = np.where(close, 2.0, hot / cold)
    log = np.where(close, (hot + cold) / 2.0, (hot - cold) / np.log(ratio))
    return np.asarray(room_c + log)


def relative_flow(blocks: Blocks, prior: LoopPrior) -> Flow:
    """Ḡ from t_g − t_h = (t_g' − t_h')·Q̄/Ḡ + bias, day by day (last term of F8, F9).

    The bias of the sensors and Ḡ part company as heat changes; what is left open the priors say.
    Huber's weights; the standard error for days whose errors go on (AR(1)), since valves and
    pumps do not change at midnight. Only days run as the latest ones are.
    """
    belief = prior.relative_flow
    nothing = Flow(belief.value, belief.sd, 0.0, 0.0)
    if not blocks.times.size:
        return nothing
    load = steady_load(blocks, prior)
    spread = np.where(np.isfinite(load), blocks.supply_c - blocks.return_c, np.nan)
    x, y = blocks.means_by_day(load), blocks.means_by_day(spread)
    there = np.isfinite(x) & np.isfinite(y) & (y > 0.0)
    x, y = design_spread_k(prior) * x[there], y[there]
    if x.size < LEAST_FLOW_DAYS:
        return nothing
    same = _run_as_latest(x / y)
    inverse, bias, covariance = _line(x[same], y[same], prior)
    value = 1.0 / inverse
    relative = np.hypot(np.sqrt(covariance[0, 0]) * value, METER_SD)
    se = value * float(relative)
    return Flow(value, se, _weight_of_data(relative**2, (belief.sd / belief.value) ** 2), bias)


def _weight_of_data(after: float, before: float) -> float:
    return float(np.clip(1.0 - after / before, 0.0, 1.0))


def _run_as_latest(flow: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Days whose flow is that of the last week, so that a change of the pump does not blur it."""
    latest = float(np.median(flow[-7:]))
    same = np.abs(np.log(flow / latest)) < PUMP_CHANGE
    return same if int(same.sum()) >= LEAST_FLOW_DAYS else np.ones(flow.size, dtype=bool)


def _line(x: Floats, y: Floats, prior: LoopPrior) -> tuple[float, float, Floats]:
    """Slope 1/Ḡ, intercept and their covariance, with Gaussian priors and Huber's weights."""
    belief = prior.relative_flow
    start = np.array([1.0 / belief.value, 0.0])
    known = np.diag([(belief.value**2 / belief.sd) ** 2, SPREAD_BIAS_K**-2.0])
    rows = np.column_stack([x, np.ones_like(x)])
    weight, sd, inflation = np.ones_like(x), 0.3, 1.0
    for _ in range(_ROUNDS):
        normal = rows.T @ (weight[:, None] * rows) / (sd**2 * inflation) + known
        pull = rows.T @ (weight * y) / (sd**2 * inflation) + known @ start
        found = np.linalg.solve(normal, pull)
        error = y - rows @ found
        sd = max(0.03, 1.4826 * float(np.median(np.abs(error))))
        weight = np.minimum(1.0, _HUBER * sd / np.maximum(np.abs(error), 1e-9))
        inflation = variance_inflation(error)
    return float(found[0]), float(found[1]), np.asarray(np.linalg.inv(normal))


def variance_inflation(error: Floats) -> float:
    """By how much errors that go on widen the variance of a mean: (1 + ρ)/(1 − ρ), AR(1)."""
    centred = error - error.mean()
    square = float(centred @ centred)
    if error.size < 4 or square <= 0.0:
        return 1.0
    rho = float(np.clip(centred[1:] @ centred[:-1] / square, 0.0, 0.8))
    return (1.0 + rho) / (1.0 - rho)
