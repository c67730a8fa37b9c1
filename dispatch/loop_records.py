"""Which measured series belong to which loop of the case.

Ids of telemetry are loops (`S017.L1`) or stations (`S017`). What a loop has no series of its own
for it takes from its station: temperatures and rooms as they are, heat whole where the station
has one loop, else its share of the station's meter.
"""

from collections.abc import Mapping
from enum import StrEnum

from dispatch.case import Case
from dispatch.loop_weather import LoopWeather
from forecasts.demand.identified import LoopRecord
from forecasts.telemetry.readings import CleanTelemetry


class Meter(StrEnum):
    """Whose meter the heat of a loop comes from."""

    OWN = "own"
    STATION = "station"  # the station has this one loop
    SPLIT_BY_FLOW = "split_by_flow"  # a shared meter, by secondary flow times drop
    SPLIT_BY_DESIGN = "split_by_design"  # a shared meter, by design heat: no loop stands out
    NONE = "none"


def meters_of(case: Case, clean: CleanTelemetry) -> Mapping[str, Meter]:
    """Return whose meter each loop's heat comes from, by loop id, all loops of the case."""
    raise NotImplementedError


def loop_records(case: Case, clean: CleanTelemetry, weather: LoopWeather) -> tuple[LoopRecord, ...]:
    """Return what was measured at each loop of the case, in the order of `stations.csv`.

    Loops of third parties too; NaN throughout for a loop of which nothing was read. Heat per
    heated area, W/m².
    """
    raise NotImplementedError
