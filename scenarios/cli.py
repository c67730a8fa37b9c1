"""The `heat-dispatch` command (design §6); takes the machine's clock where `--now` is not given.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

import os
import sys
import tempfile
import time
import traceback
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import click

from dispatch.messages import LANGUAGES, language, say, speaking
from scenarios.alarms_cli import alarms
from scenarios.calibrate_cli import calibrate
from scenarios.climate_cli import climate
from scenarios.coal_cli import coal
from scenarios.command import (
    BAD_INPUT,
    DEFAULT_CASE,
    OUR_FAULT,
    RED,
    RUNS_FOLDER,
    RUNS_KEY,
    SAID_KEY,
    case_folder,
    one_case,
    parse_now,
    read_case,
    runs_option,
    stop,
    stopping_in_order,
    store_option,
    with_progress,
)
from scenarios.command_log import log_command
from scenarios.diff_cli import diff
from scenarios.drill_cli import drill
from scenarios.health_cli import health
from scenarios.history_cli import followup, history
from scenarios.load_cli import load
from scenarios.load_skill_cli import skill
from scenarios.report_cli import report
from scenarios.scenario_cli import scenario
from scenarios.schedule_cli import schedule
from scenarios.unforeseen_cli import unforeseen
from scenarios.watch_cli import watch
from scenarios.weather_cli import weather

if TYPE_CHECKING:
    from dispatch.daily import DailyResult
    from dispatch.daily_request import DailyRequest
    from dispatch.run_lock import CaseBusy

MOST_TOLD = 500  # letters of a reason
WORDS_KEY = "scenarios.cli.words"
FAULT_LOG = "heat-dispatch-faults.log"


class PlainWordsGroup(click.Group):
    """Commands whose unforeseen faults end in one sentence and a log, never in a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words of the command for its log."""
        ctx.meta[WORDS_KEY] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; the last resort for what nobody foresaw."""
        began = time.monotonic()
        code = 0
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit as end:
            code = end.exit_code
            raise
        except click.ClickException as error:
            code = error.exit_code
            ctx.meta.setdefault(SAID_KEY, error.format_message())
            raise
        except (click.Abort, BrokenPipeError):
            code = OUR_FAULT
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            code = OUR_FAULT
            sentence = _fault_sentence(error, ctx.meta.get(RUNS_KEY, RUNS_FOLDER))
            ctx.meta[SAID_KEY] = sentence
            click.echo(sentence, err=True)
            ctx.exit(OUR_FAULT)
        finally:
            if RUNS_KEY in ctx.meta:  # set by commands that run unattended
                seconds, said = time.monotonic() - began, ctx.meta.get(SAID_KEY, "")
                now = datetime.now(tz=UTC).replace(microsecond=0)
                log_command(ctx.meta[RUNS_KEY], now, ctx.meta[WORDS_KEY], code, seconds, said)


@click.group(cls=PlainWordsGroup, help=say("cli.help"))
@click.option("--debug", is_flag=True, help=say("cli.option_debug"))
@click.option("--lang", type=click.Choice(LANGUAGES), help=say("cli.option_lang"))
@click.version_option(package_name="heat-dispatch", help=say("cli.option_version"))
@click.pass_context
def main(ctx: click.Context, debug: bool, lang: str | None) -> None:  # noqa: ARG001 (read above)
    """Entry point of `heat-dispatch`."""
    ctx.with_resource(speaking(lang or language()))


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
@click.option(
    "--budget",
    "budget_s",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help=say("cli.option_budget"),
)
@click.option("--only-in-season", is_flag=True, help=say("cli.option_only_in_season"))
@click.option("--because", metavar="TEXT", help=say("cli.option_because"))
@click.option("--in-place-of", metavar="RUN", hidden=True)
@click.option("--json", "as_json", is_flag=True, help=say("cli.option_json"))
@click.pass_context
def daily(
    ctx: click.Context,
    case: str | None,
    case_option: str | None,
    now_text: str | None,
    runs: Path,
    store: Path,
    stage: str,
    budget_s: float | None,
    only_in_season: bool,
    because: str | None,
    in_place_of: str | None,
    as_json: bool,
) -> None:
    """Make and publish the plan of the day."""
    ctx.meta[RUNS_KEY] = runs
    folder = one_case(case, case_option)
    now = parse_now(now_text) if now_text else datetime.now(tz=UTC).replace(microsecond=0)

    from dispatch.daily_request import DailyRequest, Stage
    from scenarios.follow_up_screen import looked_back_facts, webhook_facts
    from scenarios.schedule.season import is_heating
    from scenarios.screen import plan_screen, show

    if now.tzinfo is None:
        now = now.replace(tzinfo=ZoneInfo(read_case(folder).settings.timezone))
    eve = False  # the day before the season: its order is for a day with heat
    if only_in_season or stage == Stage.ORDER:
        settings = read_case(folder).settings
        is_due = is_heating(settings, now, Stage(stage))
        if only_in_season and not is_due:
            click.echo(say("daily.not_in_season", case=settings.id))
            return
        eve = is_due and not is_heating(settings, now)
    result = _run(
        DailyRequest(
            case_folder=folder,
            now=now,
            runs_folder=runs,
            store_folder=store,
            stage=Stage(stage),
            budget_s=budget_s,
            by_clock=now_text is None,
            in_place_of=in_place_of,
            because=told(because or ""),
            in_season=eve,
        )
    )
    if as_json:
        click.echo((result.folder / "summary.json").read_text(encoding="utf-8"), nl=False)
        for problem in filter(None, (*result.looked_back.problems, result.webhook_problem)):
            click.echo(problem, err=True)
    else:
        beside = [*looked_back_facts(result.looked_back), *webhook_facts(result.webhook_problem)]
        show(plan_screen(result.plan, result.folder, beside))
    verdict = result.plan.verdict
    why = [reason.text for reason in verdict.reasons]
    ctx.meta[SAID_KEY] = " ".join([result.folder.name, verdict.quality.value, *why])
    ctx.exit(verdict.quality.exit_code)


def told(because: str) -> str:
    """A reason given on the command line, in one line of bounded length."""
    return " ".join("".join(c if c.isprintable() else " " for c in because).split())[:MOST_TOLD]


@main.command(help=say("cli.validate_help"))
@click.argument("case", default=DEFAULT_CASE)
def validate(case: str) -> None:
    """Check a case folder."""
    folder = case_folder(case)

    from dispatch import case_files
    from scenarios.case_screen import case_screen
    from scenarios.screen import show

    try:
        read = case_files.read_case(folder, now=datetime.now(tz=UTC))
    except case_files.CaseFaults as faults:
        stop(str(faults), BAD_INPUT)
    show(case_screen(read.case, read.notes))
    if os.geteuid() == 0:
        click.echo(say("cli.as_root"), err=True)


@main.command(help=say("cli.verify_help"))
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def verify(ctx: click.Context, run: Path) -> None:
    """Audit a published run folder."""
    from dispatch.verify import verify_run
    from scenarios.screen import show
    from scenarios.verify_screen import verify_screen

    found = verify_run(run)
    show(verify_screen(found))
    ctx.exit(0 if found.passed else RED)


main.add_command(weather)
main.add_command(climate)
main.add_command(skill)
main.add_command(calibrate)
main.add_command(load)
main.add_command(coal)
main.add_command(schedule)
main.add_command(watch)
main.add_command(health)
main.add_command(alarms)
main.add_command(history)
main.add_command(followup)
main.add_command(diff)
main.add_command(report)
scenario.add_command(unforeseen)
scenario.add_command(drill)
main.add_command(scenario)


# ---- running and failing -------------------------------------------------------------------


def _run(request: "DailyRequest") -> "DailyResult":
    """Run the day; foreseen faults end the command in their own words."""
    from dispatch.case_files import CaseFaults
    from dispatch.daily import AlreadyReplaced, run_daily
    from dispatch.publish import PublishFailed
    from dispatch.run_lock import CaseBusy

    try:
        with stopping_in_order():
            return with_progress(lambda progress: run_daily(request, progress))
    except CaseFaults as faults:
        _give_up(request, str(faults), BAD_INPUT)
    except PublishFailed as failure:
        _give_up(request, str(failure), OUR_FAULT)
    except AlreadyReplaced as newer:
        stop(say("watch.replaced", run=newer.run), 0)
    except CaseBusy as busy:
        _give_up(request, _busy_sentence(busy), BAD_INPUT)
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
            # Readable by its owner alone; no link of that name, planted by others, is followed.
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            with open(os.open(log, flags, 0o600), "a", encoding="utf-8") as stream:  # noqa: PTH123
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
