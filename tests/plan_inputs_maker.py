"""Inputs of a plan for tests: simple weather laid on any case, and a town to solve by hand.

No weather file and no network: temperature, wind and sun are functions of the hours since the
plan's start, held constant over each hour. The tiny town has one zone and one station of
500 000 m² that loses 1 W/(m²K) and gains nothing, so at 4 °C outside and 20 °C inside it takes
exactly 8 MW; mains are short and tight unless a test says otherwise.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyomo.environ as pyo
import xarray as xr
from numpy.typing import NDArray
from small_case import write_small_case

from dispatch.audit import audit, describe
from dispatch.case import Case, CurvePoint, Fuel, Link, Source, Station, Yard
from dispatch.case_files import read_case
from dispatch.case_kinds import Emitter, Era, FuelUnit, Manager, SourceKind, Use
from dispatch.day_plan import plan_day
from dispatch.formulation.build import build_model
from dispatch.initial_state import LastPlan, read_state, state_of
from dispatch.inputs import HISTORY_H, PlanInputs, plan_inputs
from dispatch.plan import SolveOutcome, SolveStatus
from dispatch.settings import Comfort, NetworkSettings, Settings, Time, Uncertainty
from dispatch.solve import solve
from dispatch.time_grid import TimeGrid, time_grid

Array = NDArray[np.float64]
ByHour = Callable[[Array], Array]  # hours since the plan's start (negative before) -> value

START = datetime(2026, 1, 14, 16, tzinfo=UTC)  # 15 January, 00:00 in Zaozhuang
COAL_MWH_PER_T = 5.815  # 5 000 kcal/kg
TCE_YUAN_PER_MWH = 3.6 / 29.3076 * 1082  # 132.9: fuel at the reference price


# ---- weather -------------------------------------------------------------------------------


def constant(value: float) -> ByHour:
    """The same at all hours."""
    return lambda hours: np.full_like(hours, value)


def ramp(before: float, after: float, from_h: float, to_h: float) -> ByHour:
    """`before`, then a straight line from `from_h` to `to_h`, then `after`: a front."""
    return lambda hours: np.interp(hours, [from_h, to_h], [before, after])


def wave(mean: float, amplitude: float, lowest_h: float = 5.0) -> ByHour:
    """A daily wave with its lowest value at local hour `lowest_h`."""
    return lambda hours: mean - amplitude * np.cos(2 * np.pi * (hours - lowest_h) / 24.0)


def daylight(peak: float) -> ByHour:
    """Half a sine from 7 to 17 o'clock, nothing at night."""
    return lambda hours: (
        np.maximum(0.0, peak * np.sin(np.pi * (hours % 24.0 - 7.0) / 10.0))
        * ((hours % 24.0 > 7.0) & (hours % 24.0 < 17.0))
    )


def weather_of(
    grid: TimeGrid, temperature: ByHour, wind: ByHour | None = None, sun: ByHour | None = None
) -> xr.Dataset:
    """Weather on the grid's step, constant over each hour, as `plan_inputs` takes it."""
    per_hour = round(1.0 / grid.step_h)
    hours = np.arange(-HISTORY_H, np.ceil(grid.edges_h[-1]) + 1.0)
    fine = hours[0] + np.arange(hours.size * per_hour) * grid.step_h
    nothing = constant(0.0)

    def values(by_hour: ByHour | None) -> tuple[str, Array]:
        return "time", np.repeat((by_hour or nothing)(hours), per_hour)

    return xr.Dataset(
        {
            "air_temperature": values(temperature),
            "wind_speed": values(wind),
            "global_radiation": values(sun),
        },
        coords={"time": grid.naive_utc(fine)},
    )


def inputs_for(
    case: Case,
    temperature: ByHour,
    wind: ByHour | None = None,
    sun: ByHour | None = None,
    *,
    start: datetime = START,
    last: LastPlan | None = None,
    above_target_k: float = 0.0,
) -> PlanInputs:
    """Inputs of a plan of `case` from `start` under simple weather.

    Without a last plan all rooms start at their target (+ `above_target_k`), for round figures.
    """
    grid = time_grid(start, case.settings.time, case.settings.timezone)
    inputs = plan_inputs(case, grid, weather_of(grid, temperature, wind, sun), last)
    if last is not None:
        return inputs
    rooms_c = inputs.stations.target_c[:, 0] + above_target_k
    return replace(inputs, stations=replace(inputs.stations, indoor_before_c=rooms_c))


# ---- cases ---------------------------------------------------------------------------------


@cache
@cache
def small_case() -> Case:
    """The case of `small_case.py`: two plants, two zones, six station loops.

    It looks a day ahead: four days, as usual, cost twice as much.
    """
    with TemporaryDirectory() as folder:
        case = read_case(write_small_case(Path(folder) / "small")).case
    return with_settings(case, "time", look_ahead_h=24)


def with_settings(case: Case, section: str, **values: object) -> Case:
    """A copy of a case with values of one section of `case.toml` changed."""
    changed = getattr(case.settings, section).model_copy(update=values)
    settings = case.settings.model_copy(update={section: changed})
    return case.model_copy(update={"settings": settings})


def with_every(case: Case, table: str, **values: object) -> Case:
    """A copy of a case with columns of one table changed in every row."""
    rows = tuple(row.model_copy(update=values) for row in getattr(case, table))
    return case.model_copy(update={table: rows})


def boiler(source_id: str = "boiler", plant_id: str = "P", **changes: object) -> Source:
    """A boiler of 20 MW that moves freely and burns 1.25 MW a MW of heat."""
    values: dict[str, object] = {
        "source_id": source_id,
        "plant_id": plant_id,
        "yard_id": "pile",
        "kind": SourceKind.COAL_BOILER,
        "min_output_mw": 0,
        "max_output_mw": 20,
        "ramp_mw_per_h": 1000,
        "efficiency": 0.8,
        "fuel_id": "coal",
        "flow_max_tph": 9000,
    }
    return Source.model_validate(values | changes)


def tank(source_id: str = "tank", plant_id: str = "P", **changes: object) -> Source:
    """A tank of 40 MWh that takes and gives 8 MW at any rate, and loses nothing."""
    values: dict[str, object] = {
        "source_id": source_id,
        "plant_id": plant_id,
        "kind": SourceKind.THERMAL_STORAGE,
        "energy_mwh": 40,
        "charge_mw": 8,
        "discharge_mw": 8,
        "loss_per_h": 0,
    }
    return Source.model_validate(values | changes)


def purchase(source_id: str = "bought", plant_id: str = "Q", **changes: object) -> Source:
    """Heat bought, up to 20 MW, at 80 kgce/GJ: dearer than any boiler; orders may vary by 5 %."""
    values: dict[str, object] = {
        "source_id": source_id,
        "plant_id": plant_id,
        "kind": SourceKind.PURCHASED_HEAT,
        "min_output_mw": 0,
        "max_output_mw": 20,
        "ramp_mw_per_h": 1000,
        "coal_kgce_per_gj": 80,
        "notice_h": 3,
        "flow_max_tph": 9000,
    }
    return Source.model_validate(values | changes)


EXTRACTION_UNIT = ((0, 330, 880), (400, 262, 880), (400, 230, 794.667), (194, 117, 399.947))


def chp(kind: SourceKind = SourceKind.CHP_EXTRACTION, **changes: object) -> Source:
    """The 330 MW unit of handbook §8, or another CHP with 400 MW of heat."""
    values: dict[str, object] = {"kind": kind, "max_output_mw": 400, "coal_kgce_per_gj": 40}
    return boiler("chp", **(values | {"efficiency": None} | changes))


def vertices(
    points: Iterable[Sequence[float]] = EXTRACTION_UNIT, source_id: str = "chp"
) -> tuple[CurvePoint, ...]:
    """Corners of a polygon: heat, power, fuel in MW."""
    return tuple(
        CurvePoint(source_id=source_id, heat_mw=heat, power_mw=power, fuel_mw=fuel)
        for heat, power, fuel in points
    )


def main(
    from_id: str = "P",
    to_id: str = "town",
    *,
    delay_h: float = 0.0,
    capacity_mw: float = 500.0,
    loss_mw: float = 0.0,
) -> Link:
    """A main with the same delay at any flow, and no limit but its capacity."""
    return Link(
        from_id=from_id,
        to_id=to_id,
        capacity_mw=capacity_mw,
        length_km=1,
        diameter_mm=500,
        delay_h_at_40pct_flow=delay_h,
        delay_h_at_70pct_flow=delay_h,
        delay_h_at_100pct_flow=delay_h,
        loss_mw_design=loss_mw,
        flow_max_tph=1e6,
    )


def station(station_id: str = "S", **changes: object) -> Station:
    """A station of 8 MW at 4 °C outside and 20 °C inside; time constant 100 h."""
    values: dict[str, object] = {
        "station_id": station_id,
        "loop": "main",
        "zone_id": "town",
        "name": station_id,
        "managed_by": Manager.UTILITY,
        "use": Use.HOUSING,
        "era": Era.Y1996_2009,
        "homes": 5000,
        "heated_area_m2": 500_000,
        "specific_loss_w_per_m2k": 1.0,
        "heat_capacity_kj_per_m2k": 360,
        "gain_w_per_m2": 0,
        "solar_aperture": 0,
        "wind_loss_w_per_m2k_per_m_s": 0,
        "emitter": Emitter.RADIATOR,
        "design_supply_c": 75,
        "design_return_c": 50,
        "exchanger_ua_kw_per_k": 2000,
        "primary_design_supply_c": 105,
        "primary_design_return_c": 50,
        "secondary_supply_min_c": 20,
        "secondary_supply_max_c": 95,
        "max_heat_kw": 900_000,
        "primary_flow_max_tph": 9000,
        "indoor_target_c": 20,
        "cold_flat_margin_k": 2,
    }
    return Station.model_validate(values | changes)


def tiny_settings(**changes: object) -> Settings:
    """A day in steps and blocks of one hour, no look-ahead; setpoints may move as they like."""
    values: dict[str, object] = {
        "id": "tiny",
        "name_en": "Tiny town",
        "name_zh": "小镇",
        "latitude": 34.8,
        "longitude": 117.6,
        "timezone": "Asia/Shanghai",
        "season_start": "11-15",
        "season_end": "03-15",
        "design_outdoor_temp_c": -10,
        "comfort": Comfort(),
        "time": Time(horizon_h=24, setpoint_hold_h=1, look_ahead_h=0),
        "network": NetworkSettings(
            soil_temp_c=(8.0,) * 12,
            primary_design_supply_c=105,
            primary_design_return_c=50,
            supply_step_k=1000,
            supply_day_k=1000,
            secondary_step_k=1000,
            secondary_day_k=1000,
        ),
        "uncertainty": Uncertainty(sigma_24h_k=0),
    }
    return Settings.model_validate(values | changes)


def tiny_case(
    *sources: Source,
    mains: Sequence[Link] = (),
    stations: Sequence[Station] = (),
    settings: Settings | None = None,
    yard: Mapping[str, object] | None = None,
    **tables: object,
) -> Case:
    """A town to solve by hand; one boiler, one main and one station unless others are given."""
    units = sources or (boiler(),)
    coal = {"fuel_id": "coal", "kind": "coal", "unit": FuelUnit.TONNE}
    pile = {"yard_id": "pile", "fuel_id": "coal", "stock_t": 90_000, "capacity_t": 99_000}
    pile |= {"yard_loss_per_month": 0}
    values: dict[str, object] = {
        "settings": settings or tiny_settings(),
        "sources": units,
        "links": tuple(mains) or tuple(main(p) for p in dict.fromkeys(u.plant_id for u in units)),
        "stations": tuple(stations) or (station(),),
        "fuels": (Fuel.model_validate(coal | {"net_calorific_value": 5000, "price": 773}),),
        "yards": (Yard.model_validate(pile | {"reserve_days_min": 0} | dict(yard or {})),),
    }
    return Case.model_validate(values | tables)


def hours_after(start: datetime, hours: float) -> datetime:
    """The moment `hours` after `start`."""
    return start + timedelta(hours=hours)


# ---- solving -------------------------------------------------------------------------------


def solved(model: pyo.ConcreteModel) -> SolveOutcome:
    """Solve a model that must have an optimum."""
    outcome = solve(model)
    if outcome.status is not SolveStatus.OPTIMAL:
        raise AssertionError(f"no optimum: {outcome}")
    return outcome


def planned(inputs: PlanInputs) -> pyo.ConcreteModel:
    """The whole plan, solved."""
    model = build_model(inputs)
    solved(model)
    return model


def serving(inputs: PlanInputs, *load_mw: Sequence[float] | float) -> pyo.ConcreteModel:
    """The sources' plan for given heat of each station by block, MW; one figure: all blocks."""
    blocks = inputs.grid.blocks
    fixed = np.array([np.broadcast_to(np.asarray(mw, dtype=float), blocks) for mw in load_mw])
    model = build_model(inputs, fixed)
    solved(model)
    return model


def values(family: Mapping[object, object]) -> Array:
    """Values of an indexed variable or expression, in the order of its index."""
    return np.array([pyo.value(item) for item in family.values()], dtype=float)


def indoor_of(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Indoor temperature at block ends as the model's pieces say, (our station, block) °C."""
    part = model.substation
    floor = inputs.stations.planned_floor_c
    blocks = range(inputs.grid.blocks)

    def at(s: int, k: int) -> float:
        below = part.below_target[s, k].value if (s, k) in part.below_target else 0.0
        rise = part.warm[s, k].value + part.hot[s, k].value + below
        fall = part.cool[s, k].value + part.cold[s, k].value
        fall += sum(piece.value for piece in part.more.get((s, k), []))
        return float(floor[s, k] + rise - fall)

    return np.array([[at(s, k) for k in blocks] for s in part.stations])


def heat_of(inputs: PlanInputs, model: pyo.ConcreteModel) -> Array:
    """Heat of our stations, (our station, block) MW."""
    blocks = range(inputs.grid.blocks)
    heat = model.substation.heat
    return np.array([[heat[s, k].value for k in blocks] for s in model.substation.stations])


def published(inputs: PlanInputs, last: LastPlan | None = None) -> xr.Dataset:
    """The schedule of a whole plan: settled, and carried by the primary side."""
    return plan_day(inputs, last, "test").schedule


def last_plan(schedule: xr.Dataset, case: Case, start: datetime, folder: Path) -> LastPlan:
    """What a plan from `start` finds of an earlier schedule; `folder` takes its state file."""
    (folder / "state.json").write_text(json.dumps(state_of(schedule, case)), encoding="utf-8")
    state = read_state(folder, start)
    if state.last is None:
        raise AssertionError(state.remark.text)
    return state.last


def faults_of(schedule: xr.Dataset) -> list[str]:
    """The hard rules of the audit that a schedule breaks, in words."""
    return [describe(one) for one in audit(schedule).findings if not (one.passed or one.soft)]
