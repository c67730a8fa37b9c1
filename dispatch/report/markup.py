"""Elements of the page: text made harmless, tables, terms with their definitions, numbers."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from dispatch.messages import say

NO_BREAK = "\N{NO-BREAK SPACE}"


def number(value: float | None, decimals: int = 0, sign: bool = False) -> str:
    """Return a number with its thousands apart, a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:+,.{decimals}f}" if sign else f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("+-")
    return text.replace(",", NO_BREAK).replace("-", "\N{MINUS SIGN}")


def text_html(text: str) -> str:
    """Return plain text as HTML in which no number is broken between its thousands."""
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", NO_BREAK, escape(text))


def element(tag: str, *inner: str, **attributes: str) -> str:
    """Return an element around HTML; a trailing underscore of an attribute's name is dropped."""
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{told}>{''.join(inner)}</{tag}>"


def paragraph(text: str, **attributes: str) -> str:
    """Return a paragraph of plain text."""
    return element("p", text_html(text), **attributes)


def bullets(lines: Sequence[str], **attributes: str) -> str:
    """Return a list of plain texts; those that open with a dash of their own lose it."""
    items = (element("li", text_html(line.removeprefix("- "))) for line in lines)
    return element("ul", *items, **attributes)


def section(name: str, title: str, *inner: str) -> str:
    """Return a section with its heading, to be led to by name."""
    heading = element("h2", escape(title), id=f"{name}-title")
    return element("section", heading, *inner, id=name, aria_labelledby=f"{name}-title")


def chart(name: str) -> str:
    """Return the place of a chart; the page's script draws it there."""
    return element("figure", id=f"chart-{name}", class_="chart", data_chart=name)


@dataclass(frozen=True)
class Column:
    """A heading of a table, what it means, and whether its cells are words."""

    title: str
    note: str = ""
    is_word: bool = False


def term(column: Column) -> str:
    """Return a heading that says on hover what it means."""
    if not column.note:
        return escape(column.title)
    return element("abbr", escape(column.title), title=column.note)


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], caption: str = "", name: str = ""
) -> str:
    """Return a table of plain texts that scrolls where the window is narrow."""
    if not rows:
        return paragraph(say("report.nothing"))
    head = element("tr", *(_cell("th", one, term(one), scope="col") for one in columns))
    body = (
        element("tr", *(_cell("td", c, escape(cell)) for c, cell in zip(columns, row, strict=True)))
        for row in rows
    )
    inner = (element("thead", head), element("tbody", *body))
    told = (element("caption", escape(caption)), *inner) if caption else inner
    attributes = {"id": name} if name else {}
    whole = element("table", *told, **attributes)
    return element("div", whole, class_="wide", tabindex="0", role="group")


def _cell(tag: str, column: Column, inner: str, **attributes: str) -> str:
    kind = {"class_": "word"} if column.is_word else {}
    return element(tag, inner, **kind, **attributes)


def folded(title: str, *inner: str, is_open: bool = False) -> str:
    """Return what opens on a click."""
    flag = " open" if is_open else ""
    return f"<details{flag}><summary>{escape(title)}</summary>{''.join(inner)}</details>"
