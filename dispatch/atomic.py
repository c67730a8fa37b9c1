"""Files that appear whole or not at all: written aside, synced to the disk, renamed into place.

Whoever reads a folder sees what was there before or what is there after, also when the writer is
killed or the disk fills up. Works on POSIX file systems.
"""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ASIDE_PREFIX = ".writing-"
LINK_FALLBACK_SUFFIX = ".txt"  # `latest.txt` where the file system has no symbolic links
STALE_AFTER_S = 24 * 3600.0
CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)  # network disks that take no fsync of a folder
CANNOT_LINK = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
CANNOT_LOCK = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


def aside_of(path: Path) -> Path:
    """Return a hidden sibling that no other writer uses, not even a dead one of the same id."""
    return path.with_name(f"{ASIDE_PREFIX}{path.name}-{secrets.token_hex(4)}")


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it; raises OSError."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder; raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise
    finally:
        os.close(handle)


def write_file(path: Path, content: bytes) -> None:
    """Put one file in place whole; raises OSError and then leaves what was there."""
    aside = aside_of(path)
    try:
        write_synced(aside, content)
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files in place in a folder, each whole, and none before the disk has taken all.

    Other files of the folder stay. Raises OSError and then, short of a crash between two renames,
    leaves all as it was.
    """
    asides = {name: aside_of(folder / name) for name in files}
    try:
        for name, aside in asides.items():
            write_synced(aside, files[name])
        for name, aside in asides.items():
            aside.replace(folder / name)
    except BaseException:
        for aside in asides.values():
            with suppress(OSError):
                aside.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder of files in place whole; `target` must not exist yet. Raises OSError."""
    aside = aside_of(target)
    try:
        aside.mkdir()
        remove_stale(target.parent, now_s=aside.stat().st_mtime)
        for name, content in files.items():
            write_synced(aside / name, content)
        sync_folder(aside)
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    sync_folder(target.parent)


def remove_stale(folder: Path, now_s: float) -> None:
    """Remove what writers left that died more than a day before `now_s` (the disk's own clock)."""
    for left in folder.glob(f"{ASIDE_PREFIX}*"):
        with suppress(OSError):
            if now_s - left.lstat().st_mtime > STALE_AFTER_S:
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink()


def point_to(pointer: Path, name: str) -> None:
    """Make `pointer` lead to its sibling `name`, in one move.

    A relative symbolic link, so that the folder can be moved as a whole; where links cannot be
    made, a text file of one line beside it (`latest.txt`). Raises OSError.
    """
    aside = aside_of(pointer)
    as_text = pointer.with_name(pointer.name + LINK_FALLBACK_SUFFIX)
    try:
        aside.symlink_to(name, target_is_directory=True)
    except OSError as error:
        if error.errno not in CANNOT_LINK:
            raise
        write_file(as_text, f"{name}\n".encode())
        with suppress(OSError):
            pointer.unlink(missing_ok=True)  # made where links worked, now behind
        return
    try:
        aside.replace(pointer)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    as_text.unlink(missing_ok=True)
    sync_folder(pointer.parent)


def pointed_to(pointer: Path) -> Path | None:
    """Return the folder that `point_to` made `pointer` lead to; None if there is none."""
    as_text = pointer.with_name(pointer.name + LINK_FALLBACK_SUFFIX)
    if pointer.is_dir():
        return pointer.resolve()
    if as_text.is_file():
        folder = pointer.with_name(as_text.read_text(encoding="utf-8").strip())
        return folder.resolve() if folder.is_dir() else None
    return None


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Let one process at a time write below `folder`; the lock dies with its process."""
    with (folder / ".lock").open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in CANNOT_LOCK:  # without locks the rename still refuses
                raise
        yield
