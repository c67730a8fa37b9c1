"""Weather runs for moments before the first run that was kept: the weather that came then.

A network that begins to keep forecasts has a year of load and measured weather, and one run. Only
for forecasts of now: in a backtest it would be a look ahead that is not said.
"""

import numpy as np

from forecasts.demand.load.record import Floats, KnownWeather, LoadRecord, Times, WeatherRuns

LONGEST_DAYS = 460  # before the end of the record


def with_past_runs(record: LoadRecord, weather: KnownWeather, leads: int) -> KnownWeather:
    """The same weather, with a run of measured values for each day before its first run."""
    runs = weather.runs
    if runs is None or not record.times.size:
        return weather
    day = round(24.0 / record.step_h)
    step = np.timedelta64(round(record.step_h * 3600.0), "s")
    end = record.times[-1] + step
    # The first run that was kept may be the one for now.
    first = runs.issued[0] if runs.issued.size else end
    until = int(min(max((first - record.times[0]) // step, 0), record.times.size))
    rows = np.arange(max(0, until - LONGEST_DAYS * day), until, day, dtype=np.int64)
    if not rows.size:
        return weather
    width = runs.values[next(iter(runs.values))].shape[1] if runs.values else 0
    width = max(width, leads + day)
    columns = rows[:, None] + np.arange(width)[None, :]
    inside = columns < record.times.size
    values: dict[str, Floats] = {}
    for name, later in runs.values.items():
        there = record.weather.get(name)
        earlier = np.full(columns.shape, np.nan)
        if there is not None:
            earlier = np.where(inside, there[np.minimum(columns, there.size - 1)], np.nan)
        wider = np.full((later.shape[0], width - later.shape[1]), np.nan)
        values[name] = np.concatenate([earlier, np.concatenate([later, wider], axis=1)])
    starts = record.times[rows]
    return KnownWeather(
        weather.record,
        WeatherRuns(_joined(starts, runs.issued), _joined(starts, runs.first), values),
    )


def _joined(first: Times, second: Times) -> Times:
    return np.concatenate([first, second]).astype("datetime64[ns]")
