"""A comparison as files, by name: tables, schedules side by side, a page."""

from collections.abc import Iterator, Mapping

import pandas as pd

from dispatch.run_tables import frame_file
from dispatch.situation import Situation
from scenarios.scenario_json import comparison_json
from scenarios.scenario_netcdf import comparison_netcdf
from scenarios.scenario_page import comparison_page
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.figure import FORMS

TABLE_FILE, STATIONS_FILE, SOURCES_FILE = "comparison.csv", "stations.csv", "sources.csv"
JSON_FILE, SCHEDULES_FILE, PAGE_FILE = "comparison.json", "comparison.nc", "report.html"
MOST_PICTURES = 12  # on a page
TABLE_COLUMNS = ("variant", "figure", "unit", "base", "value", "difference", "part_of_base")
STATION_COLUMNS = (
    *("variant", "station", "zone_id", "homes", "managed_by", "held_against", "since", "until"),
    *("hours", "coldest_c", "coldest_at", "below_k"),
)
SOURCE_COLUMNS = (
    *("variant", "source_id", "base_heat_mwh", "heat_mwh", "base_peak_mw", "peak_mw"),
    *("base_hours", "hours", "base_power_mwh", "power_mwh", "base_fuel_tce", "fuel_tce"),
)


def comparison_files(
    comparison: Comparison, situations: Mapping[str, Situation], *, is_sweep: bool = False
) -> dict[str, bytes]:
    """Return every file of a comparison by name, to be written by `atomic.write_files`.

    `situations` are those planned from, by name. The plans of a sweep have no page of their own.
    """
    timezone = comparison.base.case.settings.timezone
    return {
        TABLE_FILE: frame_file(_figures(comparison), timezone),
        STATIONS_FILE: frame_file(_stations(comparison), timezone),
        SOURCES_FILE: frame_file(_sources(comparison), timezone),
        JSON_FILE: comparison_json(comparison),
        SCHEDULES_FILE: comparison_netcdf(comparison),
        **_pages(comparison, {} if is_sweep else situations),
    }


def _pages(comparison: Comparison, situations: Mapping[str, Situation]) -> dict[str, bytes]:
    """The report of one plan with its comparison, or a page that leads to those of several."""
    # Pages of plans need half of what planning needs, a second of imports.
    from scenarios.scenario_report import plan_report

    if len(comparison.variants) == 1 and situations:
        (one,) = comparison.variants
        if isinstance(one, Compared):
            return {PAGE_FILE: plan_report(comparison, one, situations)}
    pictures = _pictures(comparison)
    shown = [one for one in _planned(comparison) if situations and one.outcome.name in pictures]
    pages = {one.outcome.name: f"report-{one.outcome.name}.html" for one in shown}
    return {
        PAGE_FILE: comparison_page(comparison, pictures, pages).encode(),
        **{pages[one.outcome.name]: plan_report(comparison, one, situations) for one in shown},
    }


def _planned(comparison: Comparison) -> Iterator[Compared]:
    return (one for one in comparison.variants if isinstance(one, Compared))


def _pictures(comparison: Comparison) -> dict[str, str]:
    """Pictures as SVG, by variant; none where nothing changes."""
    # matplotlib is slow to import, and other commands need none of it.
    from scenarios.drawing import drawing_style, svg_text
    from scenarios.scenario_chart import variant_figure

    found: dict[str, str] = {}
    for variant in _planned(comparison):
        if variant.nothing_changes or len(found) == MOST_PICTURES:
            continue
        with drawing_style():
            found[variant.outcome.name] = svg_text(variant_figure(comparison.base, variant.outcome))
    return found


def _figures(comparison: Comparison) -> pd.DataFrame:
    """A row a variant and figure; `part_of_base` is empty where it says nothing."""
    rows = [
        (
            variant.outcome.name,
            figure.value,
            FORMS[figure].unit,
            one.base,
            one.variant,
            one.difference,
            one.part,
        )
        for variant in _planned(comparison)
        for figure, one in variant.differences.items()
    ]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def _stations(comparison: Comparison) -> pd.DataFrame:
    """Those that suffer, of the base too; `until` is empty where they stay cold."""
    plans = [
        (comparison.base.name, comparison.base_plan),
        *((one.outcome.name, one.plan) for one in _planned(comparison)),
    ]
    rows = [
        (
            name,
            one.station,
            one.zone_id,
            one.homes,
            "utility" if one.ours else "third_party",
            one.level.value,
            one.since,
            one.until,
            one.hours,
            one.coldest_c,
            one.coldest_at,
            one.below_k,
        )
        for name, plan in plans
        for one in plan.cold
    ]
    return pd.DataFrame(rows, columns=list(STATION_COLUMNS), dtype=object)


def _sources(comparison: Comparison) -> pd.DataFrame:
    """A row a variant and source, also of those that do the same."""
    rows = []
    for variant in _planned(comparison):
        before, after = comparison.base_plan.sources, variant.plan.sources
        for source_id in dict.fromkeys([*before, *after]):
            cells: list[object] = [variant.outcome.name, source_id]
            for name in ("heat_mwh", "peak_mw", "hours", "power_mwh", "fuel_tce"):
                for sources in (before, after):
                    one = sources.get(source_id)
                    cells.append(None if one is None else vars(one)[name])
            rows.append(cells)
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS), dtype=object)
