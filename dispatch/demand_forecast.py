"""What measured load says of the demand to come, in the figures that people are told."""

from dataclasses import dataclass
from enum import StrEnum


class LoadBasis(StrEnum):
    """What the load of the network is measured by."""

    SOURCES = "sources"  # all heat that is sent
    STATIONS = "stations"  # what loops take, scaled to all of them, with the mains' losses


@dataclass(frozen=True)
class DemandDay:
    """The measured-load forecast of one day from the start on: network load, MW, and its use."""

    day: int  # 1: the first 24 h
    p10_mw: float
    p50_mw: float
    p90_mw: float
    buildings_mw: float  # what the buildings' parameters say of the same hours, losses included
    weight: float  # of the measured load against the buildings, by their recent errors
    factor: float  # mean correction of what users need
    error: float  # of its daily means in the last fortnight, relative RMSE; NaN: too few
    buildings_error: float  # the same of the buildings


@dataclass(frozen=True)
class DemandForecast:
    """What measured load says of the demand to come, and how much it may say."""

    standing: str  # `Standing` of forecasts/demand/load_model.py
    basis: LoadBasis
    used: bool  # whether the plan's demand is corrected by it
    history_days: float  # with measured load
    runs: int  # weather forecasts as they were issued, behind its errors; 0: weather that came
    station_share: float  # of design heat with measured heat within the last day
    age_h: float  # of the newest measured load
    nrmse: float  # hourly, day 1 of the last fortnight's forecasts, of mean load; NaN: none
    mape: float  # the same, mean of |error| over load
    bias: float  # measured over buildings in recent days, less one
    days: tuple[DemandDay, ...]
