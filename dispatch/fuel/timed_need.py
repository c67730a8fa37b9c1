"""Heat of loops that are set back by a timetable, by local day and outdoor temperature.

Nobody's rooms fall and rise at once: after people leave rooms coast down to their setback, and
are warmed up by all the heat there is, as late as will do. So these loops are followed by the
hour over all days, once for each outdoor temperature, at that day's wind and sun.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.fuel.need_table import GRID_C, LoopNeeds, gust_m_per_s, hours_ahead
from dispatch.setback import at_step_ends, setbacks_c
from dispatch.station_inputs import ROUNDING_ROOM_K
from forecasts.weather.weather_ahead import WeatherAhead

Array = NDArray[np.float64]

COARSE_C = GRID_C[::3]  # enough for what is smoothed by coasting
LOOPS_AT_A_TIME = 100  # a season of hours by loop and temperature is 75 MB of these


def timed_mw(case: Case, needs: LoopNeeds, ahead: WeatherAhead) -> Array:
    """Heat of all timetabled loops, MW (day, temperature of `GRID_C`)."""
    rows = np.flatnonzero(needs.timed)
    if rows.size == 0:
        return np.zeros((ahead.days, GRID_C.size))
    total = np.zeros((ahead.days, COARSE_C.size))
    grid, day = hours_ahead(case, ahead)
    for first in range(0, rows.size, LOOPS_AT_A_TIME):
        some = rows[first : first + LOOPS_AT_A_TIME]
        part = case.model_copy(update={"stations": tuple(case.stations[s] for s in some)})
        setback = setbacks_c(part, replace(grid, step_h=1.0), 0.0, day.size + 1)
        aim_c = at_step_ends(needs.aim_c[some], setback + ROUNDING_ROOM_K)
        total += _daily_mw(case, needs, ahead, some, aim_c, day)
    return np.array([np.interp(GRID_C, COARSE_C, row) for row in total])


def _daily_mw(
    case: Case,
    needs: LoopNeeds,
    ahead: WeatherAhead,
    rows: NDArray[np.intp],
    aim_c: Array,
    day: NDArray[np.intp],
) -> Array:
    """Heat of some loops that are to be at `aim_c` (loop, hour) at the end of each hour.

    MW (day, temperature of `COARSE_C`). Backwards over the hours: how warm rooms must be so that
    all the heat there is can still do; then forwards: the least heat for that.
    """
    upper_c = case.settings.comfort.upper_c  # beyond it no room is warmed for later
    hours = _Hours(needs, ahead, rows)
    wanted = np.empty((day.size, rows.size, COARSE_C.size))
    later = np.full((rows.size, COARSE_C.size), -np.inf)
    for hour in range(day.size - 1, -1, -1):
        later = np.maximum(aim_c[:, hour, None], np.minimum(later, upper_c))
        wanted[hour] = later
        keep, rest_c, lift = hours.of(int(day[hour]))
        later = (later - (1.0 - keep) * rest_c - lift * hours.most_kw) / keep
    rooms = np.maximum(aim_c[:, 0, None], np.minimum(later, upper_c))
    total = np.zeros((ahead.days, COARSE_C.size))
    for hour in range(day.size):
        keep, rest_c, lift = hours.of(int(day[hour]))
        idle = keep * rooms + (1.0 - keep) * rest_c
        heat = np.clip((wanted[hour] - idle) / lift, hours.least_kw, hours.most_kw)
        rooms = idle + lift * heat
        total[day[hour]] += needs.available[rows, day[hour]] @ heat / 1000.0
    return total / np.maximum(1, np.bincount(day, minlength=ahead.days))[:, None]


class _Hours:
    """One hour of some loops at every outdoor temperature (F6), as wind and sun of its day."""

    def __init__(self, needs: LoopNeeds, ahead: WeatherAhead, rows: NDArray[np.intp]) -> None:
        self._needs, self._ahead, self._rows = needs, ahead, rows
        self.least_kw, self.most_kw = needs.least_kw[rows, None], needs.most_kw[rows, None]
        self._gust = gust_m_per_s(ahead.wind_m_per_s, needs.buildings.wind_reference_m_per_s)
        self._day, self._last = -1, (np.empty(0), np.empty(0), np.empty(0))

    def of(self, day: int) -> tuple[Array, Array, Array]:
        """What is kept of rooms, where they rest without heat [°C], and their rise [K per kW]."""
        if day != self._day:
            buildings, rows = self._needs.buildings, self._rows
            loss = buildings.specific_loss_w_per_m2k[rows]
            loss = loss + buildings.wind_loss_w_per_m2k_per_m_s[rows] * self._gust[day]
            sun = buildings.solar_aperture[rows] * self._ahead.radiation_w_per_m2[day]
            keep = np.exp(-3600.0 * loss / buildings.heat_capacity_j_per_m2k[rows])
            rest_c = COARSE_C + ((buildings.gain_w_per_m2[rows] + sun) / loss)[:, None]
            lift = (1.0 - keep) * 1000.0 / (loss * buildings.area_m2[rows])
            self._day, self._last = day, (keep[:, None], rest_c, lift[:, None])
        return self._last
