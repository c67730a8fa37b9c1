"""Tanks by hand: what is worth storing, what is lost, what is left. The load is given."""

import json
from dataclasses import replace

import numpy as np
import pytest
from drawn_examples import examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from plan_inputs_maker import (
    START,
    TCE_YUAN_PER_MWH,
    boiler,
    constant,
    faults_of,
    hours_after,
    inputs_for,
    last_plan,
    main,
    published,
    serving,
    tank,
    tiny_case,
    tiny_settings,
    values,
    wave,
)

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind
from dispatch.initial_state import read_state
from dispatch.settings import ShareGroup, Time
from dispatch.storage_inputs import step_factors

CHEAP = boiler("cheap", max_output_mw=10)  # burns 1.25 MW a MW
PEAK = [6.0] * 6 + [14.0] * 2 + [8.0] * 16  # night, morning peak, day: 192 MWh


def holding(inputs, mwh, source=-1):
    """The inputs with a tank that holds this much at the start."""
    units = list(inputs.sources)
    units[source] = replace(units[source], tank=replace(units[source].tank, stored_before_mwh=mwh))
    return replace(inputs, sources=tuple(units))


def town(*sources, start_mwh=0.0, outages=(), **changes):
    """The town at 4 °C (8 MW before the start) with the tank last among its sources."""
    case = tiny_case(*sources, outages=outages, settings=tiny_settings(**changes))
    return holding(inputs_for(case, constant(4.0)), start_mwh)


def heat(model, source):
    return values(model.source[source].heat_to_network)


def stored(model, source):
    return values(model.source[source].stored)


def fuel_mwh(model, inputs):
    return sum(
        float(values(model.source[i].fuel_use) @ inputs.grid.step_lengths_h)
        for i in range(len(inputs.sources))
    )


def outage(from_h, to_h, fraction):
    window = {"from": hours_after(START, from_h), "to": hours_after(START, to_h)}
    values = {"kind": OutageKind.SOURCE, "id": "tank", "available_fraction": fraction}
    return Outage.model_validate(values | window)


# ---- what is worth storing -----------------------------------------------------------------


def test_a_tank_carries_night_heat_to_the_morning_peak():
    """The cheap boiler gives 10 MW, the peak asks 14 for two hours. 8 MWh stored by night spare
    the boiler of 0.5: all 192 MWh burn 1.25 = 240 MWh. Without the tank 184·1.25 + 8·2 = 246.
    """
    dear = boiler("dear", efficiency=0.5)
    inputs = town(CHEAP, dear, tank())
    model = serving(inputs, PEAK)
    assert fuel_mwh(model, inputs) == pytest.approx(240.0)
    assert heat(model, 1) == pytest.approx(np.zeros(24), abs=1e-6)
    assert stored(model, 2)[5] - stored(model, 2)[7] == pytest.approx(8.0)
    assert heat(model, 2)[6:8] == pytest.approx([4.0, 4.0])
    without = inputs_for(tiny_case(CHEAP, dear), constant(4.0))
    assert fuel_mwh(serving(without, PEAK), without) == pytest.approx(246.0)


# Only the first four hours leave the cheap boiler room, six hours before the peak.
LATE_PEAK = [6.0] * 4 + [10.0] * 6 + [14.0] * 2 + [8.0] * 12


@pytest.mark.parametrize(("loss", "spared"), [(0.0, True), (0.02, False)])
def test_what_is_lost_on_the_way_must_be_less_than_what_is_spared(loss, spared):
    """The dear boiler burns 1.333 to 1.25: 6.7 % more. At 2 %/h six hours cost 11 %: not worth
    it. With the loss forgotten, or reckoned per step and not per hour, the tank would be used.
    """
    inputs = town(CHEAP, boiler("dear", efficiency=0.75), tank(loss_per_h=loss))
    model = serving(inputs, LATE_PEAK)
    assert heat(model, 1)[10:12].sum() == pytest.approx(0.0 if spared else 8.0, abs=1e-6)
    assert heat(model, 2)[10:12].sum() == pytest.approx(8.0 if spared else 0.0, abs=1e-6)


def test_power_in_and_out_and_what_fits_are_limits():
    """2 MW in for six hours are 12 MWh, of which 5 fit; 3 MW out. The boiler of 10 MW gives 10
    and the dear one the rest: 14 − 10 − 2.5 in both hours of the peak, for 5 MWh in all.
    """
    small = tank(energy_mwh=5, charge_mw=2, discharge_mw=3)
    model = serving(town(CHEAP, boiler("dear", efficiency=0.5), small), PEAK)
    assert heat(model, 2).min() >= -2.0 - 1e-9
    assert stored(model, 2).max() == pytest.approx(5.0)
    assert heat(model, 2)[6:8].sum() == pytest.approx(5.0)
    assert heat(model, 1)[6:8].sum() == pytest.approx(3.0)


def test_the_balance_of_a_plant_counts_what_its_tank_takes():
    """By night the boiler makes 6 MW and what is stored; the plant sends 6."""
    inputs = town(CHEAP, boiler("dear", efficiency=0.5), tank())
    model = serving(inputs, PEAK)
    sent = values(model.balance.plant_heat)
    assert sent == pytest.approx(heat(model, 0) + heat(model, 1) + heat(model, 2))
    assert sent == pytest.approx(PEAK)


def test_a_share_counts_what_the_plant_sends():
    """A sends 6 of 10, its boiler reaches 4: the tank's 2 MW keep 6:4 all day without a price.
    Reckoned on what sources make, A would be at 4 of 8 and pay for it.
    """
    share = {"town": ShareGroup(shares={"A": 0.6, "B": 0.4}, band=0.0)}
    units = (boiler("a", "A", max_output_mw=4), boiler("b", "B"), tank(plant_id="A", energy_mwh=60))
    case = tiny_case(
        *units,
        mains=(main("A"), main("B")),
        settings=tiny_settings(share=share),
    )
    inputs = holding(inputs_for(case, constant(4.0)), 48.0)
    model = serving(inputs, 10.0)
    assert heat(model, 2) == pytest.approx(np.full(24, 2.0))
    assert float(model.cost_terms["share"].expr()) == pytest.approx(0.0, abs=1e-6)


# ---- ends and seams ------------------------------------------------------------------------


def test_the_end_value_keeps_what_is_stored():
    """One boiler, the same load all day: nothing to gain. 20 MWh stay, and the loss with them."""
    model = serving(town(CHEAP, tank(loss_per_h=0.00008), start_mwh=20.0), 8.0)
    assert stored(model, 1)[-1] == pytest.approx(20.0, abs=0.05)
    drawn = -20.0 * TCE_YUAN_PER_MWH * 1.25
    assert float(model.cost_terms["end_value_tanks"].expr()) == pytest.approx(drawn, rel=3e-3)


def test_without_an_end_value_the_tank_is_emptied():
    """Heat left at the end is worth nothing then: 20 MWh of the 192 come from the tank."""
    inputs = replace(town(CHEAP, tank(), start_mwh=20.0), heat_value_yuan_per_mwh=0.0)
    model = serving(inputs, 8.0)
    assert stored(model, 1)[-1] == pytest.approx(0.0, abs=1e-6)
    assert fuel_mwh(model, inputs) == pytest.approx(172 * 1.25)


def test_a_tank_nobody_has_told_of_starts_half_full_and_says_so():
    inputs = inputs_for(tiny_case(CHEAP, tank()), constant(4.0))
    assert inputs.sources[1].tank.stored_before_mwh == 20.0
    assert [remark.key for remark in inputs.remarks] == ["daily.tank_assumed"]
    assert "20.0 of 40.0 MWh" in inputs.remarks[0].text


@pytest.mark.parametrize("hours", [1, 6])
def test_the_content_goes_on_at_the_seam(tmp_path, hours):
    """The next plan starts with what the last one says is stored then, not half full again."""
    case = tiny_case(boiler(), boiler("dear", efficiency=0.5), tank(loss_per_h=0.001))
    first = published(inputs_for(case, wave(-5.0, 8.0)))
    start = hours_after(START, hours)
    last = last_plan(first, case, start, tmp_path)
    inputs = inputs_for(case, wave(-5.0, 8.0), start=start, last=last)
    found = inputs.sources[2].tank
    assert found.stored_before_mwh == pytest.approx(
        first["source_stored"].values[2, hours - 1], abs=1e-5
    )
    assert not found.is_assumed
    assert inputs.remarks == ()
    assert inputs.sources[2].heat_before_mw == pytest.approx(
        first["source_heat"].values[2, hours - 1], abs=1e-5
    )


def test_a_state_file_without_tanks_is_still_read(tmp_path):
    """State files of the release before know no tank: its content is unknown, no more."""
    case = tiny_case(CHEAP, tank())
    last_plan(published(inputs_for(case, constant(4.0))), case, hours_after(START, 6), tmp_path)
    content = json.loads((tmp_path / "state.json").read_text("utf-8"))
    for name in ("source_stored_mwh", "source_order_mw"):
        del content["tables"][name]
    (tmp_path / "state.json").write_text(json.dumps(content), "utf-8")
    start = hours_after(START, 6)
    last = read_state(tmp_path, start).last
    found = inputs_for(case, constant(4.0), start=start, last=last).sources[1].tank
    assert (found.is_assumed, found.stored_before_mwh) == (True, 20.0)


# ---- loss, step length, ramp, outages ------------------------------------------------------


def test_a_tank_left_alone_cools_by_its_loss():
    """Half the content is lost at 1 %/h after 69 h; after ten, 100·0.99¹⁰ = 90.44 is left."""
    keep, gain = step_factors(0.01, np.array([10.0, 1.0, 0.25]))
    assert 100 * keep[0] == pytest.approx(90.438, abs=1e-3)
    # 10 MW for an hour into an empty tank: 10·(1 − 0.99)/0.010050 = 9.950 MWh are left of 10.
    assert 10 * gain[1] == pytest.approx(9.950, abs=1e-3)


@pytest.mark.parametrize("loss", [0.0, 1e-12, 0.00008, 0.02])
def test_four_quarters_are_an_hour(loss):
    """Same flow, same content, whatever the step: with the flow reckoned at the step's end, a tank
    at 2 %/h would hold 1 % more by hours than by quarters.
    """
    (keep_h, keep_q), (gain_h, gain_q) = step_factors(loss, np.array([1.0, 0.25]))
    content = 30.0
    for _ in range(4):
        content = keep_q * content + gain_q * 5.0
    assert content == pytest.approx(keep_h * 30.0 + gain_h * 5.0, rel=1e-12)


@pytest.mark.parametrize("step_min", [60, 30, 15])
def test_the_plan_is_the_same_at_any_step(step_min):
    """At 2 %/h nothing is worth keeping: the tank gives its 8 MW at once. Of 20 MWh are left
    20·0.98² − 8·(1 − 0.98²)/0.020203 = 3.527 after two hours, at every step length.
    """
    time = Time(horizon_h=24, step_min=step_min, setpoint_hold_h=1, look_ahead_h=0)
    inputs = town(CHEAP, tank(loss_per_h=0.02), start_mwh=20.0, time=time)
    model = serving(inputs, [14.0] * 2 + [10.0] * 22)
    rate = -np.log(0.98)
    expected = 20 * 0.98**2 - 8 * (1 - 0.98**2) / rate
    assert stored(model, 1)[2 * 60 // step_min - 1] == pytest.approx(expected, rel=1e-6)


def test_the_ramp_holds_the_flow():
    """At 2 MW/h a tank at rest gives at most 2, 4, 6, 8 MW in the first hours of a shortage."""
    model = serving(town(CHEAP, tank(ramp_mw_per_h=2), start_mwh=40.0), [30.0] * 4 + [8.0] * 20)
    assert heat(model, 1)[:4] == pytest.approx([2, 4, 6, 8])
    assert np.abs(np.diff(heat(model, 1))).max() <= 2.0 + 1e-9


@pytest.mark.parametrize(("before_mw", "content"), [(8.0, 0.0), (-8.0, 40.0)])
def test_a_tank_can_always_be_stopped_at_the_seam(before_mw, content):
    """Empty while giving 8 MW, or full while taking 8: with 1 MW/h alone there would be no plan."""
    inputs = town(CHEAP, tank(ramp_mw_per_h=1), start_mwh=content)
    unit = replace(inputs.sources[1], heat_before_mw=before_mw)
    model = serving(replace(inputs, sources=(inputs.sources[0], unit)), 8.0)
    assert heat(model, 1)[0] == pytest.approx(0.0, abs=1e-6)


def test_a_tank_that_is_out_keeps_its_content():
    """Out until 6 o'clock, at 1 %/h: 20·0.99⁶ = 18.83 MWh are still there, then they serve."""
    out = outage(0, 6, 0.0)
    model = serving(town(CHEAP, tank(loss_per_h=0.01), start_mwh=20.0, outages=(out,)), 12.0)
    assert heat(model, 1)[:6] == pytest.approx(np.zeros(6), abs=1e-9)
    assert stored(model, 1)[5] == pytest.approx(20 * 0.99**6)
    assert heat(model, 1)[6] == pytest.approx(2.0)


def test_half_of_a_tank_moves_half_its_power():
    """Half available in hours 2 and 3: 4 of 8 MW either way, at once despite a slow ramp."""
    slow = tank(ramp_mw_per_h=8)
    inputs = town(CHEAP, slow, start_mwh=40.0, outages=(outage(2, 4, 0.5),))
    model = serving(inputs, [30.0] * 5 + [8.0] * 19)
    assert heat(model, 1)[:5] == pytest.approx([8, 8, 4, 4, 8])
    assert inputs.sources[1].min_heat_mw[2] == -4.0


# ---- any tank ------------------------------------------------------------------------------


@settings(
    max_examples=examples(10),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(
    energy=st.floats(2, 200),
    power=st.tuples(st.floats(0.5, 30), st.floats(0.5, 30)),
    loss=st.floats(0, 0.02),
    start=st.floats(0, 1),
    night=st.floats(0, 12),
    peak=st.floats(5, 30),
    step_min=st.sampled_from([15, 30, 60]),
)
def test_any_tank_stays_within_its_walls_and_its_balance_closes(
    energy, power, loss, start, night, peak, step_min
):
    """Content within nothing and full; what came in less what went out and was lost is what is
    there, by ten thousand small steps of dE/dt = −kE − Q instead of the exact formula.
    """
    time = Time(horizon_h=24, step_min=step_min, setpoint_hold_h=1, look_ahead_h=0)
    unit = tank(
        energy_mwh=energy, charge_mw=power[0], discharge_mw=power[1], loss_per_h=loss, unit_count=2
    )
    inputs = town(CHEAP, unit, start_mwh=2 * energy * start, time=time)
    model = serving(inputs, [night] * 8 + [peak] * 4 + [night] * 12)
    content, flow = stored(model, 1), heat(model, 1)
    assert content.min() >= -1e-6
    assert content.max() <= 2 * energy + 1e-6
    parts, rate = 200, -np.log1p(-loss)
    found, small_h = 2 * energy * start, step_min / 60 / parts
    for step, mw in enumerate(flow):
        for _ in range(parts):  # the middle of each small step: second order
            middle = found - (rate * found + mw) * small_h / 2
            found -= (rate * middle + mw) * small_h
        assert found == pytest.approx(content[step], abs=1e-5 * max(1.0, 2 * energy))


@pytest.mark.parametrize("step_min", [60, 15])
def test_a_town_with_a_tank_is_planned_and_audited(step_min):
    """A day of waves, cheap heat too little for the morning: published, the tank used, and every
    balance closed; the network's own balance from the tank's content, not from its heat.
    """
    time = Time(horizon_h=24, step_min=step_min, setpoint_hold_h=4, look_ahead_h=24)
    case = tiny_case(
        boiler("cheap", max_output_mw=11),
        boiler("dear", efficiency=0.5),
        tank(loss_per_h=0.001),
        settings=tiny_settings(time=time),
    )
    schedule = published(inputs_for(case, wave(-2.0, 6.0)))
    assert faults_of(schedule) == []
    flow, content = schedule["source_heat"].values[2], schedule["source_stored"].values[2]
    assert flow.min() < -0.5
    assert flow.max() > 0.5
    assert np.ptp(content) > 2.0
    step_h = step_min / 60
    lost = 20.0 - content[-1] - flow.sum() * step_h
    held_mwh_h = np.trapezoid(np.append(20.0, content), dx=step_h)
    assert lost == pytest.approx(0.001 * held_mwh_h, rel=0.01)
