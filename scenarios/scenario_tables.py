"""Tables of a comparison, for screen and page: key figures, sources, who is cold, coal."""

from math import isfinite

from dispatch.fuel.coal_numbers import day_number
from dispatch.messages import moment, say
from scenarios.screen import Figures
from scenarios.whatif.cold_stations import ColdStation, Level
from scenarios.whatif.comparison import Compared, Comparison, SourceChange, YardChange
from scenarios.whatif.comparison_words import part_text
from scenarios.whatif.figure import FORMS, Figure, number
from scenarios.whatif.outcome import Unplanned
from scenarios.whatif.plan_figures import PlanFigures, SourceFigures, YardFigures

# Units that a language has a word of its own for.
SPOKEN_UNITS = {"t": "compare.unit_t", "tce": "compare.unit_tce", "yuan": "compare.unit_yuan"}
WORST = 10  # stations on a screen; all are in stations.csv


def figure_name(figure: Figure) -> str:
    """Return the name of a figure with its unit."""
    name, unit = say(f"compare.figure_{figure.value}"), FORMS[figure].unit
    if unit in SPOKEN_UNITS:
        unit = say(SPOKEN_UNITS[unit])
    return say("compare.with_unit", name=name, unit=unit) if unit else name


def overview(comparison: Comparison) -> Figures:
    """Return a line a variant: who is cold, fuel, money and CO2 against the base."""
    columns = (
        say("compare.column_variant"),
        say("compare.column_coldest"),
        say("compare.column_homes"),
        say("compare.column_fuel"),
        say("compare.column_part"),
        say("compare.column_money"),
        say("compare.column_co2"),
    )
    rows = [_overview_row(comparison.base.name, comparison.base_plan, None)]
    for variant in comparison.variants:
        if isinstance(variant, Unplanned):
            rows.append((variant.name, say("compare.no_plan"), "", "", "", "", ""))
        else:
            rows.append(_overview_row(variant.outcome.name, variant.plan, variant))
    return Figures(columns, tuple(rows), words=(0,), title=say("compare.overview"))


def _overview_row(name: str, plan: PlanFigures, variant: Compared | None) -> tuple[str, ...]:
    def against(figure: Figure) -> str:
        decimals = FORMS[figure].decimals
        if variant is None:
            return number(plan.figures[figure], decimals)
        if not variant.same_hours:
            return say("compare.no_value")
        return number(variant.differences[figure].difference, decimals, signed=True)

    has_part = variant is not None and variant.same_hours
    return (
        name,
        number(plan.figures[Figure.COLDEST_OURS], 1),
        number(plan.figures[Figure.BELOW_LAW_HOMES], 0),
        against(Figure.FUEL),
        part_text(variant.differences[Figure.FUEL].part) if variant and has_part else "",
        against(Figure.BILL),
        against(Figure.CO2),
    )


def key_figures(variant: Compared) -> Figures:
    """Return figures of base and variant with their difference, without those both lack."""
    columns = (
        say("compare.column_figure"),
        say("compare.column_base"),
        say("compare.column_here"),
        say("compare.column_difference"),
        say("compare.column_part"),
    )
    rows = []
    for figure, one in variant.differences.items():
        decimals = FORMS[figure].decimals
        told = (number(one.base, decimals), number(one.variant, decimals))
        if all(not text or float(text.replace(" ", "")) == 0 for text in told):
            continue
        part = part_text(one.part) if isfinite(one.part) else ""
        difference = number(one.difference, decimals, signed=True)
        rows.append((figure_name(figure), *told, difference, part))
    return Figures(columns, tuple(rows), title=say("compare.key_figures"))


def source_table(variant: Compared) -> list[Figures]:
    """Return what the sources do that do something else; none where all do the same."""
    if not variant.sources:
        return []
    columns = (
        say("compare.column_source"),
        say("compare.column_base_mwh"),
        say("compare.column_mwh"),
        say("compare.column_difference"),
        say("compare.column_base_peak"),
        say("compare.column_peak"),
        say("compare.column_base_hours"),
        say("compare.column_hours"),
    )
    rows = tuple(_source_row(change) for change in variant.sources)
    return [Figures(columns, rows, title=say("compare.sources_table"))]


def _source_row(change: SourceChange) -> tuple[str, ...]:
    def told(source: SourceFigures | None) -> tuple[str, str, str]:
        if source is None:
            return (say("compare.no_value"),) * 3
        return number(source.heat_mwh, 0), number(source.peak_mw, 1), f"{source.hours:g}"

    (base_mwh, base_peak, base_hours), (mwh, peak, hours) = told(change.base), told(change.variant)
    difference = number(change.heat_mwh, 0, signed=True)
    return (change.source_id, base_mwh, mwh, difference, base_peak, peak, base_hours, hours)


def station_table(variant: Compared) -> list[Figures]:
    """Return the stations that suffer most; none where nobody does."""
    cold = variant.plan.cold
    if not cold:
        return []
    columns = (
        say("compare.column_station"),
        say("compare.column_homes"),
        say("compare.column_since"),
        say("compare.column_until"),
        say("compare.column_coldest"),
        say("compare.column_below"),
        say("compare.column_held"),
    )
    shown = cold[:WORST]
    title = say("compare.stations_table", shown=len(shown), all=len(cold))
    rows = tuple(_station_row(one) for one in shown)
    return [Figures(columns, rows, words=(0, 2, 3, 6), title=title)]


def _station_row(one: ColdStation) -> tuple[str, ...]:
    return (
        one.station,
        number(one.homes, 0),
        moment(one.since),
        say("compare.still_cold") if one.until is None else moment(one.until),
        number(one.coldest_c, 1),
        number(one.below_k, 1),
        held_against(one),
    )


def held_against(one: ColdStation) -> str:
    """Say what a loop is held against, and whether it is ours."""
    if not one.ours:
        return say("compare.held_others")
    return say("compare.held_law") if one.level is Level.LAW else say("compare.held_floor")


def coal_table(variant: Compared) -> list[Figures]:
    """Return burn, cover and order date of the yards; none without one."""
    if not variant.yards:
        return []
    columns = (
        say("compare.column_yard"),
        say("compare.column_base_burn"),
        say("compare.column_burn"),
        say("compare.column_base_cover"),
        say("compare.column_cover"),
        say("compare.column_base_cold"),
        say("compare.column_cold"),
        say("compare.column_base_order"),
        say("compare.column_order"),
    )
    rows = tuple(_yard_row(change) for change in variant.yards)
    return [Figures(columns, rows, title=say("compare.coal_table"))]


def _yard_row(change: YardChange) -> tuple[str, ...]:
    pairs = zip(_yard(change.base), _yard(change.variant), strict=True)
    return (change.yard_id, *(cell for pair in pairs for cell in pair))


def _yard(yard: YardFigures | None) -> tuple[str, str, str, str]:
    nothing = say("compare.no_value")
    if yard is None:
        return (nothing,) * 4
    burn, ahead = number(yard.burn_t, 0), yard.fuel.ahead
    if ahead is None:
        return burn, nothing, nothing, nothing
    order_by = nothing if ahead.order_by is None else f"{ahead.order_by:%m-%d}"
    expected, cold = day_number(ahead.days_of_cover_p50), day_number(ahead.days_of_cover_p10)
    return burn, expected, cold, order_by
