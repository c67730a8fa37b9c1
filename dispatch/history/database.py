"""Opens the history's database: a SQLite file beside the runs, or any URL that SQLAlchemy knows.

Nobody waits for it longer than a few seconds. A SQLite file that is damaged is put aside, since
all that it held can be recorded anew from the run folders; a database of another version, or of
somebody else, is left alone and told.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from dispatch.history.tables import META, METADATA, SCHEMA
from dispatch.messages import say, words
from dispatch.settings import HistorySettings
from forecasts.secret import SecretUnsafe, secret_from

FILE = "history.sqlite"
DAMAGED = ".damaged-"
WAIT_S = 2  # for a database that does not answer, or that another program holds
# What drivers call the time they wait for a connection.
WAIT_OPTIONS = {
    "sqlite": "timeout",
    "postgresql": "connect_timeout",
    "mysql": "connect_timeout",
    "mariadb": "connect_timeout",
    "mssql": "timeout",
    "oracle": "tcp_connect_timeout",
}
LIBPQ = ("psycopg", "psycopg2")  # drivers that hand PostgreSQL's own options on
SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_NOT_A_DATABASE = 5, 11, 13, 26
SQLITE_HEADER = b"SQLite format 3\x00"


class HistoryUnavailable(Exception):
    """The database cannot be used now; says why, without any password."""


class _NotIntact(Exception):
    """SQLite finds its own file damaged."""


class HistoryDamaged(HistoryUnavailable):
    """A SQLite file was none any more; it has been put aside, so that a new one can be made."""


@contextmanager
def opened_history(settings: HistorySettings, case_folder: Path) -> Iterator[sql.Engine]:
    """Open the history of a case, whose runs are in `case_folder`; made where there is none.

    Whatever the database says against it, then or while it is used, is HistoryUnavailable; a
    damaged SQLite file has been put aside then, and opening again makes a new one.
    """
    engine = _engine(settings, case_folder)
    try:
        _prepare(engine)
        yield engine
    except (SQLAlchemyError, _NotIntact) as error:
        if _is_damage(error):
            engine.dispose()
            raise HistoryDamaged(_put_aside(engine, settings)) from error
        raise HistoryUnavailable(_told(error)) from error
    finally:
        engine.dispose()


def _engine(settings: HistorySettings, case_folder: Path) -> sql.Engine:
    said = settings.url
    if settings.url_env:
        try:
            said = secret_from(settings.url_env)
        except SecretUnsafe as unsafe:
            raise HistoryUnavailable(f"{unsafe}.") from None
        if not said:
            raise HistoryUnavailable(say("history.url_env_unset", name=settings.url_env))
    try:
        url = sql.make_url(said or f"sqlite:///{FILE}")
        backend = url.get_backend_name()
        if backend == "sqlite":
            path = case_folder / str(url.database or FILE)  # an absolute path stays what it is
            path.parent.mkdir(parents=True, exist_ok=True)
            url = url.set(database=str(path))
        engine = sql.create_engine(url, connect_args=_patience(url))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else "URL"
        raise HistoryUnavailable(say("history.url_unknown", what=missing)) from error
    except OSError as error:
        raise HistoryUnavailable(error.strerror or str(error)) from error
    if backend == "sqlite":
        sql.event.listen(engine, "connect", _leave_transactions_to_us)
        sql.event.listen(engine, "begin", _begin)
    return engine


def _patience(url: sql.URL) -> dict[str, object]:
    """What the driver has to be told so that nobody waits long."""
    backend = url.get_backend_name()
    told: dict[str, object] = {}
    if backend in WAIT_OPTIONS:
        told[WAIT_OPTIONS[backend]] = WAIT_S
    if backend == "postgresql" and url.get_driver_name() in LIBPQ and "options" not in url.query:
        told["options"] = f"-c lock_timeout={WAIT_S}s"  # for a table that somebody else holds
    return told


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    """Python's driver would begin a transaction only at the first change, too late to wait."""
    connection.isolation_level = None


def _begin(connection: sql.Connection) -> None:
    """Writers take their turn when they begin; readers do not wait for each other."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sql.Engine) -> Iterator[sql.Connection]:
    """One change of the history, whole or not at all; raises SQLAlchemyError."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _prepare(engine: sql.Engine) -> None:
    """Make the tables where there are none; refuse those of others and of other versions."""
    with engine.connect() as connection:
        found = _schema(connection)
    if found is None:
        with writing(engine) as connection:
            if _schema(connection) is None:  # another run may have been quicker
                METADATA.create_all(connection)
                connection.execute(META.insert().values(schema_version=SCHEMA))


def _schema(connection: sql.Connection) -> int | None:
    """Version of the tables; None where there are none. Raises HistoryUnavailable."""
    there = set(sql.inspect(connection).get_table_names())
    if META.name not in there:
        foreign = sorted(there & set(METADATA.tables))
        if foreign:
            raise HistoryUnavailable(say("history.foreign", tables=words(*foreign)))
        return None
    version = connection.execute(sql.select(sql.func.max(META.c.schema_version))).scalar()
    if version == SCHEMA:
        return SCHEMA
    _check(connection)
    if isinstance(version, int) and version > SCHEMA:
        raise HistoryUnavailable(say("history.newer", version=version, ours=SCHEMA))
    raise HistoryUnavailable(say("history.older", version=version, ours=SCHEMA))


def _check(connection: sql.Connection) -> None:
    """Let SQLite look at its file; raises _NotIntact."""
    if connection.dialect.name != "sqlite":
        return
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise _NotIntact


def made_anew(settings: HistorySettings, case_folder: Path) -> None:
    """Make room for a history made anew: drop tables of an older version, put a damaged file aside.

    Tables of a newer version, and of others, stay. Raises HistoryUnavailable.
    """
    engine = _engine(settings, case_folder)
    try:
        with writing(engine) as connection:
            there = set(sql.inspect(connection).get_table_names())
            if META.name not in there:
                return
            _check(connection)
            newest = sql.select(sql.func.max(META.c.schema_version))
            version = connection.execute(newest).scalar()
            if version is None or version < SCHEMA:
                METADATA.drop_all(connection)
    except (SQLAlchemyError, _NotIntact) as error:
        if not _is_damage(error):
            raise HistoryUnavailable(_told(error)) from error
        engine.dispose()
        _put_aside(engine, settings)
    finally:
        engine.dispose()


def _is_damage(error: Exception) -> bool:
    return isinstance(error, _NotIntact) or _code(error) in (
        SQLITE_CORRUPT,
        SQLITE_NOT_A_DATABASE,
    )


def _code(error: Exception) -> int:
    """SQLite's own number of an error; 0 where another database speaks."""
    return int(getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)) & 0xFF


def _told(error: Exception) -> str:
    """What the database said itself: the text of SQLAlchemy may hold the values bound."""
    code = _code(error)
    if code == SQLITE_BUSY:
        return say("history.locked", seconds=WAIT_S)
    if code == SQLITE_FULL:
        return say("history.full")
    cause = str(getattr(error, "orig", None) or error).strip()
    return say(
        "history.database_says", words=(cause.splitlines() or [type(error).__name__])[0][:200]
    )


def _put_aside(engine: sql.Engine, settings: HistorySettings) -> str:
    """Move a damaged file out of the way, if it is surely ours; say what was done."""
    path = Path(str(engine.url.database))
    try:
        with path.open("rb") as stream:
            is_sqlite = stream.read(len(SQLITE_HEADER)) == SQLITE_HEADER
        if not (is_sqlite or not (settings.url or settings.url_env)):
            return say("history.no_database", name=path.name)
        aside = path.with_name(f"{path.name}{DAMAGED}{secrets.token_hex(3)}")
        path.rename(aside)
        journal = path.with_name(f"{path.name}-journal")
        if journal.exists():  # it belongs to the damaged file, and would damage the next one
            journal.rename(aside.with_name(f"{aside.name}-journal"))
    except OSError as error:
        return error.strerror or str(error)
    return say("history.damaged", name=path.name, aside=aside.name)
