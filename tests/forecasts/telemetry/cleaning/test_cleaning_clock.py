"""Clocks of stations: hours off are put right where the town's weather says so, else left."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecasts.telemetry.cleaning.clean import clean
from forecasts.telemetry.readings import NETWORK, Action
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, of, planted, rows
from tests.telemetry_maker import Kind, made

ONE = "S001.1"


def late(readings, name, hours):
    """All but the rooms of one station stamped so many hours late."""
    where = (readings["id"] == name) & (readings["point"] != "room_t")
    out = readings.copy()
    out.loc[where, "time"] = readings.loc[where, "time"] + pd.Timedelta(hours=hours)
    return out.sort_values(["id", "point", "sensor", "time"], kind="stable", ignore_index=True)


@pytest.mark.parametrize("hours", [8.0, -8.0, 3.0, -5.5])
@pytest.mark.parametrize("name", [ONE, "S006.1"])
def test_a_clock_that_is_hours_off_is_put_right(town, name, hours):
    """Local time taken for UTC: uncorrected, the day's peak of this station lies in the night."""
    result = cleaned(late(town.readings, name, hours), DAYS)
    (done,) = of(result, name, Action.CLOCK_OFFSET)
    assert float(done.detail.removesuffix(" h")) == pytest.approx(-hours, abs=0.26)
    right = cleaned(town.readings, DAYS).record["out_t"].sel(id=name).values
    mended = result.record["out_t"].sel(id=name).values
    middle = slice(12, -12)
    assert np.nanmean(np.abs(mended - right)[middle]) < 0.25
    assert {one.id for one in result.done if one.action is Action.CLOCK_OFFSET} == {name}


@pytest.mark.parametrize("with_network", [True, False])
def test_any_reference_will_do(town, with_network):
    """The network's sensor, or the median of the stations."""
    readings = late(town.readings, ONE, 8.0)
    readings = readings if with_network else readings[readings["id"] != NETWORK]
    (done,) = of(cleaned(readings, DAYS), ONE, Action.CLOCK_OFFSET)
    assert done.detail == "-8.0 h"


def test_a_reference_from_outside_is_taken_first(town):
    """All clocks of the utility 8 h off, its own sensor too: only the weather service tells."""
    readings = town.readings
    for name in readings["id"].unique():
        readings = late(readings, name, 8.0)
    hourly = town.truth["out_t"].isel(id=0).values.reshape(-1, 4).mean(axis=1)
    times = town.truth.time.values[::4]
    outside = xr.DataArray(hourly, dims="time", coords={"time": times})
    result = clean(readings, 1.0, at(0), at(24 * DAYS), outside)
    found = {one.id: one.detail for one in result.done if one.action is Action.CLOCK_OFFSET}
    assert set(found.values()) == {"-8.0 h"}
    assert set(found) == set(readings["id"].unique())


def test_without_an_outdoor_sensor_the_water_tells():
    """Twelve stations without one; the main's temperature follows the same weather."""
    telemetry = made([Kind.STEADY] * 12, days=DAYS, seed=11)
    readings = telemetry.readings[telemetry.readings["point"] != "out_t"]
    result = cleaned(late(readings, "S003.1", 8.0), DAYS)
    found = {one.id: one.detail for one in result.done if one.action is Action.CLOCK_OFFSET}
    assert set(found) == {"S003.1"}
    assert float(found["S003.1"].removesuffix(" h")) == pytest.approx(-8.0, abs=2.1)


def test_the_delay_of_a_main_is_no_clock(town):
    """Water that comes up to three hours later than at the plant is no fault of a clock."""
    assert not [
        one for one in cleaned(town.readings, DAYS).done if one.action is Action.CLOCK_OFFSET
    ]


def test_a_station_without_a_pattern_is_left(town):
    """A sensor indoors shows 20 °C and noise: nothing to say."""
    where = rows(town.readings, ONE, "out_t")
    rng = np.random.default_rng(3)
    readings = planted(
        town.readings, where, lambda value: 20 + rng.normal(0, 0.3, value.size).round(1)
    )
    assert not of(cleaned(readings, DAYS), ONE, Action.CLOCK_OFFSET)


def test_what_was_done_is_told_in_right_time(town):
    """A spike at hour 100 of a clock that is 8 h late was at hour 92."""
    where = rows(town.readings, ONE, "sec_sup_t", hours=(92.0, 92.25))
    readings = planted(town.readings, where, lambda value: value + 18.0)
    (spike,) = of(cleaned(late(readings, ONE, 8.0), DAYS), ONE, Action.SPIKE)
    assert spike.first == at(92)
