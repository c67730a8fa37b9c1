"""A hash of any value of ours by its content, so that equal questions are known to be equal.

Every value goes in with its type and length, so that no two values can be told by the same bytes;
floats go in by their eight bytes. A type that is not known here is refused, never guessed: a field
left out would make two different questions one.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel


def fingerprint(*values: object) -> str:
    """Return the SHA-256 of values by content. Raises TypeError for a type it does not know."""
    digest = hashlib.sha256()
    for value in values:
        _put(digest, value)
    return digest.hexdigest()


def _put(digest: "hashlib._Hash", value: object) -> None:
    """Add one value, and all that is in it."""
    if isinstance(value, xr.Dataset):
        _put_dataset(digest, value)
    elif isinstance(value, pd.DataFrame):
        _tag(digest, "frame", len(value.columns))
        for name in value.columns:
            _put(digest, [str(name), *value[name].tolist()])
    elif isinstance(value, np.ndarray):
        _put_array(digest, value)
    elif isinstance(value, BaseModel):
        # By its fields: what a case worked out of them and remembers is no part of it.
        content = {name: getattr(value, name) for name in type(value).model_fields}
        _put_fields(digest, type(value).__name__, content)
    elif is_dataclass(value) and not isinstance(value, type):
        content = {field.name: getattr(value, field.name) for field in fields(value)}
        _put_fields(digest, type(value).__name__, content)
    elif isinstance(value, Mapping):
        _put_fields(digest, "mapping", value)
    elif isinstance(value, list | tuple):
        _tag(digest, "sequence", len(value))
        for item in value:
            _put(digest, item)
    elif isinstance(value, set | frozenset):
        _put(digest, sorted(fingerprint(item) for item in value))
    else:
        _put_leaf(digest, value)


def _put_leaf(digest: "hashlib._Hash", value: object) -> None:
    if isinstance(value, Enum):
        _put(digest, [type(value).__name__, value.value])
    elif isinstance(value, np.generic):
        _put_leaf(digest, value.item())
    elif isinstance(value, float):
        digest.update(b"f" + struct.pack("<d", value))
    elif isinstance(value, str | Path):
        text = str(value).encode()
        _tag(digest, "text", len(text))
        digest.update(text)
    elif value is None or isinstance(value, bool | int | date | timedelta):  # datetime too
        _put_leaf(digest, f"{type(value).__name__} {value!r}")
    else:
        raise TypeError(f"no fingerprint of {type(value).__name__} is known")


def _put_fields(digest: "hashlib._Hash", kind: str, content: Mapping[str, object]) -> None:
    _tag(digest, kind, len(content))
    for name in sorted(content, key=str):
        _put_leaf(digest, str(name))
        _put(digest, content[name])


def _put_dataset(digest: "hashlib._Hash", dataset: xr.Dataset) -> None:
    _put_fields(digest, "dataset", {str(name): value for name, value in dataset.attrs.items()})
    for name in sorted(str(name) for name in dataset.variables):
        variable = dataset[name].variable
        _put(digest, [name, *(str(dimension) for dimension in variable.dims)])
        _put_fields(digest, "attributes", variable.attrs)
        _put_array(digest, variable.values)


def _put_array(digest: "hashlib._Hash", array: np.ndarray) -> None:
    _put(digest, ["array", array.dtype.str, *array.shape])
    if array.dtype.kind in "OUT":
        _put(digest, [None if value is None else str(value) for value in array.ravel()])
    else:
        digest.update(np.ascontiguousarray(array).tobytes())


def _tag(digest: "hashlib._Hash", kind: str, length: int) -> None:
    digest.update(f"{kind} {length};".encode())
