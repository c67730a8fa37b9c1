"""Documents made from the code say what the code says, and all of it; links lead somewhere."""

import re
from pathlib import Path

import pytest
from example_plan import example_plan

from dispatch.case_files import read_case
from dispatch.case_tables import FILES
from dispatch.case_telemetry import case_readings
from dispatch.run_files import run_files
from scenarios.docs.case_folder import RULES
from scenarios.docs.model_page import MODEL
from scenarios.docs.pages import pages
from tests.small_case import write_small_case

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NO_RULES = {"__init__", "build", "linear"}
SCADA = (DOCS / "scada.md", DOCS / "zh/scada.md")
WRITTEN = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"])


def test_they_are_those_that_the_code_makes():
    """Where this fails: make docs, and commit."""
    made = pages()
    assert made == {name: (DOCS / name).read_text(encoding="utf-8") for name in made}


def test_every_table_and_every_part_of_the_model_is_there():
    assert {rule.file for rule in RULES} == FILES
    parts = {path.stem for path in (ROOT / "dispatch/formulation").glob("*.py")}
    assert set(MODEL) == parts - NO_RULES


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_are_there(path: Path):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", SCADA, ids=["en", "zh"])
def test_setpoint_columns_are_those_that_are_written(path: Path):
    """In their order, each explained, in both languages."""
    files = run_files(example_plan(), {}, {})
    parts = re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.M)
    told = {part.split("\n", 1)[0]: re.findall(r"^\| `(\w+)` \|", part, re.M) for part in parts[1:]}
    for name in ("setpoints_stations.csv", "setpoints_sources.csv"):
        assert told[name] == files[name].decode("utf-8-sig").splitlines()[0].split(",")


@pytest.mark.parametrize("path", SCADA, ids=["en", "zh"])
def test_telemetry_is_read_as_shown(path: Path, tmp_path: Path):
    folder = write_small_case(tmp_path / "case")
    shown = re.findall(r"```csv\n(.*?)```", path.read_text(encoding="utf-8"), re.S)
    (folder / "telemetry").mkdir()
    for number, table in enumerate(shown):
        (folder / "telemetry" / f"{number}.csv").write_text(table, encoding="utf-8")
    read = case_readings(read_case(folder).case, folder, None, None)
    assert read.notes == ()
    assert [one.readings for one in read.counts] == [3, 3]
