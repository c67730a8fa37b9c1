"""The daily run: case, weather, demand, plan, setpoints, audit, publication. Reads aloud."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.alarms.run_told import tell_plan
from dispatch.case_files import read_settings
from dispatch.daily_request import DailyRequest, Stage, Step, Stopwatch
from dispatch.history.keep import NOT_ASKED, LookedBack, Subject, keep_history
from dispatch.input_hashes import input_hashes
from dispatch.ladder import usable_plan
from dispatch.latest_run import LATEST, LATEST_ORDER, latest_run
from dispatch.messages import say
from dispatch.plan import Plan
from dispatch.publish import PublishFailed, publish
from dispatch.run_lock import Owner, only_run
from dispatch.run_retention import prune_runs
from dispatch.situation import look
from dispatch.time_budget import TimeBudget, clock_s
from forecasts.weather.run_store_upkeep import prune
from forecasts.weather.steps import resample

WAIT_S = 120.0  # for another run of the case: an order and a plan may be due in the same minute
WAIT_SHARE = 0.2  # of a run's own time at most: what comes late would be worse than what is there


@dataclass(frozen=True)
class DailyResult:
    """A published run."""

    plan: Plan
    folder: Path
    looked_back: LookedBack = NOT_ASKED
    webhook_problem: str = ""  # why the webhook was not told, in words


class AlreadyReplaced(Exception):
    """The run that a new one was to stand in for has been replaced meanwhile, by `run`."""

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.run = run


def run_daily(request: DailyRequest, progress: Callable[[str], None]) -> DailyResult:
    """Make and publish a plan; `progress` hears of every finished step, in words.

    There is always a plan, of the highest rung of the ladder (`ladder.py`) that gives one within
    the budget of time. One run of a case at a time: another one is waited for a while. Raises
    CaseFaults for bad input, CaseBusy where another run goes on, AlreadyReplaced where a newer
    run is in the place of the one that no longer fits, PublishFailed where the run cannot be
    written.
    """
    done = _run_alone(request, progress)
    return replace(done, webhook_problem=tell_plan(done.plan, done.folder, request.case_folder))


def _run_alone(request: DailyRequest, progress: Callable[[str], None]) -> DailyResult:
    began_s = clock_s()
    settings, _ = read_settings(request.case_folder)
    if settings is None:  # its faults are told with all others of the case
        return _run_daily(request, progress, began_s)
    case_folder = request.runs_folder / settings.id
    budget_s = settings.solve.budget_s if request.budget_s is None else request.budget_s
    waited: list[Owner | None] = []

    def told(owner: Owner | None) -> None:
        waited.append(owner)
        progress(waiting_words(owner))

    with ExitStack() as held:
        try:
            wait_s = min(WAIT_S, WAIT_SHARE * budget_s)
            held.enter_context(only_run(case_folder, wait_s, told))
        except OSError as error:
            raise PublishFailed(case_folder, error.strerror or str(error)) from error
        latest = latest_run(request.runs_folder, settings.id)
        in_force = "" if latest is None else latest.name
        if request.in_place_of is not None and request.in_place_of != in_force:
            raise AlreadyReplaced(in_force)
        if waited and request.by_clock and request.stage is Stage.PLAN:
            # So that of several that waited the last is the newest; an order is for its day.
            late = timedelta(seconds=round(clock_s() - began_s))
            request = replace(request, now=request.now + late)
        return _run_daily(request, progress, began_s)


def waiting_words(owner: Owner | None) -> str:
    """Return who is waited for, in words."""
    if owner is None:
        return say("daily.waiting_unknown")
    return say("daily.waiting", **owner_values(owner))


def owner_values(owner: Owner) -> dict[str, object]:
    """Return what a sentence about a lock's owner needs."""
    minutes = f"{owner.age_s / 60.0:.1f}"
    return {"pid": owner.pid, "host": owner.host, "user": owner.user, "minutes": minutes}


def _run_daily(
    request: DailyRequest, progress: Callable[[str], None], began_s: float
) -> DailyResult:
    watch = Stopwatch(progress)
    situation = look(request, watch)
    case = situation.case
    asked_s = case.settings.solve.budget_s if request.budget_s is None else request.budget_s
    climbed = usable_plan(situation, request, watch, TimeBudget(asked_s, began_s))
    made = climbed.made
    log = {
        "asked_for": request.now.isoformat(),
        "seconds": watch.seconds | climbed.seconds,
        "rounds": made.rounds,
        "budget_s": asked_s,
        "rungs": [{"rung": name, "seconds": took_s} for name, took_s in climbed.rung_seconds],
        "service_clocks_ahead_s": {
            one.provider: round(one.ahead_s, 1) for one in situation.service_clocks
        },
    }
    weather = resample(situation.weather, situation.grid.step_h)
    hashes = input_hashes(request.case_folder) | {"weather": _weather_hash(weather)}
    pointer = LATEST if request.stage is Stage.PLAN else LATEST_ORDER
    target = publish(made.plan, request.runs_folder, log, hashes, pointer)
    watch.done(Step.PUBLISH)
    # From here on the plan is out, and neither a database nor a full disk is its business.
    folders = request.case_folder, target.parent, request.store_folder
    looked_back = keep_history(Subject(case, *folders, situation.now), target.name)
    with suppress(OSError):
        prune_runs(target.parent, situation.now, case.settings.keep)
    prune(request.store_folder, situation.now)
    return DailyResult(made.plan, target, looked_back)


def _weather_hash(weather: xr.Dataset) -> str:
    """SHA-256 of the weather's numbers."""
    digest = hashlib.sha256()
    for name in sorted(str(name) for name in weather.data_vars):
        digest.update(name.encode() + np.ascontiguousarray(weather[name].values).tobytes())
    return digest.hexdigest()
