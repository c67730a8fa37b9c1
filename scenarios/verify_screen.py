"""The screen of `heat-dispatch verify`: what was found, and on a terminal every rule checked."""

import re

from dispatch.audit import describe
from dispatch.messages import say
from dispatch.plan import AuditFinding
from dispatch.verify import VerifyReport
from scenarios.screen import Fact, Figures, Screen


def verify_screen(found: VerifyReport) -> Screen:
    """Return the verdict, what is wrong in words, and the rules with worst residual and limit."""
    head, *told = found.lines
    facts = tuple(Fact("", (line,), _style(line, found)) for line in told)
    if found.audit is None:
        return Screen(head, facts)
    columns = (
        say("terminal.rule"),
        say("terminal.found"),
        say("terminal.worst"),
        say("terminal.allowed"),
    )
    rows = tuple(_row(one) for one in found.audit.findings)
    title = say("terminal.rules_title")
    return Screen(head, (Figures(columns, rows, (0, 1), title=title, on_terminal=True), *facts))


def _style(line: str, found: VerifyReport) -> str:
    return "bold red" if line in found.faults else ""


def _row(finding: AuditFinding) -> tuple[str, ...]:
    broken = say("terminal.rule_told") if finding.soft else say("terminal.rule_fault")
    return (
        re.split("[:：]", describe(finding), maxsplit=1)[0],  # what it is about, without figures
        say("terminal.rule_ok") if finding.passed else broken,
        f"{finding.worst:.2g}",
        f"{finding.allowed:.2g}",
    )
