"""Questions about the past: who drifted from the plan in force, and what changed between plans."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import h5py
import numpy as np
import pytest

from dispatch.history.follow_up import degree_hours, follow_up
from dispatch.history.in_force import planned_hours
from dispatch.history.measured_day import day_span, measured_days
from dispatch.plan_reader import read_plan
from tests.daily_runs import CHINA, heat_dispatch_here
from tests.two_plans import AFTER, DAY, SPELL_K, TwoPlans, with_measured_day

MIDNIGHT = day_span(DAY, "Asia/Shanghai")[0]


# ---- the plan in force ---------------------------------------------------------------------


def issue_again(runs: Path, plan: Path, hour: int, *, order: bool = False) -> str:
    """Publish a copy of a plan as one of `hour` on 15 January that sends 1 MW more."""
    name = f"2026-01-15T{hour:02d}00+0800"
    folder = shutil.copytree(plan, runs / "small" / name)
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    issued = datetime(2026, 1, 15, hour, tzinfo=CHINA).isoformat()
    (folder / "summary.json").write_text(json.dumps({**summary, "issued_at": issued}))
    with h5py.File(folder / "plan.nc", "a") as held:
        held["source_heat"][...] = held["source_heat"][...] + 1.0
        if order:
            held.attrs["stage"] = "order"
    return name


def test_each_hour_is_of_the_newest_plan_before_it(two_plans: TwoPlans, runs: Path):
    """Made anew at 10 and at 14; the order of noon, and the plan of the evening, change nothing."""
    first = two_plans.first.folder
    ten, two = (issue_again(runs, first, hour) for hour in (10, 14))
    issue_again(runs, first, 12, order=True)
    planned = planned_hours(runs / "small", MIDNIGHT, 24)
    assert planned.runs == (*[first.name] * 10, *[ten] * 4, *[two] * 10)
    added = planned.heat_mw - two_plans.first.schedule["source_heat"].values[:, :24]
    assert added[0] == pytest.approx([0.0] * 10 + [1.0] * 14)


def test_a_run_that_cannot_be_read_is_passed_over_and_named(two_plans: TwoPlans, runs: Path):
    ten = issue_again(runs, two_plans.first.folder, 10)
    (runs / "small" / ten / "plan.nc").write_bytes(b"half")
    planned = planned_hours(runs / "small", MIDNIGHT, 24)
    assert set(planned.runs) == {two_plans.first.folder.name}
    assert planned.unreadable == (ten,)


def test_hours_before_the_first_plan_have_none(runs: Path):
    planned = planned_hours(runs / "small", MIDNIGHT - timedelta(hours=2), 4)
    assert planned.runs[:2] == ("", "")
    assert np.isnan(planned.heat_mw[:, :2]).all()
    assert np.isfinite(planned.heat_mw[:, 2:]).all()


# ---- follow-up -----------------------------------------------------------------------------


def test_a_follow_up_names_who_drifted_and_nobody_else(
    two_plans: TwoPlans, runs: Path, tmp_path: Path
):
    """3 K at N1, a fifth of boiler_1, 2 K of rooms at S1: no more, and by how much."""
    case_folder = with_measured_day(two_plans.case_folder, two_plans.first, tmp_path / "case")
    subject = two_plans.subject(runs, case_folder)
    (measured,) = measured_days(subject.case, case_folder, tmp_path / "store", DAY, DAY)
    looked = follow_up(subject.case, subject.runs, DAY, measured)
    assert looked.drifted == ("boiler_1", "N1.low", "S1.low")
    loops = {one.loop_id: one for one in looked.loops}
    assert loops["N1.low"].error_k == pytest.approx(3.0, abs=0.01)
    assert loops["N1.low"].within_share == 0.0
    assert loops["N2.floor"].error_k == pytest.approx(0.0, abs=0.01)
    assert loops["N2.floor"].within_share == 1.0
    assert looked.within_share == pytest.approx(4 / 5)  # of five loops of ours one is off
    apart = loops["S1.low"].measured_room_c - loops["S1.low"].planned_room_c
    assert apart == pytest.approx(-2.0, abs=0.01)
    boiler = next(one for one in looked.sources if one.source_id == "boiler_1")
    assert boiler.measured_mw == pytest.approx(0.8 * boiler.planned_mw, rel=1e-3)
    assert looked.outdoor_bias_k == pytest.approx(-1.0, abs=0.01)


def test_fuel_is_compared_in_the_weather_that_was_forecast(
    two_plans: TwoPlans, runs: Path, tmp_path: Path
):
    """It came 1 K colder for 24 h: 24 K·h more, and so much of heat's fuel is the weather's."""
    case_folder = with_measured_day(two_plans.case_folder, two_plans.first, tmp_path / "case")
    subject = two_plans.subject(runs, case_folder)
    (measured,) = measured_days(subject.case, case_folder, tmp_path / "store", DAY, DAY)
    fuel = follow_up(subject.case, subject.runs, DAY, measured).fuel
    first = two_plans.first.schedule
    burnt = first["source_fuel"].values[:, :24].sum(axis=1) * 3.6 / 29.3076
    assert fuel.planned_tce == pytest.approx(burnt.sum(), rel=1e-3)
    parts = [0.8 if name == "boiler_1" else 1.0 for name in first["source"].values]
    assert fuel.actual_tce == pytest.approx((burnt * parts).sum(), rel=1e-3)
    forecast = degree_hours(first["air_temperature"].values[:24])
    assert fuel.measured_degree_h == pytest.approx(forecast + 24.0, abs=0.1)
    for_heat = first["source_fuel_for_heat"].values[:, :24].sum() * 3.6 / 29.3076
    share = for_heat / burnt.sum()
    assert 0.4 < share < 0.9  # the CHP makes power too
    expected = fuel.actual_tce * (1.0 - share * 24.0 / (forecast + 24.0))
    assert fuel.normalised_tce == pytest.approx(expected, rel=1e-4)


def test_scales_are_believed_before_heat(two_plans: TwoPlans, runs: Path, tmp_path: Path):
    """100 t of 5 600 and 50 t of 7 000 kcal/kg are 80 and 50 tce."""
    case_folder = with_measured_day(two_plans.case_folder, two_plans.first, tmp_path / "case")
    (case_folder / "coal_daily.csv").write_text(
        "date,yard_id,burnt_t,received_t,net_calorific_kcal_per_kg\n"
        f"{DAY},yard_a,100,,5600\n{DAY},yard_b,50,,7000\n",
        encoding="utf-8",
    )
    subject = two_plans.subject(runs, case_folder)
    fuel = follow_up(subject.case, subject.runs, DAY, None).fuel
    assert np.isnan(fuel.actual_tce)  # nobody looked at the day's measurements
    (measured,) = measured_days(subject.case, case_folder, tmp_path / "store", DAY, DAY)
    fuel = follow_up(subject.case, subject.runs, DAY, measured).fuel
    assert fuel.by_scales
    assert fuel.actual_tce == pytest.approx(130.0)


def test_the_follow_up_is_told_in_words(two_plans: TwoPlans, runs: Path, tmp_path: Path):
    case_folder = with_measured_day(two_plans.case_folder, two_plans.first, tmp_path / "case")
    words = ("followup", str(case_folder), "--runs", str(runs), "--now", AFTER.isoformat())
    shown = heat_dispatch_here(*words)
    assert shown.returncode == 0
    assert "A plan was in force in all 24 hours" in shown.stdout
    assert "-1.0 K against the forecast" in shown.stdout
    assert "Sources, more than 5 % from their plan: boiler_1" in shown.stdout
    assert "tce in the weather that was forecast" in shown.stdout
    told = json.loads(heat_dispatch_here(*words, "--json").stdout)
    assert told["drifted"] == ["boiler_1", "N1.low", "S1.low"]


def test_where_nothing_is_measured_that_is_said(two_plans: TwoPlans, runs: Path):
    words = (str(two_plans.case_folder), "--runs", str(runs), "--now", AFTER.isoformat())
    shown = heat_dispatch_here("followup", *words)
    assert shown.returncode == 0
    assert "the case has no telemetry folder" in shown.stdout
    assert "tce planned" in shown.stdout
    ended = [
        heat_dispatch_here("followup", *words, "--day", day).returncode
        for day in ("2026-01-16", "yesterday")
    ]
    assert ended == [2, 2]  # not over yet, and no day


def test_days_begin_at_local_midnight():
    """16:00 UTC in China; 23 hours where clocks go forward, 25 where they go back."""
    assert datetime(2026, 1, 14, 16, tzinfo=UTC) == MIDNIGHT
    lengths = [
        (end - start).total_seconds() / 3600.0
        for start, end in (
            day_span(datetime(2026, 3, 29).date(), "Europe/Berlin"),  # noqa: DTZ001
            day_span(datetime(2026, 10, 25).date(), "Europe/Berlin"),  # noqa: DTZ001
        )
    ]
    assert lengths == [23.0, 25.0]


# ---- difference ----------------------------------------------------------------------------


def test_diff_says_the_cold_spell_and_the_outage(two_plans: TwoPlans, runs: Path):
    """4 K colder all along; one of two boilers is out from 8 in the morning on."""
    names = (two_plans.first.folder.name, two_plans.second.folder.name)
    words = ("--case", str(two_plans.case_folder), "--runs", str(runs))
    shown = heat_dispatch_here("diff", *names, *words)
    assert shown.returncode == 0
    assert f"The forecast is {-SPELL_K:.1f} K colder on average" in shown.stdout
    assert (
        "Source boiler_1 can give less from 2026-01-16 08:00 to the end of the compared hours:"
        " 14.0 MW at most instead of 28.0 MW." in shown.stdout
    )
    assert "Demand rises by" in shown.stdout
    assert "Changed in the case: case.toml, outages.csv" in shown.stdout
    assert "Fuel: " in shown.stdout
    folders = [str(runs / "small" / name) for name in names]
    again = heat_dispatch_here("diff", *folders)
    assert again.stdout == shown.stdout
    issue_again(runs, two_plans.first.folder, 12, order=True)  # is nobody's previous plan
    named = heat_dispatch_here("diff", "previous", "latest", *words)
    assert named.stdout == shown.stdout


def test_diff_figures_are_those_of_the_plans(two_plans: TwoPlans):
    folders = [str(run.folder) for run in (two_plans.first, two_plans.second)]
    told = json.loads(heat_dispatch_here("diff", *folders, "--json").stdout)["difference"]
    first, second = two_plans.first.schedule, two_plans.second.schedule
    assert told["common_h"] == 24.0  # the second plan is of one day, all of it in the first
    later = first.isel(time=slice(24, 48))
    assert told["outdoors"]["mean_k"] == pytest.approx(SPELL_K, abs=0.01)
    assert len(told["outdoors"]["hours"]) == 24
    for moved in told["sources"]:
        means = [
            float(one["source_heat"].sel(source=moved["name"]).mean()) for one in (later, second)
        ]
        assert [moved["before"], moved["after"]] == pytest.approx(means)
    fuel = [float(one["source_fuel"].sum()) * 3.6 / 29.3076 for one in (later, second)]
    assert [told["fuel"]["before"], told["fuel"]["after"]] == pytest.approx(fuel, rel=1e-4)


def test_diff_backwards_says_warmer_and_more(two_plans: TwoPlans):
    folders = [str(run.folder) for run in (two_plans.second, two_plans.first)]
    shown = heat_dispatch_here("diff", *folders).stdout
    assert f"The forecast is {-SPELL_K:.1f} K warmer on average" in shown
    assert "Source boiler_1 can give more from 2026-01-16 08:00" in shown


def test_diff_of_a_plan_with_itself_says_that_nothing_changed(two_plans: TwoPlans):
    shown = heat_dispatch_here("diff", *[str(two_plans.first.folder)] * 2).stdout
    assert "Forecast, demand, sources, pins, files and settings are the same" in shown
    assert "Fuel: the same" in shown
    assert "Setpoints of stations stay" in shown


def test_diff_tells_pins_and_prices(two_plans: TwoPlans, tmp_path: Path):
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        shutil.copytree(two_plans.first.folder, folder)
    summary = json.loads((folders[1] / "summary.json").read_text("utf-8"))
    pin = {"id": "p1", "thing": "boiler_1", "what": "heat", "value": 9, "unit": "MW"}
    pin |= {"by": "Li", "reason": "grate"}
    (folders[1] / "summary.json").write_text(json.dumps({**summary, "pins": [pin]}))
    with h5py.File(folders[1] / "plan.nc", "a") as held:
        held.attrs["price_below_legal_yuan_per_k_h"] = np.array([900.0])
        held["source_power_min"][...] = np.where(held["source_power_min"][...] > 0, 17.0, 0.0)
        held["source_fuel_price"][...] = held["source_fuel_price"][...] * 2.0
    shown = heat_dispatch_here("diff", *map(str, folders)).stdout
    assert "New pin on boiler_1: heat 9 MW (Li: grate)." in shown
    assert "price_below_legal_yuan_per_k_h: 500 before, 900 now." in shown
    assert "Fuel of source chp_1 costs " in shown
    assert "Source chp_1 must make 17.0 MW of power instead of " in shown
    back = heat_dispatch_here("diff", *map(str, reversed(folders))).stdout
    assert "Pin on boiler_1 is gone: heat 9 MW." in back


def test_diff_of_no_run_is_bad_input(two_plans: TwoPlans, tmp_path: Path):
    damaged = shutil.copytree(two_plans.first.folder, tmp_path / "damaged")
    (damaged / "plan.nc").write_bytes(b"half a plan")
    for other in (str(tmp_path), str(damaged), "nowhere"):
        ended = heat_dispatch_here("diff", str(two_plans.first.folder), other)
        assert ended.returncode == 2
        assert "is not a run that can be read" in ended.stderr


def test_some_variables_are_read_as_all_are(two_plans: TwoPlans):
    path = two_plans.first.folder / "plan.nc"
    some, whole = read_plan(path, {"time", "source", "source_heat", "no_such"}), read_plan(path)
    assert list(some.variables) == ["time", "source", "source_heat"]
    assert some["source_heat"].identical(whole["source_heat"].reset_coords(drop=True))
