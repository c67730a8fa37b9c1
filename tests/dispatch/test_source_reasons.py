"""Why a source gives what it gives: each reason in a town where only that one can hold."""

import pytest
from plan_inputs_maker import (
    boiler,
    chp,
    constant,
    inputs_for,
    main,
    serving,
    tiny_case,
    tiny_settings,
    vertices,
)

from dispatch.fuel_curve import heat_range_at_mw
from dispatch.settings import ShareGroup
from dispatch.source_reasons import Why, source_reasons


def reasons(inputs, *load_mw):
    """Reasons of each source in a block in the middle of the day."""
    return [Why(row[12]) for row in source_reasons(inputs, serving(inputs, *load_mw))]


def test_the_cheap_one_is_full_the_dear_one_follows():
    """8 MW: 6 from the good boiler, 2 from the bad one, which takes every change."""
    good, bad = boiler("good", efficiency=0.9, max_output_mw=6), boiler("bad", efficiency=0.7)
    inputs = inputs_for(tiny_case(good, bad), constant(4.0))
    assert reasons(inputs, 8.0) == [Why.AT_MAXIMUM, Why.MARGINAL]


def test_a_unit_that_is_on_is_full_while_another_is_off():
    """10 MW: 6 of one good unit, 4 of the bad boiler; two good ones would give 11 at least."""
    whole = {"unit_count": 2, "commitment": True, "no_load_fuel_mw": 1, "min_output_mw": 5.5}
    good = boiler("good", efficiency=0.9, max_output_mw=6, **whole)
    inputs = inputs_for(tiny_case(good, boiler("bad", efficiency=0.7)), constant(0.0))
    assert reasons(inputs, 10.0) == [Why.UNITS_FULL, Why.MARGINAL]


def test_a_boiler_nobody_needs_is_off():
    good, bad = boiler("good", efficiency=0.9), boiler("bad", efficiency=0.7)
    inputs = inputs_for(tiny_case(good, bad), constant(4.0))
    assert reasons(inputs, 8.0) == [Why.MARGINAL, Why.OFF]


def test_a_share_at_the_end_of_its_band_holds_the_plant():
    """P, the good one, at 65 % of 60 ± 5, and R at 35: both held by the share."""
    good = boiler("good", efficiency=0.9, plant_id="P", ramp_mw_per_h=1000)
    bad = boiler("bad", efficiency=0.7, plant_id="R", ramp_mw_per_h=1000)
    shares = {"main": ShareGroup(shares={"P": 0.6, "R": 0.4}, band=0.05)}
    case = tiny_case(good, bad, mains=(main("P"), main("R")), settings=tiny_settings(share=shares))
    found = reasons(inputs_for(case, constant(4.0)), 8.0)
    assert Why.HELD_BY_SHARE in found
    assert set(found) <= {Why.HELD_BY_SHARE, Why.MARGINAL}


def test_a_full_main_holds_its_plant():
    """The good plant's main takes 5 of 8 MW."""
    good, bad = boiler("good", efficiency=0.9, plant_id="P"), boiler("bad", plant_id="R")
    case = tiny_case(good, bad, mains=(main("P", capacity_mw=5.0), main("R")))
    assert reasons(inputs_for(case, constant(4.0)), 8.0)[0] is Why.HELD_BY_MAINS


@pytest.mark.parametrize(
    ("power_mw", "low_mw", "high_mw"),
    [(262.0, 0.0, 400.0), (230.0, 0.0, 400.0), (117.0, 194.0, 194.0), (330.0, 0.0, 0.0)],
)
def test_heat_range_of_the_330_mw_unit(power_mw, low_mw, high_mw):
    """H§8 by its corners, but for E: at 262 and 230 MW up to 400 MW of heat, at 330 none. The
    least heat without corner E lies on the line from A(0, 330) to D(194, 117).
    """
    low, high = heat_range_at_mw(chp_corners(), power_mw)
    assert high == pytest.approx(high_mw)
    if low_mw or power_mw == 330.0:
        assert low == pytest.approx(low_mw)
    else:
        assert low == pytest.approx((330 - power_mw) / (330 - 117) * 194)


def chp_corners():
    inputs = inputs_for(
        tiny_case(chp(power_mode="band", ramp_mw_per_h=1000), mains=(main(),), curves=vertices()),
        constant(4.0),
    )
    return inputs.sources[0].vertices
