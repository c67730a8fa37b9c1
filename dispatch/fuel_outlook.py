"""How long the coal lasts over the planned days: burn, stock and cover by yard and day.

The middle estimate is the plan's own burn. The spread is that of the temperature forecast, taken
through the demand: a day that is 1 K colder than forecast asks for ΣK·A more heat (H F2). Errors
of successive days are taken as fully correlated, since a cold spell missed is missed for days:
this widens the stock's band rather than flattering it. Days of cover look beyond the plan at the
plan's mean burn, by the climate's expected temperatures where those are given.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import floor
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm

from dispatch.case import Case, Yard
from dispatch.inputs import PlanInputs
from dispatch.network_inputs import covers_heat_only

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
    heat = schedule["source_heat"].values.sum(axis=1)
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


def _yard_rows(
    inputs: PlanInputs, schedule: xr.Dataset, yard: Yard, beyond: ExpectedDays | None
) -> list[dict[str, object]]:
    step_h = float(schedule.attrs["step_h"])
    dates, day = _days(schedule, inputs.case.settings.timezone)
    members = schedule["source_yard"].values == yard.yard_id
    one = schedule.sel(yard=yard.yard_id)
    count = len(dates)
    burn = np.bincount(day, one["yard_burn"].values, minlength=count)
    for_heat = schedule["source_fuel_for_heat"].values[members].sum(axis=0)
    fuel = schedule["source_fuel"].values[members].sum(axis=0)
    part = np.bincount(day, for_heat, minlength=count) / np.maximum(
        1e-9, np.bincount(day, fuel, minlength=count)
    )
    heat_t = burn if covers_heat_only(yard) else burn * np.clip(part, 0.0, 1.0)
    hours = np.bincount(day, minlength=count) * step_h
    delivery = np.bincount(day, one["yard_delivery"].values, minlength=count)
    stock = float(one["yard_stock_before"]) + np.cumsum(delivery - burn)

    per_k = burn_per_k_t(inputs, schedule, yard.yard_id)
    lead = np.cumsum(hours) / 24.0
    spread_t = per_k * sigma_k(inputs.case, lead) * hours / 24.0
    stock_sigma = np.cumsum(spread_t)
    band = P10_SIGMA * spread_t
    mean_burn = float(burn.sum()) / (float(hours.sum()) / 24.0)
    reserve_t = yard.reserve_days_min * mean_burn
    mean_c = float(schedule["air_temperature"].values.mean())
    later = np.empty(0) if beyond is None else (mean_c - beyond.temperature_c) * per_k
    rows = []
    for d in range(count):
        ahead = mean_burn + np.concatenate([np.zeros(count - 1 - d), later])
        cold = P10_SIGMA * per_k * inputs.case.settings.uncertainty.sigma_72h_k
        cover = [
            _cover_days(
                stock[d] + sign * P10_SIGMA * stock_sigma[d] - yard.unusable_t,
                ahead,
                mean_burn,
                -sign * cold,
            )
            for sign in (-1.0, 0.0, 1.0)
        ]
        safe_days = _cover_days(
            stock[d] - P10_SIGMA * stock_sigma[d] - reserve_t, ahead, mean_burn, cold
        )
        order_by = dates[d] + timedelta(days=floor(safe_days - yard.lead_time_days))
        rows.append(
            {
                "yard_id": yard.yard_id,
                "date": dates[d].isoformat(),
                "hours": float(hours[d]),
                "burn_heat_t_p10": max(0.0, heat_t[d] - band[d]),
                "burn_heat_t_p50": heat_t[d],
                "burn_heat_t_p90": heat_t[d] + band[d],
                "burn_power_t_p10": burn[d] - heat_t[d],
                "burn_power_t_p50": burn[d] - heat_t[d],
                "burn_power_t_p90": burn[d] - heat_t[d],
                "delivery_t": delivery[d],
                "stock_t_p10": max(0.0, stock[d] - P10_SIGMA * stock_sigma[d]),
                "stock_t_p50": max(0.0, stock[d]),
                "stock_t_p90": min(yard.capacity_t, stock[d] + P10_SIGMA * stock_sigma[d]),
                "days_of_cover_p10": cover[0],
                "days_of_cover_p50": cover[1],
                "days_of_cover_p90": cover[2],
                "storage_rate": stock[d] / yard.storage_target_t if yard.storage_target_t else None,
                "reserve_t": reserve_t,
                "probability_below_reserve": _below(reserve_t, stock[d], stock_sigma[d]),
                "last_safe_order_date": (
                    order_by.isoformat() if safe_days < COVER_DAYS_MAX else None
                ),
            }
        )
    return rows


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
