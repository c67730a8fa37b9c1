"""The row of a tank in `sources.csv`: what it must say, may not say, and what follows from it."""

from typing import Any

from dispatch.case_kinds import PowerMode, SourceKind, fault

NEEDED = ("energy_mwh", "charge_mw", "discharge_mw")
TANK_COLUMNS = (*NEEDED, "loss_per_h")
WORKED_OUT = ("min_output_mw", "max_output_mw", "ramp_mw_per_h", "flow_max_tph")
USUAL_LOSS_PER_H = 0.00008  # 0.008 %/h, handbook §8
# Water moved per MW at the 40 K for which handbook §8 states a tank's content.
TPH_PER_MW_AT_40_K = 1000.0 / (1.163 * 40.0)
# A tank's valves and pumps go from full charge to full discharge within the shortest step.
FULL_SWING_H = 0.25
# Columns that say nothing of a tank, with what they hold where nobody filled them in.
NOT_OF_A_TANK: dict[str, object] = {
    "yard_id": None,
    "min_output_mw": 0,
    "efficiency": None,
    "coal_kgce_per_gj": None,
    "no_load_fuel_mw": 0,
    "fuel_id": None,
    "power_mode": PowerMode.SCHEDULED,
    "min_up_h": 0,
    "min_down_h": 0,
    "max_starts": None,
    "start_cost_yuan": 0,
    "start_fuel_tce": 0,
    "commitment": False,
    "notice_h": 0,
    "price_yuan_per_gj": None,
    "supply_temp_max_c": 120,  # what leaves the plant is mixed; its heat sources set the limit
}


def tank_values(values: dict[str, Any]) -> dict[str, Any]:
    """Complete the cells of a tank; those of any other kind are returned as they are.

    `max_output_mw` is `discharge_mw`, and ramp and flow may be left out: then the tank swings
    within a quarter of an hour, and its pumps carry its output at 40 K. Raises the fault of a
    cell that is missing, or that contradicts the kind.
    """
    kind = values.get("kind")
    if kind != SourceKind.THERMAL_STORAGE:
        strange = [name for name in TANK_COLUMNS if values.get(name) is not None]
        if kind is None and strange:  # which has its own fault: the cells of a tank have none
            return dict.fromkeys(WORKED_OUT, 1.0) | values
        if strange:
            raise fault("only_of_a_tank", column=strange[0], kind=str(kind))
        return values
    for name in NEEDED:
        if values.get(name) is None:
            raise fault("tank_needs", column=name)
    for name, nothing in NOT_OF_A_TANK.items():
        if values.get(name, nothing) not in (None, nothing):
            raise fault("not_of_a_tank", column=name, value=values[name])
    discharge_mw, charge_mw = values["discharge_mw"], values["charge_mw"]
    if values.get("max_output_mw", discharge_mw) != discharge_mw:
        written = values["max_output_mw"]
        raise fault("tank_output", column="max_output_mw", value=written, discharge=discharge_mw)
    # Powers below zero or absurd have faults of their own; what follows from them has none.
    most_mw = min(max(discharge_mw, 1e-3), 5_000.0)
    follows = {
        "min_output_mw": 0.0,
        "max_output_mw": most_mw,
        "ramp_mw_per_h": (most_mw + abs(charge_mw)) / FULL_SWING_H,
        "flow_max_tph": most_mw * TPH_PER_MW_AT_40_K,
        "loss_per_h": USUAL_LOSS_PER_H,
    }
    given = {name: value for name, value in values.items() if value is not None}
    return follows | given | {"min_output_mw": 0.0, "max_output_mw": most_mw}
