"""The first screen: is today safe, what to do, what changed, the coldest station, the coal."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

import numpy as np

from dispatch.history.difference_words import effect_lines, why_lines
from dispatch.history.past_run import PastRun
from dispatch.history.run_difference import run_difference
from dispatch.messages import say
from dispatch.plan import Quality
from dispatch.quality_words import quality_words
from dispatch.report.comfort import ends_below
from dispatch.report.markup import NO_BREAK, bullets, element, folded, number, paragraph
from dispatch.report.run_facts import RunFacts
from dispatch.retold import retold

SIGN = {Quality.GREEN: "✓", Quality.AMBER: "!", Quality.RED: "✕"}
LEADS = {
    Quality.GREEN: "report.safe_green",
    Quality.AMBER: "report.safe_amber",
    Quality.RED: "report.safe_red",
}
LEADS_OF_WHAT_IF = {
    Quality.GREEN: "report.what_if_green",
    Quality.AMBER: "report.what_if_amber",
    Quality.RED: "report.what_if_red",
}
MOST_LINES = 6  # of a card
SOON_D = 7  # an order that is due later is told with the coal alone
MOST_CHANGES = 4  # on the first screen; all of them are told further down
NO_NEWS = 0.01  # of a unit: rounding of the solver
# Notes that ask somebody to do something.
TO_DO = (
    *("daily.light_source", "daily.preheat", "daily.third_party_cold", "daily.coal_missing"),
    *("daily.coal_need", "daily.coal_need_shares", "daily.yard_bottom", "daily.yard_below_reserve"),
    *("daily.power_off", "daily.order_broken", "daily.part_of_chp", "daily.below_min_load"),
)


def head(facts: RunFacts) -> str:
    """Return the heading, the verdict with its reasons, and the cards under it."""
    summary = facts.summary
    when = say(
        "report.when",
        issued=datetime.fromisoformat(summary["issued_at"]),
        start=datetime.fromisoformat(summary["horizon_start"]),
        end=datetime.fromisoformat(summary["horizon_end"]),
        plan=summary["plan_id"],
        version=summary["plan_version"],
    )
    cards = (
        _card("safe", say("report.card_safe"), *_safe(facts)),
        _card("todo", say("report.card_todo"), *_first(to_do(facts))),
        _card("changed", say("report.card_changed"), *_changed(facts)),
        _card("coldest", say("report.card_coldest"), *_coldest(facts)),
        _card("coal", say("report.card_coal"), *_first(coal_lines(facts))),
    )
    return element(
        "header",
        element("h1", escape(facts.title)),
        *_what_if(facts),
        paragraph(when, class_="quiet"),
        _verdict(facts),
        element("div", *cards, class_="cards"),
    )


def _what_if(facts: RunFacts) -> list[str]:
    """Say that a plan is not to be sent, before anything else is said of it."""
    if facts.what_if is None:
        return []
    told = say("report.what_if", question=facts.what_if)
    return [element("p", escape(told), class_="what-if", id="what-if")]


def _verdict(facts: RunFacts) -> str:
    label = quality_words(facts.quality, facts.rung)
    sign = element("span", SIGN[facts.quality], class_="sign", aria_hidden="true")
    parts = [element("p", sign, " ", escape(label), class_="verdict-words")]
    for title, name in (("report.why", "reasons"), ("report.shortage", "shortage")):
        lines = _retold(facts.summary.get(name) or ())
        if name == "shortage":  # what is among the reasons is not said twice
            lines = [one for one in lines if one not in _retold(facts.summary["reasons"])]
        if lines:
            parts += [paragraph(say(title), class_="label"), bullets(lines)]
    attributes = {"class_": f"verdict {facts.quality.value}", "id": "verdict", "role": "status"}
    return element("div", *parts, **attributes)


def _retold(said: Sequence[Mapping[str, Any]]) -> list[str]:
    return [retold(one) for one in said]


def _first(lines: list[str]) -> list[str]:
    """The first lines, the others behind a click."""
    if len(lines) <= MOST_LINES + 1:
        return [bullets(lines)]
    more = say("report.more", more=len(lines) - MOST_LINES)
    return [bullets(lines[:MOST_LINES]), folded(more, bullets(lines[MOST_LINES:]))]


def _card(name: str, title: str, *inner: str) -> str:
    return element(
        "article", element("h2", escape(title)), *inner, class_="card", id=f"card-{name}"
    )


def _safe(facts: RunFacts) -> list[str]:
    """Rooms of ours and of others against the law, in words."""
    told = []
    for ours, key, none in (
        (True, "report.safe_ours", "report.safe_ours_none"),
        (False, "report.safe_others", "report.safe_others_none"),
    ):
        below = ends_below(facts, facts.legal_c, ours)
        if not below.stations and not below.all_stations:
            continue
        if not below.stations:
            told.append(say(none, legal_c=f"{facts.legal_c:g}", all=below.all_stations))
            continue
        values = {"worst_c": f"{below.worst_c:.1f}", "legal_c": f"{facts.legal_c:g}"}
        told.append(
            say(
                key, stations=below.stations, homes=number(below.homes), hours=below.hours, **values
            )
        )
    asked = LEADS if facts.what_if is None else LEADS_OF_WHAT_IF
    return [paragraph(say(asked[facts.quality]), class_="lead"), bullets(told)]


def to_do(facts: RunFacts) -> list[str]:
    """Return what somebody has to do, in the order of its urgency."""
    said = [*facts.summary["reasons"], *facts.summary["notes"]]
    lines = [retold(one) for one in said if one["key"] in TO_DO]
    lit = {one["values"].get("source") for one in said if one["key"] == "daily.light_source"}
    lines = [*_unit_changes(facts, lit), *lines]
    today = facts.run.issued_at.date()
    orders = [
        (date.fromisoformat(yard["ahead"]["order_by"]), yard["yard_id"])
        for yard in facts.summary["yards"]
        if (yard.get("ahead") or {}).get("order_by")
    ]
    lines += [
        say("report.order_coal", yard=yard, day=day)
        for day, yard in sorted(orders)
        if (day - today).days <= SOON_D
    ]
    nothing = "report.todo_none" if facts.what_if is None else "report.what_if_todo_none"
    return lines or [say(nothing)]


def _unit_changes(facts: RunFacts, lit: set[str | None]) -> list[str]:
    """Units to light and to stop, the next first; `lit` are told in other words."""
    found = []
    for key, name in (
        ("report.start_unit", "source_started"),
        ("report.stop_unit", "source_stopped"),
    ):
        if not facts.has(name):
            continue
        for row, step in np.argwhere(facts.values(name) > NO_NEWS).tolist():
            source = facts.words("source")[row]
            if name == "source_started" and source in lit:
                continue
            units = facts.values(name)[row, step]
            at = facts.step_starts[step]
            found.append((at, say(key, source=source, units=f"{units:.0f}", at=at)))
    return [line for _, line in sorted(found)]


def against_what(facts: RunFacts, before: PastRun) -> str:
    """Say which plan a plan is compared with."""
    if facts.what_if is not None:
        return say("report.against_base")
    return say("report.against", issued=before.issued_at)


def _changed(facts: RunFacts) -> list[str]:
    """The few changes that matter most, and where the rest is told."""
    if facts.before is None:
        return [paragraph(say("report.changed_none"))]
    against = paragraph(against_what(facts, facts.before), class_="quiet")
    difference = run_difference(facts.before, facts.run)
    why, effect = why_lines(difference), effect_lines(difference)
    lines = [*why[: MOST_CHANGES // 2], *effect[: MOST_CHANGES - min(len(why), MOST_CHANGES // 2)]]
    link = element("a", escape(say("report.all_changes")), href="#changes")
    return [against, bullets(lines), element("p", link, class_="no-print")]


def _coldest(facts: RunFacts) -> list[str]:
    """The coldest loop that we command and the coldest of others."""
    told = []
    labels = {
        "coldest_commanded": say("report.coldest_ours"),
        "coldest_third_party": say("report.coldest_others"),
    }
    for name, label in labels.items():
        one = facts.summary.get(name)
        if one is None:
            continue
        known = dict(zip(facts.words("station"), facts.words("station_name"), strict=False))
        station = f"{one['station']} {known.get(one['station'], '')}".strip()
        value = element("strong", f"{one['indoor_c']:.1f}{NO_BREAK}°C", class_="big")
        where = say(
            "report.coldest_where",
            station=station,
            zone=one["zone_id"],
            at=datetime.fromisoformat(one["at"]),
            homes=number(one["homes"]),
        )
        told += [paragraph(label, class_="label"), element("p", value, " ", escape(where))]
    return told or [paragraph(say("report.nothing"))]


def coal_lines(facts: RunFacts) -> list[str]:
    """Return how long each yard lasts and when coal has to be ordered, a line a yard."""
    lines = []
    for yard in facts.summary["yards"]:
        ahead = yard.get("ahead")
        days = yard["days_of_cover"] if ahead is None else ahead["days_of_cover_p50"]
        told = {"yard": yard["yard_id"], "days": number(days, 1)}
        if ahead is None:
            lines.append(say("report.coal_no_outlook", **told))
        elif ahead["order_by"] is None:
            lines.append(say("report.coal_no_order", **told))
        else:
            lines.append(
                say("report.coal_order", day=date.fromisoformat(ahead["order_by"]), **told)
            )
    return lines or [say("report.no_yards")]
