"""Whether a case has telemetry: an outdoor sensor in that folder is none."""

from pathlib import Path

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_telemetry import case_readings, plan_record
from dispatch.telemetry_folder import has_telemetry
from forecasts.telemetry.points import Point
from tests.daily_runs import EVENING, PublishedRun, assert_usable, plan_small
from tests.measured_town import Town, with_telemetry
from tests.small_case import Edit, text, write_small_case

SENSOR = text("case.toml", "[fuel]", '[outdoor_sensor]\npath = "telemetry/out.csv"\n\n[fuel]')


def sensor_file(folder: Path) -> None:
    """Two days of -2 °C until the evening, by the hour and local time."""
    hours = [f"2026-01-{day} {hour:02d}:00,-2.0\n" for day in (13, 14) for hour in range(24)]
    (folder / "telemetry").mkdir(exist_ok=True)
    (folder / "telemetry" / "out.csv").write_text("time,temp\n" + "".join(hours))


def case_with(tmp_path: Path, *edits: Edit) -> tuple[Path, Case]:
    folder = write_small_case(tmp_path / "case", *edits)
    return folder, read_case(folder).case


def test_a_folder_with_the_outdoor_sensor_alone_is_no_telemetry(tmp_path: Path):
    """An empty one is: who made it is told that nothing is in it."""
    folder, case = case_with(tmp_path, SENSOR, sensor_file)
    assert not has_telemetry(folder, case.settings)
    (folder / "telemetry" / ".DS_Store").write_text("")
    assert not has_telemetry(folder, case.settings)
    (folder / "telemetry" / "history.csv").write_text("")
    assert has_telemetry(folder, case.settings)
    plain, without = case_with(tmp_path / "b")
    assert not has_telemetry(plain, without.settings)
    (plain / "telemetry").mkdir()
    assert has_telemetry(plain, without.settings)


def test_a_sensor_named_by_none_is_telemetry(tmp_path: Path):
    """Only [outdoor_sensor] makes it one: any other table is read, and its faults are told."""
    folder, case = case_with(tmp_path, sensor_file)
    assert has_telemetry(folder, case.settings)


def test_beside_telemetry_the_sensor_is_left_to_the_weather(tmp_path: Path):
    """Its column `temp` is no name of a point: read as telemetry it would be a fault."""
    town = Town(days=2, room_c=20.0)
    folder, case = case_with(tmp_path, SENSOR, with_telemetry(town), sensor_file)
    reading = case_readings(case, folder, None, None)
    assert [one.file for one in reading.counts] == ["history.csv"]
    assert reading.notes == ()


def test_a_plan_cleans_what_it_asks_for_alone(tmp_path: Path):
    """Pressures of a town double the work of the morning's run, and no plan asks for them."""
    folder, case = case_with(tmp_path, with_telemetry(Town(days=2, room_c=20.0)))
    history = folder / "telemetry" / "history.csv"
    rows = "".join(f"2026-01-14T{hour:02d}:00:00Z,N1.low,pri_sup_p,0.9\n" for hour in range(15))
    history.write_text(history.read_text() + rows)
    until = EVENING.replace(minute=0)
    clean = plan_record(case, folder, until.replace(day=13), until, 1.0)
    assert clean is not None
    assert {str(Point.ROOM_TEMP), str(Point.OUTDOOR_TEMP), "heat"} <= set(clean.record)
    assert str(Point.PRIMARY_SUPPLY_PRESSURE) not in clean.record


def test_a_plan_with_the_sensor_alone_is_as_without_telemetry(
    tmp_path: Path, small_green: PublishedRun
):
    """Neither amber for a table without known points, nor a word on telemetry."""
    run = plan_small(tmp_path, SENSOR, sensor_file)
    assert_usable(run)
    assert run.quality == small_green.quality == "green"
    assert run.reason_keys == []
    assert run.summary["demand_forecast"] is None
    said = [*run.note_keys, *(one["key"] for one in run.summary["changes"])]
    assert not [key for key in said if "telemetry" in key or "load" in key]
    assert '"telemetry"' not in (run.folder / "run_log.json").read_text("utf-8")
