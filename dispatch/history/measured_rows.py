"""What the database keeps of measurements: telemetry by hour and day, and the case's own tables.

A day is written whole: what was kept of it before goes, so that readings that come late are in
the history once the day is recorded again.
"""

import json
import math
from datetime import date, timedelta

import numpy as np
import sqlalchemy as sql
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.history import tables
from dispatch.history.database import writing
from dispatch.history.follow_up import FollowUp
from dispatch.history.measured_day import MeasuredDay
from dispatch.history.record import Rows, insert
from dispatch.history.run_rows import seconds_of
from forecasts.telemetry.readings import NETWORK

Array = NDArray[np.float64]

HOUR_S = 3600
TELEMETRY = "telemetry"
GJ_PER_MWH = 3.6
LEAST_HOURS = 20  # of a day, to speak of its mean


def write_day(engine: sql.Engine, case_id: str, measured: MeasuredDay) -> None:
    """Put a day of telemetry in place of what is there of it; raises SQLAlchemyError."""
    hours, days = tables.MEASURED_HOURS, tables.MEASURED_DAYS
    first = seconds_of(measured.start)
    last = first + measured.hours * HOUR_S
    of_day = (hours.c.case_id == case_id) & hours.c.start_s.between(first, last - 1)
    ours = (days.c.case_id == case_id) & (days.c.origin == TELEMETRY)
    with writing(engine) as connection:
        connection.execute(hours.delete().where(of_day))
        connection.execute(days.delete().where(ours & (days.c.day == measured.day.isoformat())))
        insert(connection, hours, _hour_rows(case_id, measured, first))
        insert(connection, days, _day_rows(case_id, measured))


def _hour_rows(case_id: str, measured: MeasuredDay, first_s: int) -> Rows:
    series = [(NETWORK, "outdoor_c", measured.outdoor_c)]
    series += [(one, "heat_mw", values) for one, values in measured.source_heat_mw.items()]
    return [
        {
            "case_id": case_id,
            "id": one,
            "point": point,
            "start_s": first_s + hour * HOUR_S,
            "value": round(float(values[hour]), 3),
        }
        for one, point, values in series
        for hour in np.flatnonzero(np.isfinite(values)).tolist()
    ]


def _day_rows(case_id: str, measured: MeasuredDay) -> Rows:
    """Loops: heat where the whole day is known, temperatures where most of it is."""
    parts = (
        ("heat_mwh", measured.loop_heat_kw),
        ("secondary_supply_c", measured.loop_supply_c),
        ("indoor_c", measured.loop_room_c),
    )
    rows = []
    for point, by_loop in parts:
        for loop, values in by_loop.items():
            known = values[np.isfinite(values)]
            if known.size < min(LEAST_HOURS, measured.hours):
                continue
            scale = measured.hours / 1000.0 if point == "heat_mwh" else 1.0
            value = round(float(known.mean()) * scale, 3)
            rows.append(_measured(case_id, loop, point, measured.day.isoformat(), value, TELEMETRY))
    return rows


def _measured(
    case_id: str, one: str, point: str, day: str, value: float, origin: str
) -> dict[str, object]:
    row = {"case_id": case_id, "id": one, "point": point, "day": day}
    return {**row, "value": value, "origin": origin}


def write_case_tables(engine: sql.Engine, case: Case) -> None:
    """Put what the case's own tables say of measurements in place; rows that are gone stay.

    `measured_daily.csv`, `coal_daily.csv` and `surveys.csv`. Raises SQLAlchemyError.
    """
    case_id = case.settings.id
    readings = [
        (row.id, point, row.date, value, "measured_daily")
        for row in case.measured_daily
        for point, value in (
            ("heat_mwh", None if row.heat_gj is None else row.heat_gj / GJ_PER_MWH),
            ("indoor_c", row.indoor_median_c),
        )
    ]
    readings += [
        (row.yard_id, point, row.date, value, "coal_daily")
        for row in case.coal_daily
        for point, value in (
            ("burnt_t", row.burnt_t),
            ("received_t", row.received_t),
            ("net_calorific_kcal_per_kg", row.net_calorific_kcal_per_kg),
        )
    ]
    days, surveyed = tables.MEASURED_DAYS, tables.STOCK_SURVEYED
    asked = sql.select(days.c.id, days.c.point, days.c.day, days.c.value).where(
        (days.c.case_id == case_id) & (days.c.origin != TELEMETRY)
    )
    with writing(engine) as connection:
        known = {(row.id, row.point, row.day): row.value for row in connection.execute(asked)}
        for one, point, day, read, origin in readings:
            value = None if read is None else round(read, 3)
            if value is None or known.get((one, point, day)) == value:
                continue
            row = _measured(case_id, one, point, day, value, origin)
            _replace(connection, days, ("case_id", "id", "point", "day"), row)
        for survey in case.surveys:
            at = {"case_id": case_id, "yard_id": survey.yard_id, "at_s": seconds_of(survey.time)}
            told = {"stock_t": survey.stock_t, "error_pct": survey.error_pct}
            _replace(connection, surveyed, tuple(at), {**at, **told})


def _replace(
    connection: sql.Connection, table: sql.Table, key: tuple[str, ...], row: dict[str, object]
) -> None:
    """Write a row in place of the one of the same key."""
    same = sql.and_(*(table.c[name] == row[name] for name in key))
    connection.execute(table.delete().where(same))
    connection.execute(table.insert().values(**row))


def write_follow_up(engine: sql.Engine, case_id: str, looked: FollowUp) -> None:
    """Keep what a day's follow-up found; raises SQLAlchemyError."""
    row: dict[str, object] = {
        "case_id": case_id,
        "day": looked.day.isoformat(),
        "loops": len(looked.tracked),
        "error_k": _known(looked.error_k),
        "within_share": _known(looked.within_share),
        "outdoor_bias_k": _known(looked.outdoor_bias_k),
        "planned_tce": _known(looked.fuel.planned_tce),
        "actual_tce": _known(looked.fuel.actual_tce),
        "normalised_tce": _known(looked.fuel.normalised_tce),
        "drifted": json.dumps(looked.drifted, ensure_ascii=False),
    }
    with writing(engine) as connection:
        _replace(connection, tables.FOLLOW_UPS, ("case_id", "day"), row)


def _known(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


def days_without(engine: sql.Engine, case_id: str, first: date, last: date) -> list[date]:
    """Return the days from `first` to `last` that have no follow-up yet; raises SQLAlchemyError."""
    table = tables.FOLLOW_UPS
    asked = sql.select(table.c.day).where(table.c.case_id == case_id)
    with engine.connect() as connection:
        known = set(connection.execute(asked).scalars())
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day.isoformat() not in known]
