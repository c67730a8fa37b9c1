"""A room temperature nobody sees whole, between what drives it and what shows it.

The building is one node (F6) that is driven by measured heat and weather, by unknown steady
effects that enter linearly (gains, sun, wind …), and by disturbances: independent ones of a step
(windows, meter) and slow ones that fade over a day (people, forms of use). Rooms and water show
it with noise. All of it is Gaussian once loss, capacity and the four noise levels are given, so
states and linear effects are integrated out exactly; what is left is a function of six numbers.

    θ⁺ = aθ + (1−a)t_w + h(q + Fβ + d) + h·ε,   a = exp(−Δ·K/C), h = (1−a)/K
    d⁺ = ρd + √(1−ρ²)·η
    y  = ½(θ + θ⁺) + Gβ + noise        (every row that shows the level of the room)

The states are a Markov chain, so their precision is a band matrix: a likelihood costs a band
Cholesky factor, missing rows cost nothing. Source: H. Rue and L. Held, "Gaussian Markov Random
Fields", 2005, ch. 2; H. Madsen and J. Holst, "Estimation of continuous-time models for the heat
dynamics of a building", Energy and Buildings 22 (1995), 67–79, doi:10.1016/0378-7788(94)00904-X.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpbtrf, dtbtrs

from forecasts.demand.identified import Floats

SLOW_H = 30.0  # over which slow disturbances fade
_START_SD_K = 10.0  # of a room before anything is known of it
_BAND = 2


@dataclass(frozen=True)
class Levels:
    """Rows that show the room's level, (step,): what they say, what else enters, how noisy.

    `noise` is the index of the level of noise they share, or None where `sd` alone holds.
    """

    shown_c: Floats  # NaN where nothing
    effects: Floats  # (step, effect): G
    sd: Floats | float  # factor on the noise level, or the sd itself
    noise: int | None


@dataclass(frozen=True)
class Chain:
    """What is given of a loop: (step,) arrays and the priors of the linear effects β."""

    step_h: float
    outdoor_c: Floats
    heat: Floats  # W/m², filled where missing
    heat_doubt: Floats  # sd of that filling, W/m²; 0 where measured
    effects: Floats  # (step, effect): F, W/m² per unit of β
    doubt: Floats  # factor on the sd of disturbances: old or unlikely steps
    seam: np.ndarray[tuple[int], np.dtype[np.bool_]]
    guess_c: float  # of the room
    levels: tuple[Levels, ...]
    effect_mean: Floats
    effect_sd: Floats

    @cached_property
    def prior_precision(self) -> Floats:
        """Precision of β beforehand, as a diagonal."""
        return np.asarray(self.effect_sd**-2.0)


@dataclass(frozen=True)
class Noise:
    """Levels of noise."""

    step_w_per_m2: float
    slow_w_per_m2: float
    levels_k: tuple[float, ...]


@dataclass(frozen=True)
class Effects:
    """Effects β given loss, capacity and noise, and how probable these are."""

    cost: float  # −log marginal likelihood, up to a constant
    beta: Floats
    factor: tuple[Floats, bool]  # Cholesky factor of its precision

    @property
    def covariance(self) -> Floats:
        """Covariance of β."""
        return np.asarray(cho_solve(self.factor, np.eye(self.beta.size)))


@dataclass(frozen=True)
class States:
    """Rooms and errors at the best β."""

    room_c: Floats  # (step,) mean of the step
    room_by_effect: Floats  # (step, effect): ∂room/∂β
    disturbance: Floats  # (step,) of the driving side, in standard deviations of it
    misfit: tuple[Floats, ...]  # of each level, in standard deviations


@dataclass(frozen=True)
class _Driven:
    """Rows of the node, (step,): θ⁺ − decay·θ − lift·d = right[0] − right[1:]·β, and weights."""

    decay: Floats
    lift: Floats
    weight: Floats
    right: Floats  # (step, 1 + effect)
    fades: Floats
    slow: Floats  # weight of the rows of d


@dataclass(frozen=True)
class System:
    """The whole system of rows A·s + B·β = c, its states half eliminated."""

    chain: Chain
    noise: Noise
    driven: _Driven
    shown: tuple[tuple[Floats, Floats], ...]  # weight and right side of each level
    upper: Floats  # band Cholesky factor of the precision of the states
    half: Floats  # (2·step + 2, 1 + effect): right side after forward elimination
    effects: Effects


def system(chain: Chain, loss: float, capacity_wh: float, noise: Noise) -> System:
    """Integrate states and effects out. `loss` in W/(m²K), `capacity_wh` in Wh/(m²K).

    Interleaved unknowns θ₀, d₀, θ₁, d₁ …; with rows A·s + B·β = c of weight W the best β
    minimises the reduced quadratic form, and the determinant of the joint precision is that of
    the states times that of what is left for β.
    """
    driven = _driven(chain, loss, capacity_wh, noise)
    shown = tuple(_weighted(level, noise) for level in chain.levels)
    weights = np.sum([weight for weight, _ in shown], axis=0)
    rights = np.sum([weight[:, None] * right for weight, right in shown], axis=0)
    upper, _ = dpbtrf(_band(driven, weights, noise), lower=0, overwrite_ab=1)
    pulled = driven.weight[:, None] * driven.right
    side = _side(driven, pulled, rights, chain.guess_c)
    half, _ = dtbtrs(upper, side, uplo="U", trans="T", overwrite_b=1)
    left = driven.right.T @ pulled - half.T @ half
    for weight, right in shown:
        left += right.T @ (weight[:, None] * right)
    left[0, 0] += (chain.guess_c / _START_SD_K) ** 2
    effects = _effects(chain, left, _log_scale(driven, shown, noise, upper))
    return System(chain, noise, driven, shown, upper, half, effects)


def _driven(chain: Chain, loss: float, capacity_wh: float, noise: Noise) -> _Driven:
    """Rows of the node; where the chain starts anew, rows of what is known beforehand."""
    inside = ~chain.seam
    keep = np.exp(-chain.step_h * loss / capacity_wh)
    whole = (1.0 - keep) / loss
    lift = np.where(inside, whole, 0.0)
    sd = whole * np.hypot(noise.step_w_per_m2 * chain.doubt, chain.heat_doubt)
    fade = np.exp(-chain.step_h / SLOW_H)
    innovation = np.where(inside, 1.0 - fade**2, 1.0) * noise.slow_w_per_m2**2
    right = np.empty((inside.size, 1 + chain.effect_mean.size), order="F")
    from_weather = (1.0 - keep) * chain.outdoor_c + lift * chain.heat
    right[:, 0] = np.where(inside, from_weather, chain.guess_c)
    np.multiply(chain.effects, -lift[:, None], out=right[:, 1:])
    return _Driven(
        decay=np.where(inside, keep, 0.0),
        lift=lift,
        weight=np.where(inside, sd**-2.0, _START_SD_K**-2.0),
        right=right,
        fades=np.where(inside, fade, 0.0),
        slow=1.0 / innovation,
    )


def _band(driven: _Driven, levels: Floats, noise: Noise) -> Floats:
    """Precision of the states as LAPACK's upper band, in its order so that nothing is copied."""
    decay, lift, weight, fades = driven.decay, driven.lift, driven.weight, driven.fades
    band = np.zeros((_BAND + 1, 2 * decay.size + 2), order="F")
    diagonal = band[2]
    diagonal[0] = _START_SD_K**-2.0
    diagonal[1] = noise.slow_w_per_m2**-2.0
    diagonal[0:-2:2] += decay**2 * weight + levels / 4.0
    diagonal[2::2] += weight + levels / 4.0
    diagonal[1:-2:2] += lift**2 * weight + fades**2 * driven.slow
    diagonal[3::2] += driven.slow
    band[1, 1:-2:2] = decay * lift * weight
    band[1, 2::2] = -lift * weight
    band[0, 2::2] = -decay * weight + levels / 4.0
    band[0, 3::2] = -fades * driven.slow
    return band


def _side(driven: _Driven, pulled: Floats, levels: Floats, guess_c: float) -> Floats:
    """A'W[c, B], (2·step + 2, 1 + effect)."""
    side = np.zeros((2 * pulled.shape[0] + 2, pulled.shape[1]), order="F")
    side[0, 0] = guess_c * _START_SD_K**-2.0
    side[0:-2:2] += levels / 2.0 - driven.decay[:, None] * pulled
    side[2::2] += levels / 2.0 + pulled
    side[1:-2:2] -= driven.lift[:, None] * pulled
    return side


def _weighted(level: Levels, noise: Noise) -> tuple[Floats, Floats]:
    """Weights of level rows and their right side [y, G], of no weight where nothing is shown."""
    unit = 1.0 if level.noise is None else noise.levels_k[level.noise]
    there = np.isfinite(level.shown_c)
    right = np.empty((there.size, 1 + level.effects.shape[1]), order="F")
    right[:, 0] = np.where(there, level.shown_c, 0.0)
    right[:, 1:] = level.effects
    return np.where(there, (unit * level.sd) ** -2.0, 0.0), right


def _log_scale(
    driven: _Driven, shown: tuple[tuple[Floats, Floats], ...], noise: Noise, upper: Floats
) -> float:
    """log|states' precision| less the logarithms of all weights."""
    counted = sum(float(np.log(weight[weight > 0.0]).sum()) for weight, _ in shown)
    driving = float(np.log(driven.weight).sum() + np.log(driven.slow).sum())
    start = -2.0 * float(np.log(noise.slow_w_per_m2))
    return 2.0 * float(np.log(upper[2]).sum()) - counted - driving - start


def _effects(chain: Chain, left: Floats, log_scale: float) -> Effects:
    """Best β of the quadratic form that the states leave, with its prior."""
    known = chain.prior_precision
    pull = left[1:, 0] + known * chain.effect_mean
    factor = cho_factor(left[1:, 1:] + np.diag(known), check_finite=False)
    beta = cho_solve(factor, pull, check_finite=False)
    square = float(left[0, 0] + known @ chain.effect_mean**2 - beta @ pull)
    logdet = 2.0 * float(np.log(np.diag(factor[0])).sum())
    return Effects(0.5 * (square + logdet + log_scale), beta, factor)


def states_of(solved: System) -> States:
    """Rooms, and what remains unexplained, at the best β of a system."""
    driven, beta = solved.driven, solved.effects.beta
    states, _ = dtbtrs(solved.upper, solved.half, uplo="U", trans="N")
    with_effects = np.append(1.0, -beta)
    both = states @ with_effects
    room, slow = both[0::2], both[1::2]
    mean = 0.5 * (room[:-1] + room[1:])
    surprise = room[1:] - driven.decay * room[:-1] - driven.lift * slow[:-1]
    surprise -= driven.right @ with_effects
    misfit = [np.sqrt(w) * (mean - right @ with_effects) for w, right in solved.shown]
    return States(
        room_c=mean,
        room_by_effect=-0.5 * (states[0:-2:2, 1:] + states[2::2, 1:]),
        disturbance=surprise * np.sqrt(driven.weight),
        misfit=tuple(misfit),
    )
