"""QWeather v7 answers in the recorded shape, and a service that knows its one key."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from loopback import Reply, Request
from met_norway_service import course_c

HOUR = timedelta(hours=1)
LOCAL = ZoneInfo("Asia/Shanghai")
KEY = "0f3cSECRETkey9a7b5d1e42"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJTRUNSRVQifQ.c2lnbmF0dXJlU0VDUkVU"  # noqa: S105


def stamp(moment: datetime) -> str:
    return moment.astimezone(LOCAL).isoformat(timespec="minutes")


def hourly(now: datetime, hours: int, updated_at: datetime | None = None) -> dict:
    """An hourly answer: it begins at the next full hour, all numbers are texts."""
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR
    items = [
        {
            "fxTime": stamp(first + k * HOUR),
            "temp": str(round(course_c(first + k * HOUR))),
            "icon": "101",
            "text": "多云",
            "wind360": "335",
            "windDir": "西北风",
            "windScale": "3-4",
            "windSpeed": "18",
            "humidity": "45",
            "pop": "0",
            "precip": "0.0",
            "pressure": "1025",
            "cloud": "50",
            "dew": "-12",
        }
        for k in range(hours)
    ]
    return _answer(updated_at or now - HOUR, "hourly", items)


def daily(now: datetime, days: int, updated_at: datetime | None = None) -> dict:
    """A daily answer from the local today on: -7 to 3 °C, each day one kelvin colder."""
    today = now.astimezone(LOCAL).date()
    items = [_day(today + timedelta(days=k), k) for k in range(days)]
    return _answer(updated_at or now - HOUR, "daily", items)


def _day(day: date, k: int) -> dict[str, str]:
    return {
        "fxDate": day.isoformat(),
        "sunrise": "07:15",
        "sunset": "17:20",
        "tempMax": str(3 - k),
        "tempMin": str(-7 - k),
        "iconDay": "101",
        "textDay": "多云",
        "iconNight": "150",
        "textNight": "晴",
        "windSpeedDay": "36",
        "windSpeedNight": "9",
        "humidity": "65",
        "precip": "0.0",
        "pressure": "1020",
        "cloud": "100",
    }


def _answer(updated_at: datetime, name: str, items: list[dict[str, str]]) -> dict:
    return {
        "code": "200",
        "updateTime": stamp(updated_at),
        "fxLink": "https://www.qweather.com/en/weather/zaozhuang-101121401.html",
        name: items,
        "refer": {"sources": ["QWeather"], "license": ["QWeather Developers License"]},
    }


def newer_error(status: int, kind: str) -> bytes:
    """The error answer that takes the place of `code`."""
    link = f"https://dev.qweather.com/en/docs/resource/error-code/#{kind}"
    error = {"status": status, "type": link, "title": kind, "detail": f"with {KEY}"}
    return json.dumps({"error": error}).encode()


class Service:
    """Answers like an API host of QWeather for the key or the token above."""

    def __init__(self, now: datetime) -> None:
        self.hours = hourly(now, 168)
        self.days = daily(now, 15)
        self.closed: set[str] = set()  # sizes that the account may not fetch
        self.reply: Reply | None = None  # instead of all else
        self.days_reply: Reply | None = None

    def __call__(self, request: Request) -> Reply:
        if self.reply is not None:
            return self.reply
        keys = (request.headers.get("X-QW-Api-Key"), request.headers.get("Authorization"))
        if keys not in ((KEY, None), (None, f"Bearer {TOKEN}")):
            return Reply(401, b'{"code":"401"}')
        size = request.path.rpartition("/")[2]
        if size in self.closed:
            return Reply(200, b'{"code":"403"}', zipped=True)
        if size.endswith("d") and self.days_reply is not None:
            return self.days_reply
        name, whole = ("daily", self.days) if size.endswith("d") else ("hourly", self.hours)
        items = whole.get(name)
        if isinstance(items, list):
            whole = whole | {name: items[: int(size[:-1])]}
        return Reply(
            200,
            json.dumps(whole, ensure_ascii=False).encode(),
            {"Content-Type": "application/json"},
            zipped=True,
        )
