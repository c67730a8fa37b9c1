"""`heat-dispatch scenario`: its commands and options; what they do is in `scenario_commands`."""

from pathlib import Path

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    OUR_FAULT,
    json_option,
    now_option,
    runs_option,
    stop,
    store_option,
)

OUT_FOLDER = Path("scenario_runs")
OWN_FOLDER = Path("my_scenarios")

own_option = click.option(
    "--own",
    type=click.Path(path_type=Path, file_okay=False),
    default=OWN_FOLDER,
    show_default=True,
    help=say("scenario_cli.option_own"),
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=OUT_FOLDER,
    show_default=True,
    help=say("scenario_cli.option_out"),
)
workers_option = click.option(
    "--workers", type=click.IntRange(1, 64), help=say("scenario_cli.option_workers")
)
fresh_option = click.option("--fresh", is_flag=True, help=say("scenario_cli.option_fresh"))


@click.group(help=say("scenario_cli.help"))
def scenario() -> None:
    """Hold the commands about what-ifs."""


@scenario.command("list", help=say("scenario_cli.list_help"))
@own_option
def list_scenarios(own: Path) -> None:
    """List the scenarios there are."""
    from scenarios.scenario_list import list_screen
    from scenarios.screen import show
    from scenarios.whatif import library

    bundled = list(library.readable(library.library()))
    show(list_screen(bundled, list(library.readable(library.own(own)))))


@scenario.command(help=say("scenario_cli.kinds_help"))
def kinds() -> None:
    """List the kinds of change."""
    from scenarios.scenario_list import kinds_text

    for line in kinds_text():
        click.echo(line)


@scenario.command(help=say("scenario_cli.new_help"))
@click.argument("name")
@click.option(
    "--like",
    default="cold-wave",
    show_default=True,
    metavar="NAME",
    help=say("scenario_cli.option_like"),
)
@own_option
def new(name: str, like: str, own: Path) -> None:
    """Make a scenario file after another."""
    from scenarios.scenario_commands import pattern_of
    from scenarios.whatif.template import template

    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise click.BadParameter(say("scenario_cli.name", name=name), param_hint="NAME")
    path = own / f"{name}.toml"
    if path.exists():
        stop(say("scenario_cli.exists", path=path), BAD_INPUT)
    text = template(name, pattern_of(like, own))

    from dispatch.atomic import write_file

    try:
        own.mkdir(parents=True, exist_ok=True)
        write_file(path, text.encode())
    except OSError as error:
        stop(say("weather_cli.not_written", path=path, why=error.strerror), OUR_FAULT)
    click.echo(say("scenario_cli.made", path=path, name=name))


@scenario.command(help=say("scenario_cli.run_help"))
@click.argument("name")
@click.argument("case", required=False)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help=say("scenario_cli.set"))
@click.option("--sweep", metavar="KEY=LOW:HIGH:STEP", help=say("scenario_cli.sweep"))
@click.option("--cures", is_flag=True, help=say("scenario_cli.option_cures"))
@now_option
@own_option
@runs_option
@store_option
@out_option
@workers_option
@fresh_option
@json_option
def run(name: str, case: str | None, **options: object) -> None:
    """Plan a scenario beside the plan as it is."""
    from scenarios.scenario_commands import Ask, run_scenario

    click.get_current_context().exit(run_scenario(Ask.of((name,), case, options)))


@scenario.command(help=say("scenario_cli.compare_help"))
@click.argument("names", nargs=-1, required=True)
@click.option("--case", metavar="CASE", help=say("cli.option_case"))
@click.option("--cures", is_flag=True, help=say("scenario_cli.option_cures"))
@now_option
@own_option
@runs_option
@store_option
@out_option
@workers_option
@fresh_option
@json_option
def compare(names: tuple[str, ...], case: str | None, **options: object) -> None:
    """Plan several scenarios beside one plan as it is."""
    from scenarios.scenario_commands import Ask, run_scenario

    click.get_current_context().exit(run_scenario(Ask.of(names, case, options)))
