"""The one table of units: how what a file says becomes the unit of `TRAITS` (H§12).

Conversions by definition: 1 cal = 4.1868 J (International Table calorie, as heat meters and
tariffs have it), 1 kgf = 9.80665 N, 1 mH2O = 9806.65 Pa. Pressures are taken as they are, gauge.
"""

import re
import unicodedata
from dataclasses import dataclass

from forecasts.telemetry.points import TRAITS, Point

KCAL_GJ = 4.1868e-6
KWH_GJ = 3.6e-3
CELSIUS_AT_0_K = -273.15


@dataclass(frozen=True)
class Scale:
    """value in the unit of `TRAITS` = as read * factor + offset."""

    factor: float
    offset: float = 0.0


# What water weighs where it is metered, t/m³: primary about 70 °C, secondary about 40 °C, make-up
# about 10 °C (saturated water, IAPWS). Over 40-100 °C primary the error stays below 2 %, over
# 30-60 °C secondary below 1 %; a meter that corrects for it says t/h.
DENSITY_T_PER_M3 = {
    Point.PRIMARY_FLOW: 0.978,
    Point.SECONDARY_FLOW: 0.992,
    Point.MAKE_UP_FLOW: 1.000,
}

# By unit of `TRAITS`, then by spelling after `spelling()`.
UNITS: dict[str, dict[str, Scale]] = {
    "degC": {
        **dict.fromkeys(("degc", "°c", "c", "celsius", "度", "摄氏度"), Scale(1.0)),
        **dict.fromkeys(("degf", "°f", "f"), Scale(5 / 9, -160 / 9)),
        "k": Scale(1.0, CELSIUS_AT_0_K),
    },
    "MPa": {
        "mpa": Scale(1.0),
        "kpa": Scale(1e-3),
        "pa": Scale(1e-6),
        "bar": Scale(0.1),
        "mbar": Scale(1e-4),
        **dict.fromkeys(("kgf/cm2", "kg/cm2", "公斤"), Scale(0.0980665)),
        **dict.fromkeys(("mh2o", "mwc", "米水柱"), Scale(0.00980665)),
    },
    "t/h": {
        **dict.fromkeys(("t/h", "tph", "吨/小时", "吨/时"), Scale(1.0)),
        "kg/h": Scale(1e-3),
        "kg/s": Scale(3.6),
    },
    "GJ/h": {
        **dict.fromkeys(("gj/h", "吉焦/小时", "吉焦/时"), Scale(1.0)),
        "mj/h": Scale(1e-3),
        "mw": Scale(3.6),
        "kw": Scale(3.6e-3),
        "w": Scale(3.6e-6),
        "gcal/h": Scale(1e6 * KCAL_GJ),
        "mcal/h": Scale(1e3 * KCAL_GJ),
        "kcal/h": Scale(KCAL_GJ),
    },
    "GJ": {
        **dict.fromkeys(("gj", "吉焦"), Scale(1.0)),
        "mj": Scale(1e-3),
        "mwh": Scale(1e3 * KWH_GJ),
        "kwh": Scale(KWH_GJ),
        "gcal": Scale(1e6 * KCAL_GJ),
        "mcal": Scale(1e3 * KCAL_GJ),
        "kcal": Scale(KCAL_GJ),
    },
    "kWh": {
        **dict.fromkeys(("kwh", "度", "千瓦时"), Scale(1.0)),
        "mwh": Scale(1e3),
        "万kwh": Scale(1e4),
        "gj": Scale(1 / KWH_GJ),
    },
    "%": {
        **dict.fromkeys(("%", "pct", "percent"), Scale(1.0)),
        **dict.fromkeys(("1", "fraction", "0-1"), Scale(100.0)),
    },
    "Hz": {**dict.fromkeys(("hz", "赫兹"), Scale(1.0))},
    "m": {**dict.fromkeys(("m", "米"), Scale(1.0)), "cm": Scale(0.01), "mm": Scale(1e-3)},
}
_VOLUME_FLOWS_M3_PER_H = {  # t/h once the density is known
    **dict.fromkeys(("m3/h", "立方米/小时", "立方米/时", "方/小时", "方/时"), 1.0),
    **dict.fromkeys(("l/s", "升/秒"), 3.6),
    "l/min": 0.06,
    "l/h": 1e-3,
    "m3/s": 3600.0,
}
_SPACES = re.compile(r"[\s·⋅]+")


class UnitUnknown(ValueError):
    """A unit that a point cannot have; the message names those it can."""


def spelling(unit: str) -> str:
    """Return a unit as it is looked up: `㎥/h`, `m³/h` and `M3/H ` are the same."""
    plain = unicodedata.normalize("NFKC", unit).casefold()
    return _SPACES.sub("", plain).replace("^", "").replace("℃", "°c").replace("º", "°")


def scale(unit: str, point: Point) -> Scale:
    """Return how readings of a point in `unit` become those of `TRAITS`; "" is that unit.

    Raises UnitUnknown.
    """
    if not unit.strip():
        return Scale(1.0)
    said, base = spelling(unit), TRAITS[point].unit
    if said in UNITS[base]:
        return UNITS[base][said]
    if point in DENSITY_T_PER_M3 and said in _VOLUME_FLOWS_M3_PER_H:
        return Scale(_VOLUME_FLOWS_M3_PER_H[said] * DENSITY_T_PER_M3[point])
    known = [*UNITS[base], *(_VOLUME_FLOWS_M3_PER_H if point in DENSITY_T_PER_M3 else ())]
    raise UnitUnknown(f"unit {unit!r} is none of {point}: write one of {', '.join(known)}")


def is_unit(text: str) -> bool:
    """Return whether a text is a unit of anything here."""
    said = spelling(text)
    return said in _VOLUME_FLOWS_M3_PER_H or any(said in known for known in UNITS.values())
