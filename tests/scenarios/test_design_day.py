"""The design day on every reference case: the checks of handbook §14 on a whole plan.

Constant weather at the design temperature, no sun, no wind beyond the reference; the plan is
short, so that tests stay short.
"""

import numpy as np
import pytest
from plan_inputs_maker import constant, faults_of, inputs_for, published, with_settings
from reference_case import REFERENCES

from dispatch.case_files import read_case


@pytest.fixture(scope="module", params=REFERENCES, ids=lambda reference: reference.name)
def day(request):
    """The reference and the schedule of its design day."""
    case = read_case(request.param.folder).case
    case = with_settings(case, "time", horizon_h=24, look_ahead_h=8)
    inputs = inputs_for(case, constant(request.param.design_c), constant(2.0))
    return request.param, published(inputs)


def test_the_plan_passes_its_audit(day):
    assert faults_of(day[1]) == []


def test_heat_is_balanced_every_hour(day):
    """±0.5 %: sources against what goes into the mains, and what comes out against users and
    losses; between the two lies what is on its way. On average that is the design load.
    """
    reference, schedule = day
    hours = schedule.sizes["time"]
    made = schedule["source_heat"].sum("source").values
    from_plant = np.isin(schedule["link_from"].values, schedule["plant"].values)
    sent = schedule["link_sent"].values[from_plant].sum(axis=0)
    onward = schedule["link_sent"].values[~from_plant].sum(axis=0)  # over ties, to other zones
    took = schedule["zone_served"].sum("zone").values + onward
    came = (schedule["link_arrival"] - schedule["link_loss"]).sum("link").values[:hours]
    assert made == pytest.approx(sent, rel=0.005)
    assert took == pytest.approx(came, rel=0.005)
    assert made.mean() == pytest.approx(reference.sent_mw, rel=reference.need_tolerance)


def test_rooms_are_warm(day):
    """At least 18 °C in the coldest flats in 97 % of station hours."""
    _, schedule = day
    flats_c = schedule["station_indoor"] - schedule["station_cold_flat_margin"]
    assert float((flats_c >= 18 - 0.005).mean()) >= 0.97


def test_secondary_temperatures_are_usual(day):
    """ΔT 3–12 K; the primary return at least 0.3 K above the secondary one."""
    _, schedule = day
    difference_k = (schedule["station_supply"] - schedule["station_return"]).values
    assert difference_k.min() >= 3
    assert difference_k.max() <= 12
    approach_k = (schedule["station_primary_return"] - schedule["station_return"]).values
    assert np.nanmin(approach_k) >= 0.3 - 1e-6
