"""Fixtures that tests of several packages share."""

import pytest
from example_plan import example_plan
from hypothesis import settings

from dispatch.plan import Plan

pytest.register_assert_rewrite("tests.daily_runs")

from tests.daily_runs import small_green, small_runs, zaozhuang_runs  # noqa: E402, F401 (fixtures)
from tests.report_browser import browser  # noqa: E402, F401 (fixture)

# `pytest --hypothesis-profile=soak tests/dispatch/test_random_plans.py`: hours, now and then.
settings.register_profile("soak", max_examples=3000, print_blob=True)


@pytest.fixture
def plan() -> Plan:
    """The small hand-worked plan of `example_plan.py`."""
    return example_plan()
