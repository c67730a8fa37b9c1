"""Loss, capacity, gains and emitter of a loop together, from heat, weather, rooms and water.

The chain of `latent.py` with what is known of a heated building. Where no room is measured, rooms
are taken to be held near what the station is run for, up to a share κ of the outdoor temperature
that the curve lets through: heat then follows the curve, and K is known no better than κ.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from forecasts.demand.identification.blocks import FORGETTING_PER_DAY, Blocks, Flags
from forecasts.demand.identification.latent import (
    Chain,
    Effects,
    Levels,
    Noise,
    States,
    System,
    states_of,
    system,
)
from forecasts.demand.identification.water import (
    LOG_MEAN_BELOW_FLOW,
    design_mean_k,
    effective_mean_c,
    steady_load,
    variance_inflation,
)
from forecasts.demand.identified import Floats, LoopPrior

HEAT_GAP_SD = 15.0  # W/m², of heat filled in where none was measured
PEOPLE_SD = 1.0  # W/m², of the daily course of gains
ROOM_BIAS_SD_K = 0.5  # of all rooms of a loop together
ONE_ROOM_BIAS_SD_K = 1.2  # of one room: −1…+3 K on a radiator or window (handbook §4)
AIR_OVER_WALLS = (0.010, 0.012)  # K per W/m² into the air, which runs ahead of the walls (F7)
AIR_CHANGE_SHARE = 0.5  # of the loss that leaves from the air, against the heat that enters it
WATER_BIAS_SD_K = 0.25  # of the mean of two sensors
OUTDOOR_SHARE_SD = 0.05  # κ: K of rooms per K outdoors, where no room is measured
HELD_SD_K = 0.8  # how well rooms of a day are held where none is measured
OUTLIER = 2.5  # standard deviations
LEAST_ROOM_BLOCKS = 24
STEADY_SHARE = 0.3  # of a day's mean heat that none of its blocks may be below
SEARCH_SCALE = np.array([0.025, 0.08, 0.06, 0.2, 0.06, 0.06])  # usual standard errors
FIRST_ITERATIONS, ITERATIONS = 5, 40


class Effect(IntEnum):
    """Linear effects, in the order of β."""

    GAIN = 0
    SUN = 1
    WIND = 2
    COURSE_SIN = 3  # of people's gains over the day
    COURSE_COS = 4
    COURSE_SIN_2 = 5
    COURSE_COS_2 = 6
    ROOM_BIAS = 7
    AIR_LEAD = 8
    EMITTER = 9  # mean water over the room at design heat, beyond that of the prior
    WATER_BIAS = 10
    HELD_AT = 11
    OUTDOOR_SHARE = 12


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
    chain, rooms = _chain(blocks, prior, log_mean), _rooms_measured(blocks)
    best = _search(chain, prior, (_start(prior), rooms), FIRST_ITERATIONS)
    chain = _with_outliers_widened(chain, states_of(_at(chain, best)))
    best = _search(chain, prior, (best, rooms), ITERATIONS)
    return _with_errors(chain, prior, best, rooms, log_mean)


def _rooms_measured(blocks: Blocks) -> bool:
    return int(np.isfinite(blocks.room_c).sum()) >= LEAST_ROOM_BLOCKS


def _start(prior: LoopPrior) -> Floats:
    building = [prior.specific_loss_w_per_m2k.value, prior.heat_capacity_kj_per_m2k.value]
    return np.log([*building, *(median for median, _ in NOISE_BELIEF.values())])


def _belief(prior: LoopPrior) -> tuple[Floats, Floats]:
    """Medians and spreads of the logarithms."""
    pair = (prior.specific_loss_w_per_m2k, prior.heat_capacity_kj_per_m2k)
    spread = [one.sd / one.value for one in pair] + [sd for _, sd in NOISE_BELIEF.values()]
    return _start(prior), np.array(spread)


def _chain(blocks: Blocks, prior: LoopPrior, log_mean: bool) -> Chain:
    doubt = FORGETTING_PER_DAY ** (-0.5 * blocks.age_days)
    missing = ~np.isfinite(blocks.heat)
    heat = np.where(missing, np.nanmean(blocks.heat), blocks.heat)
    there = np.isfinite(blocks.outdoor_c)
    outdoor = np.where(there, blocks.outdoor_c, blocks.filtered_c)
    room = np.where(np.isfinite(blocks.room_c), blocks.room_c, prior.room_c.value)
    effects = np.zeros((heat.size, len(Effect)))
    effects[:, Effect.GAIN] = 1.0
    effects[:, Effect.SUN] = blocks.radiation
    effects[:, Effect.WIND] = -blocks.gust * (room - outdoor)
    angle = 2.0 * np.pi * (blocks.times - blocks.times[0]) / np.timedelta64(86_400, "s")
    effects[:, Effect.COURSE_SIN], effects[:, Effect.COURSE_COS] = np.sin(angle), np.cos(angle)
    effects[:, Effect.COURSE_SIN_2] = np.sin(2.0 * angle)
    effects[:, Effect.COURSE_COS_2] = np.cos(2.0 * angle)
    mean, sd = _effect_belief(blocks, prior, log_mean)
    loss_by_air = AIR_CHANGE_SHARE * prior.specific_loss_w_per_m2k.value
    into_air = heat + loss_by_air * outdoor
    into_air = into_air - into_air.mean()
    levels = [
        _rooms_level(blocks, into_air, doubt),
        _water_level(blocks, prior, (room, into_air), doubt, log_mean),
    ]
    if not _rooms_measured(blocks):
        levels.append(_held_level(blocks, doubt))
    return Chain(
        step_h=blocks.step_h,
        outdoor_c=outdoor,
        heat=heat,
        heat_doubt=np.where(missing, HEAT_GAP_SD, 0.0),
        effects=effects,
        doubt=doubt,
        seam=blocks.seam,
        guess_c=float(np.median(room)),
        levels=tuple(levels),
        effect_mean=mean,
        effect_sd=sd,
    )


def _effect_belief(blocks: Blocks, prior: LoopPrior, log_mean: bool) -> tuple[Floats, Floats]:
    mean, sd = np.zeros(len(Effect)), np.full(len(Effect), PEOPLE_SD)
    known = (
        (Effect.GAIN, prior.gain_w_per_m2),
        (Effect.SUN, prior.solar_aperture),
        (Effect.WIND, prior.wind_loss_w_per_m2k_per_m_s),
        (Effect.HELD_AT, prior.room_c),
    )
    for effect, belief in known:
        mean[effect], sd[effect] = belief.value, belief.sd
    counted = blocks.rooms[np.isfinite(blocks.rooms) & (blocks.rooms > 0)]
    rooms = max(1.0, float(np.median(counted))) if counted.size else 1.0
    sd[Effect.ROOM_BIAS] = np.hypot(ROOM_BIAS_SD_K, 1.25 * ONE_ROOM_BIAS_SD_K / np.sqrt(rooms))
    mean[Effect.AIR_LEAD], sd[Effect.AIR_LEAD] = AIR_OVER_WALLS
    size = prior.emitter_oversize
    over = design_mean_k(prior, log_mean) * size.value ** (-1.0 / prior.emitter_exponent)
    sd[Effect.EMITTER] = over * size.sd / size.value / prior.emitter_exponent
    sd[Effect.WATER_BIAS] = WATER_BIAS_SD_K
    sd[Effect.OUTDOOR_SHARE] = OUTDOOR_SHARE_SD
    return mean, sd


def _shown(blocks: Blocks, values: Floats) -> Floats:
    """What is shown of the room; nothing where the chain starts anew."""
    return np.where(blocks.seam, np.nan, values)


def _rooms_level(blocks: Blocks, into_air: Floats, doubt: Floats) -> Levels:
    effects = np.zeros((into_air.size, len(Effect)))
    effects[:, Effect.ROOM_BIAS] = 1.0
    effects[:, Effect.AIR_LEAD] = into_air
    return Levels(_shown(blocks, blocks.room_c), effects, doubt, 0)


def _water_level(
    blocks: Blocks, prior: LoopPrior, rooms: tuple[Floats, Floats], doubt: Floats, log_mean: bool
) -> Levels:
    """Mean water less what the emitter needs above the room (F8, H§4: the water as thermometer)."""
    room, into_air = rooms
    load = np.where(_heated_all_day(blocks), steady_load(blocks, prior), np.nan)
    root = np.where(np.isfinite(load), load, 0.0) ** (1.0 / prior.emitter_exponent)
    shrink = prior.emitter_oversize.value ** (-1.0 / prior.emitter_exponent)
    over = design_mean_k(prior, log_mean) * shrink * root
    shown = np.where(np.isfinite(load), effective_mean_c(blocks, room, log_mean) - over, np.nan)
    effects = np.zeros((root.size, len(Effect)))
    effects[:, Effect.EMITTER] = _of_neighbours(np.where(np.isfinite(load), root, np.nan))
    effects[:, Effect.WATER_BIAS] = 1.0
    effects[:, Effect.AIR_LEAD] = into_air  # radiators stand in the air
    return Levels(_shown(blocks, shown), effects, doubt, 1)


def _heated_all_day(blocks: Blocks) -> Flags:
    """Blocks of days without a stop: after one, neither water nor rooms are near a steady state."""
    day = blocks.day
    least = np.full(int(day[-1]) + 1, np.inf)
    np.minimum.at(least, day, np.nan_to_num(blocks.heat, nan=np.inf))
    steady = least > STEADY_SHARE * blocks.means_by_day(blocks.heat)
    return np.asarray(steady[day])


def _of_neighbours(values: Floats) -> Floats:
    """Mean of the two blocks before and after each, which do not share its noise.

    Within a day the meter's noise is as large as what heat really does: an effect with the noise
    of its own row would be found some per cent too small (errors in variables), one in its stead
    that goes with the heat alone would not (an instrument).
    """
    padded = np.pad(values, 2, constant_values=np.nan)
    beside = np.stack([padded[:-4], padded[1:-3], padded[3:-1], padded[4:]])
    there = np.isfinite(beside)
    mean = np.where(there, beside, 0.0).sum(axis=0) / np.maximum(1, there.sum(axis=0))
    return np.where(np.isfinite(values), np.where(there.any(axis=0), mean, values), 0.0)


def _held_level(blocks: Blocks, doubt: Floats) -> Levels:
    effects = np.zeros((blocks.heat.size, len(Effect)))
    effects[:, Effect.HELD_AT] = -1.0
    effects[:, Effect.OUTDOOR_SHARE] = -(blocks.filtered_c - blocks.filtered_c.mean())
    per_day = np.sqrt(24.0 / blocks.step_h)
    shown = _shown(blocks, np.zeros(blocks.heat.size))
    return Levels(shown, effects, doubt * HELD_SD_K * per_day, None)


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
