"""A calibration as files: the table laid over `stations.csv`, a report by loop, the cleaning."""

from datetime import datetime, timedelta

from dispatch.calibration import VALUES_FOUND, Calibration, LoopCalibration
from dispatch.case_calibrated import CALIBRATED, CalibratedLoop
from dispatch.run_tables import csv_file, local_text, number, utc_datetime
from dispatch.text_cells import word
from forecasts.demand.identified import Estimate
from forecasts.telemetry.readings import Action

REPORT_FILE = "calibration_report.csv"
CLEANING_FILE = "cleaning.csv"
BETWEEN = " "  # of several codes in one cell
DECIMALS = {
    "specific_loss_w_per_m2k": 3,
    "heat_capacity_kj_per_m2k": 0,
    "gain_w_per_m2": 2,
    "solar_aperture": 4,
    "wind_loss_w_per_m2k_per_m_s": 4,
    "relative_flow": 2,
    "emitter_oversize": 2,
    "compliance": 3,
}
# Found beside the values of `stations.csv`, with their standard errors.
BESIDE = {"time_constant_h": 1, "balance_temp_c": 2}
REPORT_START = (
    *("station_id", "loop", "zone_id", "name", "managed_by", "basis", "meter"),
    *("days", "outdoor_spread_k", "rooms_measured", "r2_daily"),
    *("error_before_w_per_m2", "error_after_w_per_m2"),
    *("room_now_c", "room_now_sd_k", "room_now_measured", "doubts", "cleaned"),
)


def end_of(calibration: Calibration) -> datetime:
    """Return when the record ends, aware."""
    weather = calibration.weather
    return utc_datetime(weather.times[-1]) + timedelta(hours=weather.step_h)


def table_file(calibration: Calibration, timezone: str) -> bytes:
    """Return `stations.calibrated.csv`: every loop, empty cells where `stations.csv` stands."""
    columns = tuple(CalibratedLoop.model_fields)
    until = local_text(end_of(calibration), timezone)
    rows = (_table_row(loop, until) for loop in calibration.loops)
    return csv_file(columns, ([row[name] for name in columns] for row in rows))


def _table_row(loop: LoopCalibration, until: str) -> dict[str, str]:
    row = {
        "station_id": word(loop.station.station_id),
        "loop": word(loop.station.loop),
        "basis": loop.basis.value,
        "measured_until": until,
        "days": str(loop.found.days),
        "r2_daily": number(loop.found.r2_daily, 3),
        "doubts": BETWEEN.join(loop.doubts),
    }
    for name, decimals in DECIMALS.items():
        told = loop.values.get(name)
        row[name] = "" if told is None else number(told.value, decimals)
        row[f"{name}_se"] = "" if told is None else number(told.se, decimals + 1)
    return row


def report_file(calibration: Calibration) -> bytes:
    """Return `calibration_report.csv`: all that was found of every loop, used or not.

    Of each value: what was found, its standard error, how much of it is data (1) or the case's
    own value (0), and the case's value with the spread it was given.
    """
    columns = list(REPORT_START)
    for name in VALUES_FOUND:
        columns += [name, f"{name}_se", f"{name}_data_weight", f"{name}_case", f"{name}_case_sd"]
    for name in BESIDE:
        columns += [name, f"{name}_se"]
    columns += ["compliance", "compliance_se"]
    columns += [f"cleaned_{action.value}" for action in Action]
    return csv_file(columns, (_report_row(loop) for loop in calibration.loops))


def _report_row(loop: LoopCalibration) -> list[str]:
    station, found, room = loop.station, loop.found, loop.room
    row = [
        *(word(station.station_id), word(station.loop), word(station.zone_id), word(station.name)),
        *(station.managed_by.value, loop.basis.value, loop.meter.value, str(found.days)),
        *(number(found.outdoor_spread_k, 1), str(int(found.rooms_measured))),
        *(number(found.r2_daily, 3), number(found.error_before_w_per_m2, 2)),
        *(number(found.error_after_w_per_m2, 2), number(room.room_c, 2), number(room.sd_k, 2)),
        *(str(int(room.from_rooms)), BETWEEN.join(loop.doubts)),
        str(sum(loop.cleaning.values())),
    ]
    for name in VALUES_FOUND:
        told: Estimate = getattr(found, name)
        prior, decimals = getattr(loop.prior, name), DECIMALS[name]
        row += [number(told.value, decimals), number(told.se, decimals + 1)]
        row += [number(told.data_weight, 2)]
        row += [number(prior.value, decimals), number(prior.sd, decimals + 1)]
    for name, decimals in BESIDE.items():
        beside: Estimate = getattr(found, name)
        row += [number(beside.value, decimals), number(beside.se, decimals)]
    due = loop.values.get("compliance")
    row += ["", ""] if due is None else [number(due.value, 3), number(due.se, 4)]
    return [*row, *(str(loop.cleaning.get(action, 0)) for action in Action)]


def cleaning_file(calibration: Calibration, timezone: str) -> bytes:
    """Return `cleaning.csv`: everything that cleaning did, one row a stretch."""
    columns = ("id", "point", "action", "readings", "first", "last", "detail")
    rows = (
        [
            *(word(one.id), one.point, one.action.value, str(one.readings)),
            *(local_text(one.first, timezone), local_text(one.last, timezone), word(one.detail)),
        ]
        for one in calibration.done
    )
    return csv_file(columns, rows)


def calibration_files(calibration: Calibration, timezone: str) -> dict[str, bytes]:
    """Return the tables of a calibration, by file name."""
    return {
        CALIBRATED.file: table_file(calibration, timezone),
        REPORT_FILE: report_file(calibration),
        CLEANING_FILE: cleaning_file(calibration, timezone),
    }
