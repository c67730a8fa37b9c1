"""Results of variants kept by what they were made of, so that a repeated question is instant.

An entry is a folder named by its key (`result_key.py`); it is there whole or not at all. One that
was damaged is as good as none, and is written anew. The folder stays below a size: results that
nobody asked for the longest go first.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dispatch.atomic import ASIDE_PREFIX, write_folder
from dispatch.run_archive import sha256
from scenarios.whatif.exact_json import from_exact_json, to_exact_json
from scenarios.whatif.outcome import Outcome, Variant
from scenarios.whatif.result_files import RESULT, SCHEDULE, outcome_files, outcome_of_files

HASHES = "hashes.json"
MOST_BYTES = 500_000_000  # some hundred plans of a city
NOT_OURS = (OSError, ValueError, KeyError, TypeError, EOFError, RecursionError)


@dataclass(frozen=True)
class ResultCache:
    """Results in a folder, which is made if missing."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def found(self, key: str, variant: Variant) -> Outcome | None:
        """Return the result of a key, under the variant's name; None where there is none."""
        entry = self.folder / key
        try:
            hashes = from_exact_json((entry / HASHES).read_bytes())
            files = {name: (entry / name).read_bytes() for name in (SCHEDULE, RESULT)}
            if {name: sha256(content) for name, content in files.items()} != hashes:
                return None
            outcome = outcome_of_files(files, variant)
        except NOT_OURS:
            return None
        with suppress(OSError):
            os.utime(entry)  # asked for now
        return outcome

    def keep(self, key: str, outcome: Outcome) -> None:
        """Keep a result; that it cannot be kept, on a full disk say, is no fault of the plan."""
        entry = self.folder / key
        try:
            files = outcome_files(outcome)
            files[HASHES] = to_exact_json({name: sha256(body) for name, body in files.items()})
            self.folder.mkdir(parents=True, exist_ok=True)
            if entry.exists():  # damaged, or it would have been found
                shutil.rmtree(entry)
            write_folder(entry, files)
        except (OSError, TypeError, ValueError):
            return

    def tidy(self) -> None:
        """Remove what was asked for the longest ago, until the folder is small enough."""
        entries = []
        with suppress(OSError):
            for entry in self.folder.iterdir():
                if entry.is_dir() and not entry.name.startswith(ASIDE_PREFIX):
                    size = sum(file.stat().st_size for file in entry.iterdir())
                    entries.append((entry.stat().st_mtime_ns, size, entry))
        left = sum(size for _, size, _ in entries)
        for _, size, entry in sorted(entries):
            if left <= self.most_bytes:
                return
            shutil.rmtree(entry, ignore_errors=True)
            left -= size
