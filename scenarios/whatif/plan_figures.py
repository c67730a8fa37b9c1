"""One plan in the figures that plans are compared by; every name ends in its unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from dispatch.case import Case, Fuel
from dispatch.case_kinds import FuelUnit, Minimise, SourceKind
from dispatch.cost_terms import CostTerm
from dispatch.plan import Quality
from dispatch.run_summary import Coldest, YardFuel, coldest_room, source_fuel, yard_fuel
from dispatch.run_tables import Blocks, labels, local_time, utc_datetime
from dispatch.shortage import AT_LIMIT_MW
from dispatch.source_inputs import TCE_PER_MWH, fuel_price_yuan_per_mwh
from dispatch.yard_ahead import yards_ahead
from scenarios.whatif.cold_stations import ColdStation, Level, cold_stations, kelvin_hours
from scenarios.whatif.figure import Figure
from scenarios.whatif.outcome import Outcome

Array = NDArray[np.float64]

BILL_TERMS = (
    CostTerm.FUEL,
    CostTerm.POWER_SOLD,
    CostTerm.POWER_BOUGHT,
    CostTerm.STARTS,
)
CO2_T_PER_TCE = float(Fuel.model_fields["co2_t_per_tce"].default)  # of coal: bought heat's, if none


@dataclass(frozen=True)
class UnitEvent:
    """Units started or stopped at the begin of a step."""

    at: datetime  # aware, local
    started: int  # below zero: stopped
    forced: bool  # by an outage or a limit: nobody's choice


@dataclass(frozen=True)
class SourceFigures:
    """What a source does; `hours` are those with heat."""

    source_id: str
    heat_mwh: float
    peak_mw: float
    hours: float
    power_mwh: float
    fuel_tce: float
    full_hours: float  # at all it can give
    events: tuple[UnitEvent, ...]


@dataclass(frozen=True)
class LinkLimit:
    """A main that is full, or takes nothing because it is out."""

    link: str
    full_hours: float
    out_hours: float
    since: datetime  # start of the first such step


@dataclass(frozen=True)
class YardFigures:
    """Coal of a yard: over the plan, and to the season's end where an outlook tells it."""

    fuel: YardFuel
    burn_t: float
    end_stock_t: float


@dataclass(frozen=True)
class PlanFigures:
    """All of one plan."""

    start: datetime  # aware, local
    end: datetime
    step_h: float
    quality: Quality
    minimise: Minimise
    figures: Mapping[Figure, float]  # NaN where the plan has none
    sources: Mapping[str, SourceFigures]
    yards: Mapping[str, YardFigures]
    links: Mapping[str, LinkLimit]  # those at a limit
    cold: tuple[ColdStation, ...]  # as `cold_stations` orders them
    coldest_ours: Coldest | None
    coldest_third_party: Coldest | None


def figures_of(outcome: Outcome) -> PlanFigures:
    """Return the figures of a plan, read from its schedule and its case."""
    case, schedule = outcome.case, outcome.schedule
    timezone, step_h = case.settings.timezone, _step_h(schedule)
    times = schedule["time"].values
    end = times[-1] + np.timedelta64(round(step_h * 3600), "s")
    ours = coldest_room(schedule, case, commanded=True)
    others = coldest_room(schedule, case, commanded=False)
    cold = cold_stations(schedule)
    return PlanFigures(
        start=local_time(utc_datetime(times[0]), timezone),
        end=local_time(utc_datetime(end), timezone),
        step_h=step_h,
        quality=outcome.quality,
        minimise=case.settings.fuel.minimise,
        figures={
            **_sky_and_heat(schedule),
            Figure.COLDEST_OURS: ours.indoor_c if ours else np.nan,
            Figure.COLDEST_THIRD_PARTY: others.indoor_c if others else np.nan,
            **_comfort(schedule, cold),
            **_fuel(case, schedule),
            **_money(case, schedule),
        },
        sources=_sources(schedule, timezone),
        yards=_yards(outcome),
        links=_links(schedule, timezone),
        cold=cold,
        coldest_ours=ours,
        coldest_third_party=others,
    )


def _step_h(schedule: xr.Dataset) -> float:
    return float(schedule.attrs["step_h"])


def _sky_and_heat(schedule: xr.Dataset) -> dict[Figure, float]:
    outdoor_c = schedule["air_temperature"].values
    sent_mw = schedule["plant_heat"].values.sum(axis=0)
    return {
        Figure.OUTDOOR_MEAN: float(outdoor_c.mean()),
        Figure.OUTDOOR_MIN: float(outdoor_c.min()),
        Figure.HEAT: float(sent_mw.sum()) * _step_h(schedule),
        Figure.PEAK: float(sent_mw.max()),
    }


def _comfort(schedule: xr.Dataset, cold: tuple[ColdStation, ...]) -> dict[Figure, float]:
    law = [one for one in cold if one.ours and one.level is Level.LAW]
    floor = [one for one in cold if one.ours]
    ours = schedule["station_controllable"].values > 0
    hours = Blocks(schedule, str(schedule.attrs["timezone"])).hours
    missing_kw = schedule["station_heat_due"].values - schedule["station_heat"].values
    area_m2 = np.where(ours, schedule["station_area"].values, 0.0)
    last_c = schedule["station_indoor"].values[:, -1]
    return {
        Figure.BELOW_LAW_STATIONS: float(len(law)),
        Figure.BELOW_LAW_HOMES: float(sum(one.homes for one in law)),
        Figure.BELOW_LAW: kelvin_hours(schedule),
        Figure.BELOW_FLOOR_STATIONS: float(len(floor)),
        Figure.BELOW_FLOOR_HOMES: float(sum(one.homes for one in floor)),
        Figure.THIRD_PARTY_COLD_HOMES: float(sum(one.homes for one in cold if not one.ours)),
        Figure.UNSERVED: float((np.maximum(missing_kw[~ours], 0.0) @ hours).sum()) / 1000.0,
        Figure.STORED: float(stored_mwh(schedule)[-1]),
        Figure.ROOMS_END: float(last_c @ area_m2 / area_m2.sum()) if area_m2.any() else np.nan,
    }


def stored_mwh(schedule: xr.Dataset) -> Array:
    """Return what rooms and tanks hold over what they held at the start, (step,) MWh."""
    mwh_per_k = schedule["station_heat_capacity"].values * schedule["station_area"].values / 3.6e9
    before_c = schedule["station_indoor_before"].values[:, np.newaxis]
    rooms: Array = mwh_per_k @ (schedule["station_indoor"].values - before_c)
    before_mwh = schedule["source_stored_before"].values[:, np.newaxis]
    tanks: Array = np.nansum(schedule["source_stored"].values - before_mwh, axis=0)
    return rooms + tanks


def _fuel(case: Case, schedule: xr.Dataset) -> dict[Figure, float]:
    step_h = _step_h(schedule)
    burnt_tce, heat_tce = (
        schedule[name].values.sum(axis=1) * step_h * TCE_PER_MWH
        for name in ("source_fuel", "source_fuel_for_heat")
    )
    rate = np.array([_co2_t_per_tce(case, source.fuel_id) for source in case.sources])
    heat_mwh = float(schedule["plant_heat"].values.sum()) * step_h
    for_heat = float(heat_tce.sum())
    per_mwh = for_heat / heat_mwh if heat_mwh > 0 else 0.0
    without_yard = schedule["source_yard"].values == ""
    coal_t = _units_of(case, schedule, FuelUnit.TONNE)[without_yard].sum()
    return {
        Figure.FUEL: float(burnt_tce.sum()),
        Figure.FUEL_FOR_HEAT: for_heat,
        Figure.FUEL_LEVELLED: for_heat - float(stored_mwh(schedule)[-1]) * per_mwh,
        Figure.COAL: float(schedule["yard_burn"].values.sum() + coal_t),
        Figure.GAS: float(_units_of(case, schedule, FuelUnit.NORMAL_CUBIC_METRE).sum()),
        Figure.POWER: float(schedule["source_power"].values.sum()) * step_h,
        Figure.CO2: float(burnt_tce @ rate),
        Figure.CO2_FOR_HEAT: float(heat_tce @ rate),
        Figure.STARTS: float(np.maximum(schedule["source_started"].values, 0.0).sum()),
    }


def _co2_t_per_tce(case: Case, fuel_id: str | None) -> float:
    return CO2_T_PER_TCE if fuel_id is None else case.fuel_of(fuel_id).co2_t_per_tce


def _units_of(case: Case, schedule: xr.Dataset, unit: FuelUnit) -> Array:
    """Tonnes or Nm³ that each source burns, by the heating value of its fuel; bought heat none."""
    mwh = schedule["source_fuel"].values.sum(axis=1) * _step_h(schedule)
    burnt = np.zeros(mwh.size)
    for i, source in enumerate(case.sources):
        if source.fuel_id is None or source.kind is SourceKind.PURCHASED_HEAT:
            continue
        fuel = case.fuel_of(source.fuel_id)
        if fuel.unit is unit:
            burnt[i] = mwh[i] / fuel.mwh_per_unit
    return burnt


def _money(case: Case, schedule: xr.Dataset) -> dict[Figure, float]:
    settings = case.settings
    priced = settings.model_copy(
        update={"fuel": settings.fuel.model_copy(update={"minimise": Minimise.COST})}
    )
    in_yuan = case.model_copy(update={"settings": priced})
    price = np.array([fuel_price_yuan_per_mwh(in_yuan, source) for source in case.sources])
    mwh = schedule["source_fuel"].values.sum(axis=1) * _step_h(schedule)
    yuan = dict(zip(labels(schedule, "cost_term"), schedule["cost"].values.tolist(), strict=True))
    return {
        Figure.FUEL_COST: float(price @ mwh),
        Figure.BILL: _bill_yuan(case, schedule, yuan, float(price @ mwh)),
        Figure.COST: float(sum(yuan.values())),
    }


def _bill_yuan(
    case: Case, schedule: xr.Dataset, yuan: Mapping[str, float], fuel_yuan: float
) -> float:
    """Fuel and starts less power at the case's prices, also where the plan makes fuel small.

    There all power counts at the price it is sold for: contracts count under `cost` only.
    """
    settings = case.settings.fuel
    if settings.minimise is Minimise.COST:
        return sum(yuan[term.value] for term in BILL_TERMS)
    power_mwh = float(schedule["source_power"].values.sum()) * _step_h(schedule)
    sold = 1000.0 * settings.power_sell_yuan_per_kwh * power_mwh
    return fuel_yuan + yuan[CostTerm.STARTS.value] - sold


def _sources(schedule: xr.Dataset, timezone: str) -> dict[str, SourceFigures]:
    step_h = _step_h(schedule)
    heat, most = schedule["source_heat"].values, schedule["source_max_heat"].values
    full = (heat >= most - AT_LIMIT_MW) & (most > AT_LIMIT_MW)
    return {
        one.source_id: SourceFigures(
            source_id=one.source_id,
            heat_mwh=one.heat_mwh,
            peak_mw=round(float(heat[i].max()), 2),
            hours=round(float((heat[i] > AT_LIMIT_MW).sum()) * step_h, 2),
            power_mwh=one.power_mwh,
            fuel_tce=one.burnt_tce,
            full_hours=round(float(full[i].sum()) * step_h, 2),
            events=_events(schedule, i, timezone),
        )
        for i, one in enumerate(source_fuel(schedule))
    }


def _events(schedule: xr.Dataset, i: int, timezone: str) -> tuple[UnitEvent, ...]:
    """Starts and stops of a source whose whole units the plan decides."""
    changes = schedule["source_started"].values[i] - schedule["source_stopped"].values[i]
    lost = schedule["source_units_lost"].values[i]
    return tuple(
        UnitEvent(
            at=local_time(utc_datetime(schedule["time"].values[step]), timezone),
            started=round(float(changes[step])),
            forced=bool(changes[step] < 0 and lost[step] > 0),
        )
        for step in np.flatnonzero(np.abs(changes) > 0.5).tolist()
    )


def _links(schedule: xr.Dataset, timezone: str) -> dict[str, LinkLimit]:
    capacity, sent = schedule["link_capacity"].values, schedule["link_sent"].values
    out = capacity <= AT_LIMIT_MW
    full = (sent >= capacity - AT_LIMIT_MW) & ~out
    step_h, found = _step_h(schedule), {}
    for j, link in enumerate(labels(schedule, "link")):
        hit = np.flatnonzero(full[j] | out[j])
        if hit.size:
            found[link] = LinkLimit(
                link=link,
                full_hours=round(float(full[j].sum()) * step_h, 2),
                out_hours=round(float(out[j].sum()) * step_h, 2),
                since=local_time(utc_datetime(schedule["time"].values[hit[0]]), timezone),
            )
    return found


def _yards(outcome: Outcome) -> dict[str, YardFigures]:
    schedule = outcome.schedule
    burn_t = schedule["yard_burn"].values.sum(axis=1)
    stock_t = schedule["yard_stock"].values
    return {
        one.yard_id: YardFigures(
            fuel=one, burn_t=round(float(burn_t[y]), 2), end_stock_t=round(float(stock_t[y, -1]), 2)
        )
        for y, one in enumerate(yard_fuel(schedule, yards_ahead(outcome.outlook)))
    }
