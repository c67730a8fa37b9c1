"""A utility's own climate file: read back as written, whole or not at all, all faults at once."""

import os
from pathlib import Path

import pytest

from forecasts.weather.climate.climate import warmed
from forecasts.weather.climate.climate_file import climate_toml, read_climate, write_climate
from forecasts.weather.climate.packaged import packaged_climates
from forecasts.weather.climate.schema import ClimateFault


@pytest.fixture
def text() -> str:
    return climate_toml(packaged_climates()[0])


def faults(path: Path, text: str) -> tuple[str, ...]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ClimateFault) as told:
        read_climate(path)
    return told.value.faults


def test_every_packaged_climate_comes_back_as_written(tmp_path):
    for climate in packaged_climates():
        for one in (climate, warmed(warmed(climate, 1.25), -0.5)):
            write_climate(tmp_path / "climate.toml", one)
            assert read_climate(tmp_path / "climate.toml") == one
    assert [path.name for path in tmp_path.iterdir()] == ["climate.toml"]


def test_same_climate_same_bytes(tmp_path):
    for name in ("a.toml", "b.toml"):
        write_climate(tmp_path / name, packaged_climates()[2])
    assert (tmp_path / "a.toml").read_bytes() == (tmp_path / "b.toml").read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    """A disk that fills half-way: a file written in place would be cut short."""
    path = tmp_path / "climate.toml"
    write_climate(path, packaged_climates()[0])
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_climate(path, packaged_climates()[1])
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["climate.toml"]


def test_all_faults_are_told_at_once_with_place_and_cure(tmp_path, text):
    broken = (
        text.replace("latitude = 34.86", "latitude = 134.86")
        .replace("course_share", "course_shar")
        .replace("mean_c = [0.4, 3.4", "mean_c = [273.15, 3.4")
        .replace("memory_h = 34.0", 'memory_h = "long"')
        .replace("last_year = 2020", "last_year = 1920")
    )
    told = faults(tmp_path / "climate.toml", broken)
    assert [line.split(":")[0] for line in told] == [
        "climate.toml, city.zaozhuang.latitude",
        "climate.toml, city.zaozhuang.mean_c",
        "climate.toml, city.zaozhuang.course_share",
        "climate.toml, city.zaozhuang.memory_h",
        "climate.toml, city.zaozhuang.course_shar",
    ]
    assert "month 1 is 273.15; limits -60 to 45" in told[1]
    assert "Did you mean course_share?" in told[4]


def test_years_in_the_wrong_order(tmp_path, text):
    (told,) = faults(tmp_path / "c.toml", text.replace("last_year = 2020", "last_year = 1920"))
    assert (
        told
        == "c.toml, city.zaozhuang: last_year 1920 is before 1991. Swap the two or correct them."
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "c.toml: has no city. Add a table [city.<name>]."),
        ("[city.a", "c.toml: is not TOML"),
        ("city = 3", "c.toml: has no city"),
        ("[city]\na = 3", "c.toml, city.a: is not a table"),
        ('[city.a]\nregion = "plain"', "c.toml, city.a.region: is 'plain', not in the file"),
        ("[citty.a]\nx = 1", "c.toml, citty: unknown table"),
    ],
)
def test_what_is_no_climate_file(tmp_path, body, told):
    assert faults(tmp_path / "c.toml", body)[0].startswith(told)


def test_eleven_months_and_two_cities(tmp_path, text):
    eleven = text.replace("mean_c = [0.4, ", "mean_c = [")
    assert "city.zaozhuang.mean_c" in faults(tmp_path / "c.toml", eleven)[0]
    second = text[text.index("[city") :].replace("city.zaozhuang", "city.other")
    (told,) = faults(tmp_path / "c.toml", text + second)
    assert told == "c.toml: has 2 cities (zaozhuang, other). Leave the one of this place."


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ClimateFault, match="No such file"):
        read_climate(tmp_path / "none.toml")
    (tmp_path / "gb.toml").write_bytes("# 枣庄".encode("gb18030"))
    with pytest.raises(ClimateFault, match="not UTF-8"):
        read_climate(tmp_path / "gb.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ClimateFault, match="more than"):
        read_climate(tmp_path / "big.toml")


def test_a_byte_order_mark_does_no_harm(tmp_path, text):
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8-sig")
    assert read_climate(path) == packaged_climates()[0]
