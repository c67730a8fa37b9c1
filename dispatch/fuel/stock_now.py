"""What lies in a yard now: the books, corrected by surveys within their error (handbook §9)."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from dispatch.case import Case, Yard
from dispatch.fuel.pile_paths import StockNow
from dispatch.initial_state import LastPlan
from dispatch.start_stock import StartStocks, StockAnchor


def start_stocks(
    case: Case,
    now: datetime,
    start: datetime,
    last: LastPlan | None,
    anchors: Mapping[str, StockAnchor],
    runs_folder: Path,
) -> StartStocks:
    """All yards at a plan's start, by what was known at `now`."""
    raise NotImplementedError


def stock_now(case: Case, yard: Yard, stocks: StartStocks) -> StockNow:
    """One yard as the paths of the outlook take it."""
    raise NotImplementedError


def stocks_now(case: Case, now: datetime, runs_folder: Path) -> dict[str, StockNow]:
    """All yards at a moment, for whoever makes no plan."""
    raise NotImplementedError
