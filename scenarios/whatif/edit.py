"""Editing frozen rows and cases: copies that are checked again."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from dispatch.case import Case, Link, Source, Station
from dispatch.case_kinds import Row
from dispatch.settings import Settings
from dispatch.situation import Situation

RowT = TypeVar("RowT", bound=Row)


def edited(row: RowT, **values: object) -> RowT:
    """Return a row with other values, checked as if it had been read. Raises ValidationError."""
    return type(row).model_validate({**row.model_dump(by_alias=True), **values})


def with_case(situation: Situation, **tables: object) -> Situation:
    """Return a situation whose case has other tables (`stations=…`, `settings=…`).

    Rows are checked where they are edited; how they fit together is checked once, after the last
    change (`dispatch/case_recheck.py`).
    """
    case: Case = situation.case.model_copy(update=tables)
    return _with(situation, case)


def with_settings(situation: Situation, section: str, **values: object) -> Situation:
    """Return a situation with other values in a section of `case.toml`, or at its top (`""`)."""
    settings = situation.case.settings
    if section:
        changed = edited(getattr(settings, section), **values)
        return with_case(situation, settings=_settings(settings, {section: changed}))
    return with_case(situation, settings=_settings(settings, values))


def with_stations(situation: Situation, change: Callable[[Station], Station]) -> Situation:
    """Return a situation with every row of `stations.csv` put through `change`."""
    return with_case(situation, stations=tuple(change(row) for row in situation.case.stations))


def with_sources(situation: Situation, change: Callable[[Source], Source]) -> Situation:
    """Return a situation with every row of `sources.csv` put through `change`."""
    return with_case(situation, sources=tuple(change(row) for row in situation.case.sources))


def with_links(situation: Situation, change: Callable[[Link], Link]) -> Situation:
    """Return a situation with every row of `links.csv` put through `change`."""
    return with_case(situation, links=tuple(change(row) for row in situation.case.links))


def _settings(settings: Settings, values: dict[str, object]) -> Settings:
    return Settings.model_validate({**dict(settings), **values})


def _with(situation: Situation, case: Case) -> Situation:
    # A case remembers its plants and zones (cached_property); a copy must find its own.
    fresh = Case.model_construct(**dict(case))
    return replace(situation, case=fresh)
