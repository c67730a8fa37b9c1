"""Which source does what differently, in plain sentences."""

from collections.abc import Sequence

from dispatch.messages import say, words
from scenarios.whatif.comparison import SourceChange
from scenarios.whatif.figure import number, units
from scenarios.whatif.plan_figures import SourceFigures, UnitEvent

MOST_SOURCES = 4
MOST_EVENTS = 4
LEAST_MWH = 0.5  # less is told in the table alone
MORE_FULL_H = 1.0


def source_sentences(changes: Sequence[SourceChange]) -> tuple[str, ...]:
    """Return a sentence or two for each source that does something else, the largest first."""
    if not changes:
        return (say("compare.sources_same"),)
    told: list[str] = []
    for change in changes[:MOST_SOURCES]:
        told += _source(change)
    left = len(changes) - MOST_SOURCES
    return (*told, say("compare.sources_more", count=left)) if left > 0 else tuple(told)


def _source(change: SourceChange) -> list[str]:
    base, variant = change.base, change.variant
    if variant is None:
        mwh = number(base.heat_mwh if base else 0.0, 0)
        return [say("compare.source_gone", source=change.source_id, mwh=mwh)]
    if base is None:
        places = {"mwh": number(variant.heat_mwh, 0), "hours": f"{variant.hours:g}"}
        peak = number(variant.peak_mw, 1)
        return [say("compare.source_only", source=change.source_id, peak=peak, **places)]
    told = [_heat(change, base, variant)]
    if variant.full_hours >= base.full_hours + MORE_FULL_H:
        places = {"hours": f"{variant.full_hours:g}", "base_hours": f"{base.full_hours:g}"}
        told.append(say("compare.source_full", source=change.source_id, **places))
    return [*told, *_events(change.source_id, base.events, variant.events)]


def _heat(change: SourceChange, base: SourceFigures, variant: SourceFigures) -> str:
    if abs(change.heat_mwh) < LEAST_MWH:
        return say("compare.source_other_hours", source=change.source_id)
    part = 100.0 * change.heat_mwh / base.heat_mwh if abs(base.heat_mwh) > LEAST_MWH else None
    percent = number(part, 0, signed=True) if part is not None else ""
    places = {
        "source": change.source_id,
        "mwh": number(abs(change.heat_mwh), 0),
        "part": say("compare.percent", percent=percent) if percent else say("compare.from_nothing"),
        "hours": _hours(base.hours, variant.hours),
        "peak": number(variant.peak_mw, 1),
        "base_peak": number(base.peak_mw, 1),
    }
    if change.heat_mwh > 0:
        return say("compare.source_more", **places)
    return say("compare.source_less", **places)


def _hours(base_h: float, variant_h: float) -> str:
    if base_h == variant_h:
        return say("compare.hours_same", hours=f"{variant_h:g}")
    return say("compare.hours_other", hours=f"{variant_h:g}", base_hours=f"{base_h:g}")


def _events(source: str, base: Sequence[UnitEvent], variant: Sequence[UnitEvent]) -> list[str]:
    """Units started and stopped, where the base does otherwise."""
    told, before = event_text(variant), event_text(base)
    if told == before:
        return []
    if not told:
        return [say("compare.source_no_events", source=source, events=before)]
    if not before:
        return [say("compare.source_events", source=source, events=told)]
    return [say("compare.source_events_base", source=source, events=told, base=before)]


def event_text(events: Sequence[UnitEvent]) -> str:
    """Starts and stops with their local times: `+1 on 16 Jan 04:00, -1 on 17 Jan 10:00`."""
    told = [
        say("compare.event_start", units=units(event.started), at=event.at)
        if event.started > 0
        else say("compare.event_stop", units=units(-event.started), at=event.at)
        for event in events[:MOST_EVENTS]
    ]
    left = len(events) - len(told)
    return words(*([*told, say("compare.events_more", count=left)] if left else told))
