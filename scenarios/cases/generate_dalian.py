"""Draw the tables of the reference case `dalian`; run `python -m` with this module's name.

The Huaneng plant's network after the seed page S4 (handbook §1) and column dalian of handbook
§14: four extraction units, seven peak boilers, own stations and wholesale takers.
`dalian/case.toml`, `README.md` and `provenance.csv` are written by hand; the design temperatures
are read from the first.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np

from dispatch.case_kinds import Era, Use
from scenarios.cases.chp_units import EXTRACTION_330
from scenarios.cases.generator import Array, command, rows_text, seeded, table_text
from scenarios.cases.plant_tables import (
    COAL_FUEL_ID,
    COAL_MWH_PER_T,
    CURVE_HEADER,
    HEAT_VALUE_LOSS_PER_MONTH,
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
from scenarios.cases.wholesale import draw_wholesale, joined

FOLDER = Path(__file__).parent / "dalian"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20231105  # first day of the season of the seed page (handbook §1, S4)

SEASON_DAYS = 152
SEASON = (11, 5, SEASON_DAYS)  # month, day, length
SEASON_MEAN_C = 0.3
LOSS_SHARE = 0.04  # of the heat sent
NETWORK = SETTINGS["network"]
DESIGN_OUTDOOR_C: float = SETTINGS["design_outdoor_temp_c"]
PRIMARY_DIFFERENCE_K = NETWORK["primary_design_supply_c"] - NETWORK["primary_design_return_c"]

# 124 own stations of 200 000 m² each: larger than usual (20 000 to 150 000 m²), smaller than the
# 363 000 m² of the whole area over 124. What is left is sold wholesale.
AREA_M2, OWN_AREA_M2 = 45_000_000, 24_800_000
EAST, NORTH = (39.055, 121.790, 2.5), (39.105, 121.735, 2.5)
MIDDLE, SOUTH = (38.985, 121.590, 3.0), (38.910, 121.605, 3.0)
OWN = StationMix(
    zones=(
        Zone("east", "DL-E", 28, 0, *EAST),
        Zone("north", "DL-N", 32, 0, *NORTH),
        Zone("middle", "DL-M", 32, 0, *MIDDLE),
        Zone("south", "DL-S", 32, 0, *SOUTH),
    ),
    area_m2=OWN_AREA_M2,
    area_range_m2=(60_000, 450_000),
    area_spread=0.42,
    index_w_per_m2=45,
    design_outdoor_c=DESIGN_OUTDOOR_C,
    direct_users=260_000,
    use_shares={
        Use.HOUSING: 0.85,
        Use.SCHOOL: 0.045,
        Use.OFFICE: 0.045,
        Use.HOSPITAL: 0.025,
        Use.SHOP: 0.035,
    },
    era_shares={
        Era.BEFORE_1986: 0.14,
        Era.Y1986_1995: 0.22,
        Era.Y1996_2009: 0.32,
        Era.Y2010_2018: 0.16,
        Era.SINCE_2019: 0.03,
        Era.RETROFITTED: 0.13,
    },
    era_index_w_per_m2=LIAONING_INDEX_W_PER_M2,
    floor_share=0.30,
    tower_stations=17,
    mixed_stations=11,
    heat_capacity_kj_per_m2k=320,
    oversize=1.15,
    oversize_range=(1.05, 1.27),
    radiator_supply_max_c=80,
    primary_supply_c=NETWORK["primary_design_supply_c"],
    primary_return_c=NETWORK["primary_design_return_c"],
)
WHOLESALE = replace(
    OWN,
    zones=(
        Zone("east", "DL-EW", 4, 0, *EAST),
        Zone("north", "DL-NW", 4, 0, *NORTH),
        Zone("middle", "DL-MW", 5, 0, *MIDDLE),
        Zone("south", "DL-SW", 5, 0, *SOUTH),
    ),
    area_m2=AREA_M2 - OWN_AREA_M2,
    area_range_m2=(500_000, 1_900_000),
    area_spread=0.40,
    direct_users=212_000,  # at the homes per area of the own stations
    use_shares={Use.HOUSING: 1.0},  # what prevails; a district's schools and shops are inside
    era_shares={  # what prevails in a district: none is wholly of before 1986 or new
        Era.Y1986_1995: 0.24,
        Era.Y1996_2009: 0.44,
        Era.Y2010_2018: 0.16,
        Era.RETROFITTED: 0.16,
    },
    tower_stations=0,
    mixed_stations=0,
)
TAKERS = "海韵 银帆 碧波 松涛 云帆 锦绣 祥和 远帆 明珠 滨城 晨光 蓝湾 朝霞 丰泽 中和 华丰 金穗 长风"

# Heat at the sources, MW.
DESIGN_USERS_MW = AREA_M2 * OWN.index_w_per_m2 / 1e6
DESIGN_SENT_MW = DESIGN_USERS_MW / (1 - LOSS_SHARE)
SUN_SHARE = 0.90  # of the heat that a mean season would take without sun

UNITS, UNIT_MW = 4, 420
UNIT_350 = EXTRACTION_330.scaled(1.06, condensing_efficiency=0.40, most_heat_mw=UNIT_MW)
SCHEDULED_POWER_MW = 1000  # of the four, 71 % of their rating
BOILERS, BOILER_MW, BOILER_BEST = 7, 70, 0.82

MAINS = (
    Main("A", "east", 5.4, 1200),
    Main("A", "north", 9.7, 1400),
    Main("A", "middle", 15.1, 1400),
    Main("A", "south", 18.9, 1400),
    Main("B", "south", 4.3, 1000),
    Main("B", "middle", 7.0, 800),
)

STOCK_DAYS = 20  # in both yards on the first day; in A also on the last
SHIP_T, SHIP_EVERY_DAYS = 20_000, 1.5
SHIP_DAYS = 3 + 4  # at sea from Qinhuangdao, 2 to 4, and waiting for a berth, 2 to 7
CONVOY_T, TRUCK_T = 1_320, 33  # forty trucks a day


def _sources() -> str:
    """Four equal extraction units at A; seven equal boilers at B."""
    header = (
        "source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,"
        "coal_kgce_per_gj,no_load_fuel_mw,fuel_id,power_mode,min_up_h,min_down_h,"
        "start_cost_yuan,start_fuel_tce,commitment,order_tolerance,notice_h,"
        "supply_temp_max_c,flow_max_tph"
    )
    unit = f"chp_extraction,{UNITS},63,{UNIT_MW},50.4,40,0,{COAL_FUEL_ID},scheduled"
    boiler = f"coal_boiler,{BOILERS},28,{BOILER_MW},8.4,44,0,{COAL_FUEL_ID},"
    rows = [
        [
            *f"A1,A,yard_A,{unit},72,24,60000,60,false".split(","),
            *(0.05, 3, 130, flow_max_tph(UNIT_MW, PRIMARY_DIFFERENCE_K)),
        ],
        [
            *f"B1,B,yard_B,{boiler},48,24,3000,12,true".split(","),
            *(0.05, 12, 130, flow_max_tph(BOILER_MW, PRIMARY_DIFFERENCE_K)),
        ],
    ]
    return rows_text(header, rows)


def _plant_burn_t_per_day(sent_mw: Array) -> float:
    """Physical burn of the four units, heat and power, in the mean over days of heat sent."""
    heat_mw = float(np.minimum(sent_mw, UNITS * UNIT_MW).mean())
    return UNIT_350.fuel_mw(heat_mw, SCHEDULED_POWER_MW) * 24 / COAL_MWH_PER_T


def _season_sent_mw() -> Array:
    """Heat sent on each day of the mean season without sun, coldest first."""
    outdoor_c = load_duration_c(SEASON_DAYS, SEASON_MEAN_C, DESIGN_OUTDOOR_C)
    return np.asarray(DESIGN_SENT_MW * (18 - outdoor_c) / (18 - DESIGN_OUTDOOR_C))


def _yards() -> str:
    """The plant's pile, filled from its berth; the boiler house's, filled by trucks."""
    plant = STOCK_DAYS * _plant_burn_t_per_day(_season_sent_mw())
    boilers = STOCK_DAYS * BOILERS * BOILER_MW / BOILER_BEST * 24 / COAL_MWH_PER_T
    rows: list[list[object]] = []
    for yard, stock, room, unloading, meaning, supply in (
        (
            "yard_A",
            plant,
            1.6,
            24_000,
            "20 days of the season's mean physical burn, heat and power",
            [SHIP_DAYS, "sea", SHIP_T, 3, HEAT_VALUE_LOSS_PER_MONTH],
        ),
        (
            "yard_B",
            boilers,
            1.2,
            3_000,
            "20 days with all seven boilers at full load, about a mean season's burn",
            [2, "road", TRUCK_T, 1, HEAT_VALUE_LOSS_PER_MONTH],
        ),
    ):
        written = f"{round(stock, -2):.0f}"
        capacity = f"{round(room * stock, -4):.0f}"
        bottom = f"{round(0.04 * stock, -1):.0f}"
        pile = [yard, COAL_FUEL_ID, written, capacity, bottom, unloading, "plant", 7, written]
        rows.append([*pile, meaning, 0.003, *supply])
    return rows_text(YARD_HEADER, rows)


def _supplies() -> tuple[YardSupply, ...]:
    """Ships bring what the plant burns in a season, trucks in autumn what the boilers will.

    A planner knows by experience what the plans burn: less than without sun.
    """
    season_t = SEASON_DAYS * _plant_burn_t_per_day(SUN_SHARE * _season_sent_mw())
    return (
        YardSupply("yard_A", SHIP_EVERY_DAYS, 1, 0.9, season_t, 1, SHIP_T, lean_to_the_end=False),
        YardSupply("yard_B", 1, 0, 0.95, 0, 28, CONVOY_T),
    )


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    own = draw_stations(OWN, seeded(SEED))
    names = [f"{word}供热趸售站" for word in TAKERS.split()]
    takers = draw_wholesale(WHOLESALE, names, seeded(SEED + 2))
    return {
        "sources.csv": _sources(),
        "source_curves.csv": rows_text(
            CURVE_HEADER, [*UNIT_350.rows("A1"), *chain_grate_rows("B1")]
        ),
        "schedules.csv": rows_text(
            "time,source_id,power_mw", [["2020-01-01T00:00:00+08:00", "A1", SCHEDULED_POWER_MW]]
        ),
        "links.csv": links_text(MAINS, DESIGN_SENT_MW - DESIGN_USERS_MW, PRIMARY_DIFFERENCE_K),
        "stations.csv": table_text(joined(own, takers)),
        "yards.csv": _yards(),
        "deliveries.csv": deliveries_text(_supplies(), SEASON, seeded(SEED + 1)),
        "fuels.csv": fuels_text(),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
