"""Results kept by content: they come back as they were, damaged ones not at all."""

import os
import shutil
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from cut_case import base, base_plan, request
from hypothesis import given
from hypothesis import strategies as st

from dispatch.case import Case
from dispatch.initial_state import StateFile
from dispatch.measured import Measured, RoomReadings
from dispatch.plan import Remark
from dispatch.plan_netcdf import to_netcdf
from scenarios.whatif.changes.weather import TemperatureShift
from scenarios.whatif.edit import with_settings
from scenarios.whatif.exact_json import from_exact_json, to_exact_json
from scenarios.whatif.fingerprint import fingerprint
from scenarios.whatif.outcome import BASE, Outcome, Variant
from scenarios.whatif.result_cache import HASHES, ResultCache
from scenarios.whatif.result_files import RESULT, SCHEDULE
from scenarios.whatif.result_key import result_key, surroundings_key, with_processes
from scenarios.whatif.shared_telemetry import with_measured

VARIANT = Variant(BASE, "As it is", base(), {"target_c": 19.5})
KEY, OTHER = "a" * 64, "b" * 64


def outcome() -> Outcome:
    plan = base_plan()
    return Outcome(
        name=VARIANT.name,
        title=VARIANT.title,
        case=base().case,
        schedule=plan.schedule.assign_attrs(none_yet=np.nan, counts=np.array([1, 2])),
        quality=plan.verdict.quality,
        reasons=plan.verdict.reasons,
        notes=(*plan.verdict.notes, Remark("daily.state_none", {"at": np.float64(0.1), "n": 3})),
        shortage=(Remark("x.y", {"day": date(2026, 1, 15), "nan": float("inf"), "ids": ("a",)}),),
        outlook=plan.outlook,
        solve=replace(plan.outcome, gap=0.1 + 0.2),
        audit=plan.audit,
        values=VARIANT.values,
    )


@pytest.fixture
def cache(tmp_path):
    return ResultCache(tmp_path / "cache")


def test_every_field_of_an_outcome_comes_back(cache):
    kept = outcome()
    cache.keep(KEY, kept)
    found = cache.found(KEY, VARIANT)
    assert found.schedule.identical(kept.schedule)
    assert to_netcdf(found.schedule) == to_netcdf(kept.schedule)  # types and order too
    pd.testing.assert_frame_equal(found.outlook, kept.outlook)
    others = {field.name for field in fields(Outcome)} - {"schedule", "outlook"}
    for name in others:
        assert getattr(found, name) == getattr(kept, name), name


def test_a_plan_without_yards_comes_back_with_its_empty_outlook(cache):
    kept = replace(outcome(), outlook=pd.DataFrame(columns=list(base_plan().outlook.columns)))
    cache.keep(KEY, kept)
    pd.testing.assert_frame_equal(cache.found(KEY, VARIANT).outlook, kept.outlook)


def test_what_was_never_kept_is_not_found(cache):
    assert cache.found(KEY, VARIANT) is None
    cache.keep(KEY, outcome())
    assert cache.found(OTHER, VARIANT) is None


@pytest.mark.parametrize("name", [SCHEDULE, RESULT, HASHES])
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_entry_is_as_good_as_none_and_written_anew(cache, name, damage):
    cache.keep(KEY, outcome())
    file = cache.folder / KEY / name
    body = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    else:
        body[len(body) // 2] ^= 1
        file.write_bytes(body if damage == "flipped" else body[: len(body) // 2])
    assert cache.found(KEY, VARIANT) is None
    cache.keep(KEY, outcome())
    assert cache.found(KEY, VARIANT) is not None


def test_what_a_killed_writer_left_is_nothing(cache):
    """It is killed before the rename: the entry is there whole or not at all."""
    cache.keep(KEY, outcome())
    shutil.move(cache.folder / KEY, cache.folder / f".writing-{KEY}-0")
    assert cache.found(KEY, VARIANT) is None
    cache.keep(KEY, outcome())
    assert cache.found(KEY, VARIANT) is not None


def test_a_folder_that_takes_nothing_is_no_fault(tmp_path):
    (tmp_path / "cache").write_text("a file in the way")
    cache = ResultCache(tmp_path / "cache")
    cache.keep(KEY, outcome())
    cache.tidy()
    assert cache.found(KEY, VARIANT) is None


def test_what_cannot_be_kept_exactly_is_not_kept(cache):
    odd = replace(outcome(), notes=(Remark("x.y", {"what": object()}),))
    cache.keep(KEY, odd)
    assert cache.found(KEY, VARIANT) is None


def test_what_was_asked_for_the_longest_ago_goes_first(cache):
    """Three of a size, room for two; the oldest was asked for again, so the second goes."""
    keys = [letter * 64 for letter in "abc"]
    for age, key in enumerate(reversed(keys)):
        cache.keep(key, outcome())
        os.utime(cache.folder / key, (1e9 - age, 1e9 - age))  # c the newest, a the oldest
    assert cache.found(keys[0], VARIANT) is not None  # which makes it the newest
    size = sum(file.stat().st_size for file in (cache.folder / keys[0]).iterdir())
    replace(cache, most_bytes=round(2.5 * size)).tidy()
    assert sorted(entry.name[0] for entry in cache.folder.iterdir()) == ["a", "c"]
    replace(cache, most_bytes=0).tidy()
    assert list(cache.folder.iterdir()) == []


# ---- the key -------------------------------------------------------------------------------


def changed_parts() -> dict[str, object]:
    situation = base()
    comfort = situation.case.settings.comfort
    state = StateFile(None, Remark("daily.state_damaged"))
    return {
        "weather": TemperatureShift(shift_k=-1e-9).applied(situation),
        "case": with_settings(situation, "comfort", upper_c=comfort.upper_c + 0.5),
        "moment": replace(situation, now=situation.now + timedelta(minutes=1)),
        "state": replace(situation, state=state),
        "measured": replace(situation, measured=Measured(demand_factor=np.ones(3))),
        "notes": replace(situation, case_notes=(Remark("x.y"),)),
        "tried": replace(situation, weather=situation.weather.assign_attrs(attempts="[1]")),
    }


@pytest.mark.parametrize("part", changed_parts())
def test_another_question_has_another_key(part):
    """Else its answer would be that of the first one."""
    assert result_key("", changed_parts()[part]) != result_key("", base())


def test_the_same_question_has_the_same_key():
    """However many processes solve it, and whatever the case has worked out by now."""
    fresh = Case.model_construct(**dict(base().case))
    assert "plant_ids" not in vars(fresh)
    assert base().case.plant_ids
    other = replace(base(), case=with_processes(fresh, 7))
    assert result_key("", other) == result_key("", base())


def test_wishes_and_published_runs_are_part_of_the_key(tmp_path):
    asked = request(tmp_path)

    def key(request, *, with_cures=False):
        return surroundings_key(base(), request, with_cures=with_cures)

    first = key(asked)
    assert key(asked, with_cures=True) != first
    assert key(replace(asked, paths=99)) != first
    assert key(replace(asked, risk=0.1)) != first
    (asked.runs_folder / base().case.settings.id / "2026-01-14T0530+0800").mkdir(parents=True)
    assert key(asked) != first


def test_telemetry_is_part_of_the_key(tmp_path):
    folder = tmp_path / "case"
    (folder / "telemetry").mkdir(parents=True)
    asked = replace(request(tmp_path), case_folder=folder)
    empty = surroundings_key(base(), asked, with_cures=False)
    (folder / "telemetry" / "a.csv").write_text("time,id,point,value\n")
    assert surroundings_key(base(), asked, with_cures=False) != empty


DIFFERENT = (
    0,
    0.0,
    -0.0,
    False,
    "",
    "0",
    None,
    (),
    ("",),
    (("",),),
    ("a", "b"),
    ("ab",),
    {"a": "b"},
    {"a": 1},
    {"a": 1.0},
    date(2026, 1, 1),
    datetime(2026, 1, 1, tzinfo=UTC),
    np.zeros(2),
    np.zeros((2, 1)),
    np.zeros(2, dtype=np.float32),
    np.array(["a", "b"]),
    xr.Dataset({"a": ("x", [1.0])}),
    xr.Dataset({"a": ("y", [1.0])}),
    xr.Dataset({"a": ("x", [1.0])}, attrs={"b": 1}),
    Remark("a"),
    Remark("a", {"b": 1}),
    frozenset({"a", "b"}),
)


def test_no_two_values_share_a_fingerprint():
    assert len({fingerprint(value) for value in DIFFERENT}) == len(DIFFERENT)
    assert fingerprint("a", "b") != fingerprint("ab")


def test_what_has_no_known_content_has_no_fingerprint():
    with pytest.raises(TypeError, match="object"):
        fingerprint({"a": [object()]})


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0)),
)


@given(
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner), st.tuples(inner, inner), st.dictionaries(st.text(), inner)
        ),
        max_leaves=8,
    )
)
def test_values_come_back_from_json_as_they_were(value):
    back = from_exact_json(to_exact_json(value))
    assert back == value
    assert type(back) is type(value)
    assert fingerprint(back) == fingerprint(value)  # 1 is not 1.0, nor -0.0 0.0


# ---- telemetry asked once ------------------------------------------------------------------


def measured() -> Measured:
    stations = len(base().case.stations)
    rooms = RoomReadings(
        np.arange(stations, dtype=float), np.ones(stations), np.ones(stations, dtype=bool)
    )
    factor = np.full(base().grid.weather_steps, 1.05)
    return Measured(rooms=rooms, demand_factor=factor, forecast="the base's")


def test_rooms_follow_their_stations_into_a_variant():
    """A station taken out would else shift the rooms of all after it by one."""
    rows = base().case.stations
    fewer = replace(base(), case=base().case.model_copy(update={"stations": rows[1:]}))
    new = rows[0].model_copy(update={"station_id": "NEW"})
    more = replace(base(), case=base().case.model_copy(update={"stations": (new, *rows)}))
    assert with_measured(fewer, base(), measured()).measured.rooms.room_c[0] == 1.0
    rooms = with_measured(more, base(), measured()).measured.rooms
    assert np.isnan(rooms.room_c[0])
    assert not rooms.from_rooms[0]
    assert rooms.room_c[1] == 0.0


def test_a_load_forecast_in_other_weather_is_not_taken_over():
    same = with_measured(base(), base(), measured()).measured
    assert same.forecast == "the base's"
    colder = with_measured(TemperatureShift(shift_k=-5).applied(base()), base(), measured())
    assert colder.measured.forecast is None
    assert (colder.measured.demand_factor == same.demand_factor).all()


def test_a_variant_with_measurements_of_its_own_keeps_them():
    own = replace(base(), measured=Measured())
    assert with_measured(own, base(), measured()) is own
