"""A small chart of letters for a terminal: layers on top of each other, a mark and a colour each.

The marks alone tell the layers apart, so it reads the same without colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.text import Text

Array = NDArray[np.float64]

HEIGHT = 10  # lines of letters
MOST_WIDE = 120
MARKS = ("█", "▒", "#", "░", "+", "·")
COLOURS = ("blue", "yellow", "green", "magenta", "cyan", "white")
LEVELS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Layer:
    """A row of values with its name; layers of a chart have the same length and are >= 0."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    """Layers stacked over time, and a line of values in one row below, if there is one.

    `ticks` name some of the steps, by their index.
    """

    title: str
    layers: tuple[Layer, ...]
    ticks: tuple[tuple[int, str], ...]
    below: Layer | None = None


def chart_lines(chart: Chart, width: int) -> list[Text]:
    """Return a chart as lines at most `width` cells wide."""
    stacked = np.cumsum([layer.values for layer in chart.layers], axis=0)
    most = float(stacked.max())
    levels = [most * (HEIGHT - line) / HEIGHT for line in range(HEIGHT)]
    names = [f"{level:,.0f}".replace(",", " ") for level in levels]
    side = max(len(name) for name in names) + 1
    steps = stacked.shape[1]
    columns = max(min(width, MOST_WIDE) - side - 2, 1)
    wide = max(columns // steps, 1)  # letters a step
    picked = np.repeat(np.arange(steps), wide)
    if picked.size > columns:
        picked = np.linspace(0, steps - 1, columns).round().astype(int)
    lines = [Text(chart.title, style="bold")]
    for line in range(HEIGHT):
        middle = most * (HEIGHT - line - 0.5) / HEIGHT
        name = names[line] if line % 3 == 0 else ""
        lines.append(_drawn(name.rjust(side), stacked[:, picked], middle))
    lines.append(Text(f"{' ' * side} └{'─' * (picked.size - 1)}"))
    lines.append(Text(f"{' ' * side} {_tick_line(chart.ticks, picked)}"))
    if chart.below is not None:
        values = np.asarray(chart.below.values)[picked]
        lines.append(Text(f"{' ' * side} {_heights(values)}", style="cyan"))
        lines.append(Text(f"{' ' * side} {chart.below.name}"))
    lines += _legend(chart.layers, width)
    return [_within(line, width) for line in lines]


def _drawn(name: str, stacked: Array, middle: float) -> Text:
    """One line of letters: the mark of the layer that holds the line's middle."""
    text = Text(f"{name} ")
    held = [int(np.searchsorted(column, middle)) for column in stacked.T]
    for layer, several in groupby(held):
        count = len(list(several))
        if layer < len(stacked):
            text.append(MARKS[layer % len(MARKS)] * count, COLOURS[layer % len(COLOURS)])
        else:
            text.append(" " * count)
    return text


def _tick_line(ticks: Sequence[tuple[int, str]], picked: NDArray[np.int_]) -> str:
    """Names at their steps, left out where they would run into each other or over the edge."""
    line = ""
    for step, name in ticks:
        place = int(np.searchsorted(picked, step))
        if place + cell_len(name) <= picked.size and (not line or place > cell_len(line)):
            line += " " * (place - cell_len(line)) + name
    return line


def _heights(values: Array) -> str:
    low, high = float(values.min()), float(values.max())
    parts = (values - low) / max(high - low, 1e-9) * (len(LEVELS) - 1)
    return "".join(LEVELS[int(part)] for part in parts.round())


def _legend(layers: Sequence[Layer], width: int) -> list[Text]:
    """Each mark with its name, as many on a line as fit."""
    lines = [Text()]
    for i, layer in enumerate(layers):
        entry = Text.assemble(
            (MARKS[i % len(MARKS)] * 2, COLOURS[i % len(COLOURS)]), f" {layer.name}  "
        )
        if lines[-1].cell_len and lines[-1].cell_len + entry.cell_len > width:
            lines.append(Text())
        lines[-1].append_text(entry)
    return lines


def _within(line: Text, width: int) -> Text:
    line.rstrip()
    line.truncate(width, overflow="ellipsis")
    return line
