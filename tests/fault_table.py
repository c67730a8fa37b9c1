"""How one row of the fault table is tried: a service with one fault, a good one after it, a store.

Whatever the first service does, a usable forecast comes within the time budget, what happened is
named with figures, and nothing of a bad answer is trusted later.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from forecasts.series import check_weather
from forecasts.weather.best_forecast import best_forecast
from forecasts.weather.open_meteo import OpenMeteo
from forecasts.weather.provenance import NoteCode, WeatherProvenance, provenance_of
from forecasts.weather.provider import Cause, Place, WeatherProvider, WeatherUnavailable
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.verdict import Gate, Outcome
from forecasts.weather.web import TimeBudget, WebClient
from tests.answer_faults import Spoil, spoiled
from tests.fault_server import FaultServer, Speak, fault_server, well
from tests.weather_server import WeatherServer, around, mild_winter, weather_server

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
NOW = datetime(2026, 1, 15, 5, 12, tzinfo=UTC)
HOURS = 120
BUDGET_S = 5.0
MARGIN_S = 5.0  # for a busy machine; without the budget the slow faults would take 30 s and more
HOUR = timedelta(hours=1)
IMPATIENT = {"connect_timeout_s": 0.3, "read_timeout_s": 0.3, "longest_request_s": 0.8}
SECOND_COLDER_K = 1.0  # tells the answers of the two services apart


@dataclass(frozen=True)
class Refused:
    """The next service is used, and this is said of the first: any of `causes`, with `saying`."""

    causes: tuple[Cause, ...]
    saying: str = ""

    def __str__(self) -> str:
        return " or ".join(self.causes)


@dataclass(frozen=True)
class Used:
    """The first service is used, off by at most `change_k` anywhere, and exactly this is said.

    The gates named are those that say something else than of the service when it is well.
    """

    notes: tuple[NoteCode, ...] = ()
    mended: tuple[Gate, ...] = ()
    doubted: tuple[Gate, ...] = ()
    change_k: float = 0.0
    sun_changed: bool = False

    def __str__(self) -> str:
        said = [f"note {note}" for note in self.notes] + [f"{gate} mended" for gate in self.mended]
        said += [f"{gate} doubtful" for gate in self.doubted]
        return "used: " + (" and ".join(said) or "same values")


@dataclass(frozen=True)
class Row:
    """One fault: its name, what the service does, what is to come of it."""

    name: str
    speak: Speak
    expected: Refused | Used
    retries: int = 0
    now: datetime = NOW
    mean_c: float = -2.0  # what the season allows at `now`
    requests: int | None = None  # how many the first service sees, where that is the point
    impatient: bool = False  # where the service lets us wait, so as not to wait for long


def refused(*causes: Cause, saying: str = "") -> Refused:
    return Refused(causes, saying)


def answer(name: str, spoil: Spoil, expected: Refused | Used, **more: Any) -> Row:
    """Return the row of a service whose forecast is spoiled, while the rest of it is well."""
    return Row(name, spoiled(spoil), expected, **more)


def params(rows: list[Row]) -> list[object]:
    """Return the rows as pytest parameters; their ids read as the table."""
    if len({row.name for row in rows}) != len(rows):
        raise ValueError("two rows have one name")
    return [pytest.param(row, id=f"{row.name} -> {row.expected}") for row in rows]


Make = Callable[[str, WebClient], WeatherProvider]  # from a base URL


def open_meteo(base_url: str, web: WebClient) -> WeatherProvider:
    return OpenMeteo(base_url, name="first", web=web)


@dataclass
class Table:
    """The two services of a table; they stay up for all its rows.

    `provider` is how the first is asked, and `speak` how it answers that when it is well.
    """

    first: FaultServer
    second: WeatherServer
    provider: Make = open_meteo
    speak: Speak = well
    healthy: dict[datetime, xr.Dataset] = field(default_factory=dict)  # by `now`

    def try_row(
        self, row: Row, folder: Path, base_url: str = "", provider: Make | None = None
    ) -> WeatherProvenance:
        """Run the chain against the fault of `row` and check what came of it.

        The service is asked at `base_url` instead of its own, by `provider` instead of the table's.
        """
        if row.now not in self.healthy:
            well_row = Row("well", self.speak, Used(), now=row.now, mean_c=row.mean_c)
            self.healthy[row.now] = self._asked(well_row, folder / "healthy", "", self.provider)
        before = set(threading.enumerate())
        began_s = time.monotonic()
        weather = self._asked(row, folder / "store", base_url, provider or self.provider)
        took_s = time.monotonic() - began_s
        assert took_s < BUDGET_S + MARGIN_S
        left = [t for t in threading.enumerate() if t not in before and not t.daemon]
        assert left == []  # a thread that is no daemon would keep the process from its end
        told = provenance_of(weather)
        if isinstance(row.expected, Refused):
            _check_refused(row.expected, told, folder / "store", row.now)
            change_k = self._change_k(weather, row.now)
            assert change_k == pytest.approx(SECOND_COLDER_K, abs=0.02)
        else:
            assert (told.provider, told.attempts) == ("first", ())
            assert tuple(note.code for note in told.notes) == row.expected.notes
            usual = provenance_of(self.healthy[row.now])
            for outcome, gates in (
                (Outcome.MENDED, row.expected.mended),
                (Outcome.DOUBTFUL, row.expected.doubted),
            ):
                assert _gates(told, outcome) - _gates(usual, outcome) == set(gates), told.gates
            change_k = self._change_k(weather, row.now, row.expected.sun_changed)
            assert change_k <= row.expected.change_k + 1e-9
        if row.requests is not None:
            assert len(self.first.requests) == row.requests
        return told

    def _asked(self, row: Row, folder: Path, base_url: str, provider: Make) -> xr.Dataset:
        self.first.speak, self.first.weather.now = row.speak, row.now
        self.first.weather.temperature = around(row.mean_c)
        self.second.now = row.now
        self.second.temperature = around(row.mean_c - SECOND_COLDER_K)
        self.first.requests.clear()
        patient = WebClient(TimeBudget(BUDGET_S), retries=row.retries, backoff_s=0.01)
        web = replace(patient, **IMPATIENT) if row.impatient else patient
        chain = [
            provider(base_url or self.first.base_url, web),
            OpenMeteo(self.second.base_url, name="second", web=patient),
        ]
        start = plan_start(row.now)
        weather = best_forecast(chain, ZAOZHUANG, row.now, start, HOURS, store=StoredRuns(folder))
        check_weather(weather)
        assert weather.sizes["time"] == HOURS
        return weather

    def _change_k(self, weather: xr.Dataset, now: datetime, sun_changed: bool = False) -> float:
        usual = self.healthy[now]
        if not sun_changed:
            np.testing.assert_allclose(
                weather["global_radiation"].values, usual["global_radiation"].values, atol=1.0
            )
        change = weather["air_temperature"].values - usual["air_temperature"].values
        return float(np.abs(change).max())


def _gates(told: WeatherProvenance, outcome: Outcome) -> set[Gate]:
    return {verdict.gate for verdict in told.gates if verdict.outcome is outcome}


def _check_refused(expected: Refused, told: WeatherProvenance, store: Path, now: datetime) -> None:
    assert told.provider == "second"
    assert told.fresh
    assert [attempt.provider for attempt in told.attempts] == ["first"]
    attempt = told.attempts[0]
    assert attempt.cause in expected.causes, attempt
    assert expected.saying in attempt.detail
    assert attempt.detail  # its figures, or the name of what is missing
    assert _gates(told, Outcome.DOUBTFUL) == set()  # what is refused casts no doubt on the others
    shutil.rmtree(store / "second")
    with pytest.raises(WeatherUnavailable):  # without the good run there is nothing to trust
        StoredRuns(store).latest_run(ZAOZHUANG, now, plan_start(now), HOURS)


def plan_start(now: datetime) -> datetime:
    """Return the local midnight before yesterday's: a plan looks back at the recent past."""
    return (now - 37 * HOUR).replace(minute=0)


@contextmanager
def fault_table(provider: Make = open_meteo, speak: Speak = well) -> Iterator[Table]:
    """Serve both services on the loopback interface until the block ends."""
    with fault_server(NOW) as first, weather_server(NOW, mild_winter) as second:
        yield Table(first, second, provider, speak)
