"""Entry points of identification: what the measured series of a loop say of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from forecasts.demand.identified import Doubt, Identified, LoopPrior, LoopRecord, RoomNow


def identify(record: LoopRecord, prior: LoopPrior) -> Identified:
    """Building and emitter of a loop from its series; where they say little, the prior."""
    raise NotImplementedError


def room_now(
    record: LoopRecord, prior: LoopPrior, found: Identified | None, at: np.datetime64
) -> RoomNow:
    """How warm the buildings of a loop are at a moment: rooms, else water, else NaN."""
    raise NotImplementedError


def doubts_among(
    found: Sequence[Identified], records: Sequence[LoopRecord]
) -> Mapping[str, tuple[Doubt, ...]]:
    """Doubts that only show beside other loops, by loop; to be added to those of `identify`."""
    raise NotImplementedError
