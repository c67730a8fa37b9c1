"""Entry points of identification: what the measured series of a loop say of it (H§3, H§4, H§5).

Parts in `identification/`: `blocks` puts a record on steps of three hours and chooses its days,
`water` finds the flow, `latent` and `balance` find building and emitter together, the others judge.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from forecasts.demand.identification.balance import fit
from forecasts.demand.identification.blocks import Blocks, heating_days, in_blocks
from forecasts.demand.identification.daily import Errors, errors
from forecasts.demand.identification.doubts import (
    of_estimates,
    of_extent,
    of_fit_quality,
    of_measurement,
)
from forecasts.demand.identification.estimates import Estimates, of_fit, of_prior
from forecasts.demand.identification.neighbours import doubts_beside
from forecasts.demand.identification.rooms import room_at
from forecasts.demand.identification.swapped import put_right
from forecasts.demand.identification.water import relative_flow
from forecasts.demand.identified import Doubt, Identified, LoopPrior, LoopRecord, RoomNow

UNTRUSTED = frozenset(
    {Doubt.VALVE_SHUT, Doubt.THROTTLED, Doubt.POOR_FIT, Doubt.IMPLAUSIBLE}
)  # with these a loop keeps the values it had; the other doubts are in the errors already


def identify(record: LoopRecord, prior: LoopPrior) -> Identified:
    """Building and emitter of a loop from its series; where they say little, the prior."""
    as_read = in_blocks(record, prior)
    used = heating_days(put_right(as_read), prior)
    flow = relative_flow(used, prior)
    if not np.isfinite(used.heat).any():
        estimates, met, rooms = of_prior(prior, flow), Errors(np.nan, np.nan, np.nan), False
        judged: tuple[Doubt, ...] = ()
    else:
        found = fit(used, prior, flow.value)
        estimates, met = of_fit(found, prior, flow), errors(used, found, prior)
        rooms = found.rooms_measured
        judged = (*of_fit_quality(used, met), *of_estimates(estimates, prior))
    outdoor = used.means_by_day(used.outdoor_c)
    doubts = {*of_measurement(as_read, used, prior), *of_extent(outdoor), *judged}
    return _identified(record, estimates, met, used, rooms, doubts)


def _identified(
    record: LoopRecord,
    estimates: Estimates,
    met: Errors,
    used: Blocks,
    rooms: bool,
    doubts: set[Doubt],
) -> Identified:
    outdoor = used.means_by_day(used.outdoor_c)
    named = {name: getattr(estimates, name) for name in Estimates.__dataclass_fields__}
    return Identified(
        loop_id=record.loop_id,
        days=outdoor.size,
        outdoor_spread_k=float(np.ptp(outdoor)) if outdoor.size else 0.0,
        rooms_measured=rooms,
        r2_daily=met.r2,
        error_before_w_per_m2=met.before,
        error_after_w_per_m2=met.after,
        doubts=tuple(doubt for doubt in Doubt if doubt in doubts),
        **named,
    )


def room_now(
    record: LoopRecord, prior: LoopPrior, found: Identified | None, at: np.datetime64
) -> RoomNow:
    """How warm the buildings of a loop are at a moment: rooms, else water, else NaN.

    Both where both are there, by their precision. Only what was measured before `at` counts.
    """
    trusted = found if found is not None and not UNTRUSTED & set(found.doubts) else None
    return room_at(record, prior, trusted, at)


def doubts_among(
    found: Sequence[Identified], records: Sequence[LoopRecord], priors: Sequence[LoopPrior]
) -> Mapping[str, tuple[Doubt, ...]]:
    """Doubts of every loop once it is seen beside the others: they replace those of `identify`.

    `found`, `records` and `priors` go together. With few loops nothing changes.
    """
    return doubts_beside(found, records, priors)
