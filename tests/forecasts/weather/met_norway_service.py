"""Locationforecast answers in the recorded shape, and a service that keeps its own rules."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from loopback import Reply, Request

HOUR = timedelta(hours=1)
HOURLY_H = 55  # then six-hourly, at 00, 06, 12 and 18 UTC
DAYS = 9


def course_c(moment: datetime) -> float:
    """A winter's day: -2 °C in the mean, 3.5 K up and down, warmest at 15:00 in China."""
    from math import cos, pi

    return -2 + 3.5 * cos(2 * pi * (moment.timestamp() / 3600 - 7) / 24)


def instants(now: datetime) -> list[datetime]:
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hourly = [first + k * HOUR for k in range(HOURLY_H)]
    next_sixth = hourly[-1] + (6 - hourly[-1].hour % 6) * HOUR
    coarse = [next_sixth + 6 * k * HOUR for k in range(4 * DAYS)]
    return hourly + [moment for moment in coarse if moment <= first + DAYS * 24 * HOUR]


def feature(
    now: datetime,
    latitude: float = 34.86,
    longitude: float = 117.55,
    updated_at: datetime | None = None,
    temperature: Callable[[datetime], float] = course_c,
) -> dict:
    """An answer as decoded JSON, without fault."""
    steps = []
    for moment in instants(now):
        details = {
            "air_pressure_at_sea_level": 1023.2,
            "air_temperature": round(temperature(moment), 1),
            "cloud_area_fraction": 50.0,
            "relative_humidity": 61.5,
            "wind_from_direction": 212.9,
            "wind_speed": 3.2,
        }
        data = {"instant": {"details": details}}
        data["next_1_hours"] = {"summary": {"symbol_code": "cloudy"}, "details": {}}
        steps.append({"time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": data})
    units = {
        "air_pressure_at_sea_level": "hPa",
        "air_temperature": "celsius",
        "cloud_area_fraction": "%",
        "relative_humidity": "%",
        "wind_from_direction": "degrees",
        "wind_speed": "m/s",
    }
    updated = updated_at or now - 3 * HOUR
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude, 66]},
        "properties": {
            "meta": {"updated_at": updated.strftime("%Y-%m-%dT%H:%M:%SZ"), "units": units},
            "timeseries": steps,
        },
    }


def details_of(answer: dict, k: int) -> dict:
    return answer["properties"]["timeseries"][k]["data"]["instant"]["details"]


class Service:
    """Answers like api.met.no: blocks the nameless, confirms what has not changed."""

    def __init__(self, now: datetime) -> None:
        self.now = now  # the service's clock
        self.modified = now
        self.grace = timedelta(minutes=31)
        self.content: dict | bytes = feature(now)
        self.status = 200
        self.headers: dict[str, str] = {}

    def __call__(self, request: Request) -> Reply:
        dates = {
            "Date": _http(self.now),
            "Expires": _http(self.now + self.grace),
            "Last-Modified": _http(self.modified),
            "Content-Type": "application/json",
        } | self.headers
        if "@" not in request.headers.get("User-Agent", ""):
            return Reply(403, b"<html>403 Forbidden</html>")
        if any(len(request.query[name].partition(".")[2]) > 4 for name in ("lat", "lon")):
            return Reply(403, b"<html>403 Forbidden: too many decimals</html>")
        if request.headers.get("If-Modified-Since") == dates["Last-Modified"]:
            return Reply(304, b"", dates)
        body = (
            self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()
        )
        return Reply(self.status, body, dates, zipped=True)


def _http(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
