"""NetCDF as weather: the habits of ERA5, ECMWF, CF and our own store give the same weather."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from forecasts.weather.diurnal import daily_wave
from forecasts.weather.netcdf_file import NetcdfWeather
from forecasts.weather.provenance import NoteCode, notes_of
from forecasts.weather.provider import Cause, Place, WeatherUnavailable
from forecasts.weather.run_store import StoredRuns
from forecasts.weather.solar import HOUR, clear_sky_w_per_m2
from forecasts.weather.verdict import Gate, Outcome, gates_of

ZAOZHUANG = Place(34.86, 117.55, "Asia/Shanghai")
ISSUED = np.datetime64("2026-01-14T00:00", "ns")
NOW = datetime(2026, 1, 14, 6, tzinfo=UTC)
START = datetime(2026, 1, 14, 0, tzinfo=UTC)
HOURS = 72
LATITUDES, LONGITUDES = [35.0, 34.75], [117.25, 117.5, 117.75]  # 34.75, 117.5 is the nearest


def celsius(times: np.ndarray) -> np.ndarray:
    """A clear day's course about -2 °C, 8 K from low to high, that drifts by a kelvin a day."""
    return -2 + 8 * daily_wave(times, 34.75, 117.5) - (times - ISSUED) / HOUR / 24


def sunshine(times: np.ndarray) -> np.ndarray:
    """Half of a clear sky, mean of the hour that ends at each time."""
    return 0.5 * clear_sky_w_per_m2(times - HOUR, 34.75, 117.5)


def on_grid(values: np.ndarray) -> np.ndarray:
    """(..., time) values at every point, spoilt everywhere but at the nearest."""
    field = np.repeat(values[..., None], 6, axis=-1).reshape(*values.shape, 2, 3)
    spoilt = field + 25.0
    spoilt[..., 1, 1] = field[..., 1, 1]
    return spoilt


def era5(step_h: int = 1) -> xr.Dataset:
    """Kelvin, wind components, energy of the hour before, longitudes of 0 to 360."""
    times = np.arange(ISSUED, ISSUED + 97 * HOUR, step_h * HOUR)
    dims = ("valid_time", "latitude", "longitude")
    return xr.Dataset(
        {
            "t2m": (dims, on_grid(celsius(times) + 273.15), {"units": "K"}),
            "u10": (dims, on_grid(np.full(times.size, 3.0)), {"units": "m s**-1"}),
            "v10": (dims, on_grid(np.full(times.size, -4.0)), {"units": "m s**-1"}),
            "ssrd": (dims, on_grid(sunshine(times) * 3600), {"units": "J m**-2"}),
            "d2m": (dims, on_grid(celsius(times) + 273.15), {"units": "K"}),
        },
        {"valid_time": times, "latitude": LATITUDES, "longitude": LONGITUDES, "expver": "0001"},
    )


def ecmwf(step_h: int = 1, members: int = 0, issued: np.datetime64 = ISSUED) -> xr.Dataset:
    """As cfgrib writes a forecast: steps since a scalar time, radiation summed up since then."""
    hourly = np.arange(issued, issued + 97 * HOUR, HOUR)
    every = slice(None, None, step_h)
    times = hourly[every]
    energy = np.cumsum(np.where(hourly > issued, sunshine(hourly), 0.0) * 3600)[every]
    dims: tuple[str, ...] = ("step", "latitude", "longitude")
    temperature, energy = on_grid(celsius(times) + 273.15), on_grid(energy)
    wind = on_grid(np.full(times.size, 5.0))
    if members:
        dims = ("number", *dims)
        shift = np.linspace(-1, 1, members)[:, None, None, None]
        temperature = temperature[None] + shift
        energy, wind = (np.repeat(a[None], members, axis=0) for a in (energy, wind))
    data = xr.Dataset(
        {
            "t2m": (dims, temperature, {"units": "K"}),
            "si10": (dims, wind, {"units": "m s**-1"}),
            "ssrd": (dims, energy, {"units": "J m**-2"}),
        },
        {
            "time": issued,
            "step": times - issued,
            "valid_time": ("step", times),
            "latitude": LATITUDES,
            "longitude": np.array(LONGITUDES) + 360.0,
        },
    )
    return data.assign_coords(number=np.arange(members)) if members else data


def cf() -> xr.Dataset:
    """A station in CF words: standard names under other variable names, relative humidity as 1."""
    times = np.arange(ISSUED, ISSUED + 97 * HOUR, HOUR)
    said = {
        "a": ("air_temperature", celsius(times), "degC"),
        "b": ("wind_speed", np.full(times.size, 18.0), "km h-1"),
        "c": ("surface_downwelling_shortwave_flux_in_air", sunshine(times), "W m-2"),
        "d": ("relative_humidity", np.linspace(0.3, 0.9, times.size), "1"),
    }
    return xr.Dataset(
        {
            name: ("time", values, {"standard_name": standard, "units": units})
            for name, (standard, values, units) in said.items()
        },
        {"time": times, "lat": 34.75, "lon": 117.5},
    )


def written(tmp_path: Path, data: xr.Dataset, engine: str = "h5netcdf") -> NetcdfWeather:
    path = tmp_path / "weather.nc"
    data.to_netcdf(path, engine=engine)
    return NetcdfWeather(path)


def run_of(provider: NetcdfWeather) -> xr.Dataset:
    return provider.latest_run(ZAOZHUANG, NOW, START, HOURS)


def refused(provider: NetcdfWeather) -> tuple[Cause, str]:
    with pytest.raises(WeatherUnavailable) as raised:
        run_of(provider)
    return raised.value.cause, raised.value.detail


def assert_is_the_weather(run: xr.Dataset, atol_k: float = 1e-4, atol_w: float = 0.01) -> None:
    """Hourly means: of temperature the mean of both ends, of radiation that of the hour."""
    starts = run.time.values
    means = (celsius(starts) + celsius(starts + HOUR)) / 2
    temperature = run.air_temperature
    if "member" in run.dims:
        temperature = temperature.mean("member")
    np.testing.assert_allclose(temperature.values, means, atol=atol_k)
    sun = np.broadcast_to(sunshine(starts + HOUR), run.global_radiation.shape)
    np.testing.assert_allclose(run.global_radiation.values, sun, atol=atol_w)
    np.testing.assert_allclose(run.wind_speed.values, 5.0, atol=1e-6)


@pytest.mark.parametrize("make", [era5, ecmwf, cf], ids=["era5", "ecmwf running sum", "cf station"])
def test_each_habit_gives_the_same_weather(tmp_path, make):
    """3 and -4 m/s are a wind of 5; 18 km/h too. A running sum is told apart."""
    run = run_of(written(tmp_path, make()))
    assert_is_the_weather(run)
    assert run.time.values[0] == ISSUED
    assert run.attrs["latitude"] == pytest.approx(34.75)
    assert run.attrs["longitude"] == pytest.approx(117.5)


def test_dew_point_at_the_temperature_is_full_humidity_and_a_fraction_becomes_percent(tmp_path):
    assert run_of(written(tmp_path, era5())).relative_humidity.values == pytest.approx(100)
    assert float(run_of(written(tmp_path, cf())).relative_humidity[0]) == pytest.approx(30, abs=1)


def test_the_reference_time_is_the_issue_time_and_without_one_that_is_said(tmp_path):
    run = run_of(written(tmp_path, ecmwf()))
    assert run.attrs["issue_time"] == "2026-01-14T00:00:00+00:00"
    assert run.attrs["issue_time_estimated"] == 0
    analysis = run_of(written(tmp_path, era5()))
    assert NoteCode.ISSUE_TIME_ESTIMATED in [note.code for note in notes_of(analysis)]


def test_of_several_runs_the_newest_known_one_is_taken(tmp_path):
    """Two runs 12 h apart, the second issued after now: using it would be cheating."""
    runs = [ecmwf(issued=when).drop_vars("valid_time") for when in (ISSUED, ISSUED + 12 * HOUR)]
    runs[1]["t2m"] = runs[1]["t2m"] + 3
    both = xr.concat(runs, "time", coords="minimal", compat="override", join="override")
    provider = written(tmp_path, both)
    assert_is_the_weather(run_of(provider))
    later = provider.latest_run(
        ZAOZHUANG, NOW + timedelta(hours=8), START + timedelta(hours=12), 48
    )
    assert later.attrs["issue_time"] == "2026-01-14T12:00:00+00:00"
    starts = later.time.values
    means = (celsius(starts) + celsius(starts + HOUR)) / 2 + 3
    np.testing.assert_allclose(later.air_temperature.values, means, atol=1e-4)


def test_members_are_a_dimension(tmp_path):
    run = run_of(written(tmp_path, ecmwf(members=7)))
    assert run.sizes["member"] == 7
    assert run.number.values.tolist() == list(range(7))
    assert float(run.air_temperature.std("member").mean()) == pytest.approx(2 / 3, abs=0.01)
    assert_is_the_weather(run)


@pytest.mark.parametrize("step_h", [3, 6])
def test_coarse_steps_become_hourly_and_that_is_told(tmp_path, step_h):
    """The daily mean of radiation is kept to the digit: it is shared out, not interpolated."""
    run = run_of(written(tmp_path, ecmwf(step_h)))
    assert_is_the_weather(run, atol_k=0.25 if step_h == 3 else 1.0, atol_w=15)
    step = next(v for v in gates_of(run) if v.gate is Gate.STEP)
    assert step.outcome is Outcome.MENDED
    assert f"{step_h} h" in step.detail
    days = run.global_radiation.values[:72].reshape(3, 24).mean(axis=1)
    due = sunshine(run.time.values[:72] + HOUR).reshape(3, 24).mean(axis=1)
    np.testing.assert_allclose(days, due, rtol=1e-6)


def test_a_run_of_our_own_store_is_read_as_it_was_kept(tmp_path):
    run = run_of(written(tmp_path, ecmwf()))
    path = StoredRuns(tmp_path / "store").save(run)
    again = run_of(NetcdfWeather(path))
    np.testing.assert_array_equal(again.air_temperature.values, run.air_temperature.values)
    np.testing.assert_array_equal(again.global_radiation.values, run.global_radiation.values)
    assert again.attrs["issue_time"] == run.attrs["issue_time"]


def test_classic_and_zipped_files_are_read(tmp_path):
    classic = written(tmp_path, cf(), engine="scipy")
    assert_is_the_weather(run_of(classic))
    zipped = tmp_path / "weather.nc.gz"
    zipped.write_bytes(gzip.compress(classic.path.read_bytes()))
    assert_is_the_weather(run_of(NetcdfWeather(zipped)))


def test_a_grid_far_away_is_the_wrong_place(tmp_path):
    cause, _ = refused(written(tmp_path, era5().assign_coords(latitude=[41.0, 40.75])))
    assert cause is Cause.WRONG_PLACE


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    data = cf()
    data["b"].attrs["units"] = "bft"
    data["c"].attrs["units"] = "lux"
    cause, detail = refused(written(tmp_path, data))
    assert cause is Cause.FILE_FAULT
    assert detail.startswith("weather.nc, ")
    for said in ("variable b: unit 'bft'", "variable c: unit 'lux'", "wm-2"):
        assert said in detail
    cause, detail = refused(written(tmp_path, era5()[["u10"]]))
    for said in ("t2m", "ssrd", "u10 and v10", "there are: u10"):
        assert said in detail


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d.drop_vars(["lat", "lon"]), "no latitude and longitude"),
        (lambda d: d.isel(time=[0]), "time has 1 values"),
        (lambda d: d.isel(time=slice(None, None, -1)), "does not rise"),
        (lambda d: d.assign_coords(time=d.time + np.timedelta64(30, "m")), "no whole hour"),
        (lambda d: d.assign_coords(time=np.arange(97.0)), "holds no times"),
        (lambda d: d.expand_dims(level=3), "level"),
    ],
)
def test_a_fault_of_the_axes_is_told(tmp_path, spoil, said):
    cause, detail = refused(written(tmp_path, spoil(cf())))
    assert cause is Cause.FILE_FAULT
    assert said in detail


def test_what_is_no_netcdf_is_named(tmp_path):
    path = tmp_path / "weather.nc"
    whole = written(tmp_path, era5()).path.read_bytes()
    for body, said in (
        (b"GRIB....", "convert"),
        (b"time,temp_c\n", "no NetCDF file"),
        (whole[: len(whole) // 3], "cannot be decoded"),
    ):
        path.write_bytes(body)
        cause, detail = refused(NetcdfWeather(path))
        assert cause is Cause.FILE_FAULT
        assert said in detail
    assert refused(NetcdfWeather(tmp_path / "none.nc"))[0] is Cause.FILE_MISSING
