"""The contract for telemetry between reading, cleaning and use.

**Readings** (as read, units and signs put right, nothing left out for being implausible): a
pandas DataFrame, one reading a row, sorted by id, point, sensor and time, with the columns

| column | type | holds |
|---|---|---|
| time | datetime64[ns, UTC] | when it was read |
| id | category of str | loop `station.loop`, station, source, `network` for what is of none |
| point | category of str | a value of `Point` |
| sensor | category of str | which of several of one point (rooms); "" where there is one |
| value | float | in the unit of `TRAITS` |

The categories are those that occur, in sorted order: a month of a town is millions of rows, and
as plain strings they would fill the memory. Group with `observed=True`.

**Record** (cleaned): an xarray Dataset on (id, time), `time` UTC step starts, regular, the step in
`attrs["step_h"]`, NaN where nothing good was read. Each point that was read is a variable under
its alias, mean of the step, `attrs["units"]` of `TRAITS`; counters and heat rates are joined into

| variable | unit | holds |
|---|---|---|
| heat | kW | mean heat of the step: counter, else heat rate, else flow and temperatures |
| heat_basis | – | code of `HeatBasis` of the step |
| room_t, room_t_p10 | degC | median and 10 % quantile of the rooms |
| room_sensors | – | how many rooms they are of |
| power | kW | mean electric power of the step, of `kwh_total` |

and on (id): `readings` (how many came), `good_share` of them, `online_share` (times at which
something came over times at which it should have).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

import pandas as pd
import xarray as xr

COLUMNS = ("time", "id", "point", "sensor", "value")
NETWORK = "network"  # id of readings that belong to no station and no source


class HeatBasis(IntEnum):
    """What the heat of a step was worked out from, best first."""

    NONE = 0
    COUNTER = 1
    RATE = 2
    SECONDARY_FLOW = 3
    PRIMARY_FLOW = 4


class Action(StrEnum):
    """What cleaning did to readings (H§12)."""

    OUT_OF_RANGE = "out_of_range"
    SPIKE = "spike"
    DUPLICATE = "duplicate"
    FROZEN = "frozen"
    METER_CHANGED = "meter_changed"  # a counter that fell: a new meter, the step left out
    COUNTER_LEAPT = "counter_leapt"  # more heat in a step than the station can take
    COUNTER_BRIDGED = "counter_bridged"  # heat of a gap known as a whole, spread over it
    FLOW_ZERO = "flow_zero"  # no flow, and yet a drop in temperature
    RETURN_ABOVE_SUPPLY = "return_above_supply"
    SWAPPED = "swapped"  # supply and return for a whole stretch: put right
    UNIT_SLIP = "unit_slip"  # a power of ten, MPa for bar, GJ for MWh …: put right
    CLOCK_OFFSET = "clock_offset"  # the clock of a station was ahead or behind: put right
    ROOM_UNHEATED = "room_unheated"  # below 10 °C: a window, or nobody pays for heat
    ROOM_OFF = "room_off"  # 4 K from the other rooms for most of the time
    METERS_DISAGREE = "meters_disagree"  # two meters of heat, for days: told, nothing done


@dataclass(frozen=True)
class Done:
    """One thing that cleaning did at one place."""

    id: str
    point: str
    action: Action
    readings: int
    first: datetime  # aware
    last: datetime
    detail: str = ""  # plain figures ("factor 0.1", "+8.0 h"); "left: …" where only told


@dataclass(frozen=True)
class CleanTelemetry:
    """Cleaned series, and all that was done for it."""

    record: xr.Dataset
    done: tuple[Done, ...]

    def table(self) -> pd.DataFrame:
        """All that was done as a table, one row a `Done`."""
        columns = ["id", "point", "action", "readings", "first", "last", "detail"]
        rows = [[getattr(one, name) for name in columns] for one in self.done]
        return pd.DataFrame(rows, columns=columns)
