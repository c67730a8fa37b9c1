"""Whole plans around outages: whatever goes out, what is published passes every hard rule."""

import pytest
from plan_inputs_maker import (
    START,
    constant,
    faults_of,
    hours_after,
    inputs_for,
    published,
    small_case,
    with_settings,
)

from dispatch.case import Outage
from dispatch.case_kinds import OutageKind

TIMES = {"horizon_h": 36, "look_ahead_h": 0}


def out(names, from_h, fraction=0.0, kind=OutageKind.SOURCE):
    window = {"from": hours_after(START, from_h), "to": hours_after(START, from_h + 12)}
    rows = [{"kind": kind, "id": name, "available_fraction": fraction} for name in names]
    return tuple(Outage.model_validate(row | window) for row in rows)


def plan(outages, temperature_c, hold_h=4, case=None):
    town = with_settings(case or small_case(), "time", setpoint_hold_h=hold_h, **TIMES)
    free = {"supply_step_k": 1000, "secondary_step_k": 1000, "secondary_day_k": 1000}
    town = with_settings(town, "network", **free)
    return published(
        inputs_for(town.model_copy(update={"outages": outages}), constant(temperature_c))
    )


@pytest.mark.parametrize(
    ("outages", "temperature_c", "hold_h"),
    [
        (out(["boiler_1"], 7), 6.0, 2),  # both units come back where one would do
        (out(["boiler_1", "chp_1"], 18, 0.4), -4.5, 2),  # parts of units come back
        (out(["chp_1"], 16), -1.0, 2),  # the main closes within a step of arrivals
        (out(["A>south"], 0, kind=OutageKind.LINK), -1.0, 4),
    ],
)
def test_a_plan_around_an_outage_passes_the_audit(outages, temperature_c, hold_h):
    assert faults_of(plan(outages, temperature_c, hold_h)) == []


def test_a_preheat_that_exchangers_cannot_pass_is_foreseen():
    """Exchangers and valves of 0.6 of their size and an outage of plant B: rooms are warmed for
    as long as it takes. Unless the optimum knows what passes, what one block cannot draw is asked
    of the next, and the last one ends 45 % short.
    """
    tight = [
        station.model_copy(
            update={
                "secondary_supply_max_c": 95,
                "primary_flow_max_tph": 0.6 * station.primary_flow_max_tph,
                "exchanger_ua_kw_per_k": 0.6 * station.exchanger_ua_kw_per_k,
                "max_heat_kw": 1.3 * station.max_heat_kw,
            }
        )
        for station in small_case().stations
    ]
    case = small_case().model_copy(update={"stations": tuple(tight)})
    schedule = plan(out(["boiler_1"], 11), -1.0, case=case)
    assert faults_of(schedule) == []
