"""The start without a last plan: heat of the stations and losses, on its usual ways."""

from dataclasses import replace

import numpy as np
import pytest
from plan_inputs_maker import boiler, constant, inputs_for, main, station, tiny_case, tiny_settings

from dispatch.settings import ShareGroup
from dispatch.settled_start import settled_start

SIX_TO_FOUR = {"two": ShareGroup(shares={"A": 0.6, "B": 0.4})}


def settled(case, temperature_c=4.0):
    inputs = inputs_for(case, constant(temperature_c))
    return settled_start(case, inputs.grid, inputs.stations, inputs.relative_load)


def test_a_station_settles_at_its_steady_heat():
    """0.5 MW/K: 8 MW at 4 °C and 15 MW at −10 °C, through one main from one boiler."""
    for temperature_c, heat_mw in ((4.0, 8.0), (-10.0, 15.0)):
        found = settled(tiny_case(), temperature_c)
        assert found.link_mw == pytest.approx({("P", "town"): heat_mw})
        assert found.plant_mw == pytest.approx({"P": heat_mw})
        assert found.source_mw == pytest.approx({"boiler": heat_mw})
        assert found.total_mw == pytest.approx(heat_mw)


def test_the_mains_of_a_zone_lose_heat_on_the_way():
    """At half the design load water is at 18 + 59.5 · 0.5^(1/1.3) = 52.9 °C, 44.9 K above the
    soil, at design 69.5 K: 0.646 of the 1 MW of design loss, sent on top of the 8.
    """
    found = settled(tiny_case(mains=(main(loss_mw=1.0),)))
    assert found.total_mw == pytest.approx(8.6462, abs=1e-4)


def test_losses_belong_to_the_zone_a_main_leads_to():
    """Zone a is served without loss, whatever the main to zone b loses."""
    case = tiny_case(
        boiler(max_output_mw=40),
        mains=(main(to_id="a"), main(to_id="b", loss_mw=1.0)),
        stations=(station("A", zone_id="a"), station("B", zone_id="b")),
    )
    assert settled(case).link_mw == pytest.approx({("P", "a"): 8.0, ("P", "b"): 8.6462}, abs=1e-4)


def test_stations_of_a_zone_add_up():
    """8 MW, 4 MW, and a third party that takes three quarters of its 8 MW: 18 MW."""
    stations = (
        station("A"),
        station("B", heated_area_m2=250_000),
        station("C", managed_by="third_party", compliance=0.75),
    )
    assert settled(tiny_case(stations=stations)).total_mw == pytest.approx(18)


# ---- which plant -------------------------------------------------------------------------


def two_plants(*mains, shares=None, size_b=60, **tables):
    sources = boiler("a", "A"), boiler("b", "B", max_output_mw=size_b)
    settings = tiny_settings(share=shares or {})
    return tiny_case(*sources, *tables.pop("more", ()), mains=mains, settings=settings, **tables)


def test_without_a_share_rule_plants_carry_by_their_size():
    """20 and 60 MW installed: a quarter and three quarters of 8 MW."""
    found = settled(two_plants(main("A"), main("B")))
    assert found.plant_mw == pytest.approx({"A": 2, "B": 6})


@pytest.mark.parametrize(
    ("area_m2", "carried"), [(500_000, {"A": 8, "B": 0}), (1_500_000, {"A": 20, "B": 4})]
)
def test_peak_boilers_rest_until_they_are_needed(area_m2, carried):
    """Coal first: 8 MW, then 20 of 24. By size gas boilers would have made three quarters, and a
    first plan on a mild day would begin by shutting boilers that nobody had lit.
    """
    gas = boiler("gas", "B", kind="gas_boiler", max_output_mw=60)
    case = tiny_case(boiler("coal", "A"), gas, stations=(station(heated_area_m2=area_m2),))
    assert settled(case).plant_mw == pytest.approx(carried, abs=1e-6)


def test_mains_come_before_merit_order():
    """Zone b hangs on the gas boilers of B alone; A carries zone a and is not asked for b."""
    gas = boiler("gas", "B", kind="gas_boiler", max_output_mw=60)
    case = tiny_case(
        boiler("coal", "A"),
        gas,
        mains=(main("A", "a"), main("B", "a"), main("B", "b")),
        stations=(station("S", zone_id="a"), station("T", zone_id="b")),
    )
    assert settled(case).plant_mw == pytest.approx({"A": 8, "B": 8}, abs=1e-6)


def test_units_of_a_row_count_in_the_size_of_a_plant():
    """20 MW against three units of 20: a quarter, where one unit each would be a half."""
    sources = boiler("a", "A"), boiler("b", "B", unit_count=3)
    assert settled(tiny_case(*sources)).plant_mw == pytest.approx({"A": 2, "B": 6})


def test_a_share_rule_comes_before_size():
    """6:4 of 8 MW, though B is three times as large."""
    found = settled(two_plants(main("A"), main("B"), shares=SIX_TO_FOUR))
    assert found.plant_mw == pytest.approx({"A": 4.8, "B": 3.2})


def test_a_plant_outside_the_rule_keeps_its_part():
    """A and B, 40 MW together, split theirs 6:4; C with 40 MW carries as much as both: taken as
    shares of one, 0.6 and 0.4 MW beside 40 would leave A and B next to nothing.
    """
    case = two_plants(
        main("A"),
        main("B"),
        main("C"),
        shares=SIX_TO_FOUR,
        size_b=20,
        more=(boiler("c", "C", max_output_mw=40),),
    )
    assert settled(case).plant_mw == pytest.approx({"A": 2.4, "B": 1.6, "C": 4})


def test_only_plants_with_a_main_to_a_zone_feed_it():
    """Zone a hangs on A alone, b on both, 6:4: A sends 8 + 4.8 MW."""
    case = two_plants(
        main("A", "a"),
        main("A", "b"),
        main("B", "b"),
        shares=SIX_TO_FOUR,
        stations=(station("S", zone_id="a"), station("T", zone_id="b")),
    )
    found = settled(case)
    assert found.link_mw == pytest.approx({("A", "a"): 8, ("A", "b"): 4.8, ("B", "b"): 3.2})
    assert found.plant_mw == pytest.approx({"A": 12.8, "B": 3.2})


# ---- which source ------------------------------------------------------------------------


def test_sources_fill_in_the_order_of_the_file():
    """24 MW from 10, 2 × 6 and 20: 10, 12 and the 2 left; not 5.7, 6.9 and 11.4 by size."""
    sources = (
        boiler("first", max_output_mw=10),
        boiler("second", max_output_mw=6, unit_count=2),
        boiler("third"),
    )
    case = tiny_case(*sources, stations=(station(heated_area_m2=1_500_000),))
    assert settled(case).source_mw == pytest.approx({"first": 10, "second": 12, "third": 2})


def test_each_plant_fills_its_own_sources():
    """A and B send 4.8 and 3.2 MW; B's boiler comes first in the file and takes only B's."""
    sources = boiler("b", "B"), boiler("a1", "A", max_output_mw=3), boiler("a2", "A")
    case = tiny_case(*sources, settings=tiny_settings(share=SIX_TO_FOUR))
    assert settled(case).source_mw == pytest.approx({"b": 3.2, "a1": 3, "a2": 1.8})


def test_no_source_starts_above_its_size():
    """15 MW asked of 12: the plan starts with 12."""
    found = settled(tiny_case(boiler(max_output_mw=12)), -10.0)
    assert found.source_mw == {"boiler": 12}


def test_settled_heat_is_what_the_stations_say():
    """3 MW said by the stations: nothing of the weather is reckoned a second time."""
    case = tiny_case()
    inputs = inputs_for(case, constant(4.0))
    stations = replace(inputs.stations, settled_mw=np.array([3.0]))
    assert settled_start(case, inputs.grid, stations, inputs.relative_load).total_mw == 3
