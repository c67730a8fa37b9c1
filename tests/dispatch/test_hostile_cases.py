"""Case folders meant to do harm: links, pipes, archives, formulas, and a sample of fuzz."""

import os
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from bench.fuzz import KINDS, Trial, told, tried
from bench.fuzz_town import write_town
from dispatch import case_text
from dispatch.case_files import CaseFaults, read_case
from dispatch.case_table import read_table
from dispatch.case_tables import STATIONS
from dispatch.run_tables import csv_file, harmless
from dispatch.text_cells import as_written, word
from scenarios.cli import main
from tests.small_case import Edit, cell, text, whole_file, write_small_case

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1")


def faults(folder: Path, *edits: Edit) -> list[tuple[str, str | None, str]]:
    with pytest.raises(CaseFaults) as raised:
        read_case(write_small_case(folder, *edits))
    return [(one.file, one.column, one.key) for one in raised.value.faults]


# ---- places ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["case.toml", "stations.csv", "climate.toml", "telemetry"])
def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path, file: str) -> None:
    """What it leads to would be quoted in the faults."""

    def link(folder: Path) -> None:
        (folder / file).unlink(missing_ok=True)
        (folder / file).symlink_to("/etc/passwd")

    assert faults(tmp_path / "case", link) == [(file, None, "link_outside")]


def test_a_link_within_the_folder_and_to_the_folder_is_fine(tmp_path: Path) -> None:
    folder = write_small_case(tmp_path / "case")
    (folder / "outages.csv").rename(folder / "outages 2026.csv")
    (folder / "outages.csv").symlink_to("outages 2026.csv")
    (tmp_path / "by_link").symlink_to("case")
    assert read_case(tmp_path / "by_link").case.outages


@pytest.mark.parametrize("file", ["case.toml", "links.csv"])
def test_a_pipe_is_told_and_not_waited_for(tmp_path: Path, file: str) -> None:
    def pipe(folder: Path) -> None:
        (folder / file).unlink()
        os.mkfifo(folder / file)

    assert (file, None, "file_unreadable") in faults(tmp_path / "case", pipe)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("../secret.csv", "path_outside"),
        ("/etc/passwd", "path_outside"),
        ("circle/x.csv", None),
        ("x" * 300, "path_too_long"),
    ],
)
def test_paths_of_settings(tmp_path: Path, path: str, key: str | None) -> None:
    def circle(folder: Path) -> None:
        (folder / "circle").symlink_to("circle")

    source = text("case.toml", 'kind = "climate"', f'kind = "csv"\npath = "{path}"')
    if key is None:  # led in a circle: no such file, which is a note
        assert read_case(write_small_case(tmp_path / "case", circle, source)).case
    else:
        wanted = [("case.toml", "weather[1].path", key)]
        assert faults(tmp_path / "case", circle, source) == wanted


def test_a_case_holds_no_password(tmp_path: Path) -> None:
    line = 'kind = "open_meteo"\nbase_url = "https://me:hidden@example.org"'
    with pytest.raises(CaseFaults) as raised:
        read_case(write_small_case(tmp_path / "case", text("case.toml", 'kind = "climate"', line)))
    assert "holds no secrets" in str(raised.value)
    assert "hidden" not in str(raised.value)


# ---- sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"kind,id" + b",x" * 600 + b"\n", "too_many_columns"),
        (b"kind,id\nsource," + b"x" * 6_000 + b"\n", "cell_too_long"),
        (b"kind,id\n" + b"a,b\n" * 101, "too_many_rows"),
    ],
)
def test_tables_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, key: str
) -> None:
    monkeypatch.setattr(case_text, "TABLE_ROWS", 100)
    assert faults(tmp_path / "case", whole_file("outages.csv", content)) == [
        ("outages.csv", None, key)
    ]


def test_settings_of_a_megabyte_are_not_parsed(tmp_path: Path) -> None:
    big = whole_file("case.toml", b"x = [" + b"1," * 600_000 + b"]\n")
    assert ("case.toml", None, "file_too_large") in faults(tmp_path / "case", big)


# ---- formulas --------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_harmless_and_comes_back_as_it_was(formula: str) -> None:
    safe = word(formula)
    assert safe[0] == "'"
    assert as_written(safe) == formula


def test_other_texts_and_numbers_stay_as_they_are() -> None:
    table = pd.DataFrame({"text": ["=1", "N1", "'x"], "number": [-1.5, 2.0, -0.0]})
    safe = harmless(table)
    assert safe["text"].tolist() == ["'=1", "N1", "'x"]
    assert safe["number"].tolist() == table["number"].tolist()
    assert as_written("'x") == "'x"


def test_a_cell_of_several_lines_is_read_as_one(tmp_path: Path) -> None:
    """Else a cell `a`, line break, `=1` would be a formula at the start of a line of our tables."""
    folder = write_small_case(tmp_path, cell("stations.csv", 2, "name", "a\r=1\n\tb"))
    name = read_table(folder, STATIONS).table.rows[0].name
    assert name == "a =1 b"
    assert csv_file(["name"], [[word(name)]]) == b"name\na =1 b\n"


def test_a_table_of_ours_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = write_small_case(tmp_path, cell("stations.csv", 2, "name", "'=Railway"))
    assert read_table(folder, STATIONS).table.rows[0].name == "=Railway"


# ---- fuzz ------------------------------------------------------------------------------------


SAMPLE = {"case": range(1, 24), "weather": (1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 16, 17, 18)}


def test_a_sample_of_broken_inputs() -> None:
    """`make soak` tries thousands; these few would find a broken fuzz, or a gross fault."""
    trials = [Trial(kind, number, 11) for kind in KINDS for number in SAMPLE[kind]]
    ended = [tried(trial) for trial in trials]
    assert [str(one) for one in ended if one.fault] == []
    codes = {one.code for one in ended if one.trial.kind == "case"}
    assert {2, 10} <= codes
    assert "FAULT" not in told(ended, 11)


def test_the_whole_town_is_a_case_without_fault(tmp_path: Path) -> None:
    """Else the mutations of its files would all end at the same first fault."""
    assert read_case(write_town(tmp_path / "town", whole=True)).case.surveys


# ---- who runs it -----------------------------------------------------------------------------


@pytest.mark.parametrize(("user", "is_told"), [(0, True), (1000, False)])
def test_root_is_told_that_it_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, is_told: bool
) -> None:
    folder = write_small_case(tmp_path / "case")
    monkeypatch.setattr("os.geteuid", lambda: user)
    ended = CliRunner().invoke(main, ["validate", str(folder)])
    assert ended.exit_code == 0
    assert ("You are root" in ended.stderr) is is_told
