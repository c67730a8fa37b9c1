"""What a run says of a yard beyond its plan is what `fuel_outlook.csv` says, day by day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dispatch.plan import Plan
from dispatch.run_summary import run_summary
from dispatch.yard_ahead import YardAhead, yards_ahead
from scenarios.screen import plain_lines, plan_screen
from tests.example_plan import example_plan
from tests.fuel_outlook_maker import fuel_outlook


def two_days(**changes: object) -> pd.DataFrame:
    """Yard `y` of two days, then yard `z`; `changes` are columns of the first."""
    rows = pd.DataFrame(
        {
            "yard_id": ["y", "y"],
            "range": ["plan", "climate"],
            "days_of_cover_p10": [10.04, 9.2],
            "days_of_cover_p50": [12.11, 11.3],
            "storage_rate_p50": [0.72727, 0.70],
            "probability_below_reserve": [0.03, 0.11],
            "probability_empty": [0.0, 0.02],
            "last_safe_order_date": ["2026-01-08", "2026-01-08"],
        }
        | changes
    )
    return pd.concat([rows, rows.assign(yard_id="z", last_safe_order_date=None)])


def test_today_and_the_worst_day():
    found = yards_ahead(two_days())
    assert found["y"] == YardAhead(10.0, 12.1, 0.7273, 0.11, 0.02, date(2026, 1, 8))
    assert found["z"].order_by is None


def test_a_city_without_target_has_no_rate():
    assert yards_ahead(two_days(storage_rate_p50=[None, None]))["y"].storage_rate is None


def test_a_table_of_the_planned_days_alone_tells_nothing():
    assert yards_ahead(two_days().drop(columns="range")) == {}


def test_the_made_outlook_is_read():
    """A guard of column names: the table that commands and plans write."""
    found = yards_ahead(fuel_outlook().table)
    assert found["yard_A"].order_by == date(2026, 1, 20)
    assert found["yard_A"].storage_rate == pytest.approx(0.684, abs=1e-3)


def test_the_daily_screen_tells_risk_and_order_date():
    plan = example_plan()
    yard = run_summary(plan).yards[0].yard_id
    table = two_days()
    told = told_of(replace(plan, outlook=table.assign(yard_id=[yard, yard, "z", "z"])))
    row = next(line for line in told if line.startswith(yard))
    assert row.split()[-2:] == ["11", "01-08"]
    assert "Order by" not in "\n".join(told_of(plan))


def told_of(plan: Plan) -> list[str]:
    return plain_lines(plan_screen(plan, Path("runs")))
