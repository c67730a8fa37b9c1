"""The fault table, in the values: weather that a service cannot mean, and what comes of it.

The ids of the tests are the table: `name -> outcome`. As in `test_fault_table.py` a good service
comes after the faulty one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forecasts.weather.provenance import NoteCode
from forecasts.weather.provider import Cause
from forecasts.weather.verdict import Gate
from tests import answer_faults as say
from tests.fault_table import Row, Table, Used, answer, fault_table, params, refused

GAPS, NOT_JSON, WRONG_TIMES = Cause.GAPS, Cause.NOT_JSON, Cause.WRONG_TIMES
WRONG_UNITS, NOT_PLAUSIBLE = Cause.WRONG_UNITS, Cause.NOT_PLAUSIBLE
TEMPERATURE, WIND, SUN, HUMIDITY = say.SERIES
INTERPOLATED = Used((NoteCode.INTERPOLATED,), mended=(Gate.GAPS,), change_k=0.6)


def doubted(gate: Gate, change_k: float = 0.0, sun_changed: bool = False) -> Used:
    return Used(doubted=(gate,), change_k=change_k, sun_changed=sun_changed)


VALUES = [
    answer("nulls everywhere", say.every_series(lambda v: [None] * len(v)), refused(GAPS)),
    answer("nulls in one series", say.series(WIND, lambda v: [None] * len(v)), refused(GAPS)),
    answer(
        "every other value null",
        say.series(TEMPERATURE, lambda v: [None if k % 2 else x for k, x in enumerate(v)]),
        refused(GAPS),
    ),
    answer(
        "every sixth value null",
        say.series(TEMPERATURE, lambda v: [None if k % 6 == 1 else x for k, x in enumerate(v)]),
        INTERPOLATED,
    ),
    answer("three nulls", say.set_from(TEMPERATURE, [None] * 3), INTERPOLATED),
    answer("four nulls", say.set_from(TEMPERATURE, [None] * 4), refused(GAPS, saying="4 h")),
    answer("NaN for a value", say.set_from(TEMPERATURE, [float("nan")]), INTERPOLATED),
    answer("Infinity for a value", say.set_from(TEMPERATURE, [float("inf")]), INTERPOLATED),
    answer(
        "NaN for all", say.series(TEMPERATURE, lambda v: [float("nan")] * len(v)), refused(GAPS)
    ),
    answer("NaN as text", say.set_from(TEMPERATURE, ["NaN"]), refused(NOT_PLAUSIBLE, saying="NaN")),
    answer(
        "numbers as text",
        say.series(TEMPERATURE, lambda v: [str(x) for x in v]),
        refused(NOT_PLAUSIBLE, saying="not a number"),
    ),
    answer("true for a value", say.set_from(WIND, [True]), refused(NOT_PLAUSIBLE)),
    answer("a list for a value", say.set_from(WIND, [[3.0]]), refused(NOT_PLAUSIBLE)),
    answer("1e308", say.set_from(TEMPERATURE, [1e308]), refused(NOT_PLAUSIBLE, saying="1e+308")),
    answer(
        "1e999",
        lambda a: say.text(say.set_from(WIND, ["@"])(a)).replace(b'"@"', b"1e999"),
        refused(NOT_PLAUSIBLE),
    ),
    answer("a number of 400 digits", say.set_from(WIND, [10**400]), refused(NOT_PLAUSIBLE)),
    answer(
        "a number of 5 000 digits",
        lambda a: say.text(say.set_from(WIND, ["@"])(a)).replace(b'"@"', b"9" * 5000),
        refused(NOT_JSON, NOT_PLAUSIBLE),
    ),
    answer("-9999 for a gap", say.set_from(TEMPERATURE, [-9999.0]), refused(NOT_PLAUSIBLE)),
    answer("61 degC", say.set_from(TEMPERATURE, [61.0]), refused(NOT_PLAUSIBLE, saying="61")),
    answer("wind of -1 m/s", say.set_from(WIND, [-1.0]), refused(NOT_PLAUSIBLE)),
]
UNITS = [
    answer("an unknown unit", say.unit(WIND, "bft"), refused(WRONG_UNITS, saying="bft")),
    answer("a unit that is no text", say.unit(WIND, {"m": 1}), refused(WRONG_UNITS)),
    answer(
        "degF, and said so",
        say.all_of(say.series(TEMPERATURE, say.fahrenheit), say.unit(TEMPERATURE, "°F")),
        Used(change_k=1e-6),
    ),
    answer(
        "degF, said to be degC",
        say.series(TEMPERATURE, say.fahrenheit),
        refused(WRONG_UNITS, NOT_PLAUSIBLE),
    ),
    answer(
        "kelvin, and said so",
        say.all_of(say.series(TEMPERATURE, say.moved_by(273.15)), say.unit(TEMPERATURE, "K")),
        refused(WRONG_UNITS, saying="K"),
    ),
    answer(
        "kelvin, said to be degC",
        say.series(TEMPERATURE, say.moved_by(273.15)),
        refused(WRONG_UNITS, NOT_PLAUSIBLE),
    ),
    answer(
        "radiation per hour in J/m2",
        say.series(SUN, say.scaled(3600.0)),
        refused(WRONG_UNITS, NOT_PLAUSIBLE),
    ),
    answer("radiation per hour in kJ/m2", say.series(SUN, say.scaled(3.6)), refused(WRONG_UNITS)),
    answer("radiation in kW/m2", say.series(SUN, say.scaled(0.001)), refused(WRONG_UNITS)),
    answer("wind in km/h, said to be m/s", say.series(WIND, say.scaled(3.6)), doubted(Gate.UNITS)),
    answer("humidity as a fraction", say.series(HUMIDITY, say.scaled(0.01)), doubted(Gate.UNITS)),
    answer(
        "tenths of degC",
        say.series(TEMPERATURE, lambda v: [10 * x - 300 for x in v]),
        refused(WRONG_UNITS, NOT_PLAUSIBLE),
    ),
]
COURSES = [
    answer("zeros everywhere", say.every_series(lambda v: [0.0] * len(v)), refused(NOT_PLAUSIBLE)),
    answer(
        "a flat line",
        say.series(TEMPERATURE, lambda v: [-1.5] * len(v)),
        refused(NOT_PLAUSIBLE, saying="does not move"),
    ),
    answer("flat for 30 h", say.set_from(TEMPERATURE, [-1.5] * 30), refused(NOT_PLAUSIBLE)),
    answer(
        "no sunshine",
        say.series(SUN, lambda v: [0.0] * len(v)),
        refused(NOT_PLAUSIBLE, saying="zero through"),
    ),
    answer("sun at night", say.series(SUN, lambda v: v[12:] + v[:12]), refused(WRONG_TIMES)),
    answer(
        "sun at all hours",
        say.series(SUN, lambda v: [200.0] * len(v)),
        refused(WRONG_TIMES, NOT_PLAUSIBLE),
    ),
    answer("25 K in an hour", say.step_up(25.0), refused(NOT_PLAUSIBLE, saying="within an hour")),
    answer(
        "12 K in an hour",
        say.step_up(12.0),
        Used(doubted=(Gate.JUMPS, Gate.AGREEMENT), change_k=12.0),
    ),
    answer(
        "a spike of 25 K",
        say.series(TEMPERATURE, lambda v: [*v[:70], v[70] + 25, *v[71:]]),
        Used(mended=(Gate.JUMPS,), change_k=0.6),
    ),
    answer(
        "a day without sun",
        say.set_from(SUN, [0.0] * 24, at=64),
        doubted(Gate.SUN, sun_changed=True),
    ),
    answer(
        "twice the sun of a clear day",
        say.series(SUN, say.scaled(2.0)),
        doubted(Gate.SUN, sun_changed=True),
    ),
    answer("flat for 15 h", say.set_from(TEMPERATURE, [-1.51] * 16), doubted(Gate.FLAT, 5.0)),
    answer(
        "-45 degC in Zaozhuang",
        say.series(TEMPERATURE, say.moved_by(-43.0)),
        refused(NOT_PLAUSIBLE, saying="usual are"),
    ),
    answer(
        "summer in January",
        say.series(TEMPERATURE, say.moved_by(30.0)),
        refused(NOT_PLAUSIBLE, WRONG_UNITS),
    ),
    answer(
        "8 K from the other service",
        say.series(TEMPERATURE, say.moved_by(8.0)),
        doubted(Gate.AGREEMENT, 8.0),
    ),
    answer(
        "warmest at night",
        say.series(TEMPERATURE, lambda v: v[12:] + v[:12]),
        refused(WRONG_TIMES, saying="warmest"),
    ),
    answer(
        "the minus signs lost",
        say.series(TEMPERATURE, lambda v: [abs(x) for x in v]),
        refused(WRONG_TIMES, saying="warmest"),
    ),
]
ROWS = [*VALUES, *UNITS, *COURSES]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with fault_table() as running:
        yield running


@pytest.mark.parametrize("row", params(ROWS))
def test_in_the_values(table: Table, tmp_path: Path, row: Row):
    table.try_row(row, tmp_path)
