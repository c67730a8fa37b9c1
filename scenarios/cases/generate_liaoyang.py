"""Draw the tables of the reference case `liaoyang`; run `python -m` with this module's name.

The whole city after the province's report (handbook §1, row S4) and column liaoyang of handbook
§14: eleven companies with their own boilers around two CHP units, hardly more than the design
day takes. `liaoyang/case.toml`, `README.md` and `provenance.csv` are written by hand; the design
temperatures are read from the first.
"""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dispatch.case_kinds import Era, Use
from scenarios.cases.chp_units import EXTRACTION_330
from scenarios.cases.generator import command, round_to_total, rows_text, seeded, table_text
from scenarios.cases.plant_tables import (
    COAL_CO2_T_PER_TCE,
    COAL_FUEL_ID,
    COAL_KCAL_PER_KG,
    COAL_MWH_PER_T,
    COAL_YUAN_PER_T_AT_5500,
    CURVE_HEADER,
    GAS_CO2_T_PER_TCE,
    GAS_EFFICIENCY,
    GAS_FUEL_ID,
    GAS_KCAL_PER_NM3,
    GAS_YUAN_PER_NM3,
    HEAT_VALUE_LOSS_PER_MONTH,
    TRAIN_T,
    YARD_HEADER,
    Main,
    YardSupply,
    chain_grate_rows,
    deliveries_text,
    flow_max_tph,
    links_text,
)
from scenarios.cases.station_drawing import draw_stations
from scenarios.cases.station_mix import LIAONING_INDEX_W_PER_M2, StationMix, Zone

FOLDER = Path(__file__).parent / "liaoyang"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20231030  # day by which all eleven companies supplied (handbook §1, S4)

SEASON_DAYS = 151
SEASON = (11, 1, SEASON_DAYS)  # month, day, length
LOSS_SHARE = 0.05  # of the heat sent
NETWORK = SETTINGS["network"]
DESIGN_OUTDOOR_C: float = SETTINGS["design_outdoor_temp_c"]
PRIMARY_DIFFERENCE_K = NETWORK["primary_design_supply_c"] - NETWORK["primary_design_return_c"]


@dataclass(frozen=True)
class Company:
    """One of the eleven: its boilers, the zone they feed, and the main between them."""

    plant_id: str
    zone_id: str
    main: tuple[float, int]  # km, nominal diameter mm
    coal_boilers: int = 0
    gas_boilers: int = 0
    condition: float = 1.0  # efficiency of its coal boilers over the handbook's: newer or older
    storage_rate: float = 0.0  # stock over target on the first day, before scaling to the city's
    # Coal on file for a season: about 0.92 of what a mean one burns beyond the stock and ten days
    # at its end, by the coal outlook of 20 November. Companies with better boilers burn more.
    season_kt: float = 0.0


# Every fifth station is run by others.
ZONES = (
    Zone("baita", "LY-BT", 190, 38, 41.271, 123.165, 3.0),
    Zone("wensheng", "LY-WS", 145, 29, 41.285, 123.205, 2.8),
    Zone("qingyang", "LY-QY", 95, 19, 41.250, 123.225, 2.4),
    Zone("hongwei", "LY-HW", 165, 33, 41.215, 123.195, 2.8),
    Zone("taizihe", "LY-TZ", 180, 36, 41.300, 123.140, 3.0),
    Zone("shoushan", "LY-SS", 125, 25, 41.222, 123.095, 2.6),
)
COMPANIES = (
    Company("C1", "baita", (2.4, 1000), 5, 0, 1.010, 0.76, 150),
    Company("C2", "baita", (2.8, 1000), 5, 0, 1.000, 0.70, 100),
    Company("C3", "wensheng", (2.4, 1000), 5, 0, 0.990, 0.82, 122),
    Company("C4", "wensheng", (2.0, 600), 0, 16),
    Company("C5", "qingyang", (1.9, 1000), 3, 12, 1.030, 0.64, 110),
    Company("C6", "hongwei", (2.2, 800), 4, 0, 1.020, 0.72, 143),
    Company("C7", "hongwei", (2.6, 600), 2, 0, 0.970, 0.78, 39),
    Company("C8", "hongwei", (2.1, 600), 0, 16),
    Company("C9", "taizihe", (2.3, 1000), 3, 16, 1.015, 0.68, 105),
    Company("C10", "taizihe", (2.5, 800), 0, 24),
    Company("C11", "shoushan", (2.2, 1000), 3, 16, 0.980, 0.80, 65),
)
CHP_MAINS = (
    Main("CHP", "baita", 7.6, 1000),
    Main("CHP", "wensheng", 6.2, 1000),
    Main("CHP", "qingyang", 3.4, 1000),
    Main("CHP", "hongwei", 4.2, 1000),
    Main("CHP", "taizihe", 10.8, 1000),
    Main("CHP", "shoushan", 9.4, 1000),
)
MIX = StationMix(
    zones=ZONES,
    area_m2=60_930_000,
    area_range_m2=(10_000, 250_000),
    area_spread=0.55,
    index_w_per_m2=50,
    design_outdoor_c=DESIGN_OUTDOOR_C,
    direct_users=520_000,
    use_shares={
        Use.HOUSING: 0.85,
        Use.SCHOOL: 0.045,
        Use.OFFICE: 0.045,
        Use.HOSPITAL: 0.025,
        Use.SHOP: 0.035,
    },
    era_shares={
        Era.BEFORE_1986: 0.22,
        Era.Y1986_1995: 0.30,
        Era.Y1996_2009: 0.28,
        Era.Y2010_2018: 0.06,
        Era.SINCE_2019: 0.02,
        Era.RETROFITTED: 0.12,
    },
    era_index_w_per_m2=LIAONING_INDEX_W_PER_M2,
    floor_share=0.25,
    tower_stations=90,
    mixed_stations=65,
    heat_capacity_kj_per_m2k=330,
    oversize=1.1,
    oversize_range=(1.02, 1.20),
    radiator_supply_max_c=80,
    primary_supply_c=NETWORK["primary_design_supply_c"],
    primary_return_c=NETWORK["primary_design_return_c"],
)

LOSS_MW_PER_KM = {600: 0.107, 800: 0.127, 1000: 0.159}  # supply and return, handbook §7

# Heat at the sources, MW.
DESIGN_USERS_MW = MIX.area_m2 * MIX.index_w_per_m2 / 1e6
DESIGN_SENT_MW = DESIGN_USERS_MW / (1 - LOSS_SHARE)

CHP_UNITS, CHP_HEAT_MW, CHP_POWER_MW = 2, 400, 230  # heat and scheduled power of one
COAL_MW, GAS_MW = 58, 7  # of one boiler

BOILER_FUEL_ID, BOILER_KCAL_PER_KG = "coal_4700", 4700
CITY_STOCK_T, CITY_TARGET_T = 117_800, 162_000  # coal of the companies' boilers
TARGET_MEANING = "25 days of the companies' coal boilers at 6.5 kt a day of 4700 kcal/kg"
CHP_STOCK_DAYS, CHP_END_DAYS = 20, 10
LEAD_DAYS = 5  # rail from eastern Mongolia, 3 to 6 (handbook §9)
FULL_RHYTHM_DAYS = 137  # of a season at the usual rhythm: half of it for 28 days
WITH_COAL = tuple(company for company in COMPANIES if company.coal_boilers)


def _sources() -> str:
    """Two CHP units; a row of coal boilers and one of gas boilers for each company."""
    header = (
        "source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,"
        "coal_kgce_per_gj,efficiency,no_load_fuel_mw,fuel_id,power_mode,min_up_h,min_down_h,"
        "start_cost_yuan,start_fuel_tce,commitment,order_tolerance,notice_h,supply_temp_max_c,"
        "flow_max_tph"
    )
    chp = f"CHP-330,CHP,yard_CHP,chp_extraction,{CHP_UNITS},60,{CHP_HEAT_MW},48,40,,0"
    chp += f",{COAL_FUEL_ID},scheduled,72,24,60000,60,false,0.05,3,130"
    rows: list[list[object]] = [[*chp.split(","), flow_max_tph(CHP_HEAT_MW, PRIMARY_DIFFERENCE_K)]]
    for company in COMPANIES:
        name = company.plant_id
        if company.coal_boilers:
            row = (
                f"{name}-coal,{name},yard_{name},coal_boiler,{company.coal_boilers},23.2,{COAL_MW}"
            )
            row += f",7,44,,0,{BOILER_FUEL_ID},,48,24,2500,10,true,0.05,12,130"
            rows.append([*row.split(","), flow_max_tph(COAL_MW, PRIMARY_DIFFERENCE_K)])
        if company.gas_boilers:
            row = f"{name}-gas,{name},,gas_boiler,{company.gas_boilers},1.4,{GAS_MW},14,36.7"
            row += f",{GAS_EFFICIENCY},0,{GAS_FUEL_ID},,1,1,0,0,false,0.05,1,130"
            rows.append([*row.split(","), flow_max_tph(GAS_MW, PRIMARY_DIFFERENCE_K)])
    return rows_text(header, rows)


def _source_curves() -> str:
    """Polygon of the CHP units, part-load points of the coal boilers."""
    rows = EXTRACTION_330.rows("CHP-330")
    for company in WITH_COAL:
        rows += chain_grate_rows(f"{company.plant_id}-coal", company.condition)
    return rows_text(CURVE_HEADER, rows)


def _links() -> str:
    """CHP to every zone, and each company's boilers to its own.

    A company's main loses what a new pipe does, and nothing where there are gas boilers, which
    stand in the streets they heat: else they would smoulder through mild weather to keep it warm.
    All losses of the zones' branches are with the mains that are always in use.
    """
    own = [company for company in COMPANIES if not company.gas_boilers]
    gas = [company for company in COMPANIES if company.gas_boilers]
    own_mw = sum(company.main[0] * LOSS_MW_PER_KM[company.main[1]] for company in own)
    rest_mw = DESIGN_SENT_MW - DESIGN_USERS_MW - round(own_mw, 2)
    text = links_text(CHP_MAINS, rest_mw, PRIMARY_DIFFERENCE_K)
    for companies, loss_mw in ((own, own_mw), (gas, 0.0)):
        mains = [Main(company.plant_id, company.zone_id, *company.main) for company in companies]
        rows = links_text(mains, loss_mw, PRIMARY_DIFFERENCE_K)
        text += rows.partition("\n")[2]
    return text


def _chp_t_per_day() -> float:
    """Physical burn of both units at full heat, the usual of a season, heat and power."""
    fuel_mw = CHP_UNITS * EXTRACTION_330.fuel_mw(CHP_HEAT_MW, CHP_POWER_MW)
    return fuel_mw * 24 / COAL_MWH_PER_T


def _yards() -> str:
    """The companies' piles, together the city's stock and target; the CHP plant's own beside."""
    boilers = np.array([company.coal_boilers for company in WITH_COAL], dtype=float)
    rates = np.array([company.storage_rate for company in WITH_COAL])
    stocks = 10 * round_to_total(boilers * rates, CITY_STOCK_T / 10)
    targets = 10 * round_to_total(boilers, CITY_TARGET_T / 10)
    supply = [LEAD_DAYS, "rail", TRAIN_T, 3, HEAT_VALUE_LOSS_PER_MONTH]
    burn = _chp_t_per_day()
    stock = round(CHP_STOCK_DAYS * burn, -1)
    capacity, unusable = round(40 * burn, -3), round(0.04 * stock, -1)
    numbers = [f"{value:.0f}" for value in (stock, capacity, unusable)]
    meaning = "20 days of the CHP plant's burn, heat and power"
    row = ["yard_CHP", COAL_FUEL_ID, *numbers, 16_000, "plant", 7, numbers[0], meaning, 0.003]
    rows: list[list[object]] = [[*row, *supply]]
    for company, stock_t, target_t in zip(WITH_COAL, stocks, targets, strict=True):
        capacity, unusable = round(1.5 * target_t, -3), round(0.04 * stock_t, -1)
        numbers = [f"{value:.0f}" for value in (stock_t, capacity, unusable)]
        pile = [f"yard_{company.plant_id}", BOILER_FUEL_ID, *numbers, 6_000, "plant", 7]
        rows.append([*pile, f"{target_t:.0f}", TARGET_MEANING, 0.003, *supply])
    return rows_text(YARD_HEADER, rows)


def _supplies() -> tuple[YardSupply, ...]:
    """Two trains a day to the CHP plant; single trains to the companies, as large as a train is."""
    days = SEASON_DAYS - CHP_STOCK_DAYS + CHP_END_DAYS
    season_t = days * _chp_t_per_day()
    supplies = [YardSupply("yard_CHP", 1, 2, 0.95, season_t, 20, lean_to_the_end=False)]
    for company in WITH_COAL:
        season_t = company.season_kt * 1000
        every_days = FULL_RHYTHM_DAYS * TRAIN_T / season_t
        trains = company.coal_boilers  # of the autumn: what a pile of 10 days lacks in November
        yard = f"yard_{company.plant_id}"
        plain = YardSupply(yard, every_days, 1, 0.9, season_t, trains, lean_to_the_end=False)
        supplies.append(replace(plain, kcal_per_kg=BOILER_KCAL_PER_KG))
    return tuple(supplies)


def _fuels() -> str:
    """Coal of the CHP plant and of the companies, priced alike by calorific value; gas."""
    header = "fuel_id,kind,unit,net_calorific_value,price,co2_t_per_tce"
    rows: list[list[object]] = []
    coals = {COAL_FUEL_ID: COAL_KCAL_PER_KG, BOILER_FUEL_ID: BOILER_KCAL_PER_KG}
    for fuel_id, kcal in coals.items():
        price = f"{COAL_YUAN_PER_T_AT_5500 * kcal / 5500:.2f}"
        rows.append([fuel_id, "coal", "t", kcal, price, COAL_CO2_T_PER_TCE])
    gas = [GAS_FUEL_ID, "gas", "nm3", GAS_KCAL_PER_NM3, GAS_YUAN_PER_NM3, GAS_CO2_T_PER_TCE]
    return rows_text(header, [*rows, gas])


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    return {
        "sources.csv": _sources(),
        "source_curves.csv": _source_curves(),
        "schedules.csv": rows_text(
            "time,source_id,power_mw",
            [["2020-01-01T00:00:00+08:00", "CHP-330", CHP_UNITS * CHP_POWER_MW]],
        ),
        "links.csv": _links(),
        "stations.csv": table_text(draw_stations(MIX, seeded(SEED))),
        "yards.csv": _yards(),
        "deliveries.csv": deliveries_text(_supplies(), SEASON, seeded(SEED + 1)),
        "fuels.csv": _fuels(),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
