"""Calibrated members that keep the course in time of the raw ones: ensemble copula coupling.

At each lead time the calibrated quantiles are handed out in the order of the raw members, so that
the member that was warmest stays the warmest: R. Schefzik, T. L. Thorarinsdottir, T. Gneiting,
"Uncertainty quantification in complex simulation models using ensemble copula coupling",
Statistical Science 28, 2013, doi:10.1214/13-STS443 (ECC-Q).
"""

import numpy as np

from forecasts.weather.solar import Floats


def member_levels(members_c: Floats) -> Floats:
    """Return the level (rank - 1/2)/n of each member at each lead, (member, lead); nan stays nan.

    Members that are equal at a lead (as at the start of a run) stand in the order that they have
    over the whole run, so that nothing is drawn and paths do not jump.
    """
    there = np.isfinite(members_c)
    centred = np.where(there, members_c - _mean(members_c), 0.0)
    overall = centred.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    by_path = np.argsort(np.argsort(overall, kind="stable"), kind="stable")
    values = np.where(there, members_c, np.inf)
    order = np.lexsort((np.broadcast_to(by_path[:, None], values.shape), values), axis=0)
    rank = np.argsort(order, axis=0, kind="stable")
    count = np.maximum(there.sum(axis=0), 1)
    return np.asarray(np.where(there, (rank + 0.5) / count, np.nan))


def _mean(members_c: Floats) -> Floats:
    there = np.isfinite(members_c)
    return np.asarray(
        np.where(there, members_c, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    )
