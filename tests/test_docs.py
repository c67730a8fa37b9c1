"""Documents made from the code say what the code says, and all of it; links lead somewhere."""

import re
from pathlib import Path

import pytest

from dispatch.case_tables import FILES
from scenarios.docs.case_folder import RULES
from scenarios.docs.model_page import MODEL
from scenarios.docs.pages import pages

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NO_RULES = {"__init__", "build", "linear"}
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
