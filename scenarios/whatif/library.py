"""Scenario files that come with the program, and those of the utility's own folder."""

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from dispatch.messages import say, words
from scenarios.whatif.scenario import Scenario
from scenarios.whatif.scenario_file import ScenarioFaults, read_scenario

OWN_FOLDER = Path("my_scenarios")


class UnknownScenario(Exception):
    """No scenario is called so; the message offers those that are nearly."""


def library() -> dict[str, Path]:
    """Return the bundled scenario files by name, in alphabetical order."""
    folder = Path(str(resources.files("scenarios") / "library"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def own(folder: Path = OWN_FOLDER) -> dict[str, Path]:
    """Return the scenario files of a folder of one's own by name; nothing where there is none."""
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find(name: str, folder: Path = OWN_FOLDER) -> Path:
    """Return the file of a scenario: a path, one's own, or a bundled one, in this order.

    Raises UnknownScenario.
    """
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path
    known = library() | own(folder)
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3, cutoff=0.4)
    options = words(*(near or sorted(known)[:6]))
    raise UnknownScenario(say("scenario.unknown", name=name, options=options))


def readable(files: dict[str, Path]) -> Iterator[tuple[str, Scenario | ScenarioFaults]]:
    """Yield every scenario by name, or its faults: one bad file hides no other."""
    for name, path in files.items():
        try:
            yield name, read_scenario(path)
        except ScenarioFaults as faults:
            yield name, faults
