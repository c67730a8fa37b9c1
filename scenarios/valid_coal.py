"""The coal of a valid case in a few lines a yard: what lies there, what is on its way."""

from zoneinfo import ZoneInfo

from dispatch.case import Case, Yard
from dispatch.case_coal_checks import full_fuel_mw
from dispatch.fuel.coal_numbers import day_of_year, days, thousands
from dispatch.messages import clauses, say


def coal_lines(case: Case) -> tuple[str, ...]:
    """Two lines a yard; figures as in its files, days at full load as the notes count them."""
    indent = "    "
    return tuple(
        line for yard in case.yards for line in (_pile(case, yard), indent + _supply(case, yard))
    )


def _pile(case: Case, yard: Yard) -> str:
    parts = [
        say(
            "cli.valid_yard",
            yard=yard.yard_id,
            stock=thousands(yard.stock_t),
            capacity=thousands(yard.capacity_t),
        )
    ]
    burn_mw = full_fuel_mw(case.sources, case.curves, yard.yard_id)
    if burn_mw > 0:
        usable_t = max(0.0, yard.stock_t - yard.unusable_t)
        lasts = usable_t * case.fuel_of(yard.fuel_id).mwh_per_unit / burn_mw / 24.0
        parts.append(say("cli.valid_yard_days", days=days(lasts)))
    if yard.storage_target_t is not None:
        rate, target = 100 * yard.stock_t / yard.storage_target_t, yard.storage_target_t
        parts.append(say("cli.valid_yard_rate", rate=f"{rate:.1f}", target=thousands(target)))
    return clauses(*parts)


def _supply(case: Case, yard: Yard) -> str:
    order = say(
        "cli.valid_yard_order",
        lead=days(yard.lead_time_days),
        transport=say(f"fault.transport_{yard.transport.value}"),
        unit=thousands(yard.unit_t),
    )
    mine = [one for one in case.deliveries if one.yard_id == yard.yard_id]
    if not mine:
        return say("cli.valid_yard_no_deliveries", order=order)
    zone = ZoneInfo(case.settings.timezone)
    dates = sorted(one.arrival_time.astimezone(zone).date() for one in mine)
    return say(
        "cli.valid_yard_deliveries",
        count=len(mine),
        tonnes=thousands(sum(one.tonnes for one in mine)),
        first=day_of_year(dates[0]),
        last=day_of_year(dates[-1]),
        order=order,
    )
