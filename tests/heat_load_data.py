"""Recorded heat loads of `shared/data/heat_load` as datasets of `heat-dispatch skill`.

The files stay where they are: they are not ours to pass on. Each source stamps its rows in its own
way. What the data themselves tell of that:

- Nis: wall clock (the morning peak keeps its hour over a change of clocks), with a row filled in
  for the hour that spring skips. Heat is a difference of meters; it goes with the secondary
  temperatures of the stamp and of the hour before (correlation 0.72, with the hour after 0.48), so
  the stamp is the end of the hour. The weather is that of a service, in whole degrees.
- Quarter: wall clock, likewise with a spring row too many. Sunshine is centred within a quarter of
  an hour of the stamp, so it neither starts nor ends there; taken as the start, as of the heat.
- Tartu: load by wall clock. Sunshine is centred 0.6 h before noon until March, so stamps are
  starts; from the spring change on all weather is stamped one hour early, which is put right.
- Copenhagen: UTC; the first stamp is local midnight, so stamps are starts. No weather.
- Network: wall clock; a year from 00:00 to 23:45, so stamps are starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[2] / "shared/data/heat_load"
REASON = "the recorded heat loads are not on this machine"
EARLY_WEATHER_FROM = pd.Timestamp("2019-03-31T03:00")  # Tartu


@dataclass(frozen=True)
class HeatLoadSet:
    """One recorded load: where it is, and how its rows become ours."""

    name: str
    file: str
    timezone: str
    country: str
    step_min: int
    stamps_end: bool  # else they are starts
    read: Callable[[Path], pd.DataFrame]  # by stamp, columns of `observations.csv`

    @property
    def there(self) -> bool:
        """Whether its file can be read."""
        return (DATA / self.file).is_file()


def observations(dataset: HeatLoadSet) -> pd.DataFrame:
    """Return the rows by end of step, an aware index in the zone of the place, in order."""
    rows = dataset.read(DATA / dataset.file)
    step = pd.Timedelta(minutes=dataset.step_min)
    if rows.index.tz is None:
        # A stamp is looked up at its start: only there is it the clock of that moment.
        starts = rows.index - step if dataset.stamps_end else rows.index
        rows = rows.set_axis(_utc(starts, dataset.timezone)).loc[lambda r: r.index.notna()]
        ends = rows.index + step
    else:
        ends = rows.index if dataset.stamps_end else rows.index + step
    rows = rows.set_axis(ends.tz_convert(dataset.timezone)).sort_index()
    return rows[~rows.index.duplicated()]


def write_dataset(dataset: HeatLoadSet, folder: Path) -> Path:
    """Write `observations.csv` into a folder, which is made; returns the folder."""
    write_observations(observations(dataset), folder)
    return folder


def write_observations(rows: pd.DataFrame, folder: Path) -> None:
    """Write rows by end of step as `observations.csv` of a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    stamps = [when.isoformat() for when in rows.index]
    table = rows.set_axis(pd.Index(stamps, name="time"))
    table.to_csv(folder / "observations.csv", float_format="%.6g", lineterminator="\n")


def with_hours_removed(rows: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Return rows with a share of the loads, and apart from them of the weather, made empty."""
    draw = np.random.default_rng(seed)
    kept = rows.copy()
    kept.loc[draw.random(len(rows)) < share, "heat_mw"] = np.nan
    weather = [name for name in rows.columns if name != "heat_mw"]
    kept.loc[draw.random(len(rows)) < share, weather] = np.nan
    return kept


def _utc(stamps: pd.DatetimeIndex, timezone: str) -> pd.DatetimeIndex:
    """Return wall-clock stamps in UTC; NaT for the hour that spring skips.

    Of an hour that autumn doubles the first rows are summer time, and repeated ones winter time.
    """
    first = ~stamps.duplicated()
    local = stamps.tz_localize(timezone, ambiguous=np.asarray(first), nonexistent="NaT")
    return local.tz_convert("UTC")


def _table(path: Path, stamp: str) -> pd.DataFrame:
    rows = pd.read_csv(path)
    return rows.set_axis(pd.DatetimeIndex(pd.to_datetime(rows[stamp])))


def _nis(path: Path) -> pd.DataFrame:
    rows = _table(path, "time_local")
    return pd.DataFrame(
        {
            "heat_mw": rows["heat_kwh"] / 1000,
            "outdoor_temp_c": rows["wx_temp_c"],
            "wind_speed_m_s": rows["wx_wind_kmh"] / 3.6,
            "relative_humidity_pct": rows["wx_rh_pct"],
        }
    )


def _quarter(path: Path) -> pd.DataFrame:
    rows = _table(path, "time_local")
    return pd.DataFrame(
        {
            "heat_mw": rows["heat_w"] / 1e6,
            "outdoor_temp_c": rows["ta_c"],
            "shortwave_w_m2": rows["solar_wm2"],
        }
    )


def _tartu(path: Path) -> pd.DataFrame:
    rows = _table(path, "time_local")
    weather = pd.DataFrame({"outdoor_temp_c": rows["ta_c"], "shortwave_w_m2": rows["solar_wm2"]})
    hour = pd.Timedelta(hours=1)
    late = weather.index.where(weather.index < EARLY_WEATHER_FROM, weather.index + hour)
    load = (rows["power_kw"] / 1000).rename("heat_mw").to_frame()
    return load.join(weather.set_axis(late), how="outer")


def _copenhagen(path: Path) -> pd.DataFrame:
    rows = _table(path, "time_utc")
    return (rows["ctr_consumption_mw"] + rows["veks_consumption_mw"]).rename("heat_mw").to_frame()


def _network(path: Path) -> pd.DataFrame:
    return _table(path, "time")["heat_load_mw"].rename("heat_mw").to_frame()


SETS = {
    one.name: one
    for one in (
        *(
            HeatLoadSet(
                f"nis_{station}",
                f"nis_substations/nis_{station}.csv.gz",
                "Europe/Belgrade",
                "RS",
                60,
                stamps_end=True,
                read=_nis,
            )
            for station in ("L8", "L12", "L17")
        ),
        HeatLoadSet(
            "quarter",
            "residential_quarter/residential_quarter_2020_2022.csv.gz",
            "Europe/Berlin",
            "DE",
            60,
            stamps_end=False,
            read=_quarter,
        ),
        HeatLoadSet(
            "tartu",
            "tartu_building/tartu_building_2019.csv.gz",
            "Europe/Tallinn",
            "EE",
            60,
            stamps_end=False,
            read=_tartu,
        ),
        HeatLoadSet(
            "copenhagen",
            "copenhagen/copenhagen_2019_2021.csv.gz",
            "Europe/Copenhagen",
            "DK",
            60,
            stamps_end=False,
            read=_copenhagen,
        ),
        HeatLoadSet(
            "network",
            "example_network_15min/network_2020_15min.csv.gz",
            "Europe/Berlin",
            "DE",
            15,
            stamps_end=False,
            read=_network,
        ),
    )
}
