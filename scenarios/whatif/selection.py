"""Naming things of a case so that one scenario fits many cases: by id, or by what they are."""

from enum import StrEnum

from dispatch.case import Case, Link, Source, Station
from dispatch.case_kinds import Era, Manager, Row, SourceKind, Use
from dispatch.messages import words
from dispatch.plan import Remark
from scenarios.whatif.change import ChangeFault, NotApplicable


class SourceRole(StrEnum):
    """A source by what it is in its case; any other text is a `source_id`."""

    LARGEST = "largest"  # by installed heat
    SECOND = "second"
    LARGEST_UNIT = "largest_unit"  # by the heat of one unit
    LARGEST_CHP = "largest_chp"
    LARGEST_BOILER = "largest_boiler"  # coal or gas, by installed heat
    LARGEST_COAL_BOILER = "largest_coal_boiler"
    LARGEST_GAS_BOILER = "largest_gas_boiler"
    PURCHASE = "purchase"


BOILERS = (SourceKind.COAL_BOILER, SourceKind.GAS_BOILER)
_ROLES = {role.value: role for role in SourceRole}
_KINDS = {
    SourceRole.LARGEST: tuple(kind for kind in SourceKind if kind.makes_heat),
    SourceRole.SECOND: tuple(kind for kind in SourceKind if kind.makes_heat),
    SourceRole.LARGEST_UNIT: tuple(kind for kind in SourceKind if kind.makes_heat),
    SourceRole.LARGEST_CHP: tuple(kind for kind in SourceKind if kind.is_chp),
    SourceRole.LARGEST_BOILER: BOILERS,
    SourceRole.LARGEST_COAL_BOILER: (SourceKind.COAL_BOILER,),
    SourceRole.LARGEST_GAS_BOILER: (SourceKind.GAS_BOILER,),
    SourceRole.PURCHASE: (SourceKind.PURCHASED_HEAT,),
}


def source_of(case: Case, named: str, column: str = "source") -> Source:
    """Return the source of an id or a role.

    Raises NotApplicable for a role that nothing fills, ChangeFault for an id that is none.
    """
    if named in _ROLES:
        role = _ROLES[named]
        rank = 1 if role is SourceRole.SECOND else 0
        able = [source for source in case.sources if source.kind in _KINDS[role]]
        by_unit = role is SourceRole.LARGEST_UNIT
        able.sort(key=lambda s: -(s.max_output_mw if by_unit else s.installed_mw))
        if len(able) <= rank:
            raise NotApplicable(Remark("scenario.no_such_source", {"role": named}))
        return able[rank]
    for source in case.sources:
        if source.source_id == named:
            return source
    ids = words(*(source.source_id for source in case.sources), *SourceRole)
    raise ChangeFault(column, Remark("scenario.unknown_source", {"value": named, "options": ids}))


def link_of(case: Case, named: str, column: str = "link") -> Link:
    """Return the main of an id (`A>north`), or the `largest`, or the largest `tie`."""
    links = sorted(case.links, key=lambda link: -link.capacity_mw)
    if named == "tie":
        links = [link for link in links if case.is_tie(link)]
        if not links:
            raise NotApplicable(Remark("scenario.no_tie"))
    if named in ("largest", "tie"):
        return links[0]
    for link in links:
        if link.link_id == named:
            return link
    ids = words(*(link.link_id for link in case.links), "largest", "tie")
    raise ChangeFault(column, Remark("scenario.unknown_link", {"value": named, "options": ids}))


class StationGroup(Row):
    """Which stations a change is about: those that fit every key given; all where none is."""

    ids: tuple[str, ...] = ()  # station_id
    zone: str | None = None  # zone_id, or `largest`
    use: Use | None = None
    era: tuple[Era, ...] = ()
    managed_by: Manager | None = None
    share: float | None = None  # of their area, the first so many by station_id

    def of(self, case: Case) -> frozenset[str]:
        """Return the `station_id` of those that fit.

        Raises ChangeFault for an id or zone that is none, NotApplicable where nothing fits.
        """
        known = {station.station_id for station in case.stations}
        unknown = sorted(set(self.ids) - known)
        if unknown:
            values = {"value": words(*unknown[:5]), "options": words(*sorted(known)[:3])}
            raise ChangeFault("stations.ids", Remark("scenario.unknown_station", values))
        zone = self._zone(case)
        chosen = [station for station in case.stations if self._fits(station, zone)]
        if not chosen:
            raise NotApplicable(Remark("scenario.no_such_station"))
        if self.share is None:
            return frozenset(station.station_id for station in chosen)
        return _part(chosen, self.share)

    def _zone(self, case: Case) -> str | None:
        if self.zone == "largest":
            area = dict.fromkeys(case.zone_ids, 0.0)
            for station in case.stations:
                area[station.zone_id] += station.heated_area_m2
            return max(area, key=lambda zone: area[zone])
        if self.zone is not None and self.zone not in case.zone_ids:
            values = {"value": self.zone, "options": words(*case.zone_ids, "largest")}
            raise ChangeFault("stations.zone", Remark("scenario.unknown_zone", values))
        return self.zone

    def _fits(self, station: Station, zone: str | None) -> bool:
        return (
            (not self.ids or station.station_id in self.ids)
            and zone in (None, station.zone_id)
            and self.use in (None, station.use)
            and (not self.era or station.era in self.era)
            and self.managed_by in (None, station.managed_by)
        )


def _part(chosen: list[Station], share: float) -> frozenset[str]:
    """The first stations that hold a share of the area, at least one."""
    area: dict[str, float] = {}
    for station in sorted(chosen, key=lambda station: station.station_id):
        held = area.get(station.station_id, 0.0)
        area[station.station_id] = held + station.heated_area_m2
    wanted, taken = share * sum(area.values()), 0.0
    part: list[str] = []
    for station_id, area_m2 in area.items():
        if part and taken + 0.5 * area_m2 > wanted:
            break
        part.append(station_id)
        taken += area_m2
    return frozenset(part)
