"""Broken telemetry: every fault with file, row and column, all at once; what is only counted."""

from pathlib import Path

import pytest

from forecasts.telemetry.faults import MAX_TOLD, TelemetryFault, TelemetryFaults
from forecasts.telemetry.folder import TelemetryReading, read_telemetry
from tests.telemetry_files import long_frame, write_telemetry

GOOD = "time,id,point,value\n2026-01-15 08:00,S1,TE3,45\n"


def read(folder: Path, **files: str) -> TelemetryReading:
    """Read a folder of files, `a_csv` for a.csv."""
    for name, lines in files.items():
        (folder / name.replace("_", ".")).write_text(lines, encoding="utf-8")
    return read_telemetry(folder, "Asia/Shanghai")


def faults(folder: Path, **files: str) -> tuple[TelemetryFault, ...]:
    with pytest.raises(TelemetryFaults) as raised:
        read(folder, **files)
    return raised.value.faults


def places(found: tuple[TelemetryFault, ...]) -> list[tuple[str, int | None, str]]:
    return [(fault.file, fault.row, fault.column) for fault in found]


def test_all_faults_of_tags_csv_at_once(tmp_path):
    found = faults(
        tmp_path,
        a_csv=GOOD,
        tags_csv=(
            "tag,id,point,unit,factor,offset\n"
            "T1,S1,sec_sup_t,,1,0\n"
            ",S1,sec_sup_t,,,\n"
            "T2,S1,sec_sup_x,,,\n"
            "T3,S1,sec_sup_t,parsec,,\n"
            "T4,S1,sec_sup_t,MPa,,\n"
            "T5,S1,sec_sup_t,,ten,x\n"
            "T6,S1,sec_sup_t,,0,\n"
            "T7,,,,,\n"
            "T1,S2,sec_sup_t,,,\n"
            "T8,S1,sec_sup_t,,,,,,,more\n"
        ),
    )
    assert places(found) == [
        ("tags.csv", 3, "tag"),
        ("tags.csv", 4, "point"),
        ("tags.csv", 5, "unit"),
        ("tags.csv", 6, "unit"),
        ("tags.csv", 7, "factor"),
        ("tags.csv", 7, "offset"),
        ("tags.csv", 8, "factor"),
        ("tags.csv", 9, ""),
        ("tags.csv", 10, "tag"),
        ("tags.csv", 11, ""),
    ]
    texts = [fault.text for fault in found]
    assert texts[1] == "'sec_sup_x' is no point: did you mean sec_sup_t?"
    assert "write one of degc, °c" in texts[3]
    assert texts[7].startswith("has neither id nor point")
    assert texts[8].startswith("'T1' is there twice")


def test_a_header_of_tags_csv_with_slips(tmp_path):
    found = faults(tmp_path, a_csv=GOOD, tags_csv="Tag,id,points\nT1,S1,sec_sup_t\n")
    assert [(fault.column, fault.text.split(". ")[-1]) for fault in found] == [
        ("", "Save with commas and these names."),
        ("Tag", "Did you mean tag?"),
        ("points", "Did you mean point?"),
    ]


def test_faults_of_telemetry_toml_and_tags_csv_are_told_together(tmp_path):
    found = faults(
        tmp_path,
        a_csv=GOOD,
        tags_csv="tag,id,point\nT2,S1,nothing\n",
        telemetry_toml=(
            'timezone = "Asia/Shanghay"\nlayuot = "wide"\nstamp = "end"\n[columns]\ntme = "t"\n'
            '[[table]]\nurl = "postgresql+psycopg://me:secret@db/heat"\ntable = "readings"\n'
            '[[table]]\nfiles = "a.csv"\nurl = "sqlite:///a.db"\n'
        ),
    )
    told = "\n".join(map(str, found))
    assert "timezone: is no time zone like Asia/Shanghai" in told
    assert "layuot: is unknown, did you mean layout?" in told
    assert "columns.tme: is unknown, did you mean time?" in told
    assert "stamp: is 'end'" in told
    assert "table.1: url holds a password" in told
    assert "secret" not in told
    assert "table.2: needs one of files, url and url_env" in told
    assert "tags.csv, row 2, point: 'nothing' is no point" in told


def test_faults_of_several_tables_are_told_together(tmp_path):
    found = faults(
        tmp_path,
        a_csv="when,S1.TE3\n2026-01-15 08:00,45\n",
        b_csv="time,id,point,value\n",
        c_csv="",
        d_csv="time,id,point,value\n2026-01-15 08:00,S1,XX1,45\n",
        e_csv="time,TE3\n2026-01-15 08:00,45\n",
        f_csv="time,S1.TE3(MPa)\n2026-01-15 08:00,45\n",
        g_xls="old",
        h_xlsx="no workbook",
        i_parquet="no parquet",
    )
    told = dict(zip((fault.file for fault in found), (fault.text for fault in found), strict=True))
    assert "the file begins with 'when,S1.TE3'" in told["a.csv"]
    assert told["b.csv"] == "no rows after the heading."
    assert told["c.csv"].startswith("is empty")
    assert told["d.csv"].startswith("none of its points is known: XX1")
    assert told["e.csv"].startswith("nothing says of which station")
    assert "unit 'MPa' is none of sec_sup_t" in told["f.csv"]
    assert "Save it as .csv, .xlsx or .parquet" in told["g.xls"]
    assert told["h.xlsx"].startswith("is no workbook")
    assert told["i.parquet"].startswith("is no Parquet file")


def test_ids_that_are_none_of_the_case(tmp_path):
    write_telemetry(tmp_path, long_frame(ids=("Station1",)))
    with pytest.raises(TelemetryFaults, match=r"none of its ids.*Station1 \(near: Station-7\)"):
        read_telemetry(tmp_path, "Asia/Shanghai", known_ids={"Station-7"})


def test_a_table_that_is_mostly_not_understood_is_refused_with_its_first_places(tmp_path):
    lines = [f"{k},S1,TE3,4{k}" for k in range(40)]
    found = faults(tmp_path, a_csv="\n".join(["time,id,point,value", *lines, GOOD[20:]]))
    assert found[0].text.startswith("most is not understood: 40 cells or rows")
    assert [(fault.row, fault.column) for fault in found[1:4]] == [(k, "time") for k in (2, 3, 4)]
    assert found[1].text == "'0' is no time. Write it like 2026-01-15T08:00+08:00."
    assert len(found) == MAX_TOLD + 1


def test_values_that_are_no_numbers_are_told_by_row_and_column(tmp_path):
    """Row 4 has too few cells, row 5 is empty: the numbers of later rows still are the file's."""
    table = (
        "time,S1.TE3,S1.TE4\n2026-01-15 08:00,45,x\n2026-01-15 08:15,45.x,38\n2026\n\n"
        "2026-01-15 08:30,46,38\n2026-01-15 08:45,47,1O\n2026-01-15 09:00,48,39\n"
    )
    reading = read(tmp_path, a_csv=table)
    assert (reading.counts[0].rows, reading.counts[0].unreadable) == (6, 4)
    detail = reading.notes[0].detail
    assert "row 3, S1.TE3: '45.x' is no number" in detail
    assert "row 2, S1.TE4: 'x' is no number" in detail
    assert "row 7, S1.TE4: '1O' is no number" in detail


def test_two_tags_for_one_series_are_a_fault(tmp_path):
    long = "time,id,point,value\n2026-01-15 08:00,S1,TE3,45\n2026-01-15 08:00,S1,二网供温,46\n"
    wide = "time,S1.TE3,S1.sec_sup_t\n2026-01-15 08:00,45,46\n"
    found = faults(tmp_path, a_csv=long, b_csv=wide)
    assert [fault.text for fault in found] == [
        "'S1 TE3' and 'S1 二网供温' are both read as S1 sec_sup_t. Tell them apart in tags.csv, by"
        " id, point or sensor.",
        "'S1.TE3' and 'S1.sec_sup_t' are both read as S1 sec_sup_t. Tell them apart in tags.csv, by"
        " id, point or sensor.",
    ]


def test_cells_that_say_nothing_and_bad_quality_are_counted(tmp_path):
    values = [
        "45,0",
        "45,192",
        "45,good",
        "45,正常",
        "45,",
        "--,0",
        "null,0",
        "坏值,0",
        ",0",
        "—,0",
    ]
    values += ["45,24", "45,bad", "45,坏"]
    lines = [f"2026-01-15 08:{k:02d},S1,TE3,{value}" for k, value in enumerate(values)]
    reading = read(tmp_path, a_csv="\n".join(["time,id,point,value,quality", *lines]))
    counts = reading.counts[0]
    assert (counts.readings, counts.empty, counts.bad_quality, counts.unreadable) == (5, 5, 3, 0)
    assert len(reading.readings) == 5


def test_a_utility_may_have_its_own_good_codes(tmp_path):
    table = (
        "time,id,point,value,quality\n2026-01-15 08:00,S1,TE3,45,A\n2026-01-15 08:15,S1,TE3,4,0\n"
    )
    reading = read(tmp_path, a_csv=table, telemetry_toml='good_quality = ["a"]\n')
    assert reading.readings["value"].tolist() == [45.0]


def test_columns_that_are_missing_or_twice(tmp_path):
    found = faults(
        tmp_path,
        a_csv="采集时间,上报时间,id,TE3\n2026-01-15 08:00,2026-01-15 08:01,S1,45\n",
        b_csv=GOOD,
        telemetry_toml=(
            '[[table]]\nfiles = "a.csv"\n[[table]]\nfiles = "b.csv"\ncolumns.id = "站"\n'
            '[[table]]\nfiles = "z*.csv"\n'
        ),
    )
    assert [str(fault) for fault in found] == [
        "telemetry.toml, table.3.files: 'z*.csv' fits no file; there is a.csv, b.csv. Mend the"
        " name."
    ]
    text = (tmp_path / "telemetry.toml").read_text(encoding="utf-8")
    found = faults(tmp_path, telemetry_toml=text.partition('[[table]]\nfiles = "z')[0])
    assert [fault.file for fault in found] == ["a.csv", "b.csv"]
    assert "several columns may be time: 采集时间, 上报时间" in found[0].text
    assert found[1].column == "站"


def test_a_folder_that_is_not_there_or_empty(tmp_path):
    assert "there is no such folder" in faults(tmp_path / "telemetry")[0].text
    assert "holds no table" in faults(tmp_path)[0].text


def test_a_long_list_of_faults_is_cut_in_the_message_alone():
    error = TelemetryFaults(TelemetryFault("a.csv", "wrong", row, "x") for row in range(30))
    lines = str(error).splitlines()
    assert (len(error.faults), len(lines)) == (30, MAX_TOLD + 1)
    assert lines[0] == "a.csv, row 0, x: wrong"
    assert lines[-1] == "and 10 more"
