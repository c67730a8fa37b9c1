"""The contract of the fuel planner's outlook: what commands, charts, files and summaries read."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.case import Yard
from dispatch.fuel.burn_paths import BurnAhead, YardBurn
from dispatch.fuel.consumption import SeasonConsumption
from dispatch.fuel.pile_paths import PilePaths, StockNow
from dispatch.plan import Remark
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]


class Level(StrEnum):
    """Stocks that a planner watches."""

    EMPTY = "empty"  # nothing usable left
    DAYS_7 = "7_days"  # of forward burn: the red line of national guidance (handbook §9)
    DAYS_15 = "15_days"  # the alert
    DAYS_30 = "30_days"  # practice before the season
    RESERVE = "reserve"  # the case's own rule, `reserve_days_min`


@dataclass(frozen=True)
class Crossing:
    """How likely, and when, usable stock falls below a level before the season ends."""

    level: Level
    probability: float  # that it does on any day
    first_date: date | None  # on which the probability to have fallen exceeds the case's risk
    median_date: date | None  # of the paths that do


@dataclass(frozen=True)
class Cover:
    """Days that the usable stock of today lasts without any delivery."""

    backward: float | None  # by the mean burn of the last seven days, where it is known
    forward_p10: float  # a cold spell's
    forward_p50: float
    forward_p90: float
    expected: float  # along the expected temperature
    ends: bool  # False: it outlasts the season, and the days are those left of it

    @property
    def in_cold(self) -> float:
        """Days in a cold spell, as they are told: never more than at expected weather.

        A yard whose plant is only needed at the margin may burn more along the mean course than on
        nine of ten real ones, which swing from its least load to its most.
        """
        return min(self.forward_p10, self.expected)


@dataclass(frozen=True)
class Order:
    """An order of coal: when at the latest, how much, and when it then arrives."""

    order_by: date
    arrives: date
    tonnes: float
    units: int  # trains, or trucks
    is_late: bool  # the last safe date has gone by


class Policy(StrEnum):
    """Ways of ordering that the planner compares."""

    AS_PLANNED = "as_planned"  # nothing beyond the deliveries on file
    AT_RISK = "at_risk"  # as late and as little as the chosen risk allows
    UP_TO_30_DAYS = "up_to_30_days"
    EVENLY = "evenly"


@dataclass(frozen=True)
class PolicyResult:
    """What a way of ordering brings until the season's end."""

    policy: Policy
    orders: tuple[Order, ...]  # of a policy that depends on the weather: along the median path
    ordered_t: float  # mean over paths
    mean_stock_t: float  # over paths and days
    left_t: float  # mean usable stock at the season's end
    probability_below_reserve: float
    probability_empty: float


@dataclass(frozen=True)
class YardOutlook:
    """All of one yard."""

    yard: Yard
    now: StockNow
    burn: YardBurn
    piles: PilePaths
    reserve_t: Array  # (day,) stock at which the case's reserve begins
    level_t: dict[Level, Array]  # (day,) stock at which each level begins, bottom layer included
    crossings: tuple[Crossing, ...]
    cover: Cover
    order: Order | None  # the next one that the chosen risk asks for
    policies: tuple[PolicyResult, ...]
    power_mw: float  # mean power of its units over the next seven days
    storage_rate: float | None  # stock now over the city's own target
    open_part: Array  # (day,) of each day's unloading, what the road or rail lets through, 0-1


@dataclass(frozen=True)
class FuelOutlook:
    """How long the coal lasts, when to order, what bad luck costs."""

    issued_at: datetime
    risk: float  # the planner's, e.g. 0.02
    ahead: WeatherAhead
    burn: BurnAhead
    yards: tuple[YardOutlook, ...]
    table: pd.DataFrame  # rows of `fuel_outlook.csv`
    plan_until: datetime | None  # end of the hourly plan it begins with
    consumption: SeasonConsumption | None = None  # plan against actual; None: not asked for
    remarks: tuple[Remark, ...] = ()  # why it is not of the moment asked for; what surveys told
