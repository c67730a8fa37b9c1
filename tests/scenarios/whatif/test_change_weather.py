"""Changes of the weather, by what they do to the heat of a plan."""

import pytest
from cut_case import base, base_plan, planned_with

from dispatch.case_recheck import recheck
from scenarios.whatif.changes.weather import TemperatureShift


def test_the_cut_is_a_sound_case():
    assert recheck(base().case) == ()
    assert base_plan().audit.passed


def test_colder_air_takes_more_heat():
    """3 K of some 20 K of lift: rooms hold, so a day of it takes about 3/20 more in the end."""
    before, after = base_plan().schedule, planned_with(TemperatureShift(shift_k=-3)).schedule
    air = "air_temperature"
    assert (after[air] - before[air]).values == pytest.approx(-3)
    more = float(after["source_heat"].sum() / before["source_heat"].sum()) - 1
    assert 0.05 < more < 0.2
