"""The outlook of one yard in plain sentences: what lies there, how long it lasts, what to do."""

from collections.abc import Sequence
from datetime import date, tzinfo
from math import ceil

import numpy as np

from dispatch.case_coal import TO_SD
from dispatch.fuel.coal_numbers import chance, day_number, day_of, days, risk_percent, tonnes, units
from dispatch.fuel.outlook import Crossing, FuelOutlook, Level, Order, Policy, YardOutlook
from dispatch.fuel.pile_paths import StockNow
from dispatch.messages import say

TOLD_MW = 1.0  # less power is not worth a word
TOLD_WAITING_T = 100.0
TOLD_DAYS = 0.05  # of cover: less is rounding
SAME_T = 1.0  # books and stock that differ by less are one figure
OPEN = 0.999  # of a day, from which on a road counts as open
TOLD_CHANCE = 0.005  # a smaller one is no news


def yard_paragraph(outlook: FuelOutlook, yard: YardOutlook) -> str:
    """Return one plain paragraph of a yard."""
    return " ".join(yard_sentences(outlook, yard))


def yard_sentences(outlook: FuelOutlook, yard: YardOutlook) -> tuple[str, ...]:
    """Return the sentences of a yard: stock and cover, what to order, what the figures rest on."""
    dates = outlook.ahead.dates
    return (
        _holds(yard, dates[-1]),
        *_advice(yard, outlook.risk, dates[0], dates[-1]),
        *_rests_on(outlook, yard),
    )


def crossing_of(yard: YardOutlook, level: Level) -> Crossing | None:
    """The crossing of one level; None where the outlook does not tell it."""
    return next((one for one in yard.crossings if one.level is level), None)


def reserve_risk(yard: YardOutlook) -> float:
    """Probability to fall below the reserve, if any, else to run out, if nothing is ordered."""
    found = _watched(yard)
    return 0.0 if found is None else found.probability


# ---- what lies there, and how long it lasts --------------------------------------------------


def _holds(yard: YardOutlook, end: date) -> str:
    stock, cover = _stock(yard), yard.cover
    power = round(yard.power_mw)
    places = {"yard": yard.yard.yard_id, "stock": stock}
    if not yard.burn.fuel_mwh.any():
        return say("coal.holds_unburnt", **places, end=day_of(end))
    if not cover.ends and not _ends_in_cold(yard):
        return say("coal.holds_whole_season", **places, end=day_of(end))
    if not cover.ends:
        cold = days(cover.in_cold)
        return say("coal.holds_but_in_cold", **places, cold=cold, end=day_of(end))
    places["cold"] = day_number(cover.in_cold)
    places["days"] = days(cover.expected)
    if yard.power_mw < TOLD_MW:
        return say("coal.holds", **places)
    return say("coal.holds_with_power", **places, power=power)


def _ends_in_cold(yard: YardOutlook) -> bool:
    """Whether a cold spell uses up what lasts the season at expected weather."""
    return yard.cover.in_cold < yard.cover.expected - TOLD_DAYS


def _stock(yard: YardOutlook) -> str:
    stock_t = yard.now.stock_t
    usable_t = max(0.0, stock_t - yard.yard.unusable_t)
    stock, usable = tonnes(stock_t), tonnes(usable_t)
    if usable_t <= 0.0:
        return say("coal.stock_none", stock=stock)
    if stock == usable:
        return say("coal.stock_all", stock=stock)
    return say("coal.stock_partly", stock=stock, usable=usable)


# ---- what to do ------------------------------------------------------------------------------


def _watched(yard: YardOutlook) -> Crossing | None:
    """The crossing that orders are to prevent: of the reserve, else of the bottom."""
    level = Level.RESERVE if yard.yard.reserve_days_min > 0 else Level.EMPTY
    return crossing_of(yard, level) or crossing_of(yard, Level.EMPTY)


def _event(yard: YardOutlook, crossing: Crossing) -> str:
    """What is to be feared: `the 7-day line is crossed`."""
    if crossing.level is Level.EMPTY:
        return say("coal.event_empty")
    return say("coal.event_line", days=f"{yard.yard.reserve_days_min:g}")


def _advice(yard: YardOutlook, risk: float, today: date, end: date) -> list[str]:
    """What to order and what else happens; nothing where no level is watched."""
    crossing = _watched(yard)
    if crossing is None:
        return []
    event, p = _event(yard, crossing), chance(crossing.probability)
    if yard.order is not None:
        told = [_order(yard, yard.order, today, event, p)]
    elif crossing.probability > risk:
        told = [say("coal.no_order_helps", event=event, chance=p, risk=risk_percent(risk))]
    elif crossing.probability > 0.0:
        told = [say("coal.no_order", event=event, chance=p, end=day_of(end))]
    else:
        told = [say("coal.no_order_safe", end=day_of(end))]
    if crossing.probability > risk:
        told += _when(yard, crossing, risk, today)
        told += _runs_out(yard, crossing, risk)
    elif yard.order is None:
        told += _left(yard)
    return told


def _order(yard: YardOutlook, order: Order, today: date, event: str, p: str) -> str:
    places: dict[str, object] = {
        "tonnes": tonnes(order.tonnes),
        "units": units(yard.yard.transport, order.units),
        "event": event,
        "chance": p,
    }
    if not order.is_late:
        return say("coal.order", **places, order_by=day_of(order.order_by))
    places["arrives"] = day_of(order.arrives)
    if order.order_by < today:
        return say("coal.order_late_since", **places, order_by=day_of(order.order_by))
    return say("coal.order_late", **places)


def _when(yard: YardOutlook, crossing: Crossing, risk: float, today: date) -> list[str]:
    """By when the chosen risk is used up."""
    if yard.now.stock_t < float(yard.level_t[crossing.level][0]):
        return [say("coal.below_already")]
    if crossing.first_date is None:
        return []
    if crossing.first_date <= today:
        return [say("coal.risk_passed_today", risk=risk_percent(risk))]
    return [say("coal.risk_passed", risk=risk_percent(risk), date=day_of(crossing.first_date))]


def _runs_out(yard: YardOutlook, watched: Crossing, risk: float) -> list[str]:
    """Whether coal ends, and whether that comes before the order can."""
    empty = crossing_of(yard, Level.EMPTY)
    if empty is None or watched is empty or empty.probability < TOLD_CHANCE:
        return []
    first, order = empty.first_date, yard.order
    if order is not None and first is not None and first <= order.arrives:
        return [
            say(
                "coal.empty_before_order",
                arrives=day_of(order.arrives),
                date=day_of(first),
                risk=risk_percent(risk),
                chance=chance(empty.probability),
            )
        ]
    if first is None:
        return [say("coal.runs_out", chance=chance(empty.probability))]
    return [
        say(
            "coal.runs_out_from",
            chance=chance(empty.probability),
            date=day_of(first),
            risk=risk_percent(risk),
        )
    ]


def _left(yard: YardOutlook) -> list[str]:
    as_planned = next((one for one in yard.policies if one.policy is Policy.AS_PLANNED), None)
    if as_planned is None:
        return []
    return [say("coal.left", tonnes=tonnes(as_planned.left_t))]


# ---- what the figures rest on ----------------------------------------------------------------


def _rests_on(outlook: FuelOutlook, yard: YardOutlook) -> list[str]:
    told = [
        *_deliveries(yard, outlook.ahead.dates[-1]),
        *_closed(yard, outlook.ahead.dates),
        *_survey(yard.now, outlook.issued_at.tzinfo),
    ]
    if yard.cover.backward is not None:
        told.append(say("coal.backward", days=days(yard.cover.backward)))
    return [*told, *_storage(yard)]


def _deliveries(yard: YardOutlook, end: date) -> list[str]:
    """What is expected to come, how much of it before an order of today could, what must wait."""
    mean_t = yard.piles.unloaded_t.mean(axis=0)
    waiting_t = float(np.median(yard.piles.waiting_t, axis=0).max())
    lead = ceil(yard.yard.lead_time_days)
    places = {"tonnes": tonnes(float(mean_t.sum())), "end": day_of(end)}
    if mean_t.sum() < 1.0:
        told = say("coal.no_deliveries", end=day_of(end))
        if waiting_t >= TOLD_WAITING_T:
            told = say("coal.deliveries_wait", end=day_of(end))
    elif lead == 0:
        told = say("coal.deliveries_only", **places)
    else:
        soon = tonnes(float(mean_t[:lead].sum()))
        told = say("coal.deliveries", **places, soon=soon, lead=days(lead))
    if waiting_t < TOLD_WAITING_T:
        return [told]
    return [told, say("coal.waiting", tonnes=tonnes(waiting_t))]


def _closed(yard: YardOutlook, dates: Sequence[date]) -> list[str]:
    shut = [day for day, part in zip(dates, yard.open_part, strict=True) if part < OPEN]
    if not shut:
        return []
    if len(shut) == 1:
        return [say("coal.closed_one", first=day_of(shut[0]))]
    ends = {"first": day_of(shut[0]), "last": day_of(shut[-1])}
    return [say("coal.closed", days=days(len(shut)), **ends)]


def _survey(now: StockNow, zone: tzinfo | None) -> list[str]:
    """What the last survey says by now, and what is made of it; its error as in `surveys.csv`."""
    off = tonnes(TO_SD * now.sd_t)
    if now.survey_t is None or now.surveyed_at is None:
        return [say("coal.unsurveyed", off=off)] if now.sd_t >= SAME_T else []
    places = {
        "date": day_of(now.surveyed_at.astimezone(zone).date()),
        "survey": tonnes(now.survey_t),
        "stock": tonnes(now.stock_t),
        "off": off,
    }
    if now.book_t is None:
        return [say("coal.survey", **places)]
    if abs(now.book_t - now.stock_t) < SAME_T:  # an earlier plan took it up
        return [say("coal.survey_in_book", **places)]
    return [say("coal.survey_and_book", **places, book=tonnes(now.book_t))]


def _storage(yard: YardOutlook) -> list[str]:
    if yard.storage_rate is None or yard.yard.storage_target_t is None:
        return []
    rate, target = f"{100.0 * yard.storage_rate:.1f}", tonnes(yard.yard.storage_target_t)
    meaning = yard.yard.storage_target_meaning.strip()
    if not meaning:
        return [say("coal.storage_rate", rate=rate, target=target)]
    return [say("coal.storage_rate_meaning", rate=rate, target=target, meaning=meaning)]
