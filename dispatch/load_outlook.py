"""The forecast of measured load alone, of the network or of one station: `heat-dispatch load`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.bottom_up import bottom_up
from dispatch.load_past import LoadData, load_past, station_record
from dispatch.load_rolled import LEADS, FirstDay, first_day, rolled_loads
from dispatch.load_spread import COLD_QUANTILE, weather_share, widened
from dispatch.load_weather import load_weather
from dispatch.plan import Remark
from forecasts.demand.load.record import LoadRecord
from forecasts.demand.load_model import Doubt, Standing, explained
from forecasts.weather.run import utc_datetime

Array = NDArray[np.float64]
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class LoadOutlook:
    """Measured load, its forecast by the hour, and how far that is to be trusted."""

    record: LoadRecord
    times: Times  # (hour,) UTC starts of the hours to come
    load_mw: Array  # (hour,)
    p10_mw: Array
    p90_mw: Array
    standing: Standing
    doubts: frozenset[Doubt]
    skill: FirstDay
    weights: dict[str, float]  # of the candidates
    history_days: float  # with measured load
    age_h: float  # of the newest
    stored_runs: int  # weather forecasts as they were issued, behind the skill
    missing_runs: int  # days without one


def load_outlook(data: LoadData, station_id: str | None, hours: int) -> LoadOutlook | Remark:
    """Forecast the load of the network or a station, up to `LEADS` hours; else say why not."""
    if station_id is None:
        past = load_past(data)
        record = past if isinstance(past, Remark) else past.record
    else:
        record = station_record(data, station_id)
    if isinstance(record, Remark):
        return record
    size = record.times.size
    first = record.times[-1] + np.timedelta64(1, "h")
    weather = load_weather(data.case, data.store_folder, record, data.ahead, data.now, LEADS)
    rolled = rolled_loads(record, weather, data.candidates)
    known = np.flatnonzero(np.isfinite(record.load_mw))
    ahead = slice(0, min(hours, LEADS))
    load = rolled.load_mw[-1, ahead]
    low, high = (rolled.quantiles_mw[-1, ahead, rolled.levels.index(at)] for at in (0.1, 0.9))
    model = bottom_up(data.case, data.grid, utc_datetime(record.times[0]), size + LEADS)
    share = weather_share(model, size, data.ahead, first, LEADS)[ahead]
    sd_mw = np.sqrt(weather.stand_in) * share * load
    low, high = widened(low, load, high, sd_mw, COLD_QUANTILE)
    return LoadOutlook(
        record=record,
        times=first + np.arange(ahead.stop) * np.timedelta64(1, "h"),
        load_mw=load,
        p10_mw=low,
        p90_mw=high,
        standing=rolled.standing[-1],
        doubts=frozenset(rolled.doubts[-1]),
        skill=first_day(record, rolled),
        weights=dict(explained(rolled)),
        history_days=known.size / 24.0,
        age_h=float(record.load_mw.size - 1 - known[-1]),
        stored_runs=weather.stored,
        missing_runs=weather.missing,
    )
