"""What the database keeps of a run, row by row; read from the run's folder alone.

The same whether the run is recorded when it is made or when the history is rebuilt.
"""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.history.past_run import (
    OUTLOOK,
    SOURCE_TABLE,
    PastRun,
    RunUnreadable,
    read_run,
)
from dispatch.history.tables import SETPOINT_HOURS, STOCK_DAYS
from dispatch.plan import Quality

Array = NDArray[np.float64]
Rows = list[dict[str, Any]]

VARIABLES = frozenset(
    {
        *("air_temperature", "source_heat", "source_fuel"),
        *("station_heat", "station_supply", "station_indoor"),
    }
)


@dataclass(frozen=True)
class RunRows:
    """Rows of one run, without `run_id`; rows of loops have `loop_id` in place of `loop_no`."""

    run: Mapping[str, Any]
    setpoints_sources: Rows
    setpoints_stations: Rows
    expected_sources: Rows
    expected_stations: Rows
    pins: Rows
    stock: Rows

    @property
    def loop_ids(self) -> list[str]:
        """Loops that the rows speak of, each once."""
        of_loops = (*self.setpoints_stations, *self.expected_stations)
        return list(dict.fromkeys(str(row["loop_id"]) for row in of_loops))


def run_rows(folder: Path, case_id: str) -> RunRows:
    """Return what is kept of a run; raises RunUnreadable."""
    run = read_run(folder, VARIABLES)
    try:
        return RunRows(
            run=_run(run, case_id),
            setpoints_sources=_setpoints_sources(folder),
            setpoints_stations=_setpoints_stations(run),
            expected_sources=_expected_sources(run),
            expected_stations=_expected_stations(run),
            pins=_pins(run),
            stock=_stock(folder),
        )
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunUnreadable(folder, reason) from error


def seconds_of(moment: datetime) -> int:
    """Unix seconds of an aware moment."""
    return round(moment.timestamp())


def _run(run: PastRun, case_id: str) -> dict[str, Any]:
    said, forecast, solver = run.summary, run.summary["forecast"], run.summary["solver"]
    coldest = said.get("coldest_commanded") or {}
    quality = Quality(said["quality"])
    return {
        "case_id": case_id,
        "name": run.name,
        "manifest_sha256": run.manifest_sha256,
        "plan_id": said["plan_id"],
        "plan_version": int(said["plan_version"]),
        "issued_s": seconds_of(run.issued_at),
        "issued_at": said["issued_at"],
        "stage": run.stage,
        "quality": quality.value,
        "exit_code": quality.exit_code,
        "reasons": _json(said["reasons"]),
        "forecast_provider": forecast["provider"],
        "forecast_nature": forecast["nature"],
        "forecast_issued_at": forecast.get("issue_time"),
        "forecast_age_h": forecast.get("age_h"),
        "outdoor_mean_c": said["outdoor"]["mean_c"],
        "outdoor_days_c": _json(_outdoor_days(run)),
        "hours": run.schedule.sizes["time"] * run.step_h,
        "heat_mwh": said["heat_mwh"],
        "fuel_tce": round(sum(source["burnt_tce"] for source in said["sources"]), 2),
        "cost_yuan": said["cost_yuan"],
        "coldest_station": coldest.get("station"),
        "coldest_c": coldest.get("indoor_c"),
        "audit_worst": said["audit"]["worst_balance"],
        "solver_status": solver["status"],
        "gap": solver.get("gap"),
        "seconds": round(sum(run.log.get("seconds", {}).values()), 2),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def local_days(run: PastRun) -> list[str]:
    """Local date of each step."""
    zone = ZoneInfo(str(run.schedule.attrs["timezone"]))
    starts = _unix_s(run.schedule["time"].values)
    return [datetime.fromtimestamp(s, tz=UTC).astimezone(zone).date().isoformat() for s in starts]


def _unix_s(moments: NDArray[np.datetime64]) -> list[int]:
    seconds: list[int] = moments.astype("datetime64[s]").astype(np.int64).tolist()
    return seconds


def _outdoor_days(run: PastRun) -> dict[str, float]:
    days = np.array(local_days(run))
    outdoor = run.values("air_temperature")
    return {str(day): round(float(outdoor[days == day].mean()), 1) for day in np.unique(days)}


def _setpoints_sources(folder: Path) -> Rows:
    with (folder / SOURCE_TABLE).open(encoding="utf-8", newline="") as stream:
        return [
            {
                "source_id": row["source_id"],
                "start_s": seconds_of(datetime.fromisoformat(row["valid_from"])),
                "end_s": seconds_of(datetime.fromisoformat(row["valid_to"])),
                **{name: _number(row[name]) for name in ("heat_mw", "supply_temp_c", "units_on")},
                **{name: _number(row[name]) for name in ("power_mw", "fuel_t")},
            }
            for row in csv.DictReader(stream)
        ]


def _number(cell: str | float) -> float | None:
    """A number of a cell; None where it is empty or none at all."""
    if cell == "":
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def block_places(run: PastRun) -> tuple[NDArray[np.datetime64], NDArray[np.intp]]:
    """Start of each block, not before the first step; and the block of each step."""
    first = run.schedule["time"].values[0]
    starts = np.maximum(run.schedule["block_start"].values, first)
    of_step = np.searchsorted(starts, run.schedule["time"].values, side="right") - 1
    return starts, of_step


def _setpoints_stations(run: PastRun) -> Rows:
    """Blocks of the first `SETPOINT_HOURS`; rooms as means of the block."""
    starts, of_step = block_places(run)
    near = (starts - starts[0]) / np.timedelta64(1, "h") < SETPOINT_HOURS
    rooms = run.values("station_indoor")
    heat, supply = (run.values(f"station_{name}") for name in ("heat", "supply"))
    start_s = _unix_s(starts)
    rows: Rows = []
    for block in np.flatnonzero(near).tolist():
        room = rooms[:, of_step == block].mean(axis=1)
        columns = zip(
            run.ids("station"),
            np.round(heat[:, block], 1).tolist(),
            np.round(supply[:, block], 1).tolist(),
            np.round(room, 2).tolist(),
            strict=True,
        )
        rows += [
            {
                "loop_id": loop,
                "start_s": start_s[block],
                "heat_kw": _number(kw),
                "secondary_supply_c": _number(supply_c),
                "indoor_expected_c": _number(room_c),
            }
            for loop, kw, supply_c, room_c in columns
        ]
    return rows


def _expected_sources(run: PastRun) -> Rows:
    """Hour by hour, whatever the plan's step."""
    hours, of_step = np.unique(
        run.schedule["time"].values.astype("datetime64[h]"), return_inverse=True
    )
    steps = np.bincount(of_step)
    start_s = _unix_s(hours)
    rows: Rows = []
    for row, source in enumerate(run.ids("source")):
        heat, fuel = (
            np.round(np.bincount(of_step, run.values(name)[row]) / steps, 3).tolist()
            for name in ("source_heat", "source_fuel")
        )
        rows += [
            {"source_id": source, "start_s": at, "heat_mw": _number(mw), "fuel_mw": _number(burnt)}
            for at, mw, burnt in zip(start_s, heat, fuel, strict=True)
        ]
    return rows


def _expected_stations(run: PastRun) -> Rows:
    """Whole local days: heat, supply temperature and rooms of each loop."""
    days = np.array(local_days(run))
    _, of_step = block_places(run)
    whole = [day for day in np.unique(days) if (days == day).sum() * run.step_h >= 23.0]
    heat = run.values("station_heat")[:, of_step]
    supply = run.values("station_supply")[:, of_step]
    rooms = run.values("station_indoor")
    rows: Rows = []
    for day in whole:
        inside = days == day
        columns: Sequence[list[float]] = (
            np.round(heat[:, inside].sum(axis=1) * run.step_h / 1000.0, 3).tolist(),
            np.round(supply[:, inside].mean(axis=1), 2).tolist(),
            np.round(rooms[:, inside].mean(axis=1), 2).tolist(),
        )
        rows += [
            {
                "loop_id": loop,
                "day": str(day),
                "heat_mwh": _number(heat_mwh),
                "secondary_supply_c": _number(supply_c),
                "indoor_c": _number(room_c),
            }
            for loop, heat_mwh, supply_c, room_c in zip(run.ids("station"), *columns, strict=True)
        ]
    return rows


def _pins(run: PastRun) -> Rows:
    """What the dispatcher had pinned; nothing in runs of before there were pins."""
    found = run.summary.get("pins") or []
    return [
        {
            "place": place,
            "thing": _text(pin.get("thing")),
            "what": _text(pin.get("what")),
            "state": _text(pin.get("state")),
            "pin": _json(pin),
        }
        for place, pin in enumerate(found)
        if isinstance(pin, dict)
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _stock(folder: Path) -> Rows:
    """Planned stocks of the next days; empty without yards."""
    if not (folder / OUTLOOK).is_file():
        return []
    with (folder / OUTLOOK).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    days = sorted({row["date"] for row in rows})
    last = days[min(STOCK_DAYS, len(days)) - 1] if days else ""
    return [
        {
            "yard_id": row["yard_id"],
            "day": date.fromisoformat(row["date"]).isoformat(),
            "burn_t": _number(row["burn_t_p50"]),
            "stock_t": _number(row["stock_t_p50"]),
        }
        for row in rows
        if row["date"] <= last
    ]
