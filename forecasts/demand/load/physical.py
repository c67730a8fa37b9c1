"""Physical candidate: heat by F2 behind the filtered temperature (H§3 F3), by hour, corrected.

Daily means tell the building stock: q = b + max(0, K·(t_b − t_eq) − A_s·G + k_w·(u − u₀)·(18 − t)),
with b what is drawn without heating (hot water, losses). Filter and balance temperature come from a
grid, b, K, A_s and k_w by non-negative robust least squares, since none can be negative. Hours of
working days and days off then have each a share of it. Few parameters: two weeks suffice.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from forecasts.demand.load.cell_ridge import CellRidge, RidgeSettings, fit_cells
from forecasts.demand.load.corrected import FittedCorrected, Mask, learned, measured, rows_to_learn
from forecasts.demand.load.features import Features, features
from forecasts.demand.load.linear import HOURS
from forecasts.demand.load.pattern import day_slots
from forecasts.demand.load.reach import Reach
from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.residual import (
    CorrectionSettings,
)
from forecasts.demand.load.training import Memory, operating_days

FILTER_NAMES = ("temperature_3h", "temperature_12h", "temperature_24h", "temperature_48h")
BALANCE_GRID_C = tuple(np.arange(10.0, 23.0, 1.0).tolist())
LEAST_HOURS_A_DAY = 12.0  # known, for the mean of a day to count
LEAST_DAYS_OF_MEANS = 7
HUBER = 1.5


@dataclass(frozen=True)
class Stock:
    """The buildings behind a meter, as one: parameters of F2 in MW."""

    filter_name: str
    balance_c: float
    base_mw: float
    loss_mw_per_k: float
    solar_mw_per_w_m2: float
    wind_mw_per_k_m_s: float

    def heat_mw(self, found: Features) -> Floats:
        """Heat at the target steps, (issue, lead)."""
        lift = np.maximum(0.0, self.balance_c - found.columns[self.filter_name])
        sun, wind = _sun_and_wind(found)
        need = (
            self.loss_mw_per_k * lift - self.solar_mw_per_w_m2 * sun + self.wind_mw_per_k_m_s * wind
        )
        return np.asarray(self.base_mw + np.maximum(0.0, need), dtype=np.float64)


def _sun_and_wind(found: Features) -> tuple[Floats, Floats]:
    """Sunshine behind a day's filter, W/m², and wind × lift, K m/s; 0 where not known."""
    shape = found.columns["hour"].shape
    sun = np.nan_to_num(found.columns.get("radiation_24h", np.zeros(shape)))
    wind = np.nan_to_num(found.columns.get("gust_lift", np.zeros(shape)))
    return sun, wind


def fit_stock(found: Features, load: Floats, day: Ints, weight: Floats) -> Stock | None:
    """Fit the stock to means of days; all (row,) but `found` (row, 1). None with too few days.

    `day` numbers the day of each row, `weight` says how much it counts.
    """
    unique, place = np.unique(day, return_inverse=True)
    hours = np.bincount(place, minlength=unique.size)
    full = hours >= LEAST_HOURS_A_DAY * hours.max() / 24.0
    if np.count_nonzero(full) < LEAST_DAYS_OF_MEANS:
        return None

    def daily(values: Floats) -> Floats:
        sums = np.bincount(place, values, minlength=unique.size)
        return np.asarray((sums / hours)[full], dtype=np.float64)

    heat, how_much = daily(load), daily(weight)
    sun, wind = (daily(column[:, 0]) for column in _sun_and_wind(found))
    best: tuple[float, Stock] | None = None
    for name in FILTER_NAMES:
        felt = found.columns[name][:, 0]
        for balance in BALANCE_GRID_C:
            lift = daily(np.maximum(0.0, balance - felt))
            heating = lift > 0.0
            columns = np.stack([np.ones_like(lift), lift, -sun * heating, wind * heating], axis=1)
            loss, found_values = _robust_nnls(columns, heat, how_much)
            if best is None or loss < best[0]:
                best = (loss, Stock(name, balance, *found_values))
    return None if best is None else best[1]


def _robust_nnls(
    columns: Floats, target: Floats, weight: Floats
) -> tuple[float, tuple[float, float, float, float]]:
    """Non-negative coefficients and the Huber loss of their fit; two rounds of reweighting."""
    scale = np.maximum(np.sqrt(np.mean(columns**2, axis=0)), 1e-12)
    robust = weight
    for _ in range(3):
        root = np.sqrt(robust)
        found = nnls((columns / scale) * root[:, None], target * root)[0] / scale
        residual = target - columns @ found
        spread = max(1.4826 * float(np.median(np.abs(residual))), 1e-12)
        size = np.abs(residual) / spread
        robust = weight * np.minimum(1.0, HUBER / np.maximum(size, 1e-12))
    size = np.abs(residual)
    bend = HUBER * float(np.std(target)) * 0.3  # the same for all of the grid, so losses compare
    loss = np.where(size < bend, 0.5 * size**2, bend * (size - 0.5 * bend))
    base, slope, solar, wind = found.tolist()
    return float(weight @ loss), (base, slope, solar, wind)


# ---- the candidate -----------------------------------------------------------------------------

# Autumn needs what spring taught: with half the memory the error of Tartu's October doubles.
MEMORY = Memory(window_days=400.0, half_life_days=90.0)
PROFILE = RidgeSettings(pull_rows=10.0, group_days=(0.0,), rounds=1)
CORRECTION = CorrectionSettings(
    MEMORY, RidgeSettings(pull_rows=0.0, group_days=(0.05, 0.1, 0.3, 0.5), rounds=1), 1
)


@dataclass(frozen=True)
class PhysicalModel:
    """Stock, and what share of its heat each hour of a kind of day takes."""

    stock: Stock
    profile: CellRidge

    def demand(self, found: Features) -> Floats:
        """Load at the target steps, MW, (issue, lead); NaN where no temperature is known."""
        heat = self.stock.heat_mw(found)
        load = np.maximum(0.0, self.profile.predict(heat[..., None], day_slots(found)))
        return np.where(np.isfinite(heat), load, np.nan)

    def silent(self, found: Features) -> Mask:
        """Where the share of the hour is nothing: the correction, one for all, does not know."""
        return self.profile.silent(day_slots(found))


@dataclass(frozen=True)
class Physical:
    """Load by the physics of the building stock, corrected by its recent residuals."""

    name: str = "physical"
    memory: Memory = MEMORY
    correction: CorrectionSettings = CORRECTION

    def fit(
        self, record: LoadRecord, weather: KnownWeather, until: int, leads: int
    ) -> FittedCorrected | None:
        """Learn from the rows before `until`; None below LEAST_DAYS or without a temperature."""
        return learned(record, weather, until, leads, self.correction, self._model)

    def _model(self, known: Reach, from_row: int) -> PhysicalModel | None:
        load, rows = known.load_mw, rows_to_learn(known, from_row)
        if rows.size == 0:
            return None
        found = features(known.past, measured(known), rows, 1)
        age = operating_days(load, known.past.record.step_h)[rows]
        weight = 0.5 ** (age / self.memory.half_life_days)
        days, step_h = known.past.days, known.past.record.step_h
        local_h = rows * step_h + days.offset_h[rows] - days.offset_h[0] + days.hour[0]
        day = np.floor(local_h / 24.0 + 1e-9).astype(np.int64)
        stock = fit_stock(found, load[rows], day, weight)
        if stock is None:
            return None
        heat = stock.heat_mw(found)
        slots = day_slots(found)[:, 0]
        group = np.zeros(2 * HOURS, dtype=np.int64)
        return PhysicalModel(stock, fit_cells(heat, load[rows], weight, slots, group, 1.0, PROFILE))
