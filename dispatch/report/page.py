"""The report of a run as one HTML document: no network, fit for paper, phone and wall."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from dispatch.history.past_run import PastRun
from dispatch.messages import language, say
from dispatch.report.charts import Chart
from dispatch.report.coal import coal_charts, coal_section
from dispatch.report.comfort import comfort_chart, comfort_section
from dispatch.report.foot import changes_section, notes_section, provenance_section
from dispatch.report.forecast import forecast_chart, forecast_section
from dispatch.report.head import head
from dispatch.report.markup import element
from dispatch.report.network import network_chart, network_section
from dispatch.report.run_facts import RunFacts, facts_of
from dispatch.report.sources import sources_chart, sources_section
from dispatch.report.stations import labels_of, station_data, stations_section
from dispatch.report.worth import prices_chart, worth_section

REPORT = "report.html"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
SCRIPTS = ("vendor/echarts.min.js", "page.js")
# Words that the page's script says.
SAID_BY_SCRIPT = (
    *("report.station", "report.name", "report.zone", "report.managed_by", "report.homes"),
    *("report.coldest_c", "report.coldest_at", "report.rooms", "report.setpoint_c"),
    *("report.setpoints", "report.reason", "report.ours", "report.others", "report.figures"),
    *("report.no_match", "report.previous", "report.next"),
    *("report.note_coldest", "report.note_floor", "report.note_setpoint"),
    *("report.series_low", "report.series_high", "report.time"),
)
NAVIGATION = (
    ("forecast", "report.title_forecast"),
    ("sources", "report.title_sources"),
    ("network", "report.title_network"),
    ("stations", "report.title_stations"),
    ("comfort", "report.title_comfort"),
    ("coal", "report.title_coal"),
    ("worth", "report.title_worth"),
    ("changes", "report.title_changes"),
    ("notes", "report.title_notes"),
    ("provenance", "report.title_provenance"),
)


def report_file(
    files: Mapping[str, bytes], manifest: Mapping[str, Any], run: Path, before: Sequence[PastRun]
) -> bytes:
    """Return `report.html` of a run whose other files are given by name."""
    return report_page(facts_of(files, manifest, run, before)).encode()


def fault_page(error: Exception) -> bytes:
    """Return a page that says why there is no report; the run's other files are whole."""
    told = say("report.fault", reason=f"{type(error).__name__}: {error}")
    head = f'<!DOCTYPE html>\n<html lang="{language()}">\n<meta charset="utf-8">\n'
    return f"{head}<title>Heat Dispatch</title>\n<p>{escape(told)}</p>\n</html>\n".encode()


@dataclass(frozen=True)
class FirstSection:
    """A section that stands before all others, such as the comparison of a what-if."""

    name: str  # to be led to by
    title: str
    html: str  # as a whole, its heading too
    charts: Sequence[Chart]


def report_page(facts: RunFacts, first: FirstSection | None = None) -> str:
    """Return the whole page in the language in use; the same facts give the same bytes."""
    title = say("report.title", name=facts.title, plan=str(facts.summary["plan_id"]))
    body = (
        element("a", escape(say("report.skip")), href="#stations", class_="skip"),
        head(facts),
        _navigation(first),
        element(
            "main",
            "" if first is None else first.html,
            forecast_section(facts),
            sources_section(facts),
            network_section(facts),
            stations_section(facts),
            comfort_section(facts),
            coal_section(facts),
            worth_section(facts),
            changes_section(facts),
            notes_section(facts),
            provenance_section(facts),
        ),
        f'<script type="application/json" id="data">{_data(facts, first)}</script>',
        *(f"<script>{_text(name)}</script>" for name in SCRIPTS),
    )
    lines = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="{language()}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{_text('page.css')}</style>\n</head>\n"
        f"<body>\n{lines}\n</body>\n</html>\n"
    )


def _navigation(first: FirstSection | None) -> str:
    titles = [(name, say(key)) for name, key in NAVIGATION]
    if first is not None:
        titles.insert(0, (first.name, first.title))
    links = (element("a", escape(title), href=f"#{name}") for name, title in titles)
    return element("nav", *links, class_="no-print", aria_label=say("report.contents"))


def _data(facts: RunFacts, first: FirstSection | None) -> str:
    """What the script draws, as JSON in which nothing can end the element around it."""
    charts = [
        *(() if first is None else first.charts),
        forecast_chart(facts),
        sources_chart(facts),
        network_chart(facts),
        comfort_chart(facts),
        *coal_charts(facts),
        prices_chart(facts),
    ]
    content = {
        "words": {
            **labels_of(SAID_BY_SCRIPT),
            "count": say(
                "report.count", first="{first}", last="{last}", found="{found}", all="{all}"
            ),
        },
        "charts": [one.told() for one in charts if one is not None],
        "stations": station_data(facts),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@cache
def _text(name: str) -> str:
    """A style or script as it stands in this package."""
    return (resources.files("dispatch") / "report" / name).read_text(encoding="utf-8")
