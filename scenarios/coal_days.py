"""The table of a yard by day for a week, then by week to the season's end."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.fuel.coal_numbers import percent, tonnes
from dispatch.fuel.outlook import FuelOutlook, YardOutlook
from dispatch.messages import say
from scenarios.screen import Figures
from scenarios.weather_chart import day_name

Array = NDArray[np.float64]

DAY_H = 24.0
DAYS_ALONE, WEEK = 7, 7  # a row each for the first days, then one for a week


def day_table(outlook: FuelOutlook, yard: YardOutlook) -> Figures:
    """Return burn, arrivals, stock, cover, storage rate and risk; power and rate where there are.

    Burn and arrivals are sums of the row's days and stock, cover and rate are at its end; the
    probability is that of its worst day.
    """
    piles = yard.piles
    wanted_t = piles.burnt_t + piles.short_t
    heat_t = wanted_t * piles.heat_part
    rows = _rows_of(outlook.table, yard.yard.yard_id)
    has_power = bool((wanted_t - heat_t > 1e-6).any())
    has_rate = yard.storage_rate is not None
    columns = (
        say("coal.day_column"),
        say("coal.heat_column"),
        *((say("coal.power_column"),) if has_power else ()),
        say("coal.delivery_column"),
        say("coal.low_column"),
        say("coal.stock_column"),
        say("coal.high_column"),
        say("coal.days_column"),
        *((say("coal.rate_column"),) if has_rate else ()),
        say("coal.below_column"),
    )
    told = []
    for days in _spans(len(outlook.ahead.dates)):
        last = rows.iloc[days[-1]]
        rate = float(last["storage_rate_p50"]) if has_rate else math.nan
        told.append(
            (
                _span_name(outlook, days),
                tonnes(_median_sum(heat_t, days)),
                *((tonnes(_median_sum(wanted_t - heat_t, days)),) if has_power else ()),
                tonnes(_median_sum(piles.unloaded_t, days)),
                *(tonnes(float(last[f"stock_t_{band}"])) for band in ("p10", "p50", "p90")),
                _cover(last),
                *((f"{100.0 * rate:.1f}",) if has_rate else ()),
                percent(float(rows["probability_below_reserve"].iloc[days].max())),
            )
        )
    return Figures(columns, tuple(told), title=say("coal.by_day", yard=yard.yard.yard_id))


def _rows_of(table: pd.DataFrame, yard_id: str) -> pd.DataFrame:
    return table[table["yard_id"] == yard_id]


def _spans(days: int) -> list[list[int]]:
    """Indices of the days of each row."""
    alone = [[day] for day in range(min(DAYS_ALONE, days))]
    weeks = range(DAYS_ALONE, days, WEEK)
    return alone + [list(range(first, min(first + WEEK, days))) for first in weeks]


def _span_name(outlook: FuelOutlook, days: Sequence[int]) -> str:
    first, last = outlook.ahead.dates[days[0]], outlook.ahead.dates[days[-1]]
    if first == last:
        part = outlook.ahead.hours[days[0]] < DAY_H - 1.5  # a clock change is no part of a day
        return say("coal.rest_of_today") if part and days[0] == 0 else day_name(first)
    return say("coal.week", first=f"{first:%m-%d}", last=f"{last:%m-%d}")


def _median_sum(by_day: Array, days: Sequence[int]) -> float:
    """Median over paths of the sum over days: medians of days would not add up to it."""
    return float(np.median(by_day[:, list(days)].sum(axis=1)))


def _cover(row: "pd.Series[float]") -> str:
    """Days that the stock lasts, or that it outlasts the season: nothing outlasts no day."""
    days = float(row["days_of_cover_p50"])
    left = row.get("season_days_left")
    is_empty = float(row["usable_t_p50"]) <= 0.0
    outlasts = left is not None and days >= float(left) - 1e-6 and not is_empty
    return say("coal.outlasts") if outlasts else f"{days:.1f}"
