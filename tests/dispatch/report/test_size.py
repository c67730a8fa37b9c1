"""The report of a whole city: a file that can be mailed, a table that answers at once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_browser import NEEDS_BROWSER, opened

from dispatch.report.page import report_page
from dispatch.report.run_facts import RunFacts, read_facts
from tests.daily_runs import ZaozhuangRuns

MOST_BYTES = 6_000_000
MANY = 2_000


def with_many_loops(facts: RunFacts) -> RunFacts:
    """The same town again and again, every loop under a name of its own, until there are `MANY`."""
    ids = facts.words("station")
    rows_of = {name: [] for name in ids}
    for row in facts.stations:
        rows_of[f"{row['station_id']}.{row['loop']}"].append(row)
    place = np.arange(MANY) % len(ids)
    names = [f"{turn // len(ids)}-{ids[at]}" for turn, at in enumerate(place)]
    schedule = facts.run.schedule.isel(station=place).assign_coords(station=names)
    rows = [
        {**row, "station_id": name.partition(".")[0]}
        for name, at in zip(names, place, strict=True)
        for row in rows_of[ids[at]]
    ]
    return replace(facts, run=replace(facts.run, schedule=schedule), stations=rows)


@pytest.fixture(scope="module")
def facts(zaozhuang_runs: ZaozhuangRuns) -> RunFacts:
    return read_facts(zaozhuang_runs.second_day.folder)


def test_a_city_of_351_stations_is_a_file_that_can_be_mailed(facts: RunFacts):
    assert len({row["station_id"] for row in facts.stations}) == 351
    assert len(report_page(facts).encode()) < MOST_BYTES


@NEEDS_BROWSER
def test_2000_loops_are_found_sorted_and_filtered(browser, facts: RunFacts, tmp_path: Path):
    page = report_page(with_many_loops(facts))
    assert len(page.encode()) < MOST_BYTES
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    wanted = facts.words("station")[7]
    with opened(browser, path) as seen:
        table, count = seen.page.locator("#stations-table"), seen.page.locator("#stations-count")
        assert f"{MANY}" in count.inner_text()
        assert table.locator("tbody tr").count() == 40
        seen.page.locator("#find").fill(f"3-{wanted}")
        assert table.locator("tbody tr").count() == 1
        assert table.locator("tbody tr td").first.inner_text() == f"3-{wanted}"
