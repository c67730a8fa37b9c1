"""Opening files that others name: plain files only, of bounded size, and inside their folder.

A pipe would be waited for without end, a device be read without end; a link may lead to what is
none of ours. Whatever is refused is an OSError whose `strerror` says why in words, as the
system's own refusals do.
"""

import errno
import gzip
import os
import stat
from io import BufferedReader, RawIOBase
from pathlib import Path

from forecasts.file_limits import RATIO_MATTERS_BYTES, UNPACKING_RATIO

_KINDS = {
    stat.S_IFIFO: "it is a pipe, no file",
    stat.S_IFCHR: "it is a device, no file",
    stat.S_IFBLK: "it is a device, no file",
    stat.S_IFSOCK: "it is a socket, no file",
}


class TooLarge(OSError):
    """A file holds more than is read of it."""


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file to be read; raises OSError, for a folder, pipe or device too."""
    # Without O_NONBLOCK opening a pipe waits for its writer, for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind == stat.S_IFREG:
        return os.fdopen(handle, "rb")
    os.close(handle)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path.name)
    raise OSError(errno.EINVAL, _KINDS.get(kind, "it is no plain file"), path.name)


def read_plain(path: Path, most_bytes: int) -> bytes:
    """Return what a plain file holds; raises OSError, TooLarge beyond `most_bytes`."""
    with open_plain(path) as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TooLarge(errno.EFBIG, f"it has more than {most_bytes} bytes", path.name)
    return content


class BoundedStream(RawIOBase):
    """What a plain file holds, unpacked if its name ends in .gz, up to a size.

    Reading beyond it raises TooLarge; so does a packed file that unpacks to far more than data do.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        super().__init__()
        self._raw = open_plain(path)
        self._packed_bytes = os.fstat(self._raw.fileno()).st_size
        self._stream = gzip.open(self._raw) if path.suffix == ".gz" else self._raw  # noqa: SIM115
        self._name, self._most_bytes, self._bytes = path.name, most_bytes, 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; raises OSError, EOFError where a packed file breaks off."""
        content = self._stream.read(size if size >= 0 else self._most_bytes + 1)
        self._bytes += len(content)
        if self._bytes > self._most_bytes:
            raise TooLarge(errno.EFBIG, f"it has more than {self._most_bytes} bytes", self._name)
        unpacks_to = self._bytes / max(self._packed_bytes, 1)
        if self._bytes > RATIO_MATTERS_BYTES and unpacks_to > UNPACKING_RATIO:
            told = f"it unpacks to more than {UNPACKING_RATIO} times its size"
            raise TooLarge(errno.EFBIG, told, self._name)
        return content

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        self._raw.close()
        super().close()


def leads_out(path: Path, home: Path) -> bool:
    """Return whether a path ends outside the folder `home`, its links followed."""
    end = os.path.realpath(path)  # unlike Path.resolve it bears links in a circle
    return not Path(end).is_relative_to(os.path.realpath(home))
