"""Answers of services that ask not to be asked again before they have news: kept on disk.

One file a request: `<folder>/<first 24 of SHA-256 of the URL>.answer`, written aside and renamed.
The SHA-256 of all that follows is its first line, what is known of the answer its second, then the
body as sent. A file that does not match is as good as none. No key ever goes into a URL here.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from forecasts.file_limits import ANSWER_BYTES

# MET Norway answers hold for about half an hour. A service that promises days has its clock or its
# headers wrong, and would hide tomorrow's forecast from us.
LONGEST_FRESH = timedelta(hours=3)


@dataclass(frozen=True)
class KeptAnswer:
    """An answer, when it was fetched, and until when the service wants it to be used."""

    url: str
    fetched_at: datetime
    fresh_until: datetime
    last_modified: str  # as sent; goes back unchanged in If-Modified-Since
    body: bytes


@dataclass(frozen=True)
class WebCache:
    """A folder of kept answers; times are those of the caller, never of the wall clock."""

    folder: Path

    def kept(self, url: str, known_by: datetime) -> KeptAnswer | None:
        """Return the answer for `url` fetched by `known_by`; None too if it cannot be read."""
        answer = self._read(url)
        return answer if answer is not None and answer.fetched_at <= known_by else None

    def keep(self, answer: KeptAnswer) -> None:
        """Keep an answer in place of an older one; raises OSError if the disk refuses."""
        known = self._read(answer.url)
        if known is not None and known.fetched_at > answer.fetched_at:
            return  # a replay of the past must not cost today's plan its answer
        said = {
            "url": answer.url,
            "fetched_at": answer.fetched_at.isoformat(),
            "fresh_until": answer.fresh_until.isoformat(),
            "last_modified": answer.last_modified,
        }
        rest = json.dumps(said).encode() + b"\n" + answer.body
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=".aside_", suffix=".tmp", dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
            Path(aside).replace(self._path(answer.url))
        except BaseException:
            with suppress(OSError):
                Path(aside).unlink(missing_ok=True)
            raise

    def _read(self, url: str) -> KeptAnswer | None:
        """Return what is kept for `url`; None if there is nothing, or nothing that can be read."""
        try:
            path = self._path(url)
            if path.stat().st_size > ANSWER_BYTES + 10_000:
                return None
            digest, rest = path.read_bytes().split(b"\n", 1)
            head, body = rest.split(b"\n", 1)
            if digest.decode() != hashlib.sha256(rest).hexdigest():
                return None
            said = json.loads(head)
            answer = KeptAnswer(
                url=str(said["url"]),
                fetched_at=datetime.fromisoformat(said["fetched_at"]),
                fresh_until=datetime.fromisoformat(said["fresh_until"]),
                last_modified=str(said["last_modified"]),
                body=body,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None
        aware = answer.fetched_at.tzinfo is not None and answer.fresh_until.tzinfo is not None
        return answer if answer.url == url and aware else None

    def _path(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.answer"


def fresh_until(headers: Mapping[str, str], known_by: datetime) -> datetime:
    """Return until when an answer fetched at `known_by` is to be used unasked.

    What the service grants is Expires minus Date (RFC 9111, 4.2.1): a difference of its own clock,
    so that ours may be wrong. Without both, or with nonsense, it is `known_by`: nothing granted.
    """
    try:
        granted = parsedate_to_datetime(headers["Expires"]) - parsedate_to_datetime(headers["Date"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return known_by
    return known_by + min(max(granted, timedelta(0)), LONGEST_FRESH)
