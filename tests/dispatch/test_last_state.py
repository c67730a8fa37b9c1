"""The last plan carried on over a gap, and the earlier ones where it cannot be read."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.case import Case
from dispatch.initial_state import StateFile, read_state
from dispatch.last_state import last_state
from dispatch.run_archive import sha256
from dispatch.state_bridge import decayed_c, weather_error_k
from dispatch.state_check import checked, edits_since
from tests.daily_runs import EVENING, PublishedRun
from tests.plan_inputs_maker import inputs_for, wave

START = EVENING + timedelta(minutes=20)  # of the run that is read
HOUR = timedelta(hours=1)
WEATHER = ("air_temperature", "wind_speed", "global_radiation")


def as_came(run: PublishedRun, warmer_k: float = 0.0) -> xr.Dataset:
    """The weather of the plan, or air that much warmer."""
    weather = run.schedule[list(WEATHER)]
    return weather.assign(air_temperature=weather["air_temperature"] + warmer_k)


def carried(run: PublishedRun, runs: Path, hours: float, warmer_k: float = 0.0) -> StateFile:
    start = START + hours * HOUR
    return last_state(runs, run.case, start, start, as_came(run, warmer_k))


def rooms(found: StateFile) -> np.ndarray:
    assert found.last is not None
    return found.last.indoor_c.values[:, 0]


@pytest.mark.parametrize("hours", [0, 12, 35])
def test_without_a_gap_the_state_is_used_as_it_is(
    small_green: PublishedRun, small_runs: Path, hours: int
):
    found = carried(small_green, small_runs, hours)
    as_read = read_state(small_green.folder, START + hours * HOUR)
    assert found.remark == as_read.remark
    assert rooms(found).tolist() == rooms(as_read).tolist()
    assert found.origin is not None
    assert (found.origin.age_h, found.origin.source) == (hours, "state.json")


@pytest.mark.parametrize("hours", [36, 40.5, 47, 48])
def test_a_gap_in_the_forecast_weather_lands_where_the_plan_said(
    small_green: PublishedRun, small_runs: Path, hours: float
):
    found = carried(small_green, small_runs, hours)
    said = small_green.schedule["station_indoor"].values[:, int(hours) - 1]
    assert found.remark.key == "daily.state_bridged"
    assert rooms(found) == pytest.approx(said, abs=0.05)


@pytest.mark.parametrize("hours", [12, 40])
def test_warmer_weather_than_forecast_leaves_warmer_rooms(
    small_green: PublishedRun, small_runs: Path, hours: int
):
    """Air 3 K warmer all the time: rooms 3·(1 − exp(−t/τ)) K warmer, with no wind over the usual,
    within the state file (12 h) and beyond it.
    """
    schedule = small_green.schedule
    warmer = carried(small_green, small_runs, hours, 3.0)
    got = rooms(warmer) - rooms(carried(small_green, small_runs, hours))
    assert ("daily.state_weather_came" in [one.key for one in warmer.notes]) == (hours == 12)
    loss = schedule["station_specific_loss"].values
    tau_h = schedule["station_heat_capacity"].values / 3600.0 / loss
    assert (schedule["wind_speed"] <= schedule.attrs["wind_reference_m_per_s"]).all()
    assert got == pytest.approx(3.0 * (1.0 - np.exp(-hours / tau_h)), abs=1e-5)
    assert weather_error_k(schedule, None, 40).tolist() == [0.0] * loss.size


def test_on_its_curve_a_room_comes_back_with_the_time_constant():
    """C 360 kJ, K 1 W: τ is 100 h. From 22 °C to a target of 20 °C: 2/e K are left after it."""
    schedule = xr.Dataset(
        {
            "station_heat_capacity": ("station", [360_000.0]),
            "station_specific_loss": ("station", [1.0]),
            "station_target": (("station", "time"), [[20.0]]),
        }
    )
    assert decayed_c(schedule, np.array([22.0]), 0.0)[0] == 22.0
    assert decayed_c(schedule, np.array([22.0]), 100.0)[0] == pytest.approx(20.7358, abs=1e-4)


@pytest.mark.parametrize(
    ("days", "key"),
    [(4, "daily.state_bridged_far"), (7, "daily.state_bridged_far")],
)
def test_days_beyond_the_plan_are_said(
    small_green: PublishedRun, small_runs: Path, days: int, key: str
):
    found = carried(small_green, small_runs, 24.0 * days)
    assert found.remark.key == key
    assert found.origin is not None
    assert found.origin.bridged_h == 24.0 * (days - 2)
    target = small_green.schedule["station_target"].values[:, -1]
    ended = small_green.schedule["station_indoor"].values[:, -1]
    assert (np.abs(rooms(found) - target) <= np.abs(ended - target) + 1e-9).all()
    assert np.isfinite(rooms(found)).all()
    assert found.last is not None
    assert found.last.source_heat_mw.ids == ()


def test_after_weeks_everything_is_settled(small_green: PublishedRun, small_runs: Path):
    found = carried(small_green, small_runs, 24.0 * 20)
    assert (found.last, found.remark.key) == (None, "daily.state_does_not_fit")


# ---- damage, and clocks that were wrong ----------------------------------------------------


def copied(runs: Path, run: PublishedRun, name: str) -> Path:
    return shutil.copytree(run.folder, runs / run.case.settings.id / name)


@pytest.mark.parametrize("damage", ["missing", "truncated", "changed"])
def test_an_earlier_run_stands_in_for_a_damaged_one(
    small_green: PublishedRun, small_runs: Path, damage: str
):
    copied(small_runs, small_green, "2026-01-14T2300+0800")
    path = (small_runs / small_green.case.settings.id / "latest").resolve() / "state.json"
    whole = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(whole[:-100] if damage == "truncated" else whole + b"\n")
    found = carried(small_green, small_runs, 12)
    assert found.remark.key == "daily.state_from_last"
    assert [note.key for note in found.notes] == ["daily.state_skipped"]
    assert str(path) in found.notes[0].text
    assert found.notes[0].values["why"]


def test_a_run_of_the_future_is_not_started_from(small_green: PublishedRun, small_runs: Path):
    """A clock that ran fast published a run of tomorrow: today's is still the last one."""
    copied(small_runs, small_green, "2026-01-20T0500+0800")
    folder = small_runs / small_green.case.settings.id
    (folder / "latest").unlink()
    (folder / "latest").symlink_to("2026-01-20T0500+0800")
    (folder / "2026-01-20T0500+0800" / "state.json").write_text("{", encoding="utf-8")
    found = carried(small_green, small_runs, 12)
    assert (found.remark.key, found.notes) == ("daily.state_from_last", ())


# ---- what cannot be true, and edits --------------------------------------------------------


def test_what_cannot_be_true_is_left_out_by_itself(small_green: PublishedRun, small_runs: Path):
    folder = (small_runs / small_green.case.settings.id / "latest").resolve()
    state = json.loads((folder / "state.json").read_text("utf-8"))
    state["tables"]["indoor_c"]["rows"][0] = [80.0] * len(state["time"])
    state["tables"]["stock_t"]["rows"][0] = [-5.0] * len(state["time"])
    content = json.dumps(state).encode()
    (folder / "state.json").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["outputs"]["state.json"] = sha256(content)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = carried(small_green, small_runs, 12)
    assert found.last is not None
    station, yard = state["ids"]["station"], state["ids"]["yard"]
    assert found.last.indoor_c.ids == tuple(station[1:])
    assert yard[0] not in found.last.stock_in_file_t
    assert [note.key for note in found.notes] == ["daily.state_refused"]
    assert found.notes[0].values["count"] == 2


def test_edits_of_the_case_are_said_by_name(small_green: PublishedRun):
    last = read_state(small_green.folder, START).last
    assert last is not None
    case = small_green.case
    assert edits_since(last, case) == ((), ())
    assert checked(last, case)[1] == ()
    edited, remarks = edits_since(last, case.model_copy(update={"stations": case.stations[1:]}))
    assert edited == (case.stations[0].loop_id,)
    assert remarks[0].values["gone"] == 1


def with_every(case: Case, table: str, **values: object) -> Case:
    rows = tuple(row.model_copy(update=values) for row in getattr(case, table))
    return case.model_copy(update={table: rows})


def test_edited_values_are_said_with_what_they_were(small_green: PublishedRun):
    """An estate of half its area, and a boiler house of one unit; rooms stay where they were."""
    last = read_state(small_green.folder, START).last
    assert last is not None
    case = small_green.case
    area_m2 = case.stations[0].heated_area_m2
    first = case.stations[0].model_copy(update={"heated_area_m2": area_m2 / 2})
    edited_case = case.model_copy(update={"stations": (first, *case.stations[1:])})
    edited, (remark,) = edits_since(last, edited_case)
    assert edited == (first.loop_id,)
    assert remark.key == "daily.case_values_edited"
    assert f"{first.loop_id} heated_area_m2 {area_m2} → {area_m2 / 2}" in remark.text
    fewer = with_every(case, "sources", unit_count=1)
    changed, _ = edits_since(last, fewer)
    assert changed == tuple(one.source_id for one in case.sources if one.unit_count > 1)


def test_an_edit_is_said_over_a_gap_too(small_green: PublishedRun, small_runs: Path):
    case = with_every(small_green.case, "links", length_km=9.0)
    start = START + 50 * HOUR
    found = last_state(small_runs, case, start, start, as_came(small_green))
    assert "daily.case_values_edited" in {note.key for note in found.notes}


def test_a_state_of_before_says_nothing_of_values(small_green: PublishedRun):
    last = read_state(small_green.folder, START).last
    assert last is not None
    old = replace(last, things={})
    assert edits_since(old, with_every(small_green.case, "links", length_km=9.0)) == ((), ())


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("drop"), st.integers(0, 4)),
        st.tuples(st.just("area"), st.integers(0, 4)),
        st.tuples(st.just("add"), st.integers(0, 4)),
        st.tuples(st.just("units"), st.integers(1, 4)),
        st.tuples(st.just("step"), st.sampled_from([15, 30, 60])),
    ),
    max_size=5,
)


def edited_by(case: Case, edits: list[tuple[str, int]]) -> Case:
    for what, number in edits:
        stations = list(case.stations)
        place = number % len(stations)
        one = stations[place]
        if what == "drop" and len(stations) > 2:
            del stations[place]
        elif what == "area":
            stations[place] = one.model_copy(update={"heated_area_m2": one.heated_area_m2 * 0.8})
        elif what == "add":
            stations.append(one.model_copy(update={"station_id": f"{one.station_id}x"}))
        elif what == "units":
            case = with_every(case, "sources", unit_count=number)
        elif what == "step":
            time = case.settings.time.model_copy(update={"step_min": number})
            settings = case.settings.model_copy(update={"time": time})
            case = case.model_copy(update={"settings": settings})
        ids = {station.loop_id: station for station in stations}  # one of a name
        case = case.model_copy(update={"stations": tuple(ids.values())})
    return case


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=EDITS)
def test_any_edits_leave_a_start_that_can_be(small_green: PublishedRun, edits):
    """Rooms, heat and units are finite and within what there is; what nobody touched stays."""
    case = edited_by(small_green.case, edits)
    last = read_state(small_green.folder, START).last
    assert last is not None
    sound, _ = checked(last, case)
    inputs = inputs_for(case, wave(-3.0, 3.0), start=START, last=sound)
    indoor_c = inputs.stations.indoor_before_c
    assert np.isfinite(indoor_c).all()
    rooms = dict(zip(last.indoor_c.ids, last.indoor_c.values[:, 0], strict=True))
    for station, room_c in zip(case.stations, indoor_c, strict=True):
        assert room_c == pytest.approx(rooms.get(station.loop_id, room_c), abs=1e-6)
        assert abs(room_c - 20.0) < 8.0
    for one in inputs.sources:
        assert np.isfinite(one.heat_before_mw)
        if one.units is not None:
            assert 0 <= one.units.before <= one.source.unit_count
