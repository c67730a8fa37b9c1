"""EnergyPlus weather (EPW): a typical year mapped onto asked dates. Pure: text in, values out.

Source: EnergyPlus Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary": hours 1 to
24 in local standard time, labelled by their end; radiation in Wh/m² of the hour that ends there.
A parser of our own, since `pvlib.iotools.read_epw` does not tell which row and field is wrong.
"""

from dataclasses import dataclass

import numpy as np

from forecasts.weather.solar import HOUR, Floats, Times
from forecasts.weather.tables import TableFault

# name -> (field index from 0, EPW name, value from which on a field is "missing", limits)
_FIELDS = {
    "air_temperature": (6, "dry bulb temperature", 99.9, (-60.0, 50.0)),
    "relative_humidity": (8, "relative humidity", 999.0, (0.0, 110.0)),
    "global_radiation": (13, "global horizontal radiation", 9999.0, (0.0, 1400.0)),
    "wind_speed": (21, "wind speed", 999.0, (0.0, 75.0)),
}
_HEADER_ROWS = 8
_NUMBER_OF_FIELDS = 22
_DAYS_BEFORE = np.cumsum([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30])  # in a leap year
_FEB_29 = 59  # index of 29 February in a leap year


@dataclass(frozen=True)
class TypicalYear:
    """366 days of hourly values by local standard time, as labelled in the file; nan = missing."""

    latitude: float
    longitude: float
    utc_offset_h: float
    values: dict[str, Floats]  # shape (366, 24): column h is the EPW hour h + 1


def parse_epw(text: str) -> TypicalYear:
    """Return the year in `text`; raises TableFault naming row and field."""
    lines = text.splitlines()
    if not lines or not lines[0].upper().startswith("LOCATION"):
        raise TableFault("row 1: does not begin with LOCATION")
    head = lines[0].split(",")
    latitude, longitude, offset_h = (_header_number(head, k) for k in (6, 7, 8))
    values = {name: np.full((366, 24), np.nan) for name in _FIELDS}
    seen = np.zeros((366, 24), dtype=bool)
    faults: list[str] = []
    for row, line in enumerate(lines[_HEADER_ROWS:], start=_HEADER_ROWS + 1):
        if not line.strip():
            continue
        cells = line.split(",")
        try:
            day, hour = _day_and_hour(row, cells)
        except TableFault as fault:
            faults.extend(fault.faults)
            continue
        if seen[day, hour]:
            faults.append(f"row {row}: the hour {cells[1]}/{cells[2]} {cells[3]} is there twice")
        seen[day, hour] = True
        for name in _FIELDS:
            try:
                values[name][day, hour] = _field(row, cells, name)
            except TableFault as fault:
                faults.extend(fault.faults)
    absent = np.argwhere(~np.delete(seen, _FEB_29, axis=0))
    if absent.size:
        faults.append(f"row {len(lines)}: {len(absent)} of 8760 hours are missing")
    if faults:
        raise TableFault(*faults)
    if not seen[_FEB_29].all():  # a typical year has no 29 February: the day before stands for it
        for array in values.values():
            array[_FEB_29] = array[_FEB_29 - 1]
    return TypicalYear(latitude, longitude, offset_h, values)


def on_dates(year: TypicalYear, starts: Times) -> dict[str, Floats]:
    """Return start-labelled hourly steps for UTC `starts`, by month, day and hour.

    Radiation is that of the EPW hour ending one hour after the start. The others are values at the
    end of an EPW hour, so a step's mean is the mean of both its ends. nan where the file has none.
    """
    local = starts + np.timedelta64(round(year.utc_offset_h * 3600), "s")
    # The EPW row that ends at the start of a step, and the one that ends at its end.
    begin, end = _slots(local - HOUR), _slots(local)
    steps = {}
    for name, table in year.values.items():
        flat = table.ravel()
        steps[name] = flat[end] if name == "global_radiation" else (flat[begin] + flat[end]) / 2
    return steps


def _slots(local: Times) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    """Return the position in a flat (366, 24) table of the hour that begins at `local`."""
    days = local.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    day_of_month = (days - months.astype("datetime64[D]")).astype(int)
    hour = ((local - days.astype("datetime64[ns]")) // HOUR).astype(int)
    return np.asarray((_DAYS_BEFORE[months.astype(int) % 12] + day_of_month) * 24 + hour)


def _header_number(head: list[str], field: int) -> float:
    try:
        value = float(head[field])
    except (IndexError, ValueError) as error:
        raise TableFault(f"row 1, field {field + 1}: not a number") from error
    if not abs(value) <= (14 if field == 8 else 180):
        raise TableFault(f"row 1, field {field + 1}: {value:g} is out of range")
    return value


def _day_and_hour(row: int, cells: list[str]) -> tuple[int, int]:
    if len(cells) < _NUMBER_OF_FIELDS:
        raise TableFault(f"row {row}: {len(cells)} fields, at least {_NUMBER_OF_FIELDS} expected")
    try:
        month, day, hour = (int(cell) for cell in cells[1:4])
    except ValueError as error:
        raise TableFault(f"row {row}, fields 2 to 4: not a month, day and hour") from error
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1 <= hour <= 24):
        raise TableFault(f"row {row}, fields 2 to 4: {month}/{day} hour {hour} does not exist")
    position = int(_DAYS_BEFORE[month - 1]) + day - 1
    following = 366 if month == 12 else int(_DAYS_BEFORE[month])
    if position >= following:
        raise TableFault(f"row {row}, fields 2 and 3: {month}/{day} does not exist")
    return position, hour - 1


def _field(row: int, cells: list[str], name: str) -> float:
    field, label, missing_from, (low, high) = _FIELDS[name]
    try:
        value = float(cells[field])
    except ValueError as error:
        detail = f"row {row}, field {field + 1} ({label}): {cells[field]!r} is not a number"
        raise TableFault(detail) from error
    if value >= missing_from:
        return float("nan")
    if not low <= value <= high:
        detail = f"row {row}, field {field + 1} ({label}): {value:g}, limits {low:g} to {high:g}"
        raise TableFault(detail)
    return value
