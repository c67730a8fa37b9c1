"""What the history tells of past runs: one line a run, the newest first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sql

from dispatch.history.tables import FOLLOW_UPS, RUNS
from dispatch.plan import Quality
from dispatch.said_again import said_again


@dataclass(frozen=True)
class DayFollowed:
    """What the follow-up of a day found."""

    loops: int  # with measured supply temperature
    error_k: float | None
    within_share: float | None
    outdoor_bias_k: float | None
    planned_tce: float | None
    actual_tce: float | None
    normalised_tce: float | None
    drifted: tuple[str, ...]


@dataclass(frozen=True)
class StoredRun:
    """A run in the history, with the follow-up of the local day on which it was issued."""

    name: str
    issued_at: str
    stage: str
    quality: Quality
    reasons: tuple[str, ...]
    outdoor_mean_c: float | None
    hours: float
    heat_mwh: float | None
    fuel_tce: float | None  # burnt, heat and power
    cost_yuan: float | None
    coldest_station: str | None
    coldest_c: float | None
    forecast_provider: str
    forecast_age_h: float | None
    solver_status: str | None
    gap: float | None
    seconds: float | None
    day: DayFollowed | None


def stored_runs(engine: sql.Engine, case_id: str, days: int) -> tuple[StoredRun, ...]:
    """Return the runs of the last days before the newest one; raises SQLAlchemyError."""
    newest = sql.select(sql.func.max(RUNS.c.issued_s)).where(RUNS.c.case_id == case_id)
    with engine.connect() as connection:
        last_s = connection.execute(newest).scalar()
        if last_s is None:
            return ()
        since_s = int(last_s) - round(timedelta(days=days).total_seconds())
        asked = (
            sql.select(RUNS)
            .where((RUNS.c.case_id == case_id) & (RUNS.c.issued_s > since_s))
            .order_by(RUNS.c.issued_s.desc(), RUNS.c.plan_version.desc())
        )
        followed = {
            str(row["day"]): _day(row)
            for row in connection.execute(
                sql.select(FOLLOW_UPS).where(FOLLOW_UPS.c.case_id == case_id)
            ).mappings()
        }
        return tuple(_run(row, followed) for row in connection.execute(asked).mappings())


def _day(row: sql.RowMapping) -> DayFollowed:
    return DayFollowed(
        loops=row["loops"],
        error_k=row["error_k"],
        within_share=row["within_share"],
        outdoor_bias_k=row["outdoor_bias_k"],
        planned_tce=row["planned_tce"],
        actual_tce=row["actual_tce"],
        normalised_tce=row["normalised_tce"],
        drifted=tuple(json.loads(row["drifted"])),
    )


def _run(row: sql.RowMapping, followed: Mapping[str, DayFollowed]) -> StoredRun:
    return StoredRun(
        name=row["name"],
        issued_at=row["issued_at"],
        stage=row["stage"],
        quality=Quality(row["quality"]),
        reasons=tuple(said_again(one) for one in json.loads(row["reasons"])),
        outdoor_mean_c=row["outdoor_mean_c"],
        hours=row["hours"],
        heat_mwh=row["heat_mwh"],
        fuel_tce=row["fuel_tce"],
        cost_yuan=row["cost_yuan"],
        coldest_station=row["coldest_station"],
        coldest_c=row["coldest_c"],
        forecast_provider=row["forecast_provider"],
        forecast_age_h=row["forecast_age_h"],
        solver_status=row["solver_status"],
        gap=row["gap"],
        seconds=row["seconds"],
        day=followed.get(str(row["issued_at"])[:10]),
    )
