"""What `heat-dispatch load` does; returns its exit code."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from dispatch.case_weather import case_forecast
from dispatch.load_outlook import LoadOutlook, load_outlook
from dispatch.load_rolled import LEADS
from dispatch.messages import say, words
from dispatch.plan import Remark
from dispatch.plan_telemetry import Asked, load_data
from dispatch.telemetry_folder import has_telemetry
from dispatch.time_grid import plan_start, time_grid
from forecasts.demand.load_model import Standing
from forecasts.telemetry.faults import TelemetryFaults
from forecasts.weather.steps import resample
from scenarios.command import BAD_INPUT, DEGRADED, stop, write_out
from scenarios.drawing import drawing_style, png_bytes, svg_text
from scenarios.load_chart import load_figure
from scenarios.load_screen import load_screen
from scenarios.screen import Screen, show
from scenarios.weather_commands import Subject
from scenarios.weather_page import page

BEFORE_H = 48  # of weather before now, as a plan has


def show_load(subject: Subject, station: str | None, hours: int, out: Path | None) -> int:
    """Forecast, show, and write with `out`; exit code 10 where the forecast is guessing."""
    _check(subject, station)
    outlook = _outlook(subject, station, hours)
    screen = load_screen(subject.settings, station, outlook)
    if out is not None:
        write_out(out, _written(out, screen, subject, outlook))
    show(screen)
    return DEGRADED if outlook.standing is Standing.GUESSING else 0


def _check(subject: Subject, station: str | None) -> None:
    """End the command in words where there is nothing to forecast."""
    if not has_telemetry(subject.folder, subject.settings):
        stop(say("load.no_telemetry", name=subject.settings.id, folder=subject.folder), BAD_INPUT)
    known = dict.fromkeys(one.station_id for one in subject.case.stations)
    if station is not None and station not in known:
        near = words(*list(known)[:5])
        stop(say("load.station_unknown", station=station, near=near), BAD_INPUT)


def _outlook(subject: Subject, station: str | None, hours: int) -> LoadOutlook:
    settings = subject.settings
    grid = time_grid(
        plan_start(subject.now, settings.time.step_min), settings.time, settings.timezone
    )
    try:
        read = load_data(
            Asked(
                case=subject.case,
                case_folder=subject.folder,
                store_folder=subject.store,
                now=subject.now,
                grid=grid,
                weather=resample(_weather(subject), grid.step_h),
                last=None,
            )
        )
    except TelemetryFaults as faults:
        stop(str(faults), BAD_INPUT)
    if read is None:
        stop(Remark("daily.telemetry_empty").text, BAD_INPUT)
    outlook = load_outlook(read[0], station, hours)
    if isinstance(outlook, Remark):
        stop(outlook.text, BAD_INPUT)
    return outlook


def _weather(subject: Subject) -> xr.Dataset:
    """The weather that a plan of now would rest on, hourly."""
    first = pd.Timestamp(subject.now).tz_convert("UTC").floor("h").to_pydatetime()
    start = first - timedelta(hours=BEFORE_H)
    hours = BEFORE_H + LEADS + 1
    return case_forecast(subject.case, subject.folder, subject.store, subject.now, start, hours)


def _written(out: Path, screen: Screen, subject: Subject, outlook: LoadOutlook) -> bytes:
    """The file that its ending asks for."""
    if out.suffix.lower() == ".csv":
        return load_table(outlook, subject.settings.timezone).to_csv(index=False).encode()
    with drawing_style():
        drawn = load_figure(outlook, screen.title, subject.settings.timezone)
        if out.suffix.lower() == ".png":
            return png_bytes(drawn)
        return page(screen, [svg_text(drawn)]).encode()


def load_table(outlook: LoadOutlook, timezone: str) -> pd.DataFrame:
    """A row an hour: local start, expected load and its 80 % interval, MW."""
    local = pd.DatetimeIndex(outlook.times, tz="UTC").tz_convert(timezone)
    figures = {"heat_mw": outlook.load_mw, "p10_mw": outlook.p10_mw, "p90_mw": outlook.p90_mw}
    return pd.DataFrame(
        {"time": [moment.isoformat() for moment in local]}
        | {name: np.round(values, 4) for name, values in figures.items()}
    )
