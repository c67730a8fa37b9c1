"""Telemetry files as a utility might export them, written from one long frame of readings.

The long frame has the columns `time` (aware), `id`, `point` (aliases of `Point`), `value` in units
of `TRAITS`, and where wanted `quality` and `sensor`.
"""

from enum import StrEnum
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine

from forecasts.telemetry.points import Point


class Kind(StrEnum):
    """File formats."""

    CSV = "csv"
    GZIP = "csv.gz"
    XLSX = "xlsx"
    PARQUET = "parquet"
    SQLITE = "db"


class Shape(StrEnum):
    """How a table lies."""

    LONG = "long"
    WIDE = "wide"  # a column for each tag `id.point`
    BY_STATION = "by_station"  # a row for each time and id, a column for each point


def long_frame(hours: int = 4, ids: tuple[str, ...] = ("S1.low", "S1.high", "S2")) -> pd.DataFrame:
    """Return a small town's readings, every 15 minutes from 15 January 2026, 8:00 in China."""
    times = pd.date_range("2026-01-15 08:00", periods=4 * hours, freq="15min", tz="Asia/Shanghai")
    points = {
        Point.SECONDARY_SUPPLY_TEMP: 45.0,
        Point.SECONDARY_RETURN_TEMP: 38.5,
        Point.HEAT_TOTAL: 12_000.25,
    }
    rows = [
        (time, place, point.value, base + 10 * j + 0.25 * k)
        for k, time in enumerate(times)
        for j, place in enumerate(ids)
        for point, base in points.items()
    ]
    return pd.DataFrame(rows, columns=["time", "id", "point", "value"])


def shaped(long: pd.DataFrame, shape: Shape) -> pd.DataFrame:
    """Return the long frame as it lies in a file."""
    if shape is Shape.LONG:
        return long
    if shape is Shape.WIDE:
        tags = long["id"] + "." + long["point"]
        wide = long.assign(tag=tags).pivot(index="time", columns="tag", values="value")
    else:
        wide = long.pivot(index=["time", "id"], columns="point", values="value")
    return wide.reset_index().rename_axis(columns=None)


def write_telemetry(
    folder: Path,
    long: pd.DataFrame,
    kind: Kind = Kind.CSV,
    shape: Shape = Shape.LONG,
    name: str = "readings",
) -> Path:
    """Write readings to a telemetry folder and return the file.

    Times are written with their offset where the kind can; in Excel, which cannot, as local time.
    For SQLite, `telemetry.toml` is written too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.{kind.value}"
    table = shaped(long, shape)
    if kind is Kind.PARQUET:
        table.to_parquet(path, index=False)
    elif kind is Kind.XLSX:
        table.assign(time=table["time"].dt.tz_localize(None)).to_excel(path, index=False)
    elif kind is Kind.SQLITE:
        engine = create_engine(f"sqlite:///{path}")
        texts = table.assign(time=table["time"].map(lambda time: time.isoformat()))
        texts.to_sql("readings", engine, index=False)
        engine.dispose()
        settings = f'[[table]]\nurl = "sqlite:///{path.name}"\ntable = "readings"\n'
        (folder / "telemetry.toml").write_text(settings, encoding="utf-8")
    else:
        texts = table.assign(time=table["time"].map(lambda time: time.isoformat()))
        texts.to_csv(path, index=False)
    return path
