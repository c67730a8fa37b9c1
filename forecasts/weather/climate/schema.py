"""What a climate file says: the tables `default`, `region` and `city`, read and checked.

A city takes what it does not say from its region, and that from `[default]`; a file of one place
says all in its city. The packaged files and a utility's own `climate.toml` are read alike.
"""

import difflib
import tomllib
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from forecasts.weather.climate.climate import Climate, Months, Persistence

CITY_ID = r"^[a-z0-9][a-z0-9_-]*$"


_TWELVE = Field(min_length=12, max_length=12)


def _within(low: float, high: float) -> AfterValidator:
    """Return a check of every month; all those outside are told."""

    def checked(months: Months) -> Months:
        outside = [
            f"month {k} is {value:g}"
            for k, value in enumerate(months, start=1)
            if not low <= value <= high
        ]
        if outside:
            raise ValueError(f"{', '.join(outside)}; limits {low:g} to {high:g}. Correct it.")
        return months

    return AfterValidator(checked)


SOURCE_ENDING = "_source"


class ClimateFault(ValueError):
    """A climate file cannot be read; `faults` says every place, what is wrong and the cure."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class ClimateRow(BaseModel, frozen=True, extra="forbid"):
    """One city, with all that its region and the defaults say for it."""

    province: Annotated[str, StringConstraints(min_length=1)]
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    first_year: int = Field(ge=1850, le=2100)
    last_year: int = Field(ge=1850, le=2100)
    mean_c: Annotated[Months, _TWELVE, _within(-60, 45)]
    day_to_day_sd_k: Annotated[Months, _TWELVE, _within(0.2, 15)]
    spread_factor: float = Field(default=1.0, ge=0.5, le=2)  # on day_to_day_sd_k
    skewness: Annotated[Months, _TWELVE, _within(-1, 1)]
    kurtosis: Annotated[Months, _TWELVE, _within(-0.8, 2)]
    diurnal_range_k: Annotated[Months, _TWELVE, _within(0.5, 30)]
    course_share: float = Field(gt=0.1, le=1)
    wind_m_per_s: Annotated[Months, _TWELVE, _within(0.1, 25)]
    radiation_w_per_m2: Annotated[Months, _TWELVE, _within(0, 450)]
    humidity_pct: Annotated[Months, _TWELVE, _within(1, 100)]
    onset_h: float = Field(ge=1, le=12)
    memory_h: float = Field(ge=15, le=200)
    front_share: float = Field(ge=0, le=0.5)
    fronts_per_day: float = Field(gt=0, le=1)
    season_share: float = Field(ge=0, le=0.5)
    season_memory_d: float = Field(ge=15, le=200)
    record_low_c: float | None = Field(default=None, ge=-75, le=30)

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.last_year < self.first_year:
            cure = "Swap the two or correct them."
            raise ValueError(f"last_year {self.last_year} is before {self.first_year}. {cure}")
        return self


def climates_in(text: str, file: str) -> tuple[Climate, ...]:
    """Return the climates of all cities in a file's `text`; raises ClimateFault naming `file`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClimateFault((f"{file}: is not TOML: {error}. Correct that place.",)) from error
    return climates_of(tables, file)


def climates_of(tables: dict[str, Any], file: str) -> tuple[Climate, ...]:
    """Return the climates of parsed tables; raises ClimateFault with all faults at once."""
    faults = [
        f"{file}, {key}: unknown table. Use [default], [region.<name>] and [city.<name>]."
        for key in tables
        if key not in ("default", "region", "city")
    ]
    cities = tables.get("city")
    if not isinstance(cities, dict) or not cities:
        faults.append(f"{file}: has no city. Add a table [city.<name>].")
        raise ClimateFault(tuple(faults))
    found = []
    for name, row in cities.items():
        try:
            found.append(_climate(file, tables, str(name), row))
        except ClimateFault as fault:
            faults.extend(fault.faults)
    if faults:
        raise ClimateFault(tuple(faults))
    return tuple(found)


def _climate(file: str, tables: dict[str, Any], name: str, row: object) -> Climate:
    said = _merged(file, tables, name, row)
    sources = {key: said.pop(key) for key in list(said) if key.endswith(SOURCE_ENDING)}
    if "wind_m_per_s" not in said and {"wind_winter_m_per_s", "wind_factor"} <= said.keys():
        winter = said["wind_winter_m_per_s"]
        if isinstance(winter, int | float) and isinstance(said["wind_factor"], list):
            said["wind_m_per_s"] = [winter * factor for factor in said["wind_factor"]]
    for key in ("wind_winter_m_per_s", "wind_factor"):
        said.pop(key, None)
    try:
        checked = ClimateRow.model_validate(said)
    except ValidationError as error:
        raise ClimateFault(_told(file, name, error)) from error
    return _built(name, checked, tuple((k, str(v)) for k, v in sources.items()))


def _merged(file: str, tables: dict[str, Any], name: str, row: object) -> dict[str, Any]:
    """Return defaults, region and city in one table, the nearest last; raises ClimateFault."""
    place = f"{file}, city.{name}"
    if not isinstance(row, dict):
        raise ClimateFault((f"{place}: is not a table. Write [city.{name}].",))
    default, regions = tables.get("default", {}), tables.get("region", {})
    region: object = {}
    if "region" in row:
        region = regions.get(row["region"]) if isinstance(regions, dict) else None
        if region is None:
            cure = "Name one of the file's regions, or leave region out."
            raise ClimateFault((f"{place}.region: is {row['region']!r}, not in the file. {cure}",))
    if not isinstance(default, dict) or not isinstance(region, dict):
        raise ClimateFault((f"{file}: default and region must be tables.",))
    merged = {**default, **region, **row}
    merged.pop("region", None)
    return merged


def _told(file: str, name: str, error: ValidationError) -> tuple[str, ...]:
    """Return each fault with its place and a cure."""
    told = []
    known = [*ClimateRow.model_fields, "wind_winter_m_per_s", "wind_factor", "region"]
    for fault in error.errors(include_url=False):
        where = ".".join(str(part) for part in fault["loc"])
        place = f"{file}, city.{name}" + (f".{where}" if where else "")
        if fault["type"] == "missing":
            told.append(f"{place}: is missing. Add it to the city, its region or [default].")
        elif fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(where, known, n=1, cutoff=0.6)
            cure = f"Did you mean {near[0]}?" if near else "Remove it."
            told.append(f"{place}: unknown key. {cure}")
        else:
            told.append(f"{place}: {_said(fault['msg'], fault['input'])}")
    return tuple(told)


def _said(message: str, given: object) -> str:
    """Return pydantic's words as a sentence, with the value where it is short."""
    text = message.removeprefix("Value error, ")
    if text != message:
        return text  # our own words already have it all
    return f"is {given!r}: {text}." if isinstance(given, int | float | str) else f"{text}."


def _built(name: str, row: ClimateRow, sources: tuple[tuple[str, str], ...]) -> Climate:
    spread: Months = tuple(sd * row.spread_factor for sd in row.day_to_day_sd_k)
    return Climate(
        city=name,
        province=row.province,
        latitude=row.latitude,
        longitude=row.longitude,
        first_year=row.first_year,
        last_year=row.last_year,
        mean_c=row.mean_c,
        day_to_day_sd_k=spread,
        skewness=row.skewness,
        kurtosis=row.kurtosis,
        diurnal_range_k=row.diurnal_range_k,
        course_share=row.course_share,
        wind_m_per_s=row.wind_m_per_s,
        radiation_w_per_m2=row.radiation_w_per_m2,
        humidity_pct=row.humidity_pct,
        persistence=Persistence(
            onset_h=row.onset_h,
            memory_h=row.memory_h,
            front_share=row.front_share,
            fronts_per_day=row.fronts_per_day,
            season_share=row.season_share,
            season_memory_d=row.season_memory_d,
        ),
        record_low_c=row.record_low_c,
        sources=sources,
    )
