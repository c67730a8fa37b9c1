"""The load model on a year of hours, against one plain boosting fit of the same hours."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from bench.report import Row, seconds
from forecasts.demand.load.record import RADIATION, TEMPERATURE, Floats, KnownWeather, LoadRecord
from forecasts.demand.load_model import LoadModel, default_candidates, forecast_load

YEAR_H, LEADS = 365 * 24, 36
FIRST = np.datetime64("2024-07-01T00:00", "ns")
SEED = 5


def load_rows() -> list[Row]:
    """A forecast from a year of history, and a year of hourly forecasts after one fit."""
    record = two_years()
    weather = KnownWeather(record, None)
    floor_s, _ = seconds(lambda: _plain_fit(record.known(YEAR_H)))
    past = record.known(YEAR_H)
    one_s, _ = seconds(lambda: forecast_load(past, weather, LEADS), repeats=1)
    issues = np.arange(YEAR_H, 2 * YEAR_H - LEADS, dtype=np.int64)
    model = LoadModel(default_candidates(), refit_h=2.0 * YEAR_H)
    year_s, _ = seconds(lambda: model.rolled(record, weather, issues, LEADS), repeats=1)
    return [
        Row("one boosting fit of a year of hours, its year predicted", f"{floor_s:.2f} s"),
        Row(
            "load model fitted on a year, 36 h ahead with quantiles, over that",
            f"{one_s / floor_s:.1f} × ({one_s:.1f} s)",
        ),
        Row(
            "load model fitted on a year, then every hour of a year 36 h ahead, over that",
            f"{year_s / floor_s:.1f} × ({year_s:.1f} s, {year_s / issues.size * 1e3:.1f} ms "
            "an issue)",
        ),
    ]


def two_years() -> LoadRecord:
    """A network of 300 MW at −10 °C with a summer load, drawn; hourly."""
    draw = np.random.default_rng(SEED)
    hours = np.arange(2 * YEAR_H)
    season = -np.cos(2 * np.pi * (hours / 24 - 15 + 182) / 365.25)
    slow = np.convolve(draw.normal(0, 1.2, hours.size + 72), np.ones(72) / np.sqrt(72), "valid")
    day = np.cos(2 * np.pi * (hours % 24 - 14) / 24)
    temp_c = 11 + 14 * season + 4 * slow[: hours.size] + 4 * day
    sun = np.maximum(0.0, day) * (400 + 250 * season) * draw.uniform(0.3, 1.0, hours.size)
    shape = 1 + 0.08 * np.sin(2 * np.pi * (hours % 24 - 2) / 24)
    load = shape * (40 + 9.5 * np.maximum(0.0, 17 - temp_c) - 0.02 * sun)
    load = np.maximum(0.0, load + draw.normal(0, 4, hours.size))
    times = (FIRST + hours * np.timedelta64(1, "h")).astype("datetime64[ns]")
    weather = {TEMPERATURE: temp_c, RADIATION: sun}
    return LoadRecord(times, 1.0, load, weather, "Asia/Shanghai", "CN")


def _plain_fit(record: LoadRecord) -> Floats:
    """The least that such a forecast costs: weather, hour, weekday and yesterday, one model."""
    hours = np.arange(record.load_mw.size)
    table = np.stack(
        [
            *record.weather.values(),
            hours % 24,
            hours // 24 % 7,
            np.roll(record.load_mw, 24),
            np.roll(record.load_mw, 168),
        ],
        axis=1,
    )
    fitted = HistGradientBoostingRegressor(random_state=0).fit(table, record.load_mw)
    return np.asarray(fitted.predict(table))
