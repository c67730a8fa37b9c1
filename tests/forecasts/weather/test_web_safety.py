"""Where a weather service may send us, and what is sent along: nobody else is asked or told."""

from contextlib import suppress
from pathlib import Path

import pytest
from loopback import Reply, Request, loopback
from loopback_server import QuietHandler, serving

from forecasts.weather.provider import Cause, WeatherUnavailable
from forecasts.weather.web import TimeBudget, WebClient

SECRET = "0f3cSECRET"  # noqa: S105 - a canary


def client() -> WebClient:
    return WebClient(TimeBudget(10.0), retries=0)


def moved_to(target: str) -> Reply:
    return Reply(302, b"", {"Location": target})


@pytest.mark.parametrize("target", ["http://localhost:{port}/", "//localhost:{port}/x"])
def test_a_redirect_to_another_host_is_not_followed(target: str) -> None:
    """`localhost` is the same machine by another name: followed, the second service would hear."""
    with loopback(lambda _: Reply(200, b"[1]")) as other:
        away = target.format(port=other.base_url.rpartition(":")[2])
        with loopback(lambda _: moved_to(away)) as first, pytest.raises(WeatherUnavailable) as why:
            client().get("x", first.base_url, {})
        assert other.requests == []
    assert why.value.cause is Cause.NETWORK
    assert "redirected to http://localhost, which is not followed" in why.value.detail


def test_a_redirect_on_the_same_host_takes_its_own_query() -> None:
    def answer(request: Request) -> Reply:
        return Reply(200, b"[1]") if request.path == "/new" else moved_to("/new?b=2")

    with loopback(answer) as service:
        assert client().get("x", service.base_url + "/old", {"a": "1"}).body == b"[1]"
    assert [one.query for one in service.requests] == [{"a": "1"}, {"b": "2"}]


def test_the_body_of_a_redirect_is_not_read() -> None:
    """It has no end here, and could be a bomb: the library would read it whole."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name http.server calls
            self.send_response(200 if self.path == "/new" else 302)
            self.send_header("Location", "/new")
            self.end_headers()
            with suppress(OSError):  # the client had enough
                self.wfile.write(b"[1]")
                while self.path != "/new":
                    self.wfile.write(bytes(100_000))

    with serving(Handler) as base_url:
        web = WebClient(TimeBudget(3.0), retries=0)
        assert web.get("x", base_url, {}).body == b"[1]"


def test_passwords_of_the_user_are_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`requests` reads ~/.netrc by itself, and would send what it finds there for a host."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with loopback(lambda _: Reply(200, b"[1]")) as service:
        client().get("x", service.base_url, {})
    assert "Authorization" not in service.requests[0].headers
