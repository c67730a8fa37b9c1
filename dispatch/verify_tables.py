"""Compare the setpoint files of a run with its `plan.nc`: same figures, whole span of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.audit_rules.published import FloatArray, PublishedPlan
from dispatch.messages import say, words
from dispatch.text_cells import as_written

ROUNDED_MW = 0.01
ROUNDED_KW = 0.1
ROUNDED_C = 0.1
ROUNDED_TPH = 0.1
ROUNDED_T = 0.01
ROUNDED_GJ = 0.01
SETPOINT_STEP_C = 0.5
SLACK = 1e-9
STAGGER_STEP = np.timedelta64(30, "m")
STAGGER_MOST = 7 * STAGGER_STEP
WHEN = ("valid_from", "valid_to")
SOURCE_COLUMNS = (
    *("plan_id", "version", "issued_at", *WHEN, "source_id", "heat_mw", "share", "supply_temp_c"),
    *("return_temp_c", "flow_tph", "units_on", "fuel_t", "fuel_for_heat_t", "fuel_accounting_t"),
    *("fuel_marginal_t", "power_mw", "reason"),
)
STATION_COLUMNS = (
    *("plan_id", "version", "issued_at", *WHEN, "zone_id", "station_id", "loop", "controllable"),
    *("heat_kw", "heat_quota_gj", "secondary_supply_c", "secondary_supply_min_c"),
    *("secondary_supply_max_c", "secondary_return_c", "secondary_mean_c", "primary_flow_tph"),
    *("max_step_k", "indoor_expected_c", "reason", "fallback_curve"),
)


@dataclass(frozen=True)
class Expected:
    """A column that the plan fixes: values on (thing, block) lie in [low, high] ± allowed.

    A NaN in `low` leaves the cell open.
    """

    column: str
    low: FloatArray
    high: FloatArray
    allowed: float


@dataclass(frozen=True)
class Table:
    """A setpoint file laid out on (thing, block); `dim` is the plan's dimension of its things."""

    name: str
    dim: str
    rows: pd.DataFrame  # sorted by thing, then valid_from: one row a thing and block
    plan: PublishedPlan

    def column(self, name: str) -> FloatArray:
        """(thing, block) numbers of a column; NaN where there is none."""
        cells = pd.to_numeric(self.rows[name], errors="coerce").to_numpy(dtype=np.float64)
        return cells.reshape(self.shape)

    def moments(self, name: str) -> NDArray[np.datetime64]:
        """(thing, block) UTC moments of a column."""
        return _moments(self.rows[name]).reshape(self.shape)

    @property
    def shape(self) -> tuple[int, int]:
        """How many things and blocks."""
        return self.plan.names(self.dim).size, self.plan.times("block_start").size


def source_table_faults(path: Path, schedule: xr.Dataset) -> list[str]:
    """Differences of `setpoints_sources.csv` from the plan, in words."""
    plan = PublishedPlan(schedule)
    table, faults = _read_table(path, plan, "source", SOURCE_COLUMNS)
    if table is None:
        return faults
    plant = plan.index_of(plan.names("source_plant"), "plant")
    heat = plan.block_mean(plan.values("source_heat"))
    steps = np.bincount(plan.block_of_step)
    yard = plan.index_of(plan.names("source_yard"), "yard")
    mwh_per_t = np.append(plan.values("yard_mwh_per_t"), np.nan)[yard][:, np.newaxis]

    def tonnes(fuel_mwh: FloatArray) -> FloatArray:
        return np.asarray(plan.block_mean(fuel_mwh) * steps / mwh_per_t, dtype=np.float64)

    starts_mwh = plan.values("source_started") * plan.values("source_start_fuel")[:, np.newaxis]
    burnt_mwh = plan.values("source_fuel") * plan.step_h + starts_mwh

    def of(meaning: str) -> FloatArray:
        return tonnes(plan.values(f"source_fuel_{meaning}") * plan.step_h)

    expected = (
        _exactly("heat_mw", heat, ROUNDED_MW),
        _exactly("power_mw", plan.block_mean(plan.values("source_power")), ROUNDED_MW),
        _exactly("supply_temp_c", plan.values("plant_supply_temp")[plant], ROUNDED_C),
        _exactly("return_temp_c", plan.values("plant_return_temp")[plant], ROUNDED_C),
        _exactly("fuel_t", tonnes(burnt_mwh), ROUNDED_T),
        _exactly("fuel_for_heat_t", of("for_heat"), ROUNDED_T),
        _exactly("fuel_accounting_t", of("accounting"), ROUNDED_T),
        _exactly("fuel_marginal_t", of("marginal"), ROUNDED_T),
    )
    return [*_time_faults(table, staggered=False), *_value_faults(table, expected)]


def station_table_faults(path: Path, schedule: xr.Dataset) -> list[str]:
    """Differences of `setpoints_stations.csv` from the plan, in words."""
    plan = PublishedPlan(schedule)
    table, faults = _read_table(path, plan, "station", STATION_COLUMNS)
    if table is None:
        return faults
    heat = plan.values("station_heat")
    hours = np.bincount(plan.block_of_step) * plan.step_h
    starts = plan.first_step_of_block
    indoor = plan.values("station_indoor")
    expected = (
        _exactly("heat_kw", heat, ROUNDED_KW),
        _exactly("heat_quota_gj", heat * hours * 3.6e-3, ROUNDED_GJ),
        _exactly("secondary_supply_c", plan.values("station_supply"), ROUNDED_C / 2),
        _exactly("secondary_return_c", plan.values("station_return"), ROUNDED_C),
        _exactly("primary_flow_tph", plan.values("station_primary_flow"), ROUNDED_TPH),
        _exactly("controllable", _each_block(plan, "station_controllable"), 0.0),
        _exactly("secondary_supply_min_c", _each_block(plan, "station_supply_min"), ROUNDED_C),
        _exactly("secondary_supply_max_c", _each_block(plan, "station_supply_max"), ROUNDED_C),
        Expected(
            "indoor_expected_c",
            np.minimum.reduceat(indoor, starts, axis=1),
            np.maximum.reduceat(indoor, starts, axis=1),
            ROUNDED_C,
        ),
    )
    return [
        *_time_faults(table, staggered=True),
        *_value_faults(table, expected),
        *_setpoint_faults(table),
    ]


def _exactly(column: str, values: FloatArray, allowed: float) -> Expected:
    return Expected(column, values, values, allowed)


def _each_block(plan: PublishedPlan, name: str) -> FloatArray:
    return np.repeat(plan.values(name)[:, np.newaxis], plan.times("block_start").size, axis=1)


def _moments(cells: "pd.Series[str]") -> NDArray[np.datetime64]:
    """UTC moments of texts with an offset; NaT for anything else."""
    with_offset = cells.where(cells.str.contains(r"T.*[+-]\d\d:\d\d$", regex=True))
    parsed = pd.to_datetime(with_offset, utc=True, errors="coerce", format="ISO8601")
    return parsed.dt.tz_localize(None).to_numpy(dtype="datetime64[ns]")


def _read_table(
    path: Path, plan: PublishedPlan, dim: str, columns: Iterable[str]
) -> tuple[Table | None, list[str]]:
    """The file laid out on the plan's things and blocks, or None and why not."""
    if not path.is_file():
        return None, []  # reported with the needed files
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, RecursionError) as error:
        return None, [say("audit.file_unreadable", name=path.name, reason=error)]
    missing = [column for column in columns if column not in rows.columns]
    if missing:
        return None, [say("audit.columns_missing", name=path.name, columns=words(*missing))]
    return _laid_out(path.name, rows, plan, dim)


def _laid_out(
    name: str, rows: pd.DataFrame, plan: PublishedPlan, dim: str
) -> tuple[Table | None, list[str]]:
    """Sort the rows into (thing, block); refuse unknown things and a wrong number of blocks."""
    if dim == "station":
        labels = rows["station_id"].map(as_written) + "." + rows["loop"].map(as_written)
    else:
        labels = rows["source_id"].map(as_written)
    things = plan.names(dim)
    thing = pd.Index(things).get_indexer(pd.Index(labels))
    blocks = plan.times("block_start").size
    strangers = sorted(set(labels[thing < 0]))
    count = np.bincount(thing[thing >= 0], minlength=things.size)
    uneven = things[count != blocks]
    faults = []
    if strangers:
        faults.append(say("audit.table_strangers", name=name, ids=_some(strangers)))
    if uneven.size:
        ids = _some(uneven.tolist())
        faults.append(say("audit.table_blocks", name=name, ids=ids, blocks=blocks))
    if faults:
        return None, faults
    order = np.lexsort((_moments(rows["valid_from"]), thing))
    return Table(name, dim, rows.iloc[order], plan), []


def _some(ids: list[str]) -> str:
    """The first few of a list of names."""
    return words(*ids[:5]) + (" …" if len(ids) > 5 else "")


def _time_faults(table: Table, *, staggered: bool) -> list[str]:
    """Blocks follow each other without gap or overlap, from the first step to the last end.

    A station's rows are all later by the same 0–7 half hours of its stagger group.
    """
    start, end = table.plan.times("block_start"), table.plan.times("block_end")
    valid_from, valid_to = (table.moments(column) for column in WHEN)
    if np.isnat(valid_from).any() or np.isnat(valid_to).any():
        return [say("audit.table_times", name=table.name)]
    shift = valid_from[:, -1:] - start[-1]
    most = STAGGER_MOST if staggered else np.timedelta64(0, "m")
    first = valid_from[:, :1] - shift
    wrong = np.concatenate(
        [
            (shift < np.timedelta64(0)) | (shift > most),
            shift % STAGGER_STEP != np.timedelta64(0),
            (first < start[0]) | (first > max(start[0], table.plan.times("time")[0])),
            valid_from[:, 1:] - shift != start[1:],
            valid_to[:, :-1] != valid_from[:, 1:],
            (valid_to[:, -1:] < end[-1]) | (valid_to[:, -1:] > end[-1] + shift),
        ],
        axis=1,
    ).any(axis=1)
    if start.size == 1:  # nothing to tell a stagger from a late start by
        wrong = (valid_to <= valid_from).any(axis=1)
    ids = table.plan.names(table.dim)[wrong].tolist()
    return [say("audit.table_gaps", name=table.name, ids=_some(ids))] if ids else []


def _value_faults(table: Table, expected: Iterable[Expected]) -> list[str]:
    """Columns that differ from the plan by more than rounding, each by its worst cell."""
    faults = []
    for one in expected:
        found = table.column(one.column)
        off = np.maximum(one.low - found, found - one.high)
        off = np.where(np.isnan(one.low), 0.0, np.where(np.isnan(found), np.inf, off))
        wrong = off > one.allowed + SLACK
        if wrong.any():
            position = [int(i) for i in np.unravel_index(int(off.argmax()), off.shape)]
            faults.append(
                say(
                    "audit.table_differs",
                    name=table.name,
                    column=one.column,
                    count=int(wrong.sum()),
                    place=table.plan.place((table.dim, "block"), position),
                    found=found[tuple(position)],
                    wanted=one.low[tuple(position)],
                )
            )
    return faults


def _setpoint_faults(table: Table) -> list[str]:
    """Setpoints that SCADA will write are multiples of 0.5 °C."""
    supply = table.column("secondary_supply_c")
    on_grid = np.abs(supply / SETPOINT_STEP_C - np.round(supply / SETPOINT_STEP_C)) < SLACK
    wrong = ~on_grid & table.plan.controllable[:, np.newaxis]
    ids = table.plan.names("station")[wrong.any(axis=1)].tolist()
    return [say("audit.table_grid", name=table.name, ids=_some(ids))] if ids else []
