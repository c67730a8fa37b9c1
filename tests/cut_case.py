"""A cut of zaozhuang, 30 of its 351 stations with plants, mains and piles to fit, for what-ifs.

Fast enough to be planned for every change: 24 hours and as much look-ahead, the climate's weather
of 15 January.
"""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from dispatch.case import Case
from dispatch.daily_request import DailyRequest, Stopwatch
from dispatch.morning import morning_of
from dispatch.plan import Plan
from dispatch.plan_making import make_plan
from dispatch.situation import Situation, look
from scenarios.cases import generate_zaozhuang
from scenarios.whatif.change import Change

NOW = datetime.fromisoformat("2026-01-15T05:30:00+08:00")
STATIONS = 30
OF_SOURCES = ("min_output_mw", "max_output_mw", "ramp_mw_per_h", "flow_max_tph", "no_load_fuel_mw")
OF_CURVES = ("heat_mw", "power_mw", "fuel_mw")
OF_SCHEDULES = ("power_mw", "power_min_mw", "min_output_mw", "max_output_mw")
OF_LINKS = ("capacity_mw", "loss_mw_design")
OF_YARDS = (
    "stock_t",
    "capacity_t",
    "unusable_t",
    "unloading_t_per_day",
    "storage_target_t",
    "order_unit_t",
)


def request(tmp: Path = Path("nowhere")) -> DailyRequest:
    folder = Path(generate_zaozhuang.__file__).parent / "zaozhuang"
    return DailyRequest(folder, NOW, tmp / "runs", tmp / "store", paths=100, offline=True)


def cut(case: Case, stations: int = STATIONS) -> Case:
    """Every so many-th station with all its loops; what is made and carried shrinks alike."""
    ids = list(dict.fromkeys(row.station_id for row in case.stations))
    kept = set(ids[:: len(ids) // stations][:stations])
    rows = tuple(row for row in case.stations if row.station_id in kept)
    part = _heat(rows) / _heat(case.stations)

    def shrunk(table, columns):
        return tuple(
            row.model_copy(
                update={
                    name: getattr(row, name) * part
                    for name in columns
                    if getattr(row, name) is not None
                }
            )
            for row in table
        )

    time = case.settings.time.model_copy(update={"horizon_h": 24, "look_ahead_h": 24})
    return Case.model_construct(
        **dict(case)
        | {
            "settings": case.settings.model_copy(update={"time": time}),
            "stations": rows,
            "sources": shrunk(case.sources, OF_SOURCES),
            "curves": shrunk(case.curves, OF_CURVES),
            "schedules": shrunk(case.schedules, OF_SCHEDULES),
            "links": shrunk(case.links, OF_LINKS),
            "yards": shrunk(case.yards, OF_YARDS),
            "deliveries": shrunk(case.deliveries, ("tonnes",)),
        }
    )


def _heat(rows) -> float:
    return sum(row.heated_area_m2 * row.specific_loss_w_per_m2k for row in rows)


@cache
def base() -> Situation:
    """The cut on a mean morning of 15 January, from settled rooms."""
    found = look(request(), Stopwatch(lambda _: None))
    return replace(found, case=cut(found.case))


def planned(situation: Situation) -> Plan:
    """A plan of a situation, audited and judged."""
    watch = Stopwatch(lambda _: None)
    return make_plan(
        morning_of(situation, request(), watch), request(), watch, with_cures=False
    ).plan


@cache
def base_plan() -> Plan:
    return planned(base())


def planned_with(*changes: Change) -> Plan:
    """A plan of the cut after some changes."""
    situation = base()
    for change in changes:
        situation = change.applied(situation)
    return planned(situation)
