"""The workbook says what the tables say, prints on A4, and holds no formula of anybody."""

import io
from dataclasses import replace
from datetime import datetime
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from example_plan import example_plan

from dispatch.messages import speaking
from dispatch.plan import Plan, Remark
from dispatch.run_files import run_files
from dispatch.sheets.tables import rows_of
from dispatch.sheets.workbook import dispatch_sheet

EVIL = '=HYPERLINK("http://127.0.0.1","x")'


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """All files of the example's plan."""
    return run_files(example_plan(), {}, {})


def book_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def cells(sheet: Any) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def row_after(sheet: Any, first: object, second: object) -> list[object]:
    """The row that begins with two values."""
    return next(row for row in cells(sheet) if row[:2] == [first, second])


def test_there_is_a_page_for_each_reader(files: dict[str, bytes]):
    names = book_of(files["dispatch_sheet.xlsx"]).sheetnames
    assert names[0] == "Dispatch"
    assert names[-2:] == ["Coal", "Order"]
    assert [name for name in names if name.startswith("Plant ")] == ["Plant A", "Plant B"]
    assert [name for name in names if name.startswith("Stations ")]


def test_figures_of_sources_are_those_of_the_table(files: dict[str, bytes]):
    book = book_of(files["dispatch_sheet.xlsx"])
    rows = rows_of(files["setpoints_sources.csv"])
    first = rows[0]["source_id"]
    table = [row for row in rows if row["source_id"] == first]
    at = datetime.fromisoformat(table[1]["valid_from"]).replace(tzinfo=None)
    shown = next(row for row in cells(book["Plant A"]) if row[0] == at)
    assert shown[2] == float(table[1]["heat_mw"])
    assert shown[3] == pytest.approx(3.6 * float(table[1]["heat_mw"]))
    assert shown[5] == float(table[1]["supply_temp_c"])
    assert shown[-1] == table[1]["reason"]


def test_heat_of_the_network_is_that_of_all_sources(files: dict[str, bytes]):
    sheet = book_of(files["dispatch_sheet.xlsx"])["Dispatch"]
    rows = rows_of(files["setpoints_sources.csv"])
    start = rows[0]["valid_from"]
    total = sum(float(row["heat_mw"]) for row in rows if row["valid_from"] == start)
    at = datetime.fromisoformat(start).replace(tzinfo=None)
    shown = next(row for row in cells(sheet) if row[0] == at)
    assert shown[3] == pytest.approx(total)
    assert shown[5] + shown[7] == pytest.approx(total)  # type: ignore[operator]


def test_setpoints_of_stations_are_those_of_the_table(files: dict[str, bytes]):
    """Of the first 24 hours, loop by loop."""
    rows = rows_of(files["setpoints_stations.csv"])
    book = book_of(files["dispatch_sheet.xlsx"])
    for key in dict.fromkeys((row["zone_id"], row["station_id"], row["loop"]) for row in rows):
        zone, station, loop = key
        mine = [row for row in rows if (row["zone_id"], row["station_id"], row["loop"]) == key]
        shown = row_after(book[f"Stations {zone}"], station, loop)
        setpoints = [float(row["secondary_supply_c"]) for row in mine]
        blocks = len(shown) - 12
        assert shown[4 : 4 + blocks] == setpoints[:blocks]
        assert shown[-5] == pytest.approx(sum(float(r["heat_quota_gj"]) for r in mine[:blocks]))


def test_offset_is_against_the_same_hours_a_day_before():
    """1.5 K more than yesterday at the first loop, and nothing known of the others."""
    plan = example_plan()
    schedule = plan.schedule.copy(deep=True)
    before = schedule["station_setpoint_day_before"].values
    before[:] = float("nan")
    before[0] = schedule["station_supply"].values[0] - 1.5
    book = book_of(run_files(replace(plan, schedule=schedule), {}, {})["dispatch_sheet.xlsx"])
    name = str(schedule["station"].values[0])
    station, _, loop = name.partition(".")
    zone = str(schedule["station_zone"].values[0])
    shown = row_after(book[f"Stations {zone}"], station, loop)
    assert shown[-8] == pytest.approx(1.5)


def test_order_and_its_sum(files: dict[str, bytes]):
    sheet = book_of(files["dispatch_sheet.xlsx"])["Order"]
    rows = [row for row in rows_of(files["heat_order.csv"]) if row["plant_id"] == "A"]
    total = next(row for row in cells(sheet) if row[2:4] == ["A", "Total"])
    assert total[5] == pytest.approx(sum(float(row["heat_gj"]) for row in rows))


def test_every_page_prints_one_page_wide(files: dict[str, bytes]):
    for sheet in book_of(files["dispatch_sheet.xlsx"]):
        assert sheet.print_area
        assert sheet.page_setup.paperSize == 9
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_headings_stay_in_sight_and_stations_can_be_filtered(files: dict[str, bytes]):
    book = book_of(files["dispatch_sheet.xlsx"])
    for sheet in (book[name] for name in book.sheetnames if name.startswith("Stations ")):
        assert sheet.freeze_panes
        assert sheet.auto_filter.ref
        assert sheet.print_title_rows


def evil_plan() -> Plan:
    plan = example_plan()
    words = Remark("daily.setpoints_same", {"plan_id": f"{EVIL}\x07"})
    return replace(plan, verdict=replace(plan.verdict, notes=(words,)), plan_id=EVIL)


def test_no_text_becomes_a_formula():
    content = run_files(evil_plan(), {}, {})["dispatch_sheet.xlsx"]
    with ZipFile(io.BytesIO(content)) as parts:
        pages = [parts.read(name) for name in parts.namelist() if "worksheets" in name]
    assert pages
    assert not any(b"<f>" in page for page in pages)


def test_the_same_plan_gives_the_same_bytes(files: dict[str, bytes]):
    assert dispatch_sheet(example_plan(), files) == files["dispatch_sheet.xlsx"]


def test_it_is_written_in_chinese(files: dict[str, bytes]):
    with speaking("zh"):
        book = book_of(dispatch_sheet(example_plan(), files))
    assert book.sheetnames[0] == "调度单"
    texts = {value for sheet in book for row in cells(sheet) for value in row}
    assert {"编制", "校核", "接收", "直管"} <= texts
