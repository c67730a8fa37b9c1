"""What is planned, and what came of it: the contract between running, comparing and showing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import xarray as xr

from dispatch.case import Case
from dispatch.plan import AuditReport, Quality, Remark, SolveOutcome
from dispatch.situation import Situation

BASE = "base"


@dataclass(frozen=True)
class Variant:
    """A situation under the name it is planned and compared by."""

    name: str  # `base`, the scenario's name, or `target_c=19` of a sweep; unique in a comparison
    title: str  # in the reader's words
    situation: Situation
    values: Mapping[str, float | str] = field(default_factory=dict)  # of a sweep, by parameter


@dataclass(frozen=True)
class Outcome:
    """A plan of a variant. `schedule` is the contract of `dispatch/schedule.py`."""

    name: str
    title: str
    case: Case  # as changed
    schedule: xr.Dataset
    quality: Quality
    reasons: tuple[Remark, ...]  # why it is not green
    notes: tuple[Remark, ...]  # preheat order, boilers to light by when, what is worth knowing
    shortage: tuple[Remark, ...]  # what is short, and the cures if they were looked for
    outlook: pd.DataFrame  # rows of fuel_outlook.csv; empty without a yard
    solve: SolveOutcome
    audit: AuditReport
    values: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unplanned:
    """A variant without a plan, and why: its case cannot be so, or the solver found none."""

    name: str
    title: str
    why: tuple[str, ...]  # sentences
    values: Mapping[str, float | str] = field(default_factory=dict)


Result = Outcome | Unplanned
