"""Which files a run was made from: their hashes, as its manifest keeps them."""

import hashlib
from pathlib import Path

from dispatch.case_tables import TELEMETRY_FOLDER


def input_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a case folder and its telemetry, by name."""
    paths = [*folder.iterdir(), *(folder / TELEMETRY_FOLDER).glob("**/*")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(paths)
        if path.is_file() and not path.name.startswith(".")
    }
