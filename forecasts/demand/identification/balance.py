"""Loss, capacity, gains and emitter of a loop together, from heat, weather, rooms and water.

The chain of `latent.py` with the rows of `evidence.py`: the most probable loss, capacity and noise
are searched for; steady effects and rooms follow from them exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from forecasts.demand.identification.blocks import Blocks
from forecasts.demand.identification.evidence import Effect, chain_of, rooms_measured
from forecasts.demand.identification.latent import (
    Chain,
    Effects,
    Noise,
    States,
    System,
    states_of,
    system,
)
from forecasts.demand.identification.water import LOG_MEAN_BELOW_FLOW, variance_inflation
from forecasts.demand.identified import Floats, LoopPrior

OUTLIER = 2.5  # standard deviations
SEARCH_SCALE = np.array([0.025, 0.08, 0.06, 0.2, 0.06, 0.06])  # usual standard errors
FIRST_ITERATIONS, ITERATIONS = 5, 40


class Free(IntEnum):
    """Logarithms that are searched for."""

    LOSS = 0
    CAPACITY = 1
    STEP = 2
    SLOW = 3
    ROOM = 4
    WATER = 5


NOISE_BELIEF = {  # median and spread of the logarithm
    Free.STEP: (2.0, 0.7),
    Free.SLOW: (0.8, 0.6),
    Free.ROOM: (0.15, 0.6),
    Free.WATER: (0.3, 0.6),
}
BUILDING = (Free.LOSS, Free.CAPACITY)
WH_PER_KJ = 1.0 / 3.6
LASTING_MIN = 1.5  # no error ends with its block


@dataclass(frozen=True)
class Fit:
    """The best parameters and how sure they are, jointly.

    `free` are all the logarithms; covariance and slopes are by those of loss and capacity.
    """

    free: Floats
    free_covariance: Floats  # (2, 2)
    effects: Effects
    states: States
    slope: Floats  # (effect, 2): dβ/dfree
    room_slope: Floats  # (2,): d(mean room)/dfree
    rooms_measured: bool
    log_mean: bool

    @property
    def loss(self) -> float:
        """K, W/(m²K)."""
        return float(np.exp(self.free[Free.LOSS]))

    @property
    def capacity_kj(self) -> float:
        """C, kJ/(m²K)."""
        return float(np.exp(self.free[Free.CAPACITY]))

    def effect(self, which: Effect) -> tuple[float, float]:
        """An effect and its standard error, with what the searched parameters leave open."""
        pick = np.zeros(len(Effect))
        pick[which] = 1.0
        return float(self.effects.beta[which]), float(np.sqrt(self.variance(pick)))

    def variance(self, by_effect: Floats, by_free: Floats | None = None) -> float:
        """Variance of a quantity from its derivatives by β and (directly) by the logarithms."""
        through = by_effect @ self.slope
        if by_free is not None:
            through = through + by_free
        own = by_effect @ self.effects.covariance @ by_effect
        return float(own + through @ self.free_covariance @ through)

    @property
    def mean_room_c(self) -> float:
        """Mean room over the record."""
        return float(self.states.room_c.mean())


def fit(blocks: Blocks, prior: LoopPrior, flow: float) -> Fit:
    """Most probable parameters of a loop; robust by a second pass with doubtful steps widened.

    `flow` decides which mean of the water counts. At least one block is needed.
    """
    log_mean = flow < LOG_MEAN_BELOW_FLOW
    chain, rooms = chain_of(blocks, prior, log_mean), rooms_measured(blocks)
    best = _search(chain, prior, (_start(prior), rooms), FIRST_ITERATIONS)
    chain = _with_outliers_widened(chain, states_of(_at(chain, best)))
    best = _search(chain, prior, (best, rooms), ITERATIONS)
    return _with_errors(chain, prior, best, rooms, log_mean)


def _start(prior: LoopPrior) -> Floats:
    building = [prior.specific_loss_w_per_m2k.value, prior.heat_capacity_kj_per_m2k.value]
    return np.log([*building, *(median for median, _ in NOISE_BELIEF.values())])


def _belief(prior: LoopPrior) -> tuple[Floats, Floats]:
    """Medians and spreads of the logarithms."""
    pair = (prior.specific_loss_w_per_m2k, prior.heat_capacity_kj_per_m2k)
    spread = [one.sd / one.value for one in pair] + [sd for _, sd in NOISE_BELIEF.values()]
    return _start(prior), np.array(spread)


def _noise(free: Floats) -> Noise:
    levels = np.exp(free)
    shown = (float(levels[Free.ROOM]), float(levels[Free.WATER]))
    return Noise(float(levels[Free.STEP]), float(levels[Free.SLOW]), shown)


def _at(chain: Chain, free: Floats) -> System:
    loss = float(np.exp(free[Free.LOSS]))
    return system(chain, loss, float(np.exp(free[Free.CAPACITY])) * WH_PER_KJ, _noise(free))


def _cost(chain: Chain, prior: LoopPrior) -> Callable[[Floats], float]:
    middle, spread = _belief(prior)

    def cost(free: Floats) -> float:
        return _at(chain, free).effects.cost + 0.5 * float((((free - middle) / spread) ** 2).sum())

    return cost


def _search(chain: Chain, prior: LoopPrior, begun: tuple[Floats, bool], iterations: int) -> Floats:
    """Most probable logarithms; the capacity only where rooms show how quick they are.

    Water alone would tell it from how its own lag and the meter's noise go together.
    """
    start, rooms = begun
    middle, _ = _belief(prior)
    bounds = [(m - 2.5, m + 2.5) for m in middle]
    if not rooms:
        bounds[Free.CAPACITY] = (start[Free.CAPACITY], start[Free.CAPACITY])
    cost = _cost(chain, prior)
    scaled = [((low - b) / s, (high - b) / s) for (low, high), b, s in
              zip(bounds, start, SEARCH_SCALE, strict=True)]  # fmt: skip
    found: OptimizeResult = minimize(  # type: ignore[call-overload]  # its stubs know no "eps"
        lambda steps: cost(start + SEARCH_SCALE * steps), np.zeros(start.size),
        method="L-BFGS-B", bounds=scaled,
        options={"maxiter": iterations, "ftol": 2e-6, "gtol": 0.02, "eps": 1e-3},
    )  # fmt: skip
    return np.asarray(start + SEARCH_SCALE * found.x)


def _with_outliers_widened(chain: Chain, states: States) -> Chain:
    """Steps and readings that stand out count less: Huber's weights on standardised errors."""

    def wider(error: Floats) -> Floats:
        scale = 1.4826 * float(np.median(np.abs(error[error != 0.0]))) if error.any() else 1.0
        return np.sqrt(np.maximum(1.0, np.abs(error) / (OUTLIER * max(scale, 1e-9))))

    levels = tuple(
        replace(level, sd=level.sd * wider(error)) if level.noise is not None else level
        for level, error in zip(chain.levels, states.misfit, strict=True)
    )
    return replace(chain, doubt=chain.doubt * wider(states.disturbance), levels=levels)


def _with_errors(chain: Chain, prior: LoopPrior, best: Floats, rooms: bool, log_mean: bool) -> Fit:
    """Covariance from the curvature of the cost, and how effects move with loss and capacity.

    The levels of noise are held, each widened by how long its errors go on: the likelihood takes
    those of one block to know nothing of the next.
    """
    chain = _with_lasting_errors(chain, states_of(_at(chain, best)))
    cost, step = _cost(chain, prior), SEARCH_SCALE[: len(BUILDING)]
    shifts = np.diag(SEARCH_SCALE)[: len(BUILDING)]
    above = [_at(chain, best + shift) for shift in shifts]
    below = [_at(chain, best - shift) for shift in shifts]
    up = [cost(best + shift) for shift in shifts]
    down = [cost(best - shift) for shift in shifts]
    middle = cost(best)
    curve = np.diag((np.add(up, down) - 2.0 * middle) / step**2)
    both = cost(best + shifts.sum(axis=0)) - sum(up)
    away = cost(best - shifts.sum(axis=0)) - sum(down)
    curve[0, 1] = curve[1, 0] = (0.5 * (both + away) + middle) / step.prod()
    at_best = _at(chain, best)

    def slopes(of: Callable[[System], Floats]) -> Floats:
        pairs = zip(above, below, step, strict=True)
        return np.array([(of(a) - of(b)) / (2.0 * s) for a, b, s in pairs])

    return Fit(
        free=best,
        free_covariance=_covariance(curve, _belief(prior)[1][: len(BUILDING)]),
        effects=at_best.effects,
        states=states_of(at_best),
        slope=slopes(lambda one: one.effects.beta).T,
        room_slope=slopes(lambda one: np.asarray(states_of(one).room_c.mean())),
        rooms_measured=rooms,
        log_mean=log_mean,
    )


def _with_lasting_errors(chain: Chain, states: States) -> Chain:
    """Levels as noisy as means of their errors are, which go on from block to block."""
    levels = tuple(
        replace(
            level, sd=level.sd * np.sqrt(max(LASTING_MIN, variance_inflation(error[error != 0.0])))
        )
        if level.noise is not None and error.any()
        else level
        for level, error in zip(chain.levels, states.misfit, strict=True)
    )
    return replace(chain, levels=levels)


def _covariance(curve: Floats, spread: Floats) -> Floats:
    """Inverse of the curvature, which is nowhere taken to be flatter than the prior alone."""
    scaled = curve * np.outer(spread, spread)
    values, vectors = np.linalg.eigh(scaled)
    inverse = (vectors / np.maximum(values, 1.0)) @ vectors.T
    return np.asarray(inverse * np.outer(spread, spread))
