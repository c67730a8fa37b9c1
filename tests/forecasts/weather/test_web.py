"""The web client against services that misbehave, byte by byte, on the loopback interface."""

import gzip
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from forecasts.file_limits import ANSWER_BYTES
from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.web import TimeBudget, WebClient

Reply = Callable[[socket.socket, int], None]  # given the connection and the number of the request
KEY = "k3y-0f-the-utility"
DATE = "Thu, 15 Jan 2026 05:12:00 GMT"


class RawServer:
    """A socket that answers with the bytes a test says; `requests` holds what was received."""

    def __init__(self, reply: Reply, tls: ssl.SSLContext | None = None) -> None:
        self.reply, self.tls = reply, tls
        self.requests: list[str] = []
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/v1"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            received = b""
            while b"\r\n\r\n" not in received:
                piece = connection.recv(4096)
                if not piece:
                    return
                received += piece
            self.requests.append(received.decode("latin-1"))
            self.reply(connection, len(self.requests))
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)


@contextmanager
def raw_server(reply: Reply, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    server = RawServer(reply, tls)
    proxies = pytest.MonkeyPatch()
    for name in ("NO_PROXY", "no_proxy"):
        proxies.setenv(name, "127.0.0.1", prepend=",")
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        server.listener.close()
        proxies.undo()


def said(status: str, body: bytes = b"{}", **headers: str) -> bytes:
    """Return a whole answer; underscores in the names of headers stand for hyphens."""
    named = {"Content-Length": str(len(body)), "Connection": "close"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    lines = "".join(f"{name}: {text}\r\n" for name, text in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def always(answer: bytes) -> Reply:
    return lambda connection, _number: connection.sendall(answer)


def in_turn(*answers: bytes) -> Reply:
    """Answer in order, the last one again and again."""
    return lambda connection, number: connection.sendall(answers[min(number, len(answers)) - 1])


def client(budget_s: float = 20.0, **settings) -> WebClient:
    quick = {"retries": 0, "backoff_s": 0.01} | settings
    return WebClient(TimeBudget(budget_s), **quick)


def failure(asked: Callable[[], object]) -> WeatherUnavailable:
    with pytest.raises(WeatherUnavailable) as raised:
        asked()
    return raised.value


def dripping(first: bytes, drop: bytes) -> Reply:
    def reply(connection: socket.socket, _number: int) -> None:
        connection.sendall(first)
        while True:  # until the client has had enough and the socket breaks
            connection.sendall(drop)
            threading.Event().wait(0.02)

    return reply


def silent(connection: socket.socket, _number: int) -> None:
    threading.Event().wait(5)


SLOW = {
    "status line drips": dripping(b"HTTP/1.1 2", b"0"),
    "header drips": dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "body drips": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", b"1"),
    "chunks drip": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n"
    ),
    "silent": silent,
}


@pytest.mark.parametrize("how", SLOW)
def test_the_budget_of_all_ends_even_if_every_byte_comes_in_time(how):
    """Bytes drip faster than any time-out of `requests`: without the budget this never ends."""
    with raw_server(SLOW[how]) as slow, raw_server(always(said("200 OK"))) as well:
        web = client(budget_s=0.3)
        first = failure(lambda: web.get("first", slow.url, {}))
        second = failure(lambda: web.get("second", well.url, {}))
        assert (first.cause, second.cause) == (Cause.TIMEOUT, Cause.TIMEOUT)
        assert "0.3 s for all services are used up" in second.detail
        assert well.requests == []


@pytest.mark.parametrize("how", SLOW)
def test_one_slow_service_leaves_time_for_the_next(how):
    """The limit is long enough for an answer at once even on a machine that has other work."""
    with raw_server(SLOW[how]) as slow, raw_server(always(said("200 OK"))) as well:
        web = client(budget_s=60, longest_request_s=1.5, retries=2)
        assert failure(lambda: web.get("first", slow.url, {})).cause is Cause.TIMEOUT
        assert len(slow.requests) == 1  # waited for in vain: not asked again
        assert web.get("second", well.url, {}).body == b"{}"


def test_a_connection_that_is_never_accepted_is_given_up():
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        assert failure(lambda: client(budget_s=0.2).get("deaf", url, {})).cause is Cause.TIMEOUT


def test_a_name_server_that_does_not_answer_is_given_up(monkeypatch):
    """There is no name server on the loopback interface: the resolver's call hangs instead."""
    asked, never = threading.Event(), threading.Event()

    def hanging(*_: object, **__: object) -> list[object]:
        asked.set()
        never.wait(5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    web = client(budget_s=0.2)
    assert failure(lambda: web.get("x", "http://weather.invalid/", {})).cause is Cause.TIMEOUT
    assert asked.is_set()
    never.set()


def test_what_is_left_behind_does_not_keep_the_program_from_ending():
    program = """
import socket
from forecasts.weather.provider import WeatherUnavailable
from forecasts.weather.web import TimeBudget, WebClient
deaf = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
try:
    WebClient(TimeBudget(0.2), read_timeout_s=600).get("deaf", url, {})
except WeatherUnavailable as why:
    print(why.cause)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert (ended.stdout, ended.stderr) == ("timeout\n", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "0"},
        {"Retry_After": DATE, "Date": DATE},
        {"Retry_After": "Thu, 15 Jan 2026 05:00:00 GMT", "Date": DATE},  # over already
        {"Retry_After": "soon"},
        {"Retry_After": "-5", "Date": "yesterday"},
        {},
    ],
)
def test_a_service_that_asks_for_no_more_than_a_moment_is_asked_again(headers):
    busy, well = said("429 Too Many Requests", **headers), said("200 OK", b"[1]")
    with raw_server(in_turn(busy, well)) as server:
        assert client(retries=1).get("x", server.url, {}).body == b"[1]"
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "3600"},
        {"Retry_After": "Thu, 15 Jan 2026 06:12:00 GMT", "Date": DATE},
        {"Retry_After": "9" * 400},
    ],
)
def test_a_service_that_asks_for_an_hour_is_given_up_at_once(headers):
    with raw_server(always(said("429 Too Many Requests", **headers))) as server:
        why = failure(lambda: client(budget_s=1e9, retries=2).get("x", server.url, {}))
        assert why.cause is Cause.RATE_LIMITED
        assert "to be asked again in" in why.detail
        assert len(server.requests) == 1


def test_a_pause_longer_than_the_budget_is_not_begun():
    with raw_server(always(said("503 Busy"))) as server:
        web = client(budget_s=5, retries=2, backoff_s=100)
        assert failure(lambda: web.get("x", server.url, {})).cause is Cause.SERVER_ERROR
        assert len(server.requests) == 1


def test_retries_end():
    with raw_server(always(said("503 Busy"))) as server:
        why = failure(lambda: client(retries=2).get("x", server.url, {}))
        assert why.cause is Cause.SERVER_ERROR
        assert len(server.requests) == 3


def test_a_reset_is_tried_again():
    def reply(connection: socket.socket, number: int) -> None:
        if number == 1:  # RST instead of FIN
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            connection.sendall(said("200 OK", b"[1]"))

    with raw_server(reply) as server:
        assert client(retries=1).get("x", server.url, {}).body == b"[1]"


def test_redirects_in_a_circle_end_and_are_not_tried_again():
    with raw_server(always(said("302 Found", Location="/v1"))) as server:
        assert failure(lambda: client(retries=2).get("x", server.url, {})).cause is Cause.NETWORK
        assert len(server.requests) == 4


def test_a_redirect_is_followed_but_never_with_a_key():
    with (
        raw_server(always(said("200 OK", b"[1]"))) as other,
        raw_server(always(said("302 Found", Location=other.url))) as first,
    ):
        assert client().get("x", first.url, {}).body == b"[1]"
        keyed = {"X-Api-Key": KEY}
        why = failure(lambda: client().get("x", first.url, {}, keyed, secret=KEY))
        assert why.cause is Cause.REFUSED
        assert "HTTP 302" in why.detail
        assert len(other.requests) == 1
        assert KEY in first.requests[1]
        assert KEY not in other.requests[0]


def _everything_told(error: BaseException | None) -> str:
    """Return all texts of an error and of those behind it, shown or not."""
    told = ""
    while error is not None:
        told += "".join(traceback.format_exception(error)) + repr(error.args)
        error = error.__cause__ or error.__context__
    return told


@pytest.mark.parametrize("key", [KEY, KEY + "\n", " " + KEY, KEY + "密钥"])
def test_a_key_is_never_told(key):
    """A line break at the end of a key file makes `requests` quote the key in its error."""
    echo = said("401 Unauthorized", f"no such key: {KEY}".encode())
    with raw_server(always(echo)) as server:
        why = failure(lambda: client().get("x", server.url, {}, {"X-Api-Key": key}, secret=key))
        assert why.cause in (Cause.REFUSED, Cause.NETWORK)
        assert KEY not in _everything_told(why)


def test_a_key_is_never_told_when_nobody_listens():
    why = failure(
        lambda: client().get("x", "http://127.0.0.1:9/", {}, {"X-Api-Key": KEY}, secret=KEY)
    )
    assert why.cause is Cause.NETWORK
    assert KEY not in _everything_told(why)


def test_a_password_in_the_address_is_not_told():
    why = failure(lambda: client().get("x", "http://user:hidden@127.0.0.1:9/", {}))
    assert "127.0.0.1:9" in why.detail
    assert "hidden" not in str(why)


@pytest.mark.parametrize(
    "url", ["nowhere", "http://", "http://[::1/", "ftp://127.0.0.1/", "http://a b/"]
)
def test_an_address_that_is_none_is_a_network_fault(url):
    assert failure(lambda: client(retries=2).get("x", url, {})).cause is Cause.NETWORK


def test_not_modified_is_an_answer_only_where_it_was_asked_for():
    unchanged = b"HTTP/1.1 304 Not Modified\r\nExpires: " + DATE.encode() + b"\r\n\r\n"
    with raw_server(always(unchanged)) as server:
        asked = {"If-Modified-Since": DATE}
        answer = client().get("x", server.url, {}, asked, accepted=(200, 304))
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["expires"] == DATE
        assert DATE in server.requests[0]
        assert failure(lambda: client().get("x", server.url, {})).cause is Cause.REFUSED


def test_gzip_is_unpacked():
    packed = said("200 OK", gzip.compress(b'{"hourly": 1}'), Content_Encoding="gzip")
    with raw_server(always(packed)) as server:
        assert client().get("x", server.url, {}).body == b'{"hourly": 1}'


@pytest.mark.parametrize(
    ("body", "encoding", "cause"),
    [
        (gzip.compress(bytes(2 * ANSWER_BYTES)), "gzip", Cause.TOO_LARGE),
        (gzip.compress(gzip.compress(bytes(2 * ANSWER_BYTES))), "gzip, gzip", Cause.NETWORK),
        (b"no gzip at all", "gzip", Cause.NETWORK),
        (b"{}", "br", Cause.NETWORK),
    ],
    ids=["bomb", "bomb in a bomb", "garbage", "not asked for"],
)
def test_packed_bodies_that_are_none_or_far_too_much(body, encoding, cause):
    with raw_server(always(said("200 OK", body, Content_Encoding=encoding))) as server:
        assert failure(lambda: client().get("x", server.url, {})).cause is cause


def test_a_body_without_end_is_cut_off():
    def endless(connection: socket.socket, _number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"0," * 100_000)

    with raw_server(endless) as server:
        assert failure(lambda: client().get("x", server.url, {})).cause is Cause.TOO_LARGE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 that only a bundle of our own can vouch for."""
    folder = tmp_path_factory.mktemp("tls")
    made = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(made[0]), "-keyout", str(made[1])]
    try:
        subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl command to make a certificate with")
    return made


def test_certificates_are_checked_and_a_bundle_of_ones_own_is_heeded(certificate, monkeypatch):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with raw_server(always(said("200 OK", b"[1]")), tls) as server:
        why = failure(lambda: client(retries=2).get("x", server.url, {}))
        assert why.cause is Cause.NETWORK
        assert "SSLError" in why.detail
        assert server.requests == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
        assert client().get("x", server.url, {}).body == b"[1]"
