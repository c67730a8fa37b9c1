"""What the page draws: labelled numbers, told to the page's script as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dispatch.messages import day, moment

PLAIN = "line"  # how a series is drawn if nothing else is said


@dataclass(frozen=True)
class Series:
    """One line, area, band or row of bars; `low` is the lower edge of a band."""

    name: str
    values: ArrayLike
    kind: str = PLAIN  # line, step, area (stacked steps), band, bar (stacked)
    dashed: bool = False
    low: ArrayLike | None = None
    colour: int | None = None  # place in the page's colours; None: the next one
    axis: int = 0  # 1: a picture of its own under the first

    def told(self, decimals: int) -> dict[str, Any]:
        """Return it as plain data."""
        told: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "data": _plain(self.values, decimals),
        }
        if self.low is not None:
            told["low"] = _plain(self.low, decimals)
        if self.dashed:
            told["dashed"] = 1
        if self.colour is not None:
            told["colour"] = self.colour
        if self.axis:
            told["axis"] = self.axis
        return told


@dataclass(frozen=True)
class Chart:
    """A picture over labelled places; `ticks` are the labels on the axis, empty for none.

    `unit_below` is the unit of series on the second axis; what lies outside `within` is cut off.
    """

    name: str
    title: str
    unit: str
    labels: Sequence[str]
    ticks: Sequence[str]
    series: Sequence[Series]
    decimals: int = 1
    x_unit: str = ""
    unit_below: str = ""
    within: tuple[float, float] | None = None

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "unitBelow": self.unit_below,
            "xUnit": self.x_unit,
            "within": self.within,
            "labels": list(self.labels),
            "ticks": list(self.ticks),
            "decimals": self.decimals,
            "series": [one.told(self.decimals) for one in self.series],
        }


def _plain(values: ArrayLike, decimals: int) -> list[float | int | None]:
    """Return rounded numbers, None where there is none; whole ones without a fraction."""
    rounded = np.round(np.asarray(values, dtype=float), decimals) + 0.0
    return [
        (int(one) if one == int(one) else one) if np.isfinite(one) else None
        for one in rounded.tolist()
    ]


def hours_axis(moments: Sequence[datetime]) -> tuple[list[str], list[str]]:
    """Return labels of moments and the ticks among them: a day where it begins."""
    labels = [moment(one) for one in moments]
    days = [one.date() for one in moments]
    ticks = [
        day(one) if place == 0 or days[place - 1] != one else "" for place, one in enumerate(days)
    ]
    if len(ticks) > 3 and any(ticks[1:4]):  # the first day is about to end: no room for its name
        ticks[0] = ""
    return labels, ticks


def days_axis(days: Sequence[Any], about: int = 7) -> tuple[list[str], list[str]]:
    """Return labels of days and ticks among them, a label every `about` days."""
    labels = [day(one) for one in days]
    every = max(1, round(len(labels) / about))
    return labels, [text if place % every == 0 else "" for place, text in enumerate(labels)]
