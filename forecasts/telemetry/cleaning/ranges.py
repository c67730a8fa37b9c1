"""Readings that are none: no number, written twice, or beyond what the point can be at all."""

from dataclasses import replace

import numpy as np

from forecasts.telemetry.cleaning.evidence import Meters
from forecasts.telemetry.cleaning.grid import Grid
from forecasts.telemetry.cleaning.series import Series
from forecasts.telemetry.points import TRAITS, Point
from forecasts.telemetry.readings import Action, Done

# A flow in kg/h and a heat rate in W are beyond all range, and yet the balance puts them right.
BALANCED = frozenset({Point.PRIMARY_FLOW, Point.SECONDARY_FLOW, Point.HEAT_RATE})


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
    """Leave out readings beyond `TRAITS`; those of `BALANCED` points are left for later."""
    return (series, []) if series.point in BALANCED else _within(series)


def balanced_within_range(meters: Meters, grid: Grid) -> tuple[Meters, list[Done]]:  # noqa: ARG001
    """The same for `BALANCED` points, once their units are right."""
    changed, did = {}, []
    for point in sorted(BALANCED & meters.station.points.keys()):
        changed[point], more = _within(meters.station.points[point])
        did += more
    return replace(meters, station=meters.station.with_points(changed)), did


def _within(series: Series) -> tuple[Series, list[Done]]:
    trait = TRAITS[series.point]
    good = (series.values >= trait.low) & (series.values <= trait.high)
    if good.all():
        return series, []
    bad = series.values[~good]
    detail = f"{bad.min():g} to {bad.max():g} {trait.unit}"
    return series.keep(good), [series.done(Action.OUT_OF_RANGE, ~good, detail)]
