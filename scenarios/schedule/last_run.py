"""How the newest run of a case came out, in a line."""

import json

from dispatch.latest_run import latest_run
from dispatch.messages import say
from scenarios.schedule.jobs import Schedule


def last_run_words(schedule: Schedule) -> str:
    """The newest published plan: when, its label and first reason; or that there is none."""
    folder = latest_run(schedule.runs_folder, schedule.case_id)
    if folder is None:
        return say("schedule.no_run", folder=schedule.runs_folder)
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        values = {"when": str(summary["issued_at"]), "quality": str(summary["quality"])}
        reasons = [str(reason["text"]) for reason in summary["reasons"]]
    except (OSError, ValueError, KeyError, TypeError):
        return say("schedule.run_unreadable", folder=folder)
    return say("schedule.last_run", **values, why=reasons[0] if reasons else "-")
