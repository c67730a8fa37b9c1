"""What a run's files say, as far as the page tells it: read once, used by every section.

The same for a run that is about to be published and for an old one: `facts_of` takes files by
name, `read_facts` takes them from a run folder.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.audit_rules.comfort import LEGAL_MIN_C, UPPER_C
from dispatch.history.past_run import (
    COORDINATES,
    OUTLOOK,
    SOURCE_TABLE,
    PastRun,
    RunUnreadable,
    read_run,
    run_folders,
)
from dispatch.history.run_difference import VARIABLES as COMPARED
from dispatch.messages import language
from dispatch.plan import Quality, RungName
from dispatch.plan_reader import read_plan
from dispatch.run_retention import RunName, run_name
from dispatch.run_tables import labels, local_time, utc_datetime
from dispatch.schedule import FAN
from dispatch.sheets.tables import Row, rows_of
from dispatch.verify import MANIFEST, PLAN, STATIONS, SUMMARY, UNREADABLE

Array = NDArray[np.float64]

PRICE_TABLE = "shadow_prices.csv"
TABLES = (SOURCE_TABLE, STATIONS, OUTLOOK, PRICE_TABLE)
A_DAY_BEFORE = timedelta(hours=18)  # a plan at least that much older is yesterday's
VARIABLES = COMPARED | {
    *("arrival_time", "zone", "source_plant", "source_started", "source_stopped"),
    *("source_units_on", "source_capacity_price", "plant_heat", "plant_supply_temp"),
    *("plant_return_temp", "plant_flow", "plant_share", "plant_share_price"),
    *("link_from", "link_to", "link_sent", "link_capacity_price", "zone_served"),
    *("load_forecast_p10", "load_forecast_p90", "station_zone", "station_homes", "station_area"),
    *("station_floor", "station_name", "station_latitude", "station_longitude", *FAN),
}


@dataclass(frozen=True)
class RunFacts:
    """A run as its files tell it, and the plans before it where there are any."""

    run: PastRun
    sources: Sequence[Row]
    stations: Sequence[Row]
    outlook: Sequence[Row]
    prices: Sequence[Row]
    versions: Mapping[str, Any]
    before: PastRun | None  # the last plan; of a what-if, the plan as it is
    day_before: PastRun | None  # the newest plan of at least `A_DAY_BEFORE` earlier
    what_if: str | None = None  # the question, where this is no plan of a day

    @property
    def summary(self) -> Mapping[str, Any]:
        """What `summary.json` says."""
        return self.run.summary

    @property
    def quality(self) -> Quality:
        """The label of the plan."""
        return Quality(self.summary["quality"])

    @property
    def rung(self) -> RungName:
        """How the plan came about."""
        return RungName((self.summary.get("rung") or {}).get("name", RungName.FRESH))

    @property
    def title(self) -> str:
        """Name of the utility in the language in use; its id where the plan does not say."""
        attrs = self.run.schedule.attrs
        return str(attrs.get(f"case_name_{language()}") or self.summary["case_id"])

    @property
    def legal_c(self) -> float:
        """The room temperature that the law asks for, °C."""
        return float(self.run.schedule.attrs.get("legal_min_c", LEGAL_MIN_C))

    @property
    def upper_c(self) -> float:
        """Above this a room is too warm, °C."""
        return float(self.run.schedule.attrs.get("upper_c", UPPER_C))

    @property
    def timezone(self) -> str:
        """Zone of local times."""
        return str(self.run.schedule.attrs["timezone"])

    def has(self, name: str) -> bool:
        """Whether the plan has a variable; plans of earlier versions lack some."""
        return name in self.run.schedule.variables

    def words(self, name: str) -> list[str]:
        """Texts of a variable or names along a dimension; none where the plan has none."""
        return labels(self.run.schedule, name) if self.has(name) else []

    def values(self, name: str) -> Array:
        """Numbers of a variable."""
        return self.run.values(name)

    def local(self, moment: np.datetime64) -> datetime:
        """A moment of the plan in local time."""
        return local_time(utc_datetime(moment), self.timezone)

    @cached_property
    def step_starts(self) -> list[datetime]:
        """When each step begins, local time."""
        return [self.local(one) for one in self.run.schedule["time"].values]

    @cached_property
    def step_ends(self) -> list[datetime]:
        """When each step ends, local time."""
        step = timedelta(hours=self.run.step_h)
        return [start + step for start in self.step_starts]

    @cached_property
    def block_starts(self) -> list[datetime]:
        """When each setpoint block begins, local time, not before the plan does."""
        first = self.run.schedule["time"].values[0]
        starts = np.maximum(self.run.schedule["block_start"].values, first)
        return [self.local(one) for one in starts]


def facts_of(
    files: Mapping[str, bytes],
    manifest: Mapping[str, Any],
    run: Path,
    before: Sequence[PastRun] = (),
) -> RunFacts:
    """Return the facts of a run from its files by name and what its manifest says.

    `run` is its folder, there already or not; `before` earlier plans, the newest first. Raises
    what `verify.UNREADABLE` lists where a file is damaged.
    """
    schedule = read_plan(io.BytesIO(files[PLAN]), {*COORDINATES, *VARIABLES})
    past = PastRun(run, json.loads(files[SUMMARY]), manifest["inputs"], "", {}, schedule)
    earlier = (one for one in before if past.issued_at - one.issued_at >= A_DAY_BEFORE)
    tables = [rows_of(files[name]) if name in files else [] for name in TABLES]
    sources, stations, outlook, prices = tables
    return RunFacts(
        run=past,
        sources=sources,
        stations=stations,
        outlook=outlook,
        prices=prices,
        versions=manifest.get("versions") or {},
        before=before[0] if before else None,
        day_before=next(earlier, None),
    )


def read_facts(folder: Path) -> RunFacts:
    """Return the facts of a published run; raises RunUnreadable."""
    read_run(folder, ())  # says in words what is wrong with a folder
    try:
        names = [name for name in (PLAN, SUMMARY, *TABLES) if (folder / name).is_file()]
        files = {name: (folder / name).read_bytes() for name in names}
        manifest = json.loads((folder / MANIFEST).read_bytes())
        where = folder.resolve()
        return facts_of(files, manifest, where, plans_before(where.parent, where.name))
    except UNREADABLE as error:
        raise RunUnreadable(folder, str(error) or type(error).__name__) from error


def plans_before(case_folder: Path, name: str) -> list[PastRun]:
    """Return the last plan before the run of a name and that of the day before, newest first.

    One plan if they are the same, none before the first. Damaged runs and day-ahead orders are
    passed over.
    """
    this = run_name(name)
    if this is None:
        return []
    older = [run for run in reversed(run_folders(case_folder)) if run < this]
    last = _newest_plan(case_folder, older)
    day_older = [run for run in older if this.issued - run.issued >= A_DAY_BEFORE]
    if last is None or (day_older and last.name == day_older[0].name):
        return [] if last is None else [last]
    day_before = _newest_plan(case_folder, day_older)
    return [last] if day_before is None or day_before.name == last.name else [last, day_before]


def _newest_plan(case_folder: Path, runs: Sequence[RunName]) -> PastRun | None:
    for one in runs:
        try:
            run = read_run(case_folder / one.name, COMPARED)
        except RunUnreadable:
            continue
        if run.stage == "plan":
            return run
    return None
