"""Files of a turn of the weather nobody saw coming, from hours made by hand."""

import csv
import io
import json
import resource
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import click
import numpy as np
import pytest
import xarray as xr
from example_plan import example_plan

from scenarios.screen import plain_lines
from scenarios.unforeseen_cli import tell
from scenarios.unforeseen_files import Unforeseen, unforeseen_files
from scenarios.unforeseen_screen import unforeseen_screen
from scenarios.whatif.lived import Lived, Policy, Span
from scenarios.whatif.lived_figures import lived_figures
from scenarios.whatif.lived_hours import Outdoors

STEP_H = 0.5
START = np.datetime64("2026-01-14T22:00", "ns")  # 06:00 in China
TIMES = START + np.arange(4) * np.timedelta64(30, "m")
MEAN_ROOMS = ["20.75", "19.75", "19.5", "19.75"]  # 100 homes of A and 300 of B
COLDEST = ["", "17.5", "18.5", "17.5"]  # nobody in at first; in the third step only in B
HEAT = ["15", "17", "19", "21"]


def schedule(first=0, warmer_k=0.0, less_mw=0.0) -> xr.Dataset:
    """A, B and a station of others; A's people are out in the third step, when it is coldest, and
    nobody of ours is in in the first.
    """
    rooms = np.array([[20.0, 19.0, 18.0, 19.0], [21.0, 20.0, 20.0, 20.0], [10.0] * 4])
    floor = np.array([[5.0, 18.0, 5.0, 18.0], [5.0, 18.0, 18.0, 18.0], [18.0] * 4])
    heat = np.array([[10.0, 12.0, 14.0, 16.0], [5.0 - less_mw] * 4])
    on_steps = {
        "station_indoor": ("station", rooms + warmer_k),
        "station_floor": ("station", floor),
        "source_heat": ("source", heat),
        "source_fuel": ("source", heat / 0.8),
        "source_power": ("source", np.zeros((2, 4))),
    }
    data = {name: ((of, "time"), values[:, first:]) for name, (of, values) in on_steps.items()} | {
        "air_temperature": ("time", np.full(4 - first, -9.0)),
        "station_homes": ("station", [100, 300, 1000]),
        "station_controllable": ("station", [1, 1, 0]),
        "station_cold_flat_margin": ("station", [1.5, 1.5, 1.5]),
        "station_heat_capacity": ("station", [2e5, 2e5, 2e5]),
        "station_area": ("station", [1e4, 3e4, 1e5]),
    }
    return xr.Dataset(data, {"time": TIMES[first:]}, {"step_h": STEP_H})


@cache
def answer() -> Unforeseen:
    """A plan that knew, setpoints held, and two plans of an hour each, as held."""
    case = example_plan().case
    lived = (
        Lived(Policy(None, foresight=True), (Span(schedule(warmer_k=2.0), 2.0),), 1),
        Lived(Policy(None), (Span(schedule(less_mw=1.0), 2.0),), 1),
        Lived(Policy(1), (Span(schedule(), 1.0), Span(schedule(first=2), 1.0)), 2),
    )
    weather = Outdoors(TIMES, STEP_H, np.full(4, -1.0), np.full(4, -9.0))
    return Unforeseen("front", "寒潮来袭", case, weather, lived, lived_figures(lived, case))


@cache
def files() -> dict[str, bytes]:
    return unforeseen_files(answer())


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files()[name].decode())))


def test_the_table_has_the_figures_of_each_policy():
    """Flats of A's 100 homes are half a kelvin under the law for two half hours: of 400 homes
    0.125 K·h. The year and the offset stand with the moment, so that a spreadsheet reads it.
    """
    knew, held, anew = rows("unforeseen.csv")
    assert [one["policy"] for one in (knew, held, anew)] == ["knew", "held", "every_1_h"]
    assert [one["plans"] for one in (knew, held, anew)] == ["1", "1", "2"]
    assert [one["heat_mwh"] for one in (knew, held, anew)] == ["36", "34", "36"]
    assert (knew["cold_homes"], knew["cold_since"], knew["coldest_flat_c"]) == ("0", "", "19.5")
    assert (anew["cold_homes"], anew["coldest_flat_c"]) == ("100", "17.5")
    assert anew["cold_kh_per_home"] == "0.125"
    assert anew["cold_since"] == "2026-01-15T06:30:00+08:00"
    assert float(held["more_fuel_tce"]) == pytest.approx(-2 / 0.8 * 0.1229, abs=2e-3)
    assert answer().figures[2].cold.since == "15 Jan 06:30"


def test_hours_are_what_the_figures_are_made_of():
    """Over the seam of two plans too; others' stations and rooms with nobody in are not told: an
    empty cell is no 0 °C.
    """
    hours = rows("hours.csv")
    assert hours[0]["time"] == "2026-01-15T06:00:00+08:00"
    assert hours[3]["time"] == "2026-01-15T07:30:00+08:00"
    assert {(one["outdoor_first_forecast_c"], one["outdoor_came_c"]) for one in hours} == {
        ("-1", "-9")
    }
    assert [one["every_1_h_heat_mw"] for one in hours] == HEAT
    assert [one["every_1_h_mean_room_c"] for one in hours] == MEAN_ROOMS
    assert [one["every_1_h_coldest_flat_c"] for one in hours] == COLDEST
    for name, figures in zip(("knew", "held", "every_1_h"), answer().figures, strict=True):
        heat_mw = np.mean([float(one[f"{name}_heat_mw"]) for one in hours])
        coldest = min(float(one[f"{name}_coldest_flat_c"]) for one in hours[1:])
        assert heat_mw * 2.0 == pytest.approx(figures.heat_mwh)
        assert coldest == pytest.approx(figures.cold.coldest_flat_c)


def test_the_picture_is_as_wide_as_a_message_shows_it():
    """1 200 dots; a title that our font cannot write is left for the scenario's name."""
    png = files()["unforeseen.png"]
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 1200


def test_json_is_the_file(tmp_path, capsys):
    """What `--json` prints, and nothing else, is what lies beside the tables."""
    tell(answer(), files(), tmp_path, as_json=True)
    printed = capsys.readouterr().out
    assert (tmp_path / "unforeseen.json").read_text(encoding="utf-8") == printed
    assert [one["plans"] for one in json.loads(printed)] == [1, 1, 2]


@contextmanager
def no_file_above(size: int):
    """A disk that takes small files only, as one does that is nearly full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_what_was_there(tmp_path, capsys):
    """The tables fit, the picture does not: neither is there, and a sentence says why."""
    (tmp_path / "unforeseen.csv").write_text("of yesterday", encoding="utf-8")
    files()
    with no_file_above(8_000), pytest.raises(click.exceptions.Exit) as ended:
        tell(answer(), files(), tmp_path, as_json=False)
    assert ended.value.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["unforeseen.csv"]
    assert (tmp_path / "unforeseen.csv").read_text(encoding="utf-8") == "of yesterday"
    told = capsys.readouterr()
    assert str(tmp_path) in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


def test_the_screen_names_the_files_at_its_end(tmp_path, capsys):
    tell(answer(), files(), tmp_path, as_json=False)
    last = capsys.readouterr().out.splitlines()[-4:]
    assert [line.split()[-1] for line in last] == [str(tmp_path / name) for name in files()]
    assert {path.name for path in tmp_path.iterdir()} == set(files())


def test_a_short_dip_under_the_law_is_not_called_legal():
    """Little a home over the whole town may be half a kelvin in 100 homes, as the picture shows."""
    anew = answer().figures[2]
    brief = replace(anew, cold=replace(anew.cold, flats_kh=0.01))
    told = "\n".join(plain_lines(unforeseen_screen("Front", answer().outdoors, (brief,))))
    assert "100 homes have flats under the legal minimum" in told
    assert "stay legal" not in told
