"""Whether there is anything to plan today."""

from datetime import datetime, timedelta

from dispatch.daily_request import Stage
from dispatch.settings import Settings
from forecasts.demand.calendar import Season, local_date


def is_heating(settings: Settings, now: datetime, stage: Stage = Stage.PLAN) -> bool:
    """Whether the day that a run is for lies in the season: today, of an order tomorrow."""
    season = Season.parse(settings.season_start, settings.season_end)
    day = local_date(now, settings.timezone)
    return season.holds(day + timedelta(days=1) if stage is Stage.ORDER else day)
