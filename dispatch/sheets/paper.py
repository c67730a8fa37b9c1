"""One page of the workbook: cells in a row-by-row hand, with widths, colours and print set-up.

Colours are told apart in print and by colour-blind readers: a fill never says anything that the
cell does not also say in words or figures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from rich.cells import cell_len

THIN = Side(style="thin", color="999999")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
HEAD = PatternFill("solid", fgColor="DDE6EE")
GOOD = PatternFill("solid", fgColor="CFE8D5")
MIND = PatternFill("solid", fgColor="FFE3A8")
BAD = PatternFill("solid", fgColor="F5B7A8")
COOL = PatternFill("solid", fgColor="CFE0F5")
TITLE, BOLD, PLAIN, SMALL = Font(size=16, bold=True), Font(bold=True), Font(), Font(size=9)
NOT_IN_A_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
LINE_PT, A4, MARGIN_IN = 15.0, 9, 0.4

WHOLE, ONE, TWO, PERCENT = "#,##0", "0.0", "0.00", "0.0%"
MOMENT, SIGNED = "mm-dd hh:mm", "+0.0;-0.0;0.0"


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, width in letters, and how its numbers are written."""

    heading: str
    width: float
    form: str = "General"


@dataclass
class Paper:
    """A worksheet that is written from top to bottom."""

    sheet: Any  # openpyxl's Worksheet
    columns: int
    row: int = 1
    widths: dict[int, float] = field(default_factory=dict)

    def title(self, text: str) -> None:
        """Write the title of the page."""
        self._across(text, TITLE, None)
        self.sheet.row_dimensions[self.row - 1].height = 26

    def line(self, text: str, *, bold: bool = False, fill: PatternFill | None = None) -> None:
        """Write a line of text over the whole width, as many lines high as it needs."""
        width = sum(self.widths.values()) or 100.0
        lines = sum(max(1, ceil(cell_len(part) * 1.1 / width)) for part in text.split("\n"))
        self._across(text, BOLD if bold else PLAIN, fill)
        self.sheet.row_dimensions[self.row - 1].height = LINE_PT * lines

    def gap(self) -> None:
        """Leave a row empty."""
        self.row += 1

    def set_widths(self, columns: Sequence[Column]) -> None:
        """Set the widths of the page's columns; the first table to do so decides."""
        for number, column in enumerate(columns, start=1):
            self.widths[number] = column.width
            self.sheet.column_dimensions[get_column_letter(number)].width = column.width

    def head(self, columns: Sequence[Column]) -> int:
        """Write headings; return their row."""
        for number, column in enumerate(columns, start=1):
            cell = self._put(number, column.heading, BOLD)
            cell.fill, cell.border = HEAD, BOX
            cell.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
        most = max(cell_len(column.heading) / column.width for column in columns)
        self.sheet.row_dimensions[self.row].height = LINE_PT * max(1, ceil(most * 1.2))
        self.row += 1
        return self.row - 1

    def cells(
        self,
        columns: Sequence[Column],
        values: Sequence[object],
        fills: Sequence[PatternFill | None] = (),
        *,
        bold: bool = False,
    ) -> None:
        """Write a row of a table."""
        for number, (column, value) in enumerate(zip(columns, values, strict=True), start=1):
            cell = self._put(number, value, BOLD if bold else PLAIN)
            cell.border = BOX
            if not isinstance(value, str):
                cell.number_format = column.form
            else:
                cell.alignment = Alignment(indent=1, shrink_to_fit=cell_len(value) > column.width)
            if number <= len(fills) and fills[number - 1] is not None:
                cell.fill = fills[number - 1]
        self.row += 1

    def boxes(self, texts: Sequence[str], height_pt: float = 44) -> None:
        """Write boxes side by side, to sign in."""
        each = max(1, self.columns // len(texts))
        for number, text in enumerate(texts):
            first = 1 + number * each
            last = self.columns if number == len(texts) - 1 else first + each - 1
            cell = self._put(first, text, PLAIN)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            for place in range(first, last + 1):
                self.sheet.cell(self.row, place).border = BOX
            self.sheet.merge_cells(
                start_row=self.row, start_column=first, end_row=self.row, end_column=last
            )
        self.sheet.row_dimensions[self.row].height = height_pt
        self.row += 1

    def print_on_a4(self, *, landscape: bool, head_row: int | None, foot: str) -> None:
        """Set the print area, one page wide, and the rows that stand on every page."""
        sheet, last = self.sheet, get_column_letter(self.columns)
        sheet.print_area = f"A1:{last}{self.row - 1}"
        sheet.page_setup.paperSize = A4
        sheet.page_setup.orientation = "landscape" if landscape else "portrait"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_margins = PageMargins(*[MARGIN_IN] * 4)
        sheet.oddFooter.left.text = foot.replace("&", "&&")
        sheet.oddFooter.right.text = "&P / &N"
        if head_row is not None:
            sheet.print_title_rows = f"{head_row}:{head_row}"

    def _across(self, text: str, font: Font, fill: PatternFill | None) -> None:
        cell = self._put(1, text, font)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if fill is not None:
            cell.fill = fill
        self.sheet.merge_cells(
            start_row=self.row, start_column=1, end_row=self.row, end_column=self.columns
        )
        self.row += 1

    def _put(self, column: int, value: object, font: Font) -> Any:
        cell = self.sheet.cell(self.row, column)
        if isinstance(value, str):
            cell.value = NOT_IN_A_CELL.sub(" ", value)
            cell.data_type = "s"  # a text that begins with a sign is no formula
        elif isinstance(value, datetime):
            cell.value = value.replace(tzinfo=None)  # local time: a workbook knows no zones
        else:
            cell.value = value
        cell.font = font
        return cell
