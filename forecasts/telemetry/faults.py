"""What is wrong with telemetry files: each fault with its place, all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_TOLD = 20  # faults in one message: a file with more has one cause, seen in the first


@dataclass(frozen=True)
class TelemetryFault:
    """One fault: where it is, what it is, and how to mend it."""

    file: str  # name inside the telemetry folder
    text: str  # what is wrong and how to mend it, in plain words
    row: int | None = None  # as a spreadsheet counts: the first line of the file is 1
    column: str = ""  # heading, "" where the whole row or file is meant

    def __str__(self) -> str:
        """Return `file, row 7, column: what`."""
        places = [self.file]
        places += [f"row {self.row}"] if self.row is not None else []
        places += [self.column] if self.column else []
        return f"{', '.join(places)}: {self.text}"


class TelemetryFaults(ValueError):
    """Telemetry cannot be read; the message tells the first `MAX_TOLD` faults, one a line."""

    def __init__(self, faults: Iterable[TelemetryFault]) -> None:
        self.faults = tuple(faults)
        more = len(self.faults) - MAX_TOLD
        lines = [str(fault) for fault in self.faults[:MAX_TOLD]]
        super().__init__("\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]))
