"""A climate from measured hours: what the record can tell is fitted, the rest is the base's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

import numpy as np

from forecasts.weather.climate.climate import Climate, Months
from forecasts.weather.climate.fit_parts import (
    Hours,
    fitted_means,
    fitted_memory_h,
    fitted_months,
    fitted_range,
    fitted_season_share,
    fitted_spread,
    hours_of,
)
from forecasts.weather.climate.fit_report import Assumption, FitPart, FitReason, FitReport
from forecasts.weather.climate.normals import away_km, nearest_city
from forecasts.weather.climate.past_hours import PastFault, PastHours, read_past
from forecasts.weather.climate.schema import CITY_ID
from forecasts.weather.provider import Place

YEARS_FOR_MEMORY = 2.5
YEARS_FOR_SEASON = 10.0
YEARS_FOR_RECORD = 5.0
NEAR_KM = 50.0  # within which a record low is that of the same air
_LEAST_MONTHS = 3  # of temperature, below which there is nothing to fit
_LIMITS = {
    FitPart.WIND: (0.1, 25.0),
    FitPart.RADIATION: (0.0, 450.0),
    FitPart.HUMIDITY: (1.0, 100.0),
}


def fit_files(
    paths: Sequence[Path], place: Place | None, name: str, zone: tzinfo
) -> tuple[Climate, FitReport]:
    """Return the climate `name` of the files' place, and what it rests on.

    `place` may be left out if the first file is an EPW, which says where it stands; `zone` is of
    CSV times without an offset. Raises PastFault with all faults of the files, ValueError for a
    `name` that is no identifier.
    """
    past = read_past(paths, zone)
    if place is None:
        if past[0].latitude is None or past[0].longitude is None:
            cure = "Give latitude and longitude."
            raise PastFault((f"{past[0].file}: does not say where it was measured. {cure}",))
        place = Place(past[0].latitude, past[0].longitude, "UTC")
    return fit_climate(past, place, name)


def fit_climate(
    past: Sequence[PastHours], place: Place, name: str, base: Climate | None = None
) -> tuple[Climate, FitReport]:
    """Return the climate of `past` at `place`, and what was fitted and what assumed.

    What the record cannot tell is that of `base`, the nearest packaged city by default. Raises
    PastFault if fewer than three months have temperatures enough, ValueError for a bad `name`.
    """
    if not re.match(CITY_ID, name):
        raise ValueError(f"{name!r} is no name for a climate: use a-z, 0-9, _ and -.")
    base = nearest_city(place)[0] if base is None else base
    hours = hours_of(past, place.longitude)
    work = _Work(replace(base, city=name, latitude=place.latitude, longitude=place.longitude))
    typical = all(part.typical for part in past)
    work = _means(work, hours, base, typical)
    work = _movement(work, hours, base, typical)
    work = _column(work, hours, FitPart.WIND, "wind_speed", base.wind_m_per_s)
    work = _column(work, hours, FitPart.RADIATION, "global_radiation", base.radiation_w_per_m2)
    work = _column(work, hours, FitPart.HUMIDITY, "relative_humidity", base.humidity_pct)
    climate = replace(_rounded(work.climate), sources=_sources(past, base, work))
    report = FitReport(
        city=name,
        base_city=base.city,
        base_km=away_km(place, base),
        files=tuple(part.file for part in past),
        hours_used=sum(part.hours_known for part in past),
        hours_missing=sum(part.hours_missing for part in past),
        years=hours.years,
        typical_year=typical,
        fitted=work.fitted,
        assumed=work.assumed,
        ignored_columns=tuple(sorted({c for part in past for c in part.ignored_columns})),
    )
    return climate, report


@dataclass(frozen=True)
class _Work:
    """A climate on its way from the base to the fit."""

    climate: Climate
    fitted: tuple[FitPart, ...] = ()
    assumed: tuple[Assumption, ...] = ()

    def with_fit(self, part: FitPart, climate: Climate) -> "_Work":
        return _Work(climate, (*self.fitted, part), self.assumed)

    def with_assumption(self, part: FitPart, reason: FitReason, detail: str = "") -> "_Work":
        return _Work(self.climate, self.fitted, (*self.assumed, Assumption(part, reason, detail)))

    def without_months(self, part: FitPart, missing: Sequence[int]) -> "_Work":
        """Tell that some months (0-11) came from the base."""
        if not missing:
            return self
        detail = ", ".join(str(month + 1) for month in missing)
        return self.with_assumption(part, FitReason.TOO_FEW_HOURS, detail)


def _means(work: _Work, hours: Hours, base: Climate, typical: bool) -> _Work:
    """Fit the means, the daily range and the spread of days."""
    means, missing = fitted_means(hours, base)
    if 12 - len(missing) < _LEAST_MONTHS:
        cure = f"Give at least {_LEAST_MONTHS} whole months."
        raise PastFault((f"temp_c: only {12 - len(missing)} months have hours enough. {cure}",))
    climate = replace(work.climate, mean_c=means)
    if not typical:
        climate = replace(climate, first_year=hours.first_year, last_year=hours.last_year)
    work = work.with_fit(FitPart.MEAN, climate).without_months(FitPart.MEAN, missing)
    ranges, share, missing = fitted_range(hours, base)
    climate = replace(work.climate, diurnal_range_k=ranges, course_share=share)
    work = work.with_fit(FitPart.RANGE, climate).without_months(FitPart.RANGE, missing)
    spread, missing = fitted_spread(hours, work.climate)
    climate = replace(work.climate, day_to_day_sd_k=spread)
    return work.with_fit(FitPart.SPREAD, climate).without_months(FitPart.SPREAD, missing)


def _movement(work: _Work, hours: Hours, base: Climate, typical: bool) -> _Work:
    """Fit how weather persists and how winters differ, where the record is long enough."""
    few = FitReason.TYPICAL_YEAR if typical else FitReason.TOO_FEW_YEARS
    work = work.with_assumption(FitPart.SHAPE, FitReason.NEVER_FITTED)
    if typical or hours.years < YEARS_FOR_MEMORY:
        work = work.with_assumption(FitPart.MEMORY, few, f"{YEARS_FOR_MEMORY:g}")
    else:
        kept = replace(work.climate.persistence, memory_h=fitted_memory_h(hours, work.climate))
        work = work.with_fit(FitPart.MEMORY, replace(work.climate, persistence=kept))
    if typical or hours.years < YEARS_FOR_SEASON:
        work = work.with_assumption(FitPart.SEASON, few, f"{YEARS_FOR_SEASON:g}")
    else:
        share = fitted_season_share(hours, work.climate)
        kept = replace(work.climate.persistence, season_share=share)
        work = work.with_fit(FitPart.SEASON, replace(work.climate, persistence=kept))
    return _record(work, hours, base, few)


def _record(work: _Work, hours: Hours, base: Climate, few: FitReason) -> _Work:
    """Keep the coldest hour known: of the record if long, and of a base so near that it counts."""
    coldest = float(np.nanmin(hours.values["air_temperature"]))
    near = base.record_low_c is not None and away_km(_point(work.climate), base) <= NEAR_KM
    known = coldest if base.record_low_c is None or not near else min(base.record_low_c, coldest)
    if few is FitReason.TOO_FEW_YEARS and hours.years >= YEARS_FOR_RECORD:
        return work.with_fit(FitPart.RECORD, replace(work.climate, record_low_c=known))
    climate = replace(work.climate, record_low_c=known if near else None)
    return replace(work, climate=climate).with_assumption(
        FitPart.RECORD, few, f"{YEARS_FOR_RECORD:g}"
    )


def _column(work: _Work, hours: Hours, part: FitPart, variable: str, usual: Months) -> _Work:
    """Fit the monthly means of another variable, if there is a column of it."""
    if variable not in hours.values:
        return work.with_assumption(part, FitReason.NO_COLUMN)
    months, missing = fitted_months(hours, variable, usual)
    if len(missing) == 12:
        return work.with_assumption(part, FitReason.TOO_FEW_HOURS)
    low, high = _LIMITS[part]
    within = tuple(min(max(x, low), high) for x in months)
    if part is FitPart.WIND:
        climate = replace(work.climate, wind_m_per_s=within)
    elif part is FitPart.RADIATION:
        climate = replace(work.climate, radiation_w_per_m2=within)
    else:
        climate = replace(work.climate, humidity_pct=within)
    return work.with_fit(part, climate).without_months(part, missing)


def _sources(past: Sequence[PastHours], base: Climate, work: _Work) -> tuple[tuple[str, str], ...]:
    files = ", ".join(part.file for part in past)
    hours = sum(part.hours_known for part in past)
    assumed = ", ".join(dict.fromkeys(item.part.value for item in work.assumed))
    return (
        ("fit_source", f"fitted: {files}, {hours} hours"),
        ("rest_source", f"assumed: {base.city} ({assumed})"),
    )


def _rounded(climate: Climate) -> Climate:
    """Return the climate with the digits that a record can bear, which a person can read."""
    kept = climate.persistence
    return replace(
        climate,
        mean_c=_digits(climate.mean_c, 2),
        day_to_day_sd_k=_digits(climate.day_to_day_sd_k, 2),
        diurnal_range_k=_digits(climate.diurnal_range_k, 2),
        course_share=round(climate.course_share, 3),
        wind_m_per_s=_digits(climate.wind_m_per_s, 2),
        radiation_w_per_m2=_digits(climate.radiation_w_per_m2, 1),
        humidity_pct=_digits(climate.humidity_pct, 1),
        persistence=replace(
            kept, memory_h=round(kept.memory_h, 2), season_share=round(kept.season_share, 3)
        ),
    )


def _digits(months: Months, digits: int) -> Months:
    return tuple(round(value, digits) for value in months)


def _point(climate: Climate) -> Place:
    return Place(climate.latitude, climate.longitude, "UTC")
