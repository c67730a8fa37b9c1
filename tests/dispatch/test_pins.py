"""Pins of the dispatcher in plans of the small town: kept, kept in part with the reason, told."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pytest
import xarray as xr
from plan_inputs_maker import START, inputs_for, small_case, wave, weather_of

from dispatch.audit import audit
from dispatch.audit_rules.rule import Rule
from dispatch.case import Case, Outage
from dispatch.case_kinds import OutageKind
from dispatch.case_overrides import Override, PinWhat
from dispatch.day_plan import plan_day
from dispatch.held_plan import curves_plan
from dispatch.inputs import PlanInputs
from dispatch.pin_outcomes import pin_outcomes
from dispatch.pin_remarks import pin_notes, pin_reasons, pin_told
from dispatch.pinned import Kept, PinLimit, PinOutcome, PinState
from dispatch.plan_netcdf import to_netcdf

ZONE = "Asia/Shanghai"


def pin(thing: str, what: PinWhat, value: float, from_h: float = 8, to_h: float = 20) -> Override:
    window = {"from": START + timedelta(hours=from_h), "to": START + timedelta(hours=to_h)}
    return Override.model_validate(
        {"id": thing, "what": what, **window, "value": value, "by": "Li Wei", "reason": "repair"}
    )


def case_with(*pins: Override, outages: tuple[Outage, ...] = ()) -> Case:
    case = small_case()
    time = case.settings.time.model_copy(update={"horizon_h": 24, "look_ahead_h": 24})
    settings = case.settings.model_copy(update={"time": time})
    return case.model_copy(update={"settings": settings, "overrides": pins, "outages": outages})


@cache
def planned(*pins: Override, outage: Outage | None = None) -> tuple[PlanInputs, xr.Dataset]:
    """A day of −2 ± 4 °C, and the inputs it rests on."""
    case = case_with(*pins, outages=() if outage is None else (outage,))
    inputs = inputs_for(case, wave(-2, 4))
    return inputs, plan_day(inputs, None, "small-1").schedule


def outcomes(*pins: Override, outage: Outage | None = None) -> tuple[PinOutcome, ...]:
    return pin_outcomes(*planned(*pins, outage=outage))


# A pin each of what does not hinder the others; one plan serves for all.
SOURCE_PINS = (
    pin("boiler_1", PinWhat.HEAT_MW, 9.0, 8, 16),
    pin("boiler_1", PinWhat.UNITS_ON, 2.0, 17, 20),
    pin("chp_1", PinWhat.MAX_HEAT_MW, 24.0, 17, 20),
    pin("B>north", PinWhat.MAX_HEAT_MW, 2.0, 12, 16),
    pin("A", PinWhat.SUPPLY_TEMP_C, 97.5, 8, 16),
)
STATION_PINS = (
    pin("N1/low", PinWhat.SECONDARY_SUPPLY_C, 66.0, 9, 13),
    pin("N2.floor", PinWhat.HEAT_KW, 4_200.0, 8, 16),
    pin("S1", PinWhat.INDOOR_TARGET_C, 21.6, 18, 24),
)


@pytest.mark.parametrize(
    ("number", "name", "row"),
    [
        (0, "source_heat", 1),
        (1, "source_units_on", 1),
        (2, "source_heat", 0),
        (3, "link_sent", 2),
    ],
)
def test_pins_of_sources_and_mains_hold_to_the_minute(number: int, name: str, row: int) -> None:
    """In every hour of the window the plan has the pinned value, or no more than it."""
    one = SOURCE_PINS[number]
    _, schedule = planned(*SOURCE_PINS)
    begin = int((one.from_time - START) / timedelta(hours=1))
    end = int((one.to_time - START) / timedelta(hours=1))
    values = schedule[name].values[row, begin:end]
    if one.what is PinWhat.MAX_HEAT_MW:
        assert (values <= one.value + 1e-6).all()
    else:
        assert values == pytest.approx(one.value, abs=1e-6)
    assert outcomes(*SOURCE_PINS)[number].kept is Kept.FULL


def test_a_pinned_supply_temperature_is_set_and_water_fits_it() -> None:
    _, schedule = planned(*SOURCE_PINS)
    assert schedule["plant_supply_temp"].values[0, 2:4] == pytest.approx(97.5)
    assert audit(schedule).passed


def test_a_free_plan_does_none_of_this() -> None:
    """Else the pins above would prove nothing."""
    _, schedule = planned()
    assert (schedule["source_heat"].values[1, 8:16] > 10.0).all()
    assert (schedule["plant_supply_temp"].values[0, 2:4] != 97.5).all()
    assert (schedule["station_supply"].values[0, 2:4] != 66.0).any()
    assert (schedule["station_heat"].values[1, 2:4] < 4_000.0).any()
    assert schedule["station_indoor"].values[3, 18:].max() < 21.5
    assert "pin_what" not in schedule and "pins" not in schedule["cost_term"].values


def test_a_pinned_share_splits_the_heat() -> None:
    one = pin("A", PinWhat.SHARE, 0.5)
    _, schedule = planned(one)
    assert schedule["plant_share"].values[0, 8:20] == pytest.approx(0.5, abs=1e-6)


def test_pins_of_stations_are_set_in_every_block_they_touch() -> None:
    """09:00 to 13:00 touches the blocks from 8 and from 12; half a kelvin is 1 % of the heat."""
    _, schedule = planned(*STATION_PINS)
    assert schedule["station_supply"].values[0, 2:4] == pytest.approx(66.0)
    assert schedule["station_heat"].values[1, 2:4] == pytest.approx(4_200.0, rel=0.02)
    assert schedule["station_indoor"].values[3, 18:].min() >= 21.5
    assert [one.kept for one in outcomes(*STATION_PINS)] == [Kept.FULL] * 3
    assert audit(schedule).passed


def test_an_outage_is_named_that_forbids_a_pin() -> None:
    """One of two boilers is there: 14 MW, not 20; no yuan is paid for what nobody can do."""
    out = Outage.model_validate(
        {
            "kind": OutageKind.SOURCE,
            "id": "boiler_1",
            "from": START + timedelta(hours=10),
            "to": START + timedelta(hours=30),
            "available_fraction": 0.5,
        }
    )
    one = pin("boiler_1", PinWhat.MIN_HEAT_MW, 20.0, 12, 16)
    (found,) = outcomes(one, outage=out)
    _, schedule = planned(one, outage=out)
    assert (found.kept, found.limit, found.worst) == (Kept.NONE, PinLimit.OUTAGE, pytest.approx(14))
    assert float(schedule["cost"].sel(cost_term="pins")) == pytest.approx(0.0, abs=1.0)
    (reason,) = pin_reasons((found,), ZONE)
    assert "boiler_1 min_heat_mw 20 MW" in reason.text and "outages.csv" in reason.text


def test_a_ramp_is_named_and_the_hours_that_keep() -> None:
    """The boilers start at h MW and fall 4 MW an hour (2 units, 2 MW/h each)."""
    inputs, schedule = planned(first := pin("boiler_1", PinWhat.HEAT_MW, 3.0, 0, 10))
    before_mw = inputs.sources[1].heat_before_mw
    late_h = int(np.ceil((before_mw - 3.0) / 4.0 - 1e-9)) - 1
    assert late_h >= 1
    (found,) = pin_outcomes(inputs, schedule)
    assert (found.kept, found.limit) == (Kept.PART, PinLimit.RAMP)
    assert (found.hours, found.hours_kept) == (10.0, 10.0 - late_h)
    assert pin_told(found, ZONE)["worst_value"] == pytest.approx(before_mw - 4.0, abs=1e-3)
    assert first.by in pin_reasons((found,), ZONE)[0].text


def test_a_cold_setpoint_at_the_coldest_station_is_kept_and_the_law_is_told() -> None:
    """The dispatcher's hand wins; that rooms fall below the law stands in the audit."""
    one = pin("N1", PinWhat.SECONDARY_SUPPLY_C, 35.0, 4, 24)
    inputs, schedule = planned(one)
    report = audit(schedule)
    found = {finding.rule: finding for finding in report.findings}
    assert report.passed and not found[Rule.BELOW_LEGAL].passed
    assert pin_outcomes(inputs, schedule)[0].kept is Kept.FULL
    others = [1, 2, 3, 4]  # nobody else is cooled or hurried for it
    assert schedule.attrs["secondary_step_k"] == 2.0
    indoor, floor = (schedule[f"station_{name}"].values[others] for name in ("indoor", "floor"))
    assert (indoor >= floor - 0.1).all()


def test_a_target_below_the_floor_gives_way_to_the_law() -> None:
    (found,) = outcomes(pin("S2", PinWhat.INDOOR_TARGET_C, 17.0))
    assert (found.kept, found.limit) == (Kept.NONE, PinLimit.FLOOR)


def test_ended_and_later_pins_change_no_byte_of_the_plan() -> None:
    ended = pin("boiler_9", PinWhat.HEAT_MW, 5.0, -48, 0)
    later = pin("boiler_1", PinWhat.HEAT_MW, 5.0, 96, 100)
    gone = pin("boiler_9", PinWhat.HEAT_MW, 5.0)
    inputs, schedule = planned(ended, later)
    assert to_netcdf(schedule) == to_netcdf(planned()[1])
    found = pin_outcomes(inputs, schedule)
    assert [one.state for one in found] == [PinState.EXPIRED, PinState.PENDING]
    assert [note.key for note in pin_notes(found, ZONE)] == ["pin.pending", "pin.expired"]
    assert pin_reasons(found, ZONE) == []
    (lost,) = outcomes(gone)  # as where a what-if takes the boiler away
    assert (lost.kept, lost.limit) == (Kept.NONE, PinLimit.NO_SUCH_THING)
    assert "It holds nothing" in pin_reasons((lost,), ZONE)[0].text


def test_a_setpoint_goes_back_at_once_when_its_pin_has_ended() -> None:
    """At 2 K a block rooms would stay cold for days."""
    one = pin("N1", PinWhat.SECONDARY_SUPPLY_C, 45.0, 4, 8)
    _, schedule = planned(one)
    supply = schedule["station_supply"].values[0]
    assert supply[1] == 45.0 and supply[2] > 60.0


@pytest.mark.parametrize(
    ("name", "rule"), [("pin_planned", Rule.PIN_FIGURES), ("pin_least", Rule.OBJECTIVE)]
)
def test_the_audit_sees_a_pin_that_was_tampered_with(name: str, rule: Rule) -> None:
    _, schedule = planned(*SOURCE_PINS)
    forged = schedule.copy(deep=True)
    forged[name].values[0, 8:16] += 1.0
    failed = {one.rule for one in audit(forged).findings if not one.passed and not one.soft}
    assert failed == {rule}


def test_a_forged_output_is_seen_by_its_pin() -> None:
    _, schedule = planned(*SOURCE_PINS)
    forged = schedule.copy(deep=True)
    forged["source_heat"].values[1, 10] += 0.5
    failed = {one.rule for one in audit(forged).findings if not one.passed}
    assert Rule.PIN_FIGURES in failed and Rule.OBJECTIVE in failed


def test_a_moment_is_told_in_local_time() -> None:
    (found,) = [one for one in outcomes(*SOURCE_PINS) if one.pin is SOURCE_PINS[0]]
    told = pin_told(replace(found), ZONE)
    assert told["from"] == "2026-01-15T08:00:00+08:00"
    assert datetime.fromisoformat(str(told["to"])) == SOURCE_PINS[0].to_time


def test_a_plan_by_heating_curves_prices_what_it_misses():
    """No solver, so nobody asks for the pins: the cost of missing them is reckoned all the same."""
    case = case_with(pin("boiler_1", PinWhat.MAX_HEAT_MW, 2.0), pin("A", PinWhat.SHARE, 0.7))
    inputs, weather = inputs_for(case, wave(-2, 4)), wave(-2, 4)
    schedule = curves_plan(inputs, weather_of(inputs.grid, weather), None, "small-1").schedule
    failed = [one.rule for one in audit(schedule).findings if not one.passed and not one.soft]
    assert failed == []
    costs = dict(zip(schedule["cost_term"].values.tolist(), schedule["cost"].values, strict=True))
    assert costs["pins"] > 0.0
