"""A fuel planner's outlook made by hand: two yards from 14 January on, drawn with a fixed seed.

A plain pile along 200 paths of daily temperature, so that all arrays belong together; nothing of
the program's own reckoning is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.fuel.burn_paths import BurnAhead, DispatchCheck, YardBurn
from dispatch.fuel.outlook import (
    Cover,
    Crossing,
    FuelOutlook,
    Level,
    Order,
    Policy,
    PolicyResult,
    YardOutlook,
)
from dispatch.fuel.pile_paths import PilePaths, StockNow
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]

ISSUED = datetime(2026, 1, 13, 21, 30, tzinfo=UTC)  # 05:30 on 14 January in Shandong
TODAY, SEASON_END = date(2026, 1, 14), date(2026, 3, 15)
MWH_PER_T = 5000 * 4.1868e-3 / 3.6
PATHS, PLAN_DAYS, FORECAST_DAYS = 200, 3, 12
LEVEL_DAYS = {Level.DAYS_7: 7, Level.DAYS_15: 15, Level.DAYS_30: 30}


@dataclass(frozen=True)
class MadeYard:
    """A yard and what happens to it."""

    yard: Yard
    heat_t_per_k: float  # burnt a day for each kelvin under 18 °C
    power_t: float  # burnt a day for power
    deliveries_t: Mapping[int, float]  # by day from today
    power_mw: float = 0.0
    order: Order | None = None


def yard_row(yard_id: str = "yard_A", **changes: object) -> Yard:
    """A yard of the Zaozhuang kind, by rail."""
    row: dict[str, object] = {
        "yard_id": yard_id,
        "fuel_id": "coal_5000",
        "stock_t": 43_200,
        "capacity_t": 90_000,
        "unusable_t": 3_600,
        "reserve_days_min": 7,
        "storage_target_t": 59_400,
        "storage_target_meaning": "25 days of the boilers",
        "order_unit_t": 3_000,
    }
    return Yard.model_validate(row | changes)


FOUR_TRAINS = Order(date(2026, 1, 20), date(2026, 1, 27), 12_000.0, 4, is_late=False)
YARD_A = MadeYard(
    yard_row(), 75, 1_650, dict.fromkeys(range(2, 58, 3), 8_600.0), 230.0, FOUR_TRAINS
)
YARD_B = MadeYard(
    yard_row("yard_B", stock_t=41_000, capacity_t=47_000, unusable_t=1_300),
    55,
    0,
    dict.fromkeys(range(3, 58, 7), 6_000.0),
)


def weather_ahead() -> WeatherAhead:
    """Paths that part slowly, as a forecast does, and then wander about the normal."""
    days = (SEASON_END - TODAY).days + 1
    rng = np.random.default_rng(6)
    normal = -2.0 + 10.0 * (np.arange(days) / days) ** 1.5
    spread = np.interp(np.arange(days), [0, 3, FORECAST_DAYS], [0.5, 2.0, 3.5])
    shock = rng.normal(size=(PATHS, days))
    for day in range(1, days):
        shock[:, day] = 0.8 * shock[:, day - 1] + 0.6 * shock[:, day]
    expected = normal - 3.0 * np.exp(-np.arange(days) / 5.0)
    hours = np.full(days, 24.0)
    hours[0] = 18.5
    return WeatherAhead(
        dates=tuple(TODAY + timedelta(days=day) for day in range(days)),
        hours=hours,
        path_c=expected + spread * shock,
        expected_c=expected,
        wind_m_per_s=np.full(days, 2.0),
        radiation_w_per_m2=np.full(days, 120.0),
        before_c=np.full(3, -3.0),
        from_forecast=np.arange(days) < FORECAST_DAYS,
    )


def burn_of(made: MadeYard, ahead: WeatherAhead) -> YardBurn:
    """Heat by the kelvins under 18 °C, power by the clock."""
    part = ahead.hours / 24.0 * MWH_PER_T

    def heat(temp_c: Array) -> Array:
        return np.asarray(made.heat_t_per_k * np.maximum(18.0 - temp_c, 0.0) * part)

    power = np.broadcast_to(made.power_t * part, ahead.path_c.shape)
    return YardBurn(
        made.yard.yard_id, heat(ahead.path_c), power, heat(ahead.expected_c), made.power_t * part
    )


def pile_of(made: MadeYard, burn: YardBurn) -> PilePaths:
    """Stock before + unloaded − burnt, within the yard; what has no room waits."""
    want, yard = burn.fuel_mwh / MWH_PER_T, made.yard
    stock, waiting = np.full(PATHS, yard.stock_t), np.zeros(PATHS)
    rows: dict[str, list[Array]] = {name: [] for name in ("stock", "burnt", "unloaded", "waiting")}
    for day in range(want.shape[1]):
        come = waiting + made.deliveries_t.get(day, 0.0)
        burnt = np.minimum(want[:, day], stock + come)
        room = np.minimum(yard.capacity_t - stock + burnt, yard.unloading_t_per_day)
        unloaded = np.minimum(come, room)
        waiting, stock = come - unloaded, stock + unloaded - burnt
        for name, value in zip(rows, (stock, burnt, unloaded, waiting), strict=True):
            rows[name].append(value.copy())
    by_day = {name: np.column_stack(values) for name, values in rows.items()}
    return PilePaths(
        yard=yard,
        stock_before_t=np.full(PATHS, yard.stock_t),
        stock_t=by_day["stock"],
        burnt_t=by_day["burnt"],
        short_t=want - by_day["burnt"],
        heat_part=burn.heat_mwh / np.maximum(burn.fuel_mwh, 1e-9),
        unloaded_t=by_day["unloaded"],
        waiting_t=by_day["waiting"],
        lost_t=np.zeros_like(want),
        mwh_per_t=np.full_like(want, MWH_PER_T),
    )


def levels_of(made: MadeYard, burn: YardBurn) -> dict[Level, Array]:
    """Stock that lasts so many days, or to the season's end, at the burn expected from then on."""
    expected = burn.expected_mwh / MWH_PER_T
    days = LEVEL_DAYS | {Level.RESERVE: int(made.yard.reserve_days_min), Level.EMPTY: 0}
    return {
        level: made.yard.unusable_t
        + np.array([expected[d + 1 : d + 1 + n].sum() for d in range(expected.size)])
        for level, n in days.items()
    }


def crossing(level: Level, piles: PilePaths, level_t: Array, risk: float) -> Crossing:
    """Counted on the paths."""
    below = piles.stock_t < level_t - 1e-6
    fallen = np.logical_or.accumulate(below, axis=1).mean(axis=0)
    over = np.flatnonzero(fallen > risk)
    hit = below.any(axis=1)
    middle = int(np.median(below[hit].argmax(axis=1))) if hit.any() else None
    return Crossing(
        level,
        float(hit.mean()),
        TODAY + timedelta(days=int(over[0])) if over.size else None,
        None if middle is None else TODAY + timedelta(days=middle),
    )


def days_lasting(usable_t: float, burn_t: Array) -> tuple[float, bool]:
    """Days that a stock lasts along a burn, and whether it ends before the burn does."""
    used = np.cumsum(burn_t)
    if usable_t >= used[-1]:
        return float(burn_t.size), False
    day = int(np.argmax(used > usable_t))
    before = used[day - 1] if day else 0.0
    return day + float((usable_t - before) / burn_t[day]), True


def cover_of(made: MadeYard, burn: YardBurn, usable_t: float) -> Cover:
    """Along every path without deliveries."""
    paths = [days_lasting(usable_t, row)[0] for row in burn.fuel_mwh / MWH_PER_T]
    low, middle, high = np.quantile(paths, [0.1, 0.5, 0.9])
    expected, ends = days_lasting(usable_t, burn.expected_mwh / MWH_PER_T)
    del made
    return Cover(None, float(low), float(middle), float(high), expected, ends)


def made_yard(made: MadeYard, ahead: WeatherAhead, risk: float) -> YardOutlook:
    """One yard, with the order it was given."""
    burn = burn_of(made, ahead)
    piles, levels = pile_of(made, burn), levels_of(made, burn)
    yard = made.yard
    return YardOutlook(
        yard=yard,
        now=StockNow(yard.stock_t, 0.0, MWH_PER_T),
        burn=burn,
        piles=piles,
        reserve_t=levels[Level.RESERVE],
        level_t=levels,
        crossings=tuple(crossing(level, piles, line, risk) for level, line in levels.items()),
        cover=cover_of(made, burn, yard.stock_t - yard.unusable_t),
        order=made.order,
        policies=policies(piles, made.order),
        power_mw=made.power_mw,
        storage_rate=yard.stock_t / yard.storage_target_t if yard.storage_target_t else None,
        open_part=np.ones(len(ahead.dates)),
    )


def policies(piles: PilePaths, order: Order | None) -> tuple[PolicyResult, ...]:
    """Four ways with figures that differ; one where nothing need be ordered."""
    mean_t = float(piles.stock_t.mean())
    if order is None:
        return (PolicyResult(Policy.AS_PLANNED, (), 0.0, mean_t, 14_260.0, 0.0, 0.0),)
    second = replace(order, order_by=date(2026, 2, 2), arrives=date(2026, 2, 11))
    return (
        PolicyResult(Policy.AS_PLANNED, (), 0.0, mean_t, 5_200.0, 0.64, 0.21),
        PolicyResult(
            Policy.AT_RISK, (order, second), 24_000.0, mean_t + 6_000, 9_100.0, 0.018, 0.0
        ),
        PolicyResult(
            Policy.UP_TO_30_DAYS, (order,) * 3, 45_000.0, mean_t + 30_000, 38_000.0, 0.003, 0.0
        ),
        PolicyResult(Policy.EVENLY, (order,) * 5, 60_000.0, mean_t + 9_000, 21_000.0, 0.06, 0.004),
    )


def fuel_outlook(*yards: MadeYard, risk: float = 0.02) -> FuelOutlook:
    """The outlook of both yards, or of those given."""
    ahead = weather_ahead()
    outlooks = tuple(made_yard(made, ahead, risk) for made in yards or (YARD_A, YARD_B))
    heat = np.sum([one.burn.heat_mwh for one in outlooks], axis=0)
    days = len(ahead.dates)
    burn = BurnAhead(
        yards=tuple(one.burn for one in outlooks),
        heat_mwh=heat * 0.8,
        unserved_mwh=np.zeros_like(heat),
        power_mw={one.yard.yard_id: np.full(days, one.power_mw) for one in outlooks},
        check=DispatchCheck(3, 1.012, {"yard_A": 0.008, "yard_B": -0.014}),
    )
    return FuelOutlook(
        issued_at=ISSUED,
        risk=risk,
        ahead=ahead,
        burn=burn,
        yards=outlooks,
        table=pd.concat([table_of(one, ahead) for one in outlooks], ignore_index=True),
        plan_until=ISSUED + timedelta(hours=72.5),
    )


def table_of(yard: YardOutlook, ahead: WeatherAhead) -> pd.DataFrame:
    """Rows of `fuel_outlook.csv`, one a day."""
    piles, rows = yard.piles, pd.DataFrame({"date": [day.isoformat() for day in ahead.dates]})
    rows.insert(0, "yard_id", yard.yard.yard_id)
    rows["hours"] = ahead.hours
    rows["range"] = np.where(
        np.arange(len(rows)) < PLAN_DAYS,
        "plan",
        np.where(ahead.from_forecast, "forecast", "climate"),
    )
    usable = piles.usable_t
    daily = np.maximum(piles.burnt_t.mean(axis=0), 1e-9)
    target = yard.yard.storage_target_t
    quantities = {
        "burn_heat_t": piles.burnt_t * piles.heat_part,
        "burn_power_t": piles.burnt_t * (1.0 - piles.heat_part),
        "burn_t": piles.burnt_t,
        "delivery_t": piles.unloaded_t,
        "stock_t": piles.stock_t,
        "days_of_cover": usable / daily,
        "storage_rate": piles.stock_t / (target or np.nan),
    }
    for name, paths in quantities.items():
        for level in (10, 50, 90):
            rows[f"{name}_p{level}"] = np.percentile(paths, level, axis=0)
    rows["waiting_t_p50"] = np.median(piles.waiting_t, axis=0)
    rows["lost_t"] = piles.lost_t.mean(axis=0)
    rows["net_calorific_kcal_per_kg"] = 5000.0
    rows["usable_t_p50"] = np.median(usable, axis=0)
    rows["days_of_cover_backward"] = np.nan
    rows["reserve_t"] = yard.reserve_t
    for level, line in yard.level_t.items():
        name = "probability_empty" if level is Level.EMPTY else f"probability_below_{level.value}"
        rows[name] = (piles.stock_t < line - 1e-6).mean(axis=0)
    rows["last_safe_order_date"] = None if yard.order is None else yard.order.order_by.isoformat()
    left = float(ahead.hours.sum()) / 24.0 - np.cumsum(ahead.hours) / 24.0
    rows["season_days_left"] = left
    for level in (10, 50, 90):
        rows[f"days_of_cover_p{level}"] = np.minimum(rows[f"days_of_cover_p{level}"], left)
    return rows
