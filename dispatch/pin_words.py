"""Which rows of the setpoint files a pin concerns, block by block, and what is said there."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from dispatch.case_overrides import Override
from dispatch.messages import clauses, say
from dispatch.pin_inputs import loops_of
from dispatch.pinned import PinState
from dispatch.plan import Plan
from dispatch.run_tables import labels, utc_datetime

Rows = Sequence[tuple[Override, Sequence[int]]]  # each active pin and the rows it concerns


def _active(plan: Plan) -> list[Override]:
    return [one.pin for one in plan.pins if one.state is PinState.ACTIVE]


def pins_of_sources(plan: Plan) -> Rows:
    """Active pins of sources and plants; of a main, the sources of the plant that feeds it."""
    sources, plants = labels(plan.schedule, "source"), labels(plan.schedule, "source_plant")
    found = []
    for pin in _active(plan):
        if pin.what.is_of_stations:
            continue
        plant = pin.id.partition(">")[0] if pin.is_main else pin.id
        rows = [
            i
            for i, (source, home) in enumerate(zip(sources, plants, strict=True))
            if source == pin.id or (home == plant and (pin.is_main or pin.what.is_of_plants))
        ]
        found.append((pin, rows))
    return found


def pins_of_stations(plan: Plan) -> Rows:
    """Active pins of stations, loops and zones, with the loops they hold."""
    pins = [pin for pin in _active(plan) if pin.what.is_of_stations]
    return [(pin, loops_of(plan.case, pin)) for pin in pins]


def pinned_words(plan: Plan, pins: Rows) -> dict[tuple[int, int], str]:
    """By row and block: who pinned what, until when, and why; several one after the other."""
    zone = ZoneInfo(plan.case.settings.timezone)
    starts = [utc_datetime(moment) for moment in plan.schedule["block_start"].values]
    ends = [utc_datetime(moment) for moment in plan.schedule["block_end"].values]
    said: dict[tuple[int, int], list[str]] = {}
    for pin, rows in pins:
        until = pin.to_time.astimezone(zone)
        text = say(
            "run.pinned",
            what=pin.what.value,
            by=pin.by,
            until=until,
            reason=pin.reason,
        )
        touched = [pin.from_time < e and s < pin.to_time for s, e in zip(starts, ends, strict=True)]
        for row in rows:
            for block in np.flatnonzero(touched):
                said.setdefault((row, int(block)), []).append(text)
    return {place: clauses(*texts) for place, texts in said.items()}
