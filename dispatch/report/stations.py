"""Stations: the table and map of the page's script, told as plain data, and their place."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from dispatch.messages import moment, say
from dispatch.report.comfort import coldest_c, due
from dispatch.report.markup import element, paragraph, section
from dispatch.report.run_facts import RunFacts
from dispatch.retold import reason
from dispatch.sheets.tables import figure, grouped

TENTHS = 10.0


def stations_section(facts: RunFacts) -> str:
    """Return filters, table and map; the script fills them."""
    zones = (element("option", escape(zone), value=zone) for zone in facts.words("zone"))
    controls = (
        _control("find", say("report.find"), '<input id="find" type="search" autocomplete="off">'),
        _control("zone", say("report.zone"), _select("zone", "".join(zones))),
        _control(
            "who",
            say("report.managed_by"),
            _select("who", _option("1", say("report.ours")) + _option("0", say("report.others"))),
        ),
    )
    legend = paragraph(say("report.note_sparkline"), class_="quiet")
    table = element("table", "<thead></thead><tbody></tbody>", id="stations-table")
    return section(
        "stations",
        say("report.title_stations"),
        legend,
        element("div", *controls, class_="controls no-print"),
        element("p", "", id="stations-count", role="status"),
        element("div", table, class_="wide", tabindex="0", role="group"),
        '<div id="pager" class="pager no-print"></div>',
        paragraph(say("report.print_coldest"), class_="print-only"),
        _map(facts),
    )


def _control(name: str, label: str, inner: str) -> str:
    return element("label", element("span", escape(label)), inner, for_=name)


def _select(name: str, options: str) -> str:
    return f'<select id="{name}">{_option("", say("report.all"))}{options}</select>'


def _option(value: str, text: str) -> str:
    return element("option", escape(text), value=value)


def _map(facts: RunFacts) -> str:
    if not has_places(facts):
        return paragraph(say("report.no_map"), class_="quiet")
    heading = element("h3", escape(say("report.title_map")))
    note = paragraph(say("report.note_map"), class_="quiet")
    return f'{heading}{note}<div id="map"></div>'


def has_places(facts: RunFacts) -> bool:
    """Return whether the case says where any station stands."""
    return facts.has("station_latitude") and bool(
        np.isfinite(facts.values("station_latitude")).any()
    )


def station_data(facts: RunFacts) -> dict[str, Any]:
    """Return the stations: temperatures in tenths of a degree, setpoints as published.

    `rows` are id, loop, name, zone, ours, homes, coldest, its step, floor, reason, latitude,
    longitude; `indoor` is by step, `supply` by block.
    """
    rows = list(grouped(facts.stations, "station_id", "loop").items())
    cold, rooms = coldest_c(facts), facts.values("station_indoor")
    seen = np.where(due(facts), rooms, np.inf)
    floor = facts.values("station_floor")
    homes, names = facts.values("station_homes"), facts.words("station_name")
    places = [
        facts.values(f"station_{name}") if has_places(facts) else np.full(cold.size, np.nan)
        for name in ("latitude", "longitude")
    ]
    reasons: dict[str, int] = {}
    told = []
    for at, ((station, loop), cells) in enumerate(rows):
        step = int(np.argmin(seen[at] if np.isfinite(seen[at]).any() else rooms[at]))
        why = reasons.setdefault(reason(cells[0]["reason"]), len(reasons))
        told.append(
            [
                station,
                loop,
                names[at] if names else "",
                cells[0]["zone_id"],
                int(cells[0]["controllable"]),
                int(homes[at]),
                _tenths(float(cold[at])),
                step,
                _tenths(float(floor[at, step])),
                why,
                *(round(float(one[at]), 5) if np.isfinite(one[at]) else None for one in places),
            ]
        )
    return {
        "rows": told,
        "reasons": list(reasons),
        "indoor": np.round(rooms * TENTHS).astype(int).tolist(),
        "supply": [[_cell(row, "secondary_supply_c") for row in cells] for _, cells in rows],
        "ends": [moment(one) for one in facts.step_ends],
        "blocks": [moment(one) for one in facts.block_starts],
        "legal": _tenths(facts.legal_c),
    }


def _cell(row: Any, name: str) -> int | None:
    value = figure(row, name)
    return None if value is None else _tenths(value)


def _tenths(value_c: float) -> int:
    return round(value_c * TENTHS)


def labels_of(columns: Sequence[str]) -> dict[str, str]:
    """Return words of the catalogue by their keys without the area."""
    return {key.partition(".")[2]: say(key) for key in columns}
