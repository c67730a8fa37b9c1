"""Supply and return sensors that were taken for one another (handbook §12)."""

from dataclasses import replace

import numpy as np

from forecasts.demand.identification.blocks import Blocks, Flags
from forecasts.demand.identified import Floats

MARGIN_K = 0.3  # by which a return must be above its supply
SHARE = 0.6  # of the blocks with heat, over a record or its latest days
LATEST_BLOCKS = 24  # of three hours: three days
LEAST_BLOCKS = 8


def _above(blocks: Blocks, supply_c: Floats, return_c: Floats) -> tuple[Flags, Flags]:
    """Blocks that can be judged, and those of them whose return is above the supply."""
    judged = np.isfinite(supply_c) & np.isfinite(return_c) & ~(np.abs(blocks.heat) < 1.0)
    return judged, judged & (return_c > supply_c + MARGIN_K)


def _swapped(blocks: Blocks, supply_c: Floats, return_c: Floats) -> bool:
    judged, above = _above(blocks, supply_c, return_c)
    if judged.sum() < LEAST_BLOCKS:
        return False
    latest = above[judged][-LATEST_BLOCKS:]
    return bool(above.sum() > SHARE * judged.sum() or latest.mean() > SHARE)


def sensors_swapped(blocks: Blocks) -> bool:
    """Whether the return is above the supply for good, on either side of the exchanger."""
    return _swapped(blocks, blocks.supply_c, blocks.return_c) or _swapped(
        blocks, blocks.primary_supply_c, blocks.primary_return_c
    )


def put_right(blocks: Blocks) -> Blocks:
    """The same with supply and return exchanged where they were taken for one another."""

    def ordered(supply_c: Floats, return_c: Floats) -> tuple[Floats, Floats]:
        if not _swapped(blocks, supply_c, return_c):
            return supply_c, return_c
        _, above = _above(blocks, supply_c, return_c)
        return np.where(above, return_c, supply_c), np.where(above, supply_c, return_c)

    supply, back = ordered(blocks.supply_c, blocks.return_c)
    primary, primary_back = ordered(blocks.primary_supply_c, blocks.primary_return_c)
    return replace(
        blocks,
        supply_c=supply,
        return_c=back,
        primary_supply_c=primary,
        primary_return_c=primary_back,
    )
