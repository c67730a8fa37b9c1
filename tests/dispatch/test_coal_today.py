"""The outlook begins with the plan that the dispatcher works by, unless the case was edited."""

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from dispatch.case_files import read_case
from dispatch.coal_today import NothingAhead, outlook_now, season_need_of
from dispatch.fuel.outlook_request import OutlookRequest
from dispatch.fuel.season_dates import season_dates
from dispatch.plan_netcdf import to_netcdf
from dispatch.plan_reader import read_plan
from dispatch.published_plan import plan_of_case
from dispatch.run_archive import sha256
from forecasts.demand.calendar import Season
from scenarios.coal_json import outlook_json
from scenarios.coal_screen import head_facts
from tests.daily_runs import CHINA, EVENING, FEW_PATHS, PublishedRun
from tests.small_case import cell, text


@pytest.fixture
def request_of(small_green: PublishedRun, tmp_path):
    """Ask for the small town's outlook on the morning after its plan, of a copy of its case."""
    base = small_green.folder.parents[2]
    folder = shutil.copytree(base / f"case_{EVENING:%d%H%M}", tmp_path / "town")

    def ask(*edits, later_h=8):
        for edit in edits:
            edit(folder)
        case = read_case(folder).case
        now = EVENING + timedelta(hours=later_h)
        runs, store = base / "runs", base / "store"
        return OutlookRequest(folder, case, now, 0.02, FEW_PATHS, runs, store)

    return ask


def test_the_published_table_begins_with_the_plan_and_ends_with_the_season(small_green):
    """Tonnes of the plan's days are the plan's own, at the pile's heating value."""
    table = small_green.table("fuel_outlook.csv")
    schedule = small_green.schedule
    local = pd.DatetimeIndex(schedule["time"].values, tz="UTC").tz_convert(CHINA)
    for yard, rows in table.groupby("yard_id"):
        assert rows["date"].tolist()[-1] == "2026-03-15"
        assert len(rows) == (date(2026, 3, 15) - date(2026, 1, 15)).days + 1
        plan = rows[rows["range"] == "plan"]
        assert len(plan) == 2
        assert rows["range"].tolist()[2] == "forecast"
        assert rows["range"].tolist()[-1] == "climate"
        drawn = schedule["yard_burn"].sel(yard=yard).values
        for day, row in zip(np.unique(local.date), plan.itertuples(), strict=True):
            burnt_t = drawn[local.date == day].sum()
            assert row.burn_t_p10 <= burnt_t * 1.01
            assert row.burn_t_p90 >= burnt_t * 0.99
            assert row.burn_t_p50 == pytest.approx(burnt_t, rel=0.05)


def test_burn_goes_on_from_the_plan_without_a_jump(small_green):
    """From the plan's last day to the next the median burn moves no more than between others."""
    for _, rows in small_green.table("fuel_outlook.csv").groupby("yard_id"):
        steps = rows["burn_t_p50"].diff().abs().to_numpy()[1:14]
        assert steps[1] <= max(2.0 * np.delete(steps, 1).max(), 0.05 * rows["burn_t_p50"].iloc[2])


def test_the_outlook_goes_by_the_published_plan(request_of, small_green):
    """In the morning the plan of the evening still holds: the outlook has its end."""
    said = []
    found = outlook_now(request_of(), said.append)
    last = pd.Timestamp(small_green.schedule["time"].values[-1], tz="UTC") + pd.Timedelta(hours=1)
    assert found.plan_until == last.to_pydatetime()
    assert len(said) == 3  # case, weather, coal: no demand is worked out and nothing solved
    assert found.ahead.hours[0] == 16.0
    assert found.consumption is not None


def test_an_edited_case_is_planned_anew(request_of):
    """Another stock in yards.csv: the published plan does not know it, so one is made."""
    short = text("case.toml", "horizon_h = 48", "horizon_h = 24")
    asked = request_of(cell("yards.csv", 2, "stock_t", "5000"), short)
    found = outlook_now(asked, lambda _: None)
    assert found.yards[0].now.stock_t == 5_000.0
    assert found.plan_until == asked.now.replace(minute=0, second=0) + timedelta(hours=25)


def test_an_old_plan_is_not_gone_by(request_of, small_green):
    """Of 48 h less than a day is left after 25: a plan is made that begins now."""
    asked = request_of(later_h=26)
    found = outlook_now(asked, lambda _: None)
    assert found.plan_until is not None
    assert found.plan_until > pd.Timestamp(small_green.schedule["time"].values[-1], tz="UTC")


def test_outside_the_season_the_outlook_says_that_it_is_of_another_day(request_of):
    """In July it is that of a plan to train with; unsaid, January's orders look like advice."""
    asked = replace(request_of(), now=EVENING.replace(year=2025, month=7))
    found = outlook_now(asked, lambda _: None)
    assert found.ahead.dates[0] == date(2026, 1, 16)
    assert [remark.key for remark in found.remarks] == ["daily.off_season"]
    assert json.loads(outlook_json(asked, found))["remarks"][0]["text"].startswith("2025-07-14")
    (told,) = [fact for fact in head_facts(asked.case.settings, found) if fact.label == "To know"]
    assert "outside the heating season" in told.lines[0]


def _flipped(run):
    """One byte of the compressed numbers, as a bad disk would have it."""
    body = bytearray((run / "plan.nc").read_bytes())
    body[len(body) // 2] ^= 0xFF
    (run / "plan.nc").write_bytes(bytes(body))


def _without(name):
    """A plan of another version, whole and with a manifest of its own."""

    def write(run):
        schedule = read_plan(run / "plan.nc")
        body = to_netcdf(schedule.drop_vars(name))
        (run / "plan.nc").write_bytes(body)
        content = json.loads((run / "manifest.json").read_text("utf-8"))
        content["outputs"]["plan.nc"] = sha256(body)
        (run / "manifest.json").write_text(json.dumps(content), "utf-8")

    return write


def _manifest(text_of_it):
    return lambda run: (run / "manifest.json").write_text(text_of_it, "utf-8")


@pytest.fixture(scope="module")
def sound(small_green, tmp_path_factory):
    """A copy of the run that is a plan, else nothing is shown by none."""
    run = shutil.copytree(small_green.folder, tmp_path_factory.mktemp("sound") / "run")
    assert plan_of_case(run, small_green.folder.parents[2] / f"case_{EVENING:%d%H%M}") is not None
    return run


@pytest.mark.parametrize(
    "damage",
    [
        _flipped,
        _without("source_fuel_for_heat"),
        _without("time"),
        lambda run: (run / "plan.nc").write_bytes(b""),
        lambda run: (run / "plan.nc").unlink(),
        _manifest('{"inputs": [1], "outputs": 3}'),
        _manifest("[]"),
        _manifest('{"inp'),
    ],
)
def test_a_run_that_is_damaged_or_of_another_version_is_no_plan(
    damage, small_green, sound, tmp_path
):
    """A plan is made anew then; without the hash a flipped byte is a figure or a traceback."""
    case = small_green.folder.parents[2] / f"case_{EVENING:%d%H%M}"
    run = shutil.copytree(sound, tmp_path / "run")
    damage(run)
    assert plan_of_case(run, case) is None


def test_on_the_seasons_last_evening_nothing_is_ahead(request_of):
    """The plan of 15 March 23:40 begins on the 16th: the command says so, no winter is drawn."""
    asked = request_of()
    late = replace(asked, now=EVENING.replace(month=3, day=15))
    with pytest.raises(NothingAhead):
        outlook_now(late, lambda _: None)


def test_the_need_of_next_season(request_of):
    """Two yards, 121 days: as much as is burnt, more in a cold season, and nothing before it."""
    asked = replace(request_of(), now=EVENING.replace(month=9))
    season = season_dates("2026-27", Season.parse("11-15", "03-15"), date(2026, 9, 14))
    need = season_need_of(asked, season)
    assert [one.yard.yard_id for one in need.yards] == ["yard_a", "yard_b"]
    for one in need.yards:
        assert one.needed_t_p50 < one.needed_t_p90
        assert one.on_hand_t == pytest.approx(one.yard.stock_t - one.yard.unusable_t, rel=0.03)
    # The CHP on schedule burns about 55 MW of fuel whatever the weather: 121 days of 227 t.
    assert need.yards[0].needed_t_p50 == pytest.approx(121 * 24 * 53 / 5.815, rel=0.1)


def test_what_is_left_of_this_season_is_burnt_before_the_next(request_of):
    """Asked on 5 March, eleven days of the CHP come first: else their coal would count twice."""
    asked = replace(request_of(), now=EVENING.replace(month=3, day=5))
    season = season_dates("2026-27", Season.parse("11-15", "03-15"), date(2026, 3, 5))
    chp = season_need_of(asked, season).yards[0]
    lies_t = chp.yard.stock_t - chp.yard.unusable_t
    assert lies_t - chp.on_hand_t == pytest.approx(11 * 24 * 53 / 5.815, rel=0.15)
