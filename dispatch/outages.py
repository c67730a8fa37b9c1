"""What part of a source, main, station or yard's road is there, by `outages.csv`."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import OutageKind
from dispatch.time_grid import TimeGrid

Array = NDArray[np.float64]

HOUR = timedelta(hours=1)


def available_fraction(
    case: Case, kind: OutageKind, outage_id: str, grid: TimeGrid, edges_h: Array
) -> Array:
    """Least fraction available over each interval of `edges_h`; partly out counts as out."""
    present = np.ones(edges_h.size - 1)
    for outage in case.outages:
        if outage.kind is kind and outage.id == outage_id:
            start_h = (outage.from_time - grid.start).total_seconds() / 3600.0
            end_h = (outage.to_time - grid.start).total_seconds() / 3600.0
            hit = (edges_h[:-1] < end_h) & (edges_h[1:] > start_h)
            present[hit] = np.minimum(present[hit], outage.available_fraction)
    return present


def mean_available(
    case: Case, kind: OutageKind, outage_id: str, start: datetime, edges_h: Array
) -> Array:
    """Mean fraction available over each interval, for what can be caught up within it.

    `edges_h` are hours since `start`. A road closed until noon lets half a day's coal through,
    where `available_fraction` would hold the whole day for closed.
    """
    cuts = [
        ((out.from_time - start) / HOUR, (out.to_time - start) / HOUR, out.available_fraction)
        for out in case.outages
        if out.kind is kind and out.id == outage_id
    ]
    moments = [hour for begin_h, end_h, _ in cuts for hour in (begin_h, end_h)]
    inside = [hour for hour in moments if edges_h[0] < hour < edges_h[-1]]
    fine_h = np.unique(np.concatenate([edges_h, inside]))
    present = np.ones(fine_h.size - 1)
    for begin_h, end_h, fraction in cuts:
        hit = (fine_h[:-1] >= begin_h) & (fine_h[1:] <= end_h)
        present[hit] = np.minimum(present[hit], fraction)
    there_h = np.concatenate([[0.0], np.cumsum(present * np.diff(fine_h))])
    return np.asarray(np.diff(np.interp(edges_h, fine_h, there_h)) / np.diff(edges_h))


def added_loss_mw(case: Case, link_id: str, start: datetime, edges_h: Array) -> Array:
    """Heat that leaks of a main take away, MW: means over each interval, as `mean_available`."""
    lost = np.zeros(edges_h.size - 1)
    for out in case.outages:
        if out.kind is OutageKind.LINK and out.id == link_id and out.added_loss_mw > 0.0:
            begin_h, end_h = (out.from_time - start) / HOUR, (out.to_time - start) / HOUR
            hit_h = np.minimum(edges_h[1:], end_h) - np.maximum(edges_h[:-1], begin_h)
            part = np.maximum(0.0, hit_h) / np.maximum(np.diff(edges_h), 1e-9)
            lost += out.added_loss_mw * part
    return lost


def back_at(case: Case, kind: OutageKind, outage_id: str, moment: datetime) -> datetime:
    """First moment from `moment` on at which the thing is not wholly out."""
    shut = [
        out
        for out in case.outages
        if out.kind is kind and out.id == outage_id and out.available_fraction <= 0.0
    ]
    for out in sorted(shut, key=lambda out: out.from_time):  # one may begin before another ends
        if out.from_time <= moment < out.to_time:
            moment = out.to_time
    return moment
