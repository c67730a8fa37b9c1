"""`heat-dispatch scenario unforeseen`: what it costs when the forecast did not see it coming."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
from scenarios.scenario_cli import out_option, own_option, workers_option

if TYPE_CHECKING:
    from dispatch.daily_request import DailyRequest
    from dispatch.situation import Situation
    from scenarios.unforeseen_files import Unforeseen
    from scenarios.whatif.lived import Lived, Policy, Sight

DEFAULT_REPLAN = "24,12,6"
SHORTEST_H, LONGEST_H = 1, 48


@click.command(help=say("unforeseen.help"))
@click.argument("name")
@click.argument("case", required=False)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help=say("scenario_cli.set"))
@click.option(
    "--sure",
    type=click.FloatRange(0, 120),
    default=24.0,
    show_default=True,
    help=say("unforeseen.sure"),
)
@click.option(
    "--fades",
    type=click.FloatRange(1, 120),
    default=24.0,
    show_default=True,
    help=say("unforeseen.fades"),
)
@click.option("--replan", default=DEFAULT_REPLAN, show_default=True, help=say("unforeseen.replan"))
@now_option
@own_option
@runs_option
@store_option
@out_option
@workers_option
@json_option
def unforeseen(
    name: str,
    case: str | None,
    sure: float,
    fades: float,
    replan: str,
    workers: int | None,
    as_json: bool,
    **options: object,
) -> None:
    """Plan on a forecast that does not see the scenario's weather, and live in that weather."""
    from scenarios.scenario_commands import Ask, asked_whole
    from scenarios.unforeseen_files import Unforeseen, unforeseen_files, unforeseen_folder
    from scenarios.whatif.lived import Policy, Sight
    from scenarios.whatif.lived_figures import lived_figures
    from scenarios.whatif.lived_hours import outdoors

    every = _hours(replan)
    told: dict[str, object] = {"workers": workers, "as_json": as_json, "cures": False}
    ask = Ask.of((name,), case, {**options, **told, "fresh": True})
    asked = asked_whole(ask)
    expected, truth = (variant.situation for variant in asked.variants)
    if expected.weather["air_temperature"].equals(truth.weather["air_temperature"]):
        stop(say("unforeseen.no_weather", name=name), BAD_INPUT)
    policies = (
        Policy(None, foresight=True),
        Policy(None),
        *(Policy(hours) for hours in every),
    )
    scenario, town = asked.scenarios[0], truth.case
    folder = unforeseen_folder(ask.out, town.settings.id, scenario.name)
    with _not_written(folder):  # told before the planning, not after it
        folder.mkdir(parents=True, exist_ok=True)
    sight = Sight(sure, fades)
    lived = _lived(expected, truth, policies, sight, asked.request, workers)
    weather = outdoors(expected, truth, sight, lived[0])
    figures = lived_figures(lived, town)
    answer = Unforeseen(scenario.name, scenario.title, town, weather, lived, figures)
    tell(answer, unforeseen_files(answer), folder, as_json=as_json)


def tell(answer: "Unforeseen", files: Mapping[str, bytes], folder: Path, *, as_json: bool) -> None:
    """Write the files, whole or none of them, then show the answer, which names them."""
    from dispatch.atomic import write_files
    from scenarios.screen import show
    from scenarios.unforeseen_files import JSON_FILE
    from scenarios.unforeseen_screen import unforeseen_screen

    with _not_written(folder):
        write_files(folder, files)
    if as_json:
        click.echo(files[JSON_FILE].decode(), nl=False)
        return
    names = [str(folder / name) for name in files]
    show(unforeseen_screen(answer.title, answer.outdoors, answer.figures, names))


@contextmanager
def _not_written(folder: Path) -> Iterator[None]:
    """End the command with a sentence where the disk does not take what is written within."""
    try:
        yield
    except OSError as error:
        stop(say("unforeseen.not_written", path=folder, why=error.strerror), OUR_FAULT)


def _lived(
    expected: "Situation",
    truth: "Situation",
    policies: "Sequence[Policy]",
    sight: "Sight",
    request: "DailyRequest",
    workers: int | None,
) -> "tuple[Lived, ...]":
    from dispatch.optimum import NoPlan
    from scenarios.unforeseen_screen import policy_words
    from scenarios.whatif.lived_all import lived_all

    def progress(count: int, policy: "Policy") -> None:
        click.echo(f"{count}/{len(policies)} {policy_words(policy)}", err=True)

    try:
        asked = workers or _processors()
        return lived_all(expected, truth, policies, sight, request, asked, progress)
    except NoPlan as failure:
        stop(say("daily.no_plan", status=failure.outcome.status.value), OUR_FAULT)


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _hours(text: str) -> Sequence[int]:
    try:
        hours = [int(part) for part in text.split(",")]
    except ValueError:
        hours = []
    if not hours or not all(SHORTEST_H <= hour <= LONGEST_H for hour in hours):
        told = say("unforeseen.replan_unreadable", text=text, least=SHORTEST_H, most=LONGEST_H)
        raise click.BadParameter(told, param_hint="--replan")
    return sorted(set(hours), reverse=True)
