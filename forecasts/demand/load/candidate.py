"""What every way of forecasting the load promises: fitted on the past, asked for many issues.

A candidate is honest if the forecast of issue `i` is the same whatever stands in the rows from
`i` on (`backtest.py` tries it by hiding them). Between two fits many issues are asked at once,
since one at a time would make a year of hourly issues take hours.
"""

from typing import Protocol

from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord


class Fitted(Protocol):
    """A candidate that has learned."""

    def predict(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> Floats:
        """Load of leads 1 … `leads` of each issue, MW, (issue, lead); NaN where it cannot tell.

        Of `record` only rows before each issue count, of `weather` only `weather.ahead`.
        """


class Candidate(Protocol):
    """A way of forecasting the load."""

    @property
    def name(self) -> str:
        """Short name for tables."""

    def fit(
        self, record: LoadRecord, weather: KnownWeather, until: int, leads: int
    ) -> Fitted | None:
        """Learn from the rows before `until` alone; None where they are too few."""
