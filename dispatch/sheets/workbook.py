"""Puts the pages of `dispatch_sheet.xlsx` together, with the same bytes for the same plan."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties

from dispatch.messages import say
from dispatch.plan import Plan
from dispatch.sheets.coal_page import coal_page
from dispatch.sheets.first_page import first_page
from dispatch.sheets.order_page import order_page
from dispatch.sheets.source_page import source_page
from dispatch.sheets.station_page import station_page
from dispatch.sheets.tables import Tables, grouped

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file knows
LONGEST_NAME = 31  # of a worksheet
PROPERTIES = "docProps/core.xml"
SAVED_AT = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))


def dispatch_sheet(plan: Plan, files: Mapping[str, bytes]) -> bytes:
    """Return the workbook of a plan, made of its published tables, `files` by name."""
    tables = Tables.of(files)
    book = Workbook()
    book.remove(book.active)
    issued = plan.issued_at.astimezone(UTC).replace(tzinfo=None)
    book.properties = DocumentProperties(
        title=say("sheet.title", name=plan.case.settings.name),
        creator="Heat Dispatch",
        created=issued,
        modified=issued,
    )
    first_page(_page(book, say("sheet.tab_first")), plan, tables)
    for plant in dict.fromkeys(str(name) for name in plan.schedule["plant"].values):
        source_page(_page(book, say("sheet.tab_plant", plant=plant)), plan, tables, plant)
    by_zone = grouped(tables.stations, "zone_id")
    for (zone,), rows in by_zone.items():
        station_page(_page(book, say("sheet.tab_zone", zone=zone)), plan, zone, rows)
    coal_page(_page(book, say("sheet.tab_coal")), plan, tables)
    order_page(_page(book, say("sheet.tab_order")), plan, tables)
    stream = io.BytesIO()
    book.save(stream)
    return _timeless(stream.getvalue(), issued)


def _page(book: Workbook, name: str) -> Any:
    """A new page of a name that a workbook allows; another one of the same name is numbered."""
    allowed = name.translate(NOT_IN_A_NAME)[:LONGEST_NAME]
    taken = {known.casefold() for known in book.sheetnames}
    number, free = 2, allowed
    while free.casefold() in taken:
        free = f"{allowed[: LONGEST_NAME - 4]} {number}"
        number += 1
    return book.create_sheet(free)


def _timeless(content: bytes, issued: datetime) -> bytes:
    """The same workbook as of `issued` (UTC), whenever its parts were written."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as written,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as timeless,
    ):
        for name in written.namelist():
            content = written.read(name)
            if name == PROPERTIES:
                content = SAVED_AT.sub(rb"\g<1>" + f"{issued:%Y-%m-%dT%H:%M:%SZ}".encode(), content)
            timeless.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
