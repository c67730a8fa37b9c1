"""Figures of coal as people say them: rounded to what is known, singular where there is one."""

from datetime import date

from dispatch.case_kinds import Transport
from dispatch.messages import say

EXACT_DAYS = 10.0  # from here on whole days: nobody orders by tenths of a fortnight
EXACT_T = 10_000.0  # from here on hundreds of tonnes: a survey is not better
MOST_PERCENT = 99.0


def tonnes(value_t: float) -> str:
    """Tonnes to the nearest ten, from 10 000 on to the nearest hundred: `43 200`."""
    unit = 100.0 if round(abs(value_t), -1) >= EXACT_T else 10.0
    return thousands(round(value_t / unit) * unit)


def thousands(value: float) -> str:
    """A whole number with blanks between thousands, never `-0`."""
    return f"{round(value):,d}".replace(",", " ")


def days(value: float) -> str:
    """Days with their word: `12 days`, `6.4 days`, `1 day`."""
    told = day_number(value)
    return say("coal.one_day") if told == "1" else say("coal.many_days", days=told)


def day_number(value: float) -> str:
    """Days without their word; tenths below ten, where they still matter."""
    if round(value, 1) >= EXACT_DAYS:
        return f"{value:.0f}"
    return f"{value:.1f}".removesuffix(".0")


def percent(probability: float) -> str:
    """A probability without its sign: whole percent, `<1` and `>99` at the ends, 0 and 100 alone.

    Zero means on none of the paths.
    """
    if probability <= 0.0 or probability >= 1.0:
        return f"{100.0 * min(1.0, max(0.0, probability)):.0f}"
    value = 100.0 * probability
    if value < 1.0:
        return "<1"
    return ">99" if value > MOST_PERCENT else f"{value:.0f}"


def risk_percent(risk: float) -> str:
    """A risk that was chosen, as written: `2`, `0.5`."""
    return f"{100.0 * risk:g}"


def chance(probability: float) -> str:
    """A probability in a sentence: `11 %`, `under 1 %`, `over 99 %`.

    What happens on all paths or on none is not certain: there are weathers besides them.
    """
    told = percent(min(1.0 - 1e-9, max(1e-9, probability)))
    if told.startswith("<"):
        return say("coal.chance_under", percent=told[1:])
    if told.startswith(">"):
        return say("coal.chance_over", percent=told[1:])
    return say("coal.chance", percent=told)


def units(transport: Transport, count: int) -> str:
    """What an order comes with: `4 trains`, `1 truck`."""
    one, many = {
        Transport.RAIL: (say("coal.one_train"), say("coal.many_trains", count=thousands(count))),
        Transport.ROAD: (say("coal.one_truck"), say("coal.many_trucks", count=thousands(count))),
        Transport.SEA: (say("coal.one_ship"), say("coal.many_ships", count=thousands(count))),
    }[transport]
    return one if count == 1 else many


def day_of(day: date) -> str:
    """A day within the season, `8 January`."""
    return say("coal.day_of", day=day.day, month=_month(day))


def day_of_year(day: date) -> str:
    """A day with its year, `8 January 2027`."""
    return say("coal.day_of_year", day=day.day, month=_month(day), year=day.year)


def _month(day: date) -> str:
    return say("coal.months").split()[day.month - 1]
