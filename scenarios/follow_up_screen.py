"""The screen of `heat-dispatch followup`, and what the daily screen says of the day before."""

from dispatch.history.follow_up import FollowUp
from dispatch.history.keep import LookedBack
from dispatch.messages import say
from scenarios.history_screen import figure, listed
from scenarios.screen import Fact


def looked_back_facts(looked: LookedBack) -> list[Fact]:
    """Return yesterday in one line, where it was measured, and what the history could not take."""
    facts = []
    if looked.yesterday is not None:
        line = follow_up_line(looked.yesterday)
        facts += [Fact(say("followup.label_yesterday"), (line,))] if line else []
    if looked.problems:
        facts.append(Fact(say("history.label_problem"), looked.problems))
    return facts


def follow_up_line(looked: FollowUp) -> str:
    """Return a day in one line: stations where they were measured, else sources; "" for neither."""
    drifted = listed(looked.drifted)
    if looked.tracked:
        return say(
            "followup.line_loops",
            loops=len(looked.tracked),
            error=figure(looked.error_k, 1),
            within=figure(100.0 * looked.within_share, 0),
            drifted=drifted,
        )
    if not looked.sources:
        return ""
    sources = [
        say(
            "followup.source_short",
            source=one.source_id,
            measured=figure(one.measured_mw, 1),
            planned=figure(one.planned_mw, 1),
        )
        for one in looked.sources
    ]
    return say("followup.line_sources", sources=listed(sources), drifted=drifted)
