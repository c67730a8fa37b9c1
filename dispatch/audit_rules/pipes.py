"""Plug flow in the pipes: what goes in comes out, one delay later.

Heat sent over [t, t+Δ) arrives over [t+d, t+d+Δ). An arrival step j brings arrival·Δ MWh: first
what was in the pipe at the start, then the rest, spread evenly over the part of the step later
than d that left while the link could be fed. A step with no such part cannot bring a rest.
Source: the plug-flow rule in the docstring of `schedule.py`; H F11 for the delay.
"""

import numpy as np

from dispatch.audit_rules.published import (
    BALANCE_ALLOWED,
    FloatArray,
    PublishedPlan,
    finding,
    worst_of,
)
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

SHORT_H = 1e-9  # a stretch of time shorter than this is none


def check_pipes(plan: PublishedPlan) -> AuditFinding:
    """link_sent is what the arrivals ask for, and no link makes or loses energy; of mean load."""
    sent, needed = plan.values("link_sent"), sent_by_arrivals_mw(plan)
    steps, step_h, load = sent.shape[1], plan.step_h, plan.mean_load_mw
    early = np.where(_rest_length_h(plan) > SHORT_H, 0.0, np.abs(_rest_mwh(plan))) / step_h
    never_sent = -_rest_mwh(plan) / step_h
    arrived = plan.values("link_arrival")[:, :steps].sum(axis=1)
    before = plan.values("link_arrival_stored").sum(axis=1)
    change = pipe_content_end_mwh(plan) - before
    lost = (sent.sum(axis=1) - arrived) * step_h - change
    cases = (
        (np.abs(sent - needed) / load, ("link", "time")),
        (np.maximum(early, never_sent) / load, ("link", "arrival_time")),
        (np.abs(lost) / (load * steps * step_h), ("link",)),
    )
    return worst_of(
        *(finding(plan, Rule.PIPE_BALANCE, one, dims, BALANCE_ALLOWED) for one, dims in cases)
    )


def sent_by_arrivals_mw(plan: PublishedPlan) -> FloatArray:
    """(link, time) heat that has to be sent for the arrivals of the plan, MW."""
    steps, step_h = plan.times("time").size, plan.step_h
    delay = plan.values("link_delay")
    needed = np.zeros((delay.size, steps))
    for link, delay_h in enumerate(delay):  # a matrix of all links at once would not fit
        begin = np.arange(steps) * step_h + delay_h
        needed[link] = _rest_between_mwh(plan, link, begin, begin + step_h) / step_h
    return needed


def pipe_content_end_mwh(plan: PublishedPlan) -> FloatArray:
    """(link,) energy in the pipe at the end of `time`: what arrives within the delay after it."""
    steps, step_h = plan.times("time").size, plan.step_h
    end_h = np.array([steps * step_h])
    left = plan.values("link_arrival_stored")[:, steps:].sum(axis=1)
    sent = [
        float(_rest_between_mwh(plan, link, end_h, end_h + delay_h)[0])
        for link, delay_h in enumerate(plan.values("link_delay"))
    ]
    return np.asarray(left + np.array(sent), dtype=np.float64)


def _rest_mwh(plan: PublishedPlan) -> FloatArray:
    """(link, arrival_time) arriving energy that was not yet in the pipe at the start."""
    return plan.values("link_arrival") * plan.step_h - plan.values("link_arrival_stored")


def _open_since_h(plan: PublishedPlan, link: int, departure_h: FloatArray) -> FloatArray:
    """Hours from the start to a departure in which the link could be fed; beyond `time` it can."""
    steps, step_h = plan.times("time").size, plan.step_h
    opened = np.concatenate([[0.0], np.cumsum(plan.values("link_open")[link] > 0) * step_h])
    inside = np.interp(departure_h, np.arange(steps + 1) * step_h, opened)
    return np.asarray(inside + np.maximum(departure_h - steps * step_h, 0.0), dtype=np.float64)


def _rest_length_h(plan: PublishedPlan) -> FloatArray:
    """(link, arrival_time) part of each arrival step that new heat can fill, h."""
    edges = np.arange(plan.times("arrival_time").size + 1) * plan.step_h
    return np.array(
        [
            np.diff(_open_since_h(plan, link, edges - delay_h))
            for link, delay_h in enumerate(plan.values("link_delay"))
        ]
    )


def _rest_between_mwh(
    plan: PublishedPlan, link: int, begin_h: FloatArray, end_h: FloatArray
) -> FloatArray:
    """(window,) newly sent energy that one link delivers in windows of hours since the start."""
    length = _rest_length_h(plan)[link]
    delay_h = plan.values("link_delay")[link]
    step_ends = (np.arange(length.size) + 1) * plan.step_h
    first = np.maximum(begin_h[:, np.newaxis], step_ends - plan.step_h)
    last = np.maximum(first, np.minimum(end_h[:, np.newaxis], step_ends))
    open_until = _open_since_h(plan, link, last - delay_h)
    overlap = open_until - _open_since_h(plan, link, first - delay_h)
    fits = length > SHORT_H
    part = np.where(fits, overlap.clip(0) / np.where(fits, length, 1.0), 0.0)
    return np.asarray(part @ _rest_mwh(plan)[link], dtype=np.float64)
