"""`heat-dispatch weather`: over a real loopback service; exit codes, words, files that last."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecasts.weather.provider import Place
from scenarios.cli import main
from tests.daily_runs import NOBODY_LISTENS, open_meteo, weather_from
from tests.open_meteo_service import open_meteo_service
from tests.skill_maker import FIRST, sensor_table, stored_days
from tests.small_case import write_small_case
from tests.weather_server import Fault, WeatherServer, around, weather_server

NOW = datetime(2026, 1, 14, 21, 30, tzinfo=UTC)
SMALL = Place(34.8, 117.6, "Asia/Shanghai")
Runner = Callable[..., Result]


@pytest.fixture(scope="module")
def server() -> Iterator[WeatherServer]:
    with weather_server(now=NOW, temperature=around(-3.0)) as running:
        yield running


@pytest.fixture
def command(tmp_path: Path, server: WeatherServer, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run `heat-dispatch weather` for a small case that asks the loopback service."""
    monkeypatch.chdir(tmp_path)
    server.fault = None
    write_small_case(tmp_path / "case", weather_from(open_meteo(server.base_url)))

    def run(name: str, *words: str, case: str = "case") -> Result:
        given = (name, case, "--now", NOW.isoformat(), *words)
        return CliRunner().invoke(main, ["weather", *given])

    return run


# ---- show ----------------------------------------------------------------------------------


def test_show_tells_source_trust_and_days(command: Runner):
    ended = command("show")
    assert ended.exit_code == 0, ended.output
    lines = ended.stdout.splitlines()
    assert lines[0] == "Small town: weather from 2026-01-15 to 2026-01-21"
    assert "open_meteo (forecast), issued 2026-01-14 22:30, 7.0 h old" in ended.stdout
    assert any(line.startswith("Trust") and "GOOD" in line for line in lines)
    days = [line.split() for line in lines if line.startswith("Thu 01-15")]
    # a course of ±4 K about -3 °C; hourly means of it reach 3.94 K
    assert days[0][2:5] == ["-6.9", "-3.0", "0.9"]
    assert "█ forecast" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_a_forecast_that_ends_early_says_from_when_on_it_is_climate(command: Runner):
    ended = command("show", "--days", "20", "--chart", "none")
    assert "come from climate normals" in ended.stdout
    assert "24 h climate" in ended.stdout
    assert "█" not in ended.stdout


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.TOO_HOT, Fault.LONG_GAP])
def test_without_a_usable_forecast_it_is_the_climate_and_exit_10(
    command: Runner, server: WeatherServer, fault: Fault
):
    server.fault = fault
    ended = command("show")
    assert ended.exit_code == 10
    assert "NO FORECAST" in ended.stdout
    assert "Not used" in ended.stdout
    assert "Traceback" not in ended.output


def test_an_old_forecast_is_doubtful(command: Runner, server: WeatherServer):
    server.fault = Fault.OLD_META
    ended = command("show")
    assert ended.exit_code == 10
    assert "DOUBTFUL" in ended.stdout


@pytest.mark.parametrize("ending", ["png", "html"])
def test_the_same_forecast_is_the_same_picture(command: Runner, tmp_path: Path, ending: str):
    """Else nobody could tell a changed forecast from a changed file."""
    for name in ("one", "two"):
        assert command("show", "--out", f"pictures/{name}.{ending}").exit_code == 0
    one, two = (tmp_path / "pictures" / f"{name}.{ending}" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in one.parent.iterdir()) == [f"one.{ending}", f"two.{ending}"]


def test_the_page_needs_nothing_from_outside(command: Runner, tmp_path: Path):
    command("show", "--chart", "html")
    page = (tmp_path / "weather-small.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<text" in page  # letters stay letters
    assert not [word for word in ("<script", "src=", "@import", "url(http") if word in page]
    assert "Thu 01-15" in page


def test_a_picture_that_cannot_be_written_says_so(command: Runner, tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = command("show", "--out", "file/x.png")
    assert ended.exit_code == 1
    assert "--out" in ended.stderr


@pytest.mark.parametrize(
    "words", [("--out", "x.pdf"), ("--chart", "png", "--out", "x.html"), ("--days", "0")]
)
def test_what_cannot_be_understood_is_bad_input(command: Runner, words: tuple[str, ...]):
    assert command("show", *words).exit_code == 2


def test_json_says_all_of_the_screen(command: Runner):
    told = json.loads(command("show", "--json", "--days", "3").stdout)
    assert told["standing"] == "good"
    assert [day["day"] for day in told["days"]] == ["2026-01-15", "2026-01-16", "2026-01-17"]
    assert told["days"][0]["mean_c"] == pytest.approx(-3.0, abs=0.05)
    assert {gate["outcome"] for gate in told["gates"]} <= {"passed", "not_judged"}


# ---- fetch, check --------------------------------------------------------------------------


def test_fetch_keeps_what_services_send_and_a_later_show_finds_it(
    command: Runner, tmp_path: Path, server: WeatherServer
):
    ended = command("fetch")
    assert ended.exit_code == 0, ended.output
    row = next(line.split() for line in ended.stdout.splitlines() if line.startswith("open_meteo"))
    assert row[1:5] == ["ok", "2026-01-14", "22:30", "7.0"]
    assert len(list((tmp_path / "weather_store").rglob("*.nc"))) == 1
    server.fault = Fault.SERVER_ERROR
    shown = command("show")
    assert shown.exit_code == 0
    assert "kept on disk" in shown.stdout


def test_fetch_goes_on_after_a_service_that_does_not_answer(
    tmp_path: Path, command: Runner, server: WeatherServer
):
    sources = (open_meteo(NOBODY_LISTENS, "down"), open_meteo(server.base_url, "well"))
    write_small_case(tmp_path / "two", weather_from(*sources))
    ended = command("fetch", case="two")
    assert ended.exit_code == 0
    told = {line.split()[0]: line for line in ended.stdout.splitlines() if line}
    assert "no answer" in told["down"]
    assert " ok " in told["well"]
    assert "down cannot be reached" in ended.stdout


def test_fetch_of_nothing_is_exit_10(command: Runner, server: WeatherServer):
    server.fault = Fault.HTML
    ended = command("fetch", "--json")
    assert ended.exit_code == 10
    assert json.loads(ended.stdout)["sources"][0]["refused"]["cause"] == "not_json"


def test_check_names_every_gate_of_every_source(command: Runner):
    ended = command("check")
    assert ended.exit_code == 0, ended.output
    for gate in ("place", "hours covered", "possible values", "age", "clock"):
        assert any(line.startswith(f"{gate} ") for line in ended.stdout.splitlines()), gate
    assert "refused" not in ended.stdout


def test_check_tells_what_a_refused_source_is_refused_for(command: Runner, server: WeatherServer):
    server.fault = Fault.WRONG_PLACE
    ended = command("check")
    assert ended.exit_code == 10
    row = next(line for line in ended.stdout.splitlines() if line.startswith("place "))
    assert "refused" in row
    assert "Check latitude and longitude in case.toml" in ended.stdout


def test_a_run_of_days_ago_is_refused_for_its_age(command: Runner, server: WeatherServer):
    """Its numbers are right: only the moment tells."""
    server.fault = Fault.STALE_META
    checked, fetched = command("check"), command("fetch")
    assert (checked.exit_code, fetched.exit_code) == (10, 10)
    row = next(line for line in checked.stdout.splitlines() if line.startswith("age "))
    assert "refused" in row
    assert "open_meteo is too old" in checked.stdout
    told = next(line for line in fetched.stdout.splitlines() if line.startswith("open_meteo "))
    assert told.split()[1] == "refused"


def test_check_of_a_typed_bulletin(command: Runner, tmp_path: Path):
    """A file is known by its columns: this one by min_c and max_c."""
    days = "".join(f"2026-01-{day},-6,2\n" for day in range(13, 24))
    (tmp_path / "bulletin.csv").write_text("date,min_c,max_c\n" + days, encoding="utf-8")
    ended = command("check", "--case", "case", case="bulletin.csv")
    assert ended.exit_code == 0, ended.output
    assert "possible values" in ended.stdout


def test_check_of_a_broken_table_says_row_and_column(command: Runner, tmp_path: Path):
    header = "time,temp_c,wind_m_per_s,radiation_w_per_m2\n"
    rows = "2026-01-13T00:00,-3,2,0\n2026-01-13T01:00,x,2,0\n"
    (tmp_path / "table.csv").write_text(header + rows, encoding="utf-8")
    ended = command("check", "--case", "case", case="table.csv")
    assert ended.exit_code == 10
    assert "row 3, temp_c: 'x' is not a number" in ended.stdout


# ---- skill ---------------------------------------------------------------------------------


def test_skill_of_stored_runs(command: Runner, tmp_path: Path):
    """Runs 1.5 K too warm throughout: the table, the CSV and the picture say so."""
    stored_days(tmp_path / "weather_store", SMALL, 10, bias_k=1.5, sd_k=0.0)
    observed = sensor_table(tmp_path / "sensor.csv", 20)
    ended = command("skill", "--observed", str(observed), "--out", "skill")
    assert ended.exit_code == 0, ended.output
    row = next(line.split() for line in ended.stdout.splitlines() if line.startswith("open_meteo"))
    assert row[1:9] == ["0–6", "10", "60", "+1.5", "1.5", "1.5", "1.50", "-"]
    written = sorted(path.name for path in (tmp_path / "skill").iterdir())
    assert written == ["skill.csv", "skill.html", "skill.png"]
    table = (tmp_path / "skill" / "skill.csv").read_text(encoding="utf-8").splitlines()
    assert table[0].startswith("provider,first_h,end_h,pairs,runs,bias_k")
    assert table[1].startswith("open_meteo,0,6,60,10,1.5000,1.5000,1.5000,1.5000,,")


def test_skill_looks_only_at_the_days_asked_and_at_what_has_come(command: Runner, tmp_path: Path):
    """Ten days back from 14 January 21:30: the runs of the 5th to the 10th; nothing later."""
    stored_days(tmp_path / "weather_store", SMALL, 10, sd_k=0.0)
    observed = sensor_table(tmp_path / "sensor.csv", 40)
    ended = command("skill", "--observed", str(observed), "--days", "10", "--json")
    rows = json.loads(ended.stdout)["services"][0]["by_lead"]
    assert rows[0]["runs"] == 6
    # of the run of the 10th the hour from 14 January 21:00 on is not over: lead 117
    assert rows[-1]["pairs"] == 6 * 48 - (120 - 117)
    assert FIRST + timedelta(days=9, hours=117) < NOW


def test_skill_without_anything_to_compare(command: Runner, tmp_path: Path):
    observed = sensor_table(tmp_path / "sensor.csv", 3)
    ended = command("skill", "--observed", str(observed))
    assert ended.exit_code == 10
    assert "nothing to compare" in ended.stdout


def test_skill_without_store_and_sensor_by_what_the_service_keeps(command: Runner):
    """The service drifts half a kelvin a day of lead; its archive holds the truth, 5 days late."""
    with open_meteo_service(now=NOW) as service:
        words = ("--archive", service.base_url, "--previous", service.base_url, "--days", "20")
        ended = command("skill", *words, "--json")
    assert ended.exit_code == 0, ended.output
    (found,) = json.loads(ended.stdout)["services"]
    assert found["provider"] == "open_meteo, previous runs"
    by_lead = {(row["first_h"], row["end_h"]): row["bias_k"] for row in found["by_lead"]}
    assert by_lead[24, 48] == pytest.approx(0.5, abs=0.01)
    assert by_lead[48, 72] == pytest.approx(1.0, abs=0.01)
    assert by_lead[168, 240] == pytest.approx(3.5, abs=0.01)


def test_an_archive_that_does_not_answer_is_said(command: Runner):
    ended = command("skill", "--archive", NOBODY_LISTENS)
    assert ended.exit_code == 1
    assert "open_meteo_archive" in ended.stderr
    assert "Traceback" not in ended.output


def test_skill_with_a_broken_table_is_bad_input(command: Runner, tmp_path: Path):
    (tmp_path / "sensor.csv").write_text("when,what\n2026-01-01T00:00,warm\n", encoding="utf-8")
    ended = command("skill", "--observed", "sensor.csv")
    assert ended.exit_code == 2
    assert "sensor.csv" in ended.stderr


def test_skill_takes_the_sensor_of_the_case_or_says_that_there_is_none(
    command: Runner, tmp_path: Path
):
    stored_days(tmp_path / "weather_store", SMALL, 3, sd_k=0.0)
    assert command("skill").exit_code == 2
    sensor_table(tmp_path / "case" / "sensor.csv", 20)
    with (tmp_path / "case" / "case.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[outdoor_sensor]\npath = "sensor.csv"\n')
    ended = command("skill")
    assert ended.exit_code == 0, ended.output
    assert "+0.5" in ended.stdout
