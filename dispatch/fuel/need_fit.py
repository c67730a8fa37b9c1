"""The need of the network fitted to a plan, so that burn goes on from the plan without a jump.

Two things part a plan from the reduced need. What measured load says of the buildings
(`demand_factor`) has held for weeks and is held until the season ends. The rest is the weather of
these very days, hour by hour: it says little of next week, and is forgotten as the plan forgets.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.heat_need import NetworkNeed

Array = NDArray[np.float64]

LEVEL_BOUNDS = (0.85, 1.15)  # beyond, parameters or meters want to be mended, not bridged
FORGET_D = 4.0  # e-folding time after the plan, as that of its own correction by measured load
WHOLE_H = 23.0  # a local day of this length is whole: one of 23 h where clocks go forward


@dataclass(frozen=True)
class NeedFit:
    """How the reduced need did on the days of a plan; no days: nothing to compare with."""

    level: float  # heat of the plan's users over that of the reduced need, within the bounds
    lasting: float  # of that what measured load says, held to the season's end
    dates: tuple[date, ...]
    residual: Array  # (day,) heat of the plan over the fitted need's, less 1
    bounded: bool  # whether the plan asks for more than may be corrected


def fitted_to(need: NetworkNeed, schedule: xr.Dataset, case: Case) -> tuple[NetworkNeed, NeedFit]:
    """Fit the level of a need to the whole days of a plan; returns it with what was found.

    `schedule` is the plan's (`schedule.py`). The need is reckoned on
    the plan's own temperatures. A plan without a whole day is judged by its first day's rest.
    """
    at = _days_of_plan(need, schedule, case)
    if not at:
        return need, NeedFit(1.0, 1.0, (), np.empty(0), bounded=False)
    rows = np.array(list(at))
    heat_mw = schedule["source_heat"].values.sum(axis=0)
    air_c = schedule["air_temperature"].values
    plan_mw = np.array([heat_mw[steps].mean() for steps in at.values()])
    expected_c = need.expected_c.copy()
    expected_c[rows] = [air_c[steps].mean() for steps in at.values()]
    users_mw, lost_mw = (part[0, rows] for part in need.users_and_losses_mw(expected_c[None]))
    hours = need.hours[rows]
    asked = float(hours @ (plan_mw - lost_mw)) / max(float(hours @ users_mw), 1e-9)
    level = float(np.clip(asked, *LEVEL_BOUNDS))
    factor = schedule["demand_factor"].values if "demand_factor" in schedule else np.ones(1)
    lasting = float(np.clip(factor.mean(), *LEVEL_BOUNDS))
    after_d = np.maximum(np.arange(need.hours.size) - rows[-1], 0.0)
    fitted = replace(need, level=lasting + (level - lasting) * np.exp(-after_d / FORGET_D))
    residual = plan_mw / (level * users_mw + lost_mw) - 1.0
    dates = tuple(need.dates[row] for row in rows)
    return fitted, NeedFit(level, lasting, dates, residual, bounded=level != asked)


def _days_of_plan(need: NetworkNeed, schedule: xr.Dataset, case: Case) -> dict[int, slice]:
    """Steps of the plan of each day of the need that it covers, whole ones if there are any."""
    zone, step_h = ZoneInfo(case.settings.timezone), float(schedule.attrs["step_h"])
    start = pd.Timestamp(schedule["time"].values[0], tz="UTC").to_pydatetime()
    found = {}
    for row, (day, hours) in enumerate(zip(need.dates, need.hours, strict=True)):
        midnight = datetime.combine(day + timedelta(days=1), time(), zone)
        end = _steps_to(midnight, start, step_h)
        first = end - round(float(hours) / step_h)
        if first >= 0 and end <= schedule.sizes["time"]:
            found[row] = slice(first, end)
    whole = {row: steps for row, steps in found.items() if need.hours[row] >= WHOLE_H}
    return whole or found


def _steps_to(moment: datetime, start: datetime, step_h: float) -> int:
    """Steps from the start of the plan to an aware moment."""
    hours = (moment.astimezone(ZoneInfo("UTC")) - start).total_seconds() / 3600.0
    return round(hours / step_h)
