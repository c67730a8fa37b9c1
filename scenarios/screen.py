"""The screen at the end of a run: tables on a terminal, plain aligned lines elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from dispatch.demand_forecast import DemandForecast
from dispatch.fuel.coal_numbers import percent
from dispatch.messages import say
from dispatch.plan import Plan, Quality, RungName
from dispatch.quality_words import quality_words
from dispatch.run_summary import Coldest, RunSummary, Said, run_summary
from dispatch.run_tables import GJ_PER_MWH
from dispatch.yard_ahead import YardAhead
from forecasts.weather.provenance import Opinion, WeatherProvenance
from forecasts.weather.provider import Nature
from scenarios.plan_details import (
    coldest_columns,
    coldest_rows,
    heat_chart,
    source_columns,
    source_rows,
)
from scenarios.stacked_chart import Chart, chart_lines

TOLD_K = 0.05  # a smaller correction is shown as 0.0
WIDE = 1_000  # letters; no table is wider
COLOUR = {Quality.GREEN: "bold green", Quality.AMBER: "bold yellow", Quality.RED: "bold red"}


@dataclass(frozen=True)
class Fact:
    """A label and one or more lines of text; `style` colours them on a terminal."""

    label: str
    lines: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True)
class Figures:
    """A small table: columns of words (the first, if not told) stand left, numbers right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    title: str = ""
    on_terminal: bool = False  # there alone; logs keep to the plain screen


@dataclass(frozen=True)
class Screen:
    """What is shown: a title, facts and tables in order."""

    title: str
    parts: tuple[Fact | Figures | Chart, ...]  # charts are for terminals alone


def plan_screen(plan: Plan, folder: Path, looked_back: Sequence[Fact] = ()) -> Screen:
    """Return the screen of a published plan; `looked_back` is what is told of the day before."""
    summary = run_summary(plan)
    title = say(
        "cli.screen_title",
        name=plan.case.settings.name,
        start=_short(summary.horizon_start),
        end=_short(summary.horizon_end),
    )
    coldest = (
        (say("cli.coldest_commanded"), summary.coldest_commanded),
        (say("cli.coldest_third_party"), summary.coldest_third_party),
    )
    parts: list[Fact | Figures | Chart] = [
        _quality(summary.quality, summary.rung.name),
        *_said(say("cli.reasons"), summary.reasons),
        *_said(say("cli.shortage"), summary.shortage),
        *_said(say("cli.notes"), summary.notes),
        *_said(say("cli.changes"), summary.changes),
        forecast_fact(summary.forecast, plan.case.settings.timezone),
        _outdoors(summary),
        *_demand(summary.demand_forecast),
        *looked_back,
        *(_coldest(label, one) for label, one in coldest if one is not None),
        _plants(summary),
        _in_detail("terminal.sources_title", source_columns(), source_rows(plan), (0,)),
        heat_chart(plan),
        _in_detail("terminal.coldest_title", coldest_columns(), coldest_rows(plan), (0, 1, 3)),
    ]
    if summary.yards:
        parts.append(_yards(summary))
    return Screen(title, (*parts, Fact(say("cli.folder"), (str(folder),))))


def _in_detail(
    title: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], words: tuple[int, ...]
) -> Figures:
    return Figures(columns, rows, words, title=say(title), on_terminal=True)


def show(screen: Screen) -> None:
    """Print a screen to standard output."""
    console = Console(highlight=False)
    if console.is_terminal:
        print_rich(console, screen)
    else:
        click.echo("\n".join(plain_lines(screen)))


def plain_lines(screen: Screen) -> list[str]:
    """Return a screen as lines of plain text with aligned columns."""
    facts = [part for part in screen.parts if isinstance(part, Fact)]
    widest = max((cell_len(fact.label) for fact in facts), default=0)
    width = widest + 2 if widest else 0
    lines = [screen.title]
    for part in screen.parts:
        if isinstance(part, Fact):
            labels = (part.label, *("" for _ in part.lines[1:]))
            pairs = zip(labels, part.lines, strict=True)
            lines += [f"{_padded(label, width, left=True)}{line}" for label, line in pairs]
        elif isinstance(part, Figures) and not part.on_terminal:
            title = [part.title] if part.title else []
            lines += [*([""] if lines[-1] else []), *title, *_plain_table(part), ""]
    return lines


# ---- parts ---------------------------------------------------------------------------------


def _quality(quality: Quality, rung: RungName) -> Fact:
    return Fact(say("cli.quality"), (quality_words(quality, rung),), COLOUR[quality])


def _said(label: str, remarks: Sequence[Said]) -> list[Fact]:
    return [Fact(label, tuple(f"- {remark.text}" for remark in remarks))] if remarks else []


def forecast_fact(weather: WeatherProvenance, timezone: str) -> Fact:
    """Say which service a forecast is from and how old it is."""
    nature = {
        Nature.FORECAST: say("cli.nature_forecast"),
        Nature.TYPICAL_YEAR: say("cli.nature_typical_year"),
        Nature.CLIMATE: say("cli.nature_climate"),
    }[weather.nature]
    if weather.nature is not Nature.FORECAST:
        text = say("cli.forecast_ageless", provider=weather.provider, nature=nature)
        return Fact(say("cli.forecast"), (text,))
    issued = weather.issue_time.astimezone(ZoneInfo(timezone))
    text = say(
        "cli.forecast_issued",
        provider=weather.provider,
        nature=nature,
        issued=f"{issued:%Y-%m-%d %H:%M}",
        age_h=weather.age_h,
    )
    return Fact(say("cli.forecast"), (text, *_trusted(weather)))


def _trusted(weather: WeatherProvenance) -> tuple[str, ...]:
    """How far the forecast can be trusted: its spread, its correction, second opinions."""
    lines = []
    if weather.trust is not None:
        trust = weather.trust
        source = say(
            f"weather.spread_{trust.source.value}", pairs=trust.pairs, members=trust.members
        )
        lines.append(
            say(
                "cli.forecast_spread",
                one_day_k=trust.sigma_24h_k,
                three_days_k=trust.sigma_72h_k,
                source=source,
            )
        )
        if abs(trust.correction_k) >= TOLD_K:
            lines.append(say("cli.forecast_corrected", shift_k=trust.correction_k))
    return (*lines, *(_opinion(other) for other in weather.opinions))


def _opinion(other: Opinion) -> str:
    key = "cli.forecast_colder" if other.colder_k >= 0 else "cli.forecast_warmer"
    return say(key, provider=other.provider, difference_k=abs(other.colder_k))


def _outdoors(summary: RunSummary) -> Fact:
    outdoor = summary.outdoor
    text = say("cli.outdoors_value", mean_c=outdoor.mean_c, min_c=outdoor.min_c)
    return Fact(say("cli.outdoors"), (text,))


def _demand(demand: DemandForecast | None) -> list[Fact]:
    """What measured load says of the first day, and how much of it the plan follows."""
    if demand is None or not demand.days:
        return []
    first = demand.days[0]
    known: dict[str, object] = {
        "days": round(demand.history_days),
        "off_pct": 100.0 * (first.p50_mw / first.buildings_mw - 1.0),
        "within_pct": 50.0 * (first.p90_mw - first.p10_mw) / first.p50_mw,
    }
    if demand.used:
        text = say("cli.demand_used", **known, applied_pct=100.0 * (first.factor - 1.0))
    else:
        text = say("cli.demand_not_used", **known)
    return [Fact(say("cli.demand"), (text,))]


def _coldest(label: str, coldest: Coldest) -> Fact:
    text = say(
        "cli.coldest_value",
        station=coldest.station,
        indoor_c=coldest.indoor_c,
        at=_short(coldest.at),
        homes=thousands(coldest.homes),
    )
    return Fact(label, (text,))


def _plants(summary: RunSummary) -> Figures:
    columns = (
        say("cli.plant_column"),
        say("cli.mean_column"),
        say("cli.mean_gj_column"),
        say("cli.heat_column"),
        say("cli.share_column"),
        say("cli.band_column"),
    )
    rows = tuple(
        (
            plant.plant_id,
            f"{plant.mean_mw:.1f}",
            thousands(plant.mean_mw * GJ_PER_MWH),
            thousands(plant.energy_mwh),
            f"{100 * plant.share:.1f}",
            _band(plant.share_min, plant.share_max),
        )
        for plant in summary.plants
    )
    return Figures(columns, rows)


def _band(low: float, high: float) -> str:
    return f"{100 * low:.0f}-{100 * high:.0f}" if math.isfinite(low) else say("cli.no_value")


def _yards(summary: RunSummary) -> Figures:
    """Coal over the planned days; risk and order date where the outlook tells them."""
    has_ahead = any(yard.ahead is not None for yard in summary.yards)
    columns = (
        say("cli.yard_column"),
        say("cli.burn_column"),
        say("cli.stock_column"),
        say("cli.delivery_column"),
        say("cli.days_column"),
        *((say("cli.below_column"), say("cli.order_by_column")) if has_ahead else ()),
    )
    rows = tuple(
        (
            yard.yard_id,
            thousands(yard.burn_t_per_day),
            thousands(yard.stock_t),
            thousands(yard.delivery_t),
            f"{yard.days_of_cover:.1f}"
            if math.isfinite(yard.days_of_cover)
            else say("cli.no_value"),
            *(_ahead(yard.ahead) if has_ahead else ()),
        )
        for yard in summary.yards
    )
    return Figures(columns, rows)


def _ahead(ahead: YardAhead | None) -> tuple[str, str]:
    nothing = say("cli.no_value")
    if ahead is None:
        return nothing, nothing
    order_by = nothing if ahead.order_by is None else f"{ahead.order_by:%m-%d}"
    return percent(ahead.probability_below_reserve), order_by


# ---- form ----------------------------------------------------------------------------------


def _short(local_text: str) -> str:
    return f"{datetime.fromisoformat(local_text):%Y-%m-%d %H:%M}"


def thousands(value: float) -> str:
    """Return a whole number with a blank between its thousands."""
    return f"{value:,.0f}".replace(",", " ")


def _plain_table(table: Figures) -> list[str]:
    cells = (table.columns, *table.rows)
    widths = [max(cell_len(row[i]) for row in cells) for i in range(len(table.columns))]
    return [
        "  ".join(
            _padded(text, width, left=i in table.words)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _padded(text: str, width: int, *, left: bool) -> str:
    """Fill up to a width on the terminal, where a Chinese letter takes two places."""
    blanks = " " * (width - cell_len(text))
    return text + blanks if left else blanks + text


def print_rich(console: Console, screen: Screen) -> None:
    """Print a screen on a terminal, as wide as that is."""
    facts = [part for part in screen.parts if isinstance(part, Fact)]
    width = max((cell_len(fact.label) for fact in facts), default=0)
    console.print(Text(screen.title, style="bold"))
    for part in screen.parts:
        if isinstance(part, Fact) and not width:
            console.print(Text("\n".join(part.lines), part.style))
        elif isinstance(part, Fact):
            row = Table.grid(Column(width=width), Column(overflow="fold"), padding=(0, 2))
            row.add_row(Text(part.label, style="dim"), Text("\n".join(part.lines), part.style))
            console.print(row)
        elif isinstance(part, Chart):
            console.print()
            for line in chart_lines(part, console.width):
                console.print(line, no_wrap=True)
        else:
            console.print(_fitting(console, part))


def _fitting(console: Console, figures: Figures) -> Table:
    """Return a table in a frame, or without one where that would break its cells."""
    framed = _rich_table(figures, framed=True)
    needs = Measurement.get(console, console.options.update(width=WIDE), framed).maximum
    return framed if needs <= console.width else _rich_table(figures, framed=False)


def _rich_table(figures: Figures, *, framed: bool) -> Table:
    table = Table(
        title=figures.title or None,
        title_justify="left",
        title_style="bold",
        box=box.HEAVY_HEAD if framed else None,
        padding=(0, 1),
        collapse_padding=not framed,
        pad_edge=framed,
    )
    for i, column in enumerate(figures.columns):
        # Without "fold" rich cuts words, and the last letter of wrapped lines in Chinese.
        justify: JustifyMethod = "left" if i in figures.words else "right"
        table.add_column(column, justify=justify, overflow="fold")
    for row in figures.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
