"""Rooms at the start of a plan, by hand: each knowledge counts by 1/sd².

Where two loops of three are read, they are too few to speak of what all are off by alike.
"""

import numpy as np
import pytest

from dispatch.initial_state import Known, LastPlan
from dispatch.measured import RoomReadings
from dispatch.room_start import StartRooms, plan_sd_k, start_rooms

IDS = ("A.low", "B.low", "C.low")


def last_plan(rooms_c, age_h=24.0, ids=IDS):
    """A last plan that began `age_h` ago and expects these rooms now."""
    nothing = Known((), np.array([-age_h]), np.empty((0, 1)))
    rooms = Known(ids, np.zeros(1), np.array(rooms_c, dtype=float)[:, None])
    return LastPlan("before", 1.0, 4.0, rooms, nothing, {}, *[nothing] * 6)


def read_at_two(room_c: float) -> list[float]:
    return [room_c, room_c, np.nan]


def started(room_c, sd_k=0.5, last=None, assumed_c=20.0, median_c=np.nan, **changes) -> StartRooms:
    ids = changes.get("ids", IDS)
    count = len(ids)

    def all_loops(value, kind=float):
        return np.broadcast_to(np.asarray(value, dtype=kind), (count,)).copy()

    readings = RoomReadings(
        all_loops(room_c), all_loops(sd_k), all_loops(changes.get("from_rooms", True), bool)
    )
    return start_rooms(
        ids,
        all_loops(assumed_c),
        last,
        all_loops(median_c),
        readings,
        all_loops(changes.get("timetabled", False), bool),
    )


def keys(rooms: StartRooms) -> list[str]:
    return [remark.key for remark in rooms.remarks]


def test_a_plans_rooms_wander():
    """0.2 K at its begin, 0.5 K after a day, and the variance grows evenly: after half a day it is
    (0.04 + 0.25)/2 = 0.145, which is 0.381 K.
    """
    assert plan_sd_k(0.0) == pytest.approx(0.2)
    assert plan_sd_k(24.0) == pytest.approx(0.5)
    assert plan_sd_k(12.0) == pytest.approx(0.145**0.5)


def test_two_equal_knowledges_meet_in_the_middle():
    """A day-old plan (0.5 K) says 20, rooms (0.5 K) say 21: 20.5. Without the plan's weight it
    would be 21; without the reading's, 20.
    """
    rooms = started(read_at_two(21.0), 0.5, last_plan([20.0] * 3))
    assert rooms.room_c == pytest.approx([20.5, 20.5, 20.0])


def test_a_surer_reading_counts_more():
    """0.25 K against 0.5 K: weights 16 and 4, 20 + 0.8."""
    rooms = started(read_at_two(21.0), 0.25, last_plan([20.0] * 3))
    assert rooms.room_c[:2] == pytest.approx([20.8] * 2)


def test_a_fresh_plan_is_believed_more_than_an_old_one():
    """One hour old: variance 0.04 + 0.21/24 = 0.04875 against 0.25: 20 + 0.04875/0.29875."""
    fresh = started(read_at_two(21.0), 0.5, last_plan([20.0] * 3, age_h=1.0)).room_c
    assert fresh[:2] == pytest.approx([20.0 + 0.04875 / 0.29875] * 2)


def test_a_zones_median_is_a_third_knowledge():
    """Plan 20 (weight 4), median of the zone 23 (1), rooms 21 at 0.5 K (4): 187/9."""
    rooms = started(read_at_two(21.0), 0.5, last_plan([20.0] * 3), median_c=23.0)
    assert rooms.room_c[:2] == pytest.approx([(4 * 20 + 23 + 4 * 21) / 9] * 2)


def test_without_a_plan_the_assumption_counts_little():
    """1.5 K against 0.5 K: weights 4/9 and 4, so a tenth of the way is left."""
    assert started(21.0, 0.5).room_c == pytest.approx([20.9] * 3)


def test_unknown_rooms_start_as_without_telemetry():
    """The assumption stands to the last digit, also where the plan expected something else."""
    rooms = started([np.nan, 21.0, np.nan], 0.5, last_plan([19.0, 20.0, 19.0]), assumed_c=22.0)
    assert rooms.room_c.tolist() == [22.0, pytest.approx(20.5), 22.0]


@pytest.mark.parametrize("room_c", [9.9, 30.1, -3.0, 85.0])
def test_absurd_rooms_never_enter_and_are_told(room_c):
    rooms = started([room_c, 21.0, 21.0], 0.5, last_plan([20.0] * 3))
    assert rooms.room_c == pytest.approx([20.0, 20.5, 20.5])
    (absurd,) = [one for one in rooms.remarks if one.key == "daily.rooms_absurd"]
    assert absurd.values["loops"] == 1
    assert "A.low" in str(absurd.values["worst"])


def test_a_surprise_is_told_and_still_used():
    """0.5 and 0.5 K make 0.707 K: 2.2 K apart is 3.1 of them, 2.0 K is 2.8."""
    rooms = started([22.2, 22.0, np.nan], 0.5, last_plan([20.0] * 3))
    assert rooms.room_c == pytest.approx([21.1, 21.0, 20.0])
    (surprise,) = [one for one in rooms.remarks if one.key == "daily.rooms_surprise"]
    assert surprise.values == {"loops": 1, "worst": "A.low +2.2 K"}


def test_water_says_nothing_of_a_loop_with_a_timetable():
    """Its water stands still at night; a room that was read counts."""
    rooms_c = read_at_two(21.0)
    from_water = started(rooms_c, 0.5, last_plan([20.0] * 3), timetabled=True, from_rooms=False)
    assert from_water.room_c == pytest.approx([20.0] * 3)
    assert keys(from_water) == []
    from_rooms = started(rooms_c, 0.5, last_plan([20.0] * 3), timetabled=True)
    assert from_rooms.room_c == pytest.approx([20.5, 20.5, 20.0])


def test_nobody_is_surer_than_a_tenth_of_a_kelvin():
    """A standard deviation of 0 would be a division by it."""
    rooms = started(read_at_two(21.0), 0.0, last_plan([20.0] * 3))
    assert rooms.room_c[:2] == pytest.approx([20.0 + 100 / 104] * 2)


def test_what_all_loops_are_off_by_alike_counts_first():
    """Three at +1 K, v = 0.25 + 0.25: 6/(6 + 1/0.49) K are shared, and half of the rest is own."""
    shared_k = 6 / (6 + 1 / 0.49)
    rooms = started(21.0, 0.5, last_plan([20.0] * 3))
    assert rooms.room_c == pytest.approx([20.0 + (shared_k + 1.0) / 2] * 3)
    assert keys(rooms) == ["daily.rooms_measured", "daily.rooms_shared"]


@pytest.mark.parametrize("age_h", [0.0, 24.0])
def test_a_hundred_poor_sensors_know_what_one_does_not(age_h: float):
    """One room in each of 100 loops, 2 K from its loop's mean, all 3 K colder than planned: of one
    loop alone 0.2 K would be believed. One broken sensor among them moves nothing to speak of, and
    a plan that only begins is not off at all.
    """
    ids = tuple(f"L{place}.low" for place in range(100))
    plan = last_plan([20.0] * 100, age_h, ids)
    rooms = started(17.0, 2.0, plan, ids=ids).room_c
    v = 0.2**2 + (0.5**2 - 0.2**2) * age_h / 24 + 4.0
    shared_k = 3.0 * (100 / v) / (100 / v + 1 / 0.49) if age_h else 0.0
    assert 20.0 - rooms == pytest.approx(shared_k + (3.0 - shared_k) * (v - 4.0) / v, abs=1e-9)
    broken = np.full(100, 17.0)
    broken[7] = 29.5
    assert started(broken, 2.0, plan, ids=ids).room_c[8:] == pytest.approx(rooms[8:], abs=0.07)


def test_loops_that_differ_both_ways_share_nothing():
    rooms = started([21.0, 20.0, 19.0], 0.5, last_plan([20.0] * 3))
    assert rooms.room_c == pytest.approx([20.5, 20.0, 19.5])


def test_all_remarks_have_words():
    rooms = started([9.0, 25.0, 21.0], 0.3, last_plan([20.0] * 3))
    assert keys(rooms) == ["daily.rooms_measured", "daily.rooms_absurd", "daily.rooms_surprise"]
    assert all(remark.text for remark in rooms.remarks)
