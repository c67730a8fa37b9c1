"""The season to date: burn by the scales against the plans, and fuel per heat and area."""

from dispatch.fuel.coal_numbers import day_of, days, tonnes
from dispatch.fuel.consumption import (
    FACTOR_DAYS,
    FACTOR_DAYS_MIN,
    HeatBy,
    SeasonConsumption,
    YardConsumption,
)
from dispatch.fuel.typical_consumption import Range
from dispatch.messages import say, words
from scenarios.screen import Fact, Figures


def season_to_date(found: SeasonConsumption | None) -> list[Fact | Figures]:
    """Return a table of all yards and what it rests on; what to fill in where nothing is known."""
    if found is None:
        return []
    yards = [one for one in found.yards if one.burn.actual_days]
    if not yards:
        return [Fact(say("coal.season_to_date"), (say("coal.consumption_none"),))]
    lines = [line for yard in yards for line in _rests_on(yard)]
    if found.season_kgce_per_m2 is not None:
        typical = found.typical_kgce_per_m2
        lines.append(
            say(
                "coal.consumption_season",
                found=f"{found.season_kgce_per_m2:.1f}",
                low=f"{typical.low:g}",
                high=f"{typical.high:g}",
            )
        )
    if found.unreadable_runs:
        lines.append(say("coal.consumption_unreadable", names=words(*found.unreadable_runs)))
    return [_table(found, yards), Fact(say("coal.season_to_date"), tuple(lines))]


def _rests_on(yard: YardConsumption) -> list[str]:
    burn, specific, name = yard.burn, yard.specific, yard.yard_id
    if burn.burn_factor is None:
        told = say(
            "coal.consumption_no_factor",
            yard=name,
            days=burn.burn_factor_days,
            window=days(FACTOR_DAYS),
            least=FACTOR_DAYS_MIN,
        )
    else:
        told = say(
            "coal.consumption_factor",
            yard=name,
            factor=f"{burn.burn_factor:.2f}",
            days=days(burn.burn_factor_days),
        )
    match specific.heat_by:
        case HeatBy.MEASURED:
            return [told]
        case HeatBy.PLANNED:
            return [told, say("coal.consumption_plans_heat", yard=name)]
        case HeatBy.MIXED:
            counted = {"metered": specific.metered_days, "days": days(specific.days)}
            return [told, say("coal.consumption_mixed_heat", yard=name, **counted)]
        case HeatBy.NONE:
            return [told, say("coal.consumption_no_heat", yard=name)]


def _table(found: SeasonConsumption, yards: list[YardConsumption]) -> Figures:
    columns = (
        say("coal.yard_column"),
        say("coal.scale_days_column"),
        say("coal.burnt_column"),
        say("coal.both_column"),
        say("coal.of_plan_column"),
        say("coal.kcal_column"),
        say("coal.per_gj_column"),
        say("coal.typical_column"),
        say("coal.per_m2_column"),
    )
    title = say(
        "coal.consumption_title", first=day_of(found.first_day), last=day_of(found.last_day)
    )
    return Figures(columns, tuple(_row(found, yard) for yard in yards), title=title)


def _row(found: SeasonConsumption, yard: YardConsumption) -> tuple[str, ...]:
    burn, specific, nothing = yard.burn, yard.specific, say("coal.no_value")
    of_plan, kcal, per_gj = burn.ratio, yard.kcal_per_kg, specific.heat_kgce_per_gj
    return (
        yard.yard_id,
        say("coal.scale_days", known=burn.actual_days, all=found.days),
        tonnes(burn.actual_t),
        say("coal.both_days", days=burn.both_days),
        nothing if of_plan is None else f"{100.0 * of_plan:.1f}",
        nothing if kcal is None else f"{kcal:.0f}",
        nothing if per_gj is None else f"{per_gj:.1f}",
        _range(yard.typical_kgce_per_gj),
        nothing if specific.kgce_per_m2 is None else f"{specific.kgce_per_m2:.2f}",
    )


def _range(typical: Range | None) -> str:
    if typical is None:
        return say("coal.no_value")
    return say("coal.typical_range", low=f"{typical.low:g}", high=f"{typical.high:g}")
