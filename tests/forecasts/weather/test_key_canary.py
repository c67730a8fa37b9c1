"""A canary for a key: a daily run with good and failing services, then every byte searched."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xarray as xr
from click.testing import CliRunner
from loopback import Reply, Request, loopback
from qweather_service import KEY, Service

from dispatch.plan_reader import read_plan
from forecasts.weather import qweather
from scenarios.cli import FAULT_LOG, main
from tests.daily_runs import ONE_DAY, TWO_DAYS, weather_from
from tests.small_case import write_small_case

NOW = datetime(2026, 1, 14, 21, 30, tzinfo=UTC)
ECHO = f"no access with {KEY}".encode()


class Services:
    """Four services of the same account: three fail and echo the key, the last is well."""

    def __init__(self) -> None:
        self.good = Service(NOW)
        self.asked: dict[str, int] = {}
        self.stolen: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        first, _, rest = request.path.lstrip("/").partition("/")
        self.asked[first] = self.asked.get(first, 0) + 1
        if first == "moved" and "stolen" in rest:
            self.stolen.append(request)
        away = {"Location": f"/moved/stolen?key={KEY}"}
        replies = {
            "refusing": Reply(401, ECHO),
            "broken": Reply(500, ECHO, {"X-Echo": KEY}),
            "moved": Reply(302, ECHO, away),
            "garbled": Reply(200, b'{"code": "' + KEY.encode() + b'"'),
        }
        return replies.get(first) or self.good(request)


def settings(base_url: str) -> list[str]:
    names = ("refusing", "broken", "moved", "garbled", "well")
    return [f'kind = "qweather"\nname = "{n}"\nbase_url = "{base_url}/{n}"' for n in names]


def places_of(secret: str, folder: Path) -> list[str]:
    """Files that hold a secret, and names that do."""
    found = []
    for path in folder.rglob("*"):
        held = [str(path).encode()]
        if path.is_file():
            held.append(path.read_bytes())
        if path.name == "plan.nc":
            held.append(repr(read_plan(path).attrs).encode())
        elif path.suffix == ".nc":
            with xr.open_dataset(path, engine="h5netcdf") as run:
                held.append(json.dumps(run.attrs, default=str).encode())
        found += [path.name for content in held if secret.encode() in content]
    return found


def test_a_key_is_nowhere_after_a_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It was sent (or the last service would not have answered), and stands in no file, no word.

    The run is made twice: whole, and broken off by a fault of ours while the key is in use.
    """
    caplog.set_level(logging.DEBUG)
    key = tmp_path / "secrets" / "key"
    key.parent.mkdir()
    key.write_text(KEY, encoding="utf-8")
    key.chmod(0o600)
    monkeypatch.delenv("QWEATHER_API_KEY", raising=False)
    monkeypatch.delenv("QWEATHER_JWT", raising=False)
    monkeypatch.setenv("QWEATHER_API_KEY_FILE", str(key))
    work = tmp_path / "work"
    services = Services()
    with loopback(services) as service:
        edits = (TWO_DAYS, ONE_DAY, weather_from(*settings(service.base_url)))
        write_small_case(work / "town", *edits)
        folders = ["--runs", str(work / "runs"), "--store", str(work / "store")]
        words = ["daily", str(work / "town"), "--now", NOW.isoformat(), *folders]
        ended = CliRunner().invoke(main, words)

        def fault_of_ours(*_: object) -> str:
            raise RuntimeError("nobody foresaw this")

        monkeypatch.setattr(qweather, "code_of", fault_of_ours)
        broken = CliRunner().invoke(main, [*words, "--json"])
    assert ended.exit_code in (0, 10, 20), ended.output
    assert broken.exit_code == 1, broken.output
    assert (work / "runs" / FAULT_LOG).stat().st_mode & 0o077 == 0
    assert set(services.asked) >= {"refusing", "broken", "moved", "garbled", "well"}
    assert services.stolen == []
    summary = json.loads((work / "runs/small/latest/summary.json").read_text("utf-8"))
    assert summary["forecast"]["provider"] == "well"
    assert places_of(KEY, work) == []
    for said in (ended.output, broken.output, caplog.text):
        assert KEY not in said


def test_an_unsafe_key_file_is_told_in_the_plan_and_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_text(KEY, encoding="utf-8")
    key.chmod(0o644)
    monkeypatch.setenv("QWEATHER_API_KEY_FILE", str(key))
    monkeypatch.delenv("QWEATHER_API_KEY", raising=False)
    with loopback(Services()) as service:
        write_small_case(tmp_path / "town", weather_from(settings(service.base_url)[-1]))
        words = ["weather", "show", str(tmp_path / "town"), "--now", NOW.isoformat()]
        ended = CliRunner().invoke(main, [*words, "--store", str(tmp_path / "store")])
        assert service.requests == []
    assert "QWEATHER_API_KEY_FILE has mode 644" in " ".join(ended.output.split())
    assert KEY not in ended.output
