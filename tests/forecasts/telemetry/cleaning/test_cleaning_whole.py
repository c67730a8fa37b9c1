"""The whole of cleaning: nothing found where nothing is wrong, the record as it is promised."""

import gzip
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecasts.telemetry.cleaning.clean import clean
from forecasts.telemetry.cleaning.quality import quality_table
from forecasts.telemetry.points import TRAITS, Point
from forecasts.telemetry.readings import COLUMNS, Action, HeatBasis
from tests.forecasts.telemetry.cleaning.conftest import DAYS
from tests.telemetry_faults import at, cleaned, planted, rows, true_heat_kw
from tests.telemetry_maker import START, Kind, made

NIS = Path(__file__).resolve().parents[4] / "../shared/data/heat_load/nis_substations"
ONE = "S001.1"


@pytest.mark.parametrize("every_min", [15, 60])
def test_nothing_is_found_in_clean_telemetry(every_min):
    """Twenty stations of all kinds; unheated rooms of shut ones are no fault of telemetry."""
    kinds = [*[Kind.STEADY] * 8, *[Kind.SETBACK] * 4, *[Kind.NIGHT_STOP] * 4]
    telemetry = made([*kinds, *[Kind.SHUT] * 2, *[Kind.STILL] * 2], 8, every_min, seed=21)
    found = [
        one for one in cleaned(telemetry.readings, 8).done if one.action is not Action.ROOM_UNHEATED
    ]
    assert found == []


@pytest.mark.parametrize("step_h", [0.25, 0.5, 1.0])
def test_the_record_is_as_promised(town, step_h):
    result = cleaned(town.readings, DAYS, step_h)
    record = result.record
    assert record.attrs["step_h"] == step_h
    assert record["time"].values[0] == np.datetime64(START.replace(tzinfo=None))
    assert record.sizes["time"] == DAYS * 24 / step_h
    assert record["time"].dtype == np.dtype("datetime64[ns]")
    assert list(record["id"].values) == [f"S00{k}.1" for k in range(1, 7)] + ["network"]
    joined = {Point.HEAT_RATE, Point.HEAT_TOTAL, Point.POWER_TOTAL, Point.ROOM_TEMP}
    for point in set(town.readings["point"].unique()) - joined:
        assert record[point].dims == ("id", "time")
        assert record[point].attrs["units"] == TRAITS[Point(point)].unit
    assert not {str(point) for point in joined - {Point.ROOM_TEMP}} & set(record.data_vars)
    heat = record["heat"].sel(id=ONE).values
    assert heat == pytest.approx(true_heat_kw(town, ONE, step_h), abs=30 * 0.25 / step_h)
    basis = record["heat_basis"].sel(id=ONE).values
    assert (basis[:-1] == HeatBasis.COUNTER).all()
    assert (record["heat_basis"].sel(id="network").values == HeatBasis.NONE).all()
    power = town.truth["power"].sel(id=ONE).values.mean()
    assert float(record["power"].sel(id=ONE)[:-4].mean()) == pytest.approx(power, rel=0.01)


def test_a_step_known_by_less_than_half_is_open(town):
    """20 readings gone: a reading stands for half an hour at most, an order until the next."""
    gone = rows(town.readings, ONE, *(str(point) for point in Point), hours=(50.0, 55.0))
    record = cleaned(town.readings[~gone], DAYS).record.sel(id=ONE)
    assert np.isnan(record["sec_sup_t"].values[50:56]).tolist() == [True] * 5 + [False]
    assert np.isfinite(record["sec_sup_t_sp"].values).all()
    assert np.isfinite(record["heat"].values).all()  # the counter knew


def test_a_mean_is_weighted_by_time():
    """40 °C for 15 min, 60 °C for 45: 55 and not 50."""
    times = pd.to_datetime([START, START + timedelta(minutes=15), START + timedelta(minutes=60)])
    table = pd.DataFrame(
        {
            "time": times,
            "id": "A.1",
            "point": "sec_sup_t",
            "sensor": "",
            "value": [40.0, 60.0, 60.0],
        }
    )
    record = clean(table, 1.0, START, START + timedelta(hours=1)).record
    assert record["sec_sup_t"].values.item() == pytest.approx(55.0)


def test_quality_of_a_station(town):
    """A tenth of the frames gone, and every hundredth reading of a point out of range."""
    name = "S002.1"
    frame = ((town.readings["time"] - pd.Timestamp(START)).dt.total_seconds() // 900).astype(int)
    readings = town.readings[~((town.readings["id"] == name) & (frame % 10 == 3))]
    where = rows(readings, name, "sec_sup_t") & (frame.loc[readings.index] % 100 == 0)
    result = cleaned(planted(readings, where, lambda _: -99.0), DAYS)
    table = quality_table(result).set_index("id")
    assert table.loc[name, "online_share"] == pytest.approx(0.9, abs=0.002)
    assert table.loc[ONE, "online_share"] == 1.0
    own = int((readings["id"] == name).sum())
    assert table.loc[name, "readings"] == own
    assert table.loc[name, "good_share"] == pytest.approx(1 - where.sum() / own, abs=1e-6)
    assert table.loc[name, "out_of_range"] == 1
    assert table.loc[ONE, "good_share"] == 1.0


def test_same_readings_same_record(town):
    first, second = (cleaned(town.readings, DAYS) for _ in range(2))
    assert first.record.identical(second.record)
    assert first.done == second.done


def test_nothing_read_gives_an_empty_record():
    nothing = pd.DataFrame({name: [] for name in COLUMNS})
    result = clean(nothing, 1.0, START, at(24))
    assert result.record.sizes["id"] == 0
    assert result.done == ()
    assert quality_table(result).empty


def _nis(name: str, season: int) -> pd.DataFrame:
    """A season of a real substation; its hours are stamped by their end, UTC+1."""
    with gzip.open(NIS / f"nis_{name}.csv.gz", "rt") as file:
        table = pd.read_csv(file)
    table = table[table["season"] == season]
    time = pd.to_datetime(table["time_local"]).dt.tz_localize("UTC") - pd.Timedelta(hours=1)
    points = {
        **{"t_sup_prim_c": "pri_sup_t", "t_ret_prim_c": "pri_ret_t", "t_amb_c": "out_t"},
        **{"t_sup_sec_c": "sec_sup_t", "t_ret_sec_c": "sec_ret_t"},
    }
    parts = [(point, table[column]) for column, point in points.items()]
    parts.append(("heat_total", 1000 + table["heat_kwh"].fillna(0.0).cumsum() * 0.0036))
    out = pd.concat(
        pd.DataFrame({"time": time, "id": name, "point": point, "sensor": "", "value": values})
        for point, values in parts
    )
    out["time"] = out["time"].astype("datetime64[ns, UTC]")
    return out.sort_values(["id", "point", "sensor", "time"], kind="stable")[list(COLUMNS)]


@pytest.mark.skipif(not NIS.exists(), reason="the data folder of Niš is not here")
@pytest.mark.parametrize("name", ["L8", "L12", "L17"])
def test_real_substations_keep_nearly_all_readings(name):
    """Stops every night, peaks every morning: real, and no fault. Few readings stand out."""
    readings = _nis(name, 2)
    first, last = readings["time"].min(), readings["time"].max()
    result = clean(readings, 1.0, first.to_pydatetime(), last.to_pydatetime())
    kinds = {one.action for one in result.done}
    assert not kinds & {Action.SWAPPED, Action.UNIT_SLIP, Action.CLOCK_OFFSET}
    assert not kinds & {Action.COUNTER_LEAPT, Action.METER_CHANGED, Action.FLOW_ZERO}
    assert float(result.record["good_share"][0]) > 0.998
    total = readings.loc[readings["point"] == "heat_total", "value"]
    kwh = float(result.record["heat"].sum())
    assert kwh == pytest.approx((total.max() - total.min()) / 0.0036, rel=0.005)
