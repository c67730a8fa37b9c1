"""The webhook: told once, in time, over real connections, and its address stands nowhere."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from loopback_server import QuietHandler, serving

from dispatch.alarm_settings import AlarmSettings, WebhookKind
from dispatch.alarms.alarm import Alarm, AlarmCode, Severity
from dispatch.alarms.run_told import tell_failure
from dispatch.alarms.tell import Told, body, tell, words
from dispatch.alarms.webhook import TOTAL_S, post
from tests.daily_runs import CHINA, EVENING, ONE_DAY, TWO_DAYS, heat_dispatch_here
from tests.small_case import text, write_small_case

CANARY = "canary-7f3a91-token"
NAME = "HEAT_DISPATCH_WEBHOOK_URL"
USUAL = AlarmSettings()
FREEZING = Alarm(
    AlarmCode.STANDING, Severity.CRITICAL, "N1.low", EVENING, 4.0, 5.0, "N1.low is cold.", "Go."
)
RED = Told("small", "run-1", "red", ("one", "two"), (FREEZING,), 20, EVENING)


@dataclass
class Service:
    """What a test holds of a webhook: where it is, and what it was sent."""

    url: str = ""
    bodies: list[dict[str, object]] = field(default_factory=list)


@contextmanager
def webhook(answer: Callable[[int], tuple[int, bytes, dict[str, str]]]) -> Iterator[Service]:
    """A service on the loopback interface; `answer` gets the number of the request, from 0."""
    service = Service()

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 - the name http.server calls
            length = int(self.headers["Content-Length"])
            service.bodies.append(json.loads(self.rfile.read(length)))
            status, content, headers = answer(len(service.bodies) - 1)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with serving(Handler) as base:
        service.url = f"{base}/robot/send?access_token={CANARY}"
        yield service


def fine(_: int) -> tuple[int, bytes, dict[str, str]]:
    return 200, b'{"errcode": 0}', {}


# ---- what is answered ----------------------------------------------------------------------


def test_a_message_that_is_taken_leaves_no_word(monkeypatch: pytest.MonkeyPatch):
    with webhook(fine) as service:
        monkeypatch.setenv(NAME, service.url)
        assert tell(USUAL, RED) == ""
    (sent,) = service.bodies
    assert (sent["case"], sent["run"], sent["quality"], sent["exit_code"]) == (
        *("small", "run-1", "red"),
        20,
    )
    assert sent["reasons"] == ["one", "two"]
    assert sent["when"] == EVENING.isoformat()


def test_without_an_address_nobody_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(NAME, raising=False)
    assert tell(USUAL, RED) == ""


@pytest.mark.parametrize(
    ("status", "content", "requests", "said"),
    [
        (500, b"", 2, "status 500"),  # tried once more, no longer
        (404, CANARY.encode(), 1, "status 404"),
        (200, b'{"errcode": 310000, "errmsg": "keywords not in content"}', 1, "310000"),
        (200, b'{"code": 19001, "msg": "param invalid"}', 1, "19001"),
        (200, b"[" * 3000, 1, ""),  # no JSON: taken
    ],
)
def test_a_refusal_is_one_line(
    status: int, content: bytes, requests: int, said: str, monkeypatch: pytest.MonkeyPatch
):
    with webhook(lambda _: (status, content, {})) as service:
        monkeypatch.setenv(NAME, service.url)
        line = tell(USUAL, RED)
    assert len(service.bodies) == requests
    assert said in line
    assert bool(said) == bool(line)
    assert "\n" not in line
    assert CANARY not in line


def test_a_second_try_is_enough(monkeypatch: pytest.MonkeyPatch):
    with webhook(lambda n: (503, b"", {}) if n == 0 else fine(n)) as service:
        monkeypatch.setenv(NAME, service.url)
        assert tell(USUAL, RED) == ""
    assert len(service.bodies) == 2


def test_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch):
    """Else the message would go to whom the other side names."""

    def moved(_: int) -> tuple[int, bytes, dict[str, str]]:
        return 307, b"", {"Location": elsewhere.url}

    with webhook(fine) as elsewhere, webhook(moved) as service:
        monkeypatch.setenv(NAME, service.url)
        assert "307" in tell(USUAL, RED)
    assert elsewhere.bodies == []


@contextmanager
def raw_service(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener that treats connections as told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            try:
                while True:
                    handle(listener.accept()[0])
            except OSError:  # closed
                return

        threading.Thread(target=work, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/{CANARY}"
        listener.shutdown(socket.SHUT_RDWR)


def test_a_service_that_hangs_or_breaks_off_is_left(monkeypatch: pytest.MonkeyPatch):
    """It drips one byte a second, and would keep a plain time-out waiting for ever."""
    held: list[socket.socket] = []

    def drip(connection: socket.socket) -> None:
        held.append(connection)
        for byte in b"HTTP/1.1 200 OK\r\n":
            connection.send(bytes([byte]))
            time.sleep(0.9)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with raw_service(drip) as url:
        monkeypatch.setenv(NAME, url)
        began = time.monotonic()
        line = tell(USUAL, RED)
        took_s = time.monotonic() - began
    assert "no answer" in line
    assert CANARY not in line
    assert took_s < 2 * TOTAL_S  # the limit itself is not timed: the machine may be busy

    with raw_service(lambda connection: connection.close()) as url:
        monkeypatch.setenv(NAME, url)
        line = tell(USUAL, RED)
    assert "cannot be reached" in line
    assert CANARY not in line


# ---- the address ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        f"http://example.org/{CANARY}",
        f"ftp://example.org/{CANARY}",
        CANARY,
        f"https:///{CANARY}",
        f"http://[::1/{CANARY}",
        f"https://example.org/ {CANARY}",
    ],
)
def test_an_address_that_is_not_safe_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAME, url)
    line = post(USUAL, {})
    assert NAME in line
    assert CANARY not in line


def test_the_address_may_be_in_a_file_that_others_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv(NAME, raising=False)
    kept = tmp_path / "address"
    monkeypatch.setenv(f"{NAME}_FILE", str(kept))
    assert "cannot be read" in post(USUAL, {})
    with webhook(fine) as service:
        kept.write_text(f"{service.url}\n")
        kept.chmod(0o640)
        assert "chmod 600" in post(USUAL, {})
        assert service.bodies == []
        kept.chmod(0o600)
        assert post(USUAL, {"a": 1}) == ""
    assert service.bodies == [{"a": 1}]


# ---- what is said --------------------------------------------------------------------------


def test_chat_services_get_text_of_few_lines():
    many = Told("small", None, None, tuple(f"fault {n}" for n in range(30)), (), 2, EVENING)
    dingtalk, feishu = (body(kind, many) for kind in (WebhookKind.TEXT, WebhookKind.FEISHU))
    assert dingtalk == {"msgtype": "text", "text": {"content": words(many)}}
    assert feishu == {"msg_type": "text", "content": {"text": words(many)}}
    lines = words(many).splitlines()
    assert "exit code 2" in lines[0]
    assert lines[1:3] == ["fault 0", "fault 1"]
    assert len(lines) == 10
    assert "22 more" in lines[-1]
    assert "CRITICAL: N1.low is cold." in words(RED).splitlines()[1]


# ---- in the daily run ----------------------------------------------------------------------


def every_byte(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_run_tells_and_its_address_stands_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The service is out of order: the plan is out all the same, with its own exit code."""
    case = write_small_case(tmp_path / "case", TWO_DAYS, ONE_DAY)
    words_ = ("daily", str(case), "--now", EVENING.isoformat())
    folders = ("--runs", str(tmp_path / "runs"), "--store", str(tmp_path / "store"))
    with webhook(lambda _: (500, CANARY.encode(), {})) as service:
        monkeypatch.setenv(NAME, service.url)
        ended = heat_dispatch_here(*words_, *folders)
    told = service.bodies[0]
    run = (tmp_path / "runs/small/latest").resolve().name
    assert (told["run"], told["exit_code"]) == (run, 10)  # amber: planned by the climate
    assert ended.returncode == 10
    assert (
        "The webhook was not told: the other side answers with status 500."
        in ended.stdout + ended.stderr
    )
    assert CANARY not in ended.stdout + ended.stderr
    assert CANARY.encode() not in every_byte(tmp_path)


def test_a_case_with_faults_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    case = write_small_case(tmp_path / "case", text("case.toml", "band = 0.05", "band = 7"))
    with webhook(fine) as service:
        monkeypatch.setenv(NAME, service.url)
        ended = heat_dispatch_here("daily", str(case), "--runs", str(tmp_path / "runs"))
    assert ended.returncode == 2
    (told,) = service.bodies
    assert (told["quality"], told["run"], told["exit_code"]) == (None, None, 2)
    assert "band" in str(told["reasons"])
    assert not (tmp_path / "runs").exists()


def test_a_failure_that_cannot_be_told_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(NAME, "no address")
    now = datetime(2026, 1, 15, 5, 30, tzinfo=CHINA)
    line = tell_failure(tmp_path / "nowhere", now, "no case", 2)
    assert NAME in line
    assert "\n" not in line
