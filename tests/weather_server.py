"""A weather service on the loopback interface, for tests: answers like Open-Meteo, fails on demand.

    with weather_server(now=now, temperature=around(-3.0)) as server:
        provider = OpenMeteo(base_url=server.base_url, web=WebClient(retries=0))

`server.now`, `server.fault`, `server.temperature`, `server.wind_m_per_s` and `server.date_ahead_s`
may be changed between requests; `server.requests` lists what was asked. A constant temperature is
refused as a stuck source, hence `around`.
"""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import numpy as np
from loopback_server import QuietHandler, serving

from forecasts.weather.solar import clear_sky_w_per_m2

HOUR = timedelta(hours=1)
HUMIDITY_PCT = 60.0
CLEARNESS = 0.7


class Fault(StrEnum):
    """What the service does wrong; each is one thing, all else stays right."""

    BAD_REQUEST = "bad_request"  # 400 with the service's error object
    RATE_LIMITED = "rate_limited"  # 429 with Retry-After
    SERVER_ERROR = "server_error"  # 500
    SERVER_ERROR_ONCE = "server_error_once"  # 503, then well again
    HANG = "hang"  # accepts, never answers
    TRUNCATED = "truncated"  # half of the JSON, its length announced as such
    BROKEN_OFF = "broken_off"  # half of the body that was announced
    HTML = "html"  # a login page of some network, status 200
    HUGE = "huge"
    MISSING_FIELD = "missing_field"
    MISSING_UNITS = "missing_units"
    WRONG_LENGTH = "wrong_length"
    SHORT_GAP = "short_gap"  # 3 nulls
    LONG_GAP = "long_gap"  # 4 nulls
    NULL_TAIL = "null_tail"  # radiation ends 30 h before the rest
    DUPLICATE_HOUR = "duplicate_hour"
    WRONG_ZONE = "wrong_zone"  # local times said to be GMT
    LOCAL_TIME = "local_time"  # local times with their offset: no fault
    WRONG_PLACE = "wrong_place"
    WRONG_CLOCK = "wrong_clock"  # the service lives three days ahead
    TOO_SHORT = "too_short"  # ends 12 h after now
    UNKNOWN_UNIT = "unknown_unit"
    FAHRENHEIT = "fahrenheit"  # no fault: °F and mp/h, said so
    OLD_SPELLING = "old_spelling"  # no fault: windspeed_10m in the units, wind_speed_10m in values
    TOO_HOT = "too_hot"
    FLAT = "flat"
    DARK = "dark"
    TEXT_VALUE = "text_value"
    IN_THE_PAST = "in_the_past"  # a cached answer of last week
    STALE_META = "stale_meta"  # last run 120 h ago
    OLD_META = "old_meta"  # last run 30 h ago
    FUTURE_META = "future_meta"
    NO_META = "no_meta"  # 404


def around(mean_c: float, swing_k: float = 4.0) -> Callable[[datetime], float]:
    """Return a daily course about a mean, °C, warmest at 07:00 UTC (15:00 in China)."""

    def temperature(moment: datetime) -> float:
        hours = moment.timestamp() / 3600
        return mean_c + swing_k * math.cos(2 * math.pi * (hours - 7) / 24)

    return temperature


mild_winter = around(-2.0)


class WeatherServer:
    """What the tests hold of a running server."""

    def __init__(
        self, now: datetime, temperature: Callable[[datetime], float], fault: Fault | None
    ) -> None:
        self.now = now
        self.temperature = temperature
        self.fault = fault
        self.last_run = lambda: self.now - 7 * HOUR  # initialisation time of the newest model run
        self.wind_m_per_s = 3.0
        self.date_ahead_s = 0.0  # of the `Date` of answers, against this machine's clock
        self.requests: list[str] = []
        self.closing = threading.Event()
        self.base_url = ""


@contextmanager
def weather_server(
    now: datetime,
    temperature: Callable[[datetime], float] = mild_winter,
    fault: Fault | None = None,
) -> Iterator[WeatherServer]:
    """Serve on 127.0.0.1 until the block ends; `now` is the service's clock (aware)."""
    state = WeatherServer(now, temperature, fault)

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name http.server calls
            state.requests.append(self.path)
            _answer(self, state)

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
            return super().date_time_string(time.time() + state.date_ahead_s)

    with serving(Handler) as state.base_url:
        try:
            yield state
        finally:
            state.closing.set()  # lets hanging handlers go


def _answer(handler: BaseHTTPRequestHandler, state: WeatherServer) -> None:
    url = urlsplit(handler.path)
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    if is_meta(handler.path):
        _answer_meta(handler, state)
    elif url.path == "/v1/forecast":
        _answer_forecast(handler, state, query)
    else:
        _send(handler, 404, b"{}")


def good_body(state: WeatherServer, target: str) -> bytes:
    """Return what the service answers to a request `target` (path and query) when all is well.

    Any path that is no meta.json is taken for a forecast: a server of faults may redirect to it.
    """
    url = urlsplit(target)
    query = {key: values[0] for key, values in parse_qs(url.query).items()}
    content = _meta(state.last_run()) if is_meta(target) else _forecast(state, query)
    return json.dumps(content, ensure_ascii=False).encode()


def is_meta(target: str) -> bool:
    """Tell a request for the age of a model's newest run from one for a forecast."""
    path = urlsplit(target).path
    return path.startswith("/data/") and path.endswith("/static/meta.json")


def _answer_meta(handler: BaseHTTPRequestHandler, state: WeatherServer) -> None:
    if state.fault is Fault.NO_META:
        _send(handler, 404, b"not found")
        return
    ages = {Fault.STALE_META: 120, Fault.OLD_META: 30, Fault.FUTURE_META: -5}
    issued = state.last_run()
    if state.fault in ages:
        issued = state.now - ages[state.fault] * HOUR
    _send(handler, 200, json.dumps(_meta(issued)).encode())


def _meta(issued: datetime) -> dict[str, int]:
    # Shape: https://open-meteo.com/en/docs/model-updates, "Metadata API Documentation".
    return {
        "last_run_initialisation_time": int(issued.timestamp()),
        "last_run_availability_time": int((issued + 6 * HOUR).timestamp()),
        "update_interval_seconds": 21600,
    }


def _answer_forecast(
    handler: BaseHTTPRequestHandler, state: WeatherServer, query: dict[str, str]
) -> None:
    fault = state.fault
    if fault is Fault.BAD_REQUEST:
        reason = "Latitude must be in range of -90 to 90"
        _send(handler, 400, json.dumps({"error": True, "reason": reason}).encode())
    elif fault is Fault.RATE_LIMITED:
        _send(handler, 429, b'{"error":true,"reason":"limit exceeded"}', {"Retry-After": "0"})
    elif fault is Fault.SERVER_ERROR:
        _send(handler, 500, b"oops")
    elif fault is Fault.SERVER_ERROR_ONCE:
        state.fault = None
        _send(handler, 503, b"busy")
    elif fault is Fault.HANG:
        state.closing.wait(30)
    elif fault is Fault.HTML:
        _send(handler, 200, b"<html>Please log in</html>")
    elif fault is Fault.HUGE:
        _send(handler, 200, b"[" + b"0," * 11_000_000 + b"0]")
    else:
        body = json.dumps(_forecast(state, query), ensure_ascii=False).encode()
        if fault is Fault.TRUNCATED:
            _send(handler, 200, body[: len(body) // 2])
        elif fault is Fault.BROKEN_OFF:
            _send(handler, 200, body[: len(body) // 2], {"Content-Length": str(len(body))})
        else:
            _send(handler, 200, body)


def _forecast(state: WeatherServer, query: dict[str, str]) -> dict[str, object]:
    """Return an answer in the shape of `/v1/forecast`, for any place and period."""
    fault = state.fault
    latitude, longitude = float(query["latitude"]), float(query["longitude"])
    ahead_h = {Fault.WRONG_CLOCK: 72, Fault.IN_THE_PAST: -21 * 24}
    clock = state.now + ahead_h.get(fault, 0) * HOUR
    midnight = clock.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - timedelta(days=int(query.get("past_days", 0)))
    end = midnight + timedelta(days=int(query.get("forecast_days", 7)))
    if fault is Fault.TOO_SHORT:
        end = state.now + 12 * HOUR
    moments = [first + k * HOUR for k in range(int((end - first) / HOUR))]
    hourly, units = _series(state, query, moments)
    shifted = 8 if fault in (Fault.WRONG_ZONE, Fault.LOCAL_TIME) else 0
    times = [(m + shifted * HOUR).strftime("%Y-%m-%dT%H:%M") for m in moments]
    _spoil(state, times, hourly, units)
    away = 0.5 if fault is Fault.WRONG_PLACE else 0.03
    return {
        "latitude": latitude + away,
        "longitude": longitude - 0.02,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 8 * 3600 if fault is Fault.LOCAL_TIME else 0,
        "timezone": "Asia/Shanghai" if fault is Fault.LOCAL_TIME else "GMT",
        "elevation": 50.0,
        "hourly_units": units,
        "hourly": {"time": times, **hourly},
    }


def _series(
    state: WeatherServer, query: dict[str, str], moments: list[datetime]
) -> tuple[dict[str, list[object]], dict[str, str]]:
    """Return values and units by the service's names."""
    before = np.array([m.replace(tzinfo=None) for m in moments], dtype="datetime64[ns]")
    # The value labelled t is the mean of the hour that ends at t.
    clear = clear_sky_w_per_m2(
        before - np.timedelta64(3600, "s"), float(query["latitude"]), float(query["longitude"])
    )
    hourly: dict[str, list[object]] = {
        "temperature_2m": [round(state.temperature(m), 2) for m in moments],
        "wind_speed_10m": [state.wind_m_per_s] * len(moments),
        "shortwave_radiation": [round(CLEARNESS * float(c), 1) for c in clear],
        "relative_humidity_2m": [HUMIDITY_PCT] * len(moments),
    }
    units = {
        "time": "iso8601",
        "temperature_2m": "°C",
        "wind_speed_10m": "m/s",
        "shortwave_radiation": "W/m²",
        "relative_humidity_2m": "%",
    }
    return hourly, units


def _spoil(
    state: WeatherServer,
    times: list[str],
    hourly: dict[str, list[object]],
    units: dict[str, str],
) -> None:
    """Put the fault of the hour into an answer that is right so far."""
    fault = state.fault
    if fault is Fault.MISSING_FIELD:
        del hourly["shortwave_radiation"]
    elif fault is Fault.MISSING_UNITS:
        del units["temperature_2m"]
    elif fault is Fault.DUPLICATE_HOUR:
        times[70] = times[69]
    elif fault is Fault.UNKNOWN_UNIT:
        units["wind_speed_10m"] = "bft"
    elif fault is Fault.FAHRENHEIT:
        celsius = [float(str(t)) for t in hourly["temperature_2m"]]
        hourly["temperature_2m"][:] = [t * 9 / 5 + 32 for t in celsius]
        hourly["wind_speed_10m"][:] = [state.wind_m_per_s / 0.44704] * len(times)
        units |= {"temperature_2m": "°F", "wind_speed_10m": "mp/h"}
    elif fault is Fault.OLD_SPELLING:
        units["windspeed_10m"] = units.pop("wind_speed_10m")
        hourly["relativehumidity_2m"] = hourly.pop("relative_humidity_2m")
    else:
        _spoil_values(fault, hourly["temperature_2m"], hourly["shortwave_radiation"])


def _spoil_values(fault: Fault | None, temperature: list[object], radiation: list[object]) -> None:
    if fault is Fault.WRONG_LENGTH:
        del temperature[-1]
    elif fault is Fault.SHORT_GAP:
        temperature[60:63] = [None] * 3
    elif fault is Fault.LONG_GAP:
        temperature[60:64] = [None] * 4
    elif fault is Fault.NULL_TAIL:
        radiation[-30:] = [None] * 30
    elif fault is Fault.TOO_HOT:
        temperature[80:82] = [61.0, 61.0]
    elif fault is Fault.FLAT:
        temperature[60:90] = [-1.5] * 30
    elif fault is Fault.DARK:
        radiation[:] = [0.0] * len(radiation)
    elif fault is Fault.TEXT_VALUE:
        temperature[70] = "-3.1"


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    extra = {"Content-Length": str(len(body))} | (headers or {})
    try:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        for name, value in extra.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
    except (BrokenPipeError, ConnectionResetError):  # the client had enough
        pass
