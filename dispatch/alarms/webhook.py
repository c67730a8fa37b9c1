"""Posts one message to one address, within seconds or not at all; never raises.

The address is a secret (who knows it can write into the duty room's group): it comes from the
environment or from a file that only its owner may read, and stands in no message, log or error.
The only file here that knows the network, and the one that reads the environment for it.
"""

import ipaddress
import json
import os
import stat
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dispatch.alarm_settings import AlarmSettings
from dispatch.messages import say

TOTAL_S = 5.0  # whatever the other side does
ATTEMPT_S = (1.5, 2.0)  # to connect, to answer
PAUSE_S = 0.2
ATTEMPTS = 2
MOST_READ = 4_096  # bytes of an answer, or of a file
FILE_SUFFIX = "_FILE"
AGREED = (0, "0", None)  # chat services answer 200 to everything and say in the body what is wrong


class _NoAddress(Exception):
    """The address cannot be used; says why without it."""


def post(settings: AlarmSettings, body: Mapping[str, object]) -> str:
    """Post `body` as JSON; return "" if it was taken or no address is set, else why not."""
    try:
        url = _address(settings)
    except _NoAddress as error:
        return say("alarms.webhook_failed", why=error)
    if not url:
        return ""
    answer: list[str] = []

    def work() -> None:
        try:
            answer.append(_posted(url, body))
        except Exception as error:  # noqa: BLE001 (its words may hold the address: only its kind)
            answer.append(f"{type(error).__name__}.")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TOTAL_S)
    why = answer[0] if answer else say("alarms.webhook_slow", seconds=TOTAL_S)
    return say("alarms.webhook_failed", why=why) if why else ""


def is_set(settings: AlarmSettings) -> bool:
    """Return whether there is somebody to tell."""
    name = settings.webhook_url_env
    return bool(os.environ.get(name) or os.environ.get(name + FILE_SUFFIX))


def _address(settings: AlarmSettings) -> str:
    """The address, "" if none is set. Raises _NoAddress."""
    name = settings.webhook_url_env
    url, path = os.environ.get(name, "").strip(), os.environ.get(name + FILE_SUFFIX, "")
    if not url and path:
        url = _from_file(Path(path))
    if url and not _is_safe(url):
        raise _NoAddress(say("alarms.webhook_address", name=name))
    return url


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise _NoAddress(say("alarms.webhook_file_open", path=path))
            return stream.read(MOST_READ).decode("utf-8").strip()
    except OSError as error:
        raise _NoAddress(say("alarms.webhook_file", path=path, why=error.strerror)) from None
    except UnicodeDecodeError:
        raise _NoAddress(say("alarms.webhook_file", path=path, why="UTF-8")) from None


def _is_safe(url: str) -> bool:
    """Https, or http that does not leave this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host) and url.isprintable() and " " not in url
    try:
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    return parts.scheme == "http" and is_here


def _posted(url: str, body: Mapping[str, object]) -> str:
    """Why the other side has not taken the message; "" if it has. Tried twice, no longer."""
    import requests

    until = time.monotonic() + TOTAL_S
    why = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
            if time.monotonic() + sum(ATTEMPT_S) > until:
                break
        try:
            # A redirect could lead to another host, and the message with it: not followed.
            with requests.post(
                url,
                data=json.dumps(body, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=ATTEMPT_S,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
                content = answer.raw.read(MOST_READ, decode_content=True) or b""
        except requests.exceptions.SSLError:
            return say("alarms.webhook_tls")
        except requests.exceptions.Timeout:
            return say("alarms.webhook_slow", seconds=sum(ATTEMPT_S))
        except requests.exceptions.RequestException:
            why = say("alarms.webhook_unreachable")
            continue
        if 300 <= status < 400:
            return say("alarms.webhook_redirect", status=status)
        if status >= 500:
            why = say("alarms.webhook_status", status=status)
            continue
        if status >= 400:
            return say("alarms.webhook_status", status=status)
        return _refused(content)
    return why


def _refused(content: bytes) -> str:
    """What a chat service has against the message, by its own number; "" for nothing."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):  # brackets nested thousands deep
        return ""
    if not isinstance(answer, dict):
        return ""
    codes = [answer.get(name) for name in ("errcode", "code")]
    bad = [code for code in codes if code not in AGREED]
    if not bad:
        return ""
    code = bad[0] if isinstance(bad[0], int) else "?"  # any other text may repeat the address
    return say("alarms.webhook_refused", code=code)
