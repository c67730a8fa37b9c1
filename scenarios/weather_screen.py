"""The screen of `heat-dispatch weather show`, and the same as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from dispatch.messages import say, words
from dispatch.settings import Settings
from forecasts.weather.outlook import (
    DayOutlook,
    temperature_members,
    temperature_quantiles,
)
from forecasts.weather.run import iso_utc, utc64
from forecasts.weather.solar import HOUR
from forecasts.weather.verdict import Outcome
from scenarios.screen import Fact, Figures, Screen, forecast_fact
from scenarios.weather_chart import day_name
from scenarios.weather_words import (
    Judged,
    Standing,
    attempt_lines,
    gate_lines,
    gate_name,
    note_lines,
    standing_text,
)

SCHEMA, SCHEMA_VERSION = "heat-dispatch/weather", 1
COLOUR = {
    Standing.GOOD: "bold green",
    Standing.DOUBTFUL: "bold yellow",
    Standing.NO_FORECAST: "bold yellow",
}
OBJECTIONS = (Outcome.REFUSED, Outcome.DOUBTFUL)
SPREAD_DAYS = (1, 3, 7)  # ahead, at which the spread is told


def weather_screen(
    settings: Settings, weather: xr.Dataset, said: Judged, days: Sequence[DayOutlook]
) -> Screen:
    """Return what there is to know of a forecast: source, trust and the days from today on."""
    title = say(
        "weather_cli.show_title",
        name=settings.name,
        first=days[0].day.isoformat(),
        last=days[-1].day.isoformat(),
    )
    provenance = said.provenance
    facts = [
        forecast_fact(provenance, settings.timezone),
        Fact(say("weather_cli.trust"), (standing_text(said.standing),), COLOUR[said.standing]),
        *_gates(say("weather_cli.doubts"), said, *OBJECTIONS),
        *_gates(say("weather_cli.mended"), said, Outcome.MENDED),
        *_not_judged(said),
        *_listed(say("weather_cli.not_used"), attempt_lines(provenance.attempts)),
        *_listed(say("weather_cli.notes"), note_lines(provenance.provider, provenance.notes)),
        *_reach(said, settings.timezone),
        *_spread(weather, said),
    ]
    return Screen(title, (*facts, day_figures(days)))


def day_figures(days: Sequence[DayOutlook]) -> Figures:
    """Return the table of days."""
    columns = (
        say("weather_cli.day_column"),
        say("weather_cli.min_column"),
        say("weather_cli.mean_column"),
        say("weather_cli.max_column"),
        say("weather_cli.band_column"),
        say("weather_cli.wind_column"),
        say("weather_cli.sun_column"),
        say("weather_cli.anomaly_column"),
        say("weather_cli.remark_column"),
    )
    rows = tuple(
        (
            day_name(day.day),
            f"{day.min_c:.1f}",
            f"{day.mean_c:.1f}",
            f"{day.max_c:.1f}",
            _band(day),
            f"{day.wind_m_per_s:.1f}",
            f"{day.sun_kwh_per_m2:.1f}",
            f"{day.anomaly_k:+.1f}",
            _remark(day),
        )
        for day in days
    )
    return Figures(columns, rows, words=(0, len(columns) - 1))


def weather_json(
    settings: Settings, weather: xr.Dataset, said: Judged, days: Sequence[DayOutlook]
) -> str:
    """Return all of the screen for machines; numbers unrounded, null where not known."""
    provenance = said.provenance
    plain = {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "case": settings.id,
        "standing": said.standing.value,
        "provider": provenance.provider,
        "nature": provenance.nature.value,
        "known_by": iso_utc(provenance.known_by),
        "issue_time": iso_utc(provenance.issue_time),
        "issue_time_estimated": provenance.issue_time_estimated,
        "age_h": provenance.age_h,
        "run_end": iso_utc(provenance.run_end),
        "filled_hours": provenance.filled_hours,
        "interpolated_hours": provenance.interpolated_hours,
        "from_store": provenance.from_store,
        "members": _member_count(weather),
        "gates": json.loads(str(weather.attrs.get("gates", "[]"))),
        "attempts": json.loads(str(weather.attrs["attempts"])),
        "notes": json.loads(str(weather.attrs.get("notes", "[]"))),
        "opinions": json.loads(str(weather.attrs.get("opinions", "[]"))),
        "spread": json.loads(str(weather.attrs.get("trust", "null"))),
        "correction": json.loads(str(weather.attrs.get("correction", "null"))),
        "calibration": json.loads(str(weather.attrs.get("calibration", "null"))),
        "days": [asdict(day) | {"anomaly_k": day.anomaly_k} for day in days],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False, default=str) + "\n"


def _listed(label: str, lines: Sequence[str]) -> list[Fact]:
    return [Fact(label, tuple(f"- {line}" for line in lines))] if lines else []


def _gates(label: str, said: Judged, *outcomes: Outcome) -> list[Fact]:
    return _listed(label, gate_lines(said.provenance.provider, said.with_outcome(*outcomes)))


def _not_judged(said: Judged) -> list[Fact]:
    """Name the gates that had nothing to judge by, in one line."""
    names = [gate_name(verdict) for verdict in said.with_outcome(Outcome.NOT_JUDGED)]
    return [Fact(say("weather_cli.not_judged"), (words(*names),))] if names else []


def _reach(said: Judged, timezone: str) -> list[Fact]:
    """Say when the forecast's own hours end; nothing where there is no forecast."""
    provenance = said.provenance
    if said.standing is Standing.NO_FORECAST:
        return []
    end = f"{provenance.run_end.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
    filled = provenance.filled_hours
    if filled:
        text = say("weather_cli.reaches_filled", end=end, hours=filled)
    else:
        text = say("weather_cli.reaches_value", end=end)
    return [Fact(say("weather_cli.reaches"), (text,))]


def _spread(weather: xr.Dataset, said: Judged) -> list[Fact]:
    """Say how wide the hours of the coming days may miss, or that nobody knows."""
    label = say("weather_cli.spread")
    quantiles = temperature_quantiles(weather)
    if quantiles is None or 0.1 not in quantiles or 0.9 not in quantiles:
        known = said.provenance.trust is not None
        return [] if known else [Fact(label, (say("weather_cli.spread_unknown"),))]
    half_k = (quantiles[0.9] - quantiles[0.1]) / 2
    since_h = (weather["time"].values - utc64(said.provenance.known_by)) / HOUR
    told = []
    for day in SPREAD_DAYS:
        at = np.flatnonzero((since_h >= 24 * (day - 1)) & (since_h < 24 * day))
        if at.size == 24:
            text = say("weather_cli.spread_day", half_k=float(half_k[at].mean()), day=day)
            told.append(text)
    return [Fact(label, (say("weather_cli.spread_value", told=words(*told)),))] if told else []


def _member_count(weather: xr.Dataset) -> int:
    members = temperature_members(weather)
    return 0 if members is None else len(members)


def _band(day: DayOutlook) -> str:
    if day.mean_low_c is None or day.mean_high_c is None:
        return say("weather_cli.no_value")
    return say("weather_cli.band_value", low=day.mean_low_c, high=day.mean_high_c)


def _remark(day: DayOutlook) -> str:
    remarks = [say("weather_cli.cold_wave")] if day.cold_wave else []
    if day.climate_hours:
        remarks.append(say("weather_cli.some_climate", hours=day.climate_hours))
    return words(*remarks)
