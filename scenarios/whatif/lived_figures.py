"""What policies came to in weather that was not foreseen: fuel, degree-hours, homes, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dispatch.case import Case
from dispatch.messages import moment
from dispatch.run_tables import local_time, utc_datetime
from dispatch.source_inputs import TCE_PER_MWH
from scenarios.whatif.lived import Lived, Policy

Array = NDArray[np.float64]

COLD_K = 0.05  # less is rounding
KGCE_PER_TCE = 1_000.0
KWH_PER_MWH = 1_000.0


@dataclass(frozen=True)
class Cold:
    """Rooms under their floor, and flats under the law, of our own stations while people are in."""

    below_floor_kh: float  # of rooms, mean of homes, K·h
    flats_kh: float  # of the coldest flats under the legal minimum, mean of homes, K·h
    homes: int  # at stations whose coldest flats are under it at any hour
    since: str  # local; empty where none is
    coldest_flat_c: float


@dataclass(frozen=True)
class LivedFigures:
    """One policy over the whole span; differences are from the plan that knew the weather."""

    policy: Policy
    plans: int
    heat_mwh: float  # made by the sources
    fuel_tce: float  # physical, less the credit for power made
    more_fuel_tce: float
    stored_mwh: float  # heat in buildings at the end, more than with foresight
    corrected_tce: float  # more fuel, as if the rooms were as warm at the end
    cold: Cold
    warm_kh: float  # warmer than with foresight, mean of homes, K·h


def lived_figures(lived: Sequence[Lived], case: Case) -> tuple[LivedFigures, ...]:
    """Return the figures of each policy; the first one is what the others are counted from."""
    best = lived[0]
    best_tce, best_room = _fuel_tce(best, case), best.steps("station_indoor")
    tce_per_mwh = best_tce / max(1e-9, float(best.steps("source_heat").sum()) * best.step_h)
    found = []
    for one in lived:
        fuel_tce, room = _fuel_tce(one, case), one.steps("station_indoor")
        stored_mwh = float(_mwh_per_k(one) @ (room[:, -1] - best_room[:, -1]))
        more_tce = fuel_tce - best_tce
        found.append(
            LivedFigures(
                policy=one.policy,
                plans=one.plans,
                heat_mwh=float(one.steps("source_heat").sum()) * one.step_h,
                fuel_tce=fuel_tce,
                more_fuel_tce=more_tce,
                stored_mwh=stored_mwh,
                corrected_tce=more_tce - stored_mwh * tce_per_mwh,
                cold=_cold(one, case),
                warm_kh=_mean_of_homes(one, np.maximum(0.0, room - best_room)),
            )
        )
    return tuple(found)


def _fuel_tce(lived: Lived, case: Case) -> float:
    """Fuel burnt less what the power made would have taken elsewhere."""
    burnt_mwh = float(lived.steps("source_fuel").sum()) * lived.step_h
    power_mwh = float(np.nansum(lived.steps("source_power"))) * lived.step_h
    credit = case.settings.fuel.power_credit_kgce_per_kwh * KWH_PER_MWH / KGCE_PER_TCE
    return burnt_mwh * TCE_PER_MWH - power_mwh * credit


def _cold(lived: Lived, case: Case) -> Cold:
    room, floor = lived.steps("station_indoor"), lived.steps("station_floor")
    flats = peopled_flats_c(lived, case)
    under = _under_the_law_k(flats, case)
    homes = lived.spans[0].schedule["station_homes"].values[ours(lived)]
    is_cold = under > COLD_K
    since = cold_since(lived, case)
    return Cold(
        below_floor_kh=_mean_of_homes(lived, np.maximum(0.0, floor - room)),
        flats_kh=float(under.sum(axis=1) @ homes) * lived.step_h / max(1.0, float(homes.sum())),
        homes=int(homes[is_cold.any(axis=1)].sum()),
        since="" if since is None else moment(since),
        coldest_flat_c=float(np.fmin.reduce(flats, axis=None, initial=np.nan)),
    )


def peopled_flats_c(lived: Lived, case: Case) -> Array:
    """Coldest flats of our stations at the end of steps, (our station, step); NaN: nobody in."""
    margin_k = lived.spans[0].schedule["station_cold_flat_margin"].values[:, None]
    flats = lived.steps("station_indoor") - margin_k
    # In a setback the floor is below the law: nobody is in.
    there = lived.steps("station_floor") >= case.settings.comfort.legal_min_c
    return np.asarray(np.where(there, flats, np.nan)[ours(lived)])


def cold_since(lived: Lived, case: Case) -> datetime | None:
    """First step with flats of ours under the legal minimum, local; None where there is none."""
    cold = (_under_the_law_k(peopled_flats_c(lived, case), case) > COLD_K).any(axis=0)
    if not cold.any():
        return None
    return local_time(utc_datetime(times(lived)[int(cold.argmax())]), case.settings.timezone)


def _under_the_law_k(flats_c: Array, case: Case) -> Array:
    return np.nan_to_num(np.maximum(0.0, case.settings.comfort.legal_min_c - flats_c), nan=0.0)


def times(lived: Lived) -> NDArray[np.datetime64]:
    """Starts of the steps carried out, UTC."""
    cut = [
        span.schedule["time"].values[: span.steps("air_temperature").size] for span in lived.spans
    ]
    return np.concatenate(cut)


def ours(lived: Lived) -> NDArray[np.bool_]:
    """Which stations are ours to command, (station,)."""
    return np.asarray(lived.spans[0].schedule["station_controllable"].values > 0)


def _mean_of_homes(lived: Lived, kelvin: Array) -> float:
    """K·h of our stations, the mean of their homes."""
    own = ours(lived)
    homes = lived.spans[0].schedule["station_homes"].values[own]
    total = float(kelvin[own].sum(axis=1) @ homes) * lived.step_h
    return total / max(1.0, float(homes.sum()))


def _mwh_per_k(lived: Lived) -> Array:
    schedule = lived.spans[0].schedule
    per_k = schedule["station_heat_capacity"].values * schedule["station_area"].values
    return np.asarray(per_k / 3.6e9)
