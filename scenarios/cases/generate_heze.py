"""Draw the tables of the reference case `heze`; run `python -m` with this module's name.

Three utilities on one network after column heze of handbook §14: one extraction unit carries
them, and two gas boilers the coldest days. `heze/case.toml`, `README.md` and `provenance.csv`
are written by hand; the design temperatures are read from the first.
"""

import tomllib
from pathlib import Path

from dispatch.case_kinds import Era, Use
from scenarios.cases.chp_units import EXTRACTION_330
from scenarios.cases.generator import command, rows_text, seeded, table_text
from scenarios.cases.plant_tables import (
    COAL_FUEL_ID,
    COAL_MWH_PER_T,
    CURVE_HEADER,
    GAS_EFFICIENCY,
    GAS_FUEL_ID,
    HEAT_VALUE_LOSS_PER_MONTH,
    TRAIN_T,
    YARD_HEADER,
    Main,
    YardSupply,
    deliveries_text,
    flow_max_tph,
    fuels_text,
    links_text,
)
from scenarios.cases.season import load_duration_c
from scenarios.cases.station_drawing import draw_stations
from scenarios.cases.station_mix import SHANDONG_INDEX_W_PER_M2, StationMix, Zone

FOLDER = Path(__file__).parent / "heze"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20201117  # day of the newspaper page (handbook §1, S2), its year not printed

SEASON_DAYS = 121
SEASON = (11, 15, SEASON_DAYS)  # month, day, length
SEASON_MEAN_C = 1.7
LOSS_SHARE = 0.05  # of the heat sent
STOCK_DAYS = 30
END_DAYS = 10  # what a planner leaves in the pile when the season ends
LEAD_DAYS = 5  # rail to Shandong, 4 to 7 (handbook §9)
SUN_SHARE = 0.89  # of the heat that a mean season would take without sun
NETWORK = SETTINGS["network"]
DESIGN_OUTDOOR_C: float = SETTINGS["design_outdoor_temp_c"]
PRIMARY_DIFFERENCE_K = NETWORK["primary_design_supply_c"] - NETWORK["primary_design_return_c"]

ZONES = (  # a utility each
    Zone("yongheng", "HZ-Y", 110, 0, 35.240, 115.497, 3.6),
    Zone("minsheng", "HZ-M", 66, 0, 35.256, 115.425, 3.0),
    Zone("jiyuan", "HZ-J", 44, 0, 35.197, 115.465, 2.6),
)
MIX = StationMix(
    zones=ZONES,
    area_m2=10_000_000,
    area_range_m2=(6_000, 180_000),
    area_spread=0.6,
    index_w_per_m2=40,
    design_outdoor_c=DESIGN_OUTDOOR_C,
    direct_users=100_000,
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
        Era.Y1996_2009: 0.32,
        Era.Y2010_2018: 0.22,
        Era.SINCE_2019: 0.04,
        Era.RETROFITTED: 0.10,
    },
    era_index_w_per_m2=SHANDONG_INDEX_W_PER_M2,
    floor_share=0.50,
    tower_stations=24,
    mixed_stations=14,
    heat_capacity_kj_per_m2k=310,
    oversize=1.2,
    oversize_range=(1.05, 1.40),
    radiator_supply_max_c=75,
    primary_supply_c=NETWORK["primary_design_supply_c"],
    primary_return_c=NETWORK["primary_design_return_c"],
)

# Heat at the sources, MW.
DESIGN_USERS_MW = MIX.area_m2 * MIX.index_w_per_m2 / 1e6
DESIGN_SENT_MW = DESIGN_USERS_MW / (1 - LOSS_SHARE)

A1, A1_MOST_MW, A1_SCHEDULED_POWER_MW = EXTRACTION_330, 400, 230
BOILERS, BOILER_MW, BOILER_LEAST_MW = 2, 29, 5

MAINS = (
    Main("A", "yongheng", 5.2, 800),
    Main("A", "minsheng", 8.1, 800),
    Main("A", "jiyuan", 6.4, 600),
    Main("B", "yongheng", 0.8, 400),
    Main("yongheng", "minsheng", 4.2, 400, two_way=True),
    Main("yongheng", "jiyuan", 3.6, 300, two_way=True),
)


def _sources() -> str:
    """One extraction unit at A; two equal gas boilers at B, in Yongheng's zone."""
    header = (
        "source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,"
        "efficiency,coal_kgce_per_gj,no_load_fuel_mw,fuel_id,power_mode,min_up_h,min_down_h,"
        "start_cost_yuan,start_fuel_tce,commitment,order_tolerance,notice_h,"
        "supply_temp_max_c,flow_max_tph"
    )
    a1 = f"A1,A,yard_A,chp_extraction,1,60,{A1_MOST_MW},48,,40,0,{COAL_FUEL_ID},scheduled"
    b1 = f"B1,B,,gas_boiler,{BOILERS},{BOILER_LEAST_MW},{BOILER_MW},58,{GAS_EFFICIENCY},,0"
    rows: list[list[object]] = [
        [
            *f"{a1},72,24,60000,60,false".split(","),
            *(0.05, 3, 120, flow_max_tph(A1_MOST_MW, PRIMARY_DIFFERENCE_K)),
        ],
        [
            *f"{b1},{GAS_FUEL_ID},,1,1,200,0,true".split(","),
            *(0.05, 1, 120, flow_max_tph(BOILER_MW, PRIMARY_DIFFERENCE_K)),
        ],
    ]
    return rows_text(header, rows)


def burn_t_per_day(load_share: float = 1.0) -> float:
    """Physical burn of plant A over a mean season, heat and power, t/day.

    `load_share` is the heat over that of a season without sun. The unit burns by a straight line,
    so the season's mean heat is all it takes; gas takes what is above 400 MW.
    """
    outdoor_c = load_duration_c(SEASON_DAYS, SEASON_MEAN_C, DESIGN_OUTDOOR_C)
    sent_mw = DESIGN_SENT_MW * (18 - outdoor_c) / (18 - DESIGN_OUTDOOR_C) * load_share
    heat_mw = float(sent_mw.clip(max=A1_MOST_MW).mean())
    return A1.fuel_mw(heat_mw, A1_SCHEDULED_POWER_MW) * 24 / COAL_MWH_PER_T


def _yards() -> str:
    """One pile of 30 days of mean physical burn; room for 45."""
    stock_t = STOCK_DAYS * burn_t_per_day()
    stock = f"{round(stock_t, -1):.0f}"
    capacity, unusable = f"{round(1.5 * stock_t, -3):.0f}", f"{round(0.04 * stock_t, -1):.0f}"
    meaning = "30 days of the season's mean physical burn, heat and power"
    pile = ["yard_A", COAL_FUEL_ID, stock, capacity, unusable, 15_000, "plant", 7, stock, meaning]
    supply = [0.003, LEAD_DAYS, "rail", TRAIN_T, 3, HEAT_VALUE_LOSS_PER_MONTH]
    return rows_text(YARD_HEADER, [[*pile, *supply]])


def _supply() -> YardSupply:
    """Two trains three times a week: on file is what takes the pile from 30 days to ten.

    A planner knows by experience what the plans burn: less than without sun.
    """
    season_t = (SEASON_DAYS - STOCK_DAYS + END_DAYS) * burn_t_per_day(SUN_SHARE)
    return YardSupply("yard_A", 7 / 3, 2, 0.95, season_t, autumn_trains=9)


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    loss_mw = DESIGN_SENT_MW - DESIGN_USERS_MW
    return {
        "sources.csv": _sources(),
        "source_curves.csv": rows_text(CURVE_HEADER, A1.rows("A1")),
        "schedules.csv": rows_text(
            "time,source_id,power_mw",
            [["2020-01-01T00:00:00+08:00", "A1", A1_SCHEDULED_POWER_MW]],
        ),
        "links.csv": links_text(MAINS, loss_mw, PRIMARY_DIFFERENCE_K),
        "stations.csv": table_text(draw_stations(MIX, seeded(SEED))),
        "yards.csv": _yards(),
        "deliveries.csv": deliveries_text((_supply(),), SEASON, seeded(SEED + 1)),
        "fuels.csv": fuels_text(gas=True),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
