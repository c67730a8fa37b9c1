"""What is there of a source, main or station, interval by interval."""

from datetime import timedelta

import numpy as np
import pytest
from plan_inputs_maker import START, hours_after, tiny_case

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.outages import available_fraction
from dispatch.settings import Time
from dispatch.time_grid import time_grid

HOURLY = np.arange(9.0)
BLOCKS = np.array([0.0, 2.0, 6.0, 8.0])


def outage(from_h, to_h, fraction=0.0, kind=OutageKind.SOURCE, name="boiler"):
    values = {"kind": kind, "id": name, "available_fraction": fraction}
    window = {"from": hours_after(START, from_h), "to": hours_after(START, to_h)}
    return Outage.model_validate(values | window)


def present(*outages, edges_h=HOURLY, kind=OutageKind.SOURCE, name="boiler", start=START):
    case = tiny_case(outages=outages)
    grid = time_grid(start, Time(horizon_h=24, look_ahead_h=0), "Asia/Shanghai")
    return available_fraction(case, kind, name, grid, edges_h).tolist()


def test_without_an_outage_all_is_there():
    assert present() == [1] * 8


def test_an_outage_ends_where_the_next_interval_begins():
    """From 2 to 5 o'clock the hours 2, 3 and 4 are out, and neither neighbour."""
    assert present(outage(2, 5)) == [1, 1, 0, 0, 0, 1, 1, 1]


def test_a_part_left_is_a_part_there():
    assert present(outage(2, 4, 0.5)) == [1, 1, 0.5, 0.5, 1, 1, 1, 1]


@pytest.mark.parametrize(("from_h", "to_h"), [(2.5, 2.75), (2.0, 2.25), (2.75, 3.0)])
def test_partly_out_counts_as_out(from_h, to_h):
    """A quarter of an hour takes the whole hour: the plan may not count on the rest of it."""
    assert present(outage(from_h, to_h)) == [1, 1, 0, 1, 1, 1, 1, 1]


def test_a_long_block_is_out_for_an_outage_in_its_middle():
    """An hour in the block of 2 to 6 o'clock; looked up at the block's start it would be missed."""
    assert present(outage(4, 5), edges_h=BLOCKS) == [1, 0, 1]
    assert present(outage(2, 6), edges_h=BLOCKS) == [1, 0, 1]


def test_of_two_outages_the_worse_counts():
    """Half and a quarter: the quarter where they overlap, in either order; never an eighth."""
    expected = [1, 0.5, 0.25, 0.25, 1, 1, 1, 1]
    assert present(outage(1, 4, 0.5), outage(2, 4, 0.25)) == expected
    assert present(outage(2, 4, 0.25), outage(1, 4, 0.5)) == expected


def test_an_outage_under_way_and_one_beyond_the_end():
    """Out since yesterday until 2 o'clock, and again from 6 until tomorrow."""
    assert present(outage(-20, 2), outage(6, 40)) == [0, 0, 1, 1, 1, 1, 0, 0]
    assert present(outage(-20, 0), outage(8, 40)) == [1] * 8


def test_hours_count_from_the_start_of_the_plan():
    """Seen from a plan that starts three hours later, the same outage is three hours earlier."""
    found = present(outage(4, 6), start=START + timedelta(hours=3))
    assert found == [1, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "name"), [(OutageKind.LINK, "boiler"), (OutageKind.SOURCE, "boiler_2")]
)
def test_only_what_is_named_is_out(kind, name):
    """A main or another boiler of like name stays: id and kind must both fit."""
    assert present(outage(2, 5), kind=kind, name=name) == [1] * 8


def test_mains_and_stations_have_outages_too():
    link = outage(0, 1, 0.25, OutageKind.LINK, "P>town")
    station = outage(1, 2, 0.0, OutageKind.STATION, "S")
    edges_h = np.arange(4.0)
    assert present(link, station, edges_h=edges_h, kind=OutageKind.LINK, name="P>town") == [
        0.25,
        1,
        1,
    ]
    assert present(link, station, edges_h=edges_h, kind=OutageKind.STATION, name="S") == [1, 0, 1]
