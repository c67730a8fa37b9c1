"""What a season to come needs, yard by yard, in plain sentences."""

from dispatch.fuel.coal_numbers import day_of_year, tonnes
from dispatch.fuel.season_need import SeasonDates, StorageRule, YardSeason
from dispatch.messages import say

NOTHING_T = 5.0  # less is told as nothing


def season_sentences(season: SeasonDates, yard: YardSeason) -> tuple[str, ...]:
    """Return the sentences of a yard: need, what there is for it, what is missing, the rule."""
    needs = {
        "yard": yard.yard.yard_id,
        "p50": tonnes(yard.needed_t_p50),
        "p90": tonnes(yard.needed_t_p90),
        "first": day_of_year(yard.counted_from),
        "last": day_of_year(season.last),
        "lost": tonnes(yard.lost_t),
    }
    has = {"on_hand": tonnes(yard.on_hand_t), "deliveries": tonnes(yard.deliveries_t)}
    begun = yard.counted_from > season.first
    return (
        say("coal.season_still_needs", **needs) if begun else say("coal.season_needs", **needs),
        say("coal.season_has_now", **has) if begun else say("coal.season_has", **has),
        _missing(yard),
        *([] if yard.storage is None else _rule(season, yard.storage)),
    )


def _missing(yard: YardSeason) -> str:
    p50, p90 = tonnes(yard.shortfall_t_p50), tonnes(yard.shortfall_t_p90)
    if yard.shortfall_t_p90 < NOTHING_T:
        return say("coal.season_enough")
    if yard.shortfall_t_p50 < NOTHING_T:
        return say("coal.season_short_if_cold", p90=p90)
    return say("coal.season_short", p50=p50, p90=p90)


def _rule(season: SeasonDates, rule: StorageRule) -> list[str]:
    told = [
        say(
            "coal.rule_asks",
            rate=f"{100.0 * rule.rate:.0f}",
            target=tonnes(rule.target_t),
            asked=tonnes(rule.asked_t),
            first=day_of_year(season.first),
            expected=tonnes(rule.at_start_t),
        )
    ]
    if not rule.is_met:
        if rule.is_late:
            return [*told, say("coal.rule_missed_late", missing=tonnes(rule.missing_t))]
        if rule.order_by is None:
            return [*told, say("coal.rule_missed", missing=tonnes(rule.missing_t))]
        order_by = day_of_year(rule.order_by)
        return [
            *told,
            say("coal.rule_missed_order", missing=tonnes(rule.missing_t), order_by=order_by),
        ]
    if rule.met_on is None:
        return [*told, say("coal.rule_met")]
    met_on = day_of_year(rule.met_on)
    if rule.met_on_p90 is None:
        return [*told, say("coal.rule_met_perhaps", met_on=met_on)]
    late = day_of_year(rule.met_on_p90)
    return [*told, say("coal.rule_met_on", met_on=met_on, late=late)]
