"""Which measured series belong to which loop of the case.

Ids of telemetry are loops (`S017.L1`) or stations (`S017`). What a loop has no series of its own
for it takes from its station: temperatures and rooms as they are, heat whole where the station
has one loop, else its share of the station's meter.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import xarray as xr

from dispatch.case import Case, Station
from dispatch.loop_weather import LoopWeather
from forecasts.demand.identified import Floats, LoopRecord
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import CleanTelemetry, HeatBasis

W_PER_KW = 1000.0
HEAT = "heat"
HEAT_BASIS = "heat_basis"
ROOM_SENSORS = "room_sensors"
LEAST_BY_FLOW = 0.5  # of the steps with heat: less, and the shares of a meter follow design heat


class Meter(StrEnum):
    """Whose meter the heat of a loop comes from."""

    OWN = "own"
    STATION = "station"  # the station has this one loop
    SPLIT_BY_FLOW = "split_by_flow"  # a shared meter, by secondary flow times drop
    SPLIT_BY_DESIGN = "split_by_design"  # a shared meter, by design heat: no loop stands out
    NONE = "none"

    @property
    def is_shared(self) -> bool:
        """Whether the heat is a share of a meter that other loops share too."""
        return self in (Meter.SPLIT_BY_FLOW, Meter.SPLIT_BY_DESIGN)


@dataclass(frozen=True)
class LoopHeat:
    """Heat of a loop by step, kW, NaN where unknown, and whose meter says so."""

    heat_kw: Floats
    meter: Meter


def meters_of(case: Case, clean: CleanTelemetry) -> Mapping[str, Meter]:
    """Return whose meter each loop's heat comes from, by loop id, all loops of the case."""
    return {loop_id: heat.meter for loop_id, heat in loop_heats(case, clean).items()}


def loop_records(case: Case, clean: CleanTelemetry, weather: LoopWeather) -> tuple[LoopRecord, ...]:
    """Return what was measured at each loop of the case, in the order of `stations.csv`.

    Loops of third parties too; NaN throughout for a loop of which nothing was read. Heat per
    heated area, W/m².
    """
    series = _Series(clean.record)
    heats = loop_heats(case, clean)
    return tuple(
        _record(station, series, heats[station.loop_id], weather) for station in case.stations
    )


def _record(
    station: Station, series: "_Series", heat: LoopHeat, weather: LoopWeather
) -> LoopRecord:
    ids = (station.loop_id, station.station_id)

    def of(point: Point) -> Floats:
        return series.first(point.value, ids)

    return LoopRecord(
        loop_id=station.loop_id,
        times=weather.times,
        step_h=weather.step_h,
        area_m2=station.heated_area_m2,
        heat_w_per_m2=heat.heat_kw * W_PER_KW / station.heated_area_m2,
        outdoor_c=weather.outdoor_c,
        wind_m_per_s=weather.wind_m_per_s,
        radiation_w_per_m2=weather.radiation_w_per_m2,
        room_c=of(Point.ROOM_TEMP),
        room_sensors=series.first(ROOM_SENSORS, ids),
        supply_c=of(Point.SECONDARY_SUPPLY_TEMP),
        return_c=of(Point.SECONDARY_RETURN_TEMP),
        primary_supply_c=of(Point.PRIMARY_SUPPLY_TEMP),
        primary_return_c=of(Point.PRIMARY_RETURN_TEMP),
        # a flow is of the whole exchanger: that of a station with several loops is none of theirs
        primary_flow_tph=series.first(
            Point.PRIMARY_FLOW.value, ids[: 1 if heat.meter.is_shared else 2]
        ),
    )


class _Series:
    """A record asked for series that it may not have."""

    def __init__(self, record: xr.Dataset) -> None:
        self._record = record
        self._row = {str(name): row for row, name in enumerate(record["id"].values)}
        self._values = {
            str(name): np.asarray(record[name].transpose("id", "time").values, dtype=np.float64)
            for name in record.data_vars
            if record[name].dims in (("id", "time"), ("time", "id"))
        }
        self._nothing = np.full(record.sizes["time"], np.nan)

    def of(self, name: str, id_: str) -> Floats:
        """Return a series by its variable and id, NaN throughout where it was not read."""
        if name not in self._values or id_ not in self._row:
            return self._nothing
        return np.asarray(self._values[name][self._row[id_]])

    def first(self, name: str, ids: Sequence[str]) -> Floats:
        """Return the series of the first of `ids` that has any value."""
        found = (self.of(name, id_) for id_ in ids)
        return next((values for values in found if np.isfinite(values).any()), self._nothing)


# ---- heat ----------------------------------------------------------------------------------


def loop_heats(case: Case, clean: CleanTelemetry) -> dict[str, LoopHeat]:
    """Return the heat of every loop of the case, by loop id."""
    series = _Series(clean.record)
    by_station: dict[str, list[Station]] = defaultdict(list)
    for station in case.stations:
        by_station[station.station_id].append(station)
    heats: dict[str, LoopHeat] = {}
    for station_id, loops in by_station.items():
        heats |= _heats_of_station(series, station_id, loops)
    return heats


def _heats_of_station(
    series: _Series, station_id: str, loops: Sequence[Station]
) -> dict[str, LoopHeat]:
    """A loop's own heat counts; what has none shares what is left of the station's meter.

    Own heat of *all* loops that is worked out from flow and temperatures is not better than the
    station's heat meter: it then only says how to share it.
    """
    whole_kw = series.of(HEAT, station_id)
    own_kw = {loop.loop_id: series.of(HEAT, loop.loop_id) for loop in loops}
    if len(loops) == 1:
        loop_id = loops[0].loop_id
        if np.isfinite(own_kw[loop_id]).any():
            return {loop_id: LoopHeat(own_kw[loop_id], Meter.OWN)}
        meter = Meter.STATION if np.isfinite(whole_kw).any() else Meter.NONE
        return {loop_id: LoopHeat(whole_kw, meter)}
    if not np.isfinite(whole_kw).any():
        return {loop: _own(heat_kw) for loop, heat_kw in own_kw.items()}
    metered = {loop for loop, heat_kw in own_kw.items() if _is_metered(series, loop, heat_kw)}
    found = {loop: _own(own_kw[loop]) for loop in metered}
    rest = [loop for loop in loops if loop.loop_id not in metered]
    left_kw = whole_kw - np.sum([own_kw[loop] for loop in sorted(metered)], axis=0)
    return found | _shared(rest, np.maximum(left_kw, 0.0), own_kw)


def _own(heat_kw: Floats) -> LoopHeat:
    return LoopHeat(heat_kw, Meter.OWN if np.isfinite(heat_kw).any() else Meter.NONE)


def _is_metered(series: _Series, loop_id: str, heat_kw: Floats) -> bool:
    """Whether a loop has a heat meter of its own, in most of the steps it has heat for."""
    known = np.isfinite(heat_kw)
    basis = series.of(HEAT_BASIS, loop_id)
    by_meter = known & ((basis == HeatBasis.COUNTER) | (basis == HeatBasis.RATE))
    return bool(known.any()) and by_meter.sum() >= LEAST_BY_FLOW * known.sum()


def _shared(
    loops: Sequence[Station], heat_kw: Floats, own_kw: Mapping[str, Floats]
) -> dict[str, LoopHeat]:
    """Share the heat of a meter by what flow and temperatures say, else by design heat."""
    if not loops:
        return {}
    weights = np.array([np.maximum(own_kw[loop.loop_id], 0.0) for loop in loops])
    total = weights.sum(axis=0)  # NaN where one of them is unknown
    told = np.isfinite(total) & (total > 0.0)
    known = np.isfinite(heat_kw)
    meter = Meter.SPLIT_BY_FLOW
    if (told & known).sum() < LEAST_BY_FLOW * known.sum():
        meter = Meter.SPLIT_BY_DESIGN
        design = [loop.design_loss_w_per_m2k * loop.heated_area_m2 for loop in loops]
        weights = np.repeat(np.array(design)[:, None], heat_kw.size, axis=1)
        total, told = weights.sum(axis=0), np.ones(heat_kw.size, dtype=np.bool_)
    share = np.where(told, weights / np.where(told, total, 1.0), np.nan)
    rows = zip(loops, share * heat_kw, strict=True)
    return {loop.loop_id: LoopHeat(row, meter) for loop, row in rows}
