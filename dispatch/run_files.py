"""All files of a run by name (design §4), as they go to disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dispatch.history.past_run import PastRun
from dispatch.plan import Plan
from dispatch.plan_netcdf import to_netcdf
from dispatch.report.page import REPORT, fault_page, report_file
from dispatch.run_archive import manifest, sha256, to_json
from dispatch.run_prices import price_table
from dispatch.run_sources import heat_order, source_setpoints
from dispatch.run_stations import station_setpoints
from dispatch.run_summary import run_summary
from dispatch.run_tables import frame_file
from dispatch.sheets.workbook import dispatch_sheet


def run_files(
    plan: Plan,
    log: Mapping[str, object],
    inputs: Mapping[str, str],
    before: Sequence[PastRun] = (),
) -> dict[str, bytes]:
    """Return every file of a run by name, in the order in which they are written.

    `before` are earlier plans to compare with, the newest first.
    """
    timezone = plan.case.settings.timezone
    files = {
        "setpoints_sources.csv": source_setpoints(plan),
        "setpoints_stations.csv": station_setpoints(plan),
        "fallback_curves.csv": frame_file(plan.fallback_curves, timezone),
        "heat_order.csv": heat_order(plan),
        "shadow_prices.csv": price_table(plan),
        "fuel_outlook.csv": frame_file(plan.outlook, timezone),
        "plan.nc": to_netcdf(plan.schedule),
        "state.json": to_json(plan.state),
        "summary.json": to_json(run_summary(plan)),
    }
    files["dispatch_sheet.xlsx"] = dispatch_sheet(plan, files)
    facts = manifest(plan, {}, inputs)
    try:
        files[REPORT] = report_file(files, facts, Path(plan.plan_id), before)
    except Exception as error:  # noqa: BLE001  # setpoints go out whatever ails their picture
        files[REPORT] = fault_page(error)
        log = {**log, "report_fault": repr(error)}
    hashes = {name: sha256(content) for name, content in files.items()}
    files["manifest.json"] = to_json(manifest(plan, hashes, inputs))
    files["run_log.json"] = to_json({"schema": "heat-dispatch/run_log", "version": 1, **log})
    return files
