"""What measurements say that a plan starts from and reckons with.

Telemetry is worked out in `plan_telemetry.py`, stocks of coal in `surveyed_stock.py`.

Plain arrays, so that planning needs no telemetry to be tested, and none of its libraries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dispatch.demand_forecast import DemandForecast
from dispatch.meters import Meters
from dispatch.plan import Remark
from dispatch.start_stock import NO_STOCKS, StartStocks

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RoomReadings:
    """How warm buildings were measured at the start of the plan, (station,); NaN unknown."""

    room_c: Array
    sd_k: Array
    from_rooms: Mask  # else from the water that comes back


@dataclass(frozen=True)
class LoadAhead:
    """Forecast of the network's load on weather steps of the plan, MW; NaN beyond it."""

    load_mw: Array
    p10_mw: Array
    p90_mw: Array


@dataclass(frozen=True)
class Measured:
    """All that a plan takes from measurements; nothing of it where there are none."""

    rooms: RoomReadings | None = None
    # Rooms at the start by loop id, whatever was measured: what if they were so.
    given_rooms_c: Mapping[str, float] = field(default_factory=dict)
    demand_factor: Array | None = None  # (weather step,); None: the demand is not corrected
    load: LoadAhead | None = None
    forecast: DemandForecast | None = None
    stocks: StartStocks = NO_STOCKS  # of yards, by surveys and scales
    meters: Meters | None = None  # yesterday's, where they were read before the case was edited
    reasons: tuple[Remark, ...] = ()  # why the plan is amber
    notes: tuple[Remark, ...] = ()


NOTHING = Measured()
