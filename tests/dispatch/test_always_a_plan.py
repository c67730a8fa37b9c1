"""What a schedule asks for and an outage or a ramp does not let be: a plan all the same.

Each of these towns had none before its rule gave way at a price: the schedule's least heat, and
the power of a CHP whose heat finds no outlet.
"""

import math
from datetime import timedelta

import numpy as np
import pytest
from plan_inputs_maker import (
    EXTRACTION_UNIT,
    START,
    boiler,
    chp,
    faults_of,
    hours_after,
    inputs_for,
    published,
    purchase,
    tiny_case,
    tiny_settings,
    vertices,
    wave,
)

from dispatch.case import Outage, ScheduleRow
from dispatch.case_kinds import OutageKind, PowerMode, SourceKind
from dispatch.run_tables import local_text
from dispatch.settings import Time
from dispatch.verdict import coal_missing, least_reasons

SETTINGS = tiny_settings(time=Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=24))
SLOW = {"ramp_mw_per_h": 1, "max_output_mw": 20}


def out(kind, name):
    """Out from 06:00 to 10:00."""
    window = {"from": hours_after(START, 6), "to": hours_after(START, 10)}
    return Outage.model_validate(window | {"kind": kind, "id": name})


def plan_of(unit, *, curves=(), outages=(), **asked):
    schedule = ScheduleRow(time=hours_after(START, -100), source_id=unit.source_id, **asked)
    case = tiny_case(
        unit, settings=SETTINGS, curves=curves, schedules=(schedule,), outages=tuple(outages)
    )
    return published(inputs_for(case, wave(-2.0, 6.0)))


MAIN, OWN = out(OutageKind.LINK, "P>town"), out(OutageKind.SOURCE, "unit")


@pytest.mark.parametrize("unit", [boiler("unit", **SLOW), purchase("unit", "P", **SLOW)])
@pytest.mark.parametrize("outage", [MAIN, OWN], ids=["main out", "own outage"])
def test_least_heat_by_schedule_that_an_outage_takes(unit, outage):
    """9 MW at least, 1 MW/h: none in the outage of the main, and 8 h to get back to it."""
    assert faults_of(plan_of(unit, outages=[outage], min_output_mw=9)) == []


def test_least_heat_by_schedule_that_the_ramp_does_not_reach():
    """18 MW from the start on; the boiler comes from 12.7 MW and gains 1 MW an hour."""
    schedule = plan_of(boiler("unit", **SLOW), min_output_mw=18)
    heat = schedule["source_heat"].values[0]
    (missed,) = least_reasons(schedule)
    assert missed.key == "daily.least_missed"
    assert missed.values["worst_mw"] == pytest.approx(18 - heat.min(), abs=0.06)
    assert heat[0] < 14.0
    assert heat.min() < 18.0 <= heat[-1] + 1e-6


@pytest.mark.parametrize("outage", [MAIN, OWN], ids=["main out", "own outage"])
@pytest.mark.parametrize("kind", [SourceKind.CHP_BACKPRESSURE, SourceKind.CHP_EXTRACTION])
def test_power_whose_heat_finds_no_outlet(kind, outage):
    """Units whose polygon has no point without heat: they stand while the main is out, and come
    back at their least heat, which the ramp of 1 MW/h alone would take eight hours to reach.
    """
    if kind is SourceKind.CHP_BACKPRESSURE:
        curves = vertices([(8, 4, 16), (20, 10, 40)], "unit")
        mode, asked = PowerMode.BAND, {"power_mw": 10, "power_min_mw": 5}
    else:
        points = [(h / 20, p / 20, f / 20) for h, p, f in EXTRACTION_UNIT[1:]]
        curves, mode, asked = vertices(points, "unit"), PowerMode.SCHEDULED, {"power_mw": 10}
    unit = chp(kind, power_mode=mode, **SLOW).model_copy(update={"source_id": "unit"})
    schedule = plan_of(unit, curves=curves, outages=[outage], **asked)
    assert faults_of(schedule) == []
    power, heat = (schedule[f"source_{name}"].values[0] for name in ("power", "heat"))
    assert power[6:10] == pytest.approx(0.0, abs=1e-6)
    assert heat[10] >= min(point.heat_mw for point in curves) - 1e-6


@pytest.mark.parametrize("stock_t", [0.0, 30.0])
def test_a_scheduled_unit_whose_yard_is_empty(stock_t):
    """10 MW of power take 27 MW of fuel and more, 110 t a day: what is missing is said, and when.

    30 t last for some six hours. The rooms get what heat the power brings, no
    boiler's price makes the unit burn more, and the numbers are consistent: the audit's only word
    is the soft one of the stock.
    """
    points = [(h / 20, p / 20, f / 20) for h, p, f in EXTRACTION_UNIT]
    unit = chp(power_mode=PowerMode.SCHEDULED, max_output_mw=20).model_copy(
        update={"source_id": "unit"}
    )
    asked = ScheduleRow(time=hours_after(START, -100), source_id="unit", power_mw=10)
    case = tiny_case(
        unit,
        settings=SETTINGS,
        curves=vertices(points, "unit"),
        schedules=(asked,),
        yard={"stock_t": stock_t},
    )
    schedule = published(inputs_for(case, wave(-2.0, 6.0)))
    assert faults_of(schedule) == []
    burnt_t = float(schedule["yard_burn"].sum())
    (told,) = coal_missing(schedule, case)
    assert told.values["missing_t"] == math.ceil(burnt_t - stock_t)
    gone_h = int(np.searchsorted(schedule["yard_burn"].values[0].cumsum(), stock_t + 0.5))
    assert gone_h == 0 if stock_t == 0 else 4 <= gone_h <= 7
    assert told.values["time"] == local_text(START + timedelta(hours=gone_h), "Asia/Shanghai")
    assert schedule["source_power"].values == pytest.approx(10.0)
