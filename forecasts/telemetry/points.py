"""What can be measured at a station or source (handbook §12): names, units, usual ranges.

`Point` is the name that telemetry has inside this project; a utility's own names are translated
where its files are read.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Point(StrEnum):
    """One measured value, by its alias of H§12; the unit is that of `TRAITS`."""

    PRIMARY_SUPPLY_TEMP = "pri_sup_t"
    PRIMARY_RETURN_TEMP = "pri_ret_t"
    PRIMARY_SUPPLY_PRESSURE = "pri_sup_p"
    PRIMARY_RETURN_PRESSURE = "pri_ret_p"
    PRIMARY_FLOW = "pri_flow"
    HEAT_RATE = "pri_heat"
    HEAT_TOTAL = "heat_total"
    SECONDARY_SUPPLY_TEMP = "sec_sup_t"
    SECONDARY_RETURN_TEMP = "sec_ret_t"
    SECONDARY_SUPPLY_PRESSURE = "sec_sup_p"
    SECONDARY_RETURN_PRESSURE = "sec_ret_p"
    SECONDARY_FLOW = "sec_flow"
    MAKE_UP_FLOW = "mk_flow"
    VALVE = "valve_pct"
    PUMP = "pump_hz"
    TANK_LEVEL = "tank_lvl"
    POWER_TOTAL = "kwh_total"
    OUTDOOR_TEMP = "out_t"
    ROOM_TEMP = "room_t"
    SUPPLY_SETPOINT = "sec_sup_t_sp"
    PUMP_SETPOINT = "pump_hz_sp"
    HEAT_QUOTA = "heat_quota_sp"


class Behaviour(Enum):
    """How readings of a point go from one step to the next."""

    MOMENT = "moment"  # true when read; a step takes the mean
    TOTAL = "total"  # a counter that only rises; a step takes the difference, never the mean
    ORDER = "order"  # a setpoint: stands until the next one


@dataclass(frozen=True)
class Trait:
    """Unit of a point inside this project, and what it can be at all."""

    unit: str
    low: float  # below and above is no reading, whatever the network does
    high: float
    behaviour: Behaviour = Behaviour.MOMENT


TRAITS = {
    Point.PRIMARY_SUPPLY_TEMP: Trait("degC", 0.0, 160.0),
    Point.PRIMARY_RETURN_TEMP: Trait("degC", 0.0, 110.0),
    Point.PRIMARY_SUPPLY_PRESSURE: Trait("MPa", 0.0, 3.0),
    Point.PRIMARY_RETURN_PRESSURE: Trait("MPa", 0.0, 3.0),
    Point.PRIMARY_FLOW: Trait("t/h", 0.0, 40_000.0),
    Point.HEAT_RATE: Trait("GJ/h", 0.0, 20_000.0),
    Point.HEAT_TOTAL: Trait("GJ", 0.0, 1e9, Behaviour.TOTAL),
    Point.SECONDARY_SUPPLY_TEMP: Trait("degC", 0.0, 110.0),
    Point.SECONDARY_RETURN_TEMP: Trait("degC", 0.0, 100.0),
    Point.SECONDARY_SUPPLY_PRESSURE: Trait("MPa", 0.0, 2.5),
    Point.SECONDARY_RETURN_PRESSURE: Trait("MPa", 0.0, 2.5),
    Point.SECONDARY_FLOW: Trait("t/h", 0.0, 5_000.0),
    Point.MAKE_UP_FLOW: Trait("t/h", 0.0, 500.0),
    Point.VALVE: Trait("%", 0.0, 100.0),
    Point.PUMP: Trait("Hz", 0.0, 60.0),
    Point.TANK_LEVEL: Trait("m", 0.0, 50.0),
    Point.POWER_TOTAL: Trait("kWh", 0.0, 1e9, Behaviour.TOTAL),
    Point.OUTDOOR_TEMP: Trait("degC", -55.0, 48.0),
    Point.ROOM_TEMP: Trait("degC", -10.0, 45.0),
    Point.SUPPLY_SETPOINT: Trait("degC", 0.0, 110.0, Behaviour.ORDER),
    Point.PUMP_SETPOINT: Trait("Hz", 0.0, 60.0, Behaviour.ORDER),
    Point.HEAT_QUOTA: Trait("GJ", 0.0, 1e6, Behaviour.ORDER),
}
