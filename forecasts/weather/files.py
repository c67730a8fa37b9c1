"""Weather from files: tables in CSV, a typical year in EPW, hand-typed lows and highs.

The only place where such files are opened. UTF-8 (with or without a byte-order mark) and GB18030
are read, and gzip by the ending `.gz`. A fault is FILE_FAULT with its row and column.
"""

import gzip
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.file_limits import WEATHER_BYTES
from forecasts.plain_file import open_plain
from forecasts.weather.climate.normals import FAR_KM, nearest_city, normal_values
from forecasts.weather.csv_table import parse_weather_csv
from forecasts.weather.daily_min_max import begun_earlier, parse_daily_table, shaped_hours
from forecasts.weather.epw import on_dates, parse_epw
from forecasts.weather.gates.intake import Raw, accept
from forecasts.weather.provenance import Note, NoteCode
from forecasts.weather.provider import Asked, Cause, Nature, Place, WeatherUnavailable
from forecasts.weather.run import RunInfo, hour_starts
from forecasts.weather.solar import Floats, Times, distance_km
from forecasts.weather.tables import TableFault
from forecasts.weather.verdict import Gate, GateVerdict, doubtful, passed

WORKBOOK_STARTS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and other zip archives, xls
DEFAULT_WIND_M_PER_S = 2.5


@dataclass(frozen=True)
class CsvWeather:
    """Columns time, temp_c, wind_m_per_s, radiation_w_per_m2[, humidity_pct, issue_time, member].

    With `member` each hour has one row for each member of an ensemble.
    """

    path: Path
    name: str = "csv"

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return hourly means from `start` to the table's end; raises WeatherUnavailable."""
        text = read_text_file(self.name, self.path)
        try:
            table = parse_weather_csv(text, ZoneInfo(place.timezone), known_by)
        except TableFault as fault:
            raise _file_fault(self.name, self.path, fault) from fault
        info = _forecast_info(self.name, self.path.name, place, known_by, table.ignored_columns)
        if table.issue_time is not None:
            notes = tuple(n for n in info.notes if n.code is not NoteCode.ISSUE_TIME_ESTIMATED)
            info = replace(
                info, issue_time=table.issue_time, issue_time_estimated=False, notes=notes
            )
        asked = Asked(place, known_by, start, hours)
        return accept(Raw(table.starts, table.values, info, members=table.members), asked)


@dataclass(frozen=True)
class DailyMinMaxWeather:
    """Columns date, min_c, max_c[, cloud] for whole local days, as typed from any forecast."""

    path: Path
    name: str = "daily_min_max"

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return the table shaped to hours, from `start` to its end; raises WeatherUnavailable."""
        text = read_text_file(self.name, self.path)
        try:
            table = parse_daily_table(text)
        except TableFault as fault:
            raise _file_fault(self.name, self.path, fault) from fault
        zone = ZoneInfo(place.timezone)
        assumed_days = 0
        if table.days[0] <= known_by.astimezone(zone).date():  # it does know today
            table, assumed_days = begun_earlier(table, start.astimezone(zone).date())
        starts, values = shaped_hours(table, place)
        values["wind_speed"] = _usual_wind(place, starts)
        info = _forecast_info(self.name, self.path.name, place, known_by, table.ignored_columns)
        if assumed_days:
            past = Note(NoteCode.PAST_ASSUMED, str(assumed_days))
            info = replace(info, notes=(*info.notes, past))
        return accept(Raw(starts, values, info), Asked(place, known_by, start, hours))


@dataclass(frozen=True)
class EpwWeather:
    """A typical year mapped onto the dates asked for: a climate of real days, no forecast."""

    path: Path
    name: str = "epw"

    def latest_run(
        self, place: Place, known_by: datetime, start: datetime, hours: int
    ) -> xr.Dataset:
        """Return exactly the hours asked; raises WeatherUnavailable."""
        starts = hour_starts(start, hours)
        text = read_text_file(self.name, self.path)
        try:
            year = parse_epw(text)
        except TableFault as fault:
            raise _file_fault(self.name, self.path, fault) from fault
        away = distance_km(place.latitude, place.longitude, year.latitude, year.longitude)
        far = Note(NoteCode.STATION_FAR, f"{self.path.name}, {away:.0f} km")
        info = RunInfo(
            provider=self.name,
            nature=Nature.TYPICAL_YEAR,
            place=place,
            known_by=known_by,
            issue_time=known_by,
            issue_time_estimated=True,
            latitude=year.latitude,
            longitude=year.longitude,
            notes=(far,) if away > FAR_KM else (),
        )
        # Judged by the station's own sun and place: there the year was measured.
        station = Place(year.latitude, year.longitude, place.timezone)
        raw = Raw(starts, on_dates(year, starts), info, earlier=(_station(away),))
        return accept(raw, Asked(station, known_by, start, hours))


def _station(away_km: float) -> GateVerdict:
    """Return how far a typical year's station stands: a remark, since climate changes slowly."""
    if away_km > FAR_KM:
        return doubtful(Gate.PLACE, f"measured {away_km:.0f} km away")
    return passed(Gate.PLACE, f"measured {away_km:.0f} km away")


def _forecast_info(
    provider: str, file_name: str, place: Place, known_by: datetime, ignored: tuple[str, ...]
) -> RunInfo:
    """Return what is said of a table without issue times: read now, so issued by now."""
    notes = [Note(NoteCode.ISSUE_TIME_ESTIMATED, file_name)]
    if ignored:
        notes.append(Note(NoteCode.COLUMNS_IGNORED, ", ".join(ignored)))
    return RunInfo(
        provider=provider,
        nature=Nature.FORECAST,
        place=place,
        known_by=known_by,
        issue_time=known_by,
        issue_time_estimated=True,
        latitude=place.latitude,
        longitude=place.longitude,
        notes=tuple(notes),
    )


def _usual_wind(place: Place, starts: Times) -> Floats:
    """Return the normal wind of the nearest city, or a default where there is none near."""
    _, away = nearest_city(place)
    if away > FAR_KM:
        return np.full(starts.size, DEFAULT_WIND_M_PER_S)
    return normal_values(place, starts)["wind_speed"]


def read_file(provider: str, path: Path, most_bytes: int = WEATHER_BYTES) -> bytes:
    """Return the bytes of a file, unpacked if its name ends in .gz.

    Raises FILE_MISSING, FILE_FAULT, or TOO_LARGE beyond `most_bytes`.
    """
    try:
        with open_plain(path) as raw:
            stream = gzip.open(raw) if path.suffix == ".gz" else raw  # noqa: SIM115 - closed below
            with stream:
                body = stream.read(most_bytes + 1)
    except FileNotFoundError as error:
        raise WeatherUnavailable(provider, Cause.FILE_MISSING, path.name) from error
    except (OSError, EOFError, zlib.error) as error:
        raise _file_fault(provider, path, error) from error
    if len(body) > most_bytes:
        detail = f"{path.name}: more than {most_bytes} bytes"
        raise WeatherUnavailable(provider, Cause.TOO_LARGE, detail)
    return body


def read_text_file(provider: str, path: Path) -> str:
    """Return the text of a file of bounded size; raises FILE_MISSING, TOO_LARGE or FILE_FAULT."""
    body = read_file(provider, path)
    if body.startswith(WORKBOOK_STARTS):
        detail = f"{path.name}: is a workbook or an archive, to be saved as CSV"
        raise WeatherUnavailable(provider, Cause.FILE_FAULT, detail)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    detail = f"{path.name}: neither UTF-8 nor GB18030"
    raise WeatherUnavailable(provider, Cause.FILE_FAULT, detail)


def _file_fault(provider: str, path: Path, fault: Exception) -> WeatherUnavailable:
    # An OSError would name the whole path, which says nothing to the reader of a report.
    said = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    return WeatherUnavailable(provider, Cause.FILE_FAULT, f"{path.name}, {said}")
