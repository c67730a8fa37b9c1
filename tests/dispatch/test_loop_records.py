"""Which measured series belong to which loop: own meters, shared meters, rooms of a station."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from dispatch.case import Case
from dispatch.case_files import read_case
from dispatch.case_weather import place_of
from dispatch.compliance import compliance_of
from dispatch.loop_priors import loop_priors
from dispatch.loop_records import Meter, loop_records, meters_of
from dispatch.loop_weather import LoopWeather, WeatherBasis, loop_weather
from dispatch.station_inputs import buildings_of, floor_c, target_c, third_party_heat_kw
from forecasts.demand.building import Weather
from forecasts.demand.identified import LoopRecord
from forecasts.demand.identify import room_now
from forecasts.telemetry.readings import CleanTelemetry, HeatBasis
from forecasts.weather.climate.normals import normal_values
from tests.small_case import Edit, new_row, text, whole_file, write_small_case

START = np.datetime64("2026-01-01T00:00", "ns")
HOUR = np.timedelta64(1, "h")
Series = dict[str, dict[str, float | np.ndarray]]

TOWER = new_row("stations.csv", {"loop": "high", "heated_area_m2": "95000"}, copy_of=2)


def case_of(tmp_path: Path, *edits: Edit) -> Case:
    return read_case(write_small_case(tmp_path / "case", *edits)).case


def telemetry(series: Series, steps: int = 4) -> CleanTelemetry:
    """Cleaned telemetry of `{variable: {id: value or values}}`, hourly."""
    ids = sorted({id_ for by_id in series.values() for id_ in by_id})
    data = {}
    for name, by_id in series.items():
        values = np.full((len(ids), steps), np.nan)
        for id_, value in by_id.items():
            values[ids.index(id_)] = value
        data[name] = (("id", "time"), values)
    coords = {"id": ids, "time": START + np.arange(steps) * HOUR}
    return CleanTelemetry(xr.Dataset(data, coords, {"step_h": 1.0}), ())


def weather_of(clean: CleanTelemetry, outdoor_c: float | np.ndarray = 0.0) -> LoopWeather:
    times = clean.record["time"].values
    nothing = np.zeros(times.size)
    telemetry_, climate = WeatherBasis.TELEMETRY, WeatherBasis.CLIMATE
    return LoopWeather(times, 1.0, nothing + outdoor_c, nothing, nothing, telemetry_, climate)


def records_of(case: Case, series: Series) -> dict[str, LoopRecord]:
    clean = telemetry(series)
    return {one.loop_id: one for one in loop_records(case, clean, weather_of(clean))}


# ---- meters --------------------------------------------------------------------------------


def test_heat_is_told_per_area_of_the_loop(tmp_path: Path):
    """1900 kW on 190 000 m² are 10 W/m²; a loop without telemetry has nothing, not zero."""
    records = records_of(case_of(tmp_path), {"heat": {"N1.low": 1900.0}})
    assert records["N1.low"].heat_w_per_m2 == pytest.approx(10.0)
    assert np.isnan(records["S3.low"].heat_w_per_m2).all()
    assert list(records) == ["N1.low", "N2.floor", "N3.low", "S1.low", "S2.low", "S3.low"]


def test_a_station_with_one_loop_may_go_by_its_own_name(tmp_path: Path):
    case, series = case_of(tmp_path), {"heat": {"N1": 1900.0}, "sec_sup_t": {"N1.low": 45.0}}
    assert records_of(case, series)["N1.low"].heat_w_per_m2 == pytest.approx(10.0)
    assert records_of(case, series)["N1.low"].supply_c == pytest.approx(45.0)
    assert meters_of(case, telemetry(series))["N1.low"] is Meter.STATION


def test_a_shared_meter_is_split_by_flow_and_drop(tmp_path: Path):
    """Two loops of one exchanger: secondary flows say 1 : 3 (400 and 1200 kW), the meter 2000 kW in
    all. So 500 and 1500; by design heat it would be 1333 and 667.
    """
    by_flow = float(HeatBasis.SECONDARY_FLOW)
    series: Series = {
        "heat": {"N1": 2000.0, "N1.low": 400.0, "N1.high": 1200.0},
        "heat_basis": {"N1": HeatBasis.COUNTER, "N1.low": by_flow, "N1.high": by_flow},
    }
    case = case_of(tmp_path, TOWER)
    records = records_of(case, series)
    assert records["N1.low"].heat_w_per_m2 == pytest.approx(500e3 / 190_000)
    assert records["N1.high"].heat_w_per_m2 == pytest.approx(1500e3 / 95_000)
    assert meters_of(case, telemetry(series))["N1.high"] is Meter.SPLIT_BY_FLOW


def test_a_shared_meter_is_split_by_design_where_no_flow_is_read(tmp_path: Path):
    """Equal K, areas 2 : 1; both get the same W/m², and it is said that neither stands out."""
    case, series = case_of(tmp_path, TOWER), {"heat": {"N1": 2850.0}}
    records = records_of(case, series)
    assert records["N1.low"].heat_w_per_m2 == pytest.approx(10.0)
    assert records["N1.high"].heat_w_per_m2 == pytest.approx(10.0)
    assert meters_of(case, telemetry(series))["N1.low"] is Meter.SPLIT_BY_DESIGN


def test_a_loop_with_its_own_meter_leaves_the_rest_to_the_other(tmp_path: Path):
    series: Series = {
        "heat": {"N1": 2850.0, "N1.low": 1900.0},
        "heat_basis": {"N1": HeatBasis.COUNTER, "N1.low": HeatBasis.COUNTER},
    }
    records = records_of(case_of(tmp_path, TOWER), series)
    assert records["N1.low"].heat_w_per_m2 == pytest.approx(10.0)
    assert records["N1.high"].heat_w_per_m2 == pytest.approx(10.0)


def test_a_primary_flow_of_two_loops_is_none_of_theirs(tmp_path: Path):
    """Else each exchanger would be judged by the water of both."""
    series: Series = {"heat": {"N1": 2850.0}, "pri_flow": {"N1": 90.0}, "pri_sup_t": {"N1": 85.0}}
    both = records_of(case_of(tmp_path, TOWER), series)["N1.low"]
    assert np.isnan(both.primary_flow_tph).all()
    assert both.primary_supply_c == pytest.approx(85.0)


# ---- weather -------------------------------------------------------------------------------


def test_outdoor_temperature_of_telemetry_and_its_gaps_from_the_own_sensor(tmp_path: Path):
    """Telemetry knows 0 and 1 °C, then falls silent; the sensor's file goes on with 5 and 6 °C."""
    rows = "".join(
        f"2026-01-01T{8 + hour:02d}:{minute:02d}:00+08:00,{4.0 if hour < 2 else 3.0 + hour}\n"
        for hour in range(5)
        for minute in (0, 20, 40)
    )
    edits = (
        text("case.toml", "[fuel]", '[outdoor_sensor]\npath = "out.csv"\n\n[fuel]'),
        whole_file("out.csv", b"time,out_t\n" + rows.encode()),
    )
    folder = write_small_case(tmp_path / "case", *edits)
    case = read_case(folder).case
    clean = telemetry({"out_t": {"network": np.array([0.0, 1.0, np.nan, np.nan])}})
    found = loop_weather(case, folder, tmp_path / "store", clean)
    assert found.outdoor_c == pytest.approx([0.0, 1.0, 5.0, 6.0])
    assert found.sky_basis is WeatherBasis.CLIMATE


def test_without_any_outdoor_temperature_there_is_none(tmp_path: Path):
    """The climate's smooth normal would make every day alike, and any building fit it."""
    folder = write_small_case(tmp_path / "case")
    case, clean = read_case(folder).case, telemetry({"heat": {"N1": 1.0}})
    found = loop_weather(case, folder, tmp_path / "store", clean)
    assert found.outdoor_basis is WeatherBasis.NONE
    assert np.isnan(found.outdoor_c).all()
    normal = normal_values(place_of(case.settings), found.times, case.climate)
    assert found.wind_m_per_s == pytest.approx(normal["wind_speed"])


def test_without_a_sensor_of_the_network_the_middle_station_counts(tmp_path: Path):
    """One of three hangs in the sun."""
    folder = write_small_case(tmp_path / "case")
    clean = telemetry({"out_t": {"N1": -2.0, "N2": -1.0, "S1": 14.0}})
    found = loop_weather(read_case(folder).case, folder, tmp_path / "store", clean)
    assert found.outdoor_c == pytest.approx(-1.0)
    assert found.outdoor_basis is WeatherBasis.TELEMETRY


def test_the_sensor_of_the_network_goes_before_those_of_stations(tmp_path: Path):
    """The weather mast says -3 °C, walls of houses more."""
    folder = write_small_case(tmp_path / "case")
    clean = telemetry({"out_t": {"network": -3.0, "N1": -2.0, "S1": -1.0}})
    found = loop_weather(read_case(folder).case, folder, tmp_path / "store", clean)
    assert found.outdoor_c == pytest.approx(-3.0)


# ---- priors --------------------------------------------------------------------------------


def test_priors_are_the_values_of_the_case_spread_by_era_and_use(tmp_path: Path):
    """1996–2009: 32 to 40 W/m² is ±11 %, with 15 % for areas 18.7 %; a hospital 21.7 %."""
    estate, floor, hospital, *_ = loop_priors(case_of(tmp_path))
    assert estate.specific_loss_w_per_m2k.value == 1.78
    assert estate.specific_loss_w_per_m2k.sd / 1.78 == pytest.approx(0.1866, abs=1e-3)
    assert hospital.specific_loss_w_per_m2k.sd / 1.6 == pytest.approx(0.2166, abs=1e-3)
    assert estate.design_heat_w_per_m2 == pytest.approx(1.78 * 22.5)
    assert floor.emitter_exponent == 1.1


# ---- what third parties take ---------------------------------------------------------------


def test_compliance_is_what_was_metered_over_what_the_curve_asks(tmp_path: Path):
    """A station that takes 0.8 of what its curve asks is found at 0.8: the curve of the plan, on
    the filtered temperature. With its own share in it, the answer would be 1.
    """
    case = case_of(tmp_path)
    steps = 24 * 20
    outdoor_c = 5.0 * np.sin(np.arange(steps) / 40.0)
    nothing = np.zeros(steps)
    buildings = buildings_of(case)
    air = Weather(1.0, outdoor_c, nothing, nothing)
    due_kw = third_party_heat_kw(case, buildings, air, target_c(case, floor_c(case, buildings)))
    clean = telemetry({"heat": {"S3.low": 0.8 * due_kw[5]}}, steps)
    weather = weather_of(clean, outdoor_c)
    stations = tuple(s.model_copy(update={"compliance": 0.7}) for s in case.stations)
    told = compliance_of(case, stations, loop_records(case, clean, weather), weather)
    assert told[:5] == (None,) * 5
    assert told[5] is not None
    assert told[5].value == pytest.approx(0.8)
    assert told[5].se == pytest.approx(0.0, abs=1e-9)


def test_a_week_is_needed_to_tell_what_a_third_party_takes(tmp_path: Path):
    case, steps = case_of(tmp_path), 24 * 9
    clean = telemetry({"heat": {"S3.low": 3000.0}}, steps)
    weather = weather_of(clean)
    told = compliance_of(case, case.stations, loop_records(case, clean, weather), weather)
    assert told[5] is None


# ---- measured values laid over a case ------------------------------------------------------


def measured_emitter(se: str) -> Edit:
    """N1 was calibrated: its emitters are 1.1 times the design, as sure as `se`."""
    content = f"station_id,loop,emitter_oversize,emitter_oversize_se\nN1,low,1.1,{se}\n"
    return whole_file("stations.calibrated.csv", content.encode())


def test_a_measured_value_is_as_sure_as_its_standard_error(tmp_path: Path):
    """Else the emitter of a calibrated loop would still be unknown by the 0.2 of old estates; where
    the table says no error, and at all other values and loops, the spread stays.
    """
    told = loop_priors(case_of(tmp_path / "a", measured_emitter("0.04")))
    silent = loop_priors(case_of(tmp_path / "b", measured_emitter("")))
    assert (told[0].emitter_oversize.value, told[0].emitter_oversize.sd) == (1.1, 0.04)
    assert (silent[0].emitter_oversize.value, silent[0].emitter_oversize.sd) == (1.1, 0.2)
    assert told[0].gain_w_per_m2 == silent[0].gain_w_per_m2
    assert told[1:] == silent[1:]


def test_rooms_by_water_are_surer_once_the_emitter_was_measured(tmp_path: Path):
    """Water 25 K over the room: emitters off by 0.2/1.1 make 25·0.18/1.3 = 3.5 K, by 0.04/1.1 only
    0.7 K. The rest is the same: 0.23 K of the meter's 1.2 % and 0.25 K of the sensors.
    """
    steps = 48
    water = {"sec_sup_t": 49.0, "sec_ret_t": 41.0, "heat": 4000.0}
    clean = telemetry({name: {"N1.low": value} for name, value in water.items()}, steps)
    now = START + steps * HOUR
    rooms = []
    for name, se in (("a", "0.04"), ("b", "")):
        case = case_of(tmp_path / name, measured_emitter(se))
        record = loop_records(case, clean, weather_of(clean))[0]
        rooms.append(room_now(record, loop_priors(case)[0], None, now))
    sure, unsure = rooms
    assert sure.room_c == unsure.room_c
    assert np.isfinite(sure.room_c)
    assert sure.sd_k < 0.5 * unsure.sd_k
