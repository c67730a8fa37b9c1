"""Heat of each step from the best meter that knows it, and whether the meters agree."""

import numpy as np

from forecasts.telemetry.cleaning.evidence import Meters, heat_kw
from forecasts.telemetry.cleaning.grid import Grid
from forecasts.telemetry.cleaning.series import Floats, moment
from forecasts.telemetry.cleaning.units_by_balance import POINT
from forecasts.telemetry.readings import Action, Done, HeatBasis

DISAGREE = 0.15
LEAST_DAYS = 3
DAY_SHARE = 0.5  # of the steps of a day that both must know
DAYS_SHARE = 0.7  # of the days on which they disagree, to the same side


def heat_of_steps(meters: Meters, grid: Grid) -> tuple[Floats, Floats]:
    """Heat in kW and its `HeatBasis`, (step,) each; counter, rate, secondary, primary flow."""
    heat = np.full(grid.times.size, np.nan)
    basis = np.full(grid.times.size, float(HeatBasis.NONE))
    found = heat_kw(meters, grid)
    for one in sorted(found):  # the codes are in order, best first
        values = found[one]
        if one in (HeatBasis.SECONDARY_FLOW, HeatBasis.PRIMARY_FLOW):
            values = np.maximum(values, 0.0)  # within the error of the sensors: no heat
        take = np.isnan(heat) & np.isfinite(values)
        heat, basis = np.where(take, values, heat), np.where(take, float(one), basis)
    return heat, basis


def meters_compared(meters: Meters, grid: Grid) -> list[Done]:
    """Tell the meters that differ from the best one by more than 15 % day after day."""
    found = heat_kw(meters, grid)
    if len(found) < 2:
        return []
    best, *rest = sorted(found)
    day = (grid.times.astype("datetime64[D]") - grid.times[0].astype("datetime64[D]")).astype(int)
    did = []
    for other in rest:
        ratio = _by_day(found[other], found[best], day, grid.step_h)
        known = np.flatnonzero(np.isfinite(ratio))
        if known.size < LEAST_DAYS:
            continue
        middle = float(np.median(ratio[known]))
        off = np.sign(middle - 1.0) * (ratio[known] - 1.0) > DISAGREE
        if abs(middle - 1.0) > DISAGREE and float(off.mean()) >= DAYS_SHARE:
            first, last = grid.times[day == known[0]][0], grid.times[day == known[-1]][-1]
            detail = f"left: {middle:.2f} of {POINT[best]}, {int(off.sum())} days"
            name = str(meters.station.id)
            did.append(
                Done(
                    *(name, str(POINT[other]), Action.METERS_DISAGREE, 0),
                    *(moment(first), moment(last), detail),
                )
            )
    return did


def _by_day(own_kw: Floats, best_kw: Floats, day: np.ndarray, step_h: float) -> Floats:
    """Energy of one meter over the other's by day, where both know half of it; NaN without heat."""
    both = np.isfinite(own_kw) & np.isfinite(best_kw)
    number = np.bincount(day, weights=both.astype(float)) * step_h
    own = np.bincount(day, weights=np.where(both, own_kw, 0.0))
    best = np.bincount(day, weights=np.where(both, best_kw, 0.0))
    usual = float(np.quantile(best[best > 0], 0.75)) if (best > 0).any() else np.inf
    enough = (number >= DAY_SHARE * 24.0) & (best > 0.2 * usual)
    return np.where(enough, own / np.where(enough, best, 1.0), np.nan)
