"""What the commands share: options, which case is meant, from when, and how a command stops.

Nothing heavy is imported before it is needed, so that `--help` answers at once.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar
from zoneinfo import ZoneInfo

import click

from dispatch.messages import say, words

if TYPE_CHECKING:
    from dispatch.case import Case

DEFAULT_CASE = "zaozhuang"
STORE_FOLDER = Path("weather_store")
RUNS_FOLDER = Path("runs")
RUNS_KEY = "scenarios.runs_folder"  # of commands that run unattended: where their log goes
SAID_KEY = "scenarios.said"  # the last sentence of a command, for the log
YEARS = (1900, 2200)  # first and last of a moment asked for
OUR_FAULT, BAD_INPUT, DEGRADED, RED = 1, 2, 10, 20

T = TypeVar("T")

case_argument = click.argument("case", default=DEFAULT_CASE)
now_option = click.option("--now", "now_text", metavar="ISO", help=say("weather_cli.option_now"))
json_option = click.option("--json", "as_json", is_flag=True, help=say("weather_cli.option_json"))
store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=STORE_FOLDER,
    show_default=True,
    help=say("cli.option_store"),
)
runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=RUNS_FOLDER,
    show_default=True,
    help=say("cli.option_runs"),
)


def case_folder(name: str) -> Path:
    """Return the folder of a bundled case by name, or of a case by path; else a usage error.

    A bundled name wins; `./zaozhuang` is the folder.
    """
    bundled = bundled_cases()
    if name in bundled:
        return bundled[name]
    folder = Path(name)
    if folder.is_dir():
        return folder
    raise click.UsageError(say("cli.case_unknown", name=name, names=words(*sorted(bundled))))


def one_case(argument: str | None, option: str | None) -> Path:
    """Return the folder of the case named in either way; a usage error if two are named."""
    if argument and option and argument != option:
        raise click.UsageError(say("cli.case_twice", one=argument, two=option))
    return case_folder(argument or option or DEFAULT_CASE)


def parse_now(text: str) -> datetime:
    """Return a moment as written; a usage error if it is none."""
    try:
        now = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(say("cli.now_unreadable", text=text), param_hint="--now") from None
    first, last = YEARS
    if not first <= now.year <= last:  # beyond, a season's dates may not exist at all
        told = say("cli.now_year", text=text, first=first, last=last)
        raise click.BadParameter(told, param_hint="--now")
    return now


def aware_now(text: str | None, timezone: str) -> datetime:
    """Return the moment asked for, else that of the clock; without an offset it is local time."""
    if text is None:
        return datetime.now(tz=UTC).replace(microsecond=0)
    now = parse_now(text)
    return now if now.tzinfo else now.replace(tzinfo=ZoneInfo(timezone))


def is_bundled(folder: Path) -> bool:
    """Return whether a case folder came with the program, and may change with its next release."""
    return folder.resolve() in {bundled.resolve() for bundled in bundled_cases().values()}


def read_case(folder: Path) -> "Case":
    """Return a case; ends the command if it has faults."""
    from dispatch import case_files

    try:
        return case_files.read_case(folder).case
    except case_files.CaseFaults as faults:
        stop(str(faults), BAD_INPUT)


def stop(text: str, exit_code: int) -> NoReturn:
    """End the command with a sentence on standard error."""
    click.echo(text, err=True)
    ctx = click.get_current_context(silent=True)
    if ctx is not None:
        ctx.meta[SAID_KEY] = text
    raise click.exceptions.Exit(exit_code)


def bundled_cases() -> dict[str, Path]:
    """Return the folders of the cases that came with the program, by name."""
    cases = Path(str(resources.files("scenarios") / "cases"))
    return {entry.parent.name: entry.parent for entry in cases.glob("*/case.toml")}


def with_progress(work: Callable[[Callable[[str], None]], T]) -> T:
    """Run `work`, telling how far it is: a live line on a terminal, plain lines in a log."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        return work(lambda text: click.echo(text, err=True))
    with console.status("") as status:
        return work(status.update)


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """Let a request to end (SIGTERM) clear up as Ctrl-C does: processes ended, the lock let go."""

    def end(*_: object) -> NoReturn:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def write_out(out: Path, content: bytes, said: str = "weather_cli.written") -> None:
    """Write a file whole and say where by message `said`.

    A disk that does not take it ends the command.
    """
    from dispatch.atomic import write_file

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_file(out, content)
    except OSError as error:
        stop(say("weather_cli.not_written", path=out, why=error.strerror), OUR_FAULT)
    click.echo(say(said, path=out), err=True)
