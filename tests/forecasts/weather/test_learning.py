"""What the own sensor and earlier runs do to the forecast of today, end to end over a store.

The truth is a drawn winter; a service says it with a bias and an error that grows with lead; the
utility's sensor shows the truth.
"""

from datetime import datetime

import numpy as np
import pytest
from learned_service import (
    BIAS_K,
    HOUR,
    NOW,
    ZAOZHUANG,
    Service,
    store_in,
    truth_c,
)

from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.hand_over import Origin
from forecasts.weather.observed import OutdoorSensor
from forecasts.weather.provenance import NoteCode, SpreadSource, provenance_of
from forecasts.weather.run import iso_utc


def forecast(providers, store=None, sensor=None):
    start = NOW - 48 * HOUR
    return best_forecast(providers, ZAOZHUANG, NOW, start, 48 + 96, store=store, sensor=sensor)


def next_day(values):
    return values.values[..., 48 : 48 + 24]


def test_a_service_that_is_always_too_warm_is_corrected(store, sensor):
    """By +1.5 K for thirty days: without correction every plan of the winter is too cold."""
    weather = forecast([Service("warm", BIAS_K)], store, sensor)
    told = provenance_of(weather).trust
    assert told.source is SpreadSource.PAST_ERRORS
    assert told.correction_k == pytest.approx(-BIAS_K, abs=0.9)
    assert told.pairs > 1000
    raw = Service("warm", BIAS_K).latest_run(ZAOZHUANG, NOW, NOW - 48 * HOUR, 0)
    error_k = next_day(weather.air_temperature).mean() - truth_c(NOW, 24).mean()
    raw_error_k = next_day(raw.air_temperature).mean() - truth_c(NOW, 24).mean()
    assert abs(error_k) < abs(raw_error_k)


def test_without_a_sensor_nothing_is_corrected_and_the_usual_error_told(store):
    weather = forecast([Service("warm", BIAS_K)], store)
    told = provenance_of(weather).trust
    assert (told.source, told.correction_k, told.pairs) == (SpreadSource.USUAL, 0.0, 0)
    assert weather.air_temperature.equals(
        weather.air_temperature_uncorrected.assign_attrs(weather.air_temperature.attrs)
    )


def test_the_hours_past_are_those_that_the_sensor_saw(store, sensor):
    weather = forecast([Service("warm", BIAS_K)], store, sensor)
    past = weather.isel(time=slice(2, 47))
    assert set(past.origin.values) == {Origin.OBSERVED}
    expected = truth_c(NOW - 46 * HOUR, 45)
    # readings between hourly means, averaged over the hour again, flatten noon a little
    assert np.abs(past.air_temperature.values - expected).mean() < 0.2
    assert float(past.air_temperature_sd.max()) == 0.0


def test_an_ensemble_beside_it_spreads_and_corrects(store, sensor):
    both = [Service("warm", BIAS_K), Service("ensemble", BIAS_K, members=12)]
    weather = forecast(both, store, sensor)
    told = provenance_of(weather).trust
    assert (told.source, told.members) == (SpreadSource.ENSEMBLE, 12)
    assert told.correction_k == pytest.approx(-BIAS_K, abs=1.2)
    assert weather.air_temperature_member.sizes == {"member": 12, "time": 144}
    quantiles = weather.air_temperature_quantile.values
    assert (np.diff(quantiles, axis=0) > -1e-9).all()
    members = next_day(weather.air_temperature_member)
    inside = (members > next_day(weather.air_temperature_quantile)[0]).mean()
    assert 0.8 < inside <= 1.0


def test_what_was_not_known_changes_nothing(store, sensor, tmp_path):
    """Readings of tomorrow are in the file already: the forecast of today is the same without."""
    known = [
        line
        for line in sensor.path.read_text().splitlines()
        if line.startswith("time") or datetime.fromisoformat(line.split(",")[0]) <= NOW
    ]
    shorter = tmp_path / "outdoor.csv"
    shorter.write_text("\n".join(known) + "\n")
    providers = [Service("warm", BIAS_K)]
    honest = forecast(providers, store, OutdoorSensor(shorter, "Asia/Shanghai"))
    assert forecast(providers, store, sensor).equals(honest)


def test_a_sensor_that_has_gone_silent_is_named(store, sensor, tmp_path):
    lines = sensor.path.read_text().splitlines()
    old = [line for line in lines if line < iso_utc(NOW - 24 * HOUR)]
    path = tmp_path / "outdoor.csv"
    path.write_text("\n".join([lines[0], *old]) + "\n")
    weather = forecast([Service("warm", BIAS_K)], store, OutdoorSensor(path, "Asia/Shanghai"))
    assert NoteCode.SENSOR_SILENT in [note.code for note in provenance_of(weather).notes]


def test_a_sensor_file_that_cannot_be_read_costs_a_note_not_the_plan(store, tmp_path):
    path = tmp_path / "outdoor.csv"
    path.write_text("when,how warm\nyesterday,cold\n")
    weather = forecast([Service("warm", BIAS_K)], store, OutdoorSensor(path, "Asia/Shanghai"))
    notes = provenance_of(weather).notes
    assert NoteCode.SENSOR_UNREADABLE in [note.code for note in notes]


def test_a_sensor_in_another_zone_teaches_nothing(store, sensor, tmp_path):
    """Local times without their offset, read as UTC: eight hours off, each day's wave upside down.

    Without the check the correction learned would turn noon into night.
    """
    lines = sensor.path.read_text().splitlines()
    path = tmp_path / "outdoor.csv"
    moved = [lines[0]]
    for line in lines[1:]:
        time, temp = line.split(",")
        moved.append(f"{iso_utc(datetime.fromisoformat(time) - 8 * HOUR)},{temp}")
    path.write_text("\n".join(moved) + "\n")
    weather = forecast([Service("warm", BIAS_K)], store, OutdoorSensor(path, "Asia/Shanghai"))
    told = provenance_of(weather)
    assert NoteCode.SENSOR_CLOCK in [note.code for note in told.notes]
    assert told.trust.correction_k == 0.0
    assert Origin.OBSERVED not in weather.origin.values


def test_a_service_that_is_far_off_is_corrected_to_the_bound_and_named(sensor, tmp_path):
    """4.5 K too warm for thirty mornings: 3 K are believed, the rest is for people to look at."""
    far = store_in(tmp_path, bias_k=4.5)
    told = provenance_of(forecast([Service("warm", 4.5)], far, sensor))
    assert NoteCode.CORRECTION_BOUNDED in [note.code for note in told.notes]
    assert told.trust.at_bound
