"""Tells the webhook of a daily run, after its plan is out or after it failed; never raises."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dispatch.alarm_settings import AlarmSettings
from dispatch.alarms.alarm import Alarm, Severity
from dispatch.alarms.found import case_alarms
from dispatch.alarms.tell import Told, tell
from dispatch.alarms.webhook import is_set
from dispatch.case_files import read_settings
from dispatch.messages import say
from dispatch.plan import Plan

MOST_FAULTS = 20


def tell_plan(plan: Plan, folder: Path, case_folder: Path) -> str:
    """Tell of a published plan, and of what is wrong beside it.

    Return "" or one line that says why it could not be told. `folder` is that of the run.
    """
    settings = plan.case.settings
    if not is_set(settings.alarms):
        return ""
    try:
        verdict = plan.verdict
        told = Told(
            case=settings.id,
            run=folder.name,
            quality=verdict.quality.value,
            reasons=tuple(reason.text for reason in verdict.reasons),
            alarms=_alarms(plan, folder, case_folder),
            exit_code=verdict.quality.exit_code,
            when=plan.issued_at.astimezone(ZoneInfo(settings.timezone)),
        )
        return tell(settings.alarms, told)
    except Exception as error:  # noqa: BLE001 (the plan is out; the message is not worth a fault)
        return say("alarms.webhook_failed", why=f"{type(error).__name__}.")


def _alarms(plan: Plan, folder: Path, case_folder: Path) -> tuple[Alarm, ...]:
    """What calls for somebody now; none where looking fails: the plan is told all the same."""
    try:
        found = case_alarms(plan.case, case_folder, folder.parents[1], plan.issued_at)
    except Exception:  # noqa: BLE001 (as above)
        return ()
    return tuple(one for one in found.alarms if one.severity is not Severity.INFO)


def tell_failure(case_folder: Path, now: datetime, text: str, exit_code: int) -> str:
    """Tell of a command that made no plan; `text` is what its user reads, a fault a line."""
    try:
        settings, _ = read_settings(case_folder)
        alarms = AlarmSettings() if settings is None else settings.alarms
        if not is_set(alarms):
            return ""
        told = Told(
            case=case_folder.resolve().name if settings is None else settings.id,
            run=None,
            quality=None,
            reasons=tuple(text.splitlines()[:MOST_FAULTS]),
            alarms=(),
            exit_code=exit_code,
            when=now if settings is None else now.astimezone(ZoneInfo(settings.timezone)),
        )
        return tell(alarms, told)
    except Exception as error:  # noqa: BLE001 (the failure itself is what its user has to read)
        return say("alarms.webhook_failed", why=f"{type(error).__name__}.")
