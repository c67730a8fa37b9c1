"""What was measured on a local day: hours of sources, loops and the air outdoors.

From the case's telemetry, cleaned as a plan cleans it; outdoor temperature also from the utility's
own sensor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case

Array = NDArray[np.float64]

LEAD_IN = timedelta(days=1)  # before the first day: cleaning judges readings by their neighbours


@dataclass(frozen=True)
class MeasuredDay:
    """Hourly means of a local day, NaN where nothing good was read; ids without any are out."""

    day: date
    start: datetime  # local midnight, UTC
    outdoor_c: Array  # (hour,)
    source_heat_mw: Mapping[str, Array]
    primary_supply_c: Mapping[str, Array]  # by source or plant
    loop_heat_kw: Mapping[str, Array]
    loop_supply_c: Mapping[str, Array]
    loop_room_c: Mapping[str, Array]

    @property
    def hours(self) -> int:
        """Hours of the day: 23 and 25 where clocks change."""
        return int(self.outdoor_c.size)

    @property
    def is_empty(self) -> bool:
        """Whether no source and no loop was read."""
        return not (
            self.source_heat_mw or self.loop_heat_kw or self.loop_supply_c or self.loop_room_c
        )


def day_span(day: date, timezone: str) -> tuple[datetime, datetime]:
    """Return begin and end of a local day, UTC."""
    zone = ZoneInfo(timezone)
    ends = (
        datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + timedelta(1))
    )
    start, end = (moment.astimezone(UTC) for moment in ends)
    return start, end


def measured_days(
    case: Case, case_folder: Path, store_folder: Path, first: date, last: date
) -> tuple[MeasuredDay, ...]:
    """Return the days from `first` to `last`; none without telemetry.

    Raises TelemetryFaults with every fault of the telemetry's files.
    """
    from dispatch.case_telemetry import plan_record  # the libraries take a second to load
    from dispatch.loop_records import loop_records
    from dispatch.loop_weather import WeatherBasis, loop_weather

    timezone = case.settings.timezone
    since, until = day_span(first, timezone)[0] - LEAD_IN, day_span(last, timezone)[1]
    clean = plan_record(case, case_folder, since, until, 1.0)
    if clean is None or not clean.record.sizes.get("time", 0):
        return ()
    weather = loop_weather(case, case_folder, store_folder, clean)
    is_measured = weather.outdoor_basis in (WeatherBasis.TELEMETRY, WeatherBasis.SENSOR)
    outdoor = weather.outdoor_c if is_measured else np.full(weather.times.size, np.nan)
    loops = loop_records(case, clean, weather)
    record = clean.record
    rows = {str(name): row for row, name in enumerate(record["id"].values)}

    def series(name: str, one: str, scale: float = 1.0) -> Array:
        if name not in record or one not in rows:
            return np.full(weather.times.size, np.nan)
        values = record[name].transpose("id", "time").values[rows[one]]
        return np.asarray(values, dtype=np.float64) * scale

    sources = [source.source_id for source in case.sources]
    by_id = (
        {one: series("heat", one, 1e-3) for one in sources},
        {one: series("pri_sup_t", one) for one in (*sources, *case.plant_ids)},
        {one.loop_id: one.heat_w_per_m2 * one.area_m2 / 1e3 for one in loops},
        {one.loop_id: one.supply_c for one in loops},
        {one.loop_id: one.room_c for one in loops},
    )
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(_day(day, timezone, weather.times, outdoor, by_id) for day in days)


def _day(
    day: date,
    timezone: str,
    times: NDArray[np.datetime64],
    outdoor_c: Array,
    by_id: tuple[Mapping[str, Array], ...],
) -> MeasuredDay:
    start, end = day_span(day, timezone)
    ends = [np.datetime64(moment.replace(tzinfo=None), "ns") for moment in (start, end)]
    inside = slice(*np.searchsorted(times, ends).tolist())
    parts = [
        {one: values[inside] for one, values in part.items() if np.isfinite(values[inside]).any()}
        for part in by_id
    ]
    return MeasuredDay(day, start, outdoor_c[inside], *parts)
