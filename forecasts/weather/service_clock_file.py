"""The last word of services on this machine's clock, kept beside the runs they gave.

`<store>/service_clocks.json`: when it was, by this machine, and how many seconds later by each
service. Written aside and renamed; a file that cannot be read is as good as none.
"""

import json
import math
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from forecasts.plain_file import read_plain
from forecasts.weather.service_clocks import HeardClocks, ServiceClock

FILE = "service_clocks.json"
MOST_BYTES = 100_000


def keep_clocks(store: Path, heard: HeardClocks) -> None:
    """Keep them in place of older ones; a disk that does not take them is let be."""
    ahead_s = {one.provider: round(one.ahead_s) for one in heard.clocks}
    content = {"at": heard.at.isoformat(timespec="seconds"), "ahead_s": ahead_s}
    with suppress(OSError):
        store.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(prefix=".aside_", suffix=".tmp", dir=store)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
            Path(aside).replace(store / FILE)
        except OSError:
            Path(aside).unlink(missing_ok=True)


def kept_clocks(store: Path) -> HeardClocks | None:
    """Return what was kept; None if there is nothing, or nothing that can be read."""
    try:
        content = json.loads(read_plain(store / FILE, MOST_BYTES))
        at = datetime.fromisoformat(content["at"])
        clocks = [ServiceClock(str(k), float(v)) for k, v in content["ahead_s"].items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if at.tzinfo is None or not all(math.isfinite(one.ahead_s) for one in clocks):
        return None
    return HeardClocks(at, tuple(clocks))
