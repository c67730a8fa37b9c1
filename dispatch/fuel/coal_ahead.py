"""What is known of the coal before a plan is made: weather, burn, arrivals and stock to the end.

One chain for plan and planner: the daily run takes from it what the yards need at the end of its
horizon, and once the plan is there the outlook goes on from the same paths of weather and the same
luck of trains (`dispatch/fuel_outlook.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case, Yard
from dispatch.case_kinds import OutageKind
from dispatch.case_weather import place_of
from dispatch.fuel.arrivals import arrivals, deliveries_ahead
from dispatch.fuel.burn_paths import BurnAhead, YardBurn
from dispatch.fuel.coal_need import OrderOfToday, need_t
from dispatch.fuel.heat_need import NetworkNeed, heat_need
from dispatch.fuel.order_terms import OrderTerms, order_confidence, order_delays, order_terms
from dispatch.fuel.pile import pile_paths
from dispatch.fuel.pile_paths import Arrivals, PilePaths, StockNow
from dispatch.fuel.reduced_dispatch import burn_ahead
from dispatch.fuel.stock_now import stock_now
from dispatch.outages import mean_available
from dispatch.start_stock import StartStocks
from dispatch.tonne_value import CoalNeed, coal_need
from forecasts.demand.calendar import Season, local_date
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.joined_paths import weather_ahead
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]

SEED = 2_026  # the same every run: two outlooks differ by what is known, not by luck


@dataclass(frozen=True)
class CoalAhead:
    """All yards of a case from `start` (aware) to the season's end, by the reduced dispatch."""

    case: Case
    start: datetime
    weather: WeatherAhead
    need: NetworkNeed
    burn: BurnAhead
    stocks: Mapping[str, StockNow]
    risk: float
    seed: int

    @cached_property
    def coming(self) -> dict[str, Arrivals]:
        """Deliveries on file at the gate of each yard."""
        dates, paths = self.weather.dates, self.weather.paths
        return {
            yard.yard_id: arrivals(
                yard,
                deliveries_ahead(self.case, yard.yard_id, self.start),
                dates,
                paths,
                self.seed,
            )
            for yard in self.case.yards
        }

    @cached_property
    def terms(self) -> dict[str, OrderTerms]:
        """How coal can be ordered for each yard, at the planner's risk."""
        return {yard.yard_id: self._terms(yard) for yard in self.case.yards}

    def _terms(self, yard: Yard) -> OrderTerms:
        supply = self.case.settings.supply.model_copy(update={"order_risk": self.risk})
        mwh_per_t = self.case.fuel_of(yard.fuel_id).mwh_per_unit
        dates, paths = self.weather.dates, self.weather.paths
        sure = order_confidence(self.case.deliveries, yard.yard_id)
        late = order_delays(yard, dates, sure, paths, self.seed)
        return order_terms(yard, mwh_per_t, dates, supply, self.open_part(yard), late)

    def open_part(self, yard: Yard) -> Array:
        """Part of each day's unloading that the road to a yard lets through, (day,)."""
        edges_h = np.concatenate([[0.0], np.cumsum(self.weather.hours)])
        return mean_available(self.case, OutageKind.YARD, yard.yard_id, self.start, edges_h)

    def piles(self, yard: Yard, burn: YardBurn, coming: Arrivals) -> PilePaths:
        """Take a yard along all paths, whatever is burnt and comes."""
        now, hours = self.stocks[yard.yard_id], self.weather.hours
        return pile_paths(yard, now, burn, coming, hours, self.open_part(yard), self.seed)


def season_end(case: Case, moment: datetime) -> date:
    """Last day of the season that holds an aware moment, or of the next one."""
    settings = case.settings
    season = Season.parse(settings.season_start, settings.season_end)
    return season.last_day(local_date(moment, settings.timezone))


def coal_ahead(
    case: Case,
    weather: xr.Dataset,
    start: datetime,
    last_day: date,
    stocks: StartStocks,
    risk: float | None,
    paths: int,
) -> CoalAhead:
    """Work out weather and burn from `start` to the `last_day` of the season.

    `weather` is what the plan rests on, as far as it reaches. `risk` is the planner's; None: the
    case's. Raises ValueError as `weather_ahead`.
    """
    settings = case.settings
    place = place_of(settings)
    climate = climate_at(place, case.climate)
    asked = start, last_day, paths, SEED
    ahead = weather_ahead(weather, climate, place, settings.timezone, *asked)
    asked_risk = settings.supply.order_risk if risk is None else risk
    return coal_along(case, start, ahead, stocks_now(case, stocks), asked_risk)


def coal_along(
    case: Case,
    start: datetime,
    weather: WeatherAhead,
    stocks: Mapping[str, StockNow],
    risk: float,
) -> CoalAhead:
    """Burn of all yards along any weather from `start` on, by the reduced dispatch."""
    need = heat_need(case, weather)
    burn = burn_of(case, weather, need)
    return CoalAhead(case, start, weather, need, burn, stocks, risk, SEED)


def stocks_now(case: Case, stocks: StartStocks) -> dict[str, StockNow]:
    """What lies in each yard at the start, by its id."""
    return {yard.yard_id: stock_now(case, yard, stocks) for yard in case.yards}


def burn_of(case: Case, ahead: WeatherAhead, need: NetworkNeed) -> BurnAhead:
    """Burn of all yards along the weather ahead, by the reduced dispatch."""
    asked = need.at_sources_mw(ahead.path_c), need.expected_mw()
    return burn_ahead(case, ahead.dates, ahead.hours, *asked)


def coal_needs(
    coal: CoalAhead, horizon_h: float, view_h: float, yuan_per_t: float
) -> tuple[CoalNeed, ...]:
    """What each yard needs at the end of a plan's horizon; none where nothing can be missing.

    `horizon_h` is from the start, `view_h` to the end of the plan's look-ahead. `yuan_per_t` is
    what a tonne costs that must be got in a hurry.
    """
    ends_h = np.cumsum(coal.weather.hours)
    day = int(np.searchsorted(ends_h, horizon_h - 1e-6))
    if day >= coal.weather.days:
        return ()  # the season ends before the plan does
    part = 1.0 - (ends_h[day] - horizon_h) / coal.weather.hours[day]  # of that day in the plan
    edges_h = np.concatenate([[0.0], ends_h])
    needs = []
    for yard, burn in zip(coal.case.yards, coal.burn.yards, strict=True):
        coming = coal.coming[yard.yard_id]
        arrives = int(coal.terms[yard.yard_id].arrives[0])
        one = OrderOfToday(coal.piles(yard, burn, coming), coming, arrives)
        needed_t = part * need_t(one, day) + (1.0 - part) * need_t(one, day - 1)
        if needed_t.max() > yard.unusable_t:
            burnt_mwh = np.concatenate([[0.0], np.cumsum(burn.expected_mwh)])
            ends = np.interp([horizon_h, view_h], edges_h, burnt_mwh)
            later_t = float(np.diff(ends)[0]) / coal.stocks[yard.yard_id].mwh_per_t
            needs.append(coal_need(yard.yard_id, needed_t, yuan_per_t, later_burn_t=later_t))
    return tuple(needs)
