"""A comparison in plain sentences."""

from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.outcome import Unplanned


def answer(comparison: Comparison, variant: Compared | Unplanned) -> tuple[str, ...]:
    """Return what an operator asks first, a sentence or two an entry."""
    raise NotImplementedError


def to_do(comparison: Comparison, variant: Compared) -> tuple[str, ...]:
    """Return what to do before the event, one line an action in order of time."""
    raise NotImplementedError
