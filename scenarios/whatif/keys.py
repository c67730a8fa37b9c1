"""Keys of a change that stand for each other: faults of too many or too few of them."""

from pydantic_core import PydanticCustomError

from dispatch.case_kinds import fault
from dispatch.messages import words


def not_one_of(**given: object) -> PydanticCustomError | None:
    """Return the fault of keys of which exactly one must be given; None where one is."""
    count = sum(value is not None for value in given.values())
    if count == 1:
        return None
    column = next((key for key in reversed(given) if given[key] is not None), next(iter(given)))
    return fault("whatif_one_of", column=column, count=count, keys=words(*given))


def none_of(**given: object) -> PydanticCustomError | None:
    """Return the fault of keys of which none is given; None where one is."""
    if any(value is not None for value in given.values()):
        return None
    return fault("whatif_none_of", column=next(iter(given)), keys=words(*given))
