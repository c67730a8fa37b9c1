"""How far a plan may be used: green, amber or red, with every reason in words (design §1)."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.case_kinds import PowerMode, SourceKind
from dispatch.fuel_curve import fuel_planes, least_fuel_mw
from dispatch.heat_order_remarks import order_notes, order_reasons
from dispatch.messages import words
from dispatch.pinned_rooms import pinned_rooms
from dispatch.plan import AuditReport, Quality, Remark, SolveStatus, Verdict
from dispatch.primary_side import PrimarySide
from dispatch.run_tables import local_text, utc_datetime
from dispatch.shortage import cold_rooms, shortage_remarks, warming_from_start
from forecasts.weather.provenance import Note, NoteCode, WeatherProvenance
from forecasts.weather.provider import Nature
from forecasts.weather.verdict import DOUBTS_OF_ALL, Outcome

if TYPE_CHECKING:
    from dispatch.settle import SettledPlan  # brings Pyomo, half a second: not for its name alone

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

SHARE_ROOM = 1e-3  # of a share: rounding of the published figure
UNSERVED_SHARE = 0.01  # of the heat third parties ask for in a block
SAME_FUEL = 1e-4
MISSING_COAL_T = 0.5  # below nothing: less is rounding
PART_OF_UNIT = 0.01  # further than this from a whole number of units is a part of one
POWER_ROOM_MW = 0.05
SHORTFALL_SHARE = 0.02  # of a station's heat that the primary side cannot carry
AMBER_NOTES = (NoteCode.TYPICAL_YEAR_USED, NoteCode.CLIMATE_USED, NoteCode.LAST_RESORT)


def weather_remarks(weather: WeatherProvenance) -> tuple[list[Remark], list[Remark]]:
    """Reasons and notes of the forecast: stale or no forecast at all is a reason."""
    reasons: list[Remark] = []
    notes: list[Remark] = []
    attempts = [
        Remark(f"weather.{a.cause.value}", {"provider": a.provider, "detail": a.detail})
        for a in weather.attempts
    ]
    for note in weather.notes:
        said = _note(weather, note)
        (reasons if note.code in AMBER_NOTES else notes).append(said)
    for verdict in weather.gates:
        if verdict.outcome is Outcome.DOUBTFUL:
            told = {"provider": weather.provider, "detail": verdict.detail}
            said = Remark(f"weather.gate_{verdict.gate.value}", told)
            (reasons if verdict.gate in DOUBTS_OF_ALL else notes).append(said)
    if weather.nature is not Nature.FORECAST and not reasons:
        reasons.append(_note(weather, Note(NoteCode.CLIMATE_USED, weather.nature.value)))
    if weather.nature is Nature.FORECAST and not weather.fresh:
        values = {"provider": weather.provider, "age_h": round(weather.age_h, 1)}
        reasons.append(Remark("daily.forecast_old", values))
    return reasons, attempts + notes


def _note(weather: WeatherProvenance, note: Note) -> Remark:
    values = {"provider": weather.provider, "detail": note.detail}
    return Remark(f"weather.note_{note.code.value}", values)


def _plan_reasons(plan: "SettledPlan") -> list[Remark]:
    """What the solver could not prove."""
    outcomes = (plan.outcome, plan.resolve)
    if all(outcome.status is SolveStatus.OPTIMAL for outcome in outcomes):
        return []
    gap_pct = round(100.0 * max((o.gap for o in outcomes if np.isfinite(o.gap)), default=0.0), 2)
    return [Remark("daily.not_proven", {"gap_pct": gap_pct})]


def _share_reasons(schedule: xr.Dataset) -> list[Remark]:
    """Shares outside their band, once a plant."""
    reasons = []
    for p, plant in enumerate(schedule["plant"].values):
        share = schedule["plant_share"].values[p]
        low = float(schedule["plant_share_min"].values[p])
        high = float(schedule["plant_share_max"].values[p])
        outside = (share < low - SHARE_ROOM) | (share > high + SHARE_ROOM)
        if outside.any():
            values = {
                "plant": str(plant),
                "hours": round(float(outside.sum()) * float(schedule.attrs["step_h"]), 2),
                "least_pct": round(100 * float(share.min()), 1),
                "most_pct": round(100 * float(share.max()), 1),
                "low_pct": round(100 * low, 1),
                "high_pct": round(100 * high, 1),
            }
            reasons.append(Remark("daily.share_outside", values))
    return reasons


def _supply_reasons(schedule: xr.Dataset, primary: PrimarySide) -> list[Remark]:
    """What the primary side cannot carry as asked."""
    reasons = []
    flow_short = _flow_short(schedule, primary, commanded=True)
    if flow_short:
        reasons.append(Remark("daily.station_flow_short", flow_short))
    over = primary.plant_flow_over_tph.max(axis=1)
    for p in np.flatnonzero(over > 1.0):
        figures = {"plant": str(schedule["plant"].values[p]), "over_tph": round(float(over[p]))}
        reasons.append(Remark("daily.plant_flow_over", figures))
    return reasons


def _flow_short(
    schedule: xr.Dataset, primary: PrimarySide, *, commanded: bool
) -> dict[str, object]:
    """How many stations cannot draw their heat, and the worst shortfall; empty if all can."""
    rows = (schedule["station_controllable"].values > 0) == commanded
    heat = np.maximum(schedule["station_heat"].values, 1.0)
    share = np.where(rows[:, None], primary.station.shortfall_kw / heat, 0.0)
    hit = (share > SHORTFALL_SHARE).any(axis=1)
    if not hit.any():
        return {}
    return {"stations": int(hit.sum()), "worst_pct": round(100 * float(share.max()), 1)}


def _comfort_remarks(schedule: xr.Dataset) -> tuple[list[Remark], list[Remark]]:
    """Commanded rooms under their floor but still legal: the forecast margin is being used.

    A reason, but a note where they only began there and are warmed up.
    """
    mask, below_k = cold_rooms(schedule, commanded=True, law=False)
    mask = mask & ~pinned_rooms(schedule)  # what becomes of a pinned target is told with the pin
    warming = mask & warming_from_start(schedule)
    reasons, notes = (
        [Remark(key, _cold_values(schedule, part, below_k))] if part.any() else []
        for key, part in (
            ("daily.below_floor", mask & ~warming),
            ("daily.began_below_floor", warming),
        )
    )
    return reasons, notes


def _cold_values(schedule: xr.Dataset, mask: Mask, below_k: Array) -> dict[str, object]:
    rows = mask.any(axis=1)
    return {
        "stations": int(rows.sum()),
        "homes": int(schedule["station_homes"].values[rows].sum()),
        "below_k": round(float(below_k[mask].max()), 2),
        "station_hours": round(float(mask.sum()) * float(schedule.attrs["step_h"])),
    }


def _third_party_remarks(
    schedule: xr.Dataset, primary: PrimarySide
) -> tuple[list[Remark], list[Remark]]:
    """The risk at stations run by others: a reason where we serve less, else a note."""
    reasons, notes = [], []
    flow_short = _flow_short(schedule, primary, commanded=False)
    if flow_short:
        notes.append(Remark("daily.third_party_flow_short", flow_short))
    others = schedule["station_controllable"].values == 0
    due = schedule["station_heat_due"].values[others].sum(axis=0)
    got = schedule["station_heat"].values[others].sum(axis=0)
    short = np.divide(due - got, due, out=np.zeros_like(due), where=due > 1e-6)
    if short.size and short.max() > UNSERVED_SHARE:
        worst = round(100 * float(short.max()), 1)
        reasons.append(Remark("daily.third_party_unserved", {"worst_pct": worst}))
    mask, below_k = cold_rooms(schedule, commanded=False, law=True)
    if mask.any():
        rows = mask.any(axis=1)
        values = {
            "stations": int(rows.sum()),
            "homes": int(schedule["station_homes"].values[rows].sum()),
            "below_k": round(float(below_k.max()), 1),
        }
        notes.append(Remark("daily.third_party_cold", values))
    return reasons, notes


def coal_missing(schedule: xr.Dataset, case: Case) -> list[Remark]:
    """Yards that units which must run would draw below nothing: when, and by how much."""
    reasons = []
    for y, yard in enumerate(case.yards):
        stock = schedule["yard_stock"].values[y]
        gone = stock < -MISSING_COAL_T
        if gone.any():
            first = utc_datetime(schedule["time"].values[gone.argmax()])
            values: dict[str, object] = {
                "yard": yard.yard_id,
                "time": local_text(first, case.settings.timezone),
                "missing_t": ceil(-float(stock.min())),
            }
            reasons.append(Remark("daily.coal_missing", values))
    return reasons


def _fuel_reasons(schedule: xr.Dataset, case: Case) -> list[Remark]:
    """Yards whose usable stock is under their reserve, or that eat the bottom layer."""
    reasons = []
    days = schedule.sizes["time"] * float(schedule.attrs["step_h"]) / 24.0
    for y, yard in enumerate(case.yards):
        burn = float(schedule["yard_burn"].values[y].sum()) / days
        stock = float(schedule["yard_stock"].values[y].min())
        values: dict[str, object] = {"yard": yard.yard_id, "stock_t": round(stock)}
        usable = stock - yard.unusable_t
        if stock < -MISSING_COAL_T:
            continue  # red: `coal_missing`
        if usable < 0:
            reasons.append(Remark("daily.yard_bottom", values))
        elif usable < yard.reserve_days_min * burn:
            values |= {"days": round(usable / burn, 1), "reserve_days": yard.reserve_days_min}
            reasons.append(Remark("daily.yard_below_reserve", values))
    return reasons


def _boiler_notes(schedule: xr.Dataset, case: Case) -> list[Remark]:
    """Boilers that a plan without whole units runs below one unit's least load."""
    notes = []
    decided = schedule["source_commitment"].values > 0.5
    for i, source in enumerate(case.sources):
        if decided[i] or source.kind is SourceKind.PURCHASED_HEAT:
            continue  # whole units hold it; of what is bought it is an order, not a unit's load
        heat = schedule["source_heat"].values[i]
        low = (heat > 0.05) & (heat < source.min_output_mw - 0.05)
        if low.any():
            hours = round(float(low.sum()) * float(schedule.attrs["step_h"]), 2)
            values = {"source": source.source_id, "hours": hours, "min_mw": source.min_output_mw}
            notes.append(Remark("daily.below_min_load", values))
    return notes


def _chp_notes(schedule: xr.Dataset, case: Case) -> list[Remark]:
    """CHPs with free power that the relaxed plan runs with part of a unit, where no unit can be."""
    notes = []
    for i, source in enumerate(case.sources):
        if not source.kind.is_chp or source.power_mode is PowerMode.SCHEDULED:
            continue
        units = schedule["source_units_on"].values[i]
        part = np.abs(units - np.round(units)) > PART_OF_UNIT
        if source.kind is SourceKind.CHP_BACKPRESSURE:
            part &= ~_whole_would_do(schedule, i)
        if part.any():
            hours = round(float(part.sum()) * float(schedule.attrs["step_h"]), 2)
            notes.append(Remark("daily.part_of_chp", {"source": source.source_id, "hours": hours}))
    return notes


def _whole_would_do(schedule: xr.Dataset, i: int) -> Mask:
    """Where some whole number of back-pressure units gives the same for the same fuel, (step,).

    Heat decides their power; where the line runs through standstill, parts of units mean nothing.
    """
    names = ("source_vertex_heat", "source_vertex_power", "source_vertex_fuel")
    vertices = np.column_stack([schedule[name].values[i] for name in names])
    planes = fuel_planes(vertices[np.isfinite(vertices).all(axis=1)])
    heat, power = schedule["source_heat"].values[i], schedule["source_power"].values[i]
    units, burnt = schedule["source_units_on"].values[i], schedule["source_fuel"].values[i]
    per_unit = schedule["source_min_heat"].values[i] / np.maximum(units, PART_OF_UNIT)
    does = np.zeros(heat.shape, dtype=bool)
    for whole in (np.floor(units), np.ceil(units)):
        fuel = least_fuel_mw(planes, heat, power, whole)
        same = np.abs(fuel - burnt) <= SAME_FUEL * np.maximum(burnt, 1.0)
        does |= same & (heat >= per_unit * whole - PART_OF_UNIT) & (whole > 0)
    return does


def _power_reasons(schedule: xr.Dataset) -> list[Remark]:
    """Sources that cannot make the power the grid asks for."""
    reasons = []
    power = schedule["source_power"].values
    low, high = (schedule[f"source_power_{end}"].values for end in ("min", "max"))
    off = np.maximum(np.nan_to_num(low - power), np.nan_to_num(power - high))
    for i, source in enumerate(schedule["source"].values):
        missed = off[i] > POWER_ROOM_MW
        if missed.any():
            hours = round(float(missed.sum()) * float(schedule.attrs["step_h"]), 2)
            worst = round(float(off[i].max()), 1)
            values = {"source": str(source), "hours": hours, "worst_mw": worst}
            reasons.append(Remark("daily.power_off", values))
    return reasons


def least_reasons(schedule: xr.Dataset) -> list[Remark]:
    """Sources that cannot send the least heat that `schedules.csv` asks for."""
    reasons = []
    asked, heat = schedule["source_scheduled_least"].values, schedule["source_heat"].values
    missing = np.where(asked > 0.0, asked - heat, 0.0)
    for i, source in enumerate(schedule["source"].values):
        missed = missing[i] > POWER_ROOM_MW
        if missed.any():
            hours = round(float(missed.sum()) * float(schedule.attrs["step_h"]), 2)
            worst = round(float(missing[i].max()), 1)
            values = {"source": str(source), "hours": hours, "worst_mw": worst}
            reasons.append(Remark("daily.least_missed", values))
    return reasons


def judge(
    case: Case,
    schedule: xr.Dataset,
    plan: "SettledPlan",
    primary: PrimarySide,
    audit: AuditReport,
    weather: WeatherProvenance,
    *,
    other_reasons: Sequence[Remark],
    other_notes: Sequence[Remark],
) -> Verdict:
    """Grade a plan: red where commanded rooms or the audit fail, amber for any other reason."""
    shortage = shortage_remarks(schedule)
    failed = [f for f in audit.findings if not f.passed and not f.soft]
    red = [*shortage[:1], *coal_missing(schedule, case)]
    if failed:
        rules = words(*(finding.rule for finding in failed))
        red.append(Remark("daily.audit_failed", {"rules": rules}))
    weather_reasons, weather_notes = weather_remarks(weather)
    cold_reasons, cold_notes = _comfort_remarks(schedule)
    third_reasons, third_notes = _third_party_remarks(schedule, primary)
    amber = [
        *other_reasons,
        *weather_reasons,
        *_plan_reasons(plan),
        *_share_reasons(schedule),
        *order_reasons(schedule),
        *_supply_reasons(schedule, primary),
        *([] if shortage else cold_reasons),
        *third_reasons,
        *_fuel_reasons(schedule, case),
        *_power_reasons(schedule),
        *least_reasons(schedule),
    ]
    notes = [
        *weather_notes,
        *([] if shortage else cold_notes),
        *third_notes,
        *_boiler_notes(schedule, case),
    ]
    notes += [*_chp_notes(schedule, case), *order_notes(schedule), *other_notes]
    quality = Quality.RED if red else Quality.AMBER if amber else Quality.GREEN
    return Verdict(quality, tuple(red + amber), tuple(notes))
