"""Tables and queries of a database, through SQLAlchemy.

SQLite needs nothing (`sqlite:///history.db`, inside the telemetry folder); for others the URL names
a driver that has to be installed: `postgresql+psycopg://user@host/name` (package psycopg),
`mysql+pymysql://…` (pymysql), `mssql+pyodbc://…` (pyodbc), `oracle+oracledb://…` (oracledb).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sql
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from forecasts.plain_file import leads_out
from forecasts.secret import SecretUnsafe, secret_from
from forecasts.telemetry.columns import Block, RawTable, column_of
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.settings import FILE, TableSettings

_BLOCK_ROWS = 200_000
_MARGIN = timedelta(days=1)  # the exact cut is made once the times are understood
_EVER = (datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def read_database(
    folder: Path,
    settings: TableSettings,
    zone: ZoneInfo,
    since: datetime | None,
    until: datetime | None,
) -> RawTable:
    """Return a table or query of a database.

    `:since` and `:until` in a query are filled in as local time, a day wider on each side: a
    database that keeps UTC, or times as text, then loses nothing. Raises TelemetryFaults, in which
    no password appears.
    """
    name = settings.table or "query"
    engine = _engine(folder, settings)
    bounds = {"since": (since or _EVER[0]) - _MARGIN, "until": (until or _EVER[1]) + _MARGIN}
    local = {key: time.astimezone(zone).replace(tzinfo=None) for key, time in bounds.items()}
    try:
        statement = _statement(settings, engine, local)
        connection = engine.connect().execution_options(yield_per=_BLOCK_ROWS)
        result = connection.execute(statement)
    except SQLAlchemyError as error:  # a wrong password or name is told before any row
        raise TelemetryFaults([_told(name, error)]) from error
    columns = result.keys()
    headings = tuple(str(key) for key in columns)
    return RawTable(name, name, "", headings, 0, _blocks(name, connection, result))


def _engine(folder: Path, settings: TableSettings) -> sql.Engine:
    try:
        said = settings.url or secret_from(settings.url_env)
    except SecretUnsafe as unsafe:
        fault = TelemetryFault(FILE, f"{unsafe}.", column="table.url_env")
        raise TelemetryFaults([fault]) from None
    if not said:
        name = settings.url_env
        text = f"the environment variable {name} is not set. Set it, or {name}_FILE, to the URL."
        raise TelemetryFaults([TelemetryFault(FILE, text, column="table.url_env")])
    try:
        url = sql.make_url(said)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            said_path = Path(str(url.database))  # an absolute path stays what it is
            path = folder / said_path
            if not said_path.is_absolute() and leads_out(path, folder):
                text = f"{path.name} is not in the telemetry folder. Write the whole path."
                raise TelemetryFaults([TelemetryFault(FILE, text, column="table.url")])
            if not path.is_file():
                text = f"there is no file {path.name}. Mend the URL."
                raise TelemetryFaults([TelemetryFault(FILE, text, column="table.url")])
            url = url.set(database=str(path))
        return sql.create_engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        cause = error.name if isinstance(error, ModuleNotFoundError) else "the URL"
        text = (
            f"{cause} is not known here. Install the driver, or write the URL like"
            " postgresql+psycopg://user@host/name."
        )
        raise TelemetryFaults([TelemetryFault(FILE, text, column="table.url")]) from error


def _statement(
    settings: TableSettings, engine: sql.Engine, local: Mapping[str, datetime]
) -> sql.Executable:
    if settings.table:
        schema, _, table = settings.table.rpartition(".")
        return sql.select(sql.text("*")).select_from(sql.table(table, schema=schema or None))
    query = sql.text(settings.query)
    used = {key: local[key] for key in query.compile().params if key in local}
    if engine.dialect.name == "sqlite":  # has no type for times: they are texts
        return query.bindparams(**{key: f"{at:%Y-%m-%d %H:%M:%S}" for key, at in used.items()})
    return query.bindparams(**used)


def _blocks(
    name: str, connection: sql.Connection, result: sql.CursorResult[Any]
) -> Iterator[Block]:
    done, width = 0, len(result.keys())
    try:
        for rows in result.partitions():
            columns: list[list[Any]] = [[row[k] for row in rows] for k in range(width)]
            numbers = 1 + done + np.arange(len(rows), dtype=np.int64)
            yield Block(tuple(column_of(cells) for cells in columns), numbers)
            done += len(rows)
    except SQLAlchemyError as error:
        raise TelemetryFaults([_told(name, error)]) from error
    finally:
        connection.close()
        connection.engine.dispose()


def _told(name: str, error: SQLAlchemyError) -> TelemetryFault:
    """Return what the database said itself: the text of SQLAlchemy may hold the values bound."""
    cause = getattr(error, "orig", None) or error
    return TelemetryFault(name, f"{str(cause)[:200]}. Mend url, query or table in {FILE}.")
