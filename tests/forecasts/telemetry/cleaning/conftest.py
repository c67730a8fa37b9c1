"""Telemetry of six loops for ten days, made once."""

from dataclasses import replace

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


@pytest.fixture(scope="session")
def pair(town: Telemetry) -> Telemetry:
    """S001 steady and S006 shut, of the same town."""
    readings = town.readings
    few = readings[readings["id"].isin(["S001.1", "S006.1"])].reset_index(drop=True)
    return replace(town, readings=few)
