"""Where a plan starts: the last plan's state where it fits, else buildings settled.

`state.json` holds, for every step of the first `STATE_HOURS` of a plan, what the next run needs:
indoor temperatures, source outputs, units on, what tanks hold, what is ordered, what was sent into
the mains and is on its way in them (`main_past.py`), stocks; all setpoints; and starts and stops of
whole units over the last
`UNIT_HISTORY_DAYS`, those from before the plan's own start handed on. Ids are matched one by one,
so a station added since then starts settled.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.plan import Remark, StartOrigin
from dispatch.start_stock import StockAnchor, anchors_content, anchors_of

Array = NDArray[np.float64]

STATE_HOURS = 36.0  # a daily run may be late by half a day and still start from the last plan
UNIT_HISTORY_DAYS = 14  # no minimum up or down time is longer
SCHEMA, VERSION = "heat-dispatch/state", 1


@dataclass(frozen=True)
class Known:
    """Values of the last plan by id and moment; rows follow `ids`, columns `hours`.

    `hours` are the moments counted from the new plan's start: before it they are negative.
    """

    ids: tuple[str, ...]
    hours: Array
    values: Array

    def rows(self, ids: Sequence[str]) -> Array:
        """Rows of the given ids, NaN for one the last plan did not know, (id, moment)."""
        place = {name: row for row, name in enumerate(self.ids)}
        unknown = np.full(self.hours.size, np.nan)
        rows = [self.values[place[name]] if name in place else unknown for name in ids]
        return np.array(rows).reshape(len(ids), self.hours.size)

    def running_at(self, ids: Sequence[str], hours: Array, length_h: float) -> Array:
        """Values that stand at `hours`, (id, hour): of the latest moment not after it.

        NaN before the first moment and from `length_h` after the last one on.
        """
        column = np.searchsorted(self.hours, hours + 1e-9, side="right") - 1
        known = (column >= 0) & (hours < self.hours[-1] + length_h - 1e-9)
        return np.where(known, self.rows(ids)[:, np.maximum(column, 0)], np.nan)

    def means(self, ids: Sequence[str], start_h: float, end_h: float) -> Array:
        """Mean of the columns within [start, end) that lie before the new start, (id,)."""
        inside = (self.hours >= start_h - 1e-9) & (self.hours < min(end_h, 0.0) - 1e-9)
        if not inside.any():
            return np.full(len(ids), np.nan)
        return np.asarray(self.rows(ids)[:, inside].mean(axis=1))


@dataclass(frozen=True)
class UnitRecord:
    """Whole units of a source at the new start; events (event, 2): hours before it, units."""

    before: int  # on before the last plan's own start
    starts: Array  # oldest first
    stops: Array


@dataclass(frozen=True)
class LastPlan:
    """What the last published plan says about the moment at which the new one starts.

    Columns are steps for sources and links, block starts for station heat and setpoints.
    """

    plan_id: str
    step_h: float
    block_h: float  # length of its setpoint blocks
    indoor_c: Known  # one column: at the new start
    stock_t: Known  # one column: at the new start
    stock_in_file_t: dict[str, float]  # what `yards.csv` said then: a new figure there wins
    source_heat_mw: Known
    source_units_on: Known
    link_sent_mw: Known
    station_heat_kw: Known
    station_supply_c: Known
    plant_supply_c: Known
    units: Mapping[str, UnitRecord] = field(default_factory=dict)  # of sources in whole units
    # None in state files of before mains had a clock of their own
    link_arrival_mwh: Known | None = None  # per arrival step, these go on beyond the horizon
    link_content_mwh: Known | None = None  # in the main at the step's start
    link_delay_h: Known | None = None  # of what leaves at the step's start
    source_stored_mwh: Known | None = None  # one column: at the new start; None in old files
    source_order_mw: Known | None = None  # what each source is told to send; None in old files
    things: Mapping[str, Mapping[str, object]] = field(default_factory=dict)  # `things_of` then


@dataclass(frozen=True)
class StateFile:
    """Outcome of looking for a last plan: the plan or the remark why there is none."""

    last: LastPlan | None
    remark: Remark
    anchors: Mapping[str, StockAnchor] = field(default_factory=dict)  # of yards, by id; kept by
    # a plan of any age, for stocks do not settle as buildings do
    notes: tuple[Remark, ...] = ()  # of what was left out on the way, and of edits of the case
    origin: StartOrigin | None = None  # None: settled


def state_of(
    schedule: xr.Dataset,
    case: Case,
    anchors: Mapping[str, StockAnchor] | None = None,
    kept_h: float = STATE_HOURS,
) -> dict[str, object]:
    """Return the content of `state.json` for a schedule: plain lists, rounded.

    `anchors` are the moments at which stocks were last fixed, by yard; `kept_h` is how much of
    the schedule is in it.
    """
    step_h = float(schedule.attrs["step_h"])
    keep = schedule.isel(time=slice(0, round(kept_h / step_h)))
    indoor = np.column_stack(
        [schedule["station_indoor_before"].values, keep["station_indoor"].values[:, :-1]]
    )
    stock = np.column_stack(
        [schedule["yard_stock_before"].values, keep["yard_stock"].values[:, :-1]]
    )
    stored = np.column_stack(
        [schedule["source_stored_before"].values, keep["source_stored"].values[:, :-1]]
    )
    # An order stands as it was first given: counted from what was sent, it would drift by its
    # tolerance with every new plan.
    ordered = keep["source_ordered"].values
    order = np.where(np.isfinite(ordered), ordered, keep["source_heat"].values)
    tables: dict[str, tuple[str, str, Array]] = {
        "indoor_c": ("station", "time", indoor),
        "stock_t": ("yard", "time", stock),
        "source_heat_mw": ("source", "time", keep["source_heat"].values),
        "source_units_on": ("source", "time", keep["source_units_on"].values),
        "source_stored_mwh": ("source", "time", stored),
        "source_order_mw": ("source", "time", order),
        "link_sent_mw": ("link", "time", keep["link_sent"].values),
        "station_heat_kw": ("station", "block_start", schedule["station_heat"].values),
        "station_supply_c": ("station", "block_start", schedule["station_supply"].values),
        "plant_supply_c": ("plant", "block_start", schedule["plant_supply_temp"].values),
    }
    # Finer than the rest: what is in a main must add up from plan to plan.
    mains: dict[str, tuple[str, str, Array]] = {
        "link_arrival_mwh": ("link", "arrival_time", schedule["link_arrival"].values * step_h),
        "link_content_mwh": ("link", "time", _content_mwh(schedule)[:, : keep.sizes["time"]]),
        "link_delay_h": ("link", "time", schedule["link_delay"].values[:, : keep.sizes["time"]]),
    }
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "plan_id": str(schedule.attrs["plan_id"]),
        "step_h": step_h,
        "stock_in_file_t": {yard.yard_id: yard.stock_t for yard in case.yards},
        "stock_anchors": anchors_content(anchors or {}),
        "things": things_of(case),
        "time": [_utc(value) for value in keep["time"].values],
        "arrival_time": [_utc(value) for value in schedule["arrival_time"].values],
        "block_start": [_utc(value) for value in schedule["block_start"].values],
        "ids": {dim: schedule[dim].values.tolist() for dim in ("station", "source", "link")}
        | {dim: schedule[dim].values.tolist() for dim in ("yard", "plant")},
        "tables": {name: _table(*entry, digits=6) for name, entry in tables.items()}
        | {name: _table(*entry, digits=12) for name, entry in mains.items()},
        "units": _units_of(schedule, keep),
    }


def things_of(case: Case) -> dict[str, dict[str, object]]:
    """What a plan's start rests on and a case may have changed since, by id."""
    loops: dict[str, dict[str, object]] = {
        one.loop_id: {
            "heated_area_m2": one.heated_area_m2,
            "specific_loss_w_per_m2k": one.specific_loss_w_per_m2k,
            "emitter": one.emitter.value,
            "zone_id": one.zone_id,
            "managed_by": one.managed_by.value,
        }
        for one in case.stations
    }
    sources: dict[str, dict[str, object]] = {
        one.source_id: {
            "unit_count": one.unit_count,
            "max_output_mw": one.max_output_mw,
            "plant_id": one.plant_id,
        }
        for one in case.sources
    }
    mains: dict[str, dict[str, object]] = {
        one.link_id: {"length_km": one.length_km, "diameter_mm": one.diameter_mm}
        for one in case.links
    }
    return {**loops, **sources, **mains}


def _units_of(schedule: xr.Dataset, keep: xr.Dataset) -> dict[str, object]:
    """Units before the plan, and events [moment, started, stopped], of sources in whole units."""
    start = schedule["time"].values[0]
    units: dict[str, object] = {}
    for i in np.flatnonzero(schedule["source_commitment"].values > 0.5):
        one = schedule.isel(source=i)
        hours = one["source_event_hours"].values
        past = start - np.round(hours * 3600.0).astype("timedelta64[s]")
        moments = [*past, *keep["time"].values]
        moved = [
            np.concatenate([one[f"source_event_{word}"].values, keep[f"source_{word}"].values[i]])
            for word in ("started", "stopped")
        ]
        events = [
            [_utc(moment), round(float(up), 6), round(float(down), 6)]
            for moment, up, down in zip(moments, *moved, strict=True)
            if up + down > 0.0
        ]
        before = round(float(one["source_units_before"]))
        units[str(schedule["source"].values[i])] = {"before": before, "events": events}
    return units


def _content_mwh(schedule: xr.Dataset) -> Array:
    """Energy in each main at the start of each step, MWh, (link, step)."""
    step_h = float(schedule.attrs["step_h"])
    sent = schedule["link_sent"].values
    gained = (sent - schedule["link_arrival"].values[:, : sent.shape[1]]) * step_h
    before = schedule["link_arrival_stored"].values.sum(axis=1)[:, None]
    return np.asarray(before + np.cumsum(gained, axis=1) - gained)


def _table(dim: str, columns: str, values: Array, digits: int) -> dict[str, object]:
    rows = [[_number(value, digits) for value in row] for row in values]
    return {"dim": dim, "columns": columns, "rows": rows}


def _utc(value: np.datetime64) -> str:
    return pd.Timestamp(value).tz_localize("UTC").isoformat()


def _number(value: float, digits: int) -> float | None:
    """JSON has no NaN: unknown is null."""
    return round(float(value), digits) if np.isfinite(value) else None


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
        return replace(_last_plan(content, start), anchors=anchors_of(content))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        return StateFile(
            None, Remark("daily.state_damaged", {"path": str(path), "why": str(error)})
        )


def state_from(content: dict[str, Any], start: datetime) -> StateFile:
    """Return what the content of a state file says of a new plan's `start`, as `read_state`.

    Through JSON, as a file would be: a plan made after a published one or after one at hand is
    the same.
    """
    return _last_plan(json.loads(json.dumps(content)), start)


def _last_plan(content: dict[str, Any], start: datetime) -> StateFile:
    if content["schema"] != SCHEMA or content["version"] != VERSION:
        raise ValueError(f"schema {content['schema']} {content['version']}")
    hours = {
        at: np.array([_hours_after(start, moment) for moment in content[at]])
        for at in ("time", "block_start", "arrival_time")
        if at in content
    }
    now = np.flatnonzero(np.abs(hours["time"]) < 1e-6)
    if now.size == 0:
        times = content["time"]
        if hours["time"][0] > 0.0:  # an off-season or training plan: nothing is lost
            return StateFile(None, Remark("daily.state_none"))
        values = {"plan_id": content["plan_id"], "first": times[0], "last": times[-1]}
        return StateFile(None, Remark("daily.state_does_not_fit", values))

    def table(name: str) -> Known:
        entry = content["tables"][name]
        rows = np.array(entry["rows"], dtype=float)  # null becomes NaN
        ids, at = tuple(content["ids"][entry["dim"]]), hours[entry["columns"]]
        return Known(ids, at, rows.reshape(len(ids), at.size))

    def newer_table(name: str) -> Known | None:
        return table(name) if name in content["tables"] else None

    def at_start(name: str) -> Known:
        whole = table(name)
        return Known(whole.ids, whole.hours[now], whole.values[:, now])

    tables = content["tables"]
    last = LastPlan(
        plan_id=str(content["plan_id"]),
        step_h=float(content["step_h"]),
        block_h=float(np.diff(hours["block_start"]).max(initial=0.0)),
        indoor_c=at_start("indoor_c"),
        stock_t=at_start("stock_t"),
        stock_in_file_t=dict(content["stock_in_file_t"]),
        source_heat_mw=table("source_heat_mw"),
        source_units_on=table("source_units_on"),
        link_sent_mw=table("link_sent_mw"),
        station_heat_kw=table("station_heat_kw"),
        station_supply_c=table("station_supply_c"),
        plant_supply_c=table("plant_supply_c"),
        units={
            str(name): _unit_record(record, start)
            for name, record in dict(content.get("units", {})).items()
        },
        link_arrival_mwh=newer_table("link_arrival_mwh"),
        link_content_mwh=newer_table("link_content_mwh"),
        link_delay_h=newer_table("link_delay_h"),
        source_stored_mwh=at_start("source_stored_mwh") if "source_stored_mwh" in tables else None,
        source_order_mw=table("source_order_mw") if "source_order_mw" in tables else None,
        things={str(name): dict(one) for name, one in content.get("things", {}).items()},
    )
    return StateFile(last, Remark("daily.state_from_last", {"plan_id": last.plan_id}))


def _unit_record(record: dict[str, Any], start: datetime) -> UnitRecord:
    """Events before the new start, not older than `UNIT_HISTORY_DAYS`."""
    events = [
        (-_hours_after(start, moment), float(up), float(down))
        for moment, up, down in record["events"]
    ]
    oldest_h = 24.0 * UNIT_HISTORY_DAYS
    past = sorted((one for one in events if 1e-6 < one[0] <= oldest_h), reverse=True)
    starts = [(hours, up) for hours, up, _ in past if up > 0.0]
    stops = [(hours, down) for hours, _, down in past if down > 0.0]
    return UnitRecord(
        int(record["before"]), np.array(starts).reshape(-1, 2), np.array(stops).reshape(-1, 2)
    )


def _hours_after(start: datetime, moment: str) -> float:
    return (datetime.fromisoformat(moment) - start).total_seconds() / 3600.0


def last_steps(known: Known, name: str, step_h: float, count: int) -> Array | None:
    """Values of the `count` steps before the new start, latest last; None for an unknown id.

    What lies before the last plan's own start is taken to be like its first step.
    """
    if name not in known.ids or not (known.hours < -1e-9).any():
        return None
    wanted = -step_h * np.arange(count, 0, -1.0)
    column = np.searchsorted(known.hours, wanted + 1e-9, side="right") - 1
    return np.asarray(known.rows([name])[0, np.maximum(column, 0)])
