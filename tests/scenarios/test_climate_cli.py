"""`heat-dispatch climate`: the packaged climate, one fitted to records, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main


def climate(*words: str) -> Result:
    return CliRunner().invoke(main, ["climate", *words])


def record(path: Path, mean_c: float = 5.0, days: int = 365) -> Path:
    """Hourly temperatures: a course of the year and of the day about a mean, no weather."""
    hours = np.arange(24 * days)
    year = -12 * np.cos(2 * np.pi * (hours / 24 - 15) / 365)
    values = mean_c + year + 4 * np.cos(2 * np.pi * (hours - 15) / 24)
    starts = np.datetime64("2021-01-01T00:00") + hours.astype("timedelta64[h]")
    rows = (f"{start},{value:.2f}\n" for start, value in zip(starts, values, strict=True))
    path.write_text("time,temp_c\n" + "".join(rows), encoding="utf-8")
    return path


def test_the_climate_of_a_case_by_month_and_winter():
    """Zaozhuang: January 0.4 °C (normals), a season of 121 days from 15 November (handbook §2)."""
    ended = climate("show", "zaozhuang")
    assert ended.exit_code == 0, ended.output
    lines = ended.stdout.splitlines()
    assert lines[0].endswith("climate of 1991–2020")
    assert next(line.split() for line in lines if line.startswith("Jan "))[1] == "0.4"
    assert "Heating season, 121 days" in ended.stdout
    rows = {line[:12].strip(): line.split() for line in lines}
    assert 0 <= float(rows["Cold waves"][2]) <= 6


def test_winters_of_the_design_codes_are_colder():
    """H§2: recent winters run about 1–2 K milder than 1971–2000."""
    recent, design = (
        json.loads(climate("show", "zaozhuang", "--json", "--period", period).stdout)
        for period in ("recent", "design")
    )
    milder_k = recent["winter"]["mean_c"]["median"] - design["winter"]["mean_c"]["median"]
    assert 0.5 <= milder_k <= 2.5


@pytest.mark.parametrize("ending", ["png", "html"])
def test_the_same_climate_is_the_same_picture(tmp_path: Path, ending: str):
    files = [tmp_path / f"{name}.{ending}" for name in ("one", "two")]
    for file in files:
        assert climate("show", "zaozhuang", "--out", str(file)).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_fit_is_written_shown_and_read_again(tmp_path: Path):
    """The months of the record come out as they were put in: January is 5 - 12 = -7 °C."""
    out = tmp_path / "climate.toml"
    table = record(tmp_path / "past.csv")
    ended = climate("fit", str(table), "--name", "here", "--case", "zaozhuang", "--out", str(out))
    assert ended.exit_code == 0, ended.output
    assert "8760 h, 1.0 years; 0 h are missing" in ended.stdout
    assert "wind: of zaozhuang" in ended.stdout
    shown = climate("show", str(out))
    january = next(line.split() for line in shown.stdout.splitlines() if line.startswith("Jan "))
    assert float(january[1]) == pytest.approx(-7.0, abs=0.25)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--latitude", "35"), "together"),
        (("--latitude", "35", "--longitude", "117", "--case", "zaozhuang"), "alone"),
        (("--latitude", "35", "--longitude", "117", "--zone", "Mars/Base"), "Mars/Base"),
        (("--latitude", "35", "--longitude", "117", "--name", "No Name!"), "No Name!"),
        ((), "latitude"),
    ],
)
def test_a_fit_that_cannot_be_understood_is_bad_input(
    tmp_path: Path, words: tuple[str, ...], said: str
):
    table = record(tmp_path / "past.csv", days=5)
    out = tmp_path / "climate.toml"
    ended = climate("fit", str(table), "--name", "here", *words, "--out", str(out))
    assert ended.exit_code == 2, ended.output
    assert said in ended.output
    assert not out.exists()


def test_all_faults_of_a_record_are_told_with_row_and_column(tmp_path: Path):
    table = tmp_path / "past.csv"
    table.write_text("time,temp_c\n2021-01-01T00:00,x\n2021-13-01T00:00,1\n", encoding="utf-8")
    ended = climate("fit", str(table), "--name", "here", "--case", "zaozhuang")
    assert ended.exit_code == 2
    assert "row 2, temp_c" in ended.stderr
    assert "row 3, time" in ended.stderr


def test_a_broken_climate_file_is_bad_input(tmp_path: Path):
    file = tmp_path / "climate.toml"
    file.write_text("[city.here]\nmean_c = [1]\n", encoding="utf-8")
    ended = climate("show", str(file))
    assert ended.exit_code == 2
    assert "climate.toml" in ended.stderr
    assert "Traceback" not in ended.output
