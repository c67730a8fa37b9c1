"""Reliability: flat is flat, narrow is seen, and bands hold what chance does."""

import numpy as np
import pytest
from scipy.stats import norm

from forecasts.weather.calibration.reliability import (
    independent_pairs,
    pit_dispersion,
    pit_histogram,
    reliability_diagram,
    reliability_index,
)

LEVELS = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


def test_histogram_and_index_by_hand():
    """Ten values in the first of five bins: 0.8 too much there, 0.2 too little in four."""
    shares = pit_histogram(np.append(np.full(10, 0.05), np.nan), bins=5)
    assert shares == pytest.approx([1, 0, 0, 0, 0])
    assert reliability_index(shares) == pytest.approx(1.6)
    assert reliability_index(pit_histogram((np.arange(100) + 0.5) / 100)) == pytest.approx(0)


@pytest.mark.parametrize(("factor", "dispersion"), [(1.0, 1.0), (0.5, 1.771), (2.0, 0.385)])
def test_dispersion_tells_narrow_from_wide(factor, dispersion):
    """Of sd `factor` times the true one: 12 var Phi(Z/f) = (6/pi) arcsin(1/(1 + f²)) by hand."""
    z = np.random.default_rng(3).standard_normal(200_000)
    assert pit_dispersion(norm.cdf(z / factor)) == pytest.approx(dispersion, abs=0.01)


def test_pairs_that_hang_together_are_fewer():
    """A correlation of 0.5 leaves a third; else bands would be too narrow, and accuse honesty."""
    random = np.random.default_rng(4)
    z = np.zeros(30_000)
    for k in range(1, z.size):
        z[k] = 0.5 * z[k - 1] + random.standard_normal()
    assert independent_pairs(z) == pytest.approx(10_000, rel=0.06)
    assert independent_pairs(random.standard_normal(5000)) == pytest.approx(5000, rel=0.06)
    assert independent_pairs(np.ones(7)) == 7


def test_bands_hold_honest_forecasts_and_not_narrow_ones():
    random = np.random.default_rng(5)
    honest = [
        reliability_diagram(
            np.tile(norm.ppf(LEVELS), (200, 1)), LEVELS, random.standard_normal(200)
        )
        for _ in range(200)
    ]
    assert np.mean([diagram.outside for diagram in honest]) / LEVELS.size == pytest.approx(
        0.1, abs=0.04
    )
    narrow = np.tile(norm.ppf(LEVELS) / 2, (200, 1))
    assert reliability_diagram(narrow, LEVELS, random.standard_normal(200)).outside >= 3


def test_diagram_by_hand_and_without_pairs():
    quantiles = np.tile([0.0, 1.0], (4, 1))
    found = reliability_diagram(quantiles, [0.25, 0.75], [-1.0, 0.5, 0.5, np.nan])
    assert found.observed_share == pytest.approx((1 / 3, 1.0))
    assert found.pairs == 3
    empty = reliability_diagram(quantiles, [0.25, 0.75], np.full(4, np.nan))
    assert empty.pairs == 0
    assert (empty.band_low, empty.band_high) == ((0, 0), (1, 1))
