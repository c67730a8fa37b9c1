"""The outlook as a page of its own: what to do, then yard by yard words, picture and tables."""

from collections.abc import Mapping
from html import escape

from dispatch.fuel.coal_words import yard_paragraph
from dispatch.fuel.outlook import FuelOutlook, YardOutlook
from dispatch.settings import Settings
from scenarios.coal_consumption import season_to_date
from scenarios.coal_screen import coal_title, head_facts, overview_table, table_help, yard_tables
from scenarios.weather_page import (
    document,
    facts_html,
    parts_html,
    picture_html,
    table_html,
    text_html,
)


def coal_page(settings: Settings, outlook: FuelOutlook, pictures: Mapping[str, str]) -> str:
    """Return one HTML document that needs no network; `pictures` are SVG elements by yard."""
    body = [facts_html(head_facts(settings, outlook))]
    if len(outlook.yards) > 1:
        body.append(table_html(overview_table(outlook)))
    body += parts_html(season_to_date(outlook.consumption))
    for yard in outlook.yards:
        body += _yard(outlook, yard, pictures[yard.yard.yard_id])
    return document(coal_title(settings, outlook), [*body, facts_html([table_help(outlook)])])


def _yard(outlook: FuelOutlook, yard: YardOutlook, picture: str) -> list[str]:
    return [
        f'<section class="sheet">\n<h2>{escape(yard.yard.yard_id)}</h2>',
        f"<p>{text_html(yard_paragraph(outlook, yard))}</p>",
        picture_html(picture),
        *map(table_html, yard_tables(outlook, yard)),
        "</section>",
    ]
