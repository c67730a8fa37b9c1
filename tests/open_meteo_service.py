"""Open-Meteo's other services on the loopback interface: ensembles, runs, previous runs, archive.

    with open_meteo_service(now=now) as service:
        provider = OpenMeteoEnsemble(base_url=service.base_url, web=WebClient(retries=0))

The true weather is `truth(moment)`. A run begun at `r` says `truth(t) + drift_k * lead in days`, so
that every value tells which run it came from. What is wrong with the answers is set by the tests:
`service.spoil` is called with the answer before it is sent.
"""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from loopback_server import QuietHandler, serving
from weather_server import CLEARNESS, HOUR, mild_winter

from forecasts.weather.solar import clear_sky_w_per_m2

DAY = timedelta(days=1)
DRIFT_K_PER_DAY = 0.5  # how much warmer a forecast is than the truth for each day of lead
COUNTS = {"ecmwf_ifs025_ensemble": 51, "icon_seamless_eps": 40, "gfs05": 31, "gem_global": 21}
UNITS = {
    "temperature_2m": "°C",
    "wind_speed_10m": "m/s",
    "shortwave_radiation": "W/m²",
    "relative_humidity_2m": "%",
}
Answer = dict[str, Any]


class OpenMeteoService:
    """What the tests hold of a running service."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.spoil: Callable[[Answer], None] = lambda _: None
        self.counts = dict(COUNTS)
        self.last_run = now - 7 * HOUR  # initialisation of the newest run of every model
        self.available_after = 6 * HOUR
        self.older: dict[
            str, datetime
        ] = {}  # initialisation of the newest run by folder, where it is another
        self.unavailable: set[datetime] = set()  # runs that the service does not have
        self.requests: list[str] = []
        self.base_url = ""

    def queries(self, path: str) -> list[dict[str, str]]:
        """Return the queries of all requests for a path, in order."""
        asked = [urlsplit(one) for one in self.requests]
        return [_query(one.query) for one in asked if one.path == path]


@contextmanager
def open_meteo_service(now: datetime) -> Iterator[OpenMeteoService]:
    """Serve on 127.0.0.1 until the block ends; `now` is the service's clock (aware)."""
    state = OpenMeteoService(now)

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name http.server calls
            state.requests.append(self.path)
            url = urlsplit(self.path)
            status, answer = _answer(state, url.path, _query(url.query))
            body = json.dumps(answer, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as state.base_url:
        yield state


def truth(moment: datetime) -> float:
    """Return the temperature that came, °C: a daily course on waves of some days."""
    days = moment.timestamp() / 86400
    return mild_winter(moment) + 1.5 * math.sin(2 * math.pi * days / 5.3)


def _answer(state: OpenMeteoService, path: str, query: dict[str, str]) -> tuple[int, Answer]:
    if path.startswith("/data/") and path.endswith("/static/meta.json"):
        issued = state.older.get(path.split("/")[2], state.last_run)
        had = issued + state.available_after
        return 200, {
            "last_run_initialisation_time": int(issued.timestamp()),
            "last_run_availability_time": int(had.timestamp()),
        }
    answers = {"/v1/ensemble": _ensemble, "/v1/archive": _dated, "/v1/forecast": _forecast}
    if path not in answers:
        return 404, {}
    if "run" in query and _moment(query["run"]) in state.unavailable:
        reason = f"The requested model run is not available. Run: {query['run']}"
        return 400, {"error": True, "reason": reason}
    answer = answers[path](state, query)
    state.spoil(answer)
    return 200, answer


def _forecast(state: OpenMeteoService, query: dict[str, str]) -> Answer:
    return _single_run(state, query) if "run" in query else _dated(state, query)


def _single_run(state: OpenMeteoService, query: dict[str, str]) -> Answer:
    """Answer `run=`: from the initialisation on, the first radiation null."""
    began = _moment(query["run"])
    moments = [began + k * HOUR for k in range(24 * int(query["forecast_days"]))]
    columns = {}
    for label in query["hourly"].split(","):
        columns[label] = _values(label, moments, query, [(m - began) / DAY for m in moments])
    columns["shortwave_radiation"][0] = None
    return _framed(query, moments, columns, UNITS)


def _dated(state: OpenMeteoService, query: dict[str, str]) -> Answer:
    """Answer the archive and the previous runs: whole days from start_date to end_date."""
    first = _moment(query["start_date"])
    days = round((_moment(query["end_date"]) - first) / DAY) + 1
    moments = [first + k * HOUR for k in range(24 * days)]
    columns, units = {}, {}
    for label in query["hourly"].split(","):
        name, _, lead = label.partition("_previous_day")
        columns[label] = _values(name, moments, query, [float(lead or 0)] * len(moments))
        units[label] = UNITS[name]
    return _framed(query, moments, columns, units)


def _ensemble(state: OpenMeteoService, query: dict[str, str]) -> Answer:
    """Answer `/v1/ensemble`: suffixes of member and, for several models, of model."""
    midnight = state.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - int(query["past_days"]) * DAY
    hours = 24 * (int(query["past_days"]) + int(query["forecast_days"]))
    moments = [first + k * HOUR for k in range(hours)]
    models = query["models"].split(",")
    columns, units = {}, {}
    for label in query["hourly"].split(","):
        base = _values(label, moments, query, [0.0] * len(moments))
        for model in models:
            for number in range(state.counts.get(model, 0)):
                ending = f"_member{number:02d}" if number else ""
                ending += f"_{model}" if len(models) > 1 else ""
                shift = number * 0.1 + 0.03 * models.index(model)
                columns[label + ending] = (
                    [round(v + shift, 2) for v in base] if label == "temperature_2m" else base[:]
                )
                units[label + ending] = UNITS[label]
    return _framed(query, moments, columns, units)


def _values(
    label: str, moments: list[datetime], query: dict[str, str], lead_days: list[float]
) -> list[Any]:
    if label == "temperature_2m":
        pairs = zip(moments, lead_days, strict=True)
        return [round(truth(m) + DRIFT_K_PER_DAY * lead, 2) for m, lead in pairs]
    if label == "shortwave_radiation":
        before = np.array([m.replace(tzinfo=None) for m in moments], dtype="datetime64[ns]")
        hour = np.timedelta64(3600, "s")  # the value labelled t is the mean of the hour ending at t
        place = float(query["latitude"]), float(query["longitude"])
        return [round(CLEARNESS * float(c), 1) for c in clear_sky_w_per_m2(before - hour, *place)]
    if label == "wind_speed_10m":
        return [3.0 + math.sin(m.timestamp() / 9000) for m in moments]
    return [60.0 + 5 * math.sin(m.timestamp() / 7000) for m in moments]


def _framed(
    query: dict[str, str], moments: list[datetime], columns: Answer, units: dict[str, str]
) -> Answer:
    return {
        "latitude": float(query["latitude"]) + 0.03,
        "longitude": float(query["longitude"]) - 0.02,
        "generationtime_ms": 0.1,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "hourly_units": {"time": "iso8601", **units},
        "hourly": {"time": [f"{m:%Y-%m-%dT%H:%M}" for m in moments], **columns},
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _query(text: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(text).items()}
