"""Changes of the network: mains out, leaking or held back, its water, its stations."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from dispatch.case import Case, Link, Outage
from dispatch.case_kinds import Manager, OutageKind, fault
from dispatch.case_mains import flow_max_tph
from dispatch.exchanger import WATER_KJ_PER_KG_K
from dispatch.measured import NOTHING
from dispatch.plan import Remark
from dispatch.situation import Situation
from dispatch.station_inputs import buildings_of
from scenarios.whatif.change import Change, ChangeFault
from scenarios.whatif.edit import edited, with_case, with_links, with_settings, with_sources
from scenarios.whatif.selection import StationGroup, link_of, source_of
from scenarios.whatif.station_windows import stations_out
from scenarios.whatif.window import TimedChange

EMERGENCY_MAKE_UP = 0.04  # of circulation: what make-up plant is laid out for (handbook §7)
MOST_OF_MAIN = 0.3  # of a main's capacity that a leak in use may take, as of its usual loss
OPENING = "opening in groups"  # reason of the outages that hold back what is not open yet


class LinkOutage(TimedChange):
    """A main is out: shut, burst, isolated."""

    kind: Literal["link_outage"] = "link_outage"
    link: str = "largest"

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the main shut."""
        link = link_of(situation.case, self.link)
        return _with_outages(situation, [_main_out(link, *self.window(situation), self.label)])


class LinkDerating(TimedChange):
    """A main carries less: a pump out, a section throttled, a branch of two shut."""

    kind: Literal["link_derating"] = "link_derating"
    link: str = "largest"
    capacity_fraction: float = Field(default=0.6, gt=0, le=1)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with part of the main's capacity."""
        link, window = link_of(situation.case, self.link), self.window(situation)
        out = _main_out(link, *window, self.label, available_fraction=self.capacity_fraction)
        return _with_outages(situation, [out])


class Leak(Change):
    """A main leaks: it loses the heat of the lost water, is shut to be mended, and comes back.

    As long as the make-up plant keeps up the main stays in use, for `isolate_after_h`; a leak above
    its limit must be isolated at once (handbook §7, §10). The heat of the lost water is taken from
    the main as its usual loss is. What the water itself costs is not counted.
    """

    kind: Literal["leak"] = "leak"
    link: str = "largest"
    from_h: float = Field(default=0, ge=0, le=8_760)
    leak_tph: float = Field(default=60, gt=0, le=5_000)
    makeup_limit_tph: float | None = Field(default=None, ge=0, le=5_000)  # None: 4 % of circulation
    isolate_after_h: float = Field(default=6, ge=0, le=720)  # h in use before it is shut
    repair_h: float = Field(default=24, gt=0, le=720)
    isolated_fraction: float = Field(default=1, gt=0, le=1)  # of the main, behind its valves
    heat_gj_per_t: float = Field(default=0.16, ge=0.05, le=0.45)  # handbook §7: 0.12 to 0.2

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the leak and the repair.

        Raises ChangeFault for a leak that would take more of the main's heat than a main in use
        can lose.
        """
        case = situation.case
        link = link_of(case, self.link)
        limit_tph = self.makeup_limit_tph
        if limit_tph is None:
            limit_tph = EMERGENCY_MAKE_UP * circulation_tph(case)
        in_use_h = self.isolate_after_h if self.leak_tph <= limit_tph else 0.0
        begins = situation.grid.start + timedelta(hours=self.from_h)
        shut = begins + timedelta(hours=in_use_h)
        left = 1.0 - self.isolated_fraction
        mended = shut + timedelta(hours=self.repair_h)
        outages = [_main_out(link, shut, mended, self.label, available_fraction=left)]
        if in_use_h > 0:
            lost_mw = self.leak_tph * self.heat_gj_per_t / 3.6
            if lost_mw > MOST_OF_MAIN * link.capacity_mw:
                values = {"link": link.link_id, "lost": round(lost_mw, 1)}
                most_tph = MOST_OF_MAIN * link.capacity_mw * 3.6 / self.heat_gj_per_t
                values |= {"value": self.leak_tph, "most": round(most_tph)}
                raise ChangeFault("leak_tph", Remark("scenario.leak_size", values))
            kept = {"available_fraction": 1.0, "added_loss_mw": lost_mw}
            outages.append(_main_out(link, begins, shut, self.label, **kept))
        return _with_outages(situation, outages)


class FlowLimit(Change):
    """Less water through a main or a source than it takes now: a pump, a valve, a strainer."""

    kind: Literal["flow_limit"] = "flow_limit"
    link: str | None = None
    source: str | None = None
    flow_fraction: float = Field(default=0.7, ge=0.1, le=2)  # of its largest flow now

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "FlowLimit":
        if self.link is not None and self.source is not None:
            raise fault("whatif_link_or_source", column="source")
        return self

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with another largest flow; of the largest main if none is named."""
        case = situation.case
        if self.source is not None:
            source = source_of(case, self.source)
            flow = source.flow_max_tph * self.flow_fraction
            return with_sources(
                situation,
                lambda row: (
                    edited(row, flow_max_tph=flow) if row.source_id == source.source_id else row
                ),
            )
        limited = link_of(case, self.link or "largest")
        flow = flow_max_tph(limited) * self.flow_fraction
        return with_links(
            situation,
            lambda row: edited(row, flow_max_tph=flow) if row.link_id == limited.link_id else row,
        )


class SupplyTempLimit(Change):
    """Primary supply no hotter than so: of one source, or of the whole network."""

    kind: Literal["supply_temp_limit"] = "supply_temp_limit"
    source: str | None = None  # None: the network's limit
    supply_max_c: float = Field(default=95, ge=60, le=150)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with that limit."""
        if self.source is None:
            return with_settings(situation, "network", primary_supply_max_c=self.supply_max_c)
        source = source_of(situation.case, self.source)
        return with_sources(
            situation,
            lambda row: (
                edited(row, supply_temp_max_c=self.supply_max_c)
                if row.source_id == source.source_id
                else row
            ),
        )


class LossFactor(Change):
    """Mains lose more or less: wet insulation twice to four times (handbook §7), or renewed."""

    kind: Literal["loss_factor"] = "loss_factor"
    link: str | None = None  # None: all mains
    factor: float = Field(default=1.5, ge=0, le=5)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with another loss at design."""
        case = situation.case
        chosen = case.links if self.link is None else (link_of(case, self.link),)
        ids = {link.link_id for link in chosen}
        return with_links(
            situation,
            lambda row: (
                edited(row, loss_mw_design=row.loss_mw_design * self.factor)
                if row.link_id in ids
                else row
            ),
        )


class StationPowerCut(TimedChange):
    """Stations without power: their pumps stand still and rooms cool (handbook §10)."""

    kind: Literal["station_power_cut"] = "station_power_cut"
    stations: StationGroup = StationGroup(zone="largest")

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the stations out."""
        return _with_stations_out(situation, self, self.stations, 0.0)


class StationsShut(TimedChange):
    """Stations whose valve is shut, as by property firms that wait with the season (S3)."""

    kind: Literal["stations_shut"] = "stations_shut"
    stations: StationGroup = StationGroup(managed_by=Manager.THIRD_PARTY)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with the stations out."""
        return _with_stations_out(situation, self, self.stations, 0.0)


class StationsThrottled(TimedChange):
    """Stations held back: ours to a part of the most they can take, others of what they ask."""

    kind: Literal["stations_throttled"] = "stations_throttled"
    stations: StationGroup = StationGroup(managed_by=Manager.THIRD_PARTY)
    heat_fraction: float = Field(default=0.7, ge=0, le=1)

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with part of the stations' heat."""
        return _with_stations_out(situation, self, self.stations, self.heat_fraction)


class MassOpening(Change):
    """The season opens from cold rooms, all stations together or group after group.

    On the evening of 14 November 2017 all of Liaocheng opened at once and pulled the plant down
    (S3); handbook §10 asks for 20–25 % of the stations every 30 min. A second opening takes the
    place of the first, so that a scene may open in groups and the question be: what if not?
    The plan gives stations no more heat than sources and mains can send; that valves which nobody
    steers take it from those at the end of a main is beyond it.
    """

    kind: Literal["mass_opening"] = "mass_opening"
    rooms_c: float = Field(default=12, ge=2, le=20)  # all, at the start
    groups: int = Field(default=1, ge=1, le=48)  # equal ones; 1: all together
    interval_h: float = Field(default=0.5, gt=0, le=24)  # from group to group

    def applied(self, situation: Situation) -> Situation:
        """Return the situation with cold rooms, and stations out until their group opens."""
        case, start = situation.case, situation.grid.start
        ids = list(dict.fromkeys(station.station_id for station in case.stations))
        others = [outage for outage in case.outages if outage.reason != OPENING]
        for group in range(1, self.groups):
            opens = start + timedelta(hours=group * self.interval_h)
            waiting = ids[group :: self.groups]
            others += stations_out(waiting, situation.grid, (start, opens), 0.0, OPENING)
        opened = with_case(situation, outages=tuple(others))
        loops = [station.loop_id for station in case.stations]
        return with_rooms(opened, dict.fromkeys(loops, self.rooms_c))


def with_rooms(situation: Situation, rooms_c: dict[str, float]) -> Situation:
    """Return a situation with rooms at the start as given, by loop id, °C; others as known."""
    measured = situation.measured or NOTHING
    given = {**measured.given_rooms_c, **rooms_c}
    return replace(situation, measured=replace(measured, given_rooms_c=given))


def circulation_tph(case: Case) -> float:
    """Return the water that goes round in the network at design load, t/h."""
    need_kw = buildings_of(case).design_heat_kw(case.settings.design_outdoor_temp_c)
    network = case.settings.network
    spread_k = network.primary_design_supply_c - network.primary_design_return_c
    return float(np.sum(need_kw)) / (WATER_KJ_PER_KG_K * spread_k) * 3.6


def _main_out(link: Link, begins: datetime, ends: datetime, reason: str, **values: float) -> Outage:
    row = {"kind": OutageKind.LINK, "id": link.link_id, "from": begins, "to": ends}
    return Outage.model_validate({**row, "reason": reason, **values})


def _with_outages(situation: Situation, outages: Iterable[Outage]) -> Situation:
    return with_case(situation, outages=(*situation.case.outages, *outages))


def _with_stations_out(
    situation: Situation, change: TimedChange, group: StationGroup, available_fraction: float
) -> Situation:
    chosen = group.of(situation.case)
    window = change.window(situation)
    return _with_outages(
        situation,
        stations_out(chosen, situation.grid, window, available_fraction, change.label),
    )


CHANGES = (
    LinkOutage,
    LinkDerating,
    Leak,
    FlowLimit,
    SupplyTempLimit,
    LossFactor,
    StationPowerCut,
    StationsShut,
    StationsThrottled,
    MassOpening,
)
