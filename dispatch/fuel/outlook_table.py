"""Rows of `fuel_outlook.csv`: one a yard and local day, from now to the season's end.

p10, p50 and p90 are over the paths of weather, each figure by itself: a p90 burn and a p10 stock
need not be of one path. Burn is what the plant wants, there or not, in tonnes of that day's pile;
stock, waiting and probabilities are of the day's end. A cover that equals `season_days_left`
outlasts the season.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import floor
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.fuel.arrivals import MWH_PER_T_PER_KCAL_PER_KG
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.cover import backward_cover, days_left, forward_cover
from dispatch.fuel.levels import is_below, storage_rate
from dispatch.fuel.outlook import Level, Order
from dispatch.fuel.pile_paths import PilePaths
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]
Columns = dict[str, object]

BANDS = ("p10", "p50", "p90")
COLUMNS = (
    *("yard_id", "date", "hours", "range"),
    *(f"burn_heat_t_{band}" for band in BANDS),
    *(f"burn_power_t_{band}" for band in BANDS),
    *(f"burn_t_{band}" for band in BANDS),
    *(f"delivery_t_{band}" for band in BANDS),
    *("waiting_t_p50", "lost_t", "net_calorific_kcal_per_kg"),
    *(f"stock_t_{band}" for band in BANDS),
    "usable_t_p50",
    *(f"days_of_cover_{band}" for band in BANDS),
    *("days_of_cover_backward", "season_days_left"),
    *(f"storage_rate_{band}" for band in BANDS),
    *("reserve_t", "probability_below_reserve", "probability_below_7_days"),
    *("probability_below_15_days", "probability_below_30_days", "probability_empty"),
    "last_safe_order_date",
)
PROBABILITY_OF = {
    "probability_below_reserve": Level.RESERVE,
    "probability_below_7_days": Level.DAYS_7,
    "probability_below_15_days": Level.DAYS_15,
    "probability_below_30_days": Level.DAYS_30,
    "probability_empty": Level.EMPTY,
}


class Range(StrEnum):
    """What a day's burn comes from."""

    PLAN = "plan"  # the hourly plan, for all of the day
    FORECAST = "forecast"  # the forecast with its spread, through the reduced dispatch
    CLIMATE = "climate"  # drawn winters


@dataclass(frozen=True)
class OutlookDays:
    """The local days of the table."""

    dates: tuple[date, ...]
    hours: Array  # (day,) that lie ahead
    ranges: tuple[Range, ...]


def outlook_days(ahead: WeatherAhead, plan_until: datetime | None, timezone: str) -> OutlookDays:
    """Days of the weather ahead and the range of each; the plan's are those it covers whole."""
    zone = ZoneInfo(timezone)

    def range_of(day: date, from_forecast: bool) -> Range:
        midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
        if plan_until is not None and midnight <= plan_until:
            return Range.PLAN
        return Range.FORECAST if from_forecast else Range.CLIMATE

    known = zip(ahead.dates, ahead.from_forecast.tolist(), strict=True)
    return OutlookDays(ahead.dates, ahead.hours, tuple(range_of(*day) for day in known))


def yard_rows(
    days: OutlookDays,
    burn: YardBurn,
    piles: PilePaths,
    level_t: Mapping[Level, Array],
    burn_before_t: Array | None = None,
    order: Order | None = None,
) -> pd.DataFrame:
    """Rows of one yard, `COLUMNS`; `burn_before_t` is as `cover.backward_cover` takes it."""
    yard, wanted_t = piles.yard, piles.wanted_t
    heat_t = wanted_t * piles.heat_part
    stock = _bands("stock_t", piles.stock_t)
    backward = backward_cover(piles, days.hours, burn_before_t)
    columns: Columns = {
        "yard_id": [yard.yard_id] * len(days.dates),
        "date": [day.isoformat() for day in days.dates],
        "hours": days.hours,
        "range": [one.value for one in days.ranges],
        **_bands("burn_heat_t", heat_t),
        **_bands("burn_power_t", wanted_t - heat_t),
        **_bands("burn_t", wanted_t),
        **_bands("delivery_t", piles.unloaded_t),
        "waiting_t_p50": _median(piles.waiting_t),
        "lost_t": _median(piles.lost_t),
        "net_calorific_kcal_per_kg": _median(piles.mwh_per_t) / MWH_PER_T_PER_KCAL_PER_KG,
        **stock,
        "usable_t_p50": _median(piles.usable_t),
        **_bands("days_of_cover", forward_cover(burn, piles, days.hours)),
        "days_of_cover_backward": np.median(backward, axis=0),
        "season_days_left": days_left(days.hours),
        **{f"storage_rate_{band}": storage_rate(yard, stock[f"stock_t_{band}"]) for band in BANDS},
        "reserve_t": level_t[Level.RESERVE],
        **{
            name: is_below(piles, level_t[level]).mean(axis=0)
            for name, level in PROBABILITY_OF.items()
        },
        "last_safe_order_date": [order.order_by.isoformat() if order else None] * len(days.dates),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _bands(name: str, values: Array) -> dict[str, Array]:
    """Columns of a figure's quantiles over paths."""
    low, middle, high = _quantiles(values, (0.1, 0.5, 0.9))
    return {f"{name}_p10": low, f"{name}_p50": middle, f"{name}_p90": high}


def _median(values: Array) -> Array:
    return _quantiles(values, (0.5,))[0]


def _quantiles(values: Array, parts: Sequence[float]) -> list[Array]:
    """Quantiles of (path, day) over paths, linear between them: `np.quantile`, six times faster."""
    ordered = np.sort(np.ascontiguousarray(values.T), axis=1)

    def quantile(part: float) -> Array:
        place = part * (ordered.shape[1] - 1)
        low = floor(place)
        high = min(low + 1, ordered.shape[1] - 1)
        return np.asarray(ordered[:, low] + (place - low) * (ordered[:, high] - ordered[:, low]))

    return [quantile(part) for part in parts]
