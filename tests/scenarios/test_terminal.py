"""What a terminal shows: no line wider than it, no frame broken, and none of it in a pipe."""

import os
import pty
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from example_plan import example_plan
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dispatch.audit import audit
from dispatch.messages import say, speaking
from dispatch.plan import Plan
from dispatch.verify import VerifyReport
from scenarios.plan_details import source_rows
from scenarios.screen import plan_screen, print_rich, show
from scenarios.stacked_chart import HEIGHT, Chart, Layer, chart_lines
from scenarios.verify_screen import verify_screen

ROOT = Path(__file__).parents[2]
SHOW = """
import os, struct, sys, termios
from fcntl import ioctl
from test_terminal import CASES, show_all
for columns, language, plain in CASES:
    ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    os.environ.update({"HEAT_DISPATCH_LANG": language, **({"NO_COLOR": "1"} if plain else {})})
    show_all()
    print("@next", flush=True)
"""
CASES = ((80, "zh", False), (120, "en", True))  # columns, language, whether NO_COLOR is set


def show_all() -> None:
    plan = example_plan()
    show(plan_screen(plan, Path("runs/x")))
    show(verify_screen(VerifyReport(Path("x"), (), (), audit(plan.schedule))))


@pytest.fixture(scope="module")
def shown() -> list[str]:
    """What a process shows on a pseudo terminal, by case."""
    known = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    path = os.pathsep.join(str(ROOT / part) for part in ("", "tests", "tests/scenarios"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SHOW],
        stdout=theirs,
        stdin=theirs,
        env={**known, "PYTHONPATH": path, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    read = b""
    with suppress(OSError):  # how Linux tells that nobody holds the other end
        while part := os.read(ours, 65536):
            read += part
    os.close(ours)
    assert process.wait() == 0, read
    return read.decode().replace("\r\n", "\n").split("@next\n")


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_terminal_is_filled_and_never_overrun(shown: list[str], case: int):
    columns, language, plain = CASES[case]
    lines = [line.rstrip() for line in Text.from_ansi(shown[case]).plain.splitlines()]
    assert max(cell_len(line) for line in lines) <= columns
    with speaking(language):
        for key in ("sources_title", "heat_title", "coldest_title", "rules_title"):
            assert say(f"terminal.{key}") in lines
    for above, line in pairwise(lines):
        if line.startswith("│"):  # a row stands as wide as the frame above it
            assert cell_len(line) == cell_len(above)
    assert ("\x1b[1;33m" in shown[case]) != plain


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]):
    show_all()
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert not set("│┃█▒") & set(out)
    assert "Mean GJ/h" in out


def test_a_narrow_terminal_loses_no_letter(plan: Plan):
    """Cut, the line of the coldest station would end in 17.… instead of 17.6."""
    console = Console(width=40, file=StringIO(), force_terminal=True, highlight=False)
    with speaking("zh"), console.capture() as capture:
        print_rich(console, plan_screen(plan, Path("runs/x")))
    assert "…" not in capture.get()


def test_sources_are_told_in_both_units(plan: Plan):
    """60 MW are 216 GJ/h."""
    first = source_rows(plan)[0]
    assert first[:4] == ("A1", "60.0", "216", "60.0")


def test_a_stack_is_as_high_as_its_layers():
    """30 of 40 MW below, 10 above: of ten lines, about three in four are the lower one's."""
    chart = Chart("x", (Layer("low", (30.0,) * 48), Layer("high", (10.0,) * 48)), ((0, "now"),))
    drawn = [line.plain for line in chart_lines(chart, 80)][1 : 1 + HEIGHT]
    assert [line.count("█") == 48 for line in drawn] == [False] * 2 + [True] * 8
    assert all(line.count("▒") == 48 for line in drawn[:2])
