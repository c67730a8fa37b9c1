"""Tables of the emergency binder, for screen and paper alike."""

from collections.abc import Sequence

from dispatch.case_kinds import Emitter, Use
from dispatch.messages import say
from scenarios.drills.binder import Binder, loss_words
from scenarios.drills.cooling import LEVELS_C, ClassCooling, HoursLeft
from scenarios.drills.drill import Drill
from scenarios.drills.even_reduction import Reduction
from scenarios.drills.words import (
    after_h,
    class_text,
    day_text,
    hours_text,
    short_loss,
    use_text,
)
from scenarios.screen import Figures
from scenarios.whatif.figure import number

DASH = "–"


def ranked_table(drills: Sequence[Drill], *, title: bool = True) -> Figures:
    """Drills in order of what they cost."""
    return Figures(
        (
            say("drill.column_place"),
            say("drill.column_loss"),
            say("drill.column_day"),
            say("drill.column_hours"),
            say("drill.column_homes"),
            say("drill.column_others"),
            say("drill.column_from"),
            say("drill.column_coldest"),
            say("drill.column_missing"),
        ),
        tuple(_ranked_row(place, drill) for place, drill in enumerate(drills, 1)),
        words=(1, 2),
        title=say("drill.table_ranked") if title else "",
    )


def _ranked_row(place: int, drill: Drill) -> tuple[str, ...]:
    head = (str(place), short_loss(drill.loss), day_text(drill.day), str(drill.hours))
    cost = drill.cost
    if cost is None:
        return (*head, say("drill.none"), "", "", "", "")
    is_cold = bool(cost.homes or cost.other_homes)
    return (
        *head,
        number(cost.homes, 0),
        number(cost.other_homes, 0),
        hours_text(after_h(drill, drill.cold[0].since)) if is_cold else DASH,
        f"{drill.coldest_flat_c:.1f}",
        number(cost.missing_mw, 0),
    )


def supply_table(binder: Binder) -> Figures:
    """The minimum supply rule, for the loss of each source and main."""
    columns = (
        say("drill.column_loss"),
        say("drill.column_left"),
        say("drill.column_share"),
        *binder.case.zone_ids,
        say("drill.column_rule"),
        say("drill.column_holds"),
        say("drill.column_missing"),
    )
    rows = tuple(
        (
            short_loss(one.loss),
            number(one.capacity_left_mw, 0),
            _percent(one.reach.share),
            *(_percent(one.reach.zones[zone]) for zone in binder.case.zone_ids),
            _percent(one.rule),
            say("drill.yes") if one.holds else say("drill.no"),
            number(one.missing_mw, 0),
        )
        for one in binder.supply
    )
    return Figures(columns, rows, words=(0, len(columns) - 2), title=say("drill.table_supply"))


def gone_table(binder: Binder, outdoor_c: float, *, worst: bool) -> Figures:
    """Hours until 18, 16 and 5 °C where all heat is gone at an outdoor temperature."""
    rows = []
    for one in binder.classes:
        (cut,) = [c for c in one.cooling if c.outdoor_c == outdoor_c and c.kept == 0.0]
        rows.append(
            (
                class_text(one.kind),
                number(one.homes, 0),
                f"{one.time_constant_h:.0f}",
                *(_hours(cut.hours[level], worst=worst) for level in LEVELS_C),
            )
        )
    columns = (
        say("drill.column_class"),
        say("drill.column_class_homes"),
        say("drill.column_tau"),
        *(f"{level:g} °C" for level in LEVELS_C),
    )
    return Figures(columns, tuple(rows), title=say("drill.table_gone", outdoor=f"{outdoor_c:g}"))


def response_table(binder: Binder, drill: Drill | None) -> Figures:
    """The same for the worst loss of a source at design: cut evenly, and by the best plan."""
    design_c = binder.case.settings.design_outdoor_temp_c
    rows = []
    for one in binder.classes:
        cut = [c for c in one.cooling if c.outdoor_c == design_c][-1]
        planned = drill.reaches.get(one.kind, {}) if drill is not None else {}
        rows.append(
            (
                class_text(one.kind),
                *(_hours(cut.hours[level], worst=True) for level in LEVELS_C),
                *(
                    _hours(planned[level], worst=True) if level in planned else DASH
                    for level in LEVELS_C
                ),
            )
        )
    columns = (
        say("drill.column_class"),
        *(say("drill.column_even", level=f"{level:g}") for level in LEVELS_C),
        *(say("drill.column_best", level=f"{level:g}") for level in LEVELS_C),
    )
    title = say(
        "drill.table_response",
        loss=loss_words(binder.worst.loss),
        kept=_percent(_kept(binder)),
        outdoor=f"{design_c:g}",
    )
    return Figures(columns, tuple(rows), title=title)


def _kept(binder: Binder) -> float:
    design_c = binder.case.settings.design_outdoor_temp_c
    cut: ClassCooling = [one for one in binder.classes[0].cooling if one.outdoor_c == design_c][-1]
    return cut.kept


def reduction_table(reductions: Sequence[Reduction], title: str) -> Figures:
    """Share of heat that each group gets, and where its rooms end if that lasts."""
    rows = []
    for at, group in enumerate(reductions[0].groups):
        cells = [one.groups[at] for one in reductions]
        rows.append(
            (
                use_text(group.use),
                f"{group.priority:g}" if group.use is not None else DASH,
                *(
                    say("drill.share_cell", share=_percent(cell.share), rooms=f"{cell.rooms_c:.0f}")
                    for cell in cells
                ),
            )
        )
    columns = (
        say("drill.column_group"),
        say("drill.column_priority"),
        *(say("drill.column_lacking", pct=f"{100 * one.missing:.0f}") for one in reductions),
    )
    return Figures(columns, tuple(rows), title=title)


def setpoint_table(setpoints: Sequence[Reduction], outdoor_c: float) -> Figures:
    """Secondary supply temperatures to set when data and plan fail, at an outdoor temperature."""
    chosen = [one for one in setpoints if one.outdoor_c == outdoor_c]
    kinds: list[tuple[Use, Emitter]] = [(use, emitter) for use, emitter, _ in chosen[0].supply_c]
    rows = tuple(
        (
            say(
                "drill.setpoint_row",
                use=use_text(use),
                emitter=say(f"drill.emitter_{emitter.value}"),
            ),
            *(f"{one.supply_c[at][2]:.0f}" for one in chosen),
        )
        for at, (use, emitter) in enumerate(kinds)
    )
    columns = (
        say("drill.column_group"),
        *(say("drill.column_lacking", pct=f"{100 * one.missing:.0f}") for one in chosen),
    )
    return Figures(columns, rows, title=say("drill.table_setpoints", outdoor=f"{outdoor_c:g}"))


def outdoor_of(setpoints: Sequence[Reduction]) -> list[float]:
    """Outdoor temperatures of setpoints, in their order."""
    return list(dict.fromkeys(one.outdoor_c for one in setpoints))


def _hours(found: HoursLeft, *, worst: bool) -> str:
    if not worst:
        return hours_text(found.median)
    return say("drill.hours_cell", median=hours_text(found.median), worst=hours_text(found.worst))


def _percent(share: float) -> str:
    return f"{100 * max(0.0, share):.0f}"
