"""The chain behind identification against the same Gaussian model written out as full matrices."""

import numpy as np
import pytest

from forecasts.demand.identification.latent import (
    SLOW_H,
    Chain,
    Levels,
    Noise,
    states_of,
    system,
)

LOSS, CAPACITY_WH, STEP_H = 1.5, 80.0, 3.0
NOISE = Noise(2.0, 0.7, (0.2,))


def chain(steps=12, missing=(), seam=()):
    rng = np.random.default_rng(4)
    room = 20.0 + rng.normal(0.0, 0.5, steps)
    room[list(missing)] = np.nan
    begins = np.zeros(steps, dtype=bool)
    begins[list(seam)] = True
    bias = np.zeros((steps, 2))
    bias[:, 1] = 1.0
    gain = np.zeros((steps, 2))
    gain[:, 0] = 1.0
    return Chain(
        step_h=STEP_H,
        outdoor_c=rng.normal(0.0, 4.0, steps),
        heat=rng.normal(28.0, 4.0, steps),
        heat_doubt=np.zeros(steps),
        effects=gain,
        doubt=np.ones(steps),
        seam=begins,
        guess_c=20.0,
        levels=(Levels(np.where(begins, np.nan, room), bias, np.ones(steps), 0),),
        effect_mean=np.array([3.0, 0.0]),
        effect_sd=np.array([1.0, 0.5]),
    )


def written_out(given):
    """−log density of what is shown, by the covariance of everything, and the mean of β."""
    n, keep = given.heat.size, np.exp(-STEP_H * LOSS / CAPACITY_WH)
    lift, fade = (1.0 - keep) / LOSS, np.exp(-STEP_H / SLOW_H)
    # Unknowns: start θ, start d, ε of each step, η of each step, β. All independent, all normal.
    sd = np.concatenate([[10.0, 0.7], np.full(n, 2.0), np.full(n, 0.7 * np.sqrt(1 - fade**2)),
                         given.effect_sd])  # fmt: skip
    mean = np.concatenate([[20.0, 0.0], np.zeros(2 * n), given.effect_mean])
    theta, slow = np.zeros(mean.size), np.zeros(mean.size)
    theta[0], slow[1], fixed = 1.0, 1.0, 0.0
    rows, constants = [], []
    for k in range(n):
        after, fixed_after = keep * theta, keep * fixed
        after = after + lift * slow
        after[2 + k] += lift
        after[2 + 2 * n :] += lift * given.effects[k]
        fixed_after += (1.0 - keep) * given.outdoor_c[k] + lift * given.heat[k]
        slow = fade * slow
        slow[2 + n + k] += 1.0
        row = 0.5 * (theta + after)
        row[2 + 2 * n :] += given.levels[0].effects[k]
        rows.append(row)
        constants.append(0.5 * (fixed + fixed_after))
        theta, fixed = after, fixed_after
    there = np.isfinite(given.levels[0].shown_c)
    h = np.array(rows)[there]
    error = given.levels[0].shown_c[there] - np.array(constants)[there] - h @ mean
    spread = h @ np.diag(sd**2) @ h.T + 0.04 * np.eye(there.sum())
    solved = np.linalg.solve(spread, error)
    cost = 0.5 * (error @ solved + np.linalg.slogdet(spread)[1])
    return cost, (mean + sd**2 * (h.T @ solved))[2 + 2 * n :]


@pytest.mark.parametrize("missing", [(), (3, 4), (0, 11)])
def test_likelihood_and_effects_are_those_of_the_full_covariance(missing):
    """The band factor and the written-out covariance agree, up to one constant for all data."""
    given = chain(missing=missing)
    found = system(given, LOSS, CAPACITY_WH, NOISE).effects
    cost, beta = written_out(given)
    assert found.beta == pytest.approx(beta, abs=1e-8)
    # The constant: log of the prior's spreads, which `system` leaves out.
    constant = np.log(10.0) + np.log(given.effect_sd).sum()
    assert found.cost - cost == pytest.approx(-constant, abs=1e-8)


def test_nothing_passes_a_seam():
    """Heat before a seam must not move the room after it; without a seam it does."""
    plain, broken = chain(seam=()), chain(seam=(6,))

    def last_room(given, extra_w):
        heat = given.heat.copy()
        heat[:5] += extra_w
        changed = Chain(**{**given.__dict__, "heat": heat})
        changed.__dict__["effect_sd"][:] = 1e-6  # effects are shared by both sides
        return states_of(system(changed, LOSS, CAPACITY_WH, NOISE)).room_c[-1]

    assert last_room(broken, 10.0) == pytest.approx(last_room(broken, 0.0), abs=1e-5)
    assert abs(last_room(plain, 10.0) - last_room(plain, 0.0)) > 1e-5


def test_a_step_longer_by_steady_heat_is_the_same_physics():
    """In a steady state the room is t_w + (q + g)/K whatever the step: 0 + (27 + 3)/1.5 = 20 °C."""
    for step_h in (0.5, 3.0, 24.0):
        steps = 40
        given = chain(steps)
        nothing = Levels(np.full(steps, np.nan), np.zeros((steps, 2)), np.ones(steps), 0)
        steady = Chain(**{
            **given.__dict__, "step_h": step_h, "outdoor_c": np.zeros(steps),
            "heat": np.full(steps, 27.0), "levels": (nothing,), "guess_c": 20.0,
        })  # fmt: skip
        assert states_of(system(steady, LOSS, CAPACITY_WH, NOISE)).room_c == pytest.approx(20.0)
