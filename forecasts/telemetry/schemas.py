"""pandera schemas: rows of `tags.csv`, rows of long tables, and the *Readings* frame.

Failures are collected lazily and told as faults with their place: a check says its own text, what
is wrong and how to mend it.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from forecasts.telemetry.faults import MAX_TOLD, TelemetryFault
from forecasts.telemetry.names import point_named
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import COLUMNS
from forecasts.telemetry.units import is_unit

ID_FROM_TAG = "{id}"
POINT_FROM_TAG = "{point}"


def _number_or_blank(text: str) -> bool:
    try:
        return text == "" or abs(float(text)) < float("inf")
    except ValueError:
        return False


def _named_by_row(tag: str) -> bool:
    """Return whether a tag has to be told an id or point by its row; none is told elsewhere."""
    return tag != "" and ID_FROM_TAG not in tag and POINT_FROM_TAG not in tag


def _point(text: str) -> bool:
    return text in ("", POINT_FROM_TAG) or point_named(text) is not None


def _each(holds: Callable[..., Any], text: str, column: bool = True) -> pa.Check:
    return pa.Check(holds, element_wise=column, error=text, n_failure_cases=MAX_TOLD)


_TAG_TEXT = pa.Column(str, required=True)
TAGS = pa.DataFrameSchema(
    {
        "tag": pa.Column(
            str,
            [
                _each(bool, "is empty. Write the column or tag of the export."),
                _each(
                    lambda tags: ~tags.str.casefold().duplicated() | tags.eq(""),
                    "is there twice. Leave one row of it.",
                    column=False,
                ),
            ],
        ),
        "id": _TAG_TEXT,
        "point": pa.Column(str, _each(_point, "is no point")),
        "unit": pa.Column(
            str, _each(lambda unit: unit == "" or is_unit(unit), "is no unit known here")
        ),
        "factor": pa.Column(
            str,
            [
                _each(_number_or_blank, "is no number. Write one, like -1 or 0.1."),
                _each(
                    lambda text: not _number_or_blank(text) or text == "" or float(text) != 0,
                    "is 0, which leaves nothing of the reading. Write another factor.",
                ),
            ],
        ),
        "offset": pa.Column(str, _each(_number_or_blank, "is no number. Write one, like -0.5.")),
        "sensor": _TAG_TEXT,
        "note": _TAG_TEXT,
    },
    checks=pa.Check(
        lambda rows: rows["id"].ne("") | rows["point"].ne("") | ~rows["tag"].map(_named_by_row),
        error="has neither id nor point. Write the id, the point, or both.",
        n_failure_cases=MAX_TOLD,
    ),
)

# Rows of a table after its times and values are parsed; the index is the row in the file.
LONG = pa.DataFrameSchema(
    {
        "time": pa.Column(
            "datetime64[ns]",
            pa.Check(
                lambda times: times.notna(),
                error="is no time. Write it like 2026-01-15T08:00+08:00.",
                ignore_na=False,
                n_failure_cases=MAX_TOLD,
            ),
            nullable=True,
        ),
        "value": pa.Column(
            float,
            pa.Check(
                lambda values: values.notna() & values.abs().ne(float("inf")),
                error="is no number. Leave the cell empty where there is no reading.",
                ignore_na=False,
                n_failure_cases=MAX_TOLD,
            ),
            nullable=True,
        ),
    }
)

READINGS = pa.DataFrameSchema(
    {
        "time": pa.Column(pd.DatetimeTZDtype("ns", "UTC")),
        "id": pa.Column("category", pa.Check(lambda ids: bool((ids.cat.categories != "").all()))),
        "point": pa.Column(
            "category", pa.Check(lambda it: bool(it.cat.categories.isin(list(Point)).all()))
        ),
        "sensor": pa.Column("category"),
        "value": pa.Column(float, pa.Check(lambda values: values.abs() < float("inf"))),
    },
    checks=pa.Check(
        lambda frame: all(
            frame[name].cat.categories.is_monotonic_increasing for name in COLUMNS[1:4]
        ),
        error="categories of id, point and sensor are in sorted order",
    ),
    ordered=True,
    strict=True,
)


def table_faults(
    schema: pa.DataFrameSchema, frame: pd.DataFrame, file: str, said: pd.DataFrame | None = None
) -> list[TelemetryFault]:
    """Return what of a frame fails a schema; the index of `frame` is the row in the file.

    `said` holds the cells as they were written, where `frame` holds them parsed.
    """
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.drop_duplicates(["index", "column", "check"])
    else:
        return []
    written = frame if said is None else said
    faults = []
    for case in cases.to_dict("records"):
        row = None if pd.isna(case["index"]) else int(case["index"])
        of_row = case["schema_context"] == "DataFrameSchema"  # told once for each of its columns
        column = "" if of_row or case["column"] not in written.columns else str(case["column"])
        text = f"{case['check']}"
        if row is not None and column:
            text = _cell(column, str(written.at[row, column]), text)
        faults.append(TelemetryFault(file, text, row, column))
    return sorted(set(faults), key=lambda fault: (fault.row or 0, fault.column))


def _cell(column: str, cell: str, text: str) -> str:
    """Return a text that begins with the cell, and ends with a near name where there is one."""
    told = f"{cell[:60]!r} {text}" if cell else text
    if column == "point":
        near = get_close_matches(cell.casefold(), [point.value for point in Point], n=1)
        known = f"did you mean {near[0]}?" if near else f"write one of {', '.join(Point)}"
        told += f": {known}"
    return told
