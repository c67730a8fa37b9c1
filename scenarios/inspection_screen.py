"""The screens of `heat-dispatch weather fetch` and `check`, and the same as JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dispatch.messages import say
from dispatch.settings import Settings
from forecasts.weather.inspection import Inspection
from forecasts.weather.provider import Nature
from forecasts.weather.run import iso_utc
from forecasts.weather.verdict import GateVerdict
from scenarios.screen import Fact, Figures, Screen
from scenarios.weather_words import gate_name, outcome_name, refusal_text

SCHEMA_VERSION = 1


def fetch_screen(
    settings: Settings, found: Sequence[Inspection], kept: Mapping[str, Path], now: datetime
) -> Screen:
    """Return a line for each source: what it gave, and why it did not."""
    columns = (
        say("weather_cli.source_column"),
        say("weather_cli.result_column"),
        say("weather_cli.issued_column"),
        say("weather_cli.age_column"),
        say("weather_cli.hours_column"),
        say("weather_cli.members_column"),
        say("weather_cli.seconds_column"),
    )
    zone = ZoneInfo(settings.timezone)
    rows = tuple(_fetch_row(one, zone, now) for one in found)
    reasons = tuple(f"- {refusal_text(one.refusal)}" for one in found if one.refusal is not None)
    files = tuple(f"- {path}" for path in kept.values())
    facts = [
        *([Fact(say("weather_cli.not_used"), reasons)] if reasons else []),
        *([Fact(say("weather_cli.kept"), files)] if files else []),
    ]
    title = say("weather_cli.fetch_title", name=settings.name)
    return Screen(title, (Figures(columns, rows, words=(0, 1, 2)), *facts))


def check_screen(name: str, found: Sequence[Inspection]) -> Screen:
    """Return, source by source, what each gate says."""
    columns = (
        say("weather_cli.gate_column"),
        say("weather_cli.outcome_column"),
        say("weather_cli.detail_column"),
    )
    parts: list[Fact | Figures] = []
    for one in found:
        parts.append(Fact(one.provider, (_result_line(one),)))
        rows = tuple((gate_name(v), outcome_name(v), v.detail) for v in one.gates)
        if rows:
            parts.append(Figures(columns, rows, words=(0, 1, 2)))
    return Screen(say("weather_cli.check_title", name=name), tuple(parts))


def fetch_json(settings: Settings, found: Sequence[Inspection], kept: Mapping[str, Path]) -> str:
    """Return what was fetched for machines; without durations, which differ from run to run."""
    sources = [
        _plain(one) | {"file": str(kept[one.provider]) if one.provider in kept else None}
        for one in found
    ]
    plain = {
        "schema": "heat-dispatch/weather-fetch",
        "version": SCHEMA_VERSION,
        "case": settings.id,
        "sources": sources,
    }
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def check_json(found: Sequence[Inspection]) -> str:
    """Return all verdicts for machines."""
    plain = {
        "schema": "heat-dispatch/weather-check",
        "version": SCHEMA_VERSION,
        "sources": [_plain(one) for one in found],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _fetch_row(one: Inspection, zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    nothing = say("weather_cli.no_value")
    seconds = f"{one.seconds:.1f}"
    if one.run is None or one.issue_time is None:
        return (one.provider, _result(one), *(nothing,) * 4, seconds)
    ageless = one.nature is not Nature.FORECAST
    return (
        one.provider,
        _result(one),
        nothing if ageless else f"{one.issue_time.astimezone(zone):%Y-%m-%d %H:%M}",
        nothing if ageless else f"{one.age_h(now):.1f}",
        str(one.run.sizes["time"]),
        str(one.members),
        seconds,
    )


def _result(one: Inspection) -> str:
    """Return in a word or two what a source gave."""
    if one.refusal is not None:
        return say("weather_cli.result_refused" if one.gates else "weather_cli.result_nothing")
    if one.nature is not Nature.FORECAST:
        return say("weather_cli.result_no_forecast")
    return say("weather_cli.result_doubtful" if one.objected else "weather_cli.result_ok")


def _result_line(one: Inspection) -> str:
    return refusal_text(one.refusal) if one.refusal is not None else _result(one)


def _plain(one: Inspection) -> dict[str, object]:
    return {
        "provider": one.provider,
        "nature": None if one.nature is None else one.nature.value,
        "issue_time": None if one.issue_time is None else iso_utc(one.issue_time),
        "hours": None if one.run is None else int(one.run.sizes["time"]),
        "members": one.members,
        "refused": None
        if one.refusal is None
        else {"cause": one.refusal.cause.value, "detail": one.refusal.detail},
        "gates": [_plain_gate(verdict) for verdict in one.gates],
    }


def _plain_gate(verdict: GateVerdict) -> dict[str, str]:
    return {
        "gate": verdict.gate.value,
        "outcome": verdict.outcome.value,
        "detail": verdict.detail,
    }
