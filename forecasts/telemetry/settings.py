"""`telemetry.toml`: how a utility's tables are to be read, where their usual names do not say it.

```toml
timezone = "Asia/Shanghai"        # of times without an offset; that of the case if not given
stamp = "moment"                  # or "step_start", "step_end" for means of a step of step_min
good_quality = ["0", "good"]      # in place of the usual codes

[units]                           # where neither heading nor tags.csv says the unit
heat_total = "MWh"

[columns]                         # headings that are none of the usual names
time = "抄表日期"

[[table]]                         # any number; with none, every table of the folder is read
files = ["2026-*.csv"]            # names or patterns inside the folder
id = "{file}"                     # station of a table that does not say it: a name, {file}, {sheet}

[[table]]
url_env = "HISTORY_URL"           # name of the environment variable with the SQLAlchemy URL
query = "select * from history where t >= :since and t < :until"    # or table = "history"
```

What stands at the top holds for every table that does not say it itself.
"""

import tomllib
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from forecasts.file_limits import SETTINGS_BYTES
from forecasts.plain_file import leads_out, read_plain
from forecasts.telemetry.faults import TelemetryFault, TelemetryFaults
from forecasts.telemetry.points import Point
from forecasts.telemetry.units import UnitUnknown, scale

FILE = "telemetry.toml"


class Layout(StrEnum):
    """Whether a row is one reading, or holds several side by side."""

    AUTO = "auto"
    LONG = "long"
    WIDE = "wide"


class Stamp(StrEnum):
    """What the time of a row is the time of."""

    MOMENT = "moment"
    STEP_START = "step_start"
    STEP_END = "step_end"


def _zone(name: object) -> object:
    if isinstance(name, str) and name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is no time zone like Asia/Shanghai") from error
    return name


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ColumnNames(BaseModel, frozen=True, extra="forbid"):
    """Headings by what they hold; "" is found by its usual names."""

    time: str = ""
    date: str = ""
    id: str = ""
    loop: str = ""
    point: str = ""
    value: str = ""
    quality: str = ""
    sensor: str = ""
    unit: str = ""


class Common(BaseModel, frozen=True, extra="forbid"):
    """What can be said at the top of the file or for one table."""

    timezone: Annotated[str, BeforeValidator(_zone)] = ""
    stamp: Stamp = Stamp.MOMENT
    step_min: float | None = Field(default=None, gt=0, le=1440)
    layout: Layout = Layout.AUTO
    encoding: str = ""
    sheet: str = ""
    id: str = ""
    good_quality: tuple[str, ...] | None = None
    columns: ColumnNames = ColumnNames()
    units: dict[Point, str] = {}

    @model_validator(mode="after")
    def _step_and_units(self) -> Self:
        if self.stamp is not Stamp.MOMENT and self.step_min is None:
            raise ValueError(f"stamp is {self.stamp}, and step_min is missing. Write its minutes.")
        for point, unit in self.units.items():
            try:
                scale(unit, point)
            except UnitUnknown as error:
                raise ValueError(f"units: {error}") from error
        return self


class TableSettings(Common, frozen=True, extra="forbid"):
    """One `[[table]]`: files, or a table or query of a database."""

    files: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    url: str = ""
    url_env: str = ""
    query: str = ""
    table: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        urls = sum(bool(text) for text in (self.url, self.url_env))
        if bool(self.files) == bool(urls) or urls > 1:
            raise ValueError("needs one of files, url and url_env")
        if urls and bool(self.query) == bool(self.table):
            raise ValueError("needs one of query and table with its url")
        if not urls and (self.query or self.table):
            raise ValueError("has a query or table without url or url_env")
        return self

    @model_validator(mode="after")
    def _no_password(self) -> Self:
        if not self.url:
            return self
        from sqlalchemy.engine import make_url  # takes half a second to load
        from sqlalchemy.exc import ArgumentError

        try:
            password = make_url(self.url).password
        except ArgumentError as error:
            raise ValueError("url is none like postgresql+psycopg://user@host/name") from error
        if password:
            raise ValueError(
                "url holds a password. Put the url into an environment variable and name it in"
                " url_env."
            )
        return self


class Settings(Common, frozen=True, extra="forbid"):
    """The whole of `telemetry.toml`; `table` is empty where every table is to be read."""

    table: tuple[TableSettings, ...] = ()


def read_settings(folder: Path) -> Settings:
    """Return the settings of a telemetry folder, the usual ones without a `telemetry.toml`.

    Raises TelemetryFaults.
    """
    path = folder / FILE
    if not path.exists():
        return Settings()
    if leads_out(path, folder):
        raise TelemetryFaults([TelemetryFault(FILE, "is a link out of its folder. Copy the file.")])
    try:
        said = tomllib.loads(read_plain(path, SETTINGS_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:  # a number of 5 000 digits too
        raise TelemetryFaults([TelemetryFault(FILE, f"is no TOML in UTF-8: {error}")]) from error
    try:
        return Settings.model_validate(_handed_down(said))
    except ValidationError as error:
        raise TelemetryFaults(_fault(one) for one in error.errors()) from error


def _handed_down(said: dict[str, Any]) -> dict[str, Any]:
    """Return the file with the top's values in every `[[table]]` that does not give them.

    A wrong value stays where it stands, so that it is told once.
    """
    tables = said.get("table")
    if not isinstance(tables, list):
        return said
    top = {key: value for key, value in said.items() if key in Common.model_fields}
    try:
        Common.model_validate(top)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) if one["loc"] else "stamp" for one in error.errors()}
        top = {key: value for key, value in top.items() if key not in wrong}
    return {**said, "table": [_over(top, table) for table in tables]}


def _over(top: dict[str, Any], table: object) -> object:
    if not isinstance(table, dict):
        return table
    merged = {**top, **table}
    for key in ("columns", "units"):
        if isinstance(top.get(key), dict) and isinstance(table.get(key), dict):
            merged[key] = {**top[key], **table[key]}
    return merged


def _fault(error: Any) -> TelemetryFault:
    place = [f"{part + 1}" if isinstance(part, int) else str(part) for part in error["loc"]]
    text = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = [*TableSettings.model_fields, *ColumnNames.model_fields]
        near = get_close_matches(place[-1], known, n=1)
        text = f"is unknown{f', did you mean {near[0]}?' if near else ''}"
    elif error["type"] not in ("value_error", "missing"):
        text = f"is {str(error['input'])[:60]!r}: {text}"
    return TelemetryFault(FILE, text, column=".".join(place))
