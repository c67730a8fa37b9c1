"""The picture of skill: can its probabilities be taken at their word, and how errors grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dispatch.messages import say
from forecasts.weather.calibration.reliability import ReliabilityDiagram
from forecasts.weather.skill import LeadSkill
from scenarios.drawing import FAINT, INK, QUIET, figure, light_grid

COLOURS = ("#0b3c78", "#b03a2e", "#3f7d63", "#e6a817", "#6a4c93", "#4f8a8b")
MARKERS = ("o", "s", "^", "D", "v", "P")  # told apart on a black and white print too


@dataclass(frozen=True)
class ServiceSkill:
    """What is drawn of one service."""

    provider: str
    by_lead: Sequence[LeadSkill]
    reliability: ReliabilityDiagram | None  # None where its runs tell no spread


def skill_figure(title: str, services: Sequence[ServiceSkill]) -> Figure:
    """Return reliability beside error by lead time; draw it within `drawing_style`."""
    drawn = figure(11.0, 5.2)
    left, right = drawn.subplots(1, 2, width_ratios=(1.0, 1.25))
    looks = {
        one.provider: (COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)])
        for k, one in enumerate(services)
    }
    _draw_reliability(left, services, looks)
    _draw_errors(right, services, looks)
    drawn.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return drawn


def _draw_reliability(
    axes: Axes, services: Sequence[ServiceSkill], looks: Mapping[str, tuple[str, str]]
) -> None:
    axes.set_title(say("weather_cli.reliability_title"), fontsize=9, color=QUIET)
    axes.plot((0, 1), (0, 1), color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)))
    told = [one for one in services if one.reliability is not None]
    for one in told:
        diagram, (colour, marker) = one.reliability, looks[one.provider]
        if diagram is None:
            continue
        axes.fill_between(
            diagram.level,
            diagram.band_low,
            diagram.band_high,
            color=colour,
            alpha=0.12,
            linewidth=0,
        )
        label = say(
            "weather_cli.reliability_label",
            provider=one.provider,
            pairs=diagram.pairs,
            independent=diagram.independent_pairs,
        )
        axes.plot(
            diagram.level,
            diagram.observed_share,
            color=colour,
            marker=marker,
            markersize=4.5,
            linewidth=1.3,
            label=label,
        )
    if not told:
        axes.text(0.5, 0.5, say("weather_cli.reliability_none"), ha="center", color=QUIET)
    else:
        axes.legend(loc="upper left")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xlabel(say("weather_cli.axis_level"))
    axes.set_ylabel(say("weather_cli.axis_share"))
    axes.grid(visible=True, color=FAINT)


def _draw_errors(
    axes: Axes, services: Sequence[ServiceSkill], looks: Mapping[str, tuple[str, str]]
) -> None:
    axes.set_title(say("weather_cli.errors_title"), fontsize=9, color=QUIET)
    for one in services:
        colour, marker = looks[one.provider]
        leads = [_middle_d(row) for row in one.by_lead]
        axes.plot(
            leads,
            [row.crps_k for row in one.by_lead],
            color=colour,
            marker=marker,
            markersize=4.5,
            linewidth=1.5,
            label=one.provider,
        )
    longest = max(services, key=lambda one: len(one.by_lead), default=None)
    if longest is not None and longest.by_lead:
        leads = [_middle_d(row) for row in longest.by_lead]
        axes.plot(
            leads,
            [row.persistence_crps_k for row in longest.by_lead],
            color=INK,
            linewidth=1.0,
            linestyle=":",
            label=say("weather_cli.persistence"),
        )
        axes.plot(
            leads,
            [row.climate_crps_k for row in longest.by_lead],
            color=INK,
            linewidth=1.0,
            linestyle=(0, (6, 2)),
            label=say("weather_cli.climate"),
        )
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(say("weather_cli.axis_lead"))
    axes.set_ylabel(say("weather_cli.axis_crps"))
    light_grid(axes)


def _middle_d(row: LeadSkill) -> float:
    return (row.first_h + row.end_h) / 2 / 24
