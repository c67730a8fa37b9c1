"""What is taken of a loop before anything was measured: the case's values, spread by their era.

Means are the case's own values. Their spread is that of buildings of one era (handbook §3, §4:
half the range between the usual ends is taken as one standard deviation), and on top what a
district adds to it: heated areas are not metered, flats stand empty, offices differ. A value that
was measured and laid over the case (`case_calibrated.py`) is as sure as its standard error says.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from dispatch.case import Case, Station
from dispatch.case_calibrated import BUILDING_VALUES
from dispatch.case_kinds import Era, Manager, Use
from dispatch.station_inputs import buildings_of, floor_c, target_c
from forecasts.demand.building import BASE_TEMP_C
from forecasts.demand.identified import ExchangerPrior, LoopPrior, Prior

# Usual ends of heat at design by era, W/m² (handbook §3, Shandong); K goes with them.
INDEX_OF_ERA = {
    Era.BEFORE_1986: (45.0, 58.0),
    Era.Y1986_1995: (40.0, 48.0),
    Era.Y1996_2009: (32.0, 40.0),
    Era.Y2010_2018: (26.0, 33.0),
    Era.SINCE_2019: (18.0, 25.0),
    Era.RETROFITTED: (32.0, 40.0),
}
# Half the range of a use against housing of the same age, as a share of it (handbook §3).
SPREAD_OF_USE = {
    Use.HOUSING: 0.0,
    Use.SCHOOL: 0.10,
    Use.OFFICE: 0.18,
    Use.HOSPITAL: 0.11,
    Use.SHOP: 0.18,
}
AREA_AND_VACANCY = 0.15  # heated area as billed, flats not paid for (handbook §3, 停供户)
CAPACITY_SPREAD = 0.20  # C 260–380 kJ/(m²K) of heavy buildings and less of light ones (handbook §4)
GAIN_SD_W_PER_M2 = 1.2  # 3 to 3.8 W/m², the sun of common days and empty flats aside
APERTURE_SD = 0.012  # 0.02 to 0.05 m² per m² of floor
WIND_SD_OF_LOSS = 0.01  # 1 to 2 % of load per m/s
FLOW_SPREAD = 0.30  # 2.5 to 4.0 kg/(h m²) against 1.4 to 2.5 of designs (handbook §5)
OVERSIZE_SD = 0.20  # φ 1.0 to 1.5 in old estates
OWN_ROOM_SD_K = 1.0  # what a station is run for against what its rooms are
OTHERS_ROOM_SD_K = 1.5  # and where others run it
TIMETABLE_ROOM_SD_K = 3.0  # set back at night and on days off: a day's mean may be well below
W_PER_KW = 1000.0


def loop_priors(case: Case) -> tuple[LoopPrior, ...]:
    """Return the priors of all loops, in the order of `stations.csv`.

    To calibrate, `case` must hold the values of `stations.csv` (`as_written`): were those of an
    earlier calibration laid over them, the same days would count twice. To tell how warm rooms
    are now, it should hold the measured ones.
    """
    rooms_c = target_c(case, floor_c(case, buildings_of(case)))
    prior = partial(_prior, case)
    return tuple(prior(*pair) for pair in zip(case.stations, map(float, rooms_c), strict=True))


def _prior(case: Case, station: Station, room_c: float) -> LoopPrior:
    loss = station.specific_loss_w_per_m2k
    lift_k = BASE_TEMP_C - case.settings.design_outdoor_temp_c
    typical = LoopPrior(
        specific_loss_w_per_m2k=Prior(loss, loss * loss_spread(station)),
        heat_capacity_kj_per_m2k=_relative(station.heat_capacity_kj_per_m2k, CAPACITY_SPREAD),
        gain_w_per_m2=Prior(station.gain_w_per_m2, GAIN_SD_W_PER_M2),
        solar_aperture=Prior(station.solar_aperture, APERTURE_SD),
        wind_loss_w_per_m2k_per_m_s=Prior(
            station.wind_loss_w_per_m2k_per_m_s, WIND_SD_OF_LOSS * loss
        ),
        relative_flow=_relative(station.relative_flow, FLOW_SPREAD),
        emitter_oversize=Prior(station.emitter_oversize, OVERSIZE_SD),
        room_c=Prior(room_c, _room_sd_k(station)),
        wind_reference_m_per_s=case.settings.demand.wind_reference_m_per_s,
        design_heat_w_per_m2=station.design_loss_w_per_m2k * lift_k,
        design_supply_c=station.design_supply_c,
        design_return_c=station.design_return_c,
        emitter_exponent=station.emitter.exponent,
        exchanger=ExchangerPrior(
            ua_w_per_m2k=station.exchanger_ua_kw_per_k * W_PER_KW / station.heated_area_m2,
            primary_design_supply_c=station.primary_design_supply_c,
            primary_design_return_c=station.primary_design_return_c,
        ),
    )
    return _as_measured(typical, case.measured_se.get(station.loop_id, {}))


def _as_measured(typical: LoopPrior, measured_se: Mapping[str, float]) -> LoopPrior:
    """Return priors with the standard errors of values that were measured."""
    values: dict[str, Any] = {
        name: replace(getattr(typical, name), sd=measured_se[name])
        for name in BUILDING_VALUES
        if name in measured_se
    }
    return replace(typical, **values)


def _room_sd_k(station: Station) -> float:
    if station.timetable_id is not None:
        return TIMETABLE_ROOM_SD_K
    return OWN_ROOM_SD_K if station.managed_by is Manager.UTILITY else OTHERS_ROOM_SD_K


def _relative(value: float, spread: float) -> Prior:
    return Prior(value, value * spread)


def loss_spread(station: Station) -> float:
    """Standard deviation of K before anything was measured, as a share of it."""
    low, high = INDEX_OF_ERA[station.era]
    era = (high - low) / (high + low)
    return math.hypot(era, SPREAD_OF_USE[station.use], AREA_AND_VACANCY)
