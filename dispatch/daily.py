"""The daily run: case, weather, demand, plan, setpoints, audit, publication. Reads aloud."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.alarms.run_told import tell_plan
from dispatch.case_files import read_settings
from dispatch.daily_request import DailyRequest, Stage, Step, Stopwatch
from dispatch.history.keep import NOT_ASKED, LookedBack, Subject, keep_history
from dispatch.input_hashes import input_hashes
from dispatch.ladder import usable_plan
from dispatch.latest_run import LATEST, LATEST_ORDER
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


@dataclass(frozen=True)
class DailyResult:
    """A published run."""

    plan: Plan
    folder: Path
    looked_back: LookedBack = NOT_ASKED
    webhook_problem: str = ""  # why the webhook was not told, in words


def run_daily(request: DailyRequest, progress: Callable[[str], None]) -> DailyResult:
    """Make and publish a plan; `progress` hears of every finished step, in words.

    There is always a plan, of the highest rung of the ladder (`ladder.py`) that gives one within
    the budget of time. One run of a case at a time: another one is waited for a while. Raises
    CaseFaults for bad input, CaseBusy where another run goes on, PublishFailed where the run
    cannot be written.
    """
    done = _run_alone(request, progress)
    return replace(done, webhook_problem=tell_plan(done.plan, done.folder, request.case_folder))


def _run_alone(request: DailyRequest, progress: Callable[[str], None]) -> DailyResult:
    began_s = clock_s()
    settings, _ = read_settings(request.case_folder)
    if settings is None:  # its faults are told with all others of the case
        return _run_daily(request, progress, began_s)
    case_folder = request.runs_folder / settings.id
    with ExitStack() as held:
        try:
            held.enter_context(
                only_run(case_folder, WAIT_S, lambda owner: progress(waiting_words(owner)))
            )
        except OSError as error:
            raise PublishFailed(case_folder, error.strerror or str(error)) from error
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
