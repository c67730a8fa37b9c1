"""A coal yard to reckon by hand: 5 MWh in a tonne, so that 500 MWh a day are 100 t a day."""

from datetime import date, timedelta

import numpy as np

from dispatch.case import Yard
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.pile import pile_paths
from dispatch.fuel.pile_paths import Arrivals, PilePaths, StockNow

MWH_PER_T = 5.0
FIRST_DAY = date(2026, 1, 15)
SEED = 11


def coal_yard(**changes: object) -> Yard:
    """A yard of 10 000 t that loses nothing and has no bottom layer."""
    values: dict[str, object] = {
        "yard_id": "pile",
        "fuel_id": "coal",
        "stock_t": 1_000,
        "capacity_t": 10_000,
        "reserve_days_min": 5,
        "yard_loss_per_month": 0,
        "heat_value_loss_per_month": 0,
    }
    return Yard.model_validate(values | changes)


def days_from(count: int) -> tuple[date, ...]:
    """Successive local dates."""
    return tuple(FIRST_DAY + timedelta(days=d) for d in range(count))


def burn_of(*paths_t: object, days: int = 30) -> YardBurn:
    """Burn of each path in t/d of 5 MWh coal, one figure or one a day; 80 % of it for heat.

    The expected burn is that of the first path.
    """
    tonnes = np.array([np.broadcast_to(np.asarray(t, dtype=float), days) for t in paths_t])
    fuel_mwh = tonnes * MWH_PER_T
    heat, power = 0.8 * fuel_mwh, 0.2 * fuel_mwh
    return YardBurn("pile", heat, power, heat[0], power[0])


def coming_on(paths: int, days: int, tonnes_by_day: dict[int, float], mwh_per_t: float = MWH_PER_T):
    """The same arrivals on every path."""
    tonnes = np.zeros((paths, days))
    for day, amount_t in tonnes_by_day.items():
        tonnes[:, day] = amount_t
    return Arrivals(tonnes, tonnes * mwh_per_t)


def piled(
    yard: Yard,
    burn: YardBurn,
    coming: Arrivals | None = None,
    *,
    stock_t: float = 1_000,
    sd_t: float = 0.0,
    mwh_per_t: float = MWH_PER_T,
    hours: object = 24.0,
    open_part: object = 1.0,
) -> PilePaths:
    """The pile along the paths of a burn; nothing comes unless said."""
    paths, days = burn.fuel_mwh.shape
    now = StockNow(stock_t, sd_t, mwh_per_t)
    lengths_h = np.broadcast_to(np.asarray(hours, dtype=float), days)
    is_open = np.broadcast_to(np.asarray(open_part, dtype=float), days)
    return pile_paths(
        yard, now, burn, coming or coming_on(paths, days, {}), lengths_h, is_open, SEED
    )
