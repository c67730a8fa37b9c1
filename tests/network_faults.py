"""What goes wrong on the wire, one function a fault, for `fault_server`.

Each takes a `Talk` and misbehaves in one way; all else stays right, so that what is seen is due to
that one thing.
"""

import gzip
import zlib
from functools import cache

from tests.fault_server import Speak, Talk, head

# The parts that services have, all empty.
NULLS = (
    b'{"type": null, "geometry": null, "properties": null, "code": "200", "updateTime": null, '
    b'"hourly": null, "daily": null, "hourly_units": null, "latitude": null, "longitude": null}'
)
RUNAWAY_PIECE = b"[" + b"0," * 32_000


def status(text: str, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> Speak:
    """Answer every request with this status line, body and headers."""
    return lambda talk: talk.reply(text, body, headers)


def at_first(first: Speak) -> Speak:
    """Go wrong once, then answer well."""
    return lambda talk: first(talk) if talk.visit == 0 else talk.reply()


def only_meta(fault: Speak) -> Speak:
    """Give a right forecast, and go wrong where the age of the run is asked for."""
    return lambda talk: fault(talk) if talk.is_meta else talk.reply()


def encoded(coding: str, body: bytes) -> Speak:
    return lambda talk: talk.reply(body=body, headers=(("Content-Encoding", coding),))


def redirected(target: str, text: str = "302 Found") -> Speak:
    """Send the client to `target`, which may hold {target} for the path asked."""
    return lambda talk: talk.reply(text, b"", (("Location", target.format(target=talk.target)),))


# ---- slow ----------------------------------------------------------------------------------


def drip_body(talk: Talk) -> None:
    talk.send(head("200 OK", (("Content-Length", str(len(talk.good))),)))
    talk.drip(talk.good)


def drip_headers(talk: Talk) -> None:
    talk.drip(head("200 OK", (("X-Patience", "x" * 4000),)))


def hang(talk: Talk) -> None:
    talk.hang()


def hang_after_headers(talk: Talk) -> None:
    talk.send(head("200 OK", (("Content-Length", str(len(talk.good))),)))
    talk.hang()


def hang_in_body(talk: Talk) -> None:
    talk.send(head("200 OK", (("Content-Length", str(len(talk.good))),)) + talk.good[:2000])
    talk.hang()


def endless_continue(talk: Talk) -> None:
    """Say "100 Continue" for ever: the client's library waits for the answer after it."""
    while not talk.server.closing.wait(0.01):
        talk.send(b"HTTP/1.1 100 Continue\r\n\r\n")


# ---- broken connections ----------------------------------------------------------------------


def reset(talk: Talk) -> None:
    talk.reset()


def reset_in_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConte")
    talk.reset()


def reset_in_body(talk: Talk) -> None:
    talk.send(head("200 OK", (("Content-Length", str(len(talk.good))),)) + talk.good[:2000])
    talk.reset()


def empty_reply(talk: Talk) -> None:
    """Close without a word (the caller of this does so)."""


def closed_in_body(talk: Talk) -> None:
    announced = str(len(talk.good))
    talk.send(head("200 OK", (("Content-Length", announced),)) + talk.good[: len(talk.good) // 2])


# ---- broken HTTP -----------------------------------------------------------------------------


def no_http(talk: Talk) -> None:
    talk.send(b"SSH-2.0-OpenSSH_9.6\r\n")


def endless_headers(talk: Talk) -> None:
    talk.send(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % k for k in range(5000)))


def long_header(talk: Talk) -> None:
    talk.send(head("200 OK", (("X-Long", "y" * 200_000),)) + talk.good)


def length_too_short(talk: Talk) -> None:
    talk.send(head("200 OK", (("Content-Length", str(len(talk.good) // 2)),)) + talk.good)


def two_lengths(talk: Talk) -> None:
    lengths = (("Content-Length", "10"), ("Content-Length", str(len(talk.good))))
    talk.send(head("200 OK", lengths) + talk.good)


def length_is_text(talk: Talk) -> None:
    """No fault of the content: the body then ends with the connection (RFC 9112, 6.3)."""
    talk.send(head("200 OK", (("Content-Length", "many"),)) + talk.good)


def broken_chunks(talk: Talk) -> None:
    half = talk.good[: len(talk.good) // 2]
    size = f"{len(half):x}\r\n".encode()
    talk.send(head("200 OK", (("Transfer-Encoding", "chunked"),)) + size + half + b"\r\nzz\r\n")


def unended_chunks(talk: Talk) -> None:
    half = talk.good[: len(talk.good) // 2]
    size = f"{len(half):x}\r\n".encode()
    talk.send(head("200 OK", (("Transfer-Encoding", "chunked"),)) + size + half + b"\r\n")


# ---- compression and size --------------------------------------------------------------------


def gzip_garbage(talk: Talk) -> None:
    encoded("gzip", talk.good)(talk)  # plain, said to be compressed


def gzip_cut(talk: Talk) -> None:
    packed = gzip.compress(talk.good)
    encoded("gzip", packed[: len(packed) // 2])(talk)


def gzip_bad_checksum(talk: Talk) -> None:
    packed = bytearray(gzip.compress(talk.good))
    packed[-8] ^= 0xFF
    encoded("gzip", bytes(packed))(talk)


def deflate_cut(talk: Talk) -> None:
    packed = zlib.compress(talk.good)
    encoded("deflate", packed[: len(packed) // 2])(talk)


@cache
def bomb() -> bytes:
    """40 kB that unpack to 40 MB."""
    return gzip.compress(b"0" * 40_000_000, 6)


def gzip_bomb(talk: Talk) -> None:
    encoded("gzip", bomb())(talk)


def nested_bomb(talk: Talk) -> None:
    """A few hundred bytes that unpack to the bomb: one piece read may be all of it at once."""
    encoded("gzip, gzip", gzip.compress(bomb()))(talk)


def many_codings(talk: Talk) -> None:
    encoded(", ".join(["gzip"] * 50), talk.good)(talk)


def unknown_coding(talk: Talk) -> None:
    encoded("x-secret", bytes(b ^ 0x5A for b in talk.good))(talk)


def huge_body(talk: Talk) -> None:
    talk.reply(body=b"[" + b"0," * 11_000_000 + b"0]")


def huge_announced(talk: Talk) -> None:
    """Announce a terabyte and begin with it."""
    talk.send(head("200 OK", (("Content-Length", "1000000000000"),)) + RUNAWAY_PIECE)
    talk.hang()


def infinite_body(talk: Talk) -> None:
    """A body without an end, as fast as it is read."""
    talk.send(head("200 OK"))
    while not talk.server.closing.is_set():
        talk.send(RUNAWAY_PIECE)
