"""What a run's summary says of each yard beyond the plan: read from rows of `fuel_outlook.csv`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

TOLD_BY = ("range", "probability_below_reserve", "probability_empty", "last_safe_order_date")


@dataclass(frozen=True)
class YardAhead:
    """One yard to the season's end, if nothing is ordered beyond the deliveries on file."""

    days_of_cover_p10: float  # without deliveries from today's end on, in a cold spell
    days_of_cover_p50: float
    storage_rate: float | None  # at the end of today; None: the city has no target
    probability_below_reserve: float  # on the worst day
    probability_empty: float  # on the worst day
    order_by: date | None  # the last safe day for the next order; None: none is needed


def yards_ahead(table: pd.DataFrame) -> Mapping[str, YardAhead]:
    """Return each yard of an outlook to the season's end; none of a table that is none such."""
    if not set(TOLD_BY) <= set(table.columns):
        return {}
    return {str(yard): _yard(rows) for yard, rows in table.groupby("yard_id", sort=False)}


def _yard(rows: pd.DataFrame) -> YardAhead:
    today = rows.iloc[0]
    rate, order_by = today["storage_rate_p50"], today["last_safe_order_date"]
    return YardAhead(
        days_of_cover_p10=round(float(today["days_of_cover_p10"]), 1),
        days_of_cover_p50=round(float(today["days_of_cover_p50"]), 1),
        storage_rate=None if pd.isna(rate) else round(float(rate), 4),
        probability_below_reserve=round(float(rows["probability_below_reserve"].max()), 4),
        probability_empty=round(float(rows["probability_empty"].max()), 4),
        order_by=None if pd.isna(order_by) else date.fromisoformat(str(order_by)),
    )
