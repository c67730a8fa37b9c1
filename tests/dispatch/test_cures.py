"""Cures of a shortage: what each measure costs and brings, in towns small enough to reckon."""

from datetime import timedelta

import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    inputs_for,
    main,
    station,
    tiny_case,
    tiny_settings,
    weather_of,
)

from dispatch.case import Outage
from dispatch.case_kinds import Manager
from dispatch.cures import cures
from dispatch.inputs import plan_inputs
from dispatch.settings import Comfort, ShareGroup
from dispatch.time_grid import time_grid

FUEL_YUAN_PER_MWH = 1082 * 3.6 / 29.3076
COLD_C = -6.0  # 13 MW hold 20 °C at 0.5 MW/K


def found(case, heat_before_mw):
    """Cures of a day at −6 °C, by key, in their order."""
    grid = time_grid(START, case.settings.time, case.settings.timezone)
    weather = weather_of(grid, constant(COLD_C))

    def remake(changed):
        return plan_inputs(changed, grid, weather, None)

    return {remark.key: remark.values for remark in cures(case, remake, heat_before_mw)}


def fast(source_id, **changes):
    return boiler(source_id, ramp_mw_per_h=1000, **changes)


def test_lighting_a_cold_boiler_costs_its_fuel():
    """13 MW are needed, two boilers give 5 each, one of them cold. Without it 5 MW more are short
    all day: at 0.8 they burn 150 MWh of fuel in 24 h, 19 900 yuan.
    """
    case = tiny_case(
        fast("warm", max_output_mw=5, efficiency=0.8), fast("cold", max_output_mw=5, efficiency=0.8)
    )
    cure = found(case, {"warm": 5.0, "cold": 0.0})["daily.cure_start"]
    assert cure["source"] == "cold"
    assert float(cure["cost_yuan"]) == pytest.approx(150 * FUEL_YUAN_PER_MWH, abs=60)
    # 1R1C, 100 h: 5 MW over 0.5 MW/K less for a day cool rooms by 10·(1 − e^−0.24) = 2.1 K more
    assert cure["warmer_k"] == pytest.approx(2.1, abs=0.15)


def test_others_are_asked_by_telephone():
    """20 MW for 13 of ours and 13 of theirs, who are served first unless heat they miss is cheap:
    here 300 yuan, since in one day rooms lose little.
    """
    comfort = Comfort(unserved_third_party_yuan_per_mwh=300)
    stations = (station("ours"), station("theirs", managed_by=Manager.THIRD_PARTY))
    case = tiny_case(
        fast("one", max_output_mw=20), stations=stations, settings=tiny_settings(comfort=comfort)
    )
    cure = found(case, {"one": 20.0})["daily.cure_third_party"]
    assert cure["stations"] == 1
    assert cure["warmer_k"] > 1.0


def test_a_repair_finished_sooner():
    """The only boiler is out from 06:00 to 20:00; back at 14:00 rooms are 6 h of heat warmer:
    14 h at −6 °C cost 26·(1 − e^−0.14) = 3.4 K, 8 h 2.0 K.
    """
    out = Outage.model_validate(
        {
            "kind": "source",
            "id": "one",
            "from": START + timedelta(hours=6),
            "to": START + timedelta(hours=20),
        }
    )
    case = tiny_case(fast("one", max_output_mw=13.2), outages=(out,))
    cure = found(case, {"one": 13.0})["daily.cure_repair"]
    assert (cure["id"], cure["hours"]) == ("one", 6)
    assert cure["warmer_k"] == pytest.approx(1.4, abs=0.2)


def test_a_share_held_at_any_price_is_colder():
    """P has 12 MW, R 2 MW, 60:40 ± 5: held, R's 2 MW allow P 3.7 MW. The plan leaves the band."""
    shares = {"main": ShareGroup(shares={"P": 0.6, "R": 0.4}, band=0.05)}
    case = tiny_case(
        fast("big", plant_id="P", max_output_mw=10),
        fast("small", plant_id="R", max_output_mw=2),
        mains=(main("P"), main("R")),
        settings=tiny_settings(share=shares),
    )
    cure = found(case, {"big": 10.0, "small": 2.0})["daily.cure_share"]
    assert cure["warmer_k"] > 1.0
    assert float(cure["cost_yuan"]) > 0


def test_cheapest_first_and_only_what_helps():
    """Costs rise along the list; a boiler that no main
    leaves room for is not named.
    """
    case = tiny_case(
        fast("warm", max_output_mw=8, efficiency=0.8),
        fast("cold", max_output_mw=5, efficiency=0.8),
        mains=(main(capacity_mw=8.0),),
        stations=(station("ours"), station("theirs", managed_by=Manager.THIRD_PARTY)),
    )
    values = found(case, {"warm": 8.0, "cold": 0.0})
    assert "daily.cure_start" not in values
    costs = [float(one["cost_yuan"]) for one in values.values()]
    assert costs == sorted(costs)


def test_no_shortage_no_cures():
    """Enough heat: nothing to cure, though every measure is tried."""
    assert found(tiny_case(fast("one")), {"one": 13.0}) == {}


def test_the_town_is_short_where_the_tests_say_so():
    """At −6 °C and 20 °C inside the tiny town loses 13 MW."""
    inputs = inputs_for(tiny_case(fast("one")), constant(COLD_C))
    assert float(inputs.stations.settled_mw[0]) == pytest.approx(13.0, rel=1e-3)
