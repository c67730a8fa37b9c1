"""The only file here that uses the network: one client for all services, within one time budget.

Proxies come from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) and a private certificate
authority from REQUESTS_CA_BUNDLE, as `requests` reads them; certificates are always checked.
The monotonic clock measures durations here. What time it is by this machine is only noted with an
answer, to be held against the service's own clock (`service_clocks.py`).
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, ReadTimeoutError

from forecasts.file_limits import ANSWER_BYTES
from forecasts.weather.provider import Cause, WeatherUnavailable

DEFAULT_BUDGET_S = 60.0
LONGEST_REQUEST_S = 25.0  # so that one service that drips cannot eat what the others need
LONGEST_WAIT_S = 20.0  # a service that asks for more patience is given up for this run
USER_AGENT = "heat-dispatch/0.1"
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_PIECE_BYTES = 512  # small, since the read time-out begins anew with every byte that drips in
_MAX_REDIRECTS = 3
# Only what can be unpacked piece by piece: gzip within gzip turns 1 kB into 1 GB in one piece.
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_HOPELESS = (  # the same the next time, so not asked again
    requests.TooManyRedirects,
    requests.exceptions.SSLError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
)
_ADDRESS_FAULTS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)


class TimeBudget:
    """Seconds that all the fetching for one plan may take together, from its first request on."""

    def __init__(self, seconds: float = DEFAULT_BUDGET_S) -> None:
        self.seconds = seconds
        self._deadline: float | None = None

    def left_s(self) -> float:
        """Return the seconds left; the first call starts the clock."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self.seconds
        return max(0.0, self._deadline - time.monotonic())


@dataclass(frozen=True)
class WebAnswer:
    """A successful answer: its body as sent, decompressed, and when it began to come."""

    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes
    received_at: datetime  # by this machine


@dataclass(frozen=True)
class WebClient:
    """How services are asked; one client, and so one budget, serves all providers of a run."""

    budget: TimeBudget = field(default_factory=TimeBudget, compare=False)
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0
    longest_request_s: float = LONGEST_REQUEST_S
    retries: int = 2  # on connection errors, 429 and 5xx; never on time-outs and other 4xx
    backoff_s: float = 0.5  # doubles with each retry
    user_agent: str = USER_AGENT

    def get(
        self,
        provider: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        accepted: tuple[int, ...] = (200,),
        secret: str = "",
    ) -> WebAnswer:
        """Return an answer with an `accepted` status; every failure is a named cause.

        A redirect is followed on the same host only, and with a `secret` (a key sent in `headers`)
        not at all; the key is struck out of what a failure says, and the failure has no
        cause chained to it, whose text might hold the key.
        Raises WeatherUnavailable; never takes longer than what is left of the budget.
        """
        wait_s = self.backoff_s
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                answer = self._within_budget(provider, url, query, headers or {}, bool(secret))
            except _MayPass:
                if last:
                    raise
                pause_s = wait_s
            else:
                if answer.status in accepted:
                    return answer
                pause_s = max(wait_s, _asked_to_wait_s(answer.headers))
                in_time = pause_s <= min(LONGEST_WAIT_S, self.budget.left_s())
                if last or answer.status not in _TRY_AGAIN or not in_time:
                    raise _failure(provider, answer, secret)
            if pause_s >= self.budget.left_s():
                raise WeatherUnavailable(provider, Cause.TIMEOUT, self._spent())
            time.sleep(pause_s)
            wait_s *= 2
        raise RuntimeError("unreachable: the last attempt returns or raises")

    def _within_budget(
        self,
        provider: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        keyed: bool,
    ) -> WebAnswer:
        """Fetch in a thread that is left behind when time is up.

        Only so is the limit hard: neither a name server that does not answer nor a header that
        drips in byte by byte heeds the time-outs of `requests`. The thread is a daemon: it does
        not keep the program from ending.
        """
        left_s = self.budget.left_s()
        if left_s <= 0:
            raise WeatherUnavailable(provider, Cause.TIMEOUT, self._spent())
        done: list[WebAnswer | BaseException] = []

        def work() -> None:
            try:
                done.append(self._fetch(provider, url, query, headers, keyed))
            except BaseException as error:  # noqa: BLE001 - handed on to the caller below
                done.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(min(left_s, self.longest_request_s))
        if not done:
            slow = f"no whole answer within {self.longest_request_s:g} s"
            detail = slow if self.budget.left_s() > 0 else self._spent()
            raise WeatherUnavailable(provider, Cause.TIMEOUT, detail)
        if isinstance(done[0], BaseException):
            raise done[0]
        return done[0]

    def _fetch(
        self,
        provider: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        keyed: bool,
    ) -> WebAnswer:
        """Ask once; every way in which the libraries below fail becomes WeatherUnavailable."""
        try:
            with _Session() as session:
                session.headers["User-Agent"] = self.user_agent
                session.headers["Accept-Encoding"] = "gzip, deflate"
                session.auth = _as_it_is  # else passwords of ~/.netrc would be sent
                for asked in range(_MAX_REDIRECTS + 1):
                    with session.get(
                        url,
                        params=None if asked else dict(query),  # a redirect's address has its own
                        headers=dict(headers),
                        timeout=(self.connect_timeout_s, self.read_timeout_s),
                        stream=True,
                        allow_redirects=False,
                    ) as response:
                        received_at = datetime.now(UTC)
                        moved_to = None if keyed else session.moved_to(response)
                        if moved_to is None:
                            body = self._body(provider, response)
                            return WebAnswer(
                                response.status_code, response.headers, body, received_at
                            )
                        url = _followed(provider, response.url, moved_to)
                raise requests.TooManyRedirects(f"Exceeded {_MAX_REDIRECTS} redirects.")
        # urllib3 and http.client let some of their own through (a host name no one can encode, a
        # header line without an end); a key that is no latin-1 is a UnicodeError, a ValueError.
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            failure = _network_failure(provider, url, error, keyed)
            if not keyed:
                raise failure from error
        raise failure  # out here, where no context is chained to it: its text might hold the key

    def _body(self, provider: str, response: requests.Response) -> bytes:
        """Read a body of bounded size, decompressed, as long as the budget lasts."""
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            detail = f"sent as {encoding[:40]!r}, which was not asked for"
            raise WeatherUnavailable(provider, Cause.NETWORK, detail)
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and float(announced) > ANSWER_BYTES:
            detail = f"{announced[:20]} bytes announced, at most {ANSWER_BYTES} are read"
            raise WeatherUnavailable(provider, Cause.TOO_LARGE, detail)
        pieces, size = [], 0
        for piece in response.iter_content(chunk_size=_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES:
                detail = f"more than {ANSWER_BYTES} bytes"
                raise WeatherUnavailable(provider, Cause.TOO_LARGE, detail)
            if self.budget.left_s() <= 0:
                raise WeatherUnavailable(provider, Cause.TIMEOUT, self._spent())
        return b"".join(pieces)

    def _spent(self) -> str:
        return f"the {self.budget.seconds:g} s for all services are used up"


class _Session(requests.Session):
    """A session that follows no redirect, and so does not read the body of one, which may be huge.

    `requests` reads it whole wherever it knows the next address, asked to follow it or not.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return none, so that nothing is followed."""
        return None

    def moved_to(self, response: requests.Response) -> str | None:
        """Return where a redirect leads to; None for other answers."""
        return super().get_redirect_target(response)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _followed(provider: str, asked: str, moved_to: str) -> str:
    """Return the address a redirect leads to; raises NETWORK where it is not followed.

    Only on the same host, and never from https back to http: who can send us elsewhere could send
    us anywhere, to a machine inside the utility's own network say. Raises ValueError for no URL.
    """
    url = urljoin(asked, moved_to)
    before, after = urlsplit(asked), urlsplit(url)
    safe = after.scheme == "https" or (after.scheme == "http" and before.scheme == "http")
    if safe and after.hostname == before.hostname:
        return url
    where = f"{after.scheme}://{after.hostname or ''}"[:60]
    detail = f"redirected to {where}, which is not followed"
    raise WeatherUnavailable(provider, Cause.NETWORK, detail)


class _MayPass(WeatherUnavailable):
    """A failure that may be gone in a moment. A time-out is none: others wait for their turn."""


def _network_failure(provider: str, url: str, error: Exception, keyed: bool) -> WeatherUnavailable:
    """Return the failure to tell."""
    try:
        host = urlsplit(url).netloc or url
    except ValueError:  # a bracket without its partner
        host = url
    # without a password in the address
    detail = f"{type(error).__name__}, {host.rpartition('@')[2][:60]}"
    reason = _reason(error, keyed)
    detail = f"{detail}: {reason}" if reason else detail
    if _timed_out(error):
        return WeatherUnavailable(provider, Cause.TIMEOUT, detail)
    if isinstance(error, _HOPELESS) or not isinstance(error, requests.RequestException):
        return WeatherUnavailable(provider, Cause.NETWORK, detail)
    return _MayPass(provider, Cause.NETWORK, detail)


def _reason(error: Exception, keyed: bool) -> str:
    """Return what the system or the library below says, in one line; "" where it had better not.

    Of a request with a key only the system's own words: other texts may hold what was sent. So may
    those on an address that is none: it may have a password.
    """
    inner: BaseException | None = error
    said = ""
    while inner is not None:
        if isinstance(inner, OSError) and not isinstance(inner, requests.RequestException):
            said = inner.strerror or str(inner)  # the innermost wins
        inner = inner.__cause__ or inner.__context__
    if not said and not keyed and not isinstance(error, _ADDRESS_FAULTS):
        last: Exception = error
        while last.args and isinstance(last.args[-1], Exception):
            last = last.args[-1]
        said = str(last)
    return " ".join(said.split())[:120]


def _asked_to_wait_s(headers: Mapping[str, str]) -> float:
    """Return what Retry-After asks for: seconds or an HTTP date (RFC 9110, 10.2.3); else 0."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
        since = parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return 0.0
    # Against the service's own clock: ours may be wrong, and a difference needs no clock at all.
    return max(0.0, (_aware(until) - _aware(since)).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _failure(provider: str, answer: WebAnswer, secret: str) -> WeatherUnavailable:
    text = answer.body[:10_000].decode("utf-8", errors="replace")
    # Struck out before it is cut: the first half of a key is a leak too.
    said = (text.replace(secret, "***") if secret else text)[:200]
    asked_s = _asked_to_wait_s(answer.headers)
    if answer.status == 429:
        detail = f"HTTP 429, to be asked again in {asked_s:g} s" if asked_s else "HTTP 429"
        return WeatherUnavailable(provider, Cause.RATE_LIMITED, detail)
    if answer.status >= 500:
        return WeatherUnavailable(provider, Cause.SERVER_ERROR, f"HTTP {answer.status}")
    return WeatherUnavailable(provider, Cause.REFUSED, f"HTTP {answer.status}: {said}")


def _timed_out(error: Exception) -> bool:
    """Tell a time-out, also one in the middle of a body, which comes as a connection error."""
    inner = error.args[0] if error.args else None
    waited = (requests.Timeout, ReadTimeoutError, TimeoutError)
    return isinstance(error, waited) or isinstance(inner, ReadTimeoutError)
