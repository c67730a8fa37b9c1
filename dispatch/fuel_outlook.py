"""How long the coal lasts over the planned days: burn, stock and cover by yard and day.

The middle estimate is the plan's own burn. The spread is that of the temperature forecast, taken
through the demand: a day that is 1 K colder than forecast asks for ΣK·A more heat (H F2). Errors
of successive days are taken as fully correlated, since a cold spell missed is missed for days:
this widens the stock's band rather than flattering it. Days of cover look beyond the plan at the
plan's mean burn, by the climate's expected temperatures where those are given.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import floor
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm

from dispatch.case import Case, Yard
from dispatch.fuel_shares import covers_heat_only
from dispatch.inputs import PlanInputs

Array = NDArray[np.float64]

P10_SIGMA = 1.2816  # standard deviations from the median to the 10 % and 90 % quantiles
COVER_DAYS_MAX = 200  # longer than any season; a stock that lasts this long is not limiting
# Correlation makes the error of a sum the sum of errors; see the module's text.
COLUMNS = (
    "yard_id",
    "date",
    "hours",
    "burn_heat_t_p10",
    "burn_heat_t_p50",
    "burn_heat_t_p90",
    "burn_power_t_p10",
    "burn_power_t_p50",
    "burn_power_t_p90",
    "delivery_t",
    "stock_t_p10",
    "stock_t_p50",
    "stock_t_p90",
    "days_of_cover_p10",
    "days_of_cover_p50",
    "days_of_cover_p90",
    "storage_rate",
    "reserve_t",
    "probability_below_reserve",
    "last_safe_order_date",
)


@dataclass(frozen=True)
class ExpectedDays:
    """Mean outdoor temperature of each local day after the horizon, °C, to the season's end."""

    temperature_c: Array


def sigma_k(case: Case, lead_days: Array) -> Array:
    """Standard deviation of the forecast's daily mean temperature by lead time in days, K."""
    spread = case.settings.uncertainty
    return np.interp(lead_days, [0.0, 1.0, 3.0], [0.0, spread.sigma_24h_k, spread.sigma_72h_k])


def burn_per_k_t(inputs: PlanInputs, schedule: xr.Dataset, yard: str) -> float:
    """Tonnes a day one kelvin of colder weather costs a yard, t/(d·K).

    ΣK·A of the network, split over sources as the plan splits its heat, at each one's marginal
    fuel; power that is scheduled does not change.
    """
    buildings = inputs.stations.buildings
    per_k_mw = float((buildings.specific_loss_w_per_m2k * buildings.area_m2).sum()) / 1e6
    makes = np.array([unit.source.kind.makes_heat for unit in inputs.sources])
    heat = np.where(makes, schedule["source_heat"].values.sum(axis=1), 0.0)  # a tank makes none
    share = heat / max(1e-9, float(heat.sum()))
    mwh_per_t = float(schedule["yard_mwh_per_t"].sel(yard=yard))
    total = 0.0
    for i, unit in enumerate(inputs.sources):
        if unit.source.yard_id == yard:
            fuel = schedule["source_fuel"].values[i]
            made = schedule["source_heat"].values[i]
            if made.sum() <= 0.0:
                continue
            marginal = unit.marginal_fuel(float(made.mean()) / unit.source.unit_count)
            if unit.vertices is not None and unit.power_mw is None:  # heat carries the power
                marginal = float(fuel.sum() / made.sum())
            total += per_k_mw * share[i] * marginal * 24.0 / mwh_per_t
    return total


def fuel_outlook(
    inputs: PlanInputs, schedule: xr.Dataset, beyond: ExpectedDays | None = None
) -> pd.DataFrame:
    """Rows of `fuel_outlook.csv`: one a yard and local day of the horizon, `COLUMNS`."""
    rows: list[dict[str, object]] = []
    for yard in inputs.case.yards:
        rows += _yard_rows(inputs, schedule, yard, beyond)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _days(schedule: xr.Dataset, timezone: str) -> tuple[list[date], NDArray[np.intp]]:
    """Local dates of the horizon and the index of each step's date."""
    local = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(ZoneInfo(timezone))
    days = [moment.date() for moment in local.to_pydatetime()]
    dates = list(dict.fromkeys(days))
    return dates, np.array([dates.index(day) for day in days])


@dataclass(frozen=True)
class _YardDays:
    """One yard over the local days of the horizon; arrays (day,) in tonnes."""

    yard: Yard
    dates: list[date]
    hours: Array
    burn_t: Array
    heat_t: Array  # of the burn, for heat
    delivery_t: Array
    stock_t: Array  # at the end of the day
    burn_sigma_t: Array
    stock_sigma_t: Array
    ahead_t: Array  # expected burn of each day after the horizon
    cold_t: float  # what a 10 % cold day burns more

    @property
    def mean_burn_t(self) -> float:
        """Burn of a mean day of the plan."""
        return float(self.burn_t.sum()) / (float(self.hours.sum()) / 24.0)

    @property
    def reserve_t(self) -> float:
        """Stock at which the reserve begins: its days of mean burn above the unusable layer."""
        return self.yard.unusable_t + self.yard.reserve_days_min * self.mean_burn_t

    def days_until(self, d: int, level_t: float, quantile: float) -> float:
        """Days from the end of day `d` until the stock falls to `level_t`.

        `quantile` is −1 for a cold spell (stock p10, burn p90), 0 for the median, 1 for a mild one.
        """
        stock_t = self.stock_t[d] + quantile * P10_SIGMA * self.stock_sigma_t[d]
        plan_t = np.full(len(self.dates) - 1 - d, self.mean_burn_t)
        ahead_t = np.concatenate([plan_t, self.ahead_t])
        shift_t = -quantile * self.cold_t
        return _cover_days(stock_t - level_t, ahead_t, self.mean_burn_t, shift_t)

    def order_by(self, d: int) -> str | None:
        """Last day to order so that a cold spell spares the reserve; None if it never ends."""
        safe_days = self.days_until(d, self.reserve_t, -1.0)
        if safe_days >= COVER_DAYS_MAX:
            return None
        left = floor(safe_days - self.yard.lead_time_days)
        return (self.dates[d] + timedelta(days=left)).isoformat()


def _yard_days(
    inputs: PlanInputs, schedule: xr.Dataset, yard: Yard, beyond: ExpectedDays | None
) -> _YardDays:
    """Sum a yard's steps by local day, and spread them."""
    step_h = float(schedule.attrs["step_h"])
    dates, day = _days(schedule, inputs.case.settings.timezone)
    members = schedule["source_yard"].values == yard.yard_id
    one = schedule.sel(yard=yard.yard_id)

    def by_day(values: Array) -> Array:
        return np.asarray(np.bincount(day, values, minlength=len(dates)), dtype=float)

    burn_t = by_day(one["yard_burn"].values)
    for_heat = by_day(schedule["source_fuel_for_heat"].values[members].sum(axis=0))
    fuel = by_day(schedule["source_fuel"].values[members].sum(axis=0))
    heat_part = 1.0 if covers_heat_only(yard) else np.clip(for_heat / np.maximum(1e-9, fuel), 0, 1)
    hours = by_day(np.full(day.size, step_h))
    delivery_t = by_day(one["yard_delivery"].values)
    per_k_t = burn_per_k_t(inputs, schedule, yard.yard_id)
    sigma_t = per_k_t * sigma_k(inputs.case, np.cumsum(hours) / 24.0) * hours / 24.0
    days = _YardDays(
        yard=yard,
        dates=dates,
        hours=hours,
        burn_t=burn_t,
        heat_t=burn_t * heat_part,
        delivery_t=delivery_t,
        stock_t=one["yard_stock"].values[np.append(np.flatnonzero(np.diff(day)), -1)],
        burn_sigma_t=sigma_t,
        stock_sigma_t=np.cumsum(sigma_t),
        ahead_t=np.empty(0),
        cold_t=P10_SIGMA * per_k_t * inputs.case.settings.uncertainty.sigma_72h_k,
    )
    if beyond is None:
        return days
    colder_k = float(schedule["air_temperature"].values.mean()) - beyond.temperature_c
    return replace(days, ahead_t=days.mean_burn_t + colder_k * per_k_t)


def _yard_rows(
    inputs: PlanInputs, schedule: xr.Dataset, yard: Yard, beyond: ExpectedDays | None
) -> list[dict[str, object]]:
    """Rows of one yard, `COLUMNS`."""
    days = _yard_days(inputs, schedule, yard, beyond)
    return [_row(days, d) for d in range(len(days.dates))]


def _row(days: _YardDays, d: int) -> dict[str, object]:
    yard, stock_t, power_t = days.yard, days.stock_t[d], days.burn_t[d] - days.heat_t[d]
    band_t, stock_band_t = P10_SIGMA * days.burn_sigma_t[d], P10_SIGMA * days.stock_sigma_t[d]
    cover = [days.days_until(d, yard.unusable_t, quantile) for quantile in (-1.0, 0.0, 1.0)]
    return {
        "yard_id": yard.yard_id,
        "date": days.dates[d].isoformat(),
        "hours": float(days.hours[d]),
        "burn_heat_t_p10": max(0.0, days.heat_t[d] - band_t),
        "burn_heat_t_p50": days.heat_t[d],
        "burn_heat_t_p90": days.heat_t[d] + band_t,
        "burn_power_t_p10": power_t,
        "burn_power_t_p50": power_t,
        "burn_power_t_p90": power_t,
        "delivery_t": days.delivery_t[d],
        "stock_t_p10": max(0.0, stock_t - stock_band_t),
        "stock_t_p50": max(0.0, stock_t),
        "stock_t_p90": min(yard.capacity_t, stock_t + stock_band_t),
        "days_of_cover_p10": cover[0],
        "days_of_cover_p50": cover[1],
        "days_of_cover_p90": cover[2],
        "storage_rate": stock_t / yard.storage_target_t if yard.storage_target_t else None,
        "reserve_t": days.reserve_t,
        "probability_below_reserve": _below(days.reserve_t, stock_t, days.stock_sigma_t[d]),
        "last_safe_order_date": days.order_by(d),
    }


def _below(level_t: float, stock_t: float, sigma_t: float) -> float:
    """Probability that the stock is below a level."""
    if sigma_t <= 0.0:
        return float(stock_t < level_t)
    return float(norm.cdf((level_t - stock_t) / sigma_t))


def _cover_days(usable_t: float, ahead_t: Array, after_t: float, shift_t: float) -> float:
    """Days until a stock is used up: day by day along `ahead_t`, then at `after_t` a day."""
    left, days = usable_t, 0.0
    for burn in [*ahead_t, *[after_t] * COVER_DAYS_MAX]:
        burn_t = max(1e-9, float(burn) + shift_t)
        if left <= burn_t:
            return round(days + max(0.0, left) / burn_t, 1)
        left -= burn_t
        days += 1.0
        if days >= COVER_DAYS_MAX:
            break
    return float(COVER_DAYS_MAX)
