"""The screen of `heat-dispatch coal --season`: need, what there is for it, the storage rule."""

from collections.abc import Sequence

from dispatch.fuel.coal_numbers import tonnes
from dispatch.fuel.season_need import SeasonNeed, YardSeason
from dispatch.fuel.season_words import season_sentences
from dispatch.messages import say
from dispatch.settings import Settings
from scenarios.coal_screen import CALM, CARE
from scenarios.coal_standing import Attention, season_attention
from scenarios.screen import Fact, Figures, Screen


def season_screen(settings: Settings, need: SeasonNeed, files: Sequence[str]) -> Screen:
    """Return what there is to know of a season to come."""
    first, last = need.season.first, need.season.last
    facts = [
        _standing(need),
        *(Fact(yard.yard.yard_id, season_sentences(need.season, yard)) for yard in need.yards),
    ]
    where = [Fact(say("coal.files"), tuple(files))] if files else []
    title = say(
        "coal.season_title",
        name=settings.name,
        years=need.season.name,
        first=f"{first:%Y-%m-%d}",
        last=f"{last:%Y-%m-%d}",
    )
    return Screen(title, (*facts, _table(need), *where))


def _standing(need: SeasonNeed) -> Fact:
    attention = season_attention(need)
    lines = []
    if Attention.STORAGE in attention:
        lines.append(say("coal.season_rule_missed"))
    if Attention.SHORTFALL in attention:
        lines.append(say("coal.season_is_short"))
    if not lines:
        return Fact(say("coal.to_do"), (say("coal.season_nothing"),), CALM)
    return Fact(say("coal.to_do"), tuple(lines), CARE)


def _table(need: SeasonNeed) -> Figures:
    columns = (
        say("coal.yard_column"),
        say("coal.need_column"),
        say("coal.need_cold_column"),
        say("coal.on_hand_column"),
        say("coal.planned_column"),
        say("coal.short_column"),
        say("coal.short_cold_column"),
        say("coal.rule_column"),
        say("coal.met_column"),
    )
    return Figures(columns, tuple(_row(yard) for yard in need.yards), words=(0, 8))


def _row(yard: YardSeason) -> tuple[str, ...]:
    rule, nothing = yard.storage, say("coal.no_value")
    met_on = nothing
    if rule is not None:
        met_on = f"{rule.met_on:%Y-%m-%d}" if rule.met_on and rule.is_met else say("coal.not_met")
    return (
        yard.yard.yard_id,
        tonnes(yard.needed_t_p50),
        tonnes(yard.needed_t_p90),
        tonnes(yard.on_hand_t),
        tonnes(yard.deliveries_t),
        tonnes(yard.shortfall_t_p50),
        tonnes(yard.shortfall_t_p90),
        nothing if rule is None else tonnes(rule.asked_t),
        met_on,
    )
