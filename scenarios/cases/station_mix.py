"""What the stations of a reference case add up to, and the ranges single ones are drawn from.

`H` is the domain handbook (§ numbers, F equations).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dispatch.case_kinds import Emitter, Era, Use
from scenarios.cases.generator import Array, Index

BASE_TEMP_C = 18.0  # of the design index (H F1); design indoor temperature of emitters too

# Metered design index of housing in Shandong, W/m² at base 18 °C (H §3, by era).
SHANDONG_INDEX_W_PER_M2: Mapping[Era, tuple[float, float]] = {
    Era.BEFORE_1986: (45, 58),
    Era.Y1986_1995: (40, 48),
    Era.Y1996_2009: (32, 40),
    Era.Y2010_2018: (26, 33),
    Era.SINCE_2019: (18, 25),
    Era.RETROFITTED: (32, 40),
}
LIAONING_INDEX_W_PER_M2: Mapping[Era, tuple[float, float]] = {  # the same in Liaoning
    Era.BEFORE_1986: (52, 65),
    Era.Y1986_1995: (46, 55),
    Era.Y1996_2009: (38, 46),
    Era.Y2010_2018: (30, 38),
    Era.SINCE_2019: (22, 28),
    Era.RETROFITTED: (36, 44),
}


@dataclass(frozen=True)
class UseRanges:
    """What a use of buildings fixes, each range drawn evenly."""

    loss_factor: tuple[float, float]  # to housing of the same age (H §3)
    heat_capacity_kj_per_m2k: tuple[float, float]  # H §4; light frames in offices and shops
    indoor_target_c: int
    priority: float
    name_kinds: str


USES: Mapping[Use, UseRanges] = {
    Use.HOUSING: UseRanges((1.0, 1.0), (270, 370), 20, 1.0, "小区 花园 家园 新村 嘉苑"),
    Use.SCHOOL: UseRanges((0.9, 1.1), (260, 320), 20, 2.0, "学校"),
    Use.OFFICE: UseRanges((0.9, 1.3), (150, 230), 20, 0.8, "办公楼"),
    Use.HOSPITAL: UseRanges((1.2, 1.5), (260, 340), 22, 5.0, "医院"),
    Use.SHOP: UseRanges((0.9, 1.3), (150, 230), 20, 0.8, "商场"),
}
COLD_FLAT_MARGIN_K: Mapping[Era, float] = {  # mean to the coldest 3 % of flats (design §5)
    Era.BEFORE_1986: 2.0,
    Era.Y1986_1995: 2.0,
    Era.Y1996_2009: 1.5,
    Era.Y2010_2018: 1.0,
    Era.SINCE_2019: 1.0,
    Era.RETROFITTED: 1.5,
}
PUBLIC_ROOMS_MARGIN_K = 1.0  # schools, offices and shops have no gable and top-floor flats


def cold_margin_k(use: Use, era: Era) -> float:
    """Mean indoor temperature over that of the coldest rooms, K."""
    lived_in = use in (Use.HOUSING, Use.HOSPITAL)
    return COLD_FLAT_MARGIN_K[era] if lived_in else PUBLIC_ROOMS_MARGIN_K


class Loop(StrEnum):
    """What a loop of a station serves."""

    MAIN = "main"  # the only one
    LOW = "low"  # pressure zones of the same towers
    HIGH = "high"
    RADIATOR = "radiator"  # older part of an estate
    FLOOR = "floor"  # its newer part


RADIATOR_ERAS = frozenset({Era.BEFORE_1986, Era.Y1986_1995, Era.RETROFITTED})
FLOOR_ERAS = frozenset({Era.Y2010_2018, Era.SINCE_2019})
TOWER_ERAS = frozenset({Era.Y1996_2009, Era.Y2010_2018, Era.SINCE_2019})
ERAS_OF_LOOP: Mapping[Loop, frozenset[Era]] = {
    Loop.MAIN: frozenset(Era),
    Loop.LOW: TOWER_ERAS,
    Loop.HIGH: TOWER_ERAS,
    Loop.RADIATOR: frozenset({Era.Y1986_1995, Era.Y1996_2009, Era.RETROFITTED}),
    Loop.FLOOR: TOWER_ERAS,
}
ONE_LOOP, TOWER, MIXED = (Loop.MAIN,), (Loop.LOW, Loop.HIGH), (Loop.RADIATOR, Loop.FLOOR)
TWO_LOOP_MIN_M2 = 20_000.0  # smaller stations have no second skid
NAME_WORDS = "光明 文化 和平 建设 新华 青年 振兴 胜利 永安 长江 黄河 东湖 西苑 龙泉 华山 泰和"


@dataclass(frozen=True)
class Zone:
    """A part of the network: how many stations, and where they lie."""

    zone_id: str
    station_prefix: str
    stations: int
    third_party: int  # of these stations
    latitude: float
    longitude: float
    reach_km: float  # stations lie within this distance of the point above


@dataclass(frozen=True)
class StationMix:
    """What the stations of a case add up to, and the ranges that single ones are drawn from."""

    zones: tuple[Zone, ...]
    area_m2: int
    area_range_m2: tuple[float, float]
    area_spread: float  # standard deviation of ln(area)
    index_w_per_m2: float  # mean design index q_f
    design_outdoor_c: float
    direct_users: int  # homes behind the utility's own stations
    use_shares: Mapping[Use, float]
    era_shares: Mapping[Era, float]
    era_index_w_per_m2: Mapping[Era, tuple[float, float]]
    floor_share: float
    tower_stations: int  # with a low and a high pressure loop
    mixed_stations: int  # with a radiator and a floor loop
    heat_capacity_kj_per_m2k: float
    oversize: float  # mean phi of H F8
    oversize_range: tuple[float, float]  # drawn evenly, then scaled to the mean
    radiator_supply_max_c: float  # secondary
    primary_supply_c: float
    primary_return_c: float

    @property
    def design_lift_k(self) -> float:
        """Base temperature less design outdoor temperature."""
        return BASE_TEMP_C - self.design_outdoor_c


@dataclass(frozen=True)
class Sites:
    """Stations before they are split into loops, one entry a station."""

    zone: Index
    number: Index  # within the zone, from 1
    third_party: Array  # 1 or 0
    area_m2: Array
    uses: list[Use]
    loops: list[tuple[Loop, ...]]


@dataclass(frozen=True)
class Loops:
    """Station loops with their buildings, one entry a row of `stations.csv`."""

    site: Index
    loop: list[Loop]
    area_m2: Array
    uses: list[Use]
    eras: list[Era]
    emitters: list[Emitter]

    @property
    def is_floor(self) -> Array:
        """1 for floor heating, 0 for radiators."""
        return np.array([float(emitter is Emitter.FLOOR) for emitter in self.emitters])


@dataclass(frozen=True)
class Buildings:
    """Building parameters as written, one entry a row; symbols of H F2 and F6."""

    loss_w_per_m2k: Array
    heat_capacity_kj_per_m2k: Array
    gain_w_per_m2: Array
    solar_aperture: Array
    wind_loss_w_per_m2k_per_m_s: Array
