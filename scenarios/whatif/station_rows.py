"""Editing rows of `stations.csv`, with what was measured of them kept in step."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case, Station
from dispatch.case_kinds import Manager
from dispatch.measured import Measured, RoomReadings
from dispatch.meters import Meters
from dispatch.plan import Remark
from dispatch.situation import Situation
from scenarios.whatif.change import ChangeFault, NotApplicable
from scenarios.whatif.edit import edited, with_case, with_stations
from scenarios.whatif.selection import StationGroup

Array = NDArray[np.float64]


def loops_of(case: Case, group: StationGroup, share: float | None = None) -> frozenset[str]:
    """Return the loops of a group; with a share those of the stations that hold so much of it.

    Of a station with loops of two eras only those that fit are meant. Raises ChangeFault where
    the group has a share of its own beside this one, and as `StationGroup.of`.
    """
    if share is not None:
        if group.share is not None:
            raise ChangeFault("stations.share", Remark("change_fault.share_twice"))
        group = group.model_copy(update={"share": share})
    ids = group.of(case)
    return frozenset(
        row.loop_id
        for row in case.stations
        if row.station_id in ids
        and (not group.era or row.era in group.era)
        and group.use in (None, row.use)
    )


def with_loops(
    situation: Situation, loops: frozenset[str], change: Callable[[Station], Station]
) -> Situation:
    """Return a situation with these loops put through `change`, the rest as it is."""
    return with_stations(situation, lambda row: change(row) if row.loop_id in loops else row)


def run_by(case: Case, manager: Manager, group: StationGroup) -> StationGroup:
    """Return what of a group is run by the utility itself, or by others.

    Raises ChangeFault where the group asks for those of the other, NotApplicable where the case
    has none.
    """
    if group.managed_by not in (None, manager):
        values = {"asked": group.managed_by.value, "only": manager.value}
        raise ChangeFault("stations.managed_by", Remark("change_fault.managed_by", values))
    if all(row.managed_by is not manager for row in case.stations):
        raise NotApplicable(Remark("change_fault.none_managed", {"manager": manager.value}))
    return group.model_copy(update={"managed_by": manager})


def with_loss(station: Station, factor: float) -> Station:
    """Return a station whose buildings lose `factor` of what they did, by wall and by wind.

    Emitters and exchanger stay what they were laid out for.
    """
    return edited(
        station,
        specific_loss_w_per_m2k=station.specific_loss_w_per_m2k * factor,
        wind_loss_w_per_m2k_per_m_s=station.wind_loss_w_per_m2k_per_m_s * factor,
        laid_out_loss_w_per_m2k=station.design_loss_w_per_m2k,
    )


def with_rows(situation: Situation, rows: Sequence[Station]) -> Situation:
    """Return a situation with other rows of `stations.csv`; of new ones nothing is measured."""
    before = [row.loop_id for row in situation.case.stations]
    after = [row.loop_id for row in rows]
    measured = situation.measured
    if measured is not None and after != before:
        measured = _aligned(measured, before, after)
    return replace(with_case(situation, stations=tuple(rows)), measured=measured)


def _aligned(measured: Measured, before: Sequence[str], after: Sequence[str]) -> Measured:
    """Return what was measured in the order of other rows."""
    place = {loop: at for at, loop in enumerate(before)}
    at = np.array([place.get(loop, -1) for loop in after], dtype=np.intp)
    rooms, meters = measured.rooms, measured.meters
    if rooms is not None:
        rooms = RoomReadings(
            _rows(rooms.room_c, at, np.nan),
            _rows(rooms.sd_k, at, np.nan),
            np.where(at >= 0, rooms.from_rooms[at], False),
        )
    if meters is not None:
        factor, indoor = _rows(meters.loss_factor, at, 1.0), _rows(meters.indoor_c, at, np.nan)
        meters = Meters(factor, indoor, meters.remarks)
    return replace(measured, rooms=rooms, meters=meters)


def _rows(values: Array, at: NDArray[np.intp], unknown: float) -> Array:
    return np.where(at >= 0, values[at], unknown)
