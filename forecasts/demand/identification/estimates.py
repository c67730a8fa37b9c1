"""From a fit, or from the prior where there is none, to values with standard errors."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.identification.balance import Fit, Free
from forecasts.demand.identification.blocks import balance_temp_of
from forecasts.demand.identification.evidence import Effect
from forecasts.demand.identification.water import METER_SD, Flow, design_mean_k
from forecasts.demand.identified import Estimate, LoopPrior, Prior

# Relative; what one node cannot say of walls and air: seen on buildings simulated with both.
ONE_NODE_SD = 0.05
# What the water cannot say of rooms that nobody measures, beside the errors the fit knows of; seen
# on simulated loops (bench/identify_study.py), where it makes the intervals hold.
ROOMLESS_LOSS_SD, ROOMLESS_OVERSIZE_SD = 0.02, 0.03
ROOMLESS_BALANCE_SD_K = 0.3
ROOMLESS_SUN = 1.5  # factor: without rooms, what the sun warms is not told from what it saves


@dataclass(frozen=True)
class Estimates:
    """Everything that `Identified` says of building and emitter."""

    specific_loss_w_per_m2k: Estimate
    heat_capacity_kj_per_m2k: Estimate
    time_constant_h: Estimate
    gain_w_per_m2: Estimate
    solar_aperture: Estimate
    wind_loss_w_per_m2k_per_m_s: Estimate
    balance_temp_c: Estimate
    relative_flow: Estimate
    emitter_oversize: Estimate
    flow_oversize_correlation: float


def _believed(prior: Prior) -> Estimate:
    return Estimate(prior.value, prior.sd, 0.0)


def _relative(prior: Prior) -> float:
    return prior.sd / prior.value


def time_constant_prior(prior: LoopPrior) -> Prior:
    """τ = C/K beforehand, h."""
    loss, capacity = prior.specific_loss_w_per_m2k, prior.heat_capacity_kj_per_m2k
    value = capacity.value / loss.value / 3.6
    return Prior(value, value * float(np.hypot(_relative(loss), _relative(capacity))))


def balance_temp_prior(prior: LoopPrior) -> Prior:
    """t_b = t_n − g/K beforehand, °C."""
    loss, gain = prior.specific_loss_w_per_m2k, prior.gain_w_per_m2
    lift = gain.value / loss.value
    parts = (prior.room_c.sd, gain.sd / loss.value, lift * _relative(loss))
    return Prior(balance_temp_of(prior), float(np.sqrt(np.sum(np.square(parts)))))


def of_prior(prior: LoopPrior, flow: Flow) -> Estimates:
    """Where no day could be used: the prior, except for the flow."""
    return Estimates(
        specific_loss_w_per_m2k=_believed(prior.specific_loss_w_per_m2k),
        heat_capacity_kj_per_m2k=_believed(prior.heat_capacity_kj_per_m2k),
        time_constant_h=_believed(time_constant_prior(prior)),
        gain_w_per_m2=_believed(prior.gain_w_per_m2),
        solar_aperture=_believed(prior.solar_aperture),
        wind_loss_w_per_m2k_per_m_s=_believed(prior.wind_loss_w_per_m2k_per_m_s),
        balance_temp_c=_believed(balance_temp_prior(prior)),
        relative_flow=Estimate(flow.value, flow.se, flow.data_weight),
        emitter_oversize=_believed(prior.emitter_oversize),
        flow_oversize_correlation=0.0,
    )


def of_fit(fit: Fit, prior: LoopPrior, flow: Flow) -> Estimates:
    """Values, errors and the data's part of them. What scales with heat has the meter's error."""
    spread = fit.free_covariance
    roomless = not fit.rooms_measured
    for_loss = roomless * ROOMLESS_LOSS_SD**2
    of_loss = float(np.sqrt(spread[Free.LOSS, Free.LOSS] + METER_SD**2 + for_loss))
    of_capacity, of_time = _capacity_errors(fit, prior, of_loss)
    oversize = _oversize(fit, prior)
    common = METER_SD**2 * oversize.value * flow.value
    return Estimates(
        specific_loss_w_per_m2k=_scaled(fit.loss, of_loss, prior.specific_loss_w_per_m2k),
        heat_capacity_kj_per_m2k=_scaled(
            fit.capacity_kj, of_capacity, prior.heat_capacity_kj_per_m2k
        ),
        time_constant_h=_scaled(
            fit.capacity_kj / fit.loss / 3.6, of_time, time_constant_prior(prior)
        ),
        gain_w_per_m2=_effect(fit, Effect.GAIN, prior.gain_w_per_m2),
        solar_aperture=_effect(fit, Effect.SUN, prior.solar_aperture),
        wind_loss_w_per_m2k_per_m_s=_effect(fit, Effect.WIND, prior.wind_loss_w_per_m2k_per_m_s),
        balance_temp_c=_balance_temp(fit, prior),
        relative_flow=Estimate(flow.value, flow.se, flow.data_weight),
        emitter_oversize=oversize,
        flow_oversize_correlation=min(1.0, common / (oversize.se * flow.se)),
    )


def _capacity_errors(fit: Fit, prior: LoopPrior, of_loss: float) -> tuple[float, float]:
    """Relative errors of C and of τ = C/K; without rooms C is the prior's."""
    if not fit.rooms_measured:
        of_capacity = _relative(prior.heat_capacity_kj_per_m2k)
        return of_capacity, float(np.hypot(of_capacity, of_loss))
    spread = fit.free_covariance
    capacity = spread[Free.CAPACITY, Free.CAPACITY] + ONE_NODE_SD**2
    shared = spread[Free.LOSS, Free.LOSS] - 2.0 * spread[Free.LOSS, Free.CAPACITY]
    return float(np.sqrt(capacity + METER_SD**2)), float(np.sqrt(capacity + shared))


def _weight(after: float, before: float) -> float:
    return float(np.clip(1.0 - (after / before) ** 2, 0.0, 1.0))


def _scaled(value: float, relative: float, prior: Prior) -> Estimate:
    """A positive value known by its logarithm."""
    return Estimate(value, value * relative, _weight(relative, _relative(prior)))


def _effect(fit: Fit, which: Effect, prior: Prior) -> Estimate:
    value, se = fit.effect(which)
    if which is Effect.SUN and not fit.rooms_measured:
        se *= ROOMLESS_SUN
    se = float(np.hypot(se, METER_SD * value))
    return Estimate(value, se, _weight(se, prior.sd))


def _oversize(fit: Fit, prior: LoopPrior) -> Estimate:
    """φ = (mean at φ = 1 / mean found)^n, of the first term of F8."""
    mean_k, n = design_mean_k(prior, fit.log_mean), prior.emitter_exponent
    more_k, se_k = fit.effect(Effect.EMITTER)
    found_k = max(mean_k * prior.emitter_oversize.value ** (-1.0 / n) + more_k, 0.05 * mean_k)
    roomless = 0.0 if fit.rooms_measured else ROOMLESS_OVERSIZE_SD
    relative = float(np.sqrt((n * se_k / found_k) ** 2 + METER_SD**2 + roomless**2))
    return _scaled(float((mean_k / found_k) ** n), relative, prior.emitter_oversize)


def _balance_temp(fit: Fit, prior: LoopPrior) -> Estimate:
    """t_b = t_n − g/K with t_n the mean room of the record; what t_n and g share falls out."""
    gain = float(fit.effects.beta[Effect.GAIN])
    by_room = fit.states.room_by_effect.mean(axis=0)
    by_effect = by_room.copy()
    by_effect[Effect.GAIN] -= 1.0 / fit.loss
    by_free = fit.room_slope - by_room @ fit.slope
    by_free[Free.LOSS] += gain / fit.loss
    roomless = 0.0 if fit.rooms_measured else ROOMLESS_BALANCE_SD_K
    se = float(np.sqrt(fit.variance(by_effect, by_free) + roomless**2))
    before = balance_temp_prior(prior).sd
    return Estimate(fit.mean_room_c - gain / fit.loss, se, _weight(se, before))
