"""Drawn winters against real ones: Shenyang observed 2010-2015, and typical years of six stations.

Written to `bench/RESULTS.md` (`python -m bench.climate_study`; half a minute). The records lie in
`shared/data/weather` beside the project; where that folder is missing the study says so and
writes only what needs no record: design figures, load duration.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bench.report import text_table, write_section
from bench.winter_figures import figures
from forecasts.weather.climate.annual import annual_course
from forecasts.weather.climate.climate import Climate, ClimateVersion
from forecasts.weather.climate.packaged import packaged_climate
from forecasts.weather.climate.past_hours import read_past
from forecasts.weather.climate.paths import daily_paths, winter_paths
from forecasts.weather.climate.spells import (
    HeatingDays,
    design_temperature_c,
    heating_days,
    load_duration_c,
)

Floats = NDArray[np.float64]

TITLE = "Drawn winters against real ones"
DATA = Path(__file__).resolve().parents[2] / "shared/data/weather"
OBSERVED = "observed/shenyang_2010_2015.csv.gz"
OFFSET = timedelta(hours=8)
WINTERS = (2010, 2011, 2012, 2013, 2014)
DAYS = 151  # 1 November to 31 March
COLD_MONTHS = (10, 11, 0, 1, 2)
SETS, YEARS, SEED = 200, 400, 1
# file, the packaged city whose spread and persistence draw the winters
TYPICAL = (
    ("CHN_LN_Shenyang.543420", "shenyang"),
    ("CHN_LN_Dalian-Zhoushuizi.Intl.AP.546620", "dalian"),
    ("CHN_SD_Jinan.Tsinan.548230", "jinan"),
    ("CHN_JS_Xuzhou.580270", "zaozhuang"),
    ("CHN_AH_Dangshan.580150", "heze"),
)
# GB 50736-2012 Appendix A: t_w', N5, T5, N8, T8
GB50736 = {
    "jinan": (-5.3, 99, 1.4, 122, 2.1),
    "heze": (-4.9, 105, 0.9, 130, 2.2),
    "yanzhou": (-5.5, 104, 0.6, 137, 2.1),
    "linyi": (-4.7, 103, 1.0, 135, 2.3),
    "dezhou": (-6.5, 114, 0.0, 141, 1.3),
    "shenyang": (-16.9, 152, -5.1, 172, -3.6),
    "dalian": (-9.8, 132, -0.7, 152, 0.3),
    "anshan": (-15.1, 143, -3.8, 163, -2.5),
    "fushun": (-20.0, 161, -6.3, 182, -4.8),
    "benxi": (-18.1, 157, -5.1, 175, -3.8),
    "jinzhou": (-13.1, 144, -3.4, 164, -2.2),
}


@dataclass(frozen=True)
class Compared:
    """A figure of a record, and of drawn sets of as many winters: mean, 5 % and 95 %."""

    real: float
    mean: float
    low: float
    high: float


def observed_winters(folder: Path = DATA) -> Floats:
    """Return the five observed winters, shape (5, hours), whole degrees; nan is a gap."""
    with gzip.open(folder / OBSERVED, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = np.array([row["time_local"] for row in rows], dtype="datetime64[h]")
    values = np.array([float(row["ta_c"] or "nan") for row in rows])
    firsts = [int(np.flatnonzero(times == np.datetime64(f"{y}-11-01T00"))[0]) for y in WINTERS]
    return np.stack([values[first : first + 24 * DAYS] for first in firsts])


def typical_winter(name: str, folder: Path = DATA) -> Floats:
    """Return a typical year's winter, shape (1, hours): November, December, then January on."""
    path = folder / "epw" / f"{name}_TMYx.epw.gz"
    (year,) = read_past([path], ZoneInfo("Asia/Shanghai"))
    values = year.values["air_temperature"]
    early, late = 24 * 61, 24 * (DAYS - 61)  # to 31 December, from 1 January
    return np.concatenate([values[-early:], values[:late]])[None, :]


def centred(climate: Climate, winters_c: Floats) -> Climate:
    """Return the climate with the monthly means of the winters at hand, its spread as it was."""
    first = np.datetime64("2014-11-01", "h")
    month = (first + np.arange(winters_c.shape[1])).astype("datetime64[M]").astype(int) % 12
    means = list(climate.mean_c)
    for k in COLD_MONTHS:
        means[k] = float(np.nanmean(winters_c[:, month == k]))
    return replace(climate, mean_c=tuple(means))


def compared(climate: Climate, winters_c: Floats, sets: int = SETS) -> dict[str, Compared]:
    """Return figures of a record beside those of drawn sets with its gaps and whole degrees."""
    count = winters_c.shape[0]
    start = datetime(2014, 11, 1, tzinfo=UTC) - OFFSET
    end = start + timedelta(days=DAYS)
    drawn = winter_paths(centred(climate, winters_c), start, end, sets * count, SEED)
    paths = drawn["air_temperature"].values.astype(np.float64).reshape(sets, count, -1)
    if (np.nan_to_num(winters_c) % 1 == 0).all():
        paths = np.round(paths)
    paths[:, np.isnan(winters_c)] = np.nan
    real = figures(winters_c)
    found = [figures(one) for one in paths]
    return {
        name: Compared(
            value,
            float(np.mean([one[name] for one in found])),
            *np.percentile([one[name] for one in found], [5, 95]).tolist(),
        )
        for name, value in real.items()
    }


def comparison_table(found: dict[str, Compared]) -> str:
    """Figures of a record and of the drawn sets as a Markdown table."""
    rows = [
        [name, f"{c.real:.3g}", f"{c.mean:.3g}", f"{c.low:.3g} to {c.high:.3g}", _inside(c)]
        for name, c in found.items()
        if np.isfinite(c.real)
    ]
    return text_table(["figure", "real", "drawn", "drawn sets, 90 %", "inside"], rows)


def typical_table(folder: Path) -> str:
    """The figures of the issue for each typical year as a Markdown table."""
    names = (
        "mean, °C",
        "sd of hours, K",
        "autocorrelation at 1 h",
        "autocorrelation at 6 h",
        "autocorrelation at 24 h",
        "autocorrelation at 72 h",
        "coldest day, °C, mean of winters",
        "cold waves a winter",
        "degree-hours a winter, 1000 K h",
    )
    rows = []
    for file, city in TYPICAL:
        found = compared(packaged_climate(city), typical_winter(file, folder))
        cells = []
        for name in names:
            c = found[name]
            cells.append(f"{c.real:.3g} / {c.mean:.3g} ({c.low:.3g} to {c.high:.3g})")
        rows.append([f"{file.split('.')[0]} ({city})", *cells])
    return text_table(["typical year (climate)", *(name.split(", ")[0] for name in names)], rows)


def design_table(cities: Sequence[str] = tuple(GB50736)) -> str:
    """GB 50736 figures and those of the design climate as a Markdown table."""
    rows = []
    for city in cities:
        design, days5, mean5, days8, mean8 = GB50736[city]
        came5, came8, came = design_figures(packaged_climate(city, ClimateVersion.DESIGN))
        recent = design_figures(packaged_climate(city))[2]
        rows.append(
            [
                city,
                f"{days5} / {came5.days:.0f}",
                f"{mean5:.1f} / {came5.mean_c:.1f}",
                f"{days8} / {came8.days:.0f}",
                f"{mean8:.1f} / {came8.mean_c:.1f}",
                f"{design:.1f} / {came:.1f}",
                f"{recent:.1f}",
            ]
        )
    head = ["city: published / came out", "N5", "T5", "N8", "T8", "t_w'", "t_w' of recent"]
    return text_table(head, rows)


def design_figures(climate: Climate) -> tuple[HeatingDays, HeatingDays, float]:
    """Return N5/T5, N8/T8 of the smooth course, and t_w' of drawn years."""
    noons = np.datetime64("2001-01-01T04", "ns") + np.arange(365) * np.timedelta64(24, "h")
    course = annual_course(climate.mean_c, noons)
    start = datetime(2001, 7, 1, tzinfo=UTC) - OFFSET
    years = daily_paths(climate, start, start + timedelta(days=365), YEARS, SEED)
    drawn = design_temperature_c(years["air_temperature"].values.astype(np.float64))
    return heating_days(course, 5.0), heating_days(course, 8.0), drawn


def duration_table(cities: Sequence[str] = ("zaozhuang", "shenyang", "dalian")) -> str:
    """Load duration of drawn seasons beside the formula of H§3 as a Markdown table."""
    seasons = {
        "zaozhuang": ("11-15", 121, -4.5),
        "shenyang": ("11-01", 151, -16.9),
        "dalian": ("11-05", 152, -9.8),
    }
    days = np.array([1, 5, 10, 30, 60, 90, 120])
    rows = []
    for city in cities:
        first, length, design_c = seasons[city]
        start = datetime.fromisoformat(f"2014-{first}T00:00+08:00")
        climate = packaged_climate(city, ClimateVersion.DESIGN)
        drawn = daily_paths(climate, start, start + timedelta(days=length), YEARS, SEED)
        ordered = np.sort(drawn["air_temperature"].values.astype(np.float64), axis=1)
        formula = load_duration_c(days, length, float(ordered.mean()), design_c)
        cells = [
            f"{a:.1f} / {b:.1f}"
            for a, b in zip(formula, ordered.mean(axis=0)[days - 1], strict=True)
        ]
        rows.append([city, *cells])
    return text_table(["formula / drawn, °C", *(f"{day}th day" for day in days)], rows)


def _inside(c: Compared) -> str:
    return "yes" if c.low <= c.real <= c.high else "no"


def main() -> None:
    """Run the study and write it down."""
    body = []
    if (DATA / OBSERVED).exists():
        winters = observed_winters()
        body += [
            "Five winters of Shenyang (1 November to 31 March, 2010 to 2014; whole degrees, "
            f"{np.isnan(winters).mean():.1%} of the hours missing) and {SETS} drawn sets of five, "
            "moved to the monthly means of these winters, with their gaps and rounding. Fitted to "
            "this record: spread of daily means by month, skewness and kurtosis, memory, season "
            "share, fronts, share of the mean daily course. How clouds and wind widen the daily "
            "range was chosen by its scatter, with an eye on the number of cold waves. Not fitted: "
            "coldest day and hour, falls, degree-hours, n-th coldest day, changes in 24 h.",
            comparison_table(compared(packaged_climate("shenyang"), winters)),
            "Typical years (EPW, one winter each) and drawn winters of the nearest climate, moved "
            "to their monthly means; real / drawn (90 % of drawn winters). Of these only the "
            "memory of the Shandong plain was set by them. Months of a typical year are chosen to "
            "be average, so extremes of real winters go further.",
            typical_table(DATA),
        ]
    else:
        body.append(f"No records here ({DATA} is missing): nothing is compared with real winters.")
    body += [
        "Design climate (1971-2000). N and T from its smooth course, t_w' from "
        f"{YEARS} drawn years; means and spread were derived from these figures.",
        design_table(),
        "Load duration of the design climate's season: formula of handbook section 3 with t_w' "
        f"and the season mean, and the mean of {YEARS} drawn seasons.",
        duration_table(),
    ]
    write_section(TITLE, "\n\n".join(body))


if __name__ == "__main__":
    main()
