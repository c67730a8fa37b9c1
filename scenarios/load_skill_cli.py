"""`heat-dispatch skill`: its options; what it does is in `load_skill_commands`."""

import re
from pathlib import Path

import click

from dispatch.messages import say

CHARTS = (".png", ".html")
MAX_HORIZON_H = 168.0
DEFAULT_HORIZONS = "1-36"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d)")
_HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0}
_RANGE = re.compile(r"(\d+)-(\d+)|(\d+(?:\.\d+)?)")


class Duration(click.ParamType[float]):
    """A length of time as `30min`, `1h` or `7d`, in hours."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return it in hours; a usage error if it is none."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if found is None or float(found[1]) == 0:
            self.fail(say("skill.duration_unreadable", text=value), param, ctx)
        return float(found[1]) * _HOURS[found[2]]


class Horizons(click.ParamType[tuple[float, ...]]):
    """Horizons in hours as `1-36` or `1,3,6,24`."""

    name = "horizons"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Return them in order, each once; a usage error if they are none."""
        if isinstance(value, tuple):
            return value
        hours: set[float] = set()
        for part in str(value).split(","):
            found = _RANGE.fullmatch(part.strip())
            if found is None:
                self.fail(say("skill.horizons_unreadable", text=value), param, ctx)
            if found[3]:
                hours.add(float(found[3]))
            else:
                hours.update(float(h) for h in range(int(found[1]), int(found[2]) + 1))
        if not hours or min(hours) <= 0 or max(hours) > MAX_HORIZON_H:
            self.fail(say("skill.horizons_unreadable", text=value), param, ctx)
        return tuple(sorted(hours))


@click.command(help=say("skill.help"))
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--train-until", metavar="ISO", help=say("skill.option_train_until"))
@click.option("--test-until", metavar="ISO", help=say("skill.option_test_until"))
@click.option(
    "--horizons",
    type=Horizons(),
    default=DEFAULT_HORIZONS,
    show_default=True,
    metavar="HOURS",
    help=say("skill.option_horizons"),
)
@click.option(
    "--issue-every",
    type=Duration(),
    default="1h",
    show_default=True,
    metavar="DURATION",
    help=say("skill.option_issue_every"),
)
@click.option(
    "--refit",
    type=Duration(),
    default="7d",
    show_default=True,
    metavar="DURATION",
    help=say("skill.option_refit"),
)
@click.option("--timezone", metavar="ZONE", help=say("skill.option_timezone"))
@click.option("--country", metavar="CODE", help=say("skill.option_country"))
@click.option("--out", type=click.Path(path_type=Path), help=say("skill.option_out"))
@click.option("--chart", type=click.Path(path_type=Path), help=say("skill.option_chart"))
@click.option("--json", "as_json", is_flag=True, help=say("skill.option_json"))
def skill(
    dataset: Path,
    train_until: str | None,
    test_until: str | None,
    horizons: tuple[float, ...],
    issue_every: float,
    refit: float,
    timezone: str | None,
    country: str | None,
    out: Path | None,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Try the load forecast on recorded data."""
    if chart is not None and chart.suffix.lower() not in CHARTS:
        raise click.BadParameter(say("skill.chart_unknown", file=chart), param_hint="--chart")

    from scenarios.load_skill_commands import SkillRequest, show_load_skill

    request = SkillRequest(
        folder=dataset,
        train_until=train_until,
        test_until=test_until,
        horizons_h=horizons,
        issue_every_h=issue_every,
        refit_h=refit,
        timezone=timezone,
        country=country,
    )
    show_load_skill(request, out, chart, as_json=as_json)
