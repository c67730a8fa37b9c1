"""What the tests of learning and replay share: a sensor and a store of thirty mornings."""

import shutil
from pathlib import Path

import pytest
from learned_service import sensor_in, store_in

from forecasts.weather.observed import OutdoorSensor
from forecasts.weather.run_store import StoredRuns


@pytest.fixture(scope="session")
def sensor(tmp_path_factory) -> OutdoorSensor:
    """Readings of the truth, up to a day after NOW; not to be changed."""
    return sensor_in(tmp_path_factory.mktemp("sensor"))


@pytest.fixture(scope="session")
def thirty_mornings(tmp_path_factory) -> Path:
    """Runs of a service and an ensemble, both too warm."""
    return store_in(tmp_path_factory.mktemp("store")).folder


@pytest.fixture
def store(thirty_mornings: Path, tmp_path: Path) -> StoredRuns:
    """A copy of them, for forecasts add to the store they learn from."""
    return StoredRuns(shutil.copytree(thirty_mornings, tmp_path / "store"))
