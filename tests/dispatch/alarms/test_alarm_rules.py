"""Alarms by their rules: at the limit none, beyond it one, with since, value and what to do."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dispatch.alarms import telemetry_rules
from dispatch.alarms.alarm import Alarm, Severity
from dispatch.alarms.found import case_alarms
from dispatch.alarms.telemetry_rules import freeze_hours, telemetry_alarms
from dispatch.alarms.watched import Found, Watched
from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.history.in_force import Planned
from forecasts.telemetry.points import Point
from tests.daily_runs import EVENING, PublishedRun, heat_dispatch_here
from tests.small_case import text, write_small_case

NOW = datetime.fromisoformat("2026-01-15T12:00:00+08:00")
FROM = NOW - timedelta(hours=24)
EVERY = timedelta(minutes=10)
TIMES = [NOW - k * EVERY for k in range(144)][::-1]  # 24 h, the last one now
Value = float | Callable[[datetime], float]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The small town."""
    return read_case(write_small_case(tmp_path_factory.mktemp("alarms") / "case"), now=NOW).case


def after(hours: float, value: float, before: float) -> Callable[[datetime], float]:
    """`before`, and `value` in the last hours."""
    return lambda at: value if at > NOW - timedelta(hours=hours) else before


def readings(points: Mapping[tuple[str, str], Value], until: datetime = NOW) -> pd.DataFrame:
    """Readings every ten minutes, `(id, point)` to a value or to what it is at a moment."""
    rows = []
    for (place, point), value in points.items():
        name, _, sensor = place.partition("/")
        for number, at in enumerate(moment for moment in TIMES if moment <= until):
            shown = value(at) if callable(value) else value
            if shown > 0 and point != "room_t":
                shown -= 0.001 * (number % 3)  # a sensor that never moves is stuck
            rows.append((pd.Timestamp(at).tz_convert("UTC"), name, point, sensor, shown))
    table = pd.DataFrame(rows, columns=["time", "id", "point", "sensor", "value"])
    return table.astype({"id": "category", "point": "category"})


def planned() -> Planned:
    """The CHP at 20 MW and its plant at 90 °C in every hour."""
    hours = 25
    nothing = np.zeros((0, hours))
    return Planned(
        runs=("run",) * hours,
        unreadable=(),
        outdoor_c=np.full(hours, -10.0),
        sources=("chp_1",),
        heat_mw=np.full((1, hours), 20.0),
        fuel_tce=nothing,
        heat_fuel_tce=nothing,
        plants=("A",),
        primary_supply_c=np.full((1, hours), 90.0),
        loops=(),
        controllable=np.zeros(0, dtype=np.bool_),
        heat_kw=nothing,
        supply_c=nothing,
        room_c=nothing,
    )


def found(case: Case, points: Mapping[tuple[str, str], Value], until: datetime = NOW) -> Found:
    return telemetry_alarms(Watched(case, NOW, readings(points, until), planned(), FROM))


def the_only(case: Case, points: Mapping[tuple[str, str], Value]) -> Alarm:
    (alarm,) = found(case, points).alarms
    assert alarm.text
    assert alarm.action
    return alarm


@pytest.mark.parametrize(
    ("points", "code", "severity", "value"),
    [
        ({("chp_1", "pri_sup_t"): after(1, 86.9, 90)}, "supply_too_low", "critical", -3.1),
        ({("chp_1", "pri_sup_t"): after(1, 93.2, 90)}, "supply_too_high", "warning", 3.2),
        ({("chp_1", "pri_heat"): after(1, 17.9 * 3.6, 72)}, "source_low", "warning", 17.9),
        ({("chp_1", "pri_heat"): after(1, 9.9 * 3.6, 72)}, "source_down", "critical", 9.9),
        ({("N1.low", "pri_ret_t"): 60.5}, "return_too_hot", "warning", 60.5),
        ({("N1.low", "sec_sup_t"): after(2, 70.6, 60)}, "secondary_too_hot", "warning", 70.6),
        ({("N2.floor", "sec_sup_t"): after(2, 50.6, 42)}, "floor_too_hot", "critical", 50.6),
        ({("chp_1", "pri_ret_p"): after(1, 0.24, 0.3)}, "primary_pressure_low", "critical", 0.24),
        ({("N1.low", "sec_ret_p"): after(1, 0.24, 0.3)}, "secondary_pressure_low", "warning", 0.24),
        (
            {("N1.low", "mk_flow"): after(3, 2.1, 0.5), ("N1.low", "sec_flow"): 100},
            "make_up_high",
            "warning",
            2.1,
        ),
        ({("N1.low", "tank_lvl"): after(2, 0.9, 2.0)}, "tank_low", "warning", 0.9),
        ({("N1.low", "pump_hz"): after(1, 0, 42)}, "standing", "critical", 0.0),
        ({("N1.low", "sec_flow"): after(1, 0, 300)}, "standing", "critical", 0.0),
    ],
)
def test_beyond_its_limit_there_is_one_alarm(case, points, code, severity, value):
    alarm = the_only(case, points)
    assert (alarm.code, alarm.severity) == (code, Severity(severity))
    assert alarm.value == pytest.approx(value, abs=0.01)
    assert alarm.since is not None
    assert alarm.since <= NOW


@pytest.mark.parametrize(
    "points",
    [
        {("chp_1", "pri_sup_t"): after(1, 87.1, 90)},
        {("chp_1", "pri_sup_t"): after(0.3, 80.0, 90)},  # for 20 minutes only
        {("chp_1", "pri_heat"): after(1, 18.1 * 3.6, 72)},
        {("chp_1", "pri_heat"): after(0.3, 0, 72)},
        {("N1.low", "pri_ret_t"): 60.0},
        {("N1.low", "sec_sup_t"): 70.4},
        {("N2.floor", "sec_sup_t"): 50.4},
        {("chp_1", "pri_ret_p"): after(1, 0.26, 0.3)},
        {("N1.low", "mk_flow"): 1.9, ("N1.low", "sec_flow"): 100},
        {("N1.low", "mk_flow"): 30.0},  # of what flow, nobody knows
        {("N1.low", "tank_lvl"): after(2, 1.1, 2.0)},
        {("N1.low", "pump_hz"): after(1, 20, 42)},
        {("N1.low", "pump_hz"): 0.0},  # it has not run all day
        {("N1.low", "sec_sup_t"): lambda at: 75 if at < NOW - timedelta(hours=1) else 60},  # over
    ],
)
def test_within_limits_and_when_it_is_over_there_is_none(case, points):
    assert found(case, points).alarms == []


def test_since_is_the_first_reading_of_the_last_stretch(case):
    alarm = the_only(case, {("chp_1", "pri_sup_t"): after(2, 80, 90)})
    assert alarm.since == NOW - timedelta(hours=2) + EVERY


@pytest.mark.parametrize(
    ("cold", "severity"), [(3, None), (4, Severity.WARNING), (10, Severity.CRITICAL)]
)
def test_cold_rooms_are_counted_by_the_hundred(case, cold, severity):
    """Three of a hundred are usual (H §10), four are not, ten are three times as many."""
    rooms = {
        (f"N1.low/{number:03d}", "room_t"): 17.5 if number < cold else 20.0 for number in range(100)
    }
    alarms = found(case, rooms).alarms
    assert [one.severity for one in alarms] == ([] if severity is None else [severity])


def test_a_place_is_silent_after_three_of_its_own_readings(case):
    """Ten-minute readings: 30 min are borne, 40 are not. Half of all places: the line itself."""
    points: dict[tuple[str, str], Value] = {("N1.low", "room_t"): 20.0}
    assert found(case, points, NOW - 3 * EVERY).alarms == []
    quiet = readings(points, NOW - 4 * EVERY)
    others = readings({("S1.low", "room_t"): 20.0, ("S2.low", "room_t"): 20.0})
    table = pd.concat([quiet.astype({"id": str}), others.astype({"id": str})])
    (alarm,) = telemetry_alarms(Watched(case, NOW, table, planned(), FROM)).alarms
    assert (alarm.code, alarm.severity, alarm.thing) == ("silent", Severity.WARNING, "N1.low")
    (alone,) = telemetry_alarms(Watched(case, NOW, quiet, planned(), FROM)).alarms
    assert alone.severity is Severity.CRITICAL


@pytest.mark.parametrize("hours", [1, 6, 13, 17])
def test_what_stands_or_fell_long_ago_is_still_told(case, hours):
    """Of a day that was read: the newest hours are not the measure of themselves."""
    for points, code in (
        ({("N1.low", "pump_hz"): after(hours, 0, 42)}, "standing"),
        ({("N1.low", "sec_flow"): after(hours, 0, 300)}, "standing"),
        ({("chp_1", "pri_ret_p"): after(hours, 0.22, 0.3)}, "primary_pressure_low"),
        ({("N1.low", "tank_lvl"): after(hours, 0.8, 2.0)}, "tank_low"),
    ):
        assert the_only(case, points).code == code


def test_nothing_read_at_all_is_an_alarm(case):
    table = readings({("N1.low", "room_t"): 20.0}).iloc[:0]
    (alarm,) = telemetry_alarms(Watched(case, NOW, table, planned(), FROM)).alarms
    assert (alarm.code, alarm.severity) == ("all_silent", Severity.CRITICAL)


def test_one_point_that_is_silent_is_told_beside_others_of_its_place(case):
    quiet = readings({("N1.low", "room_t"): 20.0}, NOW - timedelta(hours=20))
    lively = readings({("N1.low", "sec_sup_t"): 60.0})
    table = pd.concat([one.astype({"id": str, "point": str}) for one in (quiet, lively)])
    (alarm,) = telemetry_alarms(Watched(case, NOW, table, planned(), FROM)).alarms
    assert (alarm.code, alarm.thing) == ("silent", "N1.low room_t")


def test_readings_that_cannot_be_and_those_that_never_move(case):
    assert the_only(case, {("N1.low", "sec_sup_t"): 200.0}).code == "impossible"
    still = readings({("N1.low", "sec_sup_t"): 60.0}).assign(value=60.0)
    (alarm,) = telemetry_alarms(Watched(case, NOW, still, planned(), FROM)).alarms
    assert (alarm.code, alarm.thing) == ("stuck", "N1.low sec_sup_t")


def test_a_rule_that_fails_leaves_the_others(case, monkeypatch: pytest.MonkeyPatch):
    def broken(watched: Watched, found: Found) -> None:
        raise ValueError("of ours")

    rules = ((broken, tuple(Point)), *telemetry_rules.RULES)
    monkeypatch.setattr(telemetry_rules, "RULES", rules)
    seen = found(case, {("N1.low", "pri_ret_t"): 61.0})
    assert [one.code for one in seen.alarms] == ["return_too_hot"]
    assert len(seen.problems) == 1
    assert "of ours" in seen.problems[0]


def test_many_places_are_one_alarm(case):
    points: dict[tuple[str, str], Value] = {
        (f"place {number}", "pri_ret_t"): 61.0 + number for number in range(9)
    }
    alarm = the_only(case, points)
    assert alarm.value == pytest.approx(69.0, abs=0.01)
    assert "place 0" in alarm.text
    assert "4 others" in alarm.text


def test_a_standing_pump_says_when_rooms_and_pipes_are_in_danger(case):
    """At −10 °C pipes hold for 4 h (H §10). τ ln((20 − r)/(16 − r)), r = −10 + g/K outdoors."""
    alarm = the_only(case, {("N1.low", "pump_hz"): after(1, 0, 42)})
    rest = -10 + 3.5 / 1.78
    hours = 310 / 1.78 / 3.6 * np.log((20 - rest) / (16 - rest))
    assert f"after {hours:.0f} h" in alarm.text
    assert "pipes may freeze after 4 h" in alarm.text
    assert freeze_hours(-20.0) < 4.0 < freeze_hours(-2.0)


def test_points_that_nobody_measures_are_no_alarm_but_said(case):
    seen = found(case, {("N1.low", "room_t"): 20.0})
    assert seen.alarms == []
    assert {Point.PUMP, Point.MAKE_UP_FLOW} <= seen.unmeasured
    assert Point.ROOM_TEMP not in seen.unmeasured


def test_limits_are_those_of_the_case(case):
    settings = case.settings
    alarms = settings.alarms.model_copy(update={"primary_return_max_c": 45.0})
    strict = case.model_copy(update={"settings": settings.model_copy(update={"alarms": alarms})})
    assert found(strict, {("N1.low", "pri_ret_t"): 50.0}).alarms[0].limit == 45.0


# ---- the plan in force, and the command --------------------------------------------------------


def codes(case_folder: Path, runs: Path, now: datetime) -> dict[str, Severity]:
    case = read_case(case_folder, now=now).case
    return {one.code: one.severity for one in case_alarms(case, case_folder, runs, now).alarms}


def test_a_plan_grows_old(tmp_path: Path, small_green: PublishedRun, small_runs: Path):
    case = write_small_case(tmp_path / "case")
    assert "plan_old" not in codes(case, small_runs, EVENING + timedelta(hours=26))
    late = codes(case, small_runs, EVENING + timedelta(hours=27))
    assert late["plan_old"] is Severity.WARNING
    later = codes(case, small_runs, EVENING + timedelta(hours=53))
    assert later["plan_old"] is Severity.CRITICAL
    assert codes(case, tmp_path / "nowhere", EVENING) == {"no_plan": Severity.CRITICAL}


def change_summary(runs: Path, change: Callable[[dict[str, object]], None]) -> None:
    path = (runs / "small/latest").resolve() / "summary.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_red_plan_coal_and_a_late_order_are_told(tmp_path: Path, small_runs: Path):
    def worse(content: dict[str, object]) -> None:
        content["quality"] = "red"
        content["shortage"] = [{"key": "x", "values": {}, "text": "8 MW are missing."}]
        yard = {"yard_id": "yard_a", "days_of_cover": 2.5, "ahead": {"order_by": "2026-01-10"}}
        content["yards"] = [yard]

    change_summary(small_runs, worse)
    told = codes(write_small_case(tmp_path / "case"), small_runs, EVENING)
    assert told["heat_short"] is Severity.CRITICAL
    assert told["coal_low"] is Severity.CRITICAL
    assert told["coal_order"] is Severity.WARNING


def test_the_command_tells_and_ends_with_the_worst(tmp_path: Path, small_runs: Path):
    write_small_case(tmp_path / "town", text("case.toml", "[time]", "[alarms]\n\n[time]"))
    words = ("alarms", str(tmp_path / "town"), "--runs", str(small_runs), "--now")
    well = heat_dispatch_here(*words, (EVENING + timedelta(hours=1)).isoformat())
    assert well.returncode == 0, well.stdout
    old = heat_dispatch_here(*words, (EVENING + timedelta(hours=99)).isoformat())
    assert old.returncode == 20
    assert "CRITICAL" in old.stdout
    assert "99 h old" in old.stdout
    plain = heat_dispatch_here(*words, EVENING.isoformat(), "--json")
    assert json.loads(plain.stdout)["schema"] == "heat-dispatch/alarms"


def test_broken_telemetry_leaves_the_alarms_of_the_plan(tmp_path: Path, small_runs: Path):
    case = write_small_case(tmp_path / "case")
    (case / "telemetry").mkdir()
    (case / "telemetry/loops.csv").write_text("no table\n", encoding="utf-8")
    read = read_case(case, now=EVENING).case
    late = EVENING + timedelta(hours=60)
    seen = case_alarms(read, case, small_runs, late)
    assert "plan_old" in {one.code for one in seen.alarms}
    assert len(seen.problems) == 1


def test_alarms_are_the_same_whatever_the_order_of_readings(case):
    points: dict[tuple[str, str], Value] = {("N1.low", "sec_flow"): after(1, 0, 300)}
    table = readings(points)
    shuffled = table.sample(frac=1.0, random_state=3)
    one, other = (
        telemetry_alarms(Watched(case, NOW, rows, planned(), FROM)).alarms
        for rows in (table, shuffled)
    )
    assert one == other
    assert replace(one[0]) == other[0]
