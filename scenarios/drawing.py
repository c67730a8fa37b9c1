"""How pictures are made: one style, and the same bytes for the same figures.

Letters in SVG stay letters, so that any language shows in the reader's own fonts; a PNG has only
the fonts that come with matplotlib.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, FAINT = "#222222", "#6b6b6b", "#d9d9d9"
PNG_DOTS_PER_INCH = 150
_STYLE: dict[Any, object] = {  # any: its keys are a type of their own
    "font.size": 9.0,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
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
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure; draw and write it within `drawing_style`."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def png_bytes(drawn: Figure) -> bytes:
    """Return a figure as PNG."""
    stream = io.BytesIO()
    drawn.savefig(stream, format="png", dpi=PNG_DOTS_PER_INCH, metadata={"Software": None})
    return stream.getvalue()


def svg_text(drawn: Figure) -> str:
    """Return a figure as an SVG element, fit to stand inside HTML."""
    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with warnings.catch_warnings():
        # that our font lacks a letter is no matter where letters stay letters
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        drawn.savefig(stream, format="svg", metadata=nothing)
    text = stream.getvalue()
    return text[text.index("<svg") :]


def light_grid(axes: Axes) -> None:
    """Put thin horizontal lines behind what is drawn."""
    axes.grid(visible=True, axis="y")
    axes.tick_params(length=3)
