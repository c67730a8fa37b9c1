"""What a schedule costs, reckoned step by step as on paper: prices of its own, no package formula.

`priced` gives a schedule the costs that its numbers come to, so that a test may first change what
the plan does; a plan whose cost is right fails no rule for it.
"""

import numpy as np
import xarray as xr

PRICES = {
    "price_surplus_yuan_per_mwh": 990.0,
    "price_unserved_yuan_per_mwh": 7_900.0,
    "price_least_load_yuan_per_mwh": 21_000.0,
    "price_power_off_schedule_yuan_per_mwh": 9_000.0,
    "price_heat_order_yuan_per_mwh": 510.0,
    "price_source_change_yuan_per_mw": 2.5,
    "price_main_change_yuan_per_mw": 1.5,
    "price_cold_main_yuan_per_mwh": 210.0,
    "price_tie_yuan_per_mwh": 1.25,
    "price_below_reserve_yuan_per_t": 55.0,
    "price_emergency_coal_yuan_per_t": 5_100.0,
    "price_below_legal_yuan_per_k_h": 510.0,
    "price_below_floor_yuan_per_k_h": 61.0,
    "price_below_target_yuan_per_k_h": 3.25,
    "price_above_upper_yuan_per_k_h": 21.0,
    "price_setpoint_change_yuan_per_k": 310.0,
}
TERMS = (
    *("fuel", "power_credit", "power_sold", "power_bought", "power_off_schedule", "starts"),
    *("surplus_heat", "unserved_third_party", "least_load", "heat_order", "source_change"),
    *("mains", "share", "yard_reserve", "coal_need", "rooms_below_legal", "rooms_below_floor"),
    *("rooms_below_target", "rooms_above_upper", "setpoint_change", "setpoint_turns"),
)


def priced(schedule: xr.Dataset) -> xr.Dataset:
    """The same schedule with its cost by name and in all, reckoned anew in place."""
    due = dict.fromkeys(TERMS, 0.0)
    for reckon in (_sources, _power, _network, _yards, _rooms, _setpoints):
        for name, yuan in reckon(schedule).items():
            due[name] += yuan
    schedule["cost"].values[:] = [due[str(name)] for name in schedule["cost_term"].values]
    schedule.attrs["cost_yuan"] = sum(due.values())
    return schedule


def _column(schedule: xr.Dataset, prefix: str, row: int) -> dict[str, np.ndarray]:
    """All variables of one source, plant or station, names without the prefix."""
    return {
        str(name).removeprefix(prefix): array.values[row]
        for name, array in schedule.variables.items()
        if str(name).startswith(prefix) and array.dims[:1] == (prefix.split("_", maxsplit=1)[0],)
    }


def _sources(schedule: xr.Dataset) -> dict[str, float]:
    price, h = schedule.attrs, schedule.attrs["step_h"]
    due = dict.fromkeys(("fuel", "starts", "least_load", "heat_order", "source_change"), 0.0)
    for row in range(schedule.sizes["source"]):
        own = _column(schedule, "source_", row)
        for t, heat in enumerate(own["heat"]):
            due["fuel"] += own["fuel"][t] * h * own["fuel_price"]
            each = own["start_cost"] + own["start_fuel"] * own["fuel_price"]
            due["starts"] += own["started"][t] * each
            missed = max(own["min_heat"][t] - heat, own["scheduled_least"][t] - max(heat, 0), 0)
            due["least_load"] += missed * h * price["price_least_load_yuan_per_mwh"]
            if t > 0:
                moved = abs(heat - own["heat"][t - 1])
                due["source_change"] += moved * price["price_source_change_yuan_per_mw"]
            if np.isfinite(own["ordered"][t]):
                off = abs(heat - own["ordered"][t]) - own["order_tolerance"] * own["ordered"][t]
                due["heat_order"] += max(off, 0) * h * price["price_heat_order_yuan_per_mwh"]
            if own["order_least"][t] > heat:
                left = (own["order_least"][t] - heat) * h
                each = price["price_heat_order_yuan_per_mwh"] + own["order_pay"]
                due["heat_order"] += left * each
    return due


def _power(schedule: xr.Dataset) -> dict[str, float]:
    h, by_fuel = schedule.attrs["step_h"], schedule.attrs["minimise"] == "fuel"
    names = ("power_credit", "power_sold", "power_bought", "power_off_schedule")
    due = dict.fromkeys(names, 0.0)
    for row in range(schedule.sizes["source"]):
        own = _column(schedule, "source_power", row)
        for t, power in enumerate(own[""]):
            if by_fuel:
                due["power_credit"] -= power * h * own["_sell_price"][t]
            else:
                due["power_sold"] -= own["_sold"][t] * h * own["_sell_price"][t]
                due["power_bought"] += own["_bought"][t] * h * own["_buy_price"][t]
            off = 0.0
            if own["_min"][t] > power:
                off = own["_min"][t] - power
            if own["_max"][t] < power:
                off = power - own["_max"][t]
            off_yuan = off * h * schedule.attrs["price_power_off_schedule_yuan_per_mwh"]
            due["power_off_schedule"] += off_yuan
    return due


def _network(schedule: xr.Dataset) -> dict[str, float]:
    price, h, steps = schedule.attrs, schedule.attrs["step_h"], schedule.sizes["time"]
    due = dict.fromkeys(("surplus_heat", "unserved_third_party", "mains", "share"), 0.0)
    for surplus in schedule["zone_surplus"].values.ravel():
        due["surplus_heat"] += max(surplus, 0) * h * price["price_surplus_yuan_per_mwh"]
    block_h = (schedule["block_end"] - schedule["block_start"]).values / np.timedelta64(1, "h")
    for s in np.flatnonzero(schedule["station_controllable"].values == 0):
        missing = schedule["station_heat_due"].values[s] - schedule["station_heat"].values[s]
        due["unserved_third_party"] += (
            missing @ block_h / 1e3 * price["price_unserved_yuan_per_mwh"]
        )
    is_tie = np.isin(schedule["link_from"].values, schedule["zone"].values)
    for row in range(schedule.sizes["link"]):
        names = ("arrival", "loss", "warm_loss", "sent")
        link = {name: schedule[f"link_{name}"].values[row] for name in names}
        for t in range(steps):
            saved = link["warm_loss"][t] - link["loss"][t]
            due["mains"] += max(saved, 0) * h * price["price_cold_main_yuan_per_mwh"]
            if t > 0:
                moved = abs(link["arrival"][t] - link["arrival"][t - 1])
                due["mains"] += moved * price["price_main_change_yuan_per_mw"]
            if is_tie[row]:
                due["mains"] += link["sent"][t] * h * price["price_tie_yuan_per_mwh"]
    for row in range(schedule.sizes["plant"]):
        own = _column(schedule, "plant_", row)
        group = schedule["plant_share_group"].values == own["share_group"]
        for t, total in enumerate(schedule["plant_heat"].values[group].sum(axis=0)):
            outside = max(own["share_min"] * total - own["heat"][t], 0)
            outside += max(own["heat"][t] - own["share_max"] * total, 0)
            due["share"] += outside * h * own["share_band_price"]
    return due


def _yards(schedule: xr.Dataset) -> dict[str, float]:
    per_day, yuan, needed = round(24 / schedule.attrs["step_h"]), 0.0, 0.0
    for row in range(schedule.sizes["yard"]):
        own = _column(schedule, "yard_", row)
        own["stock"] = np.maximum(own["stock"], 0.0)  # what was never there cannot be drawn
        ends = [*own["stock"][per_day - 1 :: per_day], own["stock"][-1]]
        bottom = min(own["unusable"], own["stock_before"])
        taken = max(0.0, *(bottom - stock for stock in ends))
        missing = max(0.0, own["reserve"] - (own["stock"][-1] - own["unusable"]) - taken)
        yuan += taken * schedule.attrs["price_emergency_coal_yuan_per_t"]
        yuan += missing * schedule.attrs["price_below_reserve_yuan_per_t"]
        if "need_level" in own:
            for level, probability in zip(own["need_level"], own["need_probability"], strict=True):
                if level > own["stock"][-1] + own["added_later"]:
                    lacking = level - own["stock"][-1] - own["added_later"]
                    needed += own["short_price"] * probability * lacking
    return {"yard_reserve": yuan, "coal_need": needed}


def _rooms(schedule: xr.Dataset) -> dict[str, float]:
    price, h = schedule.attrs, schedule.attrs["step_h"]
    legal, upper = price.get("legal_min_c", 18.0), price.get("upper_c", 23.0)
    names = ("below_legal", "below_floor", "below_target", "above_upper")
    due = dict.fromkeys(names, 0.0)
    for s in np.flatnonzero(schedule["station_controllable"].values):
        own = _column(schedule, "station_", s)
        for indoor, floor, target in zip(own["indoor"], own["floor"], own["target"], strict=True):
            law = legal if floor >= legal else min(8.0, floor)
            for name, low, high in (
                ("below_legal", indoor, law),
                ("below_floor", max(indoor, law), floor),
                ("below_target", max(indoor, floor), target),
                ("above_upper", upper, indoor),
            ):
                due[name] += (
                    max(high - low, 0) * h * own["weight"] * price[f"price_{name}_yuan_per_k_h"]
                )
    return {f"rooms_{name}": yuan for name, yuan in due.items()}


def _setpoints(schedule: xr.Dataset) -> dict[str, float]:
    change = turns = 0.0
    start = schedule["block_start"].values
    for s in np.flatnonzero(schedule["station_controllable"].values):
        own = _column(schedule, "station_", s)
        area, before = own["area"] / 1e4, own["setpoint_before"]
        for k, supply in enumerate(own["supply"]):
            if own["heat_max"][k] <= 0:
                continue
            if np.isfinite(before):
                step = abs(supply - before)
                turns += min(step, own["step_limit"]) * area * own["turn_price"]
                over = max(step - own["step_limit"], 0)
                change += over * area * schedule.attrs["price_setpoint_change_yuan_per_k"]
            before = supply
            earlier = np.flatnonzero(start <= start[k] - np.timedelta64(24, "h"))
            if earlier.size and own["heat_max"][earlier[-1]] > 0:
                over = max(abs(supply - own["supply"][earlier[-1]]) - own["day_limit"], 0)
                change += over * area * schedule.attrs["price_setpoint_change_yuan_per_k"]
    return {"setpoint_change": change, "setpoint_turns": turns}
