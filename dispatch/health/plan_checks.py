"""The last plan: how old it is, what label it bears, whether its folder is whole."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dispatch.case_files import CaseFaults, read_case
from dispatch.health.check import Check, Patient, State, Topic
from dispatch.latest_run import LATEST, latest_run
from dispatch.messages import say
from dispatch.plan import Quality
from dispatch.quality_words import quality_word
from dispatch.run_archive import to_json
from dispatch.run_retention import run_name
from dispatch.said_again import said_again
from dispatch.verify import SUMMARY, file_faults

FAULT_LOG = "heat-dispatch-faults.log"
MORNING_H = 24.0  # a second one missed
SHOWN = 3
SHOWN_LETTERS = 200

STATE_OF = {Quality.GREEN: State.OK, Quality.AMBER: State.WARN, Quality.RED: State.FAIL}


def plan_checks(patient: Patient) -> Iterator[Check]:
    """Yield what is to be said of the newest plan, and of what stops the next one."""
    folder = latest_run(patient.runs.parent, patient.settings.id)
    if folder is None:
        yield _no_plan(patient)
    else:
        yield _age(patient, folder)
        yield _label(folder)
        yield _whole(folder)
        yield from _failed_since(patient, folder)
    yield _case(patient)


def _no_plan(patient: Patient) -> Check:
    pointer = patient.runs / LATEST
    if pointer.is_symlink():  # it leads nowhere: somebody has removed a run by hand
        text = say("health.plan_lost", name=str(pointer.readlink()))
    else:
        text = say("health.plan_none")
    return Check(Topic.PLAN_AGE, State.FAIL, text, say("health.plan_none_cure"))


def _age(patient: Patient, folder: Path) -> Check:
    name = run_name(folder.name)
    if name is None:
        text = say("health.plan_unnamed", name=folder.name)
        return Check(Topic.PLAN_AGE, State.FAIL, text, say("health.plan_none_cure"))
    age_h, most_h = patient.age_h(name.issued), patient.settings.alarms.plan_max_age_h
    values = {"run": folder.name, "age_h": round(age_h, 2), "most_h": most_h}
    text = say("health.plan_age", issued=f"{name.issued:%Y-%m-%d %H:%M}", age_h=age_h)
    if age_h <= most_h:
        return Check(Topic.PLAN_AGE, State.OK, text, values=values)
    state = State.WARN if age_h <= most_h + MORNING_H else State.FAIL
    return Check(Topic.PLAN_AGE, state, text, say("health.plan_age_cure", most_h=most_h), values)


def _label(folder: Path) -> Check:
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        quality = Quality(summary["quality"])
        reasons = [said_again(one) for one in summary["reasons"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        text = say("health.label_unreadable", name=SUMMARY)
        return Check(Topic.PLAN_LABEL, State.FAIL, text, say("health.whole_cure"))
    values = {"quality": quality, "exit_code": quality.exit_code, "reasons": reasons}
    if quality is Quality.GREEN:
        return Check(Topic.PLAN_LABEL, State.OK, say("health.label_green"), values=values)
    shown = " ".join(reasons[:SHOWN])
    key = {"label": quality_word(quality), "count": len(reasons), "reasons": _short(shown)}
    text = say("health.label", **key)
    return Check(Topic.PLAN_LABEL, STATE_OF[quality], text, say("health.label_cure"), values)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_LETTERS else f"{text[:SHOWN_LETTERS]}…"


def _whole(folder: Path) -> Check:
    try:
        faults = file_faults(folder)[0]
    except OSError as error:
        faults = [error.strerror or str(error)]
    if not faults:
        return Check(Topic.PLAN_FILES, State.OK, say("health.whole"))
    shown = " ".join(faults[:SHOWN])
    text = say("health.not_whole", count=len(faults), faults=shown)
    return Check(Topic.PLAN_FILES, State.FAIL, text, say("health.whole_cure"), {"faults": faults})


def _failed_since(patient: Patient, folder: Path) -> Iterator[Check]:
    """A fault of the program that was logged after the last plan."""
    log = patient.runs.parent / FAULT_LOG
    try:
        failed_s, made_s = log.stat().st_mtime, folder.stat().st_mtime
    except OSError:
        return
    if failed_s > made_s:
        at = datetime.fromtimestamp(failed_s, tz=patient.now.tzinfo)
        text = say("health.failed_since", at=f"{at:%Y-%m-%d %H:%M}", name=FAULT_LOG)
        cure = say("health.failed_since_cure", log=log)
        yield Check(Topic.FAILED_SINCE, State.WARN, text, cure)


def _case(patient: Patient) -> Check:
    """Whether the case would be planned as it is now."""
    try:
        read_case(patient.case_folder)
    except CaseFaults as faults:
        text = say("health.case_faults", count=len(faults.faults), first=faults.faults[0])
        cure = say("health.case_faults_cure", case=patient.case_folder)
        return Check(Topic.CASE, State.FAIL, text, cure, {"faults": len(faults.faults)})
    return Check(Topic.CASE, State.OK, say("health.case"))


def health_json(patient: Patient, checks: tuple[Check, ...], exit_code: int) -> bytes:
    """Return what `--json` prints, and monitoring reads."""
    content: Mapping[str, Any] = {
        "schema": "heat-dispatch/health",
        "version": 1,
        "case_id": patient.settings.id,
        "at": patient.now,
        "exit_code": exit_code,
        "checks": checks,
    }
    return to_json(content)
