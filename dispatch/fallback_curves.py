"""Curves for the day the data fail: four temperatures by outdoor temperature alone.

One curve a class of loops (`fallback_curves.csv`, design §4), so that a station controller left
alone follows its own outdoor sensor. Steady state of handbook §3 F1 with the base two kelvin
below the wanted rooms (gains carry 2 K, F2), water temperatures by §5 F8.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dispatch.case import Station
from dispatch.case_kinds import Emitter
from dispatch.emitter import Loops, heat_from_supply_kw, secondary_temperatures_c
from dispatch.settings import NetworkSettings
from forecasts.demand.building import BASE_TEMP_C, Array

OUTDOOR_C = np.arange(-30.0, 16.0)
GAIN_LIFT_K = 2.0  # rooms over base temperature, carried by gains (handbook §3 F2)
# Primary return over secondary return: 0.3 K at no load to 5 K at design, 0.3–2 K at part load
# (handbook §6).
APPROACH_MIN_K = 0.3
APPROACH_DESIGN_K = 5.0

COLUMNS = (
    "curve_id",
    "outdoor_temp_c",
    "primary_supply_c",
    "primary_return_c",
    "secondary_supply_c",
    "secondary_return_c",
)


@dataclass(frozen=True)
class CurveClass:
    """What loops with one curve have in common; φ to 0.1, Ḡ and rooms to 0.5."""

    emitter: Emitter
    design_supply_c: float
    design_return_c: float
    oversize: float
    relative_flow: float
    indoor_c: float

    @property
    def curve_id(self) -> str:
        """Name in files, as `radiator-75-50-f1.2-g2.5-i20`."""
        return (
            f"{self.emitter.value}-{self.design_supply_c:g}-{self.design_return_c:g}"
            f"-f{self.oversize:g}-g{self.relative_flow:g}-i{self.indoor_c:g}"
        )


def _to_multiple(value: float, of: float) -> float:
    return round(math.floor(value / of + 0.5) * of, 6)


def curve_class_of(station: Station) -> CurveClass:
    """Class of a loop; φ and Ḡ as against the heat its buildings need at design."""
    laid_out_for_need = station.design_loss_w_per_m2k / station.specific_loss_w_per_m2k
    return CurveClass(
        emitter=station.emitter,
        design_supply_c=station.design_supply_c,
        design_return_c=station.design_return_c,
        oversize=_to_multiple(station.emitter_oversize * laid_out_for_need, 0.1),
        relative_flow=max(0.5, _to_multiple(station.relative_flow * laid_out_for_need, 0.5)),
        indoor_c=_to_multiple(station.indoor_target_c, 0.5),
    )


def curve_id_of(station: Station) -> str:
    """Name of the curve a station falls back to."""
    return curve_class_of(station).curve_id


def _unit_loop(kind: CurveClass, members: Sequence[Station]) -> Loops:
    """A loop of 1 kW design heat for the class, with limits that suit all its members."""
    return Loops(
        design_heat_kw=np.array([1.0]),
        design_supply_c=np.array([kind.design_supply_c]),
        design_return_c=np.array([kind.design_return_c]),
        relative_flow=np.array([kind.relative_flow]),
        oversize=np.array([kind.oversize]),
        exponent=np.array([kind.emitter.exponent]),
        supply_min_c=np.array([max(s.secondary_supply_min_c for s in members)]),
        supply_max_c=np.array([min(s.secondary_supply_max_c for s in members)]),
        max_heat_kw=np.array([2.0]),
    )


def relative_load(indoor_c: float, design_outdoor_c: float) -> Array:
    """Steady Q̄ at each outdoor temperature; below the design temperature as at it (F1)."""
    colder_k = indoor_c - GAIN_LIFT_K - np.maximum(OUTDOOR_C, design_outdoor_c)
    load: Array = np.maximum(0.0, colder_k) / (BASE_TEMP_C - design_outdoor_c)
    return load


def _secondary_c(
    kind: CurveClass, members: Sequence[Station], design_outdoor_c: float
) -> tuple[Array, Array]:
    """Secondary supply and return by outdoor temperature, °C."""
    loop = _unit_loop(kind, members)
    load = relative_load(kind.indoor_c, design_outdoor_c)[None, :]
    rooms = np.full_like(load, kind.indoor_c)
    supply, _ = secondary_temperatures_c(loop, load, rooms)
    # A class whose members share no supply temperature at all: the highest limit protects.
    limited = np.minimum(np.maximum(supply, loop.supply_min_c), loop.supply_max_c)
    back = secondary_temperatures_c(loop, heat_from_supply_kw(loop, limited, rooms), rooms)[1]
    return limited[0], back[0]


def fallback_curves(
    stations: Sequence[Station], network: NetworkSettings, design_outdoor_c: float
) -> pd.DataFrame:
    """Rows of `fallback_curves.csv`, by curve and integer outdoor temperature −30 … +15 °C.

    The network has one primary supply for all curves: quality regulation at constant design flow
    (handbook §5), highest primary return + Q̄ · design spread, between the lowest supply and the
    design supply. The primary return is the secondary return + approach. Rounded to 0.1 °C.
    """
    classes: dict[CurveClass, list[Station]] = {}
    for station in stations:
        classes.setdefault(curve_class_of(station), []).append(station)
    load = relative_load(BASE_TEMP_C + GAIN_LIFT_K, design_outdoor_c)
    approach_k = APPROACH_MIN_K + (APPROACH_DESIGN_K - APPROACH_MIN_K) * load**2
    secondary = {
        kind: _secondary_c(kind, members, design_outdoor_c) for kind, members in classes.items()
    }
    spread_k = network.primary_design_supply_c - network.primary_design_return_c
    hottest_c = np.max([back for _, back in secondary.values()], axis=0) + approach_k
    primary_c = np.clip(
        hottest_c + load * spread_k, network.primary_supply_min_c, network.primary_design_supply_c
    )
    tables = [
        pd.DataFrame(
            {
                "curve_id": kind.curve_id,
                "outdoor_temp_c": OUTDOOR_C.astype(int),
                "primary_supply_c": primary_c.round(1),
                "primary_return_c": (back + approach_k).round(1),
                "secondary_supply_c": supply.round(1),
                "secondary_return_c": back.round(1),
            },
            columns=list(COLUMNS),
        )
        for kind, (supply, back) in sorted(secondary.items(), key=lambda item: item[0].curve_id)
    ]
    return pd.concat(tables, ignore_index=True)
