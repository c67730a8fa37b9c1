"""Do the dispatcher's pins fit the case: things there are, values they can have, no two at odds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dispatch.case_faults import Fault
from dispatch.case_kinds import Manager, SourceKind
from dispatch.case_overrides import Override, PinWhat
from dispatch.case_references import Target, unknown_id
from dispatch.case_stations import FLOOR_BELOW_UPPER_K
from dispatch.case_table import Table
from dispatch.change_limits import GRID_K
from dispatch.messages import words
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.case import Source, Station
    from dispatch.case_tables import CaseTables

LEAST_TARGET_C = 5.0  # of a room, as in `stations.csv`
Range = tuple[float, float]


@dataclass(frozen=True)
class Things:
    """What a case has that can be pinned, by name; loops by all names that mean them."""

    sources: Mapping[str, "Source"]
    plants: Mapping[str, tuple["Source", ...]]
    mains_mw: Mapping[str, float]  # capacity
    loops: Mapping[str, tuple["Station", ...]]
    zones: Mapping[str, tuple["Station", ...]]

    def loops_of(self, pin: Override) -> tuple["Station", ...]:
        """Loops that a pin of stations is about; a zone only where rooms are meant."""
        found = self.loops.get(pin.id, ())
        if not found and pin.what is PinWhat.INDOOR_TARGET_C:
            found = self.zones.get(pin.id, ())
        return found

    def names_for(self, pin: Override) -> frozenset[str]:
        """Names that the pin's `what` may be of."""
        if pin.what.is_of_stations:
            zones = self.zones if pin.what is PinWhat.INDOOR_TARGET_C else {}
            return frozenset((*self.loops, *zones))
        if pin.what.is_of_plants:
            return frozenset(self.plants)
        mains = self.mains_mw if pin.what is PinWhat.MAX_HEAT_MW else {}
        return frozenset((*self.sources, *mains))


def things_of(tables: "CaseTables") -> Things:
    """Return all that can be pinned, of the rows without fault.

    A loop goes by `station`, `station.loop` (its label in outputs) and `station/loop`.
    """
    plants: dict[str, list[Source]] = {}
    for source in tables.sources.rows:
        plants.setdefault(source.plant_id, []).append(source)
    loops: dict[str, list[Station]] = {}
    zones: dict[str, list[Station]] = {}
    for row in tables.stations.rows:
        zones.setdefault(row.zone_id, []).append(row)
        for name in {row.station_id, row.loop_id, f"{row.station_id}/{row.loop}"}:
            loops.setdefault(name, []).append(row)
    return Things(
        sources={source.source_id: source for source in tables.sources.rows},
        plants={plant: tuple(rows) for plant, rows in plants.items()},
        mains_mw={link.link_id: link.capacity_mw for link in tables.links.rows},
        loops={name: tuple(rows) for name, rows in loops.items()},
        zones={name: tuple(rows) for name, rows in zones.items()},
    )


def override_faults(
    tables: "CaseTables", settings: Settings | None, now: datetime | None
) -> Iterator[Fault]:
    """Yield what is wrong with pins that have not ended at `now`.

    One that has ended is history: what it was about may be gone from the case. Without `now`
    nothing is asked, as for commands that make no plan.
    """
    table = tables.overrides
    lively = [it for it in table.placed() if now is not None and it[1].to_time > now]
    whole = tables.sources.whole and tables.stations.whole and tables.links.whole
    if not lively or not whole:
        return  # their own faults first: a thing whose row is faulty would look unknown
    things = things_of(tables)
    sound = []
    for row, pin in lively:
        faults = tuple(_row_faults(table, row, pin, things, tables, settings))
        yield from faults
        if not faults:
            sound.append((row, pin))
    yield from _contradictions(table, sound, things)


# ---- one row -------------------------------------------------------------------------------


def _row_faults(
    table: Table[Override],
    row: int,
    pin: Override,
    things: Things,
    tables: "CaseTables",
    settings: Settings | None,
) -> Iterator[Fault]:
    names = things.names_for(pin)
    if pin.id not in names:
        named: tuple[Table[Any], ...] = (tables.sources,)
        if pin.what.is_of_stations:
            named = (tables.stations,)
        elif pin.is_main:
            named = (tables.links,)
        yield unknown_id(table, row, "id", pin.id, Target(names, named, known=True))
        return
    if pin.what.is_of_stations:
        yield from _station_faults(table, row, pin, things.loops_of(pin))
    if pin.what is PinWhat.SHARE and settings is not None:
        grouped = [name for group in settings.share.values() for name in group.shares]
        if pin.id not in grouped:
            yield table.fault(row, "id", "pin_no_group", id=pin.id)
    if pin.what is PinWhat.UNITS_ON:
        kind = things.sources[pin.id].kind
        if kind in (SourceKind.PURCHASED_HEAT, SourceKind.THERMAL_STORAGE):
            yield table.fault(row, "what", "pin_no_units", id=pin.id, kind=kind.value)
        elif not pin.value.is_integer():
            yield table.fault(row, "value", "pin_whole", value=pin.value)
    low, high = _range_of(pin, things, settings)
    if not low - 1e-9 <= pin.value <= high + 1e-9:
        unit = f" {pin.what.unit}" if pin.what.unit else ""
        values = {"value": pin.value, "id": pin.id, "low": low, "high": high, "unit": unit}
        yield table.fault(row, "value", "pin_range", **values)


def _station_faults(
    table: Table[Override], row: int, pin: Override, loops: tuple["Station", ...]
) -> Iterator[Fault]:
    """Only setpoints of our own stations can be held; heat only loop by loop."""
    by_others = [loop for loop in loops if loop.managed_by is not Manager.UTILITY]
    if by_others and len(by_others) == len(loops):
        yield table.fault(row, "id", "pin_of_others", id=pin.id)
    if pin.what is PinWhat.HEAT_KW and len(loops) > 1:
        listed = words(*(loop.loop_id for loop in loops))
        yield table.fault(row, "id", "pin_loops", id=pin.id, loops=listed)
    if pin.what is PinWhat.SECONDARY_SUPPLY_C and not (pin.value / GRID_K).is_integer():
        yield table.fault(row, "value", "pin_grid", value=pin.value, step=GRID_K)


def _range_of(pin: Override, things: Things, settings: Settings | None) -> Range:
    """Least and greatest value that the thing can have."""
    if pin.what is PinWhat.SHARE:
        return 0.0, 1.0
    if pin.what is PinWhat.SUPPLY_TEMP_C:
        return _plant_range_c(things.plants[pin.id], settings)
    if pin.what.is_of_stations:
        return _station_range(pin, things.loops_of(pin), settings)
    if pin.is_main:
        return 0.0, things.mains_mw[pin.id]
    source = things.sources[pin.id]
    if pin.what is PinWhat.UNITS_ON:
        return 0.0, float(source.unit_count)
    taken_in_mw = (source.charge_mw or 0.0) * source.unit_count  # by a tank
    return 0.0 - taken_in_mw, source.installed_mw


def _plant_range_c(sources: tuple["Source", ...], settings: Settings | None) -> Range:
    """From the network's lowest supply to what the weakest source of the plant can make."""
    highest = min((s.supply_temp_max_c for s in sources if s.kind.makes_heat), default=160.0)
    if settings is None:
        return 0.0, highest
    network = settings.network
    return network.primary_supply_min_c, min(highest, network.primary_supply_max_c)


def _station_range(pin: Override, loops: tuple["Station", ...], settings: Settings | None) -> Range:
    if pin.what is PinWhat.HEAT_KW:
        return 0.0, min(loop.max_heat_kw for loop in loops)
    if pin.what is PinWhat.SECONDARY_SUPPLY_C:
        low = max(loop.secondary_supply_min_c for loop in loops)
        return low, min(loop.secondary_supply_max_c for loop in loops)
    upper_c = 26.0 if settings is None else settings.comfort.upper_c
    return LEAST_TARGET_C, upper_c - FLOOR_BELOW_UPPER_K


# ---- two rows ------------------------------------------------------------------------------


def _contradictions(
    table: Table[Override], placed: list[tuple[int, Override]], things: Things
) -> Iterator[Fault]:
    """Yield one fault for two pins of one thing that cannot both hold at some moment."""
    for n, (row, pin) in enumerate(placed):
        for first, other in placed[:n]:
            overlap = pin.from_time < other.to_time and other.from_time < pin.to_time
            same = _things(pin, things) & _things(other, things)
            if overlap and same and _at_odds(pin, other):
                both = f"{other.what} {other.value:g}", f"{pin.what} {pin.value:g}"
                values = {"first": first, "one": both[0], "two": both[1]}
                yield table.fault(row, "value", "pin_twice", **values)
                break


def _things(pin: Override, things: Things) -> frozenset[str]:
    """Labels of what a pin holds."""
    if pin.what.is_of_stations:
        return frozenset(loop.loop_id for loop in things.loops_of(pin))
    return frozenset((pin.id,))


def _at_odds(one: Override, other: Override) -> bool:
    """Whether two pins of one thing cannot hold at once."""
    if one.what is other.what:
        return one.value != other.value
    by_what = {pin.what: pin.value for pin in (one, other)}
    kinds = frozenset(by_what)
    if kinds == {PinWhat.SECONDARY_SUPPLY_C, PinWhat.HEAT_KW}:
        return True
    heat = by_what.get(PinWhat.HEAT_MW)
    least, most = (by_what.get(what) for what in (PinWhat.MIN_HEAT_MW, PinWhat.MAX_HEAT_MW))
    least, most = (heat if least is None else least), (heat if most is None else most)
    return least is not None and most is not None and least > most
