"""What is refused before it is read: no plain file, too much, out of its folder, unsafe secrets."""

import gzip
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest
import xarray as xr
from openpyxl import Workbook

from forecasts import plain_file
from forecasts.demand.load.dataset import read_dataset
from forecasts.demand.load.dataset_cells import DatasetFaults
from forecasts.file_limits import UNPACKING_RATIO
from forecasts.plain_file import TooLarge, leads_out, open_plain, read_plain
from forecasts.secret import SecretUnsafe, secret_from
from forecasts.telemetry import csv_file, parquet_file, workbook
from forecasts.telemetry.faults import TelemetryFaults
from forecasts.telemetry.folder import read_telemetry
from forecasts.weather import netcdf_file
from forecasts.weather.climate.climate_file import read_climate
from forecasts.weather.climate.past_hours import PastFault, read_past
from forecasts.weather.climate.schema import ClimateFault
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.weather_file import weather_file

NOW = datetime(2026, 1, 15, tzinfo=UTC)
ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
HEAD = "time,id,point,value\n"
ROW = "2026-01-15 08:00,S1,TE3,45\n"


def read(folder: Path, name: str, content: bytes):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return read_telemetry(folder, "Asia/Shanghai")


def refused(folder: Path, name: str, content: bytes) -> str:
    with pytest.raises(TelemetryFaults) as raised:
        read(folder, name, content)
    return str(raised.value)


# ---- plain files ---------------------------------------------------------------------------


def test_a_pipe_is_not_waited_for_and_a_device_not_read(tmp_path: Path) -> None:
    """Opened in the usual way, the pipe would hang this test and the device fill the memory."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="it is a pipe"):
        open_plain(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a device"):
        open_plain(tmp_path / "zero")
    with pytest.raises(IsADirectoryError):
        open_plain(tmp_path)


@pytest.mark.parametrize("name", ["w.csv", "w.csv.gz", "w.epw", "w.nc"])
def test_weather_from_a_pipe_is_a_file_fault(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(WeatherUnavailable) as raised:
        weather_file(tmp_path / name).latest_run(ZAOZHUANG, NOW, NOW, 24)
    assert raised.value.cause is Cause.FILE_FAULT
    assert "it is a pipe" in raised.value.detail


def test_other_readers_refuse_pipes_too(tmp_path: Path) -> None:
    for name in ("climate.toml", "past.csv", "observations.csv"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(ClimateFault, match="it is a pipe"):
        read_climate(tmp_path / "climate.toml")
    with pytest.raises(PastFault, match="it is a pipe"):
        read_past([tmp_path / "past.csv"], UTC)
    with pytest.raises(DatasetFaults, match="it is a pipe"):
        read_dataset(tmp_path)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    assert len(read_plain(path, 100)) == 100
    with pytest.raises(TooLarge):
        read_plain(path, 99)


def test_links_that_lead_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "in").symlink_to("file")
    (home / "out").symlink_to("../other")
    (home / "circle").symlink_to("circle")
    found = {name: leads_out(home / name, home) for name in ("in", "out", "circle", "../x")}
    assert found == {"in": False, "out": True, "circle": False, "../x": True}


# ---- telemetry: archives that are more than they seem ---------------------------------------


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ratio matters from a megabyte on, so that bombs can be small."""
    monkeypatch.setattr(plain_file, "RATIO_MATTERS_BYTES", 1_000_000)
    monkeypatch.setattr(workbook, "RATIO_MATTERS_BYTES", 1_000_000)


@pytest.mark.usefixtures("small_limits")
def test_a_packed_table_that_unpacks_without_end(tmp_path: Path) -> None:
    """8 MB of one row pack to a thousandth: a table of readings never does."""
    content = gzip.compress((HEAD + ROW * 300_000).encode())
    assert UNPACKING_RATIO < 300
    told = refused(tmp_path, "a.csv.gz", content)
    assert f"more than {UNPACKING_RATIO} times its size" in told


@pytest.mark.usefixtures("small_limits")
def test_a_workbook_that_unpacks_without_end_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "made", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(5_000_000))
    told = refused(tmp_path / "telemetry", "a.xlsx", (tmp_path / "made").read_bytes())
    assert "times its size. It is not opened" in told


@pytest.mark.usefixtures("small_limits")
def test_a_broken_off_sheet_is_told(tmp_path: Path) -> None:
    """The workbook opens, its sheet ends in the middle: a fault, not a traceback."""
    book = Workbook()
    for row in (["time", "S1.TE3"], *([f"2026-01-{d:02d} 08:00", d] for d in range(1, 29))):
        book.active.append(row)
    book.save(tmp_path / "good.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "good.xlsx") as good,
        zipfile.ZipFile(tmp_path / "bad", "w") as bad,
    ):
        for part in good.infolist():
            body = good.read(part)
            cut = len(body) // 2 if "sheet1" in part.filename else len(body)
            bad.writestr(part, body[:cut])
    told = refused(tmp_path / "telemetry", "a.xlsx", (tmp_path / "bad").read_bytes())
    assert "is damaged" in told


def test_a_table_with_too_much_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "TELEMETRY_ROWS", 10)
    assert "more than 10 rows" in refused(tmp_path / "a", "a.csv", (HEAD + ROW * 11).encode())
    monkeypatch.setattr(csv_file, "TELEMETRY_BYTES", 200)
    assert "more than 200 bytes" in refused(tmp_path / "b", "a.csv", (HEAD + ROW * 9).encode())
    monkeypatch.setattr(parquet_file, "TELEMETRY_COLUMNS", 1)
    table = pa.table({"time": ["2026-01-15 08:00"], "S1.TE3": [45.0]})
    pa_parquet.write_table(table, tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    assert "more than 1 columns" in refused(tmp_path / "c", "a.parquet", content)


def test_a_link_out_of_the_telemetry_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(HEAD + ROW, encoding="utf-8")
    folder = tmp_path / "telemetry"
    folder.mkdir()
    (folder / "a.csv").symlink_to("../secret.csv")
    with pytest.raises(TelemetryFaults, match=r"a\.csv: is a link that leads out"):
        read_telemetry(folder, "Asia/Shanghai")
    (folder / "a.csv").unlink()
    for name, key in (("telemetry.toml", "is a link"), ("tags.csv", "is a link")):
        (folder / name).symlink_to("../secret.csv")
        assert key in refused(folder, "b.csv", (HEAD + ROW).encode())
        (folder / name).unlink()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///../history.db", "is not in the telemetry folder"),
        ("sqlite:////dev/zero", "there is no file"),
    ],
)
def test_a_database_outside_needs_its_whole_path(tmp_path: Path, url: str, told: str) -> None:
    (tmp_path / "history.db").write_bytes(b"")
    settings = f'[[table]]\nurl = "{url}"\ntable = "history"\n'
    assert told in refused(tmp_path / "telemetry", "telemetry.toml", settings.encode())


def test_a_netcdf_that_promises_more_than_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = xr.Dataset({"t2m": ("time", np.zeros(50_000, np.float32))})
    data.to_netcdf(tmp_path / "w.nc", engine="h5netcdf", encoding={"t2m": {"zlib": True}})
    monkeypatch.setattr(netcdf_file, "NETCDF_UNPACKED_BYTES", 100_000)
    with pytest.raises(WeatherUnavailable) as raised:
        NetcdfWeather(tmp_path / "w.nc").latest_run(ZAOZHUANG, NOW, NOW, 24)
    assert "unpacks to 2.0e+05 bytes" in raised.value.detail


# ---- secrets ---------------------------------------------------------------------------------


def test_a_secret_from_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_text("0f3cSECRET\n", encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("A_KEY_FILE", str(path))
    assert secret_from("A_KEY") == "0f3cSECRET"
    path.chmod(0o400)
    assert secret_from("A_KEY") == "0f3cSECRET"
    monkeypatch.delenv("A_KEY_FILE")
    assert secret_from("A_KEY") == ""
    monkeypatch.setenv("A_KEY", "plain")
    assert secret_from("A_KEY") == "plain"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_secret_that_others_can_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    path = tmp_path / "key"
    path.write_text("0f3cSECRET", encoding="utf-8")
    path.chmod(mode)
    monkeypatch.setenv("A_KEY_FILE", str(path))
    with pytest.raises(SecretUnsafe, match=f"has mode {mode:o}.*chmod 600") as raised:
        secret_from("A_KEY")
    assert "SECRET" not in str(raised.value)


def test_secrets_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    monkeypatch.setenv("A_KEY_FILE", str(path))
    with pytest.raises(SecretUnsafe, match="No such file"):
        secret_from("A_KEY")
    for content, told in ((b" \n", "is empty"), (b"\xff\xfe\x00", "no text"), (b"x" * 20_000, "l")):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(SecretUnsafe, match=told):
            secret_from("A_KEY")
    monkeypatch.setenv("A_KEY", "plain")
    with pytest.raises(SecretUnsafe, match="both set"):
        secret_from("A_KEY")
    monkeypatch.delenv("A_KEY")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(SecretUnsafe, match="it is a pipe"):
        secret_from("A_KEY")
