"""Where a plan starts: the last plan's state where it fits, else buildings settled.

`state.json` holds, for every step of the first `STATE_HOURS` of a plan, what the next run needs:
indoor temperatures, source outputs, units on, what was sent into the mains, stocks; and all
setpoints. Ids are matched one by one, so a station added since then starts settled.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.plan import Remark

Array = NDArray[np.float64]

STATE_HOURS = 36.0  # a daily run may be late by half a day and still start from the last plan
SCHEMA, VERSION = "heat-dispatch/state", 1


@dataclass(frozen=True)
class LastPlan:
    """What the last published plan says about the moment at which the new one starts.

    Tables are indexed by id; columns are UTC times: steps for sources, links, yards and indoor
    temperatures (start of step), block starts for heat and setpoints.
    """

    plan_id: str
    step_h: float
    indoor_c: pd.Series  # by station at the new start
    source_heat_mw: pd.DataFrame
    source_units_on: pd.DataFrame
    link_sent_mw: pd.DataFrame
    stock_t: pd.Series  # by yard at the new start
    stock_in_file_t: dict[str, float]  # what `yards.csv` said then: a new figure there wins
    station_heat_kw: pd.DataFrame
    station_supply_c: pd.DataFrame
    plant_supply_c: pd.DataFrame


@dataclass(frozen=True)
class StateFile:
    """Outcome of looking for a last plan: the plan or the remark why there is none."""

    last: LastPlan | None
    remark: Remark


def state_of(schedule: xr.Dataset, case: Case) -> dict[str, object]:
    """Return the content of `state.json` for a schedule: plain lists, rounded to 1e-6."""
    step_h = float(schedule.attrs["step_h"])
    keep = schedule.isel(time=slice(0, round(STATE_HOURS / step_h)))
    indoor = np.column_stack(
        [schedule["station_indoor_before"].values, keep["station_indoor"].values[:, :-1]]
    )
    stock = np.column_stack(
        [schedule["yard_stock_before"].values, keep["yard_stock"].values[:, :-1]]
    )
    tables: dict[str, tuple[str, str, Array]] = {
        "indoor_c": ("station", "time", indoor),
        "stock_t": ("yard", "time", stock),
        "source_heat_mw": ("source", "time", keep["source_heat"].values),
        "source_units_on": ("source", "time", keep["source_units_on"].values),
        "link_sent_mw": ("link", "time", keep["link_sent"].values),
        "station_heat_kw": ("station", "block_start", schedule["station_heat"].values),
        "station_supply_c": ("station", "block_start", schedule["station_supply"].values),
        "plant_supply_c": ("plant", "block_start", schedule["plant_supply_temp"].values),
    }
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "plan_id": str(schedule.attrs["plan_id"]),
        "step_h": step_h,
        "stock_in_file_t": {yard.yard_id: yard.stock_t for yard in case.yards},
        "time": [_utc(value) for value in keep["time"].values],
        "block_start": [_utc(value) for value in schedule["block_start"].values],
        "ids": {dim: schedule[dim].values.tolist() for dim in ("station", "source", "link")}
        | {dim: schedule[dim].values.tolist() for dim in ("yard", "plant")},
        "tables": {
            name: {"dim": dim, "columns": at, "rows": [[_number(v) for v in row] for row in values]}
            for name, (dim, at, values) in tables.items()
        },
    }


def _utc(value: np.datetime64) -> str:
    return pd.Timestamp(value).tz_localize("UTC").isoformat()


def _number(value: float) -> float | None:
    """JSON has no NaN: unknown is null."""
    return round(float(value), 6) if np.isfinite(value) else None


def read_state(latest: Path, start: datetime) -> StateFile:
    """Read the state of the last published plan for a new plan starting at `start`.

    Returns no plan, and the reason, where there is none, it is damaged, or `start` lies outside
    the span it covers.
    """
    path = latest / "state.json"
    if not path.is_file():
        return StateFile(None, Remark("daily.state_none"))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _last_plan(content, start)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return StateFile(
            None, Remark("daily.state_damaged", {"path": str(path), "why": str(error)})
        )


def _last_plan(content: dict[str, Any], start: datetime) -> StateFile:
    if content["schema"] != SCHEMA or content["version"] != VERSION:
        raise ValueError(f"schema {content['schema']} {content['version']}")
    columns = {
        at: pd.DatetimeIndex(pd.to_datetime(content[at], utc=True))
        for at in ("time", "block_start")
    }
    times = columns["time"]
    step_h, plan_id = float(content["step_h"]), str(content["plan_id"])
    moment = pd.Timestamp(start)
    if moment not in times:
        values = {"plan_id": plan_id, "first": times[0].isoformat(), "last": times[-1].isoformat()}
        return StateFile(None, Remark("daily.state_does_not_fit", values))

    def table(name: str) -> pd.DataFrame:
        entry = content["tables"][name]
        ids = content["ids"][entry["dim"]]
        at = columns[entry["columns"]]
        return pd.DataFrame(entry["rows"], index=ids, columns=at, dtype=float)

    last = LastPlan(
        plan_id=plan_id,
        step_h=step_h,
        indoor_c=table("indoor_c")[moment],
        source_heat_mw=table("source_heat_mw"),
        source_units_on=table("source_units_on"),
        link_sent_mw=table("link_sent_mw"),
        stock_t=table("stock_t")[moment],
        stock_in_file_t=dict(content["stock_in_file_t"]),
        station_heat_kw=table("station_heat_kw"),
        station_supply_c=table("station_supply_c"),
        plant_supply_c=table("plant_supply_c"),
    )
    return StateFile(last, Remark("daily.state_from_last", {"plan_id": plan_id}))


def before(table: pd.DataFrame, start: datetime, step_h: float, count: int) -> pd.DataFrame:
    """The last `count` steps before `start`; earlier than known repeats the earliest known."""
    wanted = [pd.Timestamp(start) - timedelta(hours=step_h * back) for back in range(count, 0, -1)]
    columns = pd.DatetimeIndex(wanted)
    known = table.loc[:, table.columns < pd.Timestamp(start)]
    return known.reindex(columns=columns, method="nearest") if known.shape[1] else known
