"""Faults planted in readings: which rows, and what becomes of them. Nothing is changed in place."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from forecasts.telemetry.cleaning.clean import clean
from forecasts.telemetry.readings import Action, CleanTelemetry, Done
from tests.telemetry_maker import START


def rows(
    readings: pd.DataFrame,
    name: str,
    *points: str,
    hours: tuple[float, float] = (0.0, 1e6),
    sensor: str | None = None,
) -> pd.Series:
    """Readings of some points of one id, from the first hour to before the last one, of START."""
    first, last = (pd.Timestamp(START) + pd.Timedelta(hours=min(h, 1e5)) for h in hours)
    found = (readings["id"] == name) & readings["point"].isin(points)
    found &= (readings["time"] >= first) & (readings["time"] < last)
    return found if sensor is None else found & (readings["sensor"] == sensor)


def planted(
    readings: pd.DataFrame, where: pd.Series, change: Callable[[np.ndarray], np.ndarray | float]
) -> pd.DataFrame:
    """The readings with the values of some rows changed."""
    out = readings.copy()
    out.loc[where, "value"] = change(readings.loc[where, "value"].to_numpy())
    return out


def cleaned(readings: pd.DataFrame, days: float, step_h: float = 1.0) -> CleanTelemetry:
    """Clean `days` from START on."""
    return clean(readings, step_h, START, START + timedelta(days=days))


def of(result: CleanTelemetry, name: str, action: Action, point: str | None = None) -> list[Done]:
    """What was done of one kind at one id."""
    return [
        one
        for one in result.done
        if one.id == name and one.action is action and point in (None, one.point)
    ]


def at(hours: float) -> datetime:
    """So many hours after START."""
    return START + timedelta(hours=hours)


def true_heat_kw(telemetry, name: str, step_h: float = 1.0) -> np.ndarray:
    """Mean heat of each step as it was."""
    heat = telemetry.truth["heat"].sel(id=name).values
    return heat.reshape(-1, round(step_h / telemetry.step_h)).mean(axis=1)
