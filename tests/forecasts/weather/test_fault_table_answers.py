"""The fault table, in the answer: what a service says wrongly, and what comes of it.

The ids of the tests are the table: `name -> outcome`. As in `test_fault_table.py` a good service
comes after the faulty one. Here: the form, the times, the place, the age; the values of the weather
are in `test_fault_table_values.py`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecasts.weather.provenance import NoteCode
from forecasts.weather.provider import Cause
from forecasts.weather.verdict import Gate
from tests import answer_faults as say
from tests.fault_table import (
    NOW,
    Row,
    Table,
    Used,
    answer,
    fault_table,
    params,
    refused,
)

NOT_JSON, REFUSED, STALE = Cause.NOT_JSON, Cause.REFUSED, Cause.STALE
MISSING_FIELD, WRONG_LENGTH = Cause.MISSING_FIELD, Cause.WRONG_LENGTH
WRONG_UNITS, WRONG_PLACE, WRONG_TIMES = Cause.WRONG_UNITS, Cause.WRONG_PLACE, Cause.WRONG_TIMES
NOT_PLAUSIBLE = Cause.NOT_PLAUSIBLE
TEMPERATURE, WIND, SUN, HUMIDITY = say.SERIES
HOUR = timedelta(hours=1)
SPRING = datetime(2026, 3, 28, 5, 12, tzinfo=UTC)  # Berlin's clock leaps at 01:00 UTC of the 29th
AUTUMN = datetime(2026, 10, 24, 5, 12, tzinfo=UTC)  # and stops for an hour on the 25th


def sends(body: bytes) -> say.Spoil:
    return lambda _: body


def as_text(coding: str) -> say.Spoil:
    return lambda right: say.text(right).decode().encode(coding)


NO_JSON = [
    answer("a page in place of JSON", sends(b"<html>Please log in</html>"), refused(NOT_JSON)),
    answer("nothing at all", sends(b""), refused(NOT_JSON)),
    answer("JSON cut short", lambda a: say.text(a)[:3000], refused(NOT_JSON, saying="3000 bytes")),
    answer("a list", lambda a: [a], refused(NOT_JSON, saying="list")),
    answer("null", sends(b"null"), refused(NOT_JSON)),
    answer("nested 200 000 deep", sends(b"[" * 200_000), refused(NOT_JSON)),
    answer("nested deep in a field", sends(b'{"a":' * 50_000), refused(NOT_JSON)),
    answer("two answers in one", lambda a: say.text(a) * 2, refused(NOT_JSON)),
    answer("the same key twice", say.duplicate_key, refused(NOT_JSON, saying="temperature_2m")),
    answer("zero bytes after it", lambda a: say.text(a) + b"\0" * 512, refused(NOT_JSON)),
    answer("Latin-1", as_text("latin-1"), refused(NOT_JSON)),
    answer("UTF-8 with a mark", as_text("utf-8-sig"), Used()),
    answer("UTF-16", as_text("utf-16"), Used()),
    answer(
        "an error with status 200",
        sends(b'{"error": true, "reason": "Minutely API request limit exceeded"}'),
        refused(REFUSED, saying="limit exceeded"),
    ),
]
FIELDS = [
    answer("no hourly part", say.without("hourly"), refused(MISSING_FIELD, saying="hourly")),
    answer("hourly is null", say.field("hourly", None), refused(MISSING_FIELD)),
    answer("no times", say.without("hourly", "time"), refused(MISSING_FIELD, saying="time")),
    answer("no radiation", say.without("hourly", SUN), refused(MISSING_FIELD, saying=SUN)),
    answer("no humidity", say.without("hourly", HUMIDITY), Used()),
    answer("no units", say.without("hourly_units"), refused(MISSING_FIELD, saying="units")),
    answer(
        "no unit of temperature",
        say.without("hourly_units", TEMPERATURE),
        refused(MISSING_FIELD, saying=TEMPERATURE),
    ),
    answer("no place", say.without("latitude"), refused(MISSING_FIELD, saying="latitude")),
    answer("no zone", say.without("utc_offset_seconds"), refused(MISSING_FIELD)),
    answer("a series is a number", say.series(WIND, lambda _: 3.0), refused(MISSING_FIELD)),
    answer("a series is an object", say.series(WIND, lambda _: {"0": 3}), refused(MISSING_FIELD)),
    answer("a series is text", say.series(WIND, lambda _: "3,3,3"), refused(MISSING_FIELD)),
    answer("a value too few", say.series(TEMPERATURE, lambda v: v[1:]), refused(WRONG_LENGTH)),
    answer("a value too many", say.series(SUN, lambda v: [*v, 0.0]), refused(WRONG_LENGTH)),
    answer("empty series", say.hours_taken(lambda _: []), refused(WRONG_LENGTH)),
]
TIMES = [
    answer(
        "an hour twice",
        say.labels(lambda m: [*m[:70], m[69], *m[71:]]),
        refused(WRONG_TIMES, saying="followed by"),
    ),
    answer("an hour missing", say.hours_taken(lambda k: k[:70] + k[71:]), refused(WRONG_TIMES)),
    answer(
        "hours out of order",
        say.hours_taken(lambda k: [*k[:70], 71, 70, *k[72:]]),
        refused(WRONG_TIMES),
    ),
    answer("hours backwards", say.hours_taken(lambda k: k[::-1]), refused(WRONG_TIMES)),
    answer("every third hour", say.hours_taken(lambda k: k[::3]), refused(WRONG_TIMES)),
    answer("labels at half past", say.later_by(0.5), refused(WRONG_TIMES, saying="whole hour")),
    answer(
        "a label that is no time",
        say.series("time", lambda t: [*t[:70], "noon", *t[71:]]),
        refused(WRONG_TIMES, saying="noon"),
    ),
    answer(
        "labels as numbers", say.series("time", lambda t: list(range(len(t)))), refused(WRONG_TIMES)
    ),
    answer(
        "the year 3000",
        say.labels(lambda m: [x.replace(year=x.year + 974) for x in m]),
        refused(WRONG_TIMES, saying="3000"),
    ),
    answer(
        "the year 9999",
        say.series("time", lambda _: ["9999-12-31T22:00", "9999-12-31T23:00"]),
        refused(WRONG_TIMES, WRONG_LENGTH),
    ),
    answer(
        "the year 1",
        say.all_of(
            say.field("utc_offset_seconds", 28800),
            say.series("time", lambda _: ["0001-01-01T00:00", "0001-01-01T01:00"]),
        ),
        refused(WRONG_TIMES, WRONG_LENGTH),
    ),
    answer("local time, said to be GMT", say.later_by(8), refused(WRONG_TIMES, saying="zone")),
    answer("a zone three hours off", say.later_by(3), refused(WRONG_TIMES, saying="zone")),
    answer(
        "local time with its offset",
        say.all_of(say.later_by(8), say.field("utc_offset_seconds", 28800)),
        Used(),
    ),
    answer("an offset, but GMT", say.field("utc_offset_seconds", 28800), refused(WRONG_TIMES)),
    answer("an offset of 1e308 s", say.field("utc_offset_seconds", 1e308), refused(NOT_PLAUSIBLE)),
    answer(
        "an offset of a day",
        say.field("utc_offset_seconds", 86400),
        refused(WRONG_TIMES, saying="86400"),
    ),
    answer(
        "wall clock that skips an hour",
        say.all_of(say.wall_clock("Europe/Berlin"), say.field("utc_offset_seconds", 3600)),
        refused(WRONG_TIMES),
        now=SPRING,
        mean_c=8.0,
    ),
    answer(
        "wall clock that repeats an hour",
        say.all_of(say.wall_clock("Europe/Berlin"), say.field("utc_offset_seconds", 7200)),
        refused(WRONG_TIMES),
        now=AUTUMN,
        mean_c=14.0,
    ),
    answer(
        "last year's dates", say.later_by(-365 * 24), refused(WRONG_TIMES, saying="begins 2025")
    ),
    answer("next year's dates", say.later_by(365 * 24), refused(WRONG_TIMES, saying="begins")),
    answer("last week's answer", say.later_by(-7 * 24), refused(WRONG_TIMES, saying="begins")),
    answer(
        "ends too early",
        say.hours_taken(lambda k: k[: 2 * 24 + 17]),
        refused(WRONG_TIMES, saying="ends"),
    ),
    answer(
        "begins too late", say.hours_taken(lambda k: k[60:]), refused(WRONG_TIMES, saying="begins")
    ),
    answer(
        "begins eight hours late",
        say.hours_taken(lambda k: k[24:]),
        Used(doubted=(Gate.COVER,), change_k=1.1),
    ),
    answer("a null tail", say.series(SUN, lambda v: v[:-30] + [None] * 30), Used()),
]
AGES = [
    Row("a run of four days ago", say.issued(NOW - 97 * HOUR), refused(STALE, saying="97 h")),
    Row("a run of tomorrow", say.issued(NOW + 20 * HOUR), refused(WRONG_TIMES, saying="after")),
    Row(
        "a run of 1970",
        say.meta_says({"last_run_initialisation_time": 0}),
        Used((NoteCode.ISSUE_TIME_ESTIMATED,)),
    ),
    Row(
        "the run's age is null",
        say.meta_says({"last_run_initialisation_time": None}),
        Used((NoteCode.ISSUE_TIME_ESTIMATED,)),
    ),
    Row(
        "the run's age is 1e999",
        say.meta_says(b'{"last_run_initialisation_time": 1e999}'),
        Used((NoteCode.ISSUE_TIME_ESTIMATED,)),
    ),
]
PLACES = [
    answer("coordinates swapped", say.swapped_place, refused(WRONG_PLACE, saying="km away")),
    answer("5 degrees off", lambda a: a | {"latitude": a["latitude"] + 5}, refused(WRONG_PLACE)),
    answer(
        "half a degree off", lambda a: a | {"longitude": a["longitude"] + 0.5}, refused(WRONG_PLACE)
    ),
    answer("0 N 0 E", lambda a: a | {"latitude": 0, "longitude": 0}, refused(WRONG_PLACE)),
    answer(
        "latitude 1e308", say.field("latitude", 1e308), refused(NOT_PLAUSIBLE, saying="latitude is")
    ),
    answer(
        "latitude 1e999",
        lambda a: say.text(a | {"latitude": "@"}).replace(b'"@"', b"1e999"),
        refused(NOT_PLAUSIBLE, saying="latitude is"),
    ),
    answer(
        "latitude of 400 digits",
        say.field("latitude", 10**400),
        refused(NOT_PLAUSIBLE, saying="latitude is"),
    ),
    answer("latitude NaN", say.field("latitude", float("nan")), refused(MISSING_FIELD)),
    answer("latitude as text", say.field("latitude", "34.86"), refused(MISSING_FIELD)),
    answer("longitude a turn too far", lambda a: a | {"longitude": a["longitude"] + 360}, Used()),
]
ROWS = [*NO_JSON, *FIELDS, *TIMES, *AGES, *PLACES]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with fault_table() as running:
        yield running


@pytest.mark.parametrize("row", params(ROWS))
def test_in_the_answer(table: Table, tmp_path: Path, row: Row):
    table.try_row(row, tmp_path)
