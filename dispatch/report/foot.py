"""The end of the page: what changed in full, how to read figures, provenance and audit."""

from datetime import datetime
from html import escape

from dispatch.audit import describe
from dispatch.history.difference_words import effect_lines, why_lines
from dispatch.history.run_difference import Moved, run_difference
from dispatch.messages import say
from dispatch.plan import AuditFinding
from dispatch.report.head import against_what
from dispatch.report.markup import (
    Column,
    bullets,
    element,
    folded,
    number,
    paragraph,
    section,
    table,
)
from dispatch.report.run_facts import RunFacts
from dispatch.retold import retold

MOST_STATIONS = 10
WORTH_K, WORTH_MW = 0.1, 0.05
SHORT_HASH = 12  # letters of a hash that tell two files apart
DEFINITIONS = (
    "report.note_mean_mw",
    "report.note_gj_h",
    "report.note_share",
    "report.note_band",
    "report.note_burnt",
    "report.note_accounting",
    "report.note_marginal",
    "report.note_heat",
    "report.note_supply",
    "report.note_flow",
    "report.note_coldest",
    "report.note_floor",
    "report.note_setpoint",
    "report.note_station_hours",
    "report.note_home_hours",
    "report.note_price",
    "report.note_limit",
    "report.note_cover",
    "report.note_below",
    "report.note_order",
    "report.note_tce",
)


def changes_section(facts: RunFacts) -> str:
    """Return all that changed against the last plan, and why."""
    title = say("report.title_changes")
    if facts.before is None:
        return section("changes", title, paragraph(say("report.changed_none")))
    found = run_difference(facts.before, facts.run)
    sources = [one for one in found.sources if abs(one.change) >= WORTH_MW]
    most = () if found.stations is None else found.stations.most[:MOST_STATIONS]
    stations = [one for one in most if abs(one.change) >= WORTH_K]
    parts = [
        paragraph(against_what(facts, facts.before), class_="quiet"),
        element("h3", escape(say("diff.label_why"))),
        bullets(why_lines(found)),
        element("h3", escape(say("diff.label_effect"))),
        bullets(effect_lines(found)),
    ]
    if sources:
        parts.append(_moved(say("diff.table_sources"), say("diff.column_source"), sources))
    if stations:
        parts.append(_moved(say("diff.table_stations"), say("diff.column_loop"), stations))
    said = [retold(one) for one in facts.summary.get("changes") or ()]
    return section("changes", title, *parts, *([bullets(said)] if said else []))


def _moved(caption: str, heading: str, moved: list[Moved]) -> str:
    columns = (
        Column(heading, is_word=True),
        Column(say("diff.column_before")),
        Column(say("diff.column_after")),
        Column(say("diff.column_change")),
    )
    rows = [
        (one.name, number(one.before, 1), number(one.after, 1), number(one.change, 1, sign=True))
        for one in moved
    ]
    return table(columns, rows, caption=caption)


def notes_section(facts: RunFacts) -> str:
    """Return the run's notes, and what each figure of the page means."""
    notes = [retold(one) for one in facts.summary["notes"]]
    return section(
        "notes",
        say("report.title_notes"),
        bullets(notes or [say("report.nothing")]),
        folded(say("report.title_definitions"), bullets([say(key) for key in DEFINITIONS])),
    )


def provenance_section(facts: RunFacts) -> str:
    """Return where the plan comes from: solver, files and versions, and what the audit found."""
    summary = facts.summary
    solver, audit = summary["solver"], summary["audit"]
    because = (summary.get("rung") or {}).get("reason")
    passed = say("report.audit_passed") if audit["passed"] else say("report.audit_failed")
    lines = [
        say("report.plan_of", plan=summary["plan_id"], version=summary["plan_version"]),
        say("report.issued_at", issued=datetime.fromisoformat(summary["issued_at"])),
        say(
            "report.solver",
            solver=solver["solver"],
            status=solver["status"],
            gap_pct=number(100.0 * solver["gap"], 3),
        ),
        say("report.cost", yuan=number(summary["cost_yuan"])),
        *([retold(because)] if because else []),
        passed,
        say("report.balance", worst=f"{audit['worst_balance']:.1e}"),
    ]
    return section("provenance", say("report.title_provenance"), bullets(lines), *_folds(facts))


def _folds(facts: RunFacts) -> list[str]:
    findings = [AuditFinding(**one) for one in facts.summary["audit"]["findings"]]
    columns = (Column(say("report.audit_rule"), is_word=True), Column(say("report.audit_kept")))
    kept = {True: say("report.kept"), False: say("report.broken")}
    rows = [(describe(one), kept[one.passed]) for one in findings]
    packages = facts.versions.get("packages") or {}
    versions = [f"{name} {version or '–'}" for name, version in sorted(packages.items())]
    inputs = [f"{name}  {value[:SHORT_HASH]}" for name, value in sorted(facts.run.inputs.items())]
    return [
        folded(say("report.title_audit"), table(columns, rows)),
        folded(say("report.title_inputs"), bullets(inputs, class_="hashes")),
        folded(say("report.title_versions"), bullets(versions)),
    ]
