"""Weather that fails: each fault is survived by the next source in the case, and said so.

The search and what it says are tested fault by fault without a solve; whole runs are made for one
fault of the first service and for the store.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dispatch import case_weather
from dispatch.case_files import read_case
from dispatch.daily import run_daily
from dispatch.daily_request import DailyRequest
from dispatch.situation import forecast_for
from dispatch.time_grid import plan_start, time_grid
from dispatch.verdict import weather_remarks
from forecasts.weather.provenance import WeatherProvenance, provenance_of
from forecasts.weather.web import WebClient
from tests.daily_runs import (
    EVENING,
    FEW_PATHS,
    NOBODY_LISTENS,
    SPARE_PLATES,
    TWO_DAYS,
    assert_usable,
    open_meteo,
    plan_small,
    published,
    weather_from,
)
from tests.small_case import Edit, whole_file, write_small_case
from tests.weather_server import Fault, WeatherServer, around, weather_server

HOUR = timedelta(hours=1)
CLIMATE = 'kind = "climate"'
FIRST_C, SECOND_C = -2.0, -3.0  # told apart by their temperature


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services are given up after a second, without waiting between tries."""
    quick = partial(WebClient, read_timeout_s=1.0, retries=0)
    monkeypatch.setattr(case_weather, "WebClient", quick)


@pytest.fixture
def servers() -> Iterator[tuple[WeatherServer, WeatherServer]]:
    """Two services: the one asked first, and a good one."""
    with (
        weather_server(now=EVENING, temperature=around(FIRST_C)) as first,
        weather_server(now=EVENING, temperature=around(SECOND_C)) as second,
    ):
        yield first, second


def found(folder: Path, sources: Edit, *edits: Edit) -> tuple[WeatherProvenance, float]:
    """The weather that a run of the small case would rest on: provenance and mean over a day."""
    case_folder = write_small_case(folder / "case", sources, *edits)
    case = read_case(case_folder).case
    request = DailyRequest(case_folder, EVENING, folder / "runs", folder / "store", paths=FEW_PATHS)
    start = plan_start(EVENING, case.settings.time.step_min)
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    weather = forecast_for(case, request, EVENING, grid)
    temperature = weather["air_temperature"].values
    assert np.isfinite(temperature).all()
    return provenance_of(weather), float(temperature[48:72].mean())


def keys(remarks: list) -> list[str]:
    return [remark.key for remark in remarks]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault.BAD_REQUEST, "weather.refused"),
        (Fault.RATE_LIMITED, "weather.rate_limited"),
        (Fault.SERVER_ERROR, "weather.server_error"),
        (Fault.HANG, "weather.timeout"),
        (Fault.TRUNCATED, "weather.not_json"),
        (Fault.BROKEN_OFF, "weather.network"),
        (Fault.HTML, "weather.not_json"),
        (Fault.HUGE, "weather.too_large"),
        (Fault.MISSING_FIELD, "weather.missing_field"),
        (Fault.LONG_GAP, "weather.gaps"),
        (Fault.TEXT_VALUE, "weather.not_plausible"),
        (Fault.WRONG_LENGTH, "weather.wrong_length"),
        (Fault.DUPLICATE_HOUR, "weather.wrong_times"),
        (Fault.WRONG_PLACE, "weather.wrong_place"),
        (Fault.WRONG_CLOCK, "weather.wrong_times"),
        (Fault.IN_THE_PAST, "weather.wrong_times"),
        (Fault.FUTURE_META, "weather.wrong_times"),
        (Fault.STALE_META, "weather.stale"),
        (Fault.UNKNOWN_UNIT, "weather.wrong_units"),
        (Fault.TOO_HOT, "weather.not_plausible"),
        (Fault.FLAT, "weather.not_plausible"),
        (Fault.DARK, "weather.not_plausible"),
        (Fault.WRONG_ZONE, "weather.wrong_times"),
    ],
)
def test_a_faulty_service_is_named_and_the_next_one_serves(
    servers: tuple[WeatherServer, WeatherServer], tmp_path: Path, fault: Fault, said: str
):
    first, second = servers
    first.fault = fault
    sources = weather_from(
        open_meteo(first.base_url, "first"), open_meteo(second.base_url, "second"), CLIMATE
    )
    weather, mean_c = found(tmp_path, sources)
    reasons, notes = weather_remarks(weather)
    assert weather.provider == "second"
    assert mean_c == pytest.approx(SECOND_C, abs=0.1)
    assert weather.fresh
    assert keys(reasons) == []  # a fresh forecast: still green
    told = [note for note in notes if note.key.removeprefix("weather.") in set_of_causes()]
    assert keys(told) == [said]
    assert "first" in told[0].text


def set_of_causes() -> set[str]:
    from forecasts.weather.provider import Cause

    return {cause.value for cause in Cause}


def test_without_any_service_the_climate_serves_and_it_is_a_reason(tmp_path: Path):
    sources = weather_from(open_meteo(NOBODY_LISTENS, "first"), CLIMATE)
    weather, _ = found(tmp_path, sources)
    reasons, notes = weather_remarks(weather)
    assert keys(reasons) == ["weather.note_climate_used"]
    assert keys(notes) == ["weather.network", "weather.nothing_stored"]


def test_with_nothing_at_all_the_normals_serve_and_both_are_reasons(tmp_path: Path):
    weather, _ = found(tmp_path, weather_from(open_meteo(NOBODY_LISTENS, "first")))
    reasons, _ = weather_remarks(weather)
    assert keys(reasons) == ["weather.note_last_resort", "weather.note_climate_used"]


def test_an_older_forecast_is_better_than_none_and_is_a_reason(
    servers: tuple[WeatherServer, WeatherServer], tmp_path: Path
):
    """Issued 30 h ago: stale for a green plan (18 h), of use until 48 h."""
    first, _ = servers
    first.fault = Fault.OLD_META
    weather, mean_c = found(tmp_path, weather_from(open_meteo(first.base_url, "first"), CLIMATE))
    reasons, _ = weather_remarks(weather)
    assert weather.provider == "first"
    assert mean_c == pytest.approx(FIRST_C, abs=0.1)
    assert keys(reasons) == ["daily.forecast_old"]


@pytest.mark.parametrize("fault", [Fault.SHORT_GAP, Fault.NULL_TAIL, Fault.NO_META])
def test_small_faults_are_bridged_and_said(
    servers: tuple[WeatherServer, WeatherServer], tmp_path: Path, fault: Fault
):
    first, _ = servers
    first.fault = fault
    weather, _ = found(tmp_path, weather_from(open_meteo(first.base_url, "first"), CLIMATE))
    reasons, notes = weather_remarks(weather)
    assert weather.provider == "first"
    assert keys(reasons) == []
    expected = {
        Fault.SHORT_GAP: ["weather.note_interpolated"],
        Fault.NULL_TAIL: [],  # the service reaches two days further than is needed
        Fault.NO_META: ["weather.note_issue_time_estimated"],
    }[fault]
    assert keys(notes) == expected


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("absent.csv", None, "weather.file_missing"),
        ("w.csv", b"", "weather.file_fault"),
        ("w.csv", b"\xff\xfe\x00\x01", "weather.file_fault"),
        ("w.csv", b"time,temp_c\n2026-01-14T00:00,x\n", "weather.file_fault"),
    ],
)
def test_a_faulty_file_is_named_and_the_next_one_serves(
    servers: tuple[WeatherServer, WeatherServer],
    tmp_path: Path,
    file: str,
    content: bytes | None,
    said: str,
):
    _, second = servers
    by_hand = f'kind = "csv"\nname = "by_hand"\npath = "{file}"'
    edits = [] if content is None else [whole_file(file, content)]
    weather, _ = found(
        tmp_path, weather_from(by_hand, open_meteo(second.base_url, "second")), *edits
    )
    _, notes = weather_remarks(weather)
    assert weather.provider == "second"
    assert keys(notes) == [said]


# ---- whole runs ----------------------------------------------------------------------------


def test_a_run_survives_and_says_it_in_the_summary(
    servers: tuple[WeatherServer, WeatherServer], tmp_path: Path
):
    first, second = servers
    first.fault = Fault.SERVER_ERROR
    sources = weather_from(
        open_meteo(first.base_url, "first"), open_meteo(second.base_url, "second")
    )
    case = write_small_case(tmp_path / "case", *SPARE_PLATES, TWO_DAYS, sources)
    request = DailyRequest(case, EVENING, tmp_path / "runs", tmp_path / "store", paths=FEW_PATHS)
    run = published(run_daily(request, lambda _: None))
    assert_usable(run)
    assert run.quality == "green"
    assert "weather.server_error" in run.note_keys
    assert run.summary["forecast"]["provider"] == "second"


def test_a_forecast_kept_on_disk_serves_when_nobody_answers(tmp_path: Path):
    """Six hours later, the service is gone: the kept run is fresh enough for a green plan."""
    before = plan_small(tmp_path)
    down = weather_from(open_meteo(NOBODY_LISTENS), CLIMATE)
    case = write_small_case(tmp_path / "later", *SPARE_PLATES, TWO_DAYS, down)
    request = DailyRequest(
        case, EVENING + 6 * HOUR, tmp_path / "runs", tmp_path / "store", paths=FEW_PATHS
    )
    run = published(run_daily(request, lambda _: None))
    assert_usable(run)
    assert run.folder.parent == before.folder.parent
    assert run.summary["forecast"]["from_store"] is True
    assert {"weather.network", "weather.note_from_store"} <= set(run.note_keys)
    assert run.quality == "green"
