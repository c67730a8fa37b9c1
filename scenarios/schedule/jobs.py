"""What runs when: the day-ahead order, the daily run, the watch between them.

Times are the utility's own: a machine whose clock is set to UTC gives the plan at 05:30 in
Shenyang all the same (handbook §10: the order goes out at 16:00, the day is planned before 06:00).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path

from dispatch.messages import LANGUAGE_NAME, language

AT_MINUTES = (10, 15, 20, 30, 60)  # of the watch: they divide an hour
DAILY_AT, ORDER_AT, WATCH_EVERY_MIN = time(5, 30), time(16, 0), 30


class JobKind(StrEnum):
    """What is run."""

    DAILY = "daily"
    ORDER = "order"
    WATCH = "watch"


@dataclass(frozen=True)
class Schedule:
    """All that is scheduled for one case; folders are absolute."""

    case_id: str
    timezone: str
    case_folder: Path
    runs_folder: Path
    store_folder: Path
    daily_at: time = DAILY_AT
    order_at: time = ORDER_AT
    watch_every_min: int = WATCH_EVERY_MIN  # 0: nobody watches
    budget_s: float = 600.0  # of wall clock for a run

    @property
    def kinds(self) -> tuple[JobKind, ...]:
        """The jobs, in the order in which a day meets them."""
        watch = (JobKind.WATCH,) if self.watch_every_min else ()
        return (JobKind.DAILY, JobKind.ORDER, *watch)

    def words(self, kind: JobKind) -> list[str]:
        """The command of a job, word by word."""
        folders = ["--runs", str(self.runs_folder), "--store", str(self.store_folder)]
        case = str(self.case_folder)
        command = {
            JobKind.DAILY: ["daily", case, *folders, "--only-in-season"],
            JobKind.ORDER: ["daily", case, *folders, "--stage", "order", "--only-in-season"],
            JobKind.WATCH: ["watch", case, *folders],
        }
        return [*program(), *command[kind]]


def program() -> list[str]:
    """The command itself as this machine has it, by its whole path."""
    script = Path(sys.executable).with_name("heat-dispatch")
    if script.is_file():
        return [str(script)]
    return [sys.executable, "-m", "scenarios.entry"]


def cron_lines(schedule: Schedule) -> list[str]:
    """Lines of a crontab that do the same, where there is no systemd.

    The zone holds for the lines after it; cron of some systems knows no zone and says so.
    """
    jobs = [
        f"{_cron_time(schedule, kind)} {_cron_command(schedule.words(kind))}"
        for kind in schedule.kinds
    ]
    return [f"CRON_TZ={schedule.timezone}", f"{LANGUAGE_NAME}={language()}", *jobs]


def _cron_time(schedule: Schedule, kind: JobKind) -> str:
    at = {JobKind.DAILY: schedule.daily_at, JobKind.ORDER: schedule.order_at}.get(kind)
    if at is not None:
        return f"{at.minute} {at.hour} * * *"
    every = schedule.watch_every_min
    return "0 * * * *" if every == 60 else f"*/{every} * * * *"


def _cron_command(words: Sequence[str]) -> str:
    import shlex

    return shlex.join(words).replace("%", "\\%")  # a bare % ends a line of cron
