"""When a change holds: hours since the plan's start, as an operator says it."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from dispatch.case_kinds import fault
from dispatch.situation import Situation
from scenarios.whatif.change import Change

OPEN_ENDED = timedelta(days=3650)


class TimedChange(Change):
    """A change that holds from `from_h` to `to_h` hours after the plan's start."""

    from_h: float = Field(default=0, ge=0, le=8_760)
    to_h: float | None = Field(default=None, gt=0, le=8_760)  # None: it stays so

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.to_h is not None and self.to_h <= self.from_h:
            raise fault("whatif_window", column="to_h", start=self.from_h, end=self.to_h)
        return self

    def window(self, situation: Situation) -> tuple[datetime, datetime]:
        """Return the aware moments from which and until which it holds."""
        start = situation.grid.start
        begins = start + timedelta(hours=self.from_h)
        if self.to_h is None:
            return begins, begins + OPEN_ENDED
        return begins, start + timedelta(hours=self.to_h)
