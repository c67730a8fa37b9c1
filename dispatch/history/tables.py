"""Tables of the history, through SQLAlchemy Core: the same in SQLite and in a database server.

Times are Unix seconds (`start_s`, UTC), days are local dates as text: both mean the same in every
database. What belongs to a run hangs on `run_id`; what was measured hangs on the case. A database
may hold several cases.

What is kept of a run is what could be in force before a new plan came: station setpoints of its
first `SETPOINT_HOURS`, whole days of loops, hours of sources. The run's folder holds the rest.
"""

from typing import Any

import sqlalchemy as sql

SCHEMA = 1
SETPOINT_HOURS = 30.0  # of station setpoints: a plan a day is not in force longer
STOCK_DAYS = 14  # of planned stocks: further on, the next plans know better

METADATA = sql.MetaData()


def _key(name: str, kind: Any) -> "sql.Column[Any]":
    """A column of the key."""
    return sql.Column(name, kind, primary_key=True, autoincrement=False)


def _table(name: str, *columns: "sql.Column[Any]") -> sql.Table:
    """A table in the order of its key: SQLite then stores no row number and no second index."""
    return sql.Table(name, METADATA, *columns, sqlite_with_rowid=False)


META = sql.Table(
    "heat_dispatch_history",
    METADATA,
    sql.Column("schema_version", sql.Integer, primary_key=True, autoincrement=False),
)

RUNS = sql.Table(
    "runs",
    METADATA,
    sql.Column("run_id", sql.Integer, sql.Identity(), primary_key=True),
    sql.Column("case_id", sql.String(60), nullable=False),
    sql.Column("name", sql.String(60), nullable=False),  # of the run's folder
    sql.Column("manifest_sha256", sql.String(64), nullable=False),
    sql.Column("plan_id", sql.String(120), nullable=False),
    sql.Column("plan_version", sql.Integer, nullable=False),
    sql.Column("issued_s", sql.BigInteger, nullable=False),
    sql.Column("issued_at", sql.String(32), nullable=False),  # local time with its offset
    sql.Column("stage", sql.String(16), nullable=False),
    sql.Column("quality", sql.String(8), nullable=False),
    sql.Column("exit_code", sql.Integer, nullable=False),
    sql.Column("reasons", sql.Text, nullable=False),  # JSON: keys, figures, words
    sql.Column("forecast_provider", sql.String(60), nullable=False),
    sql.Column("forecast_nature", sql.String(20), nullable=False),
    sql.Column("forecast_issued_at", sql.String(40)),
    sql.Column("forecast_age_h", sql.Double),
    sql.Column("outdoor_mean_c", sql.Double),
    sql.Column("outdoor_days_c", sql.Text, nullable=False),  # JSON: mean of each local day
    sql.Column("hours", sql.Double, nullable=False),  # of the horizon
    sql.Column("heat_mwh", sql.Double),
    sql.Column("fuel_tce", sql.Double),  # burnt, heat and power
    sql.Column("cost_yuan", sql.Double),
    sql.Column("coldest_station", sql.String(80)),
    sql.Column("coldest_c", sql.Double),
    sql.Column("audit_worst", sql.Double),
    sql.Column("solver_status", sql.String(40)),
    sql.Column("gap", sql.Double),
    sql.Column("seconds", sql.Double),
    sql.UniqueConstraint("case_id", "name", name="runs_case_name"),
)

LOOPS = sql.Table(
    "loops",
    METADATA,
    sql.Column("loop_no", sql.Integer, sql.Identity(), primary_key=True),
    sql.Column("case_id", sql.String(60), nullable=False),
    sql.Column("loop_id", sql.String(120), nullable=False),
    sql.UniqueConstraint("case_id", "loop_id", name="loops_case_loop"),
)


SETPOINTS_SOURCES = _table(
    "setpoints_sources",
    _key("run_id", sql.Integer),
    _key("source_id", sql.String(80)),
    _key("start_s", sql.BigInteger),
    sql.Column("end_s", sql.BigInteger, nullable=False),
    sql.Column("heat_mw", sql.Double),
    sql.Column("supply_temp_c", sql.Double),
    sql.Column("units_on", sql.Double),
    sql.Column("power_mw", sql.Double),
    sql.Column("fuel_t", sql.Double),
)

SETPOINTS_STATIONS = _table(
    "setpoints_stations",
    _key("run_id", sql.Integer),
    _key("loop_no", sql.Integer),
    _key("start_s", sql.BigInteger),
    sql.Column("heat_kw", sql.Double),
    sql.Column("secondary_supply_c", sql.Double),
    sql.Column("indoor_expected_c", sql.Double),
)

EXPECTED_SOURCES = _table(
    "expected_sources",
    _key("run_id", sql.Integer),
    _key("source_id", sql.String(80)),
    _key("start_s", sql.BigInteger),
    sql.Column("heat_mw", sql.Double),
    sql.Column("fuel_mw", sql.Double),
)

EXPECTED_STATIONS = _table(
    "expected_stations",
    _key("run_id", sql.Integer),
    _key("loop_no", sql.Integer),
    _key("day", sql.String(10)),  # whole local days of the horizon only
    sql.Column("heat_mwh", sql.Double),
    sql.Column("secondary_supply_c", sql.Double),
    sql.Column("indoor_c", sql.Double),
)

PINS = _table(
    "pins",
    _key("run_id", sql.Integer),
    _key("place", sql.Integer),  # in the order of the summary
    sql.Column("thing", sql.String(120)),
    sql.Column("what", sql.String(60)),
    sql.Column("state", sql.String(40)),
    sql.Column("pin", sql.Text, nullable=False),  # JSON: the whole of it
)

STOCK_PLANNED = _table(
    "stock_planned",
    _key("run_id", sql.Integer),
    _key("yard_id", sql.String(80)),
    _key("day", sql.String(10)),
    sql.Column("burn_t", sql.Double),
    sql.Column("stock_t", sql.Double),  # at the end of the day
)

STOCK_SURVEYED = _table(
    "stock_surveyed",
    _key("case_id", sql.String(60)),
    _key("yard_id", sql.String(80)),
    _key("at_s", sql.BigInteger),
    sql.Column("stock_t", sql.Double),
    sql.Column("error_pct", sql.Double),
)

MEASURED_HOURS = _table(
    "measured_hours",
    _key("case_id", sql.String(60)),
    _key("id", sql.String(120)),  # a source, or `network`
    _key("point", sql.String(20)),  # heat_mw, outdoor_c
    _key("start_s", sql.BigInteger),
    sql.Column("value", sql.Double, nullable=False),
)

MEASURED_DAYS = _table(
    "measured_days",
    _key("case_id", sql.String(60)),
    _key("id", sql.String(120)),  # a loop, source, zone or yard
    _key("point", sql.String(20)),  # heat_mwh, secondary_supply_c, indoor_c, burnt_t, received_t
    _key("day", sql.String(10)),
    sql.Column("value", sql.Double, nullable=False),
    sql.Column("origin", sql.String(20), nullable=False),  # telemetry, or a table of the case
)

FOLLOW_UPS = _table(
    "follow_ups",
    _key("case_id", sql.String(60)),
    _key("day", sql.String(10)),
    sql.Column("loops", sql.Integer, nullable=False),  # with measured supply temperature
    sql.Column("error_k", sql.Double),  # mean absolute, supply setpoint against supply
    sql.Column("within_share", sql.Double),  # of hours within 1 K
    sql.Column("outdoor_bias_k", sql.Double),  # measured less forecast
    sql.Column("planned_tce", sql.Double),
    sql.Column("actual_tce", sql.Double),
    sql.Column("normalised_tce", sql.Double),  # actual, as in the weather that was forecast
    sql.Column("drifted", sql.Text, nullable=False),  # JSON: ids of sources and loops
)

OF_RUNS = (
    *(SETPOINTS_SOURCES, SETPOINTS_STATIONS, EXPECTED_SOURCES, EXPECTED_STATIONS),
    *(PINS, STOCK_PLANNED),
)
