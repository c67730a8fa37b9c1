"""What the files of a case share: the frozen row, its faults, and the choices a cell may hold."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from dispatch.messages import say


def fault(key: str, /, *, column: str, **values: object) -> PydanticCustomError:
    """Return the validation error at `column` whose text is catalogue message `fault.<key>`."""
    text = say(f"fault.{key}", **values)
    return PydanticCustomError("case_fault", "{text}", {"text": text, "key": key, "column": column})


def swapped(low_name: str, low: float, high_name: str, high: float) -> PydanticCustomError:
    """Return the fault of two limits in the wrong order, pointing at the upper one."""
    return fault(
        "swapped", column=high_name, low_name=low_name, low=low, high_name=high_name, high=high
    )


class Row(BaseModel):
    """A row of a table, or a section of `case.toml`: frozen, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SourceKind(StrEnum):
    """What makes the heat."""

    CHP_EXTRACTION = "chp_extraction"
    CHP_BACKPRESSURE = "chp_backpressure"
    COAL_BOILER = "coal_boiler"
    GAS_BOILER = "gas_boiler"
    PURCHASED_HEAT = "purchased_heat"
    THERMAL_STORAGE = "thermal_storage"

    @property
    def is_chp(self) -> bool:
        """True for a source whose heat and power share one polygon."""
        return self in (SourceKind.CHP_EXTRACTION, SourceKind.CHP_BACKPRESSURE)

    @property
    def makes_heat(self) -> bool:
        """False for a tank, which only moves heat from one hour to another."""
        return self is not SourceKind.THERMAL_STORAGE


class PowerMode(StrEnum):
    """Who decides the electric power of a CHP."""

    SCHEDULED = "scheduled"  # the grid's schedule, exact
    BAND = "band"  # anywhere in the polygon, within the schedule's limits if it has any
    PRICE = "price"  # anywhere in the polygon; off the contract it is sold or bought


class Manager(StrEnum):
    """Who runs a station: only the utility's own stations take setpoints (handbook §1, S0)."""

    UTILITY = "utility"
    THIRD_PARTY = "third_party"


class Use(StrEnum):
    """What a station's buildings are used for."""

    HOUSING = "housing"
    SCHOOL = "school"
    OFFICE = "office"
    HOSPITAL = "hospital"
    SHOP = "shop"


class Era(StrEnum):
    """When the buildings were put up, by the energy code in force (handbook §3)."""

    BEFORE_1986 = "before_1986"
    Y1986_1995 = "1986_1995"
    Y1996_2009 = "1996_2009"
    Y2010_2018 = "2010_2018"
    SINCE_2019 = "since_2019"
    RETROFITTED = "retrofitted"


class Emitter(StrEnum):
    """How heat gets into the rooms; fixes the exponent n of H F8."""

    RADIATOR = "radiator"
    FLOOR = "floor"

    @property
    def exponent(self) -> float:
        """Emitter exponent n = 1 + b (handbook §5: radiators 1.3, floor heating 1.1)."""
        return 1.3 if self is Emitter.RADIATOR else 1.1


class ComfortPolicy(StrEnum):
    """Whether rooms between floor and target cost anything (design §5)."""

    LEAST_FUEL = "least_fuel"
    HOLD_TARGET = "hold_target"


class Minimise(StrEnum):
    """What the plan makes least."""

    FUEL = "fuel"
    COST = "cost"


class SolveStrategy(StrEnum):
    """How the full plan is found."""

    AUTO = "auto"  # by the number of stations
    WHOLE = "whole"  # one program
    PRICES = "prices"  # stations one by one at prices of heat, with a certified gap


class FuelForHeat(StrEnum):
    """How the heat share of a CHP's fuel is reported (handbook §8); the yard burns all of it."""

    ACCOUNTING = "accounting"
    MARGINAL = "marginal"


class StockCovers(StrEnum):
    """What is drawn from a yard: everything the plant burns, or only the fuel for heat."""

    PLANT = "plant"
    HEAT_SHARE = "heat_share"


class Transport(StrEnum):
    """How coal reaches a yard."""

    RAIL = "rail"
    ROAD = "road"
    SEA = "sea"

    @property
    def usual_t(self) -> float:
        """Tonnes of one train, truck or ship (handbook §9)."""
        match self:
            case Transport.RAIL:
                return 3_500.0
            case Transport.ROAD:
                return 33.0
            case Transport.SEA:
                return 20_000.0


class OutageKind(StrEnum):
    """What is out."""

    SOURCE = "source"
    LINK = "link"
    STATION = "station"
    YARD = "yard"  # the road or rail to it: what arrives waits


class WeatherKind(StrEnum):
    """A kind of weather source a case can name."""

    OPEN_METEO = "open_meteo"
    OPEN_METEO_ENSEMBLE = "open_meteo_ensemble"
    OPEN_METEO_SINGLE_RUN = "open_meteo_single_run"
    MET_NORWAY = "met_norway"
    QWEATHER = "qweather"
    CSV = "csv"
    NETCDF = "netcdf"
    EPW = "epw"
    DAILY_MIN_MAX = "daily_min_max"
    CLIMATE = "climate"


class FuelUnit(StrEnum):
    """The unit a fuel is bought in."""

    TONNE = "t"
    NORMAL_CUBIC_METRE = "nm3"
