"""The alarms of the plan in force and of telemetry, counted for monitoring."""

from dispatch.alarms.alarm import AlarmCode, Severity
from dispatch.alarms.found import case_alarms
from dispatch.case import Case
from dispatch.health.check import Check, Patient, State, Topic
from dispatch.messages import say, words

# Other checks tell of these: a plan's age and label.
TOLD_ELSEWHERE = {
    *(AlarmCode.NO_PLAN, AlarmCode.PLAN_OLD, AlarmCode.PLAN_RED, AlarmCode.NO_NEW_PLAN),
}
SHOWN = 2


def alarm_check(patient: Patient, case: Case) -> Check:
    """Return how many alarms there are now, by how soon somebody has to act, and the first two."""
    found = case_alarms(case, patient.case_folder, patient.runs.parent, patient.now)
    told = [
        one
        for one in found.alarms
        if one.severity is not Severity.INFO and one.code not in TOLD_ELSEWHERE
    ]
    critical = sum(one.severity is Severity.CRITICAL for one in told)
    values = {"critical": critical, "warning": len(told) - critical}
    if not told:
        return Check(Topic.ALARMS, State.OK, say("health.alarms_none"), values=values)
    state = State.FAIL if critical else State.WARN
    first = words(*(f"{one.thing}: {one.text}" if one.thing else one.text for one in told[:SHOWN]))
    text = say("health.alarms", **values, first=first)
    cure = say("health.alarms_cure", case=patient.case_folder)
    codes = sorted({one.code.value for one in told})
    return Check(Topic.ALARMS, state, text, cure, {**values, "codes": codes})
