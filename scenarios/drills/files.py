"""The emergency binder as files: drills.html to print, drills.csv a row a drill, drills.json."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

import pandas as pd

from dispatch.plan import Remark
from dispatch.run_tables import harmless
from scenarios.drills.binder import Binder
from scenarios.drills.drill import Drill
from scenarios.drills.page import binder_page
from scenarios.drills.words import calls_of, outcome_text, steps_of

CLASS_NAME = "class"


def binder_files(binder: Binder) -> dict[str, bytes]:
    """Return every file of a binder by name."""
    return {
        "drills.html": binder_page(binder).encode(),
        "drills.csv": drills_csv(binder),
        "drills.json": drills_json(binder),
    }


def drills_csv(binder: Binder) -> bytes:
    """Return a row a drill, the costliest first."""
    table = pd.DataFrame([_row(place, one) for place, one in enumerate(binder.drills, 1)])
    return harmless(table).to_csv(index=False, lineterminator="\n").encode()


def _row(place: int, drill: Drill) -> dict[str, object]:
    cost = drill.cost
    first = drill.cold[0].since if drill.cold else None
    return {
        "place": place,
        "kind": drill.loss.kind.value,
        "lost": drill.loss.lost_id,
        "lost_mw": round(drill.loss.lost_mw, 1),
        "day": drill.day.value,
        "out_h": drill.hours,
        "planned": cost is not None,
        "homes_below_law": cost.homes if cost else None,
        "other_homes_below_law": cost.other_homes if cost else None,
        "homes_below_floor": cost.floor_homes if cost else None,
        "home_hours_below_law": round(cost.home_hours, 1) if cost else None,
        "missing_mw": round(cost.missing_mw, 1) if cost else None,
        "unserved_mwh": round(cost.unserved_mwh, 1) if cost else None,
        "coldest_flat_c": round(drill.coldest_flat_c, 2) if cost else None,
        "coldest_station": drill.coldest_station,
        "first_cold": first.isoformat() if first else None,
        "makes_up": "; ".join(f"{one.source_id} {one.more_mwh:+.0f} MWh" for one in drill.makes_up),
    }


def drills_json(binder: Binder) -> bytes:
    """Return all figures; what is never reached is null."""
    law_c = binder.case.settings.comfort.legal_min_c
    told = {
        "case": binder.case.settings.id,
        "start": binder.start.isoformat(),
        "drills": [
            {
                **_fields(drill),
                "outcome": outcome_text(drill, law_c),
                "steps": [_plain(step) for step in steps_of(drill, binder.case)],
                "calls": list(calls_of(drill, binder.case)),
            }
            for drill in binder.drills
        ],
        **{
            name: _plain(getattr(binder, name))
            for name in ("supply", "classes", "reductions", "spared", "setpoints", "base_why")
        },
    }
    text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _fields(value: object) -> dict[str, object]:
    if not is_dataclass(value):
        return {}
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str | Enum):
        return value.value if isinstance(value, Enum) else value
    return _held(value)


def _held(value: object) -> object:
    """A value that holds others, or has a text of its own."""
    match value:
        case datetime():
            return value.isoformat()
        case Remark():
            return value.text
        case Mapping() if any(is_dataclass(key) for key in value):
            return [{CLASS_NAME: _plain(key), "hours": _plain(one)} for key, one in value.items()]
        case Mapping():
            return {_key(key): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return _fields(value)


def _key(key: object) -> str:
    return f"{key:g}" if isinstance(key, float) else str(key)
