"""Pictures of a calibration: measured against written heat loss, and single loops by weather."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.calibration import Calibration, LoopCalibration
from dispatch.case_calibrated import Basis
from dispatch.messages import say
from forecasts.demand.identified import Floats
from scenarios.calibrate_screen import doubts_in_words
from scenarios.drawing import FAINT, INK, QUIET, figure, light_grid

MEASURED, SHRUNK, UNUSED, BY_CASE = "#0b3c78", "#74a5d3", "#b03a2e", "#8a8a8a"
COLOUR = {Basis.MEASURED: MEASURED, Basis.SHRUNK: SHRUNK, Basis.TYPICAL: UNUSED}
SHOWN = 8  # single loops
COLUMNS = 4
NAME_LETTERS = 16
WHOLE_DAY = 0.8  # of its steps
HOURS_A_DAY = 24.0
LABELLED = 12


def loss_figure(calibration: Calibration) -> Figure:
    """Return the picture of all loops: heat loss, and error of daily heat, before and after."""
    drawn = figure(11.0, 4.6)
    loss, error = drawn.subplots(1, 2)
    known = [loop for loop in calibration.loops if loop.found.days > 0]
    written = [loop.prior.specific_loss_w_per_m2k.value for loop in known]
    found = [loop.found.specific_loss_w_per_m2k.value for loop in known]
    bars = [loop.found.specific_loss_w_per_m2k.se for loop in known]
    _scatter(loss, known, written, found, bars)
    loss.set_title(say("calibrate.chart_loss_title"), fontweight="bold")
    loss.set_xlabel(say("calibrate.chart_loss_case"))
    loss.set_ylabel(say("calibrate.chart_loss_found"))
    before = [loop.found.error_before_w_per_m2 for loop in known]
    after = [loop.found.error_after_w_per_m2 for loop in known]
    _scatter(error, known, before, after, None)
    error.set_title(say("calibrate.chart_error_title"), fontweight="bold")
    error.set_xlabel(say("calibrate.chart_error_before"))
    error.set_ylabel(say("calibrate.chart_error_after"))
    return drawn


def _scatter(
    axes: Axes,
    loops: Sequence[LoopCalibration],
    across: Sequence[float],
    up: Sequence[float],
    bars: Sequence[float] | None,
) -> None:
    """Draw loops by colour of what their values rest on, over the line of equal values."""
    names = {
        Basis.MEASURED: say("calibrate.chart_basis_measured"),
        Basis.SHRUNK: say("calibrate.chart_basis_shrunk"),
        Basis.TYPICAL: say("calibrate.chart_basis_typical"),
    }
    ends = [value for value in (*across, *up) if math.isfinite(value)]
    if ends:
        low, high = min(0.0, *ends), max(ends) * 1.05
        axes.plot([low, high], [low, high], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.annotate(
            say("calibrate.chart_same"),
            (high, high),
            xytext=(-4, -10),
            textcoords="offset points",
            ha="right",
            color=QUIET,
            fontsize=8,
        )
    for basis, name in names.items():
        at = [i for i, loop in enumerate(loops) if loop.basis is basis]
        if not at:
            continue
        x, y = [across[i] for i in at], [up[i] for i in at]
        if bars is not None:
            axes.errorbar(x, y, [bars[i] for i in at], fmt="none", ecolor=FAINT, linewidth=0.9)
        axes.scatter(x, y, s=14, color=COLOUR[basis], linewidth=0, label=f"{name} ({len(at)})")
    suspicious = [i for i, loop in enumerate(loops) if loop.suspicious]
    for i in suspicious[:LABELLED]:
        axes.annotate(
            loops[i].loop_id,
            (across[i], up[i]),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=7,
        )
    light_grid(axes)
    if loops:
        axes.legend(loc="upper left")


# ---- single loops --------------------------------------------------------------------------


def shown_loops(calibration: Calibration) -> tuple[LoopCalibration, ...]:
    """Return the loops worth a picture: the suspicious ones, else those that fit worst."""
    if calibration.suspicious:
        return calibration.suspicious[:SHOWN]
    known = [loop for loop in calibration.loops if math.isfinite(loop.found.r2_daily)]
    return tuple(sorted(known, key=lambda loop: loop.found.r2_daily)[:COLUMNS])


def loops_figure(loops: Sequence[LoopCalibration]) -> Figure:
    """Return daily heat over outdoor temperature of single loops, with what lines say of it."""
    rows = -(-len(loops) // COLUMNS)
    drawn = figure(11.0, 0.4 + 2.6 * rows)
    panels = drawn.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, loop in zip(panels, loops, strict=False):
        _signature(axes, loop)
    for axes in panels[len(loops) :]:
        axes.set_axis_off()
    panels[0].legend(loc="lower left", fontsize=7)
    return drawn


def daily_means(loop: LoopCalibration) -> tuple[Floats, Floats]:
    """Return mean outdoor temperature and heat of days that were read for the most part."""
    record = loop.record
    per_day = round(HOURS_A_DAY / record.step_h)
    days = record.times.size // per_day
    both = np.isfinite(record.outdoor_c) & np.isfinite(record.heat_w_per_m2)
    by_day = both[: days * per_day].reshape(days, per_day)
    whole = by_day.mean(axis=1) >= WHOLE_DAY

    def mean(values: Floats) -> Floats:
        kept = np.where(by_day, values[: days * per_day].reshape(days, per_day), 0.0)
        return np.asarray(kept.sum(axis=1)[whole] / by_day.sum(axis=1)[whole])

    return mean(record.outdoor_c), mean(record.heat_w_per_m2)


def _signature(axes: Axes, loop: LoopCalibration) -> None:
    outdoor_c, heat = daily_means(loop)
    axes.scatter(outdoor_c, heat, s=9, color=INK, linewidth=0, label=say("calibrate.chart_days"))
    if outdoor_c.size:
        ends = np.array([outdoor_c.min() - 1.0, outdoor_c.max() + 1.0])
        prior, found = loop.prior, loop.found
        base_c = (
            prior.room_c.value - prior.gain_w_per_m2.value / prior.specific_loss_w_per_m2k.value
        )
        by_case = prior.specific_loss_w_per_m2k.value * np.maximum(0.0, base_c - ends)
        axes.plot(ends, by_case, color=BY_CASE, linewidth=1.0, label=say("calibrate.chart_by_case"))
        loss, balance_c = found.specific_loss_w_per_m2k.value, found.balance_temp_c.value
        if loop.basis is not Basis.TYPICAL and math.isfinite(loss * balance_c):
            line = loss * np.maximum(0.0, balance_c - ends)
            axes.plot(
                ends, line, color=MEASURED, linewidth=1.4, label=say("calibrate.chart_by_found")
            )
    name = loop.station.name[:NAME_LETTERS]
    told = doubts_in_words(loop)
    title = (
        say("calibrate.chart_loop", loop=loop.loop_id, name=name, doubts=told)
        if told
        else say("calibrate.chart_loop_sound", loop=loop.loop_id, name=name)
    )
    axes.set_title(title.replace(": ", ":\n", 1), fontsize=8)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(say("calibrate.chart_outdoor"), fontsize=8)
    axes.set_ylabel(say("calibrate.chart_heat"), fontsize=8)
    light_grid(axes)
