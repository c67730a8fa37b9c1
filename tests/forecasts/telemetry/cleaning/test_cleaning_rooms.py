"""Rooms: who is believed, and what they say together."""

import numpy as np
import pytest

from forecasts.telemetry.readings import Action
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, of, planted, rows

ONE = "S001.1"


def test_median_low_quantile_and_number(pair):
    """Rooms held at 18, 20, 21, 22 °C: median 20.5, 10 % quantile 18 + 0.3 · 2 = 18.6."""
    readings = pair.readings
    for sensor, level in zip(("r1", "r2", "r3", "r4"), (18.0, 20.0, 21.0, 22.0), strict=True):
        where = rows(readings, ONE, "room_t", sensor=sensor)
        readings = planted(readings, where, lambda value, level=level: value * 0 + level)
    record = cleaned(readings, DAYS).record.sel(id=ONE)
    assert record["room_t"].values == pytest.approx(20.5)
    assert record["room_t_p10"].values == pytest.approx(18.6)
    assert (record["room_sensors"].values == 4).all()


def test_an_unheated_room_says_nothing_of_the_building(pair):
    """7 °C for three days: with it the low quantile falls below 12."""
    where = rows(pair.readings, ONE, "room_t", sensor="r2", hours=(48.0, 120.0))
    result = cleaned(planted(pair.readings, where, lambda _: 7.0), DAYS)
    (done,) = of(result, ONE, Action.ROOM_UNHEATED)
    assert (done.point, done.readings) == ("room_t:r2", 144)
    record = result.record.sel(id=ONE)
    assert (record["room_sensors"].values[49:119] == 3).all()
    assert float(record["room_t_p10"].min()) > 16


def test_a_stuck_room_is_left_out(pair):
    """Four days of one value while the other rooms move by more than a kelvin."""
    where = rows(pair.readings, ONE, "room_t", sensor="r1", hours=(48.0, 144.0))
    result = cleaned(planted(pair.readings, where, lambda value: value[0]), DAYS)
    (done,) = of(result, ONE, Action.FROZEN)
    assert done.point == "room_t:r1"
    assert done.readings >= 190
    assert (result.record["room_sensors"].sel(id=ONE).values[50:143] == 3).all()


@pytest.mark.parametrize("by", [6.0, -6.0])
def test_a_sensor_on_a_radiator_is_left_out(pair, by):
    """6 K off the others all the time."""
    where = rows(pair.readings, ONE, "room_t", sensor="r3")
    result = cleaned(planted(pair.readings, where, lambda value: value + by), DAYS)
    (done,) = of(result, ONE, Action.ROOM_OFF)
    assert done.point == "room_t:r3"
    assert (result.record["room_sensors"].sel(id=ONE).values == 3).all()


def test_a_biased_sensor_is_borne(pair):
    """+3 K is usual (H§4): nothing is left out, the median hardly moves."""
    where = rows(pair.readings, ONE, "room_t", sensor="r3")
    result = cleaned(planted(pair.readings, where, lambda value: value + 1.5), DAYS)
    assert not [one for one in result.done if one.id == ONE]


def test_an_hour_at_the_window_is_a_spike(pair):
    """Down by 7 K for two hours and back."""
    where = rows(pair.readings, ONE, "room_t", sensor="r1", hours=(100.0, 102.0))
    result = cleaned(planted(pair.readings, where, lambda value: value - 7.0), DAYS)
    found = of(result, ONE, Action.SPIKE, "room_t:r1")
    assert sum(one.readings for one in found) == 4
    assert min(one.first for one in found) == at(100)


def test_a_cold_town_has_no_rooms(pair):
    """All rooms of a shut building are below 10 °C: no median, and none is made up."""
    record = cleaned(pair.readings, DAYS).record.sel(id="S006.1")
    cold = float(pair.truth["room"].sel(id="S006.1").max()) < 8
    assert cold
    assert np.isnan(record["room_t"].values).mean() > 0.9
