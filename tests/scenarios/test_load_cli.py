"""`heat-dispatch load` on a town with meters: its screen, its files, and what it cannot do."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from scenarios.cli import main
from tests.daily_runs import EVENING, open_meteo, weather_from
from tests.measured_town import Town, with_telemetry
from tests.small_case import write_small_case
from tests.weather_server import around, weather_server

Command = Callable[..., Result]
TOWN = Town(days=17)  # enough to be no guess, and little to learn from: the forecast is quick
STATION_SHARE = 0.1  # of the town's heat that the meter of N1 shows
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def with_station(folder: Path) -> None:
    """Give station N1 a meter that shows a tenth of what the sources send."""
    history = pd.read_csv(folder / "telemetry" / "history.csv")
    sent = history[history["point"] == "pri_heat"].groupby("time", sort=False)["value"].sum()
    rows = pd.DataFrame(
        {"time": sent.index, "id": "N1", "point": "pri_heat", "value": STATION_SHARE * sent.values}
    )
    rows.to_csv(folder / "telemetry" / "station.csv", index=False)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Run `heat-dispatch load` for the town of an evening in January."""
    folder = tmp_path_factory.mktemp("load")
    with weather_server(now=EVENING, temperature=around(TOWN.mean_c)) as server:
        source = weather_from(open_meteo(server.base_url))
        write_small_case(folder / "town", source, with_telemetry(TOWN), with_station)
        write_small_case(folder / "plain", source)

        def run(*words: str, case: str = "town") -> Result:
            now, store = ("--now", EVENING.isoformat()), ("--store", str(folder / "store"))
            return CliRunner().invoke(main, ["load", str(folder / case), *now, *store, *words])

        yield run


@pytest.fixture(scope="module")
def network(command: Command, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """Two days of the whole network, with a table; not to be changed."""
    out = tmp_path_factory.mktemp("out") / "load.csv"
    return command("--hours", "48", "--out", str(out)), out


def test_the_screen_says_what_the_forecast_rests_on(network: tuple[Result, Path]):
    """Seventeen days of meters are no guess, and too few to know the errors."""
    result, _ = network
    assert result.exit_code == 0, result.output
    assert "load of the whole network for 48 h from 2026-01-14 23:00" in result.output
    assert "LEARNING: 17 days of meters" in result.output
    assert "weights and intervals rest on few past forecasts" in result.output


def test_the_hours_of_the_table_add_up_to_the_days_of_the_screen(network: tuple[Result, Path]):
    """The whole day in the middle: 24 hours of MW, times 3.6, are its GJ."""
    result, out = network
    table = pd.read_csv(out)
    assert list(table) == ["time", "heat_mw", "p10_mw", "p90_mw"]
    assert table["time"].iloc[[0, -1]].tolist() == [
        "2026-01-14T23:00:00+08:00",
        "2026-01-16T22:00:00+08:00",
    ]
    assert (table["p10_mw"] <= table["heat_mw"]).all()
    assert (table["heat_mw"] <= table["p90_mw"]).all()
    days = table["time"].map(lambda text: datetime.fromisoformat(text).date().isoformat())
    whole = table[days == "2026-01-15"]
    assert len(whole) == 24
    assert f"{whole['heat_mw'].sum() * 3.6:.0f}" in result.output.split()
    assert f"{whole['heat_mw'].mean():.2f}" in result.output.split()


def test_a_station_is_told_and_drawn_alone(
    command: Command, network: tuple[Result, Path], tmp_path: Path
):
    """A tenth of the network's load, and a chart that is a PNG of some size."""
    out = tmp_path / "n1.png"
    result = command("--station", "N1", "--hours", "24", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "load of station N1 for 24 h" in result.output
    picture = out.read_bytes()
    assert picture.startswith(PNG_HEAD)
    assert len(picture) > 10_000
    said = pd.read_csv(io.BytesIO(network[1].read_bytes()))["heat_mw"]
    day = next(line for line in result.output.splitlines() if "(23 h)" in line)
    mean = float(day.split("(23 h)")[1].split()[0])
    assert mean == pytest.approx(STATION_SHARE * said.iloc[1:24].mean(), rel=0.05)


@pytest.mark.parametrize(
    ("case", "words", "cure"),
    [
        ("plain", (), "needs a folder telemetry/ with exports of your SCADA"),
        ("town", ("--station", "X9"), "X9 is no station of the case. Its stations are N1, N2"),
        ("town", ("--station", "S1"), "holds no heat of station S1"),
        ("town", ("--out", "load.txt"), "ends in neither .csv, .png nor .html"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_cure(
    command: Command, case: str, words: tuple[str, ...], cure: str
):
    """Exit code 2 and no traceback."""
    result = command(*words, case=case)
    assert result.exit_code == 2
    assert cure in " ".join(result.output.split())
    assert "Traceback" not in result.output
