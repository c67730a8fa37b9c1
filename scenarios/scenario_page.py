"""A comparison as a page of its own: words, what to do, pictures, tables; needs no network."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from dispatch.messages import say
from scenarios.scenario_screen import comparison_title, variant_facts, variant_tables
from scenarios.scenario_tables import overview
from scenarios.screen import Fact
from scenarios.weather_page import document, facts_html, picture_html, table_html
from scenarios.whatif.comparison import Compared, Comparison
from scenarios.whatif.outcome import Unplanned


def comparison_page(
    comparison: Comparison, pictures: Mapping[str, str], pages: Mapping[str, str]
) -> str:
    """Return one HTML document, of several variants or of one without a plan.

    `pictures` are SVG elements, `pages` files of the reports of plans, by the variant's name.
    """
    many = len(comparison.variants) > 1
    body = [table_html(overview(comparison))] if many else []
    for variant in comparison.variants:
        if many:
            body.append(f'<section class="sheet">\n<h2>{escape(_heading(variant))}</h2>')
        body += _variant(comparison, variant, pictures, pages)
        if many:
            body.append("</section>")
    return document(
        comparison_title(comparison), [*body, facts_html([to_read(say("compare.how_rooms"))])]
    )


def _heading(variant: Compared | Unplanned) -> str:
    one = variant.outcome if isinstance(variant, Compared) else variant
    return one.title


def _variant(
    comparison: Comparison,
    variant: Compared | Unplanned,
    pictures: Mapping[str, str],
    pages: Mapping[str, str],
) -> list[str]:
    body = [facts_html(variant_facts(comparison, variant))]
    if isinstance(variant, Unplanned):
        return body
    file = pages.get(variant.outcome.name)
    if file is not None:
        body.append(f'<p><a href="{quote(file)}">{escape(say("compare.whole_plan"))}</a></p>')
    picture = pictures.get(variant.outcome.name)
    if picture is not None:
        body.append(picture_html(picture))
    return [*body, *map(table_html, variant_tables(variant))]


def to_read(*more: str) -> Fact:
    """Say how figures are to be read, and what else is to be known."""
    figures = (say("compare.how_held"), say("compare.how_levelled"), say("compare.how_yuan"))
    return Fact(say("compare.to_read"), (*figures, *more))
