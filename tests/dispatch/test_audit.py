"""The audit passes a plan made by forward physics, and catches each way of breaking it."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from dispatch.audit import audit, describe
from dispatch.audit_rules.rule import Rule
from dispatch.plan import AuditReport
from dispatch.schedule import VARIABLES
from tests.cost_maker import priced
from tests.schedule_maker import SmallPlan, small_schedule

Breach = Callable[[xr.Dataset], None]


def hard_failures(report: AuditReport) -> set[str]:
    return {one.rule for one in report.findings if not one.passed and not one.soft}


def soft_failures(report: AuditReport) -> set[str]:
    return {one.rule for one in report.findings if not one.passed and one.soft}


def add(name: str, place: object, change: float) -> Breach:
    def breach(schedule: xr.Dataset) -> None:
        schedule[name].values[place] += change

    return breach


def put_at(name: str, place: object, value: float) -> Breach:
    def breach(schedule: xr.Dataset) -> None:
        schedule[name].values[place] = value

    return breach


def both(*breaches: Breach) -> Breach:
    def breach(schedule: xr.Dataset) -> None:
        for one in breaches:
            one(schedule)

    return breach


def move(name: str, start: object, end: object, amount: float) -> Breach:
    """Take from one place what is given to another: sums do not notice."""
    return both(add(name, start, -amount), add(name, end, amount))


def set_attr(name: str, value: object) -> Breach:
    def breach(schedule: xr.Dataset) -> None:
        schedule.attrs[name] = value

    return breach


def wider_limits(schedule: xr.Dataset) -> None:
    """A setpoint before the plan 5 K away, at a loop whose timetable allows 40 K."""
    schedule["station_setpoint_before"].values[0] = 55.0
    schedule["station_step_limit"].values[0] = 40.0


def cooler_primary_return(schedule: xr.Dataset) -> None:
    """Primary water leaves 0.2 K above the secondary return, with the flow that this needs."""
    supply, back = schedule["station_primary_supply"], schedule["station_primary_return"]
    before = supply - back
    back.values[0, 2] -= 0.8
    schedule["station_primary_flow"].values[:] *= (before / (supply - back)).values


def cold_primary_supply(schedule: xr.Dataset) -> None:
    """Primary water arrives 1 K colder than the secondary supply, with the flow to match."""
    supply, back = schedule["station_primary_supply"], schedule["station_primary_return"]
    before = supply - back
    supply.values[1, 3] = schedule["station_supply"].values[1, 3] - 1
    schedule["station_primary_flow_max"].values[1] = 2_000.0
    schedule["station_primary_flow"].values[:] *= (before / (supply - back)).values


def third_party_out_of_reach(schedule: xr.Dataset) -> None:
    """Primary water 1 K colder than S4's own curve asks for; its valve is wide open."""
    supply = schedule["station_primary_supply"].values
    spread = supply - schedule["station_primary_return"].values
    supply[3, 3] = schedule["station_supply"].values[3, 3] - 1
    after = supply - schedule["station_primary_return"].values
    schedule["station_primary_flow"].values[:] *= spread / after
    schedule["station_primary_flow_max"].values[3] = schedule["station_primary_flow"].values[3, 3]


def two_boilers(**changes: object) -> Breach:
    """Row 1 is two boilers, one of them on; `changes` are values of its `source_...` variables.

    A pair (step, value) changes one step.
    """
    start: dict[str, object] = {
        "unit_count": 2.0,
        "units_present": 2.0,
        "start_fuel": 0.0,
        "event_started": 0.0,
        "max_starts": 9.0,
    }

    def breach(schedule: xr.Dataset) -> None:
        for name, value in (start | changes).items():
            row = schedule[f"source_{name}"].values
            if isinstance(value, tuple):
                row[1, value[0]] = value[1]
            else:
                row[1] = value

    return breach


# one of two boilers comes on at hour 5; it went off 2 h before the plan
A_START = {
    "units_on": (slice(5, None), 2.0),
    "started": (5, 1.0),
    "event_hours": 2.0,
    "event_stopped": 1.0,
    "min_down": 7.0,
}
# one of two goes off at hour 5; both came on 7 h before the plan
A_STOP = {
    "units_before": 2.0,
    "units_on": (slice(0, 5), 2.0),
    "stopped": (5, 1.0),
    "event_hours": 7.0,
    "event_started": 2.0,
    "min_up": 12.0,
}

VALID = [
    SmallPlan(),
    SmallPlan(step_h=0.5, setpoints_c=(58.0, 60.0, 59.0)),
    SmallPlan(step_h=0.25, blocks=6, setpoints_c=(59.5, 61.5)),
    SmallPlan(block_h=2, blocks=13, start_utc="2026-01-14T20:00"),
]


def demand_as_given(factor: float) -> Breach:
    """A demand factor on needs that are none, targets being far below the weather."""

    def breach(schedule: xr.Dataset) -> None:
        schedule["demand_factor"] = (
            "time",
            np.full(schedule.sizes["time"], factor),
            {"units": "1"},
        )
        schedule["station_target"].values[:] = -60.0

    return breach


def more_demand(factor: float) -> Breach:
    """A demand factor that the rooms of S1 and its like do not follow."""

    def breach(schedule: xr.Dataset) -> None:
        schedule["demand_factor"] = (
            "time",
            np.full(schedule.sizes["time"], factor),
            {"units": "1"},
        )

    return breach


TANK_RULES = {Rule.STORAGE_BALANCE, Rule.STORAGE_LIMITS, Rule.NETWORK_BALANCE}


@pytest.mark.parametrize("wanted", VALID)
def test_a_plan_made_by_forward_physics_passes(wanted):
    report = audit(small_schedule(wanted))
    assert report.passed
    assert hard_failures(report) == set()
    assert report.worst_balance < 1e-9
    assert {one.rule for one in report.findings} == set(Rule)


def with_tank(schedule: xr.Dataset) -> None:
    """B_gas becomes a tank of 40 MWh that loses 1 %/h and starts with 30; its content is followed
    in 100 small steps per step.
    """
    heat = schedule["source_heat"].values[2]
    schedule["source_energy"].values[2] = 300.0
    schedule["source_stored_before"].values[2] = 250.0
    schedule["source_loss_per_h"].values[2] = 0.01
    schedule["source_min_heat"].values[2] = -5.0
    small_h, content = schedule.attrs["step_h"] / 100, 250.0
    for step, mw in enumerate(heat):
        for _ in range(100):
            middle = content + (np.log(0.99) * content - mw) * small_h / 2
            content += (np.log(0.99) * middle - mw) * small_h
        schedule["source_stored"].values[2, step] = content


BREACHES: list[tuple[str, Breach, set[Rule]]] = [
    (
        "heat at another hour",
        move("source_heat", (0, 5), (0, 6), 0.001),
        {Rule.PLANT_BALANCE, Rule.SOURCE_POLYGON, Rule.FUEL_CURVE, Rule.FUEL_SHARES},
    ),
    (
        "heat from nowhere",
        add("source_heat", (1, 5), 0.01),
        {Rule.PLANT_BALANCE, Rule.NETWORK_BALANCE, Rule.FUEL_CURVE, Rule.FUEL_SHARES},
    ),
    ("wrong main", move("link_sent", (0, 9), (1, 9), 0.001), {Rule.PIPE_BALANCE}),
    ("last hour of a main", move("link_sent", (0, 47), (1, 47), 0.001), {Rule.PIPE_BALANCE}),
    (
        "arrival before the delay",
        add("link_arrival_stored", (2, 0), -0.5),
        {Rule.PIPE_BALANCE, Rule.NETWORK_BALANCE},
    ),
    (
        "faster water",
        put_at("link_delay", 0, 1.25),
        {Rule.PIPE_BALANCE, Rule.NETWORK_BALANCE},
    ),
    ("served by nobody", add("zone_served", (0, 5), 0.001), {Rule.ZONE_BALANCE}),
    (
        "loss left out",
        put_at("link_loss", (1, 5), 0.0),
        {Rule.ZONE_BALANCE, Rule.NETWORK_BALANCE, Rule.LINK_LOSS},
    ),
    ("a main that loses more than it can", put_at("link_warm_loss", (1, 5), 0.0), {Rule.LINK_LOSS}),
    ("a full main called cold", put_at("link_warm_loss", (1, 5), 1.0), {Rule.LINK_LOSS}),
    ("a room too warm", add("station_indoor", (0, 9), 1e-5), {Rule.INDOOR_TEMPERATURE}),
    (
        "rooms that keep more than they got",
        add("station_indoor", (1, 47), 0.05),  # whose comfort is priced by what they got
        {Rule.INDOOR_TEMPERATURE, Rule.BUILDING_BALANCE, Rule.OBJECTIVE},
    ),
    ("more than measured load may say", demand_as_given(1.16), {Rule.DEMAND_FACTOR}),
    ("less than measured load may say", demand_as_given(0.84), {Rule.DEMAND_FACTOR}),
    (
        "needs that no room feels",
        more_demand(1.1),
        {Rule.INDOOR_TEMPERATURE, Rule.BUILDING_BALANCE, Rule.OBJECTIVE},
    ),
    ("burn at another hour", move("yard_burn", (0, 5), (0, 6), 0.01), {Rule.YARD_BALANCE}),
    ("stock made up", add("yard_stock", (0, 9), 0.5), {Rule.YARD_BALANCE}),
    ("delivery lost", put_at("yard_delivery", (0, 3), 0.0), {Rule.YARD_BALANCE}),
    ("loss of the yard left out", put_at("yard_loss_rate", 0, 1e-4), {Rule.YARD_BALANCE}),
    (
        "stored from nowhere",
        both(with_tank, add("source_stored", (2, 9), 0.01)),
        {Rule.STORAGE_BALANCE},
    ),
    (
        "loss of a tank forgotten",
        both(with_tank, put_at("source_loss_per_h", 2, 0.0)),
        {Rule.STORAGE_BALANCE, Rule.NETWORK_BALANCE},
    ),
    ("no content", both(with_tank, put_at("source_stored", (2, 9), np.nan)), TANK_RULES),
    ("too small", both(with_tank, put_at("source_energy", 2, 240.0)), {Rule.STORAGE_LIMITS}),
    (
        "tank overcharged",
        both(with_tank, put_at("source_min_heat", 2, 99.0)),
        {Rule.SOURCE_LIMITS},
    ),
    ("above maximum", put_at("source_max_heat", (0, 5), 1.0), {Rule.SOURCE_LIMITS}),
    ("below minimum", put_at("source_min_heat", (1, 7), 3.0), {Rule.SOURCE_LIMITS}),
    ("ramp inside", put_at("source_ramp", 0, 1e-3), {Rule.SOURCE_RAMP}),
    ("ramp at the seam", add("source_heat_before", 2, 5.0), {Rule.SOURCE_RAMP}),
    (
        "power without fuel",
        both(add("source_power", (0, 5), 50.0), add("source_power_sold", (0, 5), 50.0)),
        {Rule.SOURCE_FUEL, Rule.SOURCE_POLYGON},
    ),
    ("another polygon", put_at("source_vertex_power", (0, 1), 9.0), {Rule.SOURCE_POLYGON}),
    (
        "another unit",
        put_at("source_vertex_heat", (0, 1), 1.0),
        {Rule.SOURCE_POLYGON, Rule.FUEL_CURVE},
    ),
    ("more fuel than needed", add("source_fuel", (2, 5), 0.1), {Rule.FUEL_CURVE}),
    ("fuel at no load left out", put_at("source_piece_intercept", (2, 0), 0.1), {Rule.FUEL_CURVE}),
    ("accounting made up", add("source_fuel_accounting", (1, 5), 0.1), {Rule.FUEL_SHARES}),
    ("power sold twice", add("source_power_sold", (0, 5), 0.1), {Rule.FUEL_SHARES}),
    ("more units than there are", put_at("source_units_present", (1, 5), 0.0), {Rule.WHOLE_UNITS}),
    ("part of a unit", two_boilers(units_on=(5, 1.3)), {Rule.WHOLE_UNITS, Rule.UNIT_CHANGES}),
    ("a start not told", two_boilers(units_on=(5, 2.0)), {Rule.UNIT_CHANGES}),
    ("units below least load", put_at("source_unit_least", 1, 3.0), {Rule.UNIT_LOAD}),
    ("units above their size", put_at("source_unit_most", 1, 0.3), {Rule.UNIT_LOAD}),
    ("stopped too early", two_boilers(**A_STOP | {"event_hours": 6.5}), {Rule.MIN_UP_TIME}),
    ("started too early", two_boilers(**A_START | {"min_down": 7.5}), {Rule.MIN_DOWN_TIME}),
    ("a start too many", two_boilers(**A_START, max_starts=0.0), {Rule.MAX_STARTS}),
    ("fuel of a start", two_boilers(**A_START, start_fuel=3.0), {Rule.YARD_BALANCE}),
    ("main too small", put_at("link_capacity", (0, 5), 1.0), {Rule.LINK_CAPACITY}),
    ("below least heat", put_at("station_heat_min", (0, 3), 9e3), {Rule.STATION_LIMITS}),
    ("above most heat", put_at("station_heat_max", (0, 3), 9.0), {Rule.STATION_LIMITS}),
    ("more than due", put_at("station_heat_due", (3, 3), 9.0), {Rule.THIRD_PARTY_DUE}),
    ("negative fuel", put_at("source_fuel", (2, 5), -1.0), {Rule.NO_NEGATIVE, Rule.FUEL_CURVE}),
    ("share made up", add("plant_share", (0, 5), 0.01), {Rule.SHARE_FIGURES}),
    ("off the grid", add("station_supply", (0, 3), 0.05), {Rule.SUPPLY_SETPOINT}),
    ("above its limit", put_at("station_supply_max", 2, 59.0), {Rule.SUPPLY_SETPOINT}),
    ("a setpoint too high", add("station_supply", (0, 3), 1.0), {Rule.REGULATION_CURVE}),
    ("a return too low", add("station_return", (3, 3), -0.2), {Rule.REGULATION_CURVE}),
    ("another emitter", put_at("station_oversize", 1, 1.3), {Rule.REGULATION_CURVE}),
    (
        "return above supply",
        put_at("station_return", (0, 3), 61.0),
        {Rule.SECONDARY_ORDER, Rule.REGULATION_CURVE, Rule.PRIMARY_ORDER},
    ),
    ("too near the secondary return", cooler_primary_return, {Rule.PRIMARY_ORDER}),
    ("primary below secondary supply", cold_primary_supply, {Rule.PRIMARY_ORDER}),
    ("more flow than heat", add("station_primary_flow", (0, 3), 1.0), {Rule.PRIMARY_HEAT}),
    ("valve too small", put_at("station_primary_flow_max", 0, 5.0), {Rule.PRIMARY_FLOW_LIMIT}),
    ("plant flow", add("plant_flow", (0, 3), 2.0), {Rule.PLANT_WATER_HEAT}),
    ("not a number", put_at("source_power", (0, 5), np.nan), {Rule.FINITE}),
    ("infinite", put_at("plant_share_max", 0, np.inf), {Rule.FINITE}),
    ("a building without area", put_at("station_area", 1, 0.0), {Rule.PARAMETERS}),
    ("return above supply at design", put_at("station_design_return", 1, 80.0), {Rule.PARAMETERS}),
    ("no step length", set_attr("step_h", "one"), {Rule.CONTRACT}),
    ("no such time zone", set_attr("timezone", "Mars/Olympus"), {Rule.CONTRACT}),
    ("wrong units", lambda s: s["source_heat"].attrs.update(units="kW"), {Rule.CONTRACT}),
    ("delay beyond the arrivals", put_at("link_delay", 0, 9.0), {Rule.CONTRACT}),
    ("water that overtakes", put_at("link_delay", (0, slice(9, None)), 0.4), {Rule.CONTRACT}),
    ("slower from hour 9 on", put_at("link_delay", (2, 9), 2.5), {Rule.PIPE_BALANCE}),
    ("fed while shut", put_at("link_open", (0, 9), 0.0), {Rule.PIPE_BALANCE}),
    ("unknown plant", put_at("link_from", 0, "C"), {Rule.CONTRACT}),
]


@pytest.mark.parametrize("wanted", VALID)
def test_a_plan_with_a_tank_passes(wanted):
    """What the tank gave is taken from its content: the network balances as with a boiler."""
    schedule = small_schedule(wanted)
    with_tank(schedule)
    report = audit(schedule)
    assert hard_failures(report) == set()
    assert report.worst_balance < 1e-6


def test_a_tank_may_turn_or_stop_but_not_jump():
    """At 0.1 MW/h it may stop at once, giving or taking 3 MW before, but not turn at once."""
    schedule = small_schedule()
    with_tank(schedule)
    schedule["source_ramp"].values[2] = 0.1
    for before_mw, mw, allowed in (
        (3.0, 0.0, True),
        (3.0, 3.1, True),
        (3.0, 3.2, False),
        (3.0, -0.1, False),
        (-3.0, 0.0, True),
        (-3.0, 0.1, False),
        (-3.0, -3.2, False),
    ):
        schedule["source_heat_before"].values[2] = before_mw
        schedule["source_heat"].values[2] = mw
        assert (Rule.SOURCE_RAMP not in hard_failures(audit(schedule))) == allowed, (before_mw, mw)


def test_an_order_that_is_not_kept_is_a_soft_finding():
    """4 MW are ordered ± 5 %; the breach is what lies beyond 0.2 MW, at the hour it happens."""
    schedule = small_schedule()
    heat = schedule["source_heat"].values[2]
    schedule["source_order_tolerance"].values[2] = 0.05
    schedule["source_ordered"].values[2, :3] = heat[:3]
    assert soft_failures(audit(schedule)) == set()
    schedule["source_ordered"].values[2, 1] = heat[1] / 2
    found = {one.rule: one for one in audit(schedule).findings}[Rule.HEAT_ORDER]
    assert found.worst == pytest.approx(heat[1] * (1 - 0.5 * 1.05))
    assert "01:00" in found.where
    assert audit(priced(schedule)).passed


def test_a_third_party_may_wish_for_hotter_water_than_there_is():
    schedule = small_schedule()
    third_party_out_of_reach(schedule)
    assert hard_failures(audit(schedule)) == set()
    schedule["station_primary_flow_max"].values[3] *= 2  # its valve is not open
    assert hard_failures(audit(schedule)) == {Rule.PRIMARY_ORDER}


@pytest.mark.parametrize(
    ("breach", "rules"), [case[1:] for case in BREACHES], ids=[case[0] for case in BREACHES]
)
def test_each_breach_fails_its_own_rules_and_no_other(breach, rules):
    """What the broken plan costs is reckoned anew, so that no rule fails for the cost alone."""
    schedule = small_schedule()
    breach(schedule)
    if rules.isdisjoint({Rule.CONTRACT, Rule.FINITE}):
        priced(schedule)
    report = audit(schedule)
    assert hard_failures(report) == {str(rule) for rule in rules}
    assert not report.passed


@pytest.mark.parametrize("moves", [A_START, A_STOP], ids=["start", "stop"])
def test_units_that_wait_long_enough_pass(moves):
    """Off for 7 h of 7, on for 12 h of 12: to the minute."""
    schedule = small_schedule()
    two_boilers(**moves)(schedule)
    assert hard_failures(audit(priced(schedule))) == set()


def test_every_hard_rule_is_broken_by_some_case():
    hard = {one.rule for one in audit(small_schedule()).findings if not one.soft}
    of_pins = {Rule.PIN_FIGURES}  # this plan has none; those of `test_pins.py` break it
    assert {str(rule) for case in BREACHES for rule in case[2]} == hard - of_pins


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_missing_variable_is_named(name):
    report = audit(small_schedule().drop_vars(name))
    assert hard_failures(report) == {Rule.CONTRACT}
    assert name in report.findings[0].where


def test_blocks_must_follow_each_other():
    schedule = small_schedule()
    schedule["block_end"].values[3] -= np.timedelta64(1, "h")
    assert hard_failures(audit(schedule)) == {Rule.CONTRACT}


def test_departures_are_the_edges_of_the_steps():
    schedule = small_schedule()
    later = schedule["departure"].values + np.timedelta64(1, "h")
    assert hard_failures(audit(schedule.assign_coords(departure=later))) == {Rule.CONTRACT}


def test_a_finding_says_where_and_when_in_local_time():
    """Step 5 of a plan from local midnight on 15 January is 05:00."""
    schedule = small_schedule()
    schedule["zone_served"].values[1, 5] += 1
    finding = next(one for one in audit(schedule).findings if not one.passed)
    assert finding.where == "zone S, 2026-01-15 05:00"
    assert "zone S, 2026-01-15 05:00" in describe(finding)


@pytest.mark.parametrize("value", [1e300, -1e300, 0.0, 1e-300])
@pytest.mark.parametrize("name", ["station_heat", "link_delay", "station_exponent", "source_ramp"])
def test_absurd_numbers_are_findings_not_faults_of_the_audit(name, value):
    schedule = small_schedule()
    schedule[name].values[:] = value
    report = audit(schedule)
    assert report.passed == (name == "source_ramp" and value == 1e300)  # a ramp without limit
    assert all(describe(one) for one in report.findings)


SOFT: list[tuple[str, Breach, set[Rule]]] = [
    ("share", put_at("plant_share_max", 0, 0.55), {Rule.SHARE_BAND}),
    ("first step", put_at("station_setpoint_before", 0, 55.0), {Rule.STATION_STEP}),
    ("plant step", set_attr("supply_step_k", 0.5), {Rule.PLANT_STEP}),
    ("plant day", set_attr("supply_day_k", 0.5), {Rule.PLANT_DAY}),
    ("station day", put_at("station_day_limit", slice(None), 0.4), {Rule.STATION_DAY}),
    ("wide limits", wider_limits, set()),
    ("floor", put_at("station_floor", 0, 30.0), {Rule.BELOW_FLOOR}),
    ("legal", set_attr("legal_min_c", 18.8), set()),
    ("upper", set_attr("upper_c", 18.0), {Rule.ABOVE_UPPER}),
    ("bottom layer", put_at("yard_unusable", 0, 290.0), {Rule.YARD_UNUSABLE}),
    (
        "empty yard",
        both(add("yard_stock", ..., -300.0), add("yard_stock_before", ..., -300.0)),
        {Rule.YARD_STOCK, Rule.YARD_UNUSABLE},
    ),
    ("reserve", put_at("yard_reserve", 0, 290.0), set()),
]


@pytest.mark.parametrize(("breach", "rules"), [c[1:] for c in SOFT], ids=[c[0] for c in SOFT])
def test_wishes_are_reported_but_do_not_fail_the_plan(breach, rules):
    schedule = small_schedule(SmallPlan(setpoints_c=(60.0, 60.5, 60.5, 60.0, 60.5)))
    schedule["plant_supply_temp"].values[:, 5] += 1.0
    schedule["plant_return_temp"].values[:, 5] += 1.0
    breach(schedule)
    report = audit(priced(schedule))
    assert report.passed
    assert soft_failures(report) == {str(rule) for rule in rules}


def test_every_rule_has_its_words():
    report = audit(small_schedule())
    assert [one.rule for one in report.findings if not describe(one)] == []
    assert {one.rule for one in report.findings} == {str(rule) for rule in Rule}
