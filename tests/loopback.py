"""A service on the loopback interface whose answers a test writes itself, request by request.

    with loopback(answer) as service:
        MetNorway("ops@example.org", base_url=service.base_url)

`answer` gets each Request and returns a Reply; `service.requests` lists what was asked.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from loopback_server import QuietHandler, serving


@dataclass(frozen=True)
class Request:
    """What was asked: path without the query, the query's first values, and the headers."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What is answered; `Date` is sent only where `headers` has one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    zipped: bool = False
    cut: bool = False  # breaks off after half of the body


@dataclass
class Loopback:
    """What a test holds of a running service."""

    base_url: str = ""
    requests: list[Request] = field(default_factory=list)


@contextmanager
def loopback(answer: Callable[[Request], Reply]) -> Iterator[Loopback]:
    """Serve on 127.0.0.1 until the block ends."""
    service = Loopback()

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name http.server calls
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            request = Request(url.path, query, dict(self.headers.items()))
            service.requests.append(request)
            _send(self, answer(request))

    with serving(Handler) as service.base_url:
        yield service


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    body = gzip.compress(reply.body, mtime=0) if reply.zipped else reply.body
    handler.send_response_only(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if reply.zipped:
        handler.send_header("Content-Encoding", "gzip")
    if reply.status != 304:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if reply.status != 304:
        handler.wfile.write(body[: len(body) // 2] if reply.cut else body)
