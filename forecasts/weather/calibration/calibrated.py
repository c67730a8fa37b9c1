"""A calibration as it is kept and applied: a run in, mean, sd, quantiles and members out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from forecasts.weather.calibration.coupling import member_levels
from forecasts.weather.calibration.default_error import default_hourly_k
from forecasts.weather.calibration.design import Columns, Parts
from forecasts.weather.calibration.known import valid_times
from forecasts.weather.calibration.lead_buckets import between
from forecasts.weather.calibration.min_crps import LEAST_VARIANCE
from forecasts.weather.calibration.past_ensemble import EnsembleForecast, EnsemblePast
from forecasts.weather.calibration.shape import Shape
from forecasts.weather.calibration.stretch import USUAL_SPREAD
from forecasts.weather.solar import Floats

MOST_SHIFT_K = 8.0  # of the calibrated from the raw mean, whatever was learned


@dataclass(frozen=True)
class BucketFit:
    """What was learned in one stretch of lead times."""

    centre_h: float
    pairs: int
    independent_pairs: float  # weighted by age and season, neighbours in time counted once
    first_issue: str  # ISO 8601 UTC of the first and last run used; empty without pairs
    last_issue: str
    coefficients: tuple[float, ...]  # of `Calibration.columns`
    variance: tuple[float, ...]  # shares of H§2's variance, of the members', of recent squares
    recent_k: tuple[float, ...]  # fading means of the latest errors
    recent_k2: float  # and of their squares
    held: float  # 0 to 1: share of the level that its prior still has


@dataclass(frozen=True)
class Calibration:
    """What the past says of an ensemble's errors, as known at `known_by`; JSON for provenance."""

    known_by: str  # ISO 8601 UTC
    columns: Columns
    buckets: tuple[BucketFit, ...]
    shape: Shape
    climate_sd_k: float

    @property
    def pairs(self) -> int:
        """How many pairs of forecast and observation were used."""
        return sum(bucket.pairs for bucket in self.buckets)

    def location_and_scale(self, forecast: EnsembleForecast) -> tuple[Floats, Floats]:
        """Return location [°C] and scale [K] of the calibrated distribution, (lead,).

        Nan where neither a member nor a guide is.
        """
        past = forecast.as_past()
        ways = between(np.array([b.centre_h for b in self.buckets]), forecast.lead_h)
        usual = default_hourly_k(forecast.lead_h, self.climate_sd_k) ** 2
        spread = np.where(np.isfinite(past.spread_k2[0]), past.spread_k2[0], USUAL_SPREAD * usual)
        shift, variance = np.zeros(usual.size), np.zeros(usual.size)
        for way, bucket in zip(ways, self.buckets, strict=True):
            shift += way * (self._columns_of(past, bucket) @ np.array(bucket.coefficients))
            told = np.stack([usual, spread, np.full(usual.size, bucket.recent_k2)], axis=1)
            variance += way * (told @ np.array(bucket.variance))
        scale = np.sqrt(np.maximum(variance, LEAST_VARIANCE * usual))
        return past.centre_c[0] + np.clip(shift, -MOST_SHIFT_K, MOST_SHIFT_K), scale

    def mean(self, forecast: EnsembleForecast) -> Floats:
        """Return the calibrated mean, °C, (lead,)."""
        location, scale = self.location_and_scale(forecast)
        return location + self.shape.mean() * scale

    def sd(self, forecast: EnsembleForecast) -> Floats:
        """Return the calibrated sd, K, (lead,)."""
        return self.shape.sd() * self.location_and_scale(forecast)[1]

    def quantiles(self, forecast: EnsembleForecast, levels: Sequence[float] | Floats) -> Floats:
        """Return calibrated quantiles, °C, (level, lead); rising in `levels`, 0 to 1."""
        location, scale = self.location_and_scale(forecast)
        return np.asarray(location + scale * self.shape.quantiles(levels)[:, None])

    def members(self, forecast: EnsembleForecast) -> Floats:
        """Return calibrated members, °C, (member, lead): as many quantiles, in the raw order.

        A member missing at a lead (nan) stays so, and the others share the levels.
        """
        location, scale = self.location_and_scale(forecast)
        levels = member_levels(forecast.members_c)
        return np.asarray(location + scale * self.shape.quantiles(levels))

    def to_json(self) -> str:
        """Return everything as JSON: the same calibration is the same text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def _columns_of(self, past: EnsemblePast, bucket: BucketFit) -> Floats:
        recent = np.tile(bucket.recent_k, (past.lead_h.size, 1))
        parts = Parts(
            valid_times(past.issue_times, past.lead_h)[0],
            past.centre_c[0],
            {name: values[0] for name, values in past.guides_k.items()},
            {name: values[0] for name, values in past.signals_k.items()},
            recent,
        )
        return self.columns.matrix(parts)


def calibration_from_json(text: str) -> Calibration:
    """Return the calibration that `Calibration.to_json` wrote."""
    found = json.loads(text)
    columns = found["columns"]
    columns |= {name: tuple(columns[name]) for name in ("guides", "signals")}
    lists = ("coefficients", "variance", "recent_k")
    buckets = tuple(
        BucketFit(**bucket | {name: tuple(bucket[name]) for name in lists})
        for bucket in found["buckets"]
    )
    return Calibration(
        found["known_by"],
        Columns(**columns),
        buckets,
        Shape(tuple(found["shape"]["scores"])),
        found["climate_sd_k"],
    )
