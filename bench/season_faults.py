"""What goes wrong on which of the sixty mornings, and who has to mend what."""

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.season_town import LOOPS, Town

TIME = "%Y-%m-%d %H:%M"
Rows = Callable[[list[str]], list[str]]
NOT_IN_HISTORY, NEW_HISTORY, CAUGHT_UP = "not in the history", "put aside", "recorded now"
DEAD_END = "http://127.0.0.1:9"  # nobody listens there


@dataclass(frozen=True)
class Morning:
    """What is wrong on a morning; the plain run of 05:30 comes after `before`."""

    said: str
    named: tuple[str, ...] = ()  # words that the screen, a reason or a note must say
    service: str | None = None  # a `Fault` of the weather service
    is_down: bool = False  # nobody answers at its address
    before: Callable[[Town], object] | None = None
    telemetry: Rows | None = None
    no_run: bool = False
    full_disk: bool = False
    killed_after_s: float | None = None
    killed_planners: int = 0  # as often the process that plans is killed as soon as it is there
    twice: bool = False  # two at once
    clock: timedelta = timedelta()  # a run with this clock comes first
    locked_database: bool = False
    budget_s: float | None = None
    refused: bool = False  # the case has a fault: exit 2; mended within the morning
    mend: Callable[[Town], None] | None = None


def _garbage(rows: list[str]) -> list[str]:
    return ["\x00\x01 not a table", *rows[:5], "2026-99-99 00:00,N1.low,room_t,warm,"]


def _gap(rows: list[str]) -> list[str]:
    return rows[: -24 * len(LOOPS) * 4]


def _hour_off(rows: list[str]) -> list[str]:
    def later(row: str) -> str:
        stamp, _, rest = row.partition(",")
        at = datetime.strptime(stamp, TIME) + timedelta(hours=1)  # noqa: DTZ007 (local, as written)
        return f"{at:{TIME}},{rest}"

    return [later(row) for row in rows]


def _stuck(rows: list[str]) -> list[str]:
    return [re.sub(r"room_t,[^,]*,", "room_t,45.00,", row) for row in rows]


def _twice(rows: list[str]) -> list[str]:
    return [*rows, *rows[-200:]]


def _renamed(rows: list[str]) -> list[str]:
    return [row.replace(",room_t,", ",ROOM_TEMP_AVG,") for row in rows]


def _holes(rows: list[str]) -> list[str]:
    """Six hours of yesterday without a reading, and rooms of one loop that end there."""
    per_hour = len(LOOPS) * 4
    before, after = rows[: -18 * per_hour], rows[-12 * per_hour :]
    return [*before, *(row for row in after if "S2.low,room_t" not in row)]


def _database(town: Town) -> Path:
    return town.runs / "history.sqlite"


def _damage_database(town: Town) -> None:
    _database(town).write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)


def _folder_for_database(town: Town) -> None:
    _database(town).unlink(missing_ok=True)
    _database(town).mkdir()


def _of_latest(name: str, work: Callable[[Path], None]) -> Callable[[Town], None]:
    def spoil(town: Town) -> None:
        latest = town.latest()
        if latest is not None:
            work(latest / name)

    return spoil


def _no_latest_run(town: Town) -> None:
    latest = town.latest()
    if latest is not None:
        shutil.rmtree(latest)


def _table(name: str, change: Callable[[str], str]) -> Callable[[Town], None]:
    def edit(town: Town) -> None:
        town.tables[name] = change

    return edit


def _without(name: str) -> Callable[[Town], None]:
    def edit(town: Town) -> None:
        town.tables.pop(name, None)
        (town.case / name).unlink(missing_ok=True)

    return edit


def _settings(name: str, change: Callable[[str], str]) -> Callable[[Town], None]:
    def edit(town: Town) -> None:
        town.edits[name] = change

    return edit


def _settings_back(name: str) -> Callable[[Town], None]:
    def edit(town: Town) -> None:
        town.edits.pop(name, None)

    return edit


def _leftovers(town: Town) -> None:
    """As a kill of an older version may have left them, two days old."""
    aside = town.runs / ".writing-0-leftover"
    aside.mkdir(parents=True)
    (aside / "plan.nc").write_bytes(b"half")
    (town.runs / ".run.lock.owner").write_text('{"pid": 999999, "host": "elsewhere"}')
    old = time.time() - 2 * 86_400
    import os

    for path in (aside / "plan.nc", aside, town.runs / ".run.lock.owner"):
        os.utime(path, (old, old))


def _damaged_forecasts(town: Town) -> None:
    if _database(town).is_dir():  # mended since yesterday
        _database(town).rmdir()
    for path in sorted((town.folder / "weather_store").rglob("*.nc"))[-3:]:
        path.write_bytes(path.read_bytes()[:100])


OUT = "kind,id,from,to,available_fraction,reason\nsource,boiler_1,{start},{end},{part},tube leak\n"
PINS = "id,what,from,to,value,by,reason\n"


def _outage(part: float, start: str, end: str) -> Callable[[Town], None]:
    return _table("outages.csv", lambda _: OUT.format(start=start, end=end, part=part))


def _pin(row: str) -> Callable[[Town], None]:
    return _table("overrides.csv", lambda _: f"{PINS}{row}\n")


def _second_n1(text: str) -> str:
    rows = text.splitlines()
    first = next(row for row in rows if row.startswith("N1,"))
    other = (
        first.replace("N1,", "N9,", 1)
        .replace("Railway", "Harbour")
        .replace(",2100,190000", ",330,30000")
    )
    return "\n".join([*rows, other, ""])


MORNINGS: Mapping[int, Morning] = {
    0: Morning("first morning of all"),
    2: Morning("weather service: 500", ("weather.server_error",), service="server_error"),
    3: Morning("telemetry: a day is missing", ("daily.telemetry_silent",), telemetry=_gap),
    4: Morning("weather service hangs", ("weather.timeout",), service="hang"),
    5: Morning(
        "telemetry: garbage in the file",
        ("calibrate.note_unreadable_rows", "daily.telemetry_silent"),
        telemetry=_garbage,
    ),
    6: Morning("connection broken off in mid-answer", ("weather.network",), service="broken_off"),
    7: Morning("its planner is killed twice", ("ladder.rolled",), killed_planners=2),
    8: Morning("weather service down, day 1", ("weather.network",), is_down=True),
    9: Morning("weather service down, day 2", ("daily.forecast_old",), is_down=True),
    10: Morning("weather service down, day 3", ("daily.forecast_old",), is_down=True),
    11: Morning("weather service down, day 4", ("weather.note_climate_used",), is_down=True),
    12: Morning("weather service down, day 5", ("weather.note_climate_used",), is_down=True),
    14: Morning("four hours without a value", ("weather.gaps",), service="long_gap"),
    15: Morning("telemetry: clock an hour off", ("daily.telemetry_ahead",), telemetry=_hour_off),
    16: Morning("answer cut in half", ("weather.not_json",), service="truncated"),
    17: Morning(
        "telemetry: rooms stuck at 45 °C",
        ("daily.telemetry_cleaned", "daily.rooms_silent"),
        telemetry=_stuck,
    ),
    18: Morning("cold wave; a login page answers", ("weather.not_json",), service="html"),
    19: Morning("telemetry: rows twice", ("daily.telemetry_cleaned",), telemetry=_twice),
    20: Morning("run of the model 30 h old", ("daily.forecast_old",), service="old_meta"),
    21: Morning("disk full", full_disk=True),
    22: Morning("run of the model 120 h old", ("weather.stale",), service="stale_meta"),
    23: Morning("clock two days back", clock=timedelta(days=-2)),
    24: Morning("cached answer of last week", ("weather.wrong_times",), service="in_the_past"),
    25: Morning("clock five days ahead", clock=timedelta(days=5)),
    26: Morning("one value all day", ("weather.not_plausible",), service="flat"),
    27: Morning(
        "telemetry: a point nobody knows", ("calibrate.note_unknown_tags",), telemetry=_renamed
    ),
    28: Morning("absurdly hot", ("weather.not_plausible",), service="too_hot"),
    29: Morning("database locked", (NOT_IN_HISTORY,), locked_database=True),
    30: Morning("unknown unit", ("weather.wrong_units",), service="unknown_unit"),
    31: Morning("database damaged", (NEW_HISTORY,), before=_damage_database),
    32: Morning("words for numbers", ("weather.not_plausible",), service="text_value"),
    33: Morning(
        "database lost; state.json of the last run damaged",
        ("daily.state_skipped", CAUGHT_UP),
        before=lambda town: (
            _database(town).unlink(missing_ok=True),
            _of_latest("state.json", lambda path: path.write_text('{"schema": ', "utf-8"))(town),
        ),
    ),
    34: Morning("cold wave; folder of the last run lost", before=_no_latest_run),
    35: Morning(
        "latest lost; the service lives three days ahead",
        ("weather.wrong_times",),
        service="wrong_clock",
        before=lambda town: (town.runs / "latest").unlink(missing_ok=True),
    ),
    36: Morning("nobody runs, day 1", no_run=True),
    37: Morning("nobody runs, day 2", no_run=True),
    38: Morning("nobody runs, day 3", no_run=True),
    39: Morning(
        "stock of a yard corrected; telemetry with holes",
        ("daily.state_bridged_far",),
        before=_table(
            "yards.csv", lambda text: text.replace("yard_a,coal,6000", "yard_a,coal,4500")
        ),
        telemetry=_holes,
    ),
    40: Morning("a station added", before=_table("stations.csv", _second_n1)),
    41: Morning("it is taken away again", before=_without("stations.csv")),
    42: Morning(
        "an area changed",
        before=_table("stations.csv", lambda text: text.replace(",190000", ",150000")),
    ),
    43: Morning(
        "fault in case.toml",
        before=_settings("hold", lambda text: text.replace("horizon_h = 72", "horizon_h = x")),
        refused=True,
        mend=_settings_back("hold"),
    ),
    44: Morning(
        "boiler pinned",
        before=_pin(
            "boiler_1,heat_mw,2026-01-18T00:00:00+08:00,2026-01-19T00:00:00+08:00,9,Li,trial"
        ),
    ),
    45: Morning(
        "pin of a boiler there is not",
        before=_pin("boiler_9,heat_mw,2026-01-19T08:00:00+08:00,2026-01-20T00:00:00+08:00,9,Li,x"),
        refused=True,
        mend=_without("overrides.csv"),
    ),
    46: Morning(
        "boiler out for two days",
        before=_outage(0.0, "2026-01-20T00:00:00+08:00", "2026-01-22T00:00:00+08:00"),
    ),
    47: Morning("boiler out, cold wave, service down", is_down=True),
    48: Morning("boiler back; budget of 1 s", before=_without("outages.csv"), budget_s=1.0),
    50: Morning("leftovers of a kill", before=_leftovers),
    51: Morning(
        "shares 5:5 instead of 6:4",
        before=_settings("share", lambda t: t.replace("A = 0.6, B = 0.4", "A = 0.5, B = 0.5")),
    ),
    52: Morning("two at once", twice=True),
    53: Morning(
        "kept forecasts lost, service down",
        before=lambda town: shutil.rmtree(town.folder / "weather_store", ignore_errors=True),
        is_down=True,
    ),
    54: Morning(
        "state.json of the last run deleted; a folder where the database was",
        (NOT_IN_HISTORY, "daily.state_skipped"),
        before=lambda town: (
            _of_latest("state.json", Path.unlink)(town),
            _folder_for_database(town),
        ),
    ),
    55: Morning("kept forecasts damaged, service down", before=_damaged_forecasts, is_down=True),
    56: Morning(
        "service down, telemetry garbage, database locked, budget of 2 s",
        is_down=True,
        telemetry=_garbage,
        locked_database=True,
        budget_s=2.0,
    ),
    57: Morning("killed after 3 s, then run", killed_after_s=3.0),
    59: Morning(
        "prices changed",
        before=_table("fuels.csv", lambda text: text.replace(",773,", ",880,")),
    ),
    58: Morning(
        "half of the boilers",
        before=_outage(0.5, "2026-02-01T00:00:00+08:00", "2026-02-05T00:00:00+08:00"),
    ),
}


def lock(path: Path) -> sqlite3.Connection:
    """Hold a database as another program would."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection
