"""Monthly means as a smooth course of the year that keeps those means."""

import numpy as np

from forecasts.weather.solar import Floats, Times, year_fraction

_HARMONICS = 4  # the 5th and 6th of twelve months are noise


def annual_course(monthly: tuple[float, ...], times: Times) -> Floats:
    """Return the value at `times` of a periodic curve through twelve monthly means.

    A Fourier series whose terms are divided by sinc(k/12), what averaging over a month takes from
    them, so that the mean of each month comes out as given (within what the dropped terms hold).
    """
    terms = np.fft.rfft(np.asarray(monthly, dtype=np.float64)) / 12
    since_mid_january = 2 * np.pi * (year_fraction(times) - 0.5 / 12)
    course = np.full(times.shape, terms[0].real)
    for k in range(1, _HARMONICS + 1):
        wave = terms[k] * np.exp(1j * k * since_mid_january)
        course += 2 * wave.real / np.sinc(k / 12)
    return course
