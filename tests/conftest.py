"""Fixtures that tests of several packages share."""

import pytest
from daily_runs import small_green, small_runs, zaozhuang_runs  # noqa: F401 (fixtures)
from example_plan import example_plan

from dispatch.plan import Plan


@pytest.fixture
def plan() -> Plan:
    """The small hand-worked plan of `example_plan.py`."""
    return example_plan()
