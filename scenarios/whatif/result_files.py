"""An outcome as files and back again, exactly; nothing in them is ever run.

The schedule is kept as numpy's own arrays (`schedule.npz`), not as `plan.nc`: netCDF takes two
seconds to read for the schedule of a plan, these a fiftieth of that, and a repeated question is to
be answered at once.
"""

import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.plan import (
    AuditFinding,
    AuditReport,
    Quality,
    Remark,
    SolveOutcome,
    SolveStatus,
)
from scenarios.whatif.exact_json import from_exact_json, to_exact_json
from scenarios.whatif.outcome import Outcome, Variant

SCHEDULE, RESULT = "schedule.npz", "result.json"


def outcome_files(outcome: Outcome) -> dict[str, bytes]:
    """Return the files of an outcome: all but its case and names, which whoever asks has.

    Raises TypeError or ValueError for a value that would not come back as it was.
    """
    arrays, told = _schedule_parts(outcome.schedule)
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    result = {
        "schedule": told,
        "quality": outcome.quality,
        "reasons": _remarks(outcome.reasons),
        "notes": _remarks(outcome.notes),
        "shortage": _remarks(outcome.shortage),
        "outlook": _table(outcome.outlook),
        "solve": _fields(outcome.solve),
        "audit": [_fields(finding) for finding in outcome.audit.findings],
    }
    return {SCHEDULE: stream.getvalue(), RESULT: to_exact_json(result)}


def outcome_of_files(files: Mapping[str, bytes], variant: Variant) -> Outcome:
    """Return the outcome of a variant. Raises ValueError or KeyError where files are not ours."""
    result = from_exact_json(files[RESULT])
    solve = result["solve"]
    return Outcome(
        name=variant.name,
        title=variant.title,
        case=variant.situation.case,
        schedule=_schedule(files[SCHEDULE], result["schedule"]),
        quality=Quality(result["quality"]),
        reasons=_read_remarks(result["reasons"]),
        notes=_read_remarks(result["notes"]),
        shortage=_read_remarks(result["shortage"]),
        outlook=_read_table(result["outlook"]),
        solve=SolveOutcome(**solve | {"status": SolveStatus(solve["status"])}),
        audit=AuditReport(tuple(AuditFinding(**finding) for finding in result["audit"])),
        values=variant.values,
    )


def _fields(value: Any) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


# ---- the schedule --------------------------------------------------------------------------


def _schedule_parts(schedule: xr.Dataset) -> tuple[dict[str, np.ndarray], dict[str, object]]:
    """Arrays by position, and in words what each is."""
    arrays, variables = {}, []
    for at, (name, variable) in enumerate(schedule.variables.items()):
        arrays[f"v{at}"] = variable.values
        variables.append(
            {
                "name": str(name),
                "dims": [str(dimension) for dimension in variable.dims],
                "attrs": dict(variable.attrs),
                "is_coordinate": name in schedule.coords,
            }
        )
    return arrays, {"attrs": dict(schedule.attrs), "variables": variables}


def _schedule(content: bytes, told: Mapping[str, Any]) -> xr.Dataset:
    """The schedule again, its variables in the order they had: files made of it are the same."""
    variables = told["variables"]
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        data = {
            one["name"]: xr.Variable(one["dims"], arrays[f"v{at}"], one["attrs"])
            for at, one in enumerate(variables)
        }
    coordinates = [one["name"] for one in variables if one["is_coordinate"]]
    return xr.Dataset(data, attrs=told["attrs"]).set_coords(coordinates)


# ---- remarks and the outlook ---------------------------------------------------------------


def _remarks(remarks: tuple[Remark, ...]) -> list[object]:
    return [[remark.key, dict(remark.values)] for remark in remarks]


def _read_remarks(told: list[Any]) -> tuple[Remark, ...]:
    return tuple(Remark(key, values) for key, values in told)


def _table(table: pd.DataFrame) -> list[object]:
    return [[str(name), str(column.dtype), column.tolist()] for name, column in table.items()]


def _read_table(told: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for name, dtype, values in told})
