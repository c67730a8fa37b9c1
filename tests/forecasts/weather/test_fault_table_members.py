"""The fault table of ensembles: members that are missing, alike or absurd, and what comes of it.

As in `test_fault_table_answers.py`; the first service gives 21 members, the second a single run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forecasts.weather.open_meteo_ensemble import OpenMeteoEnsemble
from forecasts.weather.provider import Cause, WeatherProvider
from forecasts.weather.verdict import Gate
from forecasts.weather.web import WebClient
from tests import answer_faults as say
from tests import network_faults as wire
from tests.answer_faults import MEMBERS, as_ensemble, ending, of_members, spoiled
from tests.fault_table import Refused, Row, Table, Used, fault_table, params, refused

TEMPERATURE, WIND, SUN, _HUMIDITY = say.SERIES
CENTRE = MEMBERS // 2
ALL = range(MEMBERS)
MEMBERS_DOUBTED = Used(doubted=(Gate.MEMBERS,), change_k=0.01)


def members(name: str, spoil: say.Spoil, expected: Refused | Used) -> Row:
    return Row(name, spoiled(say.all_of(as_ensemble, spoil)), expected)


def mended(*gates: Gate, change_k: float = 0.11) -> Used:
    return Used(mended=(Gate.MEMBERS, *gates), change_k=change_k)


def from_centre(reach: int) -> list[int]:
    """Return the members further from the middle than `reach`: without them the mean stays."""
    return [k for k in ALL if abs(k - CENTRE) > reach]


def renamed(old: str, new: str) -> say.Spoil:
    def spoil(answer: say.HourlyAnswer) -> say.HourlyAnswer:
        hourly = {new if name == old else name: v for name, v in answer["hourly"].items()}
        return answer | {"hourly": hourly}

    return spoil


def alike(answer: say.HourlyAnswer) -> say.HourlyAnswer:
    hourly = answer["hourly"]
    return answer | {
        "hourly": hourly
        | {TEMPERATURE + ending(k): hourly[TEMPERATURE + ending(CENTRE)] for k in ALL}
    }


ROWS = [
    Row("hangs", wire.hang, refused(Cause.TIMEOUT), impatient=True),
    members("all but eleven null", of_members(TEMPERATURE, from_centre(5), say.null),
        MEMBERS_DOUBTED),
    members("all but three null", of_members(TEMPERATURE, from_centre(1), say.null),
        refused(Cause.MISSING_FIELD, saying="3 of 21")),
    members("all null", of_members(TEMPERATURE, ALL, say.null),
        refused(Cause.MISSING_FIELD, Cause.GAPS)),
    members("one member's column missing", say.without("hourly", TEMPERATURE + ending(7)),
        Used(doubted=(Gate.MEMBERS,), change_k=0.05)),
    members("no control", say.without("hourly", TEMPERATURE),
        Used(doubted=(Gate.MEMBERS,), change_k=0.06)),
    members("no member at all", say.field("hourly", {"time": ["2026-01-13T00:00"] * 2}),
        refused(Cause.WRONG_TIMES, Cause.MISSING_FIELD)),
    members("a single run in its place", say.all_of(*(
        say.without("hourly", TEMPERATURE + ending(k)) for k in ALL if k)),
        refused(Cause.MISSING_FIELD, saying="1 of 21")),
    members("all members alike", alike, MEMBERS_DOUBTED),
    members("one member at 61 degC", of_members(TEMPERATURE, [12], lambda v: [61.0] * len(v)),
        mended(Gate.LIMITS, Gate.FLAT)),
    members("one member in kelvin", of_members(TEMPERATURE, [12], say.moved_by(273.15)),
        mended(Gate.UNITS, Gate.LIMITS)),
    members("one member leaps by 25 K", of_members(
        TEMPERATURE, [12], lambda v: v[:70] + [x + 25 for x in v[70:]]), mended(Gate.JUMPS)),
    members("one member of zeros", say.all_of(
        of_members(TEMPERATURE, [12], lambda v: [0.0] * len(v)),
        of_members(WIND, [12], lambda v: [0.0] * len(v))), mended(Gate.FLAT)),
    members("one member with a long gap", of_members(
        TEMPERATURE, [12], lambda v: v[:70] + [None] * 8 + v[78:]), mended(Gate.GAPS)),
    members("one member ends a day early", of_members(
        TEMPERATURE, [12], lambda v: v[:110] + [None] * (len(v) - 110)), mended(Gate.GAPS)),
    members("fifteen members in kelvin", of_members(TEMPERATURE, range(15), say.moved_by(273.15)),
        refused(Cause.NOT_PLAUSIBLE, Cause.WRONG_UNITS)),
    members("all in degF, said to be degC", of_members(TEMPERATURE, ALL, say.fahrenheit),
        refused(Cause.WRONG_UNITS, saying="looks like")),
    members("one member a value short", of_members(TEMPERATURE, [12], lambda v: v[1:]),
        refused(Cause.WRONG_LENGTH)),
    members("one member as text", of_members(TEMPERATURE, [12], lambda v: [str(x) for x in v]),
        refused(Cause.NOT_PLAUSIBLE, saying="not a number")),
    members("a member under two names", renamed(TEMPERATURE + "_member08",
        TEMPERATURE + "_member007"), refused(Cause.WRONG_LENGTH, saying="twice")),
    members("no sun for half of them", of_members(SUN, range(10), say.null),
        Used(mended=(Gate.MEMBERS,))),
    members("no sun for anyone", of_members(SUN, ALL, say.null),
        Used(doubted=(Gate.MEMBERS,), sun_changed=True)),
    members("no wind for anyone", of_members(WIND, ALL, say.null),
        refused(Cause.MISSING_FIELD, Cause.GAPS)),
]  # fmt: skip


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    def ensemble(base_url: str, web: WebClient) -> WeatherProvider:
        return OpenMeteoEnsemble(base_url, (say.MODEL,), name="first", web=web)

    with fault_table(ensemble, spoiled(as_ensemble)) as running:
        yield running


@pytest.mark.parametrize("row", params(ROWS))
def test_in_an_ensemble(table: Table, tmp_path: Path, row: Row):
    table.try_row(row, tmp_path)
