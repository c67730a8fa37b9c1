"""Names of the costs of a published horizon and of their prices: a part of the schedule's contract.

All of them are costs of the hours that are published. What the objective counts besides is not
here, since a schedule does not show it: the look-ahead and what is left at its end (`end_value…`,
`tanks_drawn`), changes against the last plan (`plan_change`, `plant_supply_change`), secondary
supply below its least (`supply_below_least`), and heat that the re-solve could not send (`unsent`):
that is taken off the stations' heat, so that it shows in their rooms.
"""

from enum import StrEnum


class CostTerm(StrEnum):
    """One named cost, yuan; most have the name that the objective has for them."""

    FUEL = "fuel"
    POWER_CREDIT = "power_credit"  # below zero; under `minimise` = fuel
    POWER_SOLD = "power_sold"  # below zero; under `minimise` = cost, as is the next
    POWER_BOUGHT = "power_bought"
    POWER_OFF_SCHEDULE = "power_off_schedule"
    STARTS = "starts"  # wear and fuel
    SURPLUS_HEAT = "surplus_heat"
    UNSERVED_THIRD_PARTY = "unserved_third_party"
    LEAST_LOAD = "least_load"
    HEAT_ORDER = "heat_order"
    SOURCE_CHANGE = "source_change"
    MAINS = "mains"  # change of arriving heat, mains gone cold, pumps of ties
    SHARE = "share"
    YARD_RESERVE = "yard_reserve"  # below the reserve, or drawn from the bottom layer
    COAL_NEED = "coal_need"  # expected, of coal that may be missing before an order can arrive
    PINS = "pins"  # off what the dispatcher holds; only in plans with pins
    # By the published rooms and setpoints, where the objective has block ends and heat per K.
    ROOMS_BELOW_LEGAL = "rooms_below_legal"
    ROOMS_BELOW_FLOOR = "rooms_below_floor"
    ROOMS_BELOW_TARGET = "rooms_below_target"
    ROOMS_ABOVE_UPPER = "rooms_above_upper"
    SETPOINT_CHANGE = "setpoint_change"  # beyond the limits of a block and of 24 h
    SETPOINT_TURNS = "setpoint_turns"  # within the limit of a block


def cost_terms(*, has_pins: bool) -> list[CostTerm]:
    """Return the terms of a plan in order."""
    return [term for term in CostTerm if has_pins or term is not CostTerm.PINS]


class Price(StrEnum):
    """Attributes of the schedule that hold a price, with its unit at the end of the name.

    Those of rooms and setpoints are besides per 10⁴ m² (rooms: times priority, `station_weight`).
    """

    SURPLUS = "price_surplus_yuan_per_mwh"
    UNSERVED = "price_unserved_yuan_per_mwh"
    LEAST_LOAD = "price_least_load_yuan_per_mwh"
    POWER_OFF_SCHEDULE = "price_power_off_schedule_yuan_per_mwh"
    HEAT_ORDER = "price_heat_order_yuan_per_mwh"
    SOURCE_CHANGE = "price_source_change_yuan_per_mw"
    MAIN_CHANGE = "price_main_change_yuan_per_mw"
    COLD_MAIN = "price_cold_main_yuan_per_mwh"
    TIE = "price_tie_yuan_per_mwh"
    BELOW_RESERVE = "price_below_reserve_yuan_per_t"
    EMERGENCY_COAL = "price_emergency_coal_yuan_per_t"
    BELOW_LEGAL = "price_below_legal_yuan_per_k_h"
    BELOW_FLOOR = "price_below_floor_yuan_per_k_h"
    BELOW_TARGET = "price_below_target_yuan_per_k_h"  # zero where rooms below it cost nothing
    ABOVE_UPPER = "price_above_upper_yuan_per_k_h"
    SETPOINT_CHANGE = "price_setpoint_change_yuan_per_k"
