"""The screen of `heat-dispatch alarms`: each alarm with what to do, most severe first."""

from collections import Counter

from dispatch.alarms.alarm import Alarm, Severity
from dispatch.alarms.found import CaseAlarms
from dispatch.messages import say, words
from dispatch.run_archive import plain_data, to_json
from scenarios.screen import Fact, Screen

COLOUR = {Severity.CRITICAL: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: ""}


def alarms_screen(name: str, found: CaseAlarms) -> Screen:
    """Return what was found of a case."""
    counts = Counter(one.severity for one in found.alarms)
    told = say("alarms.none")
    if found.alarms:
        told = say("alarms.count", **{one.value: counts[one] for one in Severity})
    facts = [Fact(say("alarms.label_count"), (told,))]
    facts += [_fact(one) for one in found.alarms]
    facts += [Fact(say("alarms.label_problem"), (text,), "bold red") for text in found.problems]
    if not found.has_telemetry:
        facts.append(Fact(say("alarms.label_no_telemetry"), (say("alarms.no_telemetry"),)))
    elif found.unmeasured:
        points = words(*(point.value for point in found.unmeasured))
        facts.append(Fact(say("alarms.label_unmeasured"), (points,)))
    return Screen(say("alarms.title", name=name, at=found.now), tuple(facts))


def _fact(alarm: Alarm) -> Fact:
    label = say(f"alarms.severity_{alarm.severity.value}")
    action = say("alarms.action", action=alarm.action)
    return Fact(label, (" ".join(alarm.text.split()), action), COLOUR[alarm.severity])


def alarms_json(case_id: str, found: CaseAlarms) -> bytes:
    """Return the same for machines."""
    return to_json(
        {
            "schema": "heat-dispatch/alarms",
            "version": 1,
            "case": case_id,
            "at": found.now,
            "exit_code": found.exit_code,
            "alarms": plain_data(found.alarms),
            "not_measured": [point.value for point in found.unmeasured],
            "has_telemetry": found.has_telemetry,
            "problems": list(found.problems),
        }
    )
