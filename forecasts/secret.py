"""Keys and passwords: from the environment, or from a file that only its owner can read.

`NAME` holds the secret itself, `NAME_FILE` the path of a file with it (as container platforms
mount them). Nothing here keeps a secret, and no text of a fault has one.
"""

import os
import stat
from pathlib import Path

from forecasts.plain_file import open_plain

MAX_SECRET_BYTES = 10_000  # a signed token has 1 kB
OTHERS = stat.S_IRWXG | stat.S_IRWXO
ROOT = 0


class SecretUnsafe(Exception):
    """A secret cannot be taken from its file; the message says why and how to mend it."""


def secret_from(name: str) -> str:
    """Return the secret of an environment variable or of its file, "" if neither is set.

    Raises SecretUnsafe for both at once, and for a file that is not to be had or not safe.
    """
    value, said = os.environ.get(name, "").strip(), os.environ.get(f"{name}_FILE", "").strip()
    if not said:
        return value
    if value:
        raise SecretUnsafe(f"{name} and {name}_FILE are both set. Unset one of them")
    try:
        with open_plain(Path(said)) as file:
            about = os.fstat(file.fileno())  # of the file that is open: its name may be another's
            content = file.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SecretUnsafe(f"the file named by {name}_FILE cannot be read: {why}") from None
    if about.st_uid not in (os.geteuid(), ROOT):
        raise SecretUnsafe(f"the file named by {name}_FILE belongs to another user. Make it yours")
    if about.st_mode & OTHERS:
        mode = f"{stat.S_IMODE(about.st_mode):03o}"
        cure = "Take the rights of others away: chmod 600"
        raise SecretUnsafe(f"the file named by {name}_FILE has mode {mode}. {cure}")
    if len(content) > MAX_SECRET_BYTES:
        raise SecretUnsafe(f"the file named by {name}_FILE is too large to be a key")
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise SecretUnsafe(f"the file named by {name}_FILE is no text") from None
    if not text:
        raise SecretUnsafe(f"the file named by {name}_FILE is empty")
    return text
