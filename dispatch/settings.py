"""`case.toml`: the utility as a whole, its rules and prices; frozen models, one a section."""

import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from dispatch.alarm_settings import AlarmSettings
from dispatch.case_kinds import (
    ComfortPolicy,
    FuelForHeat,
    Minimise,
    Row,
    SolveStrategy,
    WeatherKind,
    fault,
    swapped,
)
from dispatch.messages import language

# An e-mail or web address; ASCII, since it is sent in a header.
_CONTACT = re.compile(r"[!-~]{1,60}@[!-~]{1,60}\.[!-~]{2,20}|https?://[!-~]{4,120}", re.ASCII)


class Comfort(Row):
    """`[comfort]`: limits in °C; prices in yuan per K·h and 10⁴ m² (design §5)."""

    legal_min_c: float = Field(default=18, ge=5, le=25)
    upper_c: float = Field(default=23, ge=15, le=30)
    frost_guard_c: float = Field(default=8, ge=3, le=15)  # takes the law's place in a setback
    policy: ComfortPolicy = ComfortPolicy.LEAST_FUEL
    below_legal_price: float = Field(default=500, ge=0)
    below_floor_price: float = Field(default=60, ge=0)
    below_target_price: float = Field(default=3.5, ge=0)  # only under hold_target
    above_upper_price: float = Field(default=20, ge=0)
    # Between the price of a commanded room below its floor (60, about 3 400 yuan/MWh) and one
    # below the law (500, about 28 000): third-party stations are cut after our own margin.
    unserved_third_party_yuan_per_mwh: float = Field(default=8_000, ge=0)

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        if self.legal_min_c > self.upper_c - 1:
            raise fault(
                "comfort_limits",
                column="upper_c",
                legal_min_c=self.legal_min_c,
                upper_c=self.upper_c,
            )
        return self


class Time(Row):
    """`[time]`: lengths in hours, the step in minutes."""

    horizon_h: int = Field(default=72, ge=24, le=168)
    step_min: int = 60
    setpoint_hold_h: int = 4
    look_ahead_h: int = Field(default=96, ge=0, le=168)

    @model_validator(mode="after")
    def _divides_the_day(self) -> Self:
        if self.step_min not in (15, 30, 60):
            raise fault("step_min", column="step_min", step_min=self.step_min)
        if self.setpoint_hold_h not in (1, 2, 3, 4, 6, 8, 12):
            raise fault(
                "setpoint_hold_h", column="setpoint_hold_h", setpoint_hold_h=self.setpoint_hold_h
            )
        return self


class ShareGroup(Row):
    """`[share.<group>]`: how plants split the heat; outside the band costs `price`."""

    shares: dict[str, float]  # plant_id -> fraction, adding up to 1
    band: float = Field(default=0.05, ge=0, le=1)
    price_yuan_per_mwh: float = Field(default=300, ge=0)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = sum(self.shares.values())
        if len(self.shares) < 2 or min(self.shares.values()) < 0 or abs(total - 1) > 1e-6:
            raise fault("share_sum", column="shares", total=round(total, 6))
        return self


class FuelSettings(Row):
    """`[fuel]`: what is made least, and how fuel is valued and reported."""

    minimise: Minimise = Minimise.FUEL
    fuel_for_heat: FuelForHeat = FuelForHeat.ACCOUNTING
    power_credit_kgce_per_kwh: float = Field(default=0.30, ge=0, le=0.6)
    reference_price_yuan_per_tce: float = Field(default=1082, gt=0)
    power_buy_yuan_per_kwh: float = Field(default=0.65, ge=0)
    power_sell_yuan_per_kwh: float = Field(default=0.38, ge=0)
    carbon_price_yuan_per_t: float = Field(default=0, ge=0)  # counts under `cost` only

    @model_validator(mode="after")
    def _buying_is_dearer(self) -> Self:
        if self.power_sell_yuan_per_kwh > self.power_buy_yuan_per_kwh:
            raise swapped(
                "power_sell_yuan_per_kwh",
                self.power_sell_yuan_per_kwh,
                "power_buy_yuan_per_kwh",
                self.power_buy_yuan_per_kwh,
            )
        return self


class NetworkSettings(Row):
    """`[network]`: temperatures of water and soil, and how fast setpoints may move (H §5, §10)."""

    soil_temp_c: tuple[float, ...]  # twelve monthly means at pipe depth, January first
    primary_design_supply_c: float = Field(ge=60, le=150)
    primary_design_return_c: float = Field(ge=25, le=90)
    primary_supply_min_c: float = Field(default=65, ge=40, le=120)
    primary_supply_max_c: float = Field(default=115, ge=60, le=150)
    supply_step_k: float = Field(default=3, gt=0)  # per setpoint block
    supply_day_k: float = Field(default=10, gt=0)
    supply_day_cold_wave_k: float = Field(default=15, gt=0)
    secondary_step_k: float = Field(default=2, gt=0)
    secondary_day_k: float = Field(default=6, gt=0)
    secondary_day_cold_wave_k: float = Field(default=10, gt=0)
    # Loops with a timetable, from block to block and against the day before: a time switch goes
    # from the lowest setpoint to nearly the highest in a morning, and so it shall.
    timetable_change_k: float = Field(default=40, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if len(self.soil_temp_c) != 12:
            raise fault("twelve_months", column="soil_temp_c", count=len(self.soil_temp_c))
        if self.primary_design_return_c > self.primary_design_supply_c - 10:
            raise fault(
                "supply_above_return",
                column="primary_design_return_c",
                supply_c=self.primary_design_supply_c,
                return_c=self.primary_design_return_c,
            )
        if self.primary_supply_min_c > self.primary_supply_max_c:
            raise swapped(
                "primary_supply_min_c",
                self.primary_supply_min_c,
                "primary_supply_max_c",
                self.primary_supply_max_c,
            )
        return self


class Tariff(Row):
    """`[tariff]`: what customers pay and get back (handbook §2)."""

    fee_yuan_per_m2_season: float = Field(default=22, ge=0)
    refund_16_to_18: float = Field(default=0.3, ge=0, le=1)  # fraction of the day's fee
    refund_below_16: float = Field(default=1.0, ge=0, le=1)


class Uncertainty(Row):
    """`[uncertainty]`: spread of the temperature forecast (handbook §2)."""

    sigma_24h_k: float = Field(default=1.75, ge=0, le=10)  # of the daily mean, one day ahead
    sigma_72h_k: float = Field(default=3.0, ge=0, le=10)


class DemandSettings(Row):
    """`[demand]`: how weather acts on buildings (H F2, F3)."""

    filter_h: float = Field(default=24, ge=1, le=72)  # F3 filter, third-party curves only
    wind_reference_m_per_s: float = Field(default=3, ge=0, le=10)  # u0 of F2


class SupplySettings(Row):
    """`[supply]`: how coal is ordered, and what stock the city asks for (handbook §9)."""

    order_risk: float = Field(default=0.02, gt=0, le=0.5)  # of falling below the reserve
    order_cover_days: float = Field(default=30, ge=1, le=120)  # an order lasts this long
    storage_rate_at_start: float = Field(default=0.6, ge=0, le=1)  # of `storage_target_t`
    # Mines and railways around the Spring Festival, so many days before and after it.
    festival_days: float = Field(default=14, ge=0, le=40)
    festival_share: float = Field(default=0.5, gt=0, le=1)  # of what can be had otherwise
    festival_extra_days: float = Field(default=4, ge=0, le=30)  # on top of the lead time


class SolveSettings(Row):
    """`[solve]`: how the plan is searched for."""

    strategy: SolveStrategy = SolveStrategy.AUTO
    gap: float = Field(default=0.005, ge=0, le=0.1)  # of units on and off; of prices a fifth
    time_limit_s: float = Field(default=120, ge=5, le=3_600)  # of the search for units
    workers: int = Field(default=2, ge=1, le=64)  # processes of the price decomposition
    budget_s: float = Field(default=600, ge=10, le=86_400)  # of a run, from start to `latest`


class KeepSettings(Row):
    """`[keep]`: for how long runs stay on the disk."""

    all_days: float = Field(default=30, ge=1, le=3_660)  # every run
    daily_days: float = Field(default=1_100, ge=1, le=36_600)  # the last run of each day

    @model_validator(mode="after")
    def _daily_at_least_as_long(self) -> Self:
        if self.daily_days < self.all_days:
            raise fault("keep_days", column="daily_days", all=self.all_days, daily=self.daily_days)
        return self


class HistorySettings(Row):
    """`[history]`: the database of runs; none named, it is a SQLite file beside the runs."""

    record: bool = True
    url: str = ""  # of SQLAlchemy, without a password; a relative SQLite path is beside the runs
    url_env: str = ""  # name of the environment variable that holds the URL

    @model_validator(mode="after")
    def _one_url_without_password(self) -> Self:
        if not self.url:
            return self
        if self.url_env:
            raise fault("history_url_twice", column="url_env")
        from sqlalchemy.engine import make_url  # takes half a second to load
        from sqlalchemy.exc import ArgumentError

        try:
            password = make_url(self.url).password
        except (ArgumentError, ValueError):
            raise fault("history_url", column="url") from None
        if password:
            raise fault("history_password", column="url")
        return self


# A name as services have it: what else is typed there would end up in the address asked.
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{2,60}$")]
_MOST_MODELS = {  # more would be several hundred members, and a day's quota of the free service
    WeatherKind.OPEN_METEO: 1,
    WeatherKind.OPEN_METEO_SINGLE_RUN: 1,
    WeatherKind.OPEN_METEO_ENSEMBLE: 6,
}


class WeatherSource(Row):
    """One entry of `[[weather]]`, in the order in which sources are tried."""

    kind: WeatherKind
    name: str = ""
    base_url: str | None = None  # a mirror, a self-hosted service, a test server
    path: str | None = None  # of a file, relative to the case folder
    # As the service calls them; several only for an ensemble. None: the service's own choice.
    models: tuple[ModelName, ...] = ()
    contact: str | None = None  # how met_norway can reach whoever asks: it blocks who does not say

    @model_validator(mode="after")
    def _models_fit(self) -> Self:
        most = _MOST_MODELS.get(self.kind, 0)
        if len(self.models) > most:
            raise fault("weather_models", column="models", kind=self.kind.value, most=most)
        if len(set(self.models)) < len(self.models):
            raise fault("weather_models_twice", column="models")
        return self

    @model_validator(mode="after")
    def _address_without_password(self) -> Self:
        if self.base_url is not None and "@" in self.base_url:
            raise fault("weather_base_url", column="base_url")
        return self

    @model_validator(mode="after")
    def _file_has_a_path(self) -> Self:
        needs_path = (
            WeatherKind.CSV,
            WeatherKind.NETCDF,
            WeatherKind.EPW,
            WeatherKind.DAILY_MIN_MAX,
        )
        if (self.path is None) == (self.kind in needs_path):
            raise fault("weather_path", column="path", kind=self.kind.value)
        return self

    @model_validator(mode="after")
    def _service_knows_whom_it_serves(self) -> Self:
        if (self.contact is None) == (self.kind is WeatherKind.MET_NORWAY):
            raise fault("weather_contact", column="contact", kind=self.kind.value)
        if self.contact is not None and not _CONTACT.fullmatch(self.contact):
            raise fault("weather_contact_form", column="contact", contact=self.contact)
        return self


class OutdoorSensor(Row):
    """`[outdoor_sensor]`: the utility's own thermometer, a CSV in the case folder (H§12, out_t)."""

    path: str  # relative to the case folder
    time_column: str = ""  # as in the file's first row; "" where it has a usual name
    temp_column: str = ""


class Settings(Row):
    """`case.toml`."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")
    name_en: str
    name_zh: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    timezone: str
    season_start: str = Field(pattern=r"^\d\d-\d\d$")  # MM-DD
    season_end: str = Field(pattern=r"^\d\d-\d\d$")
    design_outdoor_temp_c: float = Field(ge=-50, le=10)
    comfort: Comfort = Comfort()
    time: Time = Time()
    share: dict[str, ShareGroup] = Field(default_factory=dict)
    fuel: FuelSettings = FuelSettings()
    network: NetworkSettings
    tariff: Tariff = Tariff()
    uncertainty: Uncertainty = Uncertainty()
    demand: DemandSettings = DemandSettings()
    supply: SupplySettings = SupplySettings()
    solve: SolveSettings = SolveSettings()
    keep: KeepSettings = KeepSettings()
    history: HistorySettings = HistorySettings()
    alarms: AlarmSettings = AlarmSettings()
    weather: tuple[WeatherSource, ...] = (WeatherSource(kind=WeatherKind.CLIMATE),)
    outdoor_sensor: OutdoorSensor | None = None

    @property
    def name(self) -> str:
        """Name in the language in use."""
        return self.name_zh if language() == "zh" else self.name_en
