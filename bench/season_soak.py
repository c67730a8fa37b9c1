"""Sixty mornings in a row with faults of every kind, and whether each has a labelled plan.

Part of `make soak` (a quarter of an hour). A small town with a weather service, telemetry, a
history and a kept state, run by the real command in processes of its own, each morning at 05:30
from 5 December on (`bench/season_faults.py` says what is wrong when). What really happens is in
`bench/season_truth.py`, apart from the product: forecasts err, buildings are not as the case says,
rooms follow the setpoints of the plan in force.

What must not be is a fault: a morning without a plan in force, another exit than 0, 10 or 20 (2
where the case was broken on purpose, 1 where the disk was full), a traceback, a plan that does not
verify, a fault of the morning that nobody is told of, a lock still held, a run that is silently
missing in the history, health that does not say what the plan says, anything left aside.
"""

import fcntl
import json
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import text_table, write_section
from bench.season_faults import DEAD_END, MORNINGS, NOT_IN_HISTORY, Morning, lock
from bench.season_town import TESTS, Ended, Town
from bench.season_truth import DAY, FIRST, HOUR, forecast_of
from dispatch.run_lock import LOCK_FILE
from dispatch.verify import verify_run

TITLE = "Sixty mornings with faults"
DAYS = 60
PLANNED, REFUSED, NOT_WRITTEN = (0, 10, 20), 2, 1
QUIET = Morning("")
OTHERS = ("S3.low",)  # run by others, who take what they like
MOST_WORDS = 110
RUN_AGE = 7 * HOUR  # of the newest run of the weather service


@dataclass
class Record:
    """What came of a morning."""

    now: datetime
    said: str
    codes: list[int] = field(default_factory=list)
    label: str = ""
    rung: str = ""
    outdoor_c: float = float("nan")
    reasons: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    coldest_c: dict[str, float] = field(default_factory=dict)  # of the day before, by loop
    screens: list[str] = field(default_factory=list)  # what the commands said
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def remarks(self) -> list[dict[str, Any]]:
        """Reasons and notes of the plan."""
        return [*self.reasons, *self.notes]

    @property
    def why(self) -> str:
        """The first reason, shortened."""
        text = str(self.reasons[0]["text"]) if self.reasons else ""
        return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]}…"


def mornings(town: Town, server: Any, days: Iterable[int]) -> Iterator[Record]:
    """Live through some of the mornings."""
    from weather_server import Fault

    for number in days:
        morning, now = MORNINGS.get(number, QUIET), FIRST + number * DAY
        server.now, server.temperature = now, forecast_of(now - RUN_AGE)
        server.fault = None if morning.service is None else Fault(morning.service)
        coldest_c = town.live_through(now)
        if morning.no_run:
            yield Record(now, morning.said, label="–", coldest_c=coldest_c)
            continue
        if morning.before is not None:
            morning.before(town)
        town.write(DEAD_END if morning.is_down else None)
        town.write_telemetry(*([] if morning.telemetry is None else [morning.telemetry]))
        yield _lived(town, morning, Record(now, morning.said, coldest_c=coldest_c))


def _lived(town: Town, morning: Morning, record: Record) -> Record:
    now = record.now
    with ExitStack() as held:
        database = town.runs / "history.sqlite"
        if morning.locked_database and database.exists():
            held.callback(lock(database).close)
        _trouble(town, morning, now, record)
        others = [town.started(now)] if morning.twice else []
        ended = town.run(now, budget_s=morning.budget_s, killed_planners=morning.killed_planners)
        for other in others:
            said, wrong = other.communicate(timeout=900)
            _hear(record, Ended(other.returncode, said + wrong, 0.0), PLANNED)
        _hear(record, ended, (REFUSED,) if morning.refused else PLANNED)
        if morning.refused and morning.mend is not None:
            morning.mend(town)
            town.write()
            town.write_telemetry()
            _hear(record, town.run(now), PLANNED)
    _look(town, record, now)
    _is_named(morning, record)
    return record


def _is_named(morning: Morning, record: Record) -> None:
    """Whether the plan says what was wrong with the morning."""
    keys = {str(one["key"]) for one in record.remarks}
    screens = "\n".join(record.screens)
    missing = [name for name in morning.named if name not in keys and name not in screens]
    if missing:
        record.faults.append(f"nobody is told of {missing}")


def _trouble(town: Town, morning: Morning, now: datetime, record: Record) -> None:
    """Runs that come to nothing, or are of another day, before that of the morning."""
    if morning.full_disk:
        before = town.latest()
        _hear(record, town.run(now, full_disk=True), (NOT_WRITTEN,))
        if town.latest() != before:
            record.faults.append("latest moved though nothing could be written")
    if morning.killed_after_s is not None:
        process = town.started(now)
        try:
            process.communicate(timeout=morning.killed_after_s)
        except TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
    if morning.clock:
        _hear(record, town.run(now + morning.clock), PLANNED)


def _hear(record: Record, ended: Ended, allowed: Sequence[int]) -> None:
    record.codes.append(ended.code)
    record.screens.append(ended.said)
    record.seconds += ended.seconds
    if ended.code not in allowed:
        record.faults.append(f"exit {ended.code}: {ended.said[-300:]}")
    if "Traceback" in ended.said:
        record.faults.append("a traceback was shown")
    if not ended.said.strip():
        record.faults.append("not a word was said")


def _look(town: Town, record: Record, now: datetime) -> None:
    """What stands in the folder now."""
    latest, summary = town.latest(), town.summary()
    if latest is None:
        record.faults.append("no plan is in force")
        return
    record.label, record.rung = str(summary["quality"]), str(summary["rung"]["name"])
    record.reasons, record.notes = list(summary["reasons"]), list(summary["notes"])
    record.outdoor_c = float(summary["outdoor"]["mean_c"])
    if datetime.fromisoformat(summary["issued_at"]) != now:
        record.faults.append(f"latest is of {summary['issued_at']}")
    report = verify_run(latest)
    if not report.passed:
        record.faults.append(f"it does not verify: {' | '.join(report.faults)[:300]}")
    if record.label != "green" and not record.reasons:
        record.faults.append("no reason for the label")
    log = town.folder / "runs" / "heat-dispatch-faults.log"
    if log.exists():
        record.faults.append(f"a fault of the program: {log.read_text('utf-8')[-300:]}")
        log.unlink()
    for left in town.runs.glob(".writing-*"):
        record.faults.append(f"left aside: {left.name}")
    _look_beside(town, record, latest)


def _look_beside(town: Town, record: Record, latest: Path) -> None:
    """Whether the history has the run, nobody holds the lock, and health is what the plan is."""
    with (town.runs / LOCK_FILE).open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            record.faults.append("a lock is still held")
    missed = any(NOT_IN_HISTORY in screen for screen in record.screens)
    if not missed and not _in_history(town.runs / "history.sqlite", latest.name):
        record.faults.append("the run is not in the history, and nobody is told")
    health = town.health(record.now)
    try:
        told = json.loads(health.said)
    except ValueError:
        record.faults.append(f"health: {health.said[-200:]}")
        return
    if health.code != told["exit_code"] or health.code not in PLANNED:
        record.faults.append(f"health ends with {health.code}, and says {told['exit_code']}")
    if record.label == "red" and health.code != PLANNED[-1]:
        record.faults.append("health does not mind a red plan")


def _in_history(database: Path, run: str) -> bool:
    if not database.is_file():
        return False
    with closing(sqlite3.connect(database)) as connection:
        asked = connection.execute("select count(*) from runs where name = ?", (run,))
        return bool(asked.fetchone()[0])


def told(records: Sequence[Record]) -> str:
    """The section of the results."""
    rows = [
        [
            f"{record.now:%m-%d}",
            "–" if record.outdoor_c != record.outdoor_c else f"{record.outdoor_c:.1f}",
            _coldest(record),
            record.said,
            " ".join(str(code) for code in record.codes),
            record.label,
            record.rung,
            record.why.replace("|", "/").replace("\n", " "),
        ]
        for record in records
    ]
    labels = Counter(record.label for record in records)
    reasons = Counter(reason["key"] for record in records for reason in record.reasons)
    seconds = [record.seconds for record in records if record.codes]
    faults = [f"FAULT {r.now:%m-%d} ({r.said}): {fault}" for r in records for fault in r.faults]
    head = [
        "morning",
        "mean °C",
        "coldest room before °C",
        "what is wrong",
        "exit",
        "label",
        "rung",
        "first reason",
    ]
    return "\n\n".join(
        [
            f"{len(records)} mornings of a small town in a row, seed of the weather fixed; "
            f"{len(faults)} faults; the longest took {max(seconds):.0f} s, one in the middle "
            f"{sorted(seconds)[len(seconds) // 2]:.1f} s.",
            "Labels: " + ", ".join(f"{name} {count}" for name, count in labels.most_common()),
            "Reasons: " + ", ".join(f"{name} {count}" for name, count in reasons.most_common()),
            text_table(head, rows),
            *faults,
        ]
    )


def _coldest(record: Record) -> str:
    """The coldest true room of ours on the day before."""
    ours = [room_c for name, room_c in record.coldest_c.items() if name not in OTHERS]
    return f"{min(ours):.1f}" if ours else "–"


def main(asked: Sequence[str]) -> int:
    """Live through the mornings, as many as asked for, and write the section."""
    days = int(asked[0]) if asked else DAYS
    sys.path[:0] = [str(TESTS)]
    from weather_server import weather_server

    records = []
    with TemporaryDirectory() as name, weather_server(FIRST) as server:
        town = Town(Path(name), server.base_url)
        for record in mornings(town, server, range(days)):
            records.append(record)
            print(
                f"{record.now:%m-%d} {record.said}: {record.codes} {record.label} {record.rung} "
                f"{record.seconds:.0f} s; {record.why}",
                f"; coldest {min(record.coldest_c.values(), default=float('nan')):.1f}",
                *(f"\n  FAULT {fault}" for fault in record.faults),
                flush=True,
            )
    section = told(records)
    if days >= DAYS:
        write_section(TITLE, section)
    else:
        print(section)
    return 1 if any(record.faults for record in records) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
