"""Fixtures of the history's tests."""

from tests.two_plans import runs, two_plans  # noqa: F401 (fixtures)
