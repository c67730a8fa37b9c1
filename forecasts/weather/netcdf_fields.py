"""What a NetCDF file of weather calls its fields, and in which units: CF, ERA5, ECMWF, ours.

Sources: CF Standard Name Table v85; ECMWF parameter database (t2m, u10, v10, ssrd, d2m, si10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import xarray as xr

from forecasts.weather.solar import Floats
from forecasts.weather.tables import TableFault


class Field(StrEnum):
    """What is looked for in a file."""

    TEMPERATURE = "air_temperature"
    WIND = "wind_speed"
    EASTWARD = "eastward wind"
    NORTHWARD = "northward wind"
    RADIATION = "global_radiation"
    HUMIDITY = "relative_humidity"
    DEW_POINT = "dew point"


@dataclass(frozen=True)
class _Known:
    """How a field may be called, and its units as written -> (scale, offset) to ours."""

    names: tuple[str, ...]
    standard_names: tuple[str, ...]
    units: Mapping[str, tuple[float, float]]


_DEGREES = {
    "k": (1.0, -273.15), "kelvin": (1.0, -273.15), "degc": (1.0, 0.0), "c": (1.0, 0.0),
    "celsius": (1.0, 0.0), "degree_celsius": (1.0, 0.0), "degrees_celsius": (1.0, 0.0),
    "°c": (1.0, 0.0), "degf": (5 / 9, -160 / 9), "°f": (5 / 9, -160 / 9),
}  # fmt: skip
_SPEEDS = {
    "ms-1": (1.0, 0.0), "m/s": (1.0, 0.0), "ms**-1": (1.0, 0.0), "km/h": (1 / 3.6, 0.0),
    "kmh-1": (1 / 3.6, 0.0), "knots": (1852 / 3600, 0.0), "kt": (1852 / 3600, 0.0),
}  # fmt: skip
_FLUXES = {"wm-2": (1.0, 0.0), "w/m2": (1.0, 0.0), "wm**-2": (1.0, 0.0), "w/m²": (1.0, 0.0)}
# Energy per step or since some hour: made a flux where the step is known.
ENERGY_J = {"jm-2": 1.0, "jm**-2": 1.0, "j/m2": 1.0, "kjm-2": 1e3, "kj/m2": 1e3, "whm-2": 3600.0}
_PERCENT = {"%": (1.0, 0.0), "percent": (1.0, 0.0), "1": (100.0, 0.0), "(0-1)": (100.0, 0.0)}
_FIELDS = {
    Field.TEMPERATURE: _Known(
        ("air_temperature", "t2m", "2t", "tas", "temperature_2m", "temp_c"),
        ("air_temperature",), _DEGREES,
    ),
    Field.WIND: _Known(
        ("wind_speed", "si10", "10si", "ws10", "sfcWind", "wind_speed_10m", "windspeed_10m"),
        ("wind_speed",), _SPEEDS,
    ),
    Field.EASTWARD: _Known(("u10", "10u", "uas"), ("eastward_wind",), _SPEEDS),
    Field.NORTHWARD: _Known(("v10", "10v", "vas"), ("northward_wind",), _SPEEDS),
    Field.RADIATION: _Known(
        ("global_radiation", "ssrd", "rsds", "dswrf", "shortwave_radiation", "ghi"),
        (
            "surface_downwelling_shortwave_flux_in_air",
            "surface_downwelling_shortwave_flux",
            "integral_wrt_time_of_surface_downwelling_shortwave_flux_in_air",
        ), _FLUXES,
    ),
    Field.HUMIDITY: _Known(
        ("relative_humidity", "r2", "2r", "hurs", "rh2m", "relative_humidity_2m"),
        ("relative_humidity",), _PERCENT,
    ),
    Field.DEW_POINT: _Known(("d2m", "2d", "dew_point_temperature"),
                            ("dew_point_temperature",), _DEGREES),
}  # fmt: skip


def found_fields(data: xr.Dataset) -> dict[Field, xr.DataArray]:
    """Return the fields of a file, found by name first, then by standard name.

    Raises TableFault naming all that are missing.
    """
    fields = {}
    for field, known in _FIELDS.items():
        named = [name for name in known.names if name in data.data_vars]
        standard = [
            str(name)
            for name, array in data.data_vars.items()
            if array.attrs.get("standard_name") in known.standard_names
        ]
        if named or standard:
            fields[field] = data[(named or standard)[0]]
    faults = [
        f"variable {_FIELDS[field].names[1]} ({field.value}) is missing"
        for field in (Field.TEMPERATURE, Field.RADIATION)
        if field not in fields
    ]
    if Field.WIND not in fields and not {Field.EASTWARD, Field.NORTHWARD} <= set(fields):
        faults.append("wind is missing: si10, or u10 and v10")
    if faults:
        there = ", ".join(sorted(str(name) for name in data.data_vars)[:20])
        raise TableFault(*faults, f"there are: {there or 'none'}")
    return fields


def unit_of(array: xr.DataArray) -> str:
    """Return the unit as written, without spaces and in lower case, to be looked up."""
    return str(array.attrs.get("units", "")).replace(" ", "").lower()


def in_our_units(field: Field, array: xr.DataArray, values: Floats) -> Floats:
    """Return values in the units of `forecasts.series`; raises TableFault for an unknown unit."""
    known = _FIELDS[field].units
    unit = unit_of(array)
    if unit not in known:
        written = array.attrs.get("units", "none")
        detail = f"variable {array.name}: unit {written!r} is not known, known are "
        raise TableFault(detail + ", ".join((*known, *_energy_units(field))))
    scale, offset = known[unit]
    return np.asarray(values * scale + offset)


def humidity_pct(temperature_c: Floats, dew_point_c: Floats) -> Floats:
    """Return relative humidity over water, % (Magnus formula, coefficients of Sonntag 1990)."""

    def pressure(celsius: Floats) -> Floats:
        return np.asarray(np.exp(17.62 * celsius / (243.12 + celsius)))

    return np.asarray(np.clip(100 * pressure(dew_point_c) / pressure(temperature_c), 0, 100))


def _energy_units(field: Field) -> tuple[str, ...]:
    return tuple(ENERGY_J) if field is Field.RADIATION else ()
