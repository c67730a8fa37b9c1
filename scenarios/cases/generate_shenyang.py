"""Draw the tables of the reference case `shenyang`; run `python -m` with this module's name.

A model firm after column shenyang of handbook §14: heat bought from a power plant, and nine equal
chain-grate boilers for what is missing. `shenyang/case.toml`, `README.md` and `provenance.csv`
are written by hand; the design temperatures are read from the first.
"""

import tomllib
from pathlib import Path

import numpy as np

from dispatch.case_kinds import Era, Use
from scenarios.cases.generator import command, rows_text, seeded, table_text
from scenarios.cases.plant_tables import (
    COAL_FUEL_ID,
    COAL_KCAL_PER_KG,
    CURVE_HEADER,
    HEAT_VALUE_LOSS_PER_MONTH,
    TRAIN_T,
    YARD_HEADER,
    Main,
    YardSupply,
    chain_grate_rows,
    deliveries_text,
    flow_max_tph,
    fuels_text,
    links_text,
)
from scenarios.cases.season import load_duration_c
from scenarios.cases.station_drawing import draw_stations
from scenarios.cases.station_mix import LIAONING_INDEX_W_PER_M2, StationMix, Zone

FOLDER = Path(__file__).parent / "shenyang"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20231101  # day of the province's heating report (handbook §1, S4)

SEASON_DAYS = 151
SEASON = (11, 1, SEASON_DAYS)  # month, day, length
SEASON_MEAN_C = -5.1
LOSS_SHARE = 0.05  # of the heat sent
NETWORK = SETTINGS["network"]
DESIGN_OUTDOOR_C: float = SETTINGS["design_outdoor_temp_c"]
PRIMARY_DIFFERENCE_K = NETWORK["primary_design_supply_c"] - NETWORK["primary_design_return_c"]

ZONES = (
    Zone("north", "SY-N", 52, 6, 41.838, 123.420, 3.2),
    Zone("east", "SY-E", 48, 4, 41.803, 123.480, 3.2),
    Zone("south", "SY-S", 50, 5, 41.762, 123.438, 3.2),
    Zone("west", "SY-W", 50, 5, 41.798, 123.375, 3.2),
)
MIX = StationMix(
    zones=ZONES,
    area_m2=20_000_000,
    area_range_m2=(20_000, 300_000),
    area_spread=0.5,
    index_w_per_m2=48,
    design_outdoor_c=DESIGN_OUTDOOR_C,
    direct_users=190_000,
    use_shares={
        Use.HOUSING: 0.85,
        Use.SCHOOL: 0.045,
        Use.OFFICE: 0.045,
        Use.HOSPITAL: 0.025,
        Use.SHOP: 0.035,
    },
    era_shares={
        Era.BEFORE_1986: 0.18,
        Era.Y1986_1995: 0.24,
        Era.Y1996_2009: 0.32,
        Era.Y2010_2018: 0.10,
        Era.SINCE_2019: 0.02,
        Era.RETROFITTED: 0.14,
    },
    era_index_w_per_m2=LIAONING_INDEX_W_PER_M2,
    floor_share=0.25,
    tower_stations=24,
    mixed_stations=16,
    heat_capacity_kj_per_m2k=330,
    oversize=1.1,
    oversize_range=(1.02, 1.20),
    radiator_supply_max_c=80,
    primary_supply_c=NETWORK["primary_design_supply_c"],
    primary_return_c=NETWORK["primary_design_return_c"],
)

# Heat at the sources, MW.
DESIGN_USERS_MW = MIX.area_m2 * MIX.index_w_per_m2 / 1e6
DESIGN_SENT_MW = DESIGN_USERS_MW / (1 - LOSS_SHARE)

PURCHASE_MW = 420  # most heat of a 350 MW unit
PURCHASE_KGCE_PER_GJ, PURCHASE_YUAN_PER_GJ = 40, 38
BOILERS, BOILER_MW, BOILER_KGCE_PER_GJ = 9, 70, 44

MAINS = (
    Main("A", "north", 4.6, 800),
    Main("A", "west", 5.2, 800),
    Main("A", "east", 9.0, 600),
    Main("A", "south", 10.8, 600),
    Main("B", "south", 3.6, 800),
    Main("B", "east", 4.4, 800),
    Main("B", "west", 7.4, 800),
    Main("B", "north", 8.6, 800),
)

GJ_PER_T = COAL_KCAL_PER_KG * 4.1868e-3
TCE_PER_T = COAL_KCAL_PER_KG / 7000
LEAD_DAYS = 5  # rail from eastern Mongolia, 3 to 6 (handbook §9)
STOCK_SHARE = 0.6  # of the yard's own season plan, before the start (handbook §9)


def _sources() -> str:
    """Heat bought from the power plant at A; nine equal boilers at B."""
    header = (
        "source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,"
        "coal_kgce_per_gj,no_load_fuel_mw,fuel_id,min_up_h,min_down_h,start_cost_yuan,"
        "start_fuel_tce,commitment,order_tolerance,notice_h,price_yuan_per_gj,supply_temp_max_c,"
        "flow_max_tph"
    )
    bought = f"A1,A,,purchased_heat,1,84,{PURCHASE_MW},50.4,{PURCHASE_KGCE_PER_GJ},0,,0,0,0,0,false"
    boiler = f"coal_boiler,{BOILERS},28,{BOILER_MW},8.4,{BOILER_KGCE_PER_GJ},0,{COAL_FUEL_ID}"
    rows = [
        [
            *bought.split(","),
            *(0.05, 4, PURCHASE_YUAN_PER_GJ, 130, flow_max_tph(PURCHASE_MW, PRIMARY_DIFFERENCE_K)),
        ],
        [
            *f"B1,B,yard_B,{boiler},48,24,3000,12,true".split(","),
            *(0.05, 12, "", 130, flow_max_tph(BOILER_MW, PRIMARY_DIFFERENCE_K)),
        ],
    ]
    return rows_text(header, rows)


def season_plan_t() -> float:
    """Coal the boilers burn in a mean season at 44 kgce/GJ, t: what is left above the purchase."""
    outdoor_c = load_duration_c(SEASON_DAYS, SEASON_MEAN_C, DESIGN_OUTDOOR_C)
    sent_mw = DESIGN_SENT_MW * (18 - outdoor_c) / (18 - DESIGN_OUTDOOR_C)
    boiler_gj = float(np.maximum(0.0, sent_mw - PURCHASE_MW).sum()) * 86.4
    return boiler_gj * BOILER_KGCE_PER_GJ / 1000 / TCE_PER_T


def _yards() -> str:
    """One pile: three fifths of the season's plan before the start, room for three quarters."""
    plan = round(season_plan_t(), -3)
    meaning = "the boilers' burn of a mean season, above 420 MW bought"
    stock, capacity = STOCK_SHARE * plan, round(0.75 * plan, -3)
    row = [f"{stock:.0f}", f"{capacity:.0f}", f"{round(0.04 * stock, -1):.0f}", 8_000, "plant", 7]
    supply = [LEAD_DAYS, "rail", TRAIN_T, 3, HEAT_VALUE_LOSS_PER_MONTH]
    pile = ["yard_B", COAL_FUEL_ID, *row, f"{plan:.0f}", meaning, 0.003]
    return rows_text(YARD_HEADER, [[*pile, *supply]])


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    loss_mw = DESIGN_SENT_MW - DESIGN_USERS_MW
    late_t = (1 - STOCK_SHARE) * round(season_plan_t(), -3)
    supply = YardSupply("yard_B", 5, 1, 0.9, late_t, autumn_trains=6)
    return {
        "sources.csv": _sources(),
        "source_curves.csv": rows_text(CURVE_HEADER, chain_grate_rows("B1")),
        "links.csv": links_text(MAINS, loss_mw, PRIMARY_DIFFERENCE_K),
        "stations.csv": table_text(draw_stations(MIX, seeded(SEED))),
        "yards.csv": _yards(),
        "deliveries.csv": deliveries_text((supply,), SEASON, seeded(SEED + 1)),
        "fuels.csv": fuels_text(),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
