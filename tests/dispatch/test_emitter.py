"""Water temperatures of a loop against the handbook's tables, and the inverse of F8."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.emitter import (
    Loops,
    heat_from_supply_kw,
    heat_limits_kw,
    heat_slope_kw_per_k,
    secondary_temperatures_c,
)

RADIATOR = (75.0, 50.0, 1.3)
FLOOR = (45.0, 35.0, 1.1)
FLOOR_OF_TABLE = (45.0, 35.0, 1.05)  # handbook: floor n 1.05–1.1; its table took the lower end
SHANDONG_C, SHENYANG_C = -5.6, -16.9  # design outdoor temperatures of the tables


def loop(design=RADIATOR, *, flow=1.0, oversize=1.0, design_heat_kw=1000.0, max_heat_kw=1500.0):
    supply, back, exponent = design
    one = np.ones(1)
    return Loops(
        design_heat_kw=design_heat_kw * one,
        design_supply_c=supply * one,
        design_return_c=back * one,
        relative_flow=flow * one,
        oversize=oversize * one,
        exponent=exponent * one,
        supply_min_c=28.0 * one,
        supply_max_c=70.0 * one,
        max_heat_kw=max_heat_kw * one,
    )


def temperatures(loops, heat_kw, indoor_c):
    supply, back = secondary_temperatures_c(loops, np.array([heat_kw]), np.array([indoor_c]))
    return float(supply[0]), float(back[0])


@pytest.mark.parametrize(
    ("design", "flow", "oversize", "expected"),
    [
        (RADIATOR, 2.5, 1.2, (61.3, 52.0)),  # handbook §14, worked day
        (FLOOR, 2.5, 1.2, (39.4, 35.6)),
    ],
)
def test_worked_day(design, flow, oversize, expected):
    """35 800 m², K 1.7778, −3 °C, rooms at 20: 1 337 kW. Without φ the supply would be 67 °C."""
    design_kw = 1.7778 * 35_800 * 22.5 / 1000
    heat_kw = 1.7778 * 35_800 * 21 / 1000
    assert heat_kw == pytest.approx(1337, abs=1)
    loops = loop(design, flow=flow, oversize=oversize, design_heat_kw=design_kw)
    assert temperatures(loops, heat_kw, 20.0) == pytest.approx(expected, abs=0.1)


OUTDOOR = (10, 5, 0, -3, -5.6)
LIAOCHENG = [
    (RADIATOR, 1.0, 1.0, [(41.6, 33.1), (53.0, 39.2), (63.7, 44.6), (69.8, 47.6), (75, 50)]),
    (RADIATOR, 2.5, 1.3, [(35.5, 32.1), (43.7, 38.2), (51.3, 43.7), (55.7, 46.8), (59.4, 49.4)]),
    (FLOOR_OF_TABLE, 1.0, 1.0, [(27.5, 24.2), (33.2, 27.7), (38.8, 31.2), (42.1, 33.2), (45, 35)]),
]


@pytest.mark.parametrize(("design", "flow", "oversize", "row"), LIAOCHENG)
def test_table_of_liaocheng(design, flow, oversize, row):
    """Handbook §5: rooms at 18 °C, load (18 − t_w)/(18 + 5.6)."""
    for outdoor_c, expected in zip(OUTDOOR, row, strict=True):
        heat_kw = 1000 * (18 - outdoor_c) / (18 - SHANDONG_C)
        found = temperatures(loop(design, flow=flow, oversize=oversize), heat_kw, 18.0)
        assert found == pytest.approx(expected, abs=0.15), outdoor_c


@pytest.mark.parametrize(
    ("outdoor_c", "expected"),
    [(10, (30.9, 28.6)), (0, (42.4, 37.3)), (-10, (52.7, 44.7)), (-16.9, (59.4, 49.4))],
)
def test_table_of_shenyang(outdoor_c, expected):
    heat_kw = 1000 * (18 - outdoor_c) / (18 - SHENYANG_C)
    found = temperatures(loop(flow=2.5, oversize=1.3), heat_kw, 18.0)
    assert found == pytest.approx(expected, abs=0.15)


def test_rooms_shift_the_water_with_them():
    """Handbook §5: "add 2 K for rooms at 20"."""
    at_18, at_20 = temperatures(loop(), 600.0, 18.0), temperatures(loop(), 600.0, 20.0)
    assert np.subtract(at_20, at_18) == pytest.approx((2.0, 2.0))


def test_small_flow_takes_the_logarithmic_mean():
    """Ḡ 0.3 at design heat: spread 83.3 K; log mean of the ends over the room is that of design,
    25/ln(57/32) = 43.3 K, so t_h = 18 + 83.3/(e^(83.3/43.3) − 1) = 32.2 °C.
    With the arithmetic mean it would be 18 + 44.5 − 41.7 = 20.8 °C.
    """
    supply, back = temperatures(loop(flow=0.3), 1000.0, 18.0)
    assert supply - back == pytest.approx(25 / 0.3)
    assert back == pytest.approx(32.2, abs=0.1)


def test_return_never_colder_than_the_room():
    """φ 3 at Ḡ 0.5: the arithmetic mean, 19 K over the room, would be beaten by half of 50 K."""
    _, back = temperatures(loop(flow=0.5, oversize=3.0), 1000.0, 20.0)
    assert back > 20.0


loops_of_any_kind = st.builds(
    loop,
    st.sampled_from([RADIATOR, FLOOR]),
    flow=st.floats(0.3, 6.0),
    oversize=st.floats(0.5, 3.0),
    design_heat_kw=st.floats(20.0, 50_000.0),
    max_heat_kw=st.floats(20.0, 50_000.0),
)


@given(loops_of_any_kind, st.floats(0.001, 2.0), st.floats(5.0, 26.0))
def test_heat_from_supply_undoes_supply_from_heat(loops, load, indoor_c):
    heat_kw, indoor = load * loops.design_heat_kw, np.array([indoor_c])
    supply, back = secondary_temperatures_c(loops, heat_kw, indoor)
    assert supply[0] > back[0]
    if heat_kw[0] <= loops.max_heat_kw[0]:
        assert back[0] > indoor_c - 1e-9
    assert heat_from_supply_kw(loops, supply, indoor) == pytest.approx(heat_kw, rel=1e-10)


@given(loops_of_any_kind, st.floats(0.01, 2.0), st.floats(0.0, 0.01))
def test_heat_that_warms_the_room_is_solved_with_it(loops, load, rise_k_per_kw):
    heat_kw, cold, rise = load * loops.design_heat_kw, np.array([18.0]), np.array([rise_k_per_kw])
    supply, _ = secondary_temperatures_c(loops, heat_kw, cold + rise * heat_kw)
    assert heat_from_supply_kw(loops, supply, cold, rise) == pytest.approx(heat_kw, rel=1e-9)


@given(loops_of_any_kind, st.floats(0.0, 80.0), st.floats(0.01, 5.0))
def test_warmer_water_never_gives_less(loops, supply_c, more_k):
    room = np.array([20.0])
    less = heat_from_supply_kw(loops, np.array([supply_c]), room)
    more = heat_from_supply_kw(loops, np.array([supply_c + more_k]), room)
    assert more >= less
    assert (more > less) == (supply_c + more_k > 20.0)


def test_no_heat_from_water_as_cold_as_the_room():
    rooms = np.array([[20.0, 20.0, 20.0]])
    heat = heat_from_supply_kw(loop(), np.array([[10.0, 20.0, 20.1]]), rooms)
    assert heat[0, 0] == heat[0, 1] == 0.0
    assert heat[0, 2] > 0.0
    assert temperatures(loop(), 0.0, 20.0) == (20.0, 20.0)


def test_limits_come_from_supply_temperature_and_from_the_station():
    rooms = np.array([18.0])
    least, most = heat_limits_kw(loop(flow=2.5, oversize=1.2, max_heat_kw=5000.0), rooms)
    wide = loop(flow=2.5, oversize=1.2)
    assert temperatures(wide, float(least[0]), 18.0)[0] == pytest.approx(28.0)
    assert temperatures(wide, float(most[0]), 18.0)[0] == pytest.approx(70.0)
    _, capped = heat_limits_kw(loop(flow=2.5, oversize=1.2, max_heat_kw=900.0), rooms)
    assert capped == pytest.approx(900.0)


@given(loops_of_any_kind, st.floats(0.06, 1.5))
def test_slope_is_that_of_the_curve(loops, load):
    heat_kw, rooms = load * loops.design_heat_kw, np.array([20.0])
    supply, _ = secondary_temperatures_c(loops, heat_kw, rooms)
    up, down = (heat_from_supply_kw(loops, supply + d, rooms) for d in (0.01, -0.01))
    assert heat_slope_kw_per_k(loops, heat_kw) == pytest.approx((up - down) / 0.02, rel=1e-3)


def test_slope_does_not_vanish_without_heat():
    """dq/dt_g of the power law is 0 at no heat: a limit of 2 K would then forbid any change."""
    at_none, at_five = (heat_slope_kw_per_k(loop(), np.array([q])) for q in (0.0, 50.0))
    assert at_none == at_five > 5.0


def test_blocks_and_stations_go_together():
    loops = loop(flow=2.5)
    heat = np.array([[100.0, 500.0, 900.0]])
    together, _ = secondary_temperatures_c(loops, heat, np.full((1, 3), 20.0))
    alone = [temperatures(loops, float(q), 20.0)[0] for q in heat[0]]
    assert together[0] == pytest.approx(alone)
