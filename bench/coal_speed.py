"""The fuel planner's outlook of a whole season, against drawing its winters."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bench.cases import bundled
from bench.report import Row, seconds
from dispatch.case import Case
from dispatch.case_weather import place_of
from dispatch.fuel.coal_ahead import SEED, coal_along
from dispatch.fuel.pile_paths import StockNow
from dispatch.fuel_outlook import fuel_outlook
from forecasts.weather.climate.normals import climate_at
from forecasts.weather.joined_paths import climate_ahead
from forecasts.weather.weather_ahead import WeatherAhead

PATHS = 1_000


def coal_rows() -> list[Row]:
    """Season outlooks of both bundled cases, all ways of ordering compared."""
    rows = []
    for name, first, last in (
        ("zaozhuang", date(2025, 11, 15), date(2026, 3, 15)),
        ("shenyang", date(2025, 11, 1), date(2026, 3, 31)),
    ):
        rows += _case_rows(bundled(name), first, last)
    return rows


def _case_rows(case: Case, first: date, last: date) -> list[Row]:
    zone = ZoneInfo(case.settings.timezone)
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    winters_s, ahead = seconds(lambda: _winters(case, start, last))
    outlook_s, _ = seconds(lambda: _outlook(case, start, ahead))
    title = f"{case.settings.id}, {PATHS} winters of {ahead.days} days"
    return [
        Row(f"{title}: drawn", f"{winters_s:.2f} s"),
        Row(
            f"{title}: burn, {len(case.yards)} yards, cover, orders and four policies, over that",
            f"{outlook_s / winters_s:.2f} × ({outlook_s:.2f} s)",
        ),
    ]


def _winters(case: Case, start: datetime, last: date) -> WeatherAhead:
    place = place_of(case.settings)
    climate = climate_at(place, case.climate)
    return climate_ahead(climate, place, case.settings.timezone, start, last, PATHS, SEED)


def _outlook(case: Case, start: datetime, ahead: WeatherAhead) -> None:
    stocks = {
        yard.yard_id: StockNow(yard.stock_t, 0.0, case.fuel_of(yard.fuel_id).mwh_per_unit)
        for yard in case.yards
    }
    risk = case.settings.supply.order_risk
    fuel_outlook(coal_along(case, start, ahead, stocks, risk), None)
