"""The fault table of the other services: what all of them must survive, whoever answers.

The ids read `service: fault -> outcome`. Each service is made as a case would make it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from forecasts.weather.provider import Cause, WeatherProvider
from forecasts.weather.providers import ProviderKind, provider_from_settings
from forecasts.weather.web import WebClient
from tests import network_faults as wire
from tests.fault_table import Row, Table, fault_table, refused

KEY = "a-key-of-nobody"
KINDS = (
    ProviderKind.OPEN_METEO_ENSEMBLE,
    ProviderKind.OPEN_METEO_SINGLE_RUN,
    ProviderKind.MET_NORWAY,
    ProviderKind.QWEATHER,
)
STRANGE = (Cause.NOT_JSON, Cause.MISSING_FIELD, Cause.REFUSED)  # no service answers in this way
ROWS = [
    Row("drips its body", wire.drip_body, refused(Cause.TIMEOUT), impatient=True),
    Row("reset in the body", wire.reset_in_body, refused(Cause.NETWORK)),
    Row("redirect loop", wire.redirected("{target}"), refused(Cause.NETWORK, Cause.REFUSED)),
    Row("502", wire.status("502 Bad Gateway", b"<html>"), refused(Cause.SERVER_ERROR)),
    Row("gzip bomb", wire.gzip_bomb, refused(Cause.TOO_LARGE)),
    Row("a page", wire.status("200 OK", b"<html>Please log in</html>"), refused(Cause.NOT_JSON)),
    Row("something else", wire.status("200 OK", b'{"weather": "fine"}'), refused(*STRANGE)),
    Row("null for all", wire.status("200 OK", wire.NULLS), refused(*STRANGE)),
]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    wire.bomb()  # made before anyone waits for it
    with fault_table() as running:
        yield running


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        pytest.param(kind, row, id=f"{kind.value}: {row.name} -> {row.expected}")
        for kind in KINDS
        for row in ROWS
    ],
)
def test_of_another_service(
    table: Table, tmp_path: Path, kind: ProviderKind, row: Row, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("QWEATHER_API_KEY", KEY)

    def provider(base_url: str, web: WebClient) -> WeatherProvider:
        return provider_from_settings(
            kind.value,
            name="first",
            base_url=base_url,
            contact="dispatch@example.org",
            cache_folder=tmp_path / "cache",
            web=web,
        )

    told = table.try_row(row, tmp_path, provider=provider)
    assert len(table.first.requests) > 0
    assert all(KEY not in attempt.detail for attempt in told.attempts)
    assert not any(
        KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )
    assert list((tmp_path / "cache").rglob("*.answer")) == []  # nothing bad is kept for later
