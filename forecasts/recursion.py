"""What fades step by step: y[t] = kept · y[t−1] + x[t].

By a triangular solve of LAPACK, which costs next to nothing to import; `scipy.signal.lfilter`
says the same and brings all of scipy.stats with it, a second of every command.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dtbtrs

Floats = NDArray[np.float64]


def fading_sums(added: Floats, kept: float, before: ArrayLike = 0.0) -> Floats:
    """Return the sums along the last axis, shape of `added`, of which `kept` is left a step later.

    `before` is the sum just before the first step, of the shape of the other axes.
    """
    steps = added.shape[-1]
    if added.size == 0:
        return np.zeros(added.shape)
    columns = added.reshape(-1, steps).T.astype(np.float64, order="F", copy=True)
    columns[0] += kept * np.broadcast_to(before, added.shape[:-1]).ravel()
    band = np.stack([np.ones(steps), np.full(steps, -kept)])
    sums, _ = dtbtrs(band, columns, uplo="L", diag="U", overwrite_b=1)
    return np.asarray(sums.T.reshape(added.shape))
