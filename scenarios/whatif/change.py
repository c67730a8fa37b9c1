"""What every change of a scenario is: one entry `[[change]]` of its file, and a pure function.

A change reads a situation and returns another; it writes nothing and remembers nothing. Its
fields are the keys of its entry, with their usual values, and with the limits beyond which nobody
would believe them. What it does is told by catalogue message `change.<kind>`.
"""

from abc import abstractmethod

from dispatch.case_kinds import Row
from dispatch.plan import Remark
from dispatch.situation import Situation


class NotApplicable(Exception):
    """The case lacks what the change is about."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.text)
        self.remark = remark


class ChangeFault(Exception):
    """A key of the change does not fit the case; `column` is the change's own key."""

    def __init__(self, column: str, remark: Remark) -> None:
        super().__init__(remark.text)
        self.column, self.remark = column, remark


class Change(Row):
    """One change. A family adds `kind: Literal[…]` and its own keys."""

    kind: str
    name: str = ""  # how SET and SWEEP call it where a file has two of a kind; else the kind

    @property
    def label(self) -> str:
        """How the change is called on the command line."""
        return self.name or self.kind

    @abstractmethod
    def applied(self, situation: Situation) -> Situation:
        """Return the situation after the change.

        Raises NotApplicable where the case lacks what it is about, ChangeFault where a key does
        not fit the case.
        """
