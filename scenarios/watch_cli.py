"""`heat-dispatch watch`: one look whether the plan in force still fits, and a new plan if not."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.messages import say
from scenarios.command import (
    BAD_INPUT,
    RUNS_KEY,
    SAID_KEY,
    aware_now,
    case_argument,
    case_folder,
    json_option,
    now_option,
    read_case,
    runs_option,
    stop,
    store_option,
)

if TYPE_CHECKING:
    from scenarios.schedule.watch import Watched


@click.command(help=say("watch.help"))
@case_argument
@now_option
@runs_option
@store_option
@click.option(
    "--moved-k",
    type=click.FloatRange(0.5, 20.0),
    default=2.0,
    show_default=True,
    help=say("watch.option_moved"),
)
@click.option("--look-only", is_flag=True, help=say("watch.option_look_only"))
@json_option
@click.pass_context
def watch(
    ctx: click.Context,
    case: str,
    now_text: str | None,
    runs: Path,
    store: Path,
    moved_k: float,
    look_only: bool,
    as_json: bool,
) -> None:
    """Plan anew where the plan in force no longer fits."""
    ctx.meta[RUNS_KEY] = runs
    folder = case_folder(case)
    read = read_case(folder)
    now = aware_now(now_text, read.settings.timezone)

    from dispatch.case_files import CaseFaults
    from dispatch.daily_request import DailyRequest
    from scenarios.schedule.season import is_heating
    from scenarios.schedule.watch import watched

    if not is_heating(read.settings, now):
        click.echo(say("daily.not_in_season", case=read.settings.id))
        return
    try:
        found = watched(DailyRequest(folder, now, runs, store), read, moved_k)
    except CaseFaults as faults:  # of weather files; those of tables were told above
        stop(str(faults), BAD_INPUT)
    if as_json:
        click.echo(_json(found))
    else:
        for remark in (*found.why, *found.unseen):
            click.echo(remark.text)
        if not found.why:
            click.echo(say("watch.stands", run=found.plan))
    if not found.why or look_only:
        ctx.meta[SAID_KEY] = say("watch.stands", run=found.plan)
        return
    why = " ".join(remark.text for remark in found.why)
    daily = ctx.find_root().command.commands["daily"]  # type: ignore[attr-defined]
    asked = {"case": str(folder), "now_text": now_text, "runs": runs, "store": store}
    ctx.invoke(daily, **asked, because=why, in_place_of=found.plan, as_json=as_json)


def _json(found: "Watched") -> str:
    def said(name: str) -> list[dict[str, object]]:
        return [{"key": one.key, "text": one.text} for one in getattr(found, name)]

    content = {"plan": found.plan, "why": said("why"), "unseen": said("unseen")}
    return json.dumps(content, indent=2, ensure_ascii=False)
