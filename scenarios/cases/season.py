"""The outdoor temperatures of a heating season, from its mean and its design day alone."""

import numpy as np

from scenarios.cases.generator import Array

COLDEST_DAYS = 5  # a season has five days at the design temperature, on average
END_C = 10.0  # at the mildest end of the season


def load_duration_c(days: int, mean_c: float, design_c: float) -> Array:
    """Daily mean outdoor temperatures of a season, coldest first, °C (day,).

    Source: load duration of handbook §3, whose exponent makes the season's mean come out right.
    """
    rest_c = (days * mean_c - COLDEST_DAYS * design_c) / (days - COLDEST_DAYS)
    power = (END_C - rest_c) / (rest_c - design_c)
    middles = np.arange(days) + 0.5
    share = np.clip((middles - COLDEST_DAYS) / (days - COLDEST_DAYS), 0.0, None)
    return np.asarray(design_c + (END_C - design_c) * share**power)
