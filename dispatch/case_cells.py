"""One cell of a table: from what is written to a value of the type its column wants."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import AwareDatetime, BaseModel

from dispatch.messages import words

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}([,'\u00a0\u202f ]\d{3})+(\.\d+)?", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
WITH_UNIT = re.compile(r"([+-]?\d+\.?\d*)\s*([^\d\s.,:/+-][^\d]*\d?)", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?", re.ASCII)
OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$", re.ASCII)
YEARS = range(2000, 2101)  # outside, it is a slip of the pen, and arithmetic on times may overflow
WHOLE_LIMIT = 1e9
TEN_THOUSAND = 1e4  # 万, which areas and tonnes are written in
TRUE_FALSE = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True)
class Column:
    """A column as its model wants it; `type_` is float, int, bool, str, datetime or an enum."""

    name: str
    type_: type
    required: bool


@dataclass(frozen=True)
class Refused:
    """Why a cell is not a value: catalogue message `fault.<key>` and its places."""

    key: str
    values: dict[str, object] = field(default_factory=dict)


@cache
def columns_of(model: type[BaseModel]) -> dict[str, Column]:
    """Return the columns of a table by name, in the model's order."""
    columns = {}
    for name, info in model.model_fields.items():
        title = info.alias or name
        columns[title] = Column(title, _plain_type(info.annotation), info.is_required())
    return columns


def _plain_type(annotation: Any) -> type:
    """Return the type without `| None`; times are datetimes."""
    options = [option for option in get_args(annotation) if option is not NoneType]
    plain = options[0] if options else annotation
    if plain is AwareDatetime:
        return datetime
    if not isinstance(plain, type):
        raise TypeError(f"a column cannot hold {annotation}")
    return plain


def parse(cell: str, type_: type) -> object:
    """Return the value of a cell that is not empty, or `Refused`."""
    if type_ is float:
        return _number(cell)
    if type_ is int:
        return _whole_number(cell)
    if type_ is bool:
        value = TRUE_FALSE.get(cell.casefold())
        return Refused("true_false", {"value": cell}) if value is None else value
    if type_ is datetime:
        return _time(cell)
    if issubclass(type_, StrEnum):
        return _choice(cell, type_)
    return " ".join(cell.split())  # a name broken over two lines in its cell is one name


def _number(cell: str) -> float | Refused:
    if NUMBER.fullmatch(cell):
        value = float(cell)
        return value if math.isfinite(value) else Refused("number_too_large", {"value": cell})
    return _refused_number(cell)


def _refused_number(cell: str) -> Refused:
    plain = unicodedata.normalize("NFKC", cell)
    if plain != cell and NUMBER.fullmatch(plain):
        return Refused("number_full_width", {"value": cell, "plain": plain})
    if THOUSANDS.fullmatch(plain):
        joined = re.sub(r"[^\d.+-]", "", plain)
        return Refused("number_thousands", {"value": cell, "plain": joined})
    if DECIMAL_COMMA.fullmatch(plain):
        return Refused("number_comma", {"value": cell, "plain": plain.replace(",", ".")})
    if plain.endswith("%") and NUMBER.fullmatch(plain[:-1].rstrip()):
        fraction = float(plain[:-1]) / 100
        return Refused("number_percent", {"value": cell, "plain": f"{fraction:g}"})
    with_unit = WITH_UNIT.fullmatch(plain)
    if with_unit:
        number, unit = with_unit.groups()
        times = TEN_THOUSAND if unit.startswith("万") else 1.0
        return Refused("number_unit", {"value": cell, "plain": f"{float(number) * times:.15g}"})
    return Refused("number", {"value": cell})


def _whole_number(cell: str) -> int | Refused:
    value = _number(cell)
    if isinstance(value, Refused):
        return value
    if not value.is_integer() or abs(value) > WHOLE_LIMIT:
        return Refused("number_whole", {"value": cell})
    return int(value)


def _time(cell: str) -> datetime | Refused:
    if NUMBER.fullmatch(cell):
        return Refused("time_serial", {"value": cell})
    without_offset = OFFSET.sub("", cell)
    if not TIME.fullmatch(without_offset):
        return Refused("time_form", {"value": cell})
    try:
        value = datetime.fromisoformat(cell)
    except ValueError:
        return Refused("time_impossible", {"value": cell})
    if value.tzinfo is None:
        return Refused("time_offset", {"value": cell})
    return value if value.year in YEARS else Refused("time_year", {"value": cell})


def _choice(cell: str, choices: type[StrEnum]) -> StrEnum | Refused:
    try:
        return choices(cell)
    except ValueError:
        options = [choice.value for choice in choices]
    listed = words(*options)
    near = nearest(cell, options)
    if near:
        return Refused("choice_near", {"value": cell, "near": near, "options": listed})
    return Refused("choice", {"value": cell, "options": listed})


def nearest(written: str, options: list[str]) -> str | None:
    """Return the option that `written` most likely meant, if any comes close."""
    folded = {option.casefold(): option for option in options}
    plain = written.casefold().strip().replace(" ", "_").replace("-", "_")
    matches = get_close_matches(plain, list(folded), n=1, cutoff=0.7)
    return folded[matches[0]] if matches else None
