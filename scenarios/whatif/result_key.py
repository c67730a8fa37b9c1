"""What the result of a variant depends on, as one hash: the same key, the same plan."""

import hashlib
from importlib import resources
from pathlib import Path

from dispatch.case import Case
from dispatch.daily_request import DailyRequest
from dispatch.input_hashes import input_hashes
from dispatch.run_archive import versions
from dispatch.situation import Situation
from dispatch.telemetry_folder import has_telemetry
from scenarios.whatif.fingerprint import fingerprint

PROGRAM = ("dispatch", "forecasts", "scenarios/whatif")
PROGRAM_FILES = (".py", ".toml")


def program_key() -> str:
    """Hash of the program that plans: its sources, its data, and the packages it stands on."""
    digest = hashlib.sha256(fingerprint(versions()).encode())
    for place in PROGRAM:
        package, *below = place.split("/")
        root = Path(str(resources.files(package).joinpath(*below)))
        for path in sorted(root.rglob("*")):
            if path.suffix in PROGRAM_FILES and path.is_file():
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def surroundings_key(base: Situation, request: DailyRequest, *, with_cures: bool) -> str:
    """Hash of all that variants have in common: program, wishes, published runs, telemetry."""
    runs = _listed(request.runs_folder / base.case.settings.id)
    asked = (request.stage, request.risk, request.paths, with_cures)
    measured: list[object] = []
    if base.measured is None and has_telemetry(request.case_folder, base.case.settings):
        # Telemetry is asked in the base's place and serves all: `shared_telemetry.py`.
        names = [repr(candidate) for candidate in request.candidates or ()]
        store = _listed(request.store_folder, deep=True)
        measured = [situation_key(base), input_hashes(request.case_folder), store, names]
    return fingerprint(program_key(), asked, runs, measured)


def situation_key(situation: Situation) -> str:
    """Hash of a variant's own part; by how many processes it is solved plays no part."""
    values = {name: getattr(situation, name) for name in situation.__dataclass_fields__}
    return fingerprint(values | {"case": with_processes(situation.case, 1)})


def with_processes(case: Case, count: int) -> Case:
    """A case that is solved by so many processes: its plan is the same."""
    settings = case.settings
    solve = settings.solve.model_copy(update={"workers": count})
    return case.model_copy(update={"settings": settings.model_copy(update={"solve": solve})})


def result_key(surroundings: str, situation: Situation) -> str:
    """Return the key of a result."""
    return fingerprint(surroundings, situation_key(situation))


def _listed(folder: Path, *, deep: bool = False) -> list[str]:
    """Names of what lies in a folder: published runs and stored weather never change after."""
    if not folder.is_dir():
        return []
    found = folder.rglob("*") if deep else folder.iterdir()
    return sorted(path.relative_to(folder).as_posix() for path in found)
