"""`heat-dispatch report`: a published run as one page."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    DEFAULT_CASE,
    case_folder,
    read_case,
    runs_option,
    stop,
    write_out,
)


@click.command(help=say("report.help"))
@click.argument("run")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    help=say("report.option_output"),
)
@click.option("--case", default=DEFAULT_CASE, show_default=True, help=say("report.option_case"))
@runs_option
def report(run: str, output: Path, case: str, runs: Path) -> None:
    """Write the page of a run."""
    from dispatch.history.past_run import RunUnreadable, named_run
    from dispatch.report.page import report_page
    from dispatch.report.run_facts import read_facts

    try:
        if not Path(run).is_dir():
            run = str(named_run(run, runs / read_case(case_folder(case)).settings.id))
        page = report_page(read_facts(Path(run)))
    except RunUnreadable as error:
        stop(str(error), BAD_INPUT)
    except KeyError as error:  # what an earlier version did not tell yet
        stop(say("report.too_old", run=run, what=error.args[0]), BAD_INPUT)
    write_out(output, page.encode(), said="report.written")
