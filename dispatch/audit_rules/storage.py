"""Tanks hold what flowed into them less what they lost, and no more than they can.

dE/dt = −k·E − Q with Q the heat given to the network and k = −ln(1 − loss per hour); over a step
of constant Q: E⁺ = keep·E − gain·Q, keep = (1 − loss)^Δ, gain = (1 − keep)/k, or Δ without loss.
Source: fully mixed store with standing loss, H §8.
"""

import numpy as np

from dispatch.audit_rules.limits import MACHINE_ALLOWED
from dispatch.audit_rules.published import (
    BALANCE_ALLOWED,
    BoolArray,
    FloatArray,
    PublishedPlan,
    finding,
)
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditFinding

NO_LOSS = 1e-12  # an hour


def tanks(plan: PublishedPlan) -> BoolArray:
    """(source,) true for a tank: what holds energy."""
    return np.isfinite(plan.values("source_energy"))


def given_mw(plan: PublishedPlan) -> FloatArray:
    """(source, time) heat that each tank's content says it gave; 0 for other sources."""
    loss = np.where(tanks(plan), plan.values("source_loss_per_h"), 0.0)[:, np.newaxis]
    leaks = loss > NO_LOSS
    rate = -np.log1p(-np.where(leaks, loss, 0.5))
    keep = np.where(leaks, np.exp(-rate * plan.step_h), 1.0)
    gain = np.where(leaks, -np.expm1(-rate * plan.step_h) / rate, plan.step_h)
    after = plan.values("source_stored")
    first = plan.values("source_stored_before")[:, np.newaxis]
    before = np.concatenate([first, after[:, :-1]], axis=1)
    return np.where(tanks(plan)[:, np.newaxis], (keep * before - after) / gain, 0.0)


def check_storage(plan: PublishedPlan) -> AuditFinding:
    """What the content says was given is source_heat; of mean load."""
    off = np.abs(given_mw(plan) - plan.values("source_heat")) / plan.mean_load_mw
    breach = np.where(tanks(plan)[:, np.newaxis], off, 0.0)
    return finding(plan, Rule.STORAGE_BALANCE, breach, ("source", "time"), BALANCE_ALLOWED)


def check_storage_limits(plan: PublishedPlan) -> AuditFinding:
    """0 ≤ source_stored ≤ source_energy, of it, at the start too."""
    energy = plan.values("source_energy")[:, np.newaxis]
    stored = np.maximum(
        np.abs(plan.values("source_stored") - energy / 2),
        np.abs(plan.values("source_stored_before")[:, np.newaxis] - energy / 2),
    )
    breach = np.where(tanks(plan)[:, np.newaxis], stored / energy - 0.5, 0.0)
    return finding(plan, Rule.STORAGE_LIMITS, breach, ("source", "time"), MACHINE_ALLOWED)
