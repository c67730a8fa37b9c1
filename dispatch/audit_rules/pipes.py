"""Plug flow in the pipes: what goes in comes out, one delay later, and nothing overtakes.

What leaves at edge i of the steps arrives at aᵢ = edge + delay, and what is sent in step i over
[aᵢ, aᵢ₊₁). An arrival step j brings arrival·Δ MWh: first what was in the pipe at the start, then
the rest, spread evenly over the part of the step later than a₀ that left while the link could be
fed. A step with no such part cannot bring a rest.
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


def check_link_loss(plan: PublishedPlan) -> AuditFinding:
    """A main that carries heat loses it: loss ≥ warm loss · arrival / most that can arrive.

    Most: the heat in the pipe at the start, and the capacity over the hours in which the step's
    water left. A main whose warm loss is above that is cold whatever is done. Of mean load.
    """
    steps, step_h = plan.values("link_sent").shape[1], plan.step_h
    new = np.maximum.accumulate(plan.values("link_capacity"), axis=1) * _left_share(plan)
    most = plan.values("link_arrival_stored")[:, :steps] / step_h + new
    warm, lost, arrival = (
        plan.values(name)[:, :steps] for name in ("link_warm_loss", "link_loss", "link_arrival")
    )
    can_be_warm = (warm > 0.0) & (warm <= most)
    part = np.minimum(arrival / np.where(can_be_warm, most, 1.0), 1.0)
    due = np.where(can_be_warm, warm * part, 0.0)
    breach = np.maximum(due - lost, lost - warm) / plan.mean_load_mw
    return finding(plan, Rule.LINK_LOSS, breach, ("link", "time"), BALANCE_ALLOWED)


def _left_share(plan: PublishedPlan) -> FloatArray:
    """(link, time) hours of open departure whose water arrives in a step, by its length."""
    clock, is_open = arrival_clock_h(plan), plan.values("link_open")[:, :-1] > 0
    edges_h = np.arange(clock.shape[1]) * plan.step_h
    share = np.zeros(is_open.shape)
    for link, arrives_h in enumerate(clock):
        gone = np.concatenate([[0.0], np.cumsum(is_open[link])])
        share[link] = np.diff(np.interp(edges_h, arrives_h, gone))
    return share


def sent_by_arrivals_mw(plan: PublishedPlan) -> FloatArray:
    """(link, time) heat that has to be sent for the arrivals of the plan, MW."""
    clock = arrival_clock_h(plan)
    needed = np.zeros((clock.shape[0], clock.shape[1] - 1))
    for link, arrives_h in enumerate(clock):  # a matrix of all links at once would not fit
        energy = _rest_between_mwh(plan, link, arrives_h[:-1], arrives_h[1:])
        needed[link] = energy / plan.step_h
    return needed


def arrival_clock_h(plan: PublishedPlan) -> FloatArray:
    """(link, departure) hours from the start to the arrival of what leaves at each edge."""
    delay = plan.values("link_delay")
    return np.asarray(np.arange(delay.shape[1]) * plan.step_h + delay, dtype=np.float64)


def pipe_content_end_mwh(plan: PublishedPlan) -> FloatArray:
    """(link,) energy in the pipe at the end of `time`: what arrives until its last departure."""
    steps = plan.times("time").size
    end_h = np.array([steps * plan.step_h])
    left = plan.values("link_arrival_stored")[:, steps:].sum(axis=1)
    sent = [
        float(_rest_between_mwh(plan, link, end_h, arrives_h[-1:])[0])
        for link, arrives_h in enumerate(arrival_clock_h(plan))
    ]
    return np.asarray(left + np.array(sent), dtype=np.float64)


def _rest_mwh(plan: PublishedPlan) -> FloatArray:
    """(link, arrival_time) arriving energy that was not yet in the pipe at the start."""
    return plan.values("link_arrival") * plan.step_h - plan.values("link_arrival_stored")


def _arrival_edges_h(plan: PublishedPlan) -> FloatArray:
    """Edges of the arrival steps, hours from the start."""
    count = plan.times("arrival_time").size + 1
    return np.asarray(np.arange(count) * plan.step_h, dtype=np.float64)


def _fed_until_h(plan: PublishedPlan, link: int, moment_h: FloatArray) -> FloatArray:
    """Hours up to a moment of arrival, since a₀, that bring departures of open steps."""
    arrives_h = arrival_clock_h(plan)[link]
    is_open = plan.values("link_open")[link] > 0
    fed = np.concatenate([[0.0], np.cumsum(is_open[:-1] * np.diff(arrives_h))])
    inside = np.interp(moment_h, arrives_h, fed)
    beyond = is_open[-1] * np.maximum(moment_h - arrives_h[-1], 0.0)
    return np.asarray(inside + beyond, dtype=np.float64)


def _rest_length_h(plan: PublishedPlan) -> FloatArray:
    """(link, arrival_time) part of each arrival step that new heat can fill, h."""
    edges = _arrival_edges_h(plan)
    links = range(plan.values("link_open").shape[0])
    fed = [np.diff(_fed_until_h(plan, link, edges)) for link in links]
    return np.array(fed).reshape(len(links), edges.size - 1)


def _rest_between_mwh(
    plan: PublishedPlan, link: int, begin_h: FloatArray, end_h: FloatArray
) -> FloatArray:
    """(window,) newly sent energy that one link delivers in windows of hours since the start."""
    edges = _arrival_edges_h(plan)
    length = np.diff(_fed_until_h(plan, link, edges))
    first: FloatArray = np.maximum(begin_h[:, np.newaxis], edges[:-1])
    last: FloatArray = np.maximum(first, np.minimum(end_h[:, np.newaxis], edges[1:]))
    overlap = _fed_until_h(plan, link, last) - _fed_until_h(plan, link, first)
    fits = length > SHORT_H
    part = np.where(fits, overlap.clip(0) / np.where(fits, length, 1.0), 0.0)
    return np.asarray(part @ _rest_mwh(plan)[link], dtype=np.float64)
