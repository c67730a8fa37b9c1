"""The rules of the audit as a table, for a terminal; elsewhere `verify` says its lines alone."""

import re

from dispatch.audit import describe
from dispatch.messages import say
from dispatch.plan import AuditFinding, AuditReport
from scenarios.screen import Figures


def rules_table(report: AuditReport) -> Figures:
    """Return every rule with the largest breach found, what is allowed, and whether it holds."""
    columns = (
        say("audit.rule_column"),
        say("audit.worst_column"),
        say("audit.allowed_column"),
        say("audit.holds_column"),
    )
    rows = tuple(
        (
            _name(one),
            f"{one.worst:.1e}",
            f"{one.allowed:.1e}",
            say("audit.holds") if one.passed else _missed(soft=one.soft),
        )
        for one in report.findings
    )
    return Figures(columns, rows, words=(0, 3))


def _name(finding: AuditFinding) -> str:
    """What the rule is about: the words before its figures."""
    return re.split("[:：]", describe(finding), maxsplit=1)[0]


def _missed(*, soft: bool) -> str:
    return say("audit.wish") if soft else say("audit.broken")
