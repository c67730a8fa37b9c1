"""How much of its due a station run by others takes: metered heat over what its curve asks.

The curve is that of the plan (`third_party_heat_kw`: F2 on the filtered outdoor temperature), so
that a plan with this share asks on average for the heat that was metered.
"""

from collections.abc import Sequence

import numpy as np

from dispatch.case import Case, Station
from dispatch.loop_weather import LoopWeather
from dispatch.station_inputs import buildings_of, floor_c, target_c, third_party_heat_kw
from forecasts.demand.building import Array, Weather
from forecasts.demand.identified import Estimate, LoopRecord

SETTLED_DAYS = 3  # until the filter of F3 has forgotten how it began
LEAST_DAYS = 7
WHOLE_DAY = 0.8  # of its steps: a day with less says too little
ALIKE_DAYS = 3.0  # days in a row err alike: fewer of them count
HOURS_A_DAY = 24.0


def compliance_of(
    case: Case,
    stations: Sequence[Station],
    records: Sequence[LoopRecord],
    weather: LoopWeather,
) -> tuple[Estimate | None, ...]:
    """Return heat taken over heat due of each loop with its standard error; None if unknown.

    `stations` are those of the case in its order, with the values that the plan will use.
    """
    outdoor_c = _without_gaps(weather.outdoor_c)
    if outdoor_c is None:
        return (None,) * len(records)
    taking_all = tuple(
        station.model_copy(update={"compliance": 1.0, "valve_open": True}) for station in stations
    )
    whole = case.model_copy(update={"stations": taking_all})
    buildings = buildings_of(whole)
    air = Weather(weather.step_h, outdoor_c, np.zeros_like(outdoor_c), np.zeros_like(outdoor_c))
    due_kw = third_party_heat_kw(whole, buildings, air, target_c(whole, floor_c(whole, buildings)))
    due_w_per_m2 = due_kw / buildings.area_m2[:, None] * 1000.0
    known = np.isfinite(weather.outdoor_c)
    return tuple(
        _share(np.where(known, record.heat_w_per_m2, np.nan), due, weather.step_h)
        for record, due in zip(records, due_w_per_m2, strict=True)
    )


def _without_gaps(outdoor_c: Array) -> Array | None:
    known = np.flatnonzero(np.isfinite(outdoor_c))
    if not known.size:
        return None
    return np.interp(np.arange(outdoor_c.size), known, outdoor_c[known])


def _share(heat: Array, due: Array, step_h: float) -> Estimate | None:
    """Sum of heat over sum of due on whole days; spread of the days as standard error."""
    per_day = round(HOURS_A_DAY / step_h)
    days = heat.size // per_day
    by_day = heat[heat.size - days * per_day :].reshape(days, per_day)
    due_by_day = due[due.size - days * per_day :].reshape(days, per_day)
    known = np.isfinite(by_day)
    whole = known.mean(axis=1) >= WHOLE_DAY
    whole[:SETTLED_DAYS] = False
    taken = np.where(known, by_day, 0.0).sum(axis=1)[whole]
    asked = np.where(known, due_by_day, 0.0).sum(axis=1)[whole]
    if whole.sum() < LEAST_DAYS or asked.sum() <= 0.0:
        return None
    share = float(taken.sum() / asked.sum())
    misses = taken - share * asked
    spread = float(np.sqrt((misses**2).sum() / (misses.size - 1))) / float(asked.mean())
    return Estimate(share, spread * float(np.sqrt(ALIKE_DAYS / misses.size)), 1.0)
