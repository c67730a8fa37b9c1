"""A run for machines: JSON of one fixed form, and the manifest of hashes."""

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from importlib import metadata
from pathlib import Path

import numpy as np

from dispatch.plan import Plan

PACKAGES = ("heat-dispatch", "h5netcdf", "h5py", "highspy", "numpy", "pandas", "pyomo", "xarray")


def sha256(content: bytes) -> str:
    """Return the hash by which a manifest names a file."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: object) -> bytes:
    """Return JSON of one fixed form: sorted keys, two spaces, UTF-8, null for no number."""
    text = json.dumps(
        plain_data(value), ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False
    )
    return f"{text}\n".encode()


def plain_data(value: object) -> object:
    """Return what JSON can hold: dataclasses as objects, enums by value, times as ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(_plain_leaf(name)): plain_data(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain_data(value.tolist())
    if isinstance(value, list | tuple):
        return [plain_data(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain_data(item) for item in value), key=str)
    return _plain_leaf(value)


def _plain_leaf(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.generic):
        return _plain_leaf(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):  # a bool is an int
        return value
    if isinstance(value, date):  # datetime too
        return value.isoformat()
    return value.as_posix() if isinstance(value, Path) else str(value)


def manifest(
    plan: Plan, outputs: Mapping[str, str], inputs: Mapping[str, str]
) -> dict[str, object]:
    """Return `manifest.json`: hashes of all that went in and came out, and what made it.

    It names neither itself nor `run_log.json`, whose clocks differ from run to run.
    """
    return {
        "schema": "heat-dispatch/manifest",
        "version": 1,
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
        "outputs": dict(outputs),
        "inputs": dict(inputs),
        "versions": versions(),
        "seed": plan.schedule.attrs.get("seed"),  # none: the plan rests on no draw
    }


def versions() -> dict[str, object]:
    """Return the versions of Python and of the packages that shape a plan."""
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # run from its folder, not installed
        return None
