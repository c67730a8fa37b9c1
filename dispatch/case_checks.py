"""All checks across the tables and the settings of a case folder: faults, and notes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.case_coal_checks import coal_faults, stock_notes, supply_notes
from dispatch.case_curves import curve_faults, curve_notes
from dispatch.case_faults import Fault, file_fault
from dispatch.case_override_checks import override_faults
from dispatch.case_references import SETTINGS_FILE, reference_faults, share_faults
from dispatch.case_schedules import schedule_faults
from dispatch.case_sources import source_faults
from dispatch.case_stations import heat_need_kw, station_faults
from dispatch.case_tables import CaseTables
from dispatch.case_timetables import timetable_faults
from dispatch.messages import words
from dispatch.plan import Remark
from dispatch.settings import Settings, ShareGroup

LEAST_CAPACITY = 0.4  # of design load; a plan for less is a slip of units, not a shortage
MOST_CAPACITY = 10.0
UNIT_OF_DESIGN = 3.0  # one unit larger than this many design loads
LEAST_MAINS, MOST_MAINS = 0.4, 20.0  # capacity of mains into a zone, of the zone's design load
LONGEST_SEASON_DAYS = 240  # longer: start and end are swapped
MEASURED_OF_POSSIBLE = 1.5
GJ_PER_MW_DAY = 86.4
ANY_YEAR = 2001  # without 29 February, which most seasons do not have


@dataclass(frozen=True)
class Findings:
    """What the checks found: faults stop the run, notes do not."""

    faults: tuple[Fault, ...]
    notes: tuple[Remark, ...]


def check_case(
    tables: CaseTables, settings: Settings | None, now: datetime | None = None
) -> Findings:
    """Check everything that more than one row decides; `settings` None if they have faults.

    Sums over a table are only judged when the whole table could be read; pins of the dispatcher
    only where `now` tells which have ended.
    """
    faults = [
        *reference_faults(tables),
        *source_faults(tables, settings),
        *curve_faults(tables),
        *schedule_faults(tables, settings),
        *coal_faults(tables, None if settings is None else season_days(settings)),
        *_measured_dates(tables),
        *timetable_faults(tables, settings),
        *override_faults(tables, settings, now),
    ]
    if settings is not None:
        faults += [
            *_calendar(settings),
            *share_faults(tables, settings),
            *station_faults(tables, settings),
        ]
    notes = [*stock_notes(tables)] if tables.curves.whole else []
    if settings is not None:
        notes += supply_notes(tables, settings)
    if settings is not None and _is_countable(tables, faults):
        balance = heat_balance(tables, settings)
        faults += [
            *_capacity(tables, balance),
            *_mains(tables, balance),
            *_shares(tables, settings, balance),
            *_measured_sizes(tables, balance),
        ]
        notes += _capacity_notes(tables, balance)
    if not faults and tables.curves.whole:
        notes += curve_notes(tables)
    return Findings(tuple(faults), tuple(notes))


def _is_countable(tables: CaseTables, faults: list[Fault]) -> bool:
    """True when the tables that make up the heat balance are whole and fit together."""
    counted = (tables.sources, tables.stations, tables.links)
    faulty = {fault.file for fault in faults}
    files = {SETTINGS_FILE, *(table.file for table in counted)}
    return all(table.whole for table in counted) and faulty.isdisjoint(files)


# ---- settings ------------------------------------------------------------------------------


def _calendar(settings: Settings) -> Iterator[Fault]:
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield file_fault(SETTINGS_FILE, "timezone", column="timezone", value=settings.timezone)
    for name, written in (
        ("season_start", settings.season_start),
        ("season_end", settings.season_end),
    ):
        if _day_of_year(written) is None:
            yield file_fault(SETTINGS_FILE, "season_day", column=name, value=written)
    length = season_days(settings)
    if length is not None and not 1 <= length <= LONGEST_SEASON_DAYS:
        yield file_fault(SETTINGS_FILE, "season_length", column="season_end", days=length)


def season_days(settings: Settings) -> int | None:
    """Days from the season's first to its last; None where one of them is no day."""
    start, end = _day_of_year(settings.season_start), _day_of_year(settings.season_end)
    return None if start is None or end is None else (end - start).days % 365


def _day_of_year(written: str) -> date | None:
    try:
        return date.fromisoformat(f"{ANY_YEAR}-{written}")
    except ValueError:
        return None


# ---- sums ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeatBalance:
    """Design loads and what can cover them, MW."""

    zone_load_mw: dict[str, float]  # of the zone's stations
    loss_mw: float  # of all mains at design
    plant_mw: dict[str, float]  # installed, all units

    @property
    def load_mw(self) -> float:
        """Design load at the sources, losses inside."""
        return sum(self.zone_load_mw.values()) + self.loss_mw

    @property
    def installed_mw(self) -> float:
        """Installed capacity of all plants."""
        return sum(self.plant_mw.values())


def heat_balance(tables: CaseTables, settings: Settings) -> HeatBalance:
    """Add up design loads by zone and installed capacity by plant, without its tanks."""
    zone_load: dict[str, float] = {}
    for station in tables.stations.rows:
        load_mw = heat_need_kw(station, settings) / 1000
        zone_load[station.zone_id] = zone_load.get(station.zone_id, 0.0) + load_mw
    plant: dict[str, float] = {}
    for source in tables.sources.rows:
        made_mw = source.installed_mw if source.kind.makes_heat else 0.0
        plant[source.plant_id] = plant.get(source.plant_id, 0.0) + made_mw
    return HeatBalance(zone_load, sum(link.loss_mw_design for link in tables.links.rows), plant)


def _capacity(tables: CaseTables, balance: HeatBalance) -> Iterator[Fault]:
    load, installed = balance.load_mw, balance.installed_mw
    for row, source in tables.sources.placed():
        if source.max_output_mw > UNIT_OF_DESIGN * load:
            value = source.max_output_mw
            yield tables.sources.fault(row, "max_output_mw", "unit_size", value=value, load=load)
    if not LEAST_CAPACITY * load <= installed <= MOST_CAPACITY * load:
        yield file_fault(
            tables.sources.file,
            "capacity",
            column="max_output_mw",
            installed=installed,
            load=load,
            percent=100 * installed / load,
        )


def _capacity_notes(tables: CaseTables, balance: HeatBalance) -> Iterator[Remark]:
    load, installed = balance.load_mw, balance.installed_mw
    if installed < load:
        values: dict[str, object] = {"installed": installed, "load": load}
        yield Remark("fault.note_capacity", values)
    for zone, zone_load in balance.zone_load_mw.items():
        mains = _mains_into(tables, zone)
        if mains < zone_load:
            yield Remark("fault.note_mains", {"zone": zone, "mains": mains, "load": zone_load})


def _mains_into(tables: CaseTables, zone: str) -> float:
    return sum(link.capacity_mw for link in tables.links.rows if link.to_id == zone)


def _mains(tables: CaseTables, balance: HeatBalance) -> Iterator[Fault]:
    for zone, load in balance.zone_load_mw.items():
        mains = _mains_into(tables, zone)
        if not LEAST_MAINS * load <= mains <= MOST_MAINS * max(load, balance.load_mw):
            yield file_fault(
                tables.links.file,
                "mains",
                column="capacity_mw",
                zone=zone,
                mains=mains,
                load=load,
            )


def _shares(tables: CaseTables, settings: Settings, balance: HeatBalance) -> Iterator[Fault]:
    """A split inside the band must reach design load; a plain shortage has its own note."""
    for group, share in settings.share.items():
        reach = {plant: _reach(tables, balance, plant) for plant in share.shares}
        outside = sum(mw for plant, mw in balance.plant_mw.items() if plant not in share.shares)
        need = max(0.0, balance.load_mw - outside)
        if need > sum(reach.values()) or share_is_possible(share, reach, need):
            continue
        yield file_fault(
            SETTINGS_FILE,
            "share_impossible",
            column=f"share.{group}",
            need=need,
            most=most_within_band(share, reach, need),
            plants=words(*(f"{plant} {mw:.1f}" for plant, mw in reach.items())),
            band=100 * share.band,
        )


def _reach(tables: CaseTables, balance: HeatBalance, plant: str) -> float:
    """What a plant can send, MW: its sources, or the mains that leave it."""
    mains = sum(link.capacity_mw for link in tables.links.rows if link.from_id == plant)
    return min(balance.plant_mw[plant], mains)


def share_is_possible(share: ShareGroup, reach_mw: dict[str, float], total_mw: float) -> bool:
    """True when shares within the band add up to one, each plant within its reach."""
    if total_mw <= 0:
        return True
    lowest = {plant: max(0.0, part - share.band) for plant, part in share.shares.items()}
    highest = {
        plant: min(part + share.band, reach_mw[plant] / total_mw)
        for plant, part in share.shares.items()
    }
    fits = all(lowest[plant] <= highest[plant] + 1e-9 for plant in lowest)
    return fits and sum(highest.values()) >= 1 - 1e-9


def most_within_band(share: ShareGroup, reach_mw: dict[str, float], need_mw: float) -> float:
    """Largest total below `need_mw` that a split inside the band reaches, MW, by bisection."""
    low, high = 0.0, need_mw
    for _ in range(40):
        middle = 0.5 * (low + high)
        if share_is_possible(share, reach_mw, middle):
            low = middle
        else:
            high = middle
    return low


# ---- meters ---------------------------------------------------------------------


def _measured_dates(tables: CaseTables) -> Iterator[Fault]:
    for row, day in tables.measured.placed():
        if day.heat_gj is None and day.indoor_median_c is None:
            yield tables.measured.fault(row, "heat_gj", "measured_empty")
        try:
            date.fromisoformat(day.date)
        except ValueError:
            yield tables.measured.fault(row, "date", "date_impossible", value=day.date)


def _measured_sizes(tables: CaseTables, balance: HeatBalance) -> Iterator[Fault]:
    installed = {source.source_id: source.installed_mw for source in tables.sources.rows}
    possible_mw = {zone: 2 * load for zone, load in balance.zone_load_mw.items()} | installed
    for row, day in tables.measured.placed():
        most_gj = GJ_PER_MW_DAY * possible_mw.get(day.id, float("inf"))
        if day.heat_gj is not None and day.heat_gj > MEASURED_OF_POSSIBLE * most_gj:
            yield tables.measured.fault(
                row, "heat_gj", "measured_size", value=day.heat_gj, most=most_gj
            )
