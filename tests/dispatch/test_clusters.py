"""Representative stations: exact where members are alike, close where they are not."""

from dataclasses import replace

import numpy as np
import pytest
from plan_inputs_maker import (
    START,
    boiler,
    constant,
    hours_after,
    inputs_for,
    main,
    ramp,
    solved,
    station,
    tiny_case,
    tiny_settings,
    wave,
)

from dispatch.case import Outage, Station
from dispatch.case_kinds import Manager, OutageKind
from dispatch.clusters import clustered
from dispatch.formulation.build import build_model
from dispatch.inputs import PlanInputs
from dispatch.settings import NetworkSettings, Time

BLOCKS = Time(horizon_h=24, setpoint_hold_h=4, look_ahead_h=24)
LIMITED = NetworkSettings(
    soil_temp_c=(8.0,) * 12, primary_design_supply_c=105, primary_design_return_c=50
)
FRONT = ramp(4.0, -6.0, 10.0, 30.0)


def town(*stations: Station, boiler_mw: float = 200.0, **changes: object) -> PlanInputs:
    """A town with setpoint limits under a cold front."""
    settings = tiny_settings(time=BLOCKS, network=LIMITED)
    unit = boiler(max_output_mw=boiler_mw)
    case = tiny_case(unit, stations=stations, settings=settings, **changes)
    return inputs_for(case, FRONT)


def varied(count: int) -> list[Station]:
    """Stations of different size, insulation, mass and target."""
    draw = np.random.default_rng(7)
    return [
        station(
            f"S{i}",
            heated_area_m2=float(draw.uniform(20_000, 90_000)),
            specific_loss_w_per_m2k=float(draw.uniform(0.8, 1.8)),
            heat_capacity_kj_per_m2k=float(draw.uniform(200, 500)),
            gain_w_per_m2=float(draw.uniform(0, 5)),
            cold_flat_margin_k=float(draw.uniform(1, 2)),
        )
        for i in range(count)
    ]


def cost(inputs: PlanInputs) -> float:
    return solved(build_model(inputs)).objective_yuan


def test_identical_stations_are_one_station():
    """Five times 100 000 m² is 500 000 m². Were limits or weights averaged and not summed, the
    one station would be a fifth of the five, and so the cost.
    """
    members = [station(f"S{i}", heated_area_m2=100_000, max_heat_kw=9_000) for i in range(5)]
    inputs = town(*members)
    small = clustered(inputs, per_zone=3)
    assert small.inputs.stations.zone.size == 1
    assert small.share == pytest.approx(np.full(5, 0.2))
    assert cost(small.inputs) == pytest.approx(cost(inputs), rel=1e-6)


def test_two_kinds_of_stations_are_two():
    """Of two kinds, cut into at most eight: two clusters, and still the full plan's cost."""
    members = [station(f"S{i}", heated_area_m2=50_000 + 10_000 * i) for i in range(3)]
    light = [
        station(f"L{i}", heated_area_m2=80_000, heat_capacity_kj_per_m2k=100) for i in range(3)
    ]
    inputs = town(*members, *light)
    small = clustered(inputs, per_zone=8)
    assert small.member_of.tolist() in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])
    assert cost(small.inputs) == pytest.approx(cost(inputs), rel=1e-6)


def test_mixed_stations_are_close():
    """Thirty stations in six clusters cost within 1 % of the thirty; in thirty, the same."""
    inputs = town(*varied(30))
    full = cost(inputs)
    assert cost(clustered(inputs, 6).inputs) == pytest.approx(full, rel=0.01)
    assert cost(clustered(inputs, 30).inputs) == pytest.approx(full, rel=1e-6)


def test_a_shortage_is_as_deep():
    """With 20 MW for stations that want about 30 both plans cool rooms, and pay as much."""
    members = [station(f"S{i}", heated_area_m2=250_000) for i in range(6)]
    inputs = town(*members, boiler_mw=20.0)
    assert cost(clustered(inputs, 1).inputs) == pytest.approx(cost(inputs), rel=1e-6)


def test_zones_and_stations_run_by_others_stay_apart():
    """No cluster reaches over two zones, nor holds a station whose heat is no decision."""
    stations = [
        station("A"),
        station("B", zone_id="east"),
        station("C", managed_by=Manager.THIRD_PARTY),
        station("D", managed_by=Manager.THIRD_PARTY, heated_area_m2=100_000),
    ]
    case = tiny_case(
        boiler(max_output_mw=100),
        mains=[main(), main(to_id="east")],
        stations=stations,
        settings=tiny_settings(time=BLOCKS),
    )
    inputs = inputs_for(case, wave(0.0, 4.0))
    small = clustered(inputs, 1)
    assert small.inputs.stations.zone.size == 3
    assert small.member_of[2] == small.member_of[3]
    assert len({small.member_of[s] for s in (0, 1, 2)}) == 3
    due = small.inputs.stations.heat_due_mw.sum(axis=0)
    assert due == pytest.approx(inputs.stations.heat_due_mw.sum(axis=0))
    assert cost(small.inputs) == pytest.approx(cost(inputs), rel=1e-6)


def test_a_station_out_of_service_is_not_mixed_in():
    """Merged with one that is in service, its share would be heated through the outage."""
    window = {"from": hours_after(START, 8), "to": hours_after(START, 16)}
    out = Outage.model_validate({"kind": OutageKind.STATION, "id": "B"} | window)
    inputs = town(station("A"), station("B"), outages=(out,))
    assert clustered(inputs, 1).inputs.stations.zone.size == 2


def test_what_is_spread_adds_up():
    """10 MW of one cluster go out to its members by their steady heat, 3 : 1."""
    inputs = inputs_for(
        tiny_case(
            stations=[station("A", heated_area_m2=300_000), station("B", heated_area_m2=1e5)]
        ),
        constant(0.0),
    )
    heat_kw = clustered(inputs, 1).spread(np.array([[10_000.0, 4_000.0]]))
    assert heat_kw == pytest.approx(np.array([[7_500.0, 3_000.0], [2_500.0, 1_000.0]]))


def test_unknown_past_stays_unknown():
    """One station's last heat unknown: a cluster over both would be neither known nor unknown."""
    inputs = inputs_for(tiny_case(stations=[station("A"), station("B")]), constant(0.0))
    last = np.full_like(inputs.stations.heat_last_mw, np.nan)
    last[0] = 5.0
    inputs = replace(inputs, stations=replace(inputs.stations, heat_last_mw=last))
    small = clustered(inputs, 1).inputs.stations
    assert small.zone.size == 2
    assert np.isfinite(small.heat_last_mw).all(axis=1).tolist().count(True) == 1
