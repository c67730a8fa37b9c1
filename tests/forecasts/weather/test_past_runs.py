"""Past runs beside what came: leads, the first fetch, what was not yet known, damaged files."""

from datetime import timedelta

import numpy as np
import pytest
import xarray as xr
from stored_runs import HOUR, NOON, ZAOZHUANG, ensemble_of, run_of

from forecasts.weather.past_runs import PastRuns, past_runs
from forecasts.weather.run import utc64
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.stored_run import NotReadReason, digest_of

DAY = timedelta(days=1)
PLACE = ZAOZHUANG


def hours_from_noon(time) -> np.ndarray:
    return (time - utc64(NOON)) / np.timedelta64(3600, "s")


def observed_to(last_hours: int, first_hours: int = -240) -> xr.DataArray:
    """Observations whose value is the hours of the step from noon on."""
    hours = np.arange(first_hours, last_hours)
    times = utc64(NOON) + hours * np.timedelta64(3600, "s")
    return xr.DataArray(hours.astype(float), {"time": times}, ("time",))


def telling(run: xr.Dataset, add: float = 0.0) -> xr.Dataset:
    """The same run, its temperature being the hours of the step from noon on, plus `add`."""
    values = hours_from_noon(run.time.values) + add
    told = xr.broadcast(xr.DataArray(values, dims="time"), run.air_temperature)[0]
    whole = told.transpose(*run.air_temperature.dims).values
    return run.assign(air_temperature=(run.air_temperature.dims, whole, run.air_temperature.attrs))


def saved(store: StoredRuns, *ages_h: float, late_h: float = 5, add: float = 0.0) -> StoredRuns:
    for age_h in ages_h:
        issued = NOON - age_h * HOUR
        store.save(telling(run_of(issued, issued + late_h * HOUR, 0.0, hours=150), add))
    return store


def pairs(store: StoredRuns, observed=None, known_by=NOON, days=10, **more) -> PastRuns:
    told = observed_to(240) if observed is None else observed
    return past_runs(store, "open_meteo", PLACE, told, known_by, days, **more)


def test_forecast_and_observation_stand_at_the_step_they_are_for(tmp_path):
    """Off by one hour of lead, every pair would differ by 1."""
    past = pairs(saved(StoredRuns(tmp_path), 48, 24, 6), known_by=NOON + 20 * DAY, days=40)
    assert past.issue_times.tolist() == [utc64(NOON - h * HOUR).item() for h in (48, 24, 6)]
    assert past.lead_h.tolist() == list(range(past.lead_h.size))
    assert past.forecast.dtype == past.observed.dtype == np.float32
    assert past.forecast[:, 0].tolist() == [-48, -24, -6]
    both = np.isfinite(past.forecast) & np.isfinite(past.observed)
    assert both.sum() > 250
    assert (past.forecast[both] == past.observed[both]).all()
    assert (hours_from_noon(past.valid_times)[both] == past.forecast[both]).all()
    # 150 h, begun 48 h before the fetch 5 h after the issue: the last lead is 106 h.
    assert past.lead_h[-1] == 106
    assert past.members.shape == (3, 1, 107)


def test_a_step_that_is_not_over_is_not_observed(tmp_path):
    """The step of 11:00 is over at noon, that of 12:00 is not, though its value is in the table."""
    past = pairs(saved(StoredRuns(tmp_path), 6))
    assert past.observed[0, 5] == -1  # begins at 11:00
    assert np.isnan(past.observed[0, 6:]).all()
    assert np.isfinite(past.forecast[0, 6:]).all()
    sooner = pairs(saved(StoredRuns(tmp_path), 6), known_by=NOON - HOUR / 60)
    assert np.isnan(sooner.observed[0, 5:]).all()


def test_a_run_fetched_later_was_not_known(tmp_path):
    store = saved(StoredRuns(tmp_path), 24, 4)  # the second was fetched an hour from now
    assert pairs(store).issue_times.size == 1
    assert pairs(store, known_by=NOON + HOUR).issue_times.size == 2


def test_of_a_run_fetched_twice_the_first_counts(tmp_path):
    store = saved(StoredRuns(tmp_path), 24, late_h=5)
    saved(store, 24, late_h=9, add=100)
    past = pairs(store)
    assert past.forecast.shape[0] == 1
    assert past.forecast[0, 0] == -24


def test_an_issue_time_between_the_hours_is_cut_to_its_hour(tmp_path):
    """A service that does not tell its issue time: the moment of the fetch is taken for it."""
    store = StoredRuns(tmp_path)
    issued = NOON - 5 * HOUR - 48 * HOUR / 60  # 06:12
    store.save(telling(run_of(issued, issued, 0.0)))
    past = pairs(store)
    assert past.issue_times[0] == utc64(NOON - 6 * HOUR)
    assert past.forecast[0, :3].tolist() == [-6, -5, -4]


def test_a_day_counts_four_runs_at_most_and_a_past_the_newest(tmp_path):
    store = saved(StoredRuns(tmp_path), *range(10, 34), late_h=0)  # hourly, 03:00 to 02:00 UTC
    told = [int(h) for h in hours_from_noon(pairs(store).issue_times)]
    assert told == [-33, -30, -24, -18, -12]  # the first of each quarter of a day, UTC
    assert len(pairs(store, max_runs_a_day=24).issue_times) == 24
    newest = pairs(store, max_runs=2)
    assert [int(h) for h in hours_from_noon(newest.issue_times)] == [-18, -12]
    assert pairs(store, days=1.0).issue_times.size == 3


def test_members_are_kept_and_missing_ones_are_nan(tmp_path):
    store = StoredRuns(tmp_path)
    for age_h, members in [(30, 5), (24, 3), (18, 5)]:
        issued = NOON - age_h * HOUR
        store.save(telling(ensemble_of(issued, issued, members)))
    past = past_runs(store, "ensemble", PLACE, observed_to(240), NOON, 10)
    assert past.forecast.shape == (3, 5, 192)
    assert np.isnan(past.forecast[1, 3:]).all()
    assert np.isfinite(past.forecast[1, :3]).all()
    assert past.forecast[2, :, 0].tolist() == [-18] * 5
    assert past.observed.shape == (3, 192)


def test_runs_of_another_shape_are_passed_over_and_told(tmp_path):
    store = saved(StoredRuns(tmp_path), 48, 24)
    issued = NOON - 12 * HOUR
    store.save(ensemble_of(issued, issued).assign_attrs(provider="open_meteo"))
    past = pairs(store)
    assert (past.forecast.ndim, past.issue_times.size, past.other_shape) == (3, 1, 2)


@pytest.mark.parametrize("what", ["changed", "no_run"])
def test_a_damaged_file_is_told_and_the_next_fetch_serves(tmp_path, what):
    store = saved(StoredRuns(tmp_path), 24, late_h=5)
    saved(store, 24, late_h=9, add=100)
    first = next(store.runs("open_meteo", PLACE, NOON))
    if what == "changed":
        first.path.write_bytes(first.path.read_bytes()[:-5])
    else:
        digest = digest_of(b"no")
        first.path.rename(first.path.with_name(f"{first.path.name[:-19]}{digest}.nc"))
        first = next(it for it in store.runs("open_meteo", PLACE, NOON) if it.digest == digest)
        first.path.write_bytes(b"no")
    past = pairs(store)
    assert past.forecast[0, 0] == 76
    assert [(it.reason, it.set_aside) for it in past.lost] == [(NotReadReason(what), True)]
    assert not first.path.exists()


def test_files_of_the_first_naming_are_paired_too(tmp_path):
    """They hold times as hours since their first, not as seconds since 1970."""
    run = telling(run_of(NOON - 24 * HOUR, NOON - 24 * HOUR, 0.0))
    folder = tmp_path / "open_meteo" / "34.860_117.550"
    folder.mkdir(parents=True)
    run.to_netcdf(folder / "x", engine="h5netcdf")
    digest = digest_of((folder / "x").read_bytes())
    (folder / "x").rename(folder / f"20260114T120000Z_20260114T120000Z_{digest}.nc")
    past = pairs(StoredRuns(tmp_path))
    assert past.forecast[0, :2].tolist() == [-24, -23]


def test_without_runs_or_observations_the_arrays_are_empty_or_nan(tmp_path):
    nothing = pairs(StoredRuns(tmp_path))
    assert nothing.forecast.shape == nothing.observed.shape == (0, 0)
    store = saved(StoredRuns(tmp_path), 24)
    for observed in (observed_to(-239)[:0], observed_to(300, 290)):
        assert np.isnan(pairs(store, observed).observed).all()
    gappy = observed_to(0).where(lambda a: a != -20).to_dataset(name="air_temperature")
    told = pairs(store, gappy.isel(time=slice(None, None, -1)))  # in any order
    assert np.isnan(told.observed[0, 4])
    assert told.observed[0, 3] == -21


def test_the_same_question_has_the_same_answer_later_on(tmp_path):
    """Whatever is fetched and observed afterwards: a back-test of today is today's forecast."""
    store = saved(StoredRuns(tmp_path), 48, 24)
    then = pairs(store, observed_to(0))
    saved(store, 2, -20)
    now = pairs(store, observed_to(200))
    assert np.array_equal(then.issue_times, now.issue_times)
    assert np.array_equal(then.forecast, now.forecast, equal_nan=True)
    assert np.array_equal(then.observed, now.observed, equal_nan=True)
