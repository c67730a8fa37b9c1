"""Screens and pictures as a page of their own: HTML that needs no network, fit for paper."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from dispatch.messages import language
from scenarios.screen import Fact, Figures, Screen

LONG = 60  # letters of a cell that may take several lines
_STYLE = """
body { font: 15px/1.45 system-ui, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  color: #222; background: #fff; max-width: 75rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .8rem; }
h2 { break-after: avoid; font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
caption { text-align: left; white-space: nowrap; font-weight: 600; padding: .2rem .55rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0 0 1rem; }
dt { color: #6b6b6b; } dd { margin: 0; }
svg { width: 100%; height: auto; }
svg text { font-family: "DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei",
  sans-serif !important; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .55rem; text-align: right; border-bottom: 1px solid #d9d9d9;
  white-space: nowrap; }
th { font-weight: 600; border-bottom-color: #6b6b6b; }
.word { text-align: left; }
.long { text-align: left; white-space: normal; min-width: 20rem; }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; }
  .wide { overflow: visible; } svg { max-height: 112mm; }
  svg, table, dl { break-inside: avoid; } table { margin: .3rem 0; }
  th, td { padding: .06rem .5rem; }
  .sheet { break-before: page; } .sheet svg { max-height: 138mm; } }
"""


def page(screen: Screen, pictures: Sequence[str]) -> str:
    """Return a screen with `pictures` (SVG elements) as one HTML document that needs no network.

    Facts come first, then the pictures, then the tables.
    """
    facts = [part for part in screen.parts if isinstance(part, Fact)]
    tables = [part for part in screen.parts if isinstance(part, Figures)]
    body = (facts_html(facts), *map(picture_html, pictures), *map(table_html, tables))
    return document(screen.title, body)


def document(title: str, body: Sequence[str]) -> str:
    """Return one HTML document under a heading; `body` is its elements."""
    told = "\n".join((f"<h1>{escape(title)}</h1>", *body))
    return (
        f'<!DOCTYPE html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{told}\n</body>\n</html>\n"
    )


def parts_html(parts: Iterable[Fact | Figures]) -> list[str]:
    """Return facts and tables in their order."""
    return [facts_html([one]) if isinstance(one, Fact) else table_html(one) for one in parts]


def facts_html(facts: Sequence[Fact]) -> str:
    """Return facts as a list of terms."""
    rows = (
        f"<dt>{escape(fact.label)}</dt><dd>{'<br>'.join(map(text_html, fact.lines))}</dd>"
        for fact in facts
    )
    return "<dl>\n" + "\n".join(rows) + "\n</dl>"


def text_html(text: str) -> str:
    """Return a text in which no number is broken at the blank between its thousands."""
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "\N{NO-BREAK SPACE}", escape(text))


def picture_html(picture: str) -> str:
    """Return an SVG element that scrolls where the window is too narrow."""
    return f'<div class="wide">{picture}</div>'


def table_html(table: Figures) -> str:
    """Return a table with its title."""
    head = _row("th", table.columns, table.words)
    rows = "\n".join(_row("td", row, table.words) for row in table.rows)
    title = f"<caption>{escape(table.title)}</caption>\n" if table.title else ""
    return (
        f'<div class="wide"><table>\n{title}<thead>{head}</thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(tag: str, cells: Sequence[str], words: Sequence[int]) -> str:
    made = (
        f'<{tag} class="{_word_class(cell)}">{escape(cell)}</{tag}>'
        if i in words
        else f"<{tag}>{escape(cell)}</{tag}>"
        for i, cell in enumerate(cells)
    )
    return f"<tr>{''.join(made)}</tr>"


def _word_class(cell: str) -> str:
    return "long" if len(cell) > LONG else "word"
