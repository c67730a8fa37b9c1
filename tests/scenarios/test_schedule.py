"""`heat-dispatch schedule`: units that systemd takes, switched on by a real process, and cron."""

import configparser
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dispatch.case_files import read_settings
from dispatch.clock_check import clock_reasons
from dispatch.daily_request import Stage
from scenarios.cli import main
from scenarios.schedule import installed
from scenarios.schedule.jobs import JobKind, Schedule, cron_lines
from scenarios.schedule.season import is_heating
from scenarios.schedule.units import MARK, exec_line, on_calendar, unit_files
from tests.small_case import write_small_case

# Writes down what it is asked, and answers `show` like systemd 252.
SYSTEMCTL = """\
#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
  *show*timer) echo "NextElapseUSecRealtime=Fri 2026-01-16 05:30:00 CST" ;;
  *show*) echo "Result=success"; echo "ExecMainStatus=10" ;;
esac
[ ! -e "$REFUSE" ] || { echo "Access denied" >&2; exit 1; }
"""


def schedule_of(**changes: object) -> Schedule:
    known = {
        "case_id": "small",
        "timezone": "Asia/Shanghai",
        "case_folder": Path("/srv/heat/small town"),
        "runs_folder": Path("/srv/heat/runs"),
        "store_folder": Path("/srv/heat/store"),
    }
    return Schedule(**(known | changes))  # type: ignore[arg-type]


def test_units_say_when_in_the_utilitys_zone():
    units = {name: _parsed(text) for name, text in unit_files(schedule_of()).items()}
    timers = {name: unit["Timer"] for name, unit in units.items() if name.endswith(".timer")}
    at = {name: timer["OnCalendar"] for name, timer in timers.items()}
    assert at == {
        "heat-dispatch-small-daily.timer": "*-*-* 05:30:00 Asia/Shanghai",
        "heat-dispatch-small-order.timer": "*-*-* 16:00:00 Asia/Shanghai",
        "heat-dispatch-small-watch.timer": "*-*-* *:05,35:00 Asia/Shanghai",
    }
    assert timers["heat-dispatch-small-daily.timer"]["Persistent"] == "true"
    service = units["heat-dispatch-small-daily.service"]["Service"]
    assert service["SuccessExitStatus"] == "10"  # amber is a usable plan
    assert int(service["TimeoutStartSec"]) > schedule_of().budget_s
    assert '"/srv/heat/small town"' in service["ExecStart"]


def _parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_words_of_a_command_stay_what_they_are():
    """% and $ mean something to systemd; quotes and backslashes end words."""
    assert exec_line(["a b", "50%", "$HOME", 'say "x"', "c\\d"]) == (
        '"a b" "50%%" "$$HOME" "say \\"x\\"" "c\\\\d"'
    )


@pytest.mark.parametrize(
    ("every", "minutes"), [(10, "05,15,25,35,45,55"), (30, "05,35"), (60, "05")]
)
def test_the_watch_keeps_off_the_full_hour(every: int, minutes: str):
    watch = on_calendar(schedule_of(watch_every_min=every), JobKind.WATCH)
    assert watch == f"*-*-* *:{minutes}:00 Asia/Shanghai"


def test_no_watch_is_no_unit():
    names = unit_files(schedule_of(watch_every_min=0))
    assert not [name for name in names if "watch" in name]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_units(tmp_path: Path):
    folders = dict.fromkeys(("case_folder", "runs_folder", "store_folder"), tmp_path)
    files = unit_files(schedule_of(**folders))
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / name) for name in files]
    asked = subprocess.run(
        ["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False
    )
    ours = [line for line in asked.stderr.splitlines() if "heat-dispatch" in line]
    missing = [line for line in ours if "is not executable" in line]  # the command of this test
    assert [line for line in ours if line not in missing] == []


def test_cron_does_the_same_with_times_of_the_zone():
    zone, spoken, daily, order, watch = cron_lines(
        schedule_of(daily_at=time(4, 45), case_folder=Path("/srv/50% case"))
    )
    assert zone == "CRON_TZ=Asia/Shanghai"
    assert spoken == "HEAT_DISPATCH_LANG=en"
    assert daily.startswith("45 4 * * * ")
    assert order.startswith("0 16 * * * ")
    assert watch.startswith("*/30 * * * * ")
    assert "'/srv/50\\% case'" in daily


# ---- the command ---------------------------------------------------------------------------


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a machine with systemd: `systemctl` writes down what it is asked."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "systemctl").write_text(SYSTEMCTL, encoding="utf-8")
    (bin_folder / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("REFUSE", str(tmp_path / "refuse"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(installed, "RUNNING_SYSTEMD", tmp_path)
    monkeypatch.chdir(tmp_path)
    write_small_case(tmp_path / "town")
    return tmp_path


def schedule_command(*words: str) -> Result:
    return CliRunner().invoke(main, ["schedule", words[0], "town", *words[1:]])


def units(machine: Path) -> list[str]:
    folder = machine / "config" / "systemd" / "user"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_install_status_remove(machine: Path):
    first = schedule_command("install")
    assert first.exit_code == 0, first.output
    assert len(units(machine)) == 6
    calls = (machine / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[0] == "--user daemon-reload"
    assert calls[1].startswith("--user enable --now heat-dispatch-small-daily.timer")

    again = schedule_command("install")
    assert "Written" not in again.output
    fewer = schedule_command("install", "--watch-every", "0", "--daily", "05:00")
    assert "heat-dispatch-small-daily.timer" in fewer.output
    assert len(units(machine)) == 4

    shown = schedule_command("status", "--json")
    assert shown.exit_code == 0
    jobs = json.loads(shown.output)["jobs"]
    assert set(jobs) == {"daily", "order"}
    assert jobs["daily"]["ExecMainStatus"] == "10"

    gone = schedule_command("remove")
    assert gone.exit_code == 0
    assert units(machine) == []
    assert schedule_command("status").exit_code == 10  # nothing is installed: worth an alarm


def test_files_of_others_are_left_alone(machine: Path):
    folder = machine / "config" / "systemd" / "user"
    folder.mkdir(parents=True)
    own = folder / "heat-dispatch-small-daily.service"
    own.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    refused = schedule_command("install")
    assert refused.exit_code == 2
    assert str(own) in refused.output
    assert units(machine) == [own.name]
    schedule_command("remove")
    assert units(machine) == [own.name]
    assert MARK not in own.read_text(encoding="utf-8")


def test_a_manager_that_refuses_is_told(machine: Path):
    (machine / "refuse").touch()
    refused = schedule_command("install")
    assert refused.exit_code == 1
    assert "Access denied" in refused.output


def test_units_of_the_machine_run_as_somebody(machine: Path):
    assert schedule_command("install", "--system").exit_code == 2
    shown = schedule_command("install", "--system", "--as", "heat", "--dry-run")
    assert shown.output.count("User=heat") == 3


def test_without_systemd_lines_for_cron(machine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(installed, "RUNNING_SYSTEMD", machine / "nothing")
    shown = schedule_command("install")
    assert shown.exit_code == 0
    assert "CRON_TZ=Asia/Shanghai" in shown.output
    assert units(machine) == []


# ---- season and clock ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "plan", "order"),
    [
        ("2026-11-13T16:00+08:00", False, False),
        ("2026-11-14T16:00+08:00", False, True),  # the eve of 15 November
        ("2026-11-15T05:30+08:00", True, True),
        ("2027-03-15T16:00+08:00", True, False),  # the last day
        ("2027-03-16T05:30+08:00", False, False),
    ],
)
def test_orders_are_for_tomorrow(tmp_path: Path, moment: str, plan: bool, order: bool):
    settings, _ = read_settings(write_small_case(tmp_path / "town"))
    assert settings is not None
    now = datetime.fromisoformat(moment)
    assert is_heating(settings, now) is plan
    assert is_heating(settings, now, Stage.ORDER) is order


def test_a_clock_behind_a_published_run_is_doubted():
    now = datetime(2026, 1, 15, 5, 30, tzinfo=UTC)
    assert clock_reasons(now, []) == ()
    assert clock_reasons(now, [now.replace(minute=34), now.replace(day=1)]) == ()
    (reason,) = clock_reasons(now, [now.replace(hour=9)])
    assert "09:30" in reason.text
