"""A small honest load model, to try the backtest with: yesterday's load, moved by temperature."""

from dataclasses import dataclass

import numpy as np

from forecasts.demand.load.baselines import same_time
from forecasts.demand.load.record import TEMPERATURE, Floats, Ints, KnownWeather, LoadRecord

LEVELS = (0.1, 0.5, 0.9)
MW_PER_K = -0.02  # of the mean load
RESIDUALS = 500


@dataclass(frozen=True)
class SimpleTold:
    levels: tuple[float, ...]
    load_mw: Floats
    quantiles_mw: Floats


@dataclass(frozen=True)
class SimpleModel:
    """Load of the same hour a day before, less 2 % of the mean load per K that it is warmer.

    The interval is that of its errors, issue by issue, over steps that had ended.
    """

    def rolled(
        self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int
    ) -> SimpleTold:
        point = self.point(record, weather, issues, leads)
        return SimpleTold(LEVELS, point, self.quantiles(record, issues, point))

    def point(self, record: LoadRecord, weather: KnownWeather, issues: Ints, leads: int) -> Floats:
        base = same_time(record, weather, issues, leads)
        if TEMPERATURE not in weather.names:
            return base
        known = record.weather[TEMPERATURE]
        day = round(24 / record.step_h)
        ahead = np.arange(leads)
        rows = issues[:, None] + (ahead - (ahead // day + 1) * day)[None, :]
        warmer = weather.ahead(TEMPERATURE, issues, leads) - known[np.maximum(rows, 0)]
        level = np.array([np.nanmean(record.load_mw[:issue]) for issue in issues])
        moved = MW_PER_K * level[:, None] * np.nan_to_num(warmer)
        return np.maximum(0.0, base + moved)

    def quantiles(self, record: LoadRecord, issues: Ints, point: Floats) -> Floats:
        """Point plus quantiles of the errors of the steps that had ended at each issue."""
        leads = point.shape[1]
        told = np.repeat(point[..., None], len(LEVELS), axis=2)
        rows = issues[:, None] + np.arange(leads)[None, :]
        size = record.load_mw.size
        seen = np.where(rows < size, record.load_mw[np.minimum(rows, size - 1)], np.nan)
        errors = seen - point
        for k, issue in enumerate(issues):
            for lead in range(leads):
                ended = issues[:k] + lead < issue
                past = errors[:k, lead][ended][-RESIDUALS:]
                past = past[np.isfinite(past)]
                if past.size >= 20:
                    told[k, lead] += np.quantile(past, LEVELS)
        return np.sort(np.maximum(0.0, told), axis=2)
