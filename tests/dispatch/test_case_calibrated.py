"""`stations.calibrated.csv`: measured values over `stations.csv`, checked as they are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.case import Case
from dispatch.case_calibrated import CALIBRATED, CalibratedLoop, with_measured
from dispatch.case_files import CaseFaults, read_case
from dispatch.emitter import secondary_temperatures_c
from dispatch.exchanger import exchangers_of
from dispatch.fallback_curves import curve_id_of
from dispatch.input_hashes import input_hashes
from dispatch.station_inputs import buildings_of, loops_of
from tests.small_case import Edit, cell, whole_file, write_small_case

HEADER = "station_id,loop,specific_loss_w_per_m2k,gain_w_per_m2,basis,measured_until\n"
UNTIL = "2026-01-10T06:00:00+08:00"


def overlay(*rows: str, header: str = HEADER) -> Edit:
    """A table of measured values, as `calibrate --apply` puts it into a case."""
    return whole_file(CALIBRATED.file, (header + "".join(f"{row}\n" for row in rows)).encode())


def case_with(tmp_path: Path, *edits: Edit) -> Case:
    return read_case(write_small_case(tmp_path / "case", *edits)).case


@pytest.fixture(scope="module")
def small_case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_case(write_small_case(tmp_path_factory.mktemp("written") / "case")).case


def faults_of(tmp_path: Path, *edits: Edit) -> list[str]:
    with pytest.raises(CaseFaults) as told:
        read_case(write_small_case(tmp_path / "case", *edits))
    return [str(fault) for fault in told.value.faults]


# ---- values --------------------------------------------------------------------------------


def test_filled_cells_take_the_place_of_those_in_stations(tmp_path: Path):
    """N1 gets K and keeps its gain; N2 gets a gain and keeps K; the other four stay."""
    rows = (f"N1,low,1.5,,measured,{UNTIL}", f"N2,floor,,3.1,shrunk,{UNTIL}")
    case = case_with(tmp_path, overlay(*rows))
    loss = [station.specific_loss_w_per_m2k for station in case.stations]
    gain = [station.gain_w_per_m2 for station in case.stations]
    assert loss == [1.5, 1.35, 1.6, 2.0, 1.7, 1.78]
    assert gain == [3.5, 3.1, 3.2, 4.0, 3.4, 3.5]
    assert buildings_of(case).specific_loss_w_per_m2k[0] == 1.5


def test_the_note_says_how_many_loops_use_measured_values_and_of_when(tmp_path: Path):
    """22:30 UTC of the 9th is the 10th in Shandong; a row without values does not count."""
    rows = ("N1,low,1.5,,measured,2026-01-09T22:30:00Z", f"S1,low,,,typical,{UNTIL}")
    notes = read_case(write_small_case(tmp_path / "case", overlay(*rows))).notes
    assert [note.text for note in notes] == [
        "stations.calibrated.csv: 1 of 6 loops use measured values of 2026-01-10."
    ]


def test_written_as_it_is_a_case_is_read_without_it(tmp_path: Path):
    """Else a second calibration would count the days of the first as a prior; and one that was
    spoilt by hand could not be made anew.
    """
    folder = write_small_case(tmp_path / "case", overlay("N1,low,99,,measured,"))
    assert read_case(folder, as_written=True).case.stations[0].specific_loss_w_per_m2k == 1.78


def test_it_is_one_of_the_inputs_that_a_run_names(tmp_path: Path):
    folder = write_small_case(tmp_path / "case", overlay(f"N1,low,1.5,,measured,{UNTIL}"))
    before = input_hashes(folder)[CALIBRATED.file]
    overlay(f"N1,low,1.6,,measured,{UNTIL}")(folder)
    assert input_hashes(folder)[CALIBRATED.file] != before


# ---- what hangs on the walls ---------------------------------------------------------------


@given(st.floats(0.6, 2.9), st.floats(0.1, 1.4), st.floats(15.0, 24.0), st.sampled_from(range(6)))
def test_a_measured_loss_leaves_the_curve_of_the_emitter(
    small_case: Case, measured: float, load: float, indoor_c: float, which: int
):
    """A measured heat goes into the rooms at the temperatures it went in at before. Were design
    heat worked out from the measured K, half the K would ask for water as if the radiators had
    been halved.
    """
    old = small_case.stations[which]
    new = with_measured(old, {"specific_loss_w_per_m2k": measured})
    before, after = (
        loops_of(small_case.model_copy(update={"stations": (station,)})) for station in (old, new)
    )
    heat_kw, indoor = load * before.design_heat_kw, np.array([indoor_c])
    assert new.specific_loss_w_per_m2k == measured
    assert np.array_equal(
        secondary_temperatures_c(before, heat_kw, indoor),
        secondary_temperatures_c(after, heat_kw, indoor),
    )
    flows = [exchangers_of((one,), loops) for one, loops in ((old, before), (new, after))]
    assert flows[0].primary_design_kw_per_k == flows[1].primary_design_kw_per_k


def test_measuring_twice_keeps_what_the_emitter_was_laid_out_for(tmp_path: Path):
    station = case_with(tmp_path).stations[0]
    once = with_measured(station, {"specific_loss_w_per_m2k": 1.5})
    twice = with_measured(once, {"specific_loss_w_per_m2k": 1.4})
    assert (once.design_loss_w_per_m2k, twice.design_loss_w_per_m2k) == (1.78, 1.78)


def test_the_curve_of_a_dead_data_line_follows_the_measured_need(tmp_path: Path):
    """N1 needs 0.89 instead of 1.78: its radiators are then 2.4 times what the need asks for, and
    its water 5 times. The curve by outdoor temperature must fall, though the one by heat stands.
    """
    station = case_with(tmp_path).stations[0]
    assert curve_id_of(station) == "radiator-75-50-f1.2-g2.5-i20"
    half = with_measured(station, {"specific_loss_w_per_m2k": 0.89})
    assert curve_id_of(half) == "radiator-75-50-f2.4-g5-i20"


# ---- faults --------------------------------------------------------------------------------


def test_all_faults_of_a_broken_table_are_told_at_once(tmp_path: Path):
    told = faults_of(
        tmp_path,
        overlay(
            "N1,low,9,,measured,",  # no station may have that K
            "N9,low,1.5,,measured,",  # no such station
            "N2,flor,1.3,,measured,",  # no such loop of it
            "S1,low,two,,measured,",  # no number
            "S2,low,0.5,,measured,",  # a third of what is written is 0.57
            "S3,low,1.5,,guessed,",  # no basis
            "N3,low,1.5,,measured,",
            "N3,low,1.6,,measured,",  # twice
            "N3,low,1.6,,measured,yesterday",
        ),
    )
    places = [line.split(": ")[0].removeprefix("stations.calibrated.csv, ") for line in told]
    assert places == [
        "row 2, N1.low, specific_loss_w_per_m2k",
        "row 3, N9.low, station_id",
        "row 4, N2.flor, loop",
        "row 5, S1.low, specific_loss_w_per_m2k",
        "row 6, S2.low, specific_loss_w_per_m2k",
        "row 7, S3.low, basis",
        "row 9, N3.low, loop",
        "row 10, N3.low, measured_until",
        "row 10, N3.low, loop",
    ]
    text = "\n".join(told)
    assert "Did you mean" in text
    assert "less than a third of the 1.7 in stations.csv" in text


def test_buildings_that_cool_within_hours_are_told_at_the_measured_cell(tmp_path: Path):
    """C 45 at K 1.78 is a time constant of 7.0 h; stations.csv itself is right, so its row is not
    named.
    """
    header = "station_id,loop,heat_capacity_kj_per_m2k\n"
    (told,) = faults_of(tmp_path, overlay("N1,low,45", header=header))
    assert told.startswith("stations.calibrated.csv, row 2, N1.low, heat_capacity_kj_per_m2k: ")
    assert "in 7.0 h" in told


def test_faults_of_stations_are_told_beside_those_of_the_table(tmp_path: Path):
    told = faults_of(
        tmp_path, cell("stations.csv", 2, "homes", "-1"), overlay("N9,low,1.5,,measured,")
    )
    assert [line.split(",")[0] for line in told] == ["stations.csv", "stations.calibrated.csv"]


def test_every_value_may_be_said_to_be_unsure(tmp_path: Path):
    """The columns are those of stations.csv, each with one for its standard error."""
    names = set(CalibratedLoop.model_fields)
    values = {name.removesuffix("_se") for name in names if name.endswith("_se")}
    assert len(values) == 8
    assert values < names
