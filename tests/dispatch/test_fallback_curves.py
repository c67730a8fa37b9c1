"""Curves for controllers left alone: the worked day, the ends, the limits."""

import pytest

from dispatch.case import Station
from dispatch.case_kinds import Emitter, Era, Manager, Use
from dispatch.fallback_curves import COLUMNS, curve_id_of, fallback_curves
from dispatch.settings import NetworkSettings

DESIGN_OUTDOOR_C = -4.5


def station(**changes):
    base = {
        "station_id": "s1",
        "loop": "1",
        "zone_id": "z",
        "name": "Station 1",
        "managed_by": Manager.UTILITY,
        "use": Use.HOUSING,
        "era": Era.Y1996_2009,
        "homes": 400,
        "heated_area_m2": 35_800,
        "specific_loss_w_per_m2k": 1.7778,
        "heat_capacity_kj_per_m2k": 310,
        "gain_w_per_m2": 3.5,
        "emitter": Emitter.RADIATOR,
        "design_supply_c": 75,
        "design_return_c": 50,
        "exchanger_ua_kw_per_k": 79,
        "primary_design_supply_c": 105,
        "primary_design_return_c": 50,
        "max_heat_kw": 2000,
        "primary_flow_max_tph": 40,
    }
    return Station(**(base | changes))


def floor_station(**changes):
    return station(
        **{"emitter": Emitter.FLOOR, "design_supply_c": 45, "design_return_c": 35} | changes
    )


NETWORK = NetworkSettings(
    soil_temp_c=(4.0,) * 12, primary_design_supply_c=105, primary_design_return_c=50
)


def curves(*stations):
    table = fallback_curves(stations, NETWORK, DESIGN_OUTDOOR_C)
    return table.set_index(["curve_id", "outdoor_temp_c"])


def test_names_of_curves():
    assert curve_id_of(station()) == "radiator-75-50-f1.2-g2.5-i20"
    odd = floor_station(emitter_oversize=1.04, relative_flow=1.8, indoor_target_c=20.6)
    assert curve_id_of(odd) == "floor-45-35-f1-g2-i20.5"


def test_worked_day():
    """Handbook §14 at −3 °C: 61.3/52.0, floor 39.4/35.6."""
    table = curves(station(), floor_station())
    radiator = table.loc[("radiator-75-50-f1.2-g2.5-i20", -3)]
    assert radiator.secondary_supply_c == pytest.approx(61.3, abs=0.1)
    assert radiator.secondary_return_c == pytest.approx(52.0, abs=0.1)
    floor = table.loc[("floor-45-35-f1.2-g2.5-i20", -3)]
    assert (floor.secondary_supply_c, floor.secondary_return_c) == pytest.approx(
        (39.4, 35.6), abs=0.1
    )


def test_one_row_a_degree_and_one_curve_a_class():
    table = fallback_curves(
        [station(), station(station_id="s2"), floor_station(station_id="s3")],
        NETWORK,
        DESIGN_OUTDOOR_C,
    )
    assert tuple(table.columns) == COLUMNS
    assert table.curve_id.nunique() == 2
    assert table.groupby("curve_id").size().tolist() == [46, 46]
    assert table.outdoor_temp_c.min() == -30
    assert table.outdoor_temp_c.max() == 15


def test_colder_outside_is_never_cooler_inside_the_pipes():
    for _, curve in curves(station(), floor_station()).groupby(level=0):
        values = curve.to_numpy()
        assert (values[1:] <= values[:-1] + 1e-9).all()


def test_flat_below_the_design_temperature():
    table = curves(station()).droplevel(0)
    assert table.loc[-30].tolist() == table.loc[-5].tolist()
    assert table.loc[-5].primary_supply_c == 105


def test_limits_of_every_member_hold():
    """The lower of two supply limits: 55 °C; the return then belongs to the heat of 55 °C."""
    free = curves(station()).droplevel(0)
    table = curves(station(), station(station_id="s2", secondary_supply_max_c=55)).droplevel(0)
    assert table.secondary_supply_c.max() == 55
    assert table.loc[-4].secondary_return_c < free.loc[-4].secondary_return_c
    assert table.secondary_supply_c.min() >= 28
    assert table.primary_supply_c.min() >= 65


def test_one_primary_supply_for_the_network_and_heat_flows_downhill():
    table = curves(station(), floor_station())
    by_outdoor = table.groupby(level=1).primary_supply_c
    assert (by_outdoor.max() == by_outdoor.min()).all()
    assert (table.primary_return_c >= table.secondary_return_c + 0.3 - 1e-9).all()
    assert (table.primary_supply_c > table.secondary_supply_c + 3).all()
