"""Draw the tables of the reference case `liaocheng`; run `python -m` with this module's name.

Totals are those of the Liaocheng pages of 2017 and 2020 (handbook §1, rows S3 and S1) and of
column liaocheng of handbook §14; single stations are drawn. `liaocheng/case.toml`, `README.md`
and `provenance.csv` are written by hand; the design temperatures are read from the first.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dispatch.case_kinds import Era, Manager, Use
from dispatch.case_polygon import least_power_mw
from scenarios.cases.chp_units import EXTRACTION_330, ExtractionUnit
from scenarios.cases.generator import (
    Column,
    command,
    rows_text,
    seeded,
    shuffled,
    table_text,
)
from scenarios.cases.plant_tables import (
    COAL_FUEL_ID,
    COAL_MWH_PER_T,
    CURVE_HEADER,
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

FOLDER = Path(__file__).parent / "liaocheng"
SETTINGS = tomllib.loads((FOLDER / "case.toml").read_text(encoding="utf-8"))
SEED = 20171117  # day of the newspaper page

SEASON_DAYS = 121
SEASON = (11, 15, SEASON_DAYS)  # month, day, length
SEASON_MEAN_C = 1.2
LOSS_SHARE = 0.04  # of the heat sent
SUN_SHARE = 0.89  # of the heat that a mean season would take without sun
SHARES: Mapping[str, float] = SETTINGS["share"]["main"]["shares"]
NETWORK = SETTINGS["network"]
DESIGN_OUTDOOR_C: float = SETTINGS["design_outdoor_temp_c"]
PRIMARY_DIFFERENCE_K = NETWORK["primary_design_supply_c"] - NETWORK["primary_design_return_c"]

ZONES = (
    Zone("centre", "LC-C", 140, 13, 36.455, 115.985, 2.6),
    Zone("north", "LC-N", 100, 14, 36.497, 115.972, 3.0),
    Zone("east", "LC-E", 130, 22, 36.459, 116.045, 3.4),
    Zone("west", "LC-W", 100, 14, 36.448, 115.925, 3.2),
    Zone("south", "LC-S", 130, 28, 36.397, 116.000, 3.6),
)
MIX = StationMix(
    zones=ZONES,
    area_m2=24_000_000,
    area_range_m2=(6_000, 160_000),
    area_spread=0.6,
    index_w_per_m2=40,
    design_outdoor_c=DESIGN_OUTDOOR_C,
    direct_users=210_000,
    use_shares={
        Use.HOUSING: 0.85,
        Use.SCHOOL: 0.045,
        Use.OFFICE: 0.045,
        Use.HOSPITAL: 0.025,
        Use.SHOP: 0.035,
    },
    era_shares={
        Era.BEFORE_1986: 0.13,
        Era.Y1986_1995: 0.21,
        Era.Y1996_2009: 0.34,
        Era.Y2010_2018: 0.18,
        Era.SINCE_2019: 0.04,
        Era.RETROFITTED: 0.10,
    },
    era_index_w_per_m2=SHANDONG_INDEX_W_PER_M2,
    floor_share=0.40,
    tower_stations=64,
    mixed_stations=42,
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


@dataclass(frozen=True)
class Pair:
    """Two equal extraction units with a first station and mains of their own."""

    source_id: str
    unit: ExtractionUnit
    heat_mw: tuple[float, float]  # least and most of one unit
    power_mw: tuple[float, float]  # that the grid asks for at least and takes at most, both units
    start: tuple[int, int]  # yuan, tce

    def fuel_mw(self, heat_mw: float) -> float:
        """Fuel of both at a heat of both and the least power there, MW."""
        corners = list(self.unit.vertices_mw)
        power_mw = max(self.power_mw[0], 2 * least_power_mw(corners, heat_mw / 2))
        return 2 * self.unit.fuel_mw(heat_mw / 2, power_mw / 2)


# The grid asks for a little more than half of the rating, so that both units of a pair run.
A = Pair("A1", EXTRACTION_330, (60, 400), (340, 660), (60_000, 60))
B = Pair("B1", EXTRACTION_330.scaled(0.43, 0.35), (24, 160), (146, 284), (25_000, 26))

ROUTES_KM = {"centre": 5.6, "north": 5.2, "east": 5.0, "west": 10.6, "south": 13.5}
DIAMETERS_MM = {"A": (1000, 800, 1000, 800, 1000), "B": (600, 600, 600, 500, 600)}

# The page of 2017: on 15 November a property firm's valve was still shut, another opened slowly to
# buy less heat. One in twenty is shut until the third day is over (handbook §10).
SEASON_STARTS = ("2025-11-15", "2026-11-15")
LATE_VALVES = (  # stations, heat let through, day of November on which the valve is opened
    (5, 0, 18, "valve kept shut by the property firm"),
    (6, 0.6, 22, "valve half open: the property firm buys less heat"),
)

YARD_ID = "yard"
STOCK_T, CAPACITY_T = 210_000, 230_000
LEAD_DAYS = 5  # rail to Shandong, 4 to 7 (handbook §9)
END_DAYS = 10  # what a planner leaves in the pile when the season ends


def _sources() -> str:
    """Two pairs of extraction units at one yard."""
    header = (
        "source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,"
        "coal_kgce_per_gj,no_load_fuel_mw,fuel_id,power_mode,min_up_h,min_down_h,"
        "start_cost_yuan,start_fuel_tce,commitment,order_tolerance,notice_h,"
        "supply_temp_max_c,flow_max_tph"
    )
    rows: list[list[object]] = []
    for plant_id, pair in (("A", A), ("B", B)):
        least, most = pair.heat_mw
        what = [pair.source_id, plant_id, YARD_ID, "chp_extraction", 2, least, most]
        burns = [f"{0.12 * most:g}", 40, 0, COAL_FUEL_ID, "band", 72, 24, *pair.start, "false"]
        limits = [0.05, 3, 120, flow_max_tph(most, PRIMARY_DIFFERENCE_K)]
        rows.append([*what, *burns, *limits])
    return rows_text(header, rows)


def _schedules() -> str:
    """The band of power of each pair, from long ago on."""
    return rows_text(
        "time,source_id,power_mw,power_min_mw",
        [
            ["2017-01-01T00:00:00+08:00", pair.source_id, *reversed(pair.power_mw)]
            for pair in (A, B)
        ],
    )


def _mains() -> tuple[Main, ...]:
    """Two mains side by side into every zone, one of each pair."""
    return tuple(
        Main(plant_id, zone_id, length_km, diameter_mm)
        for plant_id, diameters in DIAMETERS_MM.items()
        for (zone_id, length_km), diameter_mm in zip(ROUTES_KM.items(), diameters, strict=True)
    )


def burn_t_per_day(sent_mw: float) -> float:
    """Physical burn of all four units at equal loading, heat and the least power, t a day."""
    fuel_mw = A.fuel_mw(SHARES["A"] * sent_mw) + B.fuel_mw(SHARES["B"] * sent_mw)
    return fuel_mw * 24 / COAL_MWH_PER_T


def _yards() -> str:
    """One pile of 210 000 t for heat and power of all four units."""
    meaning = "what the page of 2017 says: 30 days, or a month of severe cold"
    pile = [YARD_ID, COAL_FUEL_ID, STOCK_T, CAPACITY_T, f"{0.04 * STOCK_T:.0f}", 20_000]
    rule = ["plant", 7, STOCK_T, meaning, 0.003]
    supply = [LEAD_DAYS, "rail", TRAIN_T, 3, HEAT_VALUE_LOSS_PER_MONTH]
    return rows_text(YARD_HEADER, [[*pile, *rule, *supply]])


def _supply() -> YardSupply:
    """Two trains a day until the Spring Festival: from a full yard to ten days at the end."""
    outdoor_c = load_duration_c(SEASON_DAYS, SEASON_MEAN_C, DESIGN_OUTDOOR_C)
    sent_mw = SUN_SHARE * DESIGN_SENT_MW * (18 - outdoor_c) / (18 - DESIGN_OUTDOOR_C)
    burn_t = float(np.sum([burn_t_per_day(float(load)) for load in sent_mw]))
    season_t = burn_t * (1 + END_DAYS / SEASON_DAYS) - STOCK_T
    return YardSupply(YARD_ID, 1, 2, 0.95, season_t, autumn_trains=35)


def _outages(stations: Mapping[str, Column]) -> str:
    """Third-party stations whose owners keep the valve shut, or half shut, as a season begins."""
    managers = dict(zip(stations["station_id"], stations["managed_by"], strict=True))
    outside = [station for station, by in managers.items() if by == Manager.THIRD_PARTY.value]
    drawn = iter(shuffled(seeded(SEED + 2), len(outside)).tolist())
    rows: list[list[object]] = []
    for count, fraction, last_day, reason in LATE_VALVES:
        for station in sorted(str(outside[next(drawn)]) for _ in range(count)):
            rows += [
                ["station", station, f"{start}T00:00:00+08:00", end, fraction, reason]
                for start in SEASON_STARTS
                for end in [f"{start[:8]}{last_day}T08:00:00+08:00"]
            ]
    rows.sort(key=lambda row: (str(row[2]), str(row[4]), str(row[1])))
    return rows_text("kind,id,from,to,available_fraction,reason", rows)


def tables() -> dict[str, str]:
    """Return every drawn table as text, by file name."""
    loss_mw = DESIGN_SENT_MW - DESIGN_USERS_MW
    stations = draw_stations(MIX, seeded(SEED))
    return {
        "sources.csv": _sources(),
        "source_curves.csv": rows_text(CURVE_HEADER, [*A.unit.rows("A1"), *B.unit.rows("B1")]),
        "schedules.csv": _schedules(),
        "outages.csv": _outages(stations),
        "links.csv": links_text(_mains(), loss_mw, PRIMARY_DIFFERENCE_K),
        "stations.csv": table_text(stations),
        "yards.csv": _yards(),
        "deliveries.csv": deliveries_text((_supply(),), SEASON, seeded(SEED + 1)),
        "fuels.csv": fuels_text(),
    }


main = command(tables, FOLDER)

if __name__ == "__main__":
    main()
