"""The schedule of a published run, to go on from; a run that was damaged or edited gives none."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from dispatch.audit_rules.contract import check_contract
from dispatch.input_hashes import input_hashes
from dispatch.plan_reader import read_plan
from dispatch.run_archive import sha256
from dispatch.verify import MANIFEST, PLAN, UNREADABLE


def plan_of_case(run: Path, case_folder: Path) -> xr.Dataset | None:
    """The schedule of a run made from the case as it is now; None where it is not to be gone by.

    Telemetry goes on and does not count as an edit. A plan that is not the one the manifest
    names, cannot be read, or is of a version with other contents counts as none: `verify` says
    so, and a plan made anew is better than one nobody knows.
    """
    try:
        content = json.loads((run / MANIFEST).read_text("utf-8"))
        made_of, made = content["inputs"], content["outputs"]
        if _tables(made_of) != _tables(input_hashes(case_folder)):
            return None
        body = (run / PLAN).read_bytes()
        if sha256(body) != made[PLAN]:
            return None
        schedule = read_plan(io.BytesIO(body))
    except (*UNREADABLE, RecursionError):
        return None
    return schedule if check_contract(schedule).passed else None


def _tables(hashes: Mapping[str, str]) -> dict[str, str]:
    """Hashes of the case's own files: not of its weather, nor of telemetry in its subfolders."""
    return {name: value for name, value in hashes.items() if name != "weather" and "/" not in name}
