"""Days that drills are planned on: a mean January day, and one at the design temperature."""

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

import numpy as np

from dispatch.situation import Situation
from forecasts.weather.altered import Alteration, nothing_altered
from forecasts.weather.run import utc64
from forecasts.weather.solar import Times
from scenarios.whatif.changes.weather import with_weather

START = "01-15T05:30"  # local: the middle of winter, an hour before the town gets up
AFTER = timedelta(days=10)  # cold so far beyond the start; later coal sees the usual winter


class Day(StrEnum):
    """The weather a loss meets."""

    DESIGN = "design"  # days whose mean is the design outdoor temperature
    JANUARY = "january"  # the climate's mean of 15 January


def on_day(situation: Situation, day: Day) -> Situation:
    """Return a situation in that weather; the days before are as cold, so that rooms are settled.

    The daily wave stays: the mean of the planned hours is brought to the design temperature.
    """
    if day is Day.JANUARY:
        return situation
    settings = situation.case.settings
    start = utc64(situation.grid.start)
    end = start + np.timedelta64(settings.time.horizon_h, "h")
    times = situation.weather["time"].values
    planned = (times >= start) & (times < end)
    mean_c = float(situation.weather["air_temperature"].values[planned].mean())
    shift_k = settings.design_outdoor_temp_c - mean_c
    until = utc64(situation.grid.start + AFTER)

    def change(hours: Times) -> Alteration:
        part = (hours < until).astype(float)
        return replace(nothing_altered(hours.size), temperature_added=shift_k * part)

    return with_weather(situation, change)
