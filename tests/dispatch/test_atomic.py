"""Several files are put in place together, or none of them."""

import errno
import os
from pathlib import Path

import pytest

from dispatch import atomic

NAMES = ("a.csv", "b.csv", "c.html")


def test_files_take_the_place_of_older_ones_and_leave_others(tmp_path: Path):
    (tmp_path / "a.csv").write_text("before")
    (tmp_path / "notes.txt").write_text("mine")
    atomic.write_files(tmp_path, {name: name.encode() for name in NAMES})
    there = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert there == {name: name for name in NAMES} | {"notes.txt": "mine"}


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The last of three files does not fit. Were each put in place as it is written, a new table
    would stand beside an old report.
    """
    for name in NAMES:
        (tmp_path / name).write_text("before")
    written = atomic.write_synced

    def full(path: Path, content: bytes) -> None:
        if path.name.startswith(".writing-c"):
            path.write_bytes(content[:2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written(path, content)

    monkeypatch.setattr(atomic, "write_synced", full)
    with pytest.raises(OSError, match="No space left"):
        atomic.write_files(tmp_path, dict.fromkeys(NAMES, b"after"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        NAMES, "before"
    )
