"""Can the sources be what the files say: fuel, yard, size, ramp, water."""

from collections.abc import Iterator

from dispatch.case import Fuel, Source
from dispatch.case_faults import Fault
from dispatch.case_kinds import FuelUnit, Minimise, PowerMode, SourceKind
from dispatch.case_table import Table
from dispatch.case_tables import CaseTables
from dispatch.messages import words
from dispatch.settings import Settings

BOILERS = (SourceKind.COAL_BOILER, SourceKind.GAS_BOILER)
FULL_RAMP_H = 100.0  # a source slower than this from nothing to full is a slip of units
BOILER_RATE_KGCE_PER_GJ = (28.0, 80.0)  # 34.12 is an efficiency of 1 (handbook head)
WATER_KWH_PER_TK = 1.163
FLOW_OF_RATING = (0.3, 20.0)
TANK_HOURS = (0.25, 1_000.0)  # to fill or empty a tank at full power; 5 to 10 h are usual


def source_faults(tables: CaseTables, settings: Settings | None) -> Iterator[Fault]:
    """Yield the faults of sources and of the yards they draw from."""
    sources = tables.sources
    fuels = {fuel.fuel_id: fuel for fuel in tables.fuels.rows}
    for row, source in sources.placed():
        yield from _kind(sources, row, source, tables)
        yield from _fuel(sources, row, source, fuels, tables)
        yield from _size(sources, row, source)
        if settings is not None:
            yield from _against_settings(sources, row, source, settings)
        yield from _efficiency(tables, row, source)
    for row, yard in tables.yards.placed():
        fuel = fuels.get(yard.fuel_id)
        if fuel is not None and fuel.unit is not FuelUnit.TONNE:
            yield tables.yards.fault(row, "fuel_id", "yard_needs_tonnes", fuel=yard.fuel_id)


def _kind(table: Table[Source], row: int, source: Source, tables: CaseTables) -> Iterator[Fault]:
    if source.kind is SourceKind.THERMAL_STORAGE:
        yield from _tank(table, row, source)
    if source.kind is SourceKind.CHP_BACKPRESSURE and source.power_mode is PowerMode.SCHEDULED:
        yield table.fault(row, "power_mode", "backpressure_scheduled")
    if source.kind is not SourceKind.CHP_EXTRACTION or not tables.schedules.whole:
        return
    has_power = any(
        line.source_id == source.source_id and line.power_mw is not None
        for line in tables.schedules.rows
    )
    if source.power_mode is PowerMode.SCHEDULED and not has_power:
        yield table.fault(row, "power_mode", "schedule_missing", id=source.source_id)


def _tank(table: Table[Source], row: int, source: Source) -> Iterator[Fault]:
    """A tank has a plant that fills it, and holds some hours of its power."""
    beside = [other for other in table.rows if other.plant_id == source.plant_id]
    if table.whole and not any(other.kind.makes_heat for other in beside):
        yield table.fault(row, "plant_id", "tank_alone", plant=source.plant_id)
    energy_mwh, (low, high) = source.energy_mwh or 0.0, TANK_HOURS
    powers = {"charge_mw": source.charge_mw or 1.0, "discharge_mw": source.discharge_mw or 1.0}
    for name, power_mw in powers.items():
        hours = energy_mwh / power_mw
        if not low <= hours <= high:
            yield table.fault(
                row, name, "tank_hours", value=power_mw, energy=energy_mwh, hours=hours
            )
            return


def _fuel(
    table: Table[Source], row: int, source: Source, fuels: dict[str, Fuel], tables: CaseTables
) -> Iterator[Fault]:
    """What a source burns, and from which yard."""
    if source.kind is SourceKind.THERMAL_STORAGE:
        return
    if source.kind is SourceKind.PURCHASED_HEAT:
        if source.yard_id is not None:
            yield table.fault(row, "yard_id", "purchase_with_yard")
        if source.commitment:
            yield table.fault(row, "commitment", "purchase_committed")
        return
    fuel = fuels.get(source.fuel_id or "")
    if source.yard_id is None:
        burns_tonnes = fuel is not None and fuel.unit is FuelUnit.TONNE
        if burns_tonnes and tables.yards.rows and source.kind is not SourceKind.GAS_BOILER:
            yards = words(*sorted(tables.yards.ids("yard_id")))
            yield table.fault(row, "yard_id", "yard_needed", yards=yards)
        return
    yard = next((yard for yard in tables.yards.rows if yard.yard_id == source.yard_id), None)
    if yard is not None and yard.fuel_id != source.fuel_id:
        yield table.fault(
            row,
            "fuel_id",
            "fuel_of_yard",
            fuel=source.fuel_id,
            yard=yard.yard_id,
            holds=yard.fuel_id,
        )


def _size(table: Table[Source], row: int, source: Source) -> Iterator[Fault]:
    rating = source.max_output_mw
    if rating / source.ramp_mw_per_h > FULL_RAMP_H:
        hours = rating / source.ramp_mw_per_h
        yield table.fault(
            row, "ramp_mw_per_h", "ramp_size", value=source.ramp_mw_per_h, hours=hours
        )
    if source.no_load_fuel_mw > rating:
        yield table.fault(
            row, "no_load_fuel_mw", "no_load_size", value=source.no_load_fuel_mw, rating=rating
        )
    rate, (low, high) = source.coal_kgce_per_gj, BOILER_RATE_KGCE_PER_GJ
    if source.kind in BOILERS and rate is not None and not low <= rate <= high:
        yield table.fault(row, "coal_kgce_per_gj", "coal_rate_size", value=rate, low=low, high=high)


def _against_settings(
    table: Table[Source], row: int, source: Source, settings: Settings
) -> Iterator[Fault]:
    network = settings.network
    spread_k = network.primary_design_supply_c - network.primary_design_return_c
    flow = source.max_output_mw * 1000 / (WATER_KWH_PER_TK * spread_k)
    low, high = FLOW_OF_RATING
    if not low <= source.flow_max_tph / flow <= high:
        yield table.fault(
            row, "flow_max_tph", "source_flow", value=source.flow_max_tph, needed=flow
        )
    if source.supply_temp_max_c < network.primary_supply_min_c:
        lowest = network.primary_supply_min_c
        yield table.fault(
            row, "supply_temp_max_c", "source_too_cool", value=source.supply_temp_max_c, low=lowest
        )
    is_purchase = source.kind is SourceKind.PURCHASED_HEAT
    if is_purchase and source.price_yuan_per_gj is None and settings.fuel.minimise is Minimise.COST:
        yield table.fault(row, "price_yuan_per_gj", "purchase_price")


def _efficiency(tables: CaseTables, row: int, source: Source) -> Iterator[Fault]:
    """A boiler needs one of the three ways to say what it burns."""
    if source.kind not in BOILERS or not tables.curves.legible:
        return
    has_curve = source.source_id in tables.curves.ids("source_id")
    if source.efficiency is None and source.coal_kgce_per_gj is None and not has_curve:
        yield tables.sources.fault(row, "efficiency", "efficiency_needed")
