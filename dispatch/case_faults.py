"""A fault of the case folder: where it is, what is wrong, how to mend it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.messages import asides, say

FileColumnKey = tuple[str, str | None, str]


@dataclass(frozen=True)
class Fault:
    """One thing to mend before the case can be planned.

    `row` is the row a spreadsheet shows (the header is row 1), None for a whole file;
    `column` the column, or the dotted key of `case.toml`; `key` names the kind of fault.
    """

    file: str
    row: int | None
    column: str | None
    text: str  # what is wrong, by how much, and the cure
    key: str  # of the message in the catalogue, without `fault.`
    item: str = ""  # id of the thing the row describes, where known

    def __str__(self) -> str:
        row = say("fault.at_row", row=self.row) if self.row is not None else ""
        place = asides(*(part for part in (self.file, row, self.item, self.column) if part))
        return say("fault.line", place=place, text=self.text)


def file_fault(
    file: str, key: str, *, row: int | None = None, column: str | None = None, **values: object
) -> Fault:
    """Return the fault whose text is catalogue message `fault.<key>`."""
    return Fault(file, row, column, say(f"fault.{key}", **values), key)


def faults_text(faults: Sequence[Fault], limit: int = 20) -> str:
    """Return one line a fault; more than `limit` rows with the same fault in one line."""
    same: Counter[FileColumnKey] = Counter(_kind(fault) for fault in faults)
    lines: list[str] = []
    said: set[FileColumnKey] = set()
    for fault in faults:
        kind = _kind(fault)
        if same[kind] <= limit:
            lines.append(str(fault))
        elif kind not in said:
            said.add(kind)
            lines.append(say("fault.and_more_rows", line=str(fault), count=same[kind] - 1))
    return "\n".join(lines)


def _kind(fault: Fault) -> FileColumnKey:
    return (fault.file, fault.column, fault.key)
