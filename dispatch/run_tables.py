"""How numbers, times and words become cells of a run's CSV files, and block values of steps."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.messages import say
from dispatch.plan import Plan, RungName
from dispatch.text_cells import word

Array = NDArray[np.float64]

SECOND = np.timedelta64(1, "s")
GJ_PER_MWH = 3.6
OPENING = ("plan_id", "version", "issued_at", "valid_from", "valid_to")  # of every row


def number(value: float, decimals: int) -> str:
    """Return a plain number with a fixed count of decimals; empty for no value, never `-0.0`."""
    if not math.isfinite(value):
        return ""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def numbers(values: Array, decimals: int) -> list[list[str]]:
    """Return a matrix as cells, row by row."""
    return [[number(value, decimals) for value in row] for row in values.tolist()]


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are harmless to a spreadsheet; all else is as it was."""
    return frame.map(lambda cell: word(cell) if isinstance(cell, str) else cell)


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as UTF-8, comma-separated, LF."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode()


def frame_file(frame: pd.DataFrame, timezone: str) -> bytes:
    """Return a table of mixed columns: up to three decimals, times local, texts harmless."""
    columns = [[_cell(value, timezone) for value in frame[name].tolist()] for name in frame]
    return csv_file([str(name) for name in frame], zip(*columns, strict=True))


def _cell(value: object, timezone: str) -> str:
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, int):  # a bool is one
        return str(int(value))
    if isinstance(value, float):
        text = number(value, 3)
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):  # pandas timestamps too
        return local_text(value, timezone)
    return word(str(value))


def reason_on_rung(plan: Plan, reason: str) -> str:
    """Return a setpoint's reason, with the rung the plan stands on where it is not a fresh one."""
    if plan.rung.name is RungName.FRESH:
        return reason
    return say(f"ladder.reason_{plan.rung.name.value}", reason=reason)


def local_time(moment: datetime, timezone: str) -> datetime:
    """Return an aware moment, or a UTC one without zone as in the schedule, in local time."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo(timezone))


def local_text(moment: datetime, timezone: str) -> str:
    """Return a moment in local time with its offset: `2026-01-15T06:00:00+08:00`."""
    return local_time(moment, timezone).isoformat(timespec="seconds")


def utc_datetime(moment: np.datetime64) -> datetime:
    """Return a moment of the schedule as an aware datetime."""
    seconds = int((moment - np.datetime64(0, "s")) / SECOND)
    return datetime.fromtimestamp(seconds, tz=UTC)


class Blocks:
    """The setpoint blocks of a schedule and the steps inside them.

    A block that was running when the horizon began counts from the first step, so that mean
    times length is the energy of the steps.
    """

    def __init__(self, schedule: xr.Dataset, timezone: str) -> None:
        self._schedule = schedule
        self._timezone = timezone

    @cached_property
    def start(self) -> NDArray[np.datetime64]:
        """First moment of each block inside the horizon, UTC."""
        first = self._schedule["time"].values[0]
        starts: NDArray[np.datetime64] = np.maximum(self._schedule["block_start"].values, first)
        return starts

    @cached_property
    def end(self) -> NDArray[np.datetime64]:
        """End of each block, UTC."""
        ends: NDArray[np.datetime64] = self._schedule["block_end"].values
        return ends

    @cached_property
    def hours(self) -> Array:
        """Length of each block, h."""
        hours: Array = (self.end - self.start) / SECOND / 3600.0
        return hours

    @cached_property
    def _weights(self) -> Array:
        """Matrix (time, block) that takes step values to block means."""
        time = self._schedule["time"].values[:, None]
        inside = ((time >= self.start) & (time < self.end)).astype(float)
        weights: Array = inside / np.maximum(inside.sum(axis=0), 1.0)
        return weights

    def mean(self, name: str) -> Array:
        """Mean of a step variable over each block, (thing, block)."""
        values: Array = self._schedule[name].values @ self._weights
        return values

    def total(self, name: str, unit_h: float) -> Array:
        """Sum over each block of a step variable given per `unit_h` hours."""
        return self.mean(name) * self.hours / unit_h

    def most(self, name: str) -> Array:
        """Greatest step value in each block, (thing, block)."""
        values = self._schedule[name].values[:, :, None]
        inside = self._weights[None, :, :] > 0
        greatest: Array = np.where(inside, values, -np.inf).max(axis=1)
        return greatest

    def times(self, moments: NDArray[np.datetime64], shift_min: int = 0) -> list[str]:
        """Local texts of one moment a block, later by `shift_min` minutes."""
        shift = np.timedelta64(shift_min, "m")
        return [local_text(utc_datetime(m + shift), self._timezone) for m in moments]


def heading(plan: Plan) -> list[str]:
    """Cells `plan_id, version, issued_at` that open every row."""
    issued = local_text(plan.issued_at, plan.case.settings.timezone)
    return [word(plan.plan_id), str(plan.version), issued]


def labels(schedule: xr.Dataset, name: str) -> list[str]:
    """Text values of a variable or a dimension of the schedule."""
    values: list[Any] = schedule[name].values.tolist()
    return [str(value) for value in values]


def valid_times(blocks: Blocks, shift_min: int = 0) -> list[tuple[str, str]]:
    """Local `valid_from` and `valid_to` of each block, later by `shift_min` minutes."""
    starts, ends = blocks.times(blocks.start, shift_min), blocks.times(blocks.end, shift_min)
    return list(zip(starts, ends, strict=True))
