"""Telemetry of six loops for ten days, made once."""

import pytest

from tests.telemetry_maker import Kind, Telemetry, made

DAYS = 10
KINDS = [
    *(Kind.STEADY, Kind.STEADY, Kind.STEADY),
    *(Kind.SETBACK, Kind.NIGHT_STOP, Kind.SHUT),
]


@pytest.fixture(scope="session")
def town() -> Telemetry:
    """S001 to S003 steady, S004 with setback, S005 stops at night, S006 shut; every 15 min."""
    return made(KINDS, days=DAYS, seed=7)
