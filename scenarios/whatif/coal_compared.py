"""How long the coal lasts in both plans, in plain sentences."""

from collections.abc import Sequence
from math import isfinite

from dispatch.fuel.coal_numbers import day_number, tonnes
from dispatch.messages import say
from dispatch.yard_ahead import YardAhead
from scenarios.whatif.comparison import YardChange
from scenarios.whatif.plan_figures import YardFigures


def coal_sentences(yards: Sequence[YardChange]) -> tuple[str, ...]:
    """Return cover and order date of every yard; by the plan's burn where there is no outlook."""
    if not yards:
        return (say("compare.coal_none"),)
    told: list[str] = []
    for change in yards:
        told += _yard(change)
    return tuple(told)


def _yard(change: YardChange) -> list[str]:
    base, variant = change.base, change.variant
    if variant is None:
        return [say("compare.coal_yard_gone", yard=change.yard_id)]
    ahead = variant.fuel.ahead
    if ahead is None:
        return [_by_plan(change.yard_id, base, variant)]
    before = base.fuel.ahead if base else None
    days, cold = day_number(ahead.days_of_cover_p50), day_number(ahead.days_of_cover_p10)
    places = {"yard": change.yard_id, "days": days, "cold": cold}
    if before is None:
        return [say("compare.coal_cover_only", **places), _order(change.yard_id, ahead, None)]
    was = {
        "base_days": day_number(before.days_of_cover_p50),
        "base_cold": day_number(before.days_of_cover_p10),
    }
    if (days, cold) == (was["base_days"], was["base_cold"]):
        cover = say("compare.coal_same", **places)
    else:
        cover = say("compare.coal_cover", **places, **was)
    return [cover, _order(change.yard_id, ahead, before)]


def _order(yard: str, ahead: YardAhead, before: YardAhead | None) -> str:
    if ahead.order_by is None:
        return say("compare.coal_no_order", yard=yard)
    date = ahead.order_by
    if before is None or before.order_by == ahead.order_by:
        return say("compare.coal_order_by", yard=yard, date=date)
    if before.order_by is None:
        return say("compare.coal_order_by_new", yard=yard, date=date)
    return say("compare.coal_order_by_base", yard=yard, date=date, base_date=before.order_by)


def _by_plan(yard: str, base: YardFigures | None, variant: YardFigures) -> str:
    if not isfinite(variant.fuel.days_of_cover):
        return say("compare.coal_unburnt", yard=yard)
    nothing = say("compare.no_value")
    before = base.fuel.days_of_cover if base else float("nan")
    return say(
        "compare.coal_plan_only",
        yard=yard,
        days=day_number(variant.fuel.days_of_cover),
        base_days=day_number(before) if isfinite(before) else nothing,
        stock=tonnes(variant.end_stock_t),
        base_stock=tonnes(base.end_stock_t) if base else nothing,
    )
