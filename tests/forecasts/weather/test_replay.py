"""Past forecasts as a plan of that hour would have used them."""

from datetime import timedelta

import numpy as np
import pytest
import xarray as xr
from learned_service import BIAS_K, DAYS, HOUR, NOW, ZAOZHUANG, Service

from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.expectation import UsualError
from forecasts.weather.observed import Observed, observe
from forecasts.weather.replay import Replay
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.skill import pairs_of, skill_by_lead


def replay_of(store: StoredRuns, observed: Observed) -> Replay:
    return Replay(store, ZAOZHUANG, observed, NOW, UsualError())


def used(
    store: StoredRuns, observed: Observed, ensemble: str | None, days: int
) -> list[xr.Dataset]:
    since = NOW - timedelta(days=days)
    return list(replay_of(store, observed).as_used("warm", ensemble, since))


@pytest.mark.parametrize("ensemble", [None, "ensemble"])
def test_the_replay_is_what_the_plan_of_that_morning_had(store, sensor, ensemble):
    """Yesterday's forecast, made again with all that came since at hand, is the same."""
    then = NOW - 24 * HOUR
    services = [Service("warm", BIAS_K)]
    if ensemble:
        services.append(Service("ensemble", BIAS_K, members=12))
    live = best_forecast(
        services, ZAOZHUANG, then, then - 48 * HOUR, 48 + 96, store=store, sensor=sensor
    ).isel(time=slice(48, None))
    again = used(store, observe(sensor, NOW), ensemble, days=2)[-1].isel(time=slice(0, 96))
    np.testing.assert_allclose(again.air_temperature, live.air_temperature, atol=2e-3)
    np.testing.assert_allclose(
        again.air_temperature_quantile, live.air_temperature_quantile, atol=5e-3
    )


def test_what_came_later_changes_no_past_forecast(store, sensor):
    """A leak of the future, planted: the sensor of the last ten days reads 9 K more."""
    honest = observe(sensor, NOW)
    since = np.datetime64((NOW - timedelta(days=10)).replace(tzinfo=None), "ns")
    later = honest.hourly.time.values >= since
    planted = Observed(
        honest.hourly + 9.0 * later,
        honest.times,
        np.where(honest.times >= since, honest.temps_c + 9.0, honest.temps_c),
        honest.cleaning,
        honest.known_by,
    )
    before = [run for run in used(store, honest, None, days=20) if run.time.values[0] < since]
    again = used(store, planted, None, days=20)[: len(before)]
    assert len(before) >= 9
    for one, other in zip(before, again, strict=True):
        assert one.equals(other)


def test_corrected_forecasts_are_better_than_those_sent(store, sensor):
    """1.5 K of bias for thirty days; the last twenty are scored. Raw CRPS is the absolute error."""
    observed = observe(sensor, NOW)
    since = NOW - timedelta(days=DAYS - 10)
    sent = (store.load(one) for one in store.runs("warm", ZAOZHUANG, NOW, since))
    raw = skill_by_lead(pairs_of("sent", sent, observed.hourly, ZAOZHUANG), [(12, 36)])[0]
    ours = replay_of(store, observed).as_used("warm", None, since)
    mended = skill_by_lead(pairs_of("used", ours, observed.hourly, ZAOZHUANG), [(12, 36)])[0]
    assert abs(mended.bias_k) < 0.6 < raw.bias_k
    assert mended.crps_k < 0.75 * raw.crps_k
    assert 0.6 <= mended.coverage <= 1.0
