"""The fault table, on the wire: what a service does wrong there, and what comes of it.

The ids of the tests are the table: `name -> outcome`. Each row is a real service on the loopback
interface, asked by the real client, with a good service after it in the chain.
The faults of an answer's content are in `test_fault_table_answers.py`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecasts.weather.provenance import NoteCode
from forecasts.weather.provider import Cause
from tests import network_faults as wire
from tests.fault_server import fault_server, self_signed, well
from tests.fault_table import NOW, Refused, Row, Table, Used, fault_table, params, refused
from tests.weather_server import weather_server

NETWORK, TIMEOUT, TOO_LARGE = Cause.NETWORK, Cause.TIMEOUT, Cause.TOO_LARGE
NOT_JSON, REFUSED, SERVER_ERROR = Cause.NOT_JSON, Cause.REFUSED, Cause.SERVER_ERROR
RATE_LIMITED = Cause.RATE_LIMITED
LOGIN = b"<html><body>Please log in to the network</body></html>"
NO = b'{"error": true, "reason": "Latitude must be in range of -90 to 90"}'


def retry_after(text: str, status: str = "429 Too Many Requests", date: str = "") -> wire.Speak:
    headers = (("Retry-After", text), *((("Date", date),) if date else ()))
    return wire.status(status, b"limit exceeded", headers)


def slow(name: str, speak: wire.Speak, expected: Refused | Used, **more) -> Row:
    return Row(name, speak, expected, impatient=True, **more)


SLOW = [
    slow("slow drip of the body", wire.drip_body, refused(TIMEOUT, saying="0.8 s")),
    slow("slow drip of the headers", wire.drip_headers, refused(TIMEOUT, saying="0.8 s")),
    slow("hangs before it answers", wire.hang, refused(TIMEOUT, saying="timed out")),
    slow("hangs after the headers", wire.hang_after_headers, refused(TIMEOUT)),
    slow("hangs in the body", wire.hang_in_body, refused(TIMEOUT)),
    slow("100 Continue for ever", wire.endless_continue, refused(TIMEOUT, saying="0.8 s")),
    slow("hangs, and is not asked twice", wire.hang, refused(TIMEOUT), retries=2, requests=1),
]
BROKEN_CONNECTIONS = [
    Row("reset at once", wire.reset, refused(NETWORK, saying="reset")),
    Row("reset in the headers", wire.reset_in_headers, refused(NETWORK, saying="reset")),
    Row("reset in the body", wire.reset_in_body, refused(NETWORK, saying="reset")),
    Row("empty reply", wire.empty_reply, refused(NETWORK, saying="without response")),
    Row(
        "Content-Length too long, closed",
        wire.closed_in_body,
        refused(NETWORK, saying="more expected"),
    ),
    Row("reset, then well", wire.at_first(wire.reset), Used(), retries=1, requests=3),
]
BROKEN_HTTP = [
    Row("no HTTP at all", wire.no_http, refused(NETWORK, saying="SSH-2.0")),
    Row("thousands of headers", wire.endless_headers, refused(NETWORK, saying="100 headers")),
    Row("a header of 200 kB", wire.long_header, refused(NETWORK, saying="header line")),
    Row("Content-Length too short", wire.length_too_short, refused(NOT_JSON)),
    Row("two Content-Lengths", wire.two_lengths, refused(NETWORK, saying="Content-Length")),
    Row("Content-Length is text", wire.length_is_text, Used()),
    Row("broken chunks", wire.broken_chunks, refused(NETWORK)),
    Row("chunks without an end", wire.unended_chunks, refused(NETWORK)),
]
REDIRECTS = [
    Row("redirect loop", wire.redirected("{target}"), refused(NETWORK, saying="redirects")),
    Row("redirect to a dead port", wire.redirected("http://127.0.0.1:9/"), refused(NETWORK)),
    Row("redirect to another scheme", wire.redirected("file:///etc/passwd"), refused(NETWORK)),
    Row("redirect to no URL", wire.redirected("http://[nowhere"), refused(NETWORK)),
    Row("301 without Location", wire.status("301 Moved"), refused(REFUSED, saying="301")),
    Row("304 unasked", wire.status("304 Not Modified"), refused(REFUSED, saying="304")),
]
STATUSES = [
    Row("204 without content", wire.status("204 No Content"), refused(REFUSED, saying="204")),
    Row("206, a part", wire.status("206 Partial Content"), refused(REFUSED, saying="206")),
    Row("400 with its reason", wire.status("400 Bad", NO), refused(REFUSED, saying="Latitude")),
    Row("401", wire.status("401 Unauthorized", b"key?"), refused(REFUSED, saying="401")),
    Row("403", wire.status("403 Forbidden", LOGIN), refused(REFUSED, saying="403")),
    Row("404", wire.status("404 Not Found"), refused(REFUSED, saying="404"), retries=1, requests=1),
    Row("500", wire.status("500 Oops"), refused(SERVER_ERROR, saying="500"), retries=1, requests=2),
    Row("502 with a page", wire.status("502 Bad Gateway", LOGIN), refused(SERVER_ERROR)),
    Row("503, then well", wire.at_first(wire.status("503 Busy")), Used(), retries=1),
    Row(
        "503, in an hour again",
        retry_after("3600", "503 Busy"),
        refused(SERVER_ERROR),
        retries=1,
        requests=1,
    ),
    Row("status 999", wire.status("999 Denied"), refused(REFUSED, SERVER_ERROR, saying="999")),
]
LIMITS = [
    Row("429 without more", wire.status("429 Slow down"), refused(RATE_LIMITED)),
    Row("429, then well", wire.at_first(retry_after("0")), Used(), retries=1),
    Row(
        "429, in a day again",
        retry_after("86400"),
        refused(RATE_LIMITED, saying="86400 s"),
        retries=2,
        requests=1,
    ),
    Row(
        "429 until a date",
        retry_after("Thu, 15 Jan 2026 06:00:00 GMT", date="Thu, 15 Jan 2026 05:12:00 GMT"),
        refused(RATE_LIMITED, saying="2880 s"),
        retries=1,
        requests=1,
    ),
    Row("429 until garbage", retry_after("soon, perhaps"), refused(RATE_LIMITED), retries=1),
    Row(
        "429 until the year 99999",
        retry_after("Fri, 31 Dec 99999 23:59:59 GMT"),
        refused(RATE_LIMITED),
    ),
    Row("429 for 400 digits", retry_after("9" * 400), refused(RATE_LIMITED), retries=1),
]
SIZES = [
    Row("gzip garbage", wire.gzip_garbage, refused(NETWORK, saying="decompressing")),
    Row("gzip cut short", wire.gzip_cut, refused(NOT_JSON, NETWORK)),
    Row("gzip with a bad checksum", wire.gzip_bad_checksum, refused(NETWORK, saying="check")),
    Row("deflate cut short", wire.deflate_cut, refused(NOT_JSON, NETWORK)),
    Row("gzip bomb", wire.gzip_bomb, refused(TOO_LARGE, saying="20000000")),
    Row("gzip bomb in a gzip", wire.nested_bomb, refused(NETWORK, saying="gzip, gzip")),
    Row("fifty codings", wire.many_codings, refused(NETWORK)),
    Row("unknown coding", wire.unknown_coding, refused(NETWORK, saying="x-secret")),
    Row("huge body", wire.huge_body, refused(TOO_LARGE, saying="20000000")),
    Row("a terabyte announced", wire.huge_announced, refused(TOO_LARGE, saying="1000000000000")),
    Row("body without an end", wire.infinite_body, refused(TOO_LARGE, saying="20000000")),
]
ESTIMATED = Used((NoteCode.ISSUE_TIME_ESTIMATED,))
META = [
    Row("age of the run: 500", wire.only_meta(wire.status("500 Oops")), ESTIMATED),
    slow("age of the run: hangs", wire.only_meta(wire.hang), ESTIMATED),
    slow("age of the run: drips", wire.only_meta(wire.drip_headers), ESTIMATED),
    Row("age of the run: reset", wire.only_meta(wire.reset), ESTIMATED),
    Row("age of the run: a page", wire.only_meta(wire.status("200 OK", LOGIN)), ESTIMATED),
]
ROWS = [*SLOW, *BROKEN_CONNECTIONS, *BROKEN_HTTP, *REDIRECTS, *STATUSES, *LIMITS, *SIZES, *META]


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    wire.bomb()  # made before anyone waits for it
    with fault_table() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment would answer in place of an unknown host."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("row", params(ROWS))
def test_on_the_wire(table: Table, tmp_path: Path, row: Row):
    table.try_row(row, tmp_path)


@pytest.mark.parametrize(
    ("base_url", "causes"),
    [
        pytest.param("http://127.0.0.1:9", (NETWORK,), id="refused connection -> network"),
        # a resolver without a network may let us wait instead of saying no
        pytest.param("http://weather.invalid", (NETWORK, TIMEOUT), id="unknown host -> network"),
        pytest.param("weather.example/no-scheme", (NETWORK,), id="no URL -> network"),
        pytest.param("http://[::1", (NETWORK,), id="broken URL -> network"),
        pytest.param("http://127.0.0.1:99999", (NETWORK,), id="port out of range -> network"),
        pytest.param("http://" + "a" * 300, (NETWORK,), id="host too long -> network"),
    ],
)
def test_an_address_where_no_service_is(table: Table, tmp_path: Path, base_url: str, causes):
    table.try_row(Row("address", well, refused(*causes)), tmp_path, base_url)


# ---- TLS -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("no openssl command to make a certificate with")
    return found


def test_a_certificate_that_nobody_signed(table: Table, tmp_path: Path, openssl: str):
    """Wrong certificate -> network; taken as it is, anyone in between could write the forecast."""
    with fault_server(NOW, self_signed(tmp_path, openssl)) as tls:
        row = Row("self-signed", well, refused(NETWORK, saying="self-signed certificate"))
        table.try_row(row, tmp_path, tls.base_url)
        assert tls.requests == []


def test_a_trusted_certificate_of_another_host(
    table: Table, tmp_path: Path, openssl: str, monkeypatch: pytest.MonkeyPatch
):
    """Certificate of another host -> network; the same certificate serves where it belongs."""
    with fault_server(NOW, self_signed(tmp_path, openssl)) as tls:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        table.try_row(Row("right host", well, Used()), tmp_path / "right", tls.base_url)
        other = tls.base_url.replace("127.0.0.1", "localhost")
        row = Row("wrong host", well, refused(NETWORK, saying="localhost"))
        table.try_row(row, tmp_path / "wrong", other)


def test_tls_spoken_to_a_plain_port(table: Table, tmp_path: Path):
    """TLS to a plain port -> network."""
    row = Row("TLS to plain", well, refused(NETWORK, saying="SSL"))
    table.try_row(row, tmp_path, table.first.base_url.replace("http:", "https:"))


def test_plain_http_spoken_to_a_tls_port(table: Table, tmp_path: Path, openssl: str):
    """Plain HTTP to a TLS port -> network."""
    with fault_server(NOW, self_signed(tmp_path, openssl)) as tls:
        row = Row("plain to TLS", well, refused(NETWORK))
        table.try_row(row, tmp_path, tls.base_url.replace("https:", "http:"))


# ---- redirects to other hosts ----------------------------------------------------------------


def test_a_redirect_to_the_login_page_of_some_network(table: Table, tmp_path: Path):
    """Login page by redirect -> not_json: what a hotel or a factory gate's network does."""
    with fault_server(NOW) as gate:
        gate.speak = wire.status("200 OK", LOGIN)
        row = Row("login", wire.redirected(gate.base_url + "/login"), refused(NOT_JSON))
        table.try_row(row, tmp_path)
        assert gate.requests == ["/login"]


def test_a_service_that_moved_is_followed(table: Table, tmp_path: Path):
    """Redirect to a good service elsewhere -> used: its answer is judged like any other."""
    with weather_server(NOW) as moved:
        away = wire.redirected(moved.base_url + "{target}", "308 Permanent Redirect")
        table.try_row(Row("moved", away, Used()), tmp_path)
