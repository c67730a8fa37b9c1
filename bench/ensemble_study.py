"""Calibration of an ensemble fitted anew every day on the past alone, against raw and textbook.

Written to `bench/RESULTS.md` (`python -m bench.ensemble_study`, a minute). Each day's forecast is
calibrated with what was measured when it was issued. Scores over all days from the second year on;
the first is for learning, and has a row of its own.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtri

from bench.ensemble_data import FILE, DailyForecasts, read_forecasts
from bench.report import text_table, write_section
from forecasts.weather.calibration.ensemble import fit
from forecasts.weather.calibration.min_crps import Coefficients, Prior, Rows, fit_rows
from forecasts.weather.calibration.reliability import (
    independent_pairs,
    pit_dispersion,
    pit_histogram,
    reliability_diagram,
    reliability_index,
)
from forecasts.weather.calibration.scores import (
    crps_ensemble,
    crps_quantiles,
    mean_score,
    pit_quantiles,
    rmse,
)
from forecasts.weather.solar import Floats, Times

TITLE = "Calibrated ensemble, Magdeburg, 24 h ahead"
LEVELS = np.arange(1, 200) / 200
INTERVAL = (19, 179)  # of LEVELS: 10 % and 90 %
DIAGRAM = (9, 19, 49, 99, 149, 179, 189)
WINDOW_DAYS = 30
FIRST_YEAR_DAYS = 365
LEAST_DAYS = 30  # of a year, for its coverage to be told
PASTS = (0, 5, 10, 30, 100, 300, 1000)
SAMPLED_DAYS = 400
SEED = 4
SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True)
class Verified:
    """Quantile forecasts of days (day, level) with their means and what came, °C."""

    date: Times
    quantiles_c: Floats
    mean_c: Floats
    observed_c: Floats
    crps_k: Floats

    def of(self, days: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> "Verified":
        """Return some of the days."""
        arrays = (self.date, self.quantiles_c, self.mean_c, self.observed_c, self.crps_k)
        return Verified(*(array[days] for array in arrays))

    @property
    def counted(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Days that have a forecast and an observation."""
        return np.asarray(np.isfinite(self.observed_c) & np.isfinite(self.mean_c))

    @property
    def within(self) -> Floats:
        """1 where the 80 % interval held, 0 where not, nan where it does not count."""
        low, high = (self.quantiles_c[:, k] for k in INTERVAL)
        held = (self.observed_c >= low) & (self.observed_c <= high)
        return np.where(self.counted, held, np.nan)

    def coverage(self) -> float:
        """Share of observations within the 80 % interval."""
        return mean_score(self.within)

    def by_year(self) -> dict[str, float]:
        """Coverage by calendar year; years of a few days are left out."""
        year = self.date.astype("datetime64[Y]")
        years, days = np.unique(year, return_counts=True)
        whole = years[days >= LEAST_DAYS]
        return {str(y): mean_score(self.within[year == y]) for y in whole}

    def by_season(self) -> dict[str, float]:
        """Coverage by meteorological season, all years together."""
        season = (self.date.astype("datetime64[M]").astype(int) % 12 + 1) % 12 // 3
        return {name: mean_score(self.within[season == k]) for k, name in enumerate(SEASONS)}


def verified(
    data: DailyForecasts, days: Sequence[int], quantiles_c: Floats, mean_c: Floats
) -> Verified:
    """Return forecasts with what came; CRPS from their quantiles."""
    seen = data.observed_c[list(days)]
    score = crps_quantiles(quantiles_c, LEVELS, seen)
    return Verified(data.date[list(days)], quantiles_c, mean_c, seen, score)


def raw(data: DailyForecasts, days: Sequence[int]) -> Verified:
    """The ensemble as it came, quantiles between members."""
    members = data.members_c[list(days)]
    quantiles = np.quantile(members, LEVELS, axis=1).T
    found = verified(data, days, quantiles, data.mean_c[list(days)])
    score = crps_ensemble(members, found.observed_c)
    return Verified(found.date, found.quantiles_c, found.mean_c, found.observed_c, score)


def textbook(data: DailyForecasts, days: Sequence[int], *, free: bool) -> Verified:
    """Fitted on the last 30 days: bias and spread factor, or EMOS (Gneiting et al. 2005).

    `free`: mean a + b·(ensemble mean) and variance c + d·s², by least CRPS, hardly held by priors;
    otherwise mean a + ensemble mean, variance d·s².
    """
    mean, spread = data.mean_c, data.sd_k**2
    ones = np.ones(mean.size)
    columns = np.stack([ones, (mean - 10) / 10], axis=1) if free else ones[:, None]
    parts = np.stack([ones, spread], axis=1) if free else spread[:, None]
    start = Coefficients(np.zeros(columns.shape[1]), np.ones(parts.shape[1]))
    prior = Prior(start, np.full(start.mean.size, 0.1), np.full(start.root.size, 0.1))
    found = np.full((len(days), 2), np.nan)
    for k, day in enumerate(days):
        # measured when issued: everything before the day itself
        window = slice(max(0, day - WINDOW_DAYS), day)
        error = data.observed_c[window] - mean[window]
        known = np.isfinite(error)
        rows = Rows(columns[window][known], parts[window][known], error[known], ones[window][known])
        fitted = fit_rows(rows, prior)
        found[k] = mean[day] + columns[day] @ fitted.mean, np.sqrt(parts[day] @ fitted.root**2)
    return verified(data, days, *_normal(found[:, 0], found[:, 1]))


def raw_normal(data: DailyForecasts, days: Sequence[int]) -> Verified:
    """A normal distribution of the members' mean and sd."""
    return verified(data, days, *_normal(data.mean_c[list(days)], data.sd_k[list(days)]))


def ours(data: DailyForecasts, days: Sequence[int], past_days: int | None = None) -> Verified:
    """Calibrated as the program does it, from all the past or from its last `past_days` alone."""
    whole = data.past()
    quantiles = np.full((len(days), LEVELS.size), np.nan)
    mean = np.full(len(days), np.nan)
    for k, day in enumerate(days):
        run = data.forecast(day)
        past = whole if past_days is None else data.past(slice(max(0, day - past_days), day))
        calibration = fit(past, run.issue_time)
        quantiles[k], mean[k] = calibration.quantiles(run, LEVELS)[:, 0], calibration.mean(run)[0]
    return verified(data, days, quantiles, mean)


def score_row(name: str, done: Verified) -> list[str]:
    """The figures of one way."""
    pit = pit_quantiles(done.quantiles_c, LEVELS, done.observed_c)
    years, seasons = done.by_year(), done.by_season()
    far_year = max(years, key=lambda year: abs(years[year] - 0.8))
    far_season = max(seasons, key=lambda season: abs(seasons[season] - 0.8))
    return [
        name,
        f"{mean_score(done.crps_k):.4f}",
        f"{rmse(done.mean_c, done.observed_c):.3f}",
        f"{100 * done.coverage():.1f} %",
        f"{100 * years[far_year]:.1f} % ({far_year})",
        f"{100 * seasons[far_season]:.1f} % ({far_season})",
        f"{pit_dispersion(pit):.3f}",
        f"{reliability_index(pit_histogram(pit)):.3f}",
    ]


def coverage_table(done: Verified) -> str:
    """Coverage by year and season."""
    cells = {**done.by_year(), **done.by_season()}
    return text_table(list(cells), [[f"{100 * share:.1f}" for share in cells.values()]])


def learning_table(data: DailyForecasts) -> str:
    """CRPS and coverage on the same days with ever shorter pasts."""
    random = np.random.default_rng(SEED)
    all_days = np.arange(max(PASTS), data.date.size)
    days = np.sort(random.choice(all_days, SAMPLED_DAYS, replace=False)).tolist()
    score = mean_score(raw(data, days).crps_k)
    rows = [["raw ensemble", f"{score:.3f}", f"{100 * raw(data, days).coverage():.1f} %"]]
    for count in PASTS:
        done = ours(data, days, count)
        rows.append(
            [str(count), f"{mean_score(done.crps_k):.3f}", f"{100 * done.coverage():.1f} %"]
        )
    return text_table(["past runs", "CRPS K", "80 % interval held"], rows)


def reliability_text(done: Verified) -> str:
    """The reliability diagram in words: level, share observed, band."""
    pit = pit_quantiles(done.quantiles_c, LEVELS, done.observed_c)
    at = list(DIAGRAM)
    diagram = reliability_diagram(
        done.quantiles_c[:, at], LEVELS[at], done.observed_c, independent_pairs(pit)
    )
    rows = [
        [f"{level:.2f}", f"{share:.3f}", f"{low:.3f} to {high:.3f}"]
        for level, share, low, high in zip(
            diagram.level, diagram.observed_share, diagram.band_low, diagram.band_high, strict=True
        )
    ]
    return text_table(["quantile", "observed below", "90 % band of chance"], rows)


def main(file: Path) -> None:
    """Run the study and write it down."""
    if not file.exists():
        print(f"{TITLE}: left out, {file} is missing (recorded forecasts, no part of the project).")
        return
    data = read_forecasts(file)
    days = list(range(data.date.size))
    later = np.array(days) >= FIRST_YEAR_DAYS
    began = time.process_time()
    calibrated = ours(data, days)
    took_s = time.process_time() - began
    ways: dict[str, Callable[[], Verified]] = {
        "raw ensemble": lambda: raw(data, days),
        "raw, as a normal": lambda: raw_normal(data, days),
        "bias and spread factor, 30 days": lambda: textbook(data, days, free=False),
        "EMOS, 30 days": lambda: textbook(data, days, free=True),
        "ours": lambda: calibrated,
    }
    rows = [score_row(name, way().of(later)) for name, way in ways.items()]
    rows.append(score_row("ours, first year", calibrated.of(~later)))
    month = data.date.astype("datetime64[M]").astype(int) % 12 + 1
    heating = later & ((month >= 11) | (month <= 3))
    rows.append(score_row("raw, November to March", raw(data, days).of(heating)))
    rows.append(score_row("ours, November to March", calibrated.of(heating)))
    head = ["forecast", "CRPS K", "RMSE K", "80 % interval held", "worst year", "worst season"]
    body = [
        f"{len(days)} days from {str(data.date[0])[:10]}, fitted anew each day on what was "
        f"measured when the run was issued ({1000 * took_s / len(days):.1f} ms of processor time a "
        "day). PIT variance is 1 and deviation from flat 0 for an honest forecast.",
        text_table([*head, "PIT variance", "PIT deviation"], rows),
        "Held by ours, %:",
        coverage_table(calibrated.of(later)),
        "Reliability of ours:",
        reliability_text(calibrated.of(later)),
        f"With only so many runs before, {SAMPLED_DAYS} days at random:",
        learning_table(data),
    ]
    write_section(TITLE, "\n\n".join(body))


def _normal(mean_c: Floats, sd_k: Floats) -> tuple[Floats, Floats]:
    return mean_c[:, None] + sd_k[:, None] * ndtri(LEVELS), mean_c


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
