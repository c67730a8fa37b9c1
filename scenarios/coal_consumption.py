"""Season to date in words: what was burnt against the plans, and what a gigajoule took."""

from dispatch.fuel.coal_numbers import day_of, tonnes
from dispatch.fuel.consumption import HeatBy, SeasonConsumption, YardConsumption
from dispatch.fuel.typical_consumption import Range
from dispatch.messages import say
from scenarios.screen import Fact


def consumption_facts(season: SeasonConsumption | None) -> tuple[Fact, ...]:
    """Return one fact with a line or two a yard; none where nobody asked or the season is new."""
    if season is None or season.days == 0:
        return ()
    if not any(one.burn.actual_days for one in season.yards):
        return (Fact(say("coal.so_far"), (say("coal.so_far_unknown"),)),)
    lines = [line for one in season.yards for line in _yard(season, one)]
    if season.season_kgce_per_m2 is not None:
        lines.append(
            say(
                "coal.so_far_area",
                rate=f"{season.season_kgce_per_m2:.1f}",
                typical=_typical(season.typical_kgce_per_m2),
            )
        )
    return (Fact(say("coal.so_far"), tuple(lines)),)


def _yard(season: SeasonConsumption, yard: YardConsumption) -> list[str]:
    burn, specific = yard.burn, yard.specific
    if burn.actual_days == 0:
        return [say("coal.so_far_no_scales", yard=yard.yard_id)]
    places = {
        "yard": yard.yard_id,
        "burnt": tonnes(burn.actual_t),
        "days": burn.actual_days,
        "first": day_of(season.first_day),
    }
    lines = [say("coal.so_far_burnt", **places)]
    if burn.ratio is not None:
        change = f"{100.0 * (burn.ratio - 1.0):+.1f}"
        key = "coal.so_far_ratio" if burn.burn_factor is None else "coal.so_far_ratio_used"
        factor = "" if burn.burn_factor is None else f"{100.0 * (burn.burn_factor - 1.0):+.1f}"
        lines.append(say(key, change=change, days=burn.both_days, factor=factor))
    if specific.heat_kgce_per_gj is not None:
        by = "coal.heat_metered" if specific.heat_by is HeatBy.MEASURED else "coal.heat_planned"
        typical = yard.typical_kgce_per_gj
        lines.append(
            say(
                "coal.so_far_specific",
                rate=f"{specific.heat_kgce_per_gj:.1f}",
                by=say(by),
                typical=say("coal.no_value") if typical is None else _typical(typical),
            )
        )
    return lines


def _typical(range_: Range) -> str:
    return f"{range_.low:g}–{range_.high:g}"
