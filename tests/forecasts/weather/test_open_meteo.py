"""Open-Meteo against a loopback service: what is read, and what each fault is called."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import requests
from weather_server import CLEARNESS, Fault, mild_winter, weather_server

from forecasts.series import check_weather
from forecasts.weather.gates.intake import steps_from_instants
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.open_meteo_answer import parse_answer, parse_json
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.solar import clear_sky_w_per_m2
from forecasts.weather.web import WebClient

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)
START = datetime(2026, 1, 13, 16, tzinfo=UTC)  # local midnight
HOURS = 120
ALL_HOURS = 17 * 24  # more than the service has
SAMPLES = Path(__file__).resolve().parents[3] / "../shared/data/api_samples/open_meteo"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def server():
    with weather_server(now=NOW) as running:
        yield running


@pytest.fixture(autouse=True)
def healthy(server):
    server.fault = None
    server.now = NOW
    server.requests.clear()


def provider(server, model="best_match", **client) -> OpenMeteo:
    quick = {"retries": 0, "backoff_s": 0.0, "read_timeout_s": 5.0} | client
    return OpenMeteo(base_url=server.base_url, model=model, web=WebClient(**quick))


def test_run_begins_at_start_and_holds_the_contract(server):
    run = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    check_weather(run)
    assert run.time.values[0] == np.datetime64("2026-01-13T16:00")
    assert run.sizes["time"] >= HOURS
    assert run.attrs["issue_time"] == "2026-01-14T22:12:00+00:00"  # the model run, 7 h before
    assert run.attrs["issue_time_estimated"] == 0
    assert float(run.wind_speed.mean()) == pytest.approx(3.0)


def test_query_asks_for_si_units_and_utc(server):
    provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    forecast = server.requests[0]
    for part in ("wind_speed_unit=ms", "timezone=GMT", "past_days=2", "timeformat=iso8601"):
        assert part in forecast
    assert "models=" not in forecast
    assert server.requests[1] == "/data/ecmwf_ifs025/static/meta.json"


def test_a_named_model_is_asked_and_dated(server):
    """`gfs_global` mixes two models, and neither is stored under that name."""
    provider(server, model="gfs_global").latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert "models=gfs_global" in server.requests[0]
    assert server.requests[1:] == [
        "/data/ncep_gfs013/static/meta.json",
        "/data/ncep_gfs025/static/meta.json",
    ]


def test_as_far_as_the_service_reaches(server):
    """16 days are its limit: asked for more it would refuse all."""
    run = provider(server).latest_run(ZAOZHUANG, NOW, START, 30 * 24)
    assert "forecast_days=16" in server.requests[0]
    assert run.time.values[-1] == np.datetime64("2026-01-30T22:00")


def test_two_fetches_of_a_run_are_identical(server):
    first = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS).identical(first)


def test_a_run_begun_before_but_out_only_later_is_not_used(server, monkeypatch):
    """Replayed at 05:12: the newest run began at 01:12 and can be had since 07:12 only."""
    monkeypatch.setattr(server, "last_run", lambda: NOW - 4 * HOUR)
    with pytest.raises(WeatherUnavailable) as raised:
        provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.WRONG_TIMES


def test_step_means_of_instants_and_of_the_preceding_hour(server):
    """Temperature is the mean of both ends; the radiation labelled t+1 h is that of step t.

    Without the shift the sun would rise an hour late: 8 % of a day's heat gain at a wrong time.
    """
    run = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    ends = (mild_winter(START) + mild_winter(START + HOUR)) / 2
    assert float(run.air_temperature[0]) == pytest.approx(ends, abs=0.011)
    clear = clear_sky_w_per_m2(run.time.values, 34.86, 117.55)
    np.testing.assert_allclose(run.global_radiation.values, CLEARNESS * clear, atol=0.06)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Fault.BAD_REQUEST, Cause.REFUSED),
        (Fault.RATE_LIMITED, Cause.RATE_LIMITED),
        (Fault.SERVER_ERROR, Cause.SERVER_ERROR),
        (Fault.TRUNCATED, Cause.NOT_JSON),
        (Fault.BROKEN_OFF, Cause.NETWORK),
        (Fault.HTML, Cause.NOT_JSON),
        (Fault.HUGE, Cause.TOO_LARGE),
        (Fault.MISSING_FIELD, Cause.MISSING_FIELD),
        (Fault.MISSING_UNITS, Cause.MISSING_FIELD),
        (Fault.WRONG_LENGTH, Cause.WRONG_LENGTH),
        (Fault.LONG_GAP, Cause.GAPS),
        (Fault.DUPLICATE_HOUR, Cause.WRONG_TIMES),
        (Fault.WRONG_ZONE, Cause.WRONG_TIMES),
        (Fault.WRONG_CLOCK, Cause.WRONG_TIMES),
        (Fault.TOO_SHORT, Cause.WRONG_TIMES),
        (Fault.IN_THE_PAST, Cause.WRONG_TIMES),
        (Fault.FUTURE_META, Cause.WRONG_TIMES),
        (Fault.WRONG_PLACE, Cause.WRONG_PLACE),
        (Fault.UNKNOWN_UNIT, Cause.WRONG_UNITS),
        (Fault.TOO_HOT, Cause.NOT_PLAUSIBLE),
        (Fault.FLAT, Cause.NOT_PLAUSIBLE),
        (Fault.DARK, Cause.NOT_PLAUSIBLE),
        (Fault.TEXT_VALUE, Cause.NOT_PLAUSIBLE),
    ],
)
def test_every_fault_has_its_cause(server, fault, cause):
    server.fault = fault
    with pytest.raises(WeatherUnavailable) as raised:
        provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is cause
    assert raised.value.provider == "open_meteo"
    assert raised.value.detail


def test_a_hanging_service_is_a_time_out(server):
    server.fault = Fault.HANG
    for retries in (0, 1):  # with retries the time-out arrives wrapped as a connection error
        with pytest.raises(WeatherUnavailable) as raised:
            slow = provider(server, read_timeout_s=0.1, retries=retries)
            slow.latest_run(ZAOZHUANG, NOW, START, HOURS)
        assert raised.value.cause is Cause.TIMEOUT


def test_nobody_listening_is_a_network_fault():
    nobody = OpenMeteo(base_url="http://127.0.0.1:9", web=WebClient(retries=0))
    with pytest.raises(WeatherUnavailable) as raised:
        nobody.latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.NETWORK


def test_a_base_url_that_is_none_is_a_network_fault():
    with pytest.raises(WeatherUnavailable) as raised:
        OpenMeteo(base_url="api.open-meteo.com", web=WebClient(retries=0)).latest_run(
            ZAOZHUANG, NOW, START, HOURS
        )
    assert raised.value.cause is Cause.NETWORK


@pytest.mark.parametrize("fault", [Fault.FAHRENHEIT, Fault.OLD_SPELLING, Fault.LOCAL_TIME])
def test_other_units_spellings_and_zones_give_the_same_run(server, fault):
    usual = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    server.fault = fault
    other = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    for name in ("air_temperature", "wind_speed", "global_radiation", "relative_humidity"):
        np.testing.assert_allclose(other[name].values, usual[name].values, atol=1e-9)


def test_short_gaps_are_bridged_and_counted(server):
    server.fault = Fault.SHORT_GAP
    run = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert run.attrs["interpolated_hours"] == 3


def test_missing_values_at_the_end_shorten_the_run(server):
    whole = provider(server).latest_run(ZAOZHUANG, NOW, START, ALL_HOURS)
    server.fault = Fault.NULL_TAIL
    short = provider(server).latest_run(ZAOZHUANG, NOW, START, ALL_HOURS)
    assert short.sizes["time"] == whole.sizes["time"] - 30


def test_one_hiccup_is_retried_but_a_refusal_is_not(server):
    server.fault = Fault.SERVER_ERROR_ONCE
    provider(server, retries=2).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert len(server.requests) == 3  # forecast twice, meta once
    server.requests.clear()
    server.fault = Fault.BAD_REQUEST
    with pytest.raises(WeatherUnavailable):
        provider(server, retries=2).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert len(server.requests) == 1


def test_retries_are_bounded(server):
    server.fault = Fault.RATE_LIMITED
    with pytest.raises(WeatherUnavailable) as raised:
        provider(server, retries=2).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert raised.value.cause is Cause.RATE_LIMITED
    assert len(server.requests) == 3


def test_without_meta_the_issue_time_is_the_fetch_time_and_said_to_be(server):
    server.fault = Fault.NO_META
    run = provider(server).latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert run.attrs["issue_time"] == "2026-01-15T05:12:00+00:00"
    assert run.attrs["issue_time_estimated"] == 1
    assert [note.code for note in notes_of(run)] == [NoteCode.ISSUE_TIME_ESTIMATED]


def test_a_season_months_ahead_is_not_even_asked_for(server):
    with pytest.raises(WeatherUnavailable) as raised:
        provider(server).latest_run(ZAOZHUANG, NOW, START + timedelta(days=200), HOURS)
    assert raised.value.cause is Cause.WRONG_TIMES
    assert server.requests == []


def test_what_happened_before_cannot_be_known_from_a_service_of_today(server):
    """A replay of last week must not use this week's forecast of it."""
    week = timedelta(days=7)
    with pytest.raises(WeatherUnavailable) as raised:
        provider(server).latest_run(ZAOZHUANG, NOW - week, START - week, HOURS)
    assert raised.value.cause is Cause.WRONG_TIMES


def test_a_proxy_of_the_environment_is_used(server, monkeypatch):
    """The loopback service plays the proxy: it is handed the whole URL, host and all."""
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", server.base_url)
    distant = OpenMeteo(base_url="http://weather.invalid", web=WebClient(retries=0))
    distant.latest_run(ZAOZHUANG, NOW, START, HOURS)
    assert server.requests[0].startswith("http://weather.invalid/v1/forecast")


def test_https_goes_through_the_https_proxy(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(WeatherUnavailable) as raised:
        OpenMeteo(base_url="https://weather.invalid", web=WebClient(retries=0)).latest_run(
            ZAOZHUANG, NOW, START, HOURS
        )
    assert raised.value.cause is Cause.NETWORK
    assert isinstance(raised.value.__cause__, requests.exceptions.ProxyError)


@pytest.mark.parametrize("body", [b"", b"[1, 2]", b"{", b"\xff\xfe", b"[" * 200_000])
def test_what_is_no_json_object_is_named(body):
    with pytest.raises(WeatherUnavailable) as raised:
        parse_json("open_meteo", body)
    assert raised.value.cause is Cause.NOT_JSON


def answer_with(**changes) -> bytes:
    times = [f"2026-01-15T{hour:02d}:00" for hour in range(5)]
    content = {
        "latitude": 34.86,
        "longitude": 117.55,
        "utc_offset_seconds": 0,
        "hourly_units": {
            "temperature_2m": "°C",
            "wind_speed_10m": "km/h",
            "shortwave_radiation": "W/m²",
        },
        "hourly": {
            "time": times,
            "temperature_2m": [0, 1, 2, 3, 4],
            "wind_speed_10m": [36, 36, 36, 36, 36],
            "shortwave_radiation": [0, 10, 20, 30, 40],
        },
    }
    return json.dumps(content | changes).encode()


def test_humidity_is_optional_and_km_per_h_become_m_per_s():
    answer = parse_answer("open_meteo", answer_with())
    assert set(answer.values) == {"air_temperature", "wind_speed", "global_radiation"}
    assert answer.values["wind_speed"].tolist() == [10] * 5
    starts, steps = steps_from_instants(answer.times, answer.values)
    assert starts[0] == np.datetime64("2026-01-15T00:00")
    assert steps["air_temperature"].tolist() == [0.5, 1.5, 2.5, 3.5]
    assert steps["global_radiation"].tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"hourly": {}}, Cause.MISSING_FIELD),
        ({"hourly": None}, Cause.MISSING_FIELD),
        ({"utc_offset_seconds": None}, Cause.MISSING_FIELD),
        ({"latitude": "34.86"}, Cause.MISSING_FIELD),
        ({"error": True, "reason": "no"}, Cause.REFUSED),
        ({"hourly": {"time": [1736899200, 1736902800]}}, Cause.WRONG_TIMES),
        ({"hourly": {"time": ["2026-01-15T00:00"]}}, Cause.WRONG_LENGTH),
        ({"hourly": {"time": ["2026-01-15T00:30", "2026-01-15T01:30"]}}, Cause.WRONG_TIMES),
        ({"hourly": {"time": ["2026-01-15T00:00", "2026-01-15T03:00"]}}, Cause.WRONG_TIMES),
    ],
)
def test_a_malformed_answer_is_named(changes, cause):
    with pytest.raises(WeatherUnavailable) as raised:
        parse_answer("open_meteo", answer_with(**changes))
    assert raised.value.cause is cause


def test_a_recorded_answer_with_mixed_spellings_is_read():
    recorded = SAMPLES / "forecast_7d.json"
    if not recorded.exists():
        pytest.skip("recorded answers are not beside this checkout")
    answer = parse_answer("open_meteo", recorded.read_bytes())
    assert answer.times[0] == np.datetime64("2021-11-23T23:00")  # 00:00 in Berlin
    assert answer.times.size == 168
    # a day in November in Berlin: calm to stormy in m/s, not in the km/h of the answer
    assert 0 < float(answer.values["wind_speed"].mean()) < 10


def test_a_recorded_error_is_a_refusal():
    recorded = SAMPLES / "error.json"
    if not recorded.exists():
        pytest.skip("recorded answers are not beside this checkout")
    with pytest.raises(WeatherUnavailable) as raised:
        parse_answer("open_meteo", recorded.read_bytes())
    assert raised.value.cause is Cause.REFUSED
