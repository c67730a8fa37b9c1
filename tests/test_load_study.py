"""The study of recorded loads: with hours removed it is scored on the same measured loads."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.load_study import pooled_table, studied, summary_table
from forecasts.demand.load.record import TEMPERATURE
from forecasts.demand.skill import MODEL
from tests.heat_load_data import HeatLoadSet, observations, with_hours_removed
from tests.load_record_maker import winter
from tests.simple_load_model import SimpleModel


def forty_days(path: Path) -> pd.DataFrame:
    del path
    record = winter(40)
    stamps = pd.DatetimeIndex(record.times)
    columns = {"heat_mw": record.load_mw, "outdoor_temp_c": record.weather[TEMPERATURE]}
    return pd.DataFrame(columns, index=stamps)


TOWN = HeatLoadSet("town", "none", "Asia/Shanghai", "CN", 60, stamps_end=False, read=forty_days)


def test_missing_hours_are_scored_on_all_measured_loads():
    study = studied(TOWN, SimpleModel(), every_h=12.0)
    whole = {s.method: s for s in study.skill.by_horizon if s.first_h == 6}
    gappy = {s.method: s for s in study.with_gaps.by_horizon if s.first_h == 6}
    assert whole[MODEL].pairs == gappy[MODEL].pairs
    assert whole[MODEL].rmse_mw != gappy[MODEL].rmse_mw
    assert gappy[MODEL].rmse_mw < 1.3 * whole[MODEL].rmse_mw
    assert "| 3–36 h |" in pooled_table(study)
    assert summary_table([study]).count("\n| town |") == 1


def test_hours_are_removed_apart_and_by_seed():
    rows = observations(TOWN)
    once, again = (with_hours_removed(rows, 0.05, 1) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    no_load, no_temp = once["heat_mw"].isna(), once["outdoor_temp_c"].isna()
    assert no_load.mean() == pytest.approx(0.05, abs=0.02)
    assert no_temp.mean() == pytest.approx(0.05, abs=0.02)
    assert (no_load & no_temp).mean() < 0.02


@pytest.mark.parametrize(
    ("stamps_end", "first"), [(True, "2026-10-25T00:00"), (False, "2026-10-25T01:00")]
)
def test_wall_clock_stamps_keep_every_hour_of_a_clock_change(stamps_end, first):
    """A day of 25 hours stamped by wall clock, 02:00 twice: 25 rows an hour apart in UTC."""
    stamps = [np.datetime64("2026-10-25T00:00") + np.timedelta64(h, "h") for h in range(24)]
    doubled = 3 if not stamps_end else 4  # an end stamp of 03:00 ends either 02:00
    stamps.insert(doubled, stamps[doubled - 1])
    rows = pd.DataFrame({"heat_mw": np.arange(25.0)}, index=pd.DatetimeIndex(stamps))
    change = HeatLoadSet("x", "x", "Europe/Berlin", "DE", 60, stamps_end, lambda _: rows)
    found = observations(change)
    assert found["heat_mw"].tolist() == list(range(25))
    utc = found.index.tz_convert("UTC").tz_localize(None)
    assert (np.diff(utc) == np.timedelta64(1, "h")).all()
    assert found.index[0].isoformat().startswith(first)
