"""What utilities call their readings, and in which units: names of H§12, tags.csv, units."""

from pathlib import Path

import pytest

from forecasts.telemetry.folder import NoteCode, TelemetryReading, read_telemetry
from forecasts.telemetry.heading import split_unit
from forecasts.telemetry.names import POINT_BY_NAME, name_key, point_named
from forecasts.telemetry.points import TRAITS, Point
from forecasts.telemetry.units import UNITS, UnitUnknown, scale


def read(folder: Path, table: str, tags: str = "", **asked) -> TelemetryReading:
    (folder / "a.csv").write_text(table, encoding="utf-8")
    if tags:
        (folder / "tags.csv").write_text(tags, encoding="utf-8")
    return read_telemetry(folder, "Asia/Shanghai", **asked)


def series(reading: TelemetryReading) -> dict[str, float]:
    """Return the last value of each series, by `id point [sensor]`."""
    keys = reading.readings[["id", "point", "sensor"]].astype(str).agg(" ".join, axis=1)
    return {key.strip(): value for key, value in zip(keys, reading.readings["value"], strict=True)}


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        *(
            ("一网供温", "pri_sup_t"),
            ("一次网回水温度", "pri_ret_t"),
            ("二次侧供水温度", "sec_sup_t"),
        ),
        *(("二网回温", "sec_ret_t"), ("累积热量", "heat_total"), ("瞬时热量", "pri_heat")),
        *(("一网瞬时流量", "pri_flow"), ("二供流量", "sec_flow"), ("补水流量", "mk_flow")),
        *(
            ("阀开度", "valve_pct"),
            ("频率", "pump_hz"),
            ("液位", "tank_lvl"),
            ("电量", "kwh_total"),
        ),
        *(("室外温度", "out_t"), ("室温", "room_t"), ("二网供温设定值", "sec_sup_t_sp")),
        *(
            ("ewgw", "sec_sup_t"),
            ("EWHW", "sec_ret_t"),
            ("ywgy", "pri_sup_p"),
            ("ljrl", "heat_total"),
        ),
        *(("TE1", "pri_sup_t"), ("TE4", "sec_ret_t"), ("QQI", "heat_total"), ("FC1V1", "pump_hz")),
        *(
            ("sec_sup_t.PV", "sec_sup_t"),
            ("sec_sup_t.SP", "sec_sup_t_sp"),
            ("二网供压", "sec_sup_p"),
        ),
        ("primary supply temperature", "pri_sup_t"),
    ],
)
def test_usual_names(name, alias):
    assert point_named(name) == Point(alias)


def test_every_point_is_known_by_its_alias():
    assert {POINT_BY_NAME[name_key(point)] for point in Point} == set(Point)
    assert point_named("sec_sup_t.ST") is None  # a state is no temperature


@pytest.mark.parametrize(
    ("heading", "place"),
    [
        ("ZZ.A03.S017.L1.sec_sup_t.PV", "S017.L1"),
        ("ns=2;s=ZZ.S017.sec_sup_t", "S017"),
        ("S017_L1_二网供温(℃)", "S017.L1"),
        ("S017.高区.TE3", "S017.high"),
        ("S017二网供温", "S017"),
        ("s017 l1 ewgw", "S017.L1"),
        ("ZZ.north.plant.sec_sup_t", "north.plant"),
        ("ZZ-N-001-二网供水温度[℃]", "ZZ-N-001"),
    ],
)
def test_headings_that_name_station_and_point(tmp_path, heading, place):
    known = {"S017", "S017.L1", "S017.high", "ZZ-N-001", "north.plant"}
    reading = read(tmp_path, f"time,{heading}\n2026-01-15 08:00,45\n", known_ids=known)
    assert series(reading) == {f"{place} sec_sup_t": 45.0}


def test_dotted_tags_need_no_list_of_ids(tmp_path):
    table = (
        "time,tag,value\n2026-01-15 08:00,ZZ.A03.S017.L1.TE3,45\n2026-01-15 08:00,ZZ.S2.TE3,46\n"
    )
    assert series(read(tmp_path, table)) == {"S017.L1 sec_sup_t": 45.0, "S2 sec_sup_t": 46.0}


def test_rooms_are_told_apart(tmp_path):
    table = "time,S1.室温1,S1.室温(301),S1.room_t_12\n2026-01-15 08:00,20,21,22\n"
    found = series(read(tmp_path, table))
    assert found == {"S1 room_t 1": 20.0, "S1 room_t 301": 21.0, "S1 room_t 12": 22.0}


def test_station_and_loop_in_two_columns(tmp_path):
    table = "time,station_id,loop,sensor,point,value\n2026-01-15 08:00,S1,低区,7,room_t,20\n"
    assert series(read(tmp_path, table, known_ids={"S1.low"})) == {"S1.low room_t 7": 20.0}


def test_rows_of_tags_csv(tmp_path):
    """A tag, a pattern, a point of every station, a column of a loop with its sign, a station.

    -500 kW · -1 = 500 kW = 1.8 GJ/h; 5 bar = 0.5 MPa; 0.1 · 452 - 0.2 = 45 °C.
    """
    tags = (
        "tag,id,point,unit,factor,offset,sensor,note\n"
        "DCS_T1,S1,sec_sup_t,,0.1,-0.2,,ten times too large\n"
        "HZ_{id}_{point},,,,,,,all others\n"
        "ROOM-{sensor},S1,room_t,,,,,\n"
        "P?*,S1,sec_sup_p,bar,,,,\n"
    )
    table = (
        "time,tag,value\n2026-01-15 08:00,DCS_T1,452\n2026-01-15 08:00,HZ_S2_TE4,38\n"
        "2026-01-15 08:00,ROOM-301,20\n2026-01-15 08:00,P?17,5\n"
    )
    found = series(read(tmp_path, table, tags))
    assert found == {
        "S1 room_t 301": 20.0,
        "S1 sec_sup_p": pytest.approx(0.5),
        "S1 sec_sup_t": pytest.approx(45.0),
        "S2 sec_ret_t": 38.0,
    }


def test_factor_and_offset_are_in_the_unit_of_the_row(tmp_path):
    """590 kPa + 10 kPa = 0.6 MPa; the offset taken for MPa would give 10.59."""
    tags = "tag,id,point,unit,offset\nP1,S1,sec_sup_p,kPa,10\n"
    found = series(read(tmp_path, "time,P1\n2026-01-15 08:00,590\n", tags))
    assert found == {"S1 sec_sup_p": pytest.approx(0.6)}


def test_marks_may_differ_between_ids_but_not_be_missing(tmp_path):
    """`S1_1` is the loop S1.1; taken for S11 it would give a station another's readings."""
    table = "time,id,TE3\n2026-01-15 08:00,S1_1,45\n2026-01-15 08:00,S-9,46\n"
    assert series(read(tmp_path, table, known_ids={"S1.1", "S11", "S9"})) == {
        "S1.1 sec_sup_t": 45.0
    }


def test_tags_csv_in_a_table_by_station(tmp_path):
    tags = (
        "tag,id,point,unit,factor\nHEAT_LOW,{id}.low,pri_heat,kW,-1\nTE9,,sec_ret_t,,\n"
        "光明小区1号换热站,S1,,,\n"
    )
    table = "时间,换热站,HEAT_LOW,TE9\n2026-01-15 08:00,光明小区1号换热站,-500,38\n"
    reading = read(tmp_path, table, tags, known_ids={"S1", "S1.low"})
    assert series(reading) == {"S1 sec_ret_t": 38.0, "S1.low pri_heat": pytest.approx(1.8)}
    assert reading.notes == ()


def test_what_is_not_known_is_left_out_and_told_with_near_names(tmp_path):
    table = (
        "time,id,point,value\n2026-01-15 08:00,S1,TE3,45\n2026-01-15 08:00,S1,TE33,45\n"
        "2026-01-15 08:00,Station-12,TE3,45\n"
    )
    reading = read(tmp_path, table, "tag,id,point\nX1,S1,TE4\n", known_ids={"S1", "Station-2"})
    assert series(reading) == {"S1 sec_sup_t": 45.0}
    assert reading.counts[0].unknown == 2
    assert [(note.code, note.detail) for note in reading.notes] == [
        (NoteCode.UNKNOWN_TAGS, "TE33 (near: te3)"),
        (NoteCode.UNKNOWN_IDS, "Station-12 (near: Station-2)"),
        (NoteCode.UNUSED_RULES, "row 2 (X1)"),
    ]


@pytest.mark.parametrize(
    ("said", "unit", "point", "ours"),
    [
        (1, "MW", "pri_heat", 3.6),  # 1 MW = 3.6 GJ/h
        (500, "kW", "pri_heat", 1.8),
        (1, "Gcal/h", "pri_heat", 4.1868),
        (1e6, "kcal/h", "pri_heat", 4.1868),
        (10, "MWh", "heat_total", 36.0),
        (1000, "kWh", "heat_total", 3.6),
        (2, "Gcal", "heat_total", 8.3736),
        (3.6, "GJ", "kwh_total", 1000.0),
        (5, "bar", "sec_sup_p", 0.5),
        (600, "kPa", "pri_sup_p", 0.6),
        (10, "kgf/cm²", "pri_sup_p", 0.980665),
        (50, "mH2O", "sec_ret_p", 0.4903325),
        (10, "kg/s", "sec_flow", 36.0),
        (100, "m³/h", "sec_flow", 99.2),  # 992 kg/m³ at 40 °C
        (100, "㎥/h", "pri_flow", 97.8),  # 978 kg/m³ at 70 °C
        (10, "L/s", "mk_flow", 36.0),
        (0.4, "fraction", "valve_pct", 40.0),
        (113, "℉", "sec_sup_t", 45.0),
        (318.15, "K", "sec_sup_t", 45.0),
        (250, "cm", "tank_lvl", 2.5),
    ],
)
def test_units_by_hand(said, unit, point, ours):
    to_ours = scale(unit, Point(point))
    assert said * to_ours.factor + to_ours.offset == pytest.approx(ours)


def test_every_trait_has_its_own_unit_in_the_table():
    for point, trait in TRAITS.items():
        assert scale(trait.unit, point) == scale("", point)
    assert set(UNITS) == {trait.unit for trait in TRAITS.values()}


def test_a_unit_of_another_quantity_is_refused():
    with pytest.raises(UnitUnknown, match="'MPa' is none of sec_sup_t"):
        scale("MPa", Point.SECONDARY_SUPPLY_TEMP)


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ("二网供温(℃)", ("二网供温", "℃")),
        ("瞬时热量[MW]", ("瞬时热量", "MW")),
        ("瞬时流量（m³/h）", ("瞬时流量", "m³/h")),
        ("二网供温℃", ("二网供温", "℃")),
        ("瞬时流量/t/h", ("瞬时流量", "t/h")),
        ("ZZ/S017/TE3", ("ZZ/S017/TE3", "")),
    ],
)
def test_units_in_headings(heading, parts):
    assert split_unit(heading) == parts


def test_which_unit_is_believed(tmp_path):
    """tags.csv before the heading, the heading before telemetry.toml, then the usual unit."""
    (tmp_path / "telemetry.toml").write_text('[units]\nheat_total = "MWh"\n', encoding="utf-8")
    table = "time,S1.QQI,S2.QQI(GJ),S3.QQI(GJ),S1.TE3\n2026-01-15 08:00,10,10,10,45\n"
    found = series(read(tmp_path, table, "tag,id,point,unit\nS3.QQI,S3,heat_total,kWh\n"))
    assert found == {
        "S1 heat_total": pytest.approx(36.0),
        "S1 sec_sup_t": 45.0,
        "S2 heat_total": 10.0,
        "S3 heat_total": pytest.approx(0.036),
    }


def test_a_unit_column(tmp_path):
    table = "time,id,point,value,unit\n2026-01-15 08:00,S1,pri_heat,1,MW\n"
    assert series(read(tmp_path, table)) == {"S1 pri_heat": pytest.approx(3.6)}
