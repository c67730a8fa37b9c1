"""Readings that are none: no number, written twice, or beyond what the point can be at all."""

import numpy as np

from forecasts.telemetry.cleaning.series import Series
from forecasts.telemetry.points import TRAITS
from forecasts.telemetry.readings import Action, Done


def written_once(series: Series) -> tuple[Series, list[Done]]:
    """Take the last written of readings of one time, and no reading that is no number."""
    did: list[Done] = []
    number = np.isfinite(series.values)
    if not number.all():
        did.append(series.done(Action.OUT_OF_RANGE, ~number, "no number"))
        series = series.keep(number)
    if series.times.size < 2:
        return series, did
    last = np.append(series.times[1:] != series.times[:-1], True)
    if not last.all():
        did.append(series.done(Action.DUPLICATE, ~last))
        series = series.keep(last)
    return series, did


def within_range(series: Series) -> tuple[Series, list[Done]]:
    """Leave out readings beyond `TRAITS`."""
    trait = TRAITS[series.point]
    good = (series.values >= trait.low) & (series.values <= trait.high)
    if good.all():
        return series, []
    bad = series.values[~good]
    detail = f"{bad.min():g} to {bad.max():g} {trait.unit}"
    return series.keep(good), [series.done(Action.OUT_OF_RANGE, ~good, detail)]
