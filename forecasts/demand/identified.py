"""What telemetry says of one loop and its buildings: values, how sure they are, and doubts.

The contract between identification (`identify.py`) and whoever uses it.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]


class Doubt(StrEnum):
    """Why the telemetry of a loop is not taken at its word."""

    VALVE_SHUT = "valve_shut"
    THROTTLED = "throttled"  # less heat than the buildings need, the more so the colder it is
    SENSORS_SWAPPED = "sensors_swapped"
    EXCHANGER_FOULED = "exchanger_fouled"
    TOO_FEW_DAYS = "too_few_days"
    TOO_LITTLE_SPREAD = "too_little_spread"  # of the outdoor temperature, H§4: 8 K
    POOR_FIT = "poor_fit"
    IMPLAUSIBLE = "implausible"  # far outside what buildings can be: area or meter wrong


@dataclass(frozen=True)
class LoopRecord:
    """What was measured at one loop, on regular UTC steps; (step,) arrays, NaN where nothing."""

    loop_id: str
    times: Times
    step_h: float
    area_m2: float
    heat_w_per_m2: Floats
    outdoor_c: Floats
    wind_m_per_s: Floats
    radiation_w_per_m2: Floats
    room_c: Floats  # median of its rooms
    room_sensors: Floats  # how many rooms that is
    supply_c: Floats  # secondary
    return_c: Floats  # secondary
    primary_supply_c: Floats | None = None
    primary_return_c: Floats | None = None
    primary_flow_tph: Floats | None = None


@dataclass(frozen=True)
class Prior:
    """A value before anything was measured: that of the case, with the spread of its era."""

    value: float
    sd: float


@dataclass(frozen=True)
class ExchangerPrior:
    """The exchanger before the loop as it was bought: clean, at design flow on both sides."""

    ua_w_per_m2k: float  # of heated area, as the heat of the loop
    primary_design_supply_c: float
    primary_design_return_c: float


@dataclass(frozen=True)
class LoopPrior:
    """What is taken of a loop before anything was measured; units as in `stations.csv`."""

    specific_loss_w_per_m2k: Prior
    heat_capacity_kj_per_m2k: Prior
    gain_w_per_m2: Prior
    solar_aperture: Prior
    wind_loss_w_per_m2k_per_m_s: Prior
    relative_flow: Prior
    emitter_oversize: Prior
    room_c: Prior  # where no room is measured: what the station is run for
    wind_reference_m_per_s: float
    design_heat_w_per_m2: float  # that the emitter's design temperatures belong to
    design_supply_c: float
    design_return_c: float
    emitter_exponent: float
    exchanger: ExchangerPrior | None = None  # None: only its approach can be judged


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error; `data_weight` 1 where data alone, 0 where the prior alone."""

    value: float
    se: float
    data_weight: float


@dataclass(frozen=True)
class Identified:
    """What the telemetry of one loop says; units as in `stations.csv`.

    `relative_flow` and `emitter_oversize` belong to the design heat of the prior. Who writes them
    beside a new specific loss, from which a case works out its design heat, multiplies both by
    old loss / new loss: Ḡ·Q' and φ·Q' are what water and heat have told.
    """

    loop_id: str
    specific_loss_w_per_m2k: Estimate
    heat_capacity_kj_per_m2k: Estimate
    time_constant_h: Estimate
    gain_w_per_m2: Estimate
    solar_aperture: Estimate
    wind_loss_w_per_m2k_per_m_s: Estimate
    balance_temp_c: Estimate
    relative_flow: Estimate
    emitter_oversize: Estimate
    days: int  # that could be used
    outdoor_spread_k: float  # of their means
    rooms_measured: bool
    r2_daily: float
    error_before_w_per_m2: float  # RMSE of daily heat with the case's values
    error_after_w_per_m2: float
    doubts: tuple[Doubt, ...]
    flow_oversize_correlation: float = 0.0  # of the errors of relative flow and oversize


@dataclass(frozen=True)
class RoomNow:
    """How warm the buildings of a loop are at a moment, and how sure that is."""

    loop_id: str
    room_c: float  # NaN where nothing can be said
    sd_k: float
    from_rooms: bool  # else from the water that comes back (H§4)
