"""What a loop's blocks know of its building, as rows of the chain in `latent.py`.

Where no room is measured, rooms are taken to be held near what the station is run for, up to a
share κ of the outdoor temperature that the curve lets through: heat then follows the curve, and K
is known no better than κ.
"""

from enum import IntEnum

import numpy as np

from forecasts.demand.identification.blocks import FORGETTING_PER_DAY, Blocks, Flags
from forecasts.demand.identification.latent import Chain, Levels
from forecasts.demand.identification.water import design_mean_k, effective_mean_c, steady_load
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
LEAST_ROOM_BLOCKS = 24
STEADY_SHARE = 0.3  # of a day's mean heat that none of its blocks may be below


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


def rooms_measured(blocks: Blocks) -> bool:
    """Whether rooms are measured for long enough to go by."""
    return int(np.isfinite(blocks.room_c).sum()) >= LEAST_ROOM_BLOCKS


def chain_of(blocks: Blocks, prior: LoopPrior, log_mean: bool) -> Chain:
    """Blocks and beliefs of a loop as a chain; older blocks are more doubtful (H§4, forgetting)."""
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
    if not rooms_measured(blocks):
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
