"""Pictures of a calibration: measured against written heat loss, and single loops by weather."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.calibration import Calibration, LoopCalibration
from dispatch.case_calibrated import Basis
from dispatch.messages import say
from forecasts.demand.identified import Doubt, Floats
from scenarios.calibrate_screen import doubts_in_words
from scenarios.drawing import FAINT, INK, QUIET, figure, light_grid

MEASURED, SHRUNK, UNUSED, BY_CASE = "#0b3c78", "#74a5d3", "#b03a2e", "#8a8a8a"
COLOUR = {Basis.MEASURED: MEASURED, Basis.SHRUNK: SHRUNK, Basis.TYPICAL: UNUSED}
SHOWN = 8  # single loops
COLUMNS = 4
NAME_LETTERS = 16
WHOLE_DAY = 0.8  # of its steps
HOURS_A_DAY = 24.0
LABELLED = 8
NEAR_ZERO = 0.3  # of the largest value: smaller ones are seen best from nothing on


def loss_figure(calibration: Calibration) -> Figure:
    """Return the picture of all loops: heat loss, and error of daily heat, before and after."""
    drawn = figure(11.0, 4.6)
    loss, error = drawn.subplots(1, 2)
    known = [loop for loop in calibration.loops if loop.found.days > 0]
    written = [loop.prior.specific_loss_w_per_m2k.value for loop in known]
    found = [loop.found.specific_loss_w_per_m2k.value for loop in known]
    bars = [loop.found.specific_loss_w_per_m2k.se for loop in known]
    _scatter(loss, known, written, found, bars)
    _draw_names(loss, known, written, found)
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
    _draw_equal(axes, [value for value in (*across, *up) if math.isfinite(value)])
    names = {
        Basis.MEASURED: say("calibrate.chart_basis_measured"),
        Basis.SHRUNK: say("calibrate.chart_basis_shrunk"),
        Basis.TYPICAL: say("calibrate.chart_basis_typical"),
    }
    for basis, name in names.items():
        at = [i for i, loop in enumerate(loops) if loop.basis is basis]
        if not at:
            continue
        x, y = [across[i] for i in at], [up[i] for i in at]
        if bars is not None:
            se = [bars[i] for i in at]
            axes.errorbar(x, y, se, fmt="none", ecolor=FAINT, linewidth=0.9, zorder=1.5)
        label = say("calibrate.chart_count", name=name, count=len(at))
        axes.scatter(x, y, s=13, color=COLOUR[basis], linewidth=0, label=label, zorder=2.5)
    light_grid(axes)
    if loops:
        axes.legend(loc="upper left")


def _draw_equal(axes: Axes, values: Sequence[float]) -> None:
    """Draw the line on which both axes say the same, over all of `values`."""
    if not values:
        return
    high = 1.05 * max(values)
    low = 0.9 * min(values) if min(values) > NEAR_ZERO * high else 0.0
    axes.plot([low, high], [low, high], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.annotate(
        say("calibrate.chart_same"),
        (high, high),
        xytext=(-10, 0),
        textcoords="offset points",
        ha="right",
        color=QUIET,
        fontsize=8,
    )


def _draw_names(
    axes: Axes, loops: Sequence[LoopCalibration], across: Sequence[float], up: Sequence[float]
) -> None:
    """Name the suspicious loops that lie furthest from the line of equal values."""
    named = [i for i, loop in enumerate(loops) if loop.suspicious and math.isfinite(up[i])]
    named.sort(key=lambda i: -abs(up[i] - across[i]))
    for i in named[:LABELLED]:
        axes.annotate(
            loops[i].loop_id,
            (across[i], up[i]),
            xytext=(4, 3),
            textcoords="offset points",
            fontsize=7,
        )


# ---- single loops --------------------------------------------------------------------------


def shown_loops(calibration: Calibration) -> tuple[LoopCalibration, ...]:
    """Return the loops worth a picture: suspicious ones of every kind, else the worst fits."""
    met: Counter[Doubt] = Counter()
    turns = []
    for loop in calibration.suspicious:
        kind = loop.suspicious[0]
        turns.append((met[kind], loop))
        met[kind] += 1
    if turns:
        return tuple(loop for _, loop in sorted(turns, key=lambda turn: turn[0])[:SHOWN])
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
    most_lines = max(panels, key=lambda axes: len(axes.get_legend_handles_labels()[0]))
    most_lines.legend(loc="lower left", fontsize=7)
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
        name = say("calibrate.chart_by_case")
        axes.plot(ends, _line(loop, _by_case(loop), ends), color=BY_CASE, linewidth=1.0, label=name)
        if loop.basis is not Basis.TYPICAL:
            name, line = say("calibrate.chart_by_found"), _line(loop, _by_found(loop), ends)
            axes.plot(ends, line, color=MEASURED, linewidth=1.4, label=name)
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


@dataclass(frozen=True)
class _Values:
    """What a straight line of heat over outdoor temperature is drawn from."""

    loss: float
    balance_c: float
    aperture: float
    wind_loss: float


def _by_case(loop: LoopCalibration) -> _Values:
    prior = loop.prior
    loss = prior.specific_loss_w_per_m2k.value
    return _Values(
        loss,
        prior.room_c.value - prior.gain_w_per_m2.value / loss,
        prior.solar_aperture.value,
        prior.wind_loss_w_per_m2k_per_m_s.value,
    )


def _by_found(loop: LoopCalibration) -> _Values:
    found = loop.found
    return _Values(
        found.specific_loss_w_per_m2k.value,
        found.balance_temp_c.value,
        found.solar_aperture.value,
        found.wind_loss_w_per_m2k_per_m_s.value,
    )


def _line(loop: LoopCalibration, values: _Values, outdoor_c: Floats) -> Floats:
    """Steady heat by F2 in the mean sun and wind of the record, W/m²."""
    record = loop.record
    gust = np.maximum(0.0, record.wind_m_per_s - loop.prior.wind_reference_m_per_s)
    wind = values.wind_loss * float(np.nanmean(gust)) * (loop.prior.room_c.value - outdoor_c)
    sun = values.aperture * float(np.nanmean(record.radiation_w_per_m2))
    heat = values.loss * (values.balance_c - outdoor_c) + wind - sun
    return np.asarray(np.maximum(0.0, heat))
