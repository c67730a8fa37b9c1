"""Writes a run folder in the shape of design §4, without the package's own publishing."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

STAGGER = {"S1.L1": 0, "S2.L1": 1, "S3.L1": 2, "S4.L1": 0}


def stamp(moment: np.datetime64, minutes: int = 0) -> str:
    utc = pd.Timestamp(moment).tz_localize("UTC") + pd.Timedelta(minutes=minutes)
    return utc.tz_convert("Asia/Shanghai").isoformat(timespec="seconds")


def block_means(schedule: xr.Dataset, name: str) -> np.ndarray:
    values = schedule[name].values
    return values.reshape(values.shape[0], schedule.sizes["block"], -1).mean(axis=2)


def source_rows(schedule: xr.Dataset) -> pd.DataFrame:
    heat, power = (block_means(schedule, name) for name in ("source_heat", "source_power"))
    names = ("fuel", "fuel_for_heat", "fuel_accounting", "fuel_marginal")
    fuel = [block_means(schedule, f"source_{name}") for name in names]
    rows = []
    for s, source in enumerate(schedule["source"].values):
        plant = list(schedule["plant"].values).index(schedule["source_plant"].values[s])
        for k in range(schedule.sizes["block"]):
            tonnes = [f"{one[s, k] * 4 / 5.815:.2f}" if s < 2 else "" for one in fuel]
            rows.append(
                {
                    "valid_from": stamp(schedule["block_start"].values[k]),
                    "valid_to": stamp(schedule["block_end"].values[k]),
                    "source_id": source,
                    "heat_mw": f"{heat[s, k]:.2f}",
                    "share": "",
                    "supply_temp_c": f"{schedule['plant_supply_temp'].values[plant, k]:.1f}",
                    "return_temp_c": f"{schedule['plant_return_temp'].values[plant, k]:.1f}",
                    "flow_tph": "",
                    "units_on": "1",
                    **{f"{name}_t": value for name, value in zip(names, tonnes, strict=True)},
                    "power_mw": f"{power[s, k]:.2f}",
                }
            )
    return with_heading(rows)


def station_rows(schedule: xr.Dataset) -> pd.DataFrame:
    indoor = block_means(schedule, "station_indoor")
    rows = []
    for s, label in enumerate(schedule["station"].values):
        station, loop = str(label).split(".")
        late = 30 * STAGGER[str(label)]
        for k in range(schedule.sizes["block"]):
            at = {
                name: schedule[f"station_{name}"].values[s, k]
                for name in ("heat", "supply", "return", "primary_flow")
            }
            rows.append(
                {
                    "valid_from": stamp(schedule["block_start"].values[k], late),
                    "valid_to": stamp(schedule["block_end"].values[k], late),
                    "zone_id": schedule["station_zone"].values[s],
                    "station_id": station,
                    "loop": loop,
                    "controllable": int(schedule["station_controllable"].values[s]),
                    "heat_kw": f"{at['heat']:.1f}",
                    "heat_quota_gj": f"{at['heat'] * 4 * 0.0036:.3f}",
                    "secondary_supply_c": f"{at['supply']:.1f}",
                    "secondary_supply_min_c": "30.0",
                    "secondary_supply_max_c": "70.0",
                    "secondary_return_c": f"{at['return']:.1f}",
                    "secondary_mean_c": "",
                    "primary_flow_tph": f"{at['primary_flow']:.2f}",
                    "max_step_k": "2.0",
                    "indoor_expected_c": f"{indoor[s, k]:.1f}",
                    "fallback_curve": "",
                }
            )
    return with_heading(rows)


def with_heading(rows: list[dict[str, object]]) -> pd.DataFrame:
    heading = {"plan_id": "small-1", "version": 1, "issued_at": "2026-01-14T23:40:00+08:00"}
    return pd.DataFrame([{**heading, **row, "reason": ""} for row in rows])


def write_manifest(folder: Path) -> None:
    hashes = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name not in ("manifest.json", "run_log.json")
    }
    manifest = {"outputs": hashes, "inputs": {"case.toml": "0" * 64}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def write_run(folder: Path, schedule: xr.Dataset) -> None:
    """Write the files that verifying reads, a page and a log, and their manifest."""
    folder.mkdir()
    schedule.to_netcdf(folder / "plan.nc", engine="h5netcdf")
    source_rows(schedule).to_csv(folder / "setpoints_sources.csv", index=False)
    station_rows(schedule).to_csv(folder / "setpoints_stations.csv", index=False)
    (folder / "summary.json").write_text('{"quality": "green"}', encoding="utf-8")
    (folder / "report.html").write_text("<p>plan</p>", encoding="utf-8")
    (folder / "run_log.json").write_text("{}", encoding="utf-8")
    write_manifest(folder)
