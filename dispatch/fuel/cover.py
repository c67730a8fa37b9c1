"""Days of cover: how long the usable stock lasts if nothing more comes (handbook §9).

Forward: the least n for which the burn of the coming n days exceeds the usable stock, with the
part of the last day. Each path is followed along its own weather, and quantiles are taken of the
days: the p10 is the cover in a cold spell, which the burn quantiles of single days, never all
cold at once, would miss. Backward: usable stock over the mean burn of the last seven days, the
figure that is reported to authorities. Losses and the ageing of coal are left out, as the trade
does: in 30 days they come to some 0.2 days.

Cover ends with the season: a stock that outlasts it has the days left of it.
"""

import numpy as np
from numpy.typing import NDArray

from dispatch.fuel.burn_paths import YardBurn
from dispatch.fuel.outlook import Cover
from dispatch.fuel.pile_paths import PilePaths, StockNow

Array = NDArray[np.float64]

BACKWARD_DAYS = 7


def elapsed_days(hours: Array) -> Array:
    """Days gone by at the edges of days of `hours`, (day + 1,)."""
    return np.concatenate([[0.0], np.cumsum(hours) / 24.0])


def days_left(hours: Array) -> Array:
    """Days from the end of each day to the season's end, (day,): cover that ends with it."""
    gone = elapsed_days(hours)
    return np.asarray(gone[-1] - gone[1:])


def forward_cover(burn: YardBurn, piles: PilePaths, hours: Array) -> Array:
    """Days that the usable stock at the end of each day lasts along its own path, (path, day)."""
    gone = elapsed_days(hours)
    burnt_mwh = _running(burn.fuel_mwh)
    target_mwh = burnt_mwh[:, 1:] + piles.usable_t * piles.mwh_per_t
    lasts = np.empty_like(target_mwh)
    for p in range(target_mwh.shape[0]):
        lasts[p] = np.interp(target_mwh[p], burnt_mwh[p], gone)
    return lasts - gone[1:]


def backward_cover(piles: PilePaths, hours: Array, burn_before_t: Array | None) -> Array:
    """Usable stock over the mean burn of the seven days before, (path, day); NaN if unknown.

    `burn_before_t` is the burn of the whole days before the first, oldest first, (day before,).
    Unknown is a burn of fewer than seven days, or of nothing.
    """
    before_t = np.empty(0) if burn_before_t is None else burn_before_t
    paths, days = piles.stock_t.shape
    history_t = np.broadcast_to(before_t, (paths, before_t.size))
    burnt_t = _running(np.concatenate([history_t, piles.wanted_t], axis=1))
    gone = elapsed_days(np.concatenate([np.full(before_t.size, 24.0), hours]))
    last = before_t.size + 1 + np.arange(days)
    first = last - BACKWARD_DAYS
    known = first >= 0
    first = np.maximum(first, 0)
    per_day_t = (burnt_t[:, last] - burnt_t[:, first]) / (gone[last] - gone[first])
    known = known & (per_day_t > 0.0)
    return np.where(known, piles.usable_t / np.where(known, per_day_t, 1.0), np.nan)


def cover_now(
    burn: YardBurn,
    piles: PilePaths,
    now: StockNow,
    hours: Array,
    burn_before_t: Array | None = None,
) -> Cover:
    """Cover of today's stock, over all paths and along the expected temperature.

    On paths the stock is as unsure as it is; along the expected temperature it is `now`'s.
    """
    gone = elapsed_days(hours)
    unusable_t = piles.yard.unusable_t
    usable_mwh = np.maximum(piles.stock_before_t - unusable_t, 0.0) * now.mwh_per_t
    burnt_mwh = _running(burn.fuel_mwh)
    lasts = [np.interp(mwh, path, gone) for mwh, path in zip(usable_mwh, burnt_mwh, strict=True)]
    p10, p50, p90 = np.quantile(lasts, [0.1, 0.5, 0.9])
    usable_t = max(now.stock_t - unusable_t, 0.0)
    expected_mwh = _running(burn.expected_mwh[np.newaxis])[0]
    expected = np.interp(usable_t * now.mwh_per_t, expected_mwh, gone)
    return Cover(
        backward=_backward_now(usable_t, burn_before_t),
        forward_p10=float(p10),
        forward_p50=float(p50),
        forward_p90=float(p90),
        expected=float(expected),
        ends=bool(expected < gone[-1]),
    )


def _backward_now(usable_t: float, burn_before_t: Array | None) -> float | None:
    """Usable stock over the mean of the last seven whole days' burn, where it is known."""
    if burn_before_t is None or burn_before_t.size < BACKWARD_DAYS:
        return None
    per_day_t = float(burn_before_t[-BACKWARD_DAYS:].mean())
    return usable_t / per_day_t if per_day_t > 0.0 else None


def _running(values: Array) -> Array:
    """Sums from nothing to all, (row, column + 1)."""
    return np.concatenate([np.zeros((values.shape[0], 1)), np.cumsum(values, axis=1)], axis=1)
