"""Chains in which every service fails: they end in time, with the store or the climate, and say so.

One fault a row is in the fault tables; here all services fail at once, each in its own slow way.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.climate.drawn import ClimateWeather
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.provenance import NoteCode, provenance_of
from forecasts.weather.provider import Cause, Nature, WeatherProvider, WeatherUnavailable
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.web import DEFAULT_BUDGET_S, TimeBudget, WebClient
from tests import network_faults as wire
from tests.answer_faults import issued
from tests.fault_server import FaultServer, Speak, fault_server
from tests.fault_table import HOUR, HOURS, MARGIN_S, NOW, ZAOZHUANG, plan_start
from tests.weather_server import weather_server

SLOW: tuple[Speak, ...] = (wire.drip_headers, wire.drip_body, wire.hang)
NAMES = ("drips headers", "drips a body", "hangs")
KEY = "a-key-of-nobody"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def slow_services() -> Iterator[list[FaultServer]]:
    with ExitStack() as stack:
        servers = [stack.enter_context(fault_server(NOW)) for _ in SLOW]
        for server, speak in zip(servers, SLOW, strict=True):
            server.speak = speak
        yield servers


def chain(services: list[FaultServer], web: WebClient) -> list[WeatherProvider]:
    return [
        OpenMeteo(service.base_url, name=name, web=web)
        for service, name in zip(services, NAMES, strict=True)
    ]


def asked(providers: list[WeatherProvider], store: StoredRuns | None) -> tuple[xr.Dataset, float]:
    began_s = time.monotonic()
    weather = best_forecast(providers, ZAOZHUANG, NOW, plan_start(NOW), HOURS, store=store)
    took_s = time.monotonic() - began_s
    check_weather(weather)
    assert weather.sizes["time"] == HOURS
    return weather, took_s


def test_all_services_of_a_run_have_a_minute_together():
    assert DEFAULT_BUDGET_S == 60.0
    assert WebClient().budget.seconds == 60.0
    assert WebClient().longest_request_s < DEFAULT_BUDGET_S / 2  # two slow ones leave time


@pytest.mark.parametrize("longest_request_s", [25.0, 0.7])
def test_three_slow_services_and_then_the_store(
    slow_services: list[FaultServer], tmp_path: Path, longest_request_s: float
):
    """3 s for all three: the run of six hours ago serves, and all three are named with seconds.

    Without the budget the first alone would take 200 s. Where one request may take as long as the
    budget, the others are not asked any more, and that is said of them.
    """
    store = StoredRuns(tmp_path)
    with weather_server(NOW - 6 * HOUR) as good:
        before = [OpenMeteo(good.base_url, name="drips headers")]
        then = NOW - 6 * HOUR
        best_forecast(before, ZAOZHUANG, then, plan_start(then), HOURS, store=store)
    web = WebClient(TimeBudget(3.0), longest_request_s=longest_request_s)
    weather, took_s = asked([*chain(slow_services, web), ClimateWeather()], store)
    assert took_s < 3.0 + MARGIN_S
    told = provenance_of(weather)
    assert (told.provider, told.from_store, told.fresh) == ("drips headers", True, True)
    assert [(a.provider, a.cause) for a in told.attempts] == [(n, Cause.TIMEOUT) for n in NAMES]
    spent = ["the 3 s for all services are used up" in a.detail for a in told.attempts]
    whole = "no whole answer within 0.7 s"
    if longest_request_s > 3:
        assert spent == [True, True, True]
    else:
        assert [a.detail for a in told.attempts[:2]] == [whole, whole]
    assert NoteCode.FROM_STORE in [note.code for note in told.notes]


@pytest.mark.parametrize("with_climate", [True, False])
def test_three_slow_services_and_then_the_climate(
    slow_services: list[FaultServer], tmp_path: Path, with_climate: bool
):
    """With an empty store the climate serves, of the case or as the last resort; never nothing."""
    web = WebClient(TimeBudget(1.5), longest_request_s=0.4)
    last: list[WeatherProvider] = [ClimateWeather()] if with_climate else []
    weather, took_s = asked([*chain(slow_services, web), *last], StoredRuns(tmp_path))
    assert took_s < 1.5 + MARGIN_S
    told = provenance_of(weather)
    assert told.nature is Nature.CLIMATE
    assert [(a.provider, a.cause) for a in told.attempts] == [
        *((name, Cause.TIMEOUT) for name in NAMES),
        ("run_store", Cause.NOTHING_STORED),
    ]
    assert all(attempt.detail for attempt in told.attempts)
    codes = [note.code for note in told.notes]
    assert NoteCode.CLIMATE_USED in codes
    assert (NoteCode.LAST_RESORT in codes) is not with_climate
    assert list(tmp_path.rglob("*.nc")) == []


def test_a_damaged_store_after_failing_services_is_no_worse(
    slow_services: list[FaultServer], tmp_path: Path
):
    """Half a file where a run was: it is set aside, and the climate serves."""
    store = StoredRuns(tmp_path)
    with weather_server(NOW - 6 * HOUR) as good:
        then = NOW - 6 * HOUR
        before = [OpenMeteo(good.base_url, name="live")]
        best_forecast(before, ZAOZHUANG, then, plan_start(then), HOURS, store=store)
    (kept,) = tmp_path.rglob("*.nc")
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    web = WebClient(TimeBudget(0.6), longest_request_s=0.2)
    weather, _ = asked(chain(slow_services, web), store)
    told = provenance_of(weather)
    assert (told.nature, told.from_store) == (Nature.CLIMATE, False)
    assert told.attempts[-1].cause is Cause.NOTHING_STORED
    assert list(tmp_path.rglob("*.damaged")) != []


def test_a_run_of_yesterday_waits_behind_a_fresh_one(tmp_path: Path):
    """Issued 30 h ago: of use, not fresh. The fresh one is used, the older is a second opinion."""
    with fault_server(NOW) as older, weather_server(NOW) as fresh:
        older.speak = issued(NOW - 30 * HOUR)
        services = [
            OpenMeteo(older.base_url, name="older"),
            OpenMeteo(fresh.base_url, name="fresh"),
        ]
        weather, _ = asked(list(services), StoredRuns(tmp_path))
    told = provenance_of(weather)
    assert (told.provider, told.fresh) == ("fresh", True)
    assert [(one.provider, one.issue_time) for one in told.opinions] == [("older", NOW - 30 * HOUR)]
    np.testing.assert_allclose([one.colder_k for one in told.opinions], 0.0, atol=0.01)


def test_a_service_that_drips_for_ever_does_not_keep_the_program(tmp_path: Path):
    """The thread left behind with it must not keep a finished run from its end."""
    program = f"""
from datetime import datetime
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.provider import Place
from forecasts.weather.web import TimeBudget, WebClient
import sys
live = OpenMeteo(sys.argv[1], web=WebClient(TimeBudget(0.5)))
now, start = (datetime.fromisoformat(text) for text in sys.argv[2:])
found = best_forecast([live], Place(*{(34.86, 117.55, "Asia/Shanghai")!r}), now, start, {HOURS})
print(found.attrs["provider"], found.attrs["attempts"])
"""
    with fault_server(NOW) as service:
        service.speak = wire.drip_headers  # goes on for 200 s
        command = [sys.executable, "-c", program, service.base_url]
        moments = [NOW.isoformat(), plan_start(NOW).isoformat()]
        done = subprocess.run(
            [*command, *moments],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=ROOT,
        )
    assert done.stdout.startswith("climate_normals")
    assert '"timeout"' in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_key_is_not_carried_to_another_host(status: str):
    """A request with a key is not redirected: the other host would be handed the key."""
    with fault_server(NOW) as service, fault_server(NOW) as thief:
        service.speak = wire.redirected(thief.base_url + "/v7/weather", status)
        with pytest.raises(WeatherUnavailable) as raised:
            WebClient(retries=0).get("keyed", service.base_url, {}, {"X-Key": KEY}, secret=KEY)
        assert raised.value.cause is Cause.REFUSED
        assert status[:3] in raised.value.detail
        assert thief.requests == []


@pytest.mark.parametrize(
    "speak",
    [
        wire.status("401 Unauthorized", b'{"code":"401","key":"%s"}' % KEY.encode()),
        wire.status(f"200 OK {KEY}", b"{}"),
        wire.no_http,
        wire.reset_in_headers,
        wire.two_lengths,
        wire.gzip_garbage,
    ],
)
def test_a_key_is_in_no_failure(speak: Speak):
    """What a failure says goes into reports and logs: a key is not in it, nor chained to it."""
    with fault_server(NOW) as service:
        service.speak = speak
        try:
            WebClient(retries=0).get("keyed", service.base_url, {}, {"X-Key": KEY}, secret=KEY)
        except WeatherUnavailable as failure:
            chained: BaseException | None = failure
            while chained is not None:
                assert KEY not in str(chained)
                chained = chained.__cause__ or chained.__context__
