"""The worked day of handbook §14 on the whole reference case: −3 °C, no sun or wind, band 0.

Floor and target are 20 °C and compliance 1 everywhere, so that every station is the handbook's.
Without sun and wind F2 says: users 468.9 MW, sources 488.4 MW with 4 % of loss, 6:4 between the
plants, 2 328 t of coal for heat by accounting, 3 081 and 1 360 t burnt.
"""

import sys
from pathlib import Path

import numpy as np
import pytest
from plan_inputs_maker import constant, faults_of, inputs_for, published, with_every, with_settings

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_kinds import Emitter, Manager
from dispatch.emitter import secondary_temperatures_c
from scenarios.cases import generate_zaozhuang

FOLDER = Path(generate_zaozhuang.__file__).parent / "zaozhuang"
TWO_PER_CENT = 0.02
AVERAGE_M2 = 35_800
# 1 337 kW at a mean room temperature of 20 °C; the plan aims a little above the floor for rounding.
EMITTERS = {
    "radiator": ((75, 50, Emitter.RADIATOR), (61.3, 52.0)),
    "floor": ((45, 35, Emitter.FLOOR), (39.4, 35.6)),
}


def worked_case() -> Case:
    """Zaozhuang with rooms at 20 °C and every station equal to the handbook's law; of the rows of
    the largest zone two are made the average station and its twin with floor heating.
    """
    case = read_case(FOLDER).case
    case = with_every(
        case, "stations", indoor_target_c=20.0, cold_flat_margin_k=2.0, compliance=1.0
    )
    case = with_settings(case, "uncertainty", sigma_24h_k=0.0)
    case = with_settings(case, "time", horizon_h=24, look_ahead_h=24)
    main = case.settings.share["main"].model_copy(update={"band": 0.0})
    case = case.model_copy(
        update={"settings": case.settings.model_copy(update={"share": {"main": main}})}
    )
    return case.model_copy(update={"stations": _with_average(case.stations)})


def _with_average(stations):
    """Turn the first two of our stations into the average one and its twin; their area moves to
    or from the third, so that the town keeps its 12.56 Mm².
    """
    ours = [i for i, s in enumerate(stations) if s.managed_by is Manager.UTILITY]
    pair, rest = ours[:2], max(ours, key=lambda i: stations[i].heated_area_m2)
    rows = list(stations)
    for i, ((supply, back, emitter), _) in zip(pair, EMITTERS.values(), strict=True):
        size = AVERAGE_M2 / rows[i].heated_area_m2
        update = {
            "heated_area_m2": AVERAGE_M2,
            "specific_loss_w_per_m2k": 40 / 22.5,
            "gain_w_per_m2": 2 * 40 / 22.5,
            "heat_capacity_kj_per_m2k": 310,
            "emitter": emitter,
            "emitter_oversize": 1.2,
            "relative_flow": 2.5,
            "design_supply_c": supply,
            "design_return_c": back,
            "max_heat_kw": 2_000,
            "secondary_supply_min_c": 25,
            "exchanger_ua_kw_per_k": rows[i].exchanger_ua_kw_per_k * size,
            "primary_flow_max_tph": 40,
        }
        rows[i] = rows[i].model_copy(update=update)
    extra = 2 * AVERAGE_M2 - sum(stations[i].heated_area_m2 for i in pair)
    area = rows[rest].heated_area_m2 - extra
    rows[rest] = rows[rest].model_copy(update={"heated_area_m2": area})
    return tuple(rows)


@pytest.fixture(scope="module")
def day():
    """Inputs and schedule of the worked day."""
    inputs = inputs_for(worked_case(), constant(-3.0))
    return inputs, published(inputs)


def tell(figures):
    """Figures of the day, seen with `pytest -s`."""
    sys.stdout.write(f"\n{figures}\n")


def mean_of(schedule, name):
    return schedule[name].mean("time").values


def test_the_plan_passes_its_audit(day):
    assert faults_of(day[1]) == []


def test_users_take_what_the_law_says(day):
    """K·A·(20 − (−3)) − g·A over 12.56 Mm²: 468.9 MW; the rounding room above the floor and the
    first hours in which rooms are brought there add about 1 %.
    """
    _, schedule = day
    users = float(schedule["station_heat"].sum("station").mean()) / 1000
    tell(f"users {users:.1f} MW (468.9)")
    assert users == pytest.approx(468.9, rel=TWO_PER_CENT)


def test_sources_send_four_per_cent_more_and_split_it_six_to_four(day):
    """488.4 MW, A 293.1 and B 195.4, 42 200 GJ a day."""
    a, b = mean_of(day[1], "plant_heat")
    tell(f"sources {a + b:.1f} MW (488.4), A {a:.1f} (293.1), B {b:.1f} (195.4)")
    assert a + b == pytest.approx(488.4, rel=TWO_PER_CENT)
    assert a == pytest.approx(293.1, rel=TWO_PER_CENT)
    assert b == pytest.approx(195.4, rel=TWO_PER_CENT)
    assert (a + b) * 86.4 == pytest.approx(42_200, rel=TWO_PER_CENT)
    share = day[1]["plant_share"].values[0]
    assert share == pytest.approx(np.full(share.size, 0.6), abs=1e-4)


def test_coal_by_accounting(day):
    """40 kgce/GJ at A, 38.5 at B: 1 013 + 650 tce, 2 328 t of 5 000 kcal."""
    schedule = day[1]
    tonnes = mean_of(schedule, "source_fuel_for_heat") * 24 / 5.815
    tce = tonnes * 5000 / 7000
    tell(f"coal for heat {tonnes.sum():.0f} t (2 328); tce {tce.round()} (1 013, 650)")
    assert tonnes.sum() == pytest.approx(2328, rel=TWO_PER_CENT)
    assert tce[:2] == pytest.approx([1013, 650], rel=TWO_PER_CENT)


def test_coal_that_is_burnt(day):
    """A with 230 MW of power 3 081 t, B 1 360 t a day: what leaves the yards, not 2 328 t."""
    schedule = day[1]
    burnt = mean_of(schedule, "yard_burn") * 24
    power = mean_of(schedule, "source_power")
    tell(f"burnt {burnt.round()} t/day (3 081, 1 360), power {power.round(1)} MW")
    assert power[0] == pytest.approx(230.0)
    assert power[1] == pytest.approx(0.45 * 195.4, rel=TWO_PER_CENT)
    assert burnt == pytest.approx([3081, 1360], rel=TWO_PER_CENT)


@pytest.mark.parametrize("place", [0, 1], ids=list(EMITTERS))
def test_water_temperatures_of_the_average_station(day, place):
    """1 337 kW, 61.3/52.0 °C with radiators, 39.4/35.6 with floor heating (Ḡ 2.5, φ 1.2). Setpoints
    are in steps of 0.5 K, so it is their mean over the day that meets the figure. Without φ the
    radiators' supply would be 67 °C.
    """
    inputs, schedule = day
    ours = np.flatnonzero(inputs.stations.controllable)[place]
    heat = float(schedule["station_heat"][ours].mean())
    supply = float(schedule["station_supply"][ours].mean())
    back = float(schedule["station_return"][ours].mean())
    (_, expected) = list(EMITTERS.values())[place]
    tell(f"{heat:.0f} kW (1 337), {supply:.1f}/{back:.1f} °C {expected}")
    assert heat == pytest.approx(1337, rel=TWO_PER_CENT)
    assert (supply, back) == pytest.approx(expected, rel=TWO_PER_CENT)
    exact = secondary_temperatures_c(
        inputs.stations.loops, np.full(len(inputs.stations.ids), 1337.0), np.full(1, 20.0)
    )
    assert (exact[0][ours], exact[1][ours]) == pytest.approx(expected, abs=0.1)


def test_rooms_are_at_the_floor_everywhere(day):
    """20 °C ± 0.1 in every room of every hour: nobody is cold, nobody overheated."""
    indoor = day[1]["station_indoor"].values
    assert indoor.min() > 19.99
    assert indoor.max() < 20.16
