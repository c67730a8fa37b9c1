"""What a drill takes away: a unit, a source, a whole plant, a main (handbook §10: source loss)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dispatch.case import Case
from dispatch.situation import Situation
from scenarios.whatif.change import Change
from scenarios.whatif.changes.network import LinkOutage
from scenarios.whatif.changes.sources import SourceOutage


class LossKind(StrEnum):
    """What is lost; a row of one unit is a source, a plant of one row is that source."""

    UNIT = "unit"  # one of several identical units
    SOURCE = "source"  # a row of sources.csv with all its units
    PLANT = "plant"
    MAIN = "main"


@dataclass(frozen=True)
class Loss:
    """One thing that is out from the plan's start on."""

    kind: LossKind
    lost_id: str  # source_id, plant_id or link_id
    lost_mw: float  # installed heat, or what the main carries
    sources: tuple[str, ...] = ()  # rows that give less
    units: int | None = None  # of the one row; None: all

    @property
    def name(self) -> str:
        """How files and the cache call it, as `unit B1`."""
        return f"{self.kind.value} {self.lost_id}"

    def applied(self, situation: Situation, hours: float) -> Situation:
        """Return the situation without it for the first `hours`."""
        for change in self._changes(hours):
            situation = change.applied(situation)
        return situation

    def plant_mw_left(self, case: Case) -> dict[str, float]:
        """Heat that each plant can still make, MW; tanks make none."""
        left = dict.fromkeys(case.plant_ids, 0.0)
        for source in case.sources:
            if not source.kind.makes_heat:
                continue
            gone = 0
            if source.source_id in self.sources:
                gone = source.unit_count if self.units is None else self.units
            left[source.plant_id] += source.max_output_mw * (source.unit_count - gone)
        return left

    def links_out(self) -> frozenset[str]:
        """Mains that carry nothing."""
        return frozenset([self.lost_id] if self.kind is LossKind.MAIN else [])

    def _changes(self, hours: float) -> Iterator[Change]:
        if self.kind is LossKind.MAIN:
            yield LinkOutage(link=self.lost_id, to_h=hours, name=self.name)
        for source_id in self.sources:
            yield SourceOutage(source=source_id, units=self.units, to_h=hours, name=self.name)


def losses_of(case: Case) -> tuple[Loss, ...]:
    """Return every single loss of a case: units, sources, plants, mains, in file order.

    Ties between zones are mains too. A tank is no source of its own, but goes with its plant.
    """
    return (*_units_and_sources(case), *_plants(case), *_mains(case))


def _units_and_sources(case: Case) -> Iterator[Loss]:
    for source in case.sources:
        if not source.kind.makes_heat:
            continue
        row = source.source_id, source.max_output_mw
        if source.unit_count > 1:
            yield Loss(LossKind.UNIT, *row, sources=(source.source_id,), units=1)
        yield Loss(
            LossKind.SOURCE, source.source_id, source.installed_mw, sources=(source.source_id,)
        )


def _plants(case: Case) -> Iterator[Loss]:
    for plant_id in case.plant_ids:
        rows = [source for source in case.sources if source.plant_id == plant_id]
        if len(rows) < 2:
            continue  # its only source is a drill already
        made_mw = sum(row.installed_mw for row in rows if row.kind.makes_heat)
        yield Loss(LossKind.PLANT, plant_id, made_mw, tuple(row.source_id for row in rows))


def _mains(case: Case) -> Iterator[Loss]:
    for link in case.links:
        yield Loss(LossKind.MAIN, link.link_id, link.capacity_mw)
