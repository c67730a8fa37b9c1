"""A plan in a few figures: what `summary.json` says and the screen shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from dispatch.case import Case
from dispatch.demand_forecast import DemandForecast
from dispatch.plan import AuditFinding, Plan, Quality, Remark, SolveOutcome, StartOrigin
from dispatch.run_tables import GJ_PER_MWH, Array, labels, local_text, utc_datetime
from dispatch.source_inputs import TCE_PER_MWH
from dispatch.yard_ahead import YardAhead, yards_ahead

if TYPE_CHECKING:
    from forecasts.weather.provenance import WeatherProvenance

SCHEMA, SCHEMA_VERSION = "heat-dispatch/summary", 1
HOURS_PER_DAY = 24.0


@dataclass(frozen=True)
class Said:
    """A remark for machines and people: its key, its figures, its words."""

    key: str
    values: Mapping[str, object]
    text: str


@dataclass(frozen=True)
class Outdoor:
    """Outdoor air temperature over the horizon, °C."""

    min_c: float
    mean_c: float
    max_c: float


@dataclass(frozen=True)
class PlantHeat:
    """What a plant sends over the horizon; the share is of its group, else of all plants."""

    plant_id: str
    energy_mwh: float
    mean_mw: float
    share: float
    share_group: str
    share_min: float  # of the band; NaN outside a group
    share_max: float


@dataclass(frozen=True)
class Coldest:
    """The loop whose rooms get coldest, and when (end of the step, local time)."""

    station: str
    zone_id: str
    homes: int
    indoor_c: float
    at: str


@dataclass(frozen=True)
class YardFuel:
    """What a yard loses a day over the horizon, and how long its usable stock lasts at that."""

    yard_id: str
    stock_t: float  # at the start
    burn_t_per_day: float
    delivery_t: float  # within the horizon
    days_of_cover: float  # infinite when nothing is burnt
    worth_yuan_per_t: float  # of one more tonne at the start, beyond its price
    ahead: YardAhead | None  # to the season's end, where the outlook tells it


@dataclass(frozen=True)
class ZonePrice:
    """What one more MWh of heat would cost in a zone; NaN where the solver gave no prices."""

    zone_id: str
    mean_yuan_per_mwh: float
    mean_yuan_per_gj: float
    most_yuan_per_mwh: float


@dataclass(frozen=True)
class SourceFuel:
    """What a source burns and makes over the horizon, its fuel for heat in three ways, tce."""

    source_id: str
    heat_mwh: float
    power_mwh: float
    burnt_tce: float  # physical, heat and power
    accounting_tce: float  # for heat, by the accounting rate
    marginal_tce: float  # for heat, at what one more MW takes


@dataclass(frozen=True)
class Audited:
    """What the audit found."""

    passed: bool
    worst_balance: float
    findings: tuple[AuditFinding, ...]


@dataclass(frozen=True)
class RunSummary:
    """All of `summary.json`; `version` is that of the schema."""

    schema: str
    version: int
    plan_id: str
    plan_version: int
    case_id: str
    issued_at: str
    horizon_start: str
    horizon_end: str
    quality: Quality
    reasons: tuple[Said, ...]
    notes: tuple[Said, ...]
    forecast: "WeatherProvenance"
    outdoor: Outdoor
    minimise: str
    objective_yuan: float
    terms_yuan: dict[str, float]
    cost_yuan: float  # of the published horizon; the objective looks ahead
    cost_terms_yuan: dict[str, float]
    heat_mwh: float
    plants: tuple[PlantHeat, ...]
    shortage: tuple[Said, ...]
    coldest_commanded: Coldest | None
    coldest_third_party: Coldest | None
    yards: tuple[YardFuel, ...]
    heat_prices: tuple[ZonePrice, ...]
    sources: tuple[SourceFuel, ...]
    solver: SolveOutcome
    audit: Audited
    changes: tuple[Said, ...]
    demand_forecast: DemandForecast | None  # None: the network's load is not measured
    start: StartOrigin | None  # the earlier plan it starts from; None: settled


def run_summary(plan: Plan) -> RunSummary:
    """Return the figures of a plan, read from its schedule."""
    settings, schedule = plan.case.settings, plan.schedule
    times = schedule["time"].values
    step = np.timedelta64(round(_step_h(schedule) * 3600), "s")
    plants = _plants(schedule)
    return RunSummary(
        schema=SCHEMA,
        version=SCHEMA_VERSION,
        plan_id=plan.plan_id,
        plan_version=plan.version,
        case_id=settings.id,
        issued_at=local_text(plan.issued_at, settings.timezone),
        horizon_start=local_text(utc_datetime(times[0]), settings.timezone),
        horizon_end=local_text(utc_datetime(times[-1] + step), settings.timezone),
        quality=plan.verdict.quality,
        reasons=_said(plan.verdict.reasons),
        notes=_said(plan.verdict.notes),
        forecast=plan.weather,
        outdoor=_outdoor(schedule),
        minimise=settings.fuel.minimise.value,
        objective_yuan=plan.outcome.objective_yuan,
        terms_yuan=dict(plan.outcome.terms_yuan),
        cost_yuan=round(float(schedule["cost"].values.sum()), 2),
        cost_terms_yuan=_costs(schedule),
        heat_mwh=round(sum(plant.energy_mwh for plant in plants), 2),
        plants=plants,
        shortage=_said(plan.shortage),
        coldest_commanded=coldest_room(schedule, plan.case, commanded=True),
        coldest_third_party=coldest_room(schedule, plan.case, commanded=False),
        yards=yard_fuel(schedule, yards_ahead(plan.outlook)),
        heat_prices=_prices(schedule),
        sources=source_fuel(schedule),
        solver=plan.outcome,
        audit=Audited(plan.audit.passed, plan.audit.worst_balance, plan.audit.findings),
        changes=_said(plan.changes),
        demand_forecast=plan.demand,
        start=plan.start,
    )


def _step_h(schedule: xr.Dataset) -> float:
    return float(schedule.attrs["step_h"])


def _said(remarks: Sequence[Remark]) -> tuple[Said, ...]:
    return tuple(Said(remark.key, remark.values, remark.text) for remark in remarks)


def _outdoor(schedule: xr.Dataset) -> Outdoor:
    outdoor_c = schedule["air_temperature"].values
    least, mean, most = outdoor_c.min(), outdoor_c.mean(), outdoor_c.max()
    return Outdoor(*(round(float(value), 1) for value in (least, mean, most)))


def _plants(schedule: xr.Dataset) -> tuple[PlantHeat, ...]:
    energy_mwh: Array = schedule["plant_heat"].values.sum(axis=1) * _step_h(schedule)
    hours = schedule.sizes["time"] * _step_h(schedule)
    groups = labels(schedule, "plant_share_group")
    plants = []
    for row, plant in enumerate(labels(schedule, "plant")):
        peers = [i for i, group in enumerate(groups) if not groups[row] or group == groups[row]]
        total_mwh = float(energy_mwh[peers].sum())
        plants.append(
            PlantHeat(
                plant_id=plant,
                energy_mwh=round(float(energy_mwh[row]), 2),
                mean_mw=round(float(energy_mwh[row]) / hours, 2),
                share=round(float(energy_mwh[row]) / total_mwh, 4) if total_mwh > 0 else 0.0,
                share_group=groups[row],
                share_min=float(schedule["plant_share_min"].values[row]),
                share_max=float(schedule["plant_share_max"].values[row]),
            )
        )
    return tuple(plants)


def coldest_room(schedule: xr.Dataset, case: Case, *, commanded: bool) -> Coldest | None:
    """Return the coldest loop of ours, or of those that others run; None if there is none."""
    timezone = case.settings.timezone
    rows = np.flatnonzero((schedule["station_controllable"].values > 0) == commanded)
    if rows.size == 0:
        return None
    # While nobody is in, an office may be colder than any home: that is no news.
    legal_c = case.settings.comfort.legal_min_c
    due = schedule["station_floor"].values[rows] >= legal_c
    indoor_c = np.where(due, schedule["station_indoor"].values[rows], np.inf)
    if not np.isfinite(indoor_c).any():
        return None
    row, step = np.unravel_index(int(np.argmin(indoor_c)), indoor_c.shape)
    step_s = np.timedelta64(round(_step_h(schedule) * 3600), "s")
    station = int(rows[row])
    return Coldest(
        station=labels(schedule, "station")[station],
        zone_id=labels(schedule, "station_zone")[station],
        homes=int(schedule["station_homes"].values[station]),
        indoor_c=round(float(indoor_c[row, step]), 1),
        at=local_text(utc_datetime(schedule["time"].values[step] + step_s), timezone),
    )


def yard_fuel(schedule: xr.Dataset, ahead: Mapping[str, YardAhead]) -> tuple[YardFuel, ...]:
    """Return what each yard loses; `ahead` is what the outlook tells of them."""
    days = schedule.sizes["time"] * _step_h(schedule) / HOURS_PER_DAY
    stock_t, unusable_t = (schedule[name].values for name in ("yard_stock_before", "yard_unusable"))
    burn_t_per_day = schedule["yard_burn"].values.sum(axis=1) / days
    delivery_t = schedule["yard_delivery"].values.sum(axis=1)
    usable_t = np.maximum(stock_t - unusable_t, 0.0)
    return tuple(
        YardFuel(
            yard_id=yard,
            stock_t=round(float(stock_t[row]), 1),
            burn_t_per_day=round(float(burn_t_per_day[row]), 1),
            delivery_t=round(float(delivery_t[row]), 1),
            days_of_cover=(
                round(float(usable_t[row] / burn_t_per_day[row]), 1)
                if burn_t_per_day[row] > 0
                else float("inf")
            ),
            worth_yuan_per_t=round(float(schedule["yard_coal_price"].values[row]), 2),
            ahead=ahead.get(yard),
        )
        for row, yard in enumerate(labels(schedule, "yard"))
    )


def _prices(schedule: xr.Dataset) -> tuple[ZonePrice, ...]:
    price = schedule["zone_heat_price"].values
    return tuple(
        ZonePrice(
            zone_id=zone,
            mean_yuan_per_mwh=round(float(price[row].mean()), 2),
            mean_yuan_per_gj=round(float(price[row].mean()) / GJ_PER_MWH, 2),
            most_yuan_per_mwh=round(float(price[row].max()), 2),
        )
        for row, zone in enumerate(labels(schedule, "zone"))
    )


def _costs(schedule: xr.Dataset) -> dict[str, float]:
    """Yuan of the published horizon by named term (`cost_terms.py`)."""
    yuan = schedule["cost"].values.tolist()
    return {
        name: round(float(cost), 2)
        for name, cost in zip(labels(schedule, "cost_term"), yuan, strict=True)
    }


def source_fuel(schedule: xr.Dataset) -> tuple[SourceFuel, ...]:
    """Return what each source burns and makes."""
    names = ("heat", "power", "fuel", "fuel_accounting", "fuel_marginal")
    mwh = [schedule[f"source_{name}"].values.sum(axis=1) * _step_h(schedule) for name in names]
    scale = (1.0, 1.0, TCE_PER_MWH, TCE_PER_MWH, TCE_PER_MWH)
    return tuple(
        SourceFuel(
            source, *(round(float(one[row]) * s, 2) for one, s in zip(mwh, scale, strict=True))
        )
        for row, source in enumerate(labels(schedule, "source"))
    )
