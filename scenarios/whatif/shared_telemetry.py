"""What telemetry says, asked once for the base and taken over by its variants.

Telemetry tells of what was: rooms at the start, and by how much users took more than their
buildings' parameters say. Both hold in a variant too. The forecast of measured load is of the
base's weather and stations, in MW, and holds where these are the same.
"""

from dataclasses import replace

import numpy as np

from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.measured import Measured, RoomReadings
from dispatch.situation import Situation, measured_of


def measured_at(base: Situation, request: DailyRequest) -> Measured:
    """Ask telemetry; takes many seconds and much memory where there is any."""
    return measured_of(base, request, Stopwatch(lambda _: None))


def with_measured(situation: Situation, base: Situation, measured: Measured) -> Situation:
    """A variant with what was measured for the base; one that brings its own keeps it."""
    if situation.measured is not None:
        return situation
    factor = measured.demand_factor
    if factor is not None and factor.size != situation.grid.weather_steps:
        return situation  # another step or horizon: it asks for itself
    taken = measured
    if measured.rooms is not None:
        taken = replace(taken, rooms=_rooms(measured.rooms, base, situation))
    same_stations = situation.case.stations == base.case.stations
    if not (same_stations and situation.weather.equals(base.weather)):
        taken = replace(taken, load=None, forecast=None)
    return replace(situation, measured=taken)


def _rooms(rooms: RoomReadings, base: Situation, variant: Situation) -> RoomReadings:
    """The readings in the order of the variant's stations; none of those that are new."""
    place = {(row.station_id, row.loop): at for at, row in enumerate(base.case.stations)}
    at = np.array(
        [place.get((row.station_id, row.loop), -1) for row in variant.case.stations], dtype=np.intp
    )
    known = at >= 0
    return RoomReadings(
        room_c=np.where(known, rooms.room_c[at], np.nan),
        sd_k=np.where(known, rooms.sd_k[at], np.nan),
        from_rooms=known & rooms.from_rooms[at],
    )
