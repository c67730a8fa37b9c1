"""The picture of `heat-dispatch skill`: error by horizon beside the baselines, and reliability."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.messages import say
from forecasts.demand.backtest import Tried
from forecasts.demand.skill import MODEL, Skill
from scenarios.drawing import FAINT, INK, QUIET, figure, light_grid
from scenarios.load_skill_screen import method_name
from scenarios.reliability_chart import COLOURS, MARKERS


def load_skill_figure(name: str, tried: Tried, skill: Skill) -> Figure:
    """Return RMSE by horizon, coverage by horizon, reliability; draw it within `drawing_style`."""
    drawn = figure(12.0, 5.0)
    errors, covers, trust = drawn.subplots(1, 3, width_ratios=(1.6, 1.0, 1.0))
    _draw_errors(errors, tried, skill)
    _draw_coverage(covers, skill)
    _draw_reliability(trust, skill)
    title = say("skill.title", name=name)
    drawn.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return drawn


def _draw_errors(axes: Axes, tried: Tried, skill: Skill) -> None:
    axes.set_title(say("skill.errors_title"), fontsize=9, color=QUIET)
    methods = (MODEL, *(name.value for name in tried.baselines_mw))
    for k, method in enumerate(methods):
        rows = [score for score in skill.by_horizon if score.method == method]
        axes.plot(
            [row.first_h for row in rows],
            [row.rmse_mw for row in rows],
            color=COLOURS[k % len(COLOURS)],
            marker=MARKERS[k % len(MARKERS)],
            markersize=3.5,
            linewidth=2.2 if method == MODEL else 1.1,
            label=method_name(method),
        )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(say("skill.axis_horizon"))
    axes.set_ylabel(say("skill.axis_rmse"))
    light_grid(axes)


def _draw_coverage(axes: Axes, skill: Skill) -> None:
    axes.set_title(say("skill.coverage_title"), fontsize=9, color=QUIET)
    rows = [score for score in skill.by_horizon if score.method == MODEL]
    axes.axhspan(75, 85, color=FAINT, linewidth=0)
    axes.plot(
        [row.first_h for row in rows],
        [100 * row.coverage for row in rows],
        color=COLOURS[0],
        marker=MARKERS[0],
        markersize=3.5,
    )
    axes.set_xlim(left=0)
    axes.set_ylim(0, 100)
    axes.set_xlabel(say("skill.axis_horizon"))
    axes.set_ylabel(say("skill.axis_coverage"))
    light_grid(axes)


def _draw_reliability(axes: Axes, skill: Skill) -> None:
    axes.set_title(say("skill.reliability_title"), fontsize=9, color=QUIET)
    axes.plot((0, 1), (0, 1), color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)))
    levels = [level for level, _ in skill.reliability]
    shares = [share for _, share in skill.reliability]
    axes.plot(levels, shares, color=INK, marker=MARKERS[0], markersize=4.5, linewidth=1.3)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xlabel(say("weather_cli.axis_level"))
    axes.set_ylabel(say("skill.axis_share"))
    axes.grid(visible=True, color=FAINT)
