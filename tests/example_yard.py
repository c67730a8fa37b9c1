"""A coal yard that burns the same every day and loses nothing: orders can be worked by hand."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.case_kinds import Transport
from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.order_terms import YardAhead, order_terms
from dispatch.fuel.pile import pile_paths
from dispatch.fuel.pile_paths import Arrivals, PilePaths, StockNow
from dispatch.settings import SupplySettings

Array = NDArray[np.float64]

MWH_PER_T = 5.0
AUTUMN = date(2025, 11, 20)  # far from the Spring Festival of 17 February 2026
YARD = Yard(
    yard_id="A",
    fuel_id="coal",
    stock_t=2_000,
    capacity_t=50_000,
    unloading_t_per_day=20_000,
    lead_time_days=5,
    order_unit_t=400,
    yard_loss_per_month=0,
    heat_value_loss_per_month=0,
    transport=Transport.RAIL,
)
SUPPLY = SupplySettings(order_cover_days=10)


def yard_ahead(
    yard: Yard = YARD,
    supply: SupplySettings = SUPPLY,
    *,
    burn_t: Array | None = None,
    known_t: Array | None = None,
    known_mwh_per_t: float = MWH_PER_T,
    first: date = AUTUMN,
    days: int = 60,
) -> YardAhead:
    """A yard with burn and known arrivals of (path, day); 100 t a day on one path if not given.

    Its reserve is seven days of 100 t, and near the end what is still to be burnt.
    """
    burn_t = np.full((1, days), 100.0) if burn_t is None else burn_t
    known_t = np.zeros_like(burn_t) if known_t is None else known_t
    nothing = np.zeros_like(burn_t)
    expected = np.full(days, 100.0) * MWH_PER_T
    burn = YardBurn(yard.yard_id, burn_t * MWH_PER_T, nothing, expected, np.zeros(days))
    now = StockNow(yard.stock_t, 0.0, MWH_PER_T)
    whole = np.ones(days)

    def simulate(coming: Arrivals) -> PilePaths:
        return pile_paths(yard, now, burn, coming, 24.0 * whole, whole, seed=1)

    arrivals = Arrivals(known_t, known_t * known_mwh_per_t)
    dates = tuple(first + timedelta(days=day) for day in range(days))
    return YardAhead(
        piles=simulate(arrivals),
        arrivals=arrivals,
        burn=burn,
        level_t=yard.unusable_t + 100.0 * np.minimum(7, days - 1 - np.arange(days)),
        terms=order_terms(yard, MWH_PER_T, dates, supply, whole),
        simulate=simulate,
    )


def at_risk_of(yard: YardAhead, risk: float) -> YardAhead:
    """The same yard for a planner who takes another risk."""
    return replace(yard, terms=replace(yard.terms, risk=risk))
