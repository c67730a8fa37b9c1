"""What is asked of the fuel planner's outlook: which case, from when, at what risk."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dispatch.case import Case


@dataclass(frozen=True)
class OutlookRequest:
    """A case as read from its folder, the moment, and where plans and forecasts are kept."""

    case_folder: Path
    case: Case
    now: datetime  # aware
    risk: float  # of falling below the reserve that the planner accepts, 0-1
    paths: int  # of weather
    runs_folder: Path
    store_folder: Path
