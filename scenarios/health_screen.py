"""The screen of `heat-dispatch health`: the verdict, then what was looked at, one line each."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.health.check import Check, Patient, State, worst
from dispatch.messages import say
from scenarios.screen import Fact, Screen

COLOUR = {State.OK: "green", State.WARN: "bold yellow", State.FAIL: "bold red"}


def health_screen(patient: Patient, checks: tuple[Check, ...]) -> Screen:
    """Return what was found of a case."""
    try:
        at = patient.now.astimezone(ZoneInfo(patient.settings.timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # told by the check of the clock
        at = patient.now
    state = worst(checks)
    verdict = Fact(say("health.verdict"), (say(f"health.verdict_{state.value}"),), COLOUR[state])
    return Screen(
        say("health.title", name=patient.settings.name, at=at),
        (verdict, *(_fact(one) for one in checks)),
    )


def _fact(check: Check) -> Fact:
    state = say(f"health.state_{check.state.value}")
    line = say("health.line", state=state, text=check.text)
    cure = (check.cure,) if check.cure and check.state is not State.OK else ()
    label = say(f"health.label_{check.code.value}")
    return Fact(label, (line, *cure), "" if check.state is State.OK else COLOUR[check.state])
