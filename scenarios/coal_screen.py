"""The screen of `heat-dispatch coal`: each yard in words, its days and weeks, ways of ordering."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from dispatch.fuel.coal_numbers import (
    chance,
    day_of,
    day_of_year,
    percent,
    risk_percent,
    thousands,
    tonnes,
    units,
)
from dispatch.fuel.coal_numbers import days as day_count
from dispatch.fuel.coal_words import reserve_risk, yard_sentences
from dispatch.fuel.outlook import FuelOutlook, Level, Order, Policy, PolicyResult, YardOutlook
from dispatch.messages import say
from dispatch.settings import Settings
from scenarios.coal_consumption import season_to_date
from scenarios.coal_days import day_table
from scenarios.coal_standing import Attention, heat_short, outlook_attention
from scenarios.coal_stock_chart import stock_chart
from scenarios.screen import Fact, Figures, Screen
from scenarios.stacked_chart import Chart

MOST_TABLES = 3  # yards whose days fit on a screen; all are on the page
MOST_ORDERS = 6
CALM, CARE, ALARM = "bold green", "bold yellow", "bold red"


def coal_screen(settings: Settings, outlook: FuelOutlook, files: Sequence[str]) -> Screen:
    """Return what there is to know of an outlook; `files` say where things were written."""
    many = len(outlook.yards) > MOST_TABLES
    parts: list[Fact | Figures | Chart] = [
        *head_facts(settings, outlook),
        *(Fact(yard.yard.yard_id, yard_sentences(outlook, yard)) for yard in outlook.yards),
    ]
    if len(outlook.yards) > 1:
        parts.append(overview_table(outlook))
    for yard in outlook.yards if not many else ():
        parts += [stock_chart(outlook, yard), *yard_tables(outlook, yard)]
    parts += season_to_date(outlook.consumption)
    where = [Fact(say("coal.files"), tuple(files))] if files else []
    return Screen(coal_title(settings, outlook), (*parts, table_help(outlook), *where))


def coal_title(settings: Settings, outlook: FuelOutlook) -> str:
    """Return the heading of screen and page."""
    dates = outlook.ahead.dates
    return say(
        "coal.title",
        name=settings.name,
        first=day_of_year(dates[0]),
        last=day_of_year(dates[-1]),
    )


def table_help(outlook: FuelOutlook) -> Fact:
    """Say how the tables are to be read."""
    lines = [say("coal.how_cold"), say("coal.how_days"), say("coal.how_policies")]
    if outlook.consumption is not None:
        lines.append(say("coal.how_consumption"))
    return Fact(say("coal.to_read"), tuple(lines))


# ---- what is true of all yards ---------------------------------------------------------------


def head_facts(settings: Settings, outlook: FuelOutlook) -> tuple[Fact, ...]:
    """Return what to do, and what the figures rest on."""
    return (
        _to_do(outlook),
        *_remarks(outlook),
        Fact(say("coal.rests_on"), _ranges(settings, outlook)),
        Fact(say("coal.burn_by"), (_dispatch(outlook),)),
        *_cold(outlook),
    )


def _to_do(outlook: FuelOutlook) -> Fact:
    attention = outlook_attention(outlook)
    lines = [
        _order_line(yard, yard.order) for yard in _by_urgency(outlook) if yard.order is not None
    ]
    lines += [
        say("coal.do_elsewhere", yard=yard.yard.yard_id)
        for yard in outlook.yards
        if yard.order is None and reserve_risk(yard) > outlook.risk
    ]
    if not lines:
        lines = [say("coal.do_nothing", risk=risk_percent(outlook.risk))]
    style = CARE if Attention.RISK in attention else CALM
    return Fact(say("coal.to_do"), tuple(lines), ALARM if Attention.LATE in attention else style)


def _by_urgency(outlook: FuelOutlook) -> list[YardOutlook]:
    return sorted(
        (yard for yard in outlook.yards if yard.order is not None),
        key=lambda yard: yard.order.order_by if yard.order else date.max,
    )


def _order_line(yard: YardOutlook, order: Order) -> str:
    places = {
        "yard": yard.yard.yard_id,
        "tonnes": tonnes(order.tonnes),
        "units": units(yard.yard.transport, order.units),
    }
    if order.is_late:
        return say("coal.do_late", **places)
    return say("coal.do_order", **places, order_by=day_of(order.order_by))


def _ranges(settings: Settings, outlook: FuelOutlook) -> tuple[str, ...]:
    """Where the plan ends, where the forecast, and how many winters follow."""
    ahead, last = outlook.ahead, day_of(outlook.ahead.dates[-1])
    lines = []
    if outlook.plan_until is None:
        lines.append(say("coal.range_no_plan"))
    else:
        until = outlook.plan_until.astimezone(ZoneInfo(settings.timezone))
        lines.append(say("coal.range_plan", date=day_of(until.date()), time=f"{until:%H:%M}"))
    forecast = [day for day, own in zip(ahead.dates, ahead.from_forecast, strict=True) if own]
    if forecast:
        lines.append(say("coal.range_forecast", date=day_of(forecast[-1])))
    else:
        lines.append(say("coal.range_no_forecast"))
    paths = thousands(ahead.paths)
    if forecast and forecast[-1] == ahead.dates[-1]:
        return (*lines, say("coal.range_paths", paths=paths))
    return (*lines, say("coal.range_climate", paths=paths, last=last))


def _remarks(outlook: FuelOutlook) -> list[Fact]:
    told = tuple(remark.text for remark in outlook.remarks)
    return [Fact(say("coal.remarks"), told, CARE)] if told else []


def _dispatch(outlook: FuelOutlook) -> str:
    """How well the reduced dispatch follows the plan."""
    check = outlook.burn.check
    if check is None:
        return say("coal.dispatch_unchecked")
    errors = ", ".join(
        say("coal.dispatch_yard", yard=yard, error=_signed_percent(error))
        for yard, error in check.fuel_error.items()
    )
    return say(
        "coal.dispatch_checked",
        days=day_count(check.days),
        level=_signed_percent(1.0 / check.level - 1.0),
        errors=errors,
    )


def _signed_percent(part: float) -> str:
    """A part in percent with its sign, and no `-0.0`."""
    return f"{round(100.0 * part, 1) + 0.0:+.1f}"


def _cold(outlook: FuelOutlook) -> list[Fact]:
    """Heat that no source can make, where some path has it."""
    short = heat_short(outlook)
    if short.probability <= 0.0:
        return []
    days = day_count(round(short.days))
    text = say("coal.unserved", chance=chance(short.probability), days=days)
    return [Fact(say("coal.heat_short"), (text,))]


# ---- tables ----------------------------------------------------------------------------------


def overview_table(outlook: FuelOutlook) -> Figures:
    """Return all yards beside each other."""
    columns = (
        say("coal.yard_column"),
        say("coal.stock_column"),
        say("coal.usable_column"),
        say("coal.cover_column"),
        say("coal.cold_column"),
        say("coal.rate_column"),
        say("coal.below_column"),
        say("coal.empty_column"),
        say("coal.order_by_column"),
        say("coal.tonnes_column"),
    )
    rows = tuple(_overview_row(yard) for yard in outlook.yards)
    return Figures(columns, rows, words=(0, 8), title=say("coal.overview"))


def _overview_row(yard: YardOutlook) -> tuple[str, ...]:
    known = {one.level: one.probability for one in yard.crossings}
    order, nothing = yard.order, say("coal.no_value")
    rate = yard.storage_rate
    more = "" if yard.cover.ends else ">"
    return (
        yard.yard.yard_id,
        tonnes(yard.now.stock_t),
        tonnes(max(0.0, yard.now.stock_t - yard.yard.unusable_t)),
        f"{more}{yard.cover.expected:.1f}",
        f"{yard.cover.in_cold:.1f}",
        nothing if rate is None else f"{100.0 * rate:.1f}",
        percent(known[Level.RESERVE]) if Level.RESERVE in known else nothing,
        percent(known[Level.EMPTY]) if Level.EMPTY in known else nothing,
        nothing if order is None else f"{order.order_by:%Y-%m-%d}",
        nothing if order is None else tonnes(order.tonnes),
    )


def yard_tables(outlook: FuelOutlook, yard: YardOutlook) -> list[Figures]:
    """Return a yard's days and weeks, ways of ordering, and the orders of the chosen risk."""
    return [
        day_table(outlook, yard),
        _policy_table(yard, outlook.risk),
        *_order_table(yard, outlook.risk),
    ]


def _policy_table(yard: YardOutlook, risk: float) -> Figures:
    columns = (
        say("coal.policy_column"),
        say("coal.orders_column"),
        say("coal.tonnes_column"),
        say("coal.first_by_column"),
        say("coal.mean_stock_column"),
        say("coal.left_column"),
        say("coal.below_column"),
        say("coal.empty_column"),
    )
    rows = tuple(_policy_row(one, risk) for one in yard.policies)
    return Figures(columns, rows, title=say("coal.policies", yard=yard.yard.yard_id))


def policy_name(policy: Policy, risk: float) -> str:
    """Return a way of ordering in words."""
    match policy:
        case Policy.AS_PLANNED:
            return say("coal.policy_as_planned")
        case Policy.AT_RISK:
            return say("coal.policy_at_risk", risk=risk_percent(risk))
        case Policy.UP_TO_30_DAYS:
            return say("coal.policy_up_to_30_days")
        case Policy.EVENLY:
            return say("coal.policy_evenly")


def _policy_row(result: PolicyResult, risk: float) -> tuple[str, ...]:
    first = min((order.order_by for order in result.orders), default=None)
    late = result.policy is Policy.AT_RISK and any(order.is_late for order in result.orders)
    name = policy_name(result.policy, risk)
    return (
        say("coal.policy_too_late", risk=risk_percent(risk)) if late else name,
        str(len(result.orders)),
        tonnes(result.ordered_t),
        say("coal.no_value") if first is None else f"{first:%m-%d}",
        tonnes(result.mean_stock_t),
        tonnes(result.left_t),
        percent(result.probability_below_reserve),
        percent(result.probability_empty),
    )


def _order_table(yard: YardOutlook, risk: float) -> list[Figures]:
    """Orders that the chosen risk asks for, the next ones."""
    orders = [o for one in yard.policies if one.policy is Policy.AT_RISK for o in one.orders]
    if not orders:
        return []
    columns = (
        say("coal.order_by_column"),
        say("coal.arrives_column"),
        say("coal.tonnes_column"),
        say("coal.units_column"),
    )
    rows = tuple(
        (
            f"{order.order_by:%Y-%m-%d}",
            f"{order.arrives:%Y-%m-%d}",
            tonnes(order.tonnes),
            units(yard.yard.transport, order.units),
        )
        for order in orders[:MOST_ORDERS]
    )
    places = {"yard": yard.yard.yard_id, "risk": risk_percent(risk)}
    if len(orders) > MOST_ORDERS:
        title = say("coal.orders_first", **places, shown=MOST_ORDERS, all=len(orders))
    elif orders[0].is_late:
        title = say("coal.orders_late", **places)
    else:
        title = say("coal.orders", **places)
    return [Figures(columns, rows, words=(0, 1), title=title)]
