"""A small, complete and valid case folder, and edits that break it, for tests.

Two plants (A an extraction CHP on the grid's schedule, B two coal boilers), two zones, six
station loops, 39.9 MW of design load at −4.5 °C plus 1.4 MW of loss against 54 MW installed. The
CHP is the 330 MW unit of handbook §8 scaled by 0.065.
"""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

from dispatch.case import Station

Edit = Callable[[Path], None]

CASE_TOML = """\
id = "small"
name_en = "Small town"
name_zh = "小城"
latitude = 34.8
longitude = 117.6
timezone = "Asia/Shanghai"
season_start = "11-15"
season_end = "03-15"
design_outdoor_temp_c = -4.5

[comfort]
legal_min_c = 18
upper_c = 23
policy = "least_fuel"

[time]
horizon_h = 72
step_min = 60
setpoint_hold_h = 4

[share.town]
shares = { A = 0.6, B = 0.4 }
band = 0.05

[fuel]
minimise = "fuel"

[network]
soil_temp_c = [5, 4, 5, 9, 14, 18, 22, 23, 21, 17, 12, 7]
primary_design_supply_c = 105
primary_design_return_c = 50

[uncertainty]
sigma_24h_k = 1.75

[[weather]]
kind = "climate"
"""

TABLES: Mapping[str, str] = {
    "sources.csv": """\
source_id,plant_id,yard_id,kind,unit_count,min_output_mw,max_output_mw,ramp_mw_per_h,efficiency,\
coal_kgce_per_gj,no_load_fuel_mw,fuel_id,power_mode,min_up_h,min_down_h,max_starts,\
start_cost_yuan,start_fuel_tce,commitment,order_tolerance,notice_h,supply_temp_max_c,flow_max_tph
chp_1,A,yard_a,chp_extraction,1,3,26,4,,40,0,coal,scheduled,48,24,,0,4,0,0.05,3,120,600
boiler_1,B,yard_b,coal_boiler,2,5.6,14,2,0.82,,0,coal,scheduled,24,12,2,3000,2,0,0.05,2,115,330
""",
    "source_curves.csv": """\
source_id,load_fraction,efficiency,heat_mw,power_mw,fuel_mw
chp_1,,,0,21.45,57.2
chp_1,,,26,17.03,57.2
chp_1,,,26,14.95,51.65
chp_1,,,12.61,7.605,26
chp_1,,,0,9.75,26
boiler_1,0.4,0.72,,,
boiler_1,0.6,0.79,,,
boiler_1,0.8,0.82,,,
boiler_1,1,0.82,,,
""",
    "schedules.csv": """\
time,source_id,power_mw,min_output_mw,max_output_mw,price
2025-11-01T00:00:00+08:00,chp_1,16,,,
2026-01-14T22:00:00+08:00,chp_1,15.2,,,
2026-01-15T06:00:00+08:00,chp_1,16.5,,,
2026-01-15T22:00:00+08:00,chp_1,15.2,,,
2026-01-16T06:00:00+08:00,chp_1,16.5,,,
""",
    "outages.csv": """\
kind,id,from,to,available_fraction,reason
source,boiler_1,2026-02-10T08:00:00+08:00,2026-02-12T20:00:00+08:00,0.5,grate repair
link,A>south,2026-02-20T08:00:00+08:00,2026-02-20T18:00:00+08:00,0.8,valve
""",
    "links.csv": """\
from_id,to_id,capacity_mw,length_km,diameter_mm,\
delay_h_at_40pct_flow,delay_h_at_70pct_flow,delay_h_at_100pct_flow,loss_mw_design
A,north,26,4,500,2,1.2,0.8,0.4
A,south,22,6,450,3,1.8,1.2,0.4
B,north,14,5,350,2.6,1.5,1,0.2
B,south,28,3,500,1.5,0.9,0.6,0.4
""",
    "yards.csv": """\
yard_id,fuel_id,stock_t,capacity_t,unusable_t,unloading_t_per_day,\
stock_covers,reserve_days_min,storage_target_t,storage_target_meaning,yard_loss_per_month
yard_a,coal,6000,9000,250,1500,plant,7,7500,30 days of mean burn,0.003
yard_b,coal,3000,5000,120,1000,plant,7,4000,30 days of mean burn,0.003
""",
    "deliveries.csv": """\
yard_id,arrival_time,tonnes,net_calorific_kcal_per_kg,confidence,price_yuan_per_t
yard_a,2026-01-18T08:00:00+08:00,1500,5000,0.9,780
""",
    "fuels.csv": """\
fuel_id,kind,unit,net_calorific_value,price,co2_t_per_tce
coal,steam coal,t,5000,773,2.76
""",
}


# stations.csv in parts that fit on a page, joined by station_id
STATION_PARTS = (
    """\
station_id,loop,zone_id,name,managed_by,use,era,homes,heated_area_m2
N1,low,north,Railway estate,utility,housing,1996_2009,2100,190000
N2,floor,north,New lake estate,utility,housing,2010_2018,1500,160000
N3,low,north,City hospital,utility,hospital,1996_2009,0,150000
S1,low,south,Old mill estate,utility,housing,1986_1995,2600,200000
S2,low,south,Town hall and offices,utility,office,1996_2009,0,120000
S3,low,south,Cotton works estate,third_party,housing,1996_2009,2400,210000
""",
    """\
station_id,specific_loss_w_per_m2k,heat_capacity_kj_per_m2k,gain_w_per_m2,wind_loss_w_per_m2k_per_m_s
N1,1.78,310,3.5,0.02
N2,1.35,330,2.7,0.02
N3,1.6,300,3.2,0.02
S1,2,320,4,0.03
S2,1.7,300,3.4,0.02
S3,1.78,310,3.5,0.02
""",
    """\
station_id,emitter,design_supply_c,design_return_c,relative_flow,emitter_oversize
N1,radiator,75,50,2.5,1.2
N2,floor,45,35,2,1.2
N3,radiator,75,50,2.5,1.2
S1,radiator,75,50,2.5,1.3
S2,radiator,75,50,2.5,1.2
S3,radiator,75,50,2.5,1.2
""",
    """\
station_id,exchanger_ua_kw_per_k,secondary_supply_min_c,secondary_supply_max_c,max_heat_kw,primary_flow_max_tph
N1,420,28,70,12200,190
N2,270,26,50,7800,122
N3,300,28,70,8700,135
S1,500,28,70,14400,225
S2,255,28,70,7400,115
S3,465,28,70,13500,210
""",
    """\
station_id,indoor_target_c,cold_flat_margin_k,priority,stagger_group,latitude,longitude
N1,20,1.5,1,0,34.81,117.61
N2,20,1,1,1,34.82,117.60
N3,21,1.5,3,2,34.80,117.62
S1,20,2,1,3,34.77,117.58
S2,20,1.5,1,4,34.78,117.59
S3,20,1.5,1,5,34.76,117.57
""",
)
STATION_CONSTANTS = {
    "solar_aperture": "0.03",
    "primary_design_supply_c": "105",
    "primary_design_return_c": "50",
    "compliance": "1",
    "valve_open": "1",
    "timetable_id": "",
}


def write_small_case(folder: Path, *edits: Edit) -> Path:
    """Write the case into `folder`, make the edits in order, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text(CASE_TOML, encoding="utf-8")
    for file, content in TABLES.items():
        (folder / file).write_text(content, encoding="utf-8")
    _write(folder / "stations.csv", _station_rows())
    for edit in edits:
        edit(folder)
    return folder


def _station_rows() -> list[list[str]]:
    stations: dict[str, dict[str, str]] = {}
    for part in STATION_PARTS:
        for row in csv.DictReader(part.splitlines()):
            stations.setdefault(row["station_id"], dict(STATION_CONSTANTS)).update(row)
    names = [name for name in Station.model_fields if name in stations["N1"]]
    return [names, *([station[name] for name in names] for station in stations.values())]


# ---- edits ---------------------------------------------------------------------------------


def cell(file: str, row: int, column: str, value: str) -> Edit:
    """Set one cell; `row` counts as a spreadsheet does, the header being row 1."""

    def edit(folder: Path) -> None:
        rows = _read(folder / file)
        rows[row - 1][rows[0].index(column)] = value
        _write(folder / file, rows)

    return edit


def column_name(file: str, old: str, new: str) -> Edit:
    """Rename a column in the header."""

    def edit(folder: Path) -> None:
        rows = _read(folder / file)
        rows[0][rows[0].index(old)] = new
        _write(folder / file, rows)

    return edit


def new_column(file: str, name: str, value: str) -> Edit:
    """Add a column with the same value in every row."""

    def edit(folder: Path) -> None:
        rows = _read(folder / file)
        _write(folder / file, [[*rows[0], name], *([*row, value] for row in rows[1:])])

    return edit


def no_column(file: str, name: str) -> Edit:
    """Delete a column."""

    def edit(folder: Path) -> None:
        rows = _read(folder / file)
        place = rows[0].index(name)
        _write(folder / file, [row[:place] + row[place + 1 :] for row in rows])

    return edit


def new_row(file: str, cells: Mapping[str, str], copy_of: int | None = None) -> Edit:
    """Add a row at the end: `cells` over a copy of row `copy_of`, or over empty cells."""

    def edit(folder: Path) -> None:
        rows = _read(folder / file)
        base = dict(zip(rows[0], rows[copy_of - 1], strict=True)) if copy_of else {}
        merged = {**base, **cells}
        _write(folder / file, [*rows, [merged.get(name, "") for name in rows[0]]])

    return edit


def no_row(file: str, row: int) -> Edit:
    """Delete a row, counted as a spreadsheet does."""

    def edit(folder: Path) -> None:
        rows = _read(folder / file)
        _write(folder / file, rows[: row - 1] + rows[row:])

    return edit


def text(file: str, old: str, new: str) -> Edit:
    """Replace a text that is in the file exactly once."""

    def edit(folder: Path) -> None:
        content = (folder / file).read_text(encoding="utf-8")
        if content.count(old) != 1:
            raise ValueError(f"{old!r} is {content.count(old)} times in {file}")
        (folder / file).write_text(content.replace(old, new), encoding="utf-8")

    return edit


def whole_file(file: str, content: bytes) -> Edit:
    """Replace a file, or add one."""

    def edit(folder: Path) -> None:
        (folder / file).write_bytes(content)

    return edit


def no_file(file: str) -> Edit:
    """Delete a file."""

    def edit(folder: Path) -> None:
        (folder / file).unlink()

    return edit


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
