"""Skill by lead time: figures by hand; a run and its baselines see nothing that came later."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from forecasts.weather.provider import Place
from forecasts.weather.run import hour_starts, utc64
from forecasts.weather.skill import LEVELS, Pairs, pairs_of, reliability_of, skill_by_lead
from tests.skill_maker import FIRST, run_of, truth_c

HERE = Place(34.86, 117.56, "Asia/Shanghai")


def observed(days: int = 60, values: np.ndarray | None = None) -> xr.DataArray:
    starts = hour_starts(FIRST - timedelta(days=3), 24 * days)
    seen = truth_c(starts) if values is None else values
    return xr.DataArray(seen, coords={"time": starts}, dims="time")


def runs(days: int, **said: float) -> list[xr.Dataset]:
    settings = {"bias_k": 0.0, "sd_k": 0.0, "members": 0, "provider": "x"} | said
    return [run_of(HERE, FIRST + timedelta(days=day), **settings) for day in range(days)]


def test_a_run_that_is_always_too_warm():
    """By 1.5 K: bias, RMSE, MAE are 1.5, and so is the CRPS of a single line."""
    first = skill_by_lead(pairs_of("x", runs(10, bias_k=1.5), observed(), HERE))[0]
    assert (first.first_h, first.end_h, first.pairs, first.runs) == (0, 6, 60, 10)
    figures = (first.bias_k, first.rmse_k, first.mae_k, first.crps_k)
    assert figures == pytest.approx((1.5,) * 4)
    assert np.isnan(first.coverage)


def test_persistence_repeats_the_last_whole_day_before_the_issue():
    """Where each day is 1 K warmer than the last, it is 1 K off on the first day, 2 on the next."""
    starts = observed()["time"].values
    rising = np.floor((starts - starts[0]) / np.timedelta64(24, "h")).astype(float)
    told = skill_by_lead(pairs_of("x", runs(5), observed(values=rising), HERE))
    by_first_h = {row.first_h: row.persistence_rmse_k for row in told}
    assert by_first_h[0] == pytest.approx(1.0)
    assert by_first_h[12] == pytest.approx(1.0)
    assert by_first_h[24] == pytest.approx(2.0)
    assert by_first_h[48] == pytest.approx(3.0)


def test_no_baseline_sees_what_came_after_the_issue():
    """Other weather after the issue changes what is observed, not what was foreseen."""
    issued = FIRST + timedelta(days=4)
    run = run_of(HERE, issued, bias_k=0, sd_k=0, members=0, provider="x")
    before = pairs_of("x", [run], observed(), HERE)
    later = observed()
    later = later.where(later["time"] < utc64(issued), 99.0)
    after = pairs_of("x", [run], later, HERE)
    assert (after.observed_c == 99.0).all()
    assert after.persistence_c.tolist() == before.persistence_c.tolist()
    assert after.normal_c.tolist() == before.normal_c.tolist()


def test_hours_before_the_issue_are_no_forecast():
    """A stored run begins two days before; those hours would flatter it."""
    issued = FIRST + timedelta(days=4)
    run = run_of(HERE, issued, bias_k=0, sd_k=0, members=0, provider="x")
    run.attrs["issue_time"] = (issued + timedelta(hours=30)).isoformat()
    pairs = pairs_of("x", [run], observed(), HERE)
    assert pairs.lead_h.min() == 0
    assert pairs.lead_h.size == 120 - 30


def test_hours_without_an_observation_do_not_count():
    seen = observed()
    seen[24 * 3 + 2] = np.nan  # 02:00 of the first run's day
    first = skill_by_lead(pairs_of("x", runs(1), seen, HERE))[0]
    assert first.pairs == 5


def test_a_run_fetched_twice_counts_once():
    """The last of one issue time is the one that counts."""
    twice = [*runs(1, bias_k=3.0), *runs(1, bias_k=1.0)]
    first = skill_by_lead(pairs_of("x", twice, observed(), HERE))[0]
    assert (first.runs, first.pairs) == (1, 6)
    assert first.bias_k == pytest.approx(1.0)


@pytest.fixture(scope="module")
def honest() -> Pairs:
    """Truth is one more draw of what the members are drawn from, in each of 120 runs."""
    return pairs_of("x", runs(120, sd_k=1.0, members=19), observed(days=140), HERE)


def test_an_honest_ensemble_covers_what_it_promises(honest: Pairs):
    """80 % ± 3 sd of the runs; plain quantiles of 19 members would promise 80 and hold 72 %."""
    first = skill_by_lead(honest)[0]
    assert first.coverage == pytest.approx(0.8, abs=3 * (0.8 * 0.2 / 120) ** 0.5)
    # E|X - y| = 2/√π less E|X - X'|/2 = 1/√π, all of them normal with sd 1
    assert first.crps_k == pytest.approx(1 / np.sqrt(np.pi), rel=0.2)


def test_the_diagram_of_an_honest_ensemble_lies_within_its_bands(honest: Pairs):
    diagram = reliability_of(honest, 0, 6)
    assert diagram is not None
    assert diagram.level == LEVELS
    assert diagram.pairs == 720
    assert diagram.independent_pairs < 240  # hours of one run err together
    assert diagram.outside <= 1


def test_single_lines_have_no_diagram():
    assert reliability_of(pairs_of("x", runs(3), observed(), HERE), 0, 240) is None


def test_nothing_to_compare_gives_nothing():
    late = [
        run_of(HERE, datetime(2027, 1, 1, tzinfo=UTC), bias_k=0, sd_k=0, members=0, provider="x")
    ]
    for given in ([], late):
        pairs = pairs_of("x", given, observed(), HERE)
        assert skill_by_lead(pairs) == ()
        assert reliability_of(pairs, 0, 240) is None
