"""From plan to plan the mains hold what they held: when, how much, and where the load turns."""

import json

import numpy as np
import pytest
from drawn_examples import examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    faults_of,
    hours_after,
    inputs_for,
    last_plan,
    main,
    published,
    ramp,
    tiny_case,
    wave,
    with_settings,
)

from dispatch.audit import audit
from dispatch.audit_rules.rule import Rule
from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import LastPlan, read_state, state_of

STEPS_MIN = pytest.mark.parametrize("step_min", [60, 15])


def slow_main(**changes):
    """4 h at 40 % of flow, 2.3 at 70 and 1.6 at full flow, and 0.3 MW of loss."""
    values = {"delay_h_at_40pct_flow": 4, "delay_h_at_70pct_flow": 2.3}
    full = {"delay_h_at_100pct_flow": 1.6}
    return main(loss_mw=0.3).model_copy(update=values | full | changes)


def town(step_min=60):
    case = tiny_case(mains=[slow_main()])
    times = {"step_min": step_min, "horizon_h": 36, "setpoint_hold_h": 1, "look_ahead_h": 24}
    return with_settings(case, "time", **times)


def two_plans(step_min, tmp_path):
    """A front is forecast, 10 K in 12 h. At the seam, hour 12, the new plan knows that it came two
    days ago and turns into a thaw: what leaves then takes 3.1 h by the first plan, and by the
    second's load would take 2.2. Returns both schedules and the steps before the seam.
    """
    case = town(step_min)
    first = published(inputs_for(case, ramp(4.0, -6.0, 4.0, 16.0)))
    start = hours_after(START, 12)
    last = last_plan(first, case, start, tmp_path)
    second = published(inputs_for(case, ramp(-3.0, 9.0, 0.0, 8.0), start=start, last=last), last)
    return first, second, round(12 / (step_min / 60))


def energy(schedule, name, steps=slice(None)):
    return float(schedule[name].values[0, steps].sum()) * float(schedule.attrs["step_h"])


@STEPS_MIN
def test_two_plans_send_what_arrives_and_what_stays(step_min, tmp_path):
    """Σ sent by the first until the seam and by the second = Σ arrived + Δ content, to 1e-9."""
    first, second, seam = two_plans(step_min, tmp_path)
    before = float(first["link_arrival_stored"].sum())
    held = float(second["link_arrival_stored"].sum())
    sent = energy(first, "link_sent", slice(0, seam))
    arrived = energy(first, "link_arrival", slice(0, seam))
    assert before + sent - arrived == pytest.approx(held, abs=1e-9)
    # the part of the second plan: what is in the main at its end comes out after it
    steps = second.sizes["time"]
    left = energy(second, "link_arrival", slice(steps, None))
    reach_h = second["link_delay"].values[0, -1]
    last_rate = second["link_arrival"].values[0, -1]
    tail_h = (second.sizes["arrival_time"] - steps) * float(second.attrs["step_h"])
    content = left - last_rate * (tail_h - reach_h)
    into = held + energy(second, "link_sent")
    assert into == pytest.approx(energy(second, "link_arrival", slice(0, steps)) + content)
    assert faults_of(first) == [] and faults_of(second) == []


@STEPS_MIN
def test_heat_on_its_way_arrives_as_the_last_plan_said(step_min, tmp_path):
    """Step by step the same MWh. By the delay of the new load alone it would come an hour early,
    and what leaves now would overtake what left before.
    """
    first, second, seam = two_plans(step_min, tmp_path)
    step_h = float(first.attrs["step_h"])
    delay_h = first["link_delay"].values[0, seam]
    assert second["link_delay"].values[0, 0] == pytest.approx(delay_h, abs=1e-9)
    whole = int(delay_h / step_h)
    said = first["link_arrival"].values[0, seam : seam + whole] * step_h
    assert second["link_arrival_stored"].values[0, :whole] == pytest.approx(said, abs=1e-9)
    assert np.ptp(said) > 0.01  # the front is in it
    natural = inputs_for(town(step_min), ramp(-3.0, 9.0, 0.0, 8.0), start=hours_after(START, 12))
    assert natural.links[0].pipe.delay_h[0] < delay_h - 0.9


def test_a_finer_plan_goes_on_from_a_coarser_one(tmp_path):
    """Hourly before, quarters after: each hour's heat comes in four equal parts."""
    first = published(inputs_for(town(), ramp(4.0, -6.0, 4.0, 16.0)))
    start = hours_after(START, 12)
    last = last_plan(first, town(), start, tmp_path)
    again = inputs_for(town(15), ramp(-3.0, 9.0, 0.0, 8.0), start=start, last=last)
    hour = first["link_arrival"].values[0, 12]
    assert again.links[0].pipe.stored_mwh[:4] == pytest.approx(np.full(4, hour / 4), abs=1e-9)
    held = last.link_content_mwh.values[0, 12]
    assert again.links[0].pipe.stored_mwh.sum() == pytest.approx(held, abs=1e-9)


def without_clock(state):
    """A state file as it was before mains had a clock."""
    for name in ("link_arrival_mwh", "link_content_mwh", "link_delay_h"):
        del state["tables"][name]
    del state["arrival_time"]
    return state


def old_state(schedule, case, start, folder) -> LastPlan:
    state = without_clock(state_of(schedule, case))
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    found = read_state(folder, start).last
    assert found is not None
    return found


def test_an_older_state_file_fills_the_main_with_what_was_sent(tmp_path):
    """12 h on, with the new load's delay of 4 h: what was sent in hours 8 to 11."""
    first = published(inputs_for(town(), ramp(4.0, -6.0, 4.0, 16.0)))
    start = hours_after(START, 12)
    last = old_state(first, town(), start, tmp_path)
    again = inputs_for(town(), constant(11.0), start=start, last=last)
    item = again.links[0].pipe
    assert item.delay_h[0] == pytest.approx(4.0)
    assert item.stored_mwh[:4] == pytest.approx(first["link_sent"].values[0, 8:12], abs=1e-5)


def test_a_main_that_is_new_starts_settled(tmp_path):
    """A second main was laid since the last plan: half of the town's heat for its 4 h."""
    first = published(inputs_for(town(), constant(11.0)))
    start = hours_after(START, 12)
    last = last_plan(first, town(), start, tmp_path)
    both = town().model_copy(update={"links": (slow_main(), slow_main(from_id="R"))})
    more = both.sources[0].model_copy(update={"source_id": "new", "plant_id": "R"})
    both = both.model_copy(update={"sources": (*both.sources, more)})
    new = inputs_for(both, constant(11.0), start=start, last=last).links[1]
    assert new.pipe.stored_mwh.sum() == pytest.approx(4.0 * 0.5 * (4.5 + 2 * new.loss_mw[0]))


def outage(from_h, to_h):
    window = {"from": hours_after(START, from_h), "to": hours_after(START, to_h)}
    rest = {"kind": OutageKind.LINK, "id": "P>town", "available_fraction": 0.0}
    return Outage.model_validate(window | rest)


@STEPS_MIN
@pytest.mark.parametrize("look_ahead_h", [0, 24])
def test_a_main_shut_over_the_end_of_the_horizon(step_min, look_ahead_h):
    """Out from 33 to 45 of 36 h, with water 3.4 h on its way: what arrives after the end left
    before the outage, and the audit follows it there. Spread over the look-ahead's whole block it
    would be too little of it.
    """
    case = town(step_min).model_copy(update={"outages": (outage(33, 45),)})
    case = with_settings(case, "time", look_ahead_h=look_ahead_h)
    schedule = published(inputs_for(case, constant(2.0)))
    balances = {Rule.PIPE_BALANCE, Rule.ZONE_BALANCE, Rule.NETWORK_BALANCE, Rule.CONTRACT}
    assert all(one.passed for one in audit(schedule).findings if one.rule in balances)
    steps = schedule.sizes["time"]
    assert schedule["link_sent"].values[0, -1] == pytest.approx(0.0, abs=1e-9)
    assert schedule["link_arrival"].values[0, steps - 1] > 1.0


def test_a_main_that_is_shut_from_the_first_hour_on(tmp_path):
    """8 MW were on their way out of a boiler that moves by 0.1 MW an hour: it falls at once."""
    slow = boiler(ramp_mw_per_h=0.1)
    case = tiny_case(slow, mains=[slow_main()], outages=(outage(-1, 5),))
    schedule = published(inputs_for(case, constant(4.0)))
    assert schedule["source_heat"].values[0, 0] == pytest.approx(0.0, abs=1e-9)
    assert faults_of(schedule) == []


@settings(
    max_examples=examples(6),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # two plans each: a failure took minutes to shrink
)
@given(
    level=st.floats(-8, 6),
    later=st.floats(-8, 10),
    hour=st.integers(1, 23),
    step_min=st.sampled_from([60, 30]),
)
def test_whatever_the_weather_turns_to_nothing_is_lost_at_the_seam(
    tmp_path_factory, level, later, hour, step_min
):
    """Content by the old plan's book and by the new plan's start, at any hour, to 1e-9."""
    case = with_settings(town(step_min), "time", horizon_h=24, look_ahead_h=0)
    first = published(inputs_for(case, wave(level, 5.0)))
    start, step_h = hours_after(START, hour), step_min / 60
    last = last_plan(first, case, start, tmp_path_factory.mktemp("state"))
    item = inputs_for(case, constant(later), start=start, last=last).links[0].pipe
    seam = round(hour / step_h)
    grown = first["link_sent"].values[0, :seam] - first["link_arrival"].values[0, :seam]
    held = float(first["link_arrival_stored"].sum()) + grown.sum() * step_h
    assert item.stored_mwh.sum() == pytest.approx(held, abs=1e-9)
    assert (np.diff(item.arrives_h) > 0).all()
