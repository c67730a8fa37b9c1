"""Drawn winters against real ones; skipped where the records are not beside the project."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from bench.climate_study import DATA, OBSERVED, TYPICAL, compared, observed_winters, typical_winter
from forecasts.weather.climate.limits import usual_range
from forecasts.weather.climate.packaged import packaged_climate

pytestmark = pytest.mark.skipif(
    not (DATA / OBSERVED).exists(), reason=f"no records of real winters in {DATA}"
)


@pytest.fixture(scope="module")
def shenyang():
    """Five observed winters and 40 drawn sets of five, with the record's gaps and rounding."""
    return compared(packaged_climate("shenyang"), observed_winters(), sets=40)


@pytest.mark.parametrize(
    ("figure", "within"),
    [
        ("autocorrelation at 1 h", 0.01),
        ("autocorrelation at 6 h", 0.03),
        ("autocorrelation at 24 h", 0.03),
        ("autocorrelation at 72 h", 0.04),
        ("sd of hours, K", 0.2),
        ("sd of hours within 30 days, K", 0.2),
        ("sd of daily means, K", 0.2),
        ("mean daily range, K", 0.3),
        ("sd of daily ranges, K", 0.5),
        ("skewness of hours", 0.1),
        ("skewness of 6 h changes", 0.1),
        ("coldest day, °C, mean of winters", 2.0),
        ("coldest hour, °C, mean of winters", 1.5),
        ("largest fall of the minimum in 24 h, K, mean", 1.0),
    ],
)
def test_the_drawn_winter_has_the_figures_of_shenyang(shenyang, figure, within):
    assert shenyang[figure].mean == pytest.approx(shenyang[figure].real, abs=within)


def test_degree_hours_of_shenyang_within_three_per_cent(shenyang):
    found = shenyang["degree-hours a winter, 1000 K h"]
    assert found.mean == pytest.approx(found.real, rel=0.03)


@pytest.mark.parametrize(
    "figure",
    [
        "cold waves a winter",
        "sd of winter means, K",
        "coldest day, °C, of all winters",
        "5th coldest day, °C, mean",
        "30th coldest day, °C, mean",
        "skewness of 24 h changes",
    ],
)
def test_what_scatters_is_within_what_five_winters_scatter(shenyang, figure):
    found = shenyang[figure]
    assert found.low <= found.real <= found.high


def test_typical_years_are_winters_that_could_be_drawn():
    """Five stations, eight figures: within three standard deviations of single drawn winters.

    Made of months of different years a typical year need not be a fair draw, so two may miss.
    """
    names = (
        "mean, °C",
        "sd of hours, K",
        "autocorrelation at 6 h",
        "autocorrelation at 24 h",
        "autocorrelation at 72 h",
        "coldest day, °C, mean of winters",
        "cold waves a winter",
        "degree-hours a winter, 1000 K h",
    )
    outside = []
    for file, city in TYPICAL:
        found = compared(packaged_climate(city), typical_winter(file), sets=40)
        for name in names:
            one = found[name]
            away = (one.real - one.mean) / ((one.high - one.low) / 3.29)
            if abs(away) > 3:
                outside.append((city, name, round(away, 1)))
    assert len(outside) <= 2, outside


def test_six_observed_years_never_leave_the_usual_range():
    with gzip.open(Path(DATA) / OBSERVED, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    times = np.array([row["time_local"] for row in rows], dtype="datetime64[ns]")
    values = np.array([float(row["ta_c"] or "nan") for row in rows])
    low, high = usual_range(packaged_climate("shenyang"), times - np.timedelta64(8, "h"))
    known = ~np.isnan(values)
    assert (values[known] - low[known]).min() > 0.5
    assert (high[known] - values[known]).min() > 0.5
