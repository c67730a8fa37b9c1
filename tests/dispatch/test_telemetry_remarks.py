"""What a plan says of its telemetry: by files as a SCADA leaves them, with one thing wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_telemetry import telemetry_of_plan
from dispatch.telemetry_remarks import silent_reasons, telemetry_notes
from tests.small_case import write_small_case

NOW = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
ISSUE = NOW.replace(minute=0)
DAYS = 3
Rows = list[str]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Path]:
    folder = write_small_case(tmp_path_factory.mktemp("told") / "case")
    return read_case(folder, now=NOW).case, folder


def good() -> Rows:
    """Rooms and water of two loops every hour, up to the last full one."""
    rows = []
    for hour in range(24 * DAYS):
        at = (ISSUE - timedelta(hours=24 * DAYS - 1 - hour)).strftime("%Y-%m-%d %H:%M")
        wander = 0.1 * (hour % 7)
        rows += [f"{at},{loop},room_t,{20.0 + wander:.2f}" for loop in ("N1.low", "S1.low")]
        rows += [f"{at},{loop},sec_sup_t,{45.0 + wander:.2f}" for loop in ("N1.low", "S1.low")]
    return rows


def told(town: tuple[Case, Path], rows: Rows) -> tuple[dict[str, str], dict[str, str]]:
    """Reasons and notes by key."""
    case, folder = town
    (folder / "telemetry").mkdir(exist_ok=True)
    table = "\n".join(["time,id,point,value", *rows, ""])
    (folder / "telemetry" / "scada.csv").write_text(table, encoding="utf-8")
    found = telemetry_of_plan(case, folder, ISSUE - timedelta(days=60), ISSUE, 1.0)
    assert found is not None
    remarks = silent_reasons(found, ISSUE), telemetry_notes(found, ISSUE, NOW)
    reasons, notes = ({one.key: one.text for one in some} for some in remarks)
    return reasons, notes


def until(hours_ago: int, of: str = "") -> Callable[[Rows], Rows]:
    last = (ISSUE - timedelta(hours=hours_ago)).strftime("%Y-%m-%d %H:%M")
    return lambda rows: [row for row in rows if row[:16] <= last or of not in row]


def later(minutes: int) -> Callable[[Rows], Rows]:
    def shifted(row: str) -> str:
        at = datetime.fromisoformat(row[:16]) + timedelta(minutes=minutes)
        return f"{at:%Y-%m-%d %H:%M}{row[16:]}"

    return lambda rows: [shifted(row) for row in rows]


def stuck(rows: Rows) -> Rows:
    return ["".join(row.rpartition(",")[:2]) + "19" if "room_t" in row else row for row in rows]


def test_good_telemetry_is_not_spoken_of(town):
    assert told(town, good()) == ({}, {})


@pytest.mark.parametrize(
    ("wrong", "reasons", "notes", "words"),
    [
        (until(5), [], [], ""),
        (until(9), [], ["daily.telemetry_silent"], "7.0 h"),
        (until(24), ["daily.telemetry_silent"], [], "22.0 h"),
        (until(9, of="room_t"), [], ["daily.rooms_silent"], "7.0 h"),
        (later(20), [], [], ""),
        (later(90), [], ["daily.telemetry_ahead"], "60 min"),
        (stuck, [], ["daily.telemetry_cleaned", "daily.rooms_silent"], "room_t of N1.low, S1.low"),
        (
            lambda rows: [*rows, "2026-99-99 00:00,N1.low,room_t,warm"],
            [],
            ["calibrate.note_unreadable_rows"],
            "row 290",
        ),
        (
            lambda rows: [row.replace("S1.low,room_t", "S1.low,RM_AVG_T") for row in rows],
            [],
            ["calibrate.note_unknown_tags"],
            "RM_AVG_T",
        ),
    ],
)
def test_what_is_wrong_is_named(town, wrong, reasons, notes, words):
    found = told(town, wrong(good()))
    assert [list(some) for some in found] == [reasons, notes]
    assert words in " ".join([*found[0].values(), *found[1].values()])
