"""Units of systemd: a service and a timer a job, as text (systemd.service(5), systemd.timer(5))."""

from collections.abc import Sequence

from dispatch.messages import LANGUAGE_NAME, language, say
from scenarios.schedule.jobs import JobKind, Schedule

# The first line of every file we write: others' files are never touched.
MARK = "# Written by heat-dispatch schedule"
LONGER_S = 300  # than its budget a run may take before it is killed
WATCH_TIMEOUT_S = 120  # of looking, before a plan is begun


def unit_name(schedule: Schedule, kind: JobKind) -> str:
    """Name of a job's units without their ending."""
    return f"heat-dispatch-{schedule.case_id}-{kind.value}"


def unit_files(schedule: Schedule, user: str | None = None) -> dict[str, str]:
    """Contents of all unit files by name; `user`: whom units of the system run as."""
    files: dict[str, str] = {}
    for kind in schedule.kinds:
        name = unit_name(schedule, kind)
        files[f"{name}.service"] = _service(schedule, kind, user)
        files[f"{name}.timer"] = _timer(schedule, kind)
    return files


def _service(schedule: Schedule, kind: JobKind, user: str | None) -> str:
    timeout_s = round(schedule.budget_s) + LONGER_S
    if kind is JobKind.WATCH:
        timeout_s += WATCH_TIMEOUT_S
    lines = [
        MARK,
        "[Unit]",
        f"Description={_plain(say(f'schedule.unit_{kind.value}', case=schedule.case_id))}",
        "Wants=network-online.target",
        "After=network-online.target time-sync.target",
        "",
        "[Service]",
        "Type=oneshot",
        f"Environment={LANGUAGE_NAME}={language()}",
        f"ExecStart={exec_line(schedule.words(kind))}",
        "SuccessExitStatus=10",
        f"TimeoutStartSec={timeout_s}",
        "KillMode=control-group",
        "NoNewPrivileges=yes",
        f"WorkingDirectory={_plain(str(schedule.runs_folder.parent))}",
    ]
    if user is not None:
        lines += [f"User={user}", "PrivateTmp=yes", "ProtectSystem=full"]
    return "\n".join([*lines, ""])


def _timer(schedule: Schedule, kind: JobKind) -> str:
    lines = [
        MARK,
        "[Unit]",
        f"Description={_plain(say(f'schedule.unit_{kind.value}', case=schedule.case_id))}",
        "",
        "[Timer]",
        f"OnCalendar={on_calendar(schedule, kind)}",
        "AccuracySec=15s",
        # A machine that slept through 05:30 plans when it wakes; a watch missed is no loss.
        f"Persistent={'false' if kind is JobKind.WATCH else 'true'}",
        "",
        "[Install]",
        "WantedBy=timers.target",
        "",
    ]
    return "\n".join(lines)


def on_calendar(schedule: Schedule, kind: JobKind) -> str:
    """When a job runs, as systemd.time(7) writes it, in the utility's zone."""
    at = {JobKind.DAILY: schedule.daily_at, JobKind.ORDER: schedule.order_at}.get(kind)
    if at is not None:
        return f"*-*-* {at:%H:%M}:00 {schedule.timezone}"
    # Not at the full hour, when the daily run and the order begin.
    minutes = range(5, 60, schedule.watch_every_min) if schedule.watch_every_min < 60 else (5,)
    return f"*-*-* *:{','.join(f'{minute:02d}' for minute in minutes)}:00 {schedule.timezone}"


def exec_line(words: Sequence[str]) -> str:
    """A command line as systemd reads it: quoted, with no variable and no specifier in it."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped.replace("%", "%%")}"'


def _plain(text: str) -> str:
    return text.replace("%", "%%")
