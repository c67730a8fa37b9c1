"""A sweep shown: its table, its curves in letters, as a picture and as a page."""

import numpy as np
import pandas as pd
import plotext

from dispatch.messages import say
from dispatch.run_archive import plain_data, to_json
from dispatch.run_tables import frame_file
from scenarios.scenario_json import rounded
from scenarios.scenario_tables import figure_name
from scenarios.screen import Fact, Figures, Screen
from scenarios.weather_page import page
from scenarios.whatif.figure import FORMS, Figure, number
from scenarios.whatif.outcome import Unplanned
from scenarios.whatif.sweep import Sweep, SweepPoint, turns

SCHEMA, VERSION = "heat-dispatch/sweep", 1
TABLE_FILE, JSON_FILE, PICTURE_FILE, PAGE_FILE = (
    "sweep.csv",
    "sweep.json",
    "sweep.png",
    "sweep.html",
)
NARROWEST, WIDEST, HEIGHT = 50, 120, 13
_COLOUR = 25
CURVES = (Figure.BILL, Figure.FUEL_FOR_HEAT, Figure.COLDEST_OURS)


def value_text(value: float | str) -> str:
    """A value of the parameter as people write it."""
    return value if isinstance(value, str) else f"{value:g}"


# ---- screen ----------------------------------------------------------------------------------


def sweep_screen(sweep: Sweep) -> Screen:
    """Return the table of a sweep for `screen.show`, and where rooms turn cold."""
    facts = [Fact(say("compare.sweep_turn"), (text,)) for text in _turns(sweep)]
    failed = tuple(
        say("compare.sweep_failed", value=value_text(one.value), why=" ".join(one.plan.why))
        for one in sweep.points
        if isinstance(one.plan, Unplanned)
    )
    if failed:
        facts.append(Fact(say("compare.topic_failed"), failed, "bold red"))
    title = say("compare.sweep_title", parameter=sweep.parameter)
    return Screen(title, (*facts, _table(sweep)))


def _turns(sweep: Sweep) -> list[str]:
    found = [
        say(
            "compare.sweep_begins" if turn.begins else "compare.sweep_ends",
            parameter=sweep.parameter,
            before=value_text(turn.before),
            after=value_text(turn.after),
        )
        for turn in turns(sweep)
    ]
    if found:
        return found
    homes = [one for one in sweep.series(Figure.BELOW_LAW_HOMES) if np.isfinite(one)]
    if not homes:
        return []
    return [say("compare.sweep_all_cold") if homes[0] > 0 else say("compare.sweep_none_cold")]


def _table(sweep: Sweep) -> Figures:
    columns = (
        sweep.parameter,
        say("compare.column_coldest"),
        say("compare.column_homes"),
        say("compare.column_heat"),
        say("compare.column_fuel_heat"),
        say("compare.column_levelled"),
        say("compare.column_money"),
        say("compare.column_co2"),
    )
    rows = tuple(_row(point) for point in sweep.points)
    return Figures(columns, rows, words=() if sweep.is_number else (0,))


def _row(point: SweepPoint) -> tuple[str, ...]:
    shown = (
        Figure.COLDEST_OURS,
        Figure.BELOW_LAW_HOMES,
        Figure.HEAT,
        Figure.FUEL_FOR_HEAT,
        Figure.FUEL_LEVELLED,
        Figure.BILL,
        Figure.CO2,
    )
    nothing = say("compare.no_value")
    told = (number(point.figure(figure), FORMS[figure].decimals) for figure in shown)
    return (value_text(point.value), *(text or nothing for text in told))


# ---- letters ---------------------------------------------------------------------------------


def sweep_terminal_chart(sweep: Sweep, width: int, *, coloured: bool) -> str:
    """Return the curves in letters, one below the other, `width` letters wide within 50 to 120."""
    drawn = [_letters(sweep, figure, width, coloured=coloured) for figure in CURVES]
    return "\n\n".join(text for text in drawn if text)


def _letters(sweep: Sweep, figure: Figure, width: int, *, coloured: bool) -> str:
    points = [
        (at, value)
        for at, value in zip(sweep.at, sweep.series(figure), strict=True)
        if np.isfinite(value)
    ]
    if not points:
        return ""
    at, values = (list(one) for one in zip(*points, strict=True))
    plotext.clear_figure()  # it draws on one figure of its own
    try:
        plotext.theme("clear")
        plotext.limit_size(False, False)
        plotext.plot_size(min(max(width, NARROWEST), WIDEST), HEIGHT)
        plotext.plot(at, values, marker="braille", color=_COLOUR)
        plotext.scatter(at, values, marker="█", color=_COLOUR)
        low, high = _limits(values)
        plotext.ylim(low, high)
        plotext.xlim(min(sweep.at), max(sweep.at))
        levels = np.linspace(low, high, 4)
        decimals = FORMS[figure].decimals if high - low > 3 else 2
        plotext.yticks(list(levels), [number(float(level), decimals) for level in levels])
        every = -(-len(sweep.points) * 8 // min(max(width, NARROWEST), WIDEST))
        named = list(zip(sweep.at, sweep.points, strict=True))[::every]
        names = [value_text(point.value) for _, point in named]
        plotext.xticks([place for place, _ in named], names)
        text = str(plotext.build())
    finally:
        plotext.clear_figure()
    if not coloured:
        text = "\n".join(line.rstrip() for line in plotext.uncolorize(text).splitlines())
    return say("compare.curve", figure=figure_name(figure), picture=text.rstrip())


def _limits(values: list[float]) -> tuple[float, float]:
    """Ends of the axis: a little beyond the values, and never no height at all."""
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or max(0.5, 0.01 * abs(high))
    return low - room, high + room


# ---- files -----------------------------------------------------------------------------------


def sweep_files(sweep: Sweep) -> dict[str, bytes]:
    """Return `sweep.csv`, `sweep.json`, `sweep.png` and `sweep.html` by name."""
    # matplotlib is slow to import, and other commands need none of it.
    from scenarios.drawing import drawing_style, png_bytes, svg_text
    from scenarios.sweep_figure import sweep_figure

    with drawing_style():
        drawn = sweep_figure(sweep, CURVES)
        png, svg = png_bytes(drawn), svg_text(drawn)
    return {
        TABLE_FILE: frame_file(_frame(sweep), "UTC"),
        JSON_FILE: _json(sweep),
        PICTURE_FILE: png,
        PAGE_FILE: page(sweep_screen(sweep), [svg]).encode(),
    }


def _frame(sweep: Sweep) -> pd.DataFrame:
    rows = [(point.value, *(point.figure(figure) for figure in Figure)) for point in sweep.points]
    return pd.DataFrame(rows, columns=[sweep.parameter, *(figure.value for figure in Figure)])


def _json(sweep: Sweep) -> bytes:
    points = [
        {
            "value": point.value,
            "planned": not isinstance(point.plan, Unplanned),
            "why": point.plan.why if isinstance(point.plan, Unplanned) else (),
            "figures": {figure: point.figure(figure) for figure in Figure},
        }
        for point in sweep.points
    ]
    content = {
        "schema": SCHEMA,
        "version": VERSION,
        "parameter": sweep.parameter,
        "units": {figure: form.unit for figure, form in FORMS.items()},
        "points": points,
    }
    return to_json(rounded(plain_data(content)))
