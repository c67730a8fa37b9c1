"""Which stretch of a record a fit or a forecast looks at, made ready and no longer than needed."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.features import Past, past_of
from forecasts.demand.load.record import Floats, Ints, KnownWeather, LoadRecord
from forecasts.demand.load.training import LEAST_DAYS, cut_out, first_row, operating_days

REACH_DAYS = 60.0  # operating days that the features of an issue reach back
HEADROOM = 1.3  # forecasts stay below this multiple of the highest load learned from


def within(load: Floats, highest: float) -> Floats:
    """Forecasts no lower than zero, and not far above what was ever seen."""
    return np.clip(load, 0.0, HEADROOM * highest)


@dataclass(frozen=True)
class Reach:
    """A stretch of a record made ready for features, and the weather known with it."""

    past: Past
    weather: KnownWeather
    start: int  # row of the record that it begins at

    @property
    def load_mw(self) -> Floats:
        """Its load, (row,)."""
        return self.past.record.load_mw


def learned_from(
    record: LoadRecord, weather: KnownWeather, until: int, days: float, leads: int
) -> Reach | None:
    """The last operating days before `until`, and what their features reach back to.

    Ends at `until`: not even the weather after it is there. None below LEAST_DAYS.
    """
    load = record.load_mw[:until]
    age = operating_days(load, record.step_h)
    if age.size == 0 or age[0] < LEAST_DAYS:
        return None
    start = first_row(load, record.step_h, days + REACH_DAYS)
    cut = cut_out(record, weather, start, until)
    return Reach(past_of(cut.record, leads), cut, start)


def reached_by(record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Reach:
    """What the features of some issues reach back to."""
    start = first_row(record.load_mw[: int(issues.min())], record.step_h, REACH_DAYS)
    end = int(issues.max()) + leads
    past = cut_out(record, weather, start, end).record
    # Weather that came may stand in for a forecast: it is that of `weather`, since the record may
    # end at the issue, as it does live.
    return Reach(past_of(past, leads), cut_out(weather.record, weather, start, end), start)
