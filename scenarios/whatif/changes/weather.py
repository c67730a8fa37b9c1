"""Changes of the weather to come. What was is known: hours before the plan's start stay.

All that is told of the temperature moves together: expected value, quantiles, members. How far
the forecast can be trusted, and where it comes from, stays as it is: the weather is another, not
the forecaster. What is changed reaches the fuel outlook too, to the season's end if it lasts so
long (`forecasts/weather/altered.py`).
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from dispatch.case_weather import place_of
from dispatch.situation import Situation
from forecasts.weather.altered import Alteration, altered, noted, nothing_altered
from forecasts.weather.climate.normals import normal_temperature
from forecasts.weather.run import utc64
from forecasts.weather.solar import HOUR, Times
from scenarios.whatif.change import Change
from scenarios.whatif.changes.drawn_weather import DrawnWeather
from scenarios.whatif.window import TimedChange

Array = NDArray[np.float64]

NOTED_H = 24 * 250  # from the first hour at hand on: longer than any season


class WeatherChange(TimedChange):
    """A change that is the same at every moment of its window."""

    @abstractmethod
    def altered(self, part: Array) -> Alteration:
        """Return what becomes of hours of which `part` (hour,) lies in the window."""

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the weather of the window changed."""
        begins, ends = self.window(situation)
        return with_weather(
            situation, lambda times: self.altered(part_of_hours(times, begins, ends))
        )


class TemperatureShift(WeatherChange):
    """Outdoor air colder or warmer throughout, as when the forecast is off (handbook §13)."""

    kind: Literal["temperature_shift"] = "temperature_shift"
    shift_k: float = Field(default=-3, ge=-25, le=25)

    def altered(self, part: Array) -> Alteration:
        """Return hours colder or warmer by `shift_k`."""
        return replace(nothing_altered(part.size), temperature_added=self.shift_k * part)


class TemperatureScale(WeatherChange):
    """How far the air is from normal, times a factor: cold spells colder, mild ones milder.

    About the normal of the climate, hour by hour, not about the mean of the window: what an
    operator asks is how much more unusual the weather could be, and days as usual stay so.
    """

    kind: Literal["temperature_scale"] = "temperature_scale"
    factor: float = Field(default=1.5, ge=0, le=4)

    def altered(self, part: Array) -> Alteration:
        """Return hours whose distance from normal is `factor` times as large."""
        factor = 1 + (self.factor - 1) * part
        return replace(nothing_altered(part.size), anomaly_factor=factor)


class Wind(WeatherChange):
    """More wind or less: houses lose heat through joints and walls (handbook §3, F2)."""

    kind: Literal["wind"] = "wind"
    factor: float = Field(default=1, ge=0, le=5)
    added_m_per_s: float = Field(default=4, ge=-20, le=25)

    def altered(self, part: Array) -> Alteration:
        """Return hours with another wind, never less than none."""
        return replace(
            nothing_altered(part.size),
            wind_factor=1 + (self.factor - 1) * part,
            wind_added=self.added_m_per_s * part,
        )


class Cloud(WeatherChange):
    """Another sunshine; none at all in fog and snow (handbook §3)."""

    kind: Literal["cloud"] = "cloud"
    radiation_factor: float = Field(default=0, ge=0, le=2)

    def altered(self, part: Array) -> Alteration:
        """Return hours with so much of their radiation."""
        factor = 1 + (self.radiation_factor - 1) * part
        return replace(nothing_altered(part.size), radiation_factor=factor)


class Snow(WeatherChange):
    """A snowstorm: no sun (handbook §3), more wind, colder."""

    kind: Literal["snow"] = "snow"
    colder_k: float = Field(default=3, ge=0, le=20)
    added_m_per_s: float = Field(default=3, ge=0, le=25)

    def altered(self, part: Array) -> Alteration:
        """Return hours without sun, windier and colder."""
        return replace(
            nothing_altered(part.size),
            temperature_added=-self.colder_k * part,
            wind_added=self.added_m_per_s * part,
            radiation_factor=1 - part,
        )


class Spell(Change):
    """Weather that comes, stays, and goes again: from `from_h` after the plan's start."""

    from_h: float = Field(default=0, ge=0, le=8_760)
    hold_h: float = Field(default=72, ge=0, le=1_000)
    recover_h: float = Field(default=48, ge=0, le=240)

    def altered_by(self, situation: Situation, extreme_k: float, onset_h: float) -> Situation:
        """Return the situation with air that moves by `extreme_k`, holds and comes back."""
        lengths_h = onset_h, self.hold_h, self.recover_h

        def change(times: Times) -> Alteration:
            since_h = np.asarray((times - utc64(situation.grid.start)) / HOUR) - self.from_h
            added_k = extreme_k * spell_course(since_h, *lengths_h)
            return replace(nothing_altered(times.size), temperature_added=added_k)

        return with_weather(situation, change)


class ColdWave(Spell):
    """A cold wave 寒潮: a front falls, holds, recovers (handbook §13: −10 K in 48 h, 3 days).

    By handbook §2 it is one where the daily minimum falls by 8 K in a day, 10 K in two or 12 K in
    three, to 4 °C or less: whether that is so shows in the weather that it meets.
    """

    kind: Literal["cold_wave"] = "cold_wave"
    depth_k: float = Field(default=10, ge=0, le=30)
    fall_h: float = Field(default=48, gt=0, le=120)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the wave in its weather."""
        return self.altered_by(situation, -self.depth_k, self.fall_h)


class WarmSpell(Spell):
    """A few warm days, in which heat is lowered slowly and not too far (handbook §10)."""

    kind: Literal["warm_spell"] = "warm_spell"
    rise_k: float = Field(default=8, ge=0, le=25)
    rise_h: float = Field(default=24, gt=0, le=120)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the spell in its weather."""
        return self.altered_by(situation, self.rise_k, self.rise_h)


def with_weather(situation: Situation, change: Callable[[Times], Alteration]) -> Situation:
    """Return a situation with altered weather; `change` tells it for hours in a row."""
    sky, further = situation.weather, situation.further
    times = sky["time"].values
    case = situation.case
    normal_c = normal_temperature(place_of(case.settings), times, case.climate)
    hours = further["time"].values[0] + np.arange(NOTED_H) * HOUR
    return replace(
        situation,
        weather=altered(sky, change(times), normal_c),
        further=noted(further, hours, change(hours)),
    )


def part_of_hours(times: Times, begins: datetime, ends: datetime) -> Array:
    """Return what part of the hours that start at `times` lies in a window, (hour,)."""
    first, last = np.maximum(times, utc64(begins)), np.minimum(times + HOUR, utc64(ends))
    return np.asarray(np.clip((last - first) / HOUR, 0.0, 1.0))


def spell_course(since_h: Array, onset_h: float, hold_h: float, recover_h: float) -> Array:
    """Return what part of its extreme a spell has, (hour,), `since_h` hours after it began.

    Straight to the extreme and back. Of each hour its end counts, so that a fall of 48 h is
    through in the 48th and shows in full between days that are two apart.
    """
    end_h = since_h + 1.0
    back_h = end_h - onset_h - hold_h
    falls = np.clip(end_h / onset_h, 0.0, 1.0)
    gone = np.clip(back_h / recover_h, 0.0, 1.0) if recover_h > 0 else (back_h > 0).astype(float)
    return np.asarray(falls - gone)


CHANGES = (
    TemperatureShift,
    TemperatureScale,
    ColdWave,
    WarmSpell,
    Wind,
    Cloud,
    Snow,
    DrawnWeather,
)
