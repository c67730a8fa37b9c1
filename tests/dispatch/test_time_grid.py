"""Steps, setpoint blocks anchored at local midnight, and the look-ahead."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dispatch.settings import Time
from dispatch.time_grid import plan_start, time_grid

MIDNIGHT = datetime(2026, 1, 14, 16, tzinfo=UTC)  # 15 January 00:00 in Zaozhuang
ZONE = "Asia/Shanghai"


def grid(start=MIDNIGHT, **changes):
    return time_grid(start, Time.model_validate(changes), ZONE)


@pytest.mark.parametrize(("step_min", "steps"), [(60, 72), (30, 144), (15, 288)])
def test_steps_of_the_horizon(step_min, steps):
    laid = grid(step_min=step_min, look_ahead_h=0)
    assert laid.steps == laid.horizon_steps == steps
    assert laid.step_lengths_h == pytest.approx(np.full(steps, step_min / 60))


def test_blocks_start_at_local_midnight():
    laid = grid(look_ahead_h=0)
    assert laid.blocks == 18
    assert [laid.local(h).hour for h in laid.block_edges_h[:7]] == [0, 4, 8, 12, 16, 20, 0]


def test_a_start_inside_a_block_keeps_the_blocks_where_they_are():
    """At 06:00 the block of 04–08 has two hours left; the horizon ends with a whole block.
    Counted from the start, blocks would move with every re-plan.
    """
    laid = grid(MIDNIGHT + timedelta(hours=6), look_ahead_h=0)
    assert laid.block_edges_h[:3] == pytest.approx([0, 2, 6])
    assert all(laid.local(h).hour % 4 == 0 for h in laid.block_edges_h[1:])
    assert laid.block_edges_h[-1] == pytest.approx(74)
    assert laid.horizon_steps == 74


def test_a_start_on_a_quarter_hour():
    """01:15 at 15 minutes: 2.75 h are left of the first block, eleven steps."""
    laid = grid(MIDNIGHT + timedelta(minutes=75), step_min=15)
    assert laid.block_edges_h[1] == pytest.approx(2.75)
    assert (laid.block_of_step == 0).sum() == 11


def test_the_look_ahead_grows_to_twelve_hours():
    """Blocks of 4 h for a day, 6 h for the next, 12 h after that; a step is a block there."""
    laid = grid()
    lengths = laid.block_lengths_h[laid.horizon_blocks :]
    assert lengths.tolist() == [4] * 6 + [6] * 4 + [12] * 4
    assert laid.edges_h[-1] == pytest.approx(72 + 96)
    assert laid.step_lengths_h[laid.horizon_steps :].tolist() == lengths.tolist()


def test_every_step_lies_in_its_block():
    laid = grid(MIDNIGHT + timedelta(hours=3), step_min=30)
    start, end = laid.edges_h[:-1], laid.edges_h[1:]
    block = laid.block_of_step
    assert (laid.block_edges_h[block] <= start + 1e-9).all()
    assert (end <= laid.block_edges_h[block + 1] + 1e-9).all()
    assert block[-1] == laid.blocks - 1


def test_weather_steps_cover_the_look_ahead_on_the_fine_step():
    laid = grid(step_min=30)
    assert laid.weather_steps == 2 * (72 + 96)
    assert np.bincount(laid.block_of_weather_step)[:18].tolist() == [8] * 18
    assert np.bincount(laid.block_of_weather_step)[-1] == 24


def test_means_over_steps_keep_the_energy():
    """Fine values 0, 1, 2, …: hours of the horizon stay, a block of 4 h is the mean of its four."""
    laid = grid(horizon_h=24, look_ahead_h=8)
    fine = np.arange(laid.weather_steps, dtype=float)
    means = laid.step_means(fine)
    assert means[:24] == pytest.approx(fine[:24])
    assert means[24:] == pytest.approx([25.5, 29.5])
    assert float(means @ laid.step_lengths_h) == pytest.approx(fine.sum())


def test_a_plan_starts_on_the_next_full_step():
    now = datetime(2026, 1, 15, 5, 31, tzinfo=UTC)
    assert plan_start(now, 60) == datetime(2026, 1, 15, 6, tzinfo=UTC)
    assert plan_start(now, 15) == datetime(2026, 1, 15, 5, 45, tzinfo=UTC)
    assert plan_start(datetime(2026, 1, 15, 6, tzinfo=UTC), 60).hour == 6


def test_moments_in_utc_and_local_time():
    laid = grid()
    assert laid.at(30) == MIDNIGHT + timedelta(hours=30)
    assert laid.local(30).isoformat() == "2026-01-16T06:00:00+08:00"
    assert laid.naive_utc(np.array([0.25]))[0] == np.datetime64("2026-01-14T16:15")


@pytest.mark.parametrize("hold_h", [1, 2, 3, 4, 6, 8, 12])
def test_blocks_of_any_allowed_length_divide_the_day(hold_h):
    laid = grid(MIDNIGHT + timedelta(hours=7), setpoint_hold_h=hold_h)
    inner = laid.block_edges_h[1 : laid.horizon_blocks + 1]
    assert all(laid.local(h).hour % hold_h == 0 for h in inner)
    assert inner[-1] >= 72


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2027-03-27", [4, 4, 4, 4, 4, 4, 3, 4]), ("2026-10-24", [4, 4, 4, 4, 4, 4, 5, 4])],
)
def test_blocks_stay_on_the_clock_where_clocks_change(day, hours):
    """Without, setpoints would move at 05:00 or 03:00 until the next plan puts them right."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    laid = time_grid(midnight.astimezone(UTC), Time(look_ahead_h=0), "Europe/Berlin")
    assert laid.block_lengths_h[:8].tolist() == hours
    assert all(laid.local(h).hour % 4 == 0 for h in laid.block_edges_h)
    change = time_grid(laid.at(24.0), Time(look_ahead_h=0), "Europe/Berlin")
    assert change.block_lengths_h[0] == hours[6]
    assert change.begins_block(4)
    assert not time_grid(laid.at(23.0), Time(), "Europe/Berlin").begins_block(4)


@pytest.mark.parametrize(("step_min", "minute"), [(60, 30), (30, 0), (15, 0)])
def test_a_zone_half_an_hour_off_has_its_blocks_on_full_steps(step_min, minute):
    """Tehran, UTC+3:30: with hourly steps a block begins half past. In mid-step, it had none."""
    start = plan_start(datetime(2026, 1, 15, 5, 30, tzinfo=ZoneInfo("Asia/Tehran")), step_min)
    laid = time_grid(start, Time(step_min=step_min), "Asia/Tehran")
    starts = [laid.local(h) for h in laid.block_edges_h[1 : laid.horizon_blocks]]
    assert {(one.hour % 4, one.minute) for one in starts} == {(0, minute)}
    assert set(laid.block_edges_h) <= set(laid.edges_h)
