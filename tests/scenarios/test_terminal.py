"""Screens on a terminal: as wide as that is, in both languages; plain where nobody looks."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from example_plan import example_plan
from rich.cells import cell_len
from rich.console import Console

from dispatch.messages import speaking
from dispatch.publish import publish
from scenarios.screen import plain_lines, plan_screen, print_rich
from scenarios.terminal_chart import Chart, drawn, heat_chart

ESCAPE = "\x1b"


def on_terminal(width: int) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=True, color_system=None)
    print_rich(console, plan_screen(example_plan(), Path("runs/example/now")))
    return [line.rstrip() for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_plan_fits_the_terminal(language: str, width: int):
    with speaking(language):
        lines = on_terminal(width)
        title = heat_chart(example_plan().schedule).title
    assert max(map(cell_len, lines)) <= width
    assert title in lines
    assert any("GJ/h" in line for line in lines)


def test_a_pipe_gets_no_pictures_and_no_colours():
    lines = plain_lines(plan_screen(example_plan(), Path("runs/example/now")))
    assert not any(sign in line for line in lines for sign in f"█▓│┌┃{ESCAPE}")


def test_areas_stand_on_each_other():
    """30 MW under 10 MW: the second area reaches a third further up, and the side says 40."""
    chart = Chart(
        "t", (("A", np.full(24, 30.0)), ("B", np.full(24, 10.0))), ((12.0, "noon"),), True
    )
    lines = drawn(chart, 80, coloured=False).splitlines()
    rows = [line.partition("│")[2] or line.partition("┤")[2] for line in lines]
    lower, upper = (sum(sign in row for row in rows) for sign in "█▓")
    assert lower == pytest.approx(3 * upper, abs=2)
    assert any(line.strip().startswith("40┤") for line in lines)
    assert lines[-1] == "█ A  ▓ B"
    assert drawn(chart, 40, coloured=False) == ""


def test_verify_shows_its_rules_to_a_person_alone(tmp_path: Path):
    """Through a real terminal, and through a pipe."""
    run = publish(example_plan(), tmp_path, {}, {"case.toml": "ab" * 32})
    words = [sys.executable, "-m", "scenarios.entry", "verify", str(run)]
    piped = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    assert "┃" not in piped
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, close_fds=True) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
        process.wait(timeout=60)
    os.close(ours)
    lines = shown.decode().splitlines()
    told = piped.splitlines()
    assert lines[: len(told)] == told
    assert "┃" in lines[len(told) + 1]
    assert len(lines) > len(told) + 3
