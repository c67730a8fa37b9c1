"""What a good case folder gives, what is merely noted, and that nothing else is ever raised."""

import ast
import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dispatch
from dispatch.case_cells import Refused, parse
from dispatch.case_checks import most_within_band, share_is_possible
from dispatch.case_faults import faults_text, file_fault
from dispatch.case_files import CaseFaults, read_case
from dispatch.case_polygon import heat_band, is_flat
from dispatch.messages import catalogue
from dispatch.settings import ShareGroup
from tests.small_case import (
    CASE_TOML,
    TABLES,
    cell,
    new_column,
    new_row,
    no_file,
    text,
    whole_file,
    write_small_case,
)


def note_keys(folder: Path) -> list[str]:
    return [note.key for note in read_case(folder).notes]


def test_small_case_is_read_whole(tmp_path: Path) -> None:
    folder = read_case(write_small_case(tmp_path / "case"))

    case = folder.case
    assert folder.notes == ()
    assert case.plant_ids == ("A", "B")
    assert case.zone_ids == ("north", "south")
    assert [station.loop_id for station in case.stations][:2] == ["N1.low", "N2.floor"]
    assert len(case.curve_of("chp_1")) == 5
    assert case.sources[1].installed_mw == 28
    assert case.stations[0].valve_open is True
    assert case.yards[0].storage_target_t == 7500


def test_small_case_without_optional_tables(tmp_path: Path) -> None:
    folder = write_small_case(tmp_path / "case", no_file("outages.csv"), no_file("deliveries.csv"))
    assert read_case(folder).case.outages == ()


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    """Without taking it off, the first column would be unknown."""
    marked = [
        whole_file(name, b"\xef\xbb\xbf" + content.encode())
        for name, content in (("fuels.csv", TABLES["fuels.csv"]), ("case.toml", CASE_TOML))
    ]
    assert read_case(write_small_case(tmp_path / "case", *marked)).notes == ()


def test_blank_lines_and_empty_columns_are_skipped_and_rows_still_counted(tmp_path: Path) -> None:
    """Row 6 of the spreadsheet has the fault: two blank rows and a two-line cell lie above it."""
    header, coal = TABLES["fuels.csv"].splitlines()
    lines = [
        f"{header},,",
        "",
        f"{coal},,",
        ",,,,,,,",
        '"gas","natural\ngas",nm3,8500,3.2,1.6,,',
        "oil,oil,t,9800,many,2.1,,",
    ]
    edit = whole_file("fuels.csv", "\r\n".join(lines).encode())
    with pytest.raises(CaseFaults) as caught:
        read_case(write_small_case(tmp_path / "case", edit))
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [(6, "price")]


def test_text_over_two_lines_becomes_one(tmp_path: Path) -> None:
    case = read_case(
        write_small_case(tmp_path / "case", cell("stations.csv", 2, "name", "Railway\nestate"))
    ).case
    assert case.stations[0].name == "Railway estate"


def test_schedule_rows_are_sorted_in_time(tmp_path: Path) -> None:
    """Case.power_at takes the last row that has begun; unsorted, an old row would win."""
    early = {"time": "2025-10-01T00:00:00+08:00", "source_id": "chp_1", "power_mw": "14"}
    case = read_case(write_small_case(tmp_path / "case", new_row("schedules.csv", early))).case
    assert case.schedules[0].power_mw == 14
    assert case.power_at("chp_1", datetime(2026, 1, 15, 0, tzinfo=UTC)) == 16.5
    assert case.power_at("chp_1", datetime(2026, 1, 14, 15, tzinfo=UTC)) == 15.2


def test_unknown_columns_get_one_note(tmp_path: Path) -> None:
    folder = write_small_case(
        tmp_path / "case",
        new_column("stations.csv", "备注", "ok"),
        new_column("stations.csv", "inspector", "Li"),
    )
    notes = read_case(folder).notes
    assert [note.text for note in notes] == [
        "stations.csv: these columns are not known and were ignored: 备注, inspector."
    ]


def test_files_of_nobody_are_noted(tmp_path: Path) -> None:
    folder = write_small_case(
        tmp_path / "case",
        whole_file("holiday.jpg", b"x"),
        whole_file("README.md", b"x"),
    )
    (folder / "telemetry").mkdir()
    assert [note.text for note in read_case(folder).notes] == [
        "These files are no part of a case and were ignored: holiday.jpg.",
    ]


def test_missing_weather_file_is_noted(tmp_path: Path) -> None:
    edit = text("case.toml", '"climate"', '"csv"\npath = "weather/own.csv"')
    assert note_keys(write_small_case(tmp_path / "case", edit)) == ["fault.note_weather_file"]


def test_capacity_below_design_load_is_noted(tmp_path: Path) -> None:
    """26 + 14 MW against 41.27 MW; the share of a plain shortage is not told as well."""
    edit = cell("sources.csv", 3, "unit_count", "1")
    notes = read_case(write_small_case(tmp_path / "case", edit)).notes
    assert [note.key for note in notes] == ["fault.note_capacity"]
    assert "40.0 MW, less than the 41.3 MW" in notes[0].text


def test_thin_stock_is_noted(tmp_path: Path) -> None:
    """(700 − 250) t · 5.815 MWh/t / 57.2 MW / 24 h = 1.9 days."""
    edit = cell("yards.csv", 2, "stock_t", "700")
    notes = read_case(write_small_case(tmp_path / "case", edit)).notes
    assert [note.key for note in notes] == ["fault.note_stock"]
    assert "lasts 1.9 days" in notes[0].text


def test_a_yard_too_small_for_its_reserve_is_noted(tmp_path: Path) -> None:
    """(6 200 − 250) t · 5.815 MWh/t / 57.2 MW / 24 h = 25.2 days, of 30: no stock mends it."""
    folder = write_small_case(tmp_path / "case", cell("yards.csv", 2, "capacity_t", "6200"))
    cell("yards.csv", 2, "reserve_days_min", "30")(folder)
    (note,) = read_case(folder).notes
    assert note.key == "fault.note_reserve_room"
    assert "holds 5950 t above its unusable layer, 25.2 days" in note.text


def test_a_storage_rule_beyond_the_yard_is_noted(tmp_path: Path) -> None:
    """60 % of 162 kt, the whole city's, are 97.2 kt: 9 000 t is all that yard_a holds."""
    folder = write_small_case(tmp_path / "case", cell("yards.csv", 2, "storage_target_t", "162000"))
    cell("yards.csv", 3, "storage_target_meaning", " ")(folder)
    notes = read_case(folder).notes
    assert [note.key for note in notes] == ["fault.note_storage_rule", "fault.note_target_meaning"]
    assert "60 % of storage_target_t are 97200 t" in notes[0].text


def test_a_train_into_a_small_yard_is_noted(tmp_path: Path) -> None:
    """Nobody wrote 3 500 t: the usual train does not fit above 120 t in 3 600 t; a truck does."""
    folder = write_small_case(tmp_path / "case", cell("yards.csv", 3, "capacity_t", "3600"))
    (note,) = read_case(folder).notes
    assert note.key == "fault.note_order_unit"
    assert "3500 t, as usual by rail, more than the 3480 t" in note.text
    new_column("yards.csv", "transport", "road")(folder)
    assert not read_case(folder).notes


def test_slightly_concave_fuel_is_evened_out_and_noted(tmp_path: Path) -> None:
    """At 0.6 load, efficiency 0.783 burns 0.7663; the line from 0.4 (0.5556) to 0.8 (0.9756) is at
    0.7656, 0.09 % lower. Handbook §8's own row at 0.5 load is of this kind.
    """
    edit = cell("source_curves.csv", 8, "efficiency", "0.783")
    (note,) = read_case(write_small_case(tmp_path / "case", edit)).notes
    assert note.key == "fault.note_curve_not_convex"
    assert "at most 0.09 % less fuel" in note.text


def test_a_corner_that_burns_slightly_too_much_is_evened_out_and_noted(tmp_path: Path) -> None:
    """Half-way from the corner of no heat and 21.45 MW to that of 26 and 17.03, all 57.2 MW of
    fuel: a corner there at 57.4 is 0.35 % too high.
    """
    corner = {"source_id": "chp_1", "heat_mw": "13", "power_mw": "19.24", "fuel_mw": "57.4"}
    edit = new_row("source_curves.csv", corner)
    (note,) = read_case(write_small_case(tmp_path / "case", edit)).notes
    assert note.key == "fault.note_curve_not_convex"
    assert "at most 0.35 % less fuel" in note.text


def test_no_load_fuel_beside_part_load_points_is_said_to_go_unused(tmp_path: Path) -> None:
    edit = cell("sources.csv", 3, "no_load_fuel_mw", "1.5")
    assert note_keys(write_small_case(tmp_path / "case", edit)) == ["fault.note_no_load_unused"]


def test_outdoor_sensor_in_the_telemetry_folder(tmp_path: Path) -> None:
    """Its folder is then one that is used; a file that is not there is no fault, but told."""
    edit = text("case.toml", "[fuel]", '[outdoor_sensor]\npath = "telemetry/out.csv"\n\n[fuel]')
    folder = write_small_case(tmp_path / "case", edit)
    assert note_keys(folder) == ["fault.note_sensor_file"]
    (folder / "telemetry").mkdir()
    (folder / "telemetry" / "out.csv").write_text("time,out_t\n")
    assert note_keys(folder) == []
    sensor = read_case(folder).case.settings.outdoor_sensor
    assert sensor is not None
    assert (sensor.path, sensor.time_column, sensor.temp_column) == ("telemetry/out.csv", "", "")


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseFaults, match="no such case folder"):
        read_case(tmp_path / "nowhere")


def test_weather_path_through_a_link_out_of_the_folder(tmp_path: Path) -> None:
    edit = text("case.toml", '"climate"', '"csv"\npath = "out/own.csv"')
    folder = write_small_case(tmp_path / "case", edit)
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(CaseFaults, match="leads out of the case folder"):
        read_case(folder)


def test_fault_reads_like_a_sentence(tmp_path: Path) -> None:
    edits = (
        cell("sources.csv", 3, "max_output_mw", "26.0"),
        cell("sources.csv", 3, "min_output_mw", "44.0"),
    )
    with pytest.raises(CaseFaults) as caught:
        read_case(write_small_case(tmp_path / "case", *edits))
    assert str(caught.value) == (
        "sources.csv, row 3, boiler_1, max_output_mw: is 26.0, below min_output_mw 44.0. "
        "Swap the two or correct the row."
    )


def test_many_rows_with_one_fault_are_one_line() -> None:
    faults = [file_fault("a.csv", "cell_empty", row=row, column="x") for row in range(2, 334)]
    other = file_fault("a.csv", "cell_empty", row=2, column="y")
    lines = faults_text([*faults, other]).splitlines()
    assert lines[0].endswith("(and 331 more rows)")
    assert lines[0].startswith("a.csv, row 2, x: ")
    assert len(lines) == 2


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    content = "time,source_id,power_mw\n" + "x,y,1\n" * 200_000
    edit = whole_file("schedules.csv", content.encode())
    with pytest.raises(CaseFaults, match="more than 200000 rows"):
        read_case(write_small_case(tmp_path / "case", edit))


def test_huge_file_is_refused(tmp_path: Path) -> None:
    folder = write_small_case(tmp_path / "case")
    with (folder / "outages.csv").open("r+b") as file:
        file.truncate(50_000_001)
    with pytest.raises(CaseFaults, match="larger than 50 MB"):
        read_case(folder)


@pytest.mark.parametrize(
    ("content", "part"),
    [("a = " + "[" * 5_000, "cannot be read"), ("a = " + "9" * 5_000, "cannot be read")],
)
def test_settings_that_overwhelm_the_reader(tmp_path: Path, content: str, part: str) -> None:
    edit = whole_file("case.toml", content.encode())
    with pytest.raises(CaseFaults, match=part):
        read_case(write_small_case(tmp_path / "case", edit))


# ---- small parts ---------------------------------------------------------------------------


@pytest.mark.parametrize("cell_text", ["26", "26.0", "+26", "2.6e1", "26."])
def test_numbers_as_people_and_programs_write_them(cell_text: str) -> None:
    assert parse(cell_text, float) == 26
    assert parse(cell_text, int) == 26


@pytest.mark.parametrize("cell_text", ["1_000", "٣", "0x1A", "--1", "1 2", "#N/A", "∞"])
def test_what_python_would_take_for_a_number_but_people_would_not(cell_text: str) -> None:
    assert isinstance(parse(cell_text, float), Refused)


@pytest.mark.parametrize(
    ("written", "plain"),
    [("12.5万", "125000"), ("12.5 万m²", "125000"), ("0.3万吨", "3000"), ("35 MW", "35")],
)
def test_a_number_with_a_unit_is_told_plain(written: str, plain: str) -> None:
    """Handbook §12: areas and stocks are written in 万, ten thousands."""
    refused = parse(written, float)
    assert isinstance(refused, Refused)
    assert (refused.key, refused.values["plain"]) == ("number_unit", plain)


def test_heat_band_of_the_handbook_unit() -> None:
    """Handbook §8: at 262 MW the edge AB ends at 400 MW heat; at 117 MW, D has 194 MW."""
    unit = [(0.0, 330.0), (400.0, 262.0), (400.0, 230.0), (194.0, 117.0), (0.0, 150.0)]
    assert heat_band(unit, 262) == pytest.approx((0, 400))
    assert heat_band(unit, 117) == pytest.approx((194, 194))
    assert heat_band(unit, 296) == pytest.approx((0, 200))
    assert heat_band(unit, 331) is None
    assert not is_flat(unit)
    assert is_flat([(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)])


def test_share_band_against_what_plants_reach() -> None:
    """6:4 ± 5 points at 100 MW: A must send 55 to 65. With 50 MW the most is 50/0.55 = 90.9."""
    share = ShareGroup(shares={"A": 0.6, "B": 0.4})
    assert share_is_possible(share, {"A": 55.0, "B": 45.0}, 100)
    assert not share_is_possible(share, {"A": 50.0, "B": 80.0}, 100)
    assert most_within_band(share, {"A": 50.0, "B": 80.0}, 100) == pytest.approx(90.909, abs=1e-3)


def calls_with_messages() -> Iterator[tuple[str, set[str] | None]]:
    """Key and places of every fault message the case modules name; None: not written out."""
    key_at = {"file_fault": 1, "Refused": 0, "say": 0, "Remark": 0}
    for path in Path(dispatch.__path__[0]).glob("case*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr == "fault":
                place = 2
            elif isinstance(node.func, ast.Name) and node.func.id in {*key_at, "fault"}:
                place = key_at.get(node.func.id, 0)
            else:
                continue
            key = node.args[place]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                has_values = len(node.args) > place + 1
                names = {word.arg for word in node.keywords if word.arg is not None}
                is_open = has_values or any(word.arg is None for word in node.keywords)
                yield key.value.removeprefix("fault."), None if is_open else names


def test_every_message_named_in_the_code_is_in_the_catalogue_with_its_places() -> None:
    """A missing message would show itself only on the day somebody makes that mistake."""
    messages = {
        key.removeprefix("fault."): text
        for key, text in catalogue().items()
        if key.startswith("fault.")
    }
    found = list(calls_with_messages())
    assert len(found) > 90
    for key, names in found:
        places = {name for _, name, _, _ in Formatter().parse(messages[key]) if name}
        assert names is None or places <= names, key


# ---- nothing but CaseFaults ----------------------------------------------------------------

NASTY = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "0",
                "-1",
                "nan",
                "1e308",
                "1e-308",
                "1e999",
                "９",
                "\ufeff",
                '"',
                "'",
                ",",
                "\n",
            ),
            *("=1+1", "2026-02-30T00:00:00+08:00", "0001-01-01T00:00:00+14:00", "A", "chp_1"),
            *("26 MW", "1,2", "true", "thermal_storage", "price", "band", "3\u2009000", "north"),
            "coal_boiler",
        ]
    ),
    st.text(max_size=8),
    st.floats().map(str),
    st.integers().map(str),
)


@st.composite
def corruption(draw: st.DrawFn) -> tuple[str, int, int, str]:
    """A file, a row and column (taken modulo their number), and what to write there."""
    place = st.integers(0, 50)
    file = draw(st.sampled_from([*sorted(TABLES), "stations.csv"]))
    return file, draw(place), draw(place), draw(NASTY)


@settings(max_examples=100, deadline=None)
@given(st.lists(corruption(), min_size=1, max_size=3))
def test_corrupt_cells_are_faults_or_a_good_case(hits: list[tuple[str, int, int, str]]) -> None:
    with TemporaryDirectory() as place:
        folder = write_small_case(Path(place))
        for file, row, column, value in hits:
            with (folder / file).open(encoding="utf-8", newline="") as content:
                rows = [line for line in csv.reader(content) if line] or [[""]]
            cells = rows[row % len(rows)]
            cells[column % len(cells)] = value
            with (folder / file).open("w", encoding="utf-8", newline="", errors="ignore") as out:
                csv.writer(out, lineterminator="\n").writerows(rows)
        try:
            read_case(folder)
        except CaseFaults as caught:
            assert str(caught)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["case.toml", *sorted(TABLES)]),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=6),
)
def test_corrupt_bytes_are_faults_or_a_good_case(file: str, where: float, junk: bytes) -> None:
    with TemporaryDirectory() as place:
        folder = write_small_case(Path(place))
        content = (folder / file).read_bytes()
        cut = int(where * len(content))
        (folder / file).write_bytes(content[:cut] + junk + content[cut + len(junk) :])
        try:
            read_case(folder)
        except CaseFaults as caught:
            assert str(caught)
