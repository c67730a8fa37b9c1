"""Another winter of the same climate in place of the forecast."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import Field

from dispatch.case import Case
from dispatch.case_weather import place_of
from dispatch.situation import Situation
from forecasts.demand.calendar import Season, local_date
from forecasts.weather.altered import TEMPERATURE, TEMPERATURES, without_notes
from forecasts.weather.climate.drawn import climate_values
from forecasts.weather.hand_over import ANOMALY_MEMORY_H, Origin
from forecasts.weather.provider import Nature
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Times
from scenarios.whatif.change import Change

Array = NDArray[np.float64]


class DrawnWeather(Change):
    """A winter drawn from the climate instead of the forecast; another `seed`, another winter.

    It takes the place of all weather to come, and of what earlier changes made of it. It begins
    at the last temperature known, and what sets it apart from that fades within a day or two. The
    fuel outlook takes it for known to the season's end: then only trains are left to chance.
    """

    kind: Literal["drawn_weather"] = "drawn_weather"
    seed: int = Field(default=7, ge=0, le=1_000_000)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the drawn winter ahead."""
        case, start = situation.case, utc64(situation.grid.start)
        further = without_notes(situation.further)
        return replace(
            situation,
            weather=_drawn(situation.weather, case, start, self.seed),
            further=_known(_reaching(further, _season_end(situation)), case, start, self.seed),
        )


def _drawn(sky: xr.Dataset, case: Case, start: np.datetime64, seed: int) -> xr.Dataset:
    """Weather with the hours from `start` on drawn; what is told of the temperature moves along."""
    times = sky["time"].values
    values = climate_values(place_of(case.settings), times, seed, case.climate)
    later = times >= start
    told_c = sky[TEMPERATURE].values
    first = int(np.argmax(later))
    meets_k = 0.0 if first == 0 else float((told_c - values[TEMPERATURE])[first - 1])
    since_h = np.asarray((times - start) / HOUR) + 1.0
    joined_c = values[TEMPERATURE] + meets_k * np.exp(-np.maximum(since_h, 0.0) / ANOMALY_MEMORY_H)
    moved_k = xr.DataArray(np.where(later, joined_c - told_c, 0.0), dims="time")
    found = {}
    for name in (name for name in TEMPERATURES if name in sky):
        array = (sky[name] + moved_k).transpose(*sky[name].dims)
        found[name] = array.assign_attrs(sky[name].attrs)
    for name in (name for name in values if name in sky and name != TEMPERATURE):
        drawn = np.where(later, values[name], sky[name].values)
        found[name] = sky[name].copy(data=drawn)
    return sky.assign(found)


def _known(sky: xr.Dataset, case: Case, start: np.datetime64, seed: int) -> xr.Dataset:
    """The same as if it were forecast without error, for the fuel outlook."""
    drawn = _drawn(sky, case, start, seed)
    certain_c = drawn[TEMPERATURE].values + np.zeros_like(drawn["air_temperature_quantile"].values)
    return (
        drawn.drop_vars("air_temperature_member", errors="ignore")
        .assign(
            air_temperature_quantile=drawn["air_temperature_quantile"].copy(data=certain_c),
            air_temperature_sd=xr.zeros_like(drawn["air_temperature_sd"]),
            origin=xr.full_like(drawn["origin"], Origin.RUN),
        )
        .assign_attrs(nature=Nature.FORECAST.value)
    )


def _reaching(sky: xr.Dataset, end: np.datetime64) -> xr.Dataset:
    """Weather with its last hour repeated to the hour that ends at `end`, to be drawn over."""
    times = sky["time"].values
    more = np.arange(times[-1] + HOUR, end, HOUR)
    if more.size == 0:
        return sky
    places = np.concatenate([np.arange(times.size), np.full(more.size, times.size - 1)])
    longer: xr.Dataset = sky.isel(time=places)
    all_times: Times = np.concatenate([times, more])
    return longer.assign_coords(time=all_times)


def _season_end(situation: Situation) -> np.datetime64:
    """A moment after the last day of the season that holds the plan, anywhere on earth."""
    settings = situation.case.settings
    season = Season.parse(settings.season_start, settings.season_end)
    last = season.last_day(local_date(situation.now, settings.timezone))
    return utc64(datetime.combine(last + timedelta(days=2), time(), tzinfo=UTC))
