"""Draw the tables of the reference case `zaozhuang`; run `python -m` with this module's name.

Totals are those of the Zaozhuang Shizhong briefing (handbook §1, row S0) and of column zaozhuang
of handbook §14; single stations are drawn. `zaozhuang/case.toml`, `README.md` and
`provenance.csv` are written by hand; the design temperatures are read from the first.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from dispatch.case_kinds import Era, Use
from scenarios.cases.generator import (
    between,
    command,
    round_to_total,
    rows_text,
    seeded,
    table_text,
)
from scenarios.cases.station_drawing import WATER_KJ_PER_KG_K, draw_stations
from scenarios.cases.station_mix import (
    SHANDONG_INDEX_W_PER_M2,
    StationMix,
    Zone,
)

FOLDER = Path(__file__).parent / "zaozhuang"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20221028  # day of the briefing

SEASON_DAYS = 121
SEASON_MEAN_C = 1.7
LOSS_SHARE = 0.04  # of the heat sent
STOCK_DAYS = 30
SHARES: Mapping[str, float] = SETTINGS["share"]["main"]["shares"]
NETWORK = SETTINGS["network"]
DESIGN_OUTDOOR_C: float = SETTINGS["design_outdoor_temp_c"]
PRIMARY_DIFFERENCE_K = NETWORK["primary_design_supply_c"] - NETWORK["primary_design_return_c"]

ZONES = (
    Zone("north", "ZZ-N", 126, 37, 34.892, 117.566, 3.4),
    Zone("south", "ZZ-S", 105, 31, 34.822, 117.578, 3.2),
    Zone("west", "ZZ-W", 120, 35, 34.856, 117.512, 3.3),
)
MIX = StationMix(
    zones=ZONES,
    area_m2=12_560_000,
    area_range_m2=(5_000, 150_000),
    area_spread=0.62,
    index_w_per_m2=40,
    design_outdoor_c=DESIGN_OUTDOOR_C,
    direct_users=150_000,
    use_shares={
        Use.HOUSING: 0.85,
        Use.SCHOOL: 0.045,
        Use.OFFICE: 0.045,
        Use.HOSPITAL: 0.025,
        Use.SHOP: 0.035,
    },
    era_shares={
        Era.BEFORE_1986: 0.12,
        Era.Y1986_1995: 0.20,
        Era.Y1996_2009: 0.34,
        Era.Y2010_2018: 0.20,
        Era.SINCE_2019: 0.04,
        Era.RETROFITTED: 0.10,
    },
    era_index_w_per_m2=SHANDONG_INDEX_W_PER_M2,
    floor_share=0.45,
    tower_stations=36,
    mixed_stations=24,
    heat_capacity_kj_per_m2k=310,
    oversize=1.2,
    primary_supply_c=NETWORK["primary_design_supply_c"],
    primary_return_c=NETWORK["primary_design_return_c"],
)

# Heat at the sources, MW.
DESIGN_USERS_MW = MIX.area_m2 * MIX.index_w_per_m2 / 1e6
DESIGN_SENT_MW = DESIGN_USERS_MW / (1 - LOSS_SHARE)
MEAN_SENT_MW = DESIGN_SENT_MW * (18 - SEASON_MEAN_C) / (18 - DESIGN_OUTDOOR_C)

# Units (handbook §8): fuel of A1 is (P + c_v Q)/eta_c, of B1 (P + Q)/total efficiency.
POWER_LOST_PER_HEAT, CONDENSING_EFFICIENCY = 0.17, 0.375
A1_POLYGON_MW = ((0, 330), (400, 262), (400, 230), (194, 117), (0, 150))  # heat, power
A1_SCHEDULED_POWER_MW = 230
POWER_PER_HEAT, TOTAL_EFFICIENCY = 0.45, 0.86
B1_HEAT_MW = (44, 110)
# Handbook §8, chain grate; 0.761 instead of 0.76 at half load keeps fuel convex in heat.
B3_EFFICIENCY = ((0.4, 0.72), (0.5, 0.761), (0.6, 0.79), (0.8, 0.82), (1.0, 0.82))
FLOW_RESERVE = 1.2  # of the flow that full output takes at the design difference

COAL_KCAL_PER_KG = 5000
COAL_MWH_PER_T = COAL_KCAL_PER_KG * 4.1868e-3 / 3.6
COAL_YUAN_PER_T_AT_5500 = 850

# From, to, route km, DN. Water runs at 1.5 m/s at 100 % flow and at most at 2.2 m/s.
MAINS = (
    ("A", "north", 3.4, 800),
    ("A", "west", 4.1, 800),
    ("A", "south", 8.1, 600),
    ("B", "south", 2.4, 800),
    ("B", "west", 5.9, 600),
    ("B", "north", 7.0, 500),
)
FLOW_AT_1_5_M_PER_S_TPH = {500: 958, 600: 1382, 800: 2454}  # handbook §7
FULL_FLOW_M_PER_S, LARGEST_M_PER_S = 1.5, 2.2

SPRING_FESTIVALS = (date(2026, 2, 17), date(2027, 2, 6))
FESTIVAL_DAYS, FESTIVAL_DELIVERY = 14, 0.6


def _flow_max_tph(heat_mw: float) -> str:
    """Primary flow limit of a unit, rounded to 10 t/h."""
    design_tph = heat_mw * 1000 * 3.6 / (WATER_KJ_PER_KG_K * PRIMARY_DIFFERENCE_K)
    return f"{round(design_tph * FLOW_RESERVE, -1):.0f}"


def _sources() -> str:
    """One extraction unit at A; two back-pressure units and the reserve boiler at B."""
    header = (
        "source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,"
        "coal_kgce_per_gj,no_load_fuel_mw,fuel_id,power_mode,min_up_h,min_down_h,"
        "start_cost_yuan,start_fuel_tce,commitment,order_tolerance,notice_h,"
        "supply_temp_max_c,flow_max_tph"
    )
    a1 = "A1,A,yard_A,chp_extraction,1,60,400,48,40,0,coal_5000,scheduled,72,24,60000,60,false"
    b1 = "B1,B,yard_B,chp_backpressure,2,44,110,13.2,38.5,0,coal_5000,band,48,24,15000,20,false"
    b3 = "B3,B,yard_B,coal_boiler,1,28,70,8.4,44,0,coal_5000,,24,24,3000,10,true"
    rows = [
        [*a1.split(","), 0.05, 3, 120, _flow_max_tph(400)],
        [*b1.split(","), 0.05, 3, 120, _flow_max_tph(110)],
        [*b3.split(","), 0.05, 12, 120, _flow_max_tph(70)],
    ]
    return rows_text(header, rows)


def _source_curves() -> str:
    """Polygon of A1, line of B1, part-load points of B3."""
    rows: list[list[object]] = []
    for heat, power in A1_POLYGON_MW:
        fuel = (power + POWER_LOST_PER_HEAT * heat) / CONDENSING_EFFICIENCY
        rows.append(["A1", "", "", heat, power, f"{fuel:.2f}"])
    for heat in B1_HEAT_MW:
        power_mw = POWER_PER_HEAT * heat
        fuel = (heat + power_mw) / TOTAL_EFFICIENCY
        rows.append(["B1", "", "", heat, f"{power_mw:.1f}", f"{fuel:.2f}"])
    rows += [["B3", load, efficiency, "", "", ""] for load, efficiency in B3_EFFICIENCY]
    return rows_text("source_id,load_fraction,efficiency,heat_mw,power_mw,fuel_mw", rows)


def _links() -> str:
    """Mains: capacity and delay from diameter, length and speed; loss by length × diameter."""
    weight = np.array([length * diameter for _, _, length, diameter in MAINS], dtype=float)
    loss = round_to_total(weight, round(DESIGN_SENT_MW - DESIGN_USERS_MW, 2), places=2)
    rows: list[list[object]] = []
    for (plant, zone, length, diameter), loss_mw in zip(MAINS, loss, strict=True):
        flow_tph = FLOW_AT_1_5_M_PER_S_TPH[diameter] * LARGEST_M_PER_S / FULL_FLOW_M_PER_S
        capacity = flow_tph / 3.6 * WATER_KJ_PER_KG_K * PRIMARY_DIFFERENCE_K / 1000
        full_h = length / (3.6 * FULL_FLOW_M_PER_S)
        delays = [f"{full_h / flow:.2f}" for flow in (0.4, 0.7, 1.0)]
        rows.append([plant, zone, f"{capacity:.0f}", length, diameter, *delays, f"{loss_mw:.2f}"])
    return rows_text(
        "from_id,to_id,capacity_mw,length_km,diameter_mm,delay_h_at_40pct_flow,"
        "delay_h_at_70pct_flow,delay_h_at_100pct_flow,loss_mw_design",
        rows,
    )


def _mean_burn_t_per_day() -> dict[str, float]:
    """Physical burn of each yard, heat and power, at the season's mean load and 6:4."""
    heat_a, heat_b = MEAN_SENT_MW * SHARES["A"], MEAN_SENT_MW * SHARES["B"]
    fuel_a = (A1_SCHEDULED_POWER_MW + POWER_LOST_PER_HEAT * heat_a) / CONDENSING_EFFICIENCY
    fuel_b = (1 + POWER_PER_HEAT) * heat_b / TOTAL_EFFICIENCY
    return {"yard_A": fuel_a * 24 / COAL_MWH_PER_T, "yard_B": fuel_b * 24 / COAL_MWH_PER_T}


def _yards() -> str:
    """Two piles of 30 days each; room for 45."""
    rows: list[list[object]] = []
    for (yard, burn), unloading in zip(
        _mean_burn_t_per_day().items(), (15_000, 8_000), strict=True
    ):
        stock = f"{round(STOCK_DAYS * burn, -1):.0f}"
        capacity = f"{round(1.5 * STOCK_DAYS * burn, -3):.0f}"
        unusable = f"{round(0.04 * STOCK_DAYS * burn, -1):.0f}"
        meaning = "30 days of the season's mean physical burn, heat and power"
        rows.append(
            [yard, "coal_5000", stock, capacity, unusable, unloading, "plant", 7, stock, meaning]
        )
    return rows_text(
        "yard_id,fuel_id,stock_t,capacity_t,unusable_t,unloading_t_per_day,stock_covers,"
        "reserve_days_min,storage_target_t,storage_target_meaning,yard_loss_per_month",
        [[*row, 0.003] for row in rows],
    )


def _deliveries(rng: np.random.Generator) -> str:
    """Trains to A on three days a week, to B on two, fewer around the Spring Festival.

    A season's tonnes are the mean burn of its days.
    """
    rows: list[list[object]] = []
    for festival in SPRING_FESTIVALS:
        start = date(festival.year - 1, 11, 15)
        days = [start + timedelta(days=day) for day in range(SEASON_DAYS)]
        for yard, weekdays, confidence in (("yard_A", (0, 2, 4), 0.95), ("yard_B", (1, 4), 0.9)):
            arrivals = [day for day in days if day.weekday() in weekdays]
            scarce = [abs((day - festival).days) <= FESTIVAL_DAYS for day in arrivals]
            weight = between(rng, 0.92, 1.08, len(arrivals))
            weight *= np.where(scarce, FESTIVAL_DELIVERY, 1.0)
            burn = SEASON_DAYS * _mean_burn_t_per_day()[yard]
            tonnes = 10 * round_to_total(weight, round(burn / 10))
            quality = 10 * np.round(between(rng, 485, 515, len(arrivals)))
            hours = (6 + 12 * rng.random(len(arrivals))).astype(int)
            for at, day in enumerate(arrivals):
                sure = f"{0.8 if scarce[at] else confidence:g}"
                price = f"{COAL_YUAN_PER_T_AT_5500 * quality[at] / 5500:.0f}"
                time = f"{day.isoformat()}T{hours[at]:02d}:00:00+08:00"
                rows.append([yard, time, f"{tonnes[at]:.0f}", f"{quality[at]:.0f}", sure, price])
    rows.sort(key=lambda row: (str(row[1]), str(row[0])))
    return rows_text(
        "yard_id,arrival_time,tonnes,net_calorific_kcal_per_kg,confidence,price_yuan_per_t", rows
    )


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    price = COAL_YUAN_PER_T_AT_5500 * COAL_KCAL_PER_KG / 5500
    fuel = ["coal_5000", "coal", "t", COAL_KCAL_PER_KG, f"{price:.2f}", 2.76]
    return {
        "sources.csv": _sources(),
        "source_curves.csv": _source_curves(),
        "schedules.csv": rows_text(
            "time,source_id,power_mw",
            [["2020-01-01T00:00:00+08:00", "A1", A1_SCHEDULED_POWER_MW]],
        ),
        "links.csv": _links(),
        "stations.csv": table_text(draw_stations(MIX, seeded(SEED))),
        "yards.csv": _yards(),
        "deliveries.csv": _deliveries(seeded(SEED + 1)),
        "fuels.csv": rows_text("fuel_id,kind,unit,net_calorific_value,price,co2_t_per_tce", [fuel]),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
