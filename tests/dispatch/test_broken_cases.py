"""Every way we know to get a case folder wrong, and what the dispatcher is told about it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatch.case_files import CaseFaults, read_case
from forecasts.weather.climate.climate_file import climate_toml
from forecasts.weather.climate.packaged import packaged_climate
from tests.small_case import (
    TABLES,
    Edit,
    cell,
    column_name,
    new_column,
    new_row,
    no_column,
    no_file,
    no_row,
    text,
    whole_file,
    write_small_case,
)


@dataclass(frozen=True)
class Told:
    """A fault as expected: its place, and a part of its text."""

    file: str
    row: int | None
    column: str | None
    part: str


@dataclass(frozen=True)
class Broken:
    """Edits that break the small case, and all faults it must then have, in any order."""

    name: str
    edits: tuple[Edit, ...]
    told: tuple[Told, ...]


def broken(name: str, edit: Edit, *told: tuple[str, int | None, str | None, str]) -> Broken:
    return Broken(name, (edit,), tuple(Told(*it) for it in told))


def save_links_as_workbook(folder: Path) -> None:
    (folder / "links.csv").rename(folder / "Links.xlsx")


def jinan_at_latitude_120(folder: Path) -> None:
    lines = climate_toml(packaged_climate("jinan")).splitlines()
    moved = ["latitude = 120" if line.startswith("latitude =") else line for line in lines]
    (folder / "climate.toml").write_text("\n".join(moved), encoding="utf-8")


def table(file: str) -> str:
    return TABLES[file]


ZH_FUELS = "fuel_id,kind,unit,net_calorific_value,price\ncoal,烟煤,t,5000,773\n"
CHP_CORNERS = "source_id,heat_mw,power_mw,fuel_mw\n"
BOILER_POINTS = "source_id,load_fraction,efficiency\n"
TIME = "2026-01-15T06:00:00+08:00"

FILES = (
    broken("no case.toml", no_file("case.toml"), ("case.toml", None, None, "is missing")),
    broken("no links", no_file("links.csv"), ("links.csv", None, None, "is missing")),
    broken(
        "workbook instead of table",
        save_links_as_workbook,
        ("links.csv", None, None, "there is Links.xlsx"),
    ),
    broken(
        "no fuels",
        no_file("fuels.csv"),
        ("fuels.csv", None, None, "sources.csv row 2 refers to coal"),
    ),
    broken("empty file", whole_file("outages.csv", b""), ("outages.csv", None, None, "is empty")),
    broken(
        "header only",
        whole_file("stations.csv", b"station_id,loop\n"),
        *(
            ("stations.csv", 1, name, "column is missing")
            for name in (
                *("zone_id", "name", "managed_by", "use", "era", "homes", "heated_area_m2"),
                *("specific_loss_w_per_m2k", "heat_capacity_kj_per_m2k", "gain_w_per_m2"),
                *("emitter", "design_supply_c", "design_return_c", "exchanger_ua_kw_per_k"),
                *("primary_design_supply_c", "primary_design_return_c", "max_heat_kw"),
                "primary_flow_max_tph",
            )
        ),
        ("stations.csv", None, None, "no rows below its header"),
    ),
    broken(
        "GB18030",
        whole_file("fuels.csv", ZH_FUELS.encode("gb18030")),
        ("fuels.csv", None, None, "GB18030 (Chinese Windows)"),
    ),
    broken(
        "UTF-16",
        whole_file("fuels.csv", ZH_FUELS.encode("utf-16")),
        ("fuels.csv", None, None, "UTF-16"),
    ),
    broken(
        "UTF-16 without mark",
        whole_file("fuels.csv", ZH_FUELS.encode("utf-16-le")),
        ("fuels.csv", None, None, "UTF-16"),
    ),
    broken(
        "neither",
        whole_file("fuels.csv", b"fuel_id,kind\ncoal,\xff\xff\n"),
        ("fuels.csv", 2, None, "not UTF-8"),
    ),
    broken(
        "zero byte",
        whole_file(
            "fuels.csv", b"fuel_id,kind,unit,net_calorific_value,price\ncoal,\0steam,t,5000,7"
        ),
        ("fuels.csv", 2, None, "invisible character (code 00)"),
    ),
    broken(
        "workbook named csv",
        whole_file("fuels.csv", b"PK\x03\x04rest"),
        ("fuels.csv", None, None, "is an Excel workbook"),
    ),
    broken(
        "semicolons",
        whole_file("fuels.csv", table("fuels.csv").replace(",", ";").encode()),
        ("fuels.csv", 1, None, "separated by semicolons"),
    ),
    broken(
        "tabs",
        whole_file("links.csv", table("links.csv").replace(",", "\t").encode()),
        ("links.csv", 1, None, "separated by tabs"),
    ),
    broken(
        "quotation mark without partner",
        text("outages.csv", "grate repair", '"grate repair'),
        ("outages.csv", 2, None, "quotation mark"),
    ),
    broken(
        "no header",
        no_row("fuels.csv", 1),
        ("fuels.csv", 1, None, "the first row must hold the column names"),
    ),
    broken(
        "column twice",
        column_name("fuels.csv", "co2_t_per_tce", "price"),
        ("fuels.csv", 1, "price", "there twice"),
    ),
    broken(
        "ragged row",
        text("fuels.csv", "coal,steam coal,t", "coal,steam coal"),
        ("fuels.csv", 2, None, "has 5 cells where the header has 6"),
    ),
    broken(
        "column without name",
        column_name("fuels.csv", "kind", ""),
        ("fuels.csv", 1, None, "column 2 has no name"),
    ),
    broken(
        "column missing",
        no_column("links.csv", "capacity_mw"),
        ("links.csv", 1, "capacity_mw", "column is missing"),
    ),
    broken(
        "other unit in column name",
        column_name("sources.csv", "max_output_mw", "max_output_kw"),
        ("sources.csv", 1, "max_output_kw", "there is max_output_mw"),
    ),
    broken(
        "unit left out of column name",
        column_name("stations.csv", "heated_area_m2", "heated_area"),
        ("stations.csv", 1, "heated_area", "there is heated_area_m2"),
    ),
    broken(
        "half a column name",
        column_name("stations.csv", "heated_area_m2", "Area m²"),
        ("stations.csv", 1, "Area m²", "there is heated_area_m2"),
    ),
    broken(
        "optional column misspelt",
        column_name("sources.csv", "yard_id", "Yard-ID"),
        ("sources.csv", 1, "Yard-ID", "there is yard_id"),
    ),
)

CELLS = (
    broken(
        "unit in cell",
        cell("sources.csv", 2, "max_output_mw", "26 MW"),
        ("sources.csv", 2, "max_output_mw", "Write 26, in the unit"),
    ),
    broken(
        "thousands",
        cell("yards.csv", 2, "stock_t", "6,000"),
        ("yards.csv", 2, "stock_t", "Write 6000"),
    ),
    broken(
        "decimal comma",
        cell("links.csv", 2, "loss_mw_design", "0,4"),
        ("links.csv", 2, "loss_mw_design", "Write 0.4"),
    ),
    broken(
        "full-width digits",
        cell("stations.csv", 2, "homes", "２１００"),
        ("stations.csv", 2, "homes", "Write 2100"),
    ),
    broken(
        "percent",
        cell("sources.csv", 3, "efficiency", "82%"),
        ("sources.csv", 3, "efficiency", "Write 0.82"),
    ),
    broken(
        "not a number",
        cell("sources.csv", 3, "ramp_mw_per_h", "NaN"),
        ("sources.csv", 3, "ramp_mw_per_h", "is no number"),
    ),
    broken(
        "infinite",
        cell("sources.csv", 3, "ramp_mw_per_h", "1e999"),
        ("sources.csv", 3, "ramp_mw_per_h", "too large to be true"),
    ),
    broken(
        "a minimum up time in minutes",
        cell("sources.csv", 3, "min_up_h", "1440"),
        ("sources.csv", 3, "min_up_h", "336"),
    ),
    broken(
        "half a unit",
        cell("sources.csv", 3, "unit_count", "1.5"),
        ("sources.csv", 3, "unit_count", "only a whole number"),
    ),
    broken(
        "empty needed cell",
        cell("stations.csv", 4, "heated_area_m2", ""),
        ("stations.csv", 4, "heated_area_m2", "is empty, but a value is needed"),
    ),
    broken(
        "yes instead of 1",
        cell("stations.csv", 4, "valve_open", "yes"),
        ("stations.csv", 4, "valve_open", "Write 1 for yes or 0 for no"),
    ),
    broken(
        "kind misspelt",
        cell("sources.csv", 3, "kind", "Coal boiler"),
        ("sources.csv", 3, "kind", "Did you mean coal_boiler?"),
    ),
    broken(
        "unknown use",
        cell("stations.csv", 3, "use", "xyz"),
        ("stations.csv", 3, "use", "Possible are: housing, school"),
    ),
    broken(
        "spreadsheet date",
        cell("schedules.csv", 3, "time", "2026/1/15 6:00"),
        ("schedules.csv", 3, "time", "write times like 2026-01-15T06:00:00+08:00"),
    ),
    broken(
        "serial date",
        cell("schedules.csv", 3, "time", "46037.25"),
        ("schedules.csv", 3, "time", "as Excel stores it"),
    ),
    broken(
        "English date",
        cell("deliveries.csv", 2, "arrival_time", "15-Jan-26"),
        ("deliveries.csv", 2, "arrival_time", "not a time this program reads"),
    ),
    broken(
        "no offset",
        cell("schedules.csv", 3, "time", "2026-01-15T06:00:00"),
        ("schedules.csv", 3, "time", "without the offset"),
    ),
    broken(
        "day there is not",
        cell("schedules.csv", 3, "time", "2026-02-30T06:00:00+08:00"),
        ("schedules.csv", 3, "time", "a day or hour there is not"),
    ),
    broken(
        "year of the first emperor",
        cell("schedules.csv", 3, "time", "0026-01-15T06:00:00+08:00"),
        ("schedules.csv", 3, "time", "outside 2000 to 2100"),
    ),
    broken(
        "area in 10 000 m²",
        cell("stations.csv", 2, "heated_area_m2", "19"),
        ("stations.csv", 2, "heated_area_m2", "multiply it by 10 000"),
    ),
    broken(
        "priority too low",
        cell("stations.csv", 2, "priority", "0"),
        ("stations.csv", 2, "priority", "below the least possible value 0.1"),
    ),
    broken(
        "limits swapped",
        cell("sources.csv", 3, "min_output_mw", "44.0"),
        ("sources.csv", 3, "max_output_mw", "is 14.0, below min_output_mw 44.0. Swap the two"),
    ),
    broken(
        "outage ends before it starts",
        cell("outages.csv", 2, "to", "2026-02-09T08:00:00+08:00"),
        ("outages.csv", 2, "to", "not after the start"),
    ),
    broken(
        "more delay at more flow",
        cell("links.csv", 2, "delay_h_at_100pct_flow", "4"),
        ("links.csv", 2, "delay_h_at_40pct_flow", "more flow is faster water"),
    ),
    broken(
        "stock above capacity",
        cell("yards.csv", 2, "stock_t", "60000"),
        ("yards.csv", 2, "stock_t", "more than the 9000.0 t the yard holds"),
    ),
    broken(
        "half a curve point",
        cell("source_curves.csv", 7, "efficiency", ""),
        ("source_curves.csv", 7, "load_fraction", "neither a part-load point nor a CHP corner"),
    ),
    broken(
        "row says nothing",
        cell("schedules.csv", 3, "power_mw", ""),
        ("schedules.csv", 3, "power_mw", "says nothing"),
    ),
)

SETTINGS = (
    broken(
        "syntax",
        text("case.toml", "latitude = 34.8", "latitude = 34,8"),
        ("case.toml", None, None, "at line 4, column 14"),
    ),
    broken(
        "unknown key",
        text("case.toml", "legal_min_c", "legal_min"),
        ("case.toml", None, "comfort.legal_min", "Did you mean legal_min_c?"),
    ),
    broken(
        "key missing",
        text("case.toml", "timezone", "# timezone"),
        ("case.toml", None, "timezone", "is missing"),
    ),
    broken(
        "text for a number",
        text("case.toml", "latitude = 34.8", 'latitude = "34°48"'),
        ("case.toml", None, "latitude", "is no number"),
    ),
    broken(
        "no choice",
        text("case.toml", '"least_fuel"', '"cheap"'),
        ("case.toml", None, "comfort.policy", "Possible are"),
    ),
    broken(
        "shares of 110 %",
        text("case.toml", "B = 0.4", "B = 0.5"),
        ("case.toml", None, "share.town.shares", "add up to 1.1"),
    ),
    broken(
        "eleven months",
        text("case.toml", "12, 7]", "12]"),
        ("case.toml", None, "network.soil_temp_c", "has 11 values"),
    ),
    broken(
        "step of 45 minutes",
        text("case.toml", "step_min = 60", "step_min = 45"),
        ("case.toml", None, "time.step_min", "15, 30 or 60"),
    ),
    broken(
        "comfort turned round",
        text("case.toml", "upper_c = 23", "upper_c = 18"),
        ("case.toml", None, "comfort.upper_c", "Raise upper_c"),
    ),
    broken(
        "time zone",
        text("case.toml", "Asia/Shanghai", "Asia/Zaozhuang"),
        ("case.toml", None, "timezone", "write Asia/Shanghai"),
    ),
    broken(
        "30 February",
        text("case.toml", '"03-15"', '"02-30"'),
        ("case.toml", None, "season_end", "a day there is not"),
    ),
    broken(
        "season turned round",
        text("case.toml", 'start = "11-15"', 'start = "03-16"'),
        ("case.toml", None, "season_end", "start and end swapped"),
    ),
    broken(
        "path out of the folder",
        text("case.toml", 'kind = "climate"', 'kind = "csv"\npath = "../secret.csv"'),
        ("case.toml", None, "weather[1].path", "leads out of the case folder"),
    ),
    broken(
        "path from the root",
        text("case.toml", 'kind = "climate"', 'kind = "csv"\npath = "/etc/passwd"'),
        ("case.toml", None, "weather[1].path", "leads out of the case folder"),
    ),
    broken(
        "sensor file out of the folder",
        text("case.toml", "[fuel]", '[outdoor_sensor]\npath = "..\\\\out.csv"\n\n[fuel]'),
        ("case.toml", None, "outdoor_sensor.path", "leads out of the case folder"),
    ),
    broken(
        "sensor without path and with a slip of the pen",
        text("case.toml", "[fuel]", '[outdoor_sensor]\ntemp_colum = "TT1"\n\n[fuel]'),
        ("case.toml", None, "outdoor_sensor.path", "is missing"),
        ("case.toml", None, "outdoor_sensor.temp_colum", "temp_column"),
    ),
    broken(
        "file provider without path",
        text("case.toml", 'kind = "climate"', 'kind = "csv"'),
        ("case.toml", None, "weather[1].path", "need a path"),
    ),
    broken(
        "climate of nowhere",
        jinan_at_latitude_120,
        ("climate.toml", None, "city.jinan.latitude", "is 120"),
    ),
    broken(
        "climate that is no TOML",
        lambda folder: (folder / "climate.toml").write_text("mean: -3"),
        ("climate.toml", None, None, "is not TOML"),
    ),
    broken(
        "two models of a single run",
        text("case.toml", '"climate"', '"open_meteo"\nmodels = ["gfs_global", "ecmwf_ifs"]'),
        ("case.toml", None, "weather[1].models", "more models than kind open_meteo takes"),
    ),
    broken(
        "model of a file",
        text("case.toml", '"climate"', '"climate"\nmodels = ["gfs_global"]'),
        ("case.toml", None, "weather[1].models", "kind climate takes, which is 0"),
    ),
    broken(
        "model named twice",
        text("case.toml", '"climate"', '"open_meteo_ensemble"\nmodels = ["gfs05", "gfs05"]'),
        ("case.toml", None, "weather[1].models", "names a model twice"),
    ),
    broken(
        "models in one text",
        text("case.toml", '"climate"', '"open_meteo_ensemble"\nmodels = ["gfs05,gfs025"]'),
        ("case.toml", None, "weather[1].models[1]", "which is no name of a model"),
    ),
    broken(
        "weather service that wants a contact",
        text("case.toml", 'kind = "climate"', 'kind = "met_norway"'),
        ("case.toml", None, "weather[1].contact", "met_norway needs the contact"),
    ),
    broken(
        "contact for a service that wants none",
        text("case.toml", 'kind = "climate"', 'kind = "qweather"\ncontact = "a@b.cn"'),
        ("case.toml", None, "weather[1].contact", "the other kinds have none"),
    ),
    broken(
        "contact that reaches nobody",
        text("case.toml", 'kind = "climate"', 'kind = "met_norway"\ncontact = "热力公司"'),
        ("case.toml", None, "weather[1].contact", "is '热力公司', no e-mail"),
    ),
    broken(
        "share of unknown plant",
        text("case.toml", "B = 0.4", "C = 0.4"),
        ("case.toml", None, "share.town.shares.C", "is no plant of sources.csv"),
    ),
    broken(
        "plant in two groups",
        text("case.toml", "[fuel]", "[share.two]\nshares = { A = 0.5, B = 0.5 }\n\n[fuel]"),
        ("case.toml", None, "share.two.shares.A", "already in group town"),
        ("case.toml", None, "share.two.shares.B", "already in group town"),
    ),
    # Design 41.27 MW; at 2:8 ± 5 points B must send at least 75 %, 31 MW, but has 28 MW.
    # The most within the band is 28 / 0.75 = 37.3 MW.
    broken(
        "share that cannot be met",
        text("case.toml", "A = 0.6, B = 0.4", "A = 0.2, B = 0.8"),
        ("case.toml", None, "share.town", "41.3 MW of this group, but within ±5 points"),
    ),
    broken(
        "design temperatures of the network",
        text("case.toml", "105\nprimary_design_return_c = 50", "60\nprimary_design_return_c = 55"),
        ("case.toml", None, "network.primary_design_return_c", "Supply must be clearly warmer"),
    ),
)

REFERENCES = (
    broken(
        "source twice",
        new_row("sources.csv", {}, copy_of=3),
        ("sources.csv", 4, "source_id", "boiler_1 is already in row 3"),
    ),
    broken(
        "loop twice",
        new_row("stations.csv", {}, copy_of=2),
        ("stations.csv", 8, "loop", "N1.low is already in row 2"),
    ),
    broken(
        "main twice",
        cell("links.csv", 3, "to_id", "north"),
        ("links.csv", 3, "to_id", "A>north is already in row 2"),
        ("outages.csv", 3, "id", "Did you mean"),
    ),
    broken(
        "unknown yard",
        cell("sources.csv", 2, "yard_id", "yard_c"),
        ("sources.csv", 2, "yard_id", "not in yards.csv. Did you mean yard_"),
    ),
    broken(
        "yard name rewritten by a spreadsheet",
        cell("sources.csv", 2, "yard_id", "1E+05"),
        ("sources.csv", 2, "yard_id", "has probably taken the name for a number"),
    ),
    broken(
        "curve of nobody",
        new_row(
            "source_curves.csv", {"source_id": "xx", "load_fraction": "1", "efficiency": "0.8"}
        ),
        ("source_curves.csv", 11, "source_id", "not in sources.csv"),
    ),
    broken(
        "delivery to nowhere",
        cell("deliveries.csv", 2, "yard_id", "port"),
        ("deliveries.csv", 2, "yard_id", "is port, which is not in yards.csv"),
    ),
    broken(
        "outage of an unknown main",
        cell("outages.csv", 3, "id", "A>suoth"),
        ("outages.csv", 3, "id", "Did you mean A>south?"),
    ),
    broken(
        "outage of a loop instead of a station",
        new_row(
            "outages.csv",
            {"kind": "station", "id": "N1.low", "from": TIME, "to": "2026-01-16T06:00:00+08:00"},
        ),
        ("outages.csv", 4, "id", "Write N1."),
    ),
    broken(
        "measured nobody",
        whole_file("measured_daily.csv", b"date,id,heat_gj\n2026-01-14,west,900\n"),
        ("measured_daily.csv", 2, "id", "not in sources.csv, stations.csv"),
    ),
    broken(
        "zone without main",
        cell("stations.csv", 4, "zone_id", "west"),
        ("links.csv", None, "to_id", "zone west of stations.csv has no main"),
    ),
    broken(
        "plant without main",
        cell("sources.csv", 3, "plant_id", "C"),
        ("links.csv", 4, "from_id", "is B, which is not in sources.csv, stations.csv"),
        ("links.csv", 5, "from_id", "is B, which is not in sources.csv, stations.csv"),
        ("links.csv", None, "from_id", "plant C of sources.csv has no main"),
        ("case.toml", None, "share.town.shares.B", "is no plant"),
    ),
    broken(
        "tie to its own zone",
        new_row("links.csv", {"from_id": "south", "to_id": "south"}, copy_of=3),
        ("links.csv", 6, "to_id", "leads from one zone to another"),
    ),
    Broken(
        "zones that only feed each other",
        (
            cell("stations.csv", 2, "zone_id", "west"),
            cell("stations.csv", 3, "zone_id", "east"),
            new_row("links.csv", {"from_id": "west", "to_id": "east"}, copy_of=3),
            new_row("links.csv", {"from_id": "east", "to_id": "west"}, copy_of=3),
        ),
        (
            Told("links.csv", None, "from_id", "no plant reaches zone east"),
            Told("links.csv", None, "from_id", "no plant reaches zone west"),
        ),
    ),
    broken(
        "schedule with the same instant twice",
        cell("schedules.csv", 3, "time", "2026-01-14T22:00:00Z"),
        ("schedules.csv", 4, "time", "already has this time in row 3"),
    ),
    broken(
        "name that breaks files",
        cell("stations.csv", 2, "station_id", "=N1"),
        ("stations.csv", 2, "station_id", "cannot be a name"),
    ),
)

SIZES = (
    broken(
        "area per home",
        cell("stations.csv", 2, "homes", "21"),
        ("stations.csv", 2, "heated_area_m2", "9047.6 m² a home"),
    ),
    broken(
        "specific loss",
        cell("stations.csv", 2, "specific_loss_w_per_m2k", "0.25"),
        ("stations.csv", 2, "specific_loss_w_per_m2k", "makes 6 W/m² at design"),
        ("stations.csv", 2, "heat_capacity_kj_per_m2k", "cool in 344.4 h"),
    ),
    broken(
        "heat in MW",
        cell("stations.csv", 2, "max_heat_kw", "12.2"),
        ("stations.csv", 2, "max_heat_kw", "but design heat is 7610 kW"),
    ),
    broken(
        "flow in kg/h",
        cell("stations.csv", 2, "primary_flow_max_tph", "190000"),
        ("stations.csv", 2, "primary_flow_max_tph", "needs 119.0 t/h"),
    ),
    broken(
        "exchanger in W/K",
        cell("stations.csv", 2, "exchanger_ua_kw_per_k", "420000"),
        ("stations.csv", 2, "exchanger_ua_kw_per_k", "about 419 kW/K"),
    ),
    broken(
        "far away",
        cell("stations.csv", 2, "longitude", "121"),
        ("stations.csv", 2, "longitude", "more than 1.5°"),
    ),
    broken(
        "floor too high",
        text("case.toml", "upper_c = 23", "upper_c = 21"),
        ("stations.csv", 5, "cold_flat_margin_k", "1 stations, first: S1.low"),
    ),
    Broken(
        "source in kW",
        (
            cell("sources.csv", 3, "max_output_mw", "1400"),
            cell("sources.csv", 3, "ramp_mw_per_h", "200"),
            cell("sources.csv", 3, "flow_max_tph", "33000"),
        ),
        (
            Told("sources.csv", 3, "max_output_mw", "but the whole network needs 41.3 MW"),
            Told("sources.csv", None, "max_output_mw", "of the 41.3 MW needed"),
        ),
    ),
    # 26 + 14 MW against 39.87 · 67.5 / 22.5 + 1.4 = 121.0 MW.
    Broken(
        "a third of what is needed",
        (
            text("case.toml", "design_outdoor_temp_c = -4.5", "design_outdoor_temp_c = -49.5"),
            cell("sources.csv", 3, "unit_count", "1"),
        ),
        (Told("sources.csv", None, "max_output_mw", "40.0 MW, 33 % of the 121.0 MW"),),
    ),
    broken(
        "length in wrong unit",
        cell("links.csv", 2, "length_km", "0.004"),
        ("links.csv", 2, "delay_h_at_100pct_flow", "Check the units"),
    ),
    # 100/3.6 kg/s through 0.1963 m² of water at 958 kg/m³.
    Broken(
        "flow of a main in another unit",
        (new_column("links.csv", "flow_max_tph", ""), cell("links.csv", 2, "flow_max_tph", "100")),
        (Told("links.csv", 2, "flow_max_tph", "water at 0.15 m/s"),),
    ),
    broken(
        "main in GJ",
        text("links.csv", "A,north,26", "A,north,2600"),
        ("links.csv", None, "capacity_mw", "the mains into zone north carry 2614.0 MW"),
    ),
    broken(
        "train in 10 000 t",
        cell("deliveries.csv", 2, "tonnes", "15000"),
        ("deliveries.csv", 2, "tonnes", "more than the 9000 t"),
    ),
    broken(
        "heat measured in MJ",
        whole_file("measured_daily.csv", b"date,id,heat_gj\n2026-01-14,chp_1,1900000\n"),
        ("measured_daily.csv", 2, "heat_gj", "at most about 2246 GJ"),
    ),
)

SOURCES = (
    broken(
        "boiler called a tank",
        cell("sources.csv", 3, "kind", "thermal_storage"),
        ("sources.csv", 3, "energy_mwh", "must say what it holds"),
    ),
    broken(
        "no schedule",
        no_file("schedules.csv"),
        ("sources.csv", 2, "power_mode", "no row with power_mw for chp_1"),
    ),
    broken(
        "back-pressure on a schedule",
        cell("sources.csv", 2, "kind", "chp_backpressure"),
        ("sources.csv", 2, "power_mode", "follows its heat"),
    ),
    broken(
        "two corners",
        whole_file(
            "source_curves.csv",
            (CHP_CORNERS + "chp_1,0,10,26\nchp_1,26,17,57\n").encode(),
        ),
        ("sources.csv", 2, "kind", "has 2 corners for chp_1; at least 3"),
    ),
    broken(
        "corners on a line",
        whole_file(
            "source_curves.csv",
            (CHP_CORNERS + "chp_1,0,10,26\nchp_1,13,13,41\nchp_1,26,16,57\n").encode(),
        ),
        ("source_curves.csv", 2, "heat_mw", "lie on one line"),
    ),
    broken(
        "corners of another size",
        cell("sources.csv", 2, "max_output_mw", "40"),
        ("sources.csv", 2, "max_output_mw", "reach from 0 to 26 MW"),
    ),
    broken(
        "more out than in",
        cell("source_curves.csv", 4, "fuel_mw", "5.165"),
        ("source_curves.csv", 4, "fuel_mw", "Fuel must be larger"),
    ),
    # All of the unit makes 7.6 to 21.45 MW of power.
    broken(
        "schedule above the polygon",
        cell("schedules.csv", 4, "power_mw", "25"),
        ("schedules.csv", 4, "power_mw", "is 25 MW at 2026-01-15T06:00:00+08:00"),
    ),
    broken(
        "stop in the schedule",
        cell("schedules.csv", 4, "power_mw", "0"),
        ("schedules.csv", 4, "power_mw", "belongs into outages.csv"),
    ),
    # At 21.4 MW the edge of the polygon leaves (21.45 − 21.4) / 0.17 = 0.29 MW of heat.
    broken(
        "schedule that leaves no heat",
        cell("schedules.csv", 4, "power_mw", "21.4"),
        ("schedules.csv", 4, "power_mw", "leaves 0.0 to 0.3 MW of heat"),
    ),
    # At 16.5 MW of power the unit gives 3 MW of heat at least: that is its own least load.
    broken(
        "limit under what the scheduled power brings",
        cell("schedules.csv", 4, "max_output_mw", "2.5"),
        (
            "schedules.csv",
            4,
            "max_output_mw",
            "is 2.5 MW at 2026-01-15T06:00:00+08:00, but the 16.5",
        ),
    ),
    broken(
        "limit over what the unit gives",
        cell("schedules.csv", 4, "min_output_mw", "29"),
        ("schedules.csv", 4, "min_output_mw", "more than the 26 MW"),
        ("schedules.csv", 4, "min_output_mw", "min_output_mw is 29 MW"),
    ),
    broken(
        "power of a boiler",
        cell("schedules.csv", 4, "source_id", "boiler_1"),
        ("schedules.csv", 4, "power_mw", "kind coal_boiler makes no power"),
    ),
    broken(
        "coal source without yard",
        cell("sources.csv", 3, "yard_id", ""),
        ("sources.csv", 3, "yard_id", "Name the yard: yard_a, yard_b"),
    ),
    broken(
        "gas in tonnes of a yard",
        cell("fuels.csv", 2, "unit", "nm3"),
        ("yards.csv", 2, "fuel_id", "not bought in tonnes"),
        ("yards.csv", 3, "fuel_id", "not bought in tonnes"),
    ),
    broken(
        "ramp in MW per minute",
        cell("sources.csv", 2, "ramp_mw_per_h", "0.07"),
        ("sources.csv", 2, "ramp_mw_per_h", "takes 371 h"),
    ),
    broken(
        "no full load",
        no_row("source_curves.csv", 10),
        ("source_curves.csv", 9, "load_fraction", "Add the point at full load"),
    ),
    broken(
        "point twice",
        cell("source_curves.csv", 9, "load_fraction", "0.6"),
        ("source_curves.csv", 9, "load_fraction", "is 0.6 twice"),
    ),
    # 0.6/0.7 = 0.857 of rated heat; the line from 0.4 (0.556) to 0.8 (0.976) is at 0.766.
    broken(
        "fuel that is not convex",
        cell("source_curves.csv", 8, "efficiency", "0.70"),
        ("source_curves.csv", 8, "efficiency", "burns 0.8571 at 0.6 load, 10.7 % above the line"),
    ),
    # Half-way between two corners of 57.2 MW a third of 60.
    broken(
        "corner that burns too much",
        new_row(
            "source_curves.csv",
            {"source_id": "chp_1", "heat_mw": "13", "power_mw": "19.24", "fuel_mw": "60"},
        ),
        ("source_curves.csv", 11, "fuel_mw", "is 60 MW, 4.7 % above what a mix"),
    ),
    broken(
        "lower end of power on schedule",
        new_column("schedules.csv", "power_min_mw", "12"),
        *(
            ("schedules.csv", row, "power_min_mw", "but power_mode in sources.csv is scheduled")
            for row in range(2, 7)
        ),
    ),
    Broken(
        "band upside down",
        (
            cell("sources.csv", 2, "power_mode", "band"),
            new_column("schedules.csv", "power_min_mw", ""),
            cell("schedules.csv", 4, "power_min_mw", "17"),
        ),
        # 17 holds on against the later rows of 15.2 and 16.5
        tuple(Told("schedules.csv", row, "power_mw", "below power_min_mw 17") for row in (4, 5, 6)),
    ),
    # With 3 to 26 MW of heat the unit makes 7.6 to 21.45 − 0.17 · 3 = 20.9 MW.
    Broken(
        "band above the polygon",
        (
            cell("sources.csv", 2, "power_mode", "band"),
            new_column("schedules.csv", "power_min_mw", ""),
            cell("schedules.csv", 6, "power_min_mw", "22"),
            cell("schedules.csv", 6, "power_mw", "25"),
        ),
        (Told("schedules.csv", 6, "power_mw", "one unit makes 7.6 to 20.9 MW"),),
    ),
    broken(
        "power sold dearer than bought",
        text("case.toml", 'minimise = "fuel"', 'minimise = "fuel"\npower_sell_yuan_per_kwh = 0.7'),
        ("case.toml", None, "fuel.power_buy_yuan_per_kwh", "below power_sell_yuan_per_kwh 0.7"),
    ),
    Broken(
        "an hour sold dearer than bought",
        (
            cell("sources.csv", 2, "power_mode", "price"),
            cell("schedules.csv", 4, "price", "700"),
        ),
        (Told("schedules.csv", 4, "price", "is 700 yuan/MWh at 2026-01-15T06:00:00+08:00"),),
    ),
    Broken(
        "boiler that burns nothing",
        (
            cell("sources.csv", 3, "efficiency", ""),
            *(no_row("source_curves.csv", row) for row in (10, 9, 8, 7)),
        ),
        (Told("sources.csv", 3, "efficiency", "nothing says what this boiler burns"),),
    ),
)

SEVERAL = (
    Broken(
        "a bad day",
        (
            text("case.toml", "step_min = 60", "step_min = 45"),
            cell("sources.csv", 2, "max_output_mw", "26 MW"),
            cell("sources.csv", 3, "yard_id", "yard_x"),
            cell("stations.csv", 3, "heated_area_m2", "16"),
            cell("stations.csv", 3, "emitter", "radiater"),
            column_name("links.csv", "length_km", "length_m"),
            whole_file("fuels.csv", ZH_FUELS.encode("gb18030")),
        ),
        (
            Told("case.toml", None, "time.step_min", "15, 30 or 60"),
            Told("sources.csv", 2, "max_output_mw", "Write 26"),
            Told("sources.csv", 3, "yard_id", "is yard_x"),
            Told("stations.csv", 3, "heated_area_m2", "multiply it by 10 000"),
            Told("stations.csv", 3, "emitter", "Did you mean radiator?"),
            Told("links.csv", 1, "length_m", "there is length_km"),
            Told("fuels.csv", None, None, "GB18030"),
        ),
    ),
)

HOURS = "timetable_id,days,occupied_from,occupied_to,setback_c,from_date,to_date\n"
WEEK = "office,mon-fri,08:00,18:00,14,,\n"


def timetable(name: str, rows: str, *told: tuple[int, str, str], of_n1: str = "office") -> Broken:
    """Rows of `timetables.csv`, by which station N1 (row 2) goes."""
    edits = (
        whole_file("timetables.csv", (HOURS + rows).encode()),
        cell("stations.csv", 2, "timetable_id", of_n1),
    )
    return Broken(name, edits, tuple(Told("timetables.csv", *it) for it in told))


TIMETABLES = (
    broken(
        "timetable without its table",
        cell("stations.csv", 2, "timetable_id", "office"),
        ("timetables.csv", None, None, "stations.csv row 2 refers to office"),
    ),
    Broken(
        "timetable misspelt",
        (
            whole_file("timetables.csv", (HOURS + WEEK).encode()),
            cell("stations.csv", 2, "timetable_id", "offices"),
        ),
        (Told("stations.csv", 2, "timetable_id", "office"),),
    ),
    timetable("days unknown", "office,workdays,08:00,18:00,14,,\n", (2, "days", "mon-fri")),
    timetable("neither days nor dates", "office,,08:00,18:00,14,,\n", (2, "days", "either")),
    timetable(
        "days and dates", "office,mon-fri,08:00,18:00,14,01-20,02-20\n", (2, "days", "either")
    ),
    timetable("no closing time", "office,mon-fri,08:00,,14,,\n", (2, "occupied_to", "is empty")),
    timetable(
        "no such time", "office,mon-fri,8 Uhr,18:00,14,,\n", (2, "occupied_from", "such as 07:30")
    ),
    timetable(
        "times out of order", "office,mon-fri,18:00,08:00,14,,\n", (2, "occupied_to", "not after")
    ),
    timetable(
        "times that overlap",
        WEEK + "office,fri,17:00,20:00,14,,\n",
        (3, "days", "same hours of the same days as row 2"),
    ),
    timetable(
        "no such date", WEEK + "office,,,,8,02-30,03-05\n", (3, "from_date", "such as 2026-01-20")
    ),
    timetable(
        "dates out of order",
        WEEK + "office,,,,8,2026-02-20,2026-01-20\n",
        (3, "to_date", "last day comes after"),
    ),
    timetable(
        "dates with and without year",
        WEEK + "office,,,,8,2026-01-20,02-20\n",
        (3, "to_date", "both with the year or both without"),
    ),
    timetable(
        "holidays that overlap",
        WEEK + "office,,,,8,12-20,01-20\noffice,,,,9,2026-01-19,2026-02-20\n",
        (4, "from_date", "as row 3"),
    ),
    timetable(
        "setback above the floor",
        "office,mon-fri,08:00,18:00,20,,\n",
        (2, "setback_c", "not below"),
    ),
    timetable(
        "setback that freezes", WEEK + "office,,,,5,01-20,02-20\n", (3, "setback_c", "frost")
    ),
)

SURVEYS = "yard_id,time,stock_t,error_pct\n"
COAL_DAYS = "date,yard_id,burnt_t,received_t,net_calorific_kcal_per_kg\n"


def surveys(name: str, rows: str, *told: tuple[int, str, str]) -> Broken:
    edit = whole_file("surveys.csv", (SURVEYS + rows).encode())
    return broken(name, edit, *(("surveys.csv", *it) for it in told))


def coal_days(name: str, rows: str, *told: tuple[int, str, str]) -> Broken:
    edit = whole_file("coal_daily.csv", (COAL_DAYS + rows).encode())
    return broken(name, edit, *(("coal_daily.csv", *it) for it in told))


COAL = (
    surveys(
        "all that a survey can have wrong, at once",
        f"yard_c,{TIME},5000,\nyard_a,{TIME},9500,\nyard_a,2026-01-14T22:00:00Z,5000,\n"
        f"yard_b,2026-01-15,-3,0.025\nyard_b,{TIME},,40%\n",
        (2, "yard_id", "not in yards.csv. Did you mean yard_"),
        (3, "stock_t", "more than the 9000 t the yard holds"),
        (4, "time", "yard_a already has this time in row 3"),
        (5, "time", "not a time this program reads"),
        (5, "stock_t", "below the least possible value 0"),
        (5, "error_pct", "below the least possible value 0.1"),
        (6, "stock_t", "a value is needed"),
        (6, "error_pct", "above the largest possible value 30"),
    ),
    # 57.2 MW of the CHP at full load for a day, of 5.815 MWh/t
    coal_days(
        "all that a day of coal can have wrong, at once",
        "2026-01-14,yard_c,100,,\n2026-01-14,yard_a,,,\n2026-02-30,yard_a,100,,\n"
        "2026-01-13,yard_a,240000,,\n2026-01-12,yard_a,100,1500000,\n"
        "2026-01-12,yard_a,100,,\n2026-01-11,yard_b,-5,,700\n14-Jan-26,yard_b,5,,\n",
        (2, "yard_id", "not in yards.csv"),
        (3, "burnt_t", "says nothing"),
        (4, "date", "a day there is not"),
        (5, "burnt_t", "burn 236 t at full load"),
        (6, "received_t", "more than the 9000 t the whole yard holds"),
        (7, "yard_id", "2026-01-12 yard_a is already in row 6"),
        (8, "burnt_t", "below the least possible value 0"),
        (8, "net_calorific_kcal_per_kg", "below the least possible value 1500"),
        (9, "date", "Write dates like 2026-01-15"),
    ),
)


def yard_a(name: str, column: str, value: str, part: str, *more: Edit) -> Broken:
    """A cell of yard_a in a column that the small case leaves out."""
    edits = (*more, new_column("yards.csv", column, ""), cell("yards.csv", 2, column, value))
    return Broken(name, edits, (Told("yards.csv", 2, column, part),))


SUPPLY = (
    # of 9 000 t, 250 t are the bottom
    yard_a("a train too large", "order_unit_t", "8800", "more than the 8750 t that fit"),
    broken(
        "nothing is unloaded of what comes",
        cell("yards.csv", 2, "unloading_t_per_day", "0"),
        ("yards.csv", 2, "unloading_t_per_day", "deliveries.csv row 2 brings coal here"),
    ),
    yard_a(
        "coal ordered in the season comes after it",
        "lead_time_days",
        "66",
        "as long as the season (66 days) or longer",
        text("case.toml", 'season_end = "03-15"', 'season_end = "01-20"'),
    ),
    broken(
        "storage target in 10 000 t",
        cell("yards.csv", 2, "storage_target_t", "0.75"),
        ("yards.csv", 2, "storage_target_t", "is 0.75 t for a yard that holds 9000 t"),
    ),
    yard_a("trains late by a season", "late_days", "45", "above the largest possible value 30"),
    yard_a(
        "heating value lost in per cent",
        "heat_value_loss_per_month",
        "0.75",
        "above the largest possible value 0.1",
    ),
    yard_a("coal by tube", "transport", "tube", "rail"),
    broken(
        "a risk in per cent, a share of nothing",
        text(
            "case.toml",
            "[uncertainty]",
            "[supply]\norder_risk = 2\nfestival_share = 0\n\n[uncertainty]",
        ),
        ("case.toml", None, "supply.order_risk", "above the largest possible value 0.5"),
        ("case.toml", None, "supply.festival_share", "0"),
    ),
)

CASES = (
    *COAL,
    *SUPPLY,
    *FILES,
    *CELLS,
    *SETTINGS,
    *REFERENCES,
    *SIZES,
    *SOURCES,
    *SEVERAL,
    *TIMETABLES,
)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_broken_case_is_told_as_it_is(tmp_path: Path, case: Broken) -> None:
    """All faults and no others; without the checks the case would be planned, or crash later."""
    folder = write_small_case(tmp_path / "case", *case.edits)
    before = contents(folder)

    with pytest.raises(CaseFaults) as caught:
        read_case(folder)

    found = caught.value.faults
    places = sorted((fault.file, fault.row or 0, fault.column or "") for fault in found)
    wanted = sorted((told.file, told.row or 0, told.column or "") for told in case.told)
    assert places == wanted, str(caught.value)
    for told in case.told:
        texts = [
            fault.text
            for fault in found
            if (fault.file, fault.row, fault.column) == (told.file, told.row, told.column)
        ]
        assert any(told.part in said for said in texts), texts
    assert contents(folder) == before
