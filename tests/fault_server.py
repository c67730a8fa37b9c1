"""A weather service on the loopback interface that misbehaves at the level of bytes and sockets.

    with fault_server(now) as server:
        server.speak = lambda talk: talk.reset()
        provider = OpenMeteo(base_url=server.base_url, web=WebClient(retries=0))

`speak` is handed each request as a `Talk` and does with the connection what it likes; what a
service that works would answer is in `talk.good`. With `tls` the same is spoken over a certificate
that nobody signed.
"""

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.weather_server import WeatherServer, good_body, is_meta, mild_winter


@dataclass(frozen=True)
class Talk:
    """One request that a misbehaving service has received, and the means to answer it."""

    connection: socket.socket
    target: str  # path and query
    good: bytes  # the body of a right answer
    visit: int  # how many requests came before this one
    server: "FaultServer"

    @property
    def is_meta(self) -> bool:
        return is_meta(self.target)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reply(
        self,
        status: str = "200 OK",
        body: bytes | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Send a whole answer, the right body unless told otherwise; `headers` come first."""
        content = self.good if body is None else body
        self.send(head(status, (*headers, ("Content-Length", str(len(content))))) + content)

    def drip(self, data: bytes, pause_s: float = 0.05) -> None:
        """Send byte by byte, each soon enough for the read time-out to begin anew."""
        for k in range(len(data)):
            if self.server.closing.wait(pause_s):
                return
            self.send(data[k : k + 1])

    def hang(self) -> None:
        """Keep the connection open and say nothing, until the server is closed."""
        self.server.closing.wait(30)

    def reset(self) -> None:
        """Break the connection off with RST, as a firewall or a crashed service does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


UNKNOWN = b'{"said": "%s"}' % (b"nothing of use " * 500)  # to requests of other services

Speak = Callable[[Talk], None]


def head(status: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return the head of an answer that closes the connection."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {text}" for name, text in headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def well(talk: Talk) -> None:
    """Answer as a service does when all is well."""
    talk.reply()


class FaultServer:
    """What the tests hold of a running server."""

    def __init__(self, weather: WeatherServer) -> None:
        self.weather = weather  # what it would answer, and its clock
        self.speak: Speak = well
        self.requests: list[str] = []
        self.closing = threading.Event()
        self.base_url = ""


@contextmanager
def fault_server(now: datetime, tls: ssl.SSLContext | None = None) -> Iterator[FaultServer]:
    """Serve on 127.0.0.1 until the block ends; `now` is the service's clock (aware)."""
    state = FaultServer(WeatherServer(now, mild_winter, None))
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "http" if tls is None else "https"
    state.base_url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    proxies = pytest.MonkeyPatch()
    for name in ("NO_PROXY", "no_proxy"):  # a proxy of the environment cannot reach us
        proxies.setenv(name, "127.0.0.1,localhost", prepend=",")
    thread = threading.Thread(target=_accept, args=(listener, state, tls), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()  # lets hanging and dripping answers go
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        listener.close()
        thread.join()
        proxies.undo()


def _accept(listener: socket.socket, state: FaultServer, tls: ssl.SSLContext | None) -> None:
    while not state.closing.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, state, tls), daemon=True).start()


def _serve(plain: socket.socket, state: FaultServer, tls: ssl.SSLContext | None) -> None:
    # The client may leave at any moment, and may speak no TLS or nothing but TLS.
    with suppress(OSError, UnicodeDecodeError), plain:
        plain.settimeout(30)
        connection = plain if tls is None else tls.wrap_socket(plain, server_side=True)
        with connection:
            target = _target(connection)
            visit = len(state.requests)
            state.requests.append(target)
            known = "latitude=" in target or is_meta(target)
            good = good_body(state.weather, target) if known else UNKNOWN
            state.speak(Talk(connection, target, good, visit, state))


def _target(connection: socket.socket) -> str:
    """Read one request and return its path and query; "" where it is no HTTP."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        piece = connection.recv(4096)
        if not piece:
            return ""
        asked += piece
        if not asked.startswith(b"GET"[: len(asked)]):  # a TLS greeting
            return ""
    return asked.split(b" ")[1].decode("ascii")


def self_signed(folder: Path, openssl: str) -> ssl.SSLContext:
    """Return a TLS context with a fresh certificate for `localhost` that nobody has signed."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-days", "3650", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
