"""The daily run: case, weather, demand, plan, setpoints, audit, publication. Reads aloud."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from dispatch.daily_request import DailyRequest, Stage, Step, Stopwatch
from dispatch.input_hashes import input_hashes
from dispatch.latest_run import LATEST, LATEST_ORDER
from dispatch.morning import morning
from dispatch.plan import Plan
from dispatch.plan_making import make_plan
from dispatch.publish import publish
from forecasts.weather.run_store_upkeep import prune


@dataclass(frozen=True)
class DailyResult:
    """A published run."""

    plan: Plan
    folder: Path


def run_daily(request: DailyRequest, progress: Callable[[str], None]) -> DailyResult:
    """Make and publish a plan; `progress` hears of every finished step, in words.

    Raises CaseFaults for bad input, PublishFailed where the run cannot be written, NoPlan where
    the solver gives none.
    """
    watch = Stopwatch(progress)
    known = morning(request, watch)
    made = make_plan(known, request, watch)
    log = {
        "asked_for": request.now.isoformat(),
        "seconds": watch.seconds,
        "rounds": made.rounds,
    }
    hashes = input_hashes(request.case_folder) | {"weather": _weather_hash(known.weather)}
    pointer = LATEST if request.stage is Stage.PLAN else LATEST_ORDER
    target = publish(made.plan, request.runs_folder, log, hashes, pointer)
    watch.done(Step.PUBLISH)
    # Last: the plan is out, and a full disk is not its business.
    prune(request.store_folder, known.now)
    return DailyResult(made.plan, target)


def _weather_hash(weather: xr.Dataset) -> str:
    """SHA-256 of the weather's numbers."""
    digest = hashlib.sha256()
    for name in sorted(str(name) for name in weather.data_vars):
        digest.update(name.encode() + np.ascontiguousarray(weather[name].values).tobytes())
    return digest.hexdigest()
