"""Values as JSON and back again, exactly: numbers to the last bit, dates, and what is not a number.

JSON has no word for NaN, for a date, or for an array with its type; such values are objects of
one key, named by what they are. Numpy's scalars come back as Python's, which equal them.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

import numpy as np


def to_exact_json(value: object) -> bytes:
    """Return a value as JSON. Raises TypeError for a type that would not come back as it was."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False).encode()


def from_exact_json(content: bytes) -> Any:
    """Return the value again. Raises ValueError or KeyError for what is not of that form."""
    return _value(json.loads(content))


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, list):
        return [_plain(item) for item in value]
    is_number = isinstance(value, float) and math.isfinite(value)
    if value is None or is_number or isinstance(value, str | bool | int):
        return value
    return _tagged(value)


def _tagged(value: object) -> dict[str, object]:
    """A value that JSON has no word for, under the name of what it is."""
    match value:
        case float():
            return {"float": repr(value)}
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case np.ndarray():
            return {"array": [value.dtype.str, _plain(value.tolist())]}
        case tuple():
            return {"tuple": [_plain(item) for item in value]}
        case Mapping() if all(isinstance(name, str) for name in value):
            return {"mapping": {name: _plain(item) for name, item in value.items()}}
    raise TypeError(f"{type(value).__name__} cannot be kept exactly")


_READ: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "array": lambda content: np.array(_value(content[1]), dtype=content[0]),
    "tuple": lambda content: tuple(_value(item) for item in content),
    "mapping": lambda content: {name: _value(item) for name, item in content.items()},
}


def _value(plain: Any) -> Any:
    if isinstance(plain, dict):
        (kind,) = plain
        return _READ[kind](plain[kind])
    if isinstance(plain, list):
        return [_value(item) for item in plain]
    return plain
