"""Sunshine through clouds, for sources that tell the cloud cover and no radiation.

Clear sky times 1 - 0.75 n^3.4, n the cloud cover from 0 to 1 (F. Kasten and G. Czeplak, "Solar and
terrestrial radiation dependent on the amount and type of cloud", Solar Energy 24, 1980,
doi:10.1016/0038-092X(80)90391-6). It knows no kinds of cloud: good for the day's sum, not the hour.
"""

import numpy as np

from forecasts.weather.solar import Floats, Times, clear_sky_w_per_m2

DEFAULT_CLOUD = 0.75  # dims a clear sky by 28 %, about as winters of the region do (normals)


def radiation_w_per_m2(starts: Times, latitude: float, longitude: float, cloud: Floats) -> Floats:
    """Return global radiation, W/m², mean of each hour from `starts`; nan where `cloud` is.

    `cloud` is the mean cover of each hour, 0 to 1.
    """
    dimmed = 1 - 0.75 * np.asarray(cloud) ** 3.4
    return np.asarray(clear_sky_w_per_m2(starts, latitude, longitude) * dimmed)
