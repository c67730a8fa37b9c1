"""Which earlier plan a new one starts from: the newest whole one, carried on where it ran out.

Runs are tried from the newest on. One whose state is missing, damaged or not the one it was
published with is left where it is and named; one that begins after the start (a clock that was
wrong, a training plan, a day that is replayed) says nothing of it.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.case import Case
from dispatch.initial_state import LastPlan, StateFile, read_state
from dispatch.latest_run import latest_run
from dispatch.plan import Remark, StartOrigin
from dispatch.plan_reader import read_plan
from dispatch.run_archive import sha256
from dispatch.run_retention import run_name
from dispatch.start_stock import anchors_of
from dispatch.state_bridge import Bridge, bridge, weather_error_k
from dispatch.state_check import checked, edits_since
from dispatch.verify import MANIFEST, UNREADABLE

STATE, PLAN = "state.json", "plan.nc"
MOST_TRIED = 50  # runs; damage of more is no accident, and a run has to begin
TOLD_K = 0.1  # of rooms, mean of all: a smaller error of the weather is nobody's business
CLOCK_TOLERANCE = timedelta(minutes=5)  # between machines that publish into one folder


def last_state(
    runs_folder: Path,
    case: Case,
    start: datetime,
    now: datetime | None = None,
    weather: xr.Dataset | None = None,
) -> StateFile:
    """What published plans leave at `start` (aware), or why there is nothing.

    Runs issued after `now` are not asked; `weather` is what came, hourly up to `start`: rooms are
    corrected by it where the last plan was made for another, and carried on beyond a state file.
    """
    damaged: list[Remark] = []
    outcome = StateFile(None, Remark("daily.state_none"))
    for folder in _runs(runs_folder, case.settings.id, now):
        why = _damage(folder)
        found = read_state(folder, start)
        if not why and found.remark.key == "daily.state_damaged":
            why = str(found.remark.values["why"])
        if not why and found.remark.key == "daily.state_does_not_fit":
            found, why = _carried_on(folder, case, start, weather, found)
        elif not why and found.last is not None:
            found, why = _with_weather_that_came(folder, found, found.last, weather)
        if why:
            values = {"path": str(folder / STATE), "why": why}
            damaged.append(Remark("daily.state_damaged", values))
            continue
        if found.remark.key == "daily.state_none":  # begins later
            continue
        outcome = found
        break
    if outcome.last is None:
        return replace(outcome, remark=damaged[0]) if damaged else outcome
    return _told(outcome, outcome.last, case, damaged)


def _runs(runs_folder: Path, case_id: str, now: datetime | None) -> Iterator[Path]:
    """Folders of runs to try, what `latest` leads to first, then the newest."""
    folder = runs_folder / case_id
    latest = latest_run(runs_folder, case_id)
    try:
        names = [run_name(path.name) for path in folder.iterdir() if not path.is_symlink()]
    except OSError:
        names = []
    latest_name = None if latest is None else run_name(latest.name)
    if latest is not None and latest_name is None:
        yield latest
    known = [name for name in names if name is not None]
    by_age = sorted(known, key=lambda name: (name == latest_name, name), reverse=True)
    asked = [name for name in by_age if now is None or name.issued <= now + CLOCK_TOLERANCE]
    yield from (folder / name.name for name in asked[:MOST_TRIED])


def _damage(folder: Path) -> str:
    """Why a run's state is not the published one; empty where it is, or nobody vouches for it."""
    if not (folder / STATE).is_file():
        return "the file is missing"
    try:
        published = json.loads((folder / MANIFEST).read_text("utf-8"))["outputs"][STATE]
        if published != sha256((folder / STATE).read_bytes()):
            return "it is not the file that was published"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        return f"{MANIFEST}: {error}"
    return ""


def _carried_on(
    folder: Path, case: Case, start: datetime, weather: xr.Dataset | None, found: StateFile
) -> tuple[StateFile, str]:
    """A state that has run out carried on by its plan, or as it was; and what is damaged."""
    try:
        content = json.loads((folder / STATE).read_text("utf-8"))
        anchors = anchors_of(content)
        built = bridge(folder, content, anchors, case, start, weather)
    except (*UNREADABLE, RecursionError) as error:
        return found, f"{PLAN}: {error}"
    if built is None:
        return replace(found, anchors=anchors), ""
    return _bridged(built, StateFile(built.last, _remark(built), anchors)), ""


def _with_weather_that_came(
    folder: Path, found: StateFile, last: LastPlan, weather: xr.Dataset | None
) -> tuple[StateFile, str]:
    """A state whose rooms had another weather than their plan was made for; and what is damaged."""
    steps = round(-float(last.source_heat_mw.hours[0]) / last.step_h)
    if weather is None or steps == 0:
        return found, ""
    try:
        schedule = read_plan(folder / PLAN)
        off_k = weather_error_k(schedule, weather, steps)
    except (*UNREADABLE, RecursionError) as error:
        return found, f"{PLAN}: {error}"
    if not off_k.any():
        return found, ""
    by_id = dict(zip(schedule["station"].values.tolist(), off_k.tolist(), strict=True))
    shift_k = np.array([[by_id.get(name, 0.0)] for name in last.indoor_c.ids])
    rooms = replace(last.indoor_c, values=last.indoor_c.values + shift_k)
    mean_k = f"{float(off_k.mean()):+.1f}"
    told = Remark("daily.state_weather_came", {"mean_k": mean_k})
    notes = (*found.notes, told) if abs(off_k.mean()) >= TOLD_K else found.notes
    return replace(found, last=replace(last, indoor_c=rooms), notes=notes), ""


def _bridged(built: Bridge, found: StateFile) -> StateFile:
    origin = StartOrigin(built.last.plan_id, round(built.age_h, 2), round(built.beyond_h, 2), PLAN)
    return replace(found, origin=origin)


def _remark(built: Bridge) -> Remark:
    values: dict[str, object] = {"plan_id": built.last.plan_id, "hours": round(built.age_h)}
    if built.beyond_h < 1e-9:
        return Remark("daily.state_bridged", values)
    values["days"] = round(built.beyond_h / 24.0, 1)
    return Remark("daily.state_bridged_far", values)


def _told(found: StateFile, last: LastPlan, case: Case, damaged: list[Remark]) -> StateFile:
    """A state that was found, checked, with what was met on the way."""
    edited, edits = edits_since(last, case)
    sound, refused = checked(last, case)
    origin = found.origin
    if origin is None:
        age_h = -float(last.source_heat_mw.hours[0])
        origin = StartOrigin(last.plan_id, round(age_h, 2), 0.0, STATE)
    skipped = tuple(
        Remark("daily.state_skipped", {**one.values, "plan_id": last.plan_id}) for one in damaged
    )
    return replace(
        found,
        last=sound,
        notes=(*found.notes, *skipped, *refused, *edits),
        origin=replace(origin, edited=edited),
    )
