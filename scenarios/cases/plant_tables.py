"""Tables of the plants of a reference case: flow limits, chain-grate curves, mains, coal.

`H` is the domain handbook (§ numbers, F equations).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from scenarios.cases.generator import between, round_to_total, rows_text
from scenarios.cases.station_drawing import WATER_KJ_PER_KG_K

COAL_KCAL_PER_KG = 5000  # H §14
COAL_MWH_PER_T = COAL_KCAL_PER_KG * 4.1868e-3 / 3.6
COAL_YUAN_PER_T_AT_5500 = 850  # H §9
COAL_CO2_T_PER_TCE = 2.76
COAL_FUEL_ID = "coal_5000"

# H §8, chain grate; 0.761 instead of 0.76 at half load keeps fuel convex in heat.
CHAIN_GRATE_EFFICIENCY = ((0.4, 0.72), (0.5, 0.761), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
FLOW_RESERVE = 1.2  # of the flow that full output takes at the design difference

SPRING_FESTIVALS = (date(2026, 2, 17), date(2027, 2, 6))
FESTIVAL_DAYS, FESTIVAL_DELIVERY, FESTIVAL_CONFIDENCE = 14, 0.6, 0.8

# Water runs at 1.5 m/s at 100 % flow and at most at 2.2 m/s; flow by nominal diameter, H §7.
FLOW_AT_1_5_M_PER_S_TPH = {500: 958, 600: 1382, 800: 2454, 1000: 3833}
FULL_FLOW_M_PER_S, LARGEST_M_PER_S = 1.5, 2.2

CURVE_HEADER = "source_id,load_fraction,efficiency,heat_mw,power_mw,fuel_mw"
YARD_HEADER = (
    "yard_id,fuel_id,stock_t,capacity_t,unusable_t,unloading_t_per_day,stock_covers,"
    "reserve_days_min,storage_target_t,storage_target_meaning,yard_loss_per_month"
)


def flow_max_tph(heat_mw: float, difference_k: float) -> str:
    """Primary flow limit of a unit, rounded to 10 t/h; `difference_k` is that of design."""
    design_tph = heat_mw * 1000 * 3.6 / (WATER_KJ_PER_KG_K * difference_k)
    return f"{round(design_tph * FLOW_RESERVE, -1):.0f}"


def chain_grate_rows(source_id: str) -> list[list[object]]:
    """Part-load points of a chain-grate boiler, rows under `CURVE_HEADER`."""
    return [[source_id, load, share, "", "", ""] for load, share in CHAIN_GRATE_EFFICIENCY]


@dataclass(frozen=True)
class Main:
    """The average path of the water from a plant to the stations of a zone."""

    plant_id: str
    zone_id: str
    length_km: float
    diameter_mm: int  # nominal


def links_text(mains: Sequence[Main], loss_mw: float, difference_k: float) -> str:
    """`links.csv`: capacity and delay from diameter, length and speed; loss by length × diameter.

    `loss_mw` is that of the whole network at design, `difference_k` supply less return there.
    """
    weight = np.array([main.length_km * main.diameter_mm for main in mains], dtype=float)
    loss = round_to_total(weight, round(loss_mw, 2), places=2)
    rows: list[list[object]] = []
    for main, main_loss_mw in zip(mains, loss, strict=True):
        full_tph = FLOW_AT_1_5_M_PER_S_TPH[main.diameter_mm]
        flow_tph = full_tph * LARGEST_M_PER_S / FULL_FLOW_M_PER_S
        capacity = flow_tph / 3.6 * WATER_KJ_PER_KG_K * difference_k / 1000
        full_h = main.length_km / (3.6 * FULL_FLOW_M_PER_S)
        delays = [f"{full_h / flow:.2f}" for flow in (0.4, 0.7, 1.0)]
        place = [main.plant_id, main.zone_id, f"{capacity:.0f}", main.length_km, main.diameter_mm]
        rows.append([*place, *delays, f"{main_loss_mw:.2f}"])
    return rows_text(
        "from_id,to_id,capacity_mw,length_km,diameter_mm,delay_h_at_40pct_flow,"
        "delay_h_at_70pct_flow,delay_h_at_100pct_flow,loss_mw_design",
        rows,
    )


@dataclass(frozen=True)
class YardSupply:
    """How coal comes to a yard: on which weekdays (Monday 0), how surely, how much a season."""

    yard_id: str
    weekdays: tuple[int, ...]
    confidence: float
    season_t: float


def deliveries_text(
    supplies: Sequence[YardSupply], season: tuple[int, int, int], rng: np.random.Generator
) -> str:
    """`deliveries.csv` of two seasons: fewer tonnes around the Spring Festival.

    `season` is month and day of its start and its length in days. A season's tonnes add up to
    `season_t` of each yard.
    """
    month, first_day, length = season
    rows: list[list[object]] = []
    for festival in SPRING_FESTIVALS:
        start = date(festival.year - 1, month, first_day)
        days = [start + timedelta(days=day) for day in range(length)]
        for supply in supplies:
            arrivals = [day for day in days if day.weekday() in supply.weekdays]
            scarce = [abs((day - festival).days) <= FESTIVAL_DAYS for day in arrivals]
            weight = between(rng, 0.92, 1.08, len(arrivals))
            weight *= np.where(scarce, FESTIVAL_DELIVERY, 1.0)
            tonnes = 10 * round_to_total(weight, round(supply.season_t / 10))
            quality = 10 * np.round(between(rng, 485, 515, len(arrivals)))
            hours = (6 + 12 * rng.random(len(arrivals))).astype(int)
            for at, day in enumerate(arrivals):
                sure = f"{FESTIVAL_CONFIDENCE if scarce[at] else supply.confidence:g}"
                price = f"{COAL_YUAN_PER_T_AT_5500 * quality[at] / 5500:.0f}"
                time = f"{day.isoformat()}T{hours[at]:02d}:00:00+08:00"
                coal = [f"{tonnes[at]:.0f}", f"{quality[at]:.0f}", sure, price]
                rows.append([supply.yard_id, time, *coal])
    rows.sort(key=lambda row: (str(row[1]), str(row[0])))
    return rows_text(
        "yard_id,arrival_time,tonnes,net_calorific_kcal_per_kg,confidence,price_yuan_per_t", rows
    )


def fuels_text() -> str:
    """`fuels.csv`: the one coal of a reference case, priced by its calorific value."""
    price = COAL_YUAN_PER_T_AT_5500 * COAL_KCAL_PER_KG / 5500
    fuel = [COAL_FUEL_ID, "coal", "t", COAL_KCAL_PER_KG, f"{price:.2f}", COAL_CO2_T_PER_TCE]
    return rows_text("fuel_id,kind,unit,net_calorific_value,price,co2_t_per_tce", [fuel])
