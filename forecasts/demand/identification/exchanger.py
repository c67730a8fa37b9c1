"""Is the plate exchanger before a loop fouled? By its approach and its UA (handbook §6 F10)."""

import numpy as np

from forecasts.demand.identification.blocks import Blocks
from forecasts.demand.identification.water import design_spread_k, steady_load
from forecasts.demand.identified import ExchangerPrior, Floats, LoopPrior

FILM_EXPONENT = 0.7  # of flow in the film resistance
HALF_LOAD = (0.3, 0.6)  # relative heat at which the approach is judged
APPROACH_MAX_K = 5.0  # there; above, a plate exchanger is cleaned
UA_LEFT = 0.75  # of clean, below which it is called fouled
SENSOR_K = 0.5  # by which the mean difference must be wider, beyond what sensors explain
LEAST_BLOCKS = 16


def fouled(blocks: Blocks, prior: LoopPrior) -> bool:
    """Primary return far above the secondary one at half load, or UA far below the clean one."""
    load = steady_load(blocks, prior)
    if np.isfinite(load + blocks.primary_return_c).sum() < LEAST_BLOCKS:
        return False
    approach = blocks.primary_return_c - blocks.return_c
    half = (load >= HALF_LOAD[0]) & (load <= HALF_LOAD[1]) & np.isfinite(approach)
    if half.sum() >= LEAST_BLOCKS and np.median(approach[half]) > APPROACH_MAX_K:
        return True
    if prior.exchanger is None:
        return False
    excess = mean_difference_k(blocks) - _usual_difference_k(blocks, load, prior, prior.exchanger)
    there = np.isfinite(excess)
    return bool(there.sum() >= LEAST_BLOCKS and np.median(excess[there]) > SENSOR_K)


def mean_difference_k(blocks: Blocks) -> Floats:
    """Logarithmic mean of both ends' differences, K; NaN where one is not above zero."""
    hot = blocks.primary_supply_c - blocks.supply_c
    cold = blocks.primary_return_c - blocks.return_c
    good = (hot > 0.1) & (cold > 0.1)
    hot, cold = np.where(good, hot, np.nan), np.where(good, cold, np.nan)
    alike = np.abs(hot - cold) < 1e-6
    ratio = np.where(alike, 2.0, hot / cold)
    return np.asarray(np.where(alike, hot, (hot - cold) / np.log(ratio)))


def _usual_difference_k(
    blocks: Blocks, load: Floats, prior: LoopPrior, clean: ExchangerPrior
) -> Floats:
    """Mean difference that the heat needs where `UA_LEFT` of the clean UA is left, K.

    Both flows over their design flows from heat and temperatures; films 1/UA ∝ ½Σ(G'/G)^0.7.
    """
    primary_k = np.maximum(blocks.primary_supply_c - blocks.primary_return_c, 0.5)
    secondary_k = np.maximum(blocks.supply_c - blocks.return_c, 0.2)
    design_k = clean.primary_design_supply_c - clean.primary_design_return_c
    primary = load * design_k / primary_k
    secondary = load * design_spread_k(prior) / secondary_k
    films = 0.5 * (primary**-FILM_EXPONENT + secondary**-FILM_EXPONENT)
    heat = load * prior.design_heat_w_per_m2
    return np.asarray(heat * films / (UA_LEFT * clean.ua_w_per_m2k))
