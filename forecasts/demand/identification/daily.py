"""Heat of days: as measured, and as a set of building parameters would have it (F2, F6)."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.identification.balance import Fit
from forecasts.demand.identification.blocks import Blocks
from forecasts.demand.identification.evidence import Effect
from forecasts.demand.identified import Floats, LoopPrior

WH_PER_KJ = 1.0 / 3.6


@dataclass(frozen=True)
class Values:
    """Parameters of a building; units as in `stations.csv`."""

    loss: float
    capacity_kj: float
    gain: float
    aperture: float
    wind: float


@dataclass(frozen=True)
class Errors:
    """How the heat of days is met, W/m²; R² of the parameters found."""

    before: float
    after: float
    r2: float


def values_of_prior(prior: LoopPrior) -> Values:
    """The case's own."""
    return Values(
        prior.specific_loss_w_per_m2k.value,
        prior.heat_capacity_kj_per_m2k.value,
        prior.gain_w_per_m2.value,
        prior.solar_aperture.value,
        prior.wind_loss_w_per_m2k_per_m_s.value,
    )


def values_of_fit(fit: Fit) -> Values:
    """Those found."""
    beta = fit.effects.beta
    effects = (Effect.GAIN, Effect.SUN, Effect.WIND)
    return Values(fit.loss, fit.capacity_kj, *(float(beta[one]) for one in effects))


def heat_of_days(blocks: Blocks, values: Values, room_c: Floats, outdoor_c: Floats) -> Floats:
    """Mean heat of each day by F2, W/m², with what walls take up as rooms warm (F6)."""
    lift = room_c - outdoor_c
    need = (values.loss + values.wind * blocks.gust) * lift
    need = blocks.means_by_day(need - values.gain - values.aperture * blocks.radiation)
    rooms, day = blocks.means_by_day(room_c), blocks.day
    if rooms.size < 3:
        return need
    rise_per_h = np.gradient(rooms) / 24.0
    broken = np.unique(day[blocks.seam])
    rise_per_h[broken] = 0.0  # days were left out before it
    rise_per_h[np.maximum(broken - 1, 0)] = 0.0
    return need + values.capacity_kj * WH_PER_KJ * np.nan_to_num(rise_per_h)


def _outdoor_that_heat_follows(blocks: Blocks) -> Floats:
    """Outdoor temperature as it is or filtered (F3), whichever the heat of days goes with more."""
    heat = blocks.means_by_day(blocks.heat)

    def apart(outdoor_c: Floats) -> float:
        mean = blocks.means_by_day(outdoor_c)
        there = np.isfinite(heat) & np.isfinite(mean)
        if there.sum() < 3 or np.ptp(mean[there]) == 0.0 or np.ptp(heat[there]) == 0.0:
            return 0.0
        return float(np.corrcoef(heat[there], mean[there])[0, 1])

    return min((blocks.filtered_c, blocks.outdoor_c), key=apart)


def errors(blocks: Blocks, fit: Fit, prior: LoopPrior) -> Errors:
    """RMSE of daily heat with the case's parameters and with those found, in the same rooms.

    Without measured rooms those of the prior stand before and those held by the fit after.
    """
    beta = fit.effects.beta
    if fit.rooms_measured:
        before_c, outdoor_c = blocks.room_c, blocks.outdoor_c
        after_c = blocks.room_c - beta[Effect.ROOM_BIAS]
    else:
        outdoor_c = _outdoor_that_heat_follows(blocks)
        before_c = np.full(outdoor_c.size, prior.room_c.value)
        follow = beta[Effect.OUTDOOR_SHARE] * (outdoor_c - outdoor_c.mean())
        after_c = beta[Effect.HELD_AT] + follow
    measured = blocks.means_by_day(blocks.heat)
    before = heat_of_days(blocks, values_of_prior(prior), before_c, outdoor_c) - measured
    after = heat_of_days(blocks, values_of_fit(fit), after_c, outdoor_c) - measured
    there = np.isfinite(before) & np.isfinite(after)
    if not there.any():
        return Errors(np.nan, np.nan, np.nan)
    spread = float(np.var(measured[there]))
    left = float(np.mean(after[there] ** 2))
    return Errors(
        before=float(np.sqrt(np.mean(before[there] ** 2))),
        after=float(np.sqrt(left)),
        r2=1.0 - left / spread if spread > 0.0 else np.nan,
    )
