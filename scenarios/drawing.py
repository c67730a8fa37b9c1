"""How pictures are made: one style, and the same bytes for the same figures.

Letters in SVG stay letters, so that any language shows in the reader's own fonts; a PNG has the
font that comes with matplotlib, and for Chinese the first that the machine has.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click
import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.messages import language, say

# Files of Chinese fonts begin so, those without serifs first.
CHINESE_FONTS = (
    *("notosanscjk", "notosanssc", "sourcehansans", "wqy-microhei", "wqy-zenhei"),
    *("droidsansfallback", "msyh", "simhei", "pingfang", "notoserifcjk"),
)
CHINESE = "zh"
MISSING_GLYPH = "Glyph .* missing"
INK, QUIET, FAINT = "#222222", "#6b6b6b", "#d9d9d9"
PNG_DOTS_PER_INCH = 150
_STYLE: dict[Any, object] = {  # any: its keys are a type of their own
    "font.size": 9.0,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "hatch.linewidth": 0.4,
    "svg.fonttype": "none",
    "svg.hashsalt": "heat-dispatch",  # else the ids of shapes are drawn anew each time
    "path.simplify": True,
}


@contextmanager
def drawing_style() -> Iterator[None]:
    """Draw in our style within the block, whatever the machine's own settings are."""
    more = _chinese_font() if language() == CHINESE else ()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE | {"font.family": ["DejaVu Sans", *more]})
        yield


@cache
def _chinese_font() -> tuple[str, ...]:
    """The first Chinese font that the machine has; one that lacks would be complained of.

    Looked for on the disk, for matplotlib keeps a list from the day it first ran.
    """
    files = {Path(name).name.lower(): name for name in font_manager.findSystemFonts()}
    for start in CHINESE_FONTS:
        found = sorted(name for name in files if name.startswith(start) and "bold" not in name)
        regular = [name for name in found if "regular" in name] or found
        if regular:
            font_manager.fontManager.addfont(files[regular[0]])
            return (font_manager.FontProperties(fname=files[regular[0]]).get_name(),)
    return ()


def figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure; draw and write it within `drawing_style`."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def png_bytes(drawn: Figure) -> bytes:
    """Return a figure as PNG."""
    stream = io.BytesIO()
    with warnings.catch_warnings(record=True) as told:
        warnings.filterwarnings("always", MISSING_GLYPH, UserWarning)
        drawn.savefig(stream, format="png", dpi=PNG_DOTS_PER_INCH, metadata={"Software": None})
    if any("Glyph" in str(one.message) for one in told):
        _say_letters_are_missing()
    return stream.getvalue()


@cache
def _say_letters_are_missing() -> None:
    """Once a command: the picture is whole, but for boxes where letters should be."""
    click.echo(say("cli.no_chinese_font"), err=True)


def svg_text(drawn: Figure) -> str:
    """Return a figure as an SVG element, fit to stand inside HTML."""
    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with warnings.catch_warnings():
        # that our font lacks a letter is no matter where letters stay letters
        warnings.filterwarnings("ignore", MISSING_GLYPH, UserWarning)
        drawn.savefig(stream, format="svg", metadata=nothing)
    text = stream.getvalue()
    return text[text.index("<svg") :]


def light_grid(axes: Axes) -> None:
    """Put thin horizontal lines behind what is drawn."""
    axes.grid(visible=True, axis="y")
    axes.tick_params(length=3)
