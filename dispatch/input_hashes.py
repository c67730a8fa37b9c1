"""Which files a run was made from: their hashes, as its manifest keeps them."""

import hashlib
from pathlib import Path

from dispatch.case_tables import TELEMETRY_FOLDER
from forecasts.plain_file import open_plain


def input_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a case folder and its telemetry, by name."""
    paths = [*folder.iterdir(), *(folder / TELEMETRY_FOLDER).glob("**/*")]
    return {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(paths)
        if path.is_file() and not path.name.startswith(".")
    }


def _sha256(path: Path) -> str:
    """Hash a file piece by piece: a season of telemetry need not fit into memory."""
    with open_plain(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
