"""`heat-dispatch calibrate`: from telemetry in several kinds of files to a table the plan uses."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from dispatch.case_calibrated import CALIBRATED
from dispatch.case_files import read_case
from dispatch.station_inputs import buildings_of, loops_of
from scenarios.cli import main
from tests.case_telemetry_maker import CaseMade, case_made, write_telemetry
from tests.small_case import new_row, write_small_case

FACTORS = np.array([0.85, 1.15, 0.9, 1.12, 1.0, 1.0, 0.95, 1.05])
NOW = "2025-12-31T08:00+08:00"  # midnight UTC after 30 days of telemetry
EVERYTHING = {CALIBRATED.file, "calibration_report.csv", "cleaning.csv", "calibration.html"}
# Two more estates run by others, so that one may be throttled and one sound.
MORE = (
    new_row("stations.csv", {"station_id": "S4", "name": "Brick works"}, copy_of=7),
    new_row("stations.csv", {"station_id": "N4", "name": "Orchard"}, copy_of=2),
)


@dataclass(frozen=True)
class World:
    """A case folder with telemetry, and how its buildings truly are."""

    folder: Path
    made: CaseMade


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Six sound loops; S2 is shut, S4 throttled by who runs it, N2's sensors are swapped."""
    folder = write_small_case(tmp_path_factory.mktemp("world") / "case", *MORE)
    case = read_case(folder).case
    made = case_made(case, FACTORS, shut=("S2.low",), throttled=("S4.low",), swapped=("N2.floor",))
    write_telemetry(folder / "telemetry", made.readings)
    return World(folder, made)


@pytest.fixture(scope="module")
def calibrated(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """One calibration that several tests look at."""
    out = tmp_path_factory.mktemp("calibrated") / "out"
    return calibrate(world.folder, out), out


def calibrate(folder: Path, out: Path, *words: str) -> Result:
    given = ("calibrate", str(folder), "--now", NOW, "--days", "30", "--out", str(out), *words)
    store = ("--store", str(out.parent / "no_store"))
    return CliRunner().invoke(main, [*given, *store])


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {f"{row['station_id']}.{row['loop']}": row for row in csv.DictReader(stream)}


# ---- what is found -------------------------------------------------------------------------


def test_sound_loops_are_measured_within_a_tenth(world: World, calibrated: tuple[Result, Path]):
    """Truth is up to 15 % beside stations.csv; a table that only copied it would miss by that."""
    ended, out = calibrated
    assert ended.exit_code == 0, ended.output
    rows = table(out / CALIBRATED.file)
    sound = ("N1.low", "N2.floor", "N3.low", "S1.low", "S3.low", "N4.low")
    for loop in sound:
        found = float(rows[loop]["specific_loss_w_per_m2k"])
        assert found == pytest.approx(world.made.loss_w_per_m2k[loop], rel=0.10), loop
        assert rows[loop]["basis"] in ("measured", "shrunk")


def test_the_shut_the_throttled_and_the_swapped_are_named_and_no_other(
    calibrated: tuple[Result, Path],
):
    ended, out = calibrated
    rows = table(out / "calibration_report.csv")
    few = {"too_few_days", "too_little_spread"}
    doubts = {loop: set(row["doubts"].split()) - few for loop, row in rows.items()}
    assert "valve_shut" in doubts["S2.low"]
    assert "throttled" in doubts["S4.low"]
    assert "sensors_swapped" in doubts["N2.floor"]
    named = {loop for loop, told in doubts.items() if told}
    assert named == {"S2.low", "S4.low", "N2.floor"}
    for loop in named:
        assert any(line.startswith(loop) for line in ended.stdout.splitlines())


def test_nothing_is_learned_from_a_shut_or_throttled_loop(calibrated: tuple[Result, Path]):
    """Their heat is not what their buildings need; of the throttled one its share is known."""
    rows = table(calibrated[1] / CALIBRATED.file)
    for loop in ("S2.low", "S4.low"):
        assert rows[loop]["specific_loss_w_per_m2k"] == ""
        assert rows[loop]["basis"] == "typical"
    assert rows["S2.low"]["compliance"] == ""
    assert float(rows["S4.low"]["compliance"]) < 0.85


def test_a_sound_third_party_takes_what_its_measured_curve_asks(
    world: World, calibrated: tuple[Result, Path]
):
    """Its curve knows no sun; metered was what holds 20 °C with the sun's help. The plan is to ask
    for what was metered, whatever the curve leaves out.
    """
    rows = table(calibrated[1] / CALIBRATED.file)
    share, loss, gain = (
        float(rows["S3.low"][name])
        for name in ("compliance", "specific_loss_w_per_m2k", "gain_w_per_m2")
    )
    air = world.made.telemetry.weather
    lift_k, sun = 20.0 - air.air_temperature_c.mean(), 0.03 * air.radiation_w_per_m2.mean()
    metered, asked = 1.78 * lift_k - 3.5 - sun, loss * lift_k - gain
    assert share * asked == pytest.approx(metered, rel=0.01)
    assert share < 1.0
    assert rows["N1.low"]["compliance"] == ""  # our own station takes what it is sent


def test_the_screen_says_what_matters(calibrated: tuple[Result, Path]):
    ended, out = calibrated
    assert ended.stdout.startswith(
        "Small town: telemetry from 2025-12-01 08:00 to 2025-12-31 08:00"
    )
    assert "6 of 8 loops use measured values" in ended.stdout
    assert "climate normals" in ended.stdout  # of wind and sun
    assert str(out) in ended.stdout
    assert "\x1b" not in ended.stdout


def test_the_page_needs_no_network_and_says_what_to_check(calibrated: tuple[Result, Path]):
    text = (calibrated[1] / "calibration.html").read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "Is the primary valve shut" in text
    assert 'src="http' not in text
    assert 'href="http' not in text


# ---- what is done with it ------------------------------------------------------------------


def test_applied_the_plan_uses_it_and_emitters_stay(world: World, tmp_path: Path):
    folder = tmp_path / "case"
    shutil.copytree(world.folder, folder)
    ended = calibrate(folder, tmp_path / "out", "--apply")
    assert ended.exit_code == 0, ended.output
    written, used = (read_case(folder, as_written=kept).case for kept in (True, False))
    rows = table(folder / CALIBRATED.file)
    loss = buildings_of(used).specific_loss_w_per_m2k
    assert loss[0] == float(rows["N1.low"]["specific_loss_w_per_m2k"])
    assert loss[0] < 0.95 * buildings_of(written).specific_loss_w_per_m2k[0]
    assert np.array_equal(loops_of(used).design_heat_kw, loops_of(written).design_heat_kw)
    shown = CliRunner().invoke(main, ["validate", str(folder)])
    assert shown.exit_code == 0, shown.output
    assert "6 of 8 loops use measured values of 2025-12-31." in " ".join(shown.stdout.split())


def test_made_again_it_is_the_same_bytes(
    world: World, calibrated: tuple[Result, Path], tmp_path: Path
):
    """Also with the first table in use: were it a prior, the days would count twice."""
    folder = tmp_path / "case"
    shutil.copytree(world.folder, folder)
    shutil.copy(calibrated[1] / CALIBRATED.file, folder)
    calibrate(folder, tmp_path / "again")
    first = {path.name: path.read_bytes() for path in calibrated[1].iterdir()}
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert set(first) == EVERYTHING
    assert first == again


def test_a_bundled_case_is_not_changed(tmp_path: Path):
    ended = calibrate(Path("zaozhuang"), tmp_path / "out", "--apply")
    assert ended.exit_code == 2
    assert "Copy its folder" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_is_told_before_the_work(world: World, tmp_path: Path):
    (tmp_path / "out").write_text("a file")
    ended = calibrate(world.folder, tmp_path / "out")
    assert ended.exit_code == 1
    assert "could not be written: File exists" in ended.stderr
    assert (tmp_path / "out").read_text() == "a file"


# ---- bad input -----------------------------------------------------------------------------


def test_without_telemetry_it_says_what_to_put_where(tmp_path: Path):
    folder = write_small_case(tmp_path / "case")
    ended = calibrate(folder, tmp_path / "out")
    assert ended.exit_code == 2
    assert str(folder / "telemetry") in ended.stderr
    assert "tags.csv" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_telemetry_of_another_time_is_told_with_its_time(world: World, tmp_path: Path):
    given = ["calibrate", str(world.folder), "--now", "2026-03-01", "--days", "20"]
    ended = CliRunner().invoke(main, [*given, "--out", str(tmp_path / "out")])
    assert ended.exit_code == 2
    assert "from 2025-12-01 08:00 until 2025-12-31 07:00" in ended.stderr


def test_without_outdoor_temperature_nothing_can_be_measured(world: World, tmp_path: Path):
    folder = write_small_case(tmp_path / "case")
    (folder / "telemetry").mkdir()
    heat = world.made.readings
    heat[heat["id"] == "N1.low"].to_csv(folder / "telemetry" / "n1.csv", index=False)
    ended = calibrate(folder, tmp_path / "out")
    assert ended.exit_code == 2
    assert "out_t" in ended.stderr


def test_faults_of_telemetry_are_told_with_their_place(tmp_path: Path):
    folder = write_small_case(tmp_path / "case")
    (folder / "telemetry").mkdir()
    (folder / "telemetry" / "readings.csv").write_text("when,what\n1,2\n")
    ended = calibrate(folder, tmp_path / "out")
    assert ended.exit_code == 2
    assert ended.stderr.startswith("readings.csv")
    assert "Traceback" not in ended.output
