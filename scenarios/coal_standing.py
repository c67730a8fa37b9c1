"""Whether an outlook asks for anybody's attention: what the exit code of the command tells."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from dispatch.fuel.coal_words import reserve_risk
from dispatch.fuel.outlook import FuelOutlook, YardOutlook
from dispatch.fuel.season_need import SeasonNeed


class Attention(StrEnum):
    """Why somebody should look at an outlook."""

    LATE = "late"  # the last safe day to order has gone by
    RISK = "risk"  # above the chosen one unless something is ordered soon, or got elsewhere
    NO_PLAN = "no_plan"  # the next days' burn is not that of a plan
    NO_FORECAST = "no_forecast"  # weather of the climate from today on
    STORAGE = "storage"  # the rule for the start of the season is missed
    SHORTFALL = "shortfall"  # the season needs more than there is and is on file


@dataclass(frozen=True)
class HeatShort:
    """Heat that all sources together cannot make."""

    probability: float  # that it is so on any day
    days: float  # on how many, mean of the paths that have such days


def heat_short(outlook: FuelOutlook) -> HeatShort:
    """Return how likely heat is short, and for how long."""
    short = outlook.burn.unserved_mwh > 1e-6 * max(1.0, float(outlook.burn.heat_mwh.max()))
    paths = short.any(axis=1)
    days = float(short.sum(axis=1)[paths].mean()) if paths.any() else 0.0
    return HeatShort(float(paths.mean()), days)


def outlook_attention(outlook: FuelOutlook) -> tuple[Attention, ...]:
    """Return what an outlook asks attention for, the most pressing first."""
    late = any(yard.order is not None and yard.order.is_late for yard in outlook.yards)
    today = outlook.ahead.dates[0]
    risk = any(_is_pressing(yard, outlook.risk, today) for yard in outlook.yards)
    told = {
        Attention.LATE: late,
        Attention.RISK: risk,
        Attention.NO_PLAN: outlook.plan_until is None,
        Attention.NO_FORECAST: not outlook.ahead.from_forecast.any(),
    }
    return tuple(reason for reason, holds in told.items() if holds)


def _is_pressing(yard: YardOutlook, risk: float, today: date) -> bool:
    """Whether the risk is too high and an order is due within a lead time, or none would help.

    An order that is weeks off is no alarm: it would sound every morning until then.
    """
    if reserve_risk(yard) <= risk:
        return False
    soon = today + timedelta(days=yard.yard.lead_time_days)
    return yard.order is None or yard.order.order_by <= soon


def season_attention(need: SeasonNeed) -> tuple[Attention, ...]:
    """Return what the need of a season asks attention for."""
    rules = [yard.storage for yard in need.yards if yard.storage is not None]
    told = {
        Attention.STORAGE: not all(rule.is_met for rule in rules),
        Attention.SHORTFALL: any(yard.shortfall_t_p50 > 0.0 for yard in need.yards),
    }
    return tuple(reason for reason, holds in told.items() if holds)
