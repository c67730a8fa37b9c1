"""The commands in the READMEs work, and both languages give the same ones."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
COMMAND = ".venv/bin/heat-dispatch"
# Without what an outer `make test` hands down to an inner make.
OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OUTER_MAKE} | {
    "PYTHONPATH": str(ROOT)
}


def commands(readme: Path) -> list[str]:
    """Every line of the `sh` fences, without its comment."""
    fences = re.findall(r"^```sh\n(.*?)^```", readme.read_text(encoding="utf-8"), re.M | re.S)
    lines = [shlex.split(line, comments=True) for fence in fences for line in fence.splitlines()]
    return [shlex.join(line) for line in lines if line]


def made_quick(command: str) -> list[str]:
    """What the test runs for a command: make is asked whether it could, not to do it."""
    program, *words = shlex.split(command)
    if program == "make":
        return ["make", "--dry-run", *words]
    if program == COMMAND:
        return [sys.executable, "-m", "scenarios.cli", *words]
    if program == "cp":
        return [program, *words]
    pytest.fail(f"say how to test {command!r}")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the repository, in which commands may leave files."""
    folder = tmp_path_factory.mktemp("clone")
    for entry in ROOT.iterdir():
        if not entry.name.startswith(".") and entry.name not in ("runs", "weather_store"):
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.mark.parametrize("command", commands(README))
def test_a_command_of_the_readme_works(command: str, clone: Path):
    ended = subprocess.run(
        made_quick(command),
        cwd=clone,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_both_languages_give_the_same_commands_and_parts():
    assert commands(README) == commands(CHINESE)
    english, chinese = (path.read_text(encoding="utf-8") for path in (README, CHINESE))
    for part in (r"^## ", r"^\| ", r"^- ", r"^\*\*", r"^```"):
        assert len(re.findall(part, english, re.M)) == len(re.findall(part, chinese, re.M)), part
    names = [sorted(set(re.findall(r"`([^`\n]+)`", text))) for text in (english, chinese)]
    assert [n for n in names[0] if "<" not in n] == [n for n in names[1] if "<" not in n]


def test_every_relative_link_leads_somewhere():
    for path in (README, CHINESE, ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), target


def test_the_make_targets_of_the_readme_are_explained():
    """`make help` lists every target that the READMEs name."""
    ended = subprocess.run(
        ["make", "help"], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    listed = set(re.findall(r"^  make (\w+) ", ended.stdout, re.M))
    named = {shlex.split(line)[1] for line in commands(README) if line.startswith("make ")}
    assert named <= listed
