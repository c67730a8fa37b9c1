"""The utility as its files describe it: frozen models, one a table of the case folder.

Values are as written in the files (design §3), per *unit* for a source row with `unit_count`
above one. A model checks what it can see by itself; checks across tables are in
`case_checks.py`, reading in `case_files.py`. A fault is raised by `fault`, so that its text
comes from the catalogue.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from pydantic import AwareDatetime, Field, model_validator

from dispatch.case_coal import CoalDay, Survey
from dispatch.case_kinds import (
    Emitter,
    Era,
    FuelUnit,
    Manager,
    OutageKind,
    PowerMode,
    Row,
    SourceKind,
    StockCovers,
    Transport,
    Use,
    fault,
    swapped,
)
from dispatch.case_overrides import Override
from dispatch.case_tanks import tank_values
from dispatch.settings import Settings
from dispatch.timetable import TimetableRow
from forecasts.weather.climate.climate import Climate


class Source(Row):
    """A row of `sources.csv`: one unit, or `unit_count` identical ones; MW are per unit.

    A tank says how much it holds and how fast it fills and empties; `case_tanks` works the usual
    columns out from that, so that its other cells may stay empty.
    """

    source_id: str
    plant_id: str
    yard_id: str | None = None  # none for gas and purchased heat
    kind: SourceKind
    unit_count: int = Field(default=1, ge=1, le=200)
    min_output_mw: float = Field(ge=0)
    max_output_mw: float = Field(gt=0, le=5_000)
    ramp_mw_per_h: float = Field(gt=0)
    efficiency: float | None = Field(default=None, gt=0.2, le=1.2)  # above 1: condensing, on LHV
    coal_kgce_per_gj: float | None = Field(default=None, ge=0, le=120)  # accounting, for heat
    no_load_fuel_mw: float = Field(default=0, ge=0)
    fuel_id: str | None = None
    power_mode: PowerMode = PowerMode.SCHEDULED
    min_up_h: float = Field(default=0, ge=0, le=336)  # 14 days: what state.json remembers
    min_down_h: float = Field(default=0, ge=0, le=336)
    max_starts: int | None = Field(default=None, ge=0)
    start_cost_yuan: float = Field(default=0, ge=0)
    start_fuel_tce: float = Field(default=0, ge=0)
    commitment: bool = False
    order_tolerance: float = Field(default=0.05, ge=0, le=1)
    notice_h: float = Field(default=0, ge=0)
    price_yuan_per_gj: float | None = Field(default=None, ge=0)  # purchased heat
    supply_temp_max_c: float = Field(default=120, ge=50, le=160)
    flow_max_tph: float = Field(gt=0)
    energy_mwh: float | None = Field(default=None, gt=0, le=200_000)  # a full tank, from here on
    charge_mw: float | None = Field(default=None, gt=0, le=5_000)
    discharge_mw: float | None = Field(default=None, gt=0, le=5_000)
    loss_per_h: float | None = Field(default=None, ge=0, le=0.02)  # of the content

    @model_validator(mode="before")
    @classmethod
    def _complete_tank(cls, values: Any) -> Any:
        return tank_values(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_output_mw > self.max_output_mw:
            raise swapped("min_output_mw", self.min_output_mw, "max_output_mw", self.max_output_mw)
        burns = self.kind not in (SourceKind.PURCHASED_HEAT, SourceKind.THERMAL_STORAGE)
        if burns and self.fuel_id is None:
            raise fault("fuel_needed", column="fuel_id", kind=self.kind.value)
        if self.kind.is_chp and self.coal_kgce_per_gj is None:
            raise fault("chp_needs_coal_rate", column="coal_kgce_per_gj")
        if self.kind is SourceKind.PURCHASED_HEAT and self.coal_kgce_per_gj is None:
            raise fault("purchase_needs_coal_rate", column="coal_kgce_per_gj")
        return self

    @property
    def installed_mw(self) -> float:
        """Heat of all units together, MW."""
        return self.max_output_mw * self.unit_count


class CurvePoint(Row):
    """A row of `source_curves.csv`: a part-load point, or a vertex of a CHP polygon (per unit)."""

    source_id: str
    load_fraction: float | None = Field(default=None, gt=0, le=1)
    efficiency: float | None = Field(default=None, gt=0.2, le=1.2)
    heat_mw: float | None = Field(default=None, ge=0)
    power_mw: float | None = Field(default=None, ge=0)
    fuel_mw: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        part_load = (self.load_fraction, self.efficiency)
        vertex = (self.heat_mw, self.power_mw, self.fuel_mw)
        is_part_load = None not in part_load and set(vertex) == {None}
        is_vertex = None not in vertex and set(part_load) == {None}
        if not (is_part_load or is_vertex):
            raise fault("curve_row", column="load_fraction")
        return self


class ScheduleRow(Row):
    """A row of `schedules.csv`: holds from `time` until the source's next row (plant total).

    `power_mw` is the power to be made (`scheduled`), the most that may be (`band`), or what is
    contracted (`price`); `price` is the selling price of power, yuan/MWh.
    """

    time: AwareDatetime
    source_id: str
    power_mw: float | None = Field(default=None, ge=0)
    power_min_mw: float | None = Field(default=None, ge=0)  # `band`: the least that must be made
    min_output_mw: float | None = Field(default=None, ge=0)
    max_output_mw: float | None = Field(default=None, ge=0)
    price: float | None = None


class Outage(Row):
    """A row of `outages.csv`: `available_fraction` of the thing is there in the window.

    A main that leaks and stays in use is all there, and loses `added_loss_mw` besides.
    """

    kind: OutageKind
    id: str
    from_time: AwareDatetime = Field(alias="from")
    to_time: AwareDatetime = Field(alias="to")
    available_fraction: float = Field(default=0, ge=0, le=1)
    added_loss_mw: float = Field(default=0, ge=0, le=500)  # of mains: heat of the water lost
    reason: str = ""

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.to_time <= self.from_time:
            raise fault("window_order", column="to", start=self.from_time, end=self.to_time)
        if self.added_loss_mw > 0 and self.kind is not OutageKind.LINK:
            raise fault("leak_of_no_main", column="added_loss_mw", kind=self.kind.value)
        return self


class Link(Row):
    """A row of `links.csv`: a main from a plant to a zone, or a tie from a zone to another."""

    from_id: str  # plant or zone
    to_id: str  # zone
    capacity_mw: float = Field(gt=0)
    length_km: float = Field(gt=0, le=200)
    diameter_mm: float = Field(ge=50, le=2_000)
    delay_h_at_40pct_flow: float = Field(ge=0, le=24)
    delay_h_at_70pct_flow: float = Field(ge=0, le=24)
    delay_h_at_100pct_flow: float = Field(ge=0, le=24)
    loss_mw_design: float = Field(ge=0)
    flow_max_tph: float | None = Field(default=None, gt=0)  # without: 3.5 m/s in the diameter

    @model_validator(mode="after")
    def _slower_at_low_flow(self) -> Self:
        slow, middle, fast = (
            self.delay_h_at_40pct_flow,
            self.delay_h_at_70pct_flow,
            self.delay_h_at_100pct_flow,
        )
        if not slow >= middle >= fast:
            raise fault("delay_order", column="delay_h_at_40pct_flow")
        if self.loss_mw_design > 0.3 * self.capacity_mw:
            raise fault(
                "loss_too_large",
                column="loss_mw_design",
                loss=self.loss_mw_design,
                capacity=self.capacity_mw,
            )
        return self

    @property
    def link_id(self) -> str:
        """`from>to`, the name used in outages and outputs."""
        return f"{self.from_id}>{self.to_id}"


class Station(Row):
    """A row of `stations.csv`: one station and loop, with the buildings behind it.

    `specific_loss_w_per_m2k` is K of H F2 (gable, roof, air change and secondary loss inside),
    `gain_w_per_m2` its internal gains without sun, `solar_aperture` A_s in m² per m² floor.
    """

    station_id: str
    loop: str
    zone_id: str
    name: str
    managed_by: Manager
    use: Use
    era: Era
    homes: int = Field(ge=0)
    heated_area_m2: float = Field(ge=100, le=3_000_000)  # of a wholesale taker
    specific_loss_w_per_m2k: float = Field(ge=0.2, le=6)
    heat_capacity_kj_per_m2k: float = Field(ge=40, le=1_000)
    gain_w_per_m2: float = Field(ge=0, le=30)
    solar_aperture: float = Field(default=0.03, ge=0, le=0.3)
    wind_loss_w_per_m2k_per_m_s: float = Field(default=0.02, ge=0, le=0.3)
    emitter: Emitter
    design_supply_c: float = Field(ge=30, le=95)
    design_return_c: float = Field(ge=20, le=80)
    relative_flow: float = Field(default=2.5, ge=0.3, le=6)  # G/G' of H F8
    emitter_oversize: float = Field(default=1.2, ge=0.5, le=3)  # phi of H F8
    # K that pipes, emitters and exchanger were laid out for: their design heat rests on it. None:
    # K itself. A measured K changes what the buildings need, not what hangs on their walls.
    laid_out_loss_w_per_m2k: float | None = Field(default=None, ge=0.2, le=6)
    exchanger_ua_kw_per_k: float = Field(gt=0)
    primary_design_supply_c: float = Field(ge=60, le=150)
    primary_design_return_c: float = Field(ge=25, le=90)
    secondary_supply_min_c: float = Field(default=28, ge=20, le=60)
    secondary_supply_max_c: float = Field(default=70, ge=30, le=95)
    max_heat_kw: float = Field(gt=0)
    primary_flow_max_tph: float = Field(gt=0)
    indoor_target_c: float = Field(default=20, ge=5, le=26)
    cold_flat_margin_k: float = Field(default=1.5, ge=0, le=5)
    priority: float = Field(default=1, ge=0.1, le=10)
    compliance: float = Field(default=1, ge=0, le=1.5)  # third party: heat taken / heat due
    valve_open: bool = True
    stagger_group: int = Field(default=0, ge=0, le=7)
    timetable_id: str | None = None  # row of `timetables.csv`; none: heated all day
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)

    @model_validator(mode="after")
    def _temperatures_in_order(self) -> Self:
        if self.design_return_c > self.design_supply_c - 2:
            raise fault(
                "supply_above_return",
                column="design_return_c",
                supply_c=self.design_supply_c,
                return_c=self.design_return_c,
            )
        if self.primary_design_return_c > self.primary_design_supply_c - 10:
            raise fault(
                "supply_above_return",
                column="primary_design_return_c",
                supply_c=self.primary_design_supply_c,
                return_c=self.primary_design_return_c,
            )
        if self.secondary_supply_min_c >= self.secondary_supply_max_c:
            raise swapped(
                "secondary_supply_min_c",
                self.secondary_supply_min_c,
                "secondary_supply_max_c",
                self.secondary_supply_max_c,
            )
        return self

    @property
    def loop_id(self) -> str:
        """`station.loop`, unique in a case: the label of the station dimension everywhere."""
        return f"{self.station_id}.{self.loop}"

    @property
    def design_loss_w_per_m2k(self) -> float:
        """K that the design heat of emitter and exchanger rests on, W/(m²K)."""
        return self.laid_out_loss_w_per_m2k or self.specific_loss_w_per_m2k


class Yard(Row):
    """A row of `yards.csv`: a coal pile."""

    yard_id: str
    fuel_id: str
    stock_t: float = Field(ge=0)
    capacity_t: float = Field(gt=0)
    unusable_t: float = Field(default=0, ge=0)
    unloading_t_per_day: float = Field(default=20_000, ge=0)
    stock_covers: StockCovers = StockCovers.PLANT
    reserve_days_min: float = Field(default=7, ge=0, le=90)
    storage_target_t: float | None = Field(default=None, gt=0)
    storage_target_meaning: str = ""
    yard_loss_per_month: float = Field(default=0.003, ge=0, le=0.1)
    lead_time_days: float = Field(default=7, ge=0, le=90)  # from order to yard, handbook §9
    transport: Transport = Transport.RAIL
    order_unit_t: float | None = Field(default=None, gt=0)  # a train or truck; None: the usual
    late_days: float = Field(default=3, ge=0, le=30)  # mean delay of a delivery that is late
    heat_value_loss_per_month: float = Field(default=0.0075, ge=0, le=0.1)  # handbook §9

    @property
    def unit_t(self) -> float:
        """Tonnes of one train, truck or ship, the least that can be ordered."""
        return self.transport.usual_t if self.order_unit_t is None else self.order_unit_t

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.stock_t > self.capacity_t:
            raise fault(
                "stock_above_capacity",
                column="stock_t",
                stock=self.stock_t,
                capacity=self.capacity_t,
            )
        if self.unusable_t > self.capacity_t:
            raise fault("unusable_above_capacity", column="unusable_t", unusable=self.unusable_t)
        return self


class Delivery(Row):
    """A row of `deliveries.csv`."""

    yard_id: str
    arrival_time: AwareDatetime
    tonnes: float = Field(gt=0)
    net_calorific_kcal_per_kg: float = Field(ge=1_500, le=8_500)
    confidence: float = Field(default=1, ge=0, le=1)
    price_yuan_per_t: float | None = Field(default=None, ge=0)


class Fuel(Row):
    """A row of `fuels.csv`; calorific value in kcal/kg or kcal/Nm³, on lower heating value."""

    fuel_id: str
    kind: str
    unit: FuelUnit
    net_calorific_value: float = Field(ge=1_500, le=12_000)
    price: float = Field(ge=0)  # yuan per unit
    co2_t_per_tce: float = Field(default=2.76, ge=0, le=5)

    @property
    def mwh_per_unit(self) -> float:
        """Energy of one tonne (or one Nm³) of the fuel, MWh, lower heating value."""
        kcal = self.net_calorific_value * (1_000 if self.unit is FuelUnit.TONNE else 1)
        return kcal * 4.1868e-6 / 3.6


class MeasuredDay(Row):
    """A row of `measured_daily.csv`: a meter's reading of one day."""

    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    id: str  # source or zone
    heat_gj: float | None = Field(default=None, ge=0)
    indoor_median_c: float | None = Field(default=None, ge=-10, le=45)


class Case(Row):
    """One utility: settings and tables, checked."""

    settings: Settings
    sources: tuple[Source, ...]
    curves: tuple[CurvePoint, ...] = ()
    schedules: tuple[ScheduleRow, ...] = ()
    outages: tuple[Outage, ...] = ()
    links: tuple[Link, ...]
    stations: tuple[Station, ...]
    yards: tuple[Yard, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    fuels: tuple[Fuel, ...] = ()
    measured_daily: tuple[MeasuredDay, ...] = ()
    timetables: tuple[TimetableRow, ...] = ()
    overrides: tuple[Override, ...] = ()  # ended ones and those to come too
    surveys: tuple[Survey, ...] = ()  # in time order
    coal_daily: tuple[CoalDay, ...] = ()
    # Standard errors of values laid over `stations.csv`, by loop id and column.
    measured_se: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    climate: Climate | None = None  # of `climate.toml`; else that of the nearest packaged city

    @cached_property
    def plant_ids(self) -> tuple[str, ...]:
        """Plants in the order of their first source."""
        return tuple(dict.fromkeys(source.plant_id for source in self.sources))

    @cached_property
    def zone_ids(self) -> tuple[str, ...]:
        """Zones in the order of their first station."""
        return tuple(dict.fromkeys(station.zone_id for station in self.stations))

    def is_tie(self, link: Link) -> bool:
        """Whether a row of `links.csv` leads on from a zone: no name is a plant's and a zone's."""
        return link.from_id in self.zone_ids

    def curve_of(self, source_id: str) -> tuple[CurvePoint, ...]:
        """Part-load points or polygon vertices of one source, in file order."""
        return tuple(point for point in self.curves if point.source_id == source_id)

    def fuel_of(self, fuel_id: str) -> Fuel:
        """The fuel of that id."""
        return next(fuel for fuel in self.fuels if fuel.fuel_id == fuel_id)

    def power_at(self, source_id: str, moment: datetime) -> float | None:
        """Scheduled power of a source in MW at an aware moment; None before the first row."""
        power = None
        for row in self.schedules:  # in time order: case_files sorts them
            if row.source_id == source_id and row.power_mw is not None and row.time <= moment:
                power = row.power_mw
        return power
