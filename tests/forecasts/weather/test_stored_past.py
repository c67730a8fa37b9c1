"""What weather it was, by stored forecasts: the newest run before each hour, never a later one."""

from pathlib import Path

import numpy as np
import pytest

from forecasts.weather.run import hour_starts
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.stored_past import stored_past
from tests.stored_runs import HOUR, NOON, ZAOZHUANG, ensemble_of, run_of


def test_each_hour_is_told_by_the_newest_run_issued_before_it_ended(tmp_path: Path):
    """A run of noon says 1 °C, one of midnight 2 °C. Their own past is not theirs to tell: before
    noon nothing is known, though both runs' files begin two days earlier.
    """
    store, midnight = StoredRuns(tmp_path), NOON + 12 * HOUR
    store.save(run_of(NOON, NOON + HOUR, 1.0))
    store.save(run_of(midnight, midnight + HOUR, 2.0))
    hours = hour_starts(NOON - 3 * HOUR, 24)
    told = stored_past(store, ZAOZHUANG, NOON + 30 * HOUR, hours)["air_temperature"]
    assert np.isnan(told[:3]).all()
    assert told[3:15] == pytest.approx(1.0)
    assert told[15:] == pytest.approx(2.0)


def test_what_was_fetched_later_is_not_known(tmp_path: Path):
    store = StoredRuns(tmp_path)
    store.save(run_of(NOON, NOON + 6 * HOUR, 1.0))
    told = stored_past(store, ZAOZHUANG, NOON + 5 * HOUR, hour_starts(NOON, 5))
    assert all(np.isnan(values).all() for values in told.values())


def test_members_are_averaged_and_far_days_left_out(tmp_path: Path):
    """Five members 0 to 4 K above a course of mean 0: 2 °C on average. Beyond five days nothing."""
    store = StoredRuns(tmp_path)
    store.save(ensemble_of(NOON, NOON + HOUR))
    told = stored_past(store, ZAOZHUANG, NOON + 300 * HOUR, hour_starts(NOON, 140))
    assert np.isfinite(told["wind_speed"]).sum() == 120
    assert float(np.nanmean(told["air_temperature"])) == pytest.approx(2.0, abs=0.05)
