"""What is taken of a loop before anything was measured: the case's values, spread by their era."""

from dispatch.case import Case
from forecasts.demand.identified import LoopPrior


def loop_priors(case: Case) -> tuple[LoopPrior, ...]:
    """Return the priors of all loops, in the order of `stations.csv`.

    `case` must hold the values of `stations.csv`: were those of an earlier calibration laid over
    them, the same days would count twice.
    """
    raise NotImplementedError
