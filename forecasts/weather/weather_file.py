"""Which kind of weather a file holds, told by its ending and its header."""

from pathlib import Path

from forecasts.plain_file import open_plain
from forecasts.weather.files import CsvWeather, DailyMinMaxWeather, EpwWeather
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.provider import WeatherProvider

_HEADER_BYTES = 4096


def weather_file(path: Path) -> WeatherProvider:
    """Return what reads the file: EPW and NetCDF by their ending, tables by their columns.

    Whatever else it is, it is taken for a weather table, which says what it lacks.
    """
    endings = [ending.lower() for ending in path.suffixes]
    if ".epw" in endings:
        return EpwWeather(path, path.name)
    if {".nc", ".nc4", ".netcdf"} & set(endings):
        return NetcdfWeather(path, path.name)
    if ".csv" in endings and b"min_c" in _header(path):
        return DailyMinMaxWeather(path, path.name)
    if ".nc" in endings:
        return NetcdfWeather(path, path.name)
    return CsvWeather(path, path.name)


def _header(path: Path) -> bytes:
    try:
        with open_plain(path) as stream:
            return next(iter(stream.read(_HEADER_BYTES).splitlines()), b"")
    except OSError:
        return b""
