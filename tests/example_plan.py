"""A plan small enough to work out by hand: two plants, three sources, three loops, two days.

It starts on 15 January 2026 at 06:00 local, so its first block of four hours is two hours long.
"""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.case import Case, Fuel, Link, Source, Station, Yard
from dispatch.case_kinds import Emitter, Era, FuelUnit, Manager, SourceKind, Use
from dispatch.cost_terms import CostTerm
from dispatch.plan import (
    AuditFinding,
    AuditReport,
    Plan,
    Quality,
    Remark,
    SolveOutcome,
    SolveStatus,
    Verdict,
)
from dispatch.schedule import PRICES, VARIABLES, put
from dispatch.settings import NetworkSettings, Settings
from forecasts.weather.provenance import WeatherProvenance
from forecasts.weather.provider import Nature

START = datetime(2026, 1, 14, 22, tzinfo=UTC)  # 06:00 in Zaozhuang
HOURS = 48 - 6
BLOCK_EDGES_H = (0, *range(2, HOURS + 1, 4))
COAL_KCAL_PER_KG = 5_000.0
COAL_MWH_PER_T = COAL_KCAL_PER_KG * 4.1868e-3 / 3.6  # 5.815


def example_case() -> Case:
    """A utility with one CHP, one coal and one gas boiler; the third loop is run by others."""
    network = NetworkSettings(
        soil_temp_c=(8.0,) * 12, primary_design_supply_c=105, primary_design_return_c=50
    )
    settings = Settings(
        id="example",
        name_en="Example",
        name_zh="示例",
        latitude=34.8,
        longitude=117.3,
        timezone="Asia/Shanghai",
        season_start="11-15",
        season_end="03-15",
        design_outdoor_temp_c=-4.5,
        network=network,
    )
    coal = Fuel(
        fuel_id="coal",
        kind="coal",
        unit=FuelUnit.TONNE,
        net_calorific_value=COAL_KCAL_PER_KG,
        price=800,
    )
    return Case(
        settings=settings,
        sources=(
            _source("A1", "A", SourceKind.CHP_EXTRACTION, "yard_a", 100),
            _source("B1", "B", SourceKind.COAL_BOILER, "yard_b", 70),
            _source("B2", "B", SourceKind.GAS_BOILER, None, 29),
        ),
        links=(_link("A"), _link("B")),
        stations=(
            _station("S1", Manager.UTILITY, stagger_group=0),
            _station("S2", Manager.UTILITY, stagger_group=2),
            _station("S3", Manager.THIRD_PARTY, stagger_group=1),
        ),
        yards=tuple(
            Yard(yard_id=yard, fuel_id="coal", stock_t=5_000, capacity_t=9_000, unusable_t=200)
            for yard in ("yard_a", "yard_b")
        ),
        fuels=(coal,),
    )


def _source(
    source_id: str, plant_id: str, kind: SourceKind, yard_id: str | None, max_output_mw: float
) -> Source:
    return Source(
        source_id=source_id,
        plant_id=plant_id,
        yard_id=yard_id,
        kind=kind,
        min_output_mw=20,
        max_output_mw=max_output_mw,
        ramp_mw_per_h=50,
        coal_kgce_per_gj=40,
        fuel_id="coal",
        flow_max_tph=3_000,
    )


def _link(plant: str) -> Link:
    return Link(
        from_id=plant,
        to_id="north",
        capacity_mw=150,
        length_km=5,
        diameter_mm=800,
        delay_h_at_40pct_flow=2,
        delay_h_at_70pct_flow=1.5,
        delay_h_at_100pct_flow=1,
        loss_mw_design=3,
    )


def _station(station_id: str, managed_by: Manager, stagger_group: int) -> Station:
    return Station(
        station_id=station_id,
        loop="L1",
        zone_id="north",
        name=f"Station {station_id}",
        managed_by=managed_by,
        use=Use.HOUSING,
        era=Era.Y1996_2009,
        homes=400,
        heated_area_m2=40_000,
        specific_loss_w_per_m2k=1.78,
        heat_capacity_kj_per_m2k=310,
        gain_w_per_m2=3.5,
        emitter=Emitter.RADIATOR,
        design_supply_c=60,
        design_return_c=50,
        exchanger_ua_kw_per_k=300,
        primary_design_supply_c=105,
        primary_design_return_c=50,
        max_heat_kw=3_000,
        primary_flow_max_tph=60,
        stagger_group=stagger_group,
    )


def example_schedule() -> xr.Dataset:
    """The schedule: zero where a test needs no number, everything of the contract there."""
    coordinates = {
        "time": _hours(range(HOURS)),
        "arrival_time": _hours(range(HOURS + 2)),
        "departure": _hours(range(HOURS + 1)),
        "block": np.arange(len(BLOCK_EDGES_H) - 1),
        "edge": np.arange(3),
        "source": np.array(["A1", "B1", "B2"]),
        "plant": np.array(["A", "B"]),
        "link": np.arange(2),
        "zone": np.array(["north"]),
        "station": np.array(["S1.L1", "S2.L1", "S3.L1"]),
        "yard": np.array(["yard_a", "yard_b"]),
        "cost_term": np.array([term.value for term in CostTerm]),
    }
    one = dict.fromkeys(("event", "vertex", "piece"), 1)
    sizes = {name: values.size for name, values in coordinates.items()} | one
    given = _given() | {"source_why": ["marginal", "at_maximum", "off"]}
    dataset: dict[str, xr.DataArray] = {}
    for name, rule in (VARIABLES | PRICES).items():
        if "day_edge" not in rule.dims:
            shape = tuple(sizes[dim] for dim in rule.dims)
            values = np.asarray(given.get(name, 0.0))
            tall = values.reshape(values.shape + (1,) * (len(shape) - values.ndim))
            put(dataset, name, np.broadcast_to(tall if values.ndim else values, shape).copy())
    attrs = {
        "Conventions": "CF-1.11",
        "case_id": "example",
        "plan_id": "example 2026-01-15T05:30:00+08:00",
        "timezone": "Asia/Shanghai",
        "step_h": 1.0,
        "wind_reference_m_per_s": 3.0,
        "secondary_step_k": 2.0,
    }
    return xr.Dataset(dataset, coords=coordinates, attrs=attrs)


def _hours(hours: range | tuple[int, ...]) -> np.ndarray:
    base = np.datetime64(START.replace(tzinfo=None), "ns")
    return base + np.array(hours).astype("timedelta64[h]")


def _given() -> dict[str, object]:
    """Values that tests reckon with: A1 60 then 62 MW and on at 60, B1 40 MW, B2 off."""
    a1 = np.full(HOURS, 60.0)
    a1[1] = 62.0
    heat = np.array([a1, np.full(HOURS, 40.0), np.zeros(HOURS)])
    plant_heat = np.array([heat[0], heat[1] + heat[2]])
    indoor = np.array([[20.0] * HOURS, [19.0] * HOURS, [17.6] * HOURS])
    indoor[1, 5] = 18.9
    return {
        "air_temperature": np.linspace(-6.0, 0.0, HOURS),
        "source_heat": heat,
        "source_power": [50.0, 0.0, 0.0],
        "source_fuel": heat * [[2.0], [1.25], [1.1]],
        "source_fuel_for_heat": heat * [[1.2], [1.25], [1.1]],
        "source_fuel_accounting": heat * [[1.2], [1.25], [1.1]],
        "source_fuel_marginal": heat * [[0.45], [1.22], [1.1]],
        **{f"source_power_{name}": np.nan for name in ("min", "max", "contract")},
        "source_units_on": [1.0, 0.6, 0.0],
        "source_min_heat": [20.0, 20.0, 0.0],
        "source_max_heat": [100.0, 40.0, 29.0],
        "source_stored": [np.nan] * 3,
        "source_stored_before": [np.nan] * 3,
        "source_energy": [np.nan] * 3,
        "source_loss_per_h": [np.nan] * 3,
        "source_ordered": [np.nan] * 3,
        "source_order_least": [np.nan] * 3,
        "source_order_tolerance": [np.nan] * 3,
        "source_plant": ["A", "B", "B"],
        "source_yard": ["yard_a", "yard_b", ""],
        "plant_heat": plant_heat,
        "plant_share": plant_heat / plant_heat.sum(axis=0),
        "plant_share_min": [0.55, 0.35],
        "plant_share_max": [0.65, 0.45],
        "plant_share_group": ["base", "base"],
        "plant_supply_temp": [90.0, 88.5],
        "plant_return_temp": [48.0, 47.0],
        "plant_flow": [1_200.0, 800.0],
        "link_from": ["A", "B"],
        "link_to": ["north", "north"],
        "block_start": _hours(BLOCK_EDGES_H[:-1]),
        "block_end": _hours(BLOCK_EDGES_H[1:]),
        "station_zone": ["north"] * 3,
        "station_controllable": [1, 1, 0],
        "station_homes": [400, 400, 500],
        "station_heat": [1_000.0, 1_500.0, 1_200.0],
        "station_supply": [50.0, 70.0, 46.3],
        "station_setpoint_day_before": [np.nan] * 3,
        "station_return": [44.0, 60.0, 40.1],
        "station_floor": [18.8] * 3,
        "station_step_limit": [2.0] * 3,
        "station_day_limit": [6.0] * 3,
        "station_supply_min": [28.0] * 3,
        "station_supply_max": [70.0] * 3,
        "station_primary_flow": [21.123, 30.0, 25.0],
        "station_indoor": indoor,
        "yard_burn": heat[:2] * [[2.0], [1.25]] / COAL_MWH_PER_T,
        "yard_stock_before": [5_000.0, 5_000.0],
        "yard_mwh_per_t": [COAL_MWH_PER_T] * 2,
        "yard_unusable": [200.0] * 2,
        "cost": [1_234.567, -200.0, *[0.0] * (len(CostTerm) - 2)],
    }


def example_plan() -> Plan:
    """An amber plan: the forecast is a climate."""
    weather = WeatherProvenance(
        provider="climate",
        nature=Nature.CLIMATE,
        known_by=datetime(2026, 1, 14, 21, 30, tzinfo=UTC),
        issue_time=datetime(2026, 1, 14, 21, tzinfo=UTC),
        issue_time_estimated=False,
        age_h=0.5,
        run_end=datetime(2026, 1, 20, tzinfo=UTC),
        filled_hours=0,
        interpolated_hours=0,
        from_store=False,
        attempts=(),
        notes=(),
    )
    finding = AuditFinding("zone_balance", 2e-9, 1e-6, "zone north")
    return Plan(
        plan_id="example 2026-01-15T05:30:00+08:00",
        version=1,
        issued_at=datetime(2026, 1, 14, 21, 30, tzinfo=UTC),
        case=example_case(),
        schedule=example_schedule(),
        verdict=Verdict(Quality.AMBER, reasons=(Remark("run.why_off"),)),
        weather=weather,
        outcome=SolveOutcome(SolveStatus.OPTIMAL, 100.0, {"fuel": 100.0}, 10, 20, "HiGHS"),
        audit=AuditReport((finding,)),
        outlook=pd.DataFrame(
            {
                "yard_id": ["yard_a", "=cmd()"],
                "date": ["2026-01-15", "2026-01-16"],
                "stock_p50_t": [4_500.123456, float("nan")],
            }
        ),
        fallback_curves=pd.DataFrame({"curve_id": ["c1"], "outdoor_c": [-5], "supply_c": [55.25]}),
        state={"schema": "heat-dispatch/state", "version": 1, "indoor_c": {"S1.L1": 20.0}},
    )
