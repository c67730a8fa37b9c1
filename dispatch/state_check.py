"""What of a last plan's state can be true, and what of the case has changed since.

A file may be whole and yet hold what no town ever was. Each such figure is left out by itself and
named; what it stood for starts settled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.initial_state import Known, LastPlan, things_of
from dispatch.messages import say, words
from dispatch.plan import Remark

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

ROOMS_C = (-10.0, 45.0)  # a house left open in a cold wave; one in which nobody shuts a valve
WATER_C = (0.0, 180.0)  # a main under pressure is no hotter
MOST_MW = 1e5  # more than any town
NAMED = 3  # in a remark


def checked(last: LastPlan, case: Case) -> tuple[LastPlan, tuple[Remark, ...]]:
    """The state without what cannot be true, and a remark on that; `case` counts the units."""
    count = {source.source_id: source.unit_count for source in case.sources}
    refused: list[str] = []

    def within(known: Known, low: float, high: float, *, may_be_null: bool = False) -> Known:
        values = known.values
        good = (values >= low) & (values <= high)
        good |= np.isnan(values) if may_be_null else False
        return only(known, np.asarray(good.all(axis=1)))

    def only(known: Known, good: Mask) -> Known:
        refused.extend(name for name, fine in zip(known.ids, good, strict=True) if not fine)
        ids = tuple(name for name, fine in zip(known.ids, good, strict=True) if fine)
        return Known(ids, known.hours, known.values[good].reshape(len(ids), known.hours.size))

    most_units = np.array([count.get(name, np.inf) for name in last.source_units_on.ids])
    units = last.source_units_on
    # A part of a unit over the count is rounding; a case with fewer units is an edit, no fault.
    units = within(units, -1e-3, max(1e3, float(most_units.max(initial=0.0))), may_be_null=True)
    stock = within(last.stock_t, 0.0, 1e9)
    stored = last.source_stored_mwh
    sound = replace(
        last,
        indoor_c=within(last.indoor_c, *ROOMS_C),
        stock_t=stock,
        stock_in_file_t={
            name: value for name, value in last.stock_in_file_t.items() if name in stock.ids
        },
        source_heat_mw=within(last.source_heat_mw, -MOST_MW, MOST_MW),
        source_units_on=units,
        link_sent_mw=within(last.link_sent_mw, -MOST_MW, MOST_MW),
        station_heat_kw=within(last.station_heat_kw, -1.0, 1e3 * MOST_MW, may_be_null=True),
        station_supply_c=within(last.station_supply_c, *WATER_C, may_be_null=True),
        plant_supply_c=within(last.plant_supply_c, *WATER_C, may_be_null=True),
        source_stored_mwh=None if stored is None else within(stored, -1e-3, 1e9, may_be_null=True),
    )
    return sound, _refused(refused)


def _refused(ids: list[str]) -> tuple[Remark, ...]:
    names = sorted(set(ids))
    if not names:
        return ()
    return (Remark("daily.state_refused", {"count": len(names), "first": _first(names)}),)


def edits_since(last: LastPlan, case: Case) -> tuple[tuple[str, ...], tuple[Remark, ...]]:
    """Ids that the last plan's case and this one do not have alike, and remarks on them."""
    loops = {station.loop_id for station in case.stations}
    sources = {source.source_id for source in case.sources}
    mains = {link.link_id for link in case.links}
    yards = {yard.yard_id for yard in case.yards}
    before = set(last.indoor_c.ids), set(last.source_units_on.ids)
    before_all = set().union(*before, last.link_sent_mw.ids, last.stock_t.ids)
    now_all = loops | sources | mains | yards
    added, gone = sorted(now_all - before_all), sorted(before_all - now_all)
    step_h = case.settings.time.step_min / 60.0
    changed_step = abs(step_h - last.step_h) > 1e-9
    changed = _changed(last, case)
    told = tuple(_change_remarks(last, changed))
    if not (added or gone or changed_step):
        return tuple(changed), told
    values: dict[str, object] = {
        "plan_id": last.plan_id,
        "added": len(added),
        "first_added": _first(added),
        "gone": len(gone),
        "first_gone": _first(gone),
        "step_min": round(step_h * 60.0),
        "step_before_min": round(last.step_h * 60.0),
    }
    return (*added, *gone, *changed), (Remark("daily.case_edited", values), *told)


def _changed(last: LastPlan, case: Case) -> dict[str, list[str]]:
    """What was changed of things that both have, in words by id; empty for states of before."""
    found: dict[str, list[str]] = {}
    for name, now in things_of(case).items():
        before = last.things.get(name, {})
        for what, value in now.items():
            if what in before and before[what] != value:
                words = {"what": what, "before": before[what], "now": value}
                found.setdefault(name, []).append(say("daily.edited_value", thing=name, **words))
    return found


def _change_remarks(last: LastPlan, changed: Mapping[str, list[str]]) -> Iterator[Remark]:
    told = [one for several in changed.values() for one in several]
    if told:
        values = {"plan_id": last.plan_id, "count": len(told), "first": _first(told)}
        yield Remark("daily.case_values_edited", values)


def _first(names: list[str]) -> str:
    """The first names of a list; a dash for none."""
    return words(*names[:NAMED]) + (", …" if len(names) > NAMED else "") if names else "–"
