"""The screen of `heat-dispatch load`: standing in words, recent skill, days and hours."""

import math
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dispatch.load_outlook import LoadOutlook
from dispatch.messages import say, words
from dispatch.settings import Settings
from forecasts.demand.load_model import Standing
from scenarios.screen import Fact, Figures, Screen
from scenarios.weather_chart import day_name

COLOUR = {
    Standing.GUESSING: "bold yellow",
    Standing.LEARNING: "bold yellow",
    Standing.SETTLED: "bold green",
}
EVERY_H = 3  # hours of the day in a row
DAY_H = 24


def load_screen(settings: Settings, station: str | None, outlook: LoadOutlook) -> Screen:
    """Return what there is to know of a load forecast."""
    zone = ZoneInfo(settings.timezone)
    subject = say("load.network") if station is None else say("load.station", station=station)
    title = say(
        "load.title",
        name=settings.name,
        subject=subject,
        hours=outlook.times.size,
        start=f"{_local(outlook, zone)[0]:%Y-%m-%d %H:%M}",
    )
    standing = say(f"load.standing_{outlook.standing.value}", days=round(outlook.history_days))
    facts = [
        Fact(say("load.standing"), (standing,), COLOUR[outlook.standing]),
        *_doubts(outlook),
        *_skill(outlook),
        Fact(say("load.weather"), (_weather(outlook),)),
        *_weights(outlook),
    ]
    return Screen(title, (*facts, _days(outlook, zone), _hours(outlook, zone)))


def _local(outlook: LoadOutlook, zone: ZoneInfo) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(outlook.times, tz="UTC").tz_convert(zone)


def _doubts(outlook: LoadOutlook) -> list[Fact]:
    lines = [
        f"- {say(f'load.doubt_{doubt.value}', age_h=round(outlook.age_h))}"
        for doubt in sorted(outlook.doubts, key=lambda one: one.value)
    ]
    return [Fact(say("load.doubts"), tuple(lines))] if lines else []


def _skill(outlook: LoadOutlook) -> list[Fact]:
    skill = outlook.skill
    if not math.isfinite(skill.nrmse):
        return [Fact(say("load.skill"), (say("load.skill_none"),))]
    text = say(
        "load.skill_value",
        nrmse_pct=100.0 * skill.nrmse,
        mape_pct=100.0 * skill.mape,
        coverage_pct=100.0 * skill.coverage,
    )
    return [Fact(say("load.skill"), (text,))]


def _weather(outlook: LoadOutlook) -> str:
    if outlook.missing_runs == 0:
        return say("load.weather_stored", runs=outlook.stored_runs)
    return say("load.weather_came", runs=outlook.stored_runs, days=outlook.missing_runs)


def _weights(outlook: LoadOutlook) -> list[Fact]:
    parts = sorted(outlook.weights.items(), key=lambda one: -one[1])
    told = words(*(f"{name} {100.0 * weight:.0f} %" for name, weight in parts if weight > 0.005))
    return [Fact(say("load.weights"), (told,))] if told else []


def _days(outlook: LoadOutlook, zone: ZoneInfo) -> Figures:
    """Mean, lowest and highest hour of each local day, and its energy."""
    columns = (
        say("load.day_column"),
        say("load.mean_column"),
        say("load.min_column"),
        say("load.max_column"),
        say("load.energy_column"),
        say("load.band_column"),
    )
    dates = _local(outlook, zone).date
    rows = []
    for day in dict.fromkeys(dates):
        mine = dates == day
        load = outlook.load_mw[mine]
        if not np.isfinite(load).all():
            continue
        low, high = outlook.p10_mw[mine].mean(), outlook.p90_mw[mine].mean()
        half_pct = 50.0 * (high - low) / load.mean() if load.mean() > 0.0 else 0.0
        hours = int(mine.sum())
        rows.append(
            (
                day_name(day)
                if hours == DAY_H
                else say("load.part", day=day_name(day), hours=hours),
                f"{load.mean():.2f}",
                f"{load.min():.2f}",
                f"{load.max():.2f}",
                f"{load.sum() * 3.6:.0f}",
                f"±{half_pct:.1f}",
            )
        )
    return Figures(columns, tuple(rows))


def _hours(outlook: LoadOutlook, zone: ZoneInfo) -> Figures:
    """A row a day, a column every third hour, MW."""
    local = _local(outlook, zone)
    hours = range(0, DAY_H, EVERY_H)
    by_hour: dict[object, dict[int, str]] = {}
    for moment, value in zip(local, outlook.load_mw, strict=True):
        told = f"{value:.2f}" if math.isfinite(value) else ""
        by_hour.setdefault(moment.date(), {}).setdefault(moment.hour, told)
    columns = (say("load.hours_column"), *(f"{hour:02d}" for hour in hours))
    days = dict.fromkeys(local.date)
    rows = tuple((day_name(day), *(by_hour[day].get(hour, "") for hour in hours)) for day in days)
    return Figures(columns, rows)
