"""The `heat-dispatch` command (design §6); takes the machine's clock where `--now` is not given.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

import sys
import tempfile
import traceback
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import click

from dispatch.messages import DEFAULT_LANGUAGE, say
from scenarios.calibrate_cli import calibrate
from scenarios.climate_cli import climate
from scenarios.coal_cli import coal
from scenarios.command import (
    BAD_INPUT,
    DEFAULT_CASE,
    OUR_FAULT,
    RED,
    RUNS_FOLDER,
    case_folder,
    one_case,
    parse_now,
    read_case,
    runs_option,
    stop,
    store_option,
    with_progress,
)
from scenarios.diff_cli import diff
from scenarios.drill_cli import drill
from scenarios.health_cli import health
from scenarios.history_cli import followup, history
from scenarios.load_cli import load
from scenarios.load_skill_cli import skill
from scenarios.scenario_cli import scenario
from scenarios.unforeseen_cli import unforeseen
from scenarios.weather_cli import weather

if TYPE_CHECKING:
    from dispatch.daily import DailyResult
    from dispatch.daily_request import DailyRequest
    from dispatch.run_lock import CaseBusy

FAULT_LOG = "heat-dispatch-faults.log"
RUNS_KEY = "scenarios.cli.runs_folder"  # where the fault log of a command goes


class PlainWordsGroup(click.Group):
    """Commands whose unforeseen faults end in one sentence and a log, never in a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; the last resort for what nobody foresaw."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            click.echo(_fault_sentence(error, ctx.meta.get(RUNS_KEY, RUNS_FOLDER)), err=True)
            ctx.exit(OUR_FAULT)


@click.group(cls=PlainWordsGroup, help=say("cli.help"))
@click.option("--debug", is_flag=True, help=say("cli.option_debug"))
@click.version_option(package_name="heat-dispatch", help=say("cli.option_version"))
def main(debug: bool) -> None:
    """Entry point of `heat-dispatch`."""


@main.command(help=say("cli.daily_help"))
@click.argument("case", required=False)
@click.option("--case", "case_option", metavar="CASE", help=say("cli.option_case"))
@click.option("--now", "now_text", metavar="ISO", help=say("cli.option_now"))
@runs_option
@store_option
@click.option(
    "--stage",
    type=click.Choice(["plan", "order"]),
    default="plan",
    show_default=True,
    help=say("cli.option_stage"),
)
@click.option("--json", "as_json", is_flag=True, help=say("cli.option_json"))
@click.option(
    "--lang",
    type=click.Choice([DEFAULT_LANGUAGE]),
    default=DEFAULT_LANGUAGE,
    show_default=True,
    help=say("cli.option_lang"),
)
@click.pass_context
def daily(
    ctx: click.Context,
    case: str | None,
    case_option: str | None,
    now_text: str | None,
    runs: Path,
    store: Path,
    stage: str,
    as_json: bool,
    lang: str,  # noqa: ARG001 (one language so far)
) -> None:
    """Make and publish the plan of the day."""
    ctx.meta[RUNS_KEY] = runs
    folder = one_case(case, case_option)
    now = parse_now(now_text) if now_text else datetime.now(tz=UTC).replace(microsecond=0)

    from dispatch.daily_request import DailyRequest, Stage
    from scenarios.follow_up_screen import looked_back_facts, webhook_facts
    from scenarios.screen import plan_screen, show

    result = _run(
        DailyRequest(
            case_folder=folder,
            now=now
            if now.tzinfo
            else now.replace(tzinfo=ZoneInfo(read_case(folder).settings.timezone)),
            runs_folder=runs,
            store_folder=store,
            stage=Stage(stage),
        )
    )
    if as_json:
        click.echo((result.folder / "summary.json").read_text(encoding="utf-8"), nl=False)
        for problem in filter(None, (*result.looked_back.problems, result.webhook_problem)):
            click.echo(problem, err=True)
    else:
        beside = [*looked_back_facts(result.looked_back), *webhook_facts(result.webhook_problem)]
        show(plan_screen(result.plan, result.folder, beside))
    ctx.exit(result.plan.verdict.quality.exit_code)


@main.command(help=say("cli.validate_help"))
@click.argument("case", default=DEFAULT_CASE)
def validate(case: str) -> None:
    """Check a case folder."""
    folder = case_folder(case)

    from dispatch import case_files
    from scenarios.screen import case_screen, show

    try:
        read = case_files.read_case(folder)
    except case_files.CaseFaults as faults:
        stop(str(faults), BAD_INPUT)
    show(case_screen(read.case, read.notes))


@main.command(help=say("cli.verify_help"))
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def verify(ctx: click.Context, run: Path) -> None:
    """Audit a published run folder."""
    from dispatch.verify import verify_run

    report = verify_run(run)
    for line in report.lines:
        click.echo(line)
    ctx.exit(0 if report.passed else RED)


main.add_command(weather)
main.add_command(climate)
main.add_command(skill)
main.add_command(calibrate)
main.add_command(load)
main.add_command(coal)
main.add_command(health)
main.add_command(history)
main.add_command(followup)
main.add_command(diff)
scenario.add_command(unforeseen)
scenario.add_command(drill)
main.add_command(scenario)


# ---- running and failing -------------------------------------------------------------------


def _run(request: "DailyRequest") -> "DailyResult":
    """Run the day; foreseen faults end the command in their own words."""
    from dispatch.case_files import CaseFaults
    from dispatch.daily import run_daily
    from dispatch.optimum import NoPlan
    from dispatch.publish import PublishFailed
    from dispatch.run_lock import CaseBusy

    try:
        return with_progress(lambda progress: run_daily(request, progress))
    except CaseFaults as faults:
        _give_up(request, str(faults), BAD_INPUT)
    except PublishFailed as failure:
        _give_up(request, str(failure), OUR_FAULT)
    except CaseBusy as busy:
        _give_up(request, _busy_sentence(busy), BAD_INPUT)
    except NoPlan as failure:
        text = say("daily.no_plan", status=failure.outcome.status.value)
        _give_up(request, text, OUR_FAULT)
    except Exception as error:  # in words by `PlainWordsGroup`
        _tell(request, type(error).__name__, OUR_FAULT)
        raise


def _give_up(request: "DailyRequest", text: str, exit_code: int) -> NoReturn:
    """Tell the webhook, and end the command."""
    _tell(request, text, exit_code)
    stop(text, exit_code)


def _tell(request: "DailyRequest", text: str, exit_code: int) -> None:
    """Tell the webhook of a failure; where that fails too, one line says so."""
    from dispatch.alarms.run_told import tell_failure

    problem = tell_failure(request.case_folder, request.now, text, exit_code)
    if problem:
        click.echo(problem, err=True)


def _busy_sentence(busy: "CaseBusy") -> str:
    from dispatch.daily import owner_values

    if busy.owner is None:
        return say("daily.busy_unknown")
    return say("daily.busy", **owner_values(busy.owner))


def _fault_sentence(error: Exception, runs_folder: Path) -> str:
    """Write the details of a fault to a log beside the runs; return one sentence for people."""
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    details = "".join(traceback.format_exception(error))
    entry = f"{datetime.now(tz=UTC).isoformat()} {sys.argv[1:]} {_version()}\n{details}\n"
    folders = (runs_folder, Path(tempfile.gettempdir()))
    for folder in folders:
        log = folder / FAULT_LOG
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with log.open("a", encoding="utf-8") as stream:
                stream.write(entry)
        except OSError:
            continue
        return say("cli.fault_of_ours", reason=reason, log=log)
    return say("cli.fault_unlogged", reason=reason, folder=runs_folder)


def _version() -> str:
    try:
        return metadata.version("heat-dispatch")
    except metadata.PackageNotFoundError:  # run from its folder, not installed
        return ""


if __name__ == "__main__":
    main()
