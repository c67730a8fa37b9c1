"""Draw the tables of the reference case `zaozhuang`; run `python -m` with this module's name.

Totals are those of the Zaozhuang Shizhong briefing (handbook §1, row S0) and of column zaozhuang
of handbook §14; single stations are drawn. `zaozhuang/case.toml`, `README.md` and
`provenance.csv` are written by hand; the design temperatures are read from the first.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from dispatch.case_kinds import Era, Use
from scenarios.cases.chp_units import BACKPRESSURE_50, EXTRACTION_330
from scenarios.cases.generator import command, rows_text, seeded, table_text
from scenarios.cases.plant_tables import (
    COAL_FUEL_ID,
    COAL_MWH_PER_T,
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
from scenarios.cases.station_drawing import draw_stations
from scenarios.cases.station_mix import (
    SHANDONG_INDEX_W_PER_M2,
    StationMix,
    Zone,
)

FOLDER = Path(__file__).parent / "zaozhuang"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20221028  # day of the briefing

SEASON_DAYS = 121
SEASON = (11, 15, SEASON_DAYS)  # month, day, length
SEASON_MEAN_C = 1.7
LOSS_SHARE = 0.04  # of the heat sent
STOCK_DAYS = 30
END_DAYS = 10  # what a planner leaves in the piles when the season ends
LEAD_DAYS = {"yard_A": 5, "yard_B": 6}  # rail to Shandong, 4 to 7 (handbook §9)
CONTRACT_SHARE = {"yard_A": 1.0, "yard_B": 0.75}  # on file; the rest B buys as the winter asks
SUN_SHARE = 0.89  # of the heat that a mean season would take without sun: 0.27 of 0.303 GJ/m²
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
    oversize_range=(1.05, 1.40),
    radiator_supply_max_c=75,
    primary_supply_c=NETWORK["primary_design_supply_c"],
    primary_return_c=NETWORK["primary_design_return_c"],
)

# Heat at the sources, MW.
DESIGN_USERS_MW = MIX.area_m2 * MIX.index_w_per_m2 / 1e6
DESIGN_SENT_MW = DESIGN_USERS_MW / (1 - LOSS_SHARE)
MEAN_SENT_MW = DESIGN_SENT_MW * (18 - SEASON_MEAN_C) / (18 - DESIGN_OUTDOOR_C)

A1, A1_SCHEDULED_POWER_MW = EXTRACTION_330, 230
B1 = BACKPRESSURE_50

MAINS = (
    Main("A", "north", 3.4, 800),
    Main("A", "west", 4.1, 800),
    Main("A", "south", 8.1, 600),
    Main("B", "south", 2.4, 800),
    Main("B", "west", 5.9, 600),
    Main("B", "north", 7.0, 500),
)


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
        [*a1.split(","), 0.05, 3, 120, flow_max_tph(400, PRIMARY_DIFFERENCE_K)],
        [*b1.split(","), 0.05, 3, 120, flow_max_tph(110, PRIMARY_DIFFERENCE_K)],
        [*b3.split(","), 0.05, 12, 120, flow_max_tph(70, PRIMARY_DIFFERENCE_K)],
    ]
    return rows_text(header, rows)


def _source_curves() -> str:
    """Polygon of A1, line of B1, part-load points of B3."""
    return rows_text(CURVE_HEADER, [*A1.rows("A1"), *B1.rows("B1"), *chain_grate_rows("B3")])


def _burn_t_per_day(heat_mw: float, share_a: float) -> dict[str, float]:
    """Physical burn of each yard, heat and power, at a load of the network and a share of A."""
    heat_a, heat_b = heat_mw * share_a, heat_mw * (1 - share_a)
    fuel_a = A1.fuel_mw(heat_a, A1_SCHEDULED_POWER_MW)
    fuel_b = B1.fuel_mw(heat_b)
    return {"yard_A": fuel_a * 24 / COAL_MWH_PER_T, "yard_B": fuel_b * 24 / COAL_MWH_PER_T}


def _yards() -> str:
    """Two piles of 30 days of mean load at 6:4 each; room for 45."""
    rows: list[list[object]] = []
    burns = _burn_t_per_day(MEAN_SENT_MW, SHARES["A"])
    for (yard, burn), unloading in zip(burns.items(), (15_000, 8_000), strict=True):
        stock = f"{round(STOCK_DAYS * burn, -1):.0f}"
        capacity = f"{round(1.5 * STOCK_DAYS * burn, -3):.0f}"
        unusable = f"{round(0.04 * STOCK_DAYS * burn, -1):.0f}"
        meaning = "30 days of the season's mean physical burn, heat and power"
        pile = [yard, COAL_FUEL_ID, stock, capacity, unusable, unloading, "plant", 7, stock]
        supply = [LEAD_DAYS[yard], "rail", TRAIN_T, 3, HEAT_VALUE_LOSS_PER_MONTH]
        rows.append([*pile, meaning, 0.003, *supply])
    return rows_text(YARD_HEADER, rows)


def _supplies() -> tuple[YardSupply, ...]:
    """Two trains to A three times a week, one to B every five or six days.

    A planner knows by experience what the plans burn: less than without sun, and A takes the
    upper end of its share. On file is what takes the piles from 30 days to the few of the end.
    """
    share_a = SHARES["A"] + SETTINGS["share"]["main"]["band"]
    burns = _burn_t_per_day(SUN_SHARE * MEAN_SENT_MW, share_a)
    days = SEASON_DAYS - STOCK_DAYS + END_DAYS
    season_t = {yard: CONTRACT_SHARE[yard] * days * burn for yard, burn in burns.items()}
    return (
        YardSupply("yard_A", 7 / 3, 2, 0.95, season_t["yard_A"], autumn_trains=8),
        YardSupply("yard_B", 5.5, 1, 0.9, season_t["yard_B"], autumn_trains=3),
    )


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    loss_mw = DESIGN_SENT_MW - DESIGN_USERS_MW
    return {
        "sources.csv": _sources(),
        "source_curves.csv": _source_curves(),
        "schedules.csv": rows_text(
            "time,source_id,power_mw",
            [["2020-01-01T00:00:00+08:00", "A1", A1_SCHEDULED_POWER_MW]],
        ),
        "links.csv": links_text(MAINS, loss_mw, PRIMARY_DIFFERENCE_K),
        "stations.csv": table_text(draw_stations(MIX, seeded(SEED))),
        "yards.csv": _yards(),
        "deliveries.csv": deliveries_text(_supplies(), SEASON, seeded(SEED + 1)),
        "fuels.csv": fuels_text(),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
