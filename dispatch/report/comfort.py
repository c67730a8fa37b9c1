"""Rooms: how many homes at which temperature, and hours outside what the law and comfort allow."""

from dataclasses import dataclass

import numpy as np

from dispatch.messages import say
from dispatch.report.charts import Chart, Series
from dispatch.report.markup import Column, chart, number, paragraph, section, table
from dispatch.report.run_facts import Array, RunFacts

BIN_K = 0.5
SLACK_K = 0.05  # a published temperature is rounded: less is not below
SHOWN_C = (14.0, 26.0)  # what is colder or warmer is counted at the ends


@dataclass(frozen=True)
class Below:
    """Stations (loops) that fall below a temperature at some hour when it is due."""

    stations: int
    all_stations: int
    homes: int
    hours: int  # of the station that is below longest
    station_hours: float
    home_hours: float
    worst_c: float


def due(facts: RunFacts) -> np.ndarray:
    """Return where the legal temperature is due, (station, step); not while nobody is in."""
    whole: np.ndarray = facts.values("station_floor") >= facts.legal_c
    return whole


def coldest_c(facts: RunFacts) -> Array:
    """Return the coldest room temperature of each loop while people are in, °C."""
    rooms = facts.values("station_indoor")
    cold: Array = np.where(due(facts), rooms, np.inf).min(axis=1)
    return np.where(np.isfinite(cold), cold, rooms.min(axis=1))


def ends_below(facts: RunFacts, least_c: float, ours: bool) -> Below:
    """Return who falls below a temperature, of stations we command or of others."""
    mine = (facts.values("station_controllable") > 0) == ours
    rooms, homes = facts.values("station_indoor"), facts.values("station_homes")
    cold = (rooms < least_c - SLACK_K) & due(facts) & mine[:, None]
    return _counted(facts, cold, np.where(cold, rooms, np.inf), homes, mine)


def ends_above(facts: RunFacts, most_c: float, ours: bool) -> Below:
    """Return who gets warmer than a temperature; `worst_c` is the warmest room."""
    mine = (facts.values("station_controllable") > 0) == ours
    rooms, homes = facts.values("station_indoor"), facts.values("station_homes")
    warm = (rooms > most_c + SLACK_K) & mine[:, None]
    return _counted(facts, warm, np.where(warm, -rooms, np.inf), homes, mine)


def _counted(
    facts: RunFacts, hit: np.ndarray, by_worst: Array, homes: Array, mine: np.ndarray
) -> Below:
    hours = hit.sum(axis=1) * facts.run.step_h
    some = hours > 0
    return Below(
        stations=int(some.sum()),
        all_stations=int(mine.sum()),
        homes=int(homes[some].sum()),
        hours=int(np.ceil(hours.max(initial=0.0))),
        station_hours=float(hours.sum()),
        home_hours=float((hours * homes).sum()),
        worst_c=abs(float(by_worst.min(initial=np.inf))),
    )


def comfort_section(facts: RunFacts) -> str:
    """Return the distribution and the hours outside the limits."""
    legal, upper = f"{facts.legal_c:g}", f"{facts.upper_c:g}"
    columns = (
        Column(say("report.who"), is_word=True),
        Column(say("report.limit"), is_word=True),
        Column(say("report.stations")),
        Column(say("report.homes")),
        Column(say("report.station_hours"), say("report.note_station_hours")),
        Column(say("report.home_hours"), say("report.note_home_hours")),
        Column(say("report.worst_c")),
    )
    rows = []
    for ours, who in ((True, say("report.ours")), (False, say("report.others"))):
        for label, found in (
            (say("report.below", c=legal), ends_below(facts, facts.legal_c, ours)),
            (say("report.above", c=upper), ends_above(facts, facts.upper_c, ours)),
        ):
            rows.append((who, label, *_cells(found)))
    told = paragraph(say("report.note_comfort"), class_="quiet")
    return section(
        "comfort",
        say("report.title_comfort"),
        told,
        chart("comfort"),
        table(columns, rows, name="comfort-table"),
    )


def _cells(found: Below) -> tuple[str, ...]:
    return (
        number(found.stations),
        number(found.homes),
        number(found.station_hours),
        number(found.home_hours),
        number(found.worst_c if found.stations else None, 1),
    )


def comfort_chart(facts: RunFacts) -> Chart:
    """Return how many homes have which coldest temperature, in steps of half a degree."""
    cold = np.clip(coldest_c(facts), *SHOWN_C)
    edges = np.arange(np.floor(cold.min() * 2) / 2, np.floor(cold.max() * 2) / 2 + 2 * BIN_K, BIN_K)
    place = np.clip(((cold - edges[0]) / BIN_K).astype(int), 0, edges.size - 2)
    homes, ours = facts.values("station_homes"), facts.values("station_controllable") > 0
    series = [
        Series(name, np.bincount(place[who], homes[who], edges.size - 1), "bar")
        for name, who in ((say("report.ours"), ours), (say("report.others"), ~ours))
    ]
    return Chart(
        name="comfort",
        title=say("report.chart_comfort"),
        unit=say("report.unit_homes"),
        labels=[f"{low:.1f}–{low + BIN_K:.1f}" for low in edges[:-1]],
        ticks=[f"{low:.1f}" for low in edges[:-1]],
        series=series,
        decimals=0,
        x_unit="°C",
    )
