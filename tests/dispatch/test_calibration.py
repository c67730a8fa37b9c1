"""Which findings are written over `stations.csv`, and which only told."""

import math
from dataclasses import replace

import numpy as np
import pytest

from dispatch import calibration
from dispatch.calibration import (
    BUILDING_VALUES,
    EMITTER_VALUES,
    LoopCalibration,
    population_of,
)
from dispatch.case import Case
from dispatch.case_calibrated import Basis
from dispatch.case_files import read_case
from dispatch.loop_priors import loop_priors
from dispatch.loop_records import Meter
from forecasts.demand.identified import Doubt, Estimate, Identified, LoopRecord, RoomNow
from tests.small_case import write_small_case

NAN = math.nan


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_case(write_small_case(tmp_path_factory.mktemp("written") / "case")).case


def found(weight: float = 0.9, *doubts: Doubt, **values: float) -> Identified:
    """What identification may say of N1 (K 1.78, C 310, g 3.5 in stations.csv)."""
    told = {
        "specific_loss_w_per_m2k": 1.6,
        "heat_capacity_kj_per_m2k": 320.0,
        "gain_w_per_m2": 3.2,
        "solar_aperture": 0.031,
        "wind_loss_w_per_m2k_per_m_s": 0.019,
        "relative_flow": 2.4,
        "emitter_oversize": 1.25,
        "time_constant_h": 55.6,
        "balance_temp_c": 18.0,
    } | values
    estimates = {name: Estimate(value, 0.05 * abs(value), weight) for name, value in told.items()}
    return Identified(
        loop_id="N1.low",
        days=30,
        outdoor_spread_k=11.0,
        rooms_measured=True,
        r2_daily=0.95,
        error_before_w_per_m2=4.0,
        error_after_w_per_m2=1.0,
        doubts=doubts,
        **estimates,
    )


def decided(case: Case, one: Identified) -> LoopCalibration:
    nothing = np.full(4, NAN)
    times = np.datetime64("2026-01-01T00:00", "ns") + np.arange(4) * np.timedelta64(1, "h")
    record = LoopRecord("N1.low", times, 1.0, 190_000.0, *(nothing for _ in range(8)))
    room = RoomNow("N1.low", 20.1, 0.4, from_rooms=True)
    loop = LoopCalibration(
        *(case.stations[0], loop_priors(case)[0], record, Meter.OWN, one, room, one.doubts),
        basis=Basis.TYPICAL,
        values={},
    )
    return calibration.with_values(loop, case)


def test_building_values_are_written_together(case: Case):
    """Gain tells little of itself; beside a measured K the case's own gain would miss the heat."""
    one = found()
    one = replace(one, gain_w_per_m2=replace(one.gain_w_per_m2, data_weight=0.05))
    loop = decided(case, one)
    assert loop.basis is Basis.MEASURED
    assert set(loop.values) == {*BUILDING_VALUES, *EMITTER_VALUES}


def test_an_emitter_without_water_temperatures_stays(case: Case):
    one = found()
    unknown = {name: replace(getattr(one, name), data_weight=0.0) for name in EMITTER_VALUES}
    assert set(decided(case, replace(one, **unknown)).values) == set(BUILDING_VALUES)


@pytest.mark.parametrize(
    "doubt", [Doubt.VALVE_SHUT, Doubt.THROTTLED, Doubt.POOR_FIT, Doubt.IMPLAUSIBLE]
)
def test_heat_that_is_not_what_buildings_need_teaches_nothing(case: Case, doubt: Doubt):
    loop = decided(case, found(0.9, doubt))
    assert (loop.basis, dict(loop.values)) == (Basis.TYPICAL, {})


@pytest.mark.parametrize(
    ("weight", "basis"), [(0.9, Basis.MEASURED), (0.5, Basis.SHRUNK), (0.1, Basis.TYPICAL)]
)
def test_the_basis_is_how_much_of_the_loss_was_measured(case: Case, weight: float, basis: Basis):
    loop = decided(case, found(weight, Doubt.TOO_FEW_DAYS))
    assert loop.basis is basis
    assert bool(loop.values) is (basis is not Basis.TYPICAL)
    assert loop.suspicious == ()  # few days are nobody's fault


def test_what_adds_to_the_heat_is_never_less_than_nothing(case: Case):
    """An aperture of −0.001 is one of 0 with its error; as it is, `validate` would refuse it."""
    loop = decided(case, found(solar_aperture=-0.001))
    assert loop.values["solar_aperture"].value == 0.0
    assert loop.basis is Basis.MEASURED


@pytest.mark.parametrize(
    "values",
    [
        {"specific_loss_w_per_m2k": 0.55},  # a third of 1.78 is 0.59
        {"specific_loss_w_per_m2k": 7.0},  # no station may have it
        {"heat_capacity_kj_per_m2k": 42.0},  # cools within 7 h
    ],
)
def test_a_table_that_would_be_refused_is_not_written(case: Case, values: dict[str, float]):
    loop = decided(case, found(**values))
    assert loop.values == {}
    assert Doubt.IMPLAUSIBLE in loop.doubts


def test_the_population_counts_what_is_used(case: Case):
    """K 1.6 and 1.78 against 1.78: the middle of 0.899 and 1.0; a shut loop is no part of it."""
    loops = [
        decided(case, found()),
        decided(case, found(specific_loss_w_per_m2k=1.78)),
        decided(case, found(0.9, Doubt.VALVE_SHUT, specific_loss_w_per_m2k=0.3)),
    ]
    told = population_of(loops)
    assert told.by_basis == {Basis.MEASURED: 2, Basis.SHRUNK: 0, Basis.TYPICAL: 1}
    assert told.loss_ratio[1] == pytest.approx((1.6 / 1.78 + 1.0) / 2)
    assert (told.suspicious, told.with_heat) == (1, 0)
