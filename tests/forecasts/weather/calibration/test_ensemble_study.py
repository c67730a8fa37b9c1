"""The study on recorded ensembles, a part of it: what it must hold, and that it cannot cheat."""

import numpy as np
import pytest

from bench.ensemble_data import FILE, DailyForecasts, read_forecasts
from bench.ensemble_study import ours, raw, score_row, textbook

DAYS = list(range(1100, 1100 + 2 * 365, 3))  # 2005 and 2006


@pytest.fixture(scope="module")
def data():
    if not FILE.exists():
        pytest.skip(f"{FILE} is missing: recorded forecasts are no part of the project")
    return read_forecasts(FILE)


def test_intervals_hold_and_scores_beat_raw_and_textbook(data):
    """Raw 80 % intervals hold 45 % of the time; calibrated ones on the past alone, 75 to 85 %."""
    found, before = ours(data, DAYS), raw(data, DAYS)
    emos = textbook(data, DAYS, free=True)
    score, raw_score, emos_score = (np.nanmean(way.crps_k) for way in (found, before, emos))
    assert before.coverage() < 0.6
    assert 0.75 <= found.coverage() <= 0.85
    assert score < 0.82 * raw_score
    assert score < 0.97 * emos_score


def test_a_short_past_does_no_harm(data):
    days = DAYS[::6]
    score = np.nanmean(raw(data, days).crps_k)
    assert np.nanmean(ours(data, days, 0).crps_k) < score
    assert np.nanmean(ours(data, days, 20).crps_k) < 0.95 * score


def made_up(days, seed=0):
    """Forecasts of white weather: members of half the spread of their errors."""
    random = np.random.default_rng(seed)
    observed = 8 * random.standard_normal(days)
    centre = observed + 1.5 * random.standard_normal(days) + 1.0
    members = centre[:, None] + 0.7 * random.standard_normal((days, 10))
    date = np.datetime64("2010-01-01T12", "ns") + np.arange(days) * np.timedelta64(24, "h")
    return DailyForecasts(date, observed, members, centre, centre)


def test_the_study_sees_no_day_before_it_comes():
    """What is observed on a day and later must not move that day's forecast."""
    record = made_up(160)
    clean = ours(record, [120, 140])
    later = np.where(np.arange(160) >= 120, -99.0, record.observed_c)
    spoilt = DailyForecasts(record.date, later, record.members_c, record.hres_c, record.control_c)
    for way in (ours, lambda d, days: textbook(d, days, free=True)):
        before, after = way(record, [120, 140]), way(spoilt, [120, 140])
        assert (before.quantiles_c[0] == after.quantiles_c[0]).all()
        assert (before.quantiles_c[1] != after.quantiles_c[1]).any()
    assert clean.mean_c[0] == ours(spoilt, [120]).mean_c[0]


def test_rows_and_seasons():
    record = made_up(400)
    done = raw(record, list(range(365, 400)))
    assert done.by_year() == {"2011": done.coverage()}
    assert done.by_season()["winter"] == done.coverage()  # January and early February
    assert np.isnan(done.by_season()["summer"])
    assert len(score_row("raw", done.of(done.counted))) == 8
