"""Writes runs and measurements into the history; the same again changes nothing.

A run is one transaction. Which runs are missing is found by comparing folders with rows, so that
what a database did not take today is caught up by the next run that it does take.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import IntegrityError

from dispatch.history import tables
from dispatch.history.database import writing
from dispatch.history.past_run import RunUnreadable, run_folders
from dispatch.history.run_rows import RunRows, run_rows
from dispatch.run_archive import sha256
from dispatch.run_retention import outlived, run_name
from dispatch.settings import KeepSettings
from dispatch.verify import MANIFEST

Rows = Sequence[Mapping[str, Any]]

BATCH = 500  # names in one question: databases limit how many


@dataclass(frozen=True)
class Recorded:
    """What was done: names of runs recorded, still missing for want of time, and unreadable."""

    recorded: tuple[str, ...]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]


def record_runs(
    engine: sql.Engine,
    case_id: str,
    case_folder: Path,
    until: Callable[[], bool],
    *,
    anew: bool = False,
) -> Recorded:
    """Record the runs of a case that the history lacks, the newest first, while `until` is false.

    A run whose manifest is another than the recorded one's is recorded again; `anew` records all
    again that have a folder. Raises SQLAlchemyError.
    """
    known = {} if anew else known_runs(engine, case_id)
    names = [run.name for run in reversed(run_folders(case_folder))]
    new = [name for name in names if known.get(name) != _manifest_hash(case_folder / name)]
    done: list[str] = []
    unreadable: list[str] = []
    for name in new:
        if until():
            break
        try:
            rows = run_rows(case_folder / name, case_id)
        except RunUnreadable:
            unreadable.append(name)
            continue
        try:
            with writing(engine) as connection:
                _write_run(connection, rows)
        except IntegrityError:  # another run of the case may have recorded it in the same moment
            if known_runs(engine, case_id).get(name) != rows.run["manifest_sha256"]:
                raise
        done.append(name)
    left = [name for name in new if name not in {*done, *unreadable}]
    return Recorded(tuple(done), tuple(left), tuple(unreadable))


def deadline(seconds: float) -> Callable[[], bool]:
    """Return a question whether `seconds` from now have passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def known_runs(engine: sql.Engine, case_id: str) -> dict[str, str]:
    """Return the manifest hash of every recorded run by name. Raises SQLAlchemyError."""
    asked = sql.select(tables.RUNS.c.name, tables.RUNS.c.manifest_sha256).where(
        tables.RUNS.c.case_id == case_id
    )
    with engine.connect() as connection:
        return {row.name: row.manifest_sha256 for row in connection.execute(asked)}


def _manifest_hash(folder: Path) -> str:
    """Hash of a run's manifest; "" where there is none, which no recorded run has."""
    try:
        return sha256((folder / MANIFEST).read_bytes())
    except OSError:
        return ""


def _write_run(connection: sql.Connection, rows: RunRows) -> None:
    """Put a run in place of what may be there of it."""
    case_id, runs = str(rows.run["case_id"]), tables.RUNS
    same = (runs.c.case_id == case_id) & (runs.c.name == rows.run["name"])
    before = connection.execute(sql.select(runs.c.run_id).where(same)).scalars().all()
    if before:
        _forget(connection, before)
        connection.execute(runs.delete().where(same))
    connection.execute(runs.insert().values(**rows.run))
    run_id = connection.execute(sql.select(runs.c.run_id).where(same)).scalar_one()
    loop_no = loop_numbers(connection, case_id, rows.loop_ids)
    parts = (
        (tables.SETPOINTS_SOURCES, rows.setpoints_sources),
        (tables.SETPOINTS_STATIONS, _numbered(rows.setpoints_stations, loop_no)),
        (tables.EXPECTED_SOURCES, rows.expected_sources),
        (tables.EXPECTED_STATIONS, _numbered(rows.expected_stations, loop_no)),
        (tables.PINS, rows.pins),
        (tables.STOCK_PLANNED, rows.stock),
    )
    for table, own in parts:
        insert(connection, table, [{"run_id": run_id, **row} for row in own])


def insert(connection: sql.Connection, table: sql.Table, rows: Rows) -> None:
    """Insert rows, none or many."""
    if rows:
        connection.execute(table.insert(), list(rows))


def _numbered(rows: Rows, loop_no: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"loop_no": loop_no[row["loop_id"]]}
        | {name: value for name, value in row.items() if name != "loop_id"}
        for row in rows
    ]


def loop_numbers(
    connection: sql.Connection, case_id: str, loop_ids: Collection[str]
) -> dict[str, int]:
    """Return the number of each loop, given to those that have none yet."""
    loops = tables.LOOPS
    asked = sql.select(loops.c.loop_id, loops.c.loop_no).where(loops.c.case_id == case_id)
    known = {name: int(number) for name, number in connection.execute(asked)}
    new = [{"case_id": case_id, "loop_id": name} for name in loop_ids if name not in known]
    if not new:
        return known
    insert(connection, loops, new)
    return {name: int(number) for name, number in connection.execute(asked)}


def prune(engine: sql.Engine, case_id: str, now: datetime, keep: KeepSettings) -> None:
    """Forget the rows of runs that have outlived `[keep]`; each run's own line stays.

    Raises SQLAlchemyError.
    """
    runs = tables.RUNS
    asked = sql.select(runs.c.name, runs.c.run_id).where(runs.c.case_id == case_id)
    with writing(engine) as connection:
        numbers = {name: int(number) for name, number in connection.execute(asked)}
        named = [run for run in (run_name(name) for name in numbers) if run is not None]
        _forget(connection, [numbers[run.name] for run in outlived(named, now, keep)])


def _forget(connection: sql.Connection, run_ids: Sequence[int]) -> None:
    for table in tables.OF_RUNS:
        for first in range(0, len(run_ids), BATCH):
            some = run_ids[first : first + BATCH]
            connection.execute(table.delete().where(table.c.run_id.in_(some)))
