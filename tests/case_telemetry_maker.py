"""Telemetry of the loops of a case as its buildings *truly* are, and faults planted in it.

The truth may differ from `stations.csv`: that is what calibration is to find. Readings come from
`telemetry_maker.made`, under the ids of the case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from dispatch.case import Case
from dispatch.station_inputs import buildings_of, loops_of
from forecasts.demand.building import Array
from forecasts.telemetry.points import Point
from forecasts.telemetry.readings import NETWORK
from tests.telemetry_maker import Kind, Telemetry, made

# What a loop needs to be identified; the other points only make files larger.
POINTS = (
    Point.HEAT_TOTAL,
    Point.SECONDARY_SUPPLY_TEMP,
    Point.SECONDARY_RETURN_TEMP,
    Point.SECONDARY_FLOW,
    Point.ROOM_TEMP,
    Point.OUTDOOR_TEMP,
)


@dataclass(frozen=True)
class CaseMade:
    """Readings of a case, and how its buildings truly are."""

    readings: pd.DataFrame
    telemetry: Telemetry
    loss_w_per_m2k: Mapping[str, float]  # by loop


def case_made(
    case: Case,
    loss_factor: Array,
    days: float = 30.0,
    every_min: int = 60,
    shut: tuple[str, ...] = (),
    throttled: tuple[str, ...] = (),
    swapped: tuple[str, ...] = (),
    points: tuple[Point, ...] = POINTS,
    seed: int = 5,
    rooms: int = 3,
) -> CaseMade:
    """Make telemetry of all loops of a case; K is `loss_factor` (loop,) times that of the case.

    `shut`, `throttled` and `swapped` are loops: no heat; never more than what 3 °C asks for;
    secondary supply and return the wrong way round.
    """
    truth = replace(
        buildings_of(case),
        specific_loss_w_per_m2k=buildings_of(case).specific_loss_w_per_m2k * loss_factor,
    )
    ids = [station.loop_id for station in case.stations]
    kinds = [Kind.SHUT if id_ in shut else Kind.STEADY for id_ in ids]
    telemetry = made(
        kinds, days, every_min, seed, rooms=rooms, buildings=truth, loops=loops_of(case)
    )
    names = dict(zip(telemetry.truth["id"].values, ids, strict=True)) | {NETWORK: NETWORK}
    table = telemetry.readings
    table = table[table["point"].isin(points)].assign(id=table["id"].map(names))
    outdoors = (table["point"] == Point.OUTDOOR_TEMP) & (table["id"] != NETWORK)
    table = table[~outdoors].reset_index(drop=True)
    for id_ in throttled:
        table = _throttled(table, id_, telemetry, ids.index(id_))
    for id_ in swapped:
        table = _swapped(table, id_)
    loss = dict(zip(ids, truth.specific_loss_w_per_m2k.tolist(), strict=True))
    return CaseMade(table, telemetry, loss)


def _throttled(
    table: pd.DataFrame, id_: str, telemetry: Telemetry, row: int, most_share: float = 0.75
) -> pd.DataFrame:
    """Cap the heat of a loop at a share of its mean: rooms and water fall behind in the cold."""
    heat = telemetry.truth["heat"].values[row]
    cap_kw = most_share * heat.mean()
    got_kw = np.minimum(heat, cap_kw)
    step_h = telemetry.step_h
    times = telemetry.truth["time"].values
    energy_gj = np.concatenate([[0.0], np.cumsum(got_kw * step_h * 0.0036)])[:-1]
    area = telemetry.buildings.area_m2[row]
    loss = telemetry.buildings.specific_loss_w_per_m2k[row]
    capacity = telemetry.buildings.heat_capacity_j_per_m2k[row]
    colder_k, now = np.empty(heat.size), 0.0
    keep = np.exp(-step_h * 3600 * loss / capacity)
    for step, lost_w in enumerate((heat - got_kw) * 1000.0 / area):
        now = keep * now + (1 - keep) * lost_w / loss
        colder_k[step] = now
    table = table.copy()
    at = table["time"].dt.tz_localize(None).values
    mine = (table["id"] == id_).to_numpy()

    def lower(point: Point, by: Array) -> None:
        rows = mine & (table["point"] == point).to_numpy()
        table.loc[rows, "value"] -= np.interp(
            at[rows].astype("int64"), times.astype("datetime64[ns]").astype("int64"), by
        )

    heat_gj = np.concatenate([[0.0], np.cumsum(heat * step_h * 0.0036)])[:-1]
    lower(Point.HEAT_TOTAL, heat_gj - energy_gj)
    lower(Point.ROOM_TEMP, colder_k)
    spread = 1.0 - got_kw / np.maximum(heat, 1e-9)
    water = telemetry.truth
    supply, back = water["sec_sup_t"].values[row], water["sec_ret_t"].values[row]
    room = water["room"].values[row]
    mean = 0.5 * (supply + back)
    over = (mean - room) * (got_kw / np.maximum(heat, 1e-9)) ** (1 / 1.3)
    half = 0.5 * (supply - back) * (1.0 - spread)
    lower(Point.SECONDARY_SUPPLY_TEMP, supply - (room - colder_k + over + half))
    lower(Point.SECONDARY_RETURN_TEMP, back - (room - colder_k + over - half))
    return table


def _swapped(table: pd.DataFrame, id_: str) -> pd.DataFrame:
    other = {
        str(Point.SECONDARY_SUPPLY_TEMP): str(Point.SECONDARY_RETURN_TEMP),
        str(Point.SECONDARY_RETURN_TEMP): str(Point.SECONDARY_SUPPLY_TEMP),
    }
    mine = table["id"] == id_
    points = table["point"].astype(str)
    return table.assign(point=points.where(~mine, points.map(lambda one: other.get(one, one))))


# ---- files ---------------------------------------------------------------------------------

CHINESE = {
    Point.HEAT_TOTAL: "累积热量(MWh)",
    Point.SECONDARY_SUPPLY_TEMP: "二网供温(℃)",
    Point.SECONDARY_RETURN_TEMP: "二网回温(℃)",
    Point.SECONDARY_FLOW: "二供流量(t/h)",
}
VENDOR = {
    Point.HEAT_TOTAL: "QQI",
    Point.SECONDARY_SUPPLY_TEMP: "TE3",
    Point.SECONDARY_RETURN_TEMP: "TE4",
    Point.SECONDARY_FLOW: "FT2",
}
GJ_PER_MWH = 3.6
LOCAL = "Asia/Shanghai"


def write_telemetry(folder: Path, readings: pd.DataFrame) -> None:
    """Write readings as a utility keeps them: every kind of file, each for some of the loops.

    Plants in Chinese by station (GB18030, local time, MWh), vendor codes in a workbook with a
    mapping in tags.csv, the rest as one long Parquet table; rooms in a table of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = readings.astype({"id": str, "point": str})
    rooms = plain["point"] == Point.ROOM_TEMP
    plants = plain[~rooms]
    ids = sorted(set(plants["id"]) - {NETWORK})
    chinese, vendor = ids[: len(ids) // 3], ids[len(ids) // 3 : 2 * len(ids) // 3]
    for id_ in chinese:
        _write_chinese(folder / f"{id_}.csv", plants[plants["id"] == id_])
    tags = _write_vendor(folder / "scada.xlsx", plants, vendor)
    tags += [f"{id_},{id_},,," for id_ in chinese]
    (folder / "tags.csv").write_text("\n".join(["tag,id,point,unit,factor", *tags, ""]))
    rest = plants[~plants["id"].isin([*chinese, *vendor])]
    rest.to_parquet(folder / "history.parquet", index=False)
    plain[rooms].to_csv(folder / "rooms.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
    names = " , ".join(f'"{id_}.csv"' for id_ in chinese)
    (folder / "telemetry.toml").write_text(
        f'[[table]]\nfiles = [{names}]\nid = "{{file}}"\n\n'
        '[[table]]\nfiles = ["scada.xlsx", "history.parquet", "rooms.csv"]\n'
    )


def _write_chinese(path: Path, readings: pd.DataFrame) -> None:
    mine = readings[readings["point"].isin(CHINESE)].copy()
    heat = mine["point"] == Point.HEAT_TOTAL
    mine.loc[heat, "value"] /= GJ_PER_MWH
    wide = mine.pivot_table(index="time", columns="point", values="value")
    wide.index = wide.index.tz_convert(LOCAL).strftime("%Y-%m-%d %H:%M:%S")
    wide.index.name = "采集时间"
    wide = wide.rename(columns={str(point): name for point, name in CHINESE.items()})
    wide.round(5).to_csv(path, encoding="gb18030")


def _write_vendor(path: Path, readings: pd.DataFrame, ids: list[str]) -> list[str]:
    """Write a workbook with one column a tag; returns rows of tags.csv that say what is what."""
    mine = readings[readings["id"].isin(ids) & readings["point"].isin(VENDOR)]
    code = {
        (id_, str(point)): f"DCS{n + 1}_{name}"
        for n, id_ in enumerate(ids)
        for point, name in VENDOR.items()
    }
    tags = [code[pair] for pair in zip(mine["id"], mine["point"], strict=True)]
    wide = mine.assign(tag=tags).pivot_table(index="time", columns="tag", values="value")
    wide.index = wide.index.tz_convert(LOCAL).tz_localize(None)
    wide.index.name = "time"
    wide.to_excel(path)
    return [f"{tag},{id_},{point},," for (id_, point), tag in code.items()]
