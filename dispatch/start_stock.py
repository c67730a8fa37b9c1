"""What lies in the yards at a plan's start, and what that rests on, handed on from plan to plan.

Plain data: `dispatch.fuel.stock_now` works it out, `network_inputs.yard_inputs` begins with it,
`state.json` keeps the fixed points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dispatch.plan import Remark


@dataclass(frozen=True)
class StockAnchor:
    """The moment at which a stock was last fixed, by an entry in `yards.csv` or by a survey.

    Whatever was burnt and received since is counted from here, anew with every plan, so that
    figures of the scales that come late or are corrected still count, and none counts twice.
    """

    at: datetime  # aware
    stock_t: float
    sd_t: float
    in_file_t: float  # what `yards.csv` said then: a new figure there is a new entry
    known_by: datetime  # surveys until then are in it: none counts twice


@dataclass(frozen=True)
class StartStock:
    """What lies in one yard at a plan's start."""

    stock_t: float
    sd_t: float  # 0 where the figure is taken as it is: nothing of the yard is measured
    anchor: StockAnchor  # for the next plan
    book_t: float | None = None  # without the surveys that this plan is the first to know
    survey_t: float | None = None  # the newest survey, carried to the start
    surveyed_at: datetime | None = None  # when that was
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class StartStocks:
    """All yards at a plan's start, and what is worth knowing."""

    by_yard: Mapping[str, StartStock] = field(default_factory=dict)
    notes: tuple[Remark, ...] = ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """All that is worth knowing, yards first."""
        return (*(one for stock in self.by_yard.values() for one in stock.remarks), *self.notes)

    @property
    def anchors(self) -> dict[str, StockAnchor]:
        """Fixed points for the next plan, by yard."""
        return {yard: stock.anchor for yard, stock in self.by_yard.items()}


NO_STOCKS = StartStocks()


def anchors_content(anchors: Mapping[str, StockAnchor]) -> dict[str, object]:
    """Return fixed points as `state.json` holds them, times in UTC."""
    return {
        yard: {
            "at": _utc(one.at),
            "stock_t": round(one.stock_t, 6),
            "sd_t": round(one.sd_t, 6),
            "in_file_t": one.in_file_t,
            "known_by": _utc(one.known_by),
        }
        for yard, one in anchors.items()
    }


def anchors_of(content: Mapping[str, Any]) -> dict[str, StockAnchor]:
    """Read fixed points back; none in state files of before there were any.

    Raises KeyError, TypeError or ValueError where the content is damaged.
    """
    return {
        str(yard): StockAnchor(
            at=datetime.fromisoformat(one["at"]),
            stock_t=float(one["stock_t"]),
            sd_t=float(one["sd_t"]),
            in_file_t=float(one["in_file_t"]),
            known_by=datetime.fromisoformat(one["known_by"]),
        )
        for yard, one in dict(content.get("stock_anchors", {})).items()
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
