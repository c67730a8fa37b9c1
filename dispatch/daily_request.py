"""What a daily run is asked for, the steps it goes through, and how long each took."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from dispatch.messages import say
from forecasts.demand.load.candidate import Candidate

PATHS = 1_000  # the p10 of a thousand is known to a hundredth of its rank


class Stage(StrEnum):
    """What a run is for."""

    PLAN = "plan"  # the plan of the day, from now on
    ORDER = "order"  # the day-ahead heat order, from the next local midnight on


@dataclass(frozen=True)
class DailyRequest:
    """One run: `now` is aware; folders are made if missing."""

    case_folder: Path
    now: datetime
    runs_folder: Path
    store_folder: Path
    stage: Stage = Stage.PLAN
    risk: float | None = None  # of a yard falling below its reserve; None: the case's
    paths: int = PATHS  # of weather to the season's end
    candidates: tuple[Candidate, ...] | None = None  # of the load forecast; None: the product's
    offline: bool = False  # the bundled climate alone: no service, no store, no sensor
    budget_s: float | None = None  # wall clock of the whole run; None: the case's
    by_clock: bool = False  # `now` is the machine's clock, not a moment that somebody named
    in_place_of: str | None = None  # the run that no longer fits; another one in its place stands
    because: str = ""  # why a plan is made out of its turn, in words
    in_season: bool = False  # heat at `now` whatever the calendar says: an early start, a late end


class Step(StrEnum):
    """What a run goes through; each has its words in the catalogue (`daily.done_<step>`)."""

    CASE = "case"
    WEATHER = "weather"
    TELEMETRY = "telemetry"
    COAL = "coal"
    INPUTS = "inputs"
    SOLVE = "solve"
    AUDIT = "audit"
    VERDICT = "verdict"
    PUBLISH = "publish"


class Stopwatch:
    """Seconds by step, for `run_log.json`: the only clock of a run besides `now`."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._last = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def done(self, step: Step) -> None:
        """Note that a step is done, and say so."""
        now = time.perf_counter()
        self.seconds[step.value] = round(now - self._last, 3)
        self._last = now
        self.tell(say(f"daily.done_{step.value}"))

    def tell(self, text: str) -> None:
        """Say how far the run is."""
        self._progress(text)
