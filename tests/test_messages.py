"""Code and catalogue agree: every message exists, is filled with its own places, and is used."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from dispatch.alarms.alarm import AlarmCode, Severity
from dispatch.audit_rules.rule import Rule
from dispatch.case_kinds import Emitter, Era, Transport, Use
from dispatch.cures import Measure
from dispatch.daily_request import Step
from dispatch.health.check import State, Topic
from dispatch.loop_weather import WeatherBasis
from dispatch.messages import (
    DEFAULT_LANGUAGE,
    LANGUAGE_NAME,
    LANGUAGES,
    area,
    asides,
    catalogue,
    clauses,
    day,
    language,
    moment,
    say,
    speaking,
    words,
)
from dispatch.pinned import PinLimit
from dispatch.plan import Quality, RungName
from dispatch.source_reasons import Why
from forecasts.demand.identified import Doubt
from forecasts.demand.load_model import Doubt as LoadDoubt
from forecasts.demand.load_model import Standing
from forecasts.telemetry.folder import NoteCode as TelemetryNote
from forecasts.telemetry.readings import Action
from forecasts.weather.climate.fit_report import FitPart, FitReason
from forecasts.weather.provenance import NoteCode, SpreadSource
from forecasts.weather.provider import Cause
from forecasts.weather.verdict import Gate, Outcome
from scenarios.click_words import ClickWord
from scenarios.drills.day import Day
from scenarios.drills.loss import LossKind
from scenarios.entry import language_first
from scenarios.schedule.jobs import JobKind
from scenarios.whatif.figure import Figure
from scenarios.whatif.kinds import KINDS
from scenarios.whatif.scenario import Group

ROOT = Path(__file__).parents[1]
PREFIX = {"say": "", "Remark": "", "fault": "fault.", "file_fault": "fault."}
PLACES_FROM_VALUES = {"say"}  # its keyword arguments are the places, all and only

# Keys that code builds from an enum: the enum is the list.
FROM_ENUMS = {
    *(f"weather.{cause.value}" for cause in Cause),
    *(f"weather.note_{code.value}" for code in NoteCode),
    *(f"weather.spread_{source.value}" for source in SpreadSource),
    *(f"weather.gate_{gate.value}" for gate in Gate),
    *(f"weather_cli.gate_{gate.value}" for gate in Gate),
    *(f"weather_cli.outcome_{outcome.value}" for outcome in Outcome),
    *(f"weather_cli.fit_{reason.value}" for reason in FitReason),
    *(f"weather_cli.part_{part.name.lower()}" for part in FitPart),
    *(f"calibrate.doubt_{doubt.value}" for doubt in Doubt),
    *(f"calibrate.check_{doubt.value}" for doubt in Doubt),
    *(f"calibrate.action_{action.value}" for action in Action),
    *(f"calibrate.note_{code.value}" for code in TelemetryNote),
    *(f"calibrate.weather_{basis.value}" for basis in WeatherBasis),
    *(f"load.standing_{standing.value}" for standing in Standing),
    *(f"load.doubt_{doubt.value}" for doubt in LoadDoubt),
    *(f"audit.rule_{rule.value}" for rule in Rule),
    *(f"daily.done_{step.value}" for step in Step),
    *(f"schedule.unit_{job.value}" for job in JobKind),
    *(f"daily.cure_{measure.value}" for measure in Measure),
    *(f"run.why_{why.value}" for why in Why),
    *(f"ladder.tried_{rung.value}" for rung in RungName),
    *(f"ladder.reason_{rung.value}" for rung in RungName if rung is not RungName.FRESH),
    *(f"ladder.quality_{rung.value}" for rung in RungName if rung is not RungName.FRESH),
    *(f"pin.limit_{limit.value}" for limit in PinLimit),
    *(f"change.{kind}" for kind in KINDS),
    *(f"compare.figure_{figure.value}" for figure in Figure),
    *(f"scenario.group_{group.value}" for group in Group),
    *(f"drill.{form}_{kind.value}" for kind in LossKind for form in ("loss", "table")),
    *(f"drill.{form}_{day.value}" for day in Day for form in ("day", "short")),
    *(f"alarms.severity_{severity.value}" for severity in Severity),
    *(f"alarms.{code.value}{part}" for code in AlarmCode for part in ("", "_do")),
    *(f"cli.label_{quality.value}" for quality in Quality),
    *(f"fault.transport_{way.value}" for way in Transport),
    *(f"health.state_{state.value}" for state in State),
    *(f"health.verdict_{state.value}" for state in State),
    *(f"health.label_{topic.value}" for topic in Topic),
    *(f"click.{word.value}" for word in ClickWord),
    *(f"drill.use_{use.value}" for use in Use),
    *(f"drill.era_{era.value}" for era in Era),
    *(f"drill.emitter_{emitter.value}" for emitter in Emitter),
}
PLACES = ("network", "source", "plant", "link", "zone", "station", "yard")
FROM_WORDS = {f"audit.place_{place}{at}" for place in PLACES for at in ("", "_at")}
FROM_WORDS |= {"audit.place_cost_term", "audit.place_pin_at"}
FROM_WORDS |= {f"sheet.sign_{who}" for who in ("maker", "checker", "receiver", "time")}
FROM_WORDS |= {f"words.month_{number}" for number in range(1, 13)}


@dataclass(frozen=True)
class Use:
    """One message named in code; `places` is None where the code does not list them."""

    where: str
    key: str
    places: frozenset[str] | None
    exact: bool


@dataclass(frozen=True)
class Code:
    """What the packages name: messages in calls, and every literal text."""

    uses: tuple[Use, ...]
    texts: frozenset[str]  # a key that code looks up in a table is among them


@functools.cache
def code() -> Code:
    """Read every source file, once."""
    found: list[Use] = []
    texts = set()
    for package in ("forecasts", "dispatch", "scenarios"):
        for path in sorted((ROOT / package).rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    found += uses_in(node, where)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value)
    return Code(tuple(found), frozenset(texts))


def uses_in(call: ast.Call, where: str) -> Iterator[Use]:
    name = called_name(call)
    position = 1 if name == "file_fault" else 0
    if name not in PREFIX or len(call.args) <= position:
        return
    for key in literals(call.args[position]):
        yield Use(
            f"{where}:{call.lineno}",
            PREFIX[name] + key,
            places_of(call, name),
            name in PLACES_FROM_VALUES,
        )


def called_name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def literals(node: ast.expr | None) -> list[str]:
    """The texts an argument may be: a literal, or one of two."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def places_of(call: ast.Call, name: str) -> frozenset[str] | None:
    if name == "Remark":
        values = [*call.args[1:], *(k.value for k in call.keywords if k.arg == "values")]
        if not values:
            return frozenset()
        keys = values[0].keys if isinstance(values[0], ast.Dict) else [None]
        texts = [literals(key) for key in keys]
        return frozenset(text[0] for text in texts) if all(texts) else None
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name)


def places_in(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("use", code().uses, ids=lambda use: f"{use.where} {use.key}")
def test_a_message_named_in_code_exists_and_its_places_are_filled(use: Use):
    assert use.key in catalogue(), f"{use.where}: no message {use.key}"
    if use.places is not None:
        wanted = places_in(catalogue()[use.key])
        assert not wanted - use.places, f"{use.where}: {use.key} lacks {wanted - use.places}"
        if use.exact:
            assert not use.places - wanted, f"{use.where}: {use.key} has no {use.places - wanted}"


def test_keys_built_from_enums_exist():
    assert not (FROM_ENUMS | FROM_WORDS) - set(catalogue())


def test_every_message_is_used():
    """A key counts as used where it stands whole in the code, or without its area (`fault`)."""
    named = {use.key for use in code().uses} | FROM_ENUMS | FROM_WORDS
    texts = code().texts
    unused = {
        key
        for key in set(catalogue()) - named
        if key not in texts and not (key.startswith("fault.") and key.split(".")[1] in texts)
    }
    assert not unused


def test_messages_are_well_formed():
    """Places have names, whole sentences have no stray blanks, nothing is empty."""
    for key, text in catalogue().items():
        assert text.strip() == text, key
        assert text, key
        assert all(name.split(".")[0].isidentifier() for name in places_in(text)), key


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != DEFAULT_LANGUAGE])
def test_another_language_says_nothing_else_and_with_the_same_places(code: str):
    """What it does not say yet is said in English."""
    english, other = catalogue(), catalogue(code)
    assert not set(other) - set(english)
    assert [key for key in other if places_in(english[key]) != places_in(other[key])] == []


def test_moments_days_and_lists_are_written_as_the_language_writes_them():
    at = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)
    assert (moment(at), day(at.date()), words("a", "b")) == ("05 Jan 06:30", "05 Jan", "a, b")
    with speaking("zh"):
        assert (moment(at), day(at.date()), words("a", "b")) == ("1月5日 06:30", "1月5日", "a、b")
    assert moment(at) == "05 Jan 06:30"


def test_parts_are_joined_and_areas_counted_as_the_language_does():
    def told() -> tuple[str, ...]:
        return asides("a.csv", "x"), clauses("a", "b"), area(12_560_000.0)

    assert told() == ("a.csv, x", "a; b", "12.56 million m²")
    with speaking("zh"):
        assert told() == ("a.csv，x", "a；b", "1256 万m²")
    assert (words(), asides("one")) == ("", "one")


def test_a_language_nobody_wrote_is_english(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(LANGUAGE_NAME, "tlh")
    assert language() == "en"


@pytest.mark.parametrize(
    ("words_said", "first"),
    [
        (["daily", "town", "--lang", "zh"], ["--lang", "zh", "daily", "town"]),
        (["daily", "--lang=zh", "--json"], ["--lang", "zh", "daily", "--json"]),
        (["--lang", "en", "daily", "--lang", "zh"], ["--lang", "zh", "daily"]),
        (["daily", "--lang"], ["--lang", "daily"]),
        (["daily", "--", "--lang", "zh"], ["daily", "--", "--lang", "zh"]),
        (["daily", "town"], ["daily", "town"]),
    ],
)
def test_the_language_may_stand_anywhere(words_said: list[str], first: list[str]):
    assert language_first(words_said) == first


def test_an_unknown_message_or_place_is_an_error():
    with pytest.raises(KeyError):
        say("run.no_such_message")
    with pytest.raises(KeyError):
        say("run.publish_failed", folder="runs")
