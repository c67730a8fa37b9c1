"""What an unforeseen turn of the weather costs, on a screen: the answer first, then the table."""

from collections.abc import Sequence

import numpy as np

from dispatch.messages import say
from scenarios.screen import Fact, Figures, Screen
from scenarios.whatif.lived import Policy
from scenarios.whatif.lived_figures import LivedFigures
from scenarios.whatif.lived_hours import Outdoors


def policy_words(policy: Policy) -> str:
    """Return a policy in words."""
    if policy.foresight:
        return say("unforeseen.foresight")
    if policy.replan_h is None:
        return say("unforeseen.held")
    return say("unforeseen.every", hours=policy.replan_h)


def unforeseen_screen(
    title: str, weather: Outdoors, figures: Sequence[LivedFigures], files: Sequence[str] = ()
) -> Screen:
    """Return the screen; the first of the figures is the plan that knew the weather.

    `files` are named at its end.
    """
    rows = tuple(
        (
            policy_words(one.policy),
            str(one.plans),
            f"{one.fuel_tce:,.1f}",
            f"{one.more_fuel_tce:+,.1f}",
            f"{one.stored_mwh:+,.0f}",
            f"{one.corrected_tce:+,.1f}",
            f"{one.cold.flats_kh:.2f}",
            f"{one.cold.homes:,}",
            f"{one.cold.coldest_flat_c:.1f}",
        )
        for one in figures
    )
    columns = tuple(say(key) for key in COLUMNS)
    facts: list[Fact | Figures] = [
        Fact(say("unforeseen.weather_label"), (_weather(weather),)),
        Fact(say("unforeseen.answer_label"), tuple(_answer(one) for one in figures)),
        Figures(columns, rows, title=say("unforeseen.table")),
        Fact(say("unforeseen.read_label"), (say("unforeseen.read"),)),
    ]
    if files:
        facts.append(Fact(say("unforeseen.files_label"), tuple(files)))
    return Screen(say("unforeseen.title", title=title), tuple(facts))


COLUMNS = (
    "unforeseen.column_policy",
    "unforeseen.column_plans",
    "unforeseen.column_fuel",
    "unforeseen.column_more",
    "unforeseen.column_stored",
    "unforeseen.column_corrected",
    "unforeseen.column_cold",
    "unforeseen.column_homes",
    "unforeseen.column_coldest",
)


def _weather(weather: Outdoors) -> str:
    """How far the first forecast is off, over the hours lived through."""
    off = weather.came_c - weather.hoped_c
    return say(
        "unforeseen.weather",
        hoped=f"{weather.hoped_c.mean():.1f}",
        came=f"{weather.came_c.mean():.1f}",
        worst=f"{off[int(np.abs(off).argmax())]:+.1f}",
        hours=round(off.size * weather.step_h),
    )


def _answer(one: LivedFigures) -> str:
    words = policy_words(one.policy)
    if one.cold.homes == 0:
        return say("unforeseen.warm", policy=words, coldest=f"{one.cold.coldest_flat_c:.1f}")
    return say(
        "unforeseen.cold",
        policy=words,
        homes=f"{one.cold.homes:,}",
        since=one.cold.since,
        coldest=f"{one.cold.coldest_flat_c:.1f}",
        kelvin_hours=f"{one.cold.flats_kh:.2f}",
    )
