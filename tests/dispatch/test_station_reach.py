"""What exchangers pass from the hottest water there can be, by hand."""

import numpy as np
import pytest
from plan_inputs_maker import boiler, constant, inputs_for, main, planned, station, tiny_case

from dispatch.station_inputs import loops_of
from dispatch.station_reach import hottest_door_c, passing_heat_kw

# 14 MW of design heat in rooms of 18 °C: supply 75, return 50. Plates without resistance, so the
# return keeps only the pinch of 0.3 K: from 110 °C, 14 000 kW need 14 000/(110 − 50.3) kW/K.
PINCHED = {
    "relative_flow": 1,
    "emitter_oversize": 1,
    "exchanger_ua_kw_per_k": 1e9,
    "primary_flow_max_tph": 14_000 / 59.7 * 3.6 / 4.187 / 0.95,
}


def town(plants=(("P", 110.0),), mains=None, **changes):
    return tiny_case(
        *(boiler(plant, plant, supply_temp_max_c=highest_c) for plant, highest_c in plants),
        mains=mains or [main(plant) for plant, _ in plants],
        stations=[station(**(PINCHED | changes))],
    )


def most_kw(case, wanted_kw, indoor_c=18.0):
    rooms = np.array([indoor_c])
    return passing_heat_kw(case, loops_of(case), rooms, np.array([wanted_kw]))[0]


def test_the_valve_sets_the_most():
    """14 MW, and not the 20 that the loop could take."""
    assert most_kw(town(), 20_000.0) == pytest.approx(14_000.0, rel=1e-5)


def test_a_loop_that_takes_less_keeps_its_own_limit():
    assert most_kw(town(), 13_000.0) == 13_000.0


def test_cold_rooms_draw_more():
    """Rooms of 12 °C: return 44, so 65.7 K of spread instead of 59.7 for the same heat."""
    assert most_kw(town(), 20_000.0, 12.0) > 14_500.0


def test_waters_mix_by_the_size_of_their_mains():
    """110 °C over 30 MW, 100 over 10 MW, of which the second loses 1 of 10 MW, or of 50 K 5."""
    mains = [main("A", capacity_mw=30), main("B", capacity_mw=10, loss_mw=1)]
    found = hottest_door_c(town((("A", 110.0), ("B", 100.0)), mains))
    assert found == pytest.approx([(3 * 110 + 95) / 4])


def test_the_plan_does_not_wish_for_more():
    """At −30 °C rooms want 25 MW: they get what passes. The emitter would take more than 14."""
    inputs = inputs_for(town((("P", 110.0),), max_heat_kw=30_000), constant(-30.0))
    model = planned(inputs)
    passes = most_kw(inputs.case, 30_000.0, float(inputs.stations.target_c[0, 0])) / 1000
    assert model.substation.heat[0, 1].value == pytest.approx(passes)
    assert passes < 14.0
