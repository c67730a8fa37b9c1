"""Ridge in cells and the correction by residuals, on made-up rows."""

import numpy as np
import pytest

from forecasts.demand.load.cell_ridge import CellRidge, RidgeSettings, fit_cells
from forecasts.demand.load.features import past_of
from forecasts.demand.load.residual import Correction, residual_past
from forecasts.demand.load.training import (
    Memory,
    blocks,
    first_row,
    group_of_lead,
    operating_days,
)
from tests.linear_network_maker import linear_network

FREE = RidgeSettings(pull_rows=0.0, group_days=(0.0,), rounds=0)


def rows(slopes, count=200, noise=0.0):
    """Rows of cells y = slope · x + 5, x away from zero."""
    draw = np.random.default_rng(1)
    cell = np.repeat(np.arange(len(slopes)), count)
    x = draw.normal(3.0, 2.0, cell.size)
    y = np.asarray(slopes)[cell] * x + 5.0 + draw.normal(0.0, noise, cell.size)
    return x[:, None], y, cell


def fitted(slopes, settings, count=200, noise=0.0):
    x, y, cell = rows(slopes, count, noise)
    group = np.zeros(len(slopes), dtype=np.int64)
    ridge = fit_cells(x, y, np.ones(y.size), cell, group, 30.0, settings)
    return ridge.slope[:, 0] / ridge.spread[0], ridge


def test_without_pull_each_cell_has_its_own_slope():
    slopes, ridge = fitted([1.0, 4.0], FREE)
    assert slopes == pytest.approx([1.0, 4.0])
    assert ridge.predict(np.array([[2.0], [2.0]]), np.array([0, 1])) == pytest.approx([7.0, 13.0])


def test_pulled_hard_all_cells_have_the_slope_of_their_group():
    """The mean slope is 2.5; a group pulled to zero by as many days as it has halves it."""
    shared, _ = fitted([1.0, 4.0], RidgeSettings(1e9, (0.0,), 0))
    assert shared == pytest.approx([2.5, 2.5], rel=0.05)
    halved, _ = fitted([2.0, 2.0], RidgeSettings(1e9, (30.0,), 0))
    assert halved == pytest.approx([1.0, 1.0], rel=0.05)


def test_one_wild_row_does_not_turn_the_line():
    """Least squares would turn the slope of 2 to 2.5 and more."""
    x, y, cell = rows([2.0], 100, noise=0.1)
    y[int(np.argmax(x[:, 0]))] += 60.0
    robust = RidgeSettings(0.0, (0.0,), 3)
    group = np.zeros(1, dtype=np.int64)
    free, held = (
        fit_cells(x, y, np.ones(100), cell, group, 10.0, settings) for settings in (FREE, robust)
    )
    assert free.slope[0, 0] / free.spread[0] > 2.4
    assert held.slope[0, 0] / held.spread[0] == pytest.approx(2.0, abs=0.15)


def test_a_cell_without_rows_lies_between_its_neighbours():
    """No load was ever known at hour 1: the mean of 0 and 2 is better than nothing."""
    x, y, cell = rows([1.0, 1.0], 50)
    ridge = fit_cells(x, y, np.ones(100), cell * 2, np.zeros(3, dtype=np.int64), 10.0, FREE)
    assert ridge.intercept[1] == pytest.approx(ridge.intercept[[0, 2]].mean())


def test_the_correction_takes_the_hour_of_its_target():
    """With the number of the cell as its value: group of the lead × 24 + local hour."""
    record = linear_network(10)
    residuals = residual_past(past_of(record, 30), np.zeros(240))
    columns = residuals.table(np.array([200]), 30).shape[-1]
    groups = int(group_of_lead(30, 1.0).max()) + 1
    ridge = CellRidge(
        np.zeros(columns),
        np.ones(columns),
        np.arange(groups * 24.0),
        np.zeros((groups * 24, columns)),
    )
    asked = Correction(ridge, 24).ahead(residuals, np.array([200]), 30)[0]
    hour = (200 + np.arange(30)) % 24
    assert asked == pytest.approx(group_of_lead(30, 1.0) * 24 + hour)


def test_no_group_of_leads_spans_a_day():
    """At lead 24 h yesterday's same hour is known, at 25 h it is not."""
    for step_h in (0.25, 0.5, 1.0):
        group = group_of_lead(round(168 / step_h), step_h)
        ends = np.arange(24, 97, 24) / step_h
        assert np.all(group[(ends - 1).astype(int)] < group[ends.astype(int)])
        assert np.array_equal(group[[0, round(1 / step_h) - 1]], [0, 0])


def test_age_is_counted_in_operating_time():
    """Two days, a summer, one day: the first row of the last two operating days is in the first."""
    load = np.concatenate([np.ones(48), np.full(5000, np.nan), np.ones(24)])
    assert operating_days(load, 1.0)[[0, 24, 1000, 5048]] == pytest.approx([3, 2, 1, 1])
    assert first_row(load, 1.0, 2.0) == 24


def test_pairs_end_before_what_is_known_and_far_ones_are_fewer():
    """The last step known is row 1999: lead 2 of an issue at 1999 would be row 2000."""
    load = np.arange(2000.0)
    near, far = blocks(load, 1.0, 24, 36, Memory(400.0, 90.0))
    assert near.load_mw[-1] == pytest.approx([1999, np.nan, np.nan], nan_ok=True)
    assert (near.first, near.leads, far.first, far.leads) == (0, 3, 3, 36)
    assert np.all(np.diff(far.issues) == 5)
    assert np.unique(far.issues % 24).size == 24
    assert far.weight[-1, 0] == pytest.approx(0.5 ** (1 / 24 / 90))
