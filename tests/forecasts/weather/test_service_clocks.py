"""How far services' clocks are from ours, by headers that may be missing, absurd or old copies."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecasts.weather.service_clock_file import FILE, keep_clocks, kept_clocks
from forecasts.weather.service_clocks import (
    HeardClocks,
    ServiceClock,
    ahead_s,
    by_provider,
    middle,
)

NOW = datetime(2026, 1, 15, 5, 30, tzinfo=UTC)
DATE = "Thu, 15 Jan 2026 05:42:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Date": DATE}, 720.0),
        ({"Date": "Thu, 15 Jan 2026 05:00:00 GMT"}, -1800.0),
        ({"Date": "Thu, 15 Jan 2026 05:00:00 GMT", "Age": "1790"}, -10.0),  # a copy kept since
        ({"Date": "Thu, 15 Jan 2026 13:30:00 +0800"}, 0.0),
        ({}, None),
        ({"Date": ""}, None),
        ({"Date": "yesterday"}, None),
        ({"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),  # a service without a clock
        ({"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"Date": DATE, "Age": "-5"}, None),
        ({"Date": DATE, "Age": "some"}, None),
        ({"Date": DATE, "Age": "9" * 400}, None),
    ],
)
def test_a_date_tells_the_time_or_nothing(headers, seconds):
    assert ahead_s(headers, NOW) == seconds


def clocks(*ahead: float) -> list[ServiceClock]:
    return [ServiceClock(f"service_{k}", one) for k, one in enumerate(ahead)]


@pytest.mark.parametrize(
    ("ahead", "found"),
    [
        ((), None),
        ((700.0,), 700.0),
        ((0.0, 700.0), 0.0),  # no more doubt than the better of two
        ((650.0, 700.0), 650.0),
        ((-650.0, -700.0), -650.0),
        ((-700.0, 650.0), 0.0),
        ((-1.0, 2.0, 9e8), 2.0),  # one that lies changes nothing
        ((690.0, 700.0, -9e8), 690.0),
    ],
)
def test_the_middle_service_speaks(ahead, found):
    spoken = middle(clocks(*ahead))
    assert (None if spoken is None else spoken.ahead_s) == found


def test_of_one_service_the_newest_answer_counts():
    """A copy kept on the way, without its `Age`, tells the time at which it was made."""
    heard = [ServiceClock("a", -4000.0), ServiceClock("a", 2.0), ServiceClock("b", 1.0)]
    assert by_provider(heard) == (ServiceClock("a", 2.0), ServiceClock("b", 1.0))


def test_what_was_heard_is_kept(tmp_path: Path):
    heard = HeardClocks(NOW, (ServiceClock("a", 721.4),))
    keep_clocks(tmp_path / "store", heard)
    assert kept_clocks(tmp_path / "store") == HeardClocks(NOW, (ServiceClock("a", 721.0),))
    assert [path.name for path in (tmp_path / "store").iterdir()] == [FILE]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"at": "x"}', '{"at": "2026-01-15T05:30", "ahead_s": {}}']
)
def test_a_damaged_file_is_none(tmp_path: Path, content: str):
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    assert kept_clocks(tmp_path) is None
